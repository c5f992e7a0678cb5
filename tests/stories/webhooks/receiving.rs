//! Who may bring what where, and that it is kept byte for byte.

use super::{SHARED, message, signature};
use crate::support::{Kind, SIMPLE, Wishes, World, soon};
use greentick::domain::user::Role;
use greentick::server::operations::pulse::Refused;
use greentick::server::operations::show_work::{PartState, show_health};
use reqwest::Method;
use sandbox::fixtures::{APP_SECRET, NUMBER_NEW, OWN_APP_ID, OWN_APP_SECRET};

both!(
    a_signed_delivery_is_kept_byte_for_byte,
    what_is_not_signed_is_refused_and_counted,
    without_an_app_secret_nothing_is_taken,
    an_address_of_its_own_takes_its_own_secret_alone,
    bytes_that_are_no_json_are_kept_all_the_same,
    many_at_once_are_each_kept_once,
    its_health_is_open_and_its_work_is_for_readers,
    what_waits_too_long_to_be_understood_asks_for_attention_on_every_node,
);

async fn a_signed_delivery_is_kept_byte_for_byte(kind: Kind) {
    let world = World::with(kind, Wishes { idle: true, ..Wishes::default() }).await;
    let body =
        br#"{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[]}],"x":"\u00e9\/ \ud83d\ude00"}"#;
    let answer = world.send(SHARED, &body[..], Some(&signature(APP_SECRET, body))).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, ""));
    assert!(answer.header("set-cookie").is_none());
    assert_eq!(world.kept().await, [body.to_vec()]);
    let counts = world.store().count_deliveries().await.unwrap();
    assert_eq!((counts.queued, counts.failed, counts.dead), (1, 0, 0));
    assert!(counts.oldest.is_some());
}

async fn what_is_not_signed_is_refused_and_counted(kind: Kind) {
    let world = World::start(kind).await;
    let body = message(NUMBER_NEW, "wamid.1", "forged").to_string();
    let right = signature(APP_SECRET, body.as_bytes());
    let others = signature("another secret", body.as_bytes());
    let sha1 = right.replace("sha256=", "sha1=");
    for wrong in [None, Some(""), Some(&others[..]), Some(&right[..40]), Some(&sha1[..])] {
        let answer = world.send(SHARED, body.clone(), wrong).await;
        assert_eq!(answer.status, 401, "{wrong:?}");
        assert_eq!(answer.json()["error"]["code"], "bad_signature");
    }
    let changed = world.send(SHARED, body.replace("forged", "Forged"), Some(&right)).await;
    assert_eq!(changed.status, 401);
    assert!(world.kept().await.is_empty());
    assert_eq!(world.services().pulse.refused(Refused::Signature), 6);
}

async fn without_an_app_secret_nothing_is_taken(kind: Kind) {
    let settings: fn(&mut greentick::server::config::Given) = |given| given.app_secret = None;
    let world = World::with(kind, Wishes { settings: Some(settings), ..Wishes::default() }).await;
    for secret in ["", APP_SECRET] {
        assert_eq!(world.send(SHARED, "{}", Some(&signature(secret, b"{}"))).await.status, 401);
    }
    assert!(world.kept().await.is_empty());
}

async fn an_address_of_its_own_takes_its_own_secret_alone(kind: Kind) {
    let world = World::with(kind, Wishes { idle: false, ..Wishes::default() }).await;
    let id = world.connect(&world.person(Role::Admin).await, SIMPLE).await;
    let (shared, own) = (signature(APP_SECRET, b"{}"), signature(OWN_APP_SECRET, b"{}"));
    let address = format!("{SHARED}/{id}");
    assert_eq!(world.send(&address, "{}", Some(&shared)).await.status, 404, "it is on the installation's app");
    world.move_to_own_app(&id).await;
    assert_eq!(world.send(&address, "{}", Some(&shared)).await.status, 401);
    assert_eq!(world.send(SHARED, "{}", Some(&own)).await.status, 401);
    for unknown in ["nobody", "%00", "a%00b", "%27"] {
        assert_eq!(world.send(&format!("{SHARED}/{unknown}"), "{}", Some(&own)).await.status, 404, "{unknown}");
    }
    assert_eq!(world.send(&address, "{}", Some(&own)).await.status, 200);
    assert_eq!(world.services().pulse.refused(Refused::UnknownAddress), 5);
    assert_eq!(world.services().pulse.refused(Refused::NotKept), 0);
    let signers = world.database.texts("select signed_by || ' ' || connection_id from deliveries").await;
    assert_eq!(signers, [format!("{OWN_APP_ID} {id}")]);
}

