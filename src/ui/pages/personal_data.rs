//! Settings › Personal data: how long what came in is kept, and the deletion of one person's.

use crate::actions::personal_data::{
    Erasure, ErasureAnswer, ErasureQuestion, PersonalDataPage as Page, find_personal_data,
};
use crate::domain::counts::counted;
use crate::domain::instant::Instant;
use crate::domain::problem::Problem;
use crate::ui::components::breadcrumb::Breadcrumb;
use crate::ui::components::field::{Field, error_of};
use crate::ui::components::moment::Moment;
use crate::ui::components::post_button::{Look, SubmitButton};
use crate::ui::islands::live_replay::LiveReplay;
use crate::ui::layouts::frame::Frame;
use crate::ui::layouts::loaded::loaded;
use crate::ui::pages::api_keys::ROOMS;
use crate::ui::paths;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

#[component]
pub fn PersonalDataPage() -> impl IntoView {
    let wished = use_query_map().get_untracked().get("person").unwrap_or_default();
    let answer = use_context::<ErasureAnswer>();
    loaded(find_personal_data(), move |page, shell| match answer {
        Some(ErasureAnswer::Question(question)) => view! {
            <Frame title="Delete this person's data?" shell>
                <Breadcrumb rooms=ROOMS place="Personal data" address=paths::PERSONAL_DATA here="Delete" />
                <Question question />
            </Frame>
        }
        .into_any(),
        answer => {
            let (person, problem) = match answer {
                Some(ErasureAnswer::Refused { person, problem }) => (person, Some(problem)),
                _ => (wished, None),
            };
            view! {
                <Frame title="Personal data" shell>
                    <Breadcrumb rooms=ROOMS place="Personal data" address=paths::PERSONAL_DATA />
                    <header class="page-header">
                        <div>
                            <h1>"Personal data"</h1>
                            <p class="muted">{kept(&page)}</p>
                        </div>
                    </header>
                    <Ask person problem />
                    <Erasures page />
                </Frame>
            }
            .into_any()
        }
    })
}

fn kept(page: &Page) -> String {
    let days = |days| counted(days, "day", "days");
    match (page.event_days, page.delivery_days) {
        (None, None) => "What your customers write, and what becomes of your messages, is kept for ever.".to_owned(),
        (None, Some(raw)) => {
            format!("What your customers write is kept for ever, and as Meta sent it for {}.", days(raw))
        }
        (Some(events), raw) => format!(
            "What your customers write is kept for {}, and as Meta sent it for {}. Then it goes by itself.",
            days(events),
            days(raw.unwrap_or(events))
        ),
    }
}

#[component]
fn Ask(person: String, problem: Option<Problem>) -> impl IntoView {
    let told = error_of(problem.as_ref(), "person");
    // Another field's problem is nobody's here.
    let told = told.or_else(|| problem.map(|problem| problem.what));
    view! {
        <section class="card" aria-labelledby="ask-title">
            <h2 id="ask-title">"Delete one person's data"</h2>
            <form method="post" action=paths::PERSONAL_DATA class="stack">
                <p>"First you see what is there. Nothing is deleted before you say so once more."</p>
                <Field
                    name="person" label="Phone number or WhatsApp user ID" autocomplete="off" value=person maxlength=200
                    hint="The number in any spelling, with its country code. A user ID looks like BR.1A2b3C." error=told
                />
                <SubmitButton look=Look::Plain label="Look for it" pending="Looking…" />
            </form>
        </section>
    }
    .into_any()
}

