//! Permission as types. A handler that never asked for an [`OwnedConnection`] cannot touch a connection, and only an
//! [`Admin`] can ask for one to change.

use super::Address;
use crate::domain::ids::{ConnectionId, SignupId};
use crate::domain::problem::Problem;
use crate::domain::signup::Signup;
use crate::domain::user::{Role, User};
use crate::server::boundary::Boundary;
use crate::server::store::{Actor, Store, StoredConnection};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use std::ops::Deref;

/// Whoever is logged in, put into the request by `identify`.
#[derive(Debug, Clone)]
pub struct CurrentUser {
    pub user: User,
    pub address: Address,
}

/// Hash of the browser session's id: what a signup is bound to.
#[derive(Debug, Clone)]
pub struct SessionHash(pub String);

impl CurrentUser {
    /// As operations and the audit trail know whoever acts.
    pub fn actor(&self) -> Actor {
        Actor {
            workspace: self.user.workspace.clone(),
            user: Some(self.user.id.clone()),
            name: self.user.name.clone(),
            address: Some(self.address.to_string()),
        }
    }
}

macro_rules! role {
    ($(#[$doc:meta])* $name:ident, $least:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub struct $name(CurrentUser);

        impl Deref for $name {
            type Target = CurrentUser;
            fn deref(&self) -> &CurrentUser {
                &self.0
            }
        }

        impl $name {
            /// From a request that `identify` has seen.
            pub fn of(parts: &Parts) -> Result<Self, Boundary> {
                let user = parts.extensions.get::<CurrentUser>();
                let user = user.ok_or_else(Problem::sign_in_needed)?;
                if user.user.role < $least {
                    return Err(Problem::not_allowed($least.as_str()).into());
                }
                Ok(Self(user.clone()))
            }
        }

        impl<S: Sync> FromRequestParts<S> for $name {
            type Rejection = Boundary;
            async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Boundary> {
                Self::of(parts)
            }
        }
    };
}

role!(/// Anybody who is logged in.
    Viewer, Role::Viewer);
role!(/// May see and copy everything but secrets.
    Support, Role::Support);
role!(/// May connect, refresh and disconnect.
    Admin, Role::Admin);

/// A connection of the asker's own workspace.
#[derive(Debug)]
pub struct OwnedConnection(pub StoredConnection);

impl OwnedConnection {
    /// For looking. A connection of another workspace does not exist here.
    pub async fn to_see(store: &Store, who: &Viewer, id: &str) -> Result<Self, Boundary> {
        Self::find(store, who, id).await
    }

    /// For asking Meta about it.
    pub async fn to_check(store: &Store, who: &Support, id: &str) -> Result<Self, Boundary> {
        Self::find(store, who, id).await
    }

    /// For changing.
    pub async fn to_change(store: &Store, who: &Admin, id: &str) -> Result<Self, Boundary> {
        Self::find(store, who, id).await
    }

    async fn find(store: &Store, who: &CurrentUser, id: &str) -> Result<Self, Boundary> {
        let found = store.find_connection(&who.user.workspace, &ConnectionId::new(id)).await?;
        Ok(Self(found.ok_or_else(Problem::not_found)?))
    }
}

/// A signup of the asker's own workspace.
#[derive(Debug)]
pub struct OwnedSignup(pub Signup);

impl OwnedSignup {
    /// For helping: what is known of it, not its answers.
    pub async fn to_help(store: &Store, who: &Support, id: &str) -> Result<Self, Boundary> {
        Self::find(store, who, id).await
    }

    pub async fn to_change(store: &Store, who: &Admin, id: &str) -> Result<Self, Boundary> {
        Self::find(store, who, id).await
    }

    async fn find(store: &Store, who: &CurrentUser, id: &str) -> Result<Self, Boundary> {
        let found = store.find_signup(&who.user.workspace, &SignupId::new(id)).await?;
        Ok(Self(found.ok_or_else(Problem::not_found)?))
    }
}
