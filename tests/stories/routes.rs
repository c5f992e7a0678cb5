//! Every route × role × workspace. A route that is not in the table fails the test.

use crate::support::{Answer, Browser, Kind, SIMPLE, World};
use greentick::app::App;
use greentick::domain::api_key::Scope;
use greentick::domain::user::Role;
use reqwest::Method;
use std::collections::BTreeSet;

both!(
    every_route_answers_each_role_as_the_table_says,
    every_call_answers_each_caller_as_the_table_says,
    every_route_is_in_the_table,
);

/// Anonymous, viewer, support, admin; the admin of another workspace.
struct Row {
    method: &'static str,
    path: &'static str,
    /// `{connection}` and `{signup}` stand for those of the first workspace, `{error}` for one that is explained.
    form: &'static [(&'static str, &'static str)],
    expected: [u16; 5],
}

const fn row(
    method: &'static str,
    path: &'static str,
    form: &'static [(&'static str, &'static str)],
    expected: [u16; 5],
) -> Row {
    Row { method, path, form, expected }
}

/// Anonymous, viewer, support, admin; the admin of another workspace; a key that may read, one that may write, one of
/// another workspace.
struct CallRow {
    method: &'static str,
    path: &'static str,
    body: Option<&'static str>,
    expected: [u16; 8],
}

const fn call(method: &'static str, path: &'static str, body: Option<&'static str>, expected: [u16; 8]) -> CallRow {
    CallRow { method, path, body, expected }
}

