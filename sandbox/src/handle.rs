//! The controls, as functions: tests call them in process, the JSON API and the page over HTTP.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::{Notify, futures::Notified};

use crate::{
    Call, Fault, FaultDraft, Options, SwitchChange, Switches, TokenLife, fixtures, graph,
    world::{Grant, World},
};

/// A handle to a running sandbox. Clones share one world.
#[derive(Debug, Clone)]
pub struct Sandbox {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    options: Options,
    world: Mutex<World>,
    graph_url: String,
    http: reqwest::Client,
    /// Rung when all faults are removed: whoever was delayed goes on.
    relieved: Notify,
}

/// A code without clicking; what is absent is taken from the fixtures.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewGrant {
    pub redirect_uri: String,
    pub person: Option<String>,
    pub business: Option<String>,
    /// Most recently onboarded first.
    pub wabas: Option<Vec<String>>,
    /// Only repeated in the answer: a grant is of accounts.
    pub phone_number: Option<String>,
}

/// What the dialog would have ended with.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Granted {
    pub code: String,
    pub person: String,
    pub business: String,
    pub wabas: Vec<String>,
    pub phone_number: Option<String>,
}

/// A token as a person would copy it from the app dashboard.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewToken {
    pub app: Option<String>,
    #[serde(default)]
    pub life: TokenLife,
    pub business: Option<String>,
    pub wabas: Option<Vec<String>>,
    pub scopes: Option<Vec<String>>,
    /// The token of a Facebook page.
    #[serde(default)]
    pub page: bool,
}

/// A change of a number, in Meta's words; what is absent stays.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NumberChange {
    pub status: Option<String>,
    pub quality: Option<String>,
    pub code_status: Option<String>,
    pub name_status: Option<String>,
    pub platform: Option<String>,
    pub verified_name: Option<String>,
    pub official: Option<bool>,
    pub on_business_app: Option<bool>,
    pub pin: Option<String>,
}

impl Sandbox {
    pub(crate) fn new(options: Options, addr: SocketAddr) -> std::io::Result<Self> {
        let world = Mutex::new(World::new(&options));
        let http = graph::client().map_err(std::io::Error::other)?;
        Ok(Self {
            inner: Arc::new(Inner {
                options,
                world,
                graph_url: format!("http://{addr}"),
                http,
                relieved: Notify::new(),
            }),
        })
    }

    /// Nothing waits while it holds the world.
    pub(crate) fn with<T>(&self, work: impl FnOnce(&mut World) -> T) -> T {
        // A panic in a handler spoils that call, not the sandbox.
        work(&mut self.inner.world.lock().unwrap_or_else(PoisonError::into_inner))
    }

    #[must_use]
    pub fn graph_url(&self) -> &str {
        &self.inner.graph_url
    }

    pub(crate) fn http(&self) -> &reqwest::Client {
        &self.inner.http
    }

    /// Allows a redirect URI, and its host as a domain of the app: for an app whose port is known only once it runs.
    pub fn allow_redirect_uri(&self, uri: &str) {
        self.with(|world| {
            let Some(app) = world.apps.get_mut(fixtures::APP_ID) else { return };
            if !app.redirect_uris.iter().any(|known| known == uri) {
                app.redirect_uris.push(uri.to_owned());
            }
            let host = crate::urls::origin(uri).map(crate::urls::host_name).unwrap_or_default().to_owned();
            if !host.is_empty() && !app.domains.contains(&host) {
                app.domains.push(host);
            }
        });
    }

    /// Back to the first world and the real time. Redirect URIs and callback stay: they belong to the app that is tried.
    pub fn reset(&self) {
        let mut fresh = World::new(&self.inner.options);
        self.with(|world| {
            if let (Some(new), Some(old)) = (fresh.apps.get_mut(fixtures::APP_ID), world.apps.get(fixtures::APP_ID)) {
                new.redirect_uris.clone_from(&old.redirect_uris);
                new.domains.clone_from(&old.domains);
                new.subscriptions.clone_from(&old.subscriptions);
            }
            *world = fresh;
        });
    }

    pub fn advance_clock(&self, seconds: i64) -> i64 {
        self.with(|world| {
            world.clock.advance(seconds);
            world.now()
        })
    }

    /// Virtual seconds since 1970.
    #[must_use]
    pub fn now(&self) -> i64 {
        self.with(|world| world.now())
    }

    #[must_use]
    pub fn switches(&self) -> Switches {
        self.with(|world| world.switches.clone())
    }

    pub fn switch(&self, change: SwitchChange) -> Switches {
        self.with(|world| {
            world.switches.apply(change);
            world.switches.clone()
        })
    }

