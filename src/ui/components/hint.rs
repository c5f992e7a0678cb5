//! A "?" that explains. A native popover: opens without any script, closes with Escape.

use leptos::prelude::*;

/// `id` is unique on the page; `about` names what is explained, for those who do not see the place.
#[component]
pub fn Hint(#[prop(into)] id: String, #[prop(into)] about: String, #[prop(into)] text: String) -> impl IntoView {
    view! {
        <button type="button" class="hint" popovertarget=id.clone() aria-label=format!("About {about}")>
            "?"
        </button>
        <div id=id class="hint-text" popover>
            {text}
        </div>
    }
    .into_any()
}
