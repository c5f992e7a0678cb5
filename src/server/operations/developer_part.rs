//! What support and admins see of one connection for developers: the IDs, the token, where messages go.

use super::Services;
use crate::domain::credential::{Credential, NEEDED_SCOPES, TokenFacts, TokenKind, TokenState};
use crate::domain::health::Snapshot;
use crate::domain::pages::{
    DeveloperPart, IdRow, RotationPanel, RoutingPanel, SendingPanel, TokenOwner, TokenPanel, TokenReach,
};
use crate::server::store::StoredConnection;

const MASK: &str = "••••";

pub(super) fn developer_part(services: &Services, stored: &StoredConnection, webhook_url: &str) -> DeveloperPart {
    let snapshot = stored.snapshot.as_ref();
    let number = snapshot.and_then(|snapshot| snapshot.number.as_ref());
    let health = snapshot.and_then(Snapshot::health);
    DeveloperPart {
        ids: ids(services, stored, webhook_url),
        verify_token_masked: MASK.to_owned(),
        token: token_panel(&stored.credential),
        routing: RoutingPanel {
            subscribed: snapshot.and_then(|s| s.routing.as_ref()).map(|routing| routing.subscribed),
            callback: snapshot.and_then(Snapshot::callback).map(str::to_owned),
            expected: webhook_url.to_owned(),
        },
        sending: SendingPanel {
            entities: health.map(|health| health.entities.clone()).unwrap_or_default(),
            can_send_message: health.map(|health| health.can_send_message.clone()),
            status: number.and_then(|number| number.status.clone()),
            platform: number.and_then(|number| number.platform_type.clone()),
            throughput: number.and_then(|number| number.throughput.clone()),
        },
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
