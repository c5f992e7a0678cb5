//! The number's PIN at Meta: shown or changed, for an admin who enters the password again.

use crate::actions::connections::{ConnectionPage, PinAnswer, find_connection_to_change};
use crate::domain::problem::Problem;
use crate::ui::components::breadcrumb::{Breadcrumb, number_crumb};
use crate::ui::components::copy_field::CopyField;
use crate::ui::components::field::{Field, FormProblem, error_of};
use crate::ui::components::post_button::{Look, SubmitButton};
use crate::ui::layouts::frame::Frame;
use crate::ui::layouts::loaded::loaded;
use crate::ui::paths;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

#[component]
pub fn PinPage() -> impl IntoView {
    let id = use_params_map().get_untracked().get("connection").unwrap_or_default();
    let answer = use_context::<PinAnswer>();
    loaded(find_connection_to_change(id), move |page, shell| {
        let title = format!("PIN of {}", page.display_number);
        let asks = !shell.user.as_ref().is_some_and(|user| user.demo);
        view! {
            <Frame title shell>
                <Breadcrumb under=number_crumb(&page.id, &page.display_number) here="PIN" />
                <header class="page-header">
                    <div>
                        <h1>"PIN of " <span class="number">{page.display_number.clone()}</span></h1>
                        <p class="muted">
                            "Six digits that protect the number at Meta (two-step verification). They are asked for when the number is registered again, here or elsewhere."
                        </p>
                    </div>
                </header>
                <Forms page asks answer />
            </Frame>
        }
    })
}

#[component]
fn Forms(page: ConnectionPage, asks: bool, answer: Option<PinAnswer>) -> impl IntoView {
    let action = paths::pin(page.id.as_str());
    let (shown, not_shown, changed, not_changed) = match answer {
        None => (None, None, false, None),
        Some(PinAnswer::Shown(pin)) => (Some(pin), None, false, None),
        Some(PinAnswer::NotShown(problem)) => (None, Some(problem), false, None),
        Some(PinAnswer::Changed) => (None, None, true, None),
        Some(PinAnswer::NotChanged(problem)) => (None, None, false, Some(problem)),
    };
    view! {
        <div class="columns">
            <section class="card" aria-labelledby="show-title">
                <h2 id="show-title">"Show the PIN"</h2>
                <Show action=action.clone() asks shown problem=not_shown />
            </section>
            <section class="card" aria-labelledby="change-title">
                <h2 id="change-title">"Change the PIN"</h2>
                <Change action asks changed problem=not_changed />
            </section>
        </div>
        <p><a href=paths::connection(page.id.as_str())>"Back to the number"</a></p>
    }
    .into_any()
}

#[component]
fn Password(name: &'static str, asks: bool, problem: Option<Problem>) -> impl IntoView {
    asks.then(|| {
        view! {
            <Field
                id=name name="password" label="Your password" kind="password" autocomplete="current-password"
                error=error_of(problem.as_ref(), "password")
            />
        }
    })
}

#[component]
fn Show(action: String, asks: bool, shown: Option<String>, problem: Option<Problem>) -> impl IntoView {
    if let Some(pin) = shown {
        return view! {
            <dl class="rows">
                <div class="row">
                    <dt>"PIN"</dt>
                    <dd><CopyField id="pin-shown" label="PIN" value=pin /></dd>
                </div>
            </dl>
            <p class="small muted">"That you looked is written down. It is hidden again when you leave this page."</p>
        }
        .into_any();
    }
    view! {
        <form method="post" action=action class="stack">
            {problem.clone().map(|problem| view! { <FormProblem problem /> })}
            <Password name="show-password" asks problem />
            <SubmitButton look=Look::Plain label="Show PIN" pending="Looking…" />
        </form>
    }
    .into_any()
}

#[component]
fn Change(action: String, asks: bool, changed: bool, problem: Option<Problem>) -> impl IntoView {
    let done = changed.then(|| {
        view! { <p class="fact ok" role="status">"Meta has taken the new PIN, and it is kept here."</p> }
    });
    view! {
        {done}
        <form method="post" action=action class="stack">
            {problem.clone().map(|problem| view! { <FormProblem problem /> })}
            <Password name="change-password" asks problem=problem.clone() />
            <Field
                name="pin" label="New PIN" kind="password" autocomplete="off" inputmode="numeric" pattern="[0-9]{6}"
                hint="Six digits. The old PIN is not needed." error=error_of(problem.as_ref(), "pin")
            />
            <SubmitButton look=Look::Plain label="Change PIN" pending="Changing…" />
        </form>
    }
    .into_any()
}
