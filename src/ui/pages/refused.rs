//! A whole page that says what went wrong with another request: the server puts the Problem into the context. Without
//! one, nothing answers the address.

use crate::domain::problem::Problem;
use crate::ui::layouts::loaded::loaded;
use leptos::prelude::*;

#[component]
pub fn RefusedPage() -> impl IntoView {
    let problem = use_context::<Problem>().unwrap_or_else(Problem::not_found);
    loaded(async move { Err::<(), _>(problem) }, |(), _| ())
}
