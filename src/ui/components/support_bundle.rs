//! Copy support bundle: folded, to be copied by a button or by selecting.

use crate::actions::errors::{bundle_connection, bundle_signup};
use crate::domain::problem::Problem;
use crate::ui::components::copy_field::CopyButton;
use crate::ui::components::problem_box::ProblemBox;
use leptos::prelude::*;

#[component]
pub fn ConnectionBundle(connection: String) -> impl IntoView {
    let text = bundle_connection(connection);
    view! {
        <details class="card technical" id="support-bundle">
            <summary><h2>"Copy support bundle"</h2></summary>
            <div data-live="bundle">{shown(text)}</div>
        </details>
    }
    .into_any()
}

/// For a page that has room for a line only.
#[component]
pub fn SignupBundle(signup: String) -> impl IntoView {
    let text = bundle_signup(signup);
    view! {
        <details class="more" id="support-bundle">
            <summary>"Copy support bundle"</summary>
            {shown(text)}
        </details>
    }
    .into_any()
}

fn shown(text: impl Future<Output = Result<String, Problem>> + Send + 'static) -> impl IntoView {
    view! {
        <Suspense>
            {Suspend::new(async move {
                match text.await {
                    Ok(text) => view! { <Text text /> }.into_any(),
                    Err(problem) => view! { <ProblemBox problem place="bundle" /> }.into_any(),
                }
            })}
        </Suspense>
    }
}

#[component]
fn Text(text: String) -> impl IntoView {
    view! {
        <div class="bundle">
            <p>
                "For whoever helps you: IDs, states, times and the last errors. No token, no PIN, no secret is in it."
            </p>
            <CopyButton of="bundle-text" about="support bundle" />
            <pre id="bundle-text" tabindex="0" role="region" aria-label="Support bundle">{text}</pre>
        </div>
    }
    .into_any()
}
