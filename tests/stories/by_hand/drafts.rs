//! What was typed: kept sealed, for half an hour, for the browser that typed it; and shown to nobody again.

use super::{Form, NEW, edit, finished, permanent};
use crate::support::{Kind, SIMPLE, World};
use greentick::domain::user::Role;
use sandbox::fixtures;

both!(
    secrets_stay_out_of_every_page_and_are_kept,
    a_draft_ends_after_half_an_hour,
    a_draft_is_for_its_own_session,
    a_draft_of_one_number_is_none_of_another,
    a_reload_shows_the_same_again,
);

const VERIFY: &str = "a verify token of our own";

async fn secrets_stay_out_of_every_page_and_are_kept(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let secrets = [fixtures::OWN_APP_TOKEN, fixtures::OWN_APP_SECRET, VERIFY];
    let form = Form::open(&ana, NEW)
        .await
        .type_in("token", secrets[0])
        .type_in("app_id", fixtures::OWN_APP_ID)
        .type_in("app_secret", secrets[1])
        .type_in("verify_token", secrets[2])
        .type_in("phone_number_id", "15550051489")
        .again("test")
        .await;
    let text = form.text();
    assert!(text.contains("Kept: ••••0002") && text.contains("Kept: ••••0dd5"), "{text}");
    for secret in ["token", "app_secret", "verify_token"] {
        assert_eq!(form.value(secret), "", "{secret} is not sent back");
    }
    // Sealed where it is kept.
    let loot = world.database.loot().await;
    for secret in secrets {
        assert!(!loot.windows(secret.len()).any(|window| window == secret.as_bytes()), "{secret}");
    }
    let form = form.type_in("phone_number_id", fixtures::NUMBER_FLAGGED);
    let id = finished(&world, &form.press("save").await).await;
    let editing = Form::open(&ana, &edit(&id)).await;
    assert!(editing.text().contains("Kept: ••••0002"), "{}", editing.text());
    ana.page(&format!("/core/whatsapp-api/configurations/{id}")).await;
    ana.page(&format!("/core/whatsapp-api/configurations/{id}/receiving")).await;
    ana.call("find_entry", &[("connection", id.as_str()), ("draft", "")]).await;
    let heard = world.heard.lock().unwrap().join("\n");
    for secret in secrets {
        assert!(!heard.contains(secret), "{secret}");
    }
}

async fn a_draft_ends_after_half_an_hour(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let token = permanent(&world, &[fixtures::WABA_DELIVERY]);
    let form = Form::open(&ana, NEW).await.type_in("token", &token).type_in("name", "Corner 7").again("test").await;
    let address = format!("{NEW}?draft={}", form.value("draft"));
    world.clock.advance(29 * 60_000);
    assert_eq!(Form::open(&ana, &address).await.value("name"), "Corner 7");
    world.clock.advance(2 * 60_000);
    let late = Form::open(&ana, &address).await;
    assert!(late.text().contains("What you had typed is gone."), "{}", late.text());
    assert_eq!(late.value("name"), "");
    // A press on the old page says what is missing instead of forgetting the rest.
    let pressed = form.again("save").await;
    assert!(pressed.text().contains("Paste the access token."), "{}", pressed.text());
    assert_eq!(pressed.value("name"), "Corner 7");
    world.clock.advance(31 * 60_000);
    world.store().purge_drafts().await.unwrap();
    assert!(world.database.texts("select id from drafts").await.is_empty());
}

async fn a_draft_is_for_its_own_session(kind: Kind) {
    let world = World::start(kind).await;
    world.add_person("default", "ana@example.org", Role::Admin).await;
    let ana = world.log_in("ana@example.org").await;
    let token = permanent(&world, &[fixtures::WABA_DELIVERY]);
    let form = Form::open(&ana, NEW).await.type_in("token", &token).type_in("name", "Corner 7").again("test").await;
    let address = format!("{NEW}?draft={}", form.value("draft"));
    // The very same person, in another browser; and an admin beside her.
    for other in [world.log_in("ana@example.org").await, world.person(Role::Admin).await] {
        let seen = Form::open(&other, &address).await;
        assert!(seen.text().contains("What you had typed is gone."), "{}", seen.text());
        assert!(!seen.html.contains("Corner 7") && !seen.html.contains("Kept:"));
        let stolen = seen.type_in("draft", &form.value("draft")).again("test").await;
        assert!(stolen.text().contains("Paste the access token."), "{}", stolen.text());
    }
    assert_eq!(Form::open(&ana, &address).await.value("name"), "Corner 7", "hers is untouched");
}

async fn a_draft_of_one_number_is_none_of_another(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let id = world.connect(&ana, SIMPLE).await;
    let form = Form::open(&ana, NEW).await.type_in("token", "EAAG").type_in("name", "Corner 7").again("test").await;
    let editing = Form::open(&ana, &format!("{}?draft={}", edit(&id), form.value("draft"))).await;
    assert!(editing.text().contains("What you had typed is gone."), "{}", editing.text());
    assert_eq!(editing.value("name"), "");
}

async fn a_reload_shows_the_same_again(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let token = permanent(&world, &[fixtures::WABA_DELIVERY]);
    let form = Form::open(&ana, NEW).await.type_in("token", &token).again("test").await;
    let again = Form::open(&ana, &format!("{NEW}?draft={}", form.value("draft"))).await;
    assert_eq!(again.text(), form.text());
}
