//! `greentick check`: what it says, and how it ends.

use super::kills::{admin, log_in, way_back};
use super::server::{Ended, Place};
use crate::support::Kind;
use sandbox::{FaultDraft, FaultKind, NewToken, TokenLife, fixtures};
use serde_json::Value;

both!(
    bare_variables_are_checked_without_a_database,
    a_connected_number_is_checked_from_the_database,
    a_test_message_is_sent_once_and_its_id_printed,
    no_test_message_is_sent_before_somebody_resumes,
    a_template_that_is_not_there_is_told_with_its_remedy,
    a_dead_token_ends_with_one_and_says_what_to_do,
    a_token_of_another_app_is_not_proven_with_ours,
    when_meta_is_down_unknown_is_not_broken,
    asking_the_wrong_way_ends_with_two,
);

fn token(place: &Place, wabas: &[&str]) -> String {
    let wabas = Some(wabas.iter().map(|waba| (*waba).to_owned()).collect());
    place.running.control().mint_token(NewToken { wabas, ..NewToken::default() }).unwrap()
}

fn number<'a>(token: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut settings = vec![
        ("WHATSAPP_ACCESS_TOKEN", token),
        ("WHATSAPP_PHONE_NUMBER_ID", fixtures::NUMBER_CONNECTED),
        ("WHATSAPP_BUSINESS_ACCOUNT_ID", fixtures::WABA_DELIVERY),
    ];
    settings.extend_from_slice(more);
    settings
}

fn assert_said(ended: &Ended, code: i32, expected: &[&str]) {
    assert_eq!(ended.code, Some(code), "{}{}", ended.out, ended.error);
    for part in expected {
        assert!(ended.out.contains(part), "{part} is missing in {}", ended.out);
    }
}

async fn bare_variables_are_checked_without_a_database(kind: Kind) {
    let place = Place::new(kind).await;
    let token = token(&place, &[fixtures::WABA_DELIVERY]);
    let ended = place.run(&["check", "--env"], "", &number(&token, &[]));
    let ids = [fixtures::NUMBER_CONNECTED, fixtures::WABA_DELIVERY];
    assert_said(&ended, 0, &[" works.", "Quality", "Token ends", "v25.0", ids[0], ids[1]]);
    assert!(!ended.out.contains(&token) && !ended.error.contains(&token));
    let json = place.run(&["check", "--env", "--json"], "", &number(&token, &[]));
    let answer: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(answer["ok"], true);
    assert_eq!(answer["numbers"][0]["phoneNumberId"], fixtures::NUMBER_CONNECTED);
    assert_eq!(answer["numbers"][0]["token"]["kind"], "permanent_system_user");
}

async fn a_connected_number_is_checked_from_the_database(kind: Kind) {
    let place = Place::new(kind).await;
    let ana = admin(&place).await;
    let none = place.run(&["check"], "", &[]);
    assert!(none.code == Some(2) && none.error.contains("no number is connected"), "{}", none.error);
    let _server = place.serve(&[]);
    log_in(&ana).await;
    let back = way_back(&place, &ana).await;
    assert_eq!(ana.get(&back).await.status, 303);
    let ended = place.run(&["check"], "", &[]);
    assert_said(&ended, 0, &[" works.", "Permanent token of a system user", "Phone Number ID"]);
}

async fn a_test_message_is_sent_once_and_its_id_printed(kind: Kind) {
    let place = Place::new(kind).await;
    let token = token(&place, &[fixtures::WABA_DELIVERY]);
    let ended = place.run(&["check", "--env", "--to", "+1 555 010 9999"], "", &number(&token, &[]));
    assert_said(&ended, 0, &["Message sent", "wamid."]);
    let sent = place.running.control().calls().into_iter().filter(|call| call.endpoint == "phone/messages").count();
    assert_eq!(sent, 1);
}

