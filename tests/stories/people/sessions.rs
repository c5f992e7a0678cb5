//! Logging in, staying logged in, and being thrown out.

use crate::support::{Answer, Kind, PASSWORD, World};
use greentick::domain::user::Role;
use reqwest::Method;

both!(
    a_wrong_password_and_an_unknown_address_look_the_same,
    guessing_gets_slower_for_the_account_and_for_the_address,
    a_changed_password_is_guessed_no_faster,
    the_session_gets_a_new_id_at_login,
    logging_out_ends_the_session,
    a_form_sent_after_the_session_has_ended_leads_to_the_login_and_back,
    what_somebody_saw_logged_in_is_kept_by_no_browser,
    a_new_password_ends_all_other_sessions,
    a_session_ends_after_thirty_days,
    a_lost_role_counts_at_once,
    after_login_one_of_our_own_pages_comes_next,
    the_code_of_a_callback_is_not_carried_to_the_login_page,
);

const HOME: &str = "/core/whatsapp-api/configurations";

async fn a_form_sent_after_the_session_has_ended_leads_to_the_login_and_back(kind: Kind) {
    let world = World::start(kind).await;
    let (nobody, base) = (world.browser(), world.base.clone());
    let sent_from = async |page: &str, action: &str| {
        let headers = [("accept", "text/html"), ("origin", base.as_str()), ("referer", page)];
        nobody.send(Method::POST, action, &headers, Some("name=Shop".to_owned())).await
    };
    for action in ["/settings/forwarding/new", "/settings/api-keys", "/_fn/check_connection"] {
        let answer = sent_from(&format!("{base}/settings/forwarding/new?a=1&b=2"), action).await;
        assert_eq!(answer.status, 401, "{action}");
        let page = answer.text();
        assert!(
            page.contains("You are not signed in.") && page.contains("come back to this one and reload it"),
            "{page}"
        );
        let login = "href=\"/login?next=/settings/forwarding/new%3Fa%3D1%26b%3D2\"";
        assert!(answer.body.contains(login), "{action}: {}", answer.body);
    }
    for foreign in ["https://evil.example/login", &format!("{base}.evil.example/x")] {
        let answer = sent_from(foreign, "/settings/api-keys").await;
        assert!(answer.body.contains(&format!("href=\"/login?next={HOME}\"")), "{foreign}: {}", answer.body);
    }
}

async fn what_somebody_saw_logged_in_is_kept_by_no_browser(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    for path in [HOME, "/account", "/core/whatsapp-api/messages", "/settings/forwarding/new", "/nowhere"] {
        assert_eq!(ana.get(path).await.header("cache-control"), Some("no-store"), "{path}");
    }
    let shown = ana.post("/settings/api-keys", &[("name", "Shop"), ("scope", "read"), ("days", "90")]).await;
    assert_eq!(shown.header("cache-control"), Some("no-store"), "a key is shown once: {}", shown.status);
    let read = ana.call("list_connections", &[("query", "")]).await;
    assert_eq!((read.status, read.header("cache-control")), (200, Some("no-store")));
    assert_eq!(world.browser().get("/login").await.header("cache-control"), None, "nobody's page is no secret");
}

async fn a_wrong_password_and_an_unknown_address_look_the_same(kind: Kind) {
    let world = World::start(kind).await;
    world.add_person("default", "ana@example.org", Role::Viewer).await;
    let tried = async |email: &str| {
        let form = [("email", email), ("password", "not this one, surely")];
        let answer = world.browser().post("/login", &form).await;
        // The page says the address again, and each page has a nonce of its own.
        let nonce = answer.header("content-security-policy").unwrap().split("nonce-").nth(1).unwrap();
        let nonce = nonce.split('\'').next().unwrap().to_owned();
        (answer.status, answer.body.replace(email, "…").replace(&nonce, "…"))
    };
    let (wrong, unknown) = (tried("ana@example.org").await, tried("eve@example.org").await);
    assert_eq!(wrong.0, 401);
    assert!(wrong.1.contains("Email or password is wrong."));
    assert_eq!(wrong, unknown);
}

/// How long it says to wait; less by what the test itself took.
fn seconds(answer: &Answer) -> i64 {
    answer.header("retry-after").expect("it says how long").parse().unwrap()
}

async fn guessing_gets_slower_for_the_account_and_for_the_address(kind: Kind) {
    let world = World::start(kind).await;
    world.add_person("default", "ana@example.org", Role::Viewer).await;
    world.add_person("default", "rui@example.org", Role::Viewer).await;
    let browser = world.browser();
    let log_in =
        async |email: &str, password: &str| browser.post("/login", &[("email", email), ("password", password)]).await;
    for _ in 0..6 {
        assert_eq!(log_in("ana@example.org", "a wrong password").await.status, 401);
    }
    let waits = log_in("ana@example.org", PASSWORD).await;
    assert_eq!(waits.status, 429, "the right password waits as well");
    assert!((1..=2).contains(&seconds(&waits)));
    assert!(waits.text().contains("Too many failed tries."));
    assert_eq!(log_in("rui@example.org", PASSWORD).await.status, 429, "the address waits, whoever it tries");
    world.clock.advance(2_001);
    assert_eq!(log_in("ana@example.org", "a wrong password").await.status, 401);
    assert!((2..=4).contains(&seconds(&log_in("ana@example.org", PASSWORD).await)), "longer than before");
    world.clock.advance(4_001);
    assert_eq!(log_in("ANA@example.org", PASSWORD).await.status, 303);
    assert_eq!(log_in("ana@example.org", "a wrong password").await.status, 401, "the count began anew");
}