    pub fn add_fault(&self, draft: FaultDraft) -> u64 {
        self.with(|world| {
            let now = world.now();
            world.faults.add(draft, now)
        })
    }

    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        self.with(|world| world.faults.list().to_vec())
    }

    pub fn remove_fault(&self, id: u64) -> bool {
        self.with(|world| world.faults.remove(id))
    }

    /// Calls that a fault delays go on at once.
    pub fn clear_faults(&self) {
        self.with(|world| world.faults.clear());
        self.inner.relieved.notify_waiters();
    }

    /// Ends with the next [`clear_faults`](Self::clear_faults) from now on.
    pub(crate) fn relieved(&self) -> Notified<'_> {
        self.inner.relieved.notified()
    }

    /// Oldest first.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.with(|world| world.calls.list().cloned().collect())
    }

    pub fn clear_calls(&self) {
        self.with(|world| world.calls.clear());
    }

    /// Shares accounts with the app and makes a code, as finishing the dialog does.
    ///
    /// # Errors
    /// What is wrong with the wish, in words.
    pub fn grant(&self, wish: NewGrant) -> Result<Granted, String> {
        self.with(|world| {
            let app = world.apps.get(fixtures::APP_ID).ok_or("the app is gone")?;
            if !app.redirect_uris.contains(&wish.redirect_uri) {
                return Err(format!("`{}` is not a redirect URI of the app", wish.redirect_uri));
            }
            let person = wish.person.unwrap_or_else(|| fixtures::PERSON_ANA.to_owned());
            let wabas = wish.wabas.unwrap_or_else(|| vec![fixtures::WABA_SOL.to_owned()]);
            let business = owner(world, &wabas, wish.business)?;
            let grant = Grant { person: person.clone(), business: business.clone(), wabas: wabas.clone() };
            let code = world.issue_code(fixtures::APP_ID, &wish.redirect_uri, grant);
            Ok(Granted { code, person, business, wabas, phone_number: wish.phone_number })
        })
    }

    /// Mints a token without a code, for connecting by hand.
    ///
    /// # Errors
    /// What is wrong with the wish, in words.
    pub fn mint_token(&self, wish: NewToken) -> Result<String, String> {
        self.with(|world| {
            let app = wish.app.unwrap_or_else(|| fixtures::APP_ID.to_owned());
            if !world.apps.contains_key(&app) {
                return Err(format!("there is no app `{app}`"));
            }
            let wabas = wish.wabas.unwrap_or_else(|| vec![fixtures::WABA_SOL.to_owned()]);
            let business = owner(world, &wabas, wish.business)?;
            let grant = Grant { person: fixtures::PERSON_ANA.to_owned(), business, wabas };
            let mut token = world.mint(&app, &grant, wish.life);
            if let Some(scopes) = wish.scopes {
                token.scopes = scopes;
            }
            if wish.page {
                token.kind = crate::world::TokenKind::Page;
            }
            world.keep_token(token.clone());
            Ok(token.value)
        })
    }

    /// Adds verified numbers to an account, so that its list has many pages.
    ///
    /// # Errors
    /// When there is no such account.
    pub fn add_numbers(&self, waba: &str, count: u32, live: bool) -> Result<Vec<String>, String> {
        self.with(|world| {
            if !world.wabas.contains_key(waba) {
                return Err(format!("there is no WhatsApp account `{waba}`"));
            }
            Ok(world.add_numbers(waba, count, live))
        })
    }

    /// # Errors
    /// When there is no such number.
    pub fn change_number(&self, id: &str, change: NumberChange) -> Result<(), String> {
        self.with(|world| {
            let number = world.numbers.get_mut(id).ok_or_else(|| format!("there is no number `{id}`"))?;
            let set = |place: &mut String, value: Option<String>| value.into_iter().for_each(|value| *place = value);
            set(&mut number.status, change.status);
            set(&mut number.quality, change.quality);
            set(&mut number.code_status, change.code_status);
            set(&mut number.name_status, change.name_status);
            set(&mut number.platform, change.platform);
            set(&mut number.verified_name, change.verified_name);
            number.official = change.official.unwrap_or(number.official);
            number.on_business_app = change.on_business_app.unwrap_or(number.on_business_app);
            number.pin = change.pin.or(number.pin.take());
            Ok(())
        })
    }

    /// All that the sandbox knows, without secrets.
    #[must_use]
    pub fn world(&self) -> Value {
        self.with(|world| {
            json!({
                "now": world.now(), "clockOffsetSeconds": world.clock.offset(), "switches": world.switches,
                "apps": world.apps.values().collect::<Vec<_>>(), "people": world.people,
                "businesses": world.businesses.values().collect::<Vec<_>>(),
                "wabas": world.wabas.values().collect::<Vec<_>>(),
                "numbers": world.numbers.values().collect::<Vec<_>>(),
                "installations": world.installations, "faults": world.faults.list(),
            })
        })
    }

    /// Every token with its value: for tests that search what they must not find.
    #[must_use]
    pub fn tokens(&self) -> Vec<Value> {
        self.with(|world| {
            let row = |token: &crate::world::Token| {
                let mut row = json!(token);
                row["value"] = json!(token.value);
                row["works"] = json!(token.fault(world.now()).is_none());
                row
            };
            world.tokens.values().map(row).collect()
        })
    }
}

/// The portfolio of a wish: the one named, else the owner of the first account.
fn owner(world: &World, wabas: &[String], business: Option<String>) -> Result<String, String> {
    if let Some(unknown) = wabas.iter().find(|waba| !world.wabas.contains_key(*waba)) {
        return Err(format!("there is no WhatsApp account `{unknown}`"));
    }
    match business {
        Some(business) if world.businesses.contains_key(&business) => Ok(business),
        Some(business) => Err(format!("there is no portfolio `{business}`")),
        None => {
            let first = wabas.first().and_then(|waba| world.wabas.get(waba));
            first.map(|waba| waba.business.clone()).ok_or_else(|| "name a portfolio or an account".to_owned())
        }
    }
}
