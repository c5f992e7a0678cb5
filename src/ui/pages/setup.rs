//! The first admin, made with the one-time link.

use crate::actions::people::{self, RefusedForm};
use crate::domain::problem::Problem;
use crate::domain::user::PASSWORD_MIN;
use crate::ui::components::field::{Field, FormProblem, error_of};
use crate::ui::components::post_button::{Look, SubmitButton};
use crate::ui::layouts::door::Door;
use crate::ui::paths;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

#[component]
pub fn SetupPage() -> impl IntoView {
    let token = use_query_map().get_untracked().get("token").unwrap_or_default();
    let refused = use_context::<RefusedForm>();
    view! {
        <Suspense>
            {Suspend::new(async move {
                let sandbox = people::shell().await.is_ok_and(|shell| shell.sandbox);
                if let Some(dead) = refused.as_ref().filter(|refused| refused.problem.is("setup_link_dead")) {
                    return view! { <DeadLink problem=dead.problem.clone() sandbox /> }.into_any();
                }
                view! {
                    <Door title="Create the first admin" sandbox>
                        <p>"Greentick runs. This account can connect numbers and let others in."</p>
                        <SetupForm token refused />
                    </Door>
                }
                    .into_any()
            })}
        </Suspense>
    }
}

#[component]
fn DeadLink(problem: Problem, sandbox: bool) -> impl IntoView {
    view! {
        <Door title=problem.what sandbox>
            <p>{problem.why} " " {problem.remedy}</p>
            <p><a class="button primary" href="/login">"Log in"</a></p>
        </Door>
    }
    .into_any()
}

#[component]
fn SetupForm(token: String, refused: Option<RefusedForm>) -> impl IntoView {
    let action = format!("/setup?token={}", paths::encoded(&token));
    let (email, name, problem) =
        refused.map_or_else(Default::default, |form| (form.email, form.name, Some(form.problem)));
    view! {
        <form method="post" action=action class="stack">
            {problem.clone().map(|problem| view! { <FormProblem problem /> })}
            <input type="hidden" name="token" value=token />
            <Field name="name" label="Your name" autocomplete="name" value=name error=error_of(problem.as_ref(), "name") />
            <Field name="email" label="Email" kind="email" autocomplete="username" value=email error=error_of(problem.as_ref(), "email") />
            <Field
                name="password" label="Password" kind="password" autocomplete="new-password" minlength=PASSWORD_MIN
                hint="At least 12 characters. A few words in a row are good." error=error_of(problem.as_ref(), "password")
            />
            <SubmitButton look=Look::Primary label="Create account" pending="Creating…" />
        </form>
    }
    .into_any()
}
