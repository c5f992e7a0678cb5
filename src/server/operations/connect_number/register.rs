//! Registers the number for the Cloud API, with a PIN that is kept before Meta hears it (fact base §4.8).

use super::{Next, Run};
use crate::domain::health::is_registered;
use crate::domain::instant::{HOUR, MINUTE};
use crate::domain::problem::Problem;
use crate::domain::signup::{Stage, cut_off};
use crate::server::meta::{GraphError, Kind};
use crate::server::operations::Failure;
use rand::RngExt;
use secrecy::SecretString;

/// Tries of one run; with a PIN that the person enters they begin anew.
const TRIES: u32 = 3;
const BEFORE_THE_SECOND: i64 = MINUTE;
/// Some of what Meta asks us to wait for takes five minutes (fact base §4.8).
const BEFORE_THE_THIRD: i64 = 5 * MINUTE;
/// Meta's own limit for a number, counted here before the call.
const META_TRIES: i64 = 10;
const META_WINDOW: i64 = 72 * HOUR;

impl Run<'_> {
    pub(super) async fn register(&mut self) -> Result<Next, Failure> {
        let connection = self.connection()?.clone();
        let Some(number) = self.signup.findings.number.clone() else { return Ok(Next::fail(cut_off())) };
        if self.signup.findings.chosen_number().is_some_and(|chosen| !chosen.verified)
            && let stop @ (Next::Ask(_) | Next::Fail(_) | Next::Later(_)) = self.verify_number().await?
        {
            return Ok(stop);
        }
        let services = self.services;
        // Asked now, not remembered: an earlier call may have worked without its answer reaching us.
        let reading = match self.graph.find_number(self.key(), &number).await {
            Ok(Some(reading)) => reading,
            Ok(None) => return self.wait_for_registration(not_visible()).await,
            Err(error) => return Ok(Next::Later(Box::new(error.problem()))),
        };
        if is_registered(reading.status.as_deref()) || reading.on_business_app == Some(true) {
            services.store.update_registration(&connection, None).await?;
            let stays = "It stays on the WhatsApp Business app as well.";
            return Ok(if reading.on_business_app == Some(true) { Next::noted(stays) } else { Next::done() });
        }
        if self.signup.findings.register_tries > 0 {
            let problem = self.signup.problem.clone().unwrap_or_else(not_visible);
            if self.signup.findings.register_tries >= TRIES {
                return self.wait_for_registration(problem).await;
            }
            if self.is_too_soon() {
                return Ok(Next::Later(Box::new(problem)));
            }
        }
        let entered = services.store.open_signup_input(&self.signup.id).await?;
        let pin = match &entered {
            Some(pin) => {
                services.store.put_pin(&connection, pin).await?;
                pin.clone()
            }
            None => services.store.known_pin_or(&connection, &new_pin()).await?,
        };
        let window = services.clock.now().plus(-META_WINDOW);
        if !services.store.count_register_try(&number, window, META_TRIES).await? {
            return self.wait_for_registration(limit_reached()).await;
        }
        self.signup.findings.register_tries += 1;
        if !services.store.update_signup(&self.signup, Stage::Running).await? {
            // Ended meanwhile.
            return Ok(Next::fail(cut_off()));
        }
        match self.graph.register(self.key(), &number, &pin).await {
            Ok(()) => {
                services.store.put_signup_input(&self.signup.id, None).await?;
                services.store.update_registration(&connection, None).await?;
                Ok(Next::done())
            }
            Err(error) => self.registration_refused(&error, &pin, entered.is_some()).await,
        }
    }

    fn is_too_soon(&self) -> bool {
        let findings = &self.signup.findings;
        let pause = if findings.register_tries == 1 { BEFORE_THE_SECOND } else { BEFORE_THE_THIRD };
        findings.register_tried_at.is_some_and(|at| self.services.clock.now().since(at) < pause)
    }

    /// `entered` is whether a person entered this PIN.
    async fn registration_refused(
        &mut self,
        error: &GraphError,
        pin: &SecretString,
        entered: bool,
    ) -> Result<Next, Failure> {
        let store = &self.services.store;
        match error.kind() {
            Kind::PinLocked if entered => {
                store.put_signup_input(&self.signup.id, None).await?;
                self.signup.findings.input_problem = Some(error.problem());
                Ok(Next::Ask(Stage::EnterPin))
            }
            Kind::WrongPin => {
                store.forget_pin(self.connection()?, pin).await?;
                store.put_signup_input(&self.signup.id, None).await?;
                // The first refusal is how we learn that there is a PIN, not the person's mistake.
                self.signup.findings.input_problem = entered.then(|| error.problem());
                Ok(Next::Ask(Stage::EnterPin))
            }
            Kind::NumberNotVerified => {
                let chosen = self.signup.findings.number.clone();
                for number in &mut self.signup.findings.numbers {
                    number.verified &= Some(&number.id) != chosen.as_ref();
                }
                store.put_signup_input(&self.signup.id, None).await?;
                // There is nothing to wait for once it is.
                self.signup.findings.register_tried_at = None;
                Ok(Next::Ask(Stage::VerifyNumber))
            }
            Kind::Passing | Kind::RateLimited | Kind::NotReadyYet => {
                self.signup.findings.register_tried_at = Some(self.services.clock.now());
                Ok(Next::Later(Box::new(error.problem())))
            }
            _ => self.wait_for_registration(error.problem()).await,
        }
    }

    /// The connection stays, "Setting up", with the reason.
    pub(super) async fn wait_for_registration(&self, problem: Problem) -> Result<Next, Failure> {
        let problem = problem.once_given_up("Press Reconnect in a while.");
        self.services.store.put_signup_input(&self.signup.id, None).await?;
        self.services.store.update_registration(self.connection()?, Some(&problem)).await?;
        Ok(Next::refused(problem))
    }
}

fn new_pin() -> SecretString {
    format!("{:06}", rand::rng().random_range(0..1_000_000)).into()
}

fn limit_reached() -> Problem {
    Problem::new(
        "register_limit",
        "The number was registered too often.",
        "Meta allows ten tries in 72 hours, and they are used up.",
        "Wait until the 72 hours are over, then reconnect the number.",
    )
}

fn not_visible() -> Problem {
    Problem::new(
        "not_visible",
        "Meta does not show this number.",
        "It was moved or deleted, or the token may not see it.",
        "Look in WhatsApp Manager, then reconnect the number.",
    )
}
