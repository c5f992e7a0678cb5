//! Workspaces and the people in them.

use super::{Result, Store, StoreError, new_id};
use crate::domain::ids::{UserId, WorkspaceId};
use crate::domain::user::{Role, User};
use sqlx::FromRow;

/// The workspace that the first start makes.
const FIRST_WORKSPACE: &str = "default";

#[derive(FromRow)]
struct UserRow {
    id: String,
    workspace_id: String,
    email: String,
    name: String,
    role: String,
    demo: bool,
}

impl TryFrom<UserRow> for User {
    type Error = StoreError;
    fn try_from(row: UserRow) -> Result<Self> {
        Ok(Self {
            id: UserId::new(row.id),
            workspace: WorkspaceId::new(row.workspace_id),
            email: row.email,
            name: row.name,
            role: row.role.parse().map_err(StoreError::Damaged)?,
            demo: row.demo,
        })
    }
}

/// Somebody to be added. `password_hash` is `None` for the sandbox's accounts.
pub struct NewUser<'a> {
    pub workspace: &'a WorkspaceId,
    pub email: &'a str,
    pub name: &'a str,
    pub role: Role,
    pub password_hash: Option<&'a str>,
}

/// Addresses are compared without regard to case and surrounding space.
pub(super) fn normal_email(email: &str) -> String {
    email.trim().to_lowercase()
}

macro_rules! users {
    ($rest:literal) => {
        concat!("select id, workspace_id, email, name, role, demo from users ", $rest)
    };
}

impl Store {
    /// The workspace named, or the only one. `None` when there is none of that name, or several to choose from.
    pub async fn find_workspace(&self, slug: Option<&str>) -> Result<Option<WorkspaceId>> {
        let ids: Vec<String> = read!(self, db => match slug {
            Some(slug) => sqlx::query_scalar("select id from workspaces where slug = $1").bind(slug).fetch_all(db).await,
            None => sqlx::query_scalar("select id from workspaces limit 2").fetch_all(db).await,
        })?;
        let mut ids = ids.into_iter();
        Ok(match (ids.next(), ids.next()) {
            (Some(only), None) => Some(WorkspaceId::new(only)),
            _ => None,
        })
    }

    pub async fn workspace_name(&self, workspace: &WorkspaceId) -> Result<Option<String>> {
        Ok(read!(self, db => sqlx::query_scalar("select name from workspaces where id = $1")
            .bind(workspace.as_str()).fetch_optional(db).await)?)
    }

    /// Makes the workspace `default` unless there is one already.
    pub async fn ensure_workspace(&self, name: &str) -> Result<()> {
        if read!(self, db => sqlx::query_scalar::<_, i64>("select count(*) from workspaces").fetch_one(db).await)? == 0
        {
            self.add_workspace(FIRST_WORKSPACE, name).await?;
        }
        Ok(())
    }

    /// Adds a workspace; one of the same slug is left as it is.
    pub async fn add_workspace(&self, slug: &str, name: &str) -> Result<WorkspaceId> {
        let now = self.now();
        change!(self, db => sqlx::query("insert into workspaces (id, slug, name, created_at) values ($1, $2, $3, $4) on conflict (slug) do nothing")
            .bind(new_id(now)).bind(slug).bind(name).bind(now.0).execute(db).await.map(|_| ()))?;
        let id: String = change!(self, db => sqlx::query_scalar("select id from workspaces where slug = $1").bind(slug).fetch_one(db).await)?;
        Ok(WorkspaceId::new(id))
    }

    pub async fn has_users(&self) -> Result<bool> {
        let count: i64 = read!(self, db => sqlx::query_scalar("select count(*) from (select id from users limit 1) u").fetch_one(db).await)?;
        Ok(count > 0)
    }

    /// `None` when the address is taken.
    pub async fn add_user(&self, new: NewUser<'_>) -> Result<Option<User>> {
        self.insert_user(new, false).await
    }

