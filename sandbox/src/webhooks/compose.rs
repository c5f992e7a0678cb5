//! Envelopes, and where Meta would send them.

use serde_json::{Value, json};

use super::{NewWebhook, samples};
use crate::{
    fixtures, graph, random,
    world::{App, Number, World, digits},
};

/// The object of business integrations.
pub(super) const APPLICATION: &str = "application";
/// Fields whose callback an account or a number may override; all others go to the app's (reference §4.13).
const OVERRIDABLE: [&str; 9] = [
    "messages",
    "message_echoes",
    "calls",
    "consumer_profile",
    "messaging_handovers",
    "smb_message_echoes",
    "smb_app_state_sync",
    "history",
    "account_settings_update",
];
const CUSTOMER: &str = "5511999990000";

pub(super) struct Envelope {
    pub(super) field: String,
    pub(super) body: Value,
    number: String,
}

pub(super) fn envelopes(world: &World, wish: &NewWebhook, batch: usize) -> Result<Vec<Envelope>, String> {
    let id = wish.number.as_deref().unwrap_or(fixtures::NUMBER_NEW);
    let number = world.numbers.get(id).ok_or_else(|| format!("there is no number `{id}`"))?;
    let field = wish.field.clone().unwrap_or_else(|| "messages".to_owned());
    if field != "messages" || wish.value.is_some() {
        let value = wish.value.clone().unwrap_or_else(|| samples::value(world, number, &field));
        return Ok(vec![envelope(world, number, field, value)]);
    }
    let count = wish.count.unwrap_or(1);
    let values = (0..count).step_by(batch).map(|first| {
        let items = first..count.min(first + batch);
        messages(number, wish, items, world.now())
    });
    Ok(values.map(|value| envelope(world, number, field.clone(), value)).collect())
}

fn messages(number: &Number, wish: &NewWebhook, items: std::ops::Range<usize>, now: i64) -> Value {
    let from = wish.from.as_deref().map_or_else(|| CUSTOMER.to_owned(), digits);
    let user = format!("BR.{from}");
    let id = || wish.message_id.clone().unwrap_or_else(random::message_id);
    let mut value = metadata(number);
    value["contacts"] = json!([{"profile": {"name": "Bia Lima"}, "wa_id": from, "user_id": user}]);
    if let Some(status) = &wish.status {
        let of = |_| {
            let mut status = json!({
                "id": id(), "status": status, "timestamp": now.to_string(), "recipient_id": from, "recipient_user_id": user,
            });
            if status["status"] == "failed" {
                status["errors"] = json!([{"code": 131_047, "title": "Re-engagement message"}]);
            }
            status
        };
        value["statuses"] = items.map(of).collect();
    } else {
        let text = wish.text.as_deref().unwrap_or("Olá! Vocês têm pão de queijo? 🧀");
        let of = |_| json!({"from": from, "from_user_id": user, "id": id(), "timestamp": now.to_string(), "type": "text", "text": {"body": text}});
        value["messages"] = items.map(of).collect();
    }
    value
}

/// What every value about one number's messages begins with.
pub(super) fn metadata(number: &Number) -> Value {
    json!({
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": digits(&number.display), "phone_number_id": number.id},
    })
}

fn envelope(world: &World, number: &Number, field: String, value: Value) -> Envelope {
    let business = world.wabas.get(&number.waba).map(|waba| waba.business.clone()).unwrap_or_default();
    let (object, application) = (object_of(&field), object_of(&field) == APPLICATION);
    let partner = value.get("waba_info").is_some() || field == "partner_solutions";
    let id = match () {
        () if application => fixtures::APP_ID.to_owned(),
        // The receiving partner's portfolio stands where the account would (reference §5.3).
        () if partner => fixtures::OWNER_BUSINESS.to_owned(),
        () => number.waba.clone(),
    };
    let mut value = value;
    if application && value.get("business_manager_id").is_none() {
        value["business_manager_id"] = json!(business);
    }
    let mut entry = json!({"id": id, "changes": [{"value": value, "field": field}]});
    if field != "messages" {
        entry["time"] = json!(world.now());
    }
    Envelope { body: json!({"object": object, "entry": [entry]}), field, number: number.id.clone() }
}

fn object_of(field: &str) -> &'static str {
    if field.starts_with("business_integration_") { APPLICATION } else { graph::WHATSAPP }
}

/// Whether Meta would tell the app anything of this field.
pub(crate) fn is_subscribed(app: &App, field: &str) -> bool {
    app.subscriptions.iter().any(|one| one.object == object_of(field) && one.has(field))
}

impl Envelope {
    /// Number before account before app; only of fields that the app is subscribed to, wherever they go.
    ///
    /// # Errors
    /// Why Meta would send nothing, in words.
    pub(super) fn callback(&self, world: &World, app: &App) -> Result<String, String> {
        const NOBODY: &str = "nobody listens: set the app's callback, and subscribe the app";
        let number = world.numbers.get(&self.number).ok_or(NOBODY)?;
        let object = object_of(&self.field);
        let of_app = app.subscriptions.iter().find(|one| one.object == object).ok_or(NOBODY)?;
        if !is_subscribed(app, &self.field) {
            return Err(format!("the app is not subscribed to the field `{}`, so Meta would not send it", self.field));
        }
        let of_app = of_app.callback_url.clone();
        if object == APPLICATION || self.field == "account_update" {
            return Ok(of_app);
        }
        let waba = world.wabas.get(&number.waba).ok_or(NOBODY)?;
        let of_waba = waba.subscribed_apps.get(&app.id).ok_or(NOBODY)?;
        if !OVERRIDABLE.contains(&self.field.as_str()) {
            return Ok(of_app);
        }
        Ok(number.override_callback.clone().or_else(|| of_waba.clone()).unwrap_or(of_app))
    }
}
