//! Sending (reference §4.11): accepted and forgotten, with the refusals that a first try meets.

use serde_json::{Value, json};

use super::{GraphError, Incoming};
use crate::{random, world::Number};

const TEXT_MAX: usize = 4_096;
/// The one template that every new account has.
const TEMPLATES: [(&str, &str); 1] = [("hello_world", "en_US")];

pub(super) fn send(number: &Number, call: &Incoming) -> Result<Value, GraphError> {
    let to = recipient(call)?;
    let kind = call.text("type").unwrap_or_else(|| "text".to_owned());
    match kind.as_str() {
        "text" => text(call)?,
        "template" => template(call)?,
        _ => return Err(GraphError::parameter("Param type must be one of {text, template}")),
    }
    if !number.is_live() {
        return Err(GraphError::not_registered());
    }
    let mut message = json!({"id": random::message_id()});
    if kind == "template" {
        message["message_status"] = json!("accepted");
    }
    Ok(json!({
        "messaging_product": "whatsapp",
        "contacts": [{"input": to, "wa_id": to.trim_start_matches('+')}],
        "messages": [message],
    }))
}

fn recipient(call: &Incoming) -> Result<String, GraphError> {
    let to = call.text("to").ok_or_else(|| GraphError::missing_parameter("to"))?;
    let digits = to.trim_start_matches('+');
    let is_number = (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { Ok(to) } else { Err(GraphError::bad_recipient()) }
}

fn text(call: &Incoming) -> Result<(), GraphError> {
    let body = call.params.get("text").and_then(|text| text["body"].as_str()).filter(|body| !body.is_empty());
    match body.map(|body| body.chars().count()) {
        None => Err(GraphError::missing_parameter("text['body']")),
        Some(length) if length > TEXT_MAX => {
            Err(GraphError::parameter("Param text['body'] must be at most 4096 characters long."))
        }
        Some(_) => Ok(()),
    }
}

fn template(call: &Incoming) -> Result<(), GraphError> {
    let template = call.params.get("template").ok_or_else(|| GraphError::missing_parameter("template"))?;
    let name = template["name"].as_str().ok_or_else(|| GraphError::missing_parameter("template['name']"))?;
    let language = template["language"]["code"].as_str();
    let language = language.ok_or_else(|| GraphError::missing_parameter("template['language']"))?;
    if TEMPLATES.contains(&(name, language)) { Ok(()) } else { Err(GraphError::no_template(name, language)) }
}
