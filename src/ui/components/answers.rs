//! The four questions a business asks first.

use crate::domain::answers::Answer;
use crate::ui::components::icon::{Icon, Symbol};
use leptos::prelude::*;

#[component]
pub fn Answers(answers: Vec<Answer>) -> impl IntoView {
    view! {
        <section class="card answers" aria-label="What works">
            <ul>{answers.into_iter().map(|answer| view! { <Cell answer /> }).collect_view()}</ul>
        </section>
    }
    .into_any()
}

#[component]
fn Cell(answer: Answer) -> impl IntoView {
    let tone = answer.tone.as_str();
    let link = answer.link.map(|(label, url)| {
        view! {
            <a class="small" href=url target="_blank" rel="noreferrer">{label}<span class="visually-hidden">" (opens a new window)"</span></a>
        }
    });
    view! {
        <li>
            <h2 class="question">{answer.question}</h2>
            <p class=format!("answer {tone}")><Icon symbol=Symbol::of(answer.tone) /><span>{answer.words}</span></p>
            <p class="small muted">{answer.small}</p>
            {link}
        </li>
    }
    .into_any()
}
