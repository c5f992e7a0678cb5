//! The token explained: kind, owner, life, reach and permissions; as a bar and as text. Never the token.

use crate::actions::connections::{RotationPanel, TokenPanel, TokenReach};
use crate::domain::credential::{ROTATION_CHOICES, TokenState};
use crate::domain::instant::Instant;
use crate::ui::components::icon::{Icon, Symbol};
use crate::ui::components::moment::Moment;
use crate::ui::components::post_button::{Look, SubmitButton};
use crate::ui::components::timeline::Timeline;
use leptos::prelude::*;

#[component]
pub fn TokenSection(token: TokenPanel, connection: String, may_change: bool, now: Instant) -> impl IntoView {
    let present = token.scopes.clone().into_iter().map(|scope| view! { <Scope scope present=true /> });
    let missing = token.missing_scopes.clone().into_iter().map(|scope| view! { <Scope scope present=false /> });
    let bar = token.issued_at.zip(token.expires_at).map(|(from, to)| view! { <Timeline from to now /> });
    let rotation = token.rotation.clone().map(|rotation| {
        view! { <Rotation rotation connection may_change now /> }
    });
    view! {
        <section>
            <h3>"Credential"</h3>
            {bar}
            <Facts token now />
            <h4>"Permissions"</h4>
            <ul class="scopes">{missing.collect_view()}{present.collect_view()}</ul>
            {rotation}
        </section>
    }
    .into_any()
}

#[component]
fn Facts(token: TokenPanel, now: Instant) -> impl IntoView {
    let state = match token.state {
        TokenState::Valid => "Accepted by Meta",
        TokenState::Dead => "No longer accepted by Meta",
        TokenState::Erased => "Erased here",
    };
    let owner = token.belongs_to.map(|owner| {
        view! { <dt>"Belongs to"</dt><dd>{owner.words} " " <code>{owner.id}</code></dd> }
    });
    let app = token.app_id.map(|id| view! { <dt>"Made by app"</dt><dd><code>{id}</code></dd> });
    let issued = token.issued_at.map(|at| view! { <dt>"Issued"</dt><dd>{at.date()}</dd> });
    let ends = match token.expires_at {
        Some(end) => view! { {end.date_time()} " (" {end.relative(now)} ")" }.into_any(),
        None => view! { "Never" }.into_any(),
    };
    let data = token.data_access_ends_at.map(|end| view! { <dt>"Data access ends"</dt><dd>{end.date_time()}</dd> });
    view! {
        <dl class="pairs">
            <dt>"Kind"</dt>
            <dd>{token.kind}</dd>
            <dt>"State"</dt>
            <dd>{state}</dd>
            <dt>"Token"</dt>
            <dd><code>"••••" {token.last_four}</code></dd>
            {owner}
            {app}
            {issued}
            <dt>"In use here since"</dt>
            <dd>{token.kept_at.date()}</dd>
            <dt>"Ends"</dt>
            <dd>{ends}</dd>
            {data}
            <dt>"Reaches"</dt>
            <dd><Reach reach=token.reach /></dd>
        </dl>
    }
    .into_any()
}

#[component]
fn Reach(reach: TokenReach) -> impl IntoView {
    match reach {
        TokenReach::Everything => view! { "All WhatsApp accounts of its owner" }.into_any(),
        TokenReach::Unknown => view! { "Meta has not told it" }.into_any(),
        TokenReach::Only(wabas) => {
            let ids = wabas.into_iter().map(|id| view! { <li><code>{id}</code></li> });
            view! { <span class="small muted">"WABA IDs"</span><ul class="scopes">{ids.collect_view()}</ul> }.into_any()
        }
    }
}

#[component]
fn Scope(scope: String, present: bool) -> impl IntoView {
    let (class, symbol, word) =
        if present { ("fact ok", Symbol::Check, "") } else { ("fact bad", Symbol::Cross, " is missing") };
    view! { <li class=class><Icon symbol /><span><code>{scope}</code>{word}</span></li> }
}

#[component]
fn Rotation(rotation: RotationPanel, connection: String, may_change: bool, now: Instant) -> impl IntoView {
    let said = match rotation.due_at {
        None => view! { <p>"This token does not end. You will not be reminded to change it."</p> }.into_any(),
        Some(due) if due > now => {
            view! { <p>"This token does not end. Change it by " {due.date()} ": a leaked one works until it is changed."</p> }
                .into_any()
        }
        Some(due) => view! { <p>"This token was to be changed " <Moment at=due now /> "."</p> }.into_any(),
    };
    let form = may_change.then(|| {
        let option = |days: i64, words: String| {
            view! { <option value=days.to_string() selected=days == rotation.days>{words}</option> }
        };
        let choices = ROTATION_CHOICES.map(|days| option(days, format!("every {days} days")));
        view! {
            <form method="post" action="/_fn/set_rotation" class="stack">
                <input type="hidden" name="connection" value=connection />
                <div class="field">
                    <label for="rotation-days">"Remind me to change it"</label>
                    <select id="rotation-days" name="days">{choices.collect_view()}{option(0, "never".to_owned())}</select>
                </div>
                <SubmitButton look=Look::Plain label="Save" pending="Saving…" />
            </form>
        }
    });
    view! { <h4>"Rotation"</h4>{said}{form} }.into_any()
}

/// On top of the page, once the day has come. Not a fault: the badge does not change.
#[component]
pub fn RotationLine(rotation: RotationPanel, now: Instant) -> impl IntoView {
    let due = rotation.due_at.filter(|due| *due <= now);
    due.map(|_| {
        view! {
            <div class="status-line">
                <p>
                    "It is time to change the access token: it does not end by itself, so a leaked one would work until it is changed. "
                    <a href="#technical">"See the token"</a>
                </p>
            </div>
        }
    })
    .into_any()
}
