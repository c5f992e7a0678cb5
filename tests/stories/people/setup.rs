//! The link for the first admin, and the sandbox's accounts.

use crate::support::{Kind, PASSWORD, Wishes, World};
use greentick::domain::user::Role;

both!(
    the_setup_link_works_once,
    a_dead_setup_link_says_so_before_anything_is_typed,
    a_wrong_token_or_a_rule_broken_changes_nothing,
    the_setup_link_is_new_at_each_start_and_gone_once_somebody_exists,
    the_sandboxs_accounts_are_entered_with_one_press_from_this_machine_only,
    a_live_installation_has_no_demo_login,
    a_sandbox_that_others_can_reach_has_no_demo_login,
);

fn token(world: &World) -> String {
    world.invitation.as_ref().expect("nobody exists yet").split_once("token=").unwrap().1.to_owned()
}

fn form<'a>(token: &'a str, email: &'a str) -> [(&'a str, &'a str); 4] {
    [("token", token), ("name", "Ana"), ("email", email), ("password", PASSWORD)]
}

async fn the_setup_link_works_once(kind: Kind) {
    let world = World::start(kind).await;
    assert_eq!(world.browser().get("/readyz").await.status, 200, "having no users is no fault");
    let file = std::fs::read_to_string(&world.app.setup_file).unwrap();
    assert_eq!(file.trim(), world.invitation.as_deref().unwrap());
    let (token, ana) = (token(&world), world.browser());
    assert!(ana.page(&format!("/setup?token={token}")).await.contains("name=\"password\""));
    let made = ana.post("/setup", &form(&token, "ana@example.org")).await;
    assert_eq!((made.status, made.location()), (303, "/core/whatsapp-api/configurations"));
    assert!(ana.page("/core/whatsapp-api/configurations").await.contains("Connect your WhatsApp number"));
    assert!(!world.app.setup_file.exists());
    let again = world.browser().post("/setup", &form(&token, "eve@example.org")).await;
    assert_eq!(again.status, 403);
    assert!(again.text().contains("This setup link does not work any more."), "{}", again.text());
    assert!(world.store().find_user_by_email("eve@example.org").await.unwrap().is_none());
}

async fn a_dead_setup_link_says_so_before_anything_is_typed(kind: Kind) {
    let world = World::start(kind).await;
    let (token, eve) = (token(&world), world.browser());
    let dead = async |path: &str| {
        let page = eve.get(path).await;
        assert_eq!(page.status, 403, "{path}: {}", page.body);
        assert!(page.text().contains("This setup link does not work any more."), "{}", page.text());
        assert!(page.body.contains("href=\"/login\"") && !page.body.contains("<form"), "{}", page.body);
    };
    dead("/setup").await;
    dead(&format!("/setup?token={}", "0".repeat(48))).await;
    assert_eq!(eve.get(&format!("/setup?token={token}")).await.status, 200);
    world.add_person("default", "ana@example.org", Role::Admin).await;
    dead(&format!("/setup?token={token}")).await;
}

async fn a_wrong_token_or_a_rule_broken_changes_nothing(kind: Kind) {
    let world = World::start(kind).await;
    let (token, eve) = (token(&world), world.browser());
    assert_eq!(eve.post("/setup", &form("0".repeat(48).as_str(), "eve@example.org")).await.status, 403);
    let short = [("token", token.as_str()), ("name", "Ana"), ("email", "ana@example.org"), ("password", "short")];
    let refused = eve.post("/setup", &short).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("ana@example.org"), "what was typed stays");
    assert!(!refused.body.contains("value=\"short\""), "but not the password");
    assert_eq!(eve.post("/setup", &form(&token, "nowhere")).await.status, 422);
    assert!(!world.store().has_users().await.unwrap());
}

async fn the_setup_link_is_new_at_each_start_and_gone_once_somebody_exists(kind: Kind) {
    let mut world = World::start(kind).await;
    let first = token(&world);
    world.restart(|_| {}).await;
    assert_ne!(token(&world), first);
    assert_eq!(world.browser().post("/setup", &form(&first, "eve@example.org")).await.status, 403);
    world.add_person("default", "ana@example.org", Role::Admin).await;
    world.restart(|_| {}).await;
    assert_eq!(world.invitation, None);
    assert!(!world.app.setup_file.exists());
}

async fn the_sandboxs_accounts_are_entered_with_one_press_from_this_machine_only(kind: Kind) {
    let world = World::with(kind, Wishes { sandbox: true, ..Wishes::default() }).await;
    let page = world.browser().page("/login").await;
    assert!(["Ana Souza", "Rui Costa", "Vera Lima"].iter().all(|name| page.contains(name)));
    let ana = world.store().find_user_by_email("ana@sandbox.invalid").await.unwrap().unwrap();
    let press = [("user", ana.id.as_str())];
    let origin = world.origin.clone();
    for header in ["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "forwarded", "via", "x-real-ip"] {
        let browser = world.browser();
        let headers = [("origin", origin.as_str()), (header, "127.0.0.1")];
        let form = format!("user={}", ana.id);
        let answer = browser.send(reqwest::Method::POST, "/login/demo", &headers, Some(form)).await;
        assert_eq!((answer.status, browser.cookie()), (404, None), "{header}");
    }
    let browser = world.browser();
    assert_eq!(browser.post("/login/demo", &press).await.location(), "/core/whatsapp-api/configurations");
    assert!(browser.page("/account").await.contains("ana@sandbox.invalid"));
    let real = world.add_person("default", "real@example.org", Role::Admin).await;
    let answer = world.browser().post("/login/demo", &[("user", real.id.as_str())]).await;
    assert_eq!(answer.status, 404, "only the sandbox's accounts have no password");
    let answer = world.browser().post("/login", &[("email", "ana@sandbox.invalid"), ("password", "")]).await;
    assert_eq!(answer.status, 401, "no password is not an empty one");
}

async fn refuses_demo(world: &World) {
    let email = "demo@sandbox.invalid";
    let workspace = world.workspace("default").await;
    let new = greentick::server::store::NewUser {
        workspace: &workspace,
        email,
        name: "Demo",
        role: Role::Admin,
        password_hash: None,
    };
    let demo = world.store().add_user(new).await.unwrap().unwrap();
    let browser = world.browser();
    assert_eq!(browser.post("/login/demo", &[("user", demo.id.as_str())]).await.status, 404);
    assert_eq!(browser.cookie(), None);
}

async fn a_live_installation_has_no_demo_login(kind: Kind) {
    let world = World::start(kind).await;
    refuses_demo(&world).await;
    assert!(!world.browser().page("/login").await.contains("/login/demo"));
}

async fn a_sandbox_that_others_can_reach_has_no_demo_login(kind: Kind) {
    let public_url = Some("http://greentick.example".to_owned());
    let world = World::with(kind, Wishes { sandbox: true, public_url, ..Wishes::default() }).await;
    assert!(world.invitation.is_some(), "the first admin sets a password");
    refuses_demo(&world).await;
}
