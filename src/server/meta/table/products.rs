//! What belongs to products that few use (fact base §6.5).

use super::{Entry, Of, Range, SHOW_META, row};
use crate::domain::explained::Again::{No, Unknown};
use crate::domain::explained::Who::{Customer, Operator, You};
use crate::server::meta::error::Kind;

#[rustfmt::skip]
pub(super) static ROWS: &[Entry] = &[
    row("groups", &[Range(131_201, 131_215)], (Kind::Other, You, Unknown), ["Meta refused something in a group.", "The group, its members or its invitation do not allow it. Meta's details name the reason.", SHOW_META], &["Groups API"]),
    row("call_permission", &[Of(138_006)], (Kind::Other, Customer, No), ["The customer has not allowed calls.", "A business may call people only after they have agreed in WhatsApp.", "Ask the customer for permission with a call permission request, and call then."], &["no call permission", "No approved call permission from the recipient"]),
    row("calling", &[Range(137_000, 137_999), Range(138_000, 138_999)], (Kind::Other, Operator, Unknown), ["Meta refused a call.", "Calls are off for the number, or the request does not fit the state of the call. Meta's details name the reason.", SHOW_META], &["Calling API"]),
    row("flows_or_block_list", &[Range(139_000, 139_999)], (Kind::Other, You, Unknown), ["Meta refused a form (a Flow) or a change of the block list.", "Meta's details name which of the two, and why.", SHOW_META], &["Flow blocked", "block users"]),
    row("usernames", &[Range(147_000, 147_999)], (Kind::Other, You, Unknown), ["Meta refused the username.", "It is taken, breaks a rule, or cannot be changed now. Meta's details name the reason.", SHOW_META], &["business username"]),
];
