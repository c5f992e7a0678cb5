//! Deliveries become events, and events change connections; in whatever order and however often they come.

use super::{message, signature};
use crate::support::{Kind, SIMPLE, World, readable, soon};
use greentick::domain::connection::Badge;
use greentick::domain::event::Event;
use greentick::domain::finding::findings;
use greentick::domain::heard::Aspect;
use greentick::domain::ids::{ConnectionId, PhoneNumberId, WabaId};
use greentick::domain::user::Role;
use greentick::server::operations::understand_deliveries::{Stride, understand_deliveries};
use greentick::server::store::{NewConnection, NewCredential};
use sandbox::fixtures::{APP_ID, BUSINESS_SOL, NUMBER_NEW, OWN_APP_SECRET, WABA_LUA, WABA_SOL};
use serde_json::{Value, json};

both!(
    a_message_becomes_an_event_of_its_number,
    the_same_thing_is_kept_once_however_often_it_comes,
    a_thousand_messages_in_one_delivery_are_a_thousand_events,
    what_nobody_can_read_is_laid_aside_and_told,
    what_is_for_no_number_here_is_kept_as_foreign,
    an_app_of_its_own_speaks_for_its_own_workspace_alone,
    what_meta_says_of_an_account_changes_its_connections,
    of_two_numbers_with_the_same_digits_the_one_in_the_account_is_meant,
    taken_access_disconnects_until_a_reading_proves_otherwise,
    receiving_says_when_the_last_event_came,
);

const STRIDE: Stride = Stride { deliveries: 50, rows: 100 };

impl World {
    /// A number is connected, and nobody works in the background.
    pub(super) async fn quiet(kind: Kind) -> (Self, ConnectionId) {
        let mut world = Self::start(kind).await;
        let id = world.connect(&world.person(Role::Admin).await, SIMPLE).await;
        world.rest().await;
        (world, id)
    }

    pub(super) async fn tell(&self, body: &Value) {
        assert_eq!(self.deliver(body.to_string().as_bytes()).await, 200);
    }

    pub(super) async fn understand(&self) {
        while understand_deliveries(self.services(), STRIDE).await.unwrap().deliveries > 0 {}
    }

    pub(super) async fn events(&self, id: &ConnectionId) -> Vec<Event> {
        self.store().list_events(id, 0, 5_000).await.unwrap()
    }

    async fn states(&self) -> Vec<String> {
        self.database.texts("select state from deliveries order by id").await
    }
}

/// An account's webhook, of a moment in seconds.
pub(super) fn change(entry: &str, time: i64, field: &str, value: Value) -> Value {
    json!({"object": "whatsapp_business_account", "entry": [{"id": entry, "time": time, "changes": [{"field": field, "value": value}]}]})
}

pub(super) fn now(world: &World) -> i64 {
    world.clock.now().0 / 1_000
}

async fn a_message_becomes_an_event_of_its_number(kind: Kind) {
    let (world, id) = World::quiet(kind).await;
    world.tell(&message(NUMBER_NEW, "wamid.1", "Olá")).await;
    world.understand().await;
    let events = world.events(&id).await;
    assert_eq!(events.len(), 1);
    let mut shown = events[0].to_json();
    assert_eq!(shown["id"].as_str().unwrap().len(), 32);
    assert!(shown["receivedAt"].as_str().unwrap().ends_with('Z'));
    let meta = shown["meta"].take();
    assert_eq!((&meta["type"], &meta["text"]["body"]), (&json!("text"), &json!("Olá")));
    for name in ["id", "seq", "receivedAt", "meta"] {
        shown.as_object_mut().unwrap().remove(name);
    }
    let user = json!({"phone": "5511999990000", "userId": "BR.1A2b3C", "name": "Bia", "person": null});
    let expected = json!({
        "connection": id, "phoneNumberId": NUMBER_NEW, "kind": "message.received", "field": "messages",
        "at": "2025-10-09T08:53:20Z", "user": user, "messageId": "wamid.1",
    });
    assert_eq!(shown, expected);
    assert_eq!(world.states().await, ["done"]);
}

async fn the_same_thing_is_kept_once_however_often_it_comes(kind: Kind) {
    let (world, id) = World::quiet(kind).await;
    let one = message(NUMBER_NEW, "wamid.1", "Olá");
    let mut both = message(NUMBER_NEW, "wamid.2", "Olá?");
    let messages = both["entry"][0]["changes"][0]["value"]["messages"].as_array_mut().unwrap();
    messages.push(one["entry"][0]["changes"][0]["value"]["messages"][0].clone());
    messages.push(messages[0].clone());
    for body in [&one, &one, &both] {
        world.tell(body).await;
    }
    world.understand().await;
    world.tell(&both).await;
    world.database.execute("update deliveries set state = $1", &["waiting"]).await;
    world.understand().await;
    let events = world.events(&id).await;
    let ids: Vec<_> = events.iter().map(|event| event.message_id.as_deref().unwrap()).collect();
    assert_eq!(ids, ["wamid.1", "wamid.2"]);
    assert!(events[0].seq < events[1].seq);
}

