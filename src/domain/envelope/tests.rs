use super::*;
use proptest::prelude::*;
use serde_json::json;

fn read(field: &str, value: Value) -> Vec<Item> {
    let entry = json!({"id": "102", "time": 1_760_000_000, "changes": [{"field": field, "value": value}]});
    items(json!({"object": "whatsapp_business_account", "entry": [entry]}).to_string().as_bytes()).unwrap()
}

fn one(field: &str, value: Value) -> Item {
    let mut items = read(field, value);
    assert_eq!(items.len(), 1);
    items.remove(0)
}

#[test]
fn a_message_that_failed_for_want_of_payment_says_so_for_three_days() {
    let failed = |code: i64, status: &str| {
        let errors = json!([{"code": 131_026, "title": "Undeliverable"}, {"code": code, "title": "Business eligibility payment issue"}]);
        let status = json!({"id": "wamid.1", "status": status, "timestamp": "1760000000", "errors": errors});
        one("messages", json!({"metadata": {"phone_number_id": "106"}, "statuses": [status]}))
    };
    let item = failed(131_042, "failed");
    let (aspect, said) = item.said.unwrap();
    assert_eq!((aspect, said.value.as_str()), (Aspect::Payment, "Business eligibility payment issue"));
    assert_eq!(said.until.unwrap().since(item.at.unwrap()), 72 * crate::domain::instant::HOUR);
    assert!(!item.unsettles, "there may be thousands");
    assert!(failed(131_047, "failed").said.is_none() && failed(131_042, "sent").said.is_none());
}

#[test]
fn reads_messages_and_statuses_with_their_users() {
    let items = read(
        "messages",
        json!({
            "metadata": {"display_phone_number": "15550101234", "phone_number_id": "106"},
            "contacts": [{"profile": {"name": "Ana"}, "wa_id": "5511999990000", "user_id": "BR.1A"}],
            "messages": [
                {"from": "5511999990000", "id": "wamid.1", "timestamp": "1760000001", "type": "text"},
                {"from_user_id": "BR.1A", "id": "wamid.2", "timestamp": "1760000002", "type": "sung"},
                {"from": "5511999990000", "id": "wamid.3", "timestamp": "1760000003", "type": "system"},
            ],
            "statuses": [
                {"id": "wamid.4", "status": "read", "timestamp": "1760000004", "recipient_id": "5511999990000"},
                {"id": "wamid.4", "status": "levitated", "timestamp": "x"},
            ],
        }),
    );
    let kinds: Vec<EventKind> = items.iter().map(|item| item.kind).collect();
    use EventKind::{Other, Read, Received};
    assert_eq!(kinds, [Received, Received, Other, Read, Other]);
    assert!(items.iter().all(|item| item.address == Address::Number("106".into())));
    let ana =
        EventUser { phone: Some("5511999990000".into()), user_id: Some("BR.1A".into()), name: Some("Ana".into()) };
    assert_eq!((&items[0].user, &items[1].user), (&ana, &ana));
    assert_eq!(items[0].at, Some(Instant(1_760_000_001_000)));
    assert_eq!(items[4].at, Some(Instant(1_760_000_000_000)), "the entry's time stands in");
    assert_eq!(items[3].message_id.as_deref(), Some("wamid.4"));
    assert_ne!(items[3].identity, items[4].identity);
    assert!(items[4].user.is_nobody());
}

#[test]
fn the_portfolio_in_a_partners_entry_is_no_account() {
    let waba_info = json!({"waba_id": "980", "owner_business_id": "232"});
    let added = one("account_update", json!({"event": "PARTNER_ADDED", "waba_info": waba_info}));
    assert_eq!((added.address, added.kind), (Address::Waba("980".into()), EventKind::AccountUpdated));
    let deleted = one("account_update", json!({"event": "ACCOUNT_DELETED"}));
    assert_eq!(deleted.address, Address::Waba("102".into()));
    assert_eq!(deleted.said.unwrap().1.value, "ACCOUNT_DELETED");
}

#[test]
fn numbers_without_an_id_are_known_by_their_digits() {
    let item = one("security", json!({"display_phone_number": "+1 555-010-1234", "event": "PIN_CHANGED"}));
    let meant = Address::Digits { digits: "15550101234".into(), waba: "102".into() };
    assert_eq!((item.address, item.kind), (meant, EventKind::ConnectionUpdated));
    assert!(item.unsettles);
}

#[test]
fn an_application_speaks_of_a_portfolio() {
    let entry = json!({"id": "810", "time": 1, "changes": [
        {"field": "business_integration_uninstall", "value": {"business_manager_id": "232"}}]});
    let items = items(json!({"object": "application", "entry": [entry]}).to_string().as_bytes()).unwrap();
    assert_eq!((&items[0].address, items[0].kind), (&Address::Business("232".into()), EventKind::AccountUpdated));
    assert_eq!(items[0].said.as_ref().unwrap().0, Aspect::Access);
}

