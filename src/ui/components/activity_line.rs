//! What was last done with the connection, and how it ended.

use crate::domain::connection::{Action, Activity, Outcome, Tone};
use crate::domain::instant::Instant;
use crate::domain::problem::Problem;
use crate::ui::components::call_out::CallOut;
use crate::ui::components::icon::{Icon, Symbol};
use crate::ui::components::moment::exact;
use crate::ui::components::problem_box::{ProblemBox, ProblemLine};
use leptos::prelude::*;

pub fn running_words(action: Action) -> &'static str {
    match action {
        Action::Check => "Checking with Meta…",
        Action::Refresh => "Refreshing…",
        Action::Disconnect => "Disconnecting…",
        Action::Subscribe => "Switching messages on…",
        Action::AskAddress => "Asking our address…",
    }
}

/// `told`: words for the customer, one for each problem. `calm`: nothing on the page is known to fail, so that what
/// went well may say so in green.
#[component]
pub fn ActivityLine(activity: Activity, told: Vec<String>, calm: bool, now: Instant) -> impl IntoView {
    let at = activity.started_at;
    match activity.outcome {
        Outcome::Running => view! {
            <p class="activity info">
                <span class="working" aria-hidden="true"></span>
                {running_words(activity.action)}
            </p>
        }
        .into_any(),
        Outcome::Done { said, refused } if refused.is_empty() => {
            let (class, symbol) = if calm { ("activity ok", Symbol::Check) } else { ("activity", Symbol::Info) };
            view! {
                <p class=class>
                    <Icon symbol />
                    <span>{said} <time class="muted" datetime=at.rfc3339()>" · " {exact(at, now)}</time></span>
                </p>
            }
            .into_any()
        }
        Outcome::Done { said, refused: refusals } => view! {
            <CallOut tone=Tone::Warn title=said>
                <p>"Meta refused a part of it:"</p>
                <ul>{refused(refusals, told)}</ul>
            </CallOut>
        }
        .into_any(),
        Outcome::Failed { problem } => {
            view! { <ProblemBox problem place="activity" told=told.into_iter().next() /> }.into_any()
        }
    }
}

fn refused(problems: Vec<Problem>, told: Vec<String>) -> impl IntoView {
    let words = told.into_iter().map(Some).chain(std::iter::repeat(None));
    let lines = problems.into_iter().zip(words).enumerate();
    lines
        .map(|(number, (problem, told))| {
            view! { <li><ProblemLine problem place=format!("refused-{number}") told /></li> }
        })
        .collect_view()
}
