//! Says on every page that this is not the real Meta.

use leptos::prelude::*;

#[component]
pub fn Ribbon(sandbox: bool) -> impl IntoView {
    sandbox.then(|| {
        view! {
            <aside class="ribbon" aria-label="Sandbox">
                <p><strong>"Sandbox"</strong>" A Meta of our own answers here. No real number is touched."</p>
            </aside>
        }
    })
}