async fn no_test_message_is_sent_before_somebody_resumes(kind: Kind) {
    let place = Place::new(kind).await;
    let ana = admin(&place).await;
    let _server = place.serve(&[]);
    log_in(&ana).await;
    let back = way_back(&place, &ana).await;
    assert_eq!(ana.get(&back).await.status, 303);
    let sent = || place.running.control().calls().into_iter().filter(|call| call.endpoint == "phone/messages").count();
    let check = || place.run(&["check", "--to", "+15550109999"], "", &[]);
    // As `greentick restore` leaves it.
    let pause = "insert into installation (name, value) values ('paused', $1)";
    assert_eq!(place.database.execute(pause, &["{\"since\":2,\"backup_of\":1}"]).await, 1);
    let refused = check();
    assert!(
        refused.code == Some(1) && refused.error.contains("press Resume first"),
        "{}{}",
        refused.out,
        refused.error
    );
    assert_eq!(sent(), 0);
    assert_said(&place.run(&["check"], "", &[]), 0, &[" works."]);
    assert_eq!(ana.post("/_fn/resume_effects", &[]).await.status, 302);
    assert_said(&check(), 0, &["Message sent"]);
    assert_eq!(sent(), 1);
}

async fn a_template_that_is_not_there_is_told_with_its_remedy(kind: Kind) {
    let place = Place::new(kind).await;
    let token = token(&place, &[fixtures::WABA_DELIVERY]);
    let settings = number(&token, &[]);
    let good = place.run(&["check", "--env", "--to", "15550109999", "--template", "hello_world"], "", &settings);
    assert_said(&good, 0, &["wamid."]);
    let wrong = place.run(&["check", "--env", "--to", "15550109999", "--template", "summer_sale:pt_BR"], "", &settings);
    assert_said(&wrong, 1, &["does not work", "✗ ", "→ ", "code 132001"]);
}

async fn a_dead_token_ends_with_one_and_says_what_to_do(kind: Kind) {
    let place = Place::new(kind).await;
    let life = TokenLife::Day;
    let wabas = Some(vec![fixtures::WABA_DELIVERY.to_owned()]);
    let token = place.running.control().mint_token(NewToken { wabas, life, ..NewToken::default() }).unwrap();
    place.running.control().advance_clock(2 * 86_400);
    let ended = place.run(&["check", "--env"], "", &number(&token, &[]));
    assert_said(&ended, 1, &["does not work.", "✗ ", "→ ", "code 190/463"]);
    assert_eq!(ended.error, "");
}

async fn a_token_of_another_app_is_not_proven_with_ours(kind: Kind) {
    let place = Place::new(kind).await;
    let wabas = Some(vec![fixtures::WABA_DELIVERY.to_owned()]);
    let app = fixtures::OWN_APP_ID.to_owned();
    let token = place.running.control().mint_token(NewToken { wabas, app: Some(app), ..NewToken::default() }).unwrap();
    assert_said(&place.run(&["check", "--env"], "", &number(&token, &[])), 0, &[" works."]);
}

async fn when_meta_is_down_unknown_is_not_broken(kind: Kind) {
    let place = Place::new(kind).await;
    let token = token(&place, &[fixtures::WABA_DELIVERY]);
    place.running.control().add_fault(FaultDraft::new("*", FaultKind::Http500));
    let ended = place.run(&["check", "--env"], "", &number(&token, &[]));
    assert_said(&ended, 1, &["could not be checked.", "→ "]);
    assert!(!ended.out.contains("does not work"), "{}", ended.out);
}

async fn asking_the_wrong_way_ends_with_two(kind: Kind) {
    let place = Place::new(kind).await;
    let wrong = place.run(&["check", "--env"], "", &[]);
    assert!(wrong.code == Some(2) && wrong.error.contains("WHATSAPP_ACCESS_TOKEN is not set"), "{}", wrong.error);
    let to = place.run(&["check", "--env", "--to", "Ana"], "", &number("EAAGx", &[]));
    assert!(to.code == Some(2) && to.error.contains("--to: `Ana` is no phone number"), "{}", to.error);
    let phone = [("WHATSAPP_PHONE_NUMBER_ID", "15550051489"), ("WHATSAPP_ACCESS_TOKEN", "EAAGx")];
    let pasted = place.run(&["check", "--env"], "", &phone);
    assert!(pasted.code == Some(2) && pasted.error.contains("looks like a phone number"), "{}", pasted.error);
}
