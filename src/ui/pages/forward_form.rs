//! The form of a forward: a new one, or one to change.

use crate::actions::forwards::{
    ForwardFields, ForwardFormPage as Page, ForwardFormat, RefusedForward, find_forward_form,
};
use crate::actions::messages::NumberOption;
use crate::domain::event::EventKind;
use crate::domain::forward_words::NAME_MAX;
use crate::domain::problem::Problem;
use crate::ui::components::breadcrumb::Breadcrumb;
use crate::ui::components::field::{Field, FormProblem, error_of};
use crate::ui::components::post_button::{Look, SubmitButton};
use crate::ui::layouts::frame::Frame;
use crate::ui::layouts::loaded::loaded;
use crate::ui::pages::api_keys::ROOMS;
use crate::ui::pages::forwards::Inside;
use crate::ui::paths;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

#[component]
pub fn ForwardFormPage() -> impl IntoView {
    let id = use_params_map().get_untracked().get("forward").unwrap_or_default();
    let refused = use_context::<RefusedForward>();
    loaded(find_forward_form(id.clone()), move |page, shell| {
        let (title, back) = match &page.forward {
            Some(name) => (format!("Edit {name}"), paths::forward(&id)),
            None => ("Add a forward".to_owned(), paths::FORWARDING.to_owned()),
        };
        let action = if id.is_empty() { paths::NEW_FORWARD.to_owned() } else { paths::edit_forward(&id) };
        let (fields, problem) = match refused {
            Some(RefusedForward { fields, problem }) => (fields, Some(problem)),
            None => (page.fields.clone(), None),
        };
        view! {
            <Frame title=title.clone() shell>
                <Breadcrumb rooms=ROOMS place="Forwarding" address=paths::FORWARDING here=title.clone() />
                <header class="page-header"><h1>{title.clone()}</h1></header>
                <section class="card">
                    <form method="post" action=action class="stack">
                        {problem.clone().map(|problem| view! { <FormProblem problem /> })}
                        <input type="hidden" name="id" value=fields.id.clone() />
                        <Where fields=fields.clone() problem=problem.clone() networks=page.inside.clone() />
                        <Formats fields=fields.clone() problem=problem.clone() is_new=page.forward.is_none() />
                        <Which fields=fields.clone() page=page.clone() problem=problem.clone() />
                        <Extras fields problem />
                        <div class="button-row">
                            <Save is_new=page.forward.is_none() />
                            <a class="button quiet" href=back>"Cancel"</a>
                        </div>
                    </form>
                </section>
            </Frame>
        }
    })
}

#[component]
fn Save(is_new: bool) -> impl IntoView {
    let (label, pending) = if is_new { ("Add forward", "Adding…") } else { ("Save", "Saving…") };
    view! { <SubmitButton look=Look::Primary label pending /> }
}

#[component]
fn Where(fields: ForwardFields, problem: Option<Problem>, networks: Vec<String>) -> impl IntoView {
    view! {
        <Field
            name="name" label="Name" autocomplete="off" value=fields.name maxlength=NAME_MAX
            hint="So that you know later where it leads: “Booking system”." error=error_of(problem.as_ref(), "name")
        />
        <div class="wide">
            <Field
                name="url" label="Address" kind="url" autocomplete="off" value=fields.url maxlength=2_000
                hint="Where your software receives: https://…" error=error_of(problem.as_ref(), "url")
            />
            <Inside networks />
        </div>
    }
    .into_any()
}

#[component]
fn Formats(fields: ForwardFields, problem: Option<Problem>, is_new: bool) -> impl IntoView {
    let meta = fields.format == ForwardFormat::Meta.as_str();
    if !is_new {
        let words = if meta { "Meta" } else { "Greentick" };
        return view! { <p class="small muted">"Format: " {words} ". Another format is another forward."</p> }
            .into_any();
    }
    view! {
        <fieldset class="radios">
            <legend>"Format"</legend>
            <div class="check">
                <input type="radio" id="format-greentick" name="format" value="greentick" checked=!meta />
                <label for="format-greentick">"Greentick: one event a request, signed by Standard Webhooks. For software of your own, n8n, scripts."</label>
            </div>
            <div class="check">
                <input type="radio" id="format-meta" name="format" value="meta" checked=meta />
                <label for="format-meta">"Meta: just what Meta sends, signed as Meta signs. For software that was written for Meta, such as Chatwoot."</label>
            </div>
            {error_of(problem.as_ref(), "format").map(|error| view! { <p class="field-error">{error}</p> })}
        </fieldset>
    }
    .into_any()
}

