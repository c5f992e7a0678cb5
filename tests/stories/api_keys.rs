//! Keys for programs: made, shown once, used, ended.

use crate::process::server::Place;
use crate::support::{Kind, Line, SETTINGS, World, readable};
use greentick::domain::api_key::Scope;
use greentick::domain::instant::DAY;
use greentick::domain::user::Role;
use reqwest::Method;
use serde_json::json;

both!(
    a_key_is_shown_once_and_works_at_once,
    the_form_sent_again_makes_no_second_key,
    a_revoked_key_ends_at_once_and_asks_before,
    a_key_ends_on_its_day,
    the_last_use_is_written_down,
    a_key_reads_also_while_nothing_can_be_written,
    a_key_that_calls_too_often_is_told_when_to_come_back,
    keys_of_another_workspace_are_not_there,
    what_is_missing_is_asked_for_again,
    keys_are_made_listed_and_revoked_without_a_browser,
);

const PAGE: &str = "/settings/api-keys";

/// The key on the page that shows it.
fn shown(page: &str) -> Option<String> {
    let start = page.find("id=\"made-key\"")?;
    let from = &page[start..];
    let from = &from[from.find("gt_")?..];
    Some(from.chars().take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '_').collect())
}

async fn a_key_is_shown_once_and_works_at_once(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let empty = ana.page(PAGE).await;
    assert!(empty.contains("No key yet"));
    for power in ["your customers' messages", "also as an export", "settings and forwards", "delete a person's data"] {
        assert!(readable(&empty).contains(power), "a key is given knowing that it may {power}: {}", readable(&empty));
    }
    let made = ana.post(PAGE, &[("name", "Booking system"), ("scope", "write"), ("days", "30")]).await;
    assert_eq!((made.status, made.header("cache-control")), (200, Some("no-store")));
    let key = shown(&made.body).expect("the page shows the key");
    assert_eq!((key.len(), &key[..3]), (43, "gt_"));
    let again = ana.page(PAGE).await;
    assert!(!again.contains(&key) && again.contains("Booking system"));
    assert!(again.contains(&key[39..]), "its last four characters tell it apart");
    let bearer = format!("Bearer {key}");
    let answer = world.browser().send_as(Method::GET, SETTINGS, &[("authorization", &bearer)], None).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let loot = world.database.loot().await;
    assert!(!loot.windows(key.len()).any(|window| window == key.as_bytes()), "a key is kept as its hash");
    let kept = world.database.texts("select after from audit where action = 'api_key_made'").await;
    assert!(kept.len() == 1 && kept[0].contains("Booking system") && !kept[0].contains(&key), "{kept:?}");
}

