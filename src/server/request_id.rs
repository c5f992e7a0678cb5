//! Names a request, in its answer and in the log.

use axum::http::{HeaderName, HeaderValue, Request};
use tower_http::request_id::{MakeRequestId, RequestId};

pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Nobody's secret, so it needs no call of the system each time.
pub fn random_id() -> String {
    format!("{:032x}", rand::random::<u128>())
}

#[derive(Clone, Copy)]
pub struct RandomId;

impl MakeRequestId for RandomId {
    fn make_request_id<B>(&mut self, _: &Request<B>) -> Option<RequestId> {
        HeaderValue::try_from(random_id()).ok().map(RequestId::new)
    }
}
