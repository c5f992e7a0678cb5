//! Webhooks: what Meta would send, signed as Meta signs it, to where Meta would send it, and again until it is taken
//! (reference §§4.13, 5).

mod compose;
mod samples;
mod wire;

use std::time::Duration;

use rand::{RngExt, seq::SliceRandom};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Sandbox, fixtures, graph, world::World};

pub(crate) use compose::is_subscribed;
pub use samples::FIELDS;

/// Seconds of virtual time until the next try: at once, then less and less often, for seven days.
const AGAIN: [i64; 9] = [0, 60, 300, 1_800, 7_200, 21_600, 86_400, 172_800, 316_800];
/// What the log keeps.
const KEPT: usize = 500;
const AT_ONCE: usize = 16;
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// What Meta puts into one request at most.
const BATCH_MAX: usize = 1_000;

/// How a delivery is signed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Signing {
    #[default]
    Right,
    /// With a secret that nobody has.
    Wrong,
    Missing,
}

/// What to send. Absent fields are chosen: a text message to the first number from somebody in Brazil.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct NewWebhook {
    /// A field of Meta's catalogue; `messages` when absent.
    pub field: Option<String>,
    pub number: Option<String>,
    /// Instead of what the catalogue would say.
    pub value: Option<Value>,
    pub text: Option<String>,
    /// The customer's number.
    pub from: Option<String>,
    /// `sent`, `delivered`, `read`, `failed`: a status of `messageId` instead of a message.
    pub status: Option<String>,
    pub message_id: Option<String>,
    /// So many messages; 1 when absent.
    pub count: Option<usize>,
    /// So many of them in one request; 1 when absent, 1000 at most.
    pub batch: Option<usize>,
    /// Each request so many times more.
    pub duplicates: usize,
    pub shuffle: bool,
    pub signing: Signing,
    /// The app that is subscribed; the first when absent.
    pub app: Option<String>,
    /// Another address than the one that Meta would use.
    pub url: Option<String>,
}