async fn a_thousand_messages_in_one_delivery_are_a_thousand_events(kind: Kind) {
    let (world, id) = World::quiet(kind).await;
    let mut body = message(NUMBER_NEW, "wamid.0", "0");
    let first = body["entry"][0]["changes"][0]["value"]["messages"][0].clone();
    let many = (0..1_000).map(|number| {
        let mut message = first.clone();
        message["id"] = json!(format!("wamid.{number}"));
        message
    });
    body["entry"][0]["changes"][0]["value"]["messages"] = many.collect();
    world.tell(&body).await;
    world.understand().await;
    let events = world.events(&id).await;
    assert_eq!(events.len(), 1_000);
    assert!(events.iter().enumerate().all(|(place, event)| event.message_id == Some(format!("wamid.{place}"))));
    assert_eq!(world.states().await, ["done"]);
}

async fn what_nobody_can_read_is_laid_aside_and_told(kind: Kind) {
    let (world, id) = World::quiet(kind).await;
    let deep = [b"[".repeat(50_000), b"]".repeat(50_000)].concat();
    for body in [&b"{\"half\":"[..], &[0xff, 0xfe], &deep, b"[]", br#"{"entry":[]}"#] {
        assert_eq!(world.deliver(body).await, 200);
    }
    // An entry without a change costs nobody anything, and is shown.
    let mut mixed = message(NUMBER_NEW, "wamid.0", "Olá");
    mixed["entry"].as_array_mut().unwrap().push(json!({"id": WABA_SOL, "news": ["of tomorrow"]}));
    world.tell(&mixed).await;
    world.tell(&message(NUMBER_NEW, "wamid.1", "a lone \u{0} and more")).await;
    world.understand().await;
    assert_eq!(world.states().await, ["failed", "failed", "failed", "failed", "failed", "done", "done"]);
    assert_eq!(world.store().count_deliveries().await.unwrap().dead, 5);
    let metas: Vec<Value> = world.events(&id).await.into_iter().map(|event| event.meta).collect();
    assert_eq!(metas.len(), 3);
    assert!(metas.contains(&json!({"id": WABA_SOL, "news": ["of tomorrow"]})), "{metas:?}");
    let why = world.database.texts("select last_error from deliveries where state = 'failed' order by id").await;
    assert!(why.iter().all(|why| !why.is_empty()), "{why:?}");
}

async fn what_is_for_no_number_here_is_kept_as_foreign(kind: Kind) {
    let (world, id) = World::quiet(kind).await;
    world.tell(&message("999000000000001", "wamid.1", "to somebody else")).await;
    let mut mixed = message(NUMBER_NEW, "wamid.2", "to us");
    let other = message("999000000000001", "wamid.3", "to somebody else")["entry"][0].clone();
    mixed["entry"].as_array_mut().unwrap().push(other);
    world.tell(&mixed).await;
    world.understand().await;
    assert_eq!(world.states().await, ["foreign", "foreign"]);
    let events = world.events(&id).await;
    assert_eq!(events.iter().map(|e| e.message_id.as_deref()).collect::<Vec<_>>(), [Some("wamid.2")]);
}

async fn an_app_of_its_own_speaks_for_its_own_workspace_alone(kind: Kind) {
    let (world, id) = World::quiet(kind).await;
    let address = world.move_to_own_app(&id).await;
    let body = message(NUMBER_NEW, "wamid.1", "signed by the installation's app").to_string();
    assert_eq!(world.deliver(body.as_bytes()).await, 200);
    world.understand().await;
    assert_eq!((world.events(&id).await.len(), world.states().await), (0, vec!["foreign".to_owned()]));
    let body = message(NUMBER_NEW, "wamid.2", "signed by its own").to_string();
    let signed = signature(OWN_APP_SECRET, body.as_bytes());
    assert_eq!(world.send(&address, body, Some(&signed)).await.status, 200);
    world.understand().await;
    assert_eq!(world.events(&id).await.len(), 1);
}

/// A number that moved to another account: its old connection is still here.
async fn of_two_numbers_with_the_same_digits_the_one_in_the_account_is_meant(kind: Kind) {
    let (world, old) = World::quiet(kind).await;
    let stored = world.connection(&old).await;
    let (workspace, waba) = (world.workspace("second").await, WabaId::new(WABA_LUA));
    let token = "EAA-of-the-other".into();
    let new = NewCredential {
        workspace: &workspace,
        waba: &waba,
        business: None,
        origin: stored.credential.origin,
        token: &token,
        facts: &stored.credential.facts,
    };
    let credential = world.store().put_credential(new).await.unwrap();
    let new = NewConnection {
        workspace: &workspace,
        credential: &credential,
        phone_number_id: &PhoneNumberId::new("106000000000099"),
        waba: &waba,
        business: None,
        app_id: Some(APP_ID),
        display_number: "+1 631-555-0101",
        verified_name: None,
    };
    let moved = world.store().put_connection(new).await.unwrap().unwrap();
    for (account, met) in [(WABA_LUA, [0, 1]), (WABA_SOL, [1, 1]), ("104000000000098", [2, 2])] {
        let security = json!({"display_phone_number": "16315550101", "event": "PIN_CHANGED", "requester": account});
        world.tell(&change(account, now(&world), "security", security)).await;
        world.understand().await;
        assert_eq!([world.events(&old).await.len(), world.events(&moved).await.len()], met, "{account}");
    }
}

