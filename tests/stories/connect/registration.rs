//! Codes, PINs and registration.

use crate::support::{Kind, SIMPLE, World, readable};
use greentick::domain::connection::{Badge, Lifecycle};
use greentick::domain::instant::MINUTE;
use greentick::domain::signup::{CodeMethod, Stage};
use greentick::domain::user::Role;
use sandbox::{FaultDraft, FaultKind, NumberChange, Scenario, fixtures};
use secrecy::ExposeSecret;

both!(
    a_number_that_is_not_verified_gets_a_code,
    a_code_whose_answer_was_lost_is_not_asked_for_again,
    a_code_that_meta_does_not_send_is_told,
    a_number_that_meta_takes_for_unverified_goes_on_once_it_is_verified,
    a_pin_of_old_is_asked_for,
    a_number_that_waits_for_its_pin_says_so_on_its_own_page,
    the_pin_is_kept_before_meta_hears_it,
    a_refused_pin_is_not_kept,
    a_pin_is_kept_while_meta_takes_none,
    three_registrations_are_tried_and_no_more,
    a_number_that_meta_is_not_ready_for_is_registered_minutes_later,
    metas_limit_is_told_and_the_number_waits,
    our_own_count_stops_before_metas_limit,
    a_number_that_is_registered_meanwhile_is_noticed,
);

fn refused(code: u32, times: Option<u32>) -> Scenario {
    Scenario::RegisterRefused { code: Some(code), times }
}

async fn a_number_that_is_not_verified_gets_a_code(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    world.unverify(fixtures::NUMBER_NEW);
    let run = world.begin(&ana, "").await;
    run.finish_at_facebook(SIMPLE).await;
    assert_eq!(run.stage().await, Stage::VerifyNumber);
    assert!(run.page().await.contains("Meta wants to know that +1 631-555-0101 is yours."), "{}", run.page().await);
    run.answer("request_code", &[("method", "sms")]).await;
    assert_eq!(run.settled().await.findings.code_sent_by, Some(CodeMethod::Sms));
    assert!(run.page().await.contains("Meta has sent a code by SMS to"), "{}", run.page().await);
    run.answer("verify_code", &[("code", "12345")]).await;
    assert!(run.page().await.contains("the code has six digits"));
    run.answer("verify_code", &[("code", "654-321")]).await;
    run.settled().await;
    assert!(run.page().await.contains("The code is wrong or has expired."), "{}", run.page().await);
    run.answer("request_code", &[("method", "voice")]).await;
    assert_eq!(run.settled().await.findings.code_sent_by, Some(CodeMethod::Voice));
    run.answer("verify_code", &[("code", "123-456")]).await;
    let id = run.done().await;
    assert_eq!(world.badge(&id).await, Badge::Connected);
    assert!(world.store().open_signup_input(&run.id).await.unwrap().is_none());
}

async fn a_code_whose_answer_was_lost_is_not_asked_for_again(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    world.unverify(fixtures::NUMBER_NEW);
    let run = world.begin(&ana, "").await;
    run.finish_at_facebook(SIMPLE).await;
    run.answer("request_code", &[("method", "sms")]).await;
    run.settled().await;
    world.meta.add_fault(FaultDraft { times: Some(1), ..FaultDraft::new("phone/verify_code", FaultKind::Cut) });
    run.answer("verify_code", &[("code", fixtures::OTP_CODE)]).await;
    run.outlast().await;
    let id = run.done().await;
    assert_eq!(world.badge(&id).await, Badge::Connected);
}

async fn a_code_that_meta_does_not_send_is_told(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    world.unverify(fixtures::NUMBER_NEW);
    let run = world.begin(&ana, "").await;
    run.finish_at_facebook(SIMPLE).await;
    world.meta.add_fault(FaultDraft {
        code: Some(136_024),
        times: Some(1),
        ..FaultDraft::new("phone/request_code", FaultKind::GraphError)
    });
    run.answer("request_code", &[("method", "sms")]).await;
    let asked = run.settled().await;
    assert_eq!((asked.stage, asked.findings.code_sent_by), (Stage::VerifyNumber, None));
    assert!(run.page().await.contains("Meta did not send a code."));
}

async fn a_number_that_meta_takes_for_unverified_goes_on_once_it_is_verified(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    world.meta.play(refused(133_006, Some(1)));
    let run = world.begin(&ana, "").await;
    run.finish_at_facebook(SIMPLE).await;
    assert_eq!(run.stage().await, Stage::VerifyNumber);
    // Meta refuses a code: the number is verified by now.
    run.answer("request_code", &[("method", "sms")]).await;
    let id = run.done().await;
    assert_eq!(world.badge(&id).await, Badge::Connected);
}

