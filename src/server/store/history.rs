//! Which of Meta's events are lines in a connection's history, and what those say.

use super::NewEvent;
use crate::domain::event::EventKind;
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashSet};

/// What is rejected or paused cannot be sent any more; a template's quality or category is no more than news.
const TEMPLATE_STATUS: &str = "message_template_status_update";

/// What belongs into a connection's history: once each, though the same may stand in `events` twice.
pub(super) fn history<'a>(events: &[&'a NewEvent], fresh: &HashSet<String>) -> Vec<&'a NewEvent> {
    let tells = |event: &NewEvent| match event.kind {
        EventKind::AccountUpdated | EventKind::ConnectionUpdated => true,
        EventKind::TemplateUpdated => event.field == TEMPLATE_STATUS,
        _ => false,
    };
    let mut seen = BTreeSet::new();
    events.iter().copied().filter(|e| tells(e) && fresh.contains(&e.id) && seen.insert(&e.id)).collect()
}

/// The words that tell most, of whatever Meta sent.
pub(super) fn summary(event: &NewEvent) -> Value {
    let words = [
        "event",
        "decision",
        "rejection_reason",
        "requester",
        "entity_type",
        "ban_info",
        "restriction_info",
        "violation_info",
        "alert_info",
        "disconnection_info",
        "max_daily_conversations_per_business",
        "current_limit",
        "message_template_name",
        "message_template_language",
        "reason",
    ];
    let told = words.iter().filter_map(|word| Some(((*word).to_owned(), event.meta.get(word)?.clone())));
    let mut told: serde_json::Map<String, Value> = told.collect();
    told.insert("field".to_owned(), json!(event.field));
    Value::Object(told)
}
