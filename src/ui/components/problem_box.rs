//! A Problem in words, with what belongs to it beneath.

use crate::domain::connection::Tone;
use crate::domain::instant::Instant;
use crate::domain::problem::Problem;
use crate::ui::components::aside::{Aside, key_of};
use crate::ui::components::call_out::CallOut;
use crate::ui::components::moment::Moment;
use leptos::prelude::*;

/// What happened, why, what to do. `place` is unique on the page.
#[component]
pub fn ProblemBox(
    problem: Problem,
    #[prop(default = Tone::Bad)] tone: Tone,
    #[prop(default = "problem")] place: &'static str,
    /// Words to copy for the customer.
    #[prop(default = None)]
    told: Option<String>,
    /// When it happened, and what time it is now.
    #[prop(default = None)]
    when: Option<(Instant, Instant)>,
    /// The button that helps.
    #[prop(default = None)]
    help: Option<AnyView>,
) -> impl IntoView {
    let key = key_of(&problem);
    let Problem { what, why, remedy, meta, .. } = problem;
    let when = when.map(|(at, now)| view! { " " <span class="muted small"><Moment at now /></span> });
    view! {
        <CallOut tone title=what>
            <p>{sentences(&[&why, &remedy])}{when}</p>
            {help}
            <Aside place key meta told />
        </CallOut>
    }
    .into_any()
}

/// One line of a list: the same words without a frame.
#[component]
pub fn ProblemLine(
    problem: Problem,
    #[prop(into)] place: String,
    #[prop(default = None)] told: Option<String>,
) -> impl IntoView {
    let text = sentences(&[&problem.what, &problem.why, &problem.remedy]);
    let key = key_of(&problem);
    view! {
        <span>{text}</span>
        <Aside place key meta=problem.meta told />
    }
    .into_any()
}

fn sentences(parts: &[&str]) -> String {
    parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(" ")
}
