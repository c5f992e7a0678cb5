//! The dialog's pages. Button names and labels are stable: tests and people press them.

use std::fmt::Write;

use axum::{http::StatusCode, response::Response};

use super::{
    request::Fault,
    steps::Fields,
    wizard::{Step, Wizard},
};
use crate::{
    html::{Page, escape},
    world::World,
};

pub(crate) const RIBBON: &str = "Sandbox — this is not Facebook";

pub(crate) fn fault(fault: &Fault) -> Response {
    let code = fault.code.map(|code| format!("<p class=\"hint\">Error code {code}</p>")).unwrap_or_default();
    let main = format!("<h1>{}</h1>\n<p>{}</p>\n{code}", escape(fault.title), escape(&fault.text));
    Page { title: fault.title, ribbon: RIBBON, wide: false, main, script: None }.answer(StatusCode::BAD_REQUEST)
}

pub(crate) fn gone() -> Response {
    let main = "<h1>This window has ended</h1>\n<p>Close it and begin again in the app.</p>".to_owned();
    Page { title: "This window has ended", ribbon: RIBBON, wide: false, main, script: None }
        .answer(StatusCode::NOT_FOUND)
}

/// The page of the step the wizard is at.
pub(crate) fn step(world: &World, wizard: &Wizard) -> Response {
    let app = world.apps.get(&wizard.app).map_or("the app", |app| app.name.as_str());
    let (title, body) = match wizard.step {
        Step::Person => (format!("Log in to connect {app}"), person(world, wizard)),
        Step::Business => ("Choose a business portfolio".to_owned(), business(world, wizard)),
        Step::Waba => ("Choose a WhatsApp account".to_owned(), waba(world, wizard)),
        Step::Number => ("Choose a phone number".to_owned(), number(world, wizard)),
        Step::Code => ("Enter the code".to_owned(), code(world, wizard)),
        Step::Qr => ("Scan the QR code".to_owned(), qr()),
        Step::Review => ("Review what you share".to_owned(), review(world, wizard, app)),
        Step::Finish => ("Your account is ready to connect".to_owned(), finish(app)),
    };
    let error = wizard.error.as_ref().map(|text| format!("<p class=\"error\" role=\"alert\">{}</p>\n", escape(text)));
    let main = format!(
        "<h1>{}</h1>\n{}<form method=\"post\" autocomplete=\"off\">\n<input type=\"hidden\" name=\"step\" value=\"{}\">\n\
         {body}\n{}</form>",
        escape(&title),
        error.unwrap_or_default(),
        wizard.step.name(),
        buttons(wizard.step),
    );
    Page { title: &title, ribbon: RIBBON, wide: false, main, script: None }.answer(StatusCode::OK)
}

/// The first button is what Enter presses, so the way on comes first.
fn buttons(step: Step) -> String {
    let button = |class: &str, action: &str, label: &str| {
        format!("<button class=\"{class}\" name=\"action\" value=\"{action}\" formnovalidate>{label}</button>\n")
    };
    let mut row = String::from("<div class=\"actions\">\n");
    match step {
        Step::Person => {}
        Step::Finish => row.push_str(&button("primary", "continue", "Finish")),
        _ => row.push_str(&button("primary", "continue", "Continue")),
    }
    if step == Step::Code {
        row.push_str(&button("plain", "later", "Verify later"));
    }
    if step != Step::Person {
        row.push_str(&button("plain", "back", "Back"));
    }
    row.push_str(&button("quiet", "cancel", "Cancel"));
    row.push_str(&button("quiet", "report", "Report a problem"));
    row.push_str("</div>\n");
    row
}

fn choice(name: &str, value: &str, checked: bool, label: &str, note: &str) -> String {
    let checked = if checked { " checked" } else { "" };
    let note = if note.is_empty() { String::new() } else { format!(" <small>{}</small>", escape(note)) };
    format!(
        "<label class=\"choice\"><input type=\"radio\" name=\"{name}\" value=\"{}\"{checked}> <span>{}{note}</span></label>\n",
        escape(value),
        escape(label),
    )
}

