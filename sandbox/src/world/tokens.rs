//! Access tokens: who holds them, what they reach, when and how they die (reference §§1.5, 2).

use serde::Serialize;

use super::{Grant, NodeKind, SIXTY_DAYS, World};
use crate::{clock, graph::GraphError, random, switches::TokenLife};

/// What stands behind a token; decides what it may do and how it is refreshed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum TokenKind {
    /// From the dialog: a system user inside the customer's portfolio.
    BusinessIntegration,
    /// A system user of the app owner's portfolio.
    OwnSystemUser,
    /// A person.
    User,
    /// A Facebook page: of no use for WhatsApp, and pasted all the same.
    Page,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) enum Reach {
    Wabas(Vec<String>),
    /// Everything the app is installed on: the app owner's system user.
    Installed,
}

/// Why a token is dead although its time has not come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Death {
    pub(crate) subcode: u32,
    pub(crate) message: String,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Token {
    #[serde(skip)]
    pub(crate) value: String,
    pub(crate) app: String,
    pub(crate) kind: TokenKind,
    pub(crate) user_id: String,
    pub(crate) user_name: String,
    /// Whose login it came from.
    pub(crate) person: Option<String>,
    /// The customer's portfolio, or for an own system user the app owner's.
    pub(crate) business: String,
    pub(crate) reach: Reach,
    pub(crate) scopes: Vec<String>,
    pub(crate) issued_at: i64,
    /// 0: never.
    pub(crate) expires_at: i64,
    pub(crate) death: Option<Death>,
}

impl Token {
    /// `None` while it works.
    pub(crate) fn fault(&self, now: i64) -> Option<GraphError> {
        if let Some(death) = &self.death {
            return Some(GraphError::token(Some(death.subcode), &death.message));
        }
        if self.expires_at != 0 && self.expires_at <= now {
            let message = format!(
                "Error validating access token: Session has expired on {}. The current time is {}.",
                clock::iso(self.expires_at),
                clock::iso(now)
            );
            return Some(GraphError::token(Some(463), &message));
        }
        None
    }

    pub(crate) fn debug_type(&self) -> &'static str {
        match self.kind {
            TokenKind::User => "USER",
            TokenKind::Page => "PAGE",
            TokenKind::BusinessIntegration | TokenKind::OwnSystemUser => "SYSTEM_USER",
        }
    }

    pub(crate) fn has_scope(&self, scope: &str) -> bool {
        self.scopes.iter().any(|held| held == scope)
    }
}

/// What an answer's `expires_in` says; absent for a token that never ends.
pub(crate) fn exchange_seconds(token: &Token, now: i64) -> Option<i64> {
    (token.expires_at != 0).then_some(token.expires_at - now)
}

/// Who makes a Graph call.
#[derive(Debug, Clone)]
pub(crate) enum Caller {
    /// With an app token.
    App(String),
    /// With a token of a person or a system user.
    Token(Box<Token>),
}

impl Caller {
    pub(crate) fn app(&self) -> &str {
        match self {
            Self::App(app) => app,
            Self::Token(token) => &token.app,
        }
    }

    pub(crate) fn token(&self) -> Option<&Token> {
        match self {
            Self::App(_) => None,
            Self::Token(token) => Some(token),
        }
    }

    pub(crate) fn has_scope(&self, scope: &str) -> bool {
        self.token().is_some_and(|token| token.has_scope(scope))
    }
}

impl World {
    pub(crate) fn keep_token(&mut self, token: Token) {
        self.tokens.insert(token.value.clone(), token);
    }