#[test]
fn what_account_fields_say_is_in_the_words_of_a_reading() {
    let said = |field, value| one(field, value).said.unwrap();
    let shown = json!("15550101234");
    let declined = said("phone_number_name_update", json!({"display_phone_number": shown, "decision": "REJECTED"}));
    assert_eq!((declined.0, declined.1.value.as_str()), (Aspect::Name, "DECLINED"));
    let limit = json!({"max_daily_conversations_per_business": 2000});
    assert_eq!(said("business_capability_update", limit).1.value, "TIER_2K");
    let limit = json!({"max_daily_conversations_per_business": "TIER_10K"});
    assert_eq!(said("phone_number_quality_update", limit).1.value, "TIER_10K");
    let ban = json!({"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "REINSTATE"}});
    assert_eq!(said("account_update", ban), (Aspect::Ban, Said { value: "REINSTATE".into(), until: None }));
    let idle = json!({"event": "PARTNER_REMOVED", "disconnection_info": {"reason": "PRIMARY_INACTIVITY"}});
    assert_eq!(said("account_update", idle).1.value, "PARTNER_REMOVED:PRIMARY_INACTIVITY");
    let restricted = json!({"event": "ACCOUNT_RESTRICTION", "restriction_info": [
        {"restriction_type": "A", "expiration": 1_760_600_000}, {"restriction_type": "B", "expiration": 1_760_700_000}]});
    let until = Some(Instant(1_760_700_000_000));
    assert_eq!(said("account_update", restricted), (Aspect::Restriction, Said { value: "A,B".into(), until }));
}

#[test]
fn what_stands_beside_known_lists_is_an_event_of_its_own() {
    let beside = |id: &str| {
        json!({
            "messaging_product": "whatsapp", "metadata": {"phone_number_id": "106"}, "contacts": [{"wa_id": "551"}],
            "messages": [{"id": id, "type": "text", "timestamp": "1760000001"}], "statuses": [], "errors": [{"code": 130_429}],
            "list_of_tomorrow": [{"id": "t"}], "nothing": null,
        })
    };
    let items = read("messages", beside("wamid.1"));
    assert_eq!(items.len(), 2);
    let rest = &items[1];
    assert_eq!(rest.meta, json!({"errors": [{"code": 130_429}], "list_of_tomorrow": [{"id": "t"}]}));
    assert_eq!((rest.kind, &rest.address), (EventKind::Other, &Address::Number("106".into())));
    let again = read("messages", beside("wamid.1"));
    assert_eq!(again[1].identity, rest.identity, "Meta says it again");
    let other = read("messages", beside("wamid.2"));
    assert_ne!(other[1].identity, rest.identity, "the same error, of another message");
    // A list that is none is no list.
    let odd = read("messages", json!({"messages": [{"id": "1"}], "statuses": {"id": "2"}}));
    assert_eq!(odd[1].meta, json!({"statuses": {"id": "2"}}));
}

#[test]
fn an_entry_without_a_change_is_an_item_of_its_account() {
    let good = json!({"id": "1", "changes": [{"field": "flows", "value": 1}]});
    for odd in [json!({"id": "2"}), json!({"id": "2", "changes": {"field": "x"}}), json!({"changes": []}), json!("?")] {
        let found = items(json!({"entry": [odd, good]}).to_string().as_bytes()).unwrap();
        let account = odd["id"].as_str().unwrap_or_default().to_owned();
        assert_eq!((found.len(), &found[0].meta, &found[0].kind), (2, &odd, &EventKind::Other));
        assert_eq!(found[0].address, Address::Waba(account), "{odd}");
    }
    assert!(items(br#"{"object":"whatsapp_business_account","entry":[]}"#).is_err());
}

#[test]
fn a_broken_emoji_does_not_cost_the_messages_beside_it() {
    let body = |text: &str| {
        format!(
            r#"{{"entry":[{{"id":"1","changes":[{{"field":"messages","value":{{"metadata":{{"phone_number_id":"2"}},"messages":[{{"id":"a","text":{{"body":"{text}"}}}}]}}}}]}}]}}"#
        )
    };
    let said = |text: &str| items(body(text).as_bytes()).unwrap()[0].meta["text"]["body"].as_str().unwrap().to_owned();
    assert_eq!(said(r"half \ud83d of it"), "half \u{fffd} of it");
    assert_eq!(said(r"\ude00 \ud83d\ude00 \\ud83d \n"), "\u{fffd} 😀 \\ud83d \n");
    let mut bytes = body("~").into_bytes();
    let at = bytes.iter().position(|byte| *byte == b'~').unwrap();
    bytes[at] = 0xff;
    assert_eq!(items(&bytes).unwrap()[0].meta["text"]["body"], "\u{fffd}");
    assert!(items(br#"{"entry":"#).is_err() && items(b"[]").is_err() && items(b"").is_err());
    let deep = [b"[".repeat(100_000), b"]".repeat(100_000)].concat();
    assert!(items(&deep).is_err());
}

/// Any JSON at all, with the names that matter in it.
pub(super) fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        "[0-9]{1,12}".prop_map(Value::from),
    ];
    let name = prop_oneof![
        "[a-z]{0,6}",
        prop::sample::select(vec![
            "id",
            "from",
            "field",
            "value",
            "messages",
            "statuses",
            "metadata",
            "phone_number_id",
            "contacts",
            "wa_id",
            "timestamp",
            "event",
            "waba_info",
            "waba_id",
            "changes",
            "time",
            "user_id",
            "restriction_info",
            "decision",
        ])
        .prop_map(str::to_owned),
    ];
    leaf.prop_recursive(5, 48, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(name.clone(), inner, 0..6).prop_map(Value::from_iter),
        ]
    })
}

/// Values as those of Meta that come apart, with anything in them.
fn listed_value() -> impl Strategy<Value = Value> {
    let names = ["messages", "statuses", "message_echoes", "user_preferences", "errors", "metadata", "contacts", "new"];
    let any_list = prop::collection::vec(json_value(), 0..3).prop_map(Value::from);
    let one = prop_oneof![3 => any_list, 1 => json_value()];
    prop::collection::btree_map(prop::sample::select(names.to_vec()).prop_map(str::to_owned), one, 0..5)
        .prop_map(Value::from_iter)
}

fn any_field() -> impl Strategy<Value = String> {
    let apart = ["messages", "smb_message_echoes", "message_echoes", "user_preferences"];
    prop_oneof![prop::sample::select(apart.to_vec()).prop_map(str::to_owned), "[a-z_]{0,20}"]
}

/// An entry with changes, and some that have none, or not in a list.
fn any_entry() -> impl Strategy<Value = Value> {
    let change = (any_field(), prop_oneof![json_value(), listed_value()])
        .prop_map(|(field, value)| json!({"field": field, "value": value}));
    prop_oneof![
        6 => prop::collection::vec(change, 1..4).prop_map(|changes| json!({"id": "1", "changes": changes})),
        1 => json_value().prop_filter("no list", |value| !value.is_array()).prop_map(|value| json!({"changes": value})),
        1 => Just(json!({"id": "1"})),
    ]
}

/// Whether all that a change says is in some item. What its items share, and what is empty, says nothing of its own.
fn is_kept(value: &Value, items: &[Item]) -> bool {
    let shared = ["messaging_product", "metadata", "contacts"];
    let whole = |one: &Value| items.iter().any(|item| item.meta == *one);
    let part = |name: &String, one: &Value| items.iter().any(|item| item.meta.get(name) == Some(one));
    let said = |(name, one): (&String, &Value)| {
        let apart = one.as_array().is_some_and(|all| all.iter().all(whole));
        shared.contains(&name.as_str()) || one.is_null() || apart || part(name, one)
    };
    whole(value) || value.as_object().is_some_and(|value| value.iter().all(said))
}

proptest! {
    #[test]
    fn no_change_is_lost_whatever_is_in_it(entries in prop::collection::vec(any_entry(), 0..4)) {
        let body = json!({"object": "whatsapp_business_account", "entry": entries}).to_string();
        let Ok(items) = items(body.as_bytes()) else {
            prop_assert!(entries.is_empty());
            return Ok(());
        };
        // Reading may round a float.
        let body: Value = serde_json::from_str(&body).unwrap();
        let entries = list(&body["entry"]);
        prop_assert!(!entries.is_empty());
        for entry in entries.iter().filter(|entry| list(&entry["changes"]).is_empty()) {
            prop_assert!(is_kept(entry, &items), "{entry}");
        }
        for change in entries.iter().flat_map(|entry| list(&entry["changes"])) {
            prop_assert!(is_kept(&change["value"], &items), "{change}");
        }
        for item in items {
            prop_assert!(!item.identity.is_empty());
            let short = [&item.message_id, &item.user.phone, &item.user.user_id, &item.user.name];
            prop_assert!(short.into_iter().flatten().all(|text| text.chars().count() <= TEXT_MAX && !text.contains('\0')));
        }
    }

    #[test]
    fn no_bytes_make_it_panic(body in prop::collection::vec(any::<u8>(), 0..300)) {
        // Whether it can be read does not matter here.
        let _ = items(&body);
        let text = format!(r#"{{"entry":[{{"changes":[{{"value":"{}"}}]}}]}}"#, String::from_utf8_lossy(&body));
        let _ = items(text.as_bytes());
        let _ = mended(&body);
    }
}
