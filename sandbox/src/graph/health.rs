//! `health_status`: who may send, entity by entity (reference §4.5).

use serde_json::{Value, json};

use crate::world::{Business, Number, Payment, Waba, World};

pub(crate) fn of_number(world: &World, number: &Number, app: &str) -> Value {
    let waba = world.wabas.get(&number.waba);
    let business = waba.and_then(|waba| world.businesses.get(&waba.business));
    let entities =
        [Some(number_entity(number)), waba.map(waba_entity), business.map(business_entity), Some(app_entity(app))];
    status(entities.into_iter().flatten().collect())
}

pub(crate) fn of_waba(world: &World, waba: &Waba, app: &str) -> Value {
    let business = world.businesses.get(&waba.business).map(business_entity);
    status([Some(waba_entity(waba)), business, Some(app_entity(app))].into_iter().flatten().collect())
}

pub(crate) fn of_business(business: &Business, app: &str) -> Value {
    status(vec![business_entity(business), app_entity(app)])
}

/// The whole is as bad as its worst part.
fn status(entities: Vec<Value>) -> Value {
    let has = |word: &str| entities.iter().any(|entity| entity["can_send_message"] == word);
    let worst = ["BLOCKED", "LIMITED"].into_iter().find(|word| has(word)).unwrap_or("AVAILABLE");
    json!({"can_send_message": worst, "entities": entities})
}

fn number_entity(number: &Number) -> Value {
    let (can_send, info) = match number.status.as_str() {
        "CONNECTED" => ("AVAILABLE", None),
        "FLAGGED" | "RATE_LIMITED" | "RESTRICTED" => ("LIMITED", Some("Phone number quality is low")),
        "BANNED" => ("BLOCKED", Some("Phone number is banned")),
        _ => ("BLOCKED", Some("Phone number is not registered")),
    };
    let mut entity = json!({"entity_type": "PHONE_NUMBER", "id": number.id, "can_send_message": can_send});
    if let Some(info) = info {
        entity["additional_info"] = json!([info]);
    }
    entity
}

fn waba_entity(waba: &Waba) -> Value {
    let mut entity = json!({"entity_type": "WABA", "id": waba.id, "can_send_message": "AVAILABLE"});
    if waba.payment == Payment::Missing {
        entity["can_send_message"] = json!("BLOCKED");
        entity["errors"] = json!([{
            "error_code": 141_006,
            "error_description": "There is an error with the payment method. This will block business initiated conversations.",
            "possible_solution":
                "There was an error with your payment method. Please add a new payment method to the account.",
        }]);
    }
    entity
}

fn business_entity(business: &Business) -> Value {
    let mut entity = json!({"entity_type": "BUSINESS", "id": business.id, "can_send_message": "AVAILABLE"});
    if business.verification_status != "verified" {
        entity["can_send_message"] = json!("LIMITED");
        entity["additional_info"] = json!(["Business has not passed business verification"]);
    }
    entity
}

fn app_entity(app: &str) -> Value {
    json!({"entity_type": "APP", "id": app, "can_send_message": "AVAILABLE"})
}
