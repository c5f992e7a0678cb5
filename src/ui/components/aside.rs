//! What stands quietly beneath a problem: its explanation, words for the customer, and what Meta itself said.

use crate::domain::problem::{MetaSays, Problem};
use crate::ui::components::copy_field::CopyButton;
use crate::ui::paths;
use leptos::prelude::*;

/// `place` is unique on the page, so that what is open stays open while the page changes.
#[component]
pub fn Aside(
    #[prop(into)] place: String,
    /// The name under which it is explained, where it is.
    #[prop(default = None)]
    key: Option<String>,
    #[prop(default = None)] meta: Option<MetaSays>,
    /// Words to copy for the customer.
    #[prop(default = None)]
    told: Option<String>,
) -> impl IntoView {
    if key.is_none() && meta.is_none() && told.is_none() {
        return ().into_any();
    }
    view! {
        <div class="aside">
            {key.map(|key| view! { <ExplainedLink key /> })}
            {told.map(|words| view! { <ForCustomer place=place.clone() words /> })}
            {meta.map(|said| view! { <MetaSaid place said /> })}
        </div>
    }
    .into_any()
}

/// The name that a problem is explained under; none where its own words say all.
pub fn key_of(problem: &Problem) -> Option<String> {
    (!problem.explains_itself()).then(|| problem.code.clone())
}

#[component]
pub fn ExplainedLink(key: String) -> impl IntoView {
    view! { <a class="explained" href=paths::error(&key)>"Explained"</a> }
}

#[component]
fn ForCustomer(place: String, words: String) -> impl IntoView {
    let id = format!("told-{place}");
    view! {
        <details class="for-customer" id=format!("for-customer-{place}")>
            <summary>"Copy for the customer"</summary>
            <div class="copy-text">
                <p id=id.clone()>{words}</p>
                <CopyButton of=id about="the words for the customer" />
            </div>
        </details>
    }
    .into_any()
}

/// For whoever has to talk to Meta's support.
#[component]
pub fn MetaSaid(#[prop(into)] place: String, said: MetaSays) -> impl IntoView {
    let subcode = said.subcode.map(|code| view! { <dt>"Subcode"</dt><dd><code>{code}</code></dd> });
    let trace = said.fbtrace_id.map(|id| view! { <dt>"fbtrace_id"</dt><dd><code>{id}</code></dd> });
    view! {
        <details class="meta-says" id=format!("meta-says-{place}")>
            <summary>"Meta says"</summary>
            <dl>
                <dt>"Message"</dt>
                <dd>{said.message}</dd>
                <dt>"Code"</dt>
                <dd><code>{said.code}</code></dd>
                {subcode}
                {trace}
            </dl>
        </details>
    }
    .into_any()
}
