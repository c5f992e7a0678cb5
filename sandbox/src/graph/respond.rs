//! Graph's answers: JSON with the headers clients watch (reference §7.1).

use axum::{
    Json,
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::GraphError;
use crate::random;

/// What the headers say beside the answer.
#[derive(Debug)]
pub(crate) struct Served {
    pub(crate) version: u32,
    /// The account whose budget the call used.
    pub(crate) account: Option<String>,
}

pub(crate) fn respond(served: &Served, result: Result<Value, GraphError>) -> Response {
    let mut headers = common_headers(served.version);
    let regain = result.as_ref().err().and_then(|error| error.regain().map(|minutes| (error.code(), minutes)));
    usage_headers(&mut headers, served, regain);
    match result {
        Ok(value) => (headers, Json(value)).into_response(),
        Err(error) => {
            if let Some(text) = error.www_authenticate() {
                put(&mut headers, header::WWW_AUTHENTICATE, &text);
            }
            (error.status(), headers, Json(error.body())).into_response()
        }
    }
}

fn common_headers(version: u32) -> HeaderMap {
    let mut headers = HeaderMap::new();
    put(&mut headers, HeaderName::from_static("facebook-api-version"), &format!("v{version}.0"));
    put(&mut headers, HeaderName::from_static("x-fb-request-id"), &random::trace_id());
    put(&mut headers, HeaderName::from_static("x-fb-trace-id"), &random::trace_id());
    put(&mut headers, HeaderName::from_static("x-fb-rev"), "1030000001");
    put(&mut headers, header::CACHE_CONTROL, "private, no-cache, no-store, must-revalidate");
    put(&mut headers, header::PRAGMA, "no-cache");
    put(&mut headers, header::EXPIRES, "Sat, 01 Jan 2000 00:00:00 GMT");
    put(&mut headers, header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    headers
}

/// All numbers are percent of a budget, regain is in minutes.
fn usage_headers(headers: &mut HeaderMap, served: &Served, regain: Option<(u32, u32)>) {
    let app_used = if matches!(regain, Some((4, _))) { 100 } else { 1 };
    let app = json!({"call_count": app_used, "total_cputime": 1, "total_time": 1});
    put(headers, HeaderName::from_static("x-app-usage"), &app.to_string());
    let limited = regain.is_some_and(|(code, _)| code != 4);
    let Some(account) = served.account.clone().or_else(|| limited.then(|| "0".to_owned())) else { return };
    let (used, minutes) = if limited { (100, regain.map_or(0, |(_, minutes)| minutes)) } else { (1, 0) };
    let row = |kind: &str| {
        json!({
            "type": kind, "call_count": used, "total_cputime": 1, "total_time": 1,
            "estimated_time_to_regain_access": minutes,
        })
    };
    let usage = json!({ account: [row("whatsapp_business_management"), row("whatsapp")] });
    put(headers, HeaderName::from_static("x-business-use-case-usage"), &usage.to_string());
}

fn put(headers: &mut HeaderMap, name: HeaderName, text: &str) {
    if let Ok(value) = HeaderValue::from_str(text) {
        headers.insert(name, value);
    }
}
