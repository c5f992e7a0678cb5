//! Says on every page that this is not the real Meta.

use leptos::prelude::*;

#[component]
pub fn Ribbon(sandbox: bool) -> impl IntoView {
    sandbox.then(|| {
        view! {
            <p class="ribbon" role="note">
                <strong>"Sandbox"</strong>
                " A Meta of our own answers here. No real number is touched."
            </p>
        }
    })
}
