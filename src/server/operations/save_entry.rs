//! Saves credentials that were entered by hand, once they are proven, and runs the remaining steps of a signup for them.

use super::check_connection::request_check;
use super::prove_entry::{Entry, Proof};
use super::{Failure, Services};
use crate::domain::connection::Lifecycle;
use crate::domain::credential::{Origin, TokenFacts, TokenKind};
use crate::domain::ids::{BusinessId, ConnectionId, PhoneNumberId, SignupId, UserId, WabaId};
use crate::domain::problem::Problem;
use crate::domain::signup::{Findings, NumberChoice, Step, StepOutcome, StepRecord};
use crate::server::store::{
    Actor, EnteredDetails, JobKind, NewConnection, NewCredential, NewJob, RunByHand, StoredConnection,
};
use serde_json::json;

/// What saving led to.
pub struct Saved {
    pub connection: ConnectionId,
    /// The run that goes on in the background; `None` where the number was already in use and only its credentials changed.
    pub run: Option<SignupId>,
    pub created: bool,
}

/// Saves an entry. `proof` may have failed: whoever calls has been asked twice by then.
pub async fn save_entry(
    services: &Services,
    actor: &Actor,
    user: Option<&UserId>,
    entry: &Entry,
    proof: &Proof,
    existing: Option<&StoredConnection>,
) -> Result<Saved, Failure> {
    let (number, waba) = ids(entry, proof, existing)?;
    if existing.is_some_and(|stored| stored.connection.phone_number_id != number) {
        return Err(other_number().into());
    }
    // A token that stays as it is keeps its origin and what is known of it.
    let kept = existing.filter(|stored| proof.token_kept && stored.connection.waba == waba);
    let known = kept.map(|stored| stored.credential.facts.clone());
    let facts = proof.facts.clone().or(known).unwrap_or_else(unknown_facts);
    let owner = proof.waba.as_ref().and_then(|(_, reading)| reading.business_id.clone()).map(BusinessId::new);
    let credential = NewCredential {
        workspace: &actor.workspace,
        waba: &waba,
        business: owner.as_ref(),
        origin: Origin::ByHand,
        token: &entry.token,
        facts: &facts,
    };
    let holder = services.store.find_by_phone_number_id(&number).await?;
    if holder.as_ref().is_some_and(|holder| holder.connection.workspace != actor.workspace) {
        return Err(elsewhere().into());
    }
    let credential = match kept {
        Some(stored) => stored.credential.id.clone(),
        None => services.store.put_credential(credential).await?,
    };
    let reading = proof.number.as_ref().map(|(_, reading)| reading);
    let display = reading.map_or_else(|| format!("Number {number}"), |reading| reading.display_phone_number.clone());
    let app_id = proof.app.as_ref().map(|app| app.id.as_str()).or(facts.app_id.as_deref()).or(entry.app_id.as_deref());
    let connection = NewConnection {
        workspace: &actor.workspace,
        credential: &credential,
        phone_number_id: &number,
        waba: &waba,
        business: owner.as_ref(),
        app_id,
        display_number: &display,
        verified_name: reading.and_then(|reading| reading.verified_name.as_deref()),
    };
    let id = services.store.put_connection(connection).await?.ok_or_else(elsewhere)?;
    let details = EnteredDetails {
        name: entry.name.as_deref(),
        api_version: entry.api_version.as_deref(),
        own_app: proof.own_app,
        app_id,
        app_secret: entry.app_secret.as_ref(),
        verify_token: entry.verify_token.as_ref(),
    };
    services.store.put_entered_details(&id, details).await?;
    let before = existing.map(|stored| json!({"token": stored.credential.last_four}));
    let after = json!({"number": number, "waba": waba, "proven": proof.holds()});
    services.store.add_audit(actor, "settings_saved", Some(&id), before, Some(after)).await?;
    let in_use = holder.is_some_and(|holder| holder.connection.lifecycle == Lifecycle::Active);
    let run = if in_use {
        let stored = services.store.find_connection(&actor.workspace, &id).await?.ok_or_else(Problem::not_found)?;
        request_check(services, &stored).await?;
        None
    } else {
        Some(start_run(services, actor, user, entry, &id, findings(&facts, proof, &waba, &number, &display)).await?)
    };
    Ok(Saved { connection: id, run, created: existing.is_none() })
}

