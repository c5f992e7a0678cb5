//! Replacing credentials: the present token stays in use until a better one has proven itself.

use super::{Form, connected, edit, permanent, token};
use crate::support::{Kind, World};
use greentick::domain::connection::Badge;
use greentick::domain::credential::Origin;
use greentick::domain::ids::ConnectionId;
use greentick::domain::user::Role;
use sandbox::{FaultDraft, FaultKind, NewToken, SwitchChange, TokenLife, fixtures};
use secrecy::ExposeSecret;

both!(
    a_new_token_takes_the_place_of_the_old_one,
    a_failing_new_token_leaves_the_working_one_in_use,
    an_unreachable_meta_leaves_the_working_one_in_use,
    one_token_serves_all_numbers_of_its_account,
    a_bad_token_for_another_number_spoils_no_number_that_works,
    another_app_is_another_for_all_numbers_of_the_account,
    two_admins_do_not_overwrite_each_other_unseen,
    a_check_meanwhile_is_no_change,
    the_same_token_again_stays_what_it_was,
    the_old_token_is_revoked_at_a_press_of_its_own,
    a_token_that_another_credential_holds_is_not_offered_to_be_revoked,
    an_old_token_is_forgotten_after_a_day,
    another_number_needs_a_connection_of_its_own,
    signing_in_at_facebook_brings_a_number_back_from_its_own_app,
);

async fn held(world: &World, id: &ConnectionId) -> String {
    let credential = world.connection(id).await.credential.id;
    world.store().open_token(&credential).await.unwrap().unwrap().expose_secret().to_owned()
}

fn works(world: &World, token: &str) -> bool {
    world.meta.tokens().iter().any(|known| known["value"] == token && known["works"] == true)
}

async fn page_of(browser: &crate::support::Browser, id: &ConnectionId) -> String {
    crate::support::readable(&browser.page(&format!("/core/whatsapp-api/configurations/{id}")).await)
}

async fn a_new_token_takes_the_place_of_the_old_one(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let (id, first) = connected(&world, &ana).await;
    let second = permanent(&world, &[fixtures::WABA_SOL]);
    let form = Form::open(&ana, &edit(&id)).await;
    assert!(form.text().contains(&format!("Kept: ••••{}", &first[first.len() - 4..])), "{}", form.text());
    for page in ["credentials", "pin", "disconnect", "take-over"] {
        let html = ana.page(&format!("/core/whatsapp-api/configurations/{id}/{page}")).await;
        let way = html.split("aria-label=\"Breadcrumb\"").nth(1).and_then(|rest| rest.split("</nav>").next()).unwrap();
        assert!(way.contains(&format!("href=\"/core/whatsapp-api/configurations/{id}\"")), "{page}: {way}");
    }
    for of_a_new_number in ["The only one that is required", "Leave it empty to choose", "one is made for you"] {
        assert!(!form.text().contains(of_a_new_number), "{of_a_new_number}: {}", form.text());
    }
    let address = form.type_in("token", &second).type_in("name", "Shop").press("save").await;
    assert_eq!(address, format!("/core/whatsapp-api/configurations/{id}"));
    assert_eq!(held(&world, &id).await, second);
    assert_eq!(world.connection(&id).await.connection.name.as_deref(), Some("Shop"));
    assert_eq!(world.badge(&id).await, Badge::Connected);
    assert_eq!(world.calls("POST", "phone/register"), 1, "a number in use is not registered again");
}

async fn a_failing_new_token_leaves_the_working_one_in_use(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let (id, first) = connected(&world, &ana).await;
    let of_another_account = permanent(&world, &[fixtures::WABA_LUA]);
    let expired = token(&world, TokenLife::Day, &[fixtures::WABA_SOL]);
    world.pass_seconds(2 * 86_400);
    for failing in ["EAAthisWasCutOffWhileCopyingIt", &expired, &of_another_account] {
        let form = Form::open(&ana, &edit(&id)).await.type_in("token", failing).again("save").await;
        assert!(form.text().contains("The present token stays in use."), "{}", form.text());
        assert!(!form.has_button("anyway"), "nothing may take the place of what works");
        // Not even when asked for in another way.
        form.again("anyway").await;
        assert_eq!(held(&world, &id).await, first);
    }
    assert_eq!(world.badge(&id).await, Badge::Connected);
    // A token that reaches the number but lacks a permission may be saved, at the second press.
    let scopes = Some(vec!["whatsapp_business_management".to_owned()]);
    let weaker = world.meta.mint_token(NewToken { scopes, ..NewToken::default() }).unwrap();
    let form = Form::open(&ana, &edit(&id)).await.type_in("token", &weaker).again("save").await;
    assert_eq!(held(&world, &id).await, first);
    form.press("anyway").await;
    assert_eq!(held(&world, &id).await, weaker);
}

