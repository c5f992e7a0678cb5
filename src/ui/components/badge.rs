//! The one word that sums a connection up: a dot and a word.

use crate::domain::connection::Badge as State;
use leptos::prelude::*;

#[component]
pub fn Badge(state: State) -> impl IntoView {
    view! {
        <span class=format!("badge {}", state.tone().as_str()) data-badge=state.as_str()>
            <svg class="dot" viewBox="0 0 8 8" width="8" height="8" aria-hidden="true" focusable="false">
                <circle cx="4" cy="4" r="4"></circle>
            </svg>
            {state.words()}
        </span>
    }
}
