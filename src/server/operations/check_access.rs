//! Asks Meta, at once, whether a token and a number work together; for a terminal, so nothing is kept.

use super::access::Access;
use crate::domain::credential::{TokenFacts, TokenKind};
use crate::domain::facts::quality_words;
use crate::domain::ids::{PhoneNumberId, WabaId};
use crate::domain::instant::Instant;
use crate::domain::problem::Problem;
use crate::server::meta::{GraphError, Kind, TestMessage, TokenVerdict};
use serde::Serialize;

/// What is asked about.
pub struct Subject {
    pub access: Access,
    pub phone_number_id: Option<PhoneNumberId>,
    pub waba: Option<WabaId>,
    pub api_version: String,
}

/// What Meta said, in the order of a person's questions. Holds no secret.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    pub phone_number: Option<String>,
    pub verified_name: Option<String>,
    pub quality: Option<String>,
    pub status: Option<String>,
    pub token: Option<TokenReport>,
    pub phone_number_id: Option<String>,
    pub business_account_id: Option<String>,
    pub api_version: String,
    pub sent: Vec<String>,
    pub problems: Vec<Problem>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenReport {
    pub kind: TokenKind,
    pub words: &'static str,
    /// RFC 3339; `None` when it never ends.
    pub ends_at: Option<String>,
    /// For people.
    #[serde(skip)]
    pub end: Option<Instant>,
    pub missing_scopes: Vec<&'static str>,
}

impl Report {
    pub fn is_good(&self) -> bool {
        self.problems.is_empty()
    }

    fn note(&mut self, error: &GraphError) {
        let problem = error.problem();
        if !self.problems.iter().any(|known| known.code == problem.code) {
            self.problems.push(problem);
        }
    }
}

pub async fn check_access(subject: &mut Subject) -> Report {
    let mut report = Report { api_version: subject.api_version.clone(), ..Report::default() };
    inspect_token(&mut subject.access, &mut report).await;
    let number = match &subject.phone_number_id {
        Some(id) => Some(id.clone()),
        None => only_number(subject, &mut report).await,
    };
    if let Some(id) = number {
        read_number(subject, &id, &mut report).await;
    }
    if let Some(waba) = &subject.waba {
        report.business_account_id = Some(waba.to_string());
        match subject.access.graph.find_waba(subject.access.key(), waba).await {
            Ok(Some(_)) => {}
            Ok(None) => report.problems.push(waba_not_reached()),
            Err(error) if error.is(Kind::UnknownField) => report.problems.push(waba_not_reached()),
            Err(error) => report.note(&error),
        }
    }
    report
}

/// With the app that we know, else with the token itself. A refusal to tell is no failure of the token's.
async fn inspect_token(access: &mut Access, report: &mut Report) {
    let mut asked = match &access.app {
        Some(app) => access.graph.debug_token(app, &access.token).await,
        None => access.graph.debug_own_token(&access.token).await,
    };
    if asked.as_ref().is_err_and(|error| error.is(Kind::OtherApp)) {
        // Our app's secret proves nothing for another app's token.
        access.app = None;
        asked = access.graph.debug_own_token(&access.token).await;
    }
    let debugged = match asked {
        Ok(debugged) => debugged,
        Err(error) if error.is_meta_unwell() || error.is(Kind::TokenDead) => return report.note(&error),
        Err(_) => return,
    };
    if let TokenVerdict::Invalid(why) = &debugged.verdict {
        report.note(why);
    }
    report.token = Some(told(&debugged.facts));
}

fn told(facts: &TokenFacts) -> TokenReport {
    TokenReport {
        kind: facts.kind,
        words: facts.kind.words(),
        ends_at: facts.expires_at.map(Instant::rfc3339),
        end: facts.expires_at,
        missing_scopes: facts.missing_scopes(),
    }
}

async fn only_number(subject: &Subject, report: &mut Report) -> Option<PhoneNumberId> {
    let Some(waba) = &subject.waba else {
        report.problems.push(which_number(""));
        return None;
    };
    match subject.access.graph.list_numbers(subject.access.key(), waba).await {
        Ok(numbers) => match &numbers[..] {
            [only] => Some(only.id.clone()),
            several => {
                let named: Vec<String> = several.iter().map(|n| format!("{} ({})", n.id, n.display_number)).collect();
                report.problems.push(which_number(&named.join(", ")));
                None
            }
        },
        Err(error) => {
            report.note(&error);
            None
        }
    }
}

async fn read_number(subject: &Subject, id: &PhoneNumberId, report: &mut Report) {
    report.phone_number_id = Some(id.to_string());
    match subject.access.graph.find_number(subject.access.key(), id).await {
        Ok(Some(number)) => {
            report.quality = Some(quality_words(number.quality_rating.as_deref()).1.to_owned());
            if number.status.as_deref().is_some_and(|status| status != "CONNECTED") {
                report.problems.push(not_connected(number.status.as_deref().unwrap_or_default()));
            }
            report.phone_number = Some(number.display_phone_number);
            report.verified_name = number.verified_name;
            report.status = number.status;
        }
        Ok(None) => report.problems.push(number_not_reached()),
        Err(error) if error.is(Kind::UnknownField) => report.problems.push(number_not_reached()),
        Err(error) => report.note(&error),
    }
}

/// Sends once. When Meta does not answer, whether it was sent stays unknown, and it is not sent again.
pub async fn send_test(subject: &Subject, report: &mut Report, to: &str, message: TestMessage<'_>) {
    let Some(from) = report.phone_number_id.clone().map(PhoneNumberId::new) else { return };
    match subject.access.graph.send_test(subject.access.key(), &from, to, message).await {
        Ok(ids) => report.sent = ids,
        Err(error) if error.is_meta_unwell() => report.problems.push(outcome_unknown()),
        Err(error) => report.note(&error),
    }
}

fn which_number(named: &str) -> Problem {
    let why = if named.is_empty() { String::new() } else { format!("The account has: {named}.") };
    Problem::new("number_needed", "Which number is meant is not said.", &why, "Set WHATSAPP_PHONE_NUMBER_ID.")
}

fn number_not_reached() -> Problem {
    Problem::new(
        "phone_number_not_found",
        "The token does not reach a number with this Phone Number ID.",
        "The ID is wrong, or the number is in an account that the token does not reach.",
        "Copy the Phone Number ID from WhatsApp › API Setup, or assign the account to the token's owner at Meta.",
    )
}

fn waba_not_reached() -> Problem {
    Problem::new(
        "waba_unreachable",
        "The token does not reach this WhatsApp account.",
        "The ID is wrong, or the account is not assigned to the token's owner.",
        "Copy the WhatsApp Business Account ID from WhatsApp › API Setup, or assign the account at Meta.",
    )
}

fn not_connected(status: &str) -> Problem {
    Problem::new(
        "number_unregistered",
        &format!("The number cannot send: Meta's status is {status}."),
        "Only a number with the status CONNECTED sends and receives.",
        "Reconnect the number in Greentick, which registers it.",
    )
}

fn outcome_unknown() -> Problem {
    Problem::new(
        "outcome_unknown",
        "Meta did not answer: whether the message was sent is unknown.",
        "It is not sent again, since it might arrive twice.",
        "Look at the phone that was written to, then try again.",
    )
}
