//! Saves credentials that were entered by hand, once they are proven, and runs the remaining steps of a signup for them.

use super::check_connection::request_check;
use super::prove_entry::{Entry, Proof};
use super::{Failure, Services};
use crate::domain::connection::{Connection, Lifecycle};
use crate::domain::credential::{Credential, Origin, TokenFacts, TokenKind, TokenState};
use crate::domain::health::{NumberReading, is_registered};
use crate::domain::ids::{BusinessId, ConnectionId, PhoneNumberId, SignupId, UserId, WabaId};
use crate::domain::problem::Problem;
use crate::domain::signup::{Findings, NumberChoice, Step, StepOutcome, StepRecord};
use crate::server::store::{
    Actor, EntrySaved, Guard, JobKind, NewCredential, NewEntry, NewJob, RunByHand, StoredConnection,
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

/// What saving led to.
pub struct Saved {
    pub connection: ConnectionId,
    /// The run that goes on in the background; `None` where the number was already in use and only its credentials changed.
    pub run: Option<SignupId>,
    pub created: bool,
}

/// Saves an entry and waits a moment for what follows. `proof` may have failed: whoever calls has been asked twice by then.
/// `existing` is the connection that is edited: the caller has made sure that nobody else has changed it meanwhile. Where
/// there was none, it is a problem when the number is in use by now.
pub async fn save_entry(
    services: &Services,
    actor: &Actor,
    user: Option<&UserId>,
    entry: &Entry,
    proof: &Proof,
    existing: Option<&StoredConnection>,
) -> Result<Saved, Failure> {
    let guard = if existing.is_some() { Guard::Nothing } else { Guard::Unused };
    let saved = write_entry(services, actor, user, entry, proof, existing, guard).await?;
    if let Some(run) = &saved.run {
        super::wait::for_signup(services, run).await?;
    }
    Ok(saved)
}

/// The same, without waiting, and only while the guard holds.
pub async fn write_entry(
    services: &Services,
    actor: &Actor,
    user: Option<&UserId>,
    entry: &Entry,
    proof: &Proof,
    existing: Option<&StoredConnection>,
    guard: Guard,
) -> Result<Saved, Failure> {
    let (number, waba) = ids(entry, proof, existing)?;
    if existing.is_some_and(|stored| stored.connection.phone_number_id != number) {
        return Err(other_number().into());
    }
    let store = &services.store;
    let holder = store.find_by_phone_number_id(&number).await?;
    let holder = holder.filter(|holder| holder.connection.workspace == actor.workspace);
    let present = match existing.filter(|stored| proof.token_kept && stored.credential.waba == waba) {
        Some(stored) => Some(&stored.credential),
        None => present_token(services, entry, holder.as_ref()).await?,
    };
    let facts = proof.facts.clone().or_else(|| present.map(|held| held.facts.clone())).unwrap_or_else(unknown_facts);
    let owner = proof.waba.as_ref().and_then(|(_, reading)| reading.business_id.clone()).map(BusinessId::new);
    let reading = proof.number.as_ref().map(|(_, reading)| reading);
    let known = holder.as_ref().map(|holder| &holder.connection);
    let display = display_number(reading, known, &number);
    let verified_name = reading.and_then(|reading| reading.verified_name.as_deref());
    let app_id = proof.app.as_ref().map(|app| app.id.as_str()).or(facts.app_id.as_deref()).or(entry.app_id.as_deref());
    let verify_token = verify_token(entry, proof, known);
    let new = NewEntry {
        credential: NewCredential {
            workspace: &actor.workspace,
            waba: &waba,
            business: owner.as_ref(),
            origin: present.map_or(Origin::ByHand, |held| held.origin),
            token: &entry.token,
            facts: &facts,
        },
        token_state: token_state(proof, present),
        phone_number_id: &number,
        display_number: &display,
        verified_name: verified_name.or_else(|| known.and_then(|known| known.verified_name.as_deref())),
        name: entry.name.as_deref(),
        api_version: entry.api_version.as_deref(),
        own_app: proof.own_app,
        app_id,
        app_secret: proven_secret(entry, proof, app_id),
        verify_token: verify_token.as_ref(),
        guard,
    };
    let id = written(store.save_entry(new).await?, existing.is_some())?;
    if proof.holds() {
        store.note_access_granted(&id).await?;
    }
    let before = holder.as_ref().map(|stored| json!({"token": stored.credential.last_four}));
    let after = json!({"number": number, "waba": waba, "proven": proof.holds()});
    store.add_audit(actor, "settings_saved", Some(&id), before, Some(after)).await?;
    let run = if known.is_some_and(|known| known.lifecycle == Lifecycle::Active) {
        let stored = store.find_connection(&actor.workspace, &id).await?.ok_or_else(Problem::not_found)?;
        request_check(services, &stored).await?;
        None
    } else {
        Some(start_run(services, actor, user, entry, &id, findings(&facts, proof, &waba, &number, &display)).await?)
    };
    Ok(Saved { connection: id, run, created: existing.is_none() })
}

/// As Meta writes it; else as it was written before.
fn display_number(reading: Option<&NumberReading>, known: Option<&Connection>, number: &PhoneNumberId) -> String {
    let told = reading.map(|reading| reading.display_phone_number.clone());
    told.or_else(|| known.map(|known| known.display_number.clone())).unwrap_or_else(|| format!("Number {number}"))
}

/// The credential in use, when the very same token was entered once more: it stays what it was.
async fn present_token<'a>(
    services: &Services,
    entry: &Entry,
    holder: Option<&'a StoredConnection>,
) -> Result<Option<&'a Credential>, Failure> {
    let Some(holder) = holder else { return Ok(None) };
    let held = services.store.open_token(&holder.credential.id).await?;
    let same = held.is_some_and(|held| held.expose_secret() == entry.token.expose_secret());
    Ok(same.then_some(&holder.credential))
}

