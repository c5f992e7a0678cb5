//! What each page shows, ready to be put on it: read by operations, carried by actions, shown by the ui.

use super::answers::Answer;
use super::api_key::ApiKey;
use super::check::Check;
use super::connection::{Activity, Badge};
use super::credential::TokenState;
use super::entry::OldToken;
use super::facts::Fact;
use super::finding::{Finding, Remedy};
use super::health::HealthEntity;
use super::ids::{ConnectionId, SignupId};
use super::instant::Instant;
use super::problem::Problem;
use super::routing::Whose;
use super::signup::{CodeMethod, NumberChoice, Stage, Step, StepOutcome, WabaChoice};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One line of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionLine {
    pub id: ConnectionId,
    pub display_number: String,
    /// What the business calls it, and what Meta has verified.
    pub name: Option<String>,
    pub verified_name: Option<String>,
    /// Empty for a viewer.
    pub phone_number_id: String,
    pub badge: Badge,
    pub checked_at: Option<Instant>,
}

/// The Configurations page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionsPage {
    pub now: Instant,
    pub lines: Vec<ConnectionLine>,
    /// Connections of the workspace, before the search.
    pub total: i64,
    pub query: String,
    /// Cursor of the next page, when there is one.
    pub next: Option<String>,
    pub connect: ConnectOffer,
    /// Forwards that Greentick has switched off, by name. For an admin.
    pub disabled_forwards: Vec<String>,
    /// Set when there is one number only: it is shown in place.
    pub only: Option<Box<ConnectionPage>>,
}

/// What the page may offer to whoever looks at it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectOffer {
    /// The viewer of the page is an admin.
    pub allowed: bool,
    /// Who could, for those who may not: names of the admins.
    pub admins: Vec<String>,
    /// Why Connect with Facebook is off in this installation.
    pub off: Option<Problem>,
    /// A signup of this person that is still waiting for them or for Meta.
    pub unfinished: Option<SignupId>,
}

/// One row of "IDs for developers".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdRow {
    pub label: String,
    /// `None` where Meta has not told it.
    pub value: Option<String>,
    pub hint: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenPanel {
    pub kind: String,
    pub state: TokenState,
    pub last_four: String,
    pub belongs_to: Option<TokenOwner>,
    pub app_id: Option<String>,
    pub issued_at: Option<Instant>,
    /// Since when it is in use here.
    pub kept_at: Instant,
    /// `None` when it never ends.
    pub expires_at: Option<Instant>,
    /// When Meta stops showing it a person's data; only tokens of people have such a day.
    pub data_access_ends_at: Option<Instant>,
    pub scopes: Vec<String>,
    pub missing_scopes: Vec<String>,
    pub reach: TokenReach,
    pub rotation: Option<RotationPanel>,
}

/// Whose token it is, by Meta's ID.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenOwner {
    pub words: String,
    pub id: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenReach {
    /// Whatever its owner reaches, now and later.
    Everything,
    /// WABA IDs, most recently shared first.
    Only(Vec<String>),
    /// Meta has not told it.
    Unknown,
}

/// The reminder to change a token that never ends by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RotationPanel {
    /// 0 for no reminder.
    pub days: i64,
    pub due_at: Option<Instant>,
}

