//! What was last done with the connection, and how it ended.

use crate::domain::connection::{Action, Activity, Outcome, Tone};
use crate::domain::instant::Instant;
use crate::ui::components::call_out::CallOut;
use crate::ui::components::icon::{Icon, Symbol};
use crate::ui::components::moment::Moment;
use crate::ui::components::problem_box::{ProblemBox, ProblemLine};
use leptos::prelude::*;

pub fn running_words(action: Action) -> &'static str {
    match action {
        Action::Check => "Checking with Meta…",
        Action::Refresh => "Refreshing…",
        Action::Disconnect => "Disconnecting…",
        Action::Subscribe => "Switching messages on…",
    }
}

#[component]
pub fn ActivityLine(activity: Activity, now: Instant) -> impl IntoView {
    let at = activity.started_at;
    match activity.outcome {
        Outcome::Running => view! {
            <p class="activity info">
                <span class="working" aria-hidden="true"></span>
                {running_words(activity.action)}
            </p>
        }
        .into_any(),
        Outcome::Done { said, refused } if refused.is_empty() => view! {
            <p class="activity ok">
                <Icon symbol=Symbol::Check />
                <span>{said} " " <span class="muted small"><Moment at now /></span></span>
            </p>
        }
        .into_any(),
        Outcome::Done { said, refused } => view! {
            <CallOut tone=Tone::Warn title=said>
                <p>"Meta refused a part of it:"</p>
                <ul>{refused.into_iter().map(|problem| view! { <li><ProblemLine problem /></li> }).collect_view()}</ul>
            </CallOut>
        }
        .into_any(),
        Outcome::Failed { problem } => view! { <ProblemBox problem /> }.into_any(),
    }
}
