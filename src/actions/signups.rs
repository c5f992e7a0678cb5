//! A run of Embedded Signup: its progress and the answers it asks for.

use crate::domain::ids::{ConnectionId, SignupId};
use crate::domain::instant::Instant;
use crate::domain::problem::Problem;
use crate::domain::signup::{CodeMethod, NumberChoice, Stage, Step, StepOutcome, WabaChoice};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// One line of the progress list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepLine {
    pub step: Step,
    /// `None` while it has not been taken.
    pub outcome: Option<StepOutcome>,
    /// It is the one being worked on, or the one that waits for the person.
    pub current: bool,
}

/// The progress page, whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignupPage {
    pub now: Instant,
    pub id: SignupId,
    pub stage: Stage,
    pub steps: Vec<StepLine>,
    /// Why it failed; or, while it is running, why it waits for Meta.
    pub problem: Option<Problem>,
    /// The last input was not enough: a wrong PIN, a wrong code.
    pub input_problem: Option<Problem>,
    pub wabas: Vec<WabaChoice>,
    pub numbers: Vec<NumberChoice>,
    /// The number that a code or PIN is asked for.
    pub number: Option<NumberChoice>,
    pub code_sent_by: Option<CodeMethod>,
    pub connection: Option<ConnectionId>,
    /// Link that starts over, with the same wishes.
    pub try_again: String,
    /// Since when it has been working on the present step.
    pub updated_at: Instant,
}

#[server(prefix = "/_fn", endpoint = "find_signup")]
pub async fn find_signup(signup: String) -> Result<SignupPage, Problem> {
    todo(signup)
}

/// The newest signup of the person who asks: how the opener of the popup learns what happened in it.
#[server(prefix = "/_fn", endpoint = "newest_signup")]
pub async fn newest_signup() -> Result<Option<SignupPage>, Problem> {
    todo(())
}

/// Form.
#[server(prefix = "/_fn", endpoint = "choose_waba")]
pub async fn choose_waba(signup: String, waba_id: String) -> Result<(), Problem> {
    todo(signup)
}

/// Form.
#[server(prefix = "/_fn", endpoint = "choose_number")]
pub async fn choose_number(signup: String, phone_number_id: String) -> Result<(), Problem> {
    todo(signup)
}

/// Form. Looks for numbers again, after "no number yet".
#[server(prefix = "/_fn", endpoint = "look_again")]
pub async fn look_again(signup: String) -> Result<(), Problem> {
    todo(signup)
}

/// Form. `method` is `sms` or `voice`.
#[server(prefix = "/_fn", endpoint = "request_code")]
pub async fn request_code(signup: String, method: CodeMethod) -> Result<(), Problem> {
    todo(signup)
}

/// Form.
#[server(prefix = "/_fn", endpoint = "verify_code")]
pub async fn verify_code(signup: String, code: String) -> Result<(), Problem> {
    todo(signup)
}

/// Form.
#[server(prefix = "/_fn", endpoint = "enter_pin")]
pub async fn enter_pin(signup: String, pin: String) -> Result<(), Problem> {
    todo(signup)
}

/// Form. Gives a signup up that waits for the person; nothing that was done is undone.
#[server(prefix = "/_fn", endpoint = "cancel_signup")]
pub async fn cancel_signup(signup: String) -> Result<(), Problem> {
    todo(signup)
}
