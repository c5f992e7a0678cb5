//! How old the page's truth is, when Meta did not answer lately.

use crate::domain::instant::Instant;
use crate::domain::problem::Problem;
use crate::ui::components::aside::{Aside, key_of};
use crate::ui::components::moment::exact;
use leptos::prelude::*;

#[component]
pub fn StaleLine(
    now: Instant,
    failed_at: Instant,
    problem: Problem,
    checked_at: Option<Instant>,
    /// Words to copy for the customer.
    told: Option<String>,
) -> impl IntoView {
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
            <Aside place="check" key=key_of(&problem) meta=problem.meta told />
        </div>
    }
    .into_any()
}
