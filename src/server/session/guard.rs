//! What every request passes: who sends it, from which page, and whether somebody must log in first.

use super::address::sender;
use super::people::SessionHash;
use super::{Address, CurrentUser};
use crate::domain::ids::UserId;
use crate::domain::problem::Problem;
use crate::server::boundary::Boundary;
use crate::server::state::AppState;
use crate::server::store::{USER_KEY, session_hash};
use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, COOKIE, HOST, ORIGIN};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use std::net::{Ipv4Addr, SocketAddr};
use tower_sessions::Session;

const CALLBACK: &str = "/connect/facebook/callback";

/// Notes the sender's address and, when there is a session, who it belongs to.
pub async fn identify(State(app): State<AppState>, session: Session, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0);
    // A request without a peer comes from a test that calls the router directly.
    let peer = peer.unwrap_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    let address = sender(peer, request.headers(), &app.trusted_proxies);
    request.extensions_mut().insert(address);
    // A caller with a key of its own is not the browser that sent along a cookie.
    let has_key = request.headers().contains_key(AUTHORIZATION);
    let mut known = false;
    if let Some(id) = session.id().filter(|_| !has_key) {
        match find_user(&app, &session, address).await {
            Ok(Some(user)) => {
                known = true;
                request.extensions_mut().insert(user);
                request.extensions_mut().insert(SessionHash(session_hash(&id)));
            }
            Ok(None) => {}
            Err(error) => {
                tracing::error!(%error, "the session could not be read");
                return (StatusCode::SERVICE_UNAVAILABLE, "The database does not answer. Try again in a moment.")
                    .into_response();
            }
        }
    }
    let mut answer = next.run(request).await;
    if known {
        // Whoever comes to this browser after the log-out finds nothing behind Back.
        answer.headers_mut().entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    }
    answer
}

async fn find_user(app: &AppState, session: &Session, address: Address) -> Result<Option<CurrentUser>, String> {
    let id: Option<UserId> = session.get(USER_KEY).await.map_err(|error| error.to_string())?;
    let Some(id) = id else { return Ok(None) };
    let user = app.services.store.find_user(&id).await.map_err(|error| error.to_string())?;
    Ok(user.map(|user| CurrentUser { user, address }))
}

/// Sends whoever is not logged in to the login page, and back afterwards.
pub async fn require_login(request: Request, next: Next) -> Response {
    if request.extensions().get::<CurrentUser>().is_some() {
        return next.run(request).await;
    }
    if request.method() != Method::GET {
        return Boundary::from(Problem::sign_in_needed()).into_response();
    }
    let uri = request.uri();
    // The way back from Meta is of use to the session that began it alone, and its code is for no other page's eyes.
    let here = if uri.path() == CALLBACK { "/" } else { uri.path_and_query().map_or("/", |path| path.as_str()) };
    let here: String = url::form_urlencoded::byte_serialize(here.as_bytes()).collect();
    Redirect::to(&format!("/login?next={here}")).into_response()
}

/// Requests that change something must come from our own pages: a cookie alone proves only that the browser knows us.
/// Callers that bring an `Authorization` header have no cookie that counts.
pub async fn answer_to_own_pages_only(State(app): State<AppState>, mut request: Request, next: Next) -> Response {
    if request.headers().contains_key(AUTHORIZATION) {
        request.headers_mut().remove(COOKIE);
        return next.run(request).await;
    }
    // Without a cookie nobody is taken for somebody: the API says itself that a key is missing.
    let stranger = request.uri().path().starts_with("/api/") && !request.headers().contains_key(COOKIE);
    let safe = stranger || matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if safe || is_own_page(&app.origin, request.headers()) {
        return next.run(request).await;
    }
    Boundary::from(Problem::foreign_origin()).into_response()
}

/// For upgrades, which browsers send from anywhere with their cookies: from one of our own pages, or with a key.
pub struct FromOwnPage;

impl FromRequestParts<AppState> for FromOwnPage {
    type Rejection = Boundary;
    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Boundary> {
        if parts.headers.contains_key(AUTHORIZATION) || is_own_page(&app.origin, &parts.headers) {
            return Ok(Self);
        }
        Err(Problem::foreign_origin().into())
    }
}

fn is_own_page(own: &str, headers: &HeaderMap) -> bool {
    headers.get(ORIGIN).and_then(|origin| origin.to_str().ok()).is_some_and(|origin| origin == own)
}

/// Pages opened under another name of this machine move to the public address, where the cookie and Meta's way back are.
pub async fn to_the_public_address(State(app): State<AppState>, request: Request, next: Next) -> Response {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    // Programs inside a network may know this machine by another name, and lose their key on the way elsewhere.
    let path = request.uri().path();
    if path.starts_with("/api/") && path != "/api/docs" {
        return next.run(request).await;
    }
    let elsewhere = host.is_some_and(|host| !host.eq_ignore_ascii_case(&app.public_host));
    if request.method() == Method::GET && elsewhere {
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        return Redirect::temporary(&format!("{}{path}", app.services.settings.public_url)).into_response();
    }
    next.run(request).await
}
