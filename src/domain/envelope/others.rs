//! Whom an item names besides its user: in an answered message, a shared contact, a synchronised history.

use super::{list, moment};
use crate::domain::instant::Instant;
use crate::domain::person::{Person, is_user_id};
use crate::domain::phone::digits;
use serde_json::Value;
use std::collections::BTreeSet;

/// Digits of a phone number, at least and at most.
const LENGTHS: std::ops::RangeInclusive<usize> = 7..=20;

/// Numbers as digits, and user ids, wherever they stand. Some may be no names at all, such as a time in seconds.
pub fn names_in(meta: &Value) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    collect(meta, &mut names);
    names
}

fn collect(json: &Value, names: &mut BTreeSet<String>) {
    match json {
        Value::Array(all) => all.iter().for_each(|one| collect(one, names)),
        Value::Object(fields) => {
            for (name, value) in fields {
                collect_text(name, names);
                collect(value, names);
            }
        }
        Value::String(text) => collect_text(text, names),
        Value::Number(number) => collect_text(&number.to_string(), names),
        _ => {}
    }
}

fn collect_text(text: &str, names: &mut BTreeSet<String>) {
    let number = |text: &str| LENGTHS.contains(&text.len()) && text.bytes().all(|letter| letter.is_ascii_digit());
    if text.chars().all(|letter| letter.is_ascii_digit() || " +-().".contains(letter)) {
        names.extend(Some(digits(text)).filter(|digits| number(digits)));
    }
    names.extend(text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| number(word)).map(str::to_owned));
    let words =
        text.split(|letter: char| !letter.is_alphanumeric() && letter != '.').map(|word| word.trim_matches('.'));
    names.extend(words.filter(|word| is_user_id(word)).map(str::to_owned));
}

/// Takes out of what an item says of `person` all that is from no later than `until`; whether there was something. `at` is
/// the item's time: what is synchronised has times of its own.
pub fn forget(field: &str, at: Instant, meta: &mut Value, person: &Person, until: Instant) -> bool {
    match field {
        "history" => {
            let Some(Value::Array(chunks)) = meta.get_mut("history") else { return false };
            let threads = chunks.iter_mut().filter_map(|chunk| chunk.get_mut("threads")?.as_array_mut());
            // Every one, also behind the first that names them.
            threads.filter_map(|threads| forget_threads(threads, person, until).then_some(())).count() > 0
        }
        "smb_app_state_sync" => {
            let Some(Value::Array(contacts)) = meta.get_mut("state_sync") else { return false };
            let before = contacts.len();
            let newer = |contact: &Value| moment(&contact["metadata"]["timestamp"]).is_some_and(|at| at > until);
            contacts.retain(|contact| newer(contact) || !person.is_named_deep(contact));
            contacts.len() != before
        }
        _ => at <= until && person.take_out_of(meta),
    }
}

/// Of the person's own thread the newer messages stay; in the threads of others their name goes.
fn forget_threads(threads: &mut Vec<Value>, person: &Person, until: Instant) -> bool {
    let mut changed = false;
    threads.retain_mut(|thread| {
        if !person.is_named_above_lists(thread) {
            changed |= person.take_out_of(thread);
            return true;
        }
        let before = list(&thread["messages"]).len();
        if let Some(Value::Array(messages)) = thread.get_mut("messages") {
            messages.retain(|message| moment(&message["timestamp"]).is_some_and(|at| at > until));
        }
        let left = list(&thread["messages"]).len();
        changed |= left < before || left == 0;
        left > 0
    });
    changed
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn finds_numbers_and_user_ids_wherever_they_stand() {
        let meta = json!({
            "context": {"from": "5511999990000", "from_user_id": "BR.1A2b3C"},
            "text": {"body": "call\n442079460958 or ask PT.9Z8y7X. Order 12345"},
            "contacts": [{"phones": [{"phone": "+33 6 12 34 56 78"}]}],
            "5215512345678": 16_315_550_101_i64,
        });
        let expected =
            ["16315550101", "33612345678", "442079460958", "5215512345678", "5511999990000", "BR.1A2b3C", "PT.9Z8y7X"];
        assert_eq!(names_in(&meta).iter().map(String::as_str).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn forgets_what_is_from_before_and_keeps_what_is_newer() {
        let bia = Person::called("5511999990000");
        let (until, message) = (Instant(100_000), |at: i64| json!({"timestamp": at.to_string()}));
        let thread =
            |messages: &[Value]| json!({"history": [{"threads": [{"id": "5511999990000", "messages": messages}]}]});
        let mut both = thread(&[message(99), message(101)]);
        assert!(forget("history", Instant(200_000), &mut both, &bia, until));
        assert_eq!(both, thread(&[message(101)]));
        assert!(!forget("history", Instant(200_000), &mut both, &bia, until));
        let mut old = thread(&[message(99)]);
        assert!(forget("history", Instant(200_000), &mut old, &bia, until));
        assert_eq!(old, json!({"history": [{"threads": []}]}));
        let answer = json!({"context": {"from": "5511999990000"}});
        let told = |at| forget("messages", Instant(at), &mut answer.clone(), &bia, until);
        assert!(told(100_000) && !told(100_001), "what others say from now on is kept");
    }

    #[test]
    fn takes_anything_at_all() {
        let bia = Person::called("BR.1A2b3C");
        for field in ["history", "smb_app_state_sync", "messages"] {
            for mut meta in
                [json!(null), json!([]), json!({"history": 1, "state_sync": {}}), json!({"history": [{"threads": 1}]})]
            {
                assert!(!forget(field, Instant(0), &mut meta, &bia, Instant(1)), "{field} {meta}");
            }
        }
    }
}
