//! Settings › Meta app: entered once, sealed, in use at once; what the environment fixes stays fixed.

use crate::support::{Browser, Kind, SIMPLE, Wishes, World};
use greentick::domain::user::Role;
use greentick::server::config::Given;
use sandbox::fixtures;

both!(
    an_app_that_is_entered_is_in_use_at_once_and_after_a_restart,
    what_the_environment_sets_is_shown_and_stays,
    the_secret_is_sealed_and_never_shown,
    check_tells_what_meta_says_of_the_app,
    wrong_ids_are_refused_by_name_and_nothing_typed_is_lost,
    another_app_needs_its_own_secret,
    another_workspaces_admin_cannot_touch_it,
    another_node_notices_the_change,
    facebook_returns_only_to_https,
);

const PAGE: &str = "/settings/meta-app";
const CONFIGURATIONS: &str = "/core/whatsapp-api/configurations";

fn no_app(given: &mut Given) {
    (given.app_id, given.app_secret, given.config_id) = (None, None, None);
}

async fn without_app(kind: Kind) -> World {
    World::with(kind, Wishes { settings: Some(no_app), ..Wishes::default() }).await
}

async fn save(browser: &Browser, app_id: &str, secret: &str, config_id: &str) -> crate::support::Answer {
    browser.post(PAGE, &[("app_id", app_id), ("app_secret", secret), ("config_id", config_id)]).await
}

async fn an_app_that_is_entered_is_in_use_at_once_and_after_a_restart(kind: Kind) {
    let mut world = without_app(kind).await;
    let ana = world.person(Role::Admin).await;
    assert!(ana.page(CONFIGURATIONS).await.contains("has no Meta app yet"));
    let saved = save(&ana, fixtures::APP_ID, fixtures::APP_SECRET, fixtures::CONFIG_ID).await;
    assert!(saved.status == 200 && saved.text().contains("Saved."), "{}", saved.text());
    world.connect(&ana, SIMPLE).await;
    world.restart(|_| ()).await;
    assert_eq!(world.services().app().unwrap().id, fixtures::APP_ID);
    assert!(world.services().connect().is_ok());
}

async fn what_the_environment_sets_is_shown_and_stays(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let page = ana.page(PAGE).await;
    for name in ["WHATSAPP_APP_ID", "WHATSAPP_APP_SECRET", "WHATSAPP_CONFIG_ID"] {
        assert!(page.contains(&format!("Set by {name} in the environment")), "{name}");
    }
    let html = ana.get(PAGE).await.body;
    assert!(html.contains(fixtures::APP_ID) && !html.contains(fixtures::APP_SECRET));
    save(&ana, "999999999999999", "another-secret-altogether", "888888888888888").await;
    assert_eq!(world.services().app().unwrap().id, fixtures::APP_ID);
    let stored = world.store().find_meta_app().await.unwrap();
    assert!(stored.app_id.is_none() && stored.app_secret.is_none() && stored.config_id.is_none());
}

async fn the_secret_is_sealed_and_never_shown(kind: Kind) {
    let world = without_app(kind).await;
    let ana = world.person(Role::Admin).await;
    let saved = save(&ana, fixtures::APP_ID, fixtures::APP_SECRET, fixtures::CONFIG_ID).await;
    let page = ana.page(PAGE).await;
    assert!(!saved.body.contains(fixtures::APP_SECRET) && !ana.get(PAGE).await.body.contains(fixtures::APP_SECRET));
    let last_four = &fixtures::APP_SECRET[fixtures::APP_SECRET.len() - 4..];
    assert!(page.contains(&format!("Kept: ••••{last_four}")), "{page}");
    let loot = world.database.loot().await;
    assert!(!loot.windows(fixtures::APP_SECRET.len()).any(|window| window == fixtures::APP_SECRET.as_bytes()));
    // Left empty, it is kept.
    save(&ana, fixtures::APP_ID, "", "777777777777777").await;
    assert!(world.services().app().is_some());
}

async fn check_tells_what_meta_says_of_the_app(kind: Kind) {
    let world = without_app(kind).await;
    let ana = world.person(Role::Admin).await;
    save(&ana, fixtures::APP_ID, fixtures::APP_SECRET, fixtures::CONFIG_ID).await;
    let good = ana.post(PAGE, &[("check", "yes")]).await;
    assert!(good.text().contains("Meta knows this app:"), "{}", good.text());
    save(&ana, fixtures::APP_ID, "not-the-secret-of-this-app", fixtures::CONFIG_ID).await;
    let bad = ana.post(PAGE, &[("check", "yes")]).await;
    assert!(bad.status == 422 && !bad.text().contains("Meta knows this app"), "{}", bad.text());
}

async fn wrong_ids_are_refused_by_name_and_nothing_typed_is_lost(kind: Kind) {
    let world = without_app(kind).await;
    let ana = world.person(Role::Admin).await;
    let refused = save(&ana, "my app", "a-secret-that-is-long-enough", "810000000000009").await;
    assert_eq!(refused.status, 422);
    let page = refused.body;
    assert!(page.contains("App ID has digits only") || page.contains("the App ID has digits only"), "{page}");
    assert!(page.contains("my app") && page.contains("810000000000009"));
    assert!(!page.contains("a-secret-that-is-long-enough"));
    assert!(world.services().app().is_none());
}

async fn another_app_needs_its_own_secret(kind: Kind) {
    let world = without_app(kind).await;
    let ana = world.person(Role::Admin).await;
    save(&ana, fixtures::APP_ID, fixtures::APP_SECRET, fixtures::CONFIG_ID).await;
    let refused = save(&ana, fixtures::OWN_APP_ID, "", fixtures::CONFIG_ID).await;
    assert!(refused.status == 422 && refused.text().contains("another secret"), "{}", refused.text());
    assert_eq!(world.services().app().unwrap().id, fixtures::APP_ID);
}

async fn another_workspaces_admin_cannot_touch_it(kind: Kind) {
    let world = without_app(kind).await;
    let stranger = world.person_of("other", Role::Admin).await;
    assert_eq!(save(&stranger, fixtures::APP_ID, fixtures::APP_SECRET, fixtures::CONFIG_ID).await.status, 403);
    assert!(world.services().app().is_none());
}

async fn another_node_notices_the_change(kind: Kind) {
    let world = without_app(kind).await;
    let ana = world.person(Role::Admin).await;
    let node = greentick::server::operations::meta_app::MetaApp::default();
    save(&ana, fixtures::APP_ID, fixtures::APP_SECRET, fixtures::CONFIG_ID).await;
    let other = greentick::server::operations::Services { meta_app: node, ..world.services().clone() };
    assert!(other.app().is_none());
    other.read_meta_app().await.unwrap();
    assert_eq!(other.app().unwrap().id, fixtures::APP_ID);
}

async fn facebook_returns_only_to_https(kind: Kind) {
    fn metas_own(given: &mut Given) {
        given.dialog_url = None;
    }
    let world = World::with(kind, Wishes { settings: Some(metas_own), ..Wishes::default() }).await;
    let ana = world.person(Role::Admin).await;
    let page = ana.page(CONFIGURATIONS).await;
    assert!(page.contains("Facebook returns only to https") && page.contains("GREENTICK_PUBLIC_URL"), "{page}");
    let started = ana.get("/connect/facebook/start").await;
    assert_eq!(started.status, 422, "{}", started.body);
    assert!(started.text().contains("Facebook returns only to https"), "{}", started.text());
}
