//! Failures explained, and what is copied for those who help.

pub use crate::domain::explained::{Explained, ExplainedGroup, ExplainedPage};
use crate::domain::problem::Problem;
use leptos::prelude::*;
#[cfg(feature = "ssr")]
use {
    super::gate,
    crate::server::operations::{explain_errors, support_bundle},
    crate::server::session::{OwnedConnection, OwnedSignup},
};

/// All that is explained, or what of it a search finds.
#[server(prefix = "/_fn", endpoint = "search_errors")]
pub async fn search_errors(query: String) -> Result<ExplainedPage, Problem> {
    gate::answer(async {
        gate::viewer()?;
        Ok(explain_errors::search_errors(&query))
    })
    .await
}

#[server(prefix = "/_fn", endpoint = "find_error")]
pub async fn find_error(key: String) -> Result<Explained, Problem> {
    gate::answer(async {
        gate::viewer()?;
        Ok(explain_errors::explain_error(&key).ok_or_else(Problem::not_explained)?)
    })
    .await
}

/// Support and admin.
#[server(prefix = "/_fn", endpoint = "bundle_connection")]
pub async fn bundle_connection(connection: String) -> Result<String, Problem> {
    gate::answer(async {
        let (services, who) = (gate::services()?, gate::support()?);
        let OwnedConnection(stored) = OwnedConnection::to_check(&services.store, &who, &connection).await?;
        Ok(support_bundle::bundle_connection(&services, &stored).await?)
    })
    .await
}

/// Support and admin.
#[server(prefix = "/_fn", endpoint = "bundle_signup")]
pub async fn bundle_signup(signup: String) -> Result<String, Problem> {
    gate::answer(async {
        let (services, who) = (gate::services()?, gate::support()?);
        let OwnedSignup(signup) = OwnedSignup::to_help(&services.store, &who, &signup).await?;
        Ok(support_bundle::bundle_signup(&services, &signup))
    })
    .await
}