async fn an_unreachable_meta_leaves_the_working_one_in_use(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let (id, first) = connected(&world, &ana).await;
    let second = permanent(&world, &[fixtures::WABA_SOL]);
    world.meta.add_fault(FaultDraft::new("debug_token", FaultKind::Http500));
    let form = Form::open(&ana, &edit(&id)).await.type_in("token", &second).again("save").await;
    assert!(form.text().contains("Could not ask Meta."), "{}", form.text());
    assert!(!form.has_button("anyway"));
    assert_eq!(held(&world, &id).await, first);
    world.meta.clear_faults();
    form.press("save").await;
    assert_eq!(held(&world, &id).await, second);
}

async fn one_token_serves_all_numbers_of_its_account(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let one = world.connect_number(&ana, fixtures::WABA_DELIVERY, fixtures::NUMBER_CONNECTED).await;
    let other = world.connect_number(&ana, fixtures::WABA_DELIVERY, fixtures::NUMBER_PENDING_NAME).await;
    let new = permanent(&world, &[fixtures::WABA_DELIVERY]);
    Form::open(&ana, &edit(&one)).await.type_in("token", &new).press("save").await;
    assert_eq!((held(&world, &one).await, held(&world, &other).await), (new.clone(), new));
    world.press(&ana, "check_connection", &other).await;
    assert!(world.connection(&other).await.connection.check_failure.is_none());
}

async fn a_bad_token_for_another_number_spoils_no_number_that_works(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let id = world.connect_number(&ana, fixtures::WABA_DELIVERY, fixtures::NUMBER_CONNECTED).await;
    let other = world.connect_number(&ana, fixtures::WABA_DELIVERY, fixtures::NUMBER_PENDING_NAME).await;
    world.press(&ana, "disconnect_number", &other).await;
    let works = held(&world, &id).await;
    let of_another_account = permanent(&world, &[fixtures::WABA_LUA]);
    for failing in ["EAAthisWasCutOffWhileCopyingIt", &of_another_account] {
        for (page, number) in
            [(super::NEW.to_owned(), fixtures::NUMBER_WITH_PIN), (edit(&other), fixtures::NUMBER_PENDING_NAME)]
        {
            let form = Form::open(&ana, &page)
                .await
                .type_in("token", failing)
                .type_in("phone_number_id", number)
                .type_in("waba_id", fixtures::WABA_DELIVERY);
            let form = form.again("save").await;
            assert!(!form.has_button("anyway"), "{}", form.text());
            assert!(form.text().contains("Another number of this account works with the token that is stored."));
            form.again("anyway").await;
            assert_eq!(held(&world, &id).await, works);
        }
    }
    assert_eq!(world.badge(&id).await, Badge::Connected);
    // One that reaches the account may come in the old one's place, at the second press.
    let scopes = Some(vec!["whatsapp_business_management".to_owned()]);
    let wabas = Some(vec![fixtures::WABA_DELIVERY.to_owned()]);
    let weaker = world.meta.mint_token(NewToken { scopes, wabas, ..NewToken::default() }).unwrap();
    let form = Form::open(&ana, super::NEW)
        .await
        .type_in("token", &weaker)
        .type_in("phone_number_id", fixtures::NUMBER_WITH_PIN)
        .type_in("waba_id", fixtures::WABA_DELIVERY);
    form.again("save").await.press("anyway").await;
    assert_eq!(held(&world, &id).await, weaker);
}

