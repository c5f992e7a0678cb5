//! The four questions a business asks first, answered from the last reading.

use super::check::Check;
use super::connection::{Lifecycle, Standing, Tone};
use super::finding::{access_taken, account_disabled, blocking_error, payment_page, payment_state, restriction};
use super::health::{Payment, Snapshot};
use super::routing::{Whose, routing_finding};
use serde::{Deserialize, Serialize};

/// One cell: a symbol by tone, one to four words, one small line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    pub question: String,
    pub tone: Tone,
    pub words: String,
    pub small: String,
    /// A page at Meta that belongs to this answer: label and address.
    pub link: Option<(String, String)>,
}

fn answer(question: &str, tone: Tone, words: &str, small: &str) -> Answer {
    Answer { question: question.to_owned(), tone, words: words.to_owned(), small: small.to_owned(), link: None }
}

/// Receiving, Replying, Starting chats, Payment at Meta.
pub fn answers(standing: &Standing<'_>) -> [Answer; 4] {
    [receiving(standing), replying(standing), starting_chats(standing), payment(standing)]
}

/// What holds for sending of either kind, when something does.
fn stopped(standing: &Standing<'_>, question: &str) -> Option<Answer> {
    if standing.connection.lifecycle == Lifecycle::Disconnected {
        return Some(answer(question, Tone::Idle, "Off", "The number is disconnected."));
    }
    if let Some(answer) = ended(standing, question) {
        return Some(answer);
    }
    if standing.credential.is_dead(standing.now) {
        return Some(answer(question, Tone::Bad, "Stopped", "Meta no longer accepts the token."));
    }
    let Some(snapshot) = standing.snapshot else {
        return Some(answer(question, Tone::Idle, "Not known yet", standing.connection.unknown_words()));
    };
    match snapshot.status() {
        None => Some(answer(question, Tone::Idle, "Not known yet", standing.connection.unknown_words())),
        Some("BANNED") => Some(answer(question, Tone::Bad, "Blocked", "Meta has banned the number.")),
        Some("RESTRICTED") => Some(answer(question, Tone::Bad, "Restricted", "Meta has restricted the number.")),
        Some("PENDING" | "DISCONNECTED" | "UNVERIFIED" | "DELETED" | "MIGRATED") => {
            Some(answer(question, Tone::Bad, "Not registered", "The number is not registered at Meta."))
        }
        Some(_) => blocking_error(snapshot)
            .map(|error| answer(question, Tone::Bad, "Blocked", &format!("Meta says: {}", error.description))),
    }
}

/// What Meta has said by itself, which stops both directions.
fn ended(standing: &Standing<'_>, question: &str) -> Option<Answer> {
    let small = if access_taken(standing).is_some() {
        "Meta has ended our access."
    } else if account_disabled(standing).is_some() {
        "Meta has banned the WhatsApp account."
    } else {
        return None;
    };
    Some(answer(question, Tone::Bad, "Stopped", small))
}

/// What Meta has forbidden the account for a while, where it is among these of its types.
fn restricted(standing: &Standing<'_>, question: &str, types: &[&str], small: &str) -> Option<Answer> {
    let said = restriction(standing)?;
    let until = said.until.map_or_else(String::new, |until| format!(" Until {}.", until.date_time()));
    let meant = said.value.split(',').any(|named| types.contains(&named));
    meant.then(|| answer(question, Tone::Warn, "Restricted", &format!("{small}{until}")))
}

fn receiving(standing: &Standing<'_>) -> Answer {
    const QUESTION: &str = "Receiving";
    if standing.connection.lifecycle == Lifecycle::Disconnected {
        return answer(QUESTION, Tone::Idle, "Off", "The number is disconnected.");
    }
    if let Some(answer) = ended(standing, QUESTION) {
        return answer;
    }
    if !standing.app_secret_known {
        return answer(QUESTION, Tone::Warn, "Refused", "Add the app secret to receive.");
    }
    let routing = standing.snapshot.and_then(|snapshot| snapshot.routing.as_ref());
    let not_ours = |url: &str| Whose::read(url, &standing.webhook_url, routing) != Whose::Ours;
    let elsewhere = standing.snapshot.and_then(Snapshot::callback).is_some_and(not_ours);
    let found = routing_finding(standing).map(|finding| finding.check);
    match routing {
        None => answer(QUESTION, Tone::Idle, "Not known yet", standing.connection.unknown_words()),
        Some(routing) if !routing.subscribed => {
            answer(QUESTION, Tone::Bad, "Switched off", "Meta does not send messages here.")
        }
        Some(_) if found == Some(Check::NoCallback) => {
            answer(QUESTION, Tone::Warn, "No address set", "Meta has nowhere to send messages.")
        }
        Some(_) if elsewhere => answer(QUESTION, Tone::Warn, "Going elsewhere", "Meta uses another webhook address."),
        Some(_) if found == Some(Check::MessagesUnreported) => {
            answer(QUESTION, Tone::Warn, "Not reported", "The app is not subscribed to messages.")
        }
        Some(_) => match standing.connection.heard.last_event_at {
            Some(at) => answer(QUESTION, Tone::Ok, "Works", &format!("Last event {}.", at.relative(standing.now))),
            None => answer(QUESTION, Tone::Ok, "Switched on", "The app is subscribed at Meta. No message yet."),
        },
    }
}

