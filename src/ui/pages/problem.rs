//! What is shown in a page's place when it cannot be: missing, not allowed, or a fault of ours.

use crate::actions::people::SentFrom;
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
    let help = if problem.is("sign_in_needed") {
        view! { <SignIn /> }.into_any()
    } else {
        let (address, words) = paths::remedy_of(&problem.code).unwrap_or((paths::CONFIGURATIONS, "To your numbers"));
        view! { <p><a class="button plain" href=address>{words}</a></p> }.into_any()
    };
    let Problem { what, why, remedy, meta, reference, .. } = problem;
    view! {
        <section class="card problem">
            <p class="problem-symbol bad"><Icon symbol=Symbol::of(Tone::Bad) /></p>
            <h1>{what}</h1>
            <p>{why} " " {remedy}</p>
            {reference.map(|text| view! { <p class="small muted">"Reference " <code>{text}</code></p> })}
            <Aside place="problem" key meta />
            {help}
        </section>
    }
    .into_any()
}

/// A form that was sent after the session had ended. The browser still has what was typed: it sends it once more on reloading.
#[component]
fn SignIn() -> impl IntoView {
    let SentFrom(page) = use_context::<SentFrom>().unwrap_or_else(|| SentFrom(paths::CONFIGURATIONS.to_owned()));
    let address = format!("/login?next={}", paths::encoded(&page));
    view! {
        <p>
            "What you typed is not lost: log in in the new window, then come back to this one and reload it. Your browser asks whether to send it again."
        </p>
        <p>
            <a class="button primary" href=address target="_blank">
                "Log in"
                <Icon symbol=Symbol::Outside />
                <span class="visually-hidden">" (opens a new window)"</span>
            </a>
        </p>
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
