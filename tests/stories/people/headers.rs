//! What every answer carries, over http and over https.

use crate::support::{Answer, Kind, PASSWORD, Wishes, World};
use greentick::domain::user::Role;
use reqwest::Method;
use sandbox::fixtures;

both!(
    every_page_carries_its_headers_and_no_script_without_the_nonce,
    over_https_the_cookie_is_bound_to_the_host,
    another_name_of_the_machine_leads_to_the_public_address,
);

fn assert_guarded(path: &str, answer: &Answer) {
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin-allow-popups"),
    ] {
        assert_eq!(answer.header(name), Some(value), "{path}");
    }
    let policy = answer.header("content-security-policy").unwrap();
    assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe-inline"), "{path}: {policy}");
    assert!(answer.header("x-request-id").is_some(), "{path}");
    if answer.header("content-type").is_some_and(|kind| kind.starts_with("text/html")) {
        assert_page(path, answer, policy);
    }
}

fn assert_page(path: &str, answer: &Answer, policy: &str) {
    for part in ["default-src 'self'", "object-src 'none'", "base-uri 'none'", "form-action 'self'"] {
        assert!(policy.contains(part), "{path}: {policy}");
    }
    let nonce = policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).expect("a nonce");
    assert!(nonce.len() >= 16, "{path}: {nonce}");
    let named = format!("nonce=\"{nonce}\"");
    for tag in answer.body.split('<').filter(|tag| tag.starts_with("script") || tag.starts_with("style")) {
        let open = tag.split('>').next().unwrap();
        assert!(open.contains(&named), "{path}: <{open}>");
    }
    for tag in answer.body.split('<').map(|tag| tag.split('>').next().unwrap()) {
        let attributes = tag.split('"').step_by(2).collect::<String>();
        assert!(!attributes.contains(" style=") && !attributes.contains(" on"), "{path}: <{tag}>");
        assert!(!tag.contains("javascript:"), "{path}: <{tag}>");
    }
}

async fn every_page_carries_its_headers_and_no_script_without_the_nonce(kind: Kind) {
    let world = World::start(kind).await;
    let (admin, nobody) = (world.person(Role::Admin).await, world.browser());
    let id = world.connect(&admin, &[fixtures::WABA_SOL]).await;
    let run = world.begin(&admin, "").await;
    let here = format!("/core/whatsapp-api/configurations/{id}");
    let pages = [
        "/",
        "/login",
        "/setup",
        "/account",
        "/core/whatsapp-api/configurations",
        "/core/whatsapp-api/setup-guide",
        "/nowhere",
        "/api/nowhere",
        "/healthz",
        "/readyz",
        "/favicon.svg",
        &here,
        &format!("{here}/disconnect"),
        "/core/whatsapp-api/configurations/unknown",
        &format!("/connect/facebook/{}", run.id),
        "/connect/facebook/callback",
    ];
    for path in pages {
        assert_guarded(path, &admin.get(path).await);
        assert_guarded(path, &nobody.get(path).await);
    }
    let (first, second) = (admin.get(&here).await, admin.get(&here).await);
    assert_ne!(first.header("content-security-policy"), second.header("content-security-policy"), "a nonce is new");
    assert_eq!(first.header("strict-transport-security"), None);
    assert_guarded("a refusal", &nobody.send(Method::POST, "/logout", &[("accept", "text/html")], None).await);
    let wrong = [("email", "eve@example.org"), ("password", "wrong")];
    assert_guarded("a refused login", &nobody.post("/login", &wrong).await);
    assert_guarded("an action", &admin.call("check_connection", &[("connection", id.as_str())]).await);
}

async fn over_https_the_cookie_is_bound_to_the_host(kind: Kind) {
    let public_url = Some("https://greentick.example".to_owned());
    let world = World::with(kind, Wishes { public_url, ..Wishes::default() }).await;
    world.add_person("default", "ana@example.org", Role::Admin).await;
    let browser = world.browser();
    let answer = browser.post("/login", &[("email", "ana@example.org"), ("password", PASSWORD)]).await;
    let cookie = answer.header("set-cookie").unwrap();
    assert!(cookie.starts_with("__Host-greentick="), "{cookie}");
    for attribute in ["HttpOnly", "SameSite=Lax", "Secure", "Path=/"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");
    assert_eq!(answer.header("strict-transport-security"), Some("max-age=31536000"));
    let plain = World::start(kind).await;
    plain.add_person("default", "ana@example.org", Role::Admin).await;
    let answer = plain.browser().post("/login", &[("email", "ana@example.org"), ("password", PASSWORD)]).await;
    let cookie = answer.header("set-cookie").unwrap();
    assert!(cookie.starts_with("greentick=") && !cookie.contains("Secure"), "{cookie}");
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
}

async fn another_name_of_the_machine_leads_to_the_public_address(kind: Kind) {
    let world = World::start(kind).await;
    let headers = [("host", "localhost:9"), ("accept", "text/html")];
    let moved = world.browser().send(Method::GET, "/login?next=%2Faccount", &headers, None).await;
    assert_eq!((moved.status, moved.location()), (307, format!("{}/login?next=%2Faccount", world.base).as_str()));
    let health = world.browser().send(Method::GET, "/healthz", &headers, None).await;
    assert_eq!(health.status, 200, "whoever watches the machine uses its own name for it");
}