#[component]
fn Which(fields: ForwardFields, page: Page, problem: Option<Problem>) -> impl IntoView {
    let chosen = fields.connection.clone();
    let options = page.numbers.into_iter().map(|NumberOption { id, label }| {
        let selected = id.as_str() == chosen;
        view! { <option value=id.to_string() selected=selected>{label}</option> }
    });
    let kinds = EventKind::ALL.map(|kind| {
        let id = format!("kind-{}", kind.as_str());
        let checked = fields.kinds.iter().any(|name| name == kind.as_str());
        view! {
            <div class="check">
                <input type="checkbox" id=id.clone() name="kinds" value=kind.as_str() checked=checked />
                <label for=id>{kind.words()}</label>
            </div>
        }
    });
    view! {
        <div class="field">
            <label for="connection">"Number"</label>
            <select id="connection" name="connection">
                <option value="" selected=chosen.is_empty()>"All numbers"</option>
                {options.collect_view()}
            </select>
            {error_of(problem.as_ref(), "connection").map(|error| view! { <p class="field-error">{error}</p> })}
        </div>
        <fieldset class="radios kinds">
            <legend>"Events"</legend>
            <p class="small muted">"None ticked means all, also those that are yet to come."</p>
            <div class="kinds-grid">{kinds.collect_view()}</div>
            {error_of(problem.as_ref(), "kinds").map(|error| view! { <p class="field-error">{error}</p> })}
        </fieldset>
    }
    .into_any()
}

#[component]
fn Extras(fields: ForwardFields, problem: Option<Problem>) -> impl IntoView {
    let kept = |kept: bool, words: &str| {
        if kept { format!("Kept: ••••. Leave it empty to keep it. {words}") } else { words.to_owned() }
    };
    let open =
        ["headerName", "headerValue", "verifyToken"].iter().any(|name| error_of(problem.as_ref(), name).is_some());
    let open = open || fields.has_header || fields.has_verify_token || !fields.header_name.is_empty();
    view! {
        <details class="extras" open=open>
            <summary>"An extra header, a verify token"</summary>
            <div class="stack">
                <Field
                    name="headerName" label="Header" autocomplete="off" optional=true value=fields.header_name maxlength=NAME_MAX
                    hint="Sent with each request, where your software asks for one: Authorization, X-Api-Key. Empty: none."
                    error=error_of(problem.as_ref(), "headerName")
                />
                <Secret
                    name="headerValue" label="Its value" hint=kept(fields.has_header, "It is never shown again.")
                    error=error_of(problem.as_ref(), "headerValue")
                />
                <Secret
                    name="verifyToken" label="Verify token"
                    hint=kept(fields.has_verify_token, "With Meta's format: what your software calls its verify token, so that it can be asked as Meta asks.")
                    error=error_of(problem.as_ref(), "verifyToken")
                />
            </div>
        </details>
    }
    .into_any()
}

/// Write-only: the page never holds it.
#[component]
fn Secret(name: &'static str, label: &'static str, hint: String, error: Option<String>) -> impl IntoView {
    let described = if error.is_some() { format!("{name}-hint {name}-error") } else { format!("{name}-hint") };
    view! {
        <div class="field">
            <label for=name>{label}</label>
            <p class="small muted" id=format!("{name}-hint")>{hint}</p>
            <input
                id=name name=name type="password" autocomplete="off" aria-invalid=error.as_ref().map(|_| "true")
                aria-describedby=described
            />
            {error.map(|error| view! { <p class="field-error" id=format!("{name}-error")>{error}</p> })}
        </div>
    }
    .into_any()
}
