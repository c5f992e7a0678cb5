//! The API's documentation, drawn from its contract. Open to everybody: it tells shapes, not data.

use crate::actions::api_docs::{ApiDocs, DocAnswer, DocField, DocGroup, DocOperation, api_docs};
use crate::actions::people::Shell;
use crate::ui::components::breadcrumb::Breadcrumb;
use crate::ui::components::copy_field::CopyButton;
use crate::ui::components::icon::Mark;
use crate::ui::components::ribbon::Ribbon;
use crate::ui::layouts::frame::Frame;
use crate::ui::layouts::loaded::loaded;
use crate::ui::pages::api_keys::ROOMS;
use crate::ui::paths;
use leptos::prelude::*;
use leptos_meta::Title;

const TITLE: &str = "API documentation";

#[component]
pub fn ApiDocsPage() -> impl IntoView {
    loaded(api_docs(), |docs, shell| {
        if shell.user.is_some() {
            return view! {
                <Frame title=TITLE shell>
                    <Breadcrumb rooms=ROOMS place=TITLE address=paths::API_DOCS />
                    <Whole docs />
                </Frame>
            }
            .into_any();
        }
        view! { <ForStrangers docs shell /> }.into_any()
    })
}

/// Nobody is logged in, so there is nothing to navigate to.
#[component]
fn ForStrangers(docs: ApiDocs, shell: Shell) -> impl IntoView {
    view! {
        <Title text=TITLE />
        <Ribbon sandbox=shell.sandbox />
        <main id="content" class="open-page">
            <p class="brand"><Mark />"Greentick"</p>
            <Whole docs />
        </main>
    }
    .into_any()
}

#[component]
fn Whole(docs: ApiDocs) -> impl IntoView {
    let contents = docs.groups.iter().flat_map(|group| &group.operations).map(|operation| {
        let (method, path) = (operation.method.clone(), operation.path.clone());
        view! { <li><a href=format!("#{}", operation.id)><code>{method} " " {path}</code></a></li> }
    });
    let contents = contents.collect_view();
    let paragraphs = docs.description.into_iter().map(|text| view! { <p>{prose(&text)}</p> }).collect_view();
    let security = docs.security.into_iter().map(|text| view! { <li>{prose(&text)}</li> }).collect_view();
    view! {
        <header class="page-header">
            <h1>{TITLE}</h1>
            <div class="header-actions"><a class="button quiet" href="/api/openapi.json">"OpenAPI document"</a></div>
        </header>
        <section class="card docs" aria-labelledby="begin">
            <h2 id="begin">"To begin with"</h2>
            {paragraphs}
            <p>"The API is at " <code>{docs.server}</code> ". Say who calls in one of two ways:"</p>
            <ul class="points">{security}</ul>
            <p><a href=paths::API_KEYS>"Make a key at Settings › API keys"</a></p>
            <nav aria-label="Calls"><ul class="points">{contents}</ul></nav>
        </section>
        {docs.groups.into_iter().map(|group| view! { <Group group /> }).collect_view()}
        <section class="card docs" aria-labelledby="errors">
            <h2 id="errors">"Errors"</h2>
            <p>"Every refusal looks so. " <code>"details"</code> " is there when fields are to blame."</p>
            <Code id="error-example".to_owned() about="example of an error".to_owned() text=docs.error />
        </section>
    }
    .into_any()
}

#[component]
fn Group(group: DocGroup) -> impl IntoView {
    let operations = group.operations.into_iter().map(|operation| view! { <Operation operation /> }).collect_view();
    view! {
        <h2 class="docs-group">{group.name} <span class="small muted">{group.description}</span></h2>
        {operations}
    }
    .into_any()
}

#[component]
fn Operation(operation: DocOperation) -> impl IntoView {
    let title = format!("{}-title", operation.id);
    let answers = operation.answers.into_iter().map(|answer| view! { <Answer answer /> }).collect_view();
    let (call, example) = (format!("{}-call", operation.id), format!("{}-example", operation.id));
    let described = (!operation.description.is_empty()).then(|| view! { <p>{prose(&operation.description)}</p> });
    view! {
        <section class="card docs" id=operation.id aria-labelledby=title>
            <h3 id=title.clone()><code>{operation.method} " " {operation.path}</code></h3>
            <p>{prose(&operation.summary)}</p>
            {described}
            <Code about=format!("call of {call}") id=call text=operation.curl />
            <Fields title="Parameters" fields=operation.parameters />
            <Fields title="Body" fields=operation.body />
            <h4>"Answers"</h4>
            <dl class="rows answers">{answers}</dl>
            <details>
                <summary>"Example of an answer"</summary>
                <Code about=format!("answer of {example}") id=example text=operation.example />
            </details>
        </section>
    }
    .into_any()
}

#[component]
fn Fields(title: &'static str, fields: Vec<DocField>) -> impl IntoView {
    (!fields.is_empty()).then(|| {
        let rows = fields.into_iter().map(|field| view! { <FieldRow field /> }).collect_view();
        view! {
            <h4>{title}</h4>
            <dl class="rows">{rows}</dl>
        }
    })
}

#[component]
fn FieldRow(field: DocField) -> impl IntoView {
    let place = (!field.place.is_empty()).then(|| format!(", {}", field.place));
    let needed = field.required.then_some(", required");
    view! {
        <div class="row">
            <dt><code>{field.name}</code> <span class="small muted">{field.kind} {place} {needed}</span></dt>
            <dd>{prose(&field.description)}</dd>
        </div>
    }
    .into_any()
}

#[component]
fn Answer(answer: DocAnswer) -> impl IntoView {
    view! { <div class="row"><dt><code>{answer.status}</code></dt><dd>{prose(&answer.description)}</dd></div> }
        .into_any()
}

/// A sentence in which what stands between backticks is code.
fn prose(text: &str) -> impl IntoView + use<> {
    let parts = text.split('`').enumerate().map(|(place, part)| match place % 2 {
        0 => part.to_owned().into_any(),
        _ => view! { <code>{part.to_owned()}</code> }.into_any(),
    });
    parts.collect_view()
}

/// Text to paste elsewhere.
#[component]
fn Code(id: String, about: String, text: String) -> impl IntoView {
    view! {
        <div class="bundle">
            <CopyButton of=id.clone() about=about.clone() />
            <pre id=id tabindex="0" role="region" aria-label=about>{text}</pre>
        </div>
    }
    .into_any()
}
