//! What a request that is not taken is told. Meta sends again whatever is not answered 200.

use crate::domain::problem::Problem;
use crate::server::operations::pulse::{Pulse, Refused};
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

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
        let (status, problem) = match self.0 {
            Refused::Signature => (StatusCode::UNAUTHORIZED, bad_signature()),
            Refused::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, Problem::invalid("body", "3 MB at most")),
            Refused::Slow => (StatusCode::REQUEST_TIMEOUT, Problem::invalid("body", "it did not come in time")),
            Refused::Incomplete => (StatusCode::BAD_REQUEST, Problem::invalid("body", "it broke off")),
            Refused::UnknownAddress => (StatusCode::NOT_FOUND, Problem::not_found()),
            Refused::Full | Refused::NotKept => (StatusCode::SERVICE_UNAVAILABLE, not_kept()),
        };
        (status, Json(problem)).into_response()
    }
}

fn bad_signature() -> Problem {
    Problem::new(
        "bad_signature",
        "X-Hub-Signature-256 is missing or does not fit the body.",
        "The body must be signed, byte for byte, with the secret of the Meta app that this address belongs to.",
        "Compare the app secret here with the one at Meta, under App settings, Basic.",
    )
}

fn not_kept() -> Problem {
    Problem::new(
        "not_kept",
        "The delivery could not be kept.",
        "The disk is full, the database does not answer, or too much comes at once.",
        "Nothing needs to be done by the sender but to send it again.",
    )
}
