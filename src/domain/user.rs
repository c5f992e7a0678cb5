//! People and what they may do (design §1).

use super::ids::{UserId, WorkspaceId};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Ordered by what it may do: a later role may do all that an earlier one may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Sees status only.
    Viewer,
    /// Sees and copies everything but secrets.
    Support,
    /// Connects, refreshes, disconnects, edits.
    Admin,
}

impl Role {
    pub const ALL: [Self; 3] = [Self::Viewer, Self::Support, Self::Admin];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Support => "support",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or_else(|| format!("`{text}` is no role: use `admin`, `support` or `viewer`"))
    }
}

/// A person of one workspace, without the password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    pub id: UserId,
    pub workspace: WorkspaceId,
    pub email: String,
    pub name: String,
    pub role: Role,
    /// A sandbox account that is entered with one press and has no password.
    pub demo: bool,
}

/// Shortest password accepted, in characters. Length beats rules about which characters.
pub const PASSWORD_MIN: usize = 12;
/// Longest password accepted, in bytes, so that hashing cannot be made to work for ever.
pub const PASSWORD_MAX: usize = 1_024;

/// Something, an @, and a host: whether mail arrives there is not ours to know.
pub fn looks_like_email(text: &str) -> bool {
    let text = text.trim();
    let parts = text.split_once('@');
    parts.is_some_and(|(name, host)| !name.is_empty() && !host.is_empty() && !text.contains(char::is_whitespace))
}
