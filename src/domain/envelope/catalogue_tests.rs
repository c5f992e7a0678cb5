//! Every field of Meta's catalogue (fact base §§5.4 – 5.12): what it is taken for, and that nothing of it is lost.

use super::tests::json_value;
use super::*;
use EventKind::{AccountUpdated, ConnectionUpdated, Echo, Other, Received, TemplateUpdated};
use proptest::prelude::*;
use serde_json::json;

/// A field, what Meta says in it, and what is made of that: the kind, the aspect of the connection that it speaks of, and
/// whether the connection is read again.
type Row = (&'static str, Value, EventKind, Option<Aspect>, bool);

fn shown() -> Value {
    json!({"messaging_product": "whatsapp", "metadata": {"display_phone_number": "15550101234", "phone_number_id": "106"}})
}

fn with(mut value: Value, name: &str, said: Value) -> Value {
    value[name] = said;
    value
}

fn of_template(name: &str, said: &str) -> Value {
    let template = json!({"message_template_id": 594_425_479_261_596_i64, "message_template_name": "offer",
        "message_template_language": "en_US"});
    with(template, name, json!(said))
}

/// What changes the connection.
#[rustfmt::skip]
fn of_the_connection() -> Vec<Row> {
    let number = json!({"display_phone_number": "15550101234"});
    let alert = json!({"alert_severity": "WARNING", "alert_status": "ACTIVE", "alert_type": "OBA_REJECTED", "alert_description": "-"});
    vec![
        ("account_update", json!({"event": "PARTNER_APP_UNINSTALLED", "waba_info": {"waba_id": "102"}}), AccountUpdated, Some(Aspect::Access), true),
        ("account_update", json!({"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "DISABLE"}}), AccountUpdated, Some(Aspect::Ban), true),
        ("account_update", json!({"event": "ACCOUNT_RESTRICTION", "restriction_info": [{"restriction_type": "A"}]}), AccountUpdated, Some(Aspect::Restriction), true),
        ("account_update", json!({"event": "ACCOUNT_VIOLATION", "violation_info": {"violation_type": "SCAM"}}), AccountUpdated, None, true),
        ("account_alerts", json!({"entity_type": "PHONE_NUMBER", "entity_id": "106", "alert_info": alert}), AccountUpdated, None, true),
        ("account_review_update", json!({"decision": "REJECTED"}), AccountUpdated, Some(Aspect::Review), true),
        ("account_settings_update", json!({"timestamp": "1760000000", "type": "PHONE_NUMBER_SETTINGS", "phone_number_settings": {"phone_number_id": "106"}}), ConnectionUpdated, None, false),
        ("business_capability_update", json!({"max_daily_conversations_per_business": 2000}), AccountUpdated, Some(Aspect::Limit), true),
        ("business_integration_install", json!({"business_manager_id": "232", "tp_config_id": "7"}), AccountUpdated, Some(Aspect::Access), true),
        ("business_integration_uninstall", json!({"business_manager_id": "232"}), AccountUpdated, Some(Aspect::Access), true),
        ("business_integration_update", json!({"business_manager_id": "232"}), AccountUpdated, None, true),
        ("business_status_update", json!({"business_id": "232", "event": "COMPROMISED_NOTIFICATION"}), AccountUpdated, None, true),
        ("business_username_updates", with(number.clone(), "username", json!("padaria.sol")), ConnectionUpdated, None, false),
        ("message_template_components_update", of_template("message_template_element", "Hello"), TemplateUpdated, None, false),
        ("message_template_quality_update", of_template("new_quality_score", "YELLOW"), TemplateUpdated, None, false),
        ("message_template_status_update", of_template("event", "REJECTED"), TemplateUpdated, None, false),
        ("partner_solutions", json!({"event": "SOLUTION_UPDATED", "solution_id": "774"}), AccountUpdated, None, false),
        ("payment_configuration_update", json!({"configuration_name": "cards", "status": "Active"}), AccountUpdated, None, false),
        ("phone_number_name_update", with(number.clone(), "decision", json!("APPROVED")), ConnectionUpdated, Some(Aspect::Name), true),
        ("phone_number_quality_update", with(number.clone(), "current_limit", json!("TIER_2K")), ConnectionUpdated, Some(Aspect::Limit), true),
        ("security", with(number, "event", json!("PIN_CHANGED")), ConnectionUpdated, None, true),
        ("template_category_update", of_template("new_category", "MARKETING"), TemplateUpdated, None, false),
        ("template_correct_category_detection", of_template("correct_category", "MARKETING"), TemplateUpdated, None, false),
    ]
}

/// What is said of people and messages, and what is kept without being understood.
#[rustfmt::skip]
fn of_others() -> Vec<Row> {
    let fields = [
        "automatic_events", "calls", "consumer_profile", "flows", "group_lifecycle_update", "group_participants_update",
        "group_settings_update", "group_status_update", "history", "messaging_handovers", "smb_app_state_sync",
        "tracking_events", "field_of_tomorrow", "",
    ];
    let echo = json!([{"from": "15550101234", "to": "551", "id": "wamid.3", "type": "text"}]);
    let wish = json!([{"wa_id": "551", "category": "marketing_messages", "value": "stop", "timestamp": 1_760_000_000}]);
    let mut rows = vec![
        ("messages", with(shown(), "messages", json!([{"from": "551", "id": "wamid.1", "type": "text"}])), Received, None, false),
        ("messages", with(shown(), "statuses", json!([{"id": "wamid.2", "status": "read"}])), EventKind::Read, None, false),
        ("messages", with(shown(), "errors", json!([{"code": 131_051}])), Other, None, false),
        ("message_echoes", with(shown(), "message_echoes", echo.clone()), Echo, None, false),
        ("smb_message_echoes", with(shown(), "message_echoes", echo), Echo, None, false),
        ("user_preferences", with(shown(), "user_preferences", wish), Other, None, false),
    ];
    rows.extend(fields.map(|field| (field, with(shown(), "anything", json!([1, null])), Other, None, false)));
    rows
}

fn read(field: &str, value: &Value) -> Item {
    let object = if field.starts_with("business_integration") { "application" } else { "whatsapp_business_account" };
    let entry = json!({"id": "102", "time": 1_760_000_000, "changes": [{"field": field, "value": value}]});
    let mut items = items(json!({"object": object, "entry": [entry]}).to_string().as_bytes()).unwrap();
    assert_eq!(items.len(), 1, "{field}");
    items.remove(0)
}

#[test]
fn every_field_of_the_catalogue_is_kept_whole_and_taken_for_what_it_is() {
    for (field, value, kind, aspect, unsettles) in of_the_connection().into_iter().chain(of_others()) {
        let item = read(field, &value);
        // What comes apart keeps each item whole; all else is kept in one piece.
        let whole = lists(field).iter().find_map(|name| value[*name].get(0)).unwrap_or(&value);
        assert_eq!(item.meta, *whole, "{field}");
        let said = item.said.map(|(aspect, _)| aspect);
        assert_eq!((item.kind, said, item.unsettles), (kind, aspect, unsettles), "{field} {value}");
        assert_eq!((item.field.as_str(), item.at.is_some()), (field, true));
        let about_number =
            ["metadata", "phone_number_settings", "entity_id"].iter().any(|name| value.get(*name).is_some());
        let address = match item.address {
            Address::Number(id) => id == "106",
            Address::Digits { digits, waba } => {
                !about_number && (digits.as_str(), waba.as_str()) == ("15550101234", "102")
            }
            Address::Waba(id) => !about_number && id == "102",
            Address::Business(id) => !about_number && ["232", "102"].contains(&id.as_str()),
        };
        assert!(address, "{field}");
    }
}

proptest! {
    /// Whatever Meta makes of one of its values one day.
    #[test]
    fn a_typed_field_keeps_its_kind_and_all_it_says_with_anything_in_it(
        at in any::<prop::sample::Index>(), which in any::<prop::sample::Index>(), other in json_value(),
    ) {
        let rows = of_the_connection();
        let (field, mut value, kind, ..) = rows[at.index(rows.len())].clone();
        let names: Vec<String> = value.as_object().unwrap().keys().cloned().collect();
        value[&names[which.index(names.len())]] = other;
        let item = read(field, &value);
        // Reading may round a float.
        let value: Value = serde_json::from_str(&value.to_string()).unwrap();
        prop_assert_eq!((item.kind, item.meta), (kind, value));
    }
}