/// Where Meta delivers, beside where it should.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoutingPanel {
    /// `None` where it could not be read.
    pub subscribed: Option<bool>,
    /// By what they hold for: the app, the account, the number. Messages take the last that is set.
    pub addresses: Vec<RoutingAddress>,
    pub expected: String,
    /// `None` where the app could not be asked: that needs its secret.
    pub fields: Option<RoutingFields>,
    /// When all this was read.
    pub read_at: Option<Instant>,
    /// Addresses that others have set.
    pub foreign: Vec<String>,
    /// The button that helps, when one does.
    pub remedy: Option<Remedy>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoutingAddress {
    pub of: String,
    pub state: AddressState,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AddressState {
    Unknown,
    NotSet,
    Set { url: String, whose: Whose },
}

impl RoutingAddress {
    /// `None` when it is not set.
    pub fn whose(&self) -> Option<Whose> {
        match self.state {
            AddressState::Set { whose, .. } => Some(whose),
            AddressState::Unknown | AddressState::NotSet => None,
        }
    }

    /// The address, when others have set it.
    pub fn foreign(&self) -> Option<&str> {
        match &self.state {
            AddressState::Set { url, whose: Whose::Foreign } => Some(url),
            _ => None,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoutingFields {
    /// The app's own address leads here, so they are reported here.
    pub here: bool,
    pub present: Vec<String>,
    pub missing: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendingPanel {
    /// `health_status` per entity.
    pub entities: Vec<HealthEntity>,
    pub can_send_message: Option<String>,
    pub status: Option<String>,
    pub platform: Option<String>,
    pub throughput: Option<String>,
}

/// Support and admin only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeveloperPart {
    pub ids: Vec<IdRow>,
    /// Masked; an admin may reveal it.
    pub verify_token_masked: String,
    pub token: TokenPanel,
    pub routing: RoutingPanel,
    pub sending: SendingPanel,
}

/// "Copy for the customer": the words for everything that the page says is wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// By what each finding comes from.
    pub findings: BTreeMap<Check, String>,
    /// What the last action ran into, in its order.
    pub activity: Vec<String>,
    pub check: Option<String>,
    pub setup: Option<String>,
}

/// One connection, top to bottom (design §3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionPage {
    pub now: Instant,
    pub id: ConnectionId,
    /// Grows with every change: what the live update compares.
    pub version: i64,
    pub display_number: String,
    /// What the business calls it, and what Meta has verified.
    pub name: Option<String>,
    pub verified_name: Option<String>,
    pub badge: Badge,
    pub connected_at: Instant,
    pub disconnected_at: Option<Instant>,
    /// When Meta's webhooks last said something of it.
    pub last_event_at: Option<Instant>,
    pub checked_at: Option<Instant>,
    /// When the last check failed, and why; what is shown is older then.
    pub check_failure: Option<(Instant, Problem)>,
    pub setup_problem: Option<Problem>,
    /// The run that is to finish a number that is being set up. Not for a viewer.
    pub unfinished: Option<UnfinishedRun>,
    pub activity: Option<Activity>,
    /// Worst first. Empty for a viewer.
    pub findings: Vec<Finding>,
    pub told: Told,
    pub answers: Vec<Answer>,
    pub facts: Vec<Fact>,
    pub developer: Option<DeveloperPart>,
    /// The viewer of the page is an admin.
    pub may_change: bool,
    /// The viewer of the page is support or an admin, and there is something to ask Meta about.
    pub may_check: bool,
    /// Refreshing needs a sign-in at Facebook, since the token is dead.
    pub refresh_reconnects: bool,
    /// Why reconnecting is off, when it is.
    pub connect_off: Option<Problem>,
    /// On a Meta app of the business's own: webhooks come to an address of its own.
    pub own_app: bool,
    /// Replaced lately and not revoked yet. For an admin.
    pub old_tokens: Vec<OldToken>,
}

/// A run of a number that is saved and not connected yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum UnfinishedRun {
    /// It waits for a person, or for Meta.
    Open { signup: SignupId, stage: Stage },
    /// Nobody goes on with it: another has to be begun.
    Left,
}

/// What a revealed secret's row answers.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revealed {
    pub value: String,
}

impl std::fmt::Debug for Revealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Revealed(••••)")
    }
}

/// Settings › Meta app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetaAppPage {
    pub app_id: Setting,
    /// Masked.
    pub app_secret: Setting,
    pub config_id: Setting,
    pub redirect_uri: String,
    pub domain: String,
    pub webhook_url: String,
    /// Why Connect with Facebook is off, when it is.
    pub off: Option<Problem>,
}

/// A setting that the environment may have fixed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    pub value: Option<String>,
    pub fixed: bool,
}

/// What Meta said of the app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum AppCheck {
    Good { name: String },
    Bad { problem: Problem },
}

/// What the form of Settings › Meta app came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum MetaAppAnswer {
    Saved,
    Checked(AppCheck),
    /// With what was typed, but for the secret.
    Refused {
        problem: Problem,
        app_id: String,
        config_id: String,
    },
}

/// What the PIN's form came to.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum PinAnswer {
    Shown(String),
    NotShown(Problem),
    Changed,
    NotChanged(Problem),
}

impl std::fmt::Debug for PinAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Shown(_) => "Shown(••••)",
            Self::NotShown(_) => "NotShown",
            Self::Changed => "Changed",
            Self::NotChanged(_) => "NotChanged",
        })
    }
}

/// Settings › API keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKeysPage {
    pub now: Instant,
    /// Newest first; those that work before those that do not.
    pub keys: Vec<ApiKey>,
    /// For the form: it makes one key, however often it is sent.
    pub once: String,
}

/// One line of the progress list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepLine {
    pub step: Step,
    /// `None` while it has not been taken.
    pub outcome: Option<StepOutcome>,
    /// It is the one being worked on, or the one that waits for the person.
    pub current: bool,
}

/// The progress page, whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignupPage {
    pub now: Instant,
    pub id: SignupId,
    pub stage: Stage,
    pub steps: Vec<StepLine>,
    /// Why it failed; or, while it is running, why it waits for Meta.
    pub problem: Option<Problem>,
    /// The last input was not enough: a wrong PIN, a wrong code.
    pub input_problem: Option<Problem>,
    pub wabas: Vec<WabaChoice>,
    pub numbers: Vec<NumberChoice>,
    /// The number that a code or PIN is asked for.
    pub number: Option<NumberChoice>,
    pub code_sent_by: Option<CodeMethod>,
    pub connection: Option<ConnectionId>,
    /// It began with credentials entered by hand, not at Facebook.
    pub by_hand: bool,
    /// Meta has to be told this connection's own webhook address.
    pub tell_meta: bool,
    /// Link that starts over, with the same wishes.
    pub try_again: String,
    /// Since when it has been working on the present step.
    pub updated_at: Instant,
}
