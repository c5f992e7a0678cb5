//! Asks once more before a number is disconnected.

use crate::actions::connections::{ConnectionPage, find_connection_to_change};
use crate::ui::components::breadcrumb::{Breadcrumb, number_crumb};
use crate::ui::components::post_button::{Look, SubmitButton};
use crate::ui::layouts::frame::Frame;
use crate::ui::layouts::loaded::loaded;
use crate::ui::paths;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

#[component]
pub fn DisconnectPage() -> impl IntoView {
    let id = use_params_map().get_untracked().get("connection").unwrap_or_default();
    loaded(find_connection_to_change(id), |page, shell| {
        let title = format!("Disconnect {}?", page.display_number);
        view! {
            <Frame title shell>
                <Breadcrumb under=number_crumb(&page.id, &page.display_number) here="Disconnect" />
                <section class="card confirm">
                    <h1>"Disconnect " <span class="number">{page.display_number.clone()} "?"</span></h1>
                    <Question page />
                </section>
            </Frame>
        }
    })
}

#[component]
fn Question(page: ConnectionPage) -> impl IntoView {
    let back = paths::connection(page.id.as_str());
    view! {
        <p>
            <strong>"Messages stop in both directions at once."</strong>
            " The number stays yours at Meta; the history stays here."
        </p>
        <form method="post" action="/_fn/disconnect_number" class="stack">
            <input type="hidden" name="connection" value=page.id.to_string() />
            <input type="hidden" name="confirmed" value="yes" />
            <div class="check">
                <input type="checkbox" id="deregister" name="deregister" value="yes" aria-describedby="deregister-hint" />
                <label for="deregister">"Also deregister the number at Meta"</label>
                <p class="small muted" id="deregister-hint">
                    "Only needed before the number moves to another provider or back to the app. Registering it again counts against Meta's limit of ten in 72 hours."
                </p>
            </div>
            <div class="button-row">
                <SubmitButton look=Look::Danger label="Disconnect number" pending="Disconnecting…" />
                <a class="button plain" href=back>"Keep it connected"</a>
            </div>
        </form>
    }
    .into_any()
}
