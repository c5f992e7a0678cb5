//! Failures explained, and what is copied for those who help.

pub use crate::domain::explained::{Explained, ExplainedGroup, ExplainedPage};
use crate::domain::problem::Problem;
use leptos::prelude::*;
#[cfg(feature = "ssr")]
use {
    super::gate,
    crate::server::boundary::Boundary,
    crate::server::operations::{explain_errors, support_bundle},
    crate::server::session::{OwnedConnection, OwnedSignup},
};

/// All that is explained, or what of it a search finds.
#[server(prefix = "/_fn", endpoint = "search_errors")]
pub async fn search_errors(query: String) -> Result<ExplainedPage, Problem> {
    let found = || {
        gate::viewer()?;
        Ok(explain_errors::search_errors(&query))
    };
    found().map_err(|failure: Boundary| gate::told(failure))
}

#[server(prefix = "/_fn", endpoint = "find_error")]
pub async fn find_error(key: String) -> Result<Explained, Problem> {
    let found = || {
        gate::viewer()?;
        Ok(explain_errors::explain_error(&key).ok_or_else(Problem::not_explained)?)
    };
    found().map_err(|failure: Boundary| gate::told(failure))
}

/// Support and admin.
#[server(prefix = "/_fn", endpoint = "bundle_connection")]
pub async fn bundle_connection(connection: String) -> Result<String, Problem> {
    async {
        let (services, who) = (gate::services()?, gate::support()?);
        let OwnedConnection(stored) = OwnedConnection::to_check(&services.store, &who, &connection).await?;
        Ok(support_bundle::bundle_connection(&services, &stored).await?)
    }
    .await
    .map_err(|failure: Boundary| gate::told(failure))
}

/// Support and admin.
#[server(prefix = "/_fn", endpoint = "bundle_signup")]
pub async fn bundle_signup(signup: String) -> Result<String, Problem> {
    async {
        let (services, who) = (gate::services()?, gate::support()?);
        let OwnedSignup(signup) = OwnedSignup::to_help(&services.store, &who, &signup).await?;
        Ok(support_bundle::bundle_signup(&services, &signup))
    }
    .await
    .map_err(|failure: Boundary| gate::told(failure))
}
