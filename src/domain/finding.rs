//! What is wrong with a connection: each check's cause and the one button that helps.

use super::check::Check;
use super::connection::{Lifecycle, Standing};
use super::credential::EndsWithin;
use super::health::{HealthError, HealthStatus, Payment, Snapshot, UNPAID};
use super::heard::{APP_DISCONNECTED, Aspect, GRANTED, Saying};
use super::instant::Instant;
use super::problem::MetaSays;
use super::routing::routing_finding;
use serde::{Deserialize, Serialize};

/// Where a business repairs its payment method, by WABA id.
const PAYMENT_PAGE: &str = "https://business.facebook.com/billing_hub/accounts/details?asset_id=";
const QUALITY_PAGE: &str = "https://business.facebook.com/accountquality/";
const MANAGER_PAGE: &str = "https://business.facebook.com/wa/manage/phone-numbers/?waba_id=";

/// The page at Meta where the payment method of a WABA is managed.
pub fn payment_page(waba: &str) -> String {
    format!("{PAYMENT_PAGE}{waba}")
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingState {
    Ok,
    Unknown,
    Warning,
    Failing,
}

/// The one button of a call-out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "to")]
pub enum Remedy {
    /// Sign in at Facebook again, for the same number.
    Reconnect,
    Refresh,
    CheckNow,
    /// Ask Meta again to send the messages here.
    Subscribe,
    /// Tell Meta this installation's address, and all that it should report.
    Repair,
    /// Replace an address that others have set, after one more question.
    TakeOver,
    /// A page at Meta.
    Open {
        url: String,
        label: String,
    },
    /// Nothing to press; the cause says what to wait for.
    Wait,
}

/// One check's result that is worth saying.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    pub check: Check,
    pub state: FindingState,
    pub what: String,
    pub cause: String,
    pub remedy: Remedy,
    pub since: Option<Instant>,
    /// What Meta itself said, where the finding rests on it.
    #[serde(default)]
    pub meta: Option<MetaSays>,
}

/// All that is wrong, worst first. Empty when nothing is. What could not be read is not in it.
pub fn findings(standing: &Standing<'_>) -> Vec<Finding> {
    if standing.connection.lifecycle == Lifecycle::Disconnected {
        return Vec::new();
    }
    let mut found: Vec<Finding> =
        [access_taken, token_dead, account_banned, number_unusable, sending_blocked, routing_finding]
            .into_iter()
            .chain([account_restricted, payment, token_ends, quality, name_declined, no_app_secret])
            .filter_map(|check| check(standing))
            .collect();
    for finding in &mut found {
        finding.since = finding.since.or_else(|| standing.connection.troubles.get(&finding.check).copied());
    }
    found.sort_by_key(|finding| std::cmp::Reverse(finding.state));
    found
}

pub(super) fn failing(check: Check, what: &str, cause: &str, remedy: Remedy) -> Finding {
    Finding {
        check,
        state: FindingState::Failing,
        what: what.to_owned(),
        cause: cause.to_owned(),
        remedy,
        since: None,
        meta: None,
    }
}

pub(super) fn warning(check: Check, what: &str, cause: &str, remedy: Remedy) -> Finding {
    Finding { state: FindingState::Warning, ..failing(check, what, cause, remedy) }
}

fn open(url: String, label: &str) -> Remedy {
    Remedy::Open { url, label: label.to_owned() }
}

fn token_dead(standing: &Standing<'_>) -> Option<Finding> {
    // The words with which Meta refused it came with the last check.
    let meta = standing.connection.check_failure.as_ref().and_then(|failure| failure.problem.meta.clone());
    standing.credential.is_dead(standing.now).then(|| Finding {
        meta,
        ..failing(
            Check::TokenDead,
            "Meta no longer accepts this connection's token.",
            "It ended, or somebody at Facebook changed a password or took the permission back. Sending has stopped.",
            Remedy::Reconnect,
        )
    })
}

