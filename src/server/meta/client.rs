//! One call to the Graph API: address, key, proof, time limits, retries of reads.

use super::calls::Calls;
use super::error::{GraphError, Unreachable};
use super::usage::Usage;
use super::wire;
use crate::server::config::App;
use crate::server::digest::hmac_sha256;
use reqwest::{Method, RequestBuilder, Response};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Longest wait for one answer. Meta usually answers within a second.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// Pauses before reads are tried again.
const GRAPH_READS: &[Duration] = &[Duration::from_millis(200), Duration::from_secs(1), Duration::from_secs(3)];
/// Larger answers than this are not Meta's.
const ANSWER_BYTES: usize = 4 * 1024 * 1024;

/// What a call is made with: a token and, where it is known, the secret of the token's app, which proves that the
/// call comes from a server (fact base §1.8).
#[derive(Clone, Copy)]
pub struct Key<'a> {
    pub token: &'a SecretString,
    pub app_secret: Option<&'a SecretString>,
}

impl<'a> Key<'a> {
    /// A token of an app whose secret we know.
    pub fn of(app: &'a App, token: &'a SecretString) -> Self {
        Self { token, app_secret: Some(&app.secret) }
    }

    fn proof(&self) -> Option<String> {
        let secret = self.app_secret?.expose_secret();
        Some(hmac_sha256(secret.as_bytes(), self.token.expose_secret().as_bytes()))
    }
}

/// Form or query parameters of a call.
pub(super) type Parameters<'a> = &'a [(&'a str, &'a str)];

/// Cheap to clone.
#[derive(Clone)]
pub struct Graph {
    http: reqwest::Client,
    base: String,
    version: String,
    usage: Arc<Usage>,
    calls: Calls,
    /// Meta served another version than asked for, and that has been said.
    other_version_told: Arc<AtomicBool>,
}

impl Graph {
    /// `base` is `META_GRAPH_URL`, `version` `vN.0`.
    pub fn new(base: &str, version: &str) -> Result<Self, String> {
        let http = reqwest::Client::builder()
            .timeout(ANSWER_LIMIT)
            .connect_timeout(CONNECT_LIMIT)
            .user_agent(concat!("greentick/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(|error| format!("the HTTP client could not be made: {error}"))?;
        let base = base.trim_end_matches('/').to_owned();
        let version = version.to_owned();
        let (usage, calls, other_version_told) = (Arc::default(), Calls::default(), Arc::default());
        Ok(Self { http, base, version, usage, calls, other_version_told })
    }

    /// The same client, asking for another version where one is given.
    pub fn at(&self, version: Option<&str>) -> Self {
        Self { version: version.unwrap_or(&self.version).to_owned(), ..self.clone() }
    }

    /// Meta said that its limits are nearly used up: what can wait should.
    pub fn is_near_its_limit(&self) -> bool {
        self.usage.is_near_the_limit()
    }

    /// What all calls came of, for whoever watches the installation.
    pub fn calls(&self) -> &Calls {
        &self.calls
    }

    /// A read, tried again when Meta is slow or down.
    pub(super) async fn read<T: DeserializeOwned>(
        &self,
        path: &str,
        key: Option<Key<'_>>,
        query: Parameters<'_>,
    ) -> Result<T, GraphError> {
        let mut pauses = GRAPH_READS.iter();
        loop {
            let error = match self.call(Method::GET, path, key, query, &[]).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            match pauses.next() {
                Some(pause) if error.is_passing() => tokio::time::sleep(*pause).await,
                _ => return Err(error),
            }
        }
    }

    /// A change, made once: whoever asks for it decides whether it may be asked again.
    pub(super) async fn change<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        key: Key<'_>,
        form: Parameters<'_>,
    ) -> Result<T, GraphError> {
        self.call(method, path, Some(key), &[], form).await
    }

    /// A change whose parameters are nested. Made once, like [`Self::change`].
    pub(super) async fn post_json<T: DeserializeOwned>(
        &self,
        path: &str,
        key: Key<'_>,
        body: &serde_json::Value,
    ) -> Result<T, GraphError> {
        let request = self.http.post(format!("{}/{}/{path}", self.base, self.version)).json(body);
        self.send(with_key(request, key)).await
    }

    pub(super) async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        key: Option<Key<'_>>,
        query: Parameters<'_>,
        form: Parameters<'_>,
    ) -> Result<T, GraphError> {
        let mut request = self.http.request(method, format!("{}/{}/{path}", self.base, self.version)).query(query);
        if !form.is_empty() {
            request = request.form(form);
        }
        let request = match key {
            Some(key) => with_key(request, key),
            None => request,
        };
        self.send(request).await
    }

    async fn send<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, GraphError> {
        let began = Instant::now();
        let result = self.answer(request).await;
        self.calls.note(began.elapsed(), &result);
        result
    }

    async fn answer<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, GraphError> {
        // The address may hold a secret, so an error must not carry it.
        let response = request.send().await.map_err(|error| Unreachable::from(error.without_url()))?;
        self.usage.note(response.headers());
        self.note_version(&response);
        judge(response).await
    }

    fn note_version(&self, response: &Response) {
        let served = response.headers().get("facebook-api-version").and_then(|value| value.to_str().ok());
        let other = served.filter(|served| *served != self.version);
        if let Some(served) = other
            && !self.other_version_told.swap(true, Ordering::Relaxed)
        {
            tracing::warn!(asked = %self.version, served, "Meta served another API version than the one asked for");
        }
    }
}

fn with_key(request: RequestBuilder, key: Key<'_>) -> RequestBuilder {
    let request = request.bearer_auth(key.token.expose_secret());
    match key.proof() {
        Some(proof) => request.query(&[("appsecret_proof", proof)]),
        None => request,
    }
}

/// An `error` in the body is an error whatever the status says (fact base §6.2).
async fn judge<T: DeserializeOwned>(response: Response) -> Result<T, GraphError> {
    let status = response.status().as_u16();
    let body = response.bytes().await.map_err(|error| Unreachable::from(error.without_url()))?;
    if body.len() > ANSWER_BYTES {
        return Err(Unreachable::NotMeta.into());
    }
    if let Ok(wire::ErrorAnswer { error }) = serde_json::from_slice(&body) {
        return Err(GraphError::refused(status, error));
    }
    match status {
        200..300 => serde_json::from_slice(&body).map_err(|error| {
            tracing::warn!(%error, "Meta's answer does not have the expected shape");
            Unreachable::NotMeta.into()
        }),
        _ => Err(Unreachable::Status(status).into()),
    }
}
