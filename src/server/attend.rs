//! What every call of Meta gets, whatever is made of it.

use crate::server::api;
use crate::server::metrics::Begun;
use crate::server::request_id::{X_REQUEST_ID, random_id};
use crate::server::state::AppState;
use axum::Router;
use axum::extract::Request;
use axum::handler::Handler;
use axum::http::header::X_CONTENT_TYPE_OPTIONS;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use std::panic::AssertUnwindSafe;
use tracing::Instrument;

/// An address that Meta calls: by GET once, to verify it, and by POST to deliver.
pub fn address<V: 'static, R: 'static>(
    route: &'static str,
    verify: impl Handler<V, AppState>,
    receive: impl Handler<R, AppState>,
) -> Router<AppState> {
    let methods = get(Attended { route, handler: verify })
        .post(Attended { route, handler: receive })
        .fallback(Attended { route, handler: api::wrong_method });
    Router::new().route(route, methods)
}

/// A handler whose calls are counted as ones of this route, whose faults are survived, and whose refusals have the API's
/// shape. No layer of the router does this, because each layer costs every delivery some memory, and a copy of what is
/// within it (decision 14).
#[derive(Clone)]
struct Attended<H> {
    route: &'static str,
    handler: H,
}

impl<H: Handler<T, AppState>, T> Handler<T, AppState> for Attended<H> {
    type Future = BoxFuture<'static, Response>;

    fn call(self, request: Request, app: AppState) -> Self::Future {
        Box::pin(async move {
            let begun = Begun::now(request.method(), self.route.into());
            // A fault leaves nothing behind that the next request would use.
            let answer = AssertUnwindSafe(self.handler.call(request, app.clone())).catch_unwind().await;
            let mut answer = answer.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response());
            if !answer.status().is_success() {
                answer = refused(self.route, answer).await;
            }
            app.requests.note(begun, &answer);
            answer
        })
    }
}

/// Names the request, in its answer and in what is logged of it.
async fn refused(route: &str, answer: Response) -> Response {
    let id = random_id();
    let request = tracing::info_span!("request", route, id);
    tracing::debug!(parent: &request, status = answer.status().as_u16(), "a call of Meta was refused");
    let mut answer = api::in_shape(answer, &id).instrument(request).await;
    answer.headers_mut().insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(id) = HeaderValue::try_from(id) {
        answer.headers_mut().insert(X_REQUEST_ID, id);
    }
    answer
}
