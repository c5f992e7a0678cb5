//! The deletion of one person's data.

pub use crate::domain::erasure::{Erasure, ErasureAnswer, ErasureQuestion, PersonalDataPage};
use crate::domain::problem::Problem;
use leptos::prelude::*;
#[cfg(feature = "ssr")]
use {super::gate, crate::server::operations::erase_person};

#[server(prefix = "/_fn", endpoint = "find_personal_data")]
pub async fn find_personal_data() -> Result<PersonalDataPage, Problem> {
    gate::answer(async {
        let (services, who) = (gate::services()?, gate::admin()?);
        Ok(erase_person::show_personal_data(&services, &who.user.workspace).await?)
    })
    .await
}
