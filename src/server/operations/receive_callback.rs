//! The way back from Meta's dialog: uses the state up and exchanges the code while it lives.

use super::{Failure, Services, wait};
use crate::domain::ids::SignupId;
use crate::domain::problem::{MetaSays, Problem};
use crate::domain::signup::{Signup, Stage, Step, StepOutcome, StepRecord, abandoned, cancelled};
use crate::server::meta::GraphError;
use crate::server::store::{Actor, JobKind, NewJob, StateMatch};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use std::time::Duration;

/// Pauses before the exchange is tried again, all within the thirty seconds of the code.
const EXCHANGE: &[Duration] = &[Duration::from_millis(300), Duration::from_secs(1)];
/// After this the code is as good as dead, so no further try begins.
const EXCHANGE_PATIENCE: i64 = 15_000;

/// What Meta put into the address.
pub struct Callback {
    pub state: Option<String>,
    pub code: Option<SecretString>,
    pub error: Option<String>,
    pub error_code: Option<i64>,
    pub error_description: Option<String>,
}

/// The signup whose page to show. A problem when the state is not this session's.
pub async fn receive_callback(
    services: &Services,
    actor: &Actor,
    session_hash: &str,
    callback: Callback,
) -> Result<SignupId, Failure> {
    let state = callback.state.as_deref().filter(|state| !state.is_empty()).ok_or_else(state_missing)?;
    match services.store.take_state(state, session_hash).await? {
        StateMatch::Foreign => Err(state_foreign().into()),
        StateMatch::Again(signup) => {
            wait::for_signup(services, &signup.id).await?;
            Ok(signup.id)
        }
        StateMatch::Late(mut signup) => {
            let expected = signup.stage;
            end(services, &mut signup, expected, Stage::Abandoned, abandoned()).await?;
            Ok(signup.id)
        }
        StateMatch::Taken(mut signup) => {
            take_over(services, actor, &mut signup, &callback).await?;
            wait::for_signup(services, &signup.id).await?;
            Ok(signup.id)
        }
    }
}

async fn take_over(services: &Services, actor: &Actor, signup: &mut Signup, back: &Callback) -> Result<(), Failure> {
    let Some(code) = back.code.as_ref().filter(|code| !code.expose_secret().is_empty()) else {
        let (stage, problem) = match back.error.as_deref() {
            Some("access_denied") | None if back.error_code != Some(1) => (Stage::Cancelled, cancelled()),
            _ => (Stage::Failed, dialog_failed(back)),
        };
        services.store.add_audit(actor, "signup_ended", None, None, Some(json!({"why": problem.code}))).await?;
        return end(services, signup, Stage::Exchanging, stage, problem).await;
    };
    match exchange(services, code).await {
        Ok(token) => {
            let at = services.clock.now();
            for step in [Step::SignedIn, Step::GotToken] {
                signup.steps.push(StepRecord { step, at, outcome: StepOutcome::Done { note: None } });
            }
            signup.stage = Stage::Running;
            let payload = json!({"actor": actor.name, "address": actor.address});
            let job = NewJob { kind: JobKind::AdvanceSignup, subject: signup.id.as_str(), payload };
            // Before anything else: a code cannot be exchanged twice.
            services.store.go_on_with_signup(signup, Stage::Exchanging, Some(&token), job).await?;
            Ok(())
        }
        Err(problem) => end(services, signup, Stage::Exchanging, Stage::Failed, *problem).await,
    }
}

async fn exchange(services: &Services, code: &SecretString) -> Result<SecretString, Box<Problem>> {
    let (app, _) = services.connect().map_err(Box::new)?;
    let redirect_uri = services.settings.redirect_uri();
    let began = services.clock.now();
    let mut pauses = EXCHANGE.iter();
    loop {
        let error = match services.graph.exchange_code(&app, code.expose_secret(), &redirect_uri).await {
            Ok(token) => return Ok(token),
            Err(error) => error,
        };
        let in_time = services.clock.now().since(began) < EXCHANGE_PATIENCE;
        match pauses.next() {
            Some(pause) if error.is_passing() && in_time => tokio::time::sleep(*pause).await,
            _ => return Err(Box::new(exchange_failed(&error))),
        }
    }
}

fn exchange_failed(error: &GraphError) -> Problem {
    let problem = error.problem();
    if error.is_meta_unwell() {
        let what = "Meta did not answer in time, and Facebook's answer is valid for 30 seconds only.";
        let remedy = "Nothing was changed. Press Connect with Facebook once more.";
        return Problem { meta: problem.meta, ..Problem::new("exchange_unanswered", what, &problem.why, remedy) };
    }
    problem
}

async fn end(
    services: &Services,
    signup: &mut Signup,
    expected: Stage,
    stage: Stage,
    problem: Problem,
) -> Result<(), Failure> {
    signup.stage = stage;
    signup.problem = Some(problem);
    services.store.update_signup(signup, expected).await?;
    Ok(())
}

fn dialog_failed(back: &Callback) -> Problem {
    let message = back.error_description.clone().or_else(|| back.error.clone()).unwrap_or_default();
    Problem {
        meta: Some(MetaSays { code: back.error_code.unwrap_or(0), subcode: None, message, fbtrace_id: None }),
        ..Problem::new(
            "dialog_failed",
            "Facebook ended the sign-in with an error.",
            "What Facebook says about it is below.",
            "Nothing was changed. Press Connect with Facebook once more.",
        )
    }
}

fn state_missing() -> Problem {
    Problem::new(
        "state_missing",
        "This link from Facebook is incomplete.",
        "It lacks the part that ties it to your sign-in.",
        "Nothing was changed. Press Connect with Facebook once more.",
    )
}

fn state_foreign() -> Problem {
    Problem::new(
        "state_foreign",
        "This sign-in was not started in this browser.",
        "It was started elsewhere, or in a session that has ended.",
        "Nothing was changed. Press Connect with Facebook here.",
    )
}