    /// A fresh token for what a person shared, of the kind the switches ask for.
    pub(crate) fn mint(&mut self, app: &str, grant: &Grant, life: TokenLife) -> Token {
        let now = self.now();
        let (kind, seconds) = match life {
            TokenLife::Permanent => (TokenKind::BusinessIntegration, None),
            TokenLife::SixtyDays => (TokenKind::BusinessIntegration, Some(SIXTY_DAYS)),
            TokenLife::Day => (TokenKind::User, Some(86_400)),
            TokenLife::UserSixtyDays => (TokenKind::User, Some(SIXTY_DAYS)),
        };
        let (user_id, user_name) = match self.person(&grant.person).filter(|_| kind == TokenKind::User) {
            Some(person) => (person.id.clone(), person.name.clone()),
            None => (system_user_id(&grant.business), "Greentick Sandbox (system user)".to_owned()),
        };
        let token = Token {
            value: random::token(),
            app: app.to_owned(),
            kind,
            user_id,
            user_name,
            person: Some(grant.person.clone()),
            business: grant.business.clone(),
            reach: Reach::Wabas(grant.wabas.clone()),
            scopes: self.switches.scopes.clone(),
            issued_at: now,
            expires_at: seconds.map_or(0, |seconds| now + seconds),
            death: None,
        };
        self.keep_token(token.clone());
        token
    }

    /// The same holder and reach under a new value, until `expires_at`.
    pub(crate) fn reissue(&mut self, old: &Token, expires_at: i64) -> Token {
        let token = Token { value: random::token(), issued_at: self.now(), expires_at, death: None, ..old.clone() };
        self.keep_token(token.clone());
        token
    }

    /// Finds out who calls; every token fault is a 190 (reference §6.3).
    pub(crate) fn caller(&self, value: &str) -> Result<Caller, GraphError> {
        if let Some((app, rest)) = value.split_once('|') {
            let known = self.apps.get(app).is_some_and(|known| known.secret == rest || app_token(known) == value);
            return if known {
                Ok(Caller::App(app.to_owned()))
            } else {
                Err(GraphError::token(None, "Invalid OAuth access token signature."))
            };
        }
        let Some(token) = self.tokens.get(value) else {
            return Err(GraphError::token(None, undecipherable(value)));
        };
        match token.fault(self.now()) {
            Some(fault) => Err(fault),
            None => Ok(Caller::Token(Box::new(token.clone()))),
        }
    }

    /// The accounts a token sees, most recently onboarded first.
    pub(crate) fn reached_wabas(&self, token: &Token) -> Vec<String> {
        match &token.reach {
            Reach::Wabas(wabas) => wabas.clone(),
            Reach::Installed => self
                .installations
                .iter()
                .rev()
                .filter(|one| one.app == token.app)
                .flat_map(|one| one.wabas.iter().cloned())
                .collect(),
        }
    }

    /// Whether the caller may know that a node exists. Graph hides all others behind 100/33.
    pub(crate) fn sees(&self, caller: &Caller, kind: NodeKind, id: &str) -> bool {
        let Caller::Token(token) = caller else { return kind == NodeKind::App && caller.app() == id };
        match kind {
            NodeKind::App => token.app == id,
            NodeKind::User => token.user_id == id,
            NodeKind::Waba => self.reaches(token, id),
            NodeKind::Phone => self.numbers.get(id).is_some_and(|number| self.reaches(token, &number.waba)),
            NodeKind::Business => {
                token.business == id || token.reach == Reach::Installed && self.installation(&token.app, id).is_some()
            }
        }
    }

    fn reaches(&self, token: &Token, waba: &str) -> bool {
        match &token.reach {
            Reach::Wabas(wabas) => wabas.iter().any(|one| one == waba),
            Reach::Installed => {
                self.installations.iter().any(|one| one.app == token.app && one.wabas.iter().any(|w| w == waba))
            }
        }
    }
}

/// What `client_credentials` hands out: the same for as long as the secret lives.
pub(crate) fn app_token(app: &super::App) -> String {
    let proof = crate::proof::appsecret_proof(&app.secret, &app.id);
    format!("{}|{}", app.id, &proof[..27])
}

fn system_user_id(business: &str) -> String {
    format!("1220{}", business.get(4..).unwrap_or(business))
}

/// Meta's words depend on how far it got with reading the token.
pub(crate) fn undecipherable(value: &str) -> &'static str {
    if value.starts_with("EAA") {
        "The access token could not be decrypted"
    } else {
        "Invalid OAuth access token - Cannot parse access token"
    }
}
