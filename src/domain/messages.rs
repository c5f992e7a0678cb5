//! What the Messages pages show.

use super::event::EventKind;
use super::event_words::{Direction, EventError};
use super::explained::Explained;
use super::ids::ConnectionId;
use super::instant::Instant;
use super::problem::Problem;
use serde::{Deserialize, Serialize};

/// One event of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventLine {
    pub id: String,
    pub at: Instant,
    pub kind: EventKind,
    pub direction: Direction,
    pub who: EventPerson,
    /// What it says, shortened.
    pub what: String,
}

/// Whom an event is about; all may be missing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventPerson {
    pub name: Option<String>,
    /// With a plus in front.
    pub phone: Option<String>,
    pub user_id: Option<String>,
}

/// A number to choose from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumberOption {
    pub id: ConnectionId,
    pub label: String,
}

/// Why a list is empty, and the one thing to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Nothing {
    /// There is no number to receive for.
    NoNumber,
    /// Nothing has come for this number so far, or nothing of it is kept any more: `last` is when the last came.
    NotThere { last: Option<Instant>, what: String, cause: String, step: NextStep },
    /// Events are there, none like this.
    NoMatch,
    /// Not among those looked through so far.
    NotSoFar,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum NextStep {
    /// On the number's page stands the button.
    OpenNumber,
    /// "Tell Meta where to send."
    OpenReceiving,
    /// Settings › Meta app, where the installation's app secret is.
    CompareSecret,
    /// The connection's credentials, with the secret of an app of its own.
    CompareOwnSecret,
    /// What is known of it, for whoever cannot mend it: the error's key.
    Explained(String),
    /// Nothing is known to be wrong: send something.
    TryIt { number: String },
}

/// The Messages page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessagesPage {
    pub now: Instant,
    /// Numbers to choose from; one when there is no choice.
    pub numbers: Vec<NumberOption>,
    pub connection: Option<ConnectionId>,
    pub query: String,
    pub kind: Option<EventKind>,
    /// Newest first.
    pub lines: Vec<EventLine>,
    /// The events before this are on the next page.
    pub next: Option<i64>,
    /// The page shows events before a certain one, not the newest.
    pub older: bool,
    /// The newest event when the page was made: what comes behind it is new.
    pub newest: i64,
    pub nothing: Option<Nothing>,
    pub may_replay: bool,
    /// The query is a phone number or a user id: one person is looked for.
    pub of_one_person: bool,
}

/// One event, whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventPage {
    pub now: Instant,
    pub id: String,
    pub seq: i64,
    pub kind: EventKind,
    pub direction: Direction,
    pub connection: ConnectionId,
    pub number: String,
    pub who: EventPerson,
    pub at: Instant,
    pub received_at: Instant,
    pub field: String,
    pub message_id: Option<String>,
    pub content: String,
    pub error: Option<EventError>,
    pub explained: Option<Explained>,
    /// Meta's own item, indented.
    pub meta: String,
    pub may_replay: bool,
    /// What came of replaying its delivery a moment ago.
    pub replay: Option<Replay>,
}

/// Deliveries that are understood once more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replay {
    pub id: String,
    pub actor: String,
    /// When the deliveries had come; `None` for a single one.
    pub range: Option<(Instant, Instant)>,
    /// What came before its number was connected, begun by itself.
    pub only_foreign: bool,
    /// Understood so far.
    pub deliveries: i64,
    /// Events that were not there before.
    pub found: i64,
    /// 0 to 100.
    pub percent: i64,
    pub created_at: Instant,
    pub finished_at: Option<Instant>,
    /// It met a fault of ours again and again, and ended before its end.
    pub broken_off: bool,
}

/// A delivery that nobody can read. It is kept, and can be read again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaidAside {
    pub id: i64,
    pub received_at: Instant,
    pub bytes: i64,
    pub why: String,
    /// How it begins. What is not text in it is shown as �.
    pub beginning: String,
}

/// Where deliveries are replayed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplayPage {
    pub now: Instant,
    /// How many days deliveries are kept; `None` for ever.
    pub kept_days: Option<i64>,
    /// Newest first.
    pub replays: Vec<Replay>,
    /// Newest first, and not all when there are many.
    pub laid_aside: Vec<LaidAside>,
}

/// The times of a replay that was refused, as they were typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedRange {
    pub from: String,
    pub to: String,
    pub problem: Problem,
}

/// Which events are to be carried away; empty where nothing is wished.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ExportWish {
    pub connection: String,
    pub kind: String,
    pub person: String,
    pub from: String,
    pub to: String,
}

/// Messages › Export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportPage {
    /// Numbers to choose from.
    pub numbers: Vec<NumberOption>,
    pub wish: ExportWish,
}

/// An export that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedExport {
    pub wish: ExportWish,
    pub problem: Problem,
}
