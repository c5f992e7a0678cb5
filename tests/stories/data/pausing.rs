//! After a restore nothing goes out until an admin resumes.

use crate::support::{Kind, PASSWORD, SIMPLE, World, readable, soon};
use greentick::domain::backups::Pause;
use greentick::domain::user::Role;
use greentick::server::store::{JobKind, NewJob};
use secrecy::ExposeSecret;
use serde_json::json;

both!(
    what_changes_something_at_meta_waits_for_resume,
    a_press_that_changes_meta_at_once_is_refused_with_the_way_on,
    only_admins_of_the_installation_resume
);

/// As `greentick restore` leaves it.
async fn paused(world: &World) {
    let now = world.clock.now();
    let pause = serde_json::to_string(&Pause { since: now, backup_of: now.plus(-3_600_000) }).unwrap();
    let put = "insert into installation (name, value) values ('paused', $1)";
    assert_eq!(world.database.execute(put, &[&pause]).await, 1);
}

async fn what_changes_something_at_meta_waits_for_resume(kind: Kind) {
    let world = World::start(kind).await;
    let admin = world.person(Role::Admin).await;
    let id = world.connect(&admin, SIMPLE).await;
    paused(&world).await;
    assert!(world.services().effects_paused().await.unwrap());
    let health = world.browser().get("/api/webhooks/whatsapp/health").await.json();
    assert_eq!(health["components"]["effects"], "attention");
    // As if a later version had written it.
    let unknown = "update installation set value = $1 where name = 'paused'";
    let pause = world.database.texts("select value from installation where name = 'paused'").await.remove(0);
    world.database.execute(unknown, &["until Monday"]).await;
    let health = world.browser().get("/api/webhooks/whatsapp/health").await;
    assert_eq!((health.status, health.json()["components"]["effects"].as_str()), (200, Some("attention")));
    world.database.execute(unknown, &[&pause]).await;
    let released = || world.calls("DELETE", "waba/subscribed_apps");
    let press = [("connection", id.as_str()), ("confirmed", "yes")];
    assert_eq!(admin.post("/_fn/disconnect_number", &press).await.status, 302);
    // What reads goes on: its job came later and is done first.
    let reading = NewJob { kind: JobKind::CheckConnection, subject: "another", payload: json!({}) };
    world.store().add_job(reading).await.unwrap();
    let states = async |kind: &'static str| world.database.texts(kind).await;
    let checked = "select state from jobs where kind = 'check_connection' and subject = 'another'";
    soon(async || (states(checked).await == ["done"]).then_some(())).await;
    assert_eq!(states("select state from jobs where kind = 'release_number'").await, ["waiting"]);
    assert_eq!(released(), 0);
    for path in ["/core/whatsapp-api/configurations", "/settings/api-keys", "/core/whatsapp-api/messages"] {
        let page = readable(&admin.page(path).await);
        assert!(page.contains("Sending is paused.") && page.contains("Whose data was deleted since is back"), "{path}");
    }
    let answer = admin.post("/_fn/resume_effects", &[]).await;
    assert_eq!((answer.status, answer.location()), (302, "/settings/backups"));
    soon(async || (states("select state from jobs where kind = 'release_number'").await == ["done"]).then_some(()))
        .await;
    assert_eq!(released(), 1);
    assert!(!world.services().effects_paused().await.unwrap());
    assert!(!admin.page("/settings/backups").await.contains("Sending is paused."));
    let audited = "select before from audit where action = 'effects_resumed'";
    assert!(states(audited).await[0].contains("\"backupOf\""));
}

async fn a_press_that_changes_meta_at_once_is_refused_with_the_way_on(kind: Kind) {
    let world = World::start(kind).await;
    let admin = world.person(Role::Admin).await;
    let id = world.connect(&admin, SIMPLE).await;
    let pin_page = format!("/core/whatsapp-api/configurations/{id}/pin");
    let form = [("password", PASSWORD), ("pin", "246810")];
    let pin = async || world.store().open_pin(&id).await.unwrap().unwrap().expose_secret().to_owned();
    let before = pin().await;
    paused(&world).await;
    let calls = world.meta.calls().len();
    let token = [("connection", id.as_str()), ("token", "any")];
    for (path, form) in [(pin_page.as_str(), &form[..]), ("/_fn/revoke_old_token", &token)] {
        let refused = admin.post(path, form).await;
        assert_eq!(refused.status, 409, "{path}");
        let text = readable(&refused.body);
        assert!(text.contains("Nothing is sent and nothing is changed at Meta yet."), "{path}: {text}");
        let (before_words, _) = refused.body.split_once("To Settings › Backups").expect("it says where to go on");
        assert!(before_words.rsplit("<a ").next().unwrap().contains("href=\"/settings/backups\""), "{path}");
    }
    assert_eq!((pin().await, world.meta.calls().len()), (before, calls));
    assert_eq!(admin.post("/_fn/resume_effects", &[]).await.status, 302);
    assert_eq!(admin.post(&pin_page, &form).await.status, 200);
    assert_eq!(pin().await, "246810");
}

async fn only_admins_of_the_installation_resume(kind: Kind) {
    let world = World::start(kind).await;
    paused(&world).await;
    let others = [
        world.person(Role::Viewer).await,
        world.person(Role::Support).await,
        world.person_of("second", Role::Admin).await,
    ];
    for browser in others {
        assert!(!browser.page("/core/whatsapp-api/configurations").await.contains("Sending is paused."));
        assert_eq!(browser.post("/_fn/resume_effects", &[]).await.status, 403);
    }
    assert!(world.services().effects_paused().await.unwrap());
}
