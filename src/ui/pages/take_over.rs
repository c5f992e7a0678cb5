//! Asks once more before an address that others have set at Meta is replaced.

use crate::actions::connections::{ConnectionPage, find_connection_to_change};
use crate::domain::connection::Badge as State;
use crate::ui::components::breadcrumb::{Breadcrumb, number_crumb};
use crate::ui::components::post_button::{Look, SubmitButton};
use crate::ui::layouts::frame::Frame;
use crate::ui::layouts::loaded::loaded;
use crate::ui::paths;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

#[component]
pub fn TakeOverPage() -> impl IntoView {
    let id = use_params_map().get_untracked().get("connection").unwrap_or_default();
    loaded(find_connection_to_change(id), |page, shell| {
        let title = if foreign(&page) { "Take over the address?" } else { "Whose address is it?" };
        view! {
            <Frame title shell>
                <Breadcrumb under=number_crumb(&page.id, &page.display_number) here="Take over the address" />
                <section class="card confirm">
                    <h1>{title}</h1>
                    <Question page />
                </section>
            </Frame>
        }
    })
}

/// Others have set an address at Meta.
fn foreign(page: &ConnectionPage) -> bool {
    page.developer.as_ref().is_some_and(|part| !part.routing.foreign.is_empty())
}

#[component]
fn Question(page: ConnectionPage) -> impl IntoView {
    let back = paths::connection(page.id.as_str());
    let Some(routing) = page.developer.map(|part| part.routing) else {
        return ().into_any();
    };
    if routing.foreign.is_empty() {
        let words = match routing.subscribed {
            _ if page.badge == State::Disconnected => "This number is disconnected: nothing is received for it.",
            Some(true) => "Meta already sends here. There is nothing to take over.",
            _ => "No other system's address is known. Press Check now on the number's page to ask Meta.",
        };
        return view! {
            <p>{words}</p>
            <p><a class="button plain" href=back>"Back to the number"</a></p>
        }
        .into_any();
    }
    let foreign = routing.foreign.iter().map(|url| view! { <li><code>{url.clone()}</code></li> }).collect_view();
    view! {
        <p>
            <strong>"Another system receives through this Meta app. It will receive nothing more"</strong>
            ", for none of the app's numbers, until somebody enters its address again. Set at Meta now:"
        </p>
        <ul class="addresses">{foreign}</ul>
        <p>"In its place Meta will use:"</p>
        <p class="addresses"><code>{routing.expected}</code></p>
        <p class="small muted">
            "If both systems need the messages, let Greentick receive them and pass them on. Who pressed this, and what stood there before, is written down."
        </p>
        <form method="post" action="/_fn/take_over_address" class="stack">
            <input type="hidden" name="connection" value=page.id.to_string() />
            <input type="hidden" name="confirmed" value="yes" />
            <div class="button-row">
                <SubmitButton look=Look::Danger label="Take over the address" pending="Telling Meta…" />
                <a class="button plain" href=back>"Leave it as it is"</a>
            </div>
        </form>
    }
    .into_any()
}