/// Meta has told that we may no longer act for the account, and nothing has been read since. A number that was taken out of
/// the app's connection may be read all the same: that lasts until Meta says otherwise, or somebody connects it again.
pub(super) fn access_taken(standing: &Standing<'_>) -> Option<Finding> {
    let connection = standing.connection;
    let said = connection.heard.sayings.get(&Aspect::Access)?;
    // Meta names the account alone: a number of it that never was on the app works on, and reading it says so.
    let on_app = || standing.snapshot.and_then(|snapshot| snapshot.number.as_ref()?.on_business_app) != Some(false);
    let out_of_the_app = said.value == "ACCOUNT_OFFBOARDED" || (said.value.starts_with(APP_DISCONNECTED) && on_app());
    if !out_of_the_app && connection.checked_at.is_some_and(|checked| said.at <= checked) {
        return None;
    }
    let cause = match said.value.as_str() {
        GRANTED => return None,
        "ACCOUNT_DELETED" => "The WhatsApp account was deleted at Meta.",
        "ACCOUNT_OFFBOARDED" => "The number was taken out of the WhatsApp Business app's connection with us.",
        value => match value.strip_prefix(APP_DISCONNECTED) {
            Some(reason) => app_disconnected(reason),
            None => "Somebody in the business removed the app at Facebook, or ended its access to the account.",
        },
    };
    let what = "Meta has ended our access to this number.";
    Some(Finding { since: Some(said.at), ..failing(Check::AccessTaken, what, cause, Remedy::Reconnect) })
}

/// Why a number of the WhatsApp Business app is no longer connected with us (fact base §5.7).
fn app_disconnected(reason: &str) -> &'static str {
    match reason {
        "ACCOUNT_DISCONNECTED" => "Somebody disconnected us in the WhatsApp Business app.",
        "BUSINESS_DOWNGRADE" => "The number went back from the WhatsApp Business app to the ordinary WhatsApp.",
        "CHANGE_NUMBER" => "The phone's number was changed in the WhatsApp Business app.",
        "COMPANION_INACTIVITY" => "The connection with the WhatsApp Business app was not used for about 30 days.",
        "PRIMARY_INACTIVITY" => {
            "The WhatsApp Business app on the phone was not opened for about 14 days. Open it now and then, so that it stays \
             connected."
        }
        "USER_RE_REGISTERED" => {
            "The number was set up anew in the WhatsApp Business app, for instance on another phone."
        }
        _ => "The connection with the WhatsApp Business app on the phone has ended.",
    }
}

/// Meta has said that the account is banned, and nothing read since says otherwise.
pub(super) fn account_disabled<'a>(standing: &Standing<'a>) -> Option<&'a Saying> {
    let said = standing.connection.heard.sayings.get(&Aspect::Ban).filter(|said| said.value == "DISABLE")?;
    let read_since = standing.snapshot.filter(|snapshot| snapshot.taken_at > said.at).and_then(Snapshot::health);
    let lifted = read_since.is_some_and(|health| ["AVAILABLE", "LIMITED"].contains(&health.can_send_message.as_str()));
    (!lifted).then_some(said)
}

fn account_banned(standing: &Standing<'_>) -> Option<Finding> {
    // An announced ban does not show in what Meta lets one read.
    let announced = standing.connection.heard.sayings.get(&Aspect::Ban).filter(|said| said.value != "DISABLE");
    let said = account_disabled(standing).or(announced)?;
    let review = open(QUALITY_PAGE.to_owned(), "Ask Meta for a review");
    let found = match said.value.as_str() {
        "DISABLE" => failing(
            Check::AccountBanned,
            "Meta has banned the WhatsApp account of this number.",
            "Meta found a violation of its policies. Messages do not go through until Meta lifts the ban; you can ask for a review.",
            review,
        ),
        "SCHEDULE_FOR_DISABLE" => warning(
            Check::AccountBanComing,
            "Meta is going to ban the WhatsApp account of this number.",
            "Meta found a violation of its policies and has set a day. Until then messages go through; you can ask for a review.",
            review,
        ),
        _ => return None,
    };
    Some(Finding { since: Some(said.at), ..found })
}

