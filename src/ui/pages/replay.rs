//! Messages › Replay: what Meta sent in some time is read once more.

use crate::actions::messages::{Replay, ReplayPage as Page, list_replays};
use crate::domain::instant::{HOUR, Instant};
use crate::ui::components::breadcrumb::Breadcrumb;
use crate::ui::components::post_button::{Look, SubmitButton};
use crate::ui::islands::live_replay::LiveReplay;
use crate::ui::layouts::frame::Frame;
use crate::ui::layouts::loaded::loaded;
use crate::ui::pages::event::Told;
use crate::ui::paths;
use leptos::prelude::*;

#[component]
pub fn ReplayPage() -> impl IntoView {
    loaded(list_replays(), |page, shell| {
        view! {
            <Frame title="Replay" shell>
                <Breadcrumb place="Messages" address=paths::MESSAGES here="Replay" />
                <header class="page-header">
                    <div>
                        <h1>"Replay"</h1>
                        <p class="muted">
                            "Reads once more what Meta sent, for example when a number was connected here later than its messages came. What is here already is not kept twice."
                        </p>
                    </div>
                </header>
                <Range now=page.now />
                <Replays page />
            </Frame>
        }
    })
}

#[component]
fn Range(now: Instant) -> impl IntoView {
    view! {
        <section class="card">
            <form method="post" action="/_fn/replay_range" class="replay-form">
                <Time name="from" label="From, UTC" value=now.plus(-HOUR) />
                <Time name="to" label="To, UTC" value=now />
                <SubmitButton look=Look::Primary label="Replay" pending="Replaying…" />
            </form>
        </section>
    }
    .into_any()
}

#[component]
fn Time(name: &'static str, label: &'static str, value: Instant) -> impl IntoView {
    view! {
        <div class="field">
            <label for=name>{label}</label>
            <input id=name name=name type="datetime-local" required value=value.form_minute() />
        </div>
    }
}

#[component]
fn Replays(page: Page) -> impl IntoView {
    if page.replays.is_empty() {
        return view! { <p class="muted">"Nothing has been replayed yet."</p> }.into_any();
    }
    let now = page.now;
    let running = page.replays.iter().any(|replay| replay.finished_at.is_none()).then(|| {
        view! {
            <noscript><meta http-equiv="refresh" content="2" /></noscript>
            <LiveReplay />
        }
    });
    let lines = page.replays.into_iter().map(|replay| view! { <Line replay now /> }).collect_view();
    view! {
        {running}
        <section class="card" aria-labelledby="replays-title">
            <h2 id="replays-title">"Latest replays"</h2>
            <ul class="replays" data-live="replays">{lines}</ul>
        </section>
    }
    .into_any()
}

#[component]
fn Line(replay: Replay, now: Instant) -> impl IntoView {
    let what = match replay.range {
        Some((from, to)) => format!("{} to {}", from.date_time(), to.date_time()),
        None => "One delivery".to_owned(),
    };
    let progress = replay.finished_at.is_none().then(|| {
        let label = format!("Replay of {what}");
        view! { <progress max="100" value=replay.percent.to_string() aria-label=label></progress> }
    });
    let running = replay.finished_at.is_none();
    view! {
        <li data-running=running.then_some("")>
            <strong>{what}</strong>
            <span class="small muted">"by " {replay.actor.clone()}</span>
            <span><Told replay now /></span>
            {progress}
        </li>
    }
    .into_any()
}
