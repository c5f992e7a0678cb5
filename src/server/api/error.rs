//! The one shape of an error: `{"error":{"code","message","remedy","details"?,"reference"}}`.

use crate::domain::problem::Problem;
use crate::domain::settings::BrokenRule;
use crate::server::boundary::{Boundary, status};
use crate::server::operations::Failure;
use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    problem: Box<Problem>,
    details: Vec<BrokenRule>,
}

#[derive(Serialize)]
struct Body<'a> {
    error: Shape<'a>,
}

#[derive(Serialize)]
struct Shape<'a> {
    code: &'a str,
    message: String,
    remedy: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    details: &'a [BrokenRule],
    reference: Option<&'a str>,
}

impl ApiError {
    pub fn new(status: StatusCode, problem: Problem) -> Self {
        Self { status, problem: Box::new(problem), details: Vec::new() }
    }

    pub fn with_details(mut self, details: Vec<BrokenRule>) -> Self {
        self.details = details;
        self
    }

    /// A rule that a field breaks: 422.
    pub fn broken_rules(details: Vec<BrokenRule>) -> Self {
        let problem =
            Problem::new("invalid", "Some fields cannot be taken as they are.", "", "Correct them and send it again.");
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, problem).with_details(details)
    }

    pub fn wrong_method(method: &Method) -> Self {
        let what = format!("{method} is not possible here.");
        let problem = Problem::new("wrong_method", &what, "", "Look in the API's documentation.");
        Self::new(StatusCode::METHOD_NOT_ALLOWED, problem)
    }
}

impl From<Boundary> for ApiError {
    fn from(failure: Boundary) -> Self {
        let problem = failure.into_problem();
        Self::new(status(&problem), problem)
    }
}

impl From<Problem> for ApiError {
    fn from(problem: Problem) -> Self {
        Self::new(status(&problem), problem)
    }
}

impl From<Failure> for ApiError {
    fn from(failure: Failure) -> Self {
        Boundary::from(failure).into()
    }
}

impl From<JsonRejection> for ApiError {
    fn from(rejection: JsonRejection) -> Self {
        let (status, code, remedy) = match &rejection {
            JsonRejection::MissingJsonContentType(_) => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "no_json", "Send the header Content-Type: application/json.")
            }
            JsonRejection::BytesRejection(_) => {
                (StatusCode::PAYLOAD_TOO_LARGE, "too_large", "Send less: a few kilobytes are enough.")
            }
            _ => (StatusCode::BAD_REQUEST, "bad_json", "Send what the documentation shows."),
        };
        Self::new(status, Problem::new(code, &sentence(&rejection.body_text()), "", remedy))
    }
}

impl From<QueryRejection> for ApiError {
    fn from(rejection: QueryRejection) -> Self {
        let problem = Problem::new("bad_query", &sentence(&rejection.body_text()), "", "Correct the address.");
        Self::new(StatusCode::BAD_REQUEST, problem)
    }
}

fn sentence(text: &str) -> String {
    if text.ends_with('.') { text.to_owned() } else { format!("{text}.") }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let Problem { code, what, why, remedy, reference, .. } = self.problem.as_ref();
        let message = if why.is_empty() { what.clone() } else { format!("{what} {why}") };
        let details = &self.details;
        let error = Shape { code, message, remedy, details, reference: reference.as_deref() };
        let mut answer = (self.status, Json(Body { error })).into_response();
        if self.status == StatusCode::TOO_MANY_REQUESTS {
            answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        answer
    }
}
