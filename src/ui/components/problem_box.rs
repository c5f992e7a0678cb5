//! A Problem in words, with what Meta said folded beneath.

use crate::domain::connection::Tone;
use crate::domain::problem::{MetaSays, Problem};
use crate::ui::components::call_out::CallOut;
use leptos::prelude::*;

/// What happened, why, what to do.
#[component]
pub fn ProblemBox(problem: Problem, #[prop(default = Tone::Bad)] tone: Tone) -> impl IntoView {
    let Problem { what, why, remedy, meta, .. } = problem;
    view! {
        <CallOut tone title=what>
            <p>{sentences(&[&why, &remedy])}</p>
            {meta.map(|said| view! { <MetaSaid said /> })}
        </CallOut>
    }
    .into_any()
}

/// One line of a list: the same words without a frame.
#[component]
pub fn ProblemLine(problem: Problem) -> impl IntoView {
    let text = sentences(&[&problem.what, &problem.why, &problem.remedy]);
    view! {
        <span>{text}</span>
        {problem.meta.map(|said| view! { <MetaSaid said /> })}
    }
    .into_any()
}

fn sentences(parts: &[&str]) -> String {
    parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(" ")
}

/// For whoever has to talk to Meta's support.
#[component]
pub fn MetaSaid(said: MetaSays) -> impl IntoView {
    let subcode = said.subcode.map(|code| view! { <dt>"Subcode"</dt><dd><code>{code}</code></dd> });
    let trace = said.fbtrace_id.map(|id| view! { <dt>"fbtrace_id"</dt><dd><code>{id}</code></dd> });
    view! {
        <details class="meta-says">
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
