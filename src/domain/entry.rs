//! Credentials entered by hand: what the form holds, and what judging it brought.

use super::credential::TokenKind;
use super::ids::{ConnectionId, DraftId, PhoneNumberId, SignupId, WabaId};
use super::instant::{Instant, MINUTE};
use super::problem::Problem;
use super::signup::NumberChoice;
use serde::{Deserialize, Serialize};

/// What was typed is kept this long after the last press. Milliseconds.
pub const DRAFT_LIFETIME: i64 = 30 * MINUTE;

/// Which button of the form was pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Press {
    /// Ask Meta, save nothing.
    Test,
    Save,
    /// Save although not all of it holds: the second, explicit press.
    Anyway,
    /// Put the two ids in each other's place, then test.
    Swap,
}

/// The fields that hold no secret, as typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryFields {
    pub name: String,
    pub phone_number_id: String,
    pub waba_id: String,
    pub app_id: String,
    pub api_version: String,
}

/// A number to choose, and the account that it is in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryChoice {
    pub waba: WabaId,
    pub waba_name: Option<String>,
    pub number: NumberChoice,
}

/// What is wrong with one field, as far as Meta tells. The name is the one that the REST settings use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Objection {
    pub field: String,
    pub problem: Problem,
}

/// What Meta says of the token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenSummary {
    pub kind: TokenKind,
    pub scopes: Vec<String>,
    pub missing_scopes: Vec<String>,
    /// `None` when it never ends.
    pub ends_at: Option<Instant>,
}

/// What Meta says of the number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumberSummary {
    pub display_number: String,
    pub verified_name: Option<String>,
    /// In Meta's own word.
    pub quality: Option<String>,
}

/// What judging an entry brought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    pub press: Press,
    pub objections: Vec<Objection>,
    pub warnings: Vec<String>,
    /// Saving itself failed, or Meta could not be asked.
    pub failure: Option<Problem>,
    pub token: Option<TokenSummary>,
    pub number: Option<NumberSummary>,
    pub waba_name: Option<String>,
    pub choices: Vec<EntryChoice>,
    /// The choice that fits the phone number which was typed in place of its id.
    pub meant: Option<PhoneNumberId>,
    /// Phone Number ID and WABA ID as they belong, when they stand in each other's place.
    pub swap: Option<(Option<PhoneNumberId>, WabaId)>,
    /// Everything that was entered has proven itself.
    pub holds: bool,
    /// A second press saves it as it is.
    pub may_save_anyway: bool,
}

impl Verdict {
    /// A guest key: it stops within a day.
    pub fn is_temporary(&self) -> bool {
        self.token.as_ref().is_some_and(|token| token.kind == TokenKind::Temporary)
    }

    /// Another token is needed.
    pub fn refuses_token(&self) -> bool {
        self.objections.iter().any(|objection| objection.field == "accessToken")
    }
}

/// What became of an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedEntry {
    pub connection: ConnectionId,
    /// The run that registers the number; `None` when it was in use already.
    pub run: Option<SignupId>,
    /// Meta has to be told an address of its own.
    pub tell_meta: bool,
}

/// The page with the form, whole. Holds no secret: a kept one is told by its mask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryPage {
    /// The connection that is edited, and its number.
    pub connection: Option<(ConnectionId, String)>,
    pub draft: Option<DraftId>,
    /// A draft was asked for, and its time is over.
    pub draft_lost: bool,
    /// The version of the settings that the form shows.
    pub seen: Option<i64>,
    pub fields: EntryFields,
    pub token_kept: Option<String>,
    pub app_secret_kept: Option<String>,
    pub verify_token_kept: Option<String>,
    /// The version of the API that is used when none is entered.
    pub default_version: String,
    /// Meta is being asked.
    pub asking: Option<Press>,
    pub verdict: Option<Verdict>,
    pub saved: Option<SavedEntry>,
    /// A token of this connection is in use and works.
    pub replaces: bool,
}

/// "Tell Meta where to send": for a connection on an app of the business's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceivingPage {
    pub connection: ConnectionId,
    pub display_number: String,
    pub webhook_url: String,
    pub verify_token_masked: String,
    pub app_id: Option<String>,
    pub has_app_secret: bool,
}

/// A token that was replaced and may still work at Meta.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OldToken {
    pub id: String,
    pub last_four: String,
    pub replaced_at: Instant,
    /// When it is forgotten here by itself.
    pub forgotten_at: Instant,
    /// The secret of its app is known, so Meta can be told.
    pub can_revoke: bool,
}
