//! Settings › Meta app: the installation's own app at Meta.

pub use crate::domain::pages::{AppCheck, MetaAppAnswer, MetaAppPage, Setting};
use crate::domain::problem::Problem;
use leptos::prelude::*;
#[cfg(feature = "ssr")]
use {super::gate, crate::server::operations};

#[server(prefix = "/_fn", endpoint = "find_meta_app")]
pub async fn find_meta_app() -> Result<MetaAppPage, Problem> {
    gate::answer(async {
        let (services, who) = (gate::services()?, gate::admin()?);
        Ok(operations::meta_app::show_meta_app(&services, &who.user.workspace).await?)
    })
    .await
}
