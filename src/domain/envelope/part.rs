//! A part of an envelope, for software written for Meta: what one connection may see, in Meta's own shape.

use super::{Change, Item, beside, changeless, list, lists, read, text};
use crate::domain::event::{Event, EventKind};
use serde_json::{Map, Value, json};

/// What is left of a body when only some of its items may be seen.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    /// All of it: its bytes need not be touched.
    Whole,
    Some(Value),
    Nothing,
}

/// Takes out of a body whatever `keep` does not want. `Err` says why nobody can read it.
pub fn part(body: &[u8], mut keep: impl FnMut(&Item) -> bool) -> Result<Part, String> {
    let mut envelope = read(body)?;
    let object = text(&envelope["object"]).unwrap_or_default();
    let (mut whole, mut kept_entries) = (true, Vec::new());
    for entry in list(&envelope["entry"]) {
        let mut kept_changes = Vec::new();
        for change in list(&entry["changes"]) {
            let mut items = Vec::new();
            Change { object: &object, entry, change }.read(&mut items);
            let kept: Vec<bool> = items.iter().map(&mut keep).collect();
            whole &= kept.iter().all(|kept| *kept);
            if kept.contains(&true) {
                kept_changes.push(thinned(change, &kept));
            }
        }
        if let Some(item) = changeless(&object, entry) {
            match keep(&item) {
                true => kept_entries.push(entry.clone()),
                false => whole = false,
            }
        }
        if !kept_changes.is_empty() {
            let mut entry = entry.clone();
            entry["changes"] = Value::Array(kept_changes);
            kept_entries.push(entry);
        }
    }
    if kept_entries.is_empty() {
        return Ok(Part::Nothing);
    }
    if whole {
        return Ok(Part::Whole);
    }
    envelope["entry"] = Value::Array(kept_entries);
    Ok(Part::Some(envelope))
}

/// A change without the items that are not kept, and without what is told of the people in them.
fn thinned(change: &Value, kept: &[bool]) -> Value {
    let mut change = change.clone();
    if kept.iter().all(|kept| *kept) {
        return change;
    }
    let mut flags = kept.iter();
    let field = text(&change["field"]).unwrap_or_default();
    let rest: Vec<String> = beside(&field, &change["value"]).map(|(name, _)| name.clone()).collect();
    let Some(value) = change["value"].as_object_mut() else { return change };
    for name in lists(&field) {
        let Some(Value::Array(all)) = value.get_mut(*name) else { continue };
        all.retain(|_| flags.next().is_none_or(|kept| *kept));
        if all.is_empty() {
            value.remove(*name);
        }
    }
    // What stands beside the lists is the item behind theirs.
    if flags.next() == Some(&false) {
        value.retain(|name, _| !rest.contains(name));
    }
    thin_contacts(value);
    change
}

/// Contacts of whom nothing is left.
fn thin_contacts(value: &mut Map<String, Value>) {
    let rest = Value::Object(
        value.iter().filter(|(name, _)| *name != "contacts").map(|(n, v)| (n.clone(), v.clone())).collect(),
    );
    let Some(Value::Array(contacts)) = value.get_mut("contacts") else { return };
    contacts.retain(|contact| {
        let ids = [text(&contact["wa_id"]), text(&contact["user_id"])];
        ids.into_iter().flatten().any(|id| mentions(&rest, &id))
    });
    if contacts.is_empty() {
        value.remove("contacts");
    }
}

fn mentions(value: &Value, id: &str) -> bool {
    match value {
        Value::String(text) => text == id,
        Value::Array(all) => all.iter().any(|one| mentions(one, id)),
        Value::Object(fields) => fields.values().any(|one| mentions(one, id)),
        _ => false,
    }
}

/// An envelope made anew of events of one connection, when Meta's own bytes are no longer kept. `waba` and `number` are the
/// connection's WABA ID and display number.
pub fn rebuilt(events: &[Event], waba: &str, number: &str) -> Value {
    let changes: Vec<Value> = events.iter().map(|event| change(event, number)).collect();
    let time = events.first().map_or(0, |event| event.at.0 / 1_000);
    json!({"object": "whatsapp_business_account", "entry": [{"id": waba, "time": time, "changes": changes}]})
}

