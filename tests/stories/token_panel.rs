//! The token explains itself: what kind it is, whom it belongs to, what it reaches, and when to care about it.

use crate::support::{Browser, Kind, SIMPLE, World};
use greentick::domain::connection::Badge;
use greentick::domain::ids::ConnectionId;
use greentick::domain::user::Role;
use sandbox::{SwitchChange, TokenLife};
use serde_json::Value;

both!(
    each_kind_of_token_is_told_with_its_end,
    warns_at_fourteen_seven_and_one_days_and_writes_each_down_once,
    a_token_without_an_end_is_to_be_changed_after_sixty_days,
    the_reminder_can_be_moved_and_switched_off,
    a_reminder_of_no_choice_is_refused_by_name,
);

const DAY: i64 = 86_400;

async fn connected(world: &World, life: TokenLife) -> (Browser, ConnectionId) {
    world.meta.switch(SwitchChange { token_life: Some(life), ..SwitchChange::default() });
    let ana = world.person(Role::Admin).await;
    let id = world.connect(&ana, SIMPLE).await;
    (ana, id)
}

fn page_of(id: &ConnectionId) -> String {
    format!("/core/whatsapp-api/configurations/{id}")
}

async fn each_kind_of_token_is_told_with_its_end(kind: Kind) {
    let cases = [
        (TokenLife::Permanent, "Business integration token, without an end", "Never", "System user"),
        (TokenLife::SixtyDays, "Business integration token, 60 days", "in 5", "System user"),
        (TokenLife::Day, "Temporary token, ends within 24 hours", "in 2", "A person at Facebook"),
        (TokenLife::UserSixtyDays, "Long-lived token of a person, about 60 days", "in 5", "A person at Facebook"),
    ];
    for (life, name, end, owner) in cases {
        let world = World::start(kind).await;
        let (ana, id) = connected(&world, life).await;
        let page = ana.page(&page_of(&id)).await;
        for expected in [name, end, owner, "Made by app", "In use here since", "WABA IDs"] {
            assert!(page.contains(expected), "{life:?}: {expected} is missing in {page}");
        }
    }
}

async fn days_written_down(world: &World, id: &ConnectionId) -> Vec<i64> {
    let audit = world.store().list_audit(id, 100).await.unwrap();
    let noted = audit.iter().rev().filter(|entry| entry.action == "token_ends_soon");
    let after = noted.map(|entry| serde_json::from_str::<Value>(entry.after.as_deref().unwrap()).unwrap());
    after.map(|after| after["days"].as_i64().unwrap()).collect()
}

async fn warns_at_fourteen_seven_and_one_days_and_writes_each_down_once(kind: Kind) {
    let world = World::start(kind).await;
    let (_, id) = connected(&world, TokenLife::SixtyDays).await;
    let end = world.connection(&id).await.credential.facts.expires_at.unwrap();
    let steps = [
        (15 * DAY, Badge::Connected, "", vec![]),
        (13 * DAY, Badge::NeedsAttention, "There is time: any day before then will do.", vec![14]),
        (12 * DAY, Badge::NeedsAttention, "There is time: any day before then will do.", vec![14]),
        (6 * DAY, Badge::NeedsAttention, "See to it this week.", vec![14, 7]),
        (DAY / 2, Badge::NeedsAttention, "See to it now.", vec![14, 7, 1]),
    ];
    for (left, badge, words, noted) in steps {
        let now = world.services().clock.now();
        world.pass_seconds(end.plus(-left * 1_000).since(now) / 1_000);
        let ana = world.person(Role::Admin).await;
        world.press(&ana, "check_connection", &id).await;
        assert_eq!(world.badge(&id).await, badge, "{left} seconds before the end");
        assert!(ana.page(&page_of(&id)).await.contains(words), "{words}");
        assert_eq!(days_written_down(&world, &id).await, noted);
    }
}

const DUE: &str = "It is time to change the access token";

async fn a_token_without_an_end_is_to_be_changed_after_sixty_days(kind: Kind) {
    let world = World::start(kind).await;
    let (ana, id) = connected(&world, TokenLife::Permanent).await;
    let page = ana.page(&page_of(&id)).await;
    assert!(page.contains("Change it by") && !page.contains(DUE), "{page}");
    world.pass_seconds(61 * DAY);
    let ana = world.person(Role::Admin).await;
    world.press(&ana, "check_connection", &id).await;
    assert!(ana.page(&page_of(&id)).await.contains(DUE));
    // A reminder is not a fault.
    assert_eq!(world.badge(&id).await, Badge::Connected);
}

async fn the_reminder_can_be_moved_and_switched_off(kind: Kind) {
    let world = World::start(kind).await;
    let (_, id) = connected(&world, TokenLife::Permanent).await;
    world.pass_seconds(61 * DAY);
    let ana = world.person(Role::Admin).await;
    let ninety = ana.post("/_fn/set_rotation", &[("connection", id.as_str()), ("days", "90")]).await;
    assert_eq!(ninety.status, 302);
    assert!(!ana.page(&page_of(&id)).await.contains(DUE));
    world.pass_seconds(30 * DAY);
    let ana = world.person(Role::Admin).await;
    assert!(ana.page(&page_of(&id)).await.contains(DUE));
    let never = ana.post("/_fn/set_rotation", &[("connection", id.as_str()), ("days", "0")]).await;
    assert_eq!(never.status, 302);
    let page = ana.page(&page_of(&id)).await;
    assert!(!page.contains(DUE) && page.contains("You will not be reminded"), "{page}");
    let audit = world.store().list_audit(&id, 100).await.unwrap();
    assert_eq!(audit.iter().filter(|entry| entry.action == "rotation_changed").count(), 2);
}

async fn a_reminder_of_no_choice_is_refused_by_name(kind: Kind) {
    let world = World::start(kind).await;
    let (ana, id) = connected(&world, TokenLife::Permanent).await;
    let answer = ana.post("/_fn/set_rotation", &[("connection", id.as_str()), ("days", "7")]).await;
    assert_eq!(answer.status, 422);
    assert!(answer.text().contains("30, 60, 90, 180, 365"), "{}", answer.text());
    assert_eq!(world.connection(&id).await.credential.rotation_days, 60);
}