/// What Meta forbids the account now: its types, comma-separated.
pub(super) fn restriction<'a>(standing: &Standing<'a>) -> Option<&'a Saying> {
    let said = standing.connection.heard.sayings.get(&Aspect::Restriction)?;
    let over = said.value.is_empty() || said.until.is_some_and(|until| until <= standing.now);
    (!over).then_some(said)
}

fn account_restricted(standing: &Standing<'_>) -> Option<Finding> {
    let said = restriction(standing)?;
    let until = said.until.map_or_else(String::new, |until| format!(" It ends on {}.", until.date_time()));
    let cause =
        format!("Meta found a violation of its policies and limits what the account may do ({}).{until}", said.value);
    let what = "Meta has restricted the WhatsApp account of this number.";
    let remedy = open(QUALITY_PAGE.to_owned(), "See why at Meta");
    Some(Finding { since: Some(said.at), ..warning(Check::AccountRestricted, what, &cause, remedy) })
}

fn number_unusable(standing: &Standing<'_>) -> Option<Finding> {
    let status = standing.snapshot.and_then(Snapshot::status)?;
    let manager = || open(format!("{MANAGER_PAGE}{}", standing.connection.waba), "Open WhatsApp Manager");
    match status {
        "BANNED" => Some(failing(
            Check::NumberBanned,
            "Meta has banned this number.",
            "Meta found a violation of its policies. Messages do not go through until Meta lifts the ban; you can ask for a review.",
            open(QUALITY_PAGE.to_owned(), "Ask Meta for a review"),
        )),
        "RESTRICTED" => Some(failing(
            Check::NumberRestricted,
            "Meta has restricted this number.",
            "Meta found a violation of its policies. What is still allowed stands in Account quality.",
            open(QUALITY_PAGE.to_owned(), "See why at Meta"),
        )),
        // One that is not through yet says itself why.
        "PENDING" | "DISCONNECTED" | "UNVERIFIED" if standing.connection.lifecycle == Lifecycle::SettingUp => None,
        "PENDING" | "DISCONNECTED" | "UNVERIFIED" => Some(failing(
            Check::NumberUnregistered,
            "This number is not registered at Meta.",
            "It was deregistered, or moved to another system. Reconnecting registers it again.",
            Remedy::Reconnect,
        )),
        "DELETED" | "MIGRATED" => Some(failing(
            Check::NumberGone,
            "This number is no longer in your WhatsApp account.",
            "It was deleted, or moved to another account.",
            manager(),
        )),
        _ => None,
    }
}

/// Codes of `health_status` that are no block of ours: payment has its own finding, 141010 is a limit, 141002 is one
/// template, 138024 and 138025 are calling (fact base §6.8).
const NOT_A_BLOCK: [i64; 5] = [141_006, 141_010, 141_002, 138_024, 138_025];

/// The error with which Meta blocks sending, when it does for another reason than payment.
pub(super) fn blocking_error(snapshot: &Snapshot) -> Option<&HealthError> {
    let payment = snapshot.health()?.payment_error();
    let blocked = snapshot.health()?.entities.iter().filter(|entity| entity.can_send_message == "BLOCKED");
    blocked.flat_map(|entity| &entity.errors).find(|e| !NOT_A_BLOCK.contains(&e.code) && Some(*e) != payment)
}

fn sending_blocked(standing: &Standing<'_>) -> Option<Finding> {
    // A banned or unregistered number is blocked too; it needs to be said once.
    let unregistered = standing.connection.lifecycle == Lifecycle::SettingUp;
    if unregistered || number_unusable(standing).is_some() {
        return None;
    }
    let error = blocking_error(standing.snapshot?)?;
    let cause = format!("{} {} (Meta's code {})", error.description, error.solution, error.code);
    Some(Finding {
        meta: Some(said_by_health(error)),
        ..failing(
            Check::SendingBlocked,
            "Meta blocks sending from this number.",
            cause.trim(),
            open(QUALITY_PAGE.to_owned(), "See why at Meta"),
        )
    })
}