async fn a_pin_of_old_is_asked_for(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let run = world.begin_until_pin(&ana).await;
    let page = run.page().await;
    assert!(page.contains("has a PIN for two-step verification"), "{page}");
    assert!(!page.contains("The PIN is not the one"), "nobody has entered one yet: {page}");
    run.answer("enter_pin", &[("pin", "12")]).await;
    assert!(run.page().await.contains("the PIN has six digits"));
    run.answer("enter_pin", &[("pin", "111111")]).await;
    assert_eq!(run.stage().await, Stage::EnterPin);
    assert!(run.page().await.contains("The PIN is not the one Meta has for this number."), "{}", run.page().await);
    run.answer("enter_pin", &[("pin", fixtures::PIN)]).await;
    let id = run.done().await;
    assert_eq!(world.badge(&id).await, Badge::Connected);
    let kept = world.store().open_pin(&id).await.unwrap().unwrap();
    assert_eq!(kept.expose_secret(), fixtures::PIN);
}

async fn a_number_that_waits_for_its_pin_says_so_on_its_own_page(kind: Kind) {
    let world = World::start(kind).await;
    let (ana, rui) = (world.person(Role::Admin).await, world.person(Role::Support).await);
    let run = world.begin_until_pin(&ana).await;
    let id = run.now().await.connection.unwrap();
    let address = format!("/core/whatsapp-api/configurations/{id}");
    let html = ana.page(&address).await;
    let page = readable(&html);
    assert!(page.contains("This number waits for its PIN."), "{page}");
    assert!(html.contains(&format!("href=\"/connect/facebook/{}\"", run.id)), "it goes on from there");
    assert!(page.contains("Not asked yet") && !page.contains("Could not ask Meta"), "nobody has asked: {page}");
    let page = readable(&rui.page(&address).await);
    assert!(page.contains("An admin of your workspace can finish this."), "{page}");
    world.press(&ana, "check_connection", &id).await;
    let page = readable(&ana.page(&address).await);
    assert!(page.contains("This number waits for its PIN."), "{page}");
    assert!(!page.contains("It was deregistered") && !page.contains("This number is not registered"), "{page}");
    // Given up, it says that it is not finished, and how to go on.
    run.answer("cancel_signup", &[]).await;
    let page = readable(&ana.page(&address).await);
    assert!(page.contains("This number is saved, but not finished.") && page.contains("Reconnect"), "{page}");
    assert!(!page.contains("waits for its PIN"), "{page}");
}

async fn the_pin_is_kept_before_meta_hears_it(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    world.meta.add_fault(FaultDraft { times: Some(1), ..FaultDraft::new("phone/register", FaultKind::Cut) });
    let run = world.begin(&ana, "").await;
    run.finish_at_facebook(SIMPLE).await;
    run.until(|signup| signup.problem.is_some() || signup.stage == Stage::Done).await;
    let connection = run.now().await.connection.unwrap();
    let pin = world.store().open_pin(&connection).await.unwrap().expect("kept, whatever came of the call");
    run.outlast().await;
    let id = run.done().await;
    assert_eq!(world.calls("POST", "phone/register"), 1, "Meta has heard it although its answer was cut");
    assert_eq!(world.store().open_pin(&id).await.unwrap().unwrap().expose_secret(), pin.expose_secret());
    assert_eq!(world.badge(&id).await, Badge::Connected);
}

async fn a_refused_pin_is_not_kept(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    world.meta.play(refused(133_005, Some(1)));
    let run = world.begin(&ana, "").await;
    run.finish_at_facebook(SIMPLE).await;
    assert_eq!(run.stage().await, Stage::EnterPin);
    let connection = run.now().await.connection.unwrap();
    assert!(world.store().open_pin(&connection).await.unwrap().is_none());
    assert_eq!(world.badge(&connection).await, Badge::SettingUp);
}

async fn a_pin_is_kept_while_meta_takes_none(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    for (code, problem) in [(133_008, "pin_locked"), (133_009, "pin_too_fast")] {
        world.meta.play(refused(code, Some(1)));
        let id = world.connect(&ana, SIMPLE).await;
        assert_eq!(world.connection(&id).await.connection.setup_problem.unwrap().code, problem);
        let made = world.store().open_pin(&id).await.unwrap().expect("it may be the right one");
        let again = world.begin(&ana, &format!("?connection={id}")).await;
        again.finish_at_facebook(SIMPLE).await;
        assert_eq!((again.done().await, world.badge(&id).await), (id.clone(), Badge::Connected));
        assert_eq!(world.store().open_pin(&id).await.unwrap().unwrap().expose_secret(), made.expose_secret());
        let form = [("connection", id.as_str()), ("confirmed", "yes"), ("deregister", "yes")];
        world.press_with(&ana, "disconnect_number", &id, &form).await;
    }
    // To whoever entered one it is told, and they may enter it again.
    let run = world.begin_until_pin(&ana).await;
    world.meta.play(refused(133_009, Some(1)));
    run.answer("enter_pin", &[("pin", fixtures::PIN)]).await;
    assert_eq!(run.stage().await, Stage::EnterPin);
    assert!(run.page().await.contains("The PIN was tried again too soon."), "{}", run.page().await);
    run.answer("enter_pin", &[("pin", fixtures::PIN)]).await;
    assert_eq!(world.badge(&run.done().await).await, Badge::Connected);
}