#[component]
fn Question(question: ErasureQuestion) -> impl IntoView {
    let names = [question.phones.clone(), question.user_ids.clone()].concat();
    let names = names.into_iter().map(|name| view! { <li>{name}</li> }).collect_view();
    let title = question.name.clone().unwrap_or_else(|| question.person.clone());
    let events = match question.events {
        0 => "No event is about this person. What Meta sent is looked through all the same.".to_owned(),
        events => format!("{}: messages, and what became of them.", counted(events, "event", "events")),
    };
    let deliveries = match question.deliveries {
        0 => "What Meta sent, as it came, wherever it names this person.".to_owned(),
        many => format!(
            "{} that they came with, as Meta sent them, and any other that names this person.",
            counted(many, "delivery", "deliveries")
        ),
    };
    view! {
        <section class="card confirm">
            <h1>"Delete the data of " <span class="number"><bdi>{title}</bdi></span> "?"</h1>
            <ul class="names muted">{names}</ul>
            <h2>"This goes"</h2>
            <ul class="bullets">
                <li>{events}</li>
                <li>{deliveries}</li>
                <li>"The number and ID wherever events of others name them, such as a shared contact."</li>
            </ul>
            <h2>"This stays"</h2>
            <ul class="bullets">
                <li>"Other people's messages, also those that came in the same delivery. These cannot be replayed any more."</li>
                <li>"What others wrote about this person in their own words."</li>
                <li>"A line that you deleted somebody's data, with the last two digits."</li>
                <li>"Backups from before. When one is restored, the person is back: delete once more."</li>
                <li>"What your own software has received. Delete it there, too."</li>
                <li>"The chat itself, in WhatsApp."</li>
            </ul>
            <p>"If the person writes again, that is kept. What Meta sends again from before is not. " <strong>"There is no way back."</strong></p>
            <form method="post" action=paths::PERSONAL_DATA class="stack">
                <input type="hidden" name="person" value=question.person />
                <input type="hidden" name="confirmed" value="yes" />
                <div class="button-row">
                    <SubmitButton look=Look::Danger label="Delete this data" pending="Deleting…" />
                    <a class="button plain" href=paths::PERSONAL_DATA>"Keep it"</a>
                </div>
            </form>
        </section>
    }
    .into_any()
}

#[component]
fn Erasures(page: Page) -> impl IntoView {
    if page.erasures.is_empty() {
        return ().into_any();
    }
    let now = page.now;
    let running = page.erasures.iter().any(|erasure| erasure.finished_at.is_none()).then(|| {
        view! {
            <noscript><meta http-equiv="refresh" content="2" /></noscript>
            <LiveReplay ended="The deletion has ended.".to_owned() />
        }
    });
    let lines = page.erasures.into_iter().map(|erasure| view! { <Line erasure now /> }).collect_view();
    view! {
        {running}
        <section class="card" aria-labelledby="erasures-title">
            <h2 id="erasures-title">"Latest deletions"</h2>
            <ul class="replays" data-live="erasures">{lines}</ul>
        </section>
    }
    .into_any()
}

#[component]
fn Line(erasure: Erasure, now: Instant) -> impl IntoView {
    let running = erasure.finished_at.is_none();
    let mut parts =
        vec![counted(erasure.events, "event", "events"), counted(erasure.deliveries, "delivery", "deliveries")];
    if erasure.mentions > 0 {
        parts.push(format!("taken out of {}", counted(erasure.mentions, "event of others", "events of others")));
    }
    let what = parts.join(", ");
    let told = match erasure.finished_at {
        Some(at) => {
            view! { <span>"Deleted: " {what} ". " <span class="small muted"><Moment at now /></span></span> }.into_any()
        }
        None => view! { <span>"Under way: " {erasure.percent} " %, " {what} " so far."</span> }.into_any(),
    };
    let progress = running.then(|| {
        let label = format!("Deletion of {}", erasure.hint);
        view! { <progress max="100" value=erasure.percent.to_string() aria-label=label></progress> }
    });
    view! {
        <li data-running=running.then_some("")>
            <strong>{erasure.hint.clone()}</strong>
            <span class="small muted">"by " {erasure.actor.clone()}</span>
            {told}
            {progress}
        </li>
    }
    .into_any()
}
