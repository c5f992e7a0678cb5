//! Secrets: in no page, no answer, no log line, no `Debug`, and in the database sealed only.

use crate::support::{Browser, Kind, SIMPLE, World, logged};
use greentick::domain::ids::{ConnectionId, PhoneNumberId};
use greentick::domain::signup::Stage;
use greentick::domain::user::Role;
use sandbox::{FaultDraft, FaultKind, Scenario, SwitchChange, TokenLife, fixtures};
use secrecy::ExposeSecret;
use std::fmt::Write;

both!(
    no_log_line_names_whom_it_is_about,
    no_secret_is_told_anywhere,
    the_verify_token_is_shown_to_an_admin_alone_and_written_down
);

const WRONG_PIN: &str = "908172";
const OWN_VERIFY_TOKEN: &str = "knocks3timesAtTheDoor";

/// Whether the bytes hold the secret as a word of its own: six digits may well stand within a longer number.
fn told(bytes: &[u8], secret: &str) -> bool {
    let word = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let places = bytes.windows(secret.len()).enumerate().filter(|(_, window)| *window == secret.as_bytes());
    let mut whole = places.filter(|(place, _)| {
        let before = place.checked_sub(1).and_then(|place| bytes.get(place));
        !word(before) && !word(bytes.get(place + secret.len()))
    });
    whole.next().is_some()
}

/// Numbers and words of customers, whatever is done with them.
async fn no_log_line_names_whom_it_is_about(kind: Kind) {
    let world = World::start(kind).await;
    let admin = world.person(Role::Admin).await;
    let id = world.connect(&admin, SIMPLE).await;
    world.receive(&id, "wamid.unlogged", "a word that no log holds").await;
    let phones = world.database.texts("select user_phone from events where user_phone is not null").await;
    let phone = phones.first().expect("somebody has written").clone();
    let asked = format!("?q=%2B{phone}");
    assert_eq!(admin.get(&format!("/core/whatsapp-api/messages{asked}")).await.status, 200);
    assert_eq!(admin.post("/settings/personal-data", &[("person", &phone)]).await.status, 200);
    world.meta.play(Scenario::TokenExpired { business: None });
    world.press(&admin, "check_connection", &id).await;
    let own: String = world.connection(&id).await.connection.display_number;
    let digits: String = own.chars().filter(char::is_ascii_digit).collect();
    let log = logged();
    for private in [phone.as_str(), own.as_str(), digits.as_str(), "a word that no log holds", "wamid.unlogged"] {
        let line = log.split(|byte| *byte == b'\n').find(|line| told(line, private));
        assert_eq!(line.map(String::from_utf8_lossy), None, "{private}");
    }
}

