//! Coming in: with email and password, or with one press in the sandbox.

use crate::actions::people::{self, DemoAccount, RefusedForm};
use crate::domain::connection::Tone;
use crate::ui::components::call_out::CallOut;
use crate::ui::components::field::{Field, FormProblem, error_of};
use crate::ui::components::post_button::{Look, SubmitButton};
use crate::ui::layouts::door::Door;
use crate::ui::pages::problem::ProblemView;
use crate::ui::paths;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

#[component]
pub fn LoginPage() -> impl IntoView {
    let next = use_query_map().get_untracked().get("next").unwrap_or_default();
    let refused = use_context::<RefusedForm>();
    view! {
        <Suspense>
            {Suspend::new(async move {
                let sandbox = people::shell().await.is_ok_and(|shell| shell.sandbox);
                match people::login_page().await {
                    Err(problem) => view! { <main id="content" class="door"><ProblemView problem /></main> }.into_any(),
                    Ok(page) if page.needs_setup => view! { <NobodyYet sandbox /> }.into_any(),
                    Ok(page) => {
                        view! {
                            <Door title="Log in" sandbox>
                                <DemoAccounts accounts=page.demo_accounts next=next.clone() />
                                <PasswordForm next refused />
                            </Door>
                        }
                            .into_any()
                    }
                }
            })}
        </Suspense>
    }
}

#[component]
fn NobodyYet(sandbox: bool) -> impl IntoView {
    view! {
        <Door title="Nobody can log in yet" sandbox>
            <p>"This installation has no accounts. The first admin is made with a link that works once."</p>
            <CallOut tone=Tone::Info title="Open the setup link.">
                <p>
                    "It stands in the file "<code>"setup-link"</code>
                    " of the data folder, and in the terminal where Greentick was started by hand."
                </p>
            </CallOut>
        </Door>
    }
    .into_any()
}

#[component]
fn DemoAccounts(accounts: Vec<DemoAccount>, next: String) -> impl IntoView {
    (!accounts.is_empty()).then(|| {
        let buttons = accounts.into_iter().map(|account| {
            let label = format!("Enter as {} · {}", account.name, account.role);
            view! {
                <form method="post" action="/login/demo">
                    <input type="hidden" name="user" value=account.id.to_string() />
                    <input type="hidden" name="next" value=next.clone() />
                    <SubmitButton look=Look::Plain label pending="Entering…" />
                </form>
            }
        });
        view! {
            <div class="demo-accounts">
                {buttons.collect_view()}
                <p class="small muted">"These accounts exist only in the sandbox, on this machine."</p>
            </div>
            <p class="or" aria-hidden="true"><span>"or"</span></p>
        }
    })
}

#[component]
fn PasswordForm(next: String, refused: Option<RefusedForm>) -> impl IntoView {
    let action = if next.is_empty() { "/login".to_owned() } else { format!("/login?next={}", paths::encoded(&next)) };
    let (email, problem) = refused.map_or_else(Default::default, |form| (form.email, Some(form.problem)));
    view! {
        <form method="post" action=action class="stack">
            {problem.clone().map(|problem| view! { <FormProblem problem /> })}
            <input type="hidden" name="next" value=next />
            <Field name="email" label="Email" kind="email" autocomplete="username" value=email error=error_of(problem.as_ref(), "email") />
            <Field
                name="password" label="Password" kind="password" autocomplete="current-password" error=error_of(problem.as_ref(), "password")
            />
            <SubmitButton look=Look::Primary label="Log in" pending="Logging in…" />
        </form>
    }
    .into_any()
}
