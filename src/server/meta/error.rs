//! What can go wrong with a call, classified. The table of codes is in `table/`; nothing else matches codes.

use super::table::{self, Entry};
use super::wire;
use crate::domain::problem::{MetaSays, Problem};
use crate::domain::redaction::redacted;

/// What an error means for the one who made the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The token is no longer accepted: only signing in again helps.
    TokenDead,
    /// The token is fine but may not do this.
    Permission,
    /// No such object, or none that this token may see.
    NotFound,
    /// Wait, then it goes on by itself.
    RateLimited,
    /// Down or slow: try again.
    Passing,
    CodeExpired,
    CodeUsed,
    /// The token belongs to another app than the one that asked about it.
    OtherApp,
    /// Something in this installation's own settings is wrong.
    Settings,
    WrongPin,
    /// Meta takes no PIN for the moment: that says nothing of the one it was given.
    PinLocked,
    NumberNotVerified,
    /// The number is not on the Cloud API, so there is nothing to take away.
    NotRegistered,
    RegisterLimit,
    /// Meta is not ready for this number yet; waiting helps.
    NotReadyYet,
    WrongVerificationCode,
    CodeNotSent,
    /// Meta asked the address it was told, and is not content with the answer.
    CallbackRefused,
    /// A field that this version of the API does not know.
    UnknownField,
    Other,
}

#[derive(Debug, thiserror::Error)]
pub enum GraphError {
    #[error("Meta refused: {message} (code {code}, subcode {subcode:?}, trace {trace:?})")]
    Refused { code: i64, subcode: Option<i64>, message: String, trace: Option<String>, entry: &'static Entry },
    #[error("Meta could not be asked: {0}")]
    Unreachable(#[from] Unreachable),
}

#[derive(Debug, thiserror::Error)]
pub enum Unreachable {
    #[error("it did not answer in time")]
    TooSlow,
    #[error("no connection could be made")]
    NoConnection,
    #[error("the connection was cut before the answer was complete")]
    Cut,
    #[error("it answered with status {0}")]
    Status(u16),
    #[error("the answer was not Meta's")]
    NotMeta,
}

impl From<reqwest::Error> for Unreachable {
    fn from(error: reqwest::Error) -> Self {
        if error.is_timeout() {
            Self::TooSlow
        } else if error.is_connect() {
            Self::NoConnection
        } else {
            Self::Cut
        }
    }
}

impl GraphError {
    pub(super) fn refused(status: u16, error: wire::MetaError) -> Self {
        let subcode = error.error_subcode.filter(|subcode| *subcode != 0);
        let details = error.error_data.and_then(|data| data.details);
        // Kept, shown and logged from here on, and Meta repeats damaged tokens.
        let message = match details.filter(|details| !error.message.contains(details.as_str())) {
            Some(details) => format!("{}: {details}", error.message),
            None => error.message,
        };
        let message = redacted(&message);
        let entry = table::find(error.code, subcode, &message, status);
        Self::Refused { code: error.code, subcode, message, trace: error.fbtrace_id, entry }
    }

    pub fn kind(&self) -> Kind {
        match self {
            Self::Refused { entry, .. } => entry.kind,
            Self::Unreachable(_) => Kind::Passing,
        }
    }

    pub fn is(&self, kind: Kind) -> bool {
        self.kind() == kind
    }

    /// Trying the same again shortly may work.
    pub fn is_passing(&self) -> bool {
        matches!(self.kind(), Kind::Passing)
    }

    /// Says nothing about the connection itself: Meta is down, slow, or wants us to wait.
    pub fn is_meta_unwell(&self) -> bool {
        matches!(self.kind(), Kind::Passing | Kind::RateLimited)
    }

    /// In words for a person.
    pub fn problem(&self) -> Problem {
        match self {
            Self::Refused { code, subcode, message, trace, entry } => Problem {
                meta: Some(MetaSays {
                    code: *code,
                    subcode: *subcode,
                    message: message.clone(),
                    fbtrace_id: trace.clone(),
                }),
                ..Problem::new(entry.key, entry.what, entry.why, entry.remedy)
            },
            Self::Unreachable(why) => Problem::meta_unreachable(&format!("{}.", capitalised(&why.to_string()))),
        }
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
