//! Reads Meta's webhook envelope (fact base §5): every entry, every change, every message and status. What is not known
//! is kept as it came; nothing of it makes the rest unreadable.

use super::event::{EventKind, EventUser};
use super::heard::Aspect;
use super::instant::Instant;
use super::phone::digits;
use serde_json::{Map, Value, json};

mod others;
mod part;
mod said;

pub use others::{forget, names_in};
pub use part::{Part, part, rebuilt};
pub use said::Said;

/// To whom an item is addressed, most exact first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Address {
    /// A number by Meta's id.
    Number(String),
    /// A number by its digits, as Meta displays it, and the account that the entry is about. A number that moved to another
    /// account has another id there, and its connection in the old one may still be here.
    Digits { digits: String, waba: String },
    /// All numbers of a WhatsApp account.
    Waba(String),
    /// All numbers of a portfolio.
    Business(String),
}

/// One thing that a delivery says.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    pub address: Address,
    pub kind: EventKind,
    pub field: String,
    /// As Meta says; `None` where it does not.
    pub at: Option<Instant>,
    pub user: EventUser,
    pub message_id: Option<String>,
    /// The same for the same thing, however often and in whatever company it comes. May be long.
    pub identity: String,
    /// What it says of the connection itself.
    pub said: Option<(Aspect, Said)>,
    /// The connection is worth reading again.
    pub unsettles: bool,
    pub meta: Value,
}

/// Longer texts are no ids, names or numbers.
const TEXT_MAX: usize = 512;
/// Seconds beyond this are milliseconds: the year 5138.
const SECONDS_MAX: i64 = 100_000_000_000;

/// All items of a body. `Err` says why nobody can read it.
pub fn items(body: &[u8]) -> Result<Vec<Item>, String> {
    let envelope = read(body)?;
    let object = text(&envelope["object"]).unwrap_or_default();
    let entries = list(&envelope["entry"]);
    if entries.is_empty() {
        return Err("It is no envelope of Meta's: there is no entry in it.".to_owned());
    }
    let mut items = Vec::new();
    for entry in entries {
        for change in list(&entry["changes"]) {
            Change { object: &object, entry, change }.read(&mut items);
        }
        items.extend(changeless(&object, entry));
    }
    Ok(items)
}

/// An entry without any change may say something in another way: it is one item as it came, of its account.
fn changeless(object: &str, entry: &Value) -> Option<Item> {
    list(&entry["changes"]).is_empty().then(|| Change { object, entry, change: &json!({"value": entry}) }.whole())
}

/// A body as JSON. `Err` says why it is none.
pub(super) fn read(body: &[u8]) -> Result<Value, String> {
    serde_json::from_slice(body).or_else(|error| {
        serde_json::from_str(&mended(body)).map_err(|_| format!("It is no JSON, or not all of it: {error}."))
    })
}

/// Bytes that are no UTF-8, and halves of surrogate pairs, become `U+FFFD`: one customer's broken emoji must not cost the
/// messages beside it.
fn mended(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_ref();
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        out.push_str(before);
        let taken = match unit(escape) {
            Some(0xd800..=0xdbff) if matches!(escape.get(6..).and_then(unit), Some(0xdc00..=0xdfff)) => 12,
            Some(0xd800..=0xdfff) => {
                out.push('\u{fffd}');
                rest = &escape[6..];
                continue;
            }
            // The backslash and what it escapes, so that `\\ud800` stays what it is.
            _ => 1 + escape.chars().nth(1).map_or(0, char::len_utf8),
        };
        out.push_str(&escape[..taken]);
        rest = &escape[taken..];
    }
    out + rest
}

/// The code unit of a `\uXXXX` at the beginning.
fn unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    u16::from_str_radix(digits, 16).ok()
}

/// A text that may stand in a column: databases refuse NUL, and ids are short.
fn text(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.replace('\0', ""),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let text = text.trim();
    (!text.is_empty()).then(|| text.chars().take(TEXT_MAX).collect())
}

fn phone(value: &Value) -> Option<String> {
    text(value).map(|text| digits(&text)).filter(|digits| !digits.is_empty())
}

