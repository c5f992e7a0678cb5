//! What no code of Meta describes more closely.

use super::{Entry, row};
use crate::domain::explained::Again::Unknown;
use crate::domain::explained::Who::You;
use crate::server::meta::error::Kind;

#[rustfmt::skip]
pub(super) static ROWS: &[Entry] = &[
    REFUSED,
];

/// For an error whose code the table does not know.
pub(super) static META_REFUSED: Entry = REFUSED;

#[rustfmt::skip]
const REFUSED: Entry = row("meta_refused", &[], (Kind::Other, You, Unknown), ["Meta refused the request.", "What Meta says about it is below.", "Try again. If it stays, show Meta's words to whoever looks after your Meta app."], &["unknown code", "an error that is not in this list"]);
