//! One connection, top to bottom (design §3).

use crate::actions::connections::{self, find_connection};
use crate::actions::people::Facebook;
use crate::domain::connection::{Action, Outcome};
use crate::domain::finding::FindingState;
use crate::ui::components::activity_line::ActivityLine;
use crate::ui::components::answers::Answers;
use crate::ui::components::breadcrumb::Breadcrumb;
use crate::ui::components::connection_header::{ConnectionHeader, running};
use crate::ui::components::developer_ids::DeveloperIds;
use crate::ui::components::fact_list::FactList;
use crate::ui::components::old_tokens::OldTokens;
use crate::ui::components::status_line::StaleLine;
use crate::ui::components::support_bundle::ConnectionBundle;
use crate::ui::components::technical::Technical;
use crate::ui::components::token_panel::RotationLine;
use crate::ui::components::what_to_do::WhatToDo;
use crate::ui::islands::connect_watch::ConnectWatch;
use crate::ui::islands::live_connection::LiveConnection;
use crate::ui::layouts::frame::Frame;
use crate::ui::layouts::loaded::loaded;
use crate::ui::paths;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

#[component]
pub fn ConnectionPage() -> impl IntoView {
    let id = use_params_map().get_untracked().get("connection").unwrap_or_default();
    loaded(find_connection(id), |page, shell| {
        let number = page.display_number.clone();
        let facebook = shell.facebook.clone();
        view! {
            <Frame title=number.clone() shell>
                <Breadcrumb here=number />
                <ConnectionView page facebook />
            </Frame>
        }
    })
}

/// Everything below the breadcrumb; also shown in place of the list while there is one number.
#[component]
pub fn ConnectionView(page: connections::ConnectionPage, facebook: Facebook) -> impl IntoView {
    let id = page.id.as_str().to_owned();
    let developer = page.developer.clone();
    // A viewer may read no events.
    let hears = developer.is_some();
    let receiving = (page.own_app && page.may_change).then(|| {
        view! { <p class="small"><a href=paths::receiving(&id)>"Tell Meta where to send: address, verify token and fields"</a></p> }
    });
    let ids = developer.clone().map(|part| {
        view! { <DeveloperIds part connection=id.clone() may_reveal=page.may_change /> }
    });
    let again = running(&page).map(|_| view! { <noscript><meta http-equiv="refresh" content="2" /></noscript> });
    view! {
        {again}
        <ConnectionHeader page=page.clone() />
        <div class="news" data-live="news"><News page=page.clone() /></div>
        {page.may_change.then(|| view! { <ConnectWatch facebook /> })}
        <div data-live="answers"><Answers answers=page.answers.clone() /></div>
        <div class="columns">
            <section class="card" aria-labelledby="facts-title">
                <h2 id="facts-title">"What Meta says about your business"</h2>
                <div data-live="facts"><FactList facts=page.facts.clone() /></div>
            </section>
            <div class="stacked">{ids}{receiving}</div>
        </div>
        {developer.map(|part| {
            view! {
                <Technical part page=page.clone() />
                <ConnectionBundle connection=id.clone() />
            }
        })}
        <LiveConnection connection=id version=page.version hears />
    }
    .into_any()
}

/// What is new, and what to do about it.
#[component]
fn News(page: connections::ConnectionPage) -> impl IntoView {
    let now = page.now;
    let stale = page.check_failure.clone().map(|(failed_at, problem)| {
        view! { <StaleLine now failed_at problem checked_at=page.checked_at told=page.told.check.clone() /> }
    });
    // A failed check is told by the line about staleness, once.
    let told = |action, outcome: &Outcome| {
        let empty = matches!(outcome, Outcome::Done { said, refused } if said.is_empty() && refused.is_empty());
        empty || (action == Action::Check && stale.is_some() && matches!(outcome, Outcome::Failed { .. }))
    };
    let calm = page.findings.iter().all(|finding| finding.state < FindingState::Warning);
    let activity = page
        .activity
        .clone()
        .filter(|activity| !told(activity.action, &activity.outcome))
        .map(|activity| view! { <ActivityLine activity page=page.clone() calm /> });
    let rotation = page.developer.as_ref().and_then(|part| part.token.rotation.clone());
    let rotation = rotation.map(|rotation| view! { <RotationLine rotation now /> });
    view! {
        {activity}
        {stale}
        <WhatToDo page=page.clone() />
        <OldTokens connection=page.id.to_string() tokens=page.old_tokens now />
        {rotation}
    }
    .into_any()
}
