//! A browser without a window: it keeps the one cookie, says which page it comes from, and follows nothing by itself.

use reqwest::header::{ACCEPT, COOKIE, HeaderMap, HeaderName, HeaderValue, LOCATION, ORIGIN, SET_COOKIE};
use reqwest::{Client, Method, StatusCode, redirect};
use serde_json::Value;
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub(crate) struct Browser {
    client: Client,
    base: String,
    origin: String,
    cookie: Mutex<Option<String>>,
    /// Everything that any browser of this world was answered.
    heard: Arc<Mutex<Vec<String>>>,
}

#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Browser {
    pub(crate) fn new(base: &str, origin: &str, heard: Arc<Mutex<Vec<String>>>) -> Self {
        let client = Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .timeout(Duration::from_secs(60))
            .build()
            .unwrap();
        Self { client, base: base.to_owned(), origin: origin.to_owned(), cookie: Mutex::new(None), heard }
    }

    pub(crate) fn cookie(&self) -> Option<String> {
        self.cookie.lock().unwrap().clone()
    }

    pub(crate) fn set_cookie(&self, cookie: Option<String>) {
        *self.cookie.lock().unwrap() = cookie;
    }

    /// The value of the session cookie.
    pub(crate) fn session(&self) -> String {
        self.cookie().and_then(|cookie| Some(cookie.split_once('=')?.1.to_owned())).unwrap_or_default()
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[("accept", "text/html")], None).await
    }

    /// A page that must be there.
    pub(crate) async fn page(&self, path: &str) -> String {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.body
    }

    /// Sends a form from one of our own pages.
    pub(crate) async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        let origin = self.origin.clone();
        self.send(Method::POST, path, &[("accept", "text/html"), ("origin", &origin)], Some(encoded(form))).await
    }

    /// Asks a server function as the page's script does.
    pub(crate) async fn call(&self, name: &str, form: &[(&str, &str)]) -> Answer {
        let origin = self.origin.clone();
        let headers = [("accept", "application/json"), ("origin", origin.as_str())];
        self.send(Method::POST, &format!("/_fn/{name}"), &headers, Some(encoded(form))).await
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        form: Option<String>,
    ) -> Answer {
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        let mut all = HeaderMap::new();
        if let Some(cookie) = self.cookie() {
            all.insert(COOKIE, HeaderValue::from_str(&cookie).unwrap());
        }
        if let Some(form) = form {
            all.insert("content-type", HeaderValue::from_static("application/x-www-form-urlencoded"));
            request = request.body(form);
        }
        for (name, value) in headers {
            all.insert(HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_str(value).unwrap());
        }
        self.finish(request.headers(all)).await
    }

    /// A body of any kind, with exactly these headers beside the cookie.
    pub(crate) async fn send_as(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<String>,
    ) -> Answer {
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        if let Some(cookie) = self.cookie() {
            request = request.header(COOKIE, cookie);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.finish(match body {
            Some(body) => request.body(body),
            None => request,
        })
        .await
    }

    /// JSON from one of our own pages.
    pub(crate) async fn post_json(&self, path: &str, body: &Value) -> Answer {
        let mut request = self.client.post(format!("{}{path}", self.base)).json(body);
        request = request.header(ORIGIN, &self.origin).header(ACCEPT, "application/json");
        if let Some(cookie) = self.cookie() {
            request = request.header(COOKIE, cookie);
        }
        self.finish(request).await
    }

    async fn finish(&self, request: reqwest::RequestBuilder) -> Answer {
        let response = request.send().await.expect("the app answers");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        for line in headers.get_all(SET_COOKIE) {
            self.keep(line.to_str().unwrap());
        }
        let body = response.text().await.unwrap();
        self.heard.lock().unwrap().push(format!("{}\n{body}", shown(&headers)));
        Answer { status, headers, body }
    }

    fn keep(&self, line: &str) {
        let pair = line.split(';').next().unwrap_or_default().to_owned();
        let gone = line.to_ascii_lowercase().contains("max-age=0");
        self.set_cookie((!gone).then_some(pair));
    }
}

/// All headers but the one that may hold a session's id, which is the browser's own.
fn shown(headers: &HeaderMap) -> String {
    let lines = headers.iter().filter(|(name, _)| **name != SET_COOKIE);
    lines.map(|(name, value)| format!("{name}: {}\n", String::from_utf8_lossy(value.as_bytes()))).collect()
}

pub(crate) fn encoded(form: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish()
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Where it leads.
    pub(crate) fn location(&self) -> &str {
        let status = StatusCode::from_u16(self.status).unwrap();
        assert!(status.is_redirection(), "{status} leads nowhere: {}", self.body);
        self.headers.get(LOCATION).expect("a redirect leads somewhere").to_str().unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// The text as a person reads it.
    pub(crate) fn text(&self) -> String {
        readable(&self.body)
    }
}

/// HTML without scripts, tags and entities, in one line.
pub(crate) fn readable(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut inside = false;
    let outside_scripts = html.split("<script").enumerate().map(|(place, part)| match part.split_once("</script>") {
        Some((_, rest)) if place > 0 => rest,
        _ => part,
    });
    for letter in outside_scripts.flat_map(str::chars) {
        match letter {
            '<' => inside = true,
            '>' => inside = false,
            letter if !inside => text.push(letter),
            _ => {}
        }
    }
    let text = text.replace("&#x27;", "'").replace("&#39;", "'").replace("&quot;", "\"").replace("&amp;", "&");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
