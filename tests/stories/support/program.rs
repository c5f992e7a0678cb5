//! A program that calls the API with a key.

use super::browser::{Answer, Browser};
use super::world::World;
use greentick::domain::api_key::{ApiKey, Scope};
use greentick::domain::ids::WorkspaceId;
use greentick::server::operations::api_keys::{Wanted, add_api_key};
use greentick::server::store::Actor;
use reqwest::Method;
use secrecy::ExposeSecret;
use serde_json::Value;

pub(crate) const SETTINGS: &str = "/api/settings/whatsapp";

pub(crate) struct Program {
    browser: Browser,
    pub(crate) key: String,
    pub(crate) workspace: WorkspaceId,
}

impl World {
    pub(crate) async fn program(&self, scope: Scope) -> Program {
        self.program_of("default", scope, None).await
    }

    pub(crate) async fn program_of(&self, workspace: &str, scope: Scope, days: Option<i64>) -> Program {
        let workspace = self.workspace(workspace).await;
        let actor = Actor { workspace: workspace.clone(), user: None, name: "a story".to_owned(), address: None };
        let wanted = Wanted { name: "Booking".to_owned(), scope, days };
        let key = add_api_key(self.store(), &self.clock, &actor, &wanted).await.unwrap();
        Program { browser: self.browser(), key: key.expose_secret().to_owned(), workspace }
    }
}

impl Program {
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, &[], None).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Answer {
        self.send_json(Method::PUT, path, &[], body).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send_json(Method::POST, path, &[], body).await
    }

    pub(crate) async fn send_json(&self, method: Method, path: &str, more: &[(&str, &str)], body: &Value) -> Answer {
        let headers = [&[("content-type", "application/json")], more].concat();
        self.call(method, path, &headers, Some(body.to_string())).await
    }

    /// With the key, and with exactly these headers beside it.
    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<String>,
    ) -> Answer {
        let authorization = format!("Bearer {}", self.key);
        let headers = [headers, &[("authorization", authorization.as_str())]].concat();
        self.browser.send_as(method, path, &headers, body).await
    }

    /// The record of its key.
    pub(crate) async fn record(&self, world: &World) -> ApiKey {
        let keys = world.store().list_api_keys(&self.workspace).await.unwrap();
        let last_four = &self.key[self.key.len() - 4..];
        keys.into_iter().find(|key| key.last_four == last_four).expect("the key is known")
    }
}

impl Answer {
    /// The code of a refusal, whose shape is looked at on the way.
    pub(crate) fn refusal(&self) -> (u16, String) {
        let error = &self.json()["error"];
        let known = ["code", "message", "remedy", "details", "reference"];
        let names: Vec<&String> = error.as_object().unwrap_or_else(|| panic!("{}", self.body)).keys().collect();
        assert!(names.iter().all(|name| known.contains(&name.as_str())), "{}", self.body);
        for name in ["code", "message", "reference"] {
            assert!(error[name].as_str().is_some_and(|text| !text.is_empty()), "{name}: {}", self.body);
        }
        assert!(error["remedy"].is_string(), "{}", self.body);
        (self.status, error["code"].as_str().unwrap().to_owned())
    }

    /// The fields that a refusal blames, with their rules.
    pub(crate) fn details(&self) -> Vec<(String, String)> {
        let json = self.json();
        let details = json["error"]["details"].as_array().cloned().unwrap_or_default();
        let text = |detail: &Value, name: &str| detail[name].as_str().unwrap().to_owned();
        details.iter().map(|detail| (text(detail, "field"), text(detail, "rule"))).collect()
    }
}
