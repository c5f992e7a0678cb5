//! Events sent on to the customer's own endpoints.

mod forms;
mod kills;
mod nodes;
mod patience;
mod sending;
mod trouble;

use crate::support::{Browser, Heard, Kind, Program, Receiver, SIMPLE, Wishes, World, soon};
use crate::webhooks::{SHARED, message, signature};
use greentick::domain::api_key::Scope;
use greentick::domain::ids::ConnectionId;
use greentick::domain::user::Role;
use greentick::server::config::Given;
use sandbox::fixtures::{APP_SECRET, NUMBER_NEW};
use serde_json::{Value, json};
use standardwebhooks::Webhook;

const LIST: &str = "/api/v1/forwards";

impl World {
    /// A forward that leads nowhere.
    pub(crate) async fn forward(&self) -> String {
        let wish = json!({"name": "x", "url": "https://forward.invalid", "format": "greentick"});
        let made = self.program(Scope::Write).await.post(LIST, &wish).await;
        made.json()["id"].as_str().unwrap().to_owned()
    }
}

/// An installation with one number, whose forwards may reach 127.0.0.1.
struct Place {
    world: World,
    id: ConnectionId,
    admin: Browser,
    program: Program,
}

impl Place {
    async fn new(kind: Kind) -> Self {
        let settings: fn(&mut Given) = |given| given.forward_networks = Some("127.0.0.1".to_owned());
        let world = World::with(kind, Wishes { settings: Some(settings), ..Wishes::default() }).await;
        let admin = world.person(Role::Admin).await;
        let id = world.connect(&admin, SIMPLE).await;
        let program = world.program(Scope::Write).await;
        Self { world, id, admin, program }
    }

    /// A new forward: its id and its secret.
    async fn forward(&self, url: &str, more: Value) -> (String, String) {
        let mut wish = json!({"name": "Booking", "url": url, "format": "greentick"});
        wish.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let made = self.program.post(LIST, &wish).await;
        assert_eq!(made.status, 201, "{}", made.body);
        let text = |name: &str| made.json()[name].as_str().unwrap().to_owned();
        (text("id"), text("secret"))
    }

    async fn shown(&self, forward: &str) -> Value {
        self.program.get(&format!("{LIST}/{forward}")).await.json()
    }

    async fn until(&self, forward: &str, what: impl Fn(&Value) -> bool) -> Value {
        soon(async || Some(self.shown(forward).await).filter(|shown| what(shown))).await
    }

    async fn receive(&self, wamid: &str) -> String {
        self.world.receive(&self.id, wamid, "Olá").await.id
    }

    async fn deliver(&self, wamid: &str) {
        let body = message(NUMBER_NEW, wamid, "Olá").to_string();
        assert_eq!(self.world.deliver(body.as_bytes()).await, 200);
    }

    /// Messages that somebody else wrote, without their deliveries.
    async fn many_events(&self, count: usize) {
        self.world.database.script(format!(
            "insert into events (id, workspace_id, connection_id, delivery_id, kind, field, at, received_at, meta) \
            with recursive n(i) as (select 1 union all select i + 1 from n where i < {count}) \
            select 'many' || n.i, e.workspace_id, e.connection_id, 1, 'message.received', 'messages', 0, e.received_at, '{{}}' \
            from n cross join (select * from events order by seq limit 1) e order by n.i"
        )).await;
    }

    /// Lets the clock run until the next attempt is due. Not while one is under way.
    async fn pass_until_due(&self) {
        const DUE: &str =
            "select cast(due_at as text) from forward_items where state = 'waiting' order by due_at limit 1";
        const REST: &str = "select cast(coalesce(max(rest_until), 0) as text) from forwards where leased_until is null";
        let database = &self.world.database;
        let leased = database.texts("select id from forwards where leased_until is not null").await;
        let Some(due) = database.texts(DUE).await.pop().filter(|_| leased.is_empty()) else { return };
        let rest = database.texts(REST).await.pop().map_or(0, |rest| rest.parse().unwrap());
        let wait = due.parse::<i64>().unwrap().max(rest) - self.world.clock.now().0;
        if wait > 0 {
            self.world.clock.advance(wait);
        }
    }

    /// Until what came of the requests that were sent is written down.
    async fn turn_over(&self) {
        soon(async || {
            let at_work = self.world.database.texts("select id from forwards where leased_until is not null").await;
            at_work.is_empty().then_some(())
        })
        .await;
    }

    /// The newest lines of a forward's page.
    async fn page(&self, forward: &str) -> String {
        crate::support::readable(&self.admin.page(&format!("/settings/forwarding/{forward}")).await)
    }

    async fn press(&self, function: &str, forward: &str) {
        let answer = self.admin.post(&format!("/_fn/{function}"), &[("forward", forward), ("on", "yes")]).await;
        assert!(answer.location().starts_with(&format!("/settings/forwarding/{forward}")), "{}", answer.body);
    }
}

/// A message for the number of `SIMPLE`, to any server that has it.
async fn deliver_to(base: &str, wamid: &str) {
    let body = message(NUMBER_NEW, wamid, "Olá").to_string();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let signature = signature(APP_SECRET, body.as_bytes());
    let request = client.post(format!("{base}{SHARED}")).header("x-hub-signature-256", signature);
    assert_eq!(request.body(body).send().await.unwrap().status(), 200);
}

/// Whether the specification's own library takes a request for ours.
fn verifies(secret: &str, heard: &Heard) -> bool {
    Webhook::new(secret).unwrap().verify(&heard.body, &heard.headers).is_ok()
}

/// The same whatever the clock of the story says.
fn is_signed_by(secret: &str, heard: &Heard) -> bool {
    let at = heard.header("webhook-timestamp").unwrap().parse().unwrap();
    let expected = Webhook::new(secret).unwrap().sign(heard.header("webhook-id").unwrap(), at, &heard.body).unwrap();
    heard.header("webhook-signature").unwrap().split(' ').any(|one| one == expected)
}
