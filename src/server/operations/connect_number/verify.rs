//! A number that Meta has not verified yet: have the code sent, take it, prove it.

use super::{Next, Run};
use crate::domain::ids::PhoneNumberId;
use crate::domain::problem::Problem;
use crate::domain::signup::{NumberChoice, Stage};
use crate::server::meta::Kind;
use crate::server::operations::Failure;

impl Run<'_> {
    pub(super) async fn verify_number(&mut self) -> Result<Next, Failure> {
        let Some(number) = self.signup.findings.chosen_number().cloned() else {
            return Ok(Next::Ask(Stage::ChooseNumber));
        };
        if number.verified || number.on_business_app {
            return Ok(Next::noted(&number.display_number));
        }
        if let Some(method) = self.signup.findings.code_wanted.take() {
            match self.services.graph.request_code(self.key(), &number.id, method).await {
                Ok(()) => {
                    self.signup.findings.code_sent_by = Some(method);
                    return Ok(Next::Ask(Stage::VerifyNumber));
                }
                Err(error) if error.is(Kind::CodeNotSent) && self.is_verified(&number.id).await => {
                    return self.note_verified(&number).await;
                }
                Err(error) => return Ok(self.ask_again(error.problem())),
            }
        }
        let Some(code) = self.services.store.open_signup_input(&self.signup.id).await? else {
            return Ok(Next::Ask(Stage::VerifyNumber));
        };
        let verified = self.services.graph.verify_code(self.key(), &number.id, &code).await;
        match verified {
            Err(error) if error.is_meta_unwell() => return Ok(Next::Later(Box::new(error.problem()))),
            Err(error) if !error.is(Kind::WrongVerificationCode) => return Ok(self.ask_again(error.problem())),
            // A code works once: it is also refused when an earlier call worked without its answer reaching us.
            Err(error) if !self.is_verified(&number.id).await => {
                self.services.store.put_signup_input(&self.signup.id, None).await?;
                return Ok(self.ask_again(error.problem()));
            }
            Ok(()) | Err(_) => {}
        }
        self.note_verified(&number).await
    }

    async fn is_verified(&self, number: &PhoneNumberId) -> bool {
        let reading = self.services.graph.find_number(self.key(), number).await;
        let status = reading.ok().flatten().and_then(|reading| reading.code_verification_status);
        status.as_deref() == Some("VERIFIED")
    }

    async fn note_verified(&mut self, number: &NumberChoice) -> Result<Next, Failure> {
        self.services.store.put_signup_input(&self.signup.id, None).await?;
        for choice in &mut self.signup.findings.numbers {
            choice.verified |= choice.id == number.id;
        }
        Ok(Next::noted(&number.display_number))
    }

    fn ask_again(&mut self, problem: Problem) -> Next {
        self.signup.findings.input_problem = Some(problem);
        Next::Ask(Stage::VerifyNumber)
    }
}