fn change(event: &Event, number: &str) -> Value {
    let mut shared = json!({
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": super::digits(number), "phone_number_id": event.phone_number_id},
    });
    let Some(name) = list_of(event) else { return json!({"field": event.field, "value": in_one_piece(event, shared)}) };
    shared[name] = json!([event.meta]);
    if event.kind == EventKind::Received && !event.user.is_nobody() {
        let mut contact = json!({"profile": {"name": event.user.name.as_deref().unwrap_or_default()}});
        if let Some(phone) = &event.user.phone {
            contact["wa_id"] = json!(phone);
        }
        if let Some(id) = &event.user.user_id {
            contact["user_id"] = json!(id);
        }
        shared["contacts"] = json!([contact]);
    }
    json!({"field": event.field, "value": shared})
}

/// What stood beside lists says nothing of its number.
fn in_one_piece(event: &Event, mut shared: Value) -> Value {
    match event.meta.as_object() {
        Some(said) if !lists(&event.field).is_empty() => {
            said.iter().for_each(|(name, value)| shared[name] = value.clone());
            shared
        }
        _ => event.meta.clone(),
    }
}

/// The list that an event's item stood in; `None` where the item is the whole change, or stood beside the lists.
fn list_of(event: &Event) -> Option<&'static str> {
    let says = |name: &str| event.meta.get(name).is_some();
    match lists(&event.field) {
        ["messages", "statuses"] if says("status") => Some("statuses"),
        ["messages", "statuses"] => (says("id") || says("type")).then_some("messages"),
        ["message_echoes"] => (event.kind == EventKind::Echo).then_some("message_echoes"),
        ["user_preferences"] => (says("wa_id") || says("user_id")).then_some("user_preferences"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Address, items};
    use super::*;
    use crate::domain::event::EventUser;
    use crate::domain::ids::{ConnectionId, PhoneNumberId};
    use crate::domain::instant::Instant;
    use proptest::prelude::*;

    fn body() -> Value {
        json!({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [
            {"field": "messages", "value": {"metadata": {"phone_number_id": "7"}, "contacts": [
                {"wa_id": "551", "profile": {"name": "Bia"}}, {"wa_id": "552", "profile": {"name": "Rui"}}],
                "messages": [{"id": "a", "from": "551"}, {"id": "b", "from": "552"}],
                "statuses": [{"id": "c", "status": "read", "recipient_id": "553"}], "errors": [{"code": 130_429}]}},
            {"field": "account_update", "value": {"event": "X"}},
        ]}]})
    }

    fn bytes() -> Vec<u8> {
        body().to_string().into_bytes()
    }

    #[test]
    fn all_of_it_is_left_untouched_and_none_of_it_is_nothing() {
        assert_eq!(part(&bytes(), |_| true).unwrap(), Part::Whole);
        assert_eq!(part(&bytes(), |_| false).unwrap(), Part::Nothing);
        assert!(part(b"no JSON", |_| true).is_err());
    }

    #[test]
    fn what_is_taken_out_takes_its_people_along() {
        let Part::Some(left) = part(&bytes(), |item| item.message_id.as_deref() == Some("b")).unwrap() else {
            panic!()
        };
        let changes = &left["entry"][0]["changes"];
        assert_eq!(changes.as_array().unwrap().len(), 1);
        let value = &changes[0]["value"];
        assert_eq!(value["messages"], json!([{"id": "b", "from": "552"}]));
        assert_eq!((value.get("statuses"), value["contacts"][0]["wa_id"].as_str()), (None, Some("552")));
        assert_eq!(value["contacts"].as_array().unwrap().len(), 1);
    }

    #[test]
    fn an_envelope_made_anew_says_the_same() {
        let event = Event {
            id: "e".into(),
            seq: 1,
            connection: ConnectionId::new("c"),
            phone_number_id: PhoneNumberId::new("7"),
            kind: EventKind::Received,
            field: "messages".into(),
            at: Instant(1_760_000_000_000),
            received_at: Instant(1_760_000_000_000),
            user: EventUser { phone: Some("551".into()), user_id: None, name: Some("Bia".into()) },
            message_id: Some("a".into()),
            meta: json!({"id": "a", "from": "551", "type": "text", "text": {"body": "hi"}}),
        };
        let status = Event { kind: EventKind::Read, meta: json!({"id": "a", "status": "read"}), ..event.clone() };
        let update = Event { field: "account_update".into(), meta: json!({"event": "X"}), ..event.clone() };
        let again = items(rebuilt(&[event.clone(), status, update], "1", "+55 1").to_string().as_bytes()).unwrap();
        assert_eq!(again.len(), 3);
        assert_eq!((&again[0].meta, &again[0].user, again[0].kind), (&event.meta, &event.user, EventKind::Received));
        assert_eq!((again[1].kind, again[2].field.as_str()), (EventKind::Read, "account_update"));
    }

    #[test]
    fn what_stood_beside_lists_is_said_of_its_number_again() {
        let beside = |field: &str, kind| Event {
            id: "e".into(),
            seq: 1,
            connection: ConnectionId::new("c"),
            phone_number_id: PhoneNumberId::new("7"),
            kind,
            field: field.into(),
            at: Instant(1_760_000_000_000),
            received_at: Instant(1_760_000_000_000),
            user: EventUser::default(),
            message_id: None,
            meta: json!({"errors": [{"code": 130_429}]}),
        };
        for field in ["messages", "smb_message_echoes", "user_preferences"] {
            let again = rebuilt(&[beside(field, EventKind::Other)], "1", "+55 1");
            let value = &again["entry"][0]["changes"][0]["value"];
            assert_eq!(
                (&value["errors"][0]["code"], &value["metadata"]["phone_number_id"]),
                (&json!(130_429), &json!("7"))
            );
            assert_eq!(items(again.to_string().as_bytes()).unwrap().len(), 1, "{again}");
        }
    }

    #[test]
    fn an_entry_without_a_change_goes_to_its_account_alone() {
        let mut body = body();
        body["entry"].as_array_mut().unwrap().push(json!({"id": "2", "secrets": "of another account"}));
        let bytes = body.to_string();
        let of = |waba: &'static str| move |item: &Item| item.address == Address::Waba(waba.to_owned());
        let Part::Some(left) = part(bytes.as_bytes(), of("2")).unwrap() else { panic!() };
        assert_eq!(left["entry"], json!([{"id": "2", "secrets": "of another account"}]));
        let Part::Some(left) = part(bytes.as_bytes(), |item| !of("2")(item)).unwrap() else { panic!() };
        assert_eq!(left["entry"].as_array().unwrap().len(), 1);
        assert_eq!(part(bytes.as_bytes(), |_| true).unwrap(), Part::Whole);
    }

    /// What stood beside lists stands alone when the lists are gone, with what tells the number.
    fn alone(mut meta: Value) -> Value {
        if let Some(value) = meta.as_object_mut() {
            value.remove("metadata");
        }
        meta
    }

    proptest! {
        #[test]
        fn a_part_holds_exactly_what_was_kept(mask in any::<u8>()) {
            let all = items(&bytes()).unwrap();
            let mut place = 0;
            let left = part(&bytes(), |_| { place += 1; mask & (1 << (place - 1)) != 0 }).unwrap();
            let wanted: Vec<Value> = all.iter().enumerate().filter(|(i, _)| mask & (1 << i) != 0).map(|(_, item)| item.meta.clone()).collect();
            let found = match left {
                Part::Whole => all.iter().map(|item| item.meta.clone()).collect(),
                Part::Some(left) => items(left.to_string().as_bytes()).unwrap().into_iter().map(|item| alone(item.meta)).collect(),
                Part::Nothing => Vec::new(),
            };
            prop_assert_eq!(found, wanted);
        }
    }
}
