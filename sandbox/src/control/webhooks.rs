//! The part of the page that sends webhooks.

use serde_json::json;

use super::page::{button, form, option, select, table, targets};
use crate::{
    NewWebhook, clock, fixtures,
    webhooks::{FIELDS, is_subscribed},
    world::World,
};

/// Requests that the page shows.
const SHOWN: usize = 20;
/// What a message can be told to have become.
const STATUSES: [(&str, &str); 5] = [
    ("", "A message from a customer"),
    ("sent", "Sent"),
    ("delivered", "Delivered"),
    ("read", "Read"),
    ("failed", "Failed"),
];

pub(super) fn section(world: &World) -> String {
    let app = world.apps.get(fixtures::APP_ID);
    let subscribed = |field: &str| app.is_some_and(|app| is_subscribed(app, field));
    let label = |field: &str| if subscribed(field) { field.to_owned() } else { format!("{field} (not subscribed)") };
    let fields: String = FIELDS.iter().map(|field| option(field, &label(field), false)).collect();
    let statuses: String = STATUSES.iter().map(|(value, label)| option(value, label, false)).collect();
    let signings = [("right", "Right"), ("wrong", "Wrong"), ("missing", "Missing")];
    let signings: String = signings.iter().map(|(value, label)| option(value, label, false)).collect();
    let counts = [("1", "One"), ("10", "10 requests"), ("1000", "1000 messages in one request")];
    let counts: String = counts.iter().map(|(value, label)| option(value, label, false)).collect();
    let orders =
        [("", "In order"), ("twice", "Each twice"), ("shuffled", "In any order"), ("both", "Each twice, in any order")];
    let orders: String = orders.iter().map(|(value, label)| option(value, label, false)).collect();
    let inner = [
        select("webhook-field", "field", "Field", &fields),
        select("webhook-number", "number", "About", &targets(world, "number")),
        select("webhook-status", "status", "Of messages", &statuses),
        "<div class=\"field\"><label for=\"webhook-text\">Text</label>\
         <input id=\"webhook-text\" name=\"text\" value=\"Olá! Vocês têm pão de queijo?\"></div>"
            .to_owned(),
        select("webhook-count", "count", "How many", &counts),
        select("webhook-order", "order", "Requests come", &orders),
        select("webhook-signing", "signing", "Signature", &signings),
        button("Send webhook"),
    ]
    .concat();
    let rows = world.outbox.list().iter().rev().take(SHOWN).map(|post| {
        let next = post.next_at.map_or("—".to_owned(), clock::iso);
        let status = post.status.map_or("—".to_owned(), |status| status.to_string());
        vec![post.field.clone(), post.url.clone(), status, post.attempts.to_string(), next]
    });
    let sent = table("Webhooks", &["Field", "To", "Answer", "Tries", "Next try"], rows);
    let send = form("webhook", &format!("<div class=\"cluster\">{inner}</div>"));
    let all = form("subscribe_all", &button("Subscribe the app to all fields"));
    format!("<h2>Webhooks</h2>\n{send}{all}{sent}")
}

/// `None` when the form says nothing known.
pub(super) fn wish<'a>(text: impl Fn(&str) -> &'a str) -> Option<NewWebhook> {
    let filled = |name: &str| Some(text(name)).filter(|text| !text.is_empty());
    let count: usize = text("count").parse().ok()?;
    // A thousand messages come as Meta would send them: together.
    let batch = if count > 100 { count } else { 1 };
    let order = text("order");
    let wish = json!({
        "duplicates": usize::from(matches!(order, "twice" | "both")), "shuffle": matches!(order, "shuffled" | "both"),
        "field": filled("field"), "number": filled("number"), "status": filled("status"), "text": filled("text"),
        "count": count, "batch": batch, "signing": filled("signing"),
    });
    serde_json::from_value(wish).ok()
}
