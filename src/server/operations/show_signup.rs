//! What the progress page shows.

use super::{Failure, Services};
use crate::domain::ids::{ConnectionId, SignupId};
use crate::domain::pages::{SignupPage, StepLine};
use crate::domain::routing::routing_finding;
use crate::domain::signup::{Signup, Stage, Step, StepOutcome, abandoned, cut_off, left_unfinished};

pub async fn show_signup(services: &Services, signup: &Signup) -> Result<SignupPage, Failure> {
    let tell_meta = signup.by_hand && !is_ours(services, signup) && !leads_here(services, signup).await?;
    let now = services.clock.now();
    let stage = signup.stage_at(now);
    let findings = &signup.findings;
    // What time alone has decided may not have been written down yet.
    let problem = match stage {
        Stage::Failed if signup.stage == Stage::Exchanging => Some(cut_off()),
        Stage::Cancelled | Stage::Abandoned if signup.connection.is_some() => {
            let disconnected = signup.problem.clone().filter(|problem| problem.is("disconnected"));
            Some(disconnected.unwrap_or_else(left_unfinished))
        }
        Stage::Abandoned => Some(signup.problem.clone().unwrap_or_else(abandoned)),
        _ => signup.problem.clone(),
    };
    Ok(SignupPage {
        now,
        id: signup.id.clone(),
        stage,
        steps: steps(signup, stage),
        problem,
        input_problem: findings.input_problem.clone(),
        wabas: findings.wabas.clone(),
        numbers: findings.numbers.clone(),
        number: findings.chosen_number().cloned(),
        code_sent_by: findings.code_sent_by,
        connection: signup.connection.clone(),
        by_hand: signup.by_hand,
        tell_meta,
        try_again: try_again(signup),
        updated_at: signup.updated_at,
    })
}

/// The newest run for this connection, while it goes on or waits for somebody.
pub(super) async fn open_run_of(
    services: &Services,
    connection: &ConnectionId,
) -> Result<Option<(SignupId, Stage)>, Failure> {
    let now = services.clock.now();
    let newest = services.store.newest_signup_of(connection).await?;
    Ok(newest.map(|signup| (signup.id.clone(), signup.stage_at(now))).filter(|(_, stage)| !stage.is_over()))
}

/// As it was last read, Meta sends the connection's messages and news here, all of them.
async fn leads_here(services: &Services, signup: &Signup) -> Result<bool, Failure> {
    let Some(id) = signup.connection.as_ref().filter(|_| signup.stage == Stage::Done) else { return Ok(false) };
    let Some(stored) = services.store.find_connection(&signup.workspace, id).await? else { return Ok(false) };
    let standing = services.standing(&stored);
    let subscribed =
        stored.snapshot.as_ref().and_then(|s| s.routing.as_ref()).is_some_and(|routing| routing.subscribed);
    Ok(subscribed && standing.app_secret_known && routing_finding(&standing).is_none())
}

fn steps(signup: &Signup, stage: Stage) -> Vec<StepLine> {
    let next = if stage.is_over() { None } else { signup.next_step() };
    let outcome = |step: Step| -> Option<StepOutcome> {
        signup.steps.iter().find(|record| record.step == step).map(|record| record.outcome.clone())
    };
    // A run by hand has not been to Facebook.
    let shown = Step::ALL.into_iter().filter(|step| !(signup.by_hand && *step == Step::SignedIn));
    shown.map(|step| StepLine { step, outcome: outcome(step), current: next == Some(step) }).collect()
}

/// Its token was made by this installation's app, as far as known.
fn is_ours(services: &Services, signup: &Signup) -> bool {
    let app_id = signup.findings.token.as_ref().and_then(|facts| facts.app_id.as_deref());
    app_id.is_some() && services.installation_app(app_id).is_some()
}

fn try_again(signup: &Signup) -> String {
    if let Some(connection) = signup.connection.as_ref().filter(|_| signup.by_hand) {
        return format!("/core/whatsapp-api/configurations/{connection}/credentials");
    }
    let mut wishes = Vec::new();
    // What is saved is not connected anew: it goes on.
    let same = signup.reconnects.as_ref().or(signup.connection.as_ref());
    wishes.extend(same.map(|id| format!("connection={id}")));
    wishes.extend(signup.coexistence.then(|| "coexistence=1".to_owned()));
    let query = if wishes.is_empty() { String::new() } else { format!("?{}", wishes.join("&")) };
    format!("/connect/facebook/start{query}")
}
