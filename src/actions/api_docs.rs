//! The API's contract, for its page.

#[cfg(feature = "ssr")]
use super::gate;
pub use crate::domain::api_docs::{ApiDocs, DocAnswer, DocField, DocGroup, DocOperation};
use crate::domain::problem::Problem;
use leptos::prelude::*;

#[server(name = ReadApiDocs, prefix = "/_fn", endpoint = "api_docs")]
pub async fn api_docs() -> Result<ApiDocs, Problem> {
    gate::app().map(|app| ApiDocs::of(&app.contract)).map_err(gate::told)
}
