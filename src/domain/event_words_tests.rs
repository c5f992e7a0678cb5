use super::*;
use crate::domain::event::EventUser;
use crate::domain::ids::{ConnectionId, PhoneNumberId};
use crate::domain::instant::Instant;
use proptest::prelude::*;
use serde_json::json;

fn event(kind: EventKind, field: &str, meta: Value) -> Event {
    Event {
        id: "e".into(),
        seq: 1,
        connection: ConnectionId::new("c"),
        phone_number_id: PhoneNumberId::new("1"),
        kind,
        field: field.into(),
        at: Instant(0),
        received_at: Instant(0),
        user: EventUser::default(),
        message_id: None,
        meta,
    }
}

fn said(meta: Value) -> String {
    content(&event(EventKind::Received, "messages", meta))
}

#[test]
fn messages_say_what_a_person_would_say() {
    assert_eq!(said(json!({"type": "text", "text": {"body": " Olá "}})), "Olá");
    assert_eq!(said(json!({"type": "image", "image": {"caption": "menu"}})), "Photo: menu");
    assert_eq!(said(json!({"type": "image", "image": {}})), "Photo");
    assert_eq!(said(json!({"type": "document", "document": {"filename": "a.pdf"}})), "Document: a.pdf");
    assert_eq!(
        said(json!({"type": "location", "location": {"latitude": -23.5, "longitude": -46.6}})),
        "Location: -23.5, -46.6"
    );
    let reply = json!({"type": "button_reply", "button_reply": {"id": "1", "title": "Yes"}});
    assert_eq!(said(json!({"type": "interactive", "interactive": reply})), "Chose: Yes");
    assert_eq!(said(json!({"type": "reaction", "reaction": {"message_id": "x"}})), "Took a reaction back");
    assert_eq!(said(json!({"type": "order", "order": {"product_items": [1, 2]}})), "Order of 2 products");
    assert_eq!(said(json!({"type": "hologram", "hologram": {}})), "Hologram");
    assert_eq!(said(json!({})), "Messages");
}

#[test]
fn statuses_and_notices_say_what_happened() {
    let errors = json!([{"code": 131047, "title": "Re-engagement message", "error_data": {"details": "24 hours"}}]);
    let failed = event(EventKind::Failed, "messages", json!({"errors": errors}));
    assert_eq!(content(&failed), "Re-engagement message");
    let told = error(&failed).unwrap();
    assert_eq!((told.code, told.details.as_deref()), (131_047, Some("24 hours")));
    assert_eq!(content(&event(EventKind::Failed, "messages", json!({}))), "Not delivered");
    let update = json!({"message_template_name": "hello", "event": "APPROVED"});
    assert_eq!(
        content(&event(EventKind::TemplateUpdated, "message_template_status_update", update)),
        "“hello”: APPROVED"
    );
    let review = event(EventKind::AccountUpdated, "account_review_update", json!({"decision": "REJECTED"}));
    assert_eq!(content(&review), "Account review update: REJECTED");
    let stop = event(EventKind::Other, "user_preferences", json!({"value": "stop"}));
    assert_eq!(content(&stop), "Marketing messages: stop");
    assert_eq!(content(&event(EventKind::Other, "messages", json!({"status": "played"}))), "Message played");
    let beside = json!({"errors": [{"code": 130_429, "title": "Rate limit hit"}]});
    assert_eq!(content(&event(EventKind::Other, "messages", beside)), "Meta reports: Rate limit hit");
}

proptest! {
    #[test]
    fn whatever_meta_sends_has_words(kind in 0..EventKind::ALL.len(), node in "[a-z_]{0,12}", value in "\\PC{0,20}") {
        let meta = json!({"type": node, node.clone(): {"body": value, "type": value}, "errors": [{"code": 1}], "event": value});
        prop_assert!(!content(&event(EventKind::ALL[kind], &node, meta)).is_empty());
    }
}
