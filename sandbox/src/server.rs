//! The listener's router, and what stands before every call: the host check, the log, the faults.

use std::time::Duration;

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, Uri, header},
    middleware::{self, Next},
    response::{Html, IntoResponse, Redirect, Response},
    routing::get,
};
use futures_util::stream;

use crate::{
    Sandbox,
    calls::Call,
    control, dialog,
    faults::{FaultDraft, FaultKind},
    graph::{self, Incoming},
    urls,
};

const MAX_BODY: usize = 3 * 1024 * 1024;

pub(crate) fn router(sandbox: Sandbox) -> Router {
    let meta = Router::new()
        .route("/{version}/dialog/oauth", get(dialog::open))
        .route("/dialog/{wizard}", get(dialog::show).post(dialog::submit))
        .fallback(graph::serve)
        .layer(middleware::from_fn_with_state(sandbox.clone(), observe));
    Router::new()
        .merge(meta)
        .route("/", get(async || Redirect::to("/_sandbox")))
        .nest("/_sandbox", control::router())
        .layer(middleware::from_fn(guard))
        .with_state(sandbox)
}

/// Only this machine, under its own names: a page elsewhere must not reach in by DNS rebinding or by posting forms.
async fn guard(request: Request, next: Next) -> Response {
    let host = host(request.headers(), request.uri());
    if !urls::is_loopback_name(urls::host_name(&host)) {
        return (StatusCode::MISDIRECTED_REQUEST, "The sandbox answers to this machine's own names only.\n")
            .into_response();
    }
    let unsafe_method = !matches!(*request.method(), Method::GET | Method::HEAD);
    let controls = request.uri().path().starts_with("/_sandbox");
    if unsafe_method && controls && is_foreign(request.headers(), &host) {
        return (StatusCode::FORBIDDEN, "Another site may not use the sandbox's controls.\n").into_response();
    }
    next.run(request).await
}

fn host(headers: &HeaderMap, uri: &Uri) -> String {
    let header = headers.get(header::HOST).and_then(|value| value.to_str().ok());
    header.or(uri.authority().map(axum::http::uri::Authority::as_str)).unwrap_or_default().to_ascii_lowercase()
}

/// Programs send no `Origin`; browsers do with every POST.
fn is_foreign(headers: &HeaderMap, host: &str) -> bool {
    let text = |name| {
        headers.get(name).map(|value: &axum::http::HeaderValue| value.to_str().unwrap_or("?").to_ascii_lowercase())
    };
    let other_origin = text(header::ORIGIN).is_some_and(|origin| origin != format!("http://{host}"));
    other_origin || text(header::HeaderName::from_static("sec-fetch-site")).is_some_and(|site| site == "cross-site")
}

async fn observe(State(sandbox): State<Sandbox>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let Ok(bytes) = axum::body::to_bytes(body, MAX_BODY).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let call = Incoming::read(&parts, &bytes);
    let relieved = sandbox.relieved();
    let (id, strike) = sandbox.with(|world| {
        let endpoint = call.endpoint(world);
        let at = world.now();
        let strike = world.faults.strike(&call.method, &call.path, &endpoint, at);
        let entry = Call {
            id: 0,
            at,
            method: call.method.clone(),
            path: shown_path(&call.path),
            endpoint,
            query: call.masked_query(),
            body: call.masked_body(),
            status: None,
            proof: graph::proof_of(world, &call),
        };
        (world.calls.begin(entry), strike)
    });
    if strike.delay_ms > 0 {
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(strike.delay_ms)) => {}
            () = relieved => {}
        }
    }
    parts.extensions.insert(call.clone());
    let request = Request::from_parts(parts, Body::from(bytes));
    let response = match strike.effect {
        None => next.run(request).await,
        Some(fault) => spoil(&sandbox, &call, &fault, request, next).await,
    };
    sandbox.with(|world| world.calls.finish(id, response.status().as_u16()));
    response
}

/// Who knows a wizard's id acts for its person, so the log does not tell it.
fn shown_path(path: &str) -> String {
    if path.starts_with("/dialog/") { "/dialog/••••".to_owned() } else { path.to_owned() }
}

async fn spoil(sandbox: &Sandbox, call: &Incoming, fault: &FaultDraft, request: Request, next: Next) -> Response {
    // Only a cut leaves the work done unless told otherwise.
    if fault.performed.unwrap_or(fault.kind == FaultKind::Cut) {
        drop(next.run(request).await);
    }
    match fault.kind {
        FaultKind::GraphError | FaultKind::RateLimited | FaultKind::Slow => {
            sandbox.with(|world| graph::spoiled(world, call, fault))
        }
        FaultKind::Http500 => {
            let status = fault.status.and_then(|status| StatusCode::from_u16(status).ok());
            let page = Html("<!DOCTYPE html><title>Error</title><p>Sorry, something went wrong.</p>");
            (status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), page).into_response()
        }
        FaultKind::Cut => cut(),
    }
}

/// Promises a body, sends its beginning, and breaks the connection.
fn cut() -> Response {
    let pieces = [Ok(Bytes::from_static(b"{\"da")), Err(std::io::Error::other("cut by order"))];
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CONTENT_LENGTH, "512")];
    (headers, Body::from_stream(stream::iter(pieces))).into_response()
}
