//! A connection's settings as a person or a program enters them, and the rules that can be told by looking.

use super::connection::Badge;
use super::ids::{ConnectionId, PhoneNumberId, WabaId};
use super::instant::Instant;
use super::phone::digits;
use serde::{Deserialize, Serialize};

/// A connection's settings as they may be shown: secrets are told by their last characters, or that they are there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WhatsAppSettings {
    pub id: ConnectionId,
    pub name: Option<String>,
    pub phone_number_id: PhoneNumberId,
    pub waba: WabaId,
    /// `None` once the token is erased.
    pub token_mask: Option<String>,
    pub app_id: Option<String>,
    pub has_app_secret: bool,
    pub webhook_url: String,
    pub api_version: String,
    pub status: Badge,
    pub updated_at: Instant,
    /// Another with every change of the settings, and with none else: for `ETag`.
    pub tag: String,
}

impl WhatsAppSettings {
    /// What was taken although it may not be meant so.
    pub fn warnings(&self) -> Vec<String> {
        version_warning(&self.api_version).into_iter().collect()
    }
}

/// Stands for a secret wherever one would be shown.
pub const MASK: &str = "••••";

/// A secret as it is shown: with its last characters, where those tell little.
pub fn mask(last_four: &str) -> String {
    format!("{MASK}{last_four}")
}

/// Longest name of a connection, in characters.
pub const NAME_MAX: usize = 80;

/// Shortest verify token that is accepted when typed.
pub const VERIFY_TOKEN_MIN: usize = 8;
/// Meta's ids have more digits than any phone number, which has 15 at most and rarely over 13.
const SHORTEST_META_ID: usize = 14;
/// Meta's ids are numbers of 64 bits.
const LONGEST_META_ID: usize = 20;
/// Versions that Meta no longer serves (fact base §8). Accepted, with a warning: Meta answers with another one.
const LAST_EXPIRED_VERSION: u32 = 20;

/// A field and the rule that it breaks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrokenRule {
    pub field: String,
    pub rule: String,
}

impl BrokenRule {
    pub fn new(field: &str, rule: &str) -> Self {
        Self { field: field.to_owned(), rule: rule.to_owned() }
    }
}

/// An id of Meta's: digits only, and not a phone number.
pub fn id_rule(name: &str, text: &str) -> Option<String> {
    let text = text.trim();
    if text.is_empty() {
        return Some(format!("the {name} has digits only"));
    }
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    let written_as_phone = text.chars().all(|c| c.is_ascii_digit() || "+-() .".contains(c)) && !digits(text).is_empty();
    if (is_number && text.len() < SHORTEST_META_ID) || (!is_number && written_as_phone) {
        return Some(format!(
            "this looks like a phone number. The {name} is a longer number that Meta shows beside it, in WhatsApp › API Setup"
        ));
    }
    (!is_number || text.len() > LONGEST_META_ID)
        .then(|| format!("the {name} has digits only, {LONGEST_META_ID} at most"))
}

/// A name to tell connections apart by.
pub fn name_rule(text: &str) -> Option<String> {
    let wrong = text.chars().count() > NAME_MAX || text.chars().any(char::is_control);
    wrong.then(|| format!("one line of at most {NAME_MAX} characters"))
}

/// The secret of a Meta app.
pub fn app_secret_rule(secret: &str) -> Option<String> {
    let wrong = secret.is_empty() || !secret.bytes().all(|byte| byte.is_ascii_graphic());
    wrong.then(|| "copy it once more, whole, from App settings › Basic".to_owned())
}

/// `vN.0`
pub fn version_rule(text: &str) -> Option<String> {
    version(text).is_none().then(|| "write the version like v25.0".to_owned())
}

fn version(text: &str) -> Option<u32> {
    let number = text.trim().strip_prefix('v')?.strip_suffix(".0")?;
    // `parse` would take a sign too.
    number.bytes().all(|byte| byte.is_ascii_digit()).then(|| number.parse().ok())?
}

/// What to say about a version that Meta no longer serves.
pub fn version_warning(text: &str) -> Option<String> {
    let expired = version(text)? <= LAST_EXPIRED_VERSION;
    expired.then(|| format!("Meta no longer serves {}: it answers with a later version.", text.trim()))
}

/// A token as pasted.
pub fn token_rule(token: &str) -> Option<String> {
    let token = token.trim();
    if token.is_empty() {
        return Some("paste the access token".to_owned());
    }
    if token.chars().any(char::is_whitespace) {
        return Some("the token has no spaces in it: copy it once more, whole".to_owned());
    }
    if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Some("this is not a token: copy it once more, whole".to_owned());
    }
    token.contains('|').then(|| "this is an app token. Paste the token of a system user or of a person".to_owned())
}

pub fn verify_token_rule(token: &str) -> Option<String> {
    let short = token.trim().chars().count() < VERIFY_TOKEN_MIN;
    short.then(|| format!("at least {VERIFY_TOKEN_MIN} characters"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_a_phone_number_from_an_id() {
        for phone in ["15550051489", "+1 555 005 1489", "(555) 005-1489"] {
            assert!(id_rule("Phone Number ID", phone).is_some_and(|rule| rule.contains("phone number")), "{phone}");
        }
        assert_eq!(id_rule("Phone Number ID", "106540352242922"), None);
        // Fourteen digits: only Meta can tell what it is.
        assert_eq!(id_rule("WABA ID", "61584672189701"), None);
        assert!(id_rule("WABA ID", "").is_some() && id_rule("WABA ID", &"1".repeat(21)).is_some());
        assert!(id_rule("WABA ID", "my account").is_some_and(|rule| rule.contains("digits only")));
    }

    #[test]
    fn tells_what_is_no_token() {
        assert_eq!(token_rule("EAAGabc"), None);
        assert!(token_rule(" ").is_some());
        assert!(token_rule("EAAG abc").is_some());
        assert!(token_rule("EAAG\0abc").is_some() && token_rule("••••abcd").is_some());
        assert!(token_rule("670843887433847|abcdef").is_some_and(|rule| rule.contains("app token")));
    }

    #[test]
    fn takes_expired_versions_with_a_warning() {
        assert_eq!(version_rule("v17.0"), None);
        assert!(version_warning("v17.0").is_some());
        assert_eq!(version_warning("v25.0"), None);
        for wrong in ["25", "v25", "v25.1", "vx.0", "v+5.0", "v.0", "v25.0/me"] {
            assert!(version_rule(wrong).is_some(), "{wrong}");
        }
    }
}
