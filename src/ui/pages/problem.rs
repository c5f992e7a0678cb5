//! What is shown in a page's place when it cannot be: missing, not allowed, or a fault of ours.

use crate::domain::connection::Tone;
use crate::domain::problem::Problem;
use crate::ui::components::aside::{Aside, key_of};
use crate::ui::components::icon::{Icon, Symbol};
use crate::ui::paths;
use leptos::prelude::*;

#[component]
pub fn ProblemView(problem: Problem) -> impl IntoView {
    #[cfg(feature = "ssr")]
    answer_with_status(&problem);
    let key = key_of(&problem);
    let (address, words) = paths::remedy_of(&problem.code).unwrap_or((paths::CONFIGURATIONS, "To your numbers"));
    let Problem { what, why, remedy, meta, reference, .. } = problem;
    view! {
        <section class="card problem">
            <p class="problem-symbol bad"><Icon symbol=Symbol::of(Tone::Bad) /></p>
            <h1>{what}</h1>
            <p>{why} " " {remedy}</p>
            {reference.map(|text| view! { <p class="small muted">"Reference " <code>{text}</code></p> })}
            <Aside place="problem" key meta />
            <p><a class="button plain" href=address>{words}</a></p>
        </section>
    }
    .into_any()
}

#[cfg(feature = "ssr")]
fn answer_with_status(problem: &Problem) {
    use axum::http::StatusCode;
    let status = match problem.code.as_str() {
        "not_found" => StatusCode::NOT_FOUND,
        "not_allowed" | "foreign_origin" => StatusCode::FORBIDDEN,
        "sign_in_needed" => StatusCode::UNAUTHORIZED,
        "invalid" => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(status);
    }
}
