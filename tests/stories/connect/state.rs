//! Whose answer is it? Denied, cancelled, late, twice, foreign.

use crate::support::{Kind, SIMPLE, World, readable};
use greentick::domain::connection::Badge;
use greentick::domain::signup::Stage;
use greentick::domain::user::Role;
use sandbox::{NumberChange, fixtures};

both!(
    a_denial_changes_nothing_and_says_so,
    another_error_of_the_dialog_is_shown_in_metas_words,
    a_person_may_give_up_while_it_waits,
    a_state_that_is_missing_is_refused,
    a_state_of_another_session_is_refused,
    an_answer_after_two_hours_is_too_late,
    a_saved_number_that_nobody_goes_on_with_becomes_active_once_meta_has_registered_it,
    a_second_callback_gets_the_same_page,
    two_callbacks_at_once_exchange_the_code_once,
    a_support_person_cannot_bring_an_admins_answer,
);

const DENIED: &str = "error=access_denied&error_code=200&error_description=Permissions+error&error_reason=user_denied";

async fn a_denial_changes_nothing_and_says_so(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let run = world.begin(&ana, "").await;
    let back = format!("/connect/facebook/callback?{DENIED}&state={}", run.asked["state"]);
    assert_eq!(ana.get(&back).await.location(), format!("/connect/facebook/{}", run.id));
    assert_eq!(run.stage().await, Stage::Cancelled);
    let page = run.page().await;
    assert!(page.contains("You left Facebook before the end.") && page.contains("Nothing was changed here."), "{page}");
    assert!(page.contains("Try again"));
    run.come_back(&run.code(SIMPLE)).await;
    assert_eq!(run.stage().await, Stage::Cancelled, "the state is used up");
    assert_eq!(world.calls("GET", "oauth/access_token"), 0);
}

async fn another_error_of_the_dialog_is_shown_in_metas_words(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let run = world.begin(&ana, "").await;
    let error = "error=server_error&error_code=1&error_description=An+unknown+%3Cb%3Eerror%3C%2Fb%3E";
    ana.get(&format!("/connect/facebook/callback?{error}&state={}", run.asked["state"])).await;
    assert_eq!(run.failure().await.code, "dialog_failed");
    let page = ana.page(&format!("/connect/facebook/{}", run.id)).await;
    assert!(page.contains("An unknown &lt;b&gt;error&lt;/b&gt;"), "Meta's words are text, whatever they hold");
}

async fn a_person_may_give_up_while_it_waits(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let run = world.begin(&ana, "").await;
    run.answer("cancel_signup", &[]).await;
    assert_eq!(run.stage().await, Stage::Cancelled);
    let back = run.come_back(&run.code(SIMPLE)).await;
    assert_eq!(back.location(), format!("/connect/facebook/{}", run.id));
    assert_eq!(run.stage().await, Stage::Cancelled);
    assert_eq!(world.calls("GET", "oauth/access_token"), 0);
}

async fn a_state_that_is_missing_is_refused(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let run = world.begin(&ana, "").await;
    for query in ["?code=abc", "?code=abc&state=", "", "?error=access_denied"] {
        let refused = ana.get(&format!("/connect/facebook/callback{query}")).await;
        assert_eq!(refused.status, 400, "{query}");
        assert!(refused.text().contains("This link from Facebook is incomplete."), "{}", refused.text());
    }
    assert_eq!(run.now().await.stage, Stage::Waiting);
}

async fn a_state_of_another_session_is_refused(kind: Kind) {
    let world = World::start(kind).await;
    world.add_person("default", "ana@example.org", Role::Admin).await;
    let (here, there) = (world.log_in("ana@example.org").await, world.log_in("ana@example.org").await);
    let rui = world.person(Role::Admin).await;
    let run = world.begin(&here, "").await;
    let code = run.code(SIMPLE);
    for (browser, path) in [
        (&there, run.callback(&code)),
        (&rui, run.callback(&code)),
        (&here, run.callback(&code).replace(&run.asked["state"], "invented")),
    ] {
        let refused = browser.get(&path).await;
        assert_eq!(refused.status, 403);
        assert!(refused.text().contains("This sign-in was not started in this browser."), "{}", refused.text());
    }
    assert_eq!(world.browser().get(&run.callback(&code)).await.location(), "/login?next=%2F");
    assert_eq!(world.calls("GET", "oauth/access_token"), 0);
    assert_eq!(run.come_back(&code).await.status, 303, "its own session may still use it");
    run.done().await;
}

