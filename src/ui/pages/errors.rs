//! Errors explained: all that can go wrong, in plain words, to be searched.

use crate::actions::errors::{Explained, ExplainedGroup, ExplainedPage, search_errors};
use crate::ui::components::breadcrumb::Breadcrumb;
use crate::ui::components::icon::{Icon, Symbol};
use crate::ui::layouts::frame::Frame;
use crate::ui::layouts::loaded::loaded;
use crate::ui::paths;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

#[component]
pub fn ErrorsPage() -> impl IntoView {
    let query = use_query_map().get_untracked().get("q").unwrap_or_default();
    loaded(search_errors(query), |page, shell| {
        view! {
            <Frame title="Errors explained" shell>
                <Breadcrumb place="Setup guide" address=paths::SETUP_GUIDE here="Errors explained" />
                <header class="page-header">
                    <div>
                        <h1>"Errors explained"</h1>
                        <p class="muted">
                            "What Meta's errors and the usual troubles mean, why they happen, and what to do. Each has an address of its own that you can send on."
                        </p>
                    </div>
                </header>
                <Search query=page.query.clone() found=page.found total=page.total />
                <Found page />
            </Frame>
        }
    })
}

#[component]
fn Search(query: String, found: usize, total: usize) -> impl IntoView {
    let count = if query.is_empty() { format!("{total} are explained") } else { format!("{found} of {total}") };
    view! {
        <form method="get" action=paths::ERRORS class="search" role="search">
            <label class="visually-hidden" for="q">"Search by code, subcode, words or symptom"</label>
            <input id="q" name="q" type="search" value=query placeholder="Code, words or symptom" />
            <button type="submit" class="button plain"><Icon symbol=Symbol::Search />"Search"</button>
            <span class="small muted">{count}</span>
        </form>
    }
    .into_any()
}

#[component]
fn Found(page: ExplainedPage) -> impl IntoView {
    if page.groups.is_empty() {
        return view! { <Nothing query=page.query /> }.into_any();
    }
    let families = page.query.is_empty().then(|| {
        let links = page.groups.iter().map(|group| {
            view! { <li><a href=format!("#{}", group.family.slug())>{group.family.words()}</a></li> }
        });
        view! { <nav class="families" aria-label="Families of errors"><ul>{links.collect_view()}</ul></nav> }
    });
    let all = (!page.query.is_empty()).then(|| view! { <p><a href=paths::ERRORS>"Show all errors"</a></p> });
    view! {
        {families}
        {page.groups.into_iter().map(|group| view! { <Group group /> }).collect_view()}
        {all}
    }
    .into_any()
}

#[component]
fn Nothing(query: String) -> impl IntoView {
    view! {
        <section class="card empty">
            <h2>"Nothing here matches “" {query} "”."</h2>
            <p>
                "Search for the code, such as 131047, or for one word of the message. Is it an error that Meta has only just invented? Its own words, beneath the problem, then say most."
            </p>
            <p class="button-row">
                <a class="button plain" href=paths::ERRORS>"Show all errors"</a>
                <a class="button quiet" href=paths::CONFIGURATIONS>"To your numbers, for the support bundle"</a>
            </p>
        </section>
    }
    .into_any()
}

#[component]
fn Group(group: ExplainedGroup) -> impl IntoView {
    let id = group.family.slug();
    let title = format!("{id}-title");
    view! {
        <section class="card errors" id=id aria-labelledby=title>
            <h2 id=title.clone()>{group.family.words()}</h2>
            <ul>{group.entries.into_iter().map(|entry| view! { <Line entry /> }).collect_view()}</ul>
        </section>
    }
    .into_any()
}

/// So many codes stand in a line; the page of the error has them all.
const SHOWN_CODES: usize = 4;

#[component]
fn Line(entry: Explained) -> impl IntoView {
    let more = entry.codes.len().saturating_sub(SHOWN_CODES);
    let codes = entry.codes.into_iter().take(SHOWN_CODES).map(|code| view! { <code>{code}</code> }).collect_view();
    view! {
        <li>
            <a href=paths::error(&entry.key)>{entry.what}</a>
            <span class="codes">{codes}{(more > 0).then(|| format!("and {more} more"))}</span>
        </li>
    }
    .into_any()
}