async fn what_meta_says_of_an_account_changes_its_connections(kind: Kind) {
    let (world, id) = World::quiet(kind).await;
    let (before, time) = (world.connection(&id).await.version, now(&world) + 60);
    let shown = "+1 631-555-0101";
    let name = json!({"display_phone_number": shown, "decision": "REJECTED", "requested_verified_name": "Sol"});
    world.tell(&change(WABA_SOL, time, "phone_number_name_update", name)).await;
    let ban = json!({"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "DISABLE", "waba_ban_date": "April 17, 2027"}});
    world.tell(&change(WABA_SOL, time, "account_update", ban)).await;
    let limit = json!({"max_daily_conversations_per_business": "TIER_10K"});
    world.tell(&change(WABA_SOL, time, "business_capability_update", limit)).await;
    let security = json!({"display_phone_number": "16315550101", "event": "PIN_CHANGED", "requester": "1"});
    world.tell(&change(WABA_SOL, time, "security", security)).await;
    let template =
        json!({"event": "REJECTED", "message_template_id": 594_425_479_261_596_i64, "message_template_name": "offer"});
    world.tell(&change(WABA_SOL, time, "message_template_status_update", template)).await;
    world.understand().await;
    let stored = world.connection(&id).await;
    assert!(stored.version > before, "open pages are told");
    let number = stored.snapshot.unwrap().number.unwrap();
    assert_eq!(
        (number.name_status.as_deref(), number.messaging_limit.as_deref()),
        (Some("DECLINED"), Some("TIER_10K"))
    );
    assert_eq!(world.badge(&id).await, Badge::NotWorking);
    let lines = world.store().list_audit(&id, 10).await.unwrap();
    let told: Vec<Value> = lines
        .iter()
        .filter(|line| line.actor == "Meta")
        .map(|line| serde_json::from_str(line.after.as_deref().unwrap()).unwrap())
        .collect();
    assert_eq!(told.len(), 5, "{told:?}");
    assert!(
        told.iter().any(|line| line["message_template_name"] == "offer" && line["event"] == "REJECTED"),
        "{told:?}"
    );
    assert!(told.iter().any(|line| line["ban_info"]["waba_ban_state"] == "DISABLE"), "{told:?}");
    let kinds: Vec<&str> = world.events(&id).await.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(
        kinds,
        ["connection.updated", "account.updated", "account.updated", "connection.updated", "template.updated"]
    );
    // Lifted again, told late.
    let lifted = json!({"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "REINSTATE"}});
    world.tell(&change(WABA_SOL, time - 30, "account_update", lifted.clone())).await;
    world.understand().await;
    assert_eq!(world.badge(&id).await, Badge::NotWorking, "what is older does not count");
    world.tell(&change(WABA_SOL, time + 30, "account_update", lifted)).await;
    world.understand().await;
    assert_eq!(world.badge(&id).await, Badge::NeedsAttention, "the name is still declined");
}

async fn taken_access_disconnects_until_a_reading_proves_otherwise(kind: Kind) {
    let (mut world, id) = World::quiet(kind).await;
    let taken = json!({"object": "application", "entry": [{"id": "810", "time": now(&world) + 60, "changes": [
        {"field": "business_integration_uninstall", "value": {"business_manager_id": BUSINESS_SOL}}]}]});
    world.tell(&taken).await;
    world.understand().await;
    assert_eq!(world.badge(&id).await, Badge::Disconnected);
    // Meta still lets us read: whatever it said, we are not out.
    world.pass_seconds(120);
    world.work();
    soon(async || (world.badge(&id).await == Badge::Connected).then_some(())).await;
    assert!(world.connection(&id).await.connection.heard.sayings.contains_key(&Aspect::Access));
}

async fn receiving_says_when_the_last_event_came(kind: Kind) {
    let (world, id) = World::quiet(kind).await;
    let admin = world.person(Role::Admin).await;
    let page = async || admin.get(&format!("/core/whatsapp-api/configurations/{id}")).await.text();
    assert!(page().await.contains("No message yet."), "{}", page().await);
    world.tell(&message(NUMBER_NEW, "wamid.1", "Olá")).await;
    world.understand().await;
    assert!(page().await.contains("Last event "), "{}", page().await);
    // In the header, which is for everybody.
    let viewer = world.person(Role::Viewer).await;
    let header = async || {
        let html = viewer.page(&format!("/core/whatsapp-api/configurations/{id}")).await;
        readable(html.split("<header class=\"page-header\">").nth(1).unwrap().split("</header>").next().unwrap())
    };
    let told = header().await;
    assert!(told.contains("Last event ") && told.contains("Checked "), "{told}");
    let stored = world.connection(&id).await;
    assert!(findings(&world.services().standing(&stored)).is_empty());
}
