//! One WhatsApp number of a workspace, and the one word that sums it up.

use super::check::Check;
use super::credential::Credential;
use super::finding::{FindingState, access_taken, findings};
use super::health::Snapshot;
use super::heard::Heard;
use super::ids::{BusinessId, ConnectionId, CredentialId, PhoneNumberId, WabaId, WorkspaceId};
use super::instant::Instant;
use super::problem::Problem;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const NOT_ASKED: &str = "Meta has not been asked yet.";

/// How far a connection has come on our side. What Meta thinks of it is in the [`Snapshot`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lifecycle {
    /// Saved, but its registration at Meta is not through yet.
    SettingUp,
    Active,
    Disconnected,
}

impl Lifecycle {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SettingUp => "setting_up",
            Self::Active => "active",
            Self::Disconnected => "disconnected",
        }
    }
    pub fn parse(text: &str) -> Self {
        match text {
            "active" => Self::Active,
            "disconnected" => Self::Disconnected,
            _ => Self::SettingUp,
        }
    }
}

/// What was last done with a connection, and how it ended: shown on its page for a while, or until the next action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity {
    pub action: Action,
    pub started_at: Instant,
    pub outcome: Outcome,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    Check,
    Refresh,
    Disconnect,
    /// Asks Meta once more to send this number's messages here.
    Subscribe,
    /// Asks this installation's own address as Meta would.
    AskAddress,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum Outcome {
    Running,
    /// One sentence for the person, and whatever Meta refused on the way.
    Done {
        said: String,
        refused: Vec<Problem>,
    },
    Failed {
        problem: Problem,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    pub id: ConnectionId,
    pub workspace: WorkspaceId,
    pub credential: CredentialId,
    pub phone_number_id: PhoneNumberId,
    pub waba: WabaId,
    pub business: Option<BusinessId>,
    /// The Meta app that the token belongs to.
    pub app_id: Option<String>,
    /// That app is the business's own, entered by hand, not this installation's.
    pub own_app: bool,
    /// The secret of an own app is kept, so webhooks signed with it can be proven.
    pub has_app_secret: bool,
    /// A verify token of its own is kept.
    pub has_verify_token: bool,
    /// Asked for at Meta in place of the installation's version.
    pub api_version: Option<String>,
    /// What the business calls it.
    pub name: Option<String>,
    /// As Meta writes it: `+1 555-010-1234`.
    pub display_number: String,
    pub verified_name: Option<String>,
    pub lifecycle: Lifecycle,
    pub disconnected_at: Option<Instant>,
    /// Why registering waits, when it does.
    pub setup_problem: Option<Problem>,
    /// Why Meta would not be told where to deliver, when it was last tried.
    pub routing_problem: Option<Problem>,
    pub activity: Option<Activity>,
    /// When Meta last answered a check, and the failure of the last check if that one failed.
    pub checked_at: Option<Instant>,
    pub check_failure: Option<CheckFailure>,
    /// Since when each check has been failing.
    pub troubles: BTreeMap<Check, Instant>,
    /// What Meta said by itself.
    #[serde(default)]
    pub heard: Heard,
    pub created_at: Instant,
    pub updated_at: Instant,
}

impl Connection {
    /// In one line, to choose it by: the number, and what its business calls it, else the name that Meta has verified.
    pub fn label(&self) -> String {
        match self.name.as_ref().or(self.verified_name.as_ref()) {
            Some(name) => format!("{} · {name}", self.display_number),
            None => self.display_number.clone(),
        }
    }

    /// Meta was asked how it stands, with or without an answer.
    pub fn was_asked_about(&self) -> bool {
        self.checked_at.is_some() || self.check_failure.is_some()
    }

    /// What is said in place of what is not known.
    pub fn unknown_words(&self) -> &'static str {
        if self.was_asked_about() { "Could not ask Meta." } else { NOT_ASKED }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckFailure {
    pub at: Instant,
    pub problem: Problem,
}

/// Everything the badge, the findings and the answers are computed from.
#[derive(Debug, Clone)]
pub struct Standing<'a> {
    pub connection: &'a Connection,
    pub credential: &'a Credential,
    pub snapshot: Option<&'a Snapshot>,
    /// Where Meta should send this connection's webhooks.
    pub webhook_url: String,
    /// Whether we can prove that a webhook comes from Meta.
    pub app_secret_known: bool,
    pub now: Instant,
}

/// The one word at the top of the page (design §3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Badge {
    Disconnected,
    SettingUp,
    NotWorking,
    NeedsAttention,
    Connected,
}

impl Badge {
    pub const ALL: [Self; 5] =
        [Self::Disconnected, Self::SettingUp, Self::NotWorking, Self::NeedsAttention, Self::Connected];

    /// First row of the design's table that holds; what is unknown never changes it.
    pub fn of(standing: &Standing<'_>) -> Self {
        match standing.connection.lifecycle {
            Lifecycle::Disconnected => return Self::Disconnected,
            Lifecycle::SettingUp => return Self::SettingUp,
            Lifecycle::Active if access_taken(standing).is_some() => return Self::Disconnected,
            Lifecycle::Active => {}
        }
        match findings(standing).first().map(|finding| finding.state) {
            Some(FindingState::Failing) => Self::NotWorking,
            Some(FindingState::Warning) => Self::NeedsAttention,
            _ => Self::Connected,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Disconnected => "disconnected",
            Self::SettingUp => "setting_up",
            Self::NotWorking => "not_working",
            Self::NeedsAttention => "needs_attention",
            Self::Connected => "connected",
        }
    }

    pub fn words(self) -> &'static str {
        match self {
            Self::Disconnected => "Disconnected",
            Self::SettingUp => "Setting up",
            Self::NotWorking => "Not working",
            Self::NeedsAttention => "Needs attention",
            Self::Connected => "Connected",
        }
    }

    pub fn tone(self) -> Tone {
        match self {
            Self::Disconnected => Tone::Idle,
            Self::SettingUp => Tone::Info,
            Self::NotWorking => Tone::Bad,
            Self::NeedsAttention => Tone::Warn,
            Self::Connected => Tone::Ok,
        }
    }
}

/// The state colours of the design, §11. Never shown without a symbol and a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    Ok,
    Warn,
    Bad,
    Info,
    Idle,
}

impl Tone {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Bad => "bad",
            Self::Info => "info",
            Self::Idle => "idle",
        }
    }
}

#[cfg(test)]
#[path = "connection_tests.rs"]
pub(super) mod tests;
