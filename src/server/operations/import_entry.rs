//! Imports the number whose credentials stand in the environment: once, and again when its token changes.

use super::prove_entry::{Entry, Proof, prove_entry};
use super::save_entry::save_entry;
use super::settings::with_only_choice;
use super::{Failure, Services};
use crate::domain::ids::WorkspaceId;
use crate::server::config::Entered;
use crate::server::store::{Actor, StoredConnection};

/// What came of it, in one line for the log. Holds no token.
#[derive(Debug, PartialEq, Eq)]
pub enum Imported {
    /// The token is the one that was looked at the last time.
    Unchanged,
    Added(String),
    Replaced(String),
    /// Another way has connected the number before: whoever did that decides about it.
    NotOurs(String),
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
    let imported_before = store.imported_connection().await?;
    if let Some(stored) = &existing
        && imported_before.as_ref() != Some(&stored.connection.id)
    {
        return Ok(Imported::NotOurs(stored.connection.display_number.clone()));
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
    let stored = store.find_any_connection(&saved.connection).await?;
    let told = stored.map(|stored: StoredConnection| stored.connection.display_number).unwrap_or_default();
    Ok(if existing.is_some() { Imported::Replaced(told) } else { Imported::Added(told) })
}

fn why(proof: &Proof) -> String {
    if let Some(problem) = &proof.unreachable {
        return problem.to_string();
    }
    if let Some(objection) = proof.objections.first() {
        return objection.problem.to_string();
    }
    let named = proof.choices.iter().map(|choice| format!("{} ({})", choice.number.id, choice.number.display_number));
    let named: Vec<String> = named.collect();
    format!("Set WHATSAPP_PHONE_NUMBER_ID: the token reaches {}.", named.join(", "))
}