    /// The very first user; `None` when there is somebody already, whoever came first.
    pub async fn add_first_user(&self, new: NewUser<'_>) -> Result<Option<User>> {
        self.insert_user(new, true).await
    }

    async fn insert_user(&self, new: NewUser<'_>, only_first: bool) -> Result<Option<User>> {
        let now = self.now();
        let user = User {
            id: UserId::new(new_id(now)),
            workspace: new.workspace.clone(),
            email: normal_email(new.email),
            name: new.name.trim().to_owned(),
            role: new.role,
            demo: new.password_hash.is_none(),
        };
        let added = transaction!(self, tx => {
            // One new account at a time: on Postgres two that look at once would both find nobody.
            sqlx::query("update workspaces set slug = slug").execute(&mut *tx).await?;
            let taken: i64 = sqlx::query_scalar("select count(*) from users where email = $1 or $2")
                .bind(&user.email).bind(only_first).fetch_one(&mut *tx).await?;
            if taken == 0 {
                sqlx::query("insert into users (id, workspace_id, email, name, role, password_hash, demo, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8)")
                    .bind(user.id.as_str()).bind(user.workspace.as_str()).bind(&user.email).bind(&user.name)
                    .bind(user.role.as_str()).bind(new.password_hash).bind(user.demo).bind(now.0)
                    .execute(&mut *tx).await?;
            }
            taken == 0
        });
        Ok(added.then_some(user))
    }

    pub async fn find_user(&self, id: &UserId) -> Result<Option<User>> {
        let row: Option<UserRow> = read!(self, db => sqlx::query_as(users!("where id = $1"))
            .bind(id.as_str()).fetch_optional(db).await)?;
        row.map(User::try_from).transpose()
    }

    pub async fn find_user_by_email(&self, email: &str) -> Result<Option<User>> {
        let row: Option<UserRow> = read!(self, db => sqlx::query_as(users!("where email = $1"))
            .bind(normal_email(email)).fetch_optional(db).await)?;
        row.map(User::try_from).transpose()
    }

    pub async fn password_hash(&self, user: &UserId) -> Result<Option<String>> {
        let hash: Option<Option<String>> = read!(self, db => sqlx::query_scalar("select password_hash from users where id = $1")
            .bind(user.as_str()).fetch_optional(db).await)?;
        Ok(hash.flatten())
    }

    /// By name, everybody of a workspace.
    pub async fn list_users(&self, workspace: &WorkspaceId) -> Result<Vec<User>> {
        let rows: Vec<UserRow> = read!(self, db => sqlx::query_as(users!("where workspace_id = $1 order by name, id"))
            .bind(workspace.as_str()).fetch_all(db).await)?;
        rows.into_iter().map(User::try_from).collect()
    }

    /// The sandbox's accounts, admin first.
    pub async fn list_demo_users(&self) -> Result<Vec<User>> {
        let rows: Vec<UserRow> = read!(self, db => sqlx::query_as(users!("where demo order by role, name"))
            .fetch_all(db).await)?;
        rows.into_iter().map(User::try_from).collect()
    }

    pub async fn update_role(&self, user: &UserId, role: Role) -> Result<()> {
        change!(self, db => sqlx::query("update users set role = $2 where id = $1")
            .bind(user.as_str()).bind(role.as_str()).execute(db).await.map(|_| ()))?;
        Ok(())
    }

    /// Sets a new password and ends every session of that person.
    pub async fn update_password(&self, user: &UserId, password_hash: &str) -> Result<()> {
        transaction!(self, tx => {
            sqlx::query("update users set password_hash = $2 where id = $1")
                .bind(user.as_str()).bind(password_hash).execute(&mut *tx).await?;
            sqlx::query("delete from sessions where user_id = $1").bind(user.as_str()).execute(&mut *tx).await?;
        });
        Ok(())
    }
}
