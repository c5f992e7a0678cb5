//! How old the page's truth is, when Meta did not answer lately.

use crate::domain::instant::Instant;
use crate::domain::problem::Problem;
use crate::ui::components::moment::exact;
use crate::ui::components::problem_box::MetaSaid;
use leptos::prelude::*;

#[component]
pub fn StaleLine(now: Instant, failed_at: Instant, problem: Problem, checked_at: Option<Instant>) -> impl IntoView {
    let first = if problem.is("meta_unreachable") {
        format!("Meta did not answer at {}.", exact(failed_at, now))
    } else {
        format!("The check at {} failed: {}", exact(failed_at, now), problem.what)
    };
    let second = match checked_at {
        Some(at) => format!(" You see what was true at {}.", exact(at, now)),
        None => " Nothing has been read from Meta yet.".to_owned(),
    };
    view! {
        <div class="status-line">
            <p>{first}{second}</p>
            {problem.meta.map(|said| view! { <MetaSaid said /> })}
        </div>
    }
    .into_any()
}
