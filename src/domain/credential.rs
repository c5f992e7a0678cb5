//! Access tokens: what kind they are, what they may do, when they end. Never the token itself.

use super::ids::{BusinessId, CredentialId, WabaId, WorkspaceId};
use super::instant::{DAY, HOUR, Instant};
use serde::{Deserialize, Serialize};

/// A token that was replaced is kept this long, so that an admin may have Meta revoke it. Milliseconds.
pub const REPLACED_TOKEN_LIFETIME: i64 = DAY;

/// Where a token came from. Decides whether we may revoke it at Meta.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    Signup,
    ByHand,
}

impl Origin {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Signup => "signup",
            Self::ByHand => "by_hand",
        }
    }
    pub fn parse(text: &str) -> Self {
        if text == "by_hand" { Self::ByHand } else { Self::Signup }
    }
}

/// The rule table of the fact base, §2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenKind {
    PermanentSystemUser,
    SixtyDaySystemUser,
    LongLivedUser,
    /// Ends within a day of its making: the one from Meta's API Setup page.
    Temporary,
    /// A user's token that never ends.
    PermanentUser,
    Page,
    App,
    Unknown,
}

impl TokenKind {
    /// From what `debug_token` says. `issued_at` and `expires_at` are unix seconds, 0 for never.
    pub fn classify(meta_type: &str, is_page: bool, issued_at: i64, expires_at: i64) -> Self {
        let lifetime = (expires_at - issued_at) * 1_000;
        match meta_type {
            "APP" => Self::App,
            _ if is_page || meta_type == "PAGE" => Self::Page,
            "SYSTEM_USER" if expires_at == 0 => Self::PermanentSystemUser,
            "SYSTEM_USER" => Self::SixtyDaySystemUser,
            "USER" if expires_at == 0 => Self::PermanentUser,
            "USER" if issued_at > 0 && lifetime <= DAY + HOUR => Self::Temporary,
            "USER" => Self::LongLivedUser,
            _ => Self::Unknown,
        }
    }

    pub fn words(self) -> &'static str {
        match self {
            Self::PermanentSystemUser => "Permanent token of a system user",
            Self::SixtyDaySystemUser => "60-day token of a system user",
            Self::LongLivedUser => "Long-lived token of a person, about 60 days",
            Self::Temporary => "Temporary token, ends within 24 hours",
            Self::PermanentUser => "Token of a person, without an end",
            Self::Page => "Token of a Facebook page",
            Self::App => "Token of an app",
            Self::Unknown => "Meta does not say which kind",
        }
    }
}

/// One permission and the WABAs or portfolios it covers; `None` covers all of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GranularScope {
    pub scope: String,
    pub target_ids: Option<Vec<String>>,
}

/// What `debug_token` said of a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenFacts {
    pub kind: TokenKind,
    pub app_id: Option<String>,
    pub user_id: Option<String>,
    pub issued_at: Option<Instant>,
    /// `None` when it never ends.
    pub expires_at: Option<Instant>,
    pub data_access_ends_at: Option<Instant>,
    pub scopes: Vec<String>,
    pub granular_scopes: Vec<GranularScope>,
}

/// What the product cannot work without.
pub const NEEDED_SCOPES: [&str; 2] = ["whatsapp_business_management", "whatsapp_business_messaging"];

impl TokenFacts {
    /// A scope counts as present when either list names it (fact base §2; pain 4).
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scopes.iter().any(|s| s == scope) || self.granular_scopes.iter().any(|s| s.scope == scope)
    }

    pub fn missing_scopes(&self) -> Vec<&'static str> {
        NEEDED_SCOPES.into_iter().filter(|scope| !self.has_scope(scope)).collect()
    }

    /// WABAs named by the WhatsApp scopes, most recently shared first, each once.
    pub fn named_wabas(&self) -> Vec<WabaId> {
        let mut wabas: Vec<WabaId> = Vec::new();
        for granted in self.granular_scopes.iter().filter(|s| NEEDED_SCOPES.contains(&s.scope.as_str())) {
            for id in granted.target_ids.iter().flatten() {
                let id = WabaId::new(id.clone());
                if !wabas.contains(&id) {
                    wabas.push(id);
                }
            }
        }
        wabas
    }
}

/// Whether Meta still takes the token, as far as we know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenState {
    Valid,
    /// Meta refused it with an error of the 190 class, or its end has passed.
    Dead,
    /// Erased here, at disconnecting.
    Erased,
}

impl TokenState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Dead => "dead",
            Self::Erased => "erased",
        }
    }
    pub fn parse(text: &str) -> Self {
        match text {
            "dead" => Self::Dead,
            "erased" => Self::Erased,
            _ => Self::Valid,
        }
    }
}

