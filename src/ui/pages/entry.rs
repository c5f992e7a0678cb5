//! Credentials by hand: for a new number, or in place of those that a number has.

use crate::actions::entries::{EntryPage, SavedEntry, find_entry};
use crate::domain::connection::Tone;
use crate::ui::components::breadcrumb::{Breadcrumb, number_crumb};
use crate::ui::components::call_out::CallOut;
use crate::ui::components::icon::{Icon, Symbol};
use crate::ui::islands::live_signup::LiveSignup;
use crate::ui::layouts::frame::Frame;
use crate::ui::layouts::loaded::loaded;
use crate::ui::pages::entry_form::EntryForm;
use crate::ui::pages::entry_verdict::Judged;
use crate::ui::paths;
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

/// Both addresses: with a connection in it, or without.
#[component]
pub fn EnterCredentialsPage() -> impl IntoView {
    let connection = use_params_map().get_untracked().get("connection").unwrap_or_default();
    let draft = use_query_map().get_untracked().get("draft").unwrap_or_default();
    loaded(find_entry(connection, draft), |page, shell| {
        let title = match &page.connection {
            Some((_, number)) => format!("Credentials of {number}"),
            None => "Enter credentials by hand".to_owned(),
        };
        let stage = match (&page.asking, &page.saved) {
            (Some(_), _) => "asking",
            (_, Some(_)) => "saved",
            _ => "form",
        };
        let working = page.asking.is_some();
        let done = page.saved.as_ref().map(onward);
        let under = page.connection.as_ref().map(|(id, number)| number_crumb(id, number));
        let heading = match &page.connection {
            Some((_, number)) => view! { "Credentials of " <span class="number">{number.clone()}</span> }.into_any(),
            None => title.clone().into_any(),
        };
        view! {
            <Frame title=title shell>
                <Breadcrumb under here="Credentials" />
                <header class="page-header"><h1>{heading}</h1></header>
                <div class="entry-page" data-stage=stage><Content page /></div>
                <LiveSignup popup=false working done />
            </Frame>
        }
    })
}

/// Where the person goes on after saving.
fn onward(saved: &SavedEntry) -> String {
    match &saved.run {
        Some(run) => paths::signup(run.as_str()),
        None if saved.tell_meta => paths::receiving(saved.connection.as_str()),
        None => paths::connection(saved.connection.as_str()),
    }
}

#[component]
fn Content(page: EntryPage) -> impl IntoView {
    if page.asking.is_some() {
        return view! {
            <noscript><meta http-equiv="refresh" content="2" /></noscript>
            <section class="card working-words" role="status">
                <p class="activity info"><span class="working" aria-hidden="true"></span>"Asking Meta…"</p>
                <p class="muted">"Meta is slow. What you typed is kept; this page goes on by itself."</p>
            </section>
        }
        .into_any();
    }
    if let Some(saved) = &page.saved {
        let address = onward(saved);
        return view! {
            <noscript><meta http-equiv="refresh" content=format!("0; url={address}") /></noscript>
            <section class="card empty">
                <p class="big-number"><Icon symbol=Symbol::Check />"Saved."</p>
                <p><a class="button primary" href=address>"Go on"</a></p>
            </section>
        }
        .into_any();
    }
    let lost = page.draft_lost.then(|| {
        view! {
            <CallOut tone=Tone::Info title="What you had typed is gone.">
                <p>"It is kept for 30 minutes, in the browser session that typed it. Nothing was saved; enter it again."</p>
            </CallOut>
        }
    });
    let judged = page.verdict.clone().map(|verdict| view! { <Judged verdict replaces=page.replaces /> });
    view! {
        {lost}
        {judged}
        <EntryForm page />
    }
    .into_any()
}