/// The API. Nothing is stored in the other workspace.
#[rustfmt::skip]
const CALLS: &[CallRow] = &[
    call("GET", "/api/nowhere", None, [404; 8]),
    call("GET", "/api/openapi.json", None, [200; 8]),
    // Meta calls these, and brings what proves it: none of ours has it.
    call("GET", "/api/webhooks/whatsapp", None, [400; 8]),
    call("POST", "/api/webhooks/whatsapp", Some("{}"), [401; 8]),
    call("GET", "/api/webhooks/whatsapp/{connection}", None, [404; 8]),
    call("POST", "/api/webhooks/whatsapp/{connection}", Some("{}"), [404; 8]),
    call("GET", "/api/webhooks/whatsapp/health", None, [200; 8]),
    call("GET", "/api/v1/events", None, [401, 403, 200, 200, 200, 200, 200, 200]),
    call("GET", "/api/v1/events?connection={connection}", None, [401, 403, 200, 200, 404, 200, 200, 404]),
    call("GET", "/api/v1/events/export", None, [401, 403, 403, 200, 200, 200, 200, 200]),
    call("GET", "/api/v1/events/export?connection={connection}", None, [401, 403, 403, 200, 404, 200, 200, 404]),
    call("DELETE", "/api/v1/people?userId=XX.1", None, [401, 403, 403, 202, 202, 403, 202, 202]),
    // Whoever may listen is asked to upgrade the line.
    call("GET", "/api/events/ws", None, [401, 403, 400, 400, 400, 400, 400, 400]),
    call("GET", "/api/workers/whatsapp", None, [401, 403, 200, 200, 200, 200, 200, 200]),
    call("GET", "/api/settings/whatsapp", None, [401, 403, 200, 200, 200, 200, 200, 200]),
    call("GET", "/api/settings/whatsapp?connection={connection}", None, [401, 403, 200, 200, 404, 200, 200, 404]),
    call("PUT", "/api/settings/whatsapp", Some(r#"{"name":"x"}"#), [401, 403, 403, 200, 422, 403, 200, 422]),
    call("PUT", "/api/settings/whatsapp?connection={connection}", Some("{}"), [401, 403, 403, 200, 404, 403, 200, 404]),
    call("POST", "/api/settings/whatsapp/test", Some("{}"), [401, 403, 403, 200, 200, 403, 200, 200]),
    call("POST", "/api/settings/whatsapp/test?connection={connection}", None, [401, 403, 403, 200, 404, 403, 200, 404]),
    call("GET", "/api/config/whatsapp", None, [401, 403, 200, 200, 200, 200, 200, 200]),
    call("POST", "/api/config/whatsapp", Some("{}"), [401, 403, 403, 200, 422, 403, 200, 422]),
    call("GET", "/api/v1/connections", None, [401, 403, 200, 200, 200, 200, 200, 200]),
    call("GET", "/api/v1/connections/{connection}", None, [401, 403, 200, 200, 404, 200, 200, 404]),
    call("POST", "/api/v1/connections/{connection}/refresh", None, [401, 403, 403, 202, 404, 403, 202, 404]),
    call("GET", "/api/v1/forwards", None, [401, 403, 200, 200, 200, 200, 200, 200]),
    call("POST", "/api/v1/forwards", Some("{}"), [401, 403, 403, 422, 422, 403, 422, 422]),
    call("GET", "/api/v1/forwards/{forward}", None, [401, 403, 200, 200, 404, 200, 200, 404]),
    call("PATCH", "/api/v1/forwards/{forward}", Some("{}"), [401, 403, 403, 200, 404, 403, 200, 404]),
    // The first who may removes it.
    call("DELETE", "/api/v1/forwards/{forward}", None, [401, 403, 403, 204, 404, 403, 404, 404]),
    // Pages and server functions know no keys.
    call("GET", "/core/whatsapp-api/configurations", None, [303, 200, 200, 200, 200, 303, 303, 303]),
    call("GET", "/settings/api-keys", None, [303, 403, 403, 200, 200, 303, 303, 303]),
    call("POST", "/_fn/list_api_keys", None, [401, 403, 403, 200, 200, 401, 401, 401]),
];

const C: &[(&str, &str)] = &[("connection", "{connection}")];
const F: &[(&str, &str)] = &[("forward", "{forward}")];
const S: &[(&str, &str)] = &[("signup", "{signup}")];

#[rustfmt::skip]
const TABLE: &[Row] = &[
    // Pages: who is not logged in is led to the login page.
    row("GET", "/", &[], [303, 303, 303, 303, 303]),
    row("GET", "/login", &[], [200, 200, 200, 200, 200]),
    row("GET", "/setup", &[], [403, 403, 403, 403, 403]),
    row("GET", "/account", &[], [303, 200, 200, 200, 200]),
    row("GET", "/account/password", &[], [303, 200, 200, 200, 200]),
    row("GET", "/core/whatsapp-api/setup-guide", &[], [303, 200, 200, 200, 200]),
    row("GET", "/core/whatsapp-api/setup-guide/address", &[], [303, 200, 200, 200, 200]),
    row("GET", "/core/whatsapp-api/setup-guide/errors", &[], [303, 200, 200, 200, 200]),
    row("GET", "/core/whatsapp-api/setup-guide/errors/{error}", &[], [303, 200, 200, 200, 200]),
    row("GET", "/core/whatsapp-api/messages", &[], [303, 403, 200, 200, 200]),
    row("GET", "/core/whatsapp-api/messages?connection={connection}", &[], [303, 403, 200, 200, 404]),
    row("GET", "/core/whatsapp-api/messages/{event}", &[], [303, 403, 200, 200, 404]),
    row("GET", "/core/whatsapp-api/messages/replay", &[], [303, 403, 403, 200, 200]),
    row("GET", "/core/whatsapp-api/messages/export", &[], [303, 403, 403, 200, 200]),
    row("GET", "/core/whatsapp-api/messages/export?connection={connection}", &[], [303, 403, 403, 200, 404]),
    row("GET", "/settings/personal-data", &[], [303, 403, 403, 200, 200]),
    row("GET", "/core/whatsapp-api/configurations", &[], [303, 200, 200, 200, 200]),
    row("GET", "/core/whatsapp-api/configurations/{connection}", &[], [303, 200, 200, 200, 404]),
    row("GET", "/core/whatsapp-api/configurations/{connection}/take-over", &[], [303, 403, 403, 200, 404]),
    row("GET", "/core/whatsapp-api/configurations/{connection}/disconnect", &[], [303, 403, 403, 200, 404]),
    row("GET", "/core/whatsapp-api/configurations/by-hand", &[], [303, 403, 403, 200, 200]),
    row("GET", "/core/whatsapp-api/configurations/{connection}/credentials", &[], [303, 403, 403, 200, 404]),
    row("GET", "/core/whatsapp-api/configurations/{connection}/receiving", &[], [303, 403, 403, 200, 404]),
    row("GET", "/settings/meta-app", &[], [303, 403, 403, 200, 403]),
    row("GET", "/core/whatsapp-api/configurations/{connection}/pin", &[], [303, 403, 403, 200, 404]),
    row("GET", "/settings/api-keys", &[], [303, 403, 403, 200, 200]),
    row("GET", "/settings/backups", &[], [303, 403, 403, 200, 403]),
    row("GET", "/settings/api-keys/{key}/revoke", &[], [303, 403, 403, 200, 404]),
    row("GET", "/settings/forwarding", &[], [303, 403, 403, 200, 200]),
    row("GET", "/settings/forwarding/new", &[], [303, 403, 403, 200, 200]),
    row("GET", "/settings/forwarding/{forward}", &[], [303, 403, 403, 200, 404]),
    row("GET", "/settings/forwarding/{forward}/secret", &[], [303, 403, 403, 200, 404]),
    row("GET", "/settings/forwarding/{forward}/edit", &[], [303, 403, 403, 200, 404]),
    row("GET", "/settings/forwarding/{forward}/remove", &[], [303, 403, 403, 200, 404]),
    row("GET", "/core/whatsapp-api/setup-guide/forwarding", &[], [303, 200, 200, 200, 200]),
    row("GET", "/connect/facebook/start", &[], [303, 403, 403, 303, 303]),
    row("GET", "/connect/facebook/start?connection={connection}", &[], [303, 403, 403, 303, 404]),
    row("GET", "/connect/facebook/callback", &[], [303, 403, 403, 400, 400]),
    row("GET", "/connect/facebook/{signup}", &[], [303, 403, 403, 200, 404]),
    // Where the server shows a problem in words; by itself it has none to show.
    row("GET", "/problem", &[], [303, 404, 404, 404, 404]),
    // Without a session, on purpose.
    row("GET", "/healthz", &[], [200, 200, 200, 200, 200]),
    row("GET", "/readyz", &[], [200, 200, 200, 200, 200]),
    row("GET", "/api/deploy", &[], [200, 200, 200, 200, 200]),
    // Not there until it is set up.
    row("GET", "/metrics", &[], [404, 404, 404, 404, 404]),
    row("GET", "/favicon.ico", &[], [200, 200, 200, 200, 200]),
    row("GET", "/favicon.svg", &[], [200, 200, 200, 200, 200]),
    row("GET", "/pkg/nothing.js", &[], [404, 404, 404, 404, 404]),
    row("GET", "/nowhere", &[], [404, 404, 404, 404, 404]),
    row("GET", "/api/docs", &[], [200, 200, 200, 200, 200]),
    row("POST", "/login", &[("email", "nobody@example.org"), ("password", "wrong")], [401, 401, 401, 401, 401]),
    row("POST", "/login/demo", &[("user", "nobody")], [404, 404, 404, 404, 404]),
    row("POST", "/setup", &[("token", "x"), ("name", "x"), ("email", "x@y"), ("password", "x")], [403, 403, 403, 403, 403]),
    // With one.
    row("POST", "/account/password", &[("current", "wrong"), ("new", "another good password")], [401, 422, 422, 422, 422]),
    row("POST", "/connect/facebook/{signup}/hint", &[], [401, 403, 403, 204, 404]),
    row("POST", "/settings/api-keys", &[("name", "Mine"), ("scope", "read"), ("days", "")], [401, 403, 403, 200, 200]),
    row("POST", "/settings/forwarding/new", &[("name", "x")], [401, 403, 403, 422, 422]),
    row("POST", "/settings/forwarding/{forward}/edit", &[("name", "")], [401, 403, 403, 422, 404]),
    row("POST", "/settings/forwarding/{forward}/secret", &[], [401, 403, 403, 200, 404]),
    row("POST", "/core/whatsapp-api/configurations/{connection}/verify-token", &[], [401, 403, 403, 200, 404]),
    row("POST", "/core/whatsapp-api/setup-guide/address", &[], [401, 403, 200, 200, 200]),
    row("POST", "/settings/meta-app", &[("check", "yes")], [401, 403, 403, 200, 403]),
    row("POST", "/core/whatsapp-api/configurations/{connection}/pin", &[("password", "wrong")], [401, 403, 403, 422, 404]),
    row("POST", "/core/whatsapp-api/messages/replay", &[("from", "2026-11-20T14:00"), ("to", "2026-11-20T13:00")], [401, 403, 403, 422, 422]),
    row("POST", "/core/whatsapp-api/messages/export", &[("connection", "{connection}")], [401, 403, 403, 200, 404]),
    row("POST", "/settings/personal-data", &[("person", "+44 20 7946 0958")], [401, 403, 403, 200, 200]),
    // Server functions: reads. The login page has its own from the server, so none is open to strangers.
    row("POST", "/_fn/shell", &[], [401, 200, 200, 200, 200]),
    row("POST", "/_fn/login_page", &[], [401, 200, 200, 200, 200]),
    row("POST", "/_fn/list_messages", &[("connection", "{connection}"), ("query", ""), ("kind", "")], [401, 403, 200, 200, 404]),
    row("POST", "/_fn/find_event", &[("event", "{event}"), ("replay", "")], [401, 403, 200, 200, 404]),
    row("POST", "/_fn/list_replays", &[], [401, 403, 403, 200, 200]),
    row("POST", "/_fn/find_export", &[("connection", "{connection}"), ("kind", ""), ("person", "")], [401, 403, 403, 200, 404]),
    row("POST", "/_fn/find_personal_data", &[], [401, 403, 403, 200, 200]),
    row("POST", "/_fn/find_meta_app", &[], [401, 403, 403, 200, 403]),
    row("POST", "/_fn/find_backups", &[], [401, 403, 403, 200, 403]),
    row("POST", "/_fn/setup_guide", &[], [401, 200, 200, 200, 200]),
    row("POST", "/_fn/list_connections", &[("query", "")], [401, 200, 200, 200, 200]),
    row("POST", "/_fn/find_connection", C, [401, 200, 200, 200, 404]),
    row("POST", "/_fn/connection_version", C, [401, 200, 200, 200, 404]),
    row("POST", "/_fn/api_docs", &[], [401, 200, 200, 200, 200]),
    row("POST", "/_fn/list_api_keys", &[], [401, 403, 403, 200, 200]),
    row("POST", "/_fn/find_api_key", &[("key", "{key}")], [401, 403, 403, 200, 404]),
    row("POST", "/_fn/list_forwards", &[], [401, 403, 403, 200, 200]),
    row("POST", "/_fn/find_forward", F, [401, 403, 403, 200, 404]),
    row("POST", "/_fn/find_forward_form", F, [401, 403, 403, 200, 404]),
    row("POST", "/_fn/find_signup", S, [401, 403, 403, 200, 404]),
    row("POST", "/_fn/newest_signup", &[], [401, 403, 403, 200, 200]),
    row("POST", "/_fn/search_errors", &[("query", "")], [401, 200, 200, 200, 200]),
    row("POST", "/_fn/find_error", &[("key", "token_expired")], [401, 200, 200, 200, 200]),
    row("POST", "/_fn/bundle_connection", C, [401, 403, 200, 200, 404]),
    row("POST", "/_fn/bundle_signup", S, [401, 403, 200, 200, 404]),
    row("POST", "/_fn/reveal_verify_token", C, [401, 403, 403, 200, 404]),
    row("POST", "/_fn/find_entry", &[("connection", "{connection}"), ("draft", "")], [401, 403, 403, 200, 404]),
    row("POST", "/_fn/find_receiving", C, [401, 403, 403, 200, 404]),
    // Server functions: forms.
    row("POST", "/_fn/judge_entry", &[("entry[connection]", "{connection}"), ("press", "test")], [401, 403, 403, 302, 404]),
    row("POST", "/_fn/revoke_old_token", &[("connection", "{connection}"), ("token", "none")], [401, 403, 403, 302, 404]),
    row("POST", "/_fn/forget_old_token", &[("connection", "{connection}"), ("token", "none")], [401, 403, 403, 302, 404]),
    row("POST", "/_fn/replay_event", &[("event", "{event}")], [401, 403, 403, 302, 404]),
    row("POST", "/_fn/replay_laid_aside", &[("delivery", "1")], [401, 403, 403, 404, 404]),
    row("POST", "/_fn/revoke_api_key", &[("key", "{key}")], [401, 403, 403, 302, 404]),
    row("POST", "/_fn/resume_effects", &[], [401, 403, 403, 302, 403]),
    row("POST", "/_fn/test_forward", F, [401, 403, 403, 302, 404]),
    row("POST", "/_fn/shake_hands", F, [401, 403, 403, 302, 404]),
    row("POST", "/_fn/replay_dead", F, [401, 403, 403, 302, 404]),
    row("POST", "/_fn/switch_forward", &[("forward", "{forward}"), ("on", "no")], [401, 403, 403, 302, 404]),
    // Those behind the first find nothing any more.
    row("POST", "/_fn/remove_forward", &[("forward", "{gone}")], [401, 403, 403, 302, 404]),
    row("POST", "/_fn/check_connection", C, [401, 403, 302, 302, 404]),
    row("POST", "/_fn/refresh_token", C, [401, 403, 403, 302, 404]),
    row("POST", "/_fn/set_rotation", &[("connection", "{connection}"), ("days", "90")], [401, 403, 403, 302, 404]),
    row("POST", "/_fn/subscribe_app", C, [401, 403, 403, 302, 404]),
    row("POST", "/_fn/take_over_address", C, [401, 403, 403, 302, 404]),
    row("POST", "/_fn/ask_own_address", C, [401, 403, 302, 302, 404]),
    row("POST", "/_fn/disconnect_number", C, [401, 403, 403, 302, 404]),
    row("POST", "/_fn/choose_waba", &[("signup", "{signup}"), ("waba_id", "1")], [401, 403, 403, 302, 404]),
    row("POST", "/_fn/choose_number", &[("signup", "{signup}"), ("phone_number_id", "1")], [401, 403, 403, 302, 404]),
    row("POST", "/_fn/look_again", S, [401, 403, 403, 302, 404]),
    row("POST", "/_fn/request_code", &[("signup", "{signup}"), ("method", "sms")], [401, 403, 403, 302, 404]),
    row("POST", "/_fn/verify_code", &[("signup", "{signup}"), ("code", "123456")], [401, 403, 403, 302, 404]),
    row("POST", "/_fn/enter_pin", &[("signup", "{signup}"), ("pin", "123456")], [401, 403, 403, 302, 404]),
    row("POST", "/_fn/cancel_signup", S, [401, 403, 403, 302, 404]),
    // Last: it ends the session.
    row("POST", "/logout", &[], [303, 303, 303, 303, 303]),
];

impl Row {
    async fn ask(&self, browser: &Browser, fill: impl Fn(&str) -> String) -> Answer {
        let path = fill(self.path);
        if path.ends_with("/hint") {
            return browser.post_json(&path, &serde_json::json!({"event": "FINISH"})).await;
        }
        if self.method == "GET" {
            return browser.send(Method::GET, &path, &[("accept", "text/html")], None).await;
        }
        let form: Vec<(&str, String)> = self.form.iter().map(|(name, value)| (*name, fill(value))).collect();
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        // A form's answer leads back to its page; what a script asks for comes as JSON.
        let reads = [
            "shell",
            "login_page",
            "setup_guide",
            "list_",
            "find_",
            "connection_version",
            "newest_",
            "reveal_",
            "search_",
            "bundle_",
            "api_docs",
        ];
        match path.strip_prefix("/_fn/") {
            Some(name) if reads.iter().any(|read| name.starts_with(read)) => browser.call(name, &form).await,
            _ => browser.post(&path, &form).await,
        }
    }
}

async fn every_route_answers_each_role_as_the_table_says(kind: Kind) {
    let world = World::start(kind).await;
    let admin = world.person(Role::Admin).await;
    let id = world.connect(&admin, SIMPLE).await;
    let signup = world.begin(&admin, "").await.id;
    let browsers = [
        world.browser(),
        world.person(Role::Viewer).await,
        world.person(Role::Support).await,
        admin,
        world.person_of("second", Role::Admin).await,
    ];
    let key = world.program(Scope::Read).await.record(&world).await.id;
    let event = world.receive(&id, "wamid.1", "Olá").await.id;
    let (forward, gone) = (world.forward().await, world.forward().await);
    let fill = |text: &str| {
        text.replace("{key}", key.as_str())
            .replace("{forward}", &forward)
            .replace("{gone}", &gone)
            .replace("{event}", &event)
            .replace("{error}", "token_expired")
            .replace("{connection}", id.as_str())
            .replace("{signup}", signup.as_str())
    };
    let mut wrong = Vec::new();
    for row in TABLE {
        for (browser, (expected, who)) in browsers.iter().zip(row.expected.iter().zip(WHO)) {
            // So that failed logins slow nobody down.
            world.clock.advance(3_600_000);
            let answer = row.ask(browser, fill).await;
            if answer.status != *expected {
                wrong.push(format!("{} {} as {who}: {}, not {expected}", row.method, row.path, answer.status));
            }
            let anonymous_page = who == WHO[0] && row.method == "GET" && answer.status == 303;
            if anonymous_page && row.path != "/" {
                assert!(answer.location().starts_with("/login?next="), "{}", row.path);
            }
            if who == WHO[4] {
                assert!(!answer.body.contains("+1 631-555-0101"), "{} shows another workspace's number", row.path);
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

async fn every_call_answers_each_caller_as_the_table_says(kind: Kind) {
    let world = World::start(kind).await;
    let admin = world.person(Role::Admin).await;
    let id = world.connect(&admin, SIMPLE).await;
    let browsers = [
        world.browser(),
        world.person(Role::Viewer).await,
        world.person(Role::Support).await,
        admin,
        world.person_of("second", Role::Admin).await,
    ];
    let programs = [
        world.program(Scope::Read).await,
        world.program(Scope::Write).await,
        world.program_of("second", Scope::Write, None).await,
    ];
    let forward = world.forward().await;
    let mut wrong = Vec::new();
    for row in CALLS {
        let path = row.path.replace("{connection}", id.as_str()).replace("{forward}", &forward);
        let method = || Method::from_bytes(row.method.as_bytes()).unwrap();
        let body = || row.body.map(str::to_owned);
        let mut headers = vec![("accept", "application/json")];
        headers.extend(row.body.map(|_| ("content-type", "application/json")));
        let mut answers = Vec::new();
        for browser in &browsers {
            let own = [headers.as_slice(), &[("origin", world.origin.as_str())]].concat();
            answers.push(browser.send_as(method(), &path, &own, body()).await);
        }
        for program in &programs {
            answers.push(program.call(method(), &path, &headers, body()).await);
        }
        for ((answer, expected), who) in answers.iter().zip(row.expected).zip(CALLERS) {
            if answer.status != expected {
                wrong.push(format!("{} {} by {who}: {}, not {expected}", row.method, row.path, answer.status));
            }
            let other = who.contains("another workspace");
            assert!(!other || !answer.body.contains("+1 631-555-0101"), "{} shows another's number", row.path);
            if row.path.starts_with("/api/") && answer.status >= 400 {
                answer.refusal();
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

const CALLERS: [&str; 8] = [
    "anonymous",
    "viewer",
    "support",
    "admin",
    "another workspace's admin",
    "a key that may read",
    "a key that may write",
    "a key of another workspace",
];

const WHO: [&str; 5] = ["anonymous", "viewer", "support", "admin", "another workspace's admin"];

/// A route's address without what stands for ids: `:connection`, `{connection}`, `{*path}`.
fn shape(path: &str) -> String {
    let path = path.split('?').next().unwrap();
    let segments = path.split('/').map(|segment| {
        let open = segment.starts_with(':') || segment.starts_with('{');
        if open || segment == "nothing.js" { "…" } else { segment }
    });
    segments.collect::<Vec<_>>().join("/")
}

async fn every_route_is_in_the_table(kind: Kind) {
    // Leptos knows its routes once an app has been built.
    let _world = World::start(kind).await;
    let rows = TABLE.iter().map(|row| (row.method, row.path)).chain(CALLS.iter().map(|row| (row.method, row.path)));
    let known: BTreeSet<(String, String)> = rows.map(|(method, path)| (method.to_owned(), shape(path))).collect();
    let pages = leptos_axum::generate_route_list(App);
    let mut routes: BTreeSet<(String, String)> =
        pages.iter().map(|route| ("GET".to_owned(), shape(route.path()))).collect();
    routes.extend(leptos::server_fn::axum::server_fn_paths().map(|(path, method)| (method.to_string(), shape(path))));
    let fixed = fixed_routes(include_str!("../../src/server/router.rs"));
    assert!(routes.len() > 25 && fixed.len() > 12, "{routes:?} {fixed:?}");
    routes.extend(fixed);
    let api = fixed_routes(include_str!("../../src/server/api/mod.rs"));
    assert!(api.len() > 8, "{api:?}");
    routes.extend(api);
    let webhooks = include_str!("../../src/server/webhooks/mod.rs");
    let webhooks = &fixed_routes(webhooks) | &addresses_for_meta(webhooks);
    assert_eq!(webhooks.len(), 5, "{webhooks:?}");
    routes.extend(webhooks);
    let missing: Vec<_> = routes.difference(&known).collect();
    assert!(missing.is_empty(), "say in the table who may: {missing:?}");
}

/// What `attend::address` makes: one address, for GET and for POST.
fn addresses_for_meta(source: &str) -> BTreeSet<(String, String)> {
    let paths = source.split("address(").skip(1).map(|call| shape(call.split('"').nth(1).unwrap()));
    paths.flat_map(|path| ["GET", "POST"].map(|method| (method.to_owned(), path.clone()))).collect()
}

/// The router does not tell its routes, so they are read where they are written.
fn fixed_routes(source: &str) -> BTreeSet<(String, String)> {
    let mut routes = BTreeSet::new();
    for call in source.split(".route(").skip(1) {
        let mut parts = call.splitn(3, '"').skip(1);
        let (path, rest) = (parts.next().expect("a path"), parts.next().expect("its handler"));
        let rest = rest.trim_start_matches(|c: char| c == ',' || c.is_whitespace());
        let method = rest.split('(').next().unwrap();
        match method {
            "get" | "post" | "put" | "delete" | "patch" => {
                routes.insert((method.to_uppercase(), shape(path)));
                // More methods of the same address: `get(…).put(…)`.
                let handlers = rest.split("\n        .route").next().unwrap();
                for more in ["post", "put", "delete", "patch"] {
                    if handlers.contains(&format!(").{more}(")) {
                        routes.insert((more.to_uppercase(), shape(path)));
                    }
                }
            }
            // All of them are listed by leptos.
            "any" if path == "/_fn/{*name}" => {}
            _ => panic!("{path}: `{method}` is new here; teach this test what it means"),
        }
    }
    routes
}