fn field(name: &str, label: &str, hint: &str, value: &str, attributes: &str) -> String {
    format!(
        "<div class=\"field\"><label for=\"{name}\">{label}</label>\n<input id=\"{name}\" name=\"{name}\" value=\"{}\" \
         aria-describedby=\"{name}-hint\" {attributes}>\n<p class=\"hint\" id=\"{name}-hint\">{hint}</p></div>\n",
        escape(value),
    )
}

/// What is chosen: what was typed, else what was chosen before, else the default; each only if it is offered.
fn chosen<'a>(offered: &[&'a str], typed: &str, before: &str, default: &'a str) -> &'a str {
    let find = |wanted: &str| offered.iter().find(|id| **id == wanted).copied();
    find(typed).or_else(|| find(before)).unwrap_or(default)
}

fn group(legend: &str, choices: &str) -> String {
    format!("<fieldset><legend>{legend}</legend>\n{choices}</fieldset>\n")
}

fn person(world: &World, wizard: &Wizard) -> String {
    let mut html = String::from(
        "<p>Nothing here is real: people, businesses and numbers live in this sandbox only.</p>\n<div class=\"people\">\n",
    );
    for (person, class) in world.people.iter().zip(["primary", "plain"]) {
        let name = escape(&person.name);
        let _ = writeln!(
            html,
            "<button class=\"{class}\" name=\"person\" value=\"{}\">Continue as {name}</button>",
            person.id
        );
    }
    html.push_str("</div>\n");
    let hint = "Manages nothing yet, and begins with a new portfolio.";
    html.push_str(&field("other", "Or someone else", hint, &wizard.typed.other, "maxlength=\"80\""));
    html.push_str("<button class=\"plain\" name=\"person\" value=\"other\">Log in as other</button>\n");
    html
}

fn business(world: &World, wizard: &Wizard) -> String {
    let managed = world.person(&wizard.person).map(|person| person.businesses.as_slice()).unwrap_or_default();
    let offered: Vec<&str> = managed.iter().map(String::as_str).chain(["new"]).collect();
    let chosen = chosen(&offered, &wizard.typed.business, &wizard.business, offered[0]);
    let mut choices = String::new();
    for business in managed.iter().filter_map(|id| world.businesses.get(id)) {
        let note = business.verification_status.replace('_', " ");
        choices.push_str(&choice("business", &business.id, chosen == business.id, &business.name, &note));
    }
    choices.push_str(&choice("business", "new", chosen == "new", "Create a new portfolio", ""));
    let value = &wizard.typed.business_name;
    let new = field("business_name", "Name of the new portfolio", "Only for a new one.", value, "maxlength=\"100\"");
    group("Business portfolio", &choices) + &new
}

fn waba(world: &World, wizard: &Wizard) -> String {
    let wabas: Vec<_> = world.wabas_of(&wizard.business).collect();
    let offered: Vec<&str> = wabas.iter().map(|waba| waba.id.as_str()).chain(["new"]).collect();
    let chosen = chosen(&offered, &wizard.typed.waba, &wizard.waba, offered[0]);
    let mut choices = String::new();
    for waba in &wabas {
        let note = match waba.numbers.len() {
            0 => "no number".to_owned(),
            1 => "1 number".to_owned(),
            count => format!("{count} numbers"),
        };
        choices.push_str(&choice("waba", &waba.id, chosen == waba.id, &waba.name, &note));
    }
    choices.push_str(&choice("waba", "new", chosen == "new", "Create a new WhatsApp account", ""));
    let mut html = group("WhatsApp account", &choices);
    let value = &wizard.typed.waba_name;
    html.push_str(&field("waba_name", "Name of the new account", "Only for a new one.", value, "maxlength=\"100\""));
    if wabas.len() > 1 {
        let checked = if wizard.others.is_empty() { "" } else { " checked" };
        let _ = writeln!(
            html,
            "<label class=\"choice\"><input type=\"checkbox\" name=\"share_others\" value=\"yes\"{checked}> \
             <span>Also share my other WhatsApp accounts</span></label>"
        );
    }
    html
}

/// Long lists are cut: the app lists them by Graph, a person in a sandbox need not scroll through thousands.
const SHOWN_NUMBERS: usize = 20;

