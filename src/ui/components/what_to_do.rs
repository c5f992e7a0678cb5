//! What to do: the worst finding with its one button, the others folded beneath.

use crate::actions::connections::{ConnectionPage, UnfinishedRun};
use crate::domain::connection::{Badge as State, Tone};
use crate::domain::finding::{Finding, FindingState, Remedy};
use crate::domain::problem::Problem;
use crate::domain::signup::Stage;
use crate::ui::components::aside::{Aside, ExplainedLink, key_of};
use crate::ui::components::call_out::CallOut;
use crate::ui::components::connect::ConnectLink;
use crate::ui::components::connection_header::running;
use crate::ui::components::empty_state::ContinueLink;
use crate::ui::components::icon::{Icon, Symbol};
use crate::ui::components::moment::Moment;
use crate::ui::components::post_button::{Look, PostButton};
use crate::ui::paths;
use leptos::prelude::*;

fn tone(state: FindingState) -> Tone {
    match state {
        FindingState::Failing => Tone::Bad,
        FindingState::Warning => Tone::Warn,
        FindingState::Ok | FindingState::Unknown => Tone::Info,
    }
}

#[component]
pub fn WhatToDo(page: ConnectionPage) -> impl IntoView {
    // What Meta took away has a cause; what a person ended has none to tell.
    if page.badge == State::Disconnected && page.findings.is_empty() {
        return page.may_change.then(|| view! { <Gone page /> }).into_any();
    }
    // Why registering waits is known better here than what Meta's state of the number tells.
    match (page.unfinished.clone(), page.setup_problem.clone()) {
        (Some(run), None) | (Some(run @ UnfinishedRun::Open { .. }), _) => {
            return view! { <GoOn page run /> }.into_any();
        }
        (_, Some(problem)) => return view! { <Unfinished page problem /> }.into_any(),
        (None, None) => {}
    }
    let mut findings = page.findings.clone().into_iter();
    let Some(worst) = findings.next() else { return ().into_any() };
    let rest: Vec<Finding> = findings.collect();
    let more = (!rest.is_empty()).then(|| {
        let count = rest.len();
        let items =
            rest.into_iter().map(|finding| view! { <li><Said finding page=page.clone() look=Look::Plain /></li> });
        view! {
            <details class="more" id="more-findings">
                <summary>{count} " more"</summary>
                <ul>{items.collect_view()}</ul>
            </details>
        }
    });
    view! {
        <section class="what-to-do" aria-label="What to do">
            <CallOut tone=tone(worst.state) title=worst.what.clone()>
                <Cause finding=worst.clone() page=page.clone() />
                <Help finding=worst.clone() page=page.clone() look=Look::Primary />
                <Beneath finding=worst page=page.clone() />
                {more}
            </CallOut>
        </section>
    }
    .into_any()
}

#[component]
fn Said(finding: Finding, page: ConnectionPage, look: Look) -> impl IntoView {
    view! {
        <p class=format!("finding {}", tone(finding.state).as_str())>
            <Icon symbol=Symbol::of(tone(finding.state)) />
            <strong>{finding.what.clone()}</strong>
        </p>
        <Cause finding=finding.clone() page=page.clone() />
        <Help finding=finding.clone() page=page.clone() look />
        <Beneath finding page />
    }
    .into_any()
}

#[component]
fn Beneath(finding: Finding, page: ConnectionPage) -> impl IntoView {
    let told = page.told.findings.get(&finding.check).cloned();
    view! { <Aside place=finding.check.as_str() key=Some(finding.check.as_str().to_owned()) meta=finding.meta told /> }
}

#[component]
fn Cause(finding: Finding, page: ConnectionPage) -> impl IntoView {
    let now = page.now;
    let since = finding.since.map(|at| view! { <span class="since">" Since " <Moment at now /> "."</span> });
    view! { <p>{finding.cause}{since}</p> }.into_any()
}