/// Seconds, as text or number.
fn moment(value: &Value) -> Option<Instant> {
    let seconds = value.as_i64().or_else(|| value.as_str()?.trim().parse().ok()).filter(|seconds| *seconds > 0)?;
    Some(if seconds > SECONDS_MAX { Instant(seconds) } else { Instant::from_seconds(seconds) })
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// The lists of a change that come apart, in the order in which their items are read.
fn lists(field: &str) -> &'static [&'static str] {
    match field {
        "messages" => &["messages", "statuses"],
        "smb_message_echoes" | "message_echoes" => &["message_echoes"],
        "user_preferences" => &["user_preferences"],
        _ => &[],
    }
}

/// What a value that comes apart says beside its lists, such as `errors` (fact base §5.5). What all of its items share is
/// none of it.
fn beside<'a>(field: &str, value: &'a Value) -> impl Iterator<Item = (&'a String, &'a Value)> {
    const SHARED: [&str; 3] = ["messaging_product", "metadata", "contacts"];
    let lists = lists(field);
    value.as_object().into_iter().flatten().filter(move |(name, value)| {
        let is_list = lists.contains(&name.as_str()) && value.is_array();
        let is_empty = value.is_null() || value.as_array().is_some_and(Vec::is_empty);
        !is_list && !is_empty && !SHARED.contains(&name.as_str())
    })
}

struct Change<'a> {
    object: &'a str,
    entry: &'a Value,
    change: &'a Value,
}

