//! The control page for people: plain forms, no script.

use std::fmt::Write;

use axum::{
    Form,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use serde_json::{Value, json};

use super::webhooks;
use crate::{
    Sandbox, Scenario, SwitchChange, clock, fixtures,
    html::{Page, escape},
    world::{Payment, World},
};

/// Name of the scenario, label of its button, and what its target is, if it takes one.
const SCENARIOS: &[(&str, &str, &str)] = &[
    ("password_changed", "Password changed", "business"),
    ("token_expired", "Token expired", "business"),
    ("app_removed", "App removed by the business", "business"),
    ("token_of_a_day", "24-hour tokens", "business"),
    ("token_ends_tomorrow", "60-day token ends tomorrow", "business"),
    ("verification_rejected", "Verification rejected", "business"),
    ("verification_passed", "Verified", "business"),
    ("payment_missing", "Payment missing", "waba"),
    ("payment_restored", "Payment restored", "waba"),
    ("number_banned", "Number banned", "number"),
    ("number_restored", "Number restored", "number"),
    ("rate_limited", "Rate limited", ""),
    ("meta_down", "Meta answers 500", ""),
    ("meta_slow", "Meta is slow", ""),
    ("connection_cut", "Connection cut", ""),
    ("granular_scopes_missing", "granular_scopes missing", ""),
    ("target_ids_missing", "target_ids missing", ""),
    ("subscribe_refused", "Subscribe refused", ""),
    ("register_refused", "Register refused (133005)", ""),
];

pub(super) async fn show(State(sandbox): State<Sandbox>) -> Response {
    let main = sandbox.with(|world| {
        let parts =
            [heading(world), troubles(world), faults(world), webhooks::section(world), time_and_switches(world)];
        [parts.concat(), tables(world), calls(world)].concat()
    });
    Page {
        title: "Sandbox of Meta", ribbon: "Sandbox of Meta — nothing here is real", wide: true, main, script: None
    }
    .answer(StatusCode::OK)
}

/// One address for every form; the page comes back changed.
pub(super) async fn act(State(sandbox): State<Sandbox>, Form(fields): Form<Vec<(String, String)>>) -> Response {
    let text = |name: &str| fields.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str());
    match obey(&sandbox, text) {
        Some(Ok(())) => Redirect::to("/_sandbox").into_response(),
        Some(Err(why)) => (StatusCode::UNPROCESSABLE_ENTITY, format!("Meta would not do it: {why}.\n")).into_response(),
        None => (StatusCode::UNPROCESSABLE_ENTITY, "The sandbox did not understand this form.\n").into_response(),
    }
}

/// `None` when the form says nothing known; `Err` says why Meta would not do it.
fn obey<'a>(sandbox: &Sandbox, text: impl Fn(&str) -> &'a str) -> Option<Result<(), String>> {
    match text("do") {
        "scenario" => sandbox.play(scenario(text("name"), text("target"))?),
        "clock" => {
            sandbox.advance_clock(text("seconds").parse().ok()?);
        }
        "switches" => drop(sandbox.switch(switches(text)?)),
        "webhook" => return Some(sandbox.send_webhook(&webhooks::wish(text)?).map(drop)),
        "subscribe_all" => return Some(sandbox.subscribe_to_all_fields()),
        "clear_faults" => sandbox.clear_faults(),
        "clear_calls" => sandbox.clear_calls(),
        "reset" => sandbox.reset(),
        _ => return None,
    }
    Some(Ok(()))
}

fn scenario(name: &str, target: &str) -> Option<Scenario> {
    let (_, _, kind) = SCENARIOS.iter().find(|(known, ..)| *known == name)?;
    let mut wish = json!({ "name": name });
    if !kind.is_empty() && !target.is_empty() {
        wish[*kind] = json!(target);
    }
    serde_json::from_value(wish).ok()
}

/// A box that is not ticked is not sent.
fn switches<'a>(text: impl Fn(&str) -> &'a str) -> Option<SwitchChange> {
    let ticked = |name: &str| Value::Bool(text(name) == "true");
    let wish = json!({
        "postMessage": ticked("postMessage"), "requireProof": ticked("requireProof"),
        "fetchExtends": ticked("fetchExtends"), "accumulateGrants": ticked("accumulateGrants"),
        "tokenLife": text("tokenLife"), "granularScopes": text("granularScopes"),
    });
    serde_json::from_value(wish).ok()
}

pub(super) fn form(what: &str, inner: &str) -> String {
    format!(
        "<form method=\"post\" action=\"/_sandbox/do\"><input type=\"hidden\" name=\"do\" value=\"{what}\">{inner}</form>\n"
    )
}

