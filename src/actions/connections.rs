//! A workspace's connections: read for the pages, and the buttons on them.

use crate::domain::answers::Answer;
use crate::domain::connection::{Activity, Badge};
use crate::domain::credential::{TokenKind, TokenState};
use crate::domain::facts::Fact;
use crate::domain::finding::Finding;
use crate::domain::health::HealthEntity;
use crate::domain::ids::{ConnectionId, SignupId};
use crate::domain::instant::Instant;
use crate::domain::problem::Problem;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// One line of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionLine {
    pub id: ConnectionId,
    pub display_number: String,
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
    pub kind: TokenKind,
    pub state: TokenState,
    pub last_four: String,
    pub issued_at: Option<Instant>,
    pub expires_at: Option<Instant>,
    pub scopes: Vec<String>,
    pub missing_scopes: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoutingPanel {
    pub subscribed: Option<bool>,
    pub callback: Option<String>,
    pub expected: String,
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

/// One connection, top to bottom (design §3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionPage {
    pub now: Instant,
    pub id: ConnectionId,
    /// Grows with every change: what the live update compares.
    pub version: i64,
    pub display_number: String,
    pub verified_name: Option<String>,
    pub badge: Badge,
    pub connected_at: Instant,
    pub disconnected_at: Option<Instant>,
    pub checked_at: Option<Instant>,
    /// When the last check failed, and why; what is shown is older then.
    pub check_failure: Option<(Instant, Problem)>,
    pub setup_problem: Option<Problem>,
    pub activity: Option<Activity>,
    /// Worst first. Empty for a viewer.
    pub findings: Vec<Finding>,
    pub answers: Vec<Answer>,
    pub facts: Vec<Fact>,
    pub developer: Option<DeveloperPart>,
    /// The viewer of the page is an admin.
    pub may_change: bool,
    /// Refreshing needs a sign-in at Facebook, since the token is dead.
    pub refresh_reconnects: bool,
    /// Why reconnecting is off, when it is.
    pub connect_off: Option<Problem>,
}

/// What a revealed secret's row answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revealed {
    pub value: String,
}

/// The Configurations page: `query` searches number, name and ids; `after` is a cursor.
#[server(prefix = "/_fn", endpoint = "list_connections")]
pub async fn list_connections(query: String, after: Option<String>) -> Result<ConnectionsPage, Problem> {
    todo(query, after)
}

#[server(prefix = "/_fn", endpoint = "find_connection")]
pub async fn find_connection(connection: String) -> Result<ConnectionPage, Problem> {
    todo(connection)
}

/// For live updates: cheap to ask, grows when anything on the page changed.
#[server(prefix = "/_fn", endpoint = "connection_version")]
pub async fn connection_version(connection: String) -> Result<i64, Problem> {
    todo(connection)
}

/// Form. Reads everything from Meta again, in the background.
#[server(prefix = "/_fn", endpoint = "check_connection")]
pub async fn check_connection(connection: String) -> Result<(), Problem> {
    todo(connection)
}

/// Form.
#[server(prefix = "/_fn", endpoint = "refresh_token")]
pub async fn refresh_token(connection: String) -> Result<(), Problem> {
    todo(connection)
}

/// Form. Asks Meta once more to send the messages here.
#[server(prefix = "/_fn", endpoint = "subscribe_app")]
pub async fn subscribe_app(connection: String) -> Result<(), Problem> {
    todo(connection)
}

/// Form. Without `confirmed=yes` it answers the confirmation form; `deregister=yes` also deregisters the number at Meta.
#[server(prefix = "/_fn", endpoint = "disconnect_number")]
pub async fn disconnect_number(
    connection: String,
    confirmed: Option<String>,
    deregister: Option<String>,
) -> Result<(), Problem> {
    todo(connection)
}

/// Admin; written to the audit log.
#[server(prefix = "/_fn", endpoint = "reveal_verify_token")]
pub async fn reveal_verify_token(connection: String) -> Result<Revealed, Problem> {
    todo(connection)
}