async fn the_form_sent_again_makes_no_second_key(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let page = ana.page(PAGE).await;
    let once = page.split("name=\"once\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap().to_owned();
    let form = [("name", "Till"), ("scope", "read"), ("days", ""), ("once", once.as_str())];
    let key = shown(&ana.post(PAGE, &form).await.body).expect("the page shows the key");
    let again = ana.post(PAGE, &form).await;
    assert_eq!((again.status, again.location()), (303, PAGE));
    assert_eq!(world.database.texts("select name from api_keys").await, ["Till"]);
    let bearer = format!("Bearer {key}");
    let answer = world.browser().send_as(Method::GET, SETTINGS, &[("authorization", &bearer)], None).await;
    assert_ne!(answer.status, 401, "the first one works");
    let fresh = ana.page(PAGE).await;
    assert!(!fresh.contains(&format!("value=\"{once}\"")), "the next form is another one");
}

async fn a_revoked_key_ends_at_once_and_asks_before(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let program = world.program(Scope::Write).await;
    let id = program.record(&world).await.id;
    assert_eq!(program.get(SETTINGS).await.status, 200);
    let question = ana.page(&format!("{PAGE}/{id}/revoke")).await;
    assert!(question.contains("Programs that use it are refused at once."));
    assert_eq!(program.get(SETTINGS).await.status, 200, "a question changes nothing");
    let answer = ana.post("/_fn/revoke_api_key", &[("key", id.as_str())]).await;
    assert_eq!(answer.location(), PAGE);
    assert_eq!(program.get(SETTINGS).await.refusal(), (401, "bad_key".to_owned()));
    assert!(ana.page(PAGE).await.contains("Revoked"));
    assert_eq!(world.database.texts("select before from audit where action = 'api_key_revoked'").await.len(), 1);
}

async fn a_key_ends_on_its_day(kind: Kind) {
    let world = World::start(kind).await;
    let program = world.program_of("default", Scope::Read, Some(30)).await;
    world.clock.advance(30 * DAY - 60_000);
    assert_eq!(program.get(SETTINGS).await.status, 200);
    world.clock.advance(60_000);
    assert_eq!(program.get(SETTINGS).await.refusal(), (401, "bad_key".to_owned()));
}

async fn the_last_use_is_written_down(kind: Kind) {
    let world = World::start(kind).await;
    let program = world.program(Scope::Read).await;
    assert_eq!(program.record(&world).await.last_used_at, None);
    program.get(SETTINGS).await;
    let first = program.record(&world).await.last_used_at.expect("it was used");
    world.clock.advance(30_000);
    program.get(SETTINGS).await;
    assert_eq!(program.record(&world).await.last_used_at, Some(first), "not once a call");
    world.clock.advance(31_000);
    program.get(SETTINGS).await;
    assert!(program.record(&world).await.last_used_at > Some(first));
}

async fn a_key_reads_also_while_nothing_can_be_written(kind: Kind) {
    let world = World::start(kind).await;
    let program = world.program(Scope::Read).await;
    let full = match kind {
        Kind::Sqlite => {
            "create trigger full_disk before update on api_keys begin select raise(abort, 'the disk is full'); end"
        }
        Kind::Postgres => "alter table api_keys add constraint full_disk check (last_used_at is null)",
    };
    world.database.script(full.to_owned()).await;
    for path in [SETTINGS, "/api/workers/whatsapp", "/api/v1/events"] {
        assert_eq!(program.get(path).await.status, 200, "{path}");
    }
    assert_eq!(program.record(&world).await.last_used_at, None, "it could not be written down");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_database_is_away_a_key_is_asked_to_come_again() {
    let place = Place::with_data(Kind::Postgres).await;
    let key = place.run(&["api-key", "add", "--name", "Probe", "--scope", "read"], "", &[]).out;
    let mut line = Line::to(&place.database.url()).await;
    let _server = place.serve(&[("DATABASE_URL", &line.url)]);
    let bearer = format!("Bearer {}", key.trim());
    let ask = async || {
        place.browser().send_as(Method::GET, "/api/workers/whatsapp", &[("authorization", &bearer)], None).await
    };
    assert_eq!(ask().await.status, 200);
    line.stop().await;
    let answer = ask().await;
    assert_eq!(answer.refusal(), (503, "out_of_order".to_owned()));
    assert_eq!(answer.header("retry-after"), Some("10"));
}

async fn a_key_that_calls_too_often_is_told_when_to_come_back(kind: Kind) {
    let world = World::start(kind).await;
    let (busy, calm) = (world.program(Scope::Read).await, world.program(Scope::Read).await);
    let id = busy.record(&world).await.id;
    // All that is in hand, and what comes back meanwhile: a call over the wire takes longer than a place.
    let mut answer = busy.get(SETTINGS).await;
    for _ in 0..200 {
        while !world.app.limits.is_too_fast(&id) {}
        answer = busy.get(SETTINGS).await;
        if answer.status == 429 {
            break;
        }
    }
    assert_eq!(answer.refusal(), (429, "too_fast".to_owned()));
    assert_eq!(answer.header("retry-after"), Some("1"));
    assert_eq!(calm.get(SETTINGS).await.status, 200, "each key has its own");
}

async fn keys_of_another_workspace_are_not_there(kind: Kind) {
    let world = World::start(kind).await;
    let program = world.program(Scope::Write).await;
    let id = program.record(&world).await.id;
    let eve = world.person_of("second", Role::Admin).await;
    assert!(!eve.page(PAGE).await.contains(id.as_str()));
    assert_eq!(eve.get(&format!("{PAGE}/{id}/revoke")).await.status, 404);
    assert_eq!(eve.call("revoke_api_key", &[("key", id.as_str())]).await.status, 404);
    assert_eq!(program.get(SETTINGS).await.status, 200);
}

async fn what_is_missing_is_asked_for_again(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    for (form, words) in [
        ([("name", " "), ("scope", "write"), ("days", "30")], "1 to 80 characters"),
        ([("name", "Mine"), ("scope", "all"), ("days", "30")], "choose read or write"),
        ([("name", "Mine"), ("scope", "read"), ("days", "soon")], "choose when it ends"),
        ([("name", "Mine"), ("scope", "read"), ("days", "-1")], "1 to 3650"),
    ] {
        let answer = ana.post(PAGE, &form).await;
        assert_eq!(answer.status, 422, "{form:?}");
        assert!(answer.text().to_lowercase().contains(words), "{form:?}: {}", answer.text());
        assert_eq!(shown(&answer.body), None);
    }
    let kept = ana.post(PAGE, &[("name", "Mine"), ("scope", "all"), ("days", "30")]).await;
    assert!(kept.body.contains("value=\"Mine\""), "what was typed stays");
}

async fn keys_are_made_listed_and_revoked_without_a_browser(kind: Kind) {
    let place = Place::with_data(kind).await;
    let run = |arguments: &[&str]| place.run(&[&["api-key"], arguments].concat(), "", &[]);
    assert_eq!(run(&["list"]).out, "");
    let added = run(&["add", "--name", "Booking", "--scope", "write"]);
    assert_eq!((added.code, added.error.as_str()), (Some(0), ""));
    let key = added.out.strip_suffix('\n').unwrap();
    assert!(key.len() == 43 && key.starts_with("gt_") && !key.contains(char::is_whitespace), "{key}");
    let short = run(&["add", "--name", "Report", "--scope", "read", "--days", "30"]);
    assert_eq!(short.code, Some(0));
    let listed = run(&["list"]).out;
    let lines: Vec<Vec<&str>> = listed.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!(lines[1][1..], ["write", &format!("…{}", &key[39..]), "works", "Booking"]);
    assert!(lines[0][3].starts_with("until ") && lines[0][4] == "Report", "{listed}");
    let scope = run(&["add", "--name", "x", "--scope", "all"]);
    assert!(scope.code == Some(2) && scope.error.contains("use `read` or `write`"), "{}", scope.error);
    assert_eq!(run(&["add", "--name", "", "--scope", "read"]).code, Some(2));
    let _server = place.serve(&[]);
    let bearer = format!("Bearer {key}");
    let ask = async || {
        let answer = place.browser().send_as(Method::GET, SETTINGS, &[("authorization", &bearer)], None).await;
        (answer.status, answer.json()["id"].clone())
    };
    assert_eq!(ask().await, (200, json!(null)));
    let revoked = run(&["revoke", lines[1][0]]);
    assert_eq!((revoked.code, revoked.out.as_str()), (Some(0), "The key does not work any more.\n"));
    assert_eq!(ask().await.0, 401);
    let again = run(&["revoke", lines[1][0]]);
    assert!(again.code == Some(1) && again.error.contains("no working key"), "{}", again.error);
    let kept = place.database.texts("select actor from audit where action like 'api_key%' order by at").await;
    assert_eq!(kept, ["command line"; 3]);
}
