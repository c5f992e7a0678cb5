//! A value that is needed elsewhere, with a button that copies it.

use leptos::prelude::*;

/// `id` is unique on the page: what is selected where the clipboard is out of reach. The buttons show once the page
/// is awake, since they can do nothing before.
#[component]
pub fn CopyField(#[prop(into)] id: String, #[prop(into)] label: String, #[prop(into)] value: String) -> impl IntoView {
    view! {
        <span class="copy-field">
            <code id=id.clone()>{value}</code>
            <CopyButton of=id about=label />
        </span>
    }
    .into_any()
}

/// Copies the text of the element `of`.
#[component]
pub fn CopyButton(#[prop(into)] of: String, #[prop(into)] about: String) -> impl IntoView {
    view! {
        <button type="button" class="copy" data-copy=of aria-label=format!("Copy {about}")>
            <span class="said" aria-hidden="true">"Copy"</span>
            <span class="said-pending" aria-hidden="true">"Copied"</span>
        </button>
    }
}