fn replying(standing: &Standing<'_>) -> Answer {
    const QUESTION: &str = "Replying";
    let types = ["RESTRICTED_CUSTOMER_INITIATED_MESSAGING"];
    stopped(standing, QUESTION)
        .or_else(|| restricted(standing, QUESTION, &types, "Meta does not let the account answer customers."))
        .unwrap_or_else(|| answer(QUESTION, Tone::Ok, "Works", "Within 24 hours of a customer's message."))
}

fn starting_chats(standing: &Standing<'_>) -> Answer {
    const QUESTION: &str = "Starting chats";
    if let Some(answer) = stopped(standing, QUESTION) {
        return answer;
    }
    let (all, utility) = (
        ["RESTRICTED_BIZ_INITIATED_MESSAGING"],
        ["RESTRICTED_UTILITY_TEMPLATES", "RESTRICTED_DIRECT_SEND_UTILITY_TEMPLATES"],
    );
    let restricted = |types: &[&str], small| restricted(standing, QUESTION, types, small);
    let limits = restricted(&all, "Meta does not let the account start chats.")
        .or_else(|| restricted(&utility, "Meta does not let the account send utility templates."));
    if let Some(answer) = limits {
        return answer;
    }
    let snapshot = standing.snapshot;
    if payment_state(standing) == Payment::Problem {
        return answer(QUESTION, Tone::Warn, "Blocked by payment", "Repair the payment method at Meta.");
    }
    match snapshot.and_then(|s| s.number.as_ref()).and_then(|number| number.name_status.as_deref()) {
        Some("DECLINED") => answer(QUESTION, Tone::Warn, "Name declined", "Meta declined the display name."),
        Some("PENDING_REVIEW") => {
            answer(QUESTION, Tone::Info, "Name in review", "Possible once Meta approves the display name.")
        }
        _ => {
            let limit = snapshot.and_then(Snapshot::messaging_limit).map(limit_words);
            answer(QUESTION, Tone::Ok, "Works", &limit.unwrap_or_else(|| "With approved templates.".to_owned()))
        }
    }
}

fn payment(standing: &Standing<'_>) -> Answer {
    let (tone, words, small) = match payment_state(standing) {
        Payment::OnFile => (Tone::Ok, "Payment method on file", "Meta has something to charge."),
        Payment::NoProblemReported => {
            (Tone::Ok, "No problem reported", "Meta does not tell us whether a card is on file.")
        }
        Payment::Problem => (Tone::Warn, "Payment problem", "Fix it at Meta; it can take 72 h."),
        Payment::CouldNotAsk if standing.connection.was_asked_about() => {
            (Tone::Idle, "Could not ask Meta", "It is asked again by itself.")
        }
        Payment::CouldNotAsk => (Tone::Idle, "Not known yet", standing.connection.unknown_words()),
    };
    let link = ("Manage payment at Meta".to_owned(), payment_page(standing.connection.waba.as_str()));
    Answer { link: Some(link), ..answer("Payment at Meta", tone, words, small) }
}

/// `TIER_2K` as people say it.
pub(super) fn limit_words(tier: &str) -> String {
    match tier {
        "TIER_UNLIMITED" => "New chats without a limit".to_owned(),
        "UNTIERED" => "No limit set yet".to_owned(),
        _ => match tier.strip_prefix("TIER_") {
            Some(count) => format!("{} new chats in 24 hours", count.replace('K', " 000")),
            None => tier.to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::limit_words;

    #[test]
    fn says_a_limit_in_chats_and_passes_on_what_it_does_not_know() {
        assert_eq!(limit_words("TIER_250"), "250 new chats in 24 hours");
        assert_eq!(limit_words("TIER_10K"), "10 000 new chats in 24 hours");
        assert_eq!(limit_words("TIER_UNLIMITED"), "New chats without a limit");
        assert_eq!(limit_words("SOMETHING_NEW"), "SOMETHING_NEW");
    }
}