async fn a_changed_password_is_guessed_no_faster(kind: Kind) {
    let world = World::start(kind).await;
    let browser = world.person(Role::Viewer).await;
    let change = async |current: &str| {
        let form = [("current", current), ("new", "another good password")];
        browser.post("/account/password", &form).await
    };
    for _ in 0..6 {
        let refused = change("a wrong password").await;
        assert_eq!(refused.status, 422);
        assert!(refused.text().contains("this is not your present password"), "{}", refused.text());
    }
    let waits = change(PASSWORD).await;
    assert_eq!(waits.status, 429);
    assert!((1..=2).contains(&seconds(&waits)));
}

async fn the_session_gets_a_new_id_at_login(kind: Kind) {
    let world = World::start(kind).await;
    world.add_person("default", "ana@example.org", Role::Viewer).await;
    let planted = "greentick=AAAAAAAAAAAAAAAAAAAAAA".to_owned();
    let browser = world.browser();
    browser.set_cookie(Some(planted.clone()));
    browser.post("/login", &[("email", "ana@example.org"), ("password", PASSWORD)]).await;
    let first = browser.cookie().unwrap();
    assert_ne!(first, planted);
    browser.post("/login", &[("email", "ana@example.org"), ("password", PASSWORD)]).await;
    let second = browser.cookie().unwrap();
    assert_ne!(second, first, "logging in again is a new session, too");
    for old in [planted, first] {
        let other = world.browser();
        other.set_cookie(Some(old));
        assert_eq!(other.get(HOME).await.status, 303);
    }
    assert_eq!(browser.get(HOME).await.status, 200);
    let hashes = world.database.texts("select id_hash from sessions").await;
    assert!(!hashes.iter().any(|hash| hash.contains(&browser.session())), "the database opens no session");
}

async fn logging_out_ends_the_session(kind: Kind) {
    let world = World::start(kind).await;
    let browser = world.person(Role::Viewer).await;
    let cookie = browser.cookie();
    assert_eq!(browser.post("/logout", &[]).await.location(), "/login");
    assert_eq!(browser.cookie(), None);
    browser.set_cookie(cookie);
    assert_eq!(browser.get(HOME).await.status, 303, "the cookie of yesterday opens nothing");
    assert!(world.database.texts("select id_hash from sessions").await.is_empty());
}

async fn a_new_password_ends_all_other_sessions(kind: Kind) {
    let world = World::start(kind).await;
    world.add_person("default", "ana@example.org", Role::Viewer).await;
    let (here, there) = (world.log_in("ana@example.org").await, world.log_in("ana@example.org").await);
    let before = here.cookie();
    let short = here.post("/account/password", &[("current", PASSWORD), ("new", "short")]).await;
    assert_eq!(short.status, 422);
    let new = "a better password";
    let changed = here.post("/account/password", &[("current", PASSWORD), ("new", new)]).await;
    assert_eq!(changed.location(), "/account?changed=1");
    assert_ne!(here.cookie(), before);
    let told = here.get("/account?changed=1").await.text();
    assert!(told.contains("Password changed.") && told.contains("Your other sessions are ended."), "{told}");
    assert!(!here.get("/account").await.text().contains("Password changed."));
    assert_eq!(here.get(HOME).await.status, 200);
    assert_eq!(there.get(HOME).await.status, 303);
    there.set_cookie(before);
    assert_eq!(there.get(HOME).await.status, 303);
    let log_in = async |password: &str| {
        there.post("/login", &[("email", "ana@example.org"), ("password", password)]).await.status
    };
    assert_eq!((log_in(PASSWORD).await, log_in(new).await), (401, 303));
}

async fn a_session_ends_after_thirty_days(kind: Kind) {
    let world = World::start(kind).await;
    let browser = world.person(Role::Viewer).await;
    world.clock.advance(29 * 86_400_000);
    assert_eq!(browser.get(HOME).await.status, 200);
    world.clock.advance(2 * 86_400_000);
    assert_eq!(browser.get(HOME).await.status, 303);
}

async fn a_lost_role_counts_at_once(kind: Kind) {
    let world = World::start(kind).await;
    let user = world.add_person("default", "ana@example.org", Role::Admin).await;
    let browser = world.log_in("ana@example.org").await;
    assert_eq!(browser.call("newest_signup", &[]).await.status, 200);
    world.store().update_role(&user.id, Role::Viewer).await.unwrap();
    assert_eq!(browser.call("newest_signup", &[]).await.status, 403);
}

async fn after_login_one_of_our_own_pages_comes_next(kind: Kind) {
    let world = World::start(kind).await;
    world.add_person("default", "ana@example.org", Role::Viewer).await;
    let browser = world.browser();
    let asked = browser.get("/account?x=1&y=é").await;
    assert_eq!(asked.location(), "/login?next=%2Faccount%3Fx%3D1%26y%3D%C3%A9".replace("%C3%A9", "%25C3%25A9"));
    let after = async |next: &str| {
        let form = [("email", "ana@example.org"), ("password", PASSWORD), ("next", next)];
        world.browser().post("/login", &form).await.location().to_owned()
    };
    assert_eq!(after("/account?x=1").await, "/account?x=1");
    let foreign = [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\r\nset-cookie: a=b",
        "javascript:alert(1)",
        "evil.example",
        " //evil.example",
        "",
    ];
    for next in foreign {
        assert_eq!(after(next).await, HOME, "{next:?}");
    }
}

async fn the_code_of_a_callback_is_not_carried_to_the_login_page(kind: Kind) {
    let world = World::start(kind).await;
    let answer = world.browser().get("/connect/facebook/callback?code=AQD-a-code&state=abc").await;
    assert_eq!(answer.location(), "/login?next=%2F");
}
