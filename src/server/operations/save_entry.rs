//! Saves credentials that were entered by hand, once they are proven, and runs the remaining steps of a signup for them.

use super::check_connection::request_check;
use super::prove_entry::{Entry, Proof};
use super::{Failure, Services};
use crate::domain::connection::{Connection, Lifecycle};
use crate::domain::credential::{Credential, Origin, TokenFacts, TokenKind, TokenState};
use crate::domain::health::{NumberReading, is_registered};
use crate::domain::ids::{BusinessId, ConnectionId, PhoneNumberId, SignupId, UserId, WabaId, WorkspaceId};
use crate::domain::instant::Instant;
use crate::domain::problem::Problem;
use crate::domain::signup::{Findings, NumberChoice, Step, StepOutcome, StepRecord};
use crate::server::store::{Actor, EntrySaved, Guard, NewCredential, NewEntry, RunByHand, StoredConnection};
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
    let kept = existing.map(|stored| &stored.credential).filter(|held| proof.token_kept && held.waba == waba);
    let present = match kept {
        Some(kept) => Some(kept),
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
    let in_use = known.is_some_and(|known| known.lifecycle == Lifecycle::Active);
    let runner = if in_use { None } else { Some(runner(services, actor, user).await?) };
    let steps = steps(services.clock.now());
    let findings = findings(&facts, proof, &waba, &number, &display);
    let asked_by = json!({"actor": actor.name, "address": actor.address});
    let new = NewEntry {
        credential: NewCredential {
            workspace: &actor.workspace,
            waba: &waba,
            business: owner.as_ref(),
            origin: present.map_or(Origin::ByHand, |held| held.origin),
            token: &entry.token,
            facts: &facts,
        },
        kept,
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
        run: runner.as_ref().map(|user| RunByHand { user, steps: &steps, findings: &findings, asked_by }),
    };
    let (id, run) = written(store.save_entry(new).await?, existing.is_some())?;
    if proof.holds() {
        store.note_access_granted(&id).await?;
    }
    let after = json!({"number": number, "waba": waba, "proven": proof.holds()});
    conclude(services, actor, &id, holder.as_ref(), after, run.is_none()).await?;
    Ok(Saved { connection: id, run, created: existing.is_none() })
}

/// Writes down who saved, and has a number that is in use looked at: one with a run is checked at its end.
async fn conclude(
    services: &Services,
    actor: &Actor,
    id: &ConnectionId,
    before: Option<&StoredConnection>,
    after: serde_json::Value,
    in_use: bool,
) -> Result<(), Failure> {
    let before = before.map(|stored| json!({"token": stored.credential.last_four}));
    services.store.add_audit(actor, "settings_saved", Some(id), before, Some(after)).await?;
    if in_use {
        let stored = services.store.find_connection(&actor.workspace, id).await?.ok_or_else(Problem::not_found)?;
        request_check(services, &stored).await?;
    }
    Ok(())
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

/// Whether saving would put another token in the place of one that numbers in use work with: the connection's own, or the one
/// that all numbers of the account share.
pub(super) async fn replaces_a_working_token(
    services: &Services,
    workspace: &WorkspaceId,
    entry: &Entry,
    proof: &Proof,
    existing: Option<&StoredConnection>,
) -> Result<bool, Failure> {
    let own = existing.filter(|stored| stored.connection.lifecycle == Lifecycle::Active);
    let shared = match waba(entry, proof, existing) {
        Some(waba) => services.store.find_credential_in_use(workspace, &waba).await?,
        None => None,
    };
    let now = services.clock.now();
    for held in own.map(|stored| &stored.credential).into_iter().chain(&shared).filter(|held| !held.is_dead(now)) {
        let token = services.store.open_token(&held.id).await?;
        if token.is_none_or(|token| token.expose_secret() != entry.token.expose_secret()) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The account that the token is written down for.
fn waba(entry: &Entry, proof: &Proof, existing: Option<&StoredConnection>) -> Option<WabaId> {
    let proven = proof.waba.as_ref().map(|(id, _)| id.clone());
    proven.or_else(|| entry.waba.clone()).or_else(|| existing.map(|stored| stored.connection.waba.clone()))
}

fn ids(entry: &Entry, proof: &Proof, existing: Option<&StoredConnection>) -> Result<(PhoneNumberId, WabaId), Failure> {
    let stored = existing.map(|stored| &stored.connection);
    let proven = proof.number.as_ref().map(|(id, _)| id.clone());
    let number = proven.or_else(|| entry.phone_number_id.clone()).or_else(|| stored.map(|c| c.phone_number_id.clone()));
    match (number, waba(entry, proof, existing)) {
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

/// What an entry has behind it as it is saved.
fn steps(at: Instant) -> Vec<StepRecord> {
    let taken = [Step::SignedIn, Step::GotToken, Step::FoundNumber, Step::Saved];
    taken.into_iter().map(|step| StepRecord { step, at, outcome: StepOutcome::Done { note: None } }).collect()
}

/// A run belongs to a person, who can answer what it asks: for a program, to an admin of the workspace.
async fn runner(services: &Services, actor: &Actor, user: Option<&UserId>) -> Result<UserId, Failure> {
    match user {
        Some(user) => Ok(user.clone()),
        None => Ok(services.store.first_admin(&actor.workspace).await?.ok_or_else(no_admin)?),
    }
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

fn written(saved: EntrySaved, edits: bool) -> Result<(ConnectionId, Option<SignupId>), Problem> {
    match saved {
        EntrySaved::Saved { connection, run } => Ok((connection, run)),
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
