//! The world at the start; `fixtures` names its parts.

use std::collections::BTreeMap;

use super::{App, Business, Number, Payment, Person, Reach, Token, TokenKind, Waba, World};
use crate::{
    Options, calls::CallLog, clock::Clock, dialog::Wizards, faults::Faults, fixtures as id, switches::Switches,
    webhooks::Outbox, world::Death,
};

/// Some months before any test runs: 1 May 2026.
const LONG_AGO: i64 = 1_777_593_600;

impl World {
    pub(crate) fn new(options: &Options) -> Self {
        let mut world = Self {
            clock: Clock::default(),
            switches: Switches::default(),
            faults: Faults::default(),
            calls: CallLog::default(),
            apps: apps(options),
            people: vec![
                person(id::PERSON_ANA, "Ana Souza", &[id::BUSINESS_SOL, id::BUSINESS_LUA]),
                person(id::PERSON_RUI, "Rui Costa", &[id::BUSINESS_LUA]),
            ],
            businesses: BTreeMap::new(),
            wabas: BTreeMap::new(),
            numbers: BTreeMap::new(),
            installations: Vec::new(),
            tokens: BTreeMap::new(),
            codes: BTreeMap::new(),
            wizards: Wizards::default(),
            outbox: Outbox::default(),
        };
        for (id, name, verification, limit) in [
            (id::OWNER_BUSINESS, "Greentick", "verified", "TIER_UNLIMITED"),
            (id::BUSINESS_SOL, "Padaria Sol", "verified", "TIER_2K"),
            (id::BUSINESS_LUA, "Studio Lua", "not_verified", "TIER_250"),
        ] {
            world.add_business(business(id, name, verification, limit));
        }
        for (id, business, name, payment) in [
            (id::WABA_SOL, id::BUSINESS_SOL, "Padaria Sol", Payment::OnFile),
            (id::WABA_DELIVERY, id::BUSINESS_SOL, "Padaria Sol Delivery", Payment::Unknown),
            (id::WABA_LUA, id::BUSINESS_LUA, "Studio Lua", Payment::Missing),
        ] {
            world.wabas.insert(id.to_owned(), Waba::new(id, business, name, payment, LONG_AGO));
        }
        numbers().into_iter().for_each(|number| world.add_number(number));
        fixed_tokens().into_iter().for_each(|token| world.keep_token(token));
        world
    }

    pub(crate) fn add_business(&mut self, business: Business) {
        self.businesses.insert(business.id.clone(), business);
    }

    pub(crate) fn add_number(&mut self, number: Number) {
        if let Some(waba) = self.wabas.get_mut(&number.waba) {
            waba.numbers.push(number.id.clone());
        }
        self.numbers.insert(number.id.clone(), number);
    }
}

impl Waba {
    pub(crate) fn new(id: &str, business: &str, name: &str, payment: Payment, created: i64) -> Self {
        Self {
            id: id.to_owned(),
            business: business.to_owned(),
            name: name.to_owned(),
            country: "US".to_owned(),
            currency: "USD".to_owned(),
            review_status: "APPROVED".to_owned(),
            payment,
            created,
            numbers: Vec::new(),
            subscribed_apps: BTreeMap::new(),
        }
    }
}

fn apps(options: &Options) -> BTreeMap<String, App> {
    let ours = App {
        id: id::APP_ID.to_owned(),
        name: "Greentick Sandbox".to_owned(),
        secret: id::APP_SECRET.to_owned(),
        config_ids: vec![id::CONFIG_ID.to_owned()],
        redirect_uris: options.redirect_uris.clone(),
        domains: options.domains.clone(),
        subscriptions: Vec::new(),
    };
    let own = App {
        id: id::OWN_APP_ID.to_owned(),
        name: "Studio Lua API".to_owned(),
        secret: id::OWN_APP_SECRET.to_owned(),
        config_ids: Vec::new(),
        redirect_uris: Vec::new(),
        domains: Vec::new(),
        subscriptions: Vec::new(),
    };
    [ours, own].into_iter().map(|app| (app.id.clone(), app)).collect()
}

fn person(id: &str, name: &str, businesses: &[&str]) -> Person {
    let businesses = businesses.iter().map(|&business| business.to_owned()).collect();
    Person { id: id.to_owned(), name: name.to_owned(), businesses }
}

fn business(id: &str, name: &str, verification: &str, limit: &str) -> Business {
    Business {
        id: id.to_owned(),
        name: name.to_owned(),
        verification_status: verification.to_owned(),
        messaging_limit: limit.to_owned(),
        created: LONG_AGO,
    }
}

fn numbers() -> Vec<Number> {
    let new = Number::verified(id::NUMBER_NEW, id::WABA_SOL, "+1 631-555-0101", "Padaria Sol");
    let mut connected = Number::verified(id::NUMBER_CONNECTED, id::WABA_DELIVERY, "+1 631-555-0102", "Sol Delivery");
    connected.go_live("135790", LONG_AGO);
    let mut with_pin = Number::verified(id::NUMBER_WITH_PIN, id::WABA_DELIVERY, "+1 631-555-0103", "Sol Orders");
    with_pin.go_live(id::PIN, LONG_AGO);
    with_pin.leave_cloud_api();
    let mut pending = Number::verified(id::NUMBER_PENDING_NAME, id::WABA_DELIVERY, "+1 631-555-0104", "Sol Catering");
    pending.name_status = "PENDING_REVIEW".to_owned();
    let mut flagged = Number::verified(id::NUMBER_FLAGGED, id::WABA_LUA, "+1 631-555-0105", "Studio Lua");
    flagged.go_live("135790", LONG_AGO);
    flagged.status = "FLAGGED".to_owned();
    flagged.quality = "RED".to_owned();
    let mut on_app = Number::verified(id::NUMBER_BUSINESS_APP, id::WABA_LUA, "+1 631-555-0106", "Studio Lua Bookings");
    on_app.join_from_business_app(LONG_AGO);
    vec![new, connected, with_pin, pending, flagged, on_app]
}

fn fixed_tokens() -> [Token; 2] {
    let token = |value: &str, app: &str, business: &str, user: &str, reach: Reach| Token {
        value: value.to_owned(),
        app: app.to_owned(),
        kind: TokenKind::OwnSystemUser,
        user_id: user.to_owned(),
        user_name: "System user".to_owned(),
        person: None,
        business: business.to_owned(),
        reach,
        scopes: Switches::default().scopes,
        issued_at: LONG_AGO,
        expires_at: 0,
        death: None::<Death>,
    };
    [
        token(id::SYSTEM_TOKEN, id::APP_ID, id::OWNER_BUSINESS, "122100000000001", Reach::Installed),
        token(
            id::OWN_APP_TOKEN,
            id::OWN_APP_ID,
            id::BUSINESS_LUA,
            "122100000000002",
            Reach::Wabas(vec![id::WABA_LUA.to_owned()]),
        ),
    ]
}
