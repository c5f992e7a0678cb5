//! What POST and DELETE do to nodes and their edges (reference §§4.8, 4.9, 4.13).

use serde_json::{Value, json};

use super::{
    GraphError, Incoming, WHATSAPP,
    handshake::{Handshake, Target},
    messages, oauth,
};
use crate::{
    random,
    world::{Caller, NodeKind, Number, Subscription, World},
};

/// A call is answered at once, or after the callback has proven itself.
pub(crate) enum Step {
    Answer(Value),
    Handshake(Handshake),
}

pub(crate) fn success() -> Value {
    json!({"success": true})
}

fn done() -> Result<Step, GraphError> {
    Ok(Step::Answer(success()))
}

/// Dispatches by kind, edge and method; the caller is known to see the node.
pub(crate) fn act(
    world: &mut World,
    call: &Incoming,
    caller: &Caller,
    (kind, id, edge): (NodeKind, &str, &str),
) -> Result<Step, GraphError> {
    match (kind, edge, call.method.as_str()) {
        (NodeKind::Business, "system_user_access_tokens", "POST") => {
            oauth::fetch_business_token(world, caller, id).map(Step::Answer)
        }
        (NodeKind::Waba, "phone_numbers", "POST") => create_number(world, call, id),
        (NodeKind::Waba, "subscribed_apps", "POST") => subscribe(world, call, caller, id),
        (NodeKind::Waba, "subscribed_apps", "DELETE") => {
            if let Some(waba) = world.wabas.get_mut(id) {
                waba.subscribed_apps.remove(caller.app());
            }
            done()
        }
        (NodeKind::App, "subscriptions", "POST") => subscribe_app(call, id),
        (NodeKind::App, "subscriptions", "DELETE") => unsubscribe_app(world, call, id),
        (NodeKind::Phone, ..) => {
            let now = world.now();
            let number = world.numbers.get_mut(id).ok_or_else(|| GraphError::unsupported(&call.method, id))?;
            act_on_number(number, call, edge, now)
        }
        _ => Err(GraphError::unsupported(&call.method, id)),
    }
}

fn act_on_number(number: &mut Number, call: &Incoming, edge: &str, now: i64) -> Result<Step, GraphError> {
    match (edge, call.method.as_str()) {
        ("", "POST") => return edit_number(number, call),
        ("register", "POST") => {
            messaging_product(call)?;
            number.register(&pin(call)?, now)?;
        }
        ("deregister", "POST") => number.deregister(now)?,
        ("request_code", "POST") => {
            let method = call.text("code_method").ok_or_else(|| GraphError::missing_parameter("code_method"))?;
            if !matches!(method.as_str(), "SMS" | "VOICE") {
                return Err(GraphError::parameter("Param code_method must be one of {SMS, VOICE}"));
            }
            call.text("language").ok_or_else(|| GraphError::missing_parameter("language"))?;
            number.request_code(now)?;
        }
        ("verify_code", "POST") => {
            let code = call.text("code").ok_or_else(|| GraphError::missing_parameter("code"))?;
            number.verify_code(&code)?;
        }
        ("messages", "POST") => return messages::send(number, call).map(Step::Answer),
        ("whatsapp_business_profile", "POST") => edit_profile(number, call)?,
        _ => return Err(GraphError::unsupported(&call.method, &number.id)),
    }
    done()
}

fn messaging_product(call: &Incoming) -> Result<(), GraphError> {
    match call.text("messaging_product").as_deref() {
        Some("whatsapp") => Ok(()),
        Some(_) => Err(GraphError::parameter("Param messaging_product must be one of {WHATSAPP}")),
        None => Err(GraphError::missing_parameter("messaging_product")),
    }
}

fn pin(call: &Incoming) -> Result<String, GraphError> {
    let pin = call.text("pin").ok_or_else(|| GraphError::missing_parameter("pin"))?;
    if pin.len() == 6 && pin.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(pin)
    } else {
        Err(GraphError::parameter("Param pin must be a string of 6 digits"))
    }
}

