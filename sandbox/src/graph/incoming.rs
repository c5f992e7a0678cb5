//! One call as it came: version, path, and its parameters from query, form or JSON, which Graph treats alike.

use std::collections::BTreeMap;

use axum::http::{HeaderMap, header, request::Parts};
use serde_json::Value;

use crate::{calls, urls, world::World};

#[derive(Debug, Clone)]
pub(crate) struct Incoming {
    pub(crate) method: String,
    pub(crate) path: String,
    /// The path behind the version.
    pub(crate) segments: Vec<String>,
    /// `v25.0`, if the path begins with a version.
    pub(crate) version: Option<String>,
    pub(crate) query: String,
    pub(crate) params: BTreeMap<String, Value>,
    body_names: Vec<String>,
    bearer: Option<String>,
}

impl Incoming {
    pub(crate) fn read(parts: &Parts, body: &[u8]) -> Self {
        let path = parts.uri.path().to_owned();
        let query = parts.uri.query().unwrap_or_default().to_owned();
        let mut segments: Vec<String> = path.split('/').filter(|part| !part.is_empty()).map(urls::decode).collect();
        let version = segments.first().filter(|first| looks_like_version(first)).cloned();
        if version.is_some() {
            segments.remove(0);
        }
        let mut params: BTreeMap<String, Value> =
            urls::pairs(&query).into_iter().map(|(name, value)| (name, Value::String(value))).collect();
        let from_body = body_params(&parts.headers, body);
        let body_names = from_body.iter().map(|(name, _)| name.clone()).collect();
        params.extend(from_body);
        Self {
            method: parts.method.to_string(),
            path,
            segments,
            version,
            query,
            params,
            body_names,
            bearer: bearer(&parts.headers),
        }
    }

    /// A parameter as text, whichever way it came; empty counts as absent.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        match self.params.get(name)? {
            Value::String(text) if text.is_empty() => None,
            Value::String(text) => Some(text.clone()),
            Value::Null => None,
            other => Some(other.to_string()),
        }
    }

    pub(crate) fn flag(&self, name: &str) -> bool {
        self.text(name).is_some_and(|text| matches!(text.as_str(), "true" | "1"))
    }

    pub(crate) fn token(&self) -> Option<String> {
        self.bearer.clone().or_else(|| self.text("access_token"))
    }

    /// Ids and version taken out: what a fault or a test calls this endpoint.
    pub(crate) fn endpoint(&self, world: &World) -> String {
        let Some(first) = self.segments.first() else { return String::new() };
        if first == "dialog" {
            // A wizard's id is nobody else's business, and `dialog` names all its steps.
            return if self.version.is_some() { "dialog/oauth".to_owned() } else { "dialog".to_owned() };
        }
        let named = world.kind_of(first).map_or(first.as_str(), |kind| kind.short_name());
        std::iter::once(named).chain(self.segments.iter().skip(1).map(String::as_str)).collect::<Vec<_>>().join("/")
    }

    pub(crate) fn masked_query(&self) -> String {
        calls::masked_query(&self.query)
    }

    pub(crate) fn masked_body(&self) -> String {
        let texts: Vec<(&str, String)> =
            self.body_names.iter().map(|name| (name.as_str(), self.text(name).unwrap_or_default())).collect();
        calls::masked(texts.iter().map(|(name, value)| (*name, value.as_str())))
    }
}

/// `v25.0`, and also `v99.0`: whether Meta ever had it is for `versions` to say.
fn looks_like_version(segment: &str) -> bool {
    let Some((major, minor)) = segment.strip_prefix('v').and_then(|rest| rest.split_once('.')) else { return false };
    [major, minor].iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

fn bearer(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("oauth")).then(|| token.trim().to_owned())
}

fn body_params(headers: &HeaderMap, body: &[u8]) -> Vec<(String, Value)> {
    let content = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if content.starts_with("application/json") {
        return match serde_json::from_slice(body) {
            Ok(Value::Object(object)) => object.into_iter().collect(),
            _ => Vec::new(),
        };
    }
    let text = String::from_utf8_lossy(body);
    urls::pairs(&text).into_iter().map(|(name, value)| (name, Value::String(value))).collect()
}