fn number(world: &World, wizard: &Wizard) -> String {
    let ids = world.wabas.get(&wizard.waba).map(|waba| waba.numbers.as_slice()).unwrap_or_default();
    let mut offered: Vec<&str> = ids.iter().take(SHOWN_NUMBERS).map(String::as_str).chain(["new", "none"]).collect();
    if wizard.coexistence {
        // Who asked for coexistence came for this.
        offered.insert(0, "qr");
    }
    let before = wizard.number.as_deref().filter(|_| !wizard.by_qr).unwrap_or_default();
    let chosen = chosen(&offered, &wizard.typed.number, before, offered[0]);
    let mut choices = String::new();
    for number in ids.iter().take(SHOWN_NUMBERS).filter_map(|id| world.numbers.get(id)) {
        let note = format!("{} · {}", number.verified_name, number.status.to_ascii_lowercase().replace('_', " "));
        choices.push_str(&choice("number", &number.id, chosen == number.id, &number.display, &note));
    }
    if wizard.coexistence {
        let note = "scan a QR code with the phone";
        choices.push_str(&choice("number", "qr", chosen == "qr", "My number is on the WhatsApp Business app", note));
    }
    choices.push_str(&choice("number", "new", chosen == "new", "Add a new number", "we send a 6-digit code"));
    choices.push_str(&choice("number", "none", chosen == "none", "No number yet", "add one later"));
    group("Phone number", &choices) + &new_number(&wizard.typed)
}

fn new_number(typed: &Fields) -> String {
    let voice = typed.method == "VOICE";
    let methods =
        choice("method", "SMS", !voice, "Text message", "") + &choice("method", "VOICE", voice, "Phone call", "");
    let hint = "With country code, like +1 631-555-0199.";
    "<details open><summary>For a new number</summary>\n".to_owned()
        + &field("phone", "New phone number", hint, &typed.phone, "type=\"tel\" maxlength=\"24\"")
        + &field("display_name", "Display name", "Empty: the account's name.", &typed.display_name, "maxlength=\"100\"")
        + &group("How to send the code", &methods)
        + "</details>\n"
}

fn code(world: &World, wizard: &Wizard) -> String {
    let display =
        wizard.number.as_ref().and_then(|id| world.numbers.get(id)).map_or("", |number| number.display.as_str());
    let code = crate::fixtures::OTP_CODE;
    let (first, last) = code.split_at(3);
    format!(
        "<p>A code was sent to {}.</p>\n<div class=\"phone\"><p>Sandbox: the code is <strong>{first}-{last}</strong></p></div>\n{}",
        escape(display),
        field(
            "code",
            "6-digit code",
            "With or without the hyphen.",
            "",
            "inputmode=\"numeric\" maxlength=\"7\" autofocus"
        ),
    )
}

fn qr() -> String {
    "<div class=\"qr\" role=\"img\" aria-label=\"A QR code\"></div>\n\
     <p>On a real phone you would open WhatsApp Business, scan this code, and choose whether to share your chats. \
     Here, Continue does all of that.</p>"
        .to_owned()
}

fn review(world: &World, wizard: &Wizard, app: &str) -> String {
    let business = world.businesses.get(&wizard.business).map_or("", |business| business.name.as_str());
    let number = wizard
        .number
        .as_ref()
        .and_then(|id| world.numbers.get(id))
        .map_or("none yet", |number| number.display.as_str());
    let wabas = wizard.wabas();
    let names: Vec<&str> = wabas.iter().filter_map(|id| world.wabas.get(id)).map(|waba| waba.name.as_str()).collect();
    format!(
        "<p>{} will be able to:</p>\n<ul><li>manage your WhatsApp accounts</li><li>send and receive their messages</li>\
         <li>see your business portfolio</li></ul>\n<dl><dt>Business portfolio</dt><dd>{}</dd><dt>WhatsApp accounts</dt>\
         <dd>{}</dd><dt>Phone number</dt><dd>{}</dd></dl>",
        escape(app),
        escape(business),
        escape(&names.join(", ")),
        escape(number),
    )
}

fn finish(app: &str) -> String {
    format!("<p>Press Finish to give {} its access and go back.</p>", escape(app))
}
