//! What was last done with the connection, and how it ended.

use crate::actions::connections::ConnectionPage;
use crate::domain::connection::{Action, Activity, Outcome, Tone};
use crate::domain::instant::SECOND;
use crate::domain::problem::Problem;
use crate::ui::components::call_out::CallOut;
use crate::ui::components::icon::{Icon, Symbol};
use crate::ui::components::moment::{Moment, exact};
use crate::ui::components::post_button::{Look, PostButton};
use crate::ui::components::problem_box::{ProblemBox, ProblemLine};
use crate::ui::components::what_to_do::Reconnect;
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

/// When an action takes longer, it is said that it does.
const SLOW: i64 = 10 * SECOND;

/// `calm`: nothing on the page is known to fail, so that what went well may say so in green.
#[component]
pub fn ActivityLine(activity: Activity, page: ConnectionPage, calm: bool) -> impl IntoView {
    let (at, now, told) = (activity.started_at, page.now, page.told.activity.clone());
    match activity.outcome {
        Outcome::Running => view! {
            <p class="activity info">
                <span class="working" aria-hidden="true"></span>
                <span>
                    {running_words(activity.action)}
                    // On a page that lies open the words appear once it is time.
                    <span class="slow" class:later=now.since(at) < SLOW>
                        " Meta is slow. This goes on by itself; you may close the page."
                    </span>
                </span>
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
                <p><span class="muted small"><Moment at now /></span>" · Meta refused a part of it:"</p>
                <ul>{refused(refusals, told)}</ul>
            </CallOut>
        }
        .into_any(),
        Outcome::Failed { problem } => {
            let help = help(activity.action, &problem, page);
            view! { <ProblemBox problem place="activity" told=told.into_iter().next() when=Some((at, now)) help /> }
                .into_any()
        }
    }
}

/// What to press after a refresh that failed.
fn help(action: Action, problem: &Problem, page: ConnectionPage) -> Option<AnyView> {
    if action != Action::Refresh || !page.may_change {
        return None;
    }
    if problem.is("token_without_number") {
        return Some(view! { <Reconnect page look=Look::Primary /> }.into_any());
    }
    let connection = page.id.to_string();
    (!page.refresh_reconnects).then(|| {
        view! {
            <PostButton action="/_fn/refresh_token" connection look=Look::Plain label="Refresh again" pending="Refreshing…" disabled=false />
        }
        .into_any()
    })
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
