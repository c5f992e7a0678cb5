//! Which address leads where, and what every request passes on the way.

use super::operations::show_work::is_database_up;
use super::pages::{
    export_form, meta_app_form, page_with_address, page_with_changed_forward, page_with_new_forward, page_with_new_key,
    page_with_rotated_secret, page_with_verify_token, personal_data_form, pin_form, replay_form, show_problems,
};
use super::request_id::{RandomId, X_REQUEST_ID};
use super::session::{
    answer_to_own_pages_only, change_password, enter_demo, identify, log_in, log_out, refuse_dead_link, require_login,
    session_cookie, set_up, to_the_public_address,
};
use super::state::AppState;
use super::store::{DatabaseSessions, SESSION_LIFETIME};
use super::{api, metrics, signup, site, webhooks};
use crate::app::{App, html_document};
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::header::{
    CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{any, get, post};
use leptos::prelude::provide_context;
use leptos_axum::{LeptosRoutes, generate_route_list, handle_server_fns_with_context};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::request_id::{PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::trace::TraceLayer;
use tower_sessions::cookie::SameSite;
use tower_sessions::cookie::time::Duration;
use tower_sessions::{Expiry, SessionManagerLayer};

/// Forms are short.
const FORM_BYTES: usize = 64 * 1024;
/// Pages that nobody has to log in for.
const OPEN_PAGES: [&str; 3] = ["/login", "/setup", "/api/docs"];

type Router = axum::Router<AppState>;

pub fn router(app: AppState) -> axum::Router {
    let secure = app.secure;
    let dynamic = pages(&app)
        .merge(actions())
        .merge(api::routes())
        .fallback(unknown)
        .layer(from_fn_with_state(app.clone(), show_problems))
        // The site's files are compressed beforehand; pages hold no secret that their size could tell.
        .layer(CompressionLayer::new().gzip(true))
        .layer(from_fn_with_state(app.clone(), identify))
        .layer(sessions(&app))
        .layer(from_fn_with_state(app.clone(), answer_to_own_pages_only))
        .layer(from_fn_with_state(app.clone(), to_the_public_address))
        .layer(DefaultBodyLimit::max(FORM_BYTES));
    let router = axum::Router::new()
        .route("/healthz", get(async || "alive\n"))
        .route("/readyz", get(readiness))
        .route("/metrics", get(metrics::show))
        .route("/pkg/{*path}", get(site::package))
        .route("/favicon.ico", get(site::public_file))
        .route("/favicon.svg", get(site::public_file))
        .merge(dynamic)
        .layer(CatchPanicLayer::new())
        .layer(from_fn(api::answer_in_shape))
        .layer(header(X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(header(X_FRAME_OPTIONS, "DENY"))
        .layer(header(REFERRER_POLICY, "same-origin"))
        .layer(header(HeaderName::from_static("cross-origin-opener-policy"), "same-origin-allow-popups"))
        // Pages bring their own, with a nonce.
        .layer(header(CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"));
    let router = if secure { router.layer(header(STRICT_TRANSPORT_SECURITY, "max-age=31536000")) } else { router };
    router
        .merge(webhooks::probe())
        // As one, from the outermost inwards: each layer by itself costs every request a box on the heap.
        .layer((
            SetRequestIdLayer::x_request_id(RandomId),
            TraceLayer::new_for_http().make_span_with(span),
            PropagateRequestIdLayer::x_request_id(),
            from_fn_with_state(app.clone(), metrics::count),
        ))
        .merge(webhooks::routes())
        .with_state(app)
}

fn header(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}

/// The path alone: a query may hold a code or a token.
fn span(request: &Request) -> tracing::Span {
    let id = request.headers().get(X_REQUEST_ID).and_then(|id| id.to_str().ok()).unwrap_or_default();
    tracing::info_span!("request", method = %request.method(), path = request.uri().path(), id)
}

fn sessions(app: &AppState) -> SessionManagerLayer<DatabaseSessions> {
    // Lax, not Strict: the way back from Meta's dialog starts on Meta's site.
    SessionManagerLayer::new(DatabaseSessions(app.services.store.clone()))
        .with_name(session_cookie(app.secure))
        .with_secure(app.secure)
        .with_same_site(SameSite::Lax)
        .with_expiry(Expiry::OnInactivity(Duration::milliseconds(SESSION_LIFETIME)))
}

fn pages(app: &AppState) -> Router {
    let routes = generate_route_list(App);
    let (context, options) = (app.clone(), app.leptos.clone());
    Router::new()
        .leptos_routes_with_context(
            app,
            routes,
            move || provide_context(context.clone()),
            move || html_document(options.clone()),
        )
        .route("/", get(async || Redirect::to("/core/whatsapp-api/configurations")))
        .route("/connect/facebook/start", get(signup::start))
        .route("/connect/facebook/callback", get(signup::callback))
        .route_layer(from_fn_with_state(app.clone(), refuse_dead_link))
        .route_layer(from_fn(async |request: Request, next: Next| {
            if OPEN_PAGES.contains(&request.uri().path()) {
                return next.run(request).await;
            }
            require_login(request, next).await
        }))
}

fn actions() -> Router {
    Router::new()
        .route("/_fn/{*name}", any(server_function))
        .route("/login", post(log_in))
        .route("/login/demo", post(enter_demo))
        .route("/logout", post(log_out))
        .route("/setup", post(set_up))
        .route("/account/password", post(change_password))
        .route("/settings/api-keys", post(page_with_new_key))
        .route("/settings/forwarding/new", post(page_with_new_forward))
        .route("/settings/forwarding/{forward}/edit", post(page_with_changed_forward))
        .route("/settings/forwarding/{forward}/secret", post(page_with_rotated_secret))
        .route("/core/whatsapp-api/configurations/{connection}/verify-token", post(page_with_verify_token))
        .route("/core/whatsapp-api/configurations/{connection}/pin", post(pin_form))
        .route("/settings/meta-app", post(meta_app_form))
        .route("/settings/personal-data", post(personal_data_form))
        .route("/core/whatsapp-api/messages/replay", post(replay_form))
        .route("/core/whatsapp-api/messages/export", post(export_form))
        .route("/core/whatsapp-api/setup-guide/address", post(page_with_address))
        .route("/connect/facebook/{signup}/hint", post(signup::hint))
}

async fn server_function(State(app): State<AppState>, request: Request) -> Response {
    handle_server_fns_with_context(move || provide_context(app.clone()), request).await.into_response()
}

/// Ready when the database answers and takes what Meta sends; having no users yet is no fault.
async fn readiness(State(app): State<AppState>) -> Response {
    if app.services.intake.is_failing() {
        return (StatusCode::SERVICE_UNAVAILABLE, "what Meta sends cannot be kept\n").into_response();
    }
    if is_database_up(&app.services).await {
        return "ready\n".into_response();
    }
    (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n").into_response()
}

async fn unknown(State(app): State<AppState>, request: Request) -> Response {
    if api::is_for_programs(request.uri().path()) {
        return api::ApiError::unknown_address().into_response();
    }
    app.not_found_page(request).await
}
