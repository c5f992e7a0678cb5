//! Events in words: which way, what in a line, what became of it.

use super::connection::Tone;
use super::event::{Event, EventKind};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Which way a message went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// From a customer.
    In,
    /// To a customer.
    Out,
    /// Meta tells something about the number or the account.
    Notice,
}

impl Direction {
    pub fn word(self) -> &'static str {
        match self {
            Self::In => "In",
            Self::Out => "Out",
            Self::Notice => "Notice",
        }
    }
}

/// Meta's own words for an error within an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventError {
    pub code: i64,
    pub title: String,
    pub details: Option<String>,
}

impl EventKind {
    /// As a filter names it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Received => "Message received",
            Self::Sent => "Message sent",
            Self::Delivered => "Message delivered",
            Self::Read => "Message read",
            Self::Failed => "Message failed",
            Self::Echo => "Sent from the WhatsApp app",
            Self::TemplateUpdated => "Template",
            Self::ConnectionUpdated => "Number",
            Self::AccountUpdated => "Account",
            Self::Other => "Other",
        }
    }

    pub fn direction(self) -> Direction {
        match self {
            Self::Received => Direction::In,
            Self::Sent | Self::Delivered | Self::Read | Self::Failed | Self::Echo => Direction::Out,
            Self::TemplateUpdated | Self::ConnectionUpdated | Self::AccountUpdated | Self::Other => Direction::Notice,
        }
    }

    /// What became of it, and how that looks.
    pub fn state(self) -> (Tone, &'static str) {
        match self {
            Self::Received => (Tone::Info, "Received"),
            Self::Sent => (Tone::Idle, "Sent"),
            Self::Delivered => (Tone::Ok, "Delivered"),
            Self::Read => (Tone::Ok, "Read"),
            Self::Failed => (Tone::Bad, "Failed"),
            Self::Echo => (Tone::Idle, "Sent from the app"),
            Self::TemplateUpdated => (Tone::Info, "Template"),
            Self::ConnectionUpdated => (Tone::Info, "Number"),
            Self::AccountUpdated => (Tone::Info, "Account"),
            Self::Other => (Tone::Idle, "Other"),
        }
    }
}

/// What it says, in a line or as long as the message is. Never empty.
pub fn content(event: &Event) -> String {
    let said = match event.kind {
        EventKind::Received | EventKind::Echo => message(&event.meta),
        EventKind::Sent => Some("Meta took the message".to_owned()),
        EventKind::Delivered => Some("It reached the phone".to_owned()),
        EventKind::Read => Some("It was read".to_owned()),
        EventKind::Failed => Some(error(event).map_or_else(|| "Not delivered".to_owned(), |error| error.title)),
        EventKind::TemplateUpdated => template(&event.meta),
        EventKind::ConnectionUpdated | EventKind::AccountUpdated => notice(&event.field, &event.meta),
        EventKind::Other => other(event),
    };
    said.unwrap_or_else(|| spaced(&event.field))
}

/// The error that Meta tells with it.
pub fn error(event: &Event) -> Option<EventError> {
    let error = event.meta["errors"].get(0)?;
    let title = text(&error["title"]).or_else(|| text(&error["message"])).unwrap_or_else(|| "Not delivered".to_owned());
    Some(EventError { code: error["code"].as_i64()?, title, details: text(&error["error_data"]["details"]) })
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// `account_review_update` as words.
fn spaced(field: &str) -> String {
    if field.is_empty() { "Something without a name".to_owned() } else { sentence(&field.replace('_', " ")) }
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn named(what: &str, name: Option<String>) -> String {
    name.map_or_else(|| what.to_owned(), |name| format!("{what}: {name}"))
}

fn message(meta: &Value) -> Option<String> {
    let kind = meta["type"].as_str()?;
    let node = &meta[kind];
    let caption = || text(&node["caption"]);
    Some(match kind {
        "text" => text(&node["body"])?,
        "image" => named("Photo", caption()),
        "video" => named("Video", caption()),
        "audio" if node["voice"] == true => "Voice message".to_owned(),
        "audio" => "Audio".to_owned(),
        "document" => named("Document", caption().or_else(|| text(&node["filename"]))),
        "sticker" => "Sticker".to_owned(),
        "location" => named("Location", text(&node["name"]).or_else(|| text(&node["address"])).or_else(|| place(node))),
        "contacts" => named("Contact", text(&node[0]["name"]["formatted_name"])),
        "interactive" => interactive(node),
        "button" => named("Pressed", text(&node["text"])),
        "reaction" => {
            text(&node["emoji"]).map_or("Took a reaction back".to_owned(), |emoji| format!("Reacted with {emoji}"))
        }
        "order" => order(node),
        "edit" => named("Changed a message", message(&node["message"])),
        "revoke" => "Took a message back".to_owned(),
        "request_welcome" => "Opened the chat for the first time".to_owned(),
        "unsupported" | "unknown" => "A kind of message that Meta does not pass on".to_owned(),
        other => spaced(other),
    })
}

fn place(node: &Value) -> Option<String> {
    Some(format!("{}, {}", node["latitude"].as_f64()?, node["longitude"].as_f64()?))
}

fn interactive(node: &Value) -> String {
    match node["type"].as_str() {
        Some("nfm_reply") => "Filled in a form".to_owned(),
        Some(kind) => named("Chose", text(&node[kind]["title"])),
        None => "Chose something".to_owned(),
    }
}

fn order(node: &Value) -> String {
    match node["product_items"].as_array().map(Vec::len) {
        Some(1) => "Order of 1 product".to_owned(),
        Some(count) => format!("Order of {count} products"),
        None => "Order".to_owned(),
    }
}

fn template(meta: &Value) -> Option<String> {
    let name = text(&meta["message_template_name"])?;
    let news = ["event", "new_quality_score", "new_category"].into_iter().find_map(|key| text(&meta[key]));
    Some(news.map_or_else(|| format!("“{name}” was changed"), |news| format!("“{name}”: {news}")))
}

fn notice(field: &str, meta: &Value) -> Option<String> {
    let places =
        [&meta["event"], &meta["decision"], &meta["alert_info"]["alert_type"], &meta["status"], &meta["username"]];
    let news = places.into_iter().find_map(text)?;
    Some(format!("{}: {news}", spaced(field)))
}

fn other(event: &Event) -> Option<String> {
    let meta = &event.meta;
    text(&meta["system"]["body"])
        .or_else(|| {
            Some(named("Marketing messages", Some(text(&meta["value"])?))).filter(|_| event.field == "user_preferences")
        })
        .or_else(|| Some(format!("Message {}", text(&meta["status"])?)))
        .or_else(|| Some(format!("Meta reports: {}", error(event)?.title)))
        .or_else(|| notice(&event.field, meta))
}

#[cfg(test)]
#[path = "event_words_tests.rs"]
mod tests;