/// `health_status` answers a question that went well, so Meta gives no trace with it.
fn said_by_health(error: &HealthError) -> MetaSays {
    let message = format!("{} {}", error.description, error.solution).trim().to_owned();
    MetaSays { code: error.code, subcode: None, message, fbtrace_id: None }
}

/// As last read, or as the newest message that failed for it says.
pub(super) fn payment_state(standing: &Standing<'_>) -> Payment {
    match unpaid(standing) {
        Some(_) => Payment::Problem,
        None => standing.snapshot.map_or(Payment::CouldNotAsk, Snapshot::payment),
    }
}

fn unpaid<'a>(standing: &Standing<'a>) -> Option<&'a Saying> {
    let said = standing.connection.heard.sayings.get(&Aspect::Payment);
    said.filter(|said| said.until.is_none_or(|until| until > standing.now))
}

fn payment(standing: &Standing<'_>) -> Option<Finding> {
    let read = standing.snapshot.and_then(Snapshot::health).and_then(HealthStatus::payment_error);
    let failed = unpaid(standing).map(|said| MetaSays {
        code: UNPAID,
        subcode: None,
        message: said.value.clone(),
        fbtrace_id: None,
    });
    (payment_state(standing) == Payment::Problem).then(|| Finding {
        meta: read.map(said_by_health).or(failed),
        ..warning(
            Check::Payment,
            "Meta reports a problem with the payment method.",
            "You can answer customers, but not start chats. After repairing it, Meta can take up to 72 hours.",
            open(payment_page(standing.connection.waba.as_str()), "Manage payment at Meta"),
        )
    })
}

fn token_ends(standing: &Standing<'_>) -> Option<Finding> {
    let end = standing.credential.facts.expires_at?;
    let urgency = match EndsWithin::of(Some(end), standing.now)? {
        EndsWithin::Fortnight => "There is time: any day before then will do.",
        EndsWithin::Week => "See to it this week.",
        EndsWithin::Day => "See to it now.",
    };
    let until = end.date_time();
    Some(warning(
        Check::TokenEnds,
        &format!("The token ends {}.", end.relative(standing.now)),
        &format!("It works until {until}. After that, nothing can be sent until somebody signs in again. {urgency}"),
        Remedy::Refresh,
    ))
}

fn quality(standing: &Standing<'_>) -> Option<Finding> {
    let number = standing.snapshot?.number.as_ref()?;
    (number.quality_rating.as_deref() == Some("RED")).then(|| {
        warning(
            Check::Quality,
            "Meta rates the quality of this number as low.",
            "Customers blocked or reported it. Meta may pause templates and will not raise the limit.",
            open(QUALITY_PAGE.to_owned(), "See why at Meta"),
        )
    })
}

fn name_declined(standing: &Standing<'_>) -> Option<Finding> {
    let number = standing.snapshot?.number.as_ref()?;
    (number.name_status.as_deref() == Some("DECLINED")).then(|| {
        warning(
            Check::NameDeclined,
            "Meta declined the display name.",
            "Customers see the number instead of the name, and you cannot start chats.",
            open(format!("{MANAGER_PAGE}{}", standing.connection.waba), "Change the name at Meta"),
        )
    })
}

fn no_app_secret(standing: &Standing<'_>) -> Option<Finding> {
    (!standing.app_secret_known).then(|| {
        warning(
            Check::NoAppSecret,
            "Incoming messages are refused: the app secret is missing.",
            "Without it you can send, but we cannot prove that incoming messages come from Meta.",
            Remedy::Wait,
        )
    })
}
