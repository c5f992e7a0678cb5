//! "Copy for the customer": what is wrong with a number, for the business that owns it. Names, times and next steps, none
//! of our words.
//!
//! "Nothing received was lost" is never said: what Meta could not deliver for seven days is lost, and we cannot see it.

use super::check::Check;
use super::connection::Action;
use super::explained::{Explained, Who};
use super::finding::Finding;
use super::instant::Instant;
use super::problem::{Problem, TRIED_AGAIN};

const SIGN_IN: &str = "The business owner must sign in at Facebook again.";
const OURS_TO_DO: &str = "Whoever runs the connection must correct it; the business owner need not do anything.";

/// What a finding means for the business: what no longer happens, why, and who does what.
struct Told {
    /// With a `{}` for the number: `Messages to and from {} stopped`.
    effect: &'static str,
    because: &'static str,
    next: &'static str,
}

const fn told(effect: &'static str, because: &'static str, next: &'static str) -> Told {
    Told { effect, because, next }
}

const ALL_STOPPED: &str = "Messages to and from {} stopped";

// One row a line: it is read as a table.
#[rustfmt::skip]
fn of_check(check: Check) -> Option<Told> {
    Some(match check {
        Check::TokenDead => told(ALL_STOPPED, "Meta refused the business's access token", SIGN_IN),
        Check::NumberBanned => told(ALL_STOPPED, "Meta has banned the number", "The business owner must ask Meta for a review, on Meta's page Account quality."),
        Check::AccountBanned => told(ALL_STOPPED, "Meta has banned the business's WhatsApp account", "The business owner must ask Meta for a review, on Meta's page Account quality."),
        Check::AccountBanComing => told("Messages to and from {} are going to stop", "Meta has announced a ban of the business's WhatsApp account", "The business owner must ask Meta for a review, on Meta's page Account quality."),
        Check::AccountRestricted => told("Messages from {} are limited", "Meta has restricted the business's WhatsApp account", "The business owner can see why on Meta's page Account quality, and ask for a review there."),
        Check::AccessTaken => told(ALL_STOPPED, "Meta has ended our access to the number", SIGN_IN),
        Check::NumberRestricted => told("Messages from {} are limited", "Meta has restricted the number", "The business owner can see why on Meta's page Account quality, and ask for a review there."),
        Check::NumberUnregistered => told(ALL_STOPPED, "the number is no longer registered at Meta", SIGN_IN),
        Check::NumberGone => told(ALL_STOPPED, "the number is no longer in the business's WhatsApp account", "The business owner must look in WhatsApp Manager where it went."),
        Check::SendingBlocked => told("Messages from {} stopped", "Meta blocks them", "The business owner can see why on Meta's page Account quality."),
        Check::NotSubscribed => told("Messages to {} stopped", "Meta does not hand them over to us", OURS_TO_DO),
        Check::Payment => told("New chats from {} cannot be started", "Meta reports a problem with the payment method", "The business owner must repair it in WhatsApp Manager; Meta can take up to 72 hours to notice. Customers who write can still be answered."),
        Check::Quality => told("Messages from {} are at risk", "Meta rates the quality of the number as low: people blocked or reported it", "The business should write only to people who asked for it."),
        Check::NameDeclined => told("New chats from {} cannot be started", "Meta declined the display name", "The business owner must choose another name in WhatsApp Manager."),
        Check::CallbackElsewhere => told("Messages to {} do not reach us", "Meta delivers them to another address", OURS_TO_DO),
        Check::CallbackMoved => told("Messages to {} do not reach us", "Meta delivers them to our old address", OURS_TO_DO),
        Check::NoCallback => told("Messages to {} do not reach us", "Meta has not been told where to deliver them", OURS_TO_DO),
        Check::MessagesUnreported => told("Messages to {} do not reach us", "Meta has not been told to report them", OURS_TO_DO),
        Check::NewsElsewhere => told("News about the account of {} do not reach us", "Meta delivers them to another system; messages are not affected", OURS_TO_DO),
        Check::FieldsMissing => told("Some news about {} do not reach us", "Meta has not been told to report them", OURS_TO_DO),
        Check::NoAppSecret => told("Messages to {} are refused", "we cannot prove that they come from Meta", OURS_TO_DO),
        // It works all the same.
        Check::TokenEnds => return None,
    })
}

/// `Messages to and from +1 … stopped on 18 Nov at 14:02 UTC, because Meta refused the business's access token. …`
pub fn of_finding(number: &str, finding: &Finding) -> String {
    let Some(Told { effect, because, next }) = of_check(finding.check) else {
        return format!(
            "{number} works, but: {} The business owner may be asked to sign in at Facebook again.",
            finding.what
        );
    };
    let effect = effect.replace("{}", number);
    let since = match finding.since {
        Some(at) if effect.ends_with("stopped") => format!(" on {}", at.spoken()),
        Some(at) => format!(" since {}", at.spoken()),
        None => String::new(),
    };
    format!("{effect}{since}, because {because}. {next}")
}

/// What was being done when a problem arose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doing {
    Action(Action),
    /// The check that happens by itself.
    Watching,
    /// Not through with connecting yet.
    SettingUp,
}

