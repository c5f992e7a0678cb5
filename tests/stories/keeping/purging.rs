//! What is old goes by itself.

use super::{BIA, delivery, said};
use crate::support::{Kind, SIMPLE, World, readable, soon};
use greentick::domain::instant::DAY;
use greentick::domain::user::Role;
use greentick::server::operations::purge_old::Purge;

both!(
    deliveries_go_after_thirty_days_and_events_after_ninety,
    what_is_not_understood_yet_stays,
    a_replay_does_not_bring_back_what_was_removed,
    who_keeps_for_ever_loses_nothing,
    many_go_in_small_steps,
    the_background_removes_by_itself_and_tidies_up_after_its_own_work,
);

impl World {
    /// A connected number, and nobody works in the background.
    async fn resting(kind: Kind) -> Self {
        let mut world = Self::start(kind).await;
        world.connect(&world.person(Role::Admin).await, SIMPLE).await;
        world.rest().await;
        world
    }

    async fn hear(&self, wamid: &str) {
        self.bring(&delivery(&[&BIA], &[said(&BIA, wamid, "Olá", self.clock.now())])).await;
        self.interpret().await;
    }

    async fn purge(&self) -> usize {
        let (mut purge, mut steps) = (Purge::default(), 0);
        while purge.step(self.services()).await.unwrap() {
            steps += 1;
        }
        steps
    }
}

async fn deliveries_go_after_thirty_days_and_events_after_ninety(kind: Kind) {
    let world = World::resting(kind).await;
    world.hear("wamid.old").await;
    world.clock.advance(29 * DAY);
    world.hear("wamid.new").await;
    world.purge().await;
    assert_eq!((world.delivery_states().await.len(), world.wamids().await.len()), (2, 2));
    world.clock.advance(2 * DAY);
    world.purge().await;
    assert_eq!((world.delivery_states().await.len(), world.wamids().await.len()), (1, 2));
    world.clock.advance(60 * DAY);
    world.purge().await;
    assert_eq!((world.delivery_states().await.len(), world.wamids().await), (0, vec!["wamid.new".to_owned()]));
    world.clock.advance(30 * DAY);
    world.purge().await;
    assert_eq!(world.wamids().await.len(), 0);
    world.hear("wamid.later").await;
    assert_eq!(world.database.texts("select cast(seq as text) from events").await, ["3"], "none is given twice");
}

async fn what_is_not_understood_yet_stays(kind: Kind) {
    let world = World::resting(kind).await;
    world.bring(&delivery(&[&BIA], &[said(&BIA, "wamid.waits", "Olá", world.clock.now())])).await;
    world.bring(&serde_json::json!("nobody can read this")).await;
    world.clock.advance(200 * DAY);
    world.purge().await;
    assert_eq!(world.delivery_states().await, ["waiting", "waiting"]);
    world.interpret().await;
    assert_eq!(world.wamids().await, ["wamid.waits"], "late is better than never");
    world.purge().await;
    assert_eq!((world.delivery_states().await.len(), world.wamids().await.len()), (0, 0));
}

async fn a_replay_does_not_bring_back_what_was_removed(kind: Kind) {
    let mut world = World::resting(kind).await;
    world.restart(|given| given.keep_events_days = Some("10".to_owned())).await;
    world.rest().await;
    let body = delivery(&[&BIA], &[said(&BIA, "wamid.1", "Olá", world.clock.now())]);
    world.bring(&body).await;
    world.interpret().await;
    // Meta was not sure that it had come.
    world.clock.advance(6 * DAY);
    world.bring(&body).await;
    world.interpret().await;
    let second = world.clock.now();
    world.clock.advance(5 * DAY);
    world.purge().await;
    assert_eq!((world.delivery_states().await.len(), world.wamids().await.len()), (1, 0));
    world.work();
    let admin = world.person(Role::Admin).await;
    let (from, to) = (second.plus(-60_000).form_minute(), second.plus(60_000).form_minute());
    let answer = admin.post("/core/whatsapp-api/messages/replay", &[("from", &from), ("to", &to)]).await;
    soon(async || {
        let text = readable(&admin.page(answer.location()).await);
        text.contains("1 delivery read again, nothing new in it.").then_some(())
    })
    .await;
    assert_eq!(world.wamids().await.len(), 0);
}

async fn who_keeps_for_ever_loses_nothing(kind: Kind) {
    let mut world = World::resting(kind).await;
    world
        .restart(|given| {
            given.keep_events_days = Some("forever".to_owned());
            given.keep_deliveries_days = Some("forever".to_owned());
        })
        .await;
    world.rest().await;
    world.hear("wamid.1").await;
    world.clock.advance(20_000 * DAY);
    world.purge().await;
    assert_eq!((world.delivery_states().await.len(), world.wamids().await.len()), (1, 1));
    let admin = world.person(Role::Admin).await;
    let text = readable(&admin.page("/settings/personal-data").await);
    assert!(text.contains("is kept for ever."), "{text}");
}

async fn many_go_in_small_steps(kind: Kind) {
    let world = World::resting(kind).await;
    let now = world.clock.now();
    for round in 0..3 {
        let messages: Vec<_> =
            (0..200).map(|number| said(&BIA, &format!("wamid.{round}.{number}"), "Olá", now)).collect();
        world.bring(&delivery(&[&BIA], &messages)).await;
    }
    world.interpret().await;
    assert_eq!(world.wamids().await.len(), 600);
    world.clock.advance(91 * DAY);
    let steps = world.purge().await;
    assert!(steps >= 3, "{steps} steps for 600 events: none may hold ingest up for long");
    assert_eq!((world.delivery_states().await.len(), world.wamids().await.len()), (0, 0));
}

async fn the_background_removes_by_itself_and_tidies_up_after_its_own_work(kind: Kind) {
    let mut world = World::resting(kind).await;
    world.hear("wamid.1").await;
    world.work();
    let admin = world.person(Role::Admin).await;
    let event = world.database.texts("select id from events").await.remove(0);
    admin.post("/_fn/replay_event", &[("event", &event)]).await;
    soon(async || {
        (world.database.texts("select id from replays where finished_at is not null").await.len() == 1).then_some(())
    })
    .await;
    world.rest().await;
    world.clock.advance(91 * DAY);
    world.work();
    soon(async || {
        let left = [
            world.database.texts("select id from events").await,
            world.database.texts("select state from deliveries").await,
            world.database.texts("select id from replays").await,
            world.database.texts("select id from signups").await,
        ];
        left.iter().all(Vec::is_empty).then_some(())
    })
    .await;
    let told = world.database.texts("select action from audit where action = 'deliveries_replayed'").await;
    assert_eq!(told.len(), 1, "who did what is kept");
}
