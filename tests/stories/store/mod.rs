//! What is kept, told on both databases.

mod connections;
mod jobs;
mod people;
mod sealing;
mod signups;

use crate::support::{Database, Kind};
use greentick::domain::connection::{Action, Activity, Outcome};
use greentick::domain::credential::{GranularScope, NEEDED_SCOPES, Origin, TokenFacts, TokenKind};
use greentick::domain::ids::{ConnectionId, CredentialId, PhoneNumberId, WabaId, WorkspaceId};
use greentick::server::clock::Clock;
use greentick::server::store::{JobKind, NewConnection, NewCredential, NewJob, Store};
use serde_json::json;

/// A store with one workspace.
struct Room {
    store: Store,
    clock: Clock,
    workspace: WorkspaceId,
    database: Database,
}

impl Room {
    async fn open(kind: Kind) -> Self {
        let (database, clock) = (Database::fresh(kind).await, Clock::system());
        let store = database.open(&clock).await;
        let workspace = store.find_workspace(None).await.unwrap().unwrap();
        Self { store, clock, workspace, database }
    }

    async fn credential(&self, workspace: &WorkspaceId, waba: &str, token: &str) -> CredentialId {
        let new = NewCredential {
            workspace,
            waba: &WabaId::new(waba),
            business: None,
            origin: Origin::Signup,
            token: &token.into(),
            facts: &facts(),
        };
        self.store.put_credential(new).await.unwrap()
    }

    async fn number(&self, credential: &CredentialId, waba: &str, id: &str, name: &str) -> ConnectionId {
        let number = format!("+1 631-555-{}", &id[id.len() - 4..]);
        let new = NewConnection {
            workspace: &self.workspace,
            credential,
            phone_number_id: &PhoneNumberId::new(id),
            waba: &WabaId::new(waba),
            business: None,
            app_id: None,
            display_number: &number,
            verified_name: Some(name),
        };
        self.store.put_connection(new).await.unwrap().expect("the number is free")
    }

    /// `false` when it was disconnected already.
    async fn disconnect(&self, id: &ConnectionId) -> bool {
        let activity = Activity { action: Action::Disconnect, started_at: self.clock.now(), outcome: Outcome::Running };
        let job = NewJob { kind: JobKind::ReleaseNumber, subject: id.as_str(), payload: json!({}) };
        self.store.disconnect(id, &activity, job).await.unwrap()
    }
}

fn facts() -> TokenFacts {
    let granted = |scope: &str| GranularScope { scope: scope.to_owned(), target_ids: Some(vec!["104".to_owned()]) };
    TokenFacts {
        kind: TokenKind::PermanentSystemUser,
        app_id: Some("810".to_owned()),
        user_id: None,
        issued_at: None,
        expires_at: None,
        data_access_ends_at: None,
        scopes: NEEDED_SCOPES.map(str::to_owned).to_vec(),
        granular_scopes: NEEDED_SCOPES.map(granted).to_vec(),
    }
}
