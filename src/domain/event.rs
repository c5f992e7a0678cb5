//! One thing that a delivery says to one connection (design §5).

use super::ids::{ConnectionId, PhoneNumberId};
use super::instant::Instant;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum EventKind {
    #[serde(rename = "message.received")]
    Received,
    #[serde(rename = "message.sent")]
    Sent,
    #[serde(rename = "message.delivered")]
    Delivered,
    #[serde(rename = "message.read")]
    Read,
    #[serde(rename = "message.failed")]
    Failed,
    /// Sent from the WhatsApp Business app, beside us.
    #[serde(rename = "message.echo")]
    Echo,
    #[serde(rename = "template.updated")]
    TemplateUpdated,
    /// Something about the number.
    #[serde(rename = "connection.updated")]
    ConnectionUpdated,
    /// Something about the WhatsApp account or the portfolio.
    #[serde(rename = "account.updated")]
    AccountUpdated,
    /// Kept as it came.
    #[serde(rename = "other")]
    Other,
}

impl EventKind {
    pub const ALL: [Self; 10] = [
        Self::Received,
        Self::Sent,
        Self::Delivered,
        Self::Read,
        Self::Failed,
        Self::Echo,
        Self::TemplateUpdated,
        Self::ConnectionUpdated,
        Self::AccountUpdated,
        Self::Other,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Received => "message.received",
            Self::Sent => "message.sent",
            Self::Delivered => "message.delivered",
            Self::Read => "message.read",
            Self::Failed => "message.failed",
            Self::Echo => "message.echo",
            Self::TemplateUpdated => "template.updated",
            Self::ConnectionUpdated => "connection.updated",
            Self::AccountUpdated => "account.updated",
            Self::Other => "other",
        }
    }

    /// What this version does not know is kept all the same.
    pub fn parse(text: &str) -> Self {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).unwrap_or(Self::Other)
    }
}

/// A WhatsApp user: either may be missing (fact base §4.14).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventUser {
    /// Digits only.
    pub phone: Option<String>,
    /// Business-scoped user id.
    pub user_id: Option<String>,
    pub name: Option<String>,
}

impl EventUser {
    pub fn is_nobody(&self) -> bool {
        self.phone.is_none() && self.user_id.is_none()
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The same for the same thing, however often Meta sends it.
    pub id: String,
    /// Grows in the order in which events were kept.
    pub seq: i64,
    pub connection: ConnectionId,
    pub phone_number_id: PhoneNumberId,
    pub kind: EventKind,
    /// Meta's name of the webhook field.
    pub field: String,
    /// When it happened, as Meta says; when it came, where Meta does not say.
    pub at: Instant,
    pub received_at: Instant,
    pub user: EventUser,
    pub message_id: Option<String>,
    /// Meta's own item.
    pub meta: Value,
}

impl Event {
    /// The one shape of an event: in lists, WebSocket frames and forwards.
    pub fn to_json(&self) -> Value {
        let user = &self.user;
        let person = Value::Null;
        let user = (!user.is_nobody())
            .then(|| json!({"phone": user.phone, "userId": user.user_id, "name": user.name, "person": person}));
        json!({
            "id": self.id, "seq": self.seq, "connection": self.connection, "phoneNumberId": self.phone_number_id,
            "kind": self.kind, "field": self.field, "at": self.at.rfc3339(), "receivedAt": self.received_at.rfc3339(),
            "user": user, "messageId": self.message_id, "meta": self.meta,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_one_spelling() {
        for kind in EventKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
            assert_eq!(EventKind::parse(kind.as_str()), kind);
        }
        assert_eq!(EventKind::parse("message.sung"), EventKind::Other);
    }

    #[test]
    fn has_the_shape_of_the_contract() {
        let event = Event {
            id: "e".into(),
            seq: 7,
            connection: ConnectionId::new("c"),
            phone_number_id: PhoneNumberId::new("1"),
            kind: EventKind::Received,
            field: "messages".into(),
            at: Instant(1_760_000_000_000),
            received_at: Instant(1_760_000_001_000),
            user: EventUser { phone: Some("5511".into()), user_id: None, name: None },
            message_id: Some("wamid.1".into()),
            meta: json!({"id": "wamid.1"}),
        };
        let user = json!({"phone": "5511", "userId": null, "name": null, "person": null});
        let expected = json!({
            "id": "e", "seq": 7, "connection": "c", "phoneNumberId": "1", "kind": "message.received", "field": "messages",
            "at": "2025-10-09T08:53:20Z", "receivedAt": "2025-10-09T08:53:21Z", "user": user, "messageId": "wamid.1",
            "meta": {"id": "wamid.1"},
        });
        assert_eq!(event.to_json(), expected);
    }
}