async fn three_registrations_are_tried_and_no_more(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    world.meta.play(refused(133_004, None));
    let run = world.begin(&ana, "").await;
    run.finish_at_facebook(SIMPLE).await;
    let begun = world.clock.now();
    run.outlast().await;
    let id = run.done().await;
    assert_eq!(world.calls("POST", "phone/register"), 3);
    assert!(world.clock.now().since(begun) > 6 * MINUTE, "Meta was given time");
    let waiting = world.connection(&id).await.connection;
    assert_eq!(waiting.lifecycle, Lifecycle::SettingUp);
    let problem = waiting.setup_problem.unwrap();
    assert_eq!((problem.code.as_str(), problem.remedy.as_str()), ("meta_down", "Press Reconnect in a while."));
    assert_eq!(world.badge(&id).await, Badge::SettingUp);
}

async fn a_number_that_meta_is_not_ready_for_is_registered_minutes_later(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    world.meta.play(refused(133_015, Some(2)));
    let run = world.begin(&ana, "").await;
    run.finish_at_facebook(SIMPLE).await;
    let begun = world.clock.now();
    run.outlast().await;
    assert_eq!(world.badge(&run.done().await).await, Badge::Connected);
    assert_eq!(world.calls("POST", "phone/register"), 3);
    assert!(world.clock.now().since(begun) > 6 * MINUTE, "a minute, then five");
    // The same with a PIN that somebody has entered: its first try is made at once.
    let run = world.begin_until_pin(&ana).await;
    assert_eq!(world.calls("POST", "phone/register"), 4);
    world.meta.play(refused(133_015, Some(2)));
    run.answer("enter_pin", &[("pin", fixtures::PIN)]).await;
    let begun = world.clock.now();
    run.outlast().await;
    assert_eq!(world.badge(&run.done().await).await, Badge::Connected);
    assert_eq!(world.calls("POST", "phone/register"), 7);
    assert!(world.clock.now().since(begun) > 6 * MINUTE, "a minute, then five");
}

async fn metas_limit_is_told_and_the_number_waits(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    world.meta.play(refused(133_016, None));
    let id = world.connect(&ana, SIMPLE).await;
    assert_eq!(world.calls("POST", "phone/register"), 1);
    assert_eq!(world.badge(&id).await, Badge::SettingUp);
    let page = ana.get(&format!("/core/whatsapp-api/configurations/{id}")).await.text();
    assert!(page.contains("The number was registered too often."), "{page}");
    assert!(page.contains("Wait until the 72 hours are over, then reconnect the number."), "{page}");
    world.meta.clear_faults();
    world.pass_seconds(73 * 3600);
    let again = world.begin(&ana, &format!("?connection={id}")).await;
    again.finish_at_facebook(SIMPLE).await;
    assert_eq!(again.done().await, id);
    assert_eq!(world.badge(&id).await, Badge::Connected);
}

async fn our_own_count_stops_before_metas_limit(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let number = greentick::domain::ids::PhoneNumberId::new(fixtures::NUMBER_NEW);
    for _ in 0..10 {
        assert!(world.store().count_register_try(&number, world.clock.now().plus(-1_000_000), 10).await.unwrap());
    }
    let id = world.connect(&ana, SIMPLE).await;
    assert_eq!(world.calls("POST", "phone/register"), 0);
    let problem = world.connection(&id).await.connection.setup_problem.unwrap();
    assert_eq!(problem.code, "register_limit");
}

async fn a_number_that_is_registered_meanwhile_is_noticed(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    world.meta.play(refused(133_016, None));
    let id = world.connect(&ana, SIMPLE).await;
    assert_eq!(world.badge(&id).await, Badge::SettingUp);
    let live = NumberChange {
        status: Some("CONNECTED".to_owned()),
        platform: Some("CLOUD_API".to_owned()),
        ..NumberChange::default()
    };
    world.meta.change_number(fixtures::NUMBER_NEW, live).unwrap();
    ana.post("/_fn/check_connection", &[("connection", id.as_str())]).await;
    world.until(&id, |connection| connection.lifecycle == Lifecycle::Active).await;
    assert_eq!(world.badge(&id).await, Badge::Connected);
}
