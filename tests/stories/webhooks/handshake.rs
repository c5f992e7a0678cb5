//! Meta asks whether an address is ours.

use super::SHARED;
use crate::support::{Answer, Kind, SIMPLE, Wishes, World};
use greentick::domain::user::Role;
use reqwest::Method;
use secrecy::ExposeSecret;

both!(
    the_shared_address_knows_the_installations_token,
    a_token_from_the_environment_takes_the_place_of_the_made_one,
    the_shared_address_knows_tokens_of_connections_on_the_installations_app_alone,
    an_address_of_its_own_knows_its_own_token_alone,
    what_is_no_handshake_is_told_so,
);

impl World {
    async fn ask(&self, path: &str, token: &str) -> Answer {
        let token: String = url::form_urlencoded::byte_serialize(token.as_bytes()).collect();
        let query = format!("hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token={token}");
        self.browser().send(Method::GET, &format!("{path}?{query}"), &[], None).await
    }
}

fn proven(answer: &Answer) -> bool {
    let proven = answer.status == 200;
    assert!(proven || answer.status == 403, "{answer:?}");
    assert_eq!(answer.body == "1158201444", proven, "the challenge is for whoever knows the token");
    if proven {
        assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    }
    assert!(answer.header("set-cookie").is_none());
    proven
}

async fn the_shared_address_knows_the_installations_token(kind: Kind) {
    let world = World::start(kind).await;
    let token = world.store().verify_token().await.unwrap();
    assert!(proven(&world.ask(SHARED, token.expose_secret()).await));
    assert!(!proven(&world.ask(SHARED, "another token").await));
    assert!(!proven(&world.ask(SHARED, "").await));
}

async fn a_token_from_the_environment_takes_the_place_of_the_made_one(kind: Kind) {
    let settings: fn(&mut greentick::server::config::Given) = |given| given.verify_token = Some("from outside".into());
    let world = World::with(kind, Wishes { settings: Some(settings), ..Wishes::default() }).await;
    assert!(proven(&world.ask(SHARED, "from outside").await));
    let made = world.store().verify_token().await.unwrap();
    assert!(!proven(&world.ask(SHARED, made.expose_secret()).await));
}

async fn the_shared_address_knows_tokens_of_connections_on_the_installations_app_alone(kind: Kind) {
    let world = World::start(kind).await;
    let id = world.connect(&world.person(Role::Admin).await, SIMPLE).await;
    world.enter(&id, None, "token of a connection").await;
    assert!(proven(&world.ask(SHARED, "token of a connection").await));
    let no_address = world.ask(&format!("{SHARED}/{id}"), "token of a connection").await;
    assert_eq!(no_address.status, 404, "it is on the installation's app");
    world.move_to_own_app(&id).await;
    assert!(!proven(&world.ask(SHARED, super::OWN_TOKEN).await));
}

async fn an_address_of_its_own_knows_its_own_token_alone(kind: Kind) {
    let world = World::start(kind).await;
    let id = world.connect(&world.person(Role::Admin).await, SIMPLE).await;
    let address = world.move_to_own_app(&id).await;
    assert!(proven(&world.ask(&address, super::OWN_TOKEN).await));
    let shared = world.store().verify_token().await.unwrap();
    assert!(!proven(&world.ask(&address, shared.expose_secret()).await));
    for unknown in ["nobody", "%00"] {
        assert_eq!(world.ask(&format!("{SHARED}/{unknown}"), super::OWN_TOKEN).await.status, 404, "{unknown}");
    }
}

async fn what_is_no_handshake_is_told_so(kind: Kind) {
    let world = World::start(kind).await;
    let token = world.store().verify_token().await.unwrap();
    let token = token.expose_secret();
    let ask = async |query: String| {
        world.browser().send(Method::GET, &format!("{SHARED}?{query}"), &[("accept", "text/html")], None).await.status
    };
    assert_eq!(ask(String::new()).await, 400);
    assert_eq!(ask(format!("hub.mode=subscribe&hub.verify_token={token}")).await, 400);
    assert_eq!(ask("hub.mode=subscribe&hub.challenge=1".to_owned()).await, 400);
    assert_eq!(ask(format!("hub.mode=subscribe&hub.challenge=&hub.verify_token={token}")).await, 400);
    assert_eq!(ask(format!("hub.mode=unsubscribe&hub.challenge=1&hub.verify_token={token}")).await, 403);
    assert_eq!(
        ask(format!("hub.mode=subscribe&hub.challenge={}&hub.verify_token={token}", "1".repeat(300))).await,
        400
    );
}
