//! Killed between any two steps, and started again.

use super::server::{Place, Server};
use crate::support::{Browser, Kind, PASSWORD, SIMPLE, query_of, soon};
use sandbox::{FaultDraft, FaultKind, NewGrant};

both!(
    a_run_killed_at_every_step_is_finished_in_the_end,
    killed_while_the_code_is_exchanged_it_says_start_again,
    a_disconnect_killed_half_way_is_finished,
);

/// The calls of a signup behind the exchange, in their order.
const STEPS: [(&str, &str); 10] = [
    ("GET", "debug_token"),
    ("GET", "me"),
    ("GET", "waba"),
    ("GET", "waba/phone_numbers"),
    ("GET", "app/subscriptions"),
    ("POST", "app/subscriptions"),
    ("POST", "waba/subscribed_apps"),
    ("GET", "phone"),
    ("POST", "phone/register"),
    ("GET", "waba/subscribed_apps"),
];

/// An admin, logged in.
pub(crate) async fn admin(place: &Place) -> Browser {
    let add = ["user", "add", "--email", "ana@example.org", "--name", "Ana", "--role", "admin", "--password-stdin"];
    assert_eq!(place.run(&["migrate"], "", &[]).code, Some(0));
    let added = place.run(&add, &format!("{PASSWORD}\n"), &[]);
    assert_eq!(added.code, Some(0), "{}", added.error);
    place.browser()
}

pub(crate) async fn log_in(browser: &Browser) {
    let answer = browser.post("/login", &[("email", "ana@example.org"), ("password", PASSWORD)]).await;
    assert_eq!(answer.status, 303);
}

/// Presses the button; the way back that Facebook would send the browser.
pub(crate) async fn way_back(place: &Place, browser: &Browser) -> String {
    let asked = query_of(browser.get("/connect/facebook/start").await.location());
    let wabas = Some(SIMPLE.iter().map(|waba| (*waba).to_owned()).collect());
    let wish = NewGrant { redirect_uri: asked["redirect_uri"].clone(), wabas, ..NewGrant::default() };
    let code = place.running.control().grant(wish).unwrap().code;
    format!("/connect/facebook/callback?code={code}&state={}", asked["state"])
}

/// Meta does not answer this call, whoever makes it next.
fn hold(place: &Place, (method, endpoint): (&str, &str)) {
    let meta = place.running.control();
    meta.clear_faults();
    meta.clear_calls();
    meta.add_fault(FaultDraft {
        method: Some(method.to_owned()),
        delay_ms: Some(120_000),
        ..FaultDraft::new(endpoint, FaultKind::Slow)
    });
}

/// Kills the server while that call is under way.
async fn killed_at(place: &Place, server: Server, (method, endpoint): (&str, &str)) {
    let meta = place.running.control();
    soon(async || {
        let calls = meta.calls();
        calls.iter().any(|call| call.method == method && call.endpoint == endpoint).then_some(())
    })
    .await;
    server.kill();
    // On Postgres a silent worker's job is another's after a minute; on SQLite at once.
    if place.database.kind == Kind::Postgres {
        place.database.execute("update jobs set leased_until = 0 where state = $1", &["running"]).await;
    }
}

/// Goes there and is cut off, as a browser whose server dies.
async fn cut_off(place: &Place, browser: &Browser, path: &str) -> tokio::task::JoinHandle<()> {
    let (other, path) = (place.browser(), path.to_owned());
    other.set_cookie(browser.cookie());
    tokio::spawn(async move { drop(tokio::spawn(async move { other.get(&path).await }).await) })
}

async fn a_run_killed_at_every_step_is_finished_in_the_end(kind: Kind) {
    let place = Place::new(kind).await;
    let browser = admin(&place).await;
    let mut server = place.serve(&[]);
    log_in(&browser).await;
    let back = way_back(&place, &browser).await;
    hold(&place, STEPS[0]);
    let mut gone = Some(cut_off(&place, &browser, &back).await);
    for (place_in_row, step) in STEPS.into_iter().enumerate() {
        killed_at(&place, server, step).await;
        if let Some(gone) = gone.take() {
            gone.await.unwrap();
        }
        match STEPS.get(place_in_row + 1) {
            Some(next) => hold(&place, *next),
            None => place.running.control().clear_faults(),
        }
        server = place.serve(&[]);
    }
    soon(async || (browser.call("newest_signup", &[]).await.json()["stage"] == "done").then_some(())).await;
    let page = browser.get("/core/whatsapp-api/configurations").await.text();
    assert!(page.contains("Connected") && page.contains("Padaria Sol"), "{page}");
    let newest = browser.call("newest_signup", &[]).await.json();
    assert_eq!(newest["stage"], "done", "{newest}");
    assert_eq!(newest["steps"].as_array().unwrap().len(), 7);
    assert_eq!(place.database.texts("select id from connections").await.len(), 1);
    assert_eq!(place.database.texts("select id from credentials").await.len(), 1);
}

async fn killed_while_the_code_is_exchanged_it_says_start_again(kind: Kind) {
    let place = Place::new(kind).await;
    let browser = admin(&place).await;
    let server = place.serve(&[]);
    log_in(&browser).await;
    let back = way_back(&place, &browser).await;
    let exchange = ("GET", "oauth/access_token");
    hold(&place, exchange);
    let gone = cut_off(&place, &browser, &back).await;
    killed_at(&place, server, exchange).await;
    gone.await.unwrap();
    if kind == Kind::Postgres {
        // Another node might still be at it, so it counts as lost after 45 s.
        let later = "update signups set updated_at = updated_at - 46000 where stage = $1";
        assert_eq!(place.database.execute(later, &["exchanging"]).await, 1);
    }
    place.running.control().clear_faults();
    let _server = place.serve(&[]);
    let signup = soon(async || {
        let newest = browser.call("newest_signup", &[]).await.json();
        (newest["stage"] == "failed").then(|| newest["id"].as_str().unwrap().to_owned())
    })
    .await;
    let page = browser.get(&format!("/connect/facebook/{signup}")).await.text();
    assert!(page.contains("We were interrupted while taking over from Facebook."), "{page}");
    assert!(page.contains("Nothing was changed. Press Connect with Facebook once more."), "{page}");
    let again = way_back(&place, &browser).await;
    assert_eq!(browser.get(&again).await.status, 303);
    soon(async || (browser.call("newest_signup", &[]).await.json()["stage"] == "done").then_some(())).await;
}

async fn a_disconnect_killed_half_way_is_finished(kind: Kind) {
    let place = Place::new(kind).await;
    let browser = admin(&place).await;
    let server = place.serve(&[]);
    log_in(&browser).await;
    let back = way_back(&place, &browser).await;
    browser.get(&back).await;
    let done = async || {
        let newest = browser.call("newest_signup", &[]).await.json();
        (newest["stage"] == "done").then(|| newest["connection"].as_str().unwrap().to_owned())
    };
    let id = soon(done).await;
    let revoke = ("GET", "oauth/revoke");
    hold(&place, revoke);
    let form = [("connection", id.as_str()), ("confirmed", "yes")];
    assert_eq!(browser.post("/_fn/disconnect_number", &form).await.status, 302);
    killed_at(&place, server, revoke).await;
    place.running.control().clear_faults();
    let _server = place.serve(&[]);
    soon(async || {
        let erased = place.database.texts("select state from credentials").await;
        (erased == ["erased"]).then_some(())
    })
    .await;
    let page = browser.get(&format!("/core/whatsapp-api/configurations/{id}")).await.text();
    assert!(page.contains("Disconnected"), "{page}");
}
