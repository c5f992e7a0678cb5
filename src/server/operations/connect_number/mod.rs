//! Carries a signup from its token to a connected number. Each step is kept before the next begins, may run twice
//! without harm, and never undoes those before it.

mod find_number;
mod register;
mod save;
mod verify;

use super::access::Access;
use super::replay_deliveries::replay_foreign;
use super::route_messages::{Claim, route_messages};
use super::{Failure, Progress, Services, check_connection};
use crate::domain::ids::{ConnectionId, SignupId};
use crate::domain::problem::Problem;
use crate::domain::signup::{Signup, Stage, Step, StepOutcome, StepRecord, cut_off};
use crate::server::config::App;
use crate::server::meta::{Graph, GraphError, Key};
use crate::server::store::Actor;
use secrecy::SecretString;
use serde_json::json;

/// What a step came to.
enum Next {
    Taken(StepOutcome),
    /// The person has to answer something.
    Ask(Stage),
    /// The run is over.
    Fail(Box<Problem>),
    /// Meta is unwell or not ready.
    Later(Box<Problem>),
}

impl Next {
    fn done() -> Self {
        Self::Taken(StepOutcome::Done { note: None })
    }

    fn noted(note: &str) -> Self {
        Self::Taken(StepOutcome::Done { note: Some(note.to_owned()) })
    }

    fn refused(problem: Problem) -> Self {
        Self::Taken(StepOutcome::Refused { problem })
    }

    fn fail(problem: Problem) -> Self {
        Self::Fail(Box::new(problem))
    }

    /// For errors that decide nothing by themselves: wait when Meta is unwell, else give up.
    fn from_error(error: &GraphError) -> Self {
        let problem = Box::new(error.problem());
        if error.is_meta_unwell() { Self::Later(problem) } else { Self::Fail(problem) }
    }
}

/// A signup at work, with the token it has earned.
struct Run<'a> {
    services: &'a Services,
    signup: Signup,
    token: SecretString,
    graph: Graph,
    /// The token's app, when we hold its secret.
    app: Option<App>,
}

impl<'a> Run<'a> {
    /// A run by hand works with its connection's own app and version.
    async fn begin(services: &'a Services, signup: Signup, token: SecretString) -> Result<Self, Failure> {
        let entered = match &signup.connection {
            Some(id) => services.store.find_connection(&signup.workspace, id).await?,
            None => None,
        };
        let access = match &entered {
            Some(stored) => services.find_access(stored).await?,
            None => None,
        };
        let (graph, app) = match access {
            Some(access) => (access.graph, access.app),
            None => (services.graph.clone(), services.app()),
        };
        Ok(Self { services, signup, token, graph, app })
    }

    fn key(&self) -> Key<'_> {
        Key { token: &self.token, app_secret: self.app.as_ref().map(|app| &app.secret) }
    }

    /// The connection that the step `Saved` made.
    fn connection(&self) -> Result<&ConnectionId, Failure> {
        self.signup.connection.as_ref().ok_or_else(|| cut_off().into())
    }

    async fn take(&mut self, step: Step, actor: &Actor) -> Result<Next, Failure> {
        match step {
            Step::SignedIn | Step::GotToken => Ok(Next::fail(cut_off())),
            Step::FoundNumber => self.find_number().await,
            Step::Saved => self.save().await,
            Step::MessagesOn => self.switch_messages_on(actor).await,
            Step::Registered => self.register().await,
            Step::Checked => self.check().await,
        }
    }

    /// A refusal here never undoes the connection: it is shown, and can be asked for again on its page.
    async fn switch_messages_on(&self, actor: &Actor) -> Result<Next, Failure> {
        let found = self.services.store.find_connection(&self.signup.workspace, self.connection()?).await?;
        let Some(stored) = found else { return Ok(Next::fail(cut_off())) };
        let access = Access { graph: self.graph.clone(), token: self.token.clone(), app: self.app.clone() };
        let routed = route_messages(self.services, actor, &stored, &access, Claim::Careful).await?;
        Ok(match (routed.unwell, routed.refused.into_iter().next()) {
            (Some(problem), _) => Next::Later(Box::new(problem)),
            (None, Some(problem)) => Next::refused(problem),
            (None, None) if routed.app_is_elsewhere => Next::noted(
                "The app's own address belongs to another system and was left alone; this account has its own.",
            ),
            (None, None) => Next::done(),
        })
    }

    /// What is saved stays saved: once there is a connection, what Meta would not do is noted and the run goes on.
    async fn give_up(&self, step: Step, problem: Problem) -> Result<Next, Failure> {
        match step {
            Step::Registered => self.wait_for_registration(problem).await,
            step if step > Step::Saved => Ok(Next::refused(problem)),
            _ => Ok(Next::fail(problem)),
        }
    }

    async fn check(&self) -> Result<Next, Failure> {
        check_connection::read_and_keep(self.services, self.connection()?).await?;
        Ok(Next::done())
    }
}