/// The one button of a finding. Who may not press it is told who may.
#[component]
fn Help(finding: Finding, page: ConnectionPage, look: Look) -> impl IntoView {
    let id = page.id.as_str().to_owned();
    let disabled = running(&page).is_some();
    match finding.remedy {
        Remedy::Open { url, label } => view! {
            <a class=look.class() href=url target="_blank" rel="noreferrer">
                {label}
                <Icon symbol=Symbol::Outside />
                <span class="visually-hidden">" (opens a new window)"</span>
            </a>
        }
        .into_any(),
        Remedy::Wait => ().into_any(),
        _ if !page.may_change => view! { <p class="small">"An admin of your workspace can repair this."</p> }.into_any(),
        Remedy::Reconnect => view! { <Reconnect page look /> }.into_any(),
        Remedy::Refresh if page.refresh_reconnects => view! { <Reconnect page look /> }.into_any(),
        Remedy::Refresh => view! {
            <PostButton action="/_fn/refresh_token" connection=id look label="Refresh token" pending="Refreshing…" disabled />
        }
        .into_any(),
        Remedy::CheckNow => view! {
            <PostButton action="/_fn/check_connection" connection=id look label="Check now" pending="Checking…" disabled />
        }
        .into_any(),
        Remedy::Subscribe => view! {
            <PostButton
                action="/_fn/subscribe_app" connection=id look disabled
                label="Switch messages on" pending="Switching on…"
            />
        }
        .into_any(),
        Remedy::Repair => view! {
            <PostButton action="/_fn/subscribe_app" connection=id look label="Repair routing" pending="Repairing…" disabled />
        }
        .into_any(),
        // Never the first thing to do: somebody else may need the address.
        Remedy::TakeOver => {
            view! { <a class=Look::Plain.class() href=paths::take_over(&id)>"Take over the address…"</a> }.into_any()
        }
    }
}

/// At Facebook; or with a token that somebody has at hand.
#[component]
pub fn Reconnect(page: ConnectionPage, look: Look) -> impl IntoView {
    let by_hand =
        view! { <p class="small"><a href=paths::credentials(page.id.as_str())>"Or paste a new token"</a></p> };
    match page.connect_off {
        None => view! {
            <ConnectLink href=paths::reconnect(page.id.as_str()) look label="Reconnect" />
            {by_hand}
        }
        .into_any(),
        Some(off) => view! {
            <p class="small">{off.what.clone()} " " {off.remedy.clone()} " " {key_of(&off).map(|key| view! { <ExplainedLink key /> })}</p>
            {by_hand}
        }
        .into_any(),
    }
}

/// A number that a person has disconnected.
#[component]
fn Gone(page: ConnectionPage) -> impl IntoView {
    view! {
        <section class="what-to-do" aria-label="What to do">
            <CallOut tone=Tone::Idle title="This number is disconnected.">
                <p>
                    "No messages go out or come in through Greentick. The number stays yours at Meta; the history stays here."
                </p>
                <Reconnect page look=Look::Primary />
            </CallOut>
        </section>
    }
    .into_any()
}

/// Saved, and waiting for somebody, for Meta, or for nobody any more.
#[component]
fn GoOn(page: ConnectionPage, run: UnfinishedRun) -> impl IntoView {
    let (title, words) = match &run {
        UnfinishedRun::Open { stage: Stage::EnterPin, .. } => (
            "This number waits for its PIN.",
            "It is saved. Meta registers it once the PIN of its two-step verification is entered.",
        ),
        UnfinishedRun::Open { stage: Stage::VerifyNumber, .. } => (
            "This number waits to be verified.",
            "It is saved. Meta registers it once the code that it sends to the number is entered.",
        ),
        UnfinishedRun::Open { .. } => ("This number is being connected.", "It is saved; the rest goes on by itself."),
        UnfinishedRun::Left => (
            "This number is saved, but not finished.",
            "It is not registered at Meta yet, as far as known here. Sign in at Facebook again to finish it.",
        ),
    };
    let help = match run {
        _ if !page.may_change => {
            view! { <p class="small">"An admin of your workspace can finish this."</p> }.into_any()
        }
        UnfinishedRun::Left => view! { <Reconnect page look=Look::Primary /> }.into_any(),
        UnfinishedRun::Open { signup, .. } => {
            view! { <p><ContinueLink href=paths::signup(signup.as_str()) look=Look::Primary /></p> }.into_any()
        }
    };
    view! {
        <section class="what-to-do" aria-label="What to do">
            <CallOut tone=Tone::Info title>
                <p>{words}</p>
                {help}
            </CallOut>
        </section>
    }
    .into_any()
}

/// Saved, but not through yet.
#[component]
fn Unfinished(page: ConnectionPage, problem: Problem) -> impl IntoView {
    let key = key_of(&problem);
    let Problem { what, why, remedy, meta, .. } = problem;
    let told = page.told.setup.clone();
    let help = page.may_change.then(|| view! { <Reconnect page look=Look::Primary /> });
    view! {
        <section class="what-to-do" aria-label="What to do">
            <CallOut tone=Tone::Info title=what>
                <p>{why} " " {remedy}</p>
                {help}
                <Aside place="setup" key meta told />
            </CallOut>
        </section>
    }
    .into_any()
}
