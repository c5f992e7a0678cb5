//! Where the person is asked: accounts, numbers, none yet; and the hint that spares a question.

use crate::support::{Kind, World, readable};
use greentick::domain::connection::Badge;
use greentick::domain::routing::BUSINESS_APP_FIELDS;
use greentick::domain::signup::Stage;
use greentick::domain::user::Role;
use greentick::server::config::App;
use sandbox::fixtures;
use serde_json::json;

both!(
    several_accounts_are_chosen_from,
    several_numbers_are_chosen_from,
    a_list_of_many_pages_is_read_to_its_end,
    no_number_yet_is_looked_for_again,
    a_hint_spares_the_question_and_is_verified,
    a_hint_is_taken_from_the_signups_own_workspace,
    a_number_of_the_business_app_stays_there,
    a_choice_can_be_given_up,
);

async fn several_accounts_are_chosen_from(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let run = world.begin(&ana, "").await;
    run.finish_at_facebook(&[fixtures::WABA_SOL, fixtures::WABA_DELIVERY]).await;
    assert_eq!(run.stage().await, Stage::ChooseWaba);
    let page = run.page().await;
    assert!(page.contains("You shared more than one WhatsApp account.") && page.contains("Padaria Sol Delivery"));
    run.answer("choose_waba", &[("waba_id", fixtures::WABA_LUA)]).await;
    assert_eq!(run.stage().await, Stage::ChooseWaba, "only what was shared can be chosen");
    assert!(run.page().await.contains("choose one of the accounts listed"));
    run.answer("choose_waba", &[("waba_id", fixtures::WABA_SOL)]).await;
    let id = run.done().await;
    assert_eq!(world.connection(&id).await.connection.waba.as_str(), fixtures::WABA_SOL);
}

async fn several_numbers_are_chosen_from(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let run = world.begin(&ana, "").await;
    run.finish_at_facebook(&[fixtures::WABA_DELIVERY]).await;
    assert_eq!(run.stage().await, Stage::ChooseNumber);
    let page = run.page().await;
    assert!(["+1 631-555-0102", "+1 631-555-0103", "+1 631-555-0104"].iter().all(|number| page.contains(number)));
    let unfinished = ana.page("/core/whatsapp-api/configurations").await;
    assert!(unfinished.contains(&format!("/connect/facebook/{}", run.id)), "the way back is offered");
    run.answer("choose_number", &[("phone_number_id", fixtures::NUMBER_NEW)]).await;
    assert!(run.page().await.contains("choose one of the numbers listed"));
    run.answer("choose_number", &[("phone_number_id", fixtures::NUMBER_CONNECTED)]).await;
    let id = run.done().await;
    assert_eq!(world.badge(&id).await, Badge::Connected);
    assert_eq!(world.calls("POST", "phone/register"), 0, "a number that is live needs no registration");
    run.answer("choose_number", &[("phone_number_id", fixtures::NUMBER_PENDING_NAME)]).await;
    assert_eq!(run.now().await.connection, Some(id), "a second press is no second choice");
}

async fn a_list_of_many_pages_is_read_to_its_end(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let added = world.meta.add_numbers(fixtures::WABA_SOL, 250, false).unwrap();
    let run = world.begin(&ana, "").await;
    run.finish_at_facebook(&[fixtures::WABA_SOL]).await;
    assert_eq!(run.stage().await, Stage::ChooseNumber);
    assert_eq!(run.now().await.findings.numbers.len(), 251);
    assert_eq!(world.calls("GET", "waba/phone_numbers"), 3);
    run.answer("choose_number", &[("phone_number_id", added.last().unwrap())]).await;
    let id = run.done().await;
    assert_eq!(world.connection(&id).await.connection.phone_number_id.as_str(), added.last().unwrap());
}

/// An account that somebody makes at Facebook, without a number.
async fn empty_account(world: &World) -> String {
    let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    let redirect_uri = world.services().settings.redirect_uri();
    query.extend_pairs([("client_id", fixtures::APP_ID), ("config_id", fixtures::CONFIG_ID)]);
    query.extend_pairs([("redirect_uri", redirect_uri.as_str()), ("response_type", "code"), ("state", "made")]);
    let base = world.meta.graph_url();
    let opened = http.get(format!("{base}/v25.0/dialog/oauth?{}", query.finish())).send().await.unwrap();
    let wizard = format!("{base}{}", opened.headers()["location"].to_str().unwrap());
    for form in [
        vec![("step", "person"), ("person", fixtures::PERSON_ANA)],
        vec![("step", "business"), ("business", fixtures::BUSINESS_SOL)],
        vec![("step", "waba"), ("waba", "new"), ("waba_name", "Fresh")],
    ] {
        let answer = http.post(&wizard).form(&form).send().await.unwrap();
        assert!(answer.status().as_u16() < 400, "{form:?}");
    }
    let world = world.meta.world();
    let wabas = world["wabas"].as_array().unwrap();
    let fresh = wabas.iter().find(|waba| waba["name"] == "Fresh").expect("the dialog made an account");
    fresh["id"].as_str().unwrap().to_owned()
}