/// Goes as far as it can. Run again after a crash, it goes on behind the last step that was kept.
pub async fn connect_number(
    services: &Services,
    actor: &Actor,
    id: &SignupId,
    last_try: bool,
) -> Result<Progress, Failure> {
    let Some(signup) = services.store.find_any_signup(id).await? else { return Ok(Progress::Settled) };
    if signup.stage != Stage::Running {
        return Ok(Progress::Settled);
    }
    let Some(token) = services.store.open_signup_token(id).await? else {
        end(services, signup, Stage::Failed, Some(cut_off())).await?;
        return Ok(Progress::Settled);
    };
    let mut run = Run::begin(services, signup, token).await?;
    while let Some(step) = run.signup.next_step() {
        let next = match run.take(step, actor).await? {
            Next::Later(problem) if last_try => run.give_up(step, *problem).await?,
            next => next,
        };
        match next {
            Next::Taken(outcome) => {
                let at = services.clock.now();
                run.signup.steps.push(StepRecord { step, at, outcome });
                run.signup.problem = None;
                if !services.store.update_signup(&run.signup, Stage::Running).await? {
                    return Ok(Progress::Settled);
                }
            }
            Next::Ask(stage) => {
                run.signup.stage = stage;
                run.signup.problem = None;
                services.store.update_signup(&run.signup, Stage::Running).await?;
                return Ok(Progress::Settled);
            }
            Next::Fail(problem) => {
                end(services, run.signup, Stage::Failed, Some(*problem)).await?;
                return Ok(Progress::Settled);
            }
            Next::Later(problem) => {
                run.signup.problem = Some((*problem).clone());
                services.store.update_signup(&run.signup, Stage::Running).await?;
                return Ok(Progress::Later(problem));
            }
        }
    }
    let (workspace, connection) = (run.signup.workspace.clone(), run.signup.connection.clone());
    let connected = json!({"signup": id, "number": run.signup.findings.number});
    // Not of a number that was disconnected meanwhile.
    if end(services, run.signup, Stage::Done, None).await? {
        replay_foreign(services, &workspace).await?;
        services.store.add_audit(actor, "number_connected", connection.as_ref(), None, Some(connected)).await?;
    }
    Ok(Progress::Settled)
}

/// For a run that cannot go on for a reason of ours: its page must not say "Connecting" for ever.
pub async fn break_off(services: &Services, id: &SignupId, problem: Problem) -> Result<(), Failure> {
    let found = services.store.find_any_signup(id).await?;
    if let Some(signup) = found.filter(|signup| signup.stage == Stage::Running) {
        end(services, signup, Stage::Failed, Some(problem)).await?;
    }
    Ok(())
}

/// `false` when the run was over already: somebody has ended it meanwhile.
async fn end(services: &Services, mut signup: Signup, stage: Stage, problem: Option<Problem>) -> Result<bool, Failure> {
    signup.stage = stage;
    signup.problem = problem;
    Ok(services.store.update_signup(&signup, Stage::Running).await?)
}