/// Where Meta said nothing of a token that is in use, it stays what it was.
fn token_state(proof: &Proof, present: Option<&Credential>) -> TokenState {
    match (proof.token_refused, &proof.facts, present) {
        (true, ..) => TokenState::Dead,
        (false, None, Some(present)) => present.state,
        _ => TokenState::Valid,
    }
}

/// A secret that Meta has refused would spoil every call: its proof is sent along.
fn proven_secret<'a>(entry: &'a Entry, proof: &Proof, app_id: Option<&str>) -> Option<&'a SecretString> {
    let proven = proof.app.as_ref().is_some_and(|app| entry.app_id.as_deref() == Some(app.id.as_str()));
    let untold = proof.unreachable.is_some() && entry.app_id.as_deref() == app_id;
    entry.app_secret.as_ref().filter(|_| proven || untold)
}

/// As entered; an app of the business's own gets one made where none was.
fn verify_token(entry: &Entry, proof: &Proof, known: Option<&Connection>) -> Option<SecretString> {
    let has_one = known.is_some_and(|known| known.has_verify_token);
    let made = || rand::random::<[u8; 16]>().iter().map(|byte| format!("{byte:02x}")).collect::<String>().into();
    entry.verify_token.clone().or_else(|| (proof.own_app && !has_one).then(made))
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
    let connected = is_registered(status.as_deref());
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

pub(super) fn number_in_use() -> Problem {
    Problem::new(
        "number_in_use",
        "This number is connected here already.",
        "A number can be connected once in this installation.",
        "Open it in the list and press Credentials to change its token.",
    )
}

fn written(saved: EntrySaved, edits: bool) -> Result<ConnectionId, Problem> {
    match saved {
        EntrySaved::Saved(id) => Ok(id),
        EntrySaved::Elsewhere => Err(elsewhere()),
        EntrySaved::Changed if edits => Err(changed_meanwhile()),
        EntrySaved::Changed => Err(number_in_use()),
    }
}

pub(super) fn changed_meanwhile() -> Problem {
    Problem::new(
        "changed_meanwhile",
        "The settings were changed by somebody else meanwhile.",
        "",
        "Read them again, then repeat your change.",
    )
}

pub(super) fn elsewhere() -> Problem {
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
