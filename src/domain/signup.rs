//! One run of Embedded Signup, from the click to its end (design §4).

use super::credential::TokenFacts;
use super::ids::{BusinessId, ConnectionId, PhoneNumberId, SignupId, UserId, WabaId, WorkspaceId};
use super::instant::{HOUR, Instant, SECOND};
use super::problem::Problem;
use serde::{Deserialize, Serialize};

/// An unanswered signup is given up after this long.
pub const STATE_LIFETIME: i64 = 2 * HOUR;
/// The exchange takes seconds; a signup that has been exchanging longer was cut off, and its code is dead (30 s at Meta).
pub const EXCHANGE_LIMIT: i64 = 45 * SECOND;

/// Where a signup stands. All but the last four can still go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The person is at Facebook.
    Waiting,
    /// The code is being exchanged: not resumable, codes are single use.
    Exchanging,
    /// The job works on it.
    Running,
    ChooseWaba,
    ChooseNumber,
    /// Nothing to connect in the WABA yet; can be looked at again.
    NoNumber,
    /// The number must be verified with a code first.
    VerifyNumber,
    /// The number has a PIN that Meta wants to hear.
    EnterPin,
    Done,
    Failed,
    Cancelled,
    Abandoned,
}

impl Stage {
    pub const ALL: [Self; 12] = [
        Self::Waiting,
        Self::Exchanging,
        Self::Running,
        Self::ChooseWaba,
        Self::ChooseNumber,
        Self::NoNumber,
        Self::VerifyNumber,
        Self::EnterPin,
        Self::Done,
        Self::Failed,
        Self::Cancelled,
        Self::Abandoned,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Exchanging => "exchanging",
            Self::Running => "running",
            Self::ChooseWaba => "choose_waba",
            Self::ChooseNumber => "choose_number",
            Self::NoNumber => "no_number",
            Self::VerifyNumber => "verify_number",
            Self::EnterPin => "enter_pin",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Abandoned => "abandoned",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.as_str() == text)
    }

    /// The person has to do something before it goes on.
    pub fn needs_input(self) -> bool {
        matches!(self, Self::ChooseWaba | Self::ChooseNumber | Self::NoNumber | Self::VerifyNumber | Self::EnterPin)
    }

    pub fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled | Self::Abandoned)
    }

    /// The server is at work, so the page should look again soon.
    pub fn is_working(self) -> bool {
        matches!(self, Self::Exchanging | Self::Running)
    }
}

/// The progress list, in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    SignedIn,
    GotToken,
    FoundNumber,
    Saved,
    MessagesOn,
    Registered,
    Checked,
}

impl Step {
    pub const ALL: [Self; 7] = [
        Self::SignedIn,
        Self::GotToken,
        Self::FoundNumber,
        Self::Saved,
        Self::MessagesOn,
        Self::Registered,
        Self::Checked,
    ];

