//! A sandbox of its own for each test, and the calls an app would make.

use reqwest::{
    Client, Method, RequestBuilder, StatusCode,
    header::{HeaderMap, HeaderName},
    redirect::Policy,
};
use sandbox::{
    NewGrant, Options, Running, Sandbox,
    fixtures::{APP_ID, APP_SECRET},
};
use serde_json::{Value, json};

pub(crate) const REDIRECT: &str = "http://127.0.0.1:3000/connect/facebook/callback";

pub(crate) struct Stage {
    pub(crate) running: Running,
    pub(crate) control: Sandbox,
    pub(crate) http: Client,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    /// (code, subcode) of an error.
    pub(crate) fn error(&self) -> (u64, u64) {
        let error = &self.body["error"];
        (error["code"].as_u64().unwrap_or(0), error["error_subcode"].as_u64().unwrap_or(0))
    }

    pub(crate) fn header(&self, name: &'static str) -> &str {
        self.headers.get(HeaderName::from_static(name)).map_or("", |value| value.to_str().expect("ASCII"))
    }

    /// The ids of a list.
    pub(crate) fn ids(&self) -> Vec<&str> {
        self.body["data"].as_array().expect("a list").iter().map(|row| row["id"].as_str().expect("an id")).collect()
    }
}

pub(crate) fn client() -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().redirect(Policy::none()).build().expect("a client")
}

impl Stage {
    pub(crate) async fn new() -> Self {
        let addr = ([127, 0, 0, 1], 0).into();
        let running = sandbox::start(Options { addr, ..Options::default() }).await.expect("a free port");
        Self { control: running.control(), running, http: client() }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.running.graph_url())
    }

    async fn send(&self, request: RequestBuilder) -> Answer {
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.expect("a whole body");
        Answer { status, headers, body: serde_json::from_str(&text).unwrap_or(Value::String(text)) }
    }

    /// A GET under v25.0 with the token in the header.
    pub(crate) async fn get(&self, token: &str, path: &str) -> Answer {
        self.send(self.http.get(self.url(&format!("/v25.0{path}"))).bearer_auth(token)).await
    }

    /// A GET of any path, without a token.
    pub(crate) async fn get_bare(&self, path: &str) -> Answer {
        self.send(self.http.get(self.url(path))).await
    }

    pub(crate) async fn call(&self, method: Method, token: &str, path: &str, body: Value) -> Answer {
        self.send(self.http.request(method, self.url(&format!("/v25.0{path}"))).bearer_auth(token).json(&body)).await
    }

    pub(crate) async fn post(&self, token: &str, path: &str, body: Value) -> Answer {
        self.call(Method::POST, token, path, body).await
    }

    pub(crate) async fn control_call(&self, method: Method, path: &str, body: Value) -> Answer {
        let request = self.http.request(method, self.url(&format!("/_sandbox/api{path}")));
        self.send(if body.is_null() { request } else { request.json(&body) }).await
    }

    pub(crate) fn code(&self, wabas: &[&str]) -> String {
        let wabas = Some(wabas.iter().map(|&waba| waba.to_owned()).collect());
        let wish = NewGrant { redirect_uri: REDIRECT.to_owned(), wabas, ..NewGrant::default() };
        self.control.grant(wish).expect("a grant").code
    }

    pub(crate) async fn exchange(&self, code: &str) -> Answer {
        self.exchange_with(code, REDIRECT, APP_ID, APP_SECRET).await
    }

    pub(crate) async fn exchange_with(&self, code: &str, redirect: &str, app: &str, secret: &str) -> Answer {
        let query = [("client_id", app), ("client_secret", secret), ("redirect_uri", redirect), ("code", code)];
        self.send(self.http.get(self.url("/v25.0/oauth/access_token")).query(&query)).await
    }

    /// A business token for these accounts.
    pub(crate) async fn token(&self, wabas: &[&str]) -> String {
        let answer = self.exchange(&self.code(wabas)).await;
        answer.body["access_token"].as_str().expect("a token").to_owned()
    }

    pub(crate) async fn debug(&self, token: &str) -> Answer {
        self.debug_as(&app_token(), token).await
    }

    pub(crate) async fn debug_as(&self, viewer: &str, token: &str) -> Answer {
        let request = self.http.get(self.url("/v25.0/debug_token")).bearer_auth(viewer);
        self.send(request.query(&[("input_token", token)])).await
    }

    /// Registers with a PIN.
    pub(crate) async fn register(&self, token: &str, number: &str, pin: &str) -> Answer {
        self.post(token, &format!("/{number}/register"), json!({"messaging_product": "whatsapp", "pin": pin})).await
    }
}

pub(crate) fn app_token() -> String {
    format!("{APP_ID}|{APP_SECRET}")
}
