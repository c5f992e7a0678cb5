//! The ways out: with a code, or with a refusal; by redirect, and if wished with a message to the opener (reference §3.4).

use axum::{http::StatusCode, response::Response};
use serde_json::{Value, json};

use super::wizard::Wizard;
use crate::{
    html::{Page, escape},
    random, urls,
    world::{Grant, World},
};

/// Where the window goes, and what it would tell its opener.
pub(crate) struct End {
    pub(crate) address: String,
    message: Value,
}

/// Meta writes the space as a plus sign.
const DENIED: &str = "error=access_denied&error_code=200&error_description=Permissions+error&error_reason=user_denied";

const REPORTED: &str = "The person reported a problem in the sign-in.";

pub(crate) fn cancelled(wizard: &Wizard) -> End {
    End { address: denied(wizard), message: message("CANCEL", &json!({"current_step": wizard.step.meta_name()})) }
}

/// Somebody told Facebook of a problem: it ends as if cancelled, and the message says which session it was.
pub(crate) fn reported(world: &World, wizard: &Wizard) -> End {
    let data = json!({
        "error_message": REPORTED,
        "error_code": "524126",
        "session_id": random::session_id(),
        "timestamp": world.now().to_string(),
    });
    End { address: denied(wizard), message: message("CANCEL", &data) }
}

fn denied(wizard: &Wizard) -> String {
    let join = if wizard.redirect_uri.contains('?') { '&' } else { '?' };
    let address = format!("{}{join}{DENIED}", wizard.redirect_uri);
    with_state(address, wizard)
}

pub(crate) fn finished(world: &mut World, wizard: &Wizard) -> End {
    let grant = Grant { person: wizard.person.clone(), business: wizard.business.clone(), wabas: wizard.wabas() };
    let code = world.issue_code(&wizard.app, &wizard.redirect_uri, grant);
    let address = urls::with_query(&wizard.redirect_uri, &[("code", &code)]);
    let mut data = json!({"waba_id": wizard.waba, "business_id": wizard.business});
    if !wizard.others.is_empty() {
        data["waba_ids"] = json!(wizard.wabas());
    }
    let event = match &wizard.number {
        _ if wizard.by_qr => "FINISH_WHATSAPP_BUSINESS_APP_ONBOARDING",
        Some(number) => {
            data["phone_number_id"] = json!(number);
            "FINISH"
        }
        None => "FINISH_ONLY_WABA",
    };
    End { address: with_state(address, wizard), message: message(event, &data) }
}

fn message(event: &str, data: &Value) -> Value {
    json!({"data": data, "type": "WA_EMBEDDED_SIGNUP", "event": event, "version": 3})
}

fn with_state(address: String, wizard: &Wizard) -> String {
    match &wizard.state {
        Some(state) => urls::with_query(&address, &[("state", state)]),
        None => address,
    }
}

/// A page that tells the opener first. It sends to the app's own origin only; without script its link goes on.
pub(crate) fn post_and_leave(wizard: &Wizard, end: &End) -> Response {
    let origin = urls::origin(&wizard.redirect_uri).unwrap_or_default();
    let script = format!(
        "if (window.opener) window.opener.postMessage({message}, {origin}); window.location.replace({address});",
        message = script_text(&end.message.to_string()),
        origin = script_text(origin),
        address = script_text(&end.address),
    );
    let main = format!("<h1>Going back</h1>\n<p><a href=\"{}\">Continue to the app</a></p>", escape(&end.address));
    Page { title: "Going back", ribbon: super::pages::RIBBON, wide: false, main, script: Some(script) }
        .answer(StatusCode::OK)
}

/// A string of JavaScript that cannot end the script element around it.
fn script_text(text: &str) -> String {
    Value::String(text.to_owned())
        .to_string()
        .replace('<', "\\u003c")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}
