//! Messages › Replay: what Meta sent in some time is read once more.

use crate::actions::messages::{LaidAside, RefusedRange, Replay, ReplayPage as Page, list_replays};
use crate::domain::counts::counted;
use crate::domain::instant::{HOUR, Instant};
use crate::ui::components::breadcrumb::Breadcrumb;
use crate::ui::components::field::{Field, error_of};
use crate::ui::components::moment::Moment;
use crate::ui::components::post_button::{Look, SubmitButton};
use crate::ui::islands::live_replay::LiveReplay;
use crate::ui::layouts::frame::Frame;
use crate::ui::layouts::loaded::loaded;
use crate::ui::pages::event::Told;
use crate::ui::paths;
use leptos::prelude::*;

#[component]
pub fn ReplayPage() -> impl IntoView {
    let refused = use_context::<RefusedRange>();
    loaded(list_replays(), move |page, shell| {
        let kept = page.kept_days.map(|days| format!(" It is kept for {}.", counted(days, "day", "days")));
        view! {
            <Frame title="Replay" shell>
                <Breadcrumb place="Messages" address=paths::MESSAGES here="Replay" />
                <header class="page-header">
                    <div>
                        <h1>"Replay"</h1>
                        <p class="muted">
                            "Reads once more what Meta sent, for example after an update. What came before a number was connected here is read by itself once it is. What is here already is not kept twice."
                            {kept}
                        </p>
                    </div>
                </header>
                <Range now=page.now refused />
                <LaidAsideOnes aside=page.laid_aside.clone() now=page.now />
                <Replays page />
            </Frame>
        }
    })
}

#[component]
fn Range(now: Instant, refused: Option<RefusedRange>) -> impl IntoView {
    let usual = (now.plus(-HOUR).form_minute(), now.form_minute(), None);
    let (from, to, problem) = refused.map_or(usual, |refused| (refused.from, refused.to, Some(refused.problem)));
    let error = |field: &str| error_of(problem.as_ref(), field);
    view! {
        <section class="card">
            <form method="post" action=paths::REPLAY class="replay-form">
                <Field name="from" label="From, UTC" kind="datetime-local" autocomplete="off" value=from error=error("from") />
                <Field name="to" label="To, UTC" kind="datetime-local" autocomplete="off" value=to error=error("to") />
                <SubmitButton look=Look::Primary label="Replay" pending="Replaying…" />
            </form>
        </section>
    }
    .into_any()
}

#[component]
fn LaidAsideOnes(aside: Vec<LaidAside>, now: Instant) -> impl IntoView {
    if aside.is_empty() {
        return ().into_any();
    }
    let lines = aside.into_iter().map(|one| view! { <LaidAsideOne one now /> }).collect_view();
    view! {
        <section class="card" aria-labelledby="aside-title">
            <h2 id="aside-title">"What could not be read"</h2>
            <p class="muted">
                "Each is signed by Meta and kept as it came, but Greentick made nothing of it. After an update, read it again. If it stays here, report how it begins, without the names and numbers in it."
            </p>
            <ul class="replays">{lines}</ul>
        </section>
    }
    .into_any()
}

#[component]
fn LaidAsideOne(one: LaidAside, now: Instant) -> impl IntoView {
    let LaidAside { id, received_at, bytes, why, beginning } = one;
    view! {
        <li>
            <strong><Moment at=received_at now /></strong>
            <span class="small muted">{counted(bytes, "byte", "bytes")}</span>
            <span>{why}</span>
            <details class="raw">
                <summary>"How it begins"</summary>
                <pre tabindex="0">{beginning}</pre>
            </details>
            <form method="post" action="/_fn/replay_laid_aside">
                <input type="hidden" name="delivery" value=id />
                <SubmitButton look=Look::Plain label="Read it again" pending="Reading…" />
            </form>
        </li>
    }
    .into_any()
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
            <LiveReplay ended="The replay has ended.".to_owned() />
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
        None if replay.only_foreign => "What came before its number was connected".to_owned(),
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
