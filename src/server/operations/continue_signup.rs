//! The person's answers to what a signup asks: choices, codes, PINs, and giving up.

use super::{Failure, Services, wait};
use crate::domain::ids::{PhoneNumberId, WabaId};
use crate::domain::problem::Problem;
use crate::domain::signup::{CodeMethod, Hint, Signup, Stage, Step, cancelled, cancelled_here, left_unfinished};
use crate::server::store::{Actor, JobKind, NewJob};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

/// One answer.
pub enum Answer {
    Waba(WabaId),
    Number(PhoneNumberId),
    /// Look for numbers again.
    LookAgain,
    /// Have a verification code sent.
    SendCode(CodeMethod),
    VerificationCode(SecretString),
    Pin(SecretString),
}

impl Answer {
    fn belongs_to(&self, stage: Stage) -> bool {
        match self {
            Self::Waba(_) => stage == Stage::ChooseWaba,
            Self::Number(_) => stage == Stage::ChooseNumber,
            Self::LookAgain => stage == Stage::NoNumber,
            Self::SendCode(_) | Self::VerificationCode(_) => stage == Stage::VerifyNumber,
            Self::Pin(_) => stage == Stage::EnterPin,
        }
    }
}

/// Takes the answer and lets the signup go on. An answer that is not fitting is told on the page; nothing is lost.
pub async fn answer_signup(
    services: &Services,
    actor: &Actor,
    mut signup: Signup,
    answer: Answer,
) -> Result<(), Failure> {
    let asked = signup.stage;
    if !answer.belongs_to(asked) {
        // A second press of the same button: the first one has been heard.
        return wait::for_signup(services, &signup.id).await;
    }
    signup.findings.input_problem = None;
    if let Err(problem) = note(services, &mut signup, answer).await? {
        signup.findings.input_problem = Some(problem);
        services.store.update_signup(&signup, asked).await?;
        return Ok(());
    }
    signup.stage = Stage::Running;
    let payload = json!({"actor": actor.name, "address": actor.address});
    let job = NewJob { kind: JobKind::AdvanceSignup, subject: signup.id.as_str(), payload };
    services.store.go_on_with_signup(&signup, asked, None, job).await?;
    wait::for_signup(services, &signup.id).await
}

/// Writes the answer into the signup; `Err` inside when it breaks a rule.
async fn note(services: &Services, signup: &mut Signup, answer: Answer) -> Result<Result<(), Problem>, Failure> {
    let findings = &mut signup.findings;
    match answer {
        Answer::Waba(id) if findings.wabas.iter().any(|waba| waba.id == id) => findings.waba = Some(id),
        Answer::Waba(_) => return Ok(Err(Problem::invalid("waba_id", "choose one of the accounts listed"))),
        Answer::Number(id) => match findings.numbers.iter().find(|number| number.id == id) {
            Some(number) if number.taken.is_none() => findings.number = Some(id),
            Some(_) => return Ok(Err(Problem::invalid("phone_number_id", "this number is connected already"))),
            None => return Ok(Err(Problem::invalid("phone_number_id", "choose one of the numbers listed"))),
        },
        Answer::LookAgain => {}
        Answer::SendCode(method) => findings.code_wanted = Some(method),
        Answer::VerificationCode(code) => match six_digits(&code) {
            Some(code) => services.store.put_signup_input(&signup.id, Some(&code)).await?,
            None => return Ok(Err(Problem::invalid("code", "the code has six digits"))),
        },
        Answer::Pin(pin) => match six_digits(&pin) {
            Some(pin) => {
                // What was tried before was tried with another.
                (findings.register_tries, findings.register_tried_at) = (0, None);
                services.store.put_signup_input(&signup.id, Some(&pin)).await?;
            }
            None => return Ok(Err(Problem::invalid("pin", "the PIN has six digits"))),
        },
    }
    Ok(Ok(()))
}

/// Codes are shown as `123-456`; people type what they see.
fn six_digits(text: &SecretString) -> Option<SecretString> {
    let digits: String = text.expose_secret().chars().filter(|c| !matches!(c, '-' | ' ')).collect();
    (digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_digit())).then(|| digits.into())
}

/// Gives up a signup that is not over. What it has already done stays.
pub async fn cancel_signup(services: &Services, actor: &Actor, mut signup: Signup) -> Result<(), Failure> {
    let asked = signup.stage;
    if asked != Stage::Waiting && !asked.needs_input() {
        return Ok(());
    }
    signup.stage = Stage::Cancelled;
    signup.problem = Some(match signup.connection {
        Some(_) => left_unfinished(),
        None if signup.has_taken(Step::GotToken) => cancelled_here(),
        None => cancelled(),
    });
    if services.store.update_signup(&signup, asked).await? {
        services.store.add_audit(actor, "signup_cancelled", signup.connection.as_ref(), None, None).await?;
    }
    Ok(())
}

/// Keeps what the browser heard from Meta's window. It proves nothing. The window tells of its own end while it leaves, so
/// a signup may be over before the words arrive: they are kept for support then. One that was connected needs none.
pub async fn note_hint(services: &Services, signup: &Signup, hint: &Hint) -> Result<(), Failure> {
    if signup.stage == Stage::Done {
        return Ok(());
    }
    Ok(services.store.put_signup_hint(&signup.id, hint).await?)
}