pub(super) fn button(label: &str) -> String {
    format!("<button class=\"plain\">{label}</button>")
}

fn heading(world: &World) -> String {
    format!(
        "<h1>Sandbox of Meta</h1>\n<p>App <code>{}</code>, configuration <code>{}</code>. The code in every text message is \
         <code>{}</code>; the PIN of the number that has one is <code>{}</code>. Tests use the JSON API under \
         <code>/_sandbox/api</code>.</p>\n<div class=\"cluster\">{}</div>\n<p class=\"hint\">{} tokens, {} installations.</p>\n",
        fixtures::APP_ID,
        fixtures::CONFIG_ID,
        fixtures::OTP_CODE,
        fixtures::PIN,
        form("reset", &button("Begin anew")),
        world.tokens.len(),
        world.installations.len(),
    )
}

pub(super) fn option(value: &str, label: &str, chosen: bool) -> String {
    let chosen = if chosen { " selected" } else { "" };
    format!("<option value=\"{}\"{chosen}>{}</option>", escape(value), escape(label))
}

pub(super) fn select(id: &str, name: &str, label: &str, options: &str) -> String {
    format!(
        "<div class=\"field\"><label for=\"{id}\">{label}</label><select id=\"{id}\" name=\"{name}\">{options}</select></div>"
    )
}

fn troubles(world: &World) -> String {
    let mut html = String::from("<h2>Trouble</h2>\n");
    for (kind, label) in
        [("business", "Portfolio"), ("waba", "WhatsApp account"), ("number", "Number"), ("", "Everything")]
    {
        let scenarios = SCENARIOS.iter().filter(|(_, _, target)| *target == kind);
        let what: String = scenarios.map(|(name, label, _)| option(name, label, false)).collect();
        let mut inner = select(&format!("trouble-{kind}"), "name", &format!("{label}: what happens"), &what);
        if !kind.is_empty() {
            let targets = option("", "All", true) + &targets(world, kind);
            inner.push_str(&select(&format!("target-{kind}"), "target", "To whom", &targets));
        }
        inner.push_str(&button("Make it happen"));
        let _ = write!(html, "{}", form("scenario", &format!("<div class=\"cluster\">{inner}</div>")));
    }
    html
}

pub(super) fn targets(world: &World, kind: &str) -> String {
    match kind {
        "business" => world.businesses.values().map(|one| option(&one.id, &one.name, false)).collect(),
        "waba" => world.wabas.values().map(|one| option(&one.id, &one.name, false)).collect(),
        _ => world.numbers.values().take(SHOWN).map(|one| option(&one.id, &one.display, false)).collect(),
    }
}

fn faults(world: &World) -> String {
    let mut html = String::from("<h2>Faults in force</h2>\n");
    if world.faults.list().is_empty() {
        return html + "<p class=\"hint\">None.</p>\n";
    }
    let rows = world.faults.list().iter().map(|fault| {
        let left = match (fault.draft.times, fault.until) {
            (Some(times), _) => format!("{} more", times.saturating_sub(fault.struck)),
            (None, Some(until)) => format!("until {}", clock::iso(until)),
            (None, None) => "until removed".to_owned(),
        };
        let kind = json!(fault.draft.kind);
        vec![fault.draft.on.clone(), kind.as_str().unwrap_or_default().to_owned(), left, fault.struck.to_string()]
    });
    html.push_str(&table("Faults", &["On", "Kind", "How long", "Spoiled calls"], rows));
    html.push_str(&form("clear_faults", &button("Remove all faults")));
    html
}

