//! Settings › API keys: keys for programs.

use crate::actions::api_keys::{ApiKey, KeyState, MadeKey, NAME_MAX, RefusedKey, Scope, list_api_keys};
use crate::domain::instant::Instant;
use crate::ui::components::breadcrumb::Breadcrumb;
use crate::ui::components::copy_field::CopyField;
use crate::ui::components::field::{Field, FormProblem, error_of};
use crate::ui::components::moment::Moment;
use crate::ui::components::post_button::{Look, SubmitButton};
use crate::ui::layouts::frame::Frame;
use crate::ui::layouts::loaded::loaded;
use crate::ui::paths;
use leptos::prelude::*;

/// What the breadcrumb calls the rooms above this page.
pub(super) const ROOMS: &[&str] = &["Settings"];

#[component]
pub fn ApiKeysPage() -> impl IntoView {
    let made = use_context::<MadeKey>();
    let refused = use_context::<RefusedKey>();
    loaded(list_api_keys(), move |page, shell| {
        view! {
            <Frame title="API keys" shell>
                <Breadcrumb rooms=ROOMS place="API keys" address=paths::API_KEYS />
                <header class="page-header">
                    <h1>"API keys"</h1>
                    <div class="header-actions"><a class="button quiet" href=paths::API_DOCS>"API documentation"</a></div>
                </header>
                {made.map(|made| view! { <Made made /> })}
                <List keys=page.keys now=page.now />
                <NewKey refused once=page.once />
            </Frame>
        }
    })
}

#[component]
fn Made(made: MadeKey) -> impl IntoView {
    view! {
        <section class="card made-key" aria-labelledby="made-title">
            <h2 id="made-title">"Your new key “" {made.name} "”"</h2>
            <p>
                <strong>"Copy it now: it is shown this once."</strong>
                " We keep a fingerprint only, so nobody can show it again. Lost? Revoke it and make another."
            </p>
            <CopyField id="made-key" label="API key" value=made.key />
        </section>
    }
    .into_any()
}

#[component]
fn List(keys: Vec<ApiKey>, now: Instant) -> impl IntoView {
    if keys.is_empty() {
        return view! {
            <section class="card empty">
                <h2>"No key yet"</h2>
                <p>
                    "With a key, your own software reads messages and how your numbers stand and, if you let it, changes settings, without a person signing in."
                </p>
            </section>
        }
        .into_any();
    }
    let lines = keys.into_iter().map(|key| view! { <Line key_=key now /> }).collect_view();
    view! {
        <section class="card table-card">
            <table class="table keys">
                <caption class="visually-hidden">"API keys and whether they work"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Key"</th>
                        <th scope="col">"May"</th>
                        <th scope="col">"State"</th>
                        <th scope="col">"Last used"</th>
                        <th scope="col"><span class="visually-hidden">"What to do"</span></th>
                    </tr>
                </thead>
                <tbody>{lines}</tbody>
            </table>
        </section>
    }
    .into_any()
}

#[component]
fn Line(key_: ApiKey, now: Instant) -> impl IntoView {
    let key = key_;
    let state = key.state_at(now);
    let used = match key.last_used_at {
        Some(at) => view! { "Used " <Moment at now /> }.into_any(),
        None => view! { "Never used" }.into_any(),
    };
    let revoke = matches!(state, KeyState::Works(_)).then(|| {
        let label = format!("Revoke {}", key.name);
        view! { <a class="button quiet" href=paths::revoke_key(key.id.as_str()) aria-label=label>"Revoke"</a> }
    });
    let (mark, words) = told(state);
    view! {
        <tr>
            <th scope="row">
                <strong>{key.name}</strong>
                <span class="small muted">"gt_…" {key.last_four} " · made by " {key.created_by} " on " {key.created_at.date()}</span>
            </th>
            <td>{may(key.scope)}</td>
            <td><span class="key-state" data-state=mark>{words}</span></td>
            <td class="small muted">{used}</td>
            <td class="cell-action">{revoke}</td>
        </tr>
    }
    .into_any()
}

pub(super) fn may(scope: Scope) -> &'static str {
    match scope {
        Scope::Read => "Read",
        Scope::Write => "Read and write",
    }
}

/// The state for the style and in words.
fn told(state: KeyState) -> (&'static str, String) {
    match state {
        KeyState::Works(None) => ("works", "Works, does not end".to_owned()),
        KeyState::Works(Some(end)) => ("works", format!("Works until {}", end.date())),
        KeyState::Ended(end) => ("over", format!("Ended {}", end.date())),
        KeyState::Revoked(at) => ("over", format!("Revoked {}", at.date())),
    }
}

/// What can be chosen: days, and in words.
const LIVES: [(&str, &str); 4] = [("30", "30 days"), ("90", "90 days"), ("365", "1 year"), ("", "It does not end")];

#[component]
fn NewKey(refused: Option<RefusedKey>, once: String) -> impl IntoView {
    let problem = refused.as_ref().map(|refused| refused.problem.clone());
    let (name, scope, days) = match refused {
        Some(RefusedKey { name, scope, days, .. }) => (name, scope, days),
        None => (String::new(), Scope::Read.as_str().to_owned(), "365".to_owned()),
    };
    let lives = LIVES.map(|(value, words)| view! { <option value=value selected=value == days>{words}</option> });
    let writes = scope == Scope::Write.as_str();
    view! {
        <section class="card" aria-labelledby="new-title">
            <h2 id="new-title">"Make a key"</h2>
            <form method="post" action=paths::API_KEYS class="stack">
                {problem.clone().map(|problem| view! { <FormProblem problem /> })}
                <input type="hidden" name="once" value=once />
                <Field
                    name="name" label="Name" autocomplete="off" value=name maxlength=NAME_MAX
                    hint="So that you know later which program has it: “Booking system”." error=error_of(problem.as_ref(), "name")
                />
                <fieldset class="radios">
                    <legend>"It may"</legend>
                    <div class="check">
                        <input type="radio" id="scope-read" name="scope" value="read" checked=!writes />
                        <label for="scope-read">
                            "Read: your customers' messages and everything else that Meta reports, also as an export; numbers, settings and forwards. Secrets stay masked."
                        </label>
                    </div>
                    <div class="check">
                        <input type="radio" id="scope-write" name="scope" value="write" checked=writes />
                        <label for="scope-write">
                            "Read and write: all of that, and change settings and forwards, refresh tokens, delete a person's data."
                        </label>
                    </div>
                </fieldset>
                <div class="field">
                    <label for="days">"It ends after"</label>
                    <select id="days" name="days">{lives.into_iter().collect_view()}</select>
                </div>
                <SubmitButton look=Look::Primary label="Make key" pending="Making…" />
            </form>
        </section>
    }
    .into_any()
}