/// One access token's record; belongs to a WABA and is shared by the connections in it. The token stays in the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credential {
    pub id: CredentialId,
    pub workspace: WorkspaceId,
    pub waba: WabaId,
    pub business: Option<BusinessId>,
    pub origin: Origin,
    pub state: TokenState,
    /// Last four characters, for telling tokens apart.
    pub last_four: String,
    pub facts: TokenFacts,
    /// After how many days a token without an end should be changed; 0 for never.
    pub rotation_days: i64,
    /// Since when this very token is in use here.
    pub kept_at: Instant,
    pub updated_at: Instant,
}

impl Credential {
    /// Dead by Meta's word or by its own end.
    pub fn is_dead(&self, now: Instant) -> bool {
        self.state != TokenState::Valid || self.facts.expires_at.is_some_and(|end| end <= now)
    }

    /// The day to change a token that never ends by itself. `None` when it ends, no longer works, or no reminder is wished.
    pub fn rotation_due(&self) -> Option<Instant> {
        let reminds = self.facts.expires_at.is_none() && self.state == TokenState::Valid && self.rotation_days > 0;
        let born = self.facts.issued_at.unwrap_or(self.kept_at);
        reminds.then(|| born.plus(self.rotation_days.saturating_mul(DAY)))
    }

    /// The name of its kind. A token from signup is the one that the business gave to the app.
    pub fn kind_words(&self) -> &'static str {
        match (self.origin, self.facts.kind) {
            (Origin::Signup, TokenKind::PermanentSystemUser) => "Business integration token, without an end",
            (Origin::Signup, TokenKind::SixtyDaySystemUser) => "Business integration token, 60 days",
            (_, kind) => kind.words(),
        }
    }
}

/// Reminders to choose from, in days.
pub const ROTATION_CHOICES: [i64; 5] = [30, 60, 90, 180, 365];

/// How near a token's end is. Each step is warned of anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EndsWithin {
    Fortnight,
    Week,
    Day,
}

impl EndsWithin {
    /// `None` while the end is further away, or has passed.
    pub fn of(expires_at: Option<Instant>, now: Instant) -> Option<Self> {
        match expires_at?.since(now) {
            ..=0 => None,
            left if left <= DAY => Some(Self::Day),
            left if left <= 7 * DAY => Some(Self::Week),
            left if left <= 14 * DAY => Some(Self::Fortnight),
            _ => None,
        }
    }

    pub fn days(self) -> i64 {
        match self {
            Self::Fortnight => 14,
            Self::Week => 7,
            Self::Day => 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classifies_tokens_by_the_rule_table() {
        let issued = 1_760_000_000;
        let sixty_days = issued + 60 * 86_400;
        let cases = [
            ("APP", false, 0, TokenKind::App),
            ("PAGE", false, 0, TokenKind::Page),
            ("USER", true, 0, TokenKind::Page),
            ("SYSTEM_USER", false, 0, TokenKind::PermanentSystemUser),
            ("SYSTEM_USER", false, sixty_days, TokenKind::SixtyDaySystemUser),
            ("USER", false, issued + 86_400, TokenKind::Temporary),
            ("USER", false, sixty_days, TokenKind::LongLivedUser),
            ("USER", false, 0, TokenKind::PermanentUser),
            ("SOMETHING_NEW", false, 0, TokenKind::Unknown),
        ];
        for (meta_type, page, expires, expected) in cases {
            assert_eq!(TokenKind::classify(meta_type, page, issued, expires), expected, "{meta_type} {expires}");
        }
    }

    #[test]
    fn warns_anew_at_fourteen_seven_and_one_days() {
        let now = Instant(1_000 * DAY);
        let within = |left: i64| EndsWithin::of(Some(now.plus(left)), now).map(EndsWithin::days);
        assert_eq!(within(15 * DAY), None);
        assert_eq!(within(14 * DAY), Some(14));
        assert_eq!(within(7 * DAY + 1), Some(14));
        assert_eq!(within(7 * DAY), Some(7));
        assert_eq!(within(DAY), Some(1));
        assert_eq!(within(0), None);
        assert_eq!(EndsWithin::of(None, now), None);
    }

    #[test]
    fn names_each_granted_waba_once_and_in_metas_order() {
        let facts = TokenFacts {
            kind: TokenKind::PermanentSystemUser,
            app_id: None,
            user_id: None,
            issued_at: None,
            expires_at: None,
            data_access_ends_at: None,
            scopes: vec![],
            granular_scopes: NEEDED_SCOPES
                .map(|scope| GranularScope { scope: scope.into(), target_ids: Some(vec!["2".into(), "1".into()]) })
                .into(),
        };
        assert_eq!(facts.named_wabas(), [WabaId::new("2"), WabaId::new("1")]);
        assert!(facts.missing_scopes().is_empty());
    }
}