/// What happens again without anybody's pressing a button.
fn comes_round(doing: Doing) -> bool {
    matches!(doing, Doing::Watching | Doing::Action(Action::Check))
}

/// A failed action, in the same manner. `explained` says who must act, where the problem has an entry.
pub fn of_problem(number: &str, at: Instant, doing: Doing, problem: &Problem, explained: Option<&Explained>) -> String {
    let at = at.spoken();
    let happened = match doing {
        Doing::Action(Action::Check) | Doing::Watching => format!("Meta did not tell how {number} stands on {at}."),
        Doing::Action(Action::Refresh) => format!("The access token of {number} could not be renewed on {at}."),
        Doing::Action(Action::Subscribe) => format!("Messages to {number} could not be switched on, on {at}."),
        Doing::Action(Action::AskAddress) => format!("Meta may not be able to hand over messages to {number}: {at}."),
        Doing::Action(Action::Disconnect) => {
            format!("{number} was disconnected on {at}, but not all of it worked at Meta.")
        }
        Doing::SettingUp => format!("{number} is not ready to send yet."),
    };
    let next = match explained {
        Some(entry) if entry.needs_sign_in => SIGN_IN,
        Some(entry) if entry.who == Who::Operator => OURS_TO_DO,
        // Whoever runs the connection presses a button for it.
        Some(entry) if entry.who == Who::Meta && !comes_round(doing) => {
            "It can be tried again in a while; the business owner need not do anything."
        }
        Some(entry) if entry.who == Who::Meta => TRIED_AGAIN,
        _ => &problem.remedy,
    };
    format!("{happened} {} {next}", problem.what)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::explained::{Again, Family};
    use crate::domain::finding::{FindingState, Remedy};

    const NUMBER: &str = "+1 631-555-0101";
    /// 18 November 2026, 14:02 UTC.
    const THEN: Instant = Instant(1_795_010_520_000);

    fn finding(check: Check, what: &str) -> Finding {
        Finding {
            check,
            state: FindingState::Failing,
            what: what.into(),
            cause: String::new(),
            remedy: Remedy::Wait,
            since: Some(THEN),
            meta: None,
        }
    }

    fn entry(who: Who, needs_sign_in: bool) -> Explained {
        Explained {
            key: "key".into(),
            family: Family::Access,
            what: String::new(),
            why: String::new(),
            remedy: String::new(),
            who,
            needs_sign_in,
            again: Again::No.words(),
            codes: vec![],
            symptoms: vec![],
        }
    }

    #[test]
    fn says_since_when_why_and_who_must_act() {
        assert_eq!(
            of_finding(NUMBER, &finding(Check::TokenDead, "")),
            "Messages to and from +1 631-555-0101 stopped on 18 Nov at 14:02 UTC, because Meta refused the business's access \
             token. The business owner must sign in at Facebook again."
        );
        assert_eq!(
            of_finding(NUMBER, &Finding { since: None, ..finding(Check::NotSubscribed, "") }),
            "Messages to +1 631-555-0101 stopped, because Meta does not hand them over to us. Whoever runs the connection \
             must correct it; the business owner need not do anything."
        );
        let quality = of_finding(NUMBER, &finding(Check::Quality, ""));
        assert!(
            quality.starts_with("Messages from +1 631-555-0101 are at risk since 18 Nov at 14:02 UTC, because"),
            "{quality}"
        );
    }

    #[test]
    fn a_failed_action_says_what_failed_and_the_next_step() {
        let problem = Problem::new("app_removed", "The app was removed at Facebook.", "", "Reconnect the number.");
        let refresh = Doing::Action(Action::Refresh);
        assert_eq!(
            of_problem(NUMBER, THEN, refresh, &problem, Some(&entry(Who::You, true))),
            "The access token of +1 631-555-0101 could not be renewed on 18 Nov at 14:02 UTC. The app was removed at Facebook. \
             The business owner must sign in at Facebook again."
        );
        let passing = of_problem(NUMBER, THEN, Doing::Watching, &problem, Some(&entry(Who::Meta, false)));
        assert!(passing.ends_with("Nothing needs to be done: it is tried again by itself."), "{passing}");
        for pressed in [Doing::SettingUp, Doing::Action(Action::Refresh)] {
            let waiting = of_problem(NUMBER, THEN, pressed, &problem, Some(&entry(Who::Meta, false)));
            assert!(waiting.ends_with("It can be tried again in a while; the business owner need not do anything."));
        }
        let unknown = of_problem(NUMBER, THEN, Doing::SettingUp, &problem, None);
        assert!(unknown.ends_with("Reconnect the number."), "{unknown}");
    }

    /// It has to be true to be said.
    #[test]
    fn promises_nothing_about_what_was_received() {
        let checks = [
            Check::TokenDead,
            Check::NumberBanned,
            Check::NotSubscribed,
            Check::CallbackElsewhere,
            Check::NoAppSecret,
            Check::Payment,
        ];
        for check in checks {
            assert!(!of_finding(NUMBER, &finding(check, "")).contains("lost"), "{check:?}");
        }
    }
}
