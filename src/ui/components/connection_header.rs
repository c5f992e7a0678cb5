//! The top of a connection's page: which number, how it stands, what can be done with it.

use crate::actions::connections::ConnectionPage;
use crate::domain::connection::{Action, Badge as State, Outcome};
use crate::ui::components::badge::Badge;
use crate::ui::components::connect::ConnectLink;
use crate::ui::components::moment::Moment;
use crate::ui::components::names::Names;
use crate::ui::components::post_button::{Look, PostButton};
use crate::ui::paths;
use leptos::prelude::*;

/// The work that is going on, if any.
pub fn running(page: &ConnectionPage) -> Option<Action> {
    page.activity.as_ref().filter(|activity| activity.outcome == Outcome::Running).map(|activity| activity.action)
}

#[component]
pub fn ConnectionHeader(page: ConnectionPage) -> impl IntoView {
    let now = page.now;
    let checked = match page.checked_at {
        Some(at) => view! { <span>"Checked " <Moment at now /></span> }.into_any(),
        None => view! { <span>"Not checked with Meta yet"</span> }.into_any(),
    };
    let gone = page.disconnected_at.map(|at| view! { <span>"Disconnected " <Moment at now /></span> });
    let heard = page.last_event_at.map(|at| view! { <span>"Last event " <Moment at now /></span> });
    let named = page.name.is_some() || page.verified_name.is_some();
    let messages = page.developer.is_some().then(|| {
        view! { <a href=paths::messages_of(page.id.as_str())>"See its messages"</a> }
    });
    view! {
        <header class="page-header">
            <div data-live="heading">
                <div class="title-line">
                    <h1 class="number">{page.display_number.clone()}</h1>
                    <Badge state=page.badge />
                </div>
                {named.then(|| view! { <p class="verified-name"><Names name=page.name.clone() verified=page.verified_name.clone() /></p> })}
                <p class="small muted ages">{gone}{heard}{checked}{messages}</p>
            </div>
            {(page.may_change || page.may_check).then(|| view! { <Actions page /> })}
        </header>
    }
    .into_any()
}

#[component]
fn Actions(page: ConnectionPage) -> impl IntoView {
    let buttons = (page.badge != State::Disconnected).then(|| {
        let running = running(&page);
        let busy = |action| running == Some(action);
        let others = running.is_some();
        let id = page.id.as_str().to_owned();
        let refresh = if page.refresh_reconnects {
            page.connect_off.is_none().then(|| {
                view! { <ConnectLink href=paths::reconnect(&id) look=Look::Plain label="Reconnect" id="reconnect" /> }
            })
            .into_any()
        } else {
            view! {
                <PostButton
                    action="/_fn/refresh_token" connection=id.clone() look=Look::Plain id=Some("refresh")
                    label="Refresh token" pending="Refreshing…" busy=busy(Action::Refresh) disabled=others
                />
            }
            .into_any()
        };
        let check = view! {
            <PostButton
                action="/_fn/check_connection" connection=id.clone() look=Look::Plain id=Some("check")
                label="Check now" pending="Checking…" busy=busy(Action::Check) disabled=others
            />
        };
        if !page.may_change {
            return check.into_any();
        }
        view! {
            {check}
            {refresh}
            <a class="button quiet" href=paths::credentials(&id) id="credentials">"Credentials"</a>
            <PostButton
                action="/_fn/disconnect_number" connection=id.clone() look=Look::Quiet id=Some("disconnect")
                label="Disconnect" pending="Disconnecting…" busy=busy(Action::Disconnect) disabled=others
            />
        }
        .into_any()
    });
    view! { <div class="header-actions" data-live="actions">{buttons}</div> }.into_any()
}
