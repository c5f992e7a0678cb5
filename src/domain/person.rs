//! One person on WhatsApp, as Meta names them, to be found and made unknown in what Meta sent.

use super::envelope::read;
use super::phone::digits;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Stands where a number or an id was.
const GONE: &str = "deleted";

/// All names of one person: numbers as digits, and business-scoped user ids.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    pub phones: Vec<String>,
    pub users: Vec<String>,
}

impl Person {
    /// Whoever has this one name: digits, or a user id.
    pub fn called(name: &str) -> Self {
        let (mut phones, mut users) = (Vec::new(), Vec::new());
        if is_user_id(name) { &mut users } else { &mut phones }.push(name.to_owned());
        Self { phones, users }
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.phones.iter().chain(&self.users).map(String::as_str)
    }

    /// Whether the user of an event is this person.
    pub fn is(&self, phone: Option<&str>, user: Option<&str>) -> bool {
        phone.is_some_and(|phone| self.phones.iter().any(|known| known == phone))
            || user.is_some_and(|user| self.users.iter().any(|known| known == user))
    }

    /// Whether the bytes of a delivery name this person, escaped or not, whether they are JSON or not.
    pub fn is_named_in(&self, body: &[u8]) -> bool {
        let text = String::from_utf8_lossy(body);
        if self.is_named(&text) {
            return true;
        }
        // `\u0035` is a digit too, the `n` of `\n` no letter beside a number, and a shared contact has its punctuation.
        let hides = ["\\", "\"phone\"", "\"phone_number\""].iter().any(|sign| text.contains(sign));
        hides && read(body).is_ok_and(|json| self.is_named_deep(&json))
    }

    pub(super) fn is_named_deep(&self, json: &Value) -> bool {
        match json {
            Value::Array(all) => all.iter().any(|one| self.is_named_deep(one)),
            json => self.is_named_above_lists(json) || lists(json).iter().any(|list| self.is_named_deep(list)),
        }
    }

    fn is_named(&self, text: &str) -> bool {
        self.names().any(|name| place(text, name).is_some()) || self.is_number(text)
    }

    /// `+55 11 99999-0000`, and nothing beside it.
    fn is_number(&self, text: &str) -> bool {
        let number = text.chars().all(|letter| letter.is_ascii_digit() || " +-().".contains(letter));
        number && self.phones.contains(&digits(text))
    }

    /// Takes this person out of something that is about others: an element of a list that names them goes, elsewhere
    /// their name does. Whether anything was changed.
    pub fn take_out_of(&self, json: &mut Value) -> bool {
        match json {
            Value::Array(all) => {
                let before = all.len();
                all.retain(|one| !self.is_named_above_lists(one));
                self.take_out_of_each(all.iter_mut()) || all.len() != before
            }
            Value::Object(fields) => self.take_out_of_each(fields.values_mut()),
            Value::String(text) => self.blank(text),
            Value::Number(number) if self.phones.contains(&number.to_string()) => {
                *json = Value::Null;
                true
            }
            _ => false,
        }
    }

    fn take_out_of_each<'a>(&self, all: impl Iterator<Item = &'a mut Value>) -> bool {
        // Every one, also behind the first that names them.
        all.filter_map(|one| self.take_out_of(one).then_some(())).count() > 0
    }

    /// Named by something that stands in no list within this.
    pub(super) fn is_named_above_lists(&self, json: &Value) -> bool {
        match json {
            Value::Object(fields) => {
                fields.iter().any(|(name, value)| self.is_named(name) || self.is_named_above_lists(value))
            }
            Value::String(text) => self.is_named(text),
            Value::Number(number) => self.phones.contains(&number.to_string()),
            _ => false,
        }
    }

    fn blank(&self, text: &mut String) -> bool {
        if self.is_number(text) {
            GONE.clone_into(text);
            return true;
        }
        let mut changed = false;
        for name in self.names() {
            while let Some(at) = place(text, name) {
                text.replace_range(at..at + name.len(), GONE);
                changed = true;
            }
        }
        changed
    }
}

/// Whether a text has the shape of a business-scoped user id: `BR.1A2b3C` or `BR.ENT.1A2b3C` (fact base
/// §4.14).
pub fn is_user_id(text: &str) -> bool {
    let Some((country, id)) = text.split_once('.') else { return false };
    let id = id.strip_prefix("ENT.").unwrap_or(id);
    let country_like = country.len() == 2 && country.bytes().all(|letter| letter.is_ascii_uppercase());
    country_like && !id.is_empty() && id.bytes().all(|letter| letter.is_ascii_alphanumeric())
}