fn time_and_switches(world: &World) -> String {
    let times =
        [("31", "31 seconds"), ("3600", "An hour"), ("86400", "A day"), ("259200", "72 hours"), ("5184000", "60 days")];
    let options: String = times.iter().map(|(seconds, label)| option(seconds, label, false)).collect();
    let clock_form = select("seconds", "seconds", "Advance the clock by", &options) + &button("Advance");
    let switches = json!(world.switches);
    let tick = |name: &str, label: &str| {
        let checked = if switches[name] == true { " checked" } else { "" };
        format!(
            "<label class=\"choice\"><input type=\"checkbox\" name=\"{name}\" value=\"true\"{checked}> <span>{label}</span></label>\n"
        )
    };
    let choose = |name: &str, label: &str, values: &[(&str, &str)]| {
        let options: String =
            values.iter().map(|(value, text)| option(value, text, switches[name] == *value)).collect();
        select(name, name, label, &options)
    };
    let lives = [
        ("permanent", "never end"),
        ("sixtyDays", "60 days"),
        ("day", "a day (person)"),
        ("userSixtyDays", "60 days (person)"),
    ];
    let scopes = [("full", "with targets"), ("withoutTargetIds", "without target_ids"), ("missing", "missing")];
    let switch_form = [
        tick("postMessage", "The dialog posts WA_EMBEDDED_SIGNUP to its opener"),
        tick("requireProof", "Calls need appsecret_proof"),
        tick("fetchExtends", "Fetching a 60-day token gives it a new end"),
        tick("accumulateGrants", "New tokens also reach what was shared before"),
        choose("tokenLife", "New tokens", &lives),
        choose("granularScopes", "granular_scopes", &scopes),
        button("Set switches"),
    ]
    .concat();
    format!(
        "<h2>Time</h2>\n<p>It is {} here.</p>\n{}<h2>Switches</h2>\n{}",
        clock::iso(world.now()),
        form("clock", &format!("<div class=\"cluster\">{clock_form}</div>")),
        form("switches", &switch_form)
    )
}

/// A world made long for a test should still make a page.
const SHOWN: usize = 50;

fn tables(world: &World) -> String {
    let businesses = world.businesses.values().map(|one| {
        vec![one.name.clone(), one.id.clone(), one.verification_status.clone(), one.messaging_limit.clone()]
    });
    let wabas = world.wabas.values().map(|one| {
        let payment = match one.payment {
            Payment::OnFile => "on file",
            Payment::Unknown => "not told",
            Payment::Missing => "missing (141006)",
        };
        let owner = world.businesses.get(&one.business).map_or("", |business| business.name.as_str());
        let subscribed = if one.subscribed_apps.is_empty() { "no" } else { "yes" };
        vec![
            one.name.clone(),
            one.id.clone(),
            owner.to_owned(),
            payment.to_owned(),
            subscribed.to_owned(),
            one.numbers.len().to_string(),
        ]
    });
    let numbers = world.numbers.values().take(SHOWN).map(|one| {
        let waba = world.wabas.get(&one.waba).map_or("", |waba| waba.name.as_str());
        let pin = if one.pin.is_some() { "set" } else { "none" };
        let cells = [&one.display, &one.id, waba, &one.status, &one.code_status, &one.name_status, &one.quality, pin];
        cells.iter().map(|cell| (*cell).to_owned()).collect()
    });
    [
        "<h2>Portfolios</h2>\n".to_owned(),
        table("Portfolios", &["Name", "ID", "Verification", "Limit"], businesses),
        "<h2>WhatsApp accounts</h2>\n".to_owned(),
        table("WhatsApp accounts", &["Name", "ID", "Portfolio", "Payment", "Subscribed", "Numbers"], wabas),
        "<h2>Numbers</h2>\n".to_owned(),
        table("Numbers", &["Number", "ID", "Account", "Status", "Code", "Name", "Quality", "PIN"], numbers),
    ]
    .concat()
}

fn calls(world: &World) -> String {
    let rows = world.calls.list().rev().take(SHOWN).map(|call| {
        let status = call.status.map_or("—".to_owned(), |status| status.to_string());
        let proof = json!(call.proof).as_str().unwrap_or_default().to_owned();
        vec![clock::iso(call.at), call.method.clone(), call.path.clone(), call.query.clone(), status, proof]
    });
    let heads = ["Time", "Method", "Path", "Query", "Status", "Proof"];
    format!("<h2>Calls</h2>\n{}{}", table("Calls", &heads, rows), form("clear_calls", &button("Clear the log")))
}

/// Scrolls sideways by itself on a narrow screen, by keyboard too.
pub(super) fn table(name: &str, heads: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let heads: String = heads.iter().map(|head| format!("<th scope=\"col\">{head}</th>")).collect();
    let mut html = format!(
        "<div class=\"scroll\" role=\"region\" aria-label=\"{name}\" tabindex=\"0\"><table><thead><tr>{heads}</tr></thead><tbody>\n"
    );
    for row in rows {
        let cells: String = row.iter().map(|cell| cell_of(cell)).collect();
        let _ = writeln!(html, "<tr>{cells}</tr>");
    }
    html + "</tbody></table></div>\n"
}

/// Long text wraps, short text stays in one line.
fn cell_of(text: &str) -> String {
    let class = if text.len() > 48 { " class=\"long\"" } else { "" };
    format!("<td{class}>{}</td>", escape(text))
}
