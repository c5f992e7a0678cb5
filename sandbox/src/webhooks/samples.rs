//! One example of every field of the catalogue (reference §§5.4 – 5.12).

use serde_json::{Value, json};

use super::compose::metadata;
use crate::{
    random,
    world::{Number, World, digits},
};

/// Every field of the catalogue.
pub const FIELDS: [&str; 36] = [
    "messages",
    "account_update",
    "account_alerts",
    "account_review_update",
    "account_settings_update",
    "automatic_events",
    "business_capability_update",
    "business_integration_install",
    "business_integration_uninstall",
    "business_integration_update",
    "business_status_update",
    "business_username_updates",
    "calls",
    "consumer_profile",
    "flows",
    "group_lifecycle_update",
    "group_participants_update",
    "group_settings_update",
    "group_status_update",
    "history",
    "message_echoes",
    "message_template_components_update",
    "message_template_quality_update",
    "message_template_status_update",
    "messaging_handovers",
    "partner_solutions",
    "payment_configuration_update",
    "phone_number_name_update",
    "phone_number_quality_update",
    "security",
    "smb_app_state_sync",
    "smb_message_echoes",
    "template_category_update",
    "template_correct_category_detection",
    "tracking_events",
    "user_preferences",
];

const CUSTOMER: &str = "5511999990000";

/// What Meta would say about this number; of a field it does not know, something nobody has seen.
pub(super) fn value(world: &World, number: &Number, field: &str) -> Value {
    let shown = digits(&number.display);
    match field {
        "account_update" => account(world, number),
        "account_alerts" => json!({"entity_type": "PHONE_NUMBER", "entity_id": number.id, "alert_info": {
            "alert_severity": "INFORMATIONAL", "alert_status": "NONE", "alert_type": "OBA_APPROVED", "alert_description": "Approved"}}),
        "account_review_update" => json!({"decision": "APPROVED"}),
        "account_settings_update" => json!({"messaging_product": "whatsapp", "timestamp": world.now().to_string(),
            "type": "PHONE_NUMBER_SETTINGS", "phone_number_settings": {"phone_number_id": number.id, "calling": {"status": "ENABLED"}}}),
        "business_capability_update" => json!({"max_daily_conversations_per_business": "TIER_2K",
            "max_phone_numbers_per_business": 20, "max_phone_numbers_per_waba": 20}),
        "business_integration_install" => json!({"tp_config_id": crate::fixtures::CONFIG_ID}),
        "business_integration_uninstall" | "business_integration_update" => json!({}),
        "business_username_updates" => {
            json!({"display_phone_number": shown, "username": "padaria.sol", "status": "approved"})
        }
        "phone_number_name_update" => json!({"display_phone_number": shown, "decision": "APPROVED",
            "requested_verified_name": number.verified_name, "rejection_reason": null}),
        "phone_number_quality_update" => json!({"display_phone_number": shown, "event": "ONBOARDING",
            "max_daily_conversations_per_business": "TIER_2K"}),
        "security" => {
            json!({"display_phone_number": shown, "event": "PIN_CHANGED", "requester": crate::fixtures::PERSON_ANA})
        }
        "partner_solutions" => {
            json!({"event": "SOLUTION_UPDATED", "solution_id": "774485461512159", "solution_status": "ACTIVE"})
        }
        "payment_configuration_update" => json!({"configuration_name": "cards", "provider_name": "razorpay",
            "provider_mid": "acc_1", "status": "Active", "created_timestamp": world.now(), "updated_timestamp": world.now()}),
        _ if field.contains("template") => template(field),
        _ => about_messages(world, number, field),
    }
}

fn account(world: &World, number: &Number) -> Value {
    let owner = world.wabas.get(&number.waba).map(|waba| waba.business.clone());
    json!({"event": "PARTNER_APP_INSTALLED", "waba_info": {
        "waba_id": number.waba, "owner_business_id": owner, "partner_app_id": crate::fixtures::APP_ID}})
}

fn template(field: &str) -> Value {
    let mut value = json!({"message_template_id": 594_425_479_261_596_i64, "message_template_name": "hello_world",
        "message_template_language": "en_US"});
    let more = match field {
        "message_template_status_update" => {
            json!({"event": "APPROVED", "message_template_category": "UTILITY", "reason": "NONE"})
        }
        "message_template_quality_update" => json!({"previous_quality_score": "GREEN", "new_quality_score": "YELLOW"}),
        "template_category_update" => json!({"previous_category": "UTILITY", "new_category": "MARKETING"}),
        "template_correct_category_detection" => json!({"category": "UTILITY", "correct_category": "MARKETING"}),
        _ => {
            json!({"message_template_title": "Hello", "message_template_element": "Hello world", "message_template_footer": "Bye"})
        }
    };
    let more = more.as_object().cloned().unwrap_or_default();
    more.into_iter().for_each(|(name, more)| value[name] = more);
    value
}

fn about_messages(world: &World, number: &Number, field: &str) -> Value {
    let (now, mut value) = (world.now(), metadata(number));
    match field {
        "smb_message_echoes" | "message_echoes" => {
            value["message_echoes"] = json!([{"from": digits(&number.display), "to": CUSTOMER, "id": random::message_id(),
                "timestamp": now.to_string(), "type": "text", "text": {"body": "Sent from the phone"}}]);
        }
        "smb_app_state_sync" => {
            value["state_sync"] = json!([{"type": "contact", "action": "add", "metadata": {"timestamp": now.to_string()},
                "contact": {"full_name": "Bia Lima", "first_name": "Bia", "phone_number": CUSTOMER}}]);
        }
        "history" => {
            value["history"] = json!([{"metadata": {"phase": 0, "chunk_order": 1, "progress": 100}, "threads": [
                {"id": CUSTOMER, "messages": [{"from": CUSTOMER, "id": random::message_id(), "timestamp": now.to_string(),
                    "type": "text", "text": {"body": "Some time ago"}, "history_context": {"status": "READ"}}]}]}]);
        }
        "user_preferences" => {
            value["user_preferences"] = json!([{"wa_id": CUSTOMER, "detail": "User requested to stop marketing messages",
                "category": "marketing_messages", "value": "stop", "timestamp": now}]);
        }
        "flows" => {
            value = json!({"event": "FLOW_STATUS_CHANGE", "message": "Flow was published", "flow_id": "1", "old_status": "DRAFT", "new_status": "PUBLISHED"});
        }
        _ => value["something_new"] = json!({"of": field, "at": now}),
    }
    value
}
