//! Forwards: the customer's own endpoints, to which events are sent on.

use super::event::EventKind;
use super::ids::{ConnectionId, ForwardId, WorkspaceId};
use super::instant::{DAY, HOUR, Instant, MINUTE, SECOND};
use super::messages::NumberOption;
use super::problem::Problem;
use serde::{Deserialize, Serialize};

/// In which shape events go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ForwardFormat {
    /// One event, signed by the Standard Webhooks specification.
    Greentick,
    /// Meta's own envelope, signed as Meta signs.
    Meta,
}

impl ForwardFormat {
    pub const ALL: [Self; 2] = [Self::Greentick, Self::Meta];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Greentick => "greentick",
            Self::Meta => "meta",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.as_str() == text)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ForwardState {
    On,
    /// A person switched it off. Events wait.
    Off,
    /// Greentick switched it off. Events wait.
    Disabled {
        at: Instant,
        why: DisabledWhy,
    },
}

impl ForwardState {
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Off => "off",
            Self::Disabled { .. } => "disabled",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisabledWhy {
    /// No attempt went through for [`DISABLED_AFTER`].
    Failing,
    /// The endpoint answered 410 Gone.
    Gone,
}

impl DisabledWhy {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Failing => "failing",
            Self::Gone => "gone",
        }
    }

    pub fn parse(text: &str) -> Self {
        if text == Self::Gone.as_str() { Self::Gone } else { Self::Failing }
    }
}

/// One endpoint and what is sent to it. Holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forward {
    pub id: ForwardId,
    pub workspace: WorkspaceId,
    pub name: String,
    pub url: String,
    pub format: ForwardFormat,
    /// `None` for all numbers of the workspace.
    pub connection: Option<ConnectionId>,
    /// Empty for all.
    pub kinds: Vec<EventKind>,
    /// Of the fixed secret header, where there is one.
    pub header_name: Option<String>,
    /// It has a verify token for the handshake.
    pub has_verify_token: bool,
    pub state: ForwardState,
    /// Since when every attempt has failed.
    pub failing_since: Option<Instant>,
    pub last_success_at: Option<Instant>,
    /// The secret before the present one signs too until then.
    pub old_secret_until: Option<Instant>,
    pub created_at: Instant,
}

/// How many requests wait to be sent, and how many were given up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForwardCounts {
    /// In the queue, waiting for their turn or for another attempt.
    pub queued: i64,
    /// Wanted events not queued yet, among the first [`BEHIND_MAX`] behind the queue.
    pub behind: i64,
    /// Others come behind those, and nobody has counted which of them are wanted.
    pub more: bool,
    pub dead: i64,
}

impl ForwardCounts {
    pub fn waiting(&self) -> i64 {
        self.queued + self.behind
    }
}

/// Events looked at, at most, to count what waits behind a queue.
pub const BEHIND_MAX: i64 = 5_000;

/// One line of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForwardLine {
    pub forward: Forward,
    pub counts: ForwardCounts,
}

/// Settings › Forwarding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForwardsPage {
    pub now: Instant,
    /// Oldest first.
    pub lines: Vec<ForwardLine>,
    /// Networks inside that forwards may reach, as the settings name them.
    pub inside: Vec<String>,
}

/// What an attempt was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptWhat {
    Event,
    /// The test button.
    Test,
    /// Meta's handshake.
    Handshake,
}

impl AttemptWhat {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::Test => "test",
            Self::Handshake => "handshake",
        }
    }

    pub fn parse(text: &str) -> Self {
        [Self::Test, Self::Handshake].into_iter().find(|what| what.as_str() == text).unwrap_or(Self::Event)
    }
}

/// One line of the attempt log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    pub what: AttemptWhat,
    /// The event it was about, or the first of several.
    pub first_seq: Option<i64>,
    /// Which attempt, from 1.
    pub number: i64,
    pub at: Instant,
    /// Milliseconds.
    pub duration: i64,
    pub status: Option<u16>,
    /// Why it does not count as received; `None` when it does.
    pub failure: Option<String>,
    /// The first words of a refusal.
    pub answer: Option<String>,
}

impl Attempt {
    pub fn succeeded(&self) -> bool {
        self.failure.is_none()
    }

    /// It failed, and any other request would have as well: nobody is there, or whoever is there is at fault, leads elsewhere
    /// or does not want us. Other refusals are about this one request.
    pub fn tells_of_endpoint(&self) -> bool {
        let about_request =
            |status: u16| (400..500).contains(&status) && !matches!(status, 401 | 403 | 404 | 410 | 429);
        !self.succeeded() && !self.status.is_some_and(about_request)
    }
}

