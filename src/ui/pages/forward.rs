//! One forward: how it stands, what to press, and what came of each attempt.

use crate::actions::forwards::{
    Attempt, AttemptWhat, Forward, ForwardFormat, ForwardPage as Page, ForwardState, MadeSecret, ShownForward,
    find_forward,
};
use crate::domain::connection::Tone;
use crate::domain::counts::counted;
use crate::domain::forward_words::{disabled_words, kinds_words, overlaps, waiting_words};
use crate::domain::instant::Instant;
use crate::ui::components::breadcrumb::Breadcrumb;
use crate::ui::components::call_out::CallOut;
use crate::ui::components::copy_field::CopyField;
use crate::ui::components::icon::{Icon, Symbol};
use crate::ui::components::moment::Moment;
use crate::ui::components::post_button::{Look, SubmitButton};
use crate::ui::layouts::frame::Frame;
use crate::ui::layouts::loaded::loaded;
use crate::ui::pages::api_keys::ROOMS;
use crate::ui::pages::forwards::Standing;
use crate::ui::paths;
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

#[component]
pub fn ForwardPage() -> impl IntoView {
    let shown = use_context::<ShownForward>().map(|ShownForward(id)| id.to_string());
    let id = shown.or_else(|| use_params_map().get_untracked().get("forward")).unwrap_or_default();
    let made = use_context::<MadeSecret>();
    let gone = use_query_map().get_untracked().get("gone").and_then(|gone| gone.parse::<u32>().ok());
    loaded(find_forward(id), move |page, shell| {
        let forward = page.forward.clone();
        view! {
            <Frame title=forward.name.clone() shell>
                <Breadcrumb rooms=ROOMS place="Forwarding" address=paths::FORWARDING here=forward.name.clone() />
                <header class="page-header">
                    <div>
                        <h1>{forward.name.clone()}</h1>
                        <p><Standing forward=forward.clone() /></p>
                    </div>
                    <div class="header-actions">
                        <a class="button plain" href=paths::edit_forward(forward.id.as_str())>"Edit"</a>
                        <a class="button quiet" href=paths::remove_forward(forward.id.as_str())>"Remove"</a>
                    </div>
                </header>
                {made.clone().map(|made| view! { <Made made format=forward.format /> })}
                {gone.map(|gone| view! { <Gone gone /> })}
                <News page=page.clone() />
                <div class="columns">
                    <Facts page=page.clone() />
                    <Presses page=page.clone() />
                </div>
                <Attempts attempts=page.attempts now=page.now />
            </Frame>
        }
    })
}

#[component]
fn Made(made: MadeSecret, format: ForwardFormat) -> impl IntoView {
    let (title, words) = match (made.rotated, format) {
        (true, ForwardFormat::Greentick) => (
            "The new secret",
            " Until tomorrow at this time the old one signs too, so there is no hurry to enter the new one.",
        ),
        (true, ForwardFormat::Meta) => (
            "The new secret",
            " Until tomorrow at this time, what is refused with it is sent once more with the old one, so there is no hurry to enter it.",
        ),
        (false, _) => (
            "Your forward is on. This is its secret",
            " Your software checks with it that a request comes from here. Lost? Make another one below.",
        ),
    };
    view! {
        <section class="card made-key" aria-labelledby="made-title">
            <h2 id="made-title">{title}</h2>
            <p><strong>"Copy it now: it is shown this once."</strong>{words}</p>
            <CopyField id="made-secret" label="secret" value=made.secret />
        </section>
    }
    .into_any()
}

/// Of what was to be sent again, this could not be.
#[component]
fn Gone(gone: u32) -> impl IntoView {
    let title = format!("{} could not be sent again.", counted(gone.into(), "request", "requests"));
    view! {
        <CallOut tone=Tone::Warn title>
            <p>"The events behind that are no longer kept here, or were deleted."</p>
        </CallOut>
    }
    .into_any()
}

