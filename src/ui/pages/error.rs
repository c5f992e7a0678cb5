//! One error, at an address of its own.

use crate::actions::errors::{Explained, find_error};
use crate::domain::connection::Tone;
use crate::ui::components::breadcrumb::Breadcrumb;
use crate::ui::components::call_out::CallOut;
use crate::ui::layouts::frame::Frame;
use crate::ui::layouts::loaded::loaded;
use crate::ui::paths;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

#[component]
pub fn ErrorPage() -> impl IntoView {
    let key = use_params_map().get_untracked().get("key").unwrap_or_default();
    loaded(find_error(key), |entry, shell| {
        let (title, key) = (entry.what.trim_end_matches('.').to_owned(), entry.key.clone());
        view! {
            <Frame title shell>
                <Breadcrumb
                    place="Setup guide"
                    address=paths::SETUP_GUIDE
                    under=Some(("Errors explained".to_owned(), paths::ERRORS.to_owned()))
                    here=key
                />
                <Entry entry />
            </Frame>
        }
    })
}

#[component]
fn Entry(entry: Explained) -> impl IntoView {
    let family = format!("{}#{}", paths::ERRORS, entry.family.slug());
    view! {
        <article class="card error">
            <p class="small muted"><a href=family>{entry.family.words()}</a></p>
            <h1>{entry.what}</h1>
            <p>{entry.why}</p>
            <CallOut tone=Tone::Info title="What to do">
                <p>{entry.remedy}</p>
            </CallOut>
            <dl class="rows">
                <div class="row">
                    <dt>"Who must act"</dt>
                    <dd>{entry.who.words()}</dd>
                </div>
                <div class="row">
                    <dt>"Is it worth trying again?"</dt>
                    <dd>{entry.again}</dd>
                </div>
                <Codes codes=entry.codes />
                <Symptoms symptoms=entry.symptoms />
            </dl>
            <p><a class="button plain" href=paths::ERRORS>"All errors"</a></p>
        </article>
    }
    .into_any()
}

#[component]
fn Codes(codes: Vec<String>) -> impl IntoView {
    let shown = if codes.is_empty() {
        view! { <span class="muted">"None: it is known by what one sees"</span> }.into_any()
    } else {
        codes.into_iter().map(|code| view! { <code>{code}</code> }).collect_view().into_any()
    };
    view! {
        <div class="row">
            <dt>"Meta's codes"</dt>
            <dd class="codes">{shown}</dd>
        </div>
    }
    .into_any()
}

#[component]
fn Symptoms(symptoms: Vec<String>) -> impl IntoView {
    (!symptoms.is_empty()).then(|| {
        view! {
            <div class="row">
                <dt>"Seen as"</dt>
                <dd>
                    <ul class="symptoms">{symptoms.into_iter().map(|text| view! { <li>{text}</li> }).collect_view()}</ul>
                </dd>
            </div>
        }
    })
}
