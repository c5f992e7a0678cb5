//! A failure as a person may see it: what happened, why, and what to do next.

use crate::domain::settings::BrokenRule;
use serde::{Deserialize, Serialize};

/// The remedy where time alone helps, as long as somebody tries again.
pub const TRIED_AGAIN: &str = "Nothing needs to be done: it is tried again by itself.";

/// What Meta itself said, folded beneath a [`Problem`] for whoever has to talk to Meta's support.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetaSays {
    pub code: i64,
    pub subcode: Option<i64>,
    pub message: String,
    /// Meta's own reference of the failed call.
    pub fbtrace_id: Option<String>,
}

/// Shown to people and serialised in answers. Holds no secret, so it may be stored and logged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{what} {why} {remedy}")]
pub struct Problem {
    /// Stable name, for tests, links and machines: `token_expired`.
    pub code: String,
    /// One sentence: what happened.
    pub what: String,
    /// One sentence, or empty where nothing useful can be said.
    pub why: String,
    /// One sentence: the next step.
    pub remedy: String,
    pub meta: Option<MetaSays>,
    /// Ours, to find the log line of something unexpected.
    pub reference: Option<String>,
    /// The field that cannot be taken as it is, of a form or a body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broken: Option<Box<BrokenRule>>,
}

impl Problem {
    pub fn new(code: &str, what: &str, why: &str, remedy: &str) -> Self {
        Self {
            code: code.to_owned(),
            what: what.to_owned(),
            why: why.to_owned(),
            remedy: remedy.to_owned(),
            meta: None,
            reference: None,
            broken: None,
        }
    }

    /// Its own words say all there is: no page explains it. All others have one, found by `code`.
    pub fn explains_itself(&self) -> bool {
        const PLAIN: [&str; 16] = [
            "unexpected",
            "out_of_order",
            "not_found",
            "sign_in_needed",
            "not_allowed",
            "foreign_origin",
            "invalid",
            "wrong_login",
            "too_many_logins",
            "setup_link_dead",
            // Said to programs, and to whoever writes them.
            "bad_key",
            "too_fast",
            "several_connections",
            "changed_meanwhile",
            "no_admin",
            "effects_paused",
        ];
        PLAIN.contains(&self.code.as_str())
    }

    pub fn is(&self, code: &str) -> bool {
        self.code == code
    }

    pub fn unexpected(reference: &str) -> Self {
        let mut problem = Self::new(
            "unexpected",
            "Something went wrong on our side.",
            "",
            &format!("Try again. If it happens again, quote {reference} to whoever runs this installation."),
        );
        problem.reference = Some(reference.to_owned());
        problem
    }

    pub fn database_away() -> Self {
        Self::new("out_of_order", "The database does not answer.", "", "Try again in a moment.")
    }

    pub fn not_found() -> Self {
        Self::new(
            "not_found",
            "There is nothing at this address.",
            "It was removed, or it belongs to somebody else.",
            "Go back to the list of numbers.",
        )
    }

    /// No page explains what an address asks for.
    pub fn not_explained() -> Self {
        Self::new(
            "not_found",
            "No error of this name is explained here.",
            "The address was mistyped, or comes from another version of Greentick.",
            "Search for the code or the words in Errors explained, under Setup guide.",
        )
    }

    /// Since a backup was restored, until an admin resumes.
    pub fn effects_paused() -> Self {
        Self::new(
            "effects_paused",
            "Nothing is sent and nothing is changed at Meta yet.",
            "A backup was restored here, and the old installation may still be at work.",
            "Look whether all is well and press Resume first, at Settings › Backups; then do this again.",
        )
    }

    pub fn sign_in_needed() -> Self {
        Self::new("sign_in_needed", "You are not signed in.", "", "Sign in and try again.")
    }

    pub fn not_allowed(needed: &str) -> Self {
        Self::new("not_allowed", &format!("This needs the role {needed}."), "", "Ask an admin of your workspace.")
    }

    pub fn foreign_origin() -> Self {
        Self::new(
            "foreign_origin",
            "This request did not come from one of our own pages, so it was refused.",
            "The address in the browser differs from GREENTICK_PUBLIC_URL, or another site sent it.",
            "Open Greentick at its own address and try again.",
        )
    }

    pub fn invalid(field: &str, rule: &str) -> Self {
        let problem = Self::new("invalid", &format!("{field}: {rule}"), "", "Correct it and send it again.");
        Self { broken: Some(Box::new(BrokenRule::new(field, rule))), ..problem }
    }

    /// Meta answered nothing useful: not a statement about the connection.
    pub fn meta_unreachable(why: &str) -> Self {
        Self::new("meta_unreachable", "Could not ask Meta.", why, TRIED_AGAIN)
    }

    /// What nothing tries again by itself any more is not promised to be.
    pub fn once_given_up(self, remedy: &str) -> Self {
        let remedy = if self.remedy == TRIED_AGAIN { remedy.to_owned() } else { self.remedy };
        Self { remedy, ..self }
    }

    pub fn disconnected() -> Self {
        Self::new(
            "disconnected",
            "This number is disconnected.",
            "Nothing is asked or sent for it until it is connected again.",
            "Reconnect the number first.",
        )
    }

    pub fn reconnect_needed() -> Self {
        Self::new(
            "reconnect_needed",
            "Meta no longer accepts this connection's token.",
            "It ended, or somebody at Facebook took the permission back.",
            "Reconnect the number to continue.",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_written_down_before_fields_had_names_still_reads() {
        let old = r#"{"code":"invalid","what":"pin: 6 digits","why":"","remedy":"","meta":null,"reference":null}"#;
        let problem: Problem = serde_json::from_str(old).unwrap();
        assert_eq!(problem.broken, None);
    }
}