/// What needs somebody.
#[component]
fn News(page: Page) -> impl IntoView {
    let (forward, now) = (page.forward, page.now);
    let id = forward.id.to_string();
    let state = match (forward.state, forward.failing_since) {
        (ForwardState::Disabled { at, why }, _) => view! {
            <CallOut tone=Tone::Bad title="Greentick has switched this forward off.">
                <p>{disabled_words(why)} " Off since: " <Moment at now /></p>
                <p>"What comes is kept and waits, as long as messages are kept here. Put the endpoint right, press Send a test, then switch it on: what waited is sent then."</p>
                <Switch id on=true />
            </CallOut>
        }
        .into_any(),
        (ForwardState::Off, _) => view! {
            <CallOut tone=Tone::Idle title="This forward is switched off.">
                <p>"What comes waits, as long as messages are kept here, and is sent once it is on again."</p>
                <Switch id on=true />
            </CallOut>
        }
        .into_any(),
        (ForwardState::On, Some(since)) => view! {
            <CallOut tone=Tone::Warn title="The endpoint does not take what we send.">
                <p>"Since " <Moment at=since now /> ". The log below says why. Each request is tried again for three days, by itself. Once the endpoint is put right, press Send a test: when that goes through, what waits is sent at once."</p>
            </CallOut>
        }
        .into_any(),
        (ForwardState::On, None) => ().into_any(),
    };
    let dead = (page.counts.dead > 0).then(|| {
        let dead = counted(page.counts.dead, "request was", "requests were");
        let them = if page.counts.dead == 1 { "it" } else { "them" };
        view! {
            <CallOut tone=Tone::Warn title=format!("{dead} given up.")>
                <p>"Each was tried for three days, or refused while 10 000 others waited for another attempt. They are kept for " {counted(page.dead_days, "day", "days")} "."</p>
                <form method="post" action="/_fn/replay_dead">
                    <input type="hidden" name="forward" value=forward.id.to_string() />
                    <SubmitButton look=Look::Plain label=format!("Send {them} again") pending="Sending…" />
                </form>
            </CallOut>
        }
    });
    view! { {state} {dead} }.into_any()
}

#[component]
fn Switch(id: String, on: bool) -> impl IntoView {
    let (value, look, label, pending) = match on {
        true => ("yes", Look::Primary, "Switch on", "Switching on…"),
        false => ("no", Look::Plain, "Switch off", "Switching off…"),
    };
    view! {
        <form method="post" action="/_fn/switch_forward">
            <input type="hidden" name="forward" value=id />
            <input type="hidden" name="on" value=value />
            <SubmitButton look label pending />
        </form>
    }
    .into_any()
}

#[component]
fn Facts(page: Page) -> impl IntoView {
    let (forward, now) = (page.forward, page.now);
    let format = match forward.format {
        ForwardFormat::Greentick => "One event, signed by Standard Webhooks",
        ForwardFormat::Meta => "Meta's own envelope, signed as Meta signs",
    };
    let received = match forward.last_success_at {
        Some(at) => view! { <Moment at now /> }.into_any(),
        None => view! { "Nothing yet" }.into_any(),
    };
    let header = forward
        .header_name
        .clone()
        .map(|name| view! { <div class="row"><dt>"Extra header"</dt><dd><code>{name}</code> "••••"</dd></div> });
    let signs = match forward.format {
        ForwardFormat::Greentick => "Signs too until ",
        ForwardFormat::Meta => "Tried when the new one is refused, until ",
    };
    let overlap = overlaps(&forward, now)
        .map(|until| view! { <div class="row"><dt>"Old secret"</dt><dd>{signs} {until.date_time()}</dd></div> });
    view! {
        <section class="card" aria-labelledby="facts-title">
            <h2 id="facts-title">"Where and what"</h2>
            <dl class="rows">
                <div class="row"><dt>"Address"</dt><dd><code class="long">{forward.url.clone()}</code></dd></div>
                <div class="row"><dt>"Format"</dt><dd>{format}</dd></div>
                <div class="row"><dt>"Number"</dt><dd>{page.number.unwrap_or_else(|| "All numbers".to_owned())}</dd></div>
                <div class="row"><dt>"Events"</dt><dd>{kinds_words(&forward.kinds)}</dd></div>
                {header}
                {overlap}
                <div class="row"><dt>"Waiting"</dt><dd id="waiting">{waiting_words(page.counts)}</dd></div>
                <div class="row"><dt>"Last received"</dt><dd>{received}</dd></div>
            </dl>
        </section>
    }
    .into_any()
}

