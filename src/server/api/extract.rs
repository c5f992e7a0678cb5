//! Extractors that fail in the API's own shape. Who asks is taken first: a stranger learns nothing of a body's faults.

use super::ApiError;
use crate::domain::settings::BrokenRule;
use crate::server::session::{Reader, Writer};
use crate::server::state::AppState;
use axum::extract::{FromRequest, FromRequestParts, OptionalFromRequest, Path, Query, Request};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use futures_util::StreamExt;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Bodies are settings, not files.
const MOST_BYTES: usize = 256 * 1024;
/// What is read on and thrown away: whoever is cut off while sending would never see the answer.
const PATIENCE_BYTES: usize = 32 * 1024 * 1024;

/// Admin, support, any key.
pub(super) struct MayRead(pub(super) Reader);

/// Admin, a key with the scope `write`.
pub(super) struct MayWrite(pub(super) Writer);

impl FromRequestParts<AppState> for MayRead {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, ApiError> {
        Ok(Self(Reader::from_request_parts(parts, app).await?))
    }
}

impl FromRequestParts<AppState> for MayWrite {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, ApiError> {
        Ok(Self(Writer::from_request_parts(parts, app).await?))
    }
}

/// A body's fields: texts that may be null, and lists of texts that may be null.
pub(super) trait Fields: DeserializeOwned {
    const TEXTS: &'static [&'static str];
    const LISTS: &'static [&'static str] = &[];
    /// What our answers hold beside them: may be sent back, and is not looked at.
    const IGNORED: &'static [&'static str];
}

/// A JSON body.
pub(super) struct ApiJson<T>(pub(super) T);

impl<T: Fields, S: Send + Sync> FromRequest<S> for ApiJson<T> {
    type Rejection = ApiError;
    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let marked = is_json(request.headers());
        let bytes = read(request).await?;
        if marked { Ok(Self(parse(&bytes)?)) } else { Err(ApiError::no_json()) }
    }
}

/// An empty body is none.
impl<T: Fields, S: Send + Sync> OptionalFromRequest<S> for ApiJson<T> {
    type Rejection = ApiError;
    async fn from_request(request: Request, _: &S) -> Result<Option<Self>, ApiError> {
        let marked = is_json(request.headers());
        let bytes = read(request).await?;
        match (bytes.is_empty(), marked) {
            (true, _) => Ok(None),
            (false, true) => Ok(Some(Self(parse(&bytes)?))),
            (false, false) => Err(ApiError::no_json()),
        }
    }
}

/// `application/json`, or a kind of it: `application/problem+json; charset=utf-8`.
fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let subtype = kind.strip_prefix("application/");
    subtype.is_some_and(|subtype| subtype == "json" || subtype.ends_with("+json"))
}

async fn read(request: Request) -> Result<Vec<u8>, ApiError> {
    let mut stream = request.into_body().into_data_stream();
    let (mut bytes, mut seen) = (Vec::new(), 0);
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|_| ApiError::bad_json("The body ended before its time."))?;
        seen += chunk.len();
        if seen <= MOST_BYTES {
            bytes.extend_from_slice(&chunk);
        } else if seen > PATIENCE_BYTES {
            break;
        }
    }
    if seen > MOST_BYTES { Err(ApiError::too_large()) } else { Ok(bytes) }
}

/// Says what is wrong without repeating any value: it may be a secret.
fn parse<T: Fields>(bytes: &[u8]) -> Result<T, ApiError> {
    let value: Value = serde_json::from_slice(bytes).map_err(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        ApiError::bad_json(&format!("The body is not JSON: see {place}."))
    })?;
    let Value::Object(mut fields) = value else {
        return Err(ApiError::bad_json("The body is JSON, but no object with fields."));
    };
    fields.retain(|name, _| !T::IGNORED.contains(&name.as_str()));
    let broken = misshapen::<T>(&fields);
    if !broken.is_empty() {
        return Err(ApiError::misshapen(broken));
    }
    serde_json::from_value(Value::Object(fields)).map_err(|_| ApiError::bad_json("The body cannot be read."))
}

/// Unknown fields named in one answer, and of each as much: what is sent is not ours to repeat at length.
const NAMED: usize = 20;

fn misshapen<T: Fields>(fields: &Map<String, Value>) -> Vec<BrokenRule> {
    let known = [T::TEXTS, T::LISTS].concat();
    let rule = |name: &str, value: &Value| match value {
        _ if !known.contains(&name) => Some(format!("there is no such field. There are {}", known.join(", "))),
        Value::Null => None,
        Value::Array(texts) if T::LISTS.contains(&name) && texts.iter().all(Value::is_string) => None,
        _ if T::LISTS.contains(&name) => Some("must be a list of texts in quotes, or null".to_owned()),
        Value::String(_) => None,
        _ => Some("must be a text in quotes, or null".to_owned()),
    };
    let broken = fields.iter().filter_map(|(name, value)| {
        let shown: String = name.chars().take(NAMED * 2).collect();
        rule(name, value).map(|rule| BrokenRule::new(&crate::domain::redaction::redacted(&shown), &rule))
    });
    broken.take(NAMED).collect()
}

/// The query of the address.
pub(super) struct ApiQuery<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for ApiQuery<T> {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        Ok(Self(Query::from_request_parts(parts, state).await?.0))
    }
}

/// The last part of the address. What cannot be read leads nowhere.
pub(super) struct ApiPath(pub(super) String);

impl<S: Send + Sync> FromRequestParts<S> for ApiPath {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let found = Path::<String>::from_request_parts(parts, state).await;
        Ok(Self(found.map_err(|_| ApiError::unknown_address())?.0))
    }
}
