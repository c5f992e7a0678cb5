//! Messages › Export: events to carry away, as a file.

use crate::actions::messages::{ExportPage as Page, RefusedExport, find_export};
use crate::domain::event::EventKind;
use crate::domain::problem::Problem;
use crate::ui::components::breadcrumb::Breadcrumb;
use crate::ui::components::field::{Field, FormProblem, error_of};
use crate::ui::layouts::frame::Frame;
use crate::ui::layouts::loaded::loaded;
use crate::ui::paths;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

#[component]
pub fn ExportPage() -> impl IntoView {
    let query = use_query_map().get_untracked();
    let asked = |name: &str| query.get(name).unwrap_or_default();
    let refused = use_context::<RefusedExport>();
    let found = match &refused {
        None => find_export(asked("connection"), asked("kind"), asked("person")),
        // A number that is not here must not keep the form from coming again.
        Some(RefusedExport { problem, .. }) if problem.is("not_found") => {
            find_export(String::new(), String::new(), String::new())
        }
        // Any other stays chosen, however many there are.
        Some(RefusedExport { wish, .. }) => find_export(wish.connection.clone(), String::new(), String::new()),
    };
    loaded(found, move |mut page, shell| {
        let problem = refused.map(|refused| {
            page.wish = refused.wish;
            refused.problem
        });
        view! {
            <Frame title="Export" shell>
                <Breadcrumb place="Messages" address=paths::MESSAGES here="Export" />
                <header class="page-header">
                    <div>
                        <h1>"Export"</h1>
                        <p class="muted">
                            "A text file with one event in each line, as JSON, oldest first. That you exported is written down."
                        </p>
                    </div>
                </header>
                <Form page problem />
            </Frame>
        }
    })
}

#[component]
fn Form(page: Page, problem: Option<Problem>) -> impl IntoView {
    let Page { numbers, wish } = page;
    let numbers = numbers.into_iter().map(|number| {
        let selected = number.id.as_str() == wish.connection;
        view! { <option value=number.id.as_str().to_owned() selected=selected>{number.label}</option> }
    });
    let kinds = EventKind::ALL.map(|kind| {
        view! { <option value=kind.as_str() selected=wish.kind == kind.as_str()>{kind.words()}</option> }
    });
    let error = |field: &str| error_of(problem.as_ref(), field);
    let elsewhere = problem.clone().filter(|_| ["person", "from", "to"].iter().all(|field| error(field).is_none()));
    view! {
        <section class="card">
            {elsewhere.map(|problem| view! { <FormProblem problem /> })}
            <form method="post" action=paths::EXPORT class="stack">
                <div class="field">
                    <label for="connection">"Your number"</label>
                    <select id="connection" name="connection">
                        <option value="">"All numbers"</option>
                        {numbers.collect_view()}
                    </select>
                </div>
                <div class="field">
                    <label for="kind">"Kind"</label>
                    <select id="kind" name="kind">
                        <option value="">"All kinds"</option>
                        {kinds.collect_view()}
                    </select>
                </div>
                <Field
                    name="person" label="One person alone" autocomplete="off" value=wish.person.clone() maxlength=200 optional=true
                    hint="Phone number in any spelling, or WhatsApp user ID. Empty for all." error=error("person")
                />
                <div class="replay-form">
                    <Field
                        name="from" label="From, UTC" kind="datetime-local" autocomplete="off" value=wish.from.clone() optional=true
                        error=error("from")
                    />
                    <Field
                        name="to" label="To, UTC" kind="datetime-local" autocomplete="off" value=wish.to.clone() optional=true
                        error=error("to")
                    />
                </div>
                // The page stays while the file comes, so the button says nothing of waiting.
                <button type="submit" class="button primary">"Export"</button>
            </form>
        </section>
    }
    .into_any()
}