#[component]
fn Presses(page: Page) -> impl IntoView {
    let new_secret = match (overlaps(&page.forward, page.now), page.forward.format) {
        (None, ForwardFormat::Greentick) => {
            "The present one signs too for a day, so that nothing is refused while you change it."
        }
        (None, ForwardFormat::Meta) => {
            "For a day, what is refused with the new one is sent once more with the present one, so that you can change it in peace."
        }
        (Some(_), _) => "The newest one then no longer counts. The old one, from before it, signs for another day.",
    };
    let seen = page.forward.old_secret_until.map_or(0, |until| until.0);
    let Forward { id, format, state, has_verify_token, .. } = page.forward;
    let hands = (format == ForwardFormat::Meta).then(|| {
        let hint = if has_verify_token {
            "Asks the endpoint for its verify token, as Meta does before it sends anything."
        } else {
            "Asks the endpoint as Meta does. No verify token is kept: Edit, and enter the one your software shows."
        };
        view! {
            <form method="post" action="/_fn/shake_hands" class="press">
                <input type="hidden" name="forward" value=id.to_string() />
                <SubmitButton look=Look::Plain label="Shake hands" pending="Asking…" />
                <p class="small muted">{hint}</p>
            </form>
        }
    });
    let off = (state == ForwardState::On).then(|| {
        view! {
            <div class="press">
                <Switch id=id.to_string() on=false />
                <p class="small muted">"What comes then waits, and is sent once it is on again."</p>
            </div>
        }
    });
    view! {
        <section class="card presses" aria-labelledby="presses-title">
            <h2 id="presses-title">"What you can do"</h2>
            <form method="post" action="/_fn/test_forward" class="press">
                <input type="hidden" name="forward" value=id.to_string() />
                <SubmitButton look=Look::Plain label="Send a test" pending="Sending…" />
                <p class="small muted">"Posts a sample that is about nobody. The log below says what came of it."</p>
            </form>
            {hands}
            <form method="post" action=paths::forward_secret(id.as_str()) class="press">
                <input type="hidden" name="seen" value=seen />
                <SubmitButton look=Look::Plain label="Make a new secret" pending="Making…" />
                <p class="small muted">{new_secret}</p>
            </form>
            {off}
        </section>
    }
    .into_any()
}

#[component]
fn Attempts(attempts: Vec<Attempt>, now: Instant) -> impl IntoView {
    let list = if attempts.is_empty() {
        view! { <p class="muted">"Nothing has been sent yet. Press Send a test, or write to your number."</p> }
            .into_any()
    } else {
        let lines = attempts.into_iter().map(|attempt| view! { <AttemptLine attempt now /> }).collect_view();
        view! {
            <table class="table attempts">
                <caption class="visually-hidden">"Attempts, newest first"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Result"</th>
                        <th scope="col">"What"</th>
                        <th scope="col">"When"</th>
                        <th scope="col">"Took"</th>
                    </tr>
                </thead>
                <tbody>{lines}</tbody>
            </table>
        }
        .into_any()
    };
    view! {
        <section class="card" id="attempts" aria-labelledby="attempts-title">
            <h2 id="attempts-title">"Attempts"</h2>
            {list}
            <p class="small muted">"The newest 50. They are kept for a week."</p>
        </section>
    }
    .into_any()
}

#[component]
fn AttemptLine(attempt: Attempt, now: Instant) -> impl IntoView {
    let (tone, word) = if attempt.succeeded() { (Tone::Ok, "Received") } else { (Tone::Bad, "Failed") };
    let status = attempt.status.map(|status| view! { " " <code>{status}</code> });
    let what = match (attempt.what, attempt.first_seq) {
        (AttemptWhat::Test, _) => "Test".into_any(),
        (AttemptWhat::Handshake, _) => "Handshake".into_any(),
        (AttemptWhat::Event, Some(seq)) => {
            view! { <a href=paths::event(&seq.to_string())>"Event " {seq}</a> }.into_any()
        }
        (AttemptWhat::Event, None) => "Event".into_any(),
    };
    let again = (attempt.number > 1).then(|| view! { <span class="small muted">"attempt " {attempt.number}</span> });
    view! {
        <tr>
            <th scope="row">
                <span class=format!("event-state {}", tone.as_str())><Icon symbol=Symbol::of(tone) />{word}</span>{status}
                {attempt.failure.map(|why| view! { <span class="why">{why}</span> })}
                {attempt.answer.map(|said| view! { <span class="small muted why">"It said: " <q>{said}</q></span> })}
            </th>
            <td>{what} " " {again}</td>
            <td class="small muted"><Moment at=attempt.at now /></td>
            <td class="small muted">{attempt.duration} " ms"</td>
        </tr>
    }
    .into_any()
}
