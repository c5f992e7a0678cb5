//! The progress list of a signup. Symbol and words; reads well aloud.

use crate::actions::signups::StepLine;
use crate::domain::signup::StepOutcome;
use crate::ui::components::icon::{Icon, Symbol};
use crate::ui::components::problem_box::ProblemLine;
use leptos::prelude::*;

/// `at_rest`: the current step waits for the person, or the run is over.
#[component]
pub fn Steps(steps: Vec<StepLine>, at_rest: bool) -> impl IntoView {
    view! {
        <ol class="steps">
            {steps.into_iter().map(|line| view! { <Line line at_rest /> }).collect_view()}
        </ol>
    }
    .into_any()
}

#[component]
fn Line(line: StepLine, at_rest: bool) -> impl IntoView {
    let words = line.step.words();
    match line.outcome {
        Some(StepOutcome::Done { note }) => view! {
            <li class="done">
                <Icon symbol=Symbol::Check />
                <div>{words}<span class="visually-hidden">": done"</span>{note.map(|note| view! { <p class="remark">{note}</p> })}</div>
            </li>
        }
        .into_any(),
        Some(StepOutcome::Refused { problem }) => view! {
            <li class="refused">
                <Icon symbol=Symbol::Warning />
                <div>{words}<span class="visually-hidden">": not possible"</span><div class="remark"><ProblemLine problem place=format!("step-{}", line.step as usize) /></div></div>
            </li>
        }
        .into_any(),
        None if line.current && !at_rest => view! {
            <li class="current" aria-current="step">
                <span class="working" aria-hidden="true"></span>
                <div>{words}<span class="visually-hidden">": in progress"</span></div>
            </li>
        }
        .into_any(),
        None if line.current => view! {
            <li class="stopped" aria-current="step">
                <span class="place" aria-hidden="true"></span>
                <div>{words}<span class="visually-hidden">": not yet"</span></div>
            </li>
        }
        .into_any(),
        None => view! {
            <li class="to-come">
                <span class="place" aria-hidden="true"></span>
                <div>{words}<span class="visually-hidden">": to come"</span></div>
            </li>
        }
        .into_any(),
    }
}