/// One request to the callback, and what came of it.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Posted {
    pub id: u64,
    pub url: String,
    pub field: String,
    pub attempts: usize,
    /// The last answer; `None` when there was none.
    pub status: Option<u16>,
    pub delivered: bool,
    /// Virtual time of the next try; `None` when there will be none.
    pub next_at: Option<i64>,
    #[serde(skip)]
    body: Vec<u8>,
    #[serde(skip)]
    signatures: Vec<(&'static str, String)>,
    #[serde(skip)]
    under_way: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Outbox {
    posts: Vec<Posted>,
    last_id: u64,
}

impl Outbox {
    pub(crate) fn list(&self) -> &[Posted] {
        &self.posts
    }

    fn add(&mut self, post: Posted) -> u64 {
        self.last_id += 1;
        self.posts.push(Posted { id: self.last_id, ..post });
        let over = self.posts.len().saturating_sub(KEPT);
        // What is still to be sent stays.
        let mut seen = 0;
        self.posts.retain(|post| {
            seen += usize::from(post.next_at.is_none());
            post.next_at.is_some() || seen > over
        });
        self.last_id
    }

    fn take_due(&mut self, now: i64) -> Vec<Posted> {
        let due = self.posts.iter_mut().filter(|post| !post.under_way && post.next_at.is_some_and(|at| at <= now));
        let taken = due.take(AT_ONCE).map(|post| {
            post.under_way = true;
            post.clone()
        });
        taken.collect()
    }

    fn note(&mut self, id: u64, status: Option<u16>, now: i64) {
        let Some(post) = self.posts.iter_mut().find(|post| post.id == id) else { return };
        post.under_way = false;
        post.attempts += 1;
        post.status = status;
        post.delivered = status == Some(200);
        post.next_at = if post.delivered { None } else { AGAIN.get(post.attempts).map(|pause| now + pause) };
    }
}

impl Sandbox {
    /// Where the app's dashboard says that webhooks go. No handshake: see `POST /{app}/subscriptions` for that.
    ///
    /// # Errors
    /// When there is no such app.
    pub fn set_callback(&self, app: Option<&str>, url: &str) -> Result<(), String> {
        let app = app.unwrap_or(fixtures::APP_ID);
        self.with(|world| {
            let app = world.apps.get_mut(app).ok_or_else(|| format!("there is no app `{app}`"))?;
            app.subscriptions = [graph::WHATSAPP, compose::APPLICATION]
                .map(|object| crate::world::Subscription {
                    object: object.to_owned(),
                    callback_url: url.to_owned(),
                    fields: FIELDS.iter().map(|field| (*field).to_owned()).collect(),
                })
                .to_vec();
            Ok(())
        })
    }

    /// As if somebody had ticked every field in the app's dashboard; where webhooks go stays.
    ///
    /// # Errors
    /// When the app has no callback yet.
    pub fn subscribe_to_all_fields(&self) -> Result<(), String> {
        let url = self.with(|world| {
            let app = world.apps.get(fixtures::APP_ID)?;
            let of_whatsapp = app.subscriptions.iter().find(|one| one.object == graph::WHATSAPP)?;
            Some(of_whatsapp.callback_url.clone())
        });
        self.set_callback(None, &url.ok_or("the app has no callback yet")?)
    }

    /// Sends in the background; the ids of the requests.
    ///
    /// # Errors
    /// What is wrong with the wish, in words.
    pub fn send_webhook(&self, wish: &NewWebhook) -> Result<Vec<u64>, String> {
        let batch = wish.batch.unwrap_or(1);
        if !(1..=BATCH_MAX).contains(&batch) {
            return Err(format!("a batch holds 1 to {BATCH_MAX}"));
        }
        self.with(|world| {
            let envelopes = compose::envelopes(world, wish, batch)?;
            let copies = envelopes.iter().flat_map(|envelope| std::iter::repeat_n(envelope, wish.duplicates + 1));
            let mut posts: Vec<Posted> =
                copies.map(|envelope| post(world, wish, envelope)).collect::<Result<_, _>>()?;
            if wish.shuffle {
                posts.shuffle(&mut rand::rng());
            }
            Ok(posts.into_iter().map(|post| world.outbox.add(post)).collect())
        })
    }

    /// Oldest first.
    #[must_use]
    pub fn webhooks(&self) -> Vec<Posted> {
        self.with(|world| world.outbox.list().to_vec())
    }

    /// What Meta tells of a message that the app has sent.
    pub(crate) fn echo_statuses(&self, number: &str, message_id: &str, to: &str) {
        for status in ["sent", "delivered", "read"] {
            let wish = NewWebhook {
                number: Some(number.to_owned()),
                status: Some(status.to_owned()),
                message_id: Some(message_id.to_owned()),
                from: Some(to.to_owned()),
                ..NewWebhook::default()
            };
            // Nobody listens: Meta would send nothing either.
            let _ = self.send_webhook(&wish);
        }
    }

    /// Sends what is due, until the sandbox is gone.
    pub(crate) async fn post_webhooks(self) {
        loop {
            let due = self.with(|world| {
                let now = world.now();
                world.outbox.take_due(now)
            });
            if due.is_empty() {
                tokio::time::sleep(LOOK_EVERY).await;
                continue;
            }
            let posting = due.into_iter().map(|post| self.post(post));
            futures_util::future::join_all(posting).await;
        }
    }

    async fn post(&self, post: Posted) {
        let mut request = self.http().post(&post.url).header("content-type", "application/json");
        request = request.header("user-agent", "facebookexternalua");
        for (name, value) in &post.signatures {
            request = request.header(*name, value);
        }
        let status = request.body(post.body).send().await.ok().map(|answer| answer.status().as_u16());
        self.with(|world| {
            let now = world.now();
            world.outbox.note(post.id, status, now);
        });
    }
}

fn post(world: &World, wish: &NewWebhook, envelope: &compose::Envelope) -> Result<Posted, String> {
    let app = wish.app.as_deref().unwrap_or(fixtures::APP_ID);
    let app = world.apps.get(app).ok_or_else(|| format!("there is no app `{app}`"))?;
    let url = match &wish.url {
        Some(url) => url.clone(),
        None => envelope.callback(world, app)?,
    };
    // A control API without a password must not make this machine call others.
    let origin = crate::urls::origin(&url).ok_or("the callback is no address")?;
    if !crate::urls::is_loopback_name(crate::urls::host_name(origin)) {
        return Err("the sandbox calls this machine only".to_owned());
    }
    let body = wire::bytes(&envelope.body);
    let nobodys: u64 = rand::rng().random();
    let signatures = match wish.signing {
        Signing::Right => wire::signatures(&app.secret, &body),
        Signing::Wrong => wire::signatures(&nobodys.to_string(), &body),
        Signing::Missing => Vec::new(),
    };
    let field = envelope.field.clone();
    Ok(Posted {
        id: 0,
        url,
        field,
        attempts: 0,
        status: None,
        delivered: false,
        next_at: Some(world.now()),
        body,
        signatures,
        under_way: false,
    })
}