/// Proofs made with the secret of the app before would break the siblings.
async fn another_app_is_another_for_all_numbers_of_the_account(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let one = world.connect_number(&ana, fixtures::WABA_LUA, fixtures::NUMBER_FLAGGED).await;
    let other = world.connect_number(&ana, fixtures::WABA_LUA, fixtures::NUMBER_BUSINESS_APP).await;
    world.meta.switch(SwitchChange { require_proof: Some(true), ..SwitchChange::default() });
    let form = Form::open(&ana, &edit(&one))
        .await
        .type_in("token", fixtures::OWN_APP_TOKEN)
        .type_in("app_id", fixtures::OWN_APP_ID)
        .type_in("app_secret", fixtures::OWN_APP_SECRET);
    assert_eq!(form.press("save").await, format!("/core/whatsapp-api/configurations/{one}/receiving"));
    for id in [&one, &other] {
        let connection = world.connection(id).await.connection;
        assert_eq!((connection.own_app, connection.app_id.as_deref()), (true, Some(fixtures::OWN_APP_ID)));
        world.press(&ana, "check_connection", id).await;
        let failure = world.connection(id).await.connection.check_failure;
        assert!(failure.is_none(), "{failure:?}");
    }
    let page = page_of(&ana, &one).await;
    // The token before is of the installation's own app: that one can still be ended.
    assert!(page.contains("Revoke the old token at Meta?") && page.contains("Tell Meta where to send"), "{page}");
}

async fn two_admins_do_not_overwrite_each_other_unseen(kind: Kind) {
    let world = World::start(kind).await;
    let (ana, rui) = (world.person(Role::Admin).await, world.person(Role::Admin).await);
    let (id, _) = connected(&world, &ana).await;
    let hers = Form::open(&ana, &edit(&id)).await.type_in("name", "Hers");
    let his = Form::open(&rui, &edit(&id)).await.type_in("name", "His");
    hers.press("save").await;
    let refused = his.again("save").await;
    let text = refused.text();
    assert!(
        text.contains("The settings were changed by somebody else meanwhile.") && text.contains("admin-"),
        "{text}"
    );
    assert_eq!(refused.value("name"), "His", "what was typed is still there");
    assert_eq!(world.connection(&id).await.connection.name.as_deref(), Some("Hers"));
    // Now he knows.
    refused.press("save").await;
    assert_eq!(world.connection(&id).await.connection.name.as_deref(), Some("His"));
}

async fn a_check_meanwhile_is_no_change(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let (id, _) = connected(&world, &ana).await;
    let form = Form::open(&ana, &edit(&id)).await.type_in("name", "Shop");
    world.press(&ana, "check_connection", &id).await;
    form.press("save").await;
    assert_eq!(world.connection(&id).await.connection.name.as_deref(), Some("Shop"));
}

async fn the_same_token_again_stays_what_it_was(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let id = world.connect(&ana, &[fixtures::WABA_SOL]).await;
    Form::open(&ana, &edit(&id)).await.type_in("name", "Shop").press("save").await;
    let stored = world.connection(&id).await;
    assert_eq!((stored.connection.name.as_deref(), stored.credential.origin), (Some("Shop"), Origin::Signup));
    assert!(!page_of(&ana, &id).await.contains("Revoke the old token"), "nothing was replaced");
    // Even when Meta cannot be asked: the name has nothing to do with it, and what was known stays known.
    world.meta.add_fault(FaultDraft::new("debug_token", FaultKind::Http500));
    let form = Form::open(&ana, &edit(&id)).await.type_in("name", "Shop 2").again("save").await;
    form.press("anyway").await;
    let after = world.connection(&id).await;
    assert_eq!(after.connection.name.as_deref(), Some("Shop 2"));
    assert_eq!(after.credential.facts, stored.credential.facts);
    assert_eq!(after.connection.display_number, stored.connection.display_number);
}

