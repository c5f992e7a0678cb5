//! Keys with which programs use the API. The key itself is shown once and kept as a hash.

use super::ids::{ApiKeyId, WorkspaceId};
use super::instant::Instant;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What a key may do. A key that may write may also read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    Read,
    Write,
}

impl Scope {
    pub const ALL: [Self; 2] = [Self::Read, Self::Write];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Scope {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|scope| scope.as_str() == text);
        found.ok_or_else(|| format!("`{text}` is no scope: use `read` or `write`"))
    }
}

/// A key's record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    pub id: ApiKeyId,
    pub workspace: WorkspaceId,
    pub name: String,
    pub scope: Scope,
    pub last_four: String,
    /// Who made it: a person's name, or the command line.
    pub created_by: String,
    pub created_at: Instant,
    /// `None` when it does not end.
    pub expires_at: Option<Instant>,
    pub revoked_at: Option<Instant>,
    pub last_used_at: Option<Instant>,
}

impl ApiKey {
    pub fn state_at(&self, now: Instant) -> KeyState {
        match (self.revoked_at, self.expires_at) {
            (Some(at), _) => KeyState::Revoked(at),
            (None, Some(end)) if end <= now => KeyState::Ended(end),
            (None, end) => KeyState::Works(end),
        }
    }

    pub fn works_at(&self, now: Instant) -> bool {
        matches!(self.state_at(now), KeyState::Works(_))
    }
}

/// Whether a key works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// Until then, or for good.
    Works(Option<Instant>),
    Ended(Instant),
    Revoked(Instant),
}

/// Every key begins so: whoever finds one knows where it belongs.
pub const KEY_PREFIX: &str = "gt_";
/// Longest name of a key, in characters.
pub const NAME_MAX: usize = 80;
