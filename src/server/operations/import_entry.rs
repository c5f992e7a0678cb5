//! Imports the number whose credentials stand in the environment: once, and again when its token changes.

use super::prove_entry::{Entry, Proof, prove_entry};
use super::save_entry::save_entry;
use super::settings::with_only_choice;
use super::{Failure, Services};
use crate::domain::connection::Lifecycle;
use crate::domain::ids::{ConnectionId, WorkspaceId};
use crate::server::config::Entered;
use crate::server::store::{Actor, StoredConnection};
use secrecy::{ExposeSecret, SecretString};

/// What came of it, for one line of output: ids, no token and no phone number.
#[derive(Debug, PartialEq, Eq)]
pub enum Imported {
    /// The token is the one that was looked at the last time.
    Unchanged,
    Added(ConnectionId),
    Replaced(ConnectionId),
    /// Somebody has connected the number in another way, or disconnected it: they decide about it.
    NotOurs(ConnectionId),
    /// Tried again at the next start.
    Refused(String),
}

/// Proves first, saves then: a token that does not prove itself changes nothing.
pub async fn import_entry(
    services: &Services,
    workspace: &WorkspaceId,
    entered: &Entered,
) -> Result<Imported, Failure> {
    let store = &services.store;
    if store.is_imported_token(&entered.token).await? {
        return Ok(Imported::Unchanged);
    }
    let entry = Entry {
        name: None,
        phone_number_id: entered.phone_number_id.clone(),
        waba: entered.waba.clone(),
        token: entered.token.clone(),
        app_id: None,
        app_secret: None,
        verify_token: None,
        api_version: None,
    };
    let mut proof = prove_entry(services, &entry).await;
    let entry = with_only_choice(services, entry, &mut proof).await;
    let number = proof.number.as_ref().map(|(id, _)| id.clone()).or_else(|| entry.phone_number_id.clone());
    let existing = match &number {
        Some(number) => store.find_by_phone_number_id(number).await?,
        None => None,
    };
    if let Some(stored) = &existing {
        let id = &stored.connection.id;
        if holds(services, stored, &entered.token).await? {
            // Killed between saving and noting it, or connected with this very token in another way.
            store.put_imported(id, &entered.token).await?;
            return Ok(Imported::Unchanged);
        }
        let ours = store.imported_connection().await?.as_ref() == Some(id);
        if !ours || stored.connection.lifecycle == Lifecycle::Disconnected {
            return Ok(Imported::NotOurs(id.clone()));
        }
    }
    if !proof.holds() {
        return Ok(Imported::Refused(why(&proof)));
    }
    let actor = Actor { workspace: workspace.clone(), user: None, name: "environment".to_owned(), address: None };
    let saved = match save_entry(services, &actor, None, &entry, &proof, existing.as_ref()).await {
        Ok(saved) => saved,
        Err(Failure::Shown(problem)) => return Ok(Imported::Refused(problem.to_string())),
        Err(failure) => return Err(failure),
    };
    store.put_imported(&saved.connection, &entered.token).await?;
    Ok(if existing.is_some() { Imported::Replaced(saved.connection) } else { Imported::Added(saved.connection) })
}

async fn holds(services: &Services, stored: &StoredConnection, token: &SecretString) -> Result<bool, Failure> {
    let held = services.store.open_token(&stored.credential.id).await?;
    Ok(held.is_some_and(|held| held.expose_secret() == token.expose_secret()))
}

fn why(proof: &Proof) -> String {
    if let Some(problem) = &proof.unreachable {
        return problem.to_string();
    }
    if let Some(objection) = proof.objections.first() {
        return objection.problem.to_string();
    }
    let named: Vec<&str> = proof.choices.iter().map(|choice| choice.number.id.as_str()).collect();
    format!("Set WHATSAPP_PHONE_NUMBER_ID: the token reaches {}.", named.join(", "))
}