async fn the_old_token_is_revoked_at_a_press_of_its_own(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let (id, first) = connected(&world, &ana).await;
    let second = permanent(&world, &[fixtures::WABA_SOL]);
    Form::open(&ana, &edit(&id)).await.type_in("token", &second).press("save").await;
    assert!(works(&world, &first), "nothing is revoked by itself");
    let html = ana.page(&format!("/core/whatsapp-api/configurations/{id}")).await;
    let old = html.split("name=\"token\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap().to_owned();
    let support = world.person(Role::Support).await;
    assert!(!page_of(&support, &id).await.contains("Revoke the old token"));
    let loot = world.database.loot().await;
    assert!(!loot.windows(first.len()).any(|window| window == first.as_bytes()), "it is kept sealed");
    ana.post("/_fn/revoke_old_token", &[("connection", id.as_str()), ("token", &old)]).await;
    assert!(!works(&world, &first) && works(&world, &second));
    assert!(!page_of(&ana, &id).await.contains("Revoke the old token"));
    let audit = world.store().list_audit(&id, 10).await.unwrap();
    assert!(audit.iter().any(|entry| entry.action == "old_token_revoked"));
    assert!(world.database.texts("select id from replaced_tokens").await.is_empty());
}

async fn a_token_that_another_credential_holds_is_not_offered_to_be_revoked(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let shared = permanent(&world, &[fixtures::WABA_SOL, fixtures::WABA_DELIVERY]);
    let mut ids = Vec::new();
    for number in [fixtures::NUMBER_NEW, fixtures::NUMBER_CONNECTED] {
        let form = Form::open(&ana, super::NEW).await.type_in("token", &shared).type_in("phone_number_id", number);
        ids.push(super::finished(&world, &form.press("save").await).await);
    }
    let new = permanent(&world, &[fixtures::WABA_SOL]);
    Form::open(&ana, &edit(&ids[0])).await.type_in("token", &new).press("save").await;
    assert!(!page_of(&ana, &ids[0]).await.contains("Revoke the old token"));
    let old = world.database.texts("select id from replaced_tokens").await.pop().unwrap();
    ana.post("/_fn/revoke_old_token", &[("connection", ids[0].as_str()), ("token", &old)]).await;
    assert!(works(&world, &shared), "the other number still lives on it");
}

async fn an_old_token_is_forgotten_after_a_day(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let (id, first) = connected(&world, &ana).await;
    let second = permanent(&world, &[fixtures::WABA_SOL]);
    Form::open(&ana, &edit(&id)).await.type_in("token", &second).press("save").await;
    assert!(page_of(&ana, &id).await.contains("Revoke the old token at Meta?"));
    world.clock.advance(86_400_000 + 1_000);
    assert!(!page_of(&ana, &id).await.contains("Revoke the old token"));
    world.store().purge_replaced_tokens().await.unwrap();
    assert!(world.database.texts("select id from replaced_tokens").await.is_empty());
    assert!(works(&world, &first), "forgetting is not revoking");
}

async fn another_number_needs_a_connection_of_its_own(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let one = world.connect_number(&ana, fixtures::WABA_DELIVERY, fixtures::NUMBER_CONNECTED).await;
    let form = Form::open(&ana, &edit(&one)).await.type_in("phone_number_id", fixtures::NUMBER_PENDING_NAME);
    let form = form.again("save").await;
    assert!(form.text().contains("A connection keeps its number"), "{}", form.text());
    assert!(!form.has_button("anyway"));
}

async fn signing_in_at_facebook_brings_a_number_back_from_its_own_app(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let form = Form::open(&ana, super::NEW)
        .await
        .type_in("token", fixtures::OWN_APP_TOKEN)
        .type_in("phone_number_id", fixtures::NUMBER_FLAGGED)
        .type_in("app_id", fixtures::OWN_APP_ID)
        .type_in("app_secret", fixtures::OWN_APP_SECRET);
    let id = super::finished(&world, &form.press("save").await).await;
    let run = world.begin(&ana, &format!("?connection={id}")).await;
    run.finish_at_facebook(&[fixtures::WABA_LUA]).await;
    assert_eq!(run.done().await, id);
    let connection = world.connection(&id).await.connection;
    assert!(!connection.own_app && !connection.has_app_secret);
    assert_eq!(connection.app_id.as_deref(), Some(fixtures::APP_ID));
    assert!(connection.check_failure.is_none(), "{:?}", connection.check_failure);
}