/// Everything that can happen on the way, with every secret that there is.
async fn whole_journey(world: &World, ana: &Browser) -> (Vec<ConnectionId>, Vec<(String, String)>) {
    let mut secrets = Vec::new();
    let mut keep = |name: &str, value: &str| secrets.push((name.to_owned(), value.to_owned()));
    let run = world.begin(ana, "").await;
    keep("state", &run.asked["state"]);
    world.unverify(fixtures::NUMBER_NEW);
    world.meta.switch(SwitchChange { token_life: Some(TokenLife::SixtyDays), ..SwitchChange::default() });
    let code = run.code(SIMPLE);
    keep("code", &code);
    run.come_back(&code).await;
    run.settled().await;
    run.page().await;
    run.answer("request_code", &[("method", "sms")]).await;
    run.answer("verify_code", &[("code", "654321")]).await;
    run.settled().await;
    run.page().await;
    keep("verification code", fixtures::OTP_CODE);
    run.answer("verify_code", &[("code", fixtures::OTP_CODE)]).await;
    let first = run.done().await;
    keep("own PIN", world.store().open_pin(&first).await.unwrap().unwrap().expose_secret());
    let run = world.begin(ana, "?display=popup").await;
    run.come_back(&run.code(&[fixtures::WABA_DELIVERY])).await;
    run.answer("choose_number", &[("phone_number_id", fixtures::NUMBER_WITH_PIN)]).await;
    keep("wrong PIN", WRONG_PIN);
    run.answer("enter_pin", &[("pin", WRONG_PIN)]).await;
    assert_eq!(run.stage().await, Stage::EnterPin);
    run.page().await;
    keep("entered PIN", fixtures::PIN);
    run.answer("enter_pin", &[("pin", fixtures::PIN)]).await;
    let second = run.done().await;
    world.pass_seconds(10 * 86_400);
    world.press(ana, "refresh_token", &first).await;
    world.press(ana, "check_connection", &second).await;
    refusals(world, ana, &first, &mut keep).await;
    world.press(ana, "disconnect_number", &second).await;
    keep("own app's secret", fixtures::OWN_APP_SECRET);
    keep("own verify token", OWN_VERIFY_TOKEN);
    let by_hand = [
        ("entry[token]", fixtures::OWN_APP_TOKEN),
        ("entry[phone_number_id]", fixtures::NUMBER_FLAGGED),
        ("entry[app_id]", fixtures::OWN_APP_ID),
        ("entry[app_secret]", fixtures::OWN_APP_SECRET),
        ("entry[verify_token]", OWN_VERIFY_TOKEN),
    ];
    for press in ["test", "save"] {
        let form = [&by_hand[..], &[("press", press)]].concat();
        let address = ana.post("/_fn/judge_entry", &form).await.location().to_owned();
        ana.page(&address).await;
    }
    let number = PhoneNumberId::new(fixtures::NUMBER_FLAGGED);
    let third = world.store().find_by_phone_number_id(&number).await.unwrap().unwrap().connection.id;
    (vec![first, second, third], secrets)
}

async fn refusals(world: &World, ana: &Browser, id: &ConnectionId, keep: &mut impl FnMut(&str, &str)) {
    for (endpoint, fault) in
        [("debug_token", FaultKind::GraphError), ("phone", FaultKind::Cut), ("waba", FaultKind::Http500)]
    {
        world.meta.add_fault(FaultDraft { code: Some(190), times: Some(5), ..FaultDraft::new(endpoint, fault) });
        world.press(ana, "check_connection", id).await;
        world.meta.clear_faults();
    }
    let run = world.begin(ana, "").await;
    let code = run.code(SIMPLE);
    keep("late code", &code);
    world.meta.advance_clock(40);
    run.come_back(&code).await;
    run.failure().await;
    run.page().await;
    world.meta.play(Scenario::PasswordChanged { person: None, business: Some(fixtures::BUSINESS_LUA.to_owned()) });
    ana.post("/login", &[("email", "ana@example.org"), ("password", "a password that is wrong")]).await;
    keep("typed password", "a password that is wrong");
}

/// Looks at everything once more, as everybody.
async fn look_around(world: &World, ana: &Browser, ids: &[ConnectionId]) {
    for browser in [ana, &world.person(Role::Support).await, &world.person(Role::Viewer).await] {
        for path in
            ["/core/whatsapp-api/configurations", "/core/whatsapp-api/setup-guide", "/account", "/login", "/nowhere"]
        {
            browser.get(path).await;
        }
        for id in ids {
            browser.page(&format!("/core/whatsapp-api/configurations/{id}")).await;
            // Shown to an admin, refused to the others; neither tells anything.
            browser.get(&format!("/core/whatsapp-api/configurations/{id}/disconnect")).await;
            browser.call("find_connection", &[("connection", id.as_str())]).await;
        }
        for name in ["list_connections", "newest_signup", "shell", "login_page", "setup_guide"] {
            browser.call(name, &[("query", "")]).await;
        }
    }
}