async fn no_number_yet_is_looked_for_again(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let waba = empty_account(&world).await;
    let run = world.begin(&ana, "").await;
    run.finish_at_facebook(&[&waba]).await;
    assert_eq!(run.stage().await, Stage::NoNumber);
    assert!(run.page().await.contains("it has no number yet"));
    run.answer("look_again", &[]).await;
    assert_eq!(run.stage().await, Stage::NoNumber);
    // Buying a number may take days.
    world.pass_seconds(3 * 86_400);
    let added = world.meta.add_numbers(&waba, 1, false).unwrap();
    run.answer("look_again", &[]).await;
    let id = run.done().await;
    assert_eq!(world.connection(&id).await.connection.phone_number_id.as_str(), added[0]);
}

async fn a_hint_spares_the_question_and_is_verified(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let hinted = async |number: &str, waba: &str| {
        let run = world.begin(&ana, "").await;
        let hint = json!({"type": "WA_EMBEDDED_SIGNUP", "event": "FINISH", "version": 3,
            "data": {"phone_number_id": number, "waba_id": waba, "business_id": fixtures::BUSINESS_SOL}});
        let heard = ana.post_json(&format!("/connect/facebook/{}/hint", run.id), &hint).await;
        assert_eq!(heard.status, 204);
        run.finish_at_facebook(&[fixtures::WABA_DELIVERY]).await;
        run.settled().await
    };
    let wrong = hinted(fixtures::NUMBER_FLAGGED, fixtures::WABA_LUA).await;
    assert_eq!(wrong.stage, Stage::ChooseNumber, "what was not shared is not believed");
    assert_eq!(wrong.findings.waba.unwrap().as_str(), fixtures::WABA_DELIVERY);
    let right = hinted(fixtures::NUMBER_CONNECTED, fixtures::WABA_DELIVERY).await;
    assert_eq!(right.stage, Stage::Done);
    assert_eq!(right.findings.number.unwrap().as_str(), fixtures::NUMBER_CONNECTED);
}

async fn a_hint_is_taken_from_the_signups_own_workspace(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let run = world.begin(&ana, "").await;
    let path = format!("/connect/facebook/{}/hint", run.id);
    let cancel = json!({"event": "CANCEL", "data": {"current_step": "PHONE_NUMBER_SETUP", "session_id": "s1"}});
    let rui = world.person_of("second", Role::Admin).await;
    assert_eq!(rui.post_json(&path, &cancel).await.status, 404);
    assert_eq!(ana.post_json(&path, &cancel).await.status, 204);
    let hint = run.now().await.findings.hint.unwrap();
    assert_eq!(hint.current_step.as_deref(), Some("PHONE_NUMBER_SETUP"));
    assert_eq!(hint.session_id.as_deref(), Some("s1"));
    assert_eq!(run.now().await.stage, Stage::Waiting, "a message from a window ends nothing");
}

async fn a_number_of_the_business_app_stays_there(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let run = world.begin(&ana, "?coexistence=1").await;
    assert!(run.asked["extras"].contains("whatsapp_business_app_onboarding"));
    run.finish_at_facebook(&[fixtures::WABA_LUA]).await;
    run.answer("choose_number", &[("phone_number_id", fixtures::NUMBER_BUSINESS_APP)]).await;
    let id = run.done().await;
    assert_eq!(world.calls("POST", "phone/register"), 0);
    assert!(run.page().await.contains("It stays on the WhatsApp Business app as well."));
    assert!(world.store().open_pin(&id).await.unwrap().is_none());
    let app = App { id: fixtures::APP_ID.to_owned(), secret: fixtures::APP_SECRET.into() };
    let fields = world.services().graph.read_app_callback(&app).await.unwrap().fields;
    for wanted in BUSINESS_APP_FIELDS {
        assert!(fields.iter().any(|field| field == wanted), "what is said on the phone comes here: {fields:?}");
    }
}

async fn a_choice_can_be_given_up(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let run = world.begin(&ana, "").await;
    run.finish_at_facebook(&[fixtures::WABA_DELIVERY]).await;
    assert_eq!(run.stage().await, Stage::ChooseNumber);
    run.answer("cancel_signup", &[]).await;
    assert_eq!(run.stage().await, Stage::Cancelled);
    assert!(world.store().open_signup_token(&run.id).await.unwrap().is_none());
    let page = readable(&run.page().await);
    assert!(page.contains("You cancelled before a number was saved. Nothing was changed here."), "{page}");
    assert!(!page.contains("You left Facebook"), "{page}");
}