async fn an_answer_after_two_hours_is_too_late(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let run = world.begin(&ana, "").await;
    world.pass_seconds(2 * 3600 + 60);
    assert!(run.page().await.contains("This sign-in was not finished within two hours."));
    let back = run.come_back(&run.code(SIMPLE)).await;
    assert_eq!(back.location(), format!("/connect/facebook/{}", run.id));
    assert_eq!(run.stage().await, Stage::Abandoned);
    assert!(run.page().await.contains("This sign-in was not finished within two hours."));
    assert_eq!(world.calls("GET", "oauth/access_token"), 0);
}

async fn a_second_callback_gets_the_same_page(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let run = world.begin(&ana, "?display=popup").await;
    let code = run.code(SIMPLE);
    let (first, second) = (run.come_back(&code).await, run.come_back(&code).await);
    assert_eq!(first.location(), format!("/connect/facebook/{}?popup=1", run.id));
    assert_eq!(second.location(), first.location());
    run.done().await;
    assert_eq!(world.calls("GET", "oauth/access_token"), 1);
    assert!(ana.page(first.location()).await.contains("You can close this window"));
}

async fn two_callbacks_at_once_exchange_the_code_once(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let run = world.begin(&ana, "").await;
    let code = run.code(SIMPLE);
    let (one, two) = tokio::join!(run.come_back(&code), run.come_back(&code));
    assert_eq!((one.status, two.location()), (303, one.location()));
    run.done().await;
    assert_eq!(world.calls("GET", "oauth/access_token"), 1);
    assert_eq!(world.store().count_connections(&run.now().await.workspace).await.unwrap(), 1);
}

async fn a_support_person_cannot_bring_an_admins_answer(kind: Kind) {
    let world = World::start(kind).await;
    let user = world.add_person("default", "ana@example.org", Role::Admin).await;
    let ana = world.log_in("ana@example.org").await;
    let run = world.begin(&ana, "").await;
    world.store().update_role(&user.id, Role::Support).await.unwrap();
    assert_eq!(run.come_back(&run.code(SIMPLE)).await.status, 403);
    assert_eq!(run.now().await.stage, Stage::Waiting);
}

async fn a_saved_number_that_nobody_goes_on_with_becomes_active_once_meta_has_registered_it(kind: Kind) {
    let world = World::start(kind).await;
    world.add_person("default", "ana@example.org", Role::Admin).await;
    let mut ana = world.log_in("ana@example.org").await;
    for ending in ["cancelled", "abandoned", "none"] {
        let run = world.begin(&ana, "").await;
        run.finish_at_facebook(&[fixtures::WABA_DELIVERY]).await;
        if run.stage().await == Stage::ChooseNumber {
            run.answer("choose_number", &[("phone_number_id", fixtures::NUMBER_WITH_PIN)]).await;
        }
        assert_eq!(run.stage().await, Stage::EnterPin);
        let (signup, id) = (run.id.clone(), run.now().await.connection.unwrap());
        match ending {
            "cancelled" => run.answer("cancel_signup", &[]).await,
            "abandoned" => {
                world.pass_seconds(8 * 86_400);
                world.store().close_overdue_signups().await.unwrap();
            }
            // As after a crash of an earlier version between saving and beginning.
            _ => assert_eq!(world.database.execute("delete from signups where id = $1", &[signup.as_str()]).await, 1),
        }
        if ending != "none" {
            ana = world.log_in("ana@example.org").await;
            let html = ana.page(&format!("/connect/facebook/{signup}")).await;
            let page = readable(&html);
            assert!(page.contains("Not finished") && page.contains("What is saved stays saved."), "{page}");
            assert!(!page.contains("Nothing was changed") && !page.contains("within two hours"), "{page}");
            assert!(
                html.contains(&format!("/connect/facebook/start?connection={id}")),
                "it goes on with the same number"
            );
        }
        assert_eq!(world.badge(&id).await, Badge::SettingUp);
        let live = |status: &str| NumberChange {
            status: Some(status.to_owned()),
            platform: Some("CLOUD_API".to_owned()),
            ..NumberChange::default()
        };
        world.meta.change_number(fixtures::NUMBER_WITH_PIN, live("CONNECTED")).unwrap();
        world.press(&ana, "check_connection", &id).await;
        assert_eq!(world.badge(&id).await, Badge::Connected);
        world.press(&ana, "disconnect_number", &id).await;
        world.meta.change_number(fixtures::NUMBER_WITH_PIN, live("PENDING")).unwrap();
    }
}