/// Every list within, however deep, that stands in no other list.
fn lists(json: &Value) -> Vec<&Value> {
    match json {
        Value::Array(_) => vec![json],
        Value::Object(fields) => fields.values().flat_map(lists).collect(),
        _ => Vec::new(),
    }
}

/// Where a name stands by itself, not as a part of a longer number or id.
fn place(text: &str, name: &str) -> Option<usize> {
    let part = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
    let alone = |at: usize| {
        let (before, behind) = (text[..at].chars().next_back(), text[at + name.len()..].chars().next());
        !part(before) && !part(behind)
    };
    text.match_indices(name).map(|(at, _)| at).find(|at| alone(*at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn bia() -> Person {
        Person { phones: vec!["5511999990000".into()], users: vec!["BR.1A2b3C".into()] }
    }

    #[test]
    fn is_found_in_every_spelling_of_a_delivery() {
        for body in [
            r#"{"from":"5511999990000"}"#,
            r#"{"from":5511999990000}"#,
            r#"[{"a":[{"user_id":"BR.1A2b3C"}]}]"#,
            r#"{"from":"\u0035511999990000"}"#,
            r#"{"a":[[{"\u0042R.1A2b3C":1}]]}"#,
            "no JSON, but 5511999990000",
            r#"{"text":{"body":"call\n5511999990000"}}"#,
            r#"{"text":{"body":"\ud83d\udcde5511999990000"}}"#,
            r#"{"name":"half \ud83d of it","text":"\u0035511999990000"}"#,
            r#"{"contacts":[{"phones":[{"phone":"+55 11 99999-0000"}]}]}"#,
            r#"{"contact": {"phone_number": "+55 11 99999-0000"}}"#,
        ] {
            assert!(bia().is_named_in(body.as_bytes()), "{body}");
        }
        for body in
            [r#"{"from":"15511999990000"}"#, r#"{"id":"BR.1A2b3Cd"}"#, r#"{"n":55119999900001}"#, "", "\u{fffd}"]
        {
            assert!(!bia().is_named_in(body.as_bytes()), "{body}");
        }
    }

    #[test]
    fn knows_the_shape_of_user_ids() {
        assert!(is_user_id("BR.1A2b3C") && is_user_id("US.ENT.11815799212886844830"));
        for wrong in ["", "BR.", "br.1", "BRA.1", "BR.ENT.", "BR.1.2", "BR.1_2", "5511999990000", "0"] {
            assert!(!is_user_id(wrong), "{wrong}");
        }
    }

    #[test]
    fn is_taken_out_of_what_is_about_others() {
        let mut message = json!({
            "from": "442079460958", "context": {"from": "5511999990000", "id": "wamid.1"},
            "text": {"body": "call 5511999990000 or +15511999990000"},
            "contacts": [
                {"name": {"formatted_name": "Bia"}, "phones": [{"phone": "+55 11 99999-0000", "wa_id": "5511999990000"}]},
                {"name": {"formatted_name": "Rui"}, "phones": [{"phone": "+44 20 7946 0958"}]},
            ],
        });
        assert!(bia().take_out_of(&mut message));
        let expected = json!({
            "from": "442079460958", "context": {"from": "deleted", "id": "wamid.1"},
            "text": {"body": "call deleted or +15511999990000"},
            "contacts": [
                {"name": {"formatted_name": "Bia"}, "phones": []},
                {"name": {"formatted_name": "Rui"}, "phones": [{"phone": "+44 20 7946 0958"}]},
            ],
        });
        assert_eq!(message, expected);
        assert!(!bia().take_out_of(&mut message));
    }

    #[test]
    fn a_thread_of_a_synchronised_history_goes_whole() {
        let mut history = json!({"history": [{"metadata": {"phase": 0}, "threads": [
            {"id": "5511999990000", "messages": [{"from": "5511999990000", "text": {"body": "a secret"}}]},
            {"id": "442079460958", "messages": [{"from": "442079460958", "text": {"body": "Hello"}}]},
        ]}]});
        assert!(bia().take_out_of(&mut history));
        assert!(!history.to_string().contains("secret") && history.to_string().contains("Hello"), "{history}");
    }
}
