//! One event: a card to read, and Meta's own item beneath.

use crate::actions::messages::{EventPage as Page, Replay, find_event};
use crate::domain::connection::Tone;
use crate::domain::counts::counted;
use crate::domain::event_words::EventError;
use crate::domain::explained::Explained;
use crate::domain::instant::Instant;
use crate::ui::components::breadcrumb::Breadcrumb;
use crate::ui::components::call_out::CallOut;
use crate::ui::components::copy_field::CopyButton;
use crate::ui::components::moment::Moment;
use crate::ui::components::post_button::{Look, SubmitButton};
use crate::ui::layouts::frame::Frame;
use crate::ui::layouts::loaded::loaded;
use crate::ui::pages::messages::{State, Way};
use crate::ui::paths;
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

#[component]
pub fn EventPage() -> impl IntoView {
    let id = use_params_map().get_untracked().get("event").unwrap_or_default();
    let replay = use_query_map().get_untracked().get("replay").unwrap_or_default();
    loaded(find_event(id, replay), |page, shell| {
        view! {
            <Frame title=page.kind.words() shell>
                <Breadcrumb place="Messages" address=paths::MESSAGES here=page.kind.words() />
                <Event page />
            </Frame>
        }
    })
}

#[component]
fn Event(page: Page) -> impl IntoView {
    let now = page.now;
    // Whoever goes by a username has no number (fact base §4.14).
    let known_by = page.who.phone.clone().or_else(|| page.who.user_id.clone());
    let erase = known_by.clone().filter(|_| page.may_replay).map(|person| {
        view! { <a class="small" href=paths::erase(&person)>"Delete this person's data"</a> }
    });
    let words = if page.who.phone.is_some() { "All of this number" } else { "All of this person" };
    let all = known_by.clone().map(|person| {
        let address = format!("{}&q={}", paths::messages_of(page.connection.as_str()), paths::encoded(&person));
        view! { " "<a class="small" href=address>{words}</a> }
    });
    let number = known_by.filter(|_| page.who.phone.is_some() || page.who.name.is_none());
    let comma = (page.who.name.is_some() && number.is_some()).then_some(", ");
    let who = match (page.who.name.clone(), number) {
        (None, None) => view! { "Meta" }.into_any(),
        // A name may be written from right to left, and must not turn the number round.
        (name, number) => {
            view! { <span>{name.map(|name| view! { <bdi>{name}</bdi> })} {comma} {number}</span> }.into_any()
        }
    };
    let wamid = page.message_id.clone().map(|id| {
        let address = format!("{}&q={}", paths::messages_of(page.connection.as_str()), paths::encoded(&id));
        view! {
            <div class="row">
                <dt>"Message ID"</dt>
                <dd><code class="long" id="wamid">{id}</code><CopyButton of="wamid" about="message ID" /><a class="small" href=address>"All of this message"</a></dd>
            </div>
        }
    });
    view! {
        <article class="card event">
            <header class="event-header">
                <h1>{page.kind.words()}</h1>
                <p><Way direction=page.direction /> <State kind=page.kind /></p>
            </header>
            <blockquote class="event-content"><p dir="auto">{page.content.clone()}</p></blockquote>
            {page.error.clone().map(|error| view! { <Failed error explained=page.explained.clone() /> })}
            <dl class="rows">
                <div class="row"><dt>"Who"</dt><dd>{who}{all}{erase}</dd></div>
                {page.who.user_id.clone().map(|id| view! { <div class="row"><dt>"User ID"</dt><dd><code>{id}</code></dd></div> })}
                <div class="row"><dt>"Your number"</dt><dd><a href=paths::connection(page.connection.as_str())><bdi dir="ltr">{page.number.clone()}</bdi></a></dd></div>
                <div class="row"><dt>"When, says Meta"</dt><dd><Moment at=page.at now /></dd></div>
                <div class="row"><dt>"Received here"</dt><dd><Moment at=page.received_at now /></dd></div>
                {wamid}
                <div class="row"><dt>"Kind"</dt><dd><code>{page.kind.as_str()}</code></dd></div>
                <div class="row"><dt>"Webhook field"</dt><dd><code>{page.field.clone()}</code></dd></div>
            </dl>
            <details class="raw" id="raw">
                <summary>"As Meta sent it"</summary>
                <pre tabindex="0" aria-label="Meta's own JSON"><code id="raw-json">{page.meta.clone()}</code></pre>
                <CopyButton of="raw-json" about="JSON" />
            </details>
        </article>
        {page.may_replay.then(|| view! { <ReplayCard id=page.id replay=page.replay now /> })}
    }
    .into_any()
}

#[component]
fn Failed(error: EventError, explained: Option<Explained>) -> impl IntoView {
    let EventError { code, title, details } = error;
    let said = details.unwrap_or_default();
    match explained {
        Some(entry) => view! {
            <CallOut tone=Tone::Bad title=entry.what>
                <p>{entry.why}</p>
                <p>{entry.remedy}</p>
                <p class="small">
                    "Meta says: " {title} ". " {said} " (" <code>{code}</code> ") "
                    <a class="explained" href=paths::error(&entry.key)>"Explained"</a>
                </p>
            </CallOut>
        }
        .into_any(),
        None => view! {
            <CallOut tone=Tone::Bad title=title>
                <p>{said} " (" <code>{code}</code> ")"</p>
            </CallOut>
        }
        .into_any(),
    }
}

#[component]
fn ReplayCard(id: String, replay: Option<Replay>, now: Instant) -> impl IntoView {
    let told = replay.map(|replay| view! { <p role="status"><Told replay now /></p> });
    view! {
        <section class="card" id="replay" aria-labelledby="replay-title">
            <h2 id="replay-title">"Replay"</h2>
            <p>
                "Reads what Meta sent with this once more. What is here already is not kept twice. "
                <a href=paths::REPLAY>"Replay a longer time"</a>
            </p>
            {told}
            <form method="post" action="/_fn/replay_event">
                <input type="hidden" name="event" value=id />
                <SubmitButton look=Look::Plain label="Replay this delivery" pending="Replaying…" />
            </form>
        </section>
    }
    .into_any()
}

/// What came of a replay.
#[component]
pub(super) fn Told(replay: Replay, now: Instant) -> impl IntoView {
    let Some(at) = replay.finished_at else {
        return view! { "Under way: " {replay.percent} " %, " {counted(replay.deliveries, "delivery", "deliveries")} " so far." }.into_any();
    };
    let words = match (replay.deliveries, replay.found) {
        (read, _) if replay.broken_off => format!(
            "Broken off by a fault of Greentick's own after {}. The log says which; after an update, replay it again.",
            counted(read, "delivery", "deliveries")
        ),
        (0, _) => "There was nothing to read: what Meta sent is no longer kept.".to_owned(),
        (1, 0) => "1 delivery read again, nothing new in it.".to_owned(),
        (read, 0) => format!("{} read again, nothing new in them.", counted(read, "delivery", "deliveries")),
        (read, found) => {
            format!(
                "{} read again, {} found.",
                counted(read, "delivery", "deliveries"),
                counted(found, "new event", "new events")
            )
        }
    };
    view! { {words} " " <span class="small muted"><Moment at now /></span> }.into_any()
}
