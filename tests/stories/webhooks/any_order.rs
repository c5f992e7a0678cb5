//! A recorded stream, in whatever order and however often it comes: the end is the same.

use super::message;
use super::understanding::change;
use crate::support::{Kind, World};
use greentick::domain::event::Event;
use greentick::domain::ids::ConnectionId;
use proptest::strategy::{Just, Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use sandbox::fixtures::{APP_ID, BUSINESS_SOL, NUMBER_NEW, WABA_SOL};
use serde_json::{Value, json};

both!(any_order_and_any_repetition_end_the_same);

/// A recorded stream: messages, statuses, account events that contradict each other, of several moments.
fn stream() -> Vec<Value> {
    let mut stream = news();
    stream.extend((0..4).map(|number| message(NUMBER_NEW, &format!("wamid.{number}"), "Olá")));
    for (number, status) in ["sent", "delivered", "read", "failed"].into_iter().enumerate() {
        let mut body = message(NUMBER_NEW, "", "");
        let value = &mut body["entry"][0]["changes"][0]["value"];
        let time = 1_760_000_000 + number;
        value["statuses"] = json!([{"id": "wamid.out", "status": status, "timestamp": time.to_string(), "recipient_id": "5511999990000"}]);
        value.as_object_mut().unwrap().remove("messages");
        stream.push(body);
    }
    for (time, state) in [(1, "SCHEDULE_FOR_DISABLE"), (2, "DISABLE"), (2, "REINSTATE"), (3, "REINSTATE")] {
        let ban = json!({"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": state}});
        stream.push(change(WABA_SOL, 1_760_000_000 + time, "account_update", ban));
    }
    for (time, decision) in [(5, "PENDING"), (7, "APPROVED"), (6, "REJECTED")] {
        stream.push(change(WABA_SOL, 1_760_000_000 + time, "account_review_update", json!({"decision": decision})));
    }
    for (time, event) in [(1, "PARTNER_ADDED"), (9, "PARTNER_REMOVED"), (8, "PARTNER_APP_INSTALLED")] {
        let info = json!({"waba_id": WABA_SOL, "owner_business_id": BUSINESS_SOL});
        let value = json!({"event": event, "waba_info": info});
        stream.push(change(BUSINESS_SOL, 1_760_000_000 + time, "account_update", value));
    }
    // Beside a message; an event of its own.
    let mut beside = message(NUMBER_NEW, "wamid.beside", "Olá");
    beside["entry"][0]["changes"][0]["value"]["errors"] = json!([{"code": 130_429, "title": "Rate limit hit"}]);
    stream.push(beside);
    stream
}

/// What Meta says of number, account and templates: the later contradicts the earlier, or both are of one moment.
fn news() -> Vec<Value> {
    let of_number = |time: i64, name: &str, value: &str, field: &str| {
        let said = json!({"display_phone_number": "+1 631-555-0101", name: value});
        change(WABA_SOL, 1_760_000_000 + time, field, said)
    };
    let of_template = |time: i64, name: &str, value: &str, field: &str| {
        let said =
            json!({"message_template_id": 594_425_479_261_596_i64, "message_template_name": "offer", name: value});
        change(WABA_SOL, 1_760_000_000 + time, field, said)
    };
    let of_account = |time: i64, field: &str, said: Value| change(WABA_SOL, 1_760_000_000 + time, field, said);
    let restricted = |kind: &str, until: i64| json!({"event": "ACCOUNT_RESTRICTION", "restriction_info": [{"restriction_type": kind, "expiration": until}]});
    let of_portfolio = |time: i64, field: &str| {
        json!({"object": "application", "entry": [{"id": APP_ID, "time": 1_760_000_000 + time, "changes": [
            {"field": field, "value": {"business_manager_id": BUSINESS_SOL}}]}]})
    };
    vec![
        of_number(4, "decision", "APPROVED", "phone_number_name_update"),
        of_number(6, "decision", "REJECTED", "phone_number_name_update"),
        of_number(6, "decision", "PENDING", "phone_number_name_update"),
        of_number(3, "current_limit", "TIER_1K", "phone_number_quality_update"),
        of_number(5, "current_limit", "TIER_10K", "phone_number_quality_update"),
        of_account(5, "business_capability_update", json!({"max_daily_conversations_per_business": 2000})),
        of_account(4, "business_capability_update", json!({"max_daily_conversations_per_business": "TIER_250"})),
        of_number(2, "event", "PIN_CHANGED", "security"),
        of_number(3, "event", "PIN_RESET_REQUEST", "security"),
        of_template(2, "event", "APPROVED", "message_template_status_update"),
        of_template(4, "event", "PAUSED", "message_template_status_update"),
        of_template(4, "new_quality_score", "RED", "message_template_quality_update"),
        of_template(3, "new_category", "MARKETING", "template_category_update"),
        of_account(7, "account_update", restricted("RESTRICTED_BIZ_INITIATED_MESSAGING", 1_760_600_000)),
        of_account(8, "account_update", restricted("RESTRICTED_ADD_PHONE_NUMBER_ACTION", 4_000_000_000)),
        of_portfolio(7, "business_integration_install"),
        of_portfolio(9, "business_integration_uninstall"),
    ]
}

/// All that must not depend on the order.
async fn outcome(world: &World, id: &ConnectionId) -> Value {
    let mut events: Vec<Value> = world.events(id).await.iter().map(Event::to_json).collect();
    for event in &mut events {
        let event = event.as_object_mut().unwrap();
        event.remove("seq");
        event.remove("receivedAt");
    }
    events.sort_by_key(|event| event["id"].as_str().unwrap().to_owned());
    let stored = world.connection(id).await;
    let mut history: Vec<String> = world
        .store()
        .list_audit(id, 100)
        .await
        .unwrap()
        .into_iter()
        .filter(|line| line.actor == "Meta")
        .map(|line| format!("{:?} {} {:?}", line.at(), line.action, line.after))
        .collect();
    history.sort();
    json!({"events": events, "sayings": stored.connection.heard.sayings, "history": history, "badge": world.badge(id).await})
}

async fn any_order_and_any_repetition_end_the_same(kind: Kind) {
    let (world, id) = World::quiet(kind).await;
    let stream = stream();
    let mut runner = TestRunner::default();
    let mut expected = None;
    for round in 0..6 {
        let repeated = (Just([stream.clone(), stream.clone()].concat()).prop_shuffle(), 0..stream.len());
        let (shuffled, more) =
            if round == 0 { (stream.clone(), 0) } else { repeated.new_tree(&mut runner).unwrap().current() };
        // Each at least once: the cut falls into what is repeated behind it.
        let tail: Vec<Value> =
            stream.iter().filter(|one| !shuffled[..shuffled.len() - more].contains(one)).cloned().collect();
        let told = [&shuffled[..shuffled.len() - more], &tail].concat();
        for (place, body) in told.iter().enumerate() {
            world.tell(body).await;
            if place % 5 == round {
                world.understand().await;
            }
        }
        world.understand().await;
        let outcome = outcome(&world, &id).await;
        assert_eq!(outcome["events"].as_array().unwrap().len(), stream.len() + 1, "one body says two things");
        assert_eq!(expected.get_or_insert_with(|| outcome.clone()), &outcome, "told as {told:#?}");
        for statement in [
            "delete from events where id <> $1",
            "delete from deliveries where state <> $1",
            "delete from audit where actor <> $1",
        ] {
            world.database.execute(statement, &["nobody"]).await;
        }
        world.database.execute("update connections set sayings = $1, last_event_at = null", &["{}"]).await;
    }
}