async fn bytes_that_are_no_json_are_kept_all_the_same(kind: Kind) {
    let world = World::with(kind, Wishes { idle: true, ..Wishes::default() }).await;
    let deep = [b"[".repeat(500_000), b"]".repeat(500_000)].concat();
    let bodies =
        [b"".to_vec(), b"{\"half\":".to_vec(), vec![0xff, 0xfe, 0x00, 0x80], deep, vec![b' '; 3 * 1024 * 1024]];
    for body in &bodies {
        assert_eq!(world.deliver(body).await, 200);
    }
    assert!(world.kept().await == bodies, "all are kept as they came");
}

async fn many_at_once_are_each_kept_once(kind: Kind) {
    let world = World::with(kind, Wishes { idle: true, ..Wishes::default() }).await;
    let sent: Vec<String> = (0..300).map(|number| format!("{{\"number\":{number}}}")).collect();
    let mut answers = tokio::task::JoinSet::new();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    for body in &sent {
        let signed = signature(APP_SECRET, body.as_bytes());
        let request = client.post(format!("{}{SHARED}", world.base)).header("x-hub-signature-256", signed);
        answers.spawn(request.body(body.clone()).send());
    }
    let answers = answers.join_all().await;
    assert!(answers.iter().all(|answer| answer.as_ref().unwrap().status() == 200));
    let mut kept: Vec<String> = world.kept().await.into_iter().map(|body| String::from_utf8(body).unwrap()).collect();
    kept.sort();
    let mut sent = sent;
    sent.sort();
    assert_eq!(kept, sent);
}

async fn its_health_is_open_and_its_work_is_for_readers(kind: Kind) {
    let world = World::with(kind, Wishes { idle: true, ..Wishes::default() }).await;
    let health = world.browser().get(&format!("{SHARED}/health")).await;
    assert_eq!(health.status, 200);
    let parts = serde_json::json!({
        "signature": "ok", "intake": "ok", "database": "ok", "interpreter": "ok", "effects": "ok", "backups": "ok",
    });
    assert_eq!(health.json(), serde_json::json!({"status": "ok", "components": parts}));
    assert_eq!(world.deliver(b"{}").await, 200);
    assert_eq!(world.send(SHARED, "{}", None).await.status, 401);
    let support = world.person(Role::Support).await;
    let work = support.send(Method::GET, "/api/workers/whatsapp", &[], None).await.json();
    assert_eq!(
        (&work["queued"], &work["failed"], &work["dead"], &work["perMinute"]),
        (&1.into(), &0.into(), &0.into(), &0.into())
    );
    assert_eq!((&work["received"], &work["refused"]["signature"]), (&1.into(), &1.into()));
    assert!(work["oldestSeconds"].is_i64());
    let stranger = world.browser().send(Method::GET, "/api/workers/whatsapp", &[], None).await;
    assert_eq!(stranger.status, 401);
}

async fn what_waits_too_long_to_be_understood_asks_for_attention_on_every_node(kind: Kind) {
    let mut world = World::with(kind, Wishes { idle: true, ..Wishes::default() }).await;
    // One that has understood nothing itself, and met no fault.
    let other = world.another_node().await;
    let health = async |world: &World| world.browser().get(&format!("{SHARED}/health")).await;
    assert_eq!(world.deliver(message(NUMBER_NEW, "wamid.1", "Hi").to_string().as_bytes()).await, 200);
    world.pass_seconds(240);
    assert_eq!(health(&world).await.json()["status"], "ok", "an outage or a burst is worked off within minutes");
    world.pass_seconds(120);
    let late = health(&world).await;
    assert_eq!((late.status, &late.json()["components"]["interpreter"]), (200, &"attention".into()));
    assert_eq!(late.json()["status"], "attention");
    assert_eq!(show_health(&other.services).await.interpreter, PartState::Attention);
    world.work();
    soon(async || (health(&world).await.json()["status"] == "ok").then_some(())).await;
}