fn ids(entry: &Entry, proof: &Proof, existing: Option<&StoredConnection>) -> Result<(PhoneNumberId, WabaId), Failure> {
    let stored = existing.map(|stored| &stored.connection);
    let proven = proof.number.as_ref().map(|(id, _)| id.clone());
    let number = proven.or_else(|| entry.phone_number_id.clone()).or_else(|| stored.map(|c| c.phone_number_id.clone()));
    let waba = proof.waba.as_ref().map(|(id, _)| id.clone());
    let waba = waba.or_else(|| entry.waba.clone()).or_else(|| stored.map(|c| c.waba.clone()));
    match (number, waba) {
        (Some(number), Some(waba)) => Ok((number, waba)),
        (None, _) => Err(Problem::invalid("phoneNumberId", "choose a number").into()),
        (_, None) => Err(Problem::invalid("businessAccountId", "enter the WABA ID").into()),
    }
}

fn findings(facts: &TokenFacts, proof: &Proof, waba: &WabaId, number: &PhoneNumberId, display: &str) -> Findings {
    let reading = proof.number.as_ref().map(|(_, reading)| reading);
    let status = reading.and_then(|reading| reading.status.clone());
    let connected = status.as_deref() == Some("CONNECTED");
    let verified = reading.and_then(|reading| reading.code_verification_status.as_deref()) == Some("VERIFIED");
    let choice = NumberChoice {
        id: number.clone(),
        display_number: display.to_owned(),
        verified_name: reading.and_then(|reading| reading.verified_name.clone()),
        // What could not be read is taken as verified: Meta says otherwise when registering.
        verified: connected || verified || reading.is_none(),
        status,
        on_business_app: reading.and_then(|reading| reading.on_business_app).unwrap_or(false),
        taken: None,
    };
    Findings {
        token: Some(facts.clone()),
        waba: Some(waba.clone()),
        numbers: vec![choice],
        number: Some(number.clone()),
        ..Findings::default()
    }
}

async fn start_run(
    services: &Services,
    actor: &Actor,
    user: Option<&UserId>,
    entry: &Entry,
    connection: &ConnectionId,
    findings: Findings,
) -> Result<SignupId, Failure> {
    let at = services.clock.now();
    let taken = [Step::SignedIn, Step::GotToken, Step::FoundNumber, Step::Saved];
    let steps = taken.map(|step| StepRecord { step, at, outcome: StepOutcome::Done { note: None } });
    // A run belongs to a person, who can answer what it asks: for a program, to an admin of the workspace.
    let user = match user {
        Some(user) => user.clone(),
        None => services.store.first_admin(&actor.workspace).await?.ok_or_else(no_admin)?,
    };
    let run = RunByHand {
        workspace: &actor.workspace,
        user: &user,
        connection,
        token: &entry.token,
        steps: &steps,
        findings: &findings,
    };
    let id = services.store.add_run_by_hand(run).await?;
    let payload = json!({"actor": actor.name, "address": actor.address});
    services.store.add_job(NewJob { kind: JobKind::AdvanceSignup, subject: id.as_str(), payload }).await?;
    super::wait::for_signup(services, &id).await?;
    Ok(id)
}

fn unknown_facts() -> TokenFacts {
    TokenFacts {
        kind: TokenKind::Unknown,
        app_id: None,
        user_id: None,
        issued_at: None,
        expires_at: None,
        data_access_ends_at: None,
        scopes: Vec::new(),
        granular_scopes: Vec::new(),
    }
}

pub(super) fn other_number() -> Problem {
    Problem::new(
        "other_number",
        "A connection keeps its number: this Phone Number ID is another one.",
        "",
        "Add the other number as a connection of its own.",
    )
}

fn elsewhere() -> Problem {
    Problem::new(
        "connected_elsewhere",
        "This number is connected in another workspace here.",
        "A number can be connected once in this installation.",
        "Disconnect it there first.",
    )
}

pub(super) fn no_admin() -> Problem {
    Problem::new("no_admin", "This workspace has no admin.", "", "Add one with `greentick user add`.")
}