impl Change<'_> {
    fn value(&self) -> &Value {
        &self.change["value"]
    }

    fn field(&self) -> String {
        text(&self.change["field"]).unwrap_or_default()
    }

    fn read(&self, items: &mut Vec<Item>) {
        let (before, field) = (items.len(), self.field());
        for name in lists(&field) {
            items.extend(list(&self.value()[*name]).iter().map(|one| self.listed(name, one)));
        }
        // Nothing that comes apart: kept in one piece.
        if items.len() == before {
            items.push(self.whole());
        } else {
            let at = items.iter().skip(before).find_map(|item| item.at);
            items.extend(self.rest(at));
        }
    }

    fn listed(&self, list: &str, one: &Value) -> Item {
        match list {
            "messages" => self.message(one),
            "statuses" => self.status(one),
            "message_echoes" => self.echo(one),
            _ => self.preference(one),
        }
    }

    fn item(&self, kind: EventKind, identity: String, meta: &Value) -> Item {
        Item {
            address: self.address(),
            kind,
            field: self.field(),
            at: moment(&meta["timestamp"]).or_else(|| moment(&self.entry["time"])),
            user: EventUser::default(),
            message_id: None,
            identity,
            said: None,
            unsettles: false,
            meta: meta.clone(),
        }
    }

    /// With an id of Meta's: that; else all that it says.
    fn identity(&self, what: &str, id: Option<&str>, meta: &Value) -> String {
        match id {
            Some(id) => format!("{what}|{id}"),
            None => format!("{}|{}|{}|{meta}", self.field(), self.entry["id"], self.entry["time"]),
        }
    }

    fn message(&self, message: &Value) -> Item {
        let id = text(&message["id"]);
        // The system speaks, not the customer: a changed number, a changed identity.
        let kind = if message["type"] == "system" { EventKind::Other } else { EventKind::Received };
        let user = self.user(&message["from"], &message["from_user_id"]);
        let identity = self.identity("message", id.as_deref(), message);
        Item { user, message_id: id, ..self.item(kind, identity, message) }
    }

    fn status(&self, status: &Value) -> Item {
        let id = text(&status["id"]);
        let kind = match status["status"].as_str() {
            Some("sent") => EventKind::Sent,
            Some("delivered") => EventKind::Delivered,
            Some("read") => EventKind::Read,
            Some("failed") => EventKind::Failed,
            _ => EventKind::Other,
        };
        let user = self.user(&status["recipient_id"], &status["recipient_user_id"]);
        // In a group each member has a status of its own.
        let which = id.as_ref().map(|id| format!("{id}|{}|{}", status["status"], status["recipient_participant_id"]));
        let identity = self.identity("status", which.as_deref(), status);
        let item = self.item(kind, identity, status);
        let said = item.at.filter(|_| kind == EventKind::Failed).and_then(|at| said::payment(status, at));
        Item { user, message_id: id, said, ..item }
    }

    fn echo(&self, echo: &Value) -> Item {
        let id = text(&echo["id"]);
        let identity = self.identity("echo", id.as_deref(), echo);
        let user = self.user(&echo["to"], &echo["to_user_id"]);
        Item { user, message_id: id, ..self.item(EventKind::Echo, identity, echo) }
    }

    fn preference(&self, wish: &Value) -> Item {
        let identity = self.identity("preference", None, wish);
        Item { user: self.user(&wish["wa_id"], &wish["user_id"]), ..self.item(EventKind::Other, identity, wish) }
    }

    fn whole(&self) -> Item {
        let (field, value) = (self.field(), self.value());
        let kind = said::kind(self.object, &field);
        let said = said::said(&field, value);
        let identity = self.identity(&field, None, value);
        let unsettles = said.is_some() || said::unsettles(&field);
        Item { said, unsettles, ..self.item(kind, identity, value) }
    }

    /// What stands beside the lists, in one piece, and of their time. The same words beside other messages are another thing
    /// that was said, so the whole value tells which it is.
    fn rest(&self, at: Option<Instant>) -> Option<Item> {
        let (field, value) = (self.field(), self.value());
        let rest: Map<String, Value> =
            beside(&field, value).map(|(name, value)| (name.clone(), value.clone())).collect();
        let identity = || self.identity("beside", Some(&self.identity(&field, None, value)), value);
        (!rest.is_empty()).then(|| {
            let item = self.item(EventKind::Other, identity(), &Value::Object(rest));
            Item { at: item.at.or(at), ..item }
        })
    }

    /// Joined with what `contacts` tell of the same user.
    fn user(&self, phone_of: &Value, id_of: &Value) -> EventUser {
        let (phone_number, user_id) = (phone(phone_of), text(id_of));
        let contacts = list(&self.value()["contacts"]);
        let same = |contact: &&Value| {
            let (wa_id, id) = (phone(&contact["wa_id"]), text(&contact["user_id"]));
            (wa_id.is_some() && wa_id == phone_number) || (id.is_some() && id == user_id)
        };
        let contact = contacts.iter().find(same);
        let tells = |name: &str| contact.map_or(&Value::Null, |contact| &contact[name]);
        let profile = contact.map_or(&Value::Null, |contact| &contact["profile"]);
        EventUser {
            phone: phone_number.or_else(|| phone(tells("wa_id"))),
            user_id: user_id.or_else(|| text(tells("user_id"))),
            name: text(&profile["name"]).or_else(|| text(&profile["username"])),
        }
    }

    /// `entry.id` is the account, except where Meta puts the portfolio there (fact base §5.3).
    fn address(&self) -> Address {
        let (value, entry) = (self.value(), text(&self.entry["id"]).unwrap_or_default());
        if self.object == "application" {
            return Address::Business(text(&value["business_manager_id"]).unwrap_or_default());
        }
        let number = [&value["metadata"]["phone_number_id"], &value["phone_number_settings"]["phone_number_id"]];
        if let Some(id) = number.into_iter().find_map(text) {
            return Address::Number(id);
        }
        if value["entity_type"] == "PHONE_NUMBER"
            && let Some(id) = text(&value["entity_id"])
        {
            return Address::Number(id);
        }
        let shown = [&value["metadata"]["display_phone_number"], &value["display_phone_number"]];
        if let Some(digits) = shown.into_iter().find_map(phone) {
            return Address::Digits { digits, waba: entry };
        }
        match text(&value["waba_info"]["waba_id"]) {
            Some(waba) => Address::Waba(waba),
            None if self.field() == "partner_solutions" => Address::Business(entry),
            None => Address::Waba(entry),
        }
    }
}

#[cfg(test)]
#[path = "envelope/tests.rs"]
mod tests;

#[cfg(test)]
#[path = "envelope/catalogue_tests.rs"]
mod catalogue_tests;
