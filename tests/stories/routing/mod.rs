//! Where Meta delivers: told at connecting, compared ever after, repaired at a press, and never taken from others unasked.

mod address;
mod connecting;
mod repairing;

use crate::support::{Browser, World};
use axum::Router;
use axum::extract::Query;
use axum::routing::get;
use greentick::domain::finding::Finding;
use greentick::domain::health::AppCallback;
use greentick::domain::ids::ConnectionId;
use greentick::domain::routing::{WEBHOOK_FIELDS, routing_finding};
use greentick::server::config::App;
use greentick::server::meta::Callback;
use greentick::server::operations::check_connection::read_and_keep;
use greentick::server::store::AuditEntry;
use sandbox::fixtures;
use std::collections::HashMap;
use tokio::net::TcpListener;

/// Another system on this machine that receives webhooks: it says yes to whoever asks.
async fn another_system() -> String {
    let answer = get(async |Query(asked): Query<HashMap<String, String>>| asked["hub.challenge"].clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/hook", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/hook", answer)).await.unwrap() });
    address
}

fn app() -> App {
    App { id: fixtures::APP_ID.to_owned(), secret: fixtures::APP_SECRET.into() }
}

fn all_fields() -> Vec<String> {
    WEBHOOK_FIELDS.map(str::to_owned).to_vec()
}

/// As if somebody had entered it at Meta.
async fn enter_at_meta(world: &World, url: &str, fields: &[String]) {
    let verify_token = match world.services().settings.verify_token.clone() {
        Some(token) => token,
        None => world.store().verify_token().await.unwrap(),
    };
    let callback = Callback { url, verify_token: &verify_token };
    world.services().graph.set_app_callback(&app(), callback, fields).await.unwrap();
    world.meta.clear_calls();
}

async fn at_meta(world: &World) -> AppCallback {
    let mut found = world.services().graph.read_app_callback(&app()).await.unwrap();
    found.fields.sort_unstable();
    found
}

fn sorted(mut fields: Vec<String>) -> Vec<String> {
    fields.sort_unstable();
    fields
}

/// The address that the account has of its own.
fn override_of(world: &World, waba: &str) -> Option<String> {
    let told = world.meta.world();
    let waba = told["wabas"].as_array().unwrap().iter().find(|one| one["id"] == waba).unwrap().clone();
    let subscribed = waba.get("subscribedApps").or_else(|| waba.get("subscribed_apps")).unwrap();
    subscribed[fixtures::APP_ID].as_str().map(str::to_owned)
}

fn own_address(world: &World) -> String {
    world.services().settings.shared_webhook_url()
}

/// What the page would say of the routing.
async fn finding(world: &World, id: &ConnectionId) -> Option<Finding> {
    let stored = world.connection(id).await;
    routing_finding(&world.services().standing(&stored))
}

async fn check_of(world: &World, id: &ConnectionId) -> Option<String> {
    finding(world, id).await.map(|finding| finding.check.as_str().to_owned())
}

/// A check whose reading of the app is not an old one.
async fn looked_again(world: &World, id: &ConnectionId) -> Option<String> {
    world.clock.advance(6 * 60_000);
    assert_eq!(read_and_keep(world.services(), id).await.unwrap(), None);
    check_of(world, id).await
}

async fn audited(world: &World, id: &ConnectionId, action: &str) -> AuditEntry {
    let mut audit = world.store().list_audit(id, 50).await.unwrap();
    let at = audit.iter().position(|entry| entry.action == action);
    audit.remove(at.unwrap_or_else(|| panic!("{action} is not in {audit:?}")))
}

fn page_of(id: &ConnectionId) -> String {
    format!("/core/whatsapp-api/configurations/{id}")
}

async fn text_of(browser: &Browser, id: &ConnectionId) -> String {
    browser.get(&page_of(id)).await.text()
}
