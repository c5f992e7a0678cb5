//! An empty list of messages: why, and the one thing to do.

use crate::actions::messages::{MessagesPage, NextStep, Nothing};
use crate::ui::components::moment::Moment;
use crate::ui::paths;
use leptos::prelude::*;

#[component]
pub fn NoMessages(page: MessagesPage) -> impl IntoView {
    let connection = page.connection.as_ref().map(|id| id.as_str().to_owned()).unwrap_or_default();
    // Of several numbers one is chosen, perhaps not by whoever reads this.
    let searched =
        page.numbers.iter().find(|number| number.id.as_str() == connection).filter(|_| page.numbers.len() > 1);
    let searched = searched.map(|number| {
        view! { <p>"Only what came for " <bdi>{number.label.clone()}</bdi> " was searched. Other numbers can be chosen above."</p> }
    });
    match page.nothing {
        None => ().into_any(),
        Some(Nothing::NoNumber) => view! {
            <section class="card empty">
                <h2>"No number is connected yet."</h2>
                <p>"Once one is, what customers write to it and what becomes of your messages stands here."</p>
                <p><a class="button plain" href=paths::CONFIGURATIONS>"To Configurations"</a></p>
            </section>
        }
        .into_any(),
        Some(Nothing::NotThere { last, what, cause, step }) => {
            let now = page.now;
            let title = if last.is_some() { "Nothing is kept any more." } else { "Nothing arrived yet." };
            let last = last.map(|at| view! { <p>"The last came " <Moment at now /> "."</p> });
            view! {
                <section class="card empty">
                    <h2>{title}</h2>
                    {last}
                    <p><strong>{what}</strong> " " {cause}</p>
                    <Step step connection />
                </section>
            }
            .into_any()
        }
        Some(Nothing::NoMatch) => view! {
            <section class="card empty">
                <h2>"Nothing matches."</h2>
                {searched}
                <p>"A phone number is found in any spelling, a wamid only whole, words as they stand in the list."</p>
                <p><a href=paths::messages_of(&connection)>"Show all"</a></p>
            </section>
        }
        .into_any(),
        Some(Nothing::NotSoFar) => view! {
            <section class="card empty">
                <h2>"Nothing matches so far."</h2>
                {searched}
                <p>"Words are looked for a stretch at a time, newest first. Older events have not been looked at yet."</p>
            </section>
        }
        .into_any(),
    }
}

#[component]
fn Step(step: NextStep, connection: String) -> impl IntoView {
    match step {
        NextStep::OpenNumber => view! {
            <p><a class="button plain" href=paths::connection(&connection)>"Open the number's page"</a></p>
        }
        .into_any(),
        NextStep::OpenReceiving => view! {
            <p><a class="button plain" href=paths::receiving(&connection)>"Tell Meta where to send"</a></p>
        }
        .into_any(),
        NextStep::CompareSecret => view! {
            <p><a class="button plain" href=paths::META_APP>"To Settings › Meta app"</a></p>
        }
        .into_any(),
        NextStep::CompareOwnSecret => view! {
            <p><a class="button plain" href=paths::credentials(&connection)>"To the number's credentials"</a></p>
        }
        .into_any(),
        NextStep::Explained(key) => {
            view! { <p><a class="explained" href=paths::error(&key)>"Explained"</a></p> }.into_any()
        }
        NextStep::TryIt { number } => {
            let digits: String = number.chars().filter(char::is_ascii_digit).collect();
            view! {
                <p>
                    <a class="button plain" href=format!("https://wa.me/{digits}?text=hi") target="_blank" rel="noreferrer">
                        "Send “hi” to " {number}
                        <span class="visually-hidden">" (opens a new window)"</span>
                    </a>
                </p>
            }
            .into_any()
        }
    }
}