async fn debug_of(world: &World, ids: &[ConnectionId]) -> String {
    let mut text = String::new();
    for id in ids {
        let stored = world.connection(id).await;
        let workspace = stored.connection.workspace.clone();
        for user in world.store().list_users(&workspace).await.unwrap() {
            let signup = world.store().newest_signup(&user.id).await.unwrap();
            write!(text, "{user:?} {signup:?} ").unwrap();
        }
        let audit = world.store().list_audit(id, 100).await.unwrap();
        write!(text, "{stored:?} {audit:?}").unwrap();
    }
    let revealed = greentick::actions::connections::Revealed { value: fixtures::PIN.to_owned() };
    write!(text, "{revealed:?}").unwrap();
    text
}

async fn no_secret_is_told_anywhere(kind: Kind) {
    let world = World::start(kind).await;
    let setup = world.invitation.clone().unwrap().split_once("token=").unwrap().1.to_owned();
    world.add_person("default", "ana@example.org", Role::Admin).await;
    let ana = world.log_in("ana@example.org").await;
    let (ids, mut secrets) = whole_journey(&world, &ana).await;
    look_around(&world, &ana, &ids).await;
    for token in world.meta.tokens() {
        secrets.push((format!("token of {}", token["user_name"]), token["value"].as_str().unwrap().to_owned()));
    }
    assert!(secrets.len() >= 12, "{}", secrets.len());
    let mut everywhere = vec![
        ("app secret".to_owned(), fixtures::APP_SECRET.to_owned()),
        ("system token".to_owned(), fixtures::SYSTEM_TOKEN.to_owned()),
        ("setup token".to_owned(), setup),
        ("session".to_owned(), ana.session()),
        ("verify token".to_owned(), world.store().verify_token().await.unwrap().expose_secret().to_owned()),
        ("key".to_owned(), std::fs::read_to_string(world.database.folder().join("secret.key")).unwrap()),
        ("password".to_owned(), crate::support::PASSWORD.to_owned()),
    ];
    everywhere.append(&mut secrets);
    let logs = logged();
    assert!(told(&logs, ids[0].as_str()), "the logs were heard, with what this world did in them");
    let answers = world.heard.lock().unwrap().join("\n").into_bytes();
    assert!(told(&answers, "Padaria"));
    let places = [
        ("the logs", logs),
        ("an answer", answers),
        ("the database", world.database.loot().await),
        ("a Debug", debug_of(&world, &ids).await.into_bytes()),
    ];
    let mut leaks = Vec::new();
    for (name, secret) in &everywhere {
        for (place, bytes) in &places {
            // The state goes to Meta in an address, and the browser is what carries it there.
            let its_way = name == "state" && *place == "an answer";
            if !its_way && told(bytes, secret) {
                leaks.push(format!("the {name} is in {place}"));
            }
        }
    }
    assert!(leaks.is_empty(), "{leaks:#?}");
}

async fn the_verify_token_is_shown_to_an_admin_alone_and_written_down(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let id = world.connect(&ana, SIMPLE).await;
    let token = world.store().verify_token().await.unwrap().expose_secret().to_owned();
    let here = format!("/core/whatsapp-api/configurations/{id}");
    assert!(!ana.page(&here).await.contains(&token));
    let shown = ana.call("reveal_verify_token", &[("connection", id.as_str())]).await;
    assert_eq!(shown.json()["value"], token);
    let page = ana.post(&format!("{here}/verify-token"), &[]).await;
    assert!(page.body.contains(&token));
    assert_eq!(page.header("cache-control"), Some("no-store"));
    assert!(!ana.page(&here).await.contains(&token), "it is shown once");
    let audit = world.store().list_audit(&id, 10).await.unwrap();
    let revealed: Vec<_> = audit.iter().filter(|entry| entry.action == "verify_token_revealed").collect();
    assert_eq!(revealed.len(), 2);
    assert!(!format!("{revealed:?}").contains(&token));
}
