//! Everything the sandbox knows: people, portfolios, accounts, numbers, apps, tokens, and the time.
//!
//! Numbers and accounts keep Meta's own words for their states (`CONNECTED`, `PENDING_REVIEW`, …): Meta's sets are open,
//! and tests may want a word nobody has seen yet.

mod codes;
mod numbers;
mod seed;
mod tokens;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{calls::CallLog, clock::Clock, faults::Faults, switches::Switches};

pub(crate) use codes::{Code, Grant};
pub(crate) use numbers::digits;
pub(crate) use tokens::{Caller, Death, Reach, Token, TokenKind, app_token, exchange_seconds, undecipherable};

/// Sixty days, the life of a long-lived token.
pub(crate) const SIXTY_DAYS: i64 = 60 * 86_400;

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) clock: Clock,
    pub(crate) switches: Switches,
    pub(crate) faults: Faults,
    pub(crate) calls: CallLog,
    pub(crate) apps: BTreeMap<String, App>,
    pub(crate) people: Vec<Person>,
    pub(crate) businesses: BTreeMap<String, Business>,
    pub(crate) wabas: BTreeMap<String, Waba>,
    pub(crate) numbers: BTreeMap<String, Number>,
    pub(crate) installations: Vec<Installation>,
    pub(crate) tokens: BTreeMap<String, Token>,
    pub(crate) codes: BTreeMap<String, Code>,
    pub(crate) wizards: crate::dialog::Wizards,
    pub(crate) outbox: crate::webhooks::Outbox,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct App {
    pub(crate) id: String,
    pub(crate) name: String,
    #[serde(skip)]
    pub(crate) secret: String,
    pub(crate) config_ids: Vec<String>,
    pub(crate) redirect_uris: Vec<String>,
    pub(crate) domains: Vec<String>,
    pub(crate) subscriptions: Vec<Subscription>,
}

/// Where Meta would send an app's webhooks of one object.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Subscription {
    pub(crate) object: String,
    pub(crate) callback_url: String,
    pub(crate) fields: Vec<String>,
}

impl Subscription {
    pub(crate) fn has(&self, field: &str) -> bool {
        self.fields.iter().any(|one| one == field)
    }
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Person {
    pub(crate) id: String,
    pub(crate) name: String,
    /// The portfolios this person may share.
    pub(crate) businesses: Vec<String>,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Business {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) verification_status: String,
    pub(crate) messaging_limit: String,
    pub(crate) created: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Payment {
    /// A funding id is shown, and no problem.
    OnFile,
    /// Neither a funding id nor a problem: Meta does not tell.
    Unknown,
    /// 141006 in `health_status`.
    Missing,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Waba {
    pub(crate) id: String,
    pub(crate) business: String,
    pub(crate) name: String,
    pub(crate) country: String,
    pub(crate) currency: String,
    pub(crate) review_status: String,
    pub(crate) payment: Payment,
    pub(crate) created: i64,
    /// In the order Meta lists them.
    pub(crate) numbers: Vec<String>,
    /// App id → its own callback for this account, if it overrides the app's.
    pub(crate) subscribed_apps: BTreeMap<String, Option<String>>,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Number {
    pub(crate) id: String,
    pub(crate) waba: String,
    pub(crate) display: String,
    pub(crate) verified_name: String,
    pub(crate) quality: String,
    pub(crate) code_status: String,
    pub(crate) name_status: String,
    pub(crate) new_display_name: Option<String>,
    pub(crate) status: String,
    pub(crate) platform: String,
    pub(crate) throughput: String,
    pub(crate) official: bool,
    #[serde(skip)]
    pub(crate) pin: Option<String>,
    pub(crate) on_business_app: bool,
    pub(crate) last_onboarded: Option<i64>,
    pub(crate) override_callback: Option<String>,
    pub(crate) profile: BTreeMap<String, serde_json::Value>,
    pub(crate) wrong_pins: u32,
    pub(crate) locked_until: Option<i64>,
    /// When `register` and `deregister` were called, for the limit of ten in 72 hours.
    pub(crate) registrations: Vec<i64>,
    /// When codes were asked for, and whether one is waiting.
    pub(crate) code_requests: Vec<i64>,
    pub(crate) code_waiting: bool,
    /// What a ban hides, so that it can be lifted.
    pub(crate) status_before_ban: Option<String>,
}

/// An app that a portfolio gave access to: what a business token stands on.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Installation {
    pub(crate) app: String,
    pub(crate) business: String,
    pub(crate) person: String,
    /// Most recently onboarded first.
    pub(crate) wabas: Vec<String>,
}

/// One entry of the id table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NodeKind {
    App,
    Business,
    Waba,
    Phone,
    User,
}

impl NodeKind {
    /// Meta's name of the type, as its errors print it.
    pub(crate) fn graph_name(self) -> &'static str {
        match self {
            Self::App => "Application",
            Self::Business => "Business",
            Self::Waba => "WhatsAppBusinessAccount",
            Self::Phone => "WhatsAppBusinessPhoneNumber",
            Self::User => "User",
        }
    }

    /// The sandbox's short name, for faults and the call log.
    pub(crate) fn short_name(self) -> &'static str {
        match self {
            Self::App => "app",
            Self::Business => "business",
            Self::Waba => "waba",
            Self::Phone => "phone",
            Self::User => "user",
        }
    }
}

impl World {
    pub(crate) fn now(&self) -> i64 {
        self.clock.now()
    }

    /// What kind of thing an id names, if any.
    pub(crate) fn kind_of(&self, id: &str) -> Option<NodeKind> {
        if self.numbers.contains_key(id) {
            Some(NodeKind::Phone)
        } else if self.wabas.contains_key(id) {
            Some(NodeKind::Waba)
        } else if self.businesses.contains_key(id) {
            Some(NodeKind::Business)
        } else if self.apps.contains_key(id) {
            Some(NodeKind::App)
        } else if self.people.iter().any(|person| person.id == id) || self.tokens.values().any(|t| t.user_id == id) {
            Some(NodeKind::User)
        } else {
            None
        }
    }

    pub(crate) fn person(&self, id: &str) -> Option<&Person> {
        self.people.iter().find(|person| person.id == id)
    }

    pub(crate) fn installation(&self, app: &str, business: &str) -> Option<&Installation> {
        self.installations.iter().find(|one| one.app == app && one.business == business)
    }

    pub(crate) fn wabas_of<'a>(&'a self, business: &'a str) -> impl Iterator<Item = &'a Waba> {
        self.wabas.values().filter(move |waba| waba.business == business)
    }

    /// The portfolio that owns a number's account.
    pub(crate) fn business_of_number(&self, number: &str) -> Option<&Business> {
        let waba = self.wabas.get(&self.numbers.get(number)?.waba)?;
        self.businesses.get(&waba.business)
    }
}
