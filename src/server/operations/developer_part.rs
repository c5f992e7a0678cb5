//! What support and admins see of one connection for developers: the IDs, the token, where messages go.

use super::Services;
use crate::domain::connection::Standing;
use crate::domain::credential::{Credential, NEEDED_SCOPES, TokenFacts, TokenKind, TokenState};
use crate::domain::health::Snapshot;
use crate::domain::pages::{
    AddressState, DeveloperPart, IdRow, RotationPanel, RoutingAddress, RoutingFields, RoutingPanel, SendingPanel,
    TokenOwner, TokenPanel, TokenReach,
};
use crate::domain::routing::{Whose, missing_fields, routing_finding};
use crate::server::store::StoredConnection;

const MASK: &str = "••••";

pub(super) fn developer_part(services: &Services, stored: &StoredConnection, standing: &Standing<'_>) -> DeveloperPart {
    let snapshot = stored.snapshot.as_ref();
    let number = snapshot.and_then(|snapshot| snapshot.number.as_ref());
    let health = snapshot.and_then(Snapshot::health);
    DeveloperPart {
        ids: ids(services, stored, &standing.webhook_url),
        verify_token_masked: MASK.to_owned(),
        token: token_panel(&stored.credential),
        routing: routing_panel(standing),
        sending: SendingPanel {
            entities: health.map(|health| health.entities.clone()).unwrap_or_default(),
            can_send_message: health.map(|health| health.can_send_message.clone()),
            status: number.and_then(|number| number.status.clone()),
            platform: number.and_then(|number| number.platform_type.clone()),
            throughput: number.and_then(|number| number.throughput.clone()),
        },
    }
}

fn routing_panel(standing: &Standing<'_>) -> RoutingPanel {
    let snapshot = standing.snapshot;
    let routing = snapshot.and_then(|snapshot| snapshot.routing.as_ref());
    let number = snapshot.and_then(|snapshot| snapshot.number.as_ref());
    let state = |read: bool, url: Option<&str>| match url {
        Some(url) => AddressState::Set { url: url.to_owned(), whose: Whose::read(url, &standing.webhook_url, routing) },
        None if read => AddressState::NotSet,
        None => AddressState::Unknown,
    };
    let app = routing.and_then(|routing| routing.app.as_ref());
    let of = |of: &str, state| RoutingAddress { of: of.to_owned(), state };
    let addresses = vec![
        of("The app", state(app.is_some(), snapshot.and_then(Snapshot::callback_of_app))),
        of("This account alone", state(routing.is_some(), snapshot.and_then(Snapshot::callback_of_waba))),
        of("This number alone", state(number.is_some(), number.and_then(|n| n.callback_of_number.as_deref()))),
    ];
    let mut foreign: Vec<String> = addresses.iter().filter_map(RoutingAddress::foreign).map(str::to_owned).collect();
    foreign.dedup();
    let on_business_app = snapshot.is_some_and(Snapshot::on_business_app);
    let fields = app.map(|app| RoutingFields {
        here: app
            .callback
            .as_deref()
            .is_some_and(|url| Whose::read(url, &standing.webhook_url, routing) == Whose::Ours),
        present: app.fields.clone(),
        missing: missing_fields(&app.fields, on_business_app).into_iter().map(str::to_owned).collect(),
    });
    RoutingPanel {
        subscribed: routing.map(|routing| routing.subscribed),
        addresses,
        expected: standing.webhook_url.clone(),
        fields,
        read_at: snapshot.filter(|_| routing.is_some()).map(|snapshot| snapshot.taken_at),
        foreign,
        remedy: routing_finding(standing).map(|finding| finding.remedy),
    }
}

fn token_panel(credential: &Credential) -> TokenPanel {
    let facts = &credential.facts;
    TokenPanel {
        kind: credential.kind_words().to_owned(),
        state: credential.state,
        last_four: credential.last_four.clone(),
        belongs_to: facts.user_id.clone().map(|id| TokenOwner { words: owner(facts.kind).to_owned(), id }),
        app_id: facts.app_id.clone(),
        issued_at: facts.issued_at,
        kept_at: credential.kept_at,
        expires_at: facts.expires_at,
        data_access_ends_at: facts.data_access_ends_at,
        scopes: facts.scopes.clone(),
        missing_scopes: facts.missing_scopes().into_iter().map(str::to_owned).collect(),
        reach: reach(facts),
        rotation: (facts.expires_at.is_none() && credential.state == TokenState::Valid)
            .then(|| RotationPanel { days: credential.rotation_days, due_at: credential.rotation_due() }),
    }
}

fn owner(kind: TokenKind) -> &'static str {
    match kind {
        TokenKind::PermanentSystemUser | TokenKind::SixtyDaySystemUser => "System user",
        TokenKind::LongLivedUser | TokenKind::Temporary | TokenKind::PermanentUser => "A person at Facebook",
        TokenKind::Page | TokenKind::App | TokenKind::Unknown => "Somebody at Facebook",
    }
}

/// A WhatsApp permission without targets covers all accounts of its owner (fact base §2).
fn reach(facts: &TokenFacts) -> TokenReach {
    let mut whatsapp = facts.granular_scopes.iter().filter(|granted| NEEDED_SCOPES.contains(&granted.scope.as_str()));
    if whatsapp.any(|granted| granted.target_ids.is_none()) {
        return TokenReach::Everything;
    }
    let named = facts.named_wabas();
    if named.is_empty() { TokenReach::Unknown } else { TokenReach::Only(named.into_iter().map(Into::into).collect()) }
}

fn ids(services: &Services, stored: &StoredConnection, webhook_url: &str) -> Vec<IdRow> {
    let connection = &stored.connection;
    let business = stored.snapshot.as_ref().and_then(|s| s.waba.as_ref()).and_then(|waba| waba.business_id.clone());
    let business = connection.business.as_ref().map(ToString::to_string).or(business);
    let app = connection.app_id.clone().or_else(|| services.app().map(|app| app.id));
    let row = |label: &str, value: Option<String>, hint: &str| IdRow {
        label: label.to_owned(),
        value,
        hint: hint.to_owned(),
    };
    vec![
        row(
            "Phone Number ID",
            Some(connection.phone_number_id.to_string()),
            "Like a student ID: Meta knows your number by this, not by its digits.",
        ),
        row(
            "WABA ID",
            Some(connection.waba.to_string()),
            "Also called Business Account ID. The landlord: one account, many numbers like apartments; bills and limits \
             go here. It is not the business portfolio.",
        ),
        row(
            "Business portfolio ID",
            business,
            "The company at Meta that owns the WhatsApp account, its pages and its ads.",
        ),
        row("App ID", app, "The Meta app through which this installation speaks. It is public, not a secret."),
        row(
            "Webhook URL",
            Some(webhook_url.to_owned()),
            "Where Meta delivers messages: the letter box of your number.",
        ),
    ]
}
