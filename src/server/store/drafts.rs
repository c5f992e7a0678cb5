//! What was typed into the form for credentials: sealed as a whole, for one browser session, for half an hour.

use super::jobs::insert_job;
use super::{JobKind, NewJob, Result, Store, new_id};
use crate::domain::entry::DRAFT_LIFETIME;
use crate::domain::ids::{ConnectionId, DraftId, WorkspaceId, is_id};
use crate::domain::instant::Instant;
use crate::server::vault::Place;
use secrecy::SecretString;
use serde_json::Value;

/// Whose draft it is.
#[derive(Clone, Copy)]
pub struct DraftOwner<'a> {
    pub workspace: &'a WorkspaceId,
    pub session_hash: &'a str,
    /// The connection that is edited; `None` for a new number.
    pub connection: Option<&'a ConnectionId>,
}

/// A draft as it was last written.
pub struct StoredDraft {
    pub workspace: WorkspaceId,
    pub connection: Option<ConnectionId>,
    pub data: SecretString,
    /// When it was typed; also what a late answer about an earlier text is told by.
    pub at: Instant,
}

fn place(id: &str) -> Place<'_> {
    Place("drafts", "data", id)
}

type Row = (String, Option<String>, Vec<u8>, i64);

impl Store {
    /// Keeps what was typed, in place of the draft `id` where there is one, together with the job that judges it, which
    /// gets `payload`.
    pub async fn put_draft(
        &self,
        owner: DraftOwner<'_>,
        id: Option<&DraftId>,
        data: &SecretString,
        payload: Value,
    ) -> Result<DraftId> {
        let now = self.now();
        let id = id.map_or_else(|| new_id(now), ToString::to_string);
        let sealed = self.vault.seal(place(&id), data)?;
        transaction!(self, tx => {
            sqlx::query("insert into drafts (id, workspace_id, session_hash, connection_id, data_sealed, updated_at) values ($1, $2, $3, $4, $5, $6) \
                on conflict (id) do update set data_sealed = excluded.data_sealed, \
                updated_at = case when drafts.updated_at >= excluded.updated_at then drafts.updated_at + 1 else excluded.updated_at end")
                .bind(&id).bind(owner.workspace.as_str()).bind(owner.session_hash).bind(owner.connection.map(ConnectionId::as_str))
                .bind(&sealed).bind(now.0).execute(&mut *tx).await?;
            let job = NewJob { kind: JobKind::JudgeEntry, subject: &id, payload };
            insert_job!(&mut *tx, job, now)?;
        });
        self.note_job();
        Ok(DraftId::new(id))
    }

    /// `None` when it is another's, or its time is over.
    pub async fn find_draft(&self, owner: DraftOwner<'_>, id: &DraftId) -> Result<Option<StoredDraft>> {
        if !is_id(id.as_str()) {
            return Ok(None);
        }
        let row: Option<Row> = read!(self, db => sqlx::query_as("select workspace_id, connection_id, data_sealed, updated_at from drafts \
            where id = $1 and workspace_id = $2 and session_hash = $3 and updated_at > $4")
            .bind(id.as_str()).bind(owner.workspace.as_str()).bind(owner.session_hash).bind(self.now().plus(-DRAFT_LIFETIME).0)
            .fetch_optional(db).await)?;
        let found = row.map(|row| self.opened(id, row)).transpose()?;
        Ok(found.filter(|draft| draft.connection.as_ref() == owner.connection))
    }

    /// For the job that judges it.
    pub async fn find_any_draft(&self, id: &DraftId) -> Result<Option<StoredDraft>> {
        let row: Option<Row> = read!(self, db => sqlx::query_as("select workspace_id, connection_id, data_sealed, updated_at from drafts where id = $1")
            .bind(id.as_str()).fetch_optional(db).await)?;
        row.map(|row| self.opened(id, row)).transpose()
    }

    fn opened(&self, id: &DraftId, (workspace, connection, sealed, at): Row) -> Result<StoredDraft> {
        Ok(StoredDraft {
            workspace: WorkspaceId::new(workspace),
            connection: connection.map(ConnectionId::new),
            data: self.vault.open(place(id.as_str()), &sealed)?,
            at: Instant(at),
        })
    }

    /// Writes down what came of it, unless something else was typed since `at`.
    pub async fn update_draft(&self, id: &DraftId, at: Instant, data: &SecretString) -> Result<()> {
        let sealed = self.vault.seal(place(id.as_str()), data)?;
        change!(self, db => sqlx::query("update drafts set data_sealed = $3 where id = $1 and updated_at = $2")
            .bind(id.as_str()).bind(at.0).bind(sealed).execute(db).await.map(|_| ()))?;
        Ok(())
    }

    pub async fn remove_draft(&self, id: &DraftId) -> Result<()> {
        change!(self, db => sqlx::query("delete from drafts where id = $1").bind(id.as_str()).execute(db).await.map(|_| ()))?;
        Ok(())
    }

    pub async fn purge_drafts(&self) -> Result<()> {
        let before = self.now().plus(-DRAFT_LIFETIME);
        change!(self, db => sqlx::query("delete from drafts where updated_at <= $1").bind(before.0).execute(db).await.map(|_| ()))?;
        Ok(())
    }
}