    pub fn words(self) -> &'static str {
        match self {
            Self::SignedIn => "Signed in at Facebook",
            Self::GotToken => "Got the token",
            Self::FoundNumber => "Found your number",
            Self::Saved => "Saved",
            Self::MessagesOn => "Messages switched on",
            Self::Registered => "Number registered",
            Self::Checked => "Checked with Meta",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum StepOutcome {
    /// With a remark where the plain words do not tell all.
    Done { note: Option<String> },
    /// Could not be done; the run went on all the same.
    Refused { problem: Problem },
}

/// A step that has been taken. A step that is not in the list has not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepRecord {
    pub step: Step,
    pub at: Instant,
    pub outcome: StepOutcome,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WabaChoice {
    pub id: WabaId,
    pub name: String,
    pub business: Option<BusinessId>,
    pub business_name: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumberChoice {
    pub id: PhoneNumberId,
    pub display_number: String,
    pub verified_name: Option<String>,
    pub status: Option<String>,
    pub verified: bool,
    pub on_business_app: bool,
    /// Already connected, so it cannot be chosen again: the sentence to show.
    pub taken: Option<String>,
}

/// What the browser heard from Meta's window: unproven, used only to skip a question (fact base §3.4).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hint {
    pub event: String,
    pub waba: Option<WabaId>,
    pub number: Option<PhoneNumberId>,
    pub business: Option<BusinessId>,
    pub current_step: Option<String>,
    pub error_code: Option<String>,
    pub error_message: Option<String>,
    /// What Meta's support asks for.
    pub session_id: Option<String>,
    /// Meta's clock, unix seconds.
    pub timestamp: Option<String>,
}

/// What a signup has found out so far. No secret is in it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Findings {
    pub token: Option<TokenFacts>,
    pub token_last_four: Option<String>,
    pub business: Option<BusinessId>,
    pub wabas: Vec<WabaChoice>,
    pub waba: Option<WabaId>,
    pub numbers: Vec<NumberChoice>,
    pub number: Option<PhoneNumberId>,
    /// The person asked for a verification code, and Meta has not been asked for it yet.
    pub code_wanted: Option<CodeMethod>,
    /// How the verification code was sent, once it was.
    pub code_sent_by: Option<CodeMethod>,
    /// Kept apart from the rest: it is not the job's to write.
    #[serde(skip_serializing)]
    pub hint: Option<Hint>,
    /// Why the last input was not enough: a wrong PIN, a wrong code.
    pub input_problem: Option<Problem>,
    /// Tries of `register` since the run began or the person entered a PIN; three at most.
    pub register_tries: u32,
    /// When Meta put the last of them off.
    pub register_tried_at: Option<Instant>,
}

impl Findings {
    pub fn chosen_number(&self) -> Option<&NumberChoice> {
        let id = self.number.as_ref()?;
        self.numbers.iter().find(|number| number.id == *id)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CodeMethod {
    Sms,
    Voice,
}

impl CodeMethod {
    /// Meta's spelling.
    pub fn as_meta(self) -> &'static str {
        match self {
            Self::Sms => "SMS",
            Self::Voice => "VOICE",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signup {
    pub id: SignupId,
    pub workspace: WorkspaceId,
    pub user: UserId,
    /// Set when an existing connection is being reconnected: only its number may be chosen.
    pub reconnects: Option<ConnectionId>,
    pub popup: bool,
    pub coexistence: bool,
    /// It began with credentials entered by hand, not at Facebook.
    pub by_hand: bool,
    pub stage: Stage,
    pub steps: Vec<StepRecord>,
    pub findings: Findings,
    /// Why it failed, or why it is waiting for Meta.
    pub problem: Option<Problem>,
    /// The connection it made or revived.
    pub connection: Option<ConnectionId>,
    pub created_at: Instant,
    pub updated_at: Instant,
}

impl Signup {
    pub fn has_taken(&self, step: Step) -> bool {
        self.steps.iter().any(|record| record.step == step)
    }

    /// The stage as it holds at `now`: what nobody will finish any more is over, whoever was to write that down.
    pub fn stage_at(&self, now: Instant) -> Stage {
        let age = now.since(self.updated_at);
        match self.stage {
            Stage::Waiting if now.since(self.created_at) > STATE_LIFETIME => Stage::Abandoned,
            Stage::Exchanging if age > EXCHANGE_LIMIT => Stage::Failed,
            stage => stage,
        }
    }

    /// The step being worked on, or the one that the run stopped before.
    pub fn next_step(&self) -> Option<Step> {
        Step::ALL.into_iter().find(|step| !self.has_taken(*step))
    }
}

/// The server stopped between the exchange and the first save.
pub fn cut_off() -> Problem {
    Problem::new(
        "signup_cut_off",
        "We were interrupted while taking over from Facebook.",
        "Facebook's answer can be used once and for 30 seconds, so it cannot be picked up again.",
        "Nothing was changed. Press Connect with Facebook once more.",
    )
}

pub fn cancelled() -> Problem {
    Problem::new("signup_cancelled", "You left Facebook before the end.", "", "Nothing was changed here. Try again.")
}

/// Given up here, after Facebook was done and before a number was saved.
pub fn cancelled_here() -> Problem {
    Problem { what: "You cancelled before a number was saved.".to_owned(), ..cancelled() }
}

/// Given up, or not finished in time, after the number was saved.
pub fn left_unfinished() -> Problem {
    Problem::new(
        "signup_unfinished",
        "The number is saved, but not finished.",
        "It is not registered at Meta yet, as far as known here.",
        "What is saved stays saved. You can go on later, from the number's page.",
    )
}

pub fn abandoned() -> Problem {
    Problem::new(
        "signup_abandoned",
        "This sign-in was not finished within two hours.",
        "",
        "Nothing was changed. Press Connect with Facebook once more.",
    )
}
