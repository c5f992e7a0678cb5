//! What a request that is not taken is told. Meta sends again whatever is not answered 200.

use crate::server::operations::pulse::{Pulse, Refused};
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// Counted when it is made.
pub(super) struct Refusal(Refused);

impl Refusal {
    pub(super) fn new(pulse: &Pulse, why: Refused) -> Self {
        pulse.note_refused(why);
        Self(why)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, code, message, remedy) = match self.0 {
            Refused::Signature => (
                StatusCode::UNAUTHORIZED,
                "bad_signature",
                "X-Hub-Signature-256 is missing or does not fit the body.",
                "Sign the raw body with the secret of the Meta app that this address belongs to.",
            ),
            Refused::TooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "too_large",
                "The body is larger than 3 MB.",
                "Send what Meta would send.",
            ),
            Refused::Slow => {
                (StatusCode::REQUEST_TIMEOUT, "too_slow", "The body did not come in time.", "Send it again.")
            }
            Refused::Incomplete => {
                (StatusCode::BAD_REQUEST, "incomplete", "The body broke off.", "Send it again, to its end.")
            }
            Refused::UnknownAddress => (
                StatusCode::NOT_FOUND,
                "not_found",
                "No connection has this address.",
                "Copy the webhook URL from the connection's page.",
            ),
            Refused::Full | Refused::NotKept => (
                StatusCode::SERVICE_UNAVAILABLE,
                "not_kept",
                "The delivery could not be kept.",
                "Send it again in a moment.",
            ),
        };
        let error = json!({"error": {"code": code, "message": message, "remedy": remedy, "reference": null}});
        (status, Json(error)).into_response()
    }
}
