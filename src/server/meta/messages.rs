//! Sending (fact base §4.11). Meta has no idempotency key, so nothing here is ever tried twice.

use super::client::{Graph, Key};
use super::error::GraphError;
use super::wire;
use crate::domain::ids::PhoneNumberId;
use serde_json::{Value, json};

/// What may be sent to try a connection.
#[derive(Debug, Clone, Copy)]
pub enum TestMessage<'a> {
    Text(&'a str),
    Template { name: &'a str, language: &'a str },
}

impl Graph {
    /// Meta's message ids. `to` is a phone number with its country code.
    pub async fn send_test(
        &self,
        key: Key<'_>,
        from: &PhoneNumberId,
        to: &str,
        message: TestMessage<'_>,
    ) -> Result<Vec<String>, GraphError> {
        let mut body: Value = json!({"messaging_product": "whatsapp", "recipient_type": "individual", "to": to});
        match message {
            TestMessage::Text(text) => {
                body["type"] = json!("text");
                body["text"] = json!({"body": text});
            }
            TestMessage::Template { name, language } => {
                body["type"] = json!("template");
                body["template"] = json!({"name": name, "language": {"code": language}});
            }
        }
        let answer: wire::SentMessages = self.post_json(&format!("{from}/messages"), key, &body).await?;
        Ok(answer.messages.into_iter().map(|message| message.id).collect())
    }
}
