//! The whole way: the sandbox of Meta sends, as Meta does.

use super::SHARED;
use crate::support::{Kind, SIMPLE, World, soon};
use greentick::domain::event::{Event, EventKind};
use greentick::domain::ids::ConnectionId;
use greentick::domain::user::Role;
use sandbox::fixtures::NUMBER_NEW;
use sandbox::{FIELDS, NewWebhook, Posted, Signing};

both!(
    a_customers_message_arrives_with_its_accents_and_emoji,
    every_field_of_the_catalogue_becomes_an_event,
    a_thousand_messages_twice_and_in_any_order_arrive_once,
    a_message_that_is_sent_is_followed_to_its_end,
    a_wrong_signature_is_refused_and_tried_again,
    what_was_not_kept_comes_again,
);

async fn connected(kind: Kind) -> (World, ConnectionId) {
    let world = World::start(kind).await;
    let id = world.connect(&world.person(Role::Admin).await, SIMPLE).await;
    world.meta.set_callback(None, &format!("{}{SHARED}", world.base)).unwrap();
    (world, id)
}

impl World {
    fn wish(&self, wish: &NewWebhook) {
        self.meta.send_webhook(wish).unwrap();
    }

    /// Waits for so many events.
    async fn heard_of(&self, id: &ConnectionId, count: usize) -> Vec<Event> {
        soon(async || {
            let events = self.store().list_events(id, 0, 5_000).await.unwrap();
            (events.len() >= count).then_some(events)
        })
        .await
    }

    /// Waits until all that was sent has been answered.
    async fn posted(&self, what: impl Fn(&Posted) -> bool) -> Vec<Posted> {
        soon(async || {
            let posted = self.meta.webhooks();
            posted.iter().all(&what).then_some(posted)
        })
        .await
    }
}

async fn a_customers_message_arrives_with_its_accents_and_emoji(kind: Kind) {
    let (world, id) = connected(kind).await;
    let text = "Pão de queijo? 🧀 a/b";
    world.wish(&NewWebhook {
        text: Some(text.into()),
        from: Some("+55 11 98888-7777".into()),
        ..NewWebhook::default()
    });
    let events = world.heard_of(&id, 1).await;
    assert_eq!((events[0].kind, &events[0].meta["text"]["body"]), (EventKind::Received, &text.into()));
    assert_eq!(events[0].user.phone.as_deref(), Some("5511988887777"));
    let kept = world.kept().await;
    let raw = std::str::from_utf8(&kept[0]).unwrap();
    assert!(raw.contains(r"P\u00e3o de queijo? \ud83e\uddc0 a\/b"), "{raw}");
}

async fn every_field_of_the_catalogue_becomes_an_event(kind: Kind) {
    let (world, id) = connected(kind).await;
    // Solutions belong to the partner's own portfolio, of which nothing is connected here.
    let fields = || FIELDS.into_iter().chain(["a_field_of_tomorrow"]).filter(|field| *field != "partner_solutions");
    // Nobody can be subscribed to it today.
    let url = |field: &str| (field == "a_field_of_tomorrow").then(|| format!("{}{SHARED}", world.base));
    for field in fields().chain(["partner_solutions"]) {
        world.wish(&NewWebhook { field: Some(field.into()), url: url(field), ..NewWebhook::default() });
    }
    let events = soon(async || {
        let events = world.heard_of(&id, fields().count()).await;
        fields().all(|field| events.iter().any(|event| event.field == field)).then_some(events)
    });
    assert!(events.await.iter().all(|event| event.field != "partner_solutions"));
    let foreign = soon(async || {
        let states = world.database.texts("select state from deliveries where state <> 'done'").await;
        (states.len() == 1).then_some(states)
    });
    assert_eq!(foreign.await, ["foreign"]);
}

async fn a_thousand_messages_twice_and_in_any_order_arrive_once(kind: Kind) {
    let (world, id) = connected(kind).await;
    let wish =
        NewWebhook { count: Some(1_000), batch: Some(200), duplicates: 1, shuffle: true, ..NewWebhook::default() };
    world.wish(&wish);
    let posted = world.posted(|post| post.delivered).await;
    assert_eq!((posted.len(), world.kept().await.len()), (10, 10));
    soon(async || (world.store().count_deliveries().await.unwrap().queued == 0).then_some(())).await;
    assert_eq!(world.heard_of(&id, 1_000).await.len(), 1_000);
}

async fn a_message_that_is_sent_is_followed_to_its_end(kind: Kind) {
    let (world, id) = connected(kind).await;
    let stored = world.connection(&id).await;
    let access = world.services().access(&stored).await.unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let body = serde_json::json!({"messaging_product": "whatsapp", "to": "5511999990000", "type": "text", "text": {"body": "Sim!"}});
    let url = format!("{}/v25.0/{NUMBER_NEW}/messages", world.meta.graph_url());
    let token = secrecy::ExposeSecret::expose_secret(&access.token);
    let sent = client.post(url).bearer_auth(token).json(&body).send().await.unwrap();
    let sent: serde_json::Value = serde_json::from_str(&sent.text().await.unwrap()).unwrap();
    let events = world.heard_of(&id, 3).await;
    assert!(events.iter().all(|event| event.message_id.as_deref() == sent["messages"][0]["id"].as_str()), "{sent}");
    let mut kinds: Vec<EventKind> = events.iter().map(|event| event.kind).collect();
    kinds.sort();
    assert_eq!(kinds, [EventKind::Sent, EventKind::Delivered, EventKind::Read]);
}

async fn a_wrong_signature_is_refused_and_tried_again(kind: Kind) {
    let (world, id) = connected(kind).await;
    for signing in [Signing::Wrong, Signing::Missing] {
        world.wish(&NewWebhook { signing, ..NewWebhook::default() });
    }
    let posted = world.posted(|post| post.attempts > 0).await;
    assert!(posted.iter().all(|post| post.status == Some(401) && post.next_at.is_some()), "{posted:?}");
    assert!(world.kept().await.is_empty() && world.store().list_events(&id, 0, 10).await.unwrap().is_empty());
}

async fn what_was_not_kept_comes_again(kind: Kind) {
    let (world, id) = connected(kind).await;
    world.database.execute("alter table deliveries rename to elsewhere", &[]).await;
    world.wish(&NewWebhook::default());
    let posted = world.posted(|post| post.attempts > 0).await;
    assert_eq!((posted[0].status, posted[0].delivered), (Some(503), false));
    world.database.execute("alter table elsewhere rename to deliveries", &[]).await;
    soon(async || (world.browser().get("/readyz").await.status == 200).then_some(())).await;
    world.meta.advance_clock(61);
    assert_eq!(world.heard_of(&id, 1).await.len(), 1);
    assert!(world.posted(|post| post.delivered).await[0].attempts > 1);
}