/// `POST /{phone}`: one of the PIN, the display name, the callback.
fn edit_number(number: &mut Number, call: &Incoming) -> Result<Step, GraphError> {
    if call.params.contains_key("pin") {
        number.pin = Some(pin(call)?);
        return done();
    }
    if let Some(name) = call.text("new_display_name") {
        number.new_display_name = Some(name);
        return done();
    }
    if let Some(configuration) = call.params.get("webhook_configuration") {
        // A form can only carry it as text.
        let configuration = match configuration {
            Value::String(text) => serde_json::from_str(text).unwrap_or(Value::Null),
            other => other.clone(),
        };
        let text = |name: &str| configuration[name].as_str().unwrap_or_default().to_owned();
        let url = text("override_callback_uri");
        if url.is_empty() {
            number.override_callback = None;
            return done();
        }
        let target = Target::Number(number.id.clone());
        return Ok(Step::Handshake(Handshake { url, verify_token: text("verify_token"), target }));
    }
    Err(GraphError::parameter("Nothing to change: pin, new_display_name or webhook_configuration is required."))
}

const PROFILE_LIMITS: &[(&str, usize)] =
    &[("about", 139), ("address", 256), ("description", 512), ("email", 128), ("vertical", 64)];

fn edit_profile(number: &mut Number, call: &Incoming) -> Result<(), GraphError> {
    messaging_product(call)?;
    for (name, limit) in PROFILE_LIMITS {
        let Some(value) = call.params.get(*name) else { continue };
        let text = value.as_str().ok_or_else(|| GraphError::parameter(&format!("Param {name} must be a string")))?;
        if text.chars().count() > *limit {
            return Err(GraphError::parameter(&format!("Param {name} must be at most {limit} characters long")));
        }
        number.profile.insert((*name).to_owned(), value.clone());
    }
    if let Some(websites) = call.params.get("websites") {
        if websites.as_array().is_none_or(|list| list.len() > 2) {
            return Err(GraphError::parameter("Param websites must be an array of at most 2 addresses"));
        }
        number.profile.insert("websites".to_owned(), websites.clone());
    }
    Ok(())
}

fn create_number(world: &mut World, call: &Incoming, waba: &str) -> Result<Step, GraphError> {
    let need = |name: &str| call.text(name).ok_or_else(|| GraphError::missing_parameter(name));
    let (code, local, name) = (need("cc")?, need("phone_number")?, need("verified_name")?);
    let display = format!("+{} {local}", code.trim_start_matches('+'));
    if world.number_shown_as(&display).is_some() {
        return Err(GraphError::parameter("The phone number is already in use.").with_subcode(2_388_012));
    }
    let id = random::id("1067");
    world.add_number(Number::unverified(&id, waba, &display, &name));
    Ok(Step::Answer(json!({ "id": id })))
}

fn subscribe(world: &mut World, call: &Incoming, caller: &Caller, waba: &str) -> Result<Step, GraphError> {
    let Some(url) = call.text("override_callback_uri") else {
        // Without a body the override goes away.
        if let Some(waba) = world.wabas.get_mut(waba) {
            waba.subscribed_apps.insert(caller.app().to_owned(), None);
        }
        return done();
    };
    if url.len() > 200 {
        return Err(GraphError::parameter("Param override_callback_uri must be at most 200 characters long"));
    }
    let verify_token = call.text("verify_token").ok_or_else(|| GraphError::missing_parameter("verify_token"))?;
    let target = Target::Waba { waba: waba.to_owned(), app: caller.app().to_owned() };
    Ok(Step::Handshake(Handshake { url, verify_token, target }))
}

fn subscribe_app(call: &Incoming, app: &str) -> Result<Step, GraphError> {
    let need = |name: &str| call.text(name).ok_or_else(|| GraphError::missing_parameter(name));
    let (object, url, verify_token) = (need("object")?, need("callback_url")?, need("verify_token")?);
    if ![WHATSAPP, "application"].contains(&object.as_str()) {
        return Err(GraphError::parameter(&format!("Param object has an unknown value: {object}")));
    }
    let fields = call.text("fields").unwrap_or_default();
    let fields = fields.split(',').map(str::trim).filter(|field| !field.is_empty()).map(str::to_owned).collect();
    let subscription = Subscription { object, callback_url: url.clone(), fields };
    Ok(Step::Handshake(Handshake { url, verify_token, target: Target::App { app: app.to_owned(), subscription } }))
}

fn unsubscribe_app(world: &mut World, call: &Incoming, app: &str) -> Result<Step, GraphError> {
    let Some(app) = world.apps.get_mut(app) else { return done() };
    let object = call.text("object");
    let fields = call.text("fields");
    for subscription in app.subscriptions.iter_mut().filter(|one| object.as_ref().is_none_or(|o| *o == one.object)) {
        match &fields {
            Some(fields) => subscription.fields.retain(|field| !fields.split(',').any(|gone| gone.trim() == field)),
            None => subscription.fields.clear(),
        }
    }
    app.subscriptions.retain(|subscription| !subscription.fields.is_empty());
    done()
}
