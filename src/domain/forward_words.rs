//! What may be entered for a forward, and how it stands, in words.

use super::connection::Tone;
use super::counts::grouped;
use super::event::EventKind;
use super::forward::{DISABLED_AFTER, DisabledWhy, Forward, ForwardCounts, ForwardState};
use super::instant::{DAY, Instant};

/// Longest name, in characters.
pub const NAME_MAX: usize = 80;
/// Longest value of the fixed header.
const VALUE_MAX: usize = 1_000;
const TOKEN_MAX: usize = 256;

/// Headers that are ours, or those of the connection itself.
const TAKEN: [&str; 13] = [
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "host",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
];

pub fn name_rule(name: &str) -> Option<String> {
    let wrong = name.is_empty() || name.chars().count() > NAME_MAX || name.chars().any(char::is_control);
    wrong.then(|| format!("1 to {NAME_MAX} characters in one line"))
}

pub fn header_name_rule(name: &str) -> Option<String> {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.!#$%&'*+^`|~".contains(&byte);
    if name.len() > NAME_MAX || !name.bytes().all(token) {
        return Some("letters, digits and dashes, such as X-Api-Key".to_owned());
    }
    let lower = name.to_ascii_lowercase();
    let ours = lower.starts_with("webhook-") || lower.starts_with("x-hub-") || TAKEN.contains(&lower.as_str());
    ours.then(|| "this header is set by Greentick; choose another".to_owned())
}

pub fn header_value_rule(value: &str) -> Option<String> {
    let visible = |byte: u8| byte.is_ascii_graphic() || byte == b' ';
    let wrong = value.is_empty() || value.len() > VALUE_MAX || !value.bytes().all(visible) || value.trim() != value;
    wrong.then(|| format!("1 to {VALUE_MAX} plain characters, without spaces around them"))
}

pub fn verify_token_rule(token: &str) -> Option<String> {
    let wrong = token.len() > TOKEN_MAX || token.chars().any(char::is_control);
    wrong.then(|| format!("at most {TOKEN_MAX} characters in one line"))
}

/// How a forward stands, in two words and a tone.
pub fn standing(forward: &Forward) -> (Tone, &'static str) {
    match (&forward.state, forward.failing_since, forward.last_success_at) {
        (ForwardState::Disabled { .. }, ..) => (Tone::Bad, "Disabled"),
        (ForwardState::Off, ..) => (Tone::Idle, "Switched off"),
        (ForwardState::On, Some(_), _) => (Tone::Warn, "Failing"),
        (ForwardState::On, None, Some(_)) => (Tone::Ok, "Working"),
        (ForwardState::On, None, None) => (Tone::Info, "No event yet"),
    }
}

/// How many requests wait, as far as that is known.
pub fn waiting_words(counts: ForwardCounts) -> String {
    match (counts.more, counts.waiting()) {
        (false, all) => grouped(all.max(0).cast_unsigned()),
        (true, 0) => "an unknown number".to_owned(),
        (true, some) => format!("at least {}", grouped(some.max(0).cast_unsigned())),
    }
}

/// Why Greentick switched it off.
pub fn disabled_words(why: DisabledWhy) -> String {
    match why {
        DisabledWhy::Failing => format!("Nothing went through for {} days.", DISABLED_AFTER / DAY),
        DisabledWhy::Gone => "The endpoint answered 410: it is gone for good.".to_owned(),
    }
}

/// `All events`, or which.
pub fn kinds_words(kinds: &[EventKind]) -> String {
    match kinds {
        [] => "All events".to_owned(),
        some => some.iter().map(|kind| kind.words()).collect::<Vec<_>>().join(", "),
    }
}

/// Whether the secret before the present one still signs.
pub fn overlaps(forward: &Forward, now: Instant) -> Option<Instant> {
    forward.old_secret_until.filter(|until| *until > now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn headers_that_would_break_the_request_are_refused() {
        for name in ["Host", "webhook-id", "X-Hub-Signature-256", "Content-Type", "a b", "a:b", "é", "a\r\nb"] {
            assert!(header_name_rule(name).is_some(), "{name}");
        }
        for name in ["Authorization", "X-Api-Key", "api_access_token"] {
            assert_eq!(header_name_rule(name), None, "{name}");
        }
        for value in ["", " x", "x ", "a\nb", "é"] {
            assert!(header_value_rule(value).is_some(), "{value:?}");
        }
        assert_eq!(header_value_rule("Bearer abc def"), None);
    }

    proptest! {
        #[test]
        fn what_the_rules_take_fits_on_one_line(text in ".{0,40}") {
            if header_value_rule(&text).is_none() || header_name_rule(&text).is_none() {
                prop_assert!(!text.contains(['\r', '\n', '\0']));
            }
        }
    }
}