/// One forward's own page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForwardPage {
    pub now: Instant,
    pub forward: Forward,
    pub counts: ForwardCounts,
    /// What was given up goes by itself after so many days.
    pub dead_days: i64,
    /// The number it is for, as people read it; `None` for all.
    pub number: Option<String>,
    /// Newest first.
    pub attempts: Vec<Attempt>,
}

/// The form, for a new forward or for one to change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForwardFormPage {
    pub fields: ForwardFields,
    /// The forward that is changed, by its name.
    pub forward: Option<String>,
    /// To choose from, besides all.
    pub numbers: Vec<NumberOption>,
    pub inside: Vec<String>,
}

/// What the form holds; never a secret.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForwardFields {
    /// Under which a new one is made, so that a form that is sent twice makes one.
    pub id: String,
    pub name: String,
    pub url: String,
    pub format: String,
    /// Empty for all numbers.
    pub connection: String,
    /// Empty for all.
    pub kinds: Vec<String>,
    pub header_name: String,
    /// A value of the header is kept.
    pub has_header: bool,
    pub has_verify_token: bool,
}

/// A form that was refused, handed to the page that shows it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedForward {
    pub fields: ForwardFields,
    pub problem: Problem,
}

/// A secret that was made a moment ago, handed to the page that shows it, this once.
#[derive(Clone, PartialEq, Eq)]
pub struct MadeSecret {
    pub secret: String,
    /// It takes the place of another.
    pub rotated: bool,
}

impl std::fmt::Debug for MadeSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MadeSecret(••••)")
    }
}

/// How long a secret that was replaced signs beside the new one.
pub const OVERLAP: i64 = DAY;
/// A forward none of whose attempts went through for so long is switched off.
pub const DISABLED_AFTER: i64 = 5 * DAY;
/// The pauses between the attempts of one request, jittered: three days in all.
const AGAIN: [i64; 14] = [
    5 * SECOND,
    30 * SECOND,
    2 * MINUTE,
    10 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    4 * HOUR,
    8 * HOUR,
    8 * HOUR,
    12 * HOUR,
    12 * HOUR,
    12 * HOUR,
    12 * HOUR,
];
/// How long an endpoint is left alone after so many failures on end, whatever else waits for it.
const REST: [i64; 5] = [0, SECOND, 10 * SECOND, MINUTE, 5 * MINUTE];

/// Milliseconds until the next attempt of a request that has been tried for `tried` milliseconds; `None` when its three days
/// are over. Time counts, not attempts: whoever has one made sooner does not use the others up.
pub fn again_after(tried: i64) -> Option<i64> {
    let times = AGAIN.iter().scan(0, |time, pause| {
        *time += pause;
        Some(*time)
    });
    times.map(|time| time - tried.max(0)).find(|pause| *pause > 0)
}

/// Milliseconds that an endpoint rests after `failures` on end.
pub fn rest_after(failures: i64) -> i64 {
    let place = usize::try_from(failures.max(1) - 1).unwrap_or(usize::MAX).min(REST.len() - 1);
    REST[place]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_tried_for_three_days() {
        let (mut tried, mut pauses) = (0, Vec::new());
        while let Some(pause) = again_after(tried) {
            pauses.push(pause);
            tried += pause;
        }
        assert_eq!(pauses, AGAIN);
        assert!((70 * HOUR..=74 * HOUR).contains(&tried), "{} hours", tried / HOUR);
        assert!(pauses.is_sorted(), "pauses grow");
        // An attempt in between takes none of the others away.
        assert_eq!(again_after(20 * SECOND), Some(15 * SECOND));
        assert_eq!(again_after(-HOUR), Some(5 * SECOND), "a clock that was put back");
    }

    #[test]
    fn some_refusals_are_about_one_request_alone() {
        let of = |status: Option<u16>, failure: Option<&str>| Attempt {
            what: AttemptWhat::Event,
            first_seq: None,
            number: 1,
            at: Instant(0),
            duration: 0,
            status,
            failure: failure.map(str::to_owned),
            answer: None,
        };
        for status in [400, 405, 409, 413, 415, 422] {
            assert!(!of(Some(status), Some("no")).tells_of_endpoint(), "{status}");
        }
        for status in [302, 401, 403, 404, 410, 429, 500, 503] {
            assert!(of(Some(status), Some("no")).tells_of_endpoint(), "{status}");
        }
        assert!(of(None, Some("silence")).tells_of_endpoint());
        assert!(!of(Some(200), None).tells_of_endpoint());
    }

    #[test]
    fn a_single_failure_holds_nothing_up() {
        assert_eq!(rest_after(1), 0);
        assert_eq!(rest_after(1_000), 5 * MINUTE);
    }

    #[test]
    fn the_secret_stays_out_of_debug() {
        let made = MadeSecret { secret: "whsec_abc".to_owned(), rotated: false };
        assert!(!format!("{made:?}").contains("abc"));
    }
}
