//! Who one is here, and the password.

use crate::actions::people::RefusedForm;
use crate::domain::connection::Tone;
use crate::domain::problem::Problem;
use crate::domain::user::{PASSWORD_MIN, User};
use crate::ui::components::call_out::CallOut;
use crate::ui::components::field::{Field, FormProblem, error_of};
use crate::ui::components::post_button::{Look, SubmitButton};
use crate::ui::layouts::frame::Frame;
use crate::ui::layouts::loaded::loaded;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

#[component]
pub fn AccountPage() -> impl IntoView {
    let refused = use_context::<RefusedForm>();
    let changed = refused.is_none() && use_query_map().get_untracked().get("changed").is_some();
    loaded(async { Ok(()) }, move |(), shell| {
        let body = match shell.user.clone() {
            Some(user) => view! { <Account user refused /> }.into_any(),
            None => ().into_any(),
        };
        view! {
            <Frame title="Your account" shell>
                <header class="page-header"><h1>"Your account"</h1></header>
                {changed.then(|| view! {
                    <CallOut tone=Tone::Ok title="Password changed."><p>"Your other sessions are ended."</p></CallOut>
                })}
                {body}
            </Frame>
        }
    })
}

#[component]
fn Account(user: User, refused: Option<RefusedForm>) -> impl IntoView {
    let password = if user.demo {
        view! { <p class="muted">"A sandbox account has no password: it is entered with one press."</p> }.into_any()
    } else {
        view! { <PasswordForm email=user.email.clone() problem=refused.map(|form| form.problem) /> }.into_any()
    };
    view! {
        <div class="columns">
            <section class="card">
                <h2>"You"</h2>
                <dl class="rows">
                    <div class="row"><dt>"Name"</dt><dd>{user.name}</dd></div>
                    <div class="row"><dt>"Email"</dt><dd>{user.email}</dd></div>
                    <div class="row"><dt>"Role"</dt><dd>{user.role.as_str()}</dd></div>
                </dl>
            </section>
            <section class="card">
                <h2>"Change password"</h2>
                {password}
            </section>
        </div>
    }
}

#[component]
fn PasswordForm(email: String, problem: Option<Problem>) -> impl IntoView {
    view! {
        <form method="post" action="/account/password" class="stack">
            {problem.clone().map(|problem| view! { <FormProblem problem /> })}
            // Tells password managers whose password it is.
            <input type="hidden" name="username" autocomplete="username" value=email />
            <Field
                name="current" label="Present password" kind="password" autocomplete="current-password"
                error=error_of(problem.as_ref(), "current")
            />
            <Field
                name="new" label="New password" kind="password" autocomplete="new-password" minlength=PASSWORD_MIN
                hint="At least 12 characters. Your other sessions are ended." error=error_of(problem.as_ref(), "new")
            />
            <SubmitButton look=Look::Primary label="Change password" pending="Changing…" />
        </form>
    }
    .into_any()
}
