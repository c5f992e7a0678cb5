//! What is said of an entry, in words.

use crate::domain::problem::Problem;

pub(super) fn wrong_kind(what: &str) -> Problem {
    Problem::new(
        "wrong_token_kind",
        &format!("This is {what}."),
        "Numbers are reached with the token of a system user, or of a person.",
        "Generate one in Meta's Business settings › System users.",
    )
}

pub(super) fn scopes_missing(missing: &[&str]) -> Problem {
    Problem::new(
        "scopes_missing",
        &format!("The token lacks {}.", missing.join(" and ")),
        "Both permissions are needed, one to manage the number and one to send.",
        "Generate the token again with both permissions ticked.",
    )
}

pub(super) fn wrong_app() -> Problem {
    Problem::new(
        "wrong_app_entered",
        "Meta refused the app ID and secret.",
        "They do not belong together, or the secret was reset.",
        "Copy both once more from App settings › Basic.",
    )
}

pub(super) fn other_app(app_id: &str) -> Problem {
    Problem::new(
        "token_of_other_app",
        "The token belongs to another Meta app than the one entered.",
        &format!("It was made by the app {app_id}."),
        "Enter the app that made the token, or make a token with this app.",
    )
}

pub(super) fn waba_as_number() -> Problem {
    Problem::new(
        "waba_as_number",
        "This is the ID of a WhatsApp account, not of a number.",
        "Meta shows both beside each other, in WhatsApp › API Setup.",
        "Leave the field empty and choose the number from the account's list.",
    )
}

pub(super) fn unreachable_account() -> Problem {
    Problem::new(
        "waba_unreachable",
        "The token does not reach this WhatsApp account.",
        "The ID is wrong, or the account is not assigned to the token's owner.",
        "Copy the WhatsApp Business Account ID from WhatsApp › API Setup, or assign the account at Meta.",
    )
}

pub(super) fn no_account() -> Problem {
    Problem::new(
        "not_a_waba",
        "This ID is not a WhatsApp account's.",
        "It belongs to something else at Meta, such as the business portfolio.",
        "Copy the WhatsApp Business Account ID from WhatsApp › API Setup.",
    )
}

pub(super) fn no_number() -> Problem {
    Problem::new(
        "phone_number_not_found",
        "The token does not reach a number with this ID.",
        "The ID is wrong, or the number is in an account that the token does not reach.",
        "Leave the field empty and choose the number from the account's list.",
    )
}

pub(super) fn not_in_account() -> Problem {
    Problem::new(
        "number_of_other_waba",
        "This number is not in this WhatsApp account.",
        "",
        "Leave one of the two fields empty: the other decides.",
    )
}

pub(super) fn which_account() -> Problem {
    Problem::new(
        "waba_needed",
        "The token reaches several WhatsApp accounts, or does not say which.",
        "",
        "Enter the WABA ID or the Phone Number ID.",
    )
}

pub(super) fn no_numbers() -> Problem {
    Problem::new("waba_empty", "This WhatsApp account has no number yet.", "", "Add one in WhatsApp Manager first.")
}
