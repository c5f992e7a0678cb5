//! Asks once more before a forward is removed.

use crate::actions::forwards::{ForwardPage, find_forward};
use crate::domain::forward_words::waiting_words;
use crate::ui::components::breadcrumb::Breadcrumb;
use crate::ui::components::post_button::{Look, SubmitButton};
use crate::ui::layouts::frame::Frame;
use crate::ui::layouts::loaded::loaded;
use crate::ui::pages::api_keys::ROOMS;
use crate::ui::paths;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

#[component]
pub fn RemoveForwardPage() -> impl IntoView {
    let id = use_params_map().get_untracked().get("forward").unwrap_or_default();
    loaded(find_forward(id), |page, shell| {
        let name = page.forward.name.clone();
        view! {
            <Frame title=format!("Remove {name}?") shell>
                <Breadcrumb rooms=ROOMS place="Forwarding" address=paths::FORWARDING here=name />
                <Question page />
            </Frame>
        }
    })
}

#[component]
fn Question(page: ForwardPage) -> impl IntoView {
    let forward = page.forward;
    let counts = page.counts;
    let lost = if counts.waiting() == 0 && counts.dead == 0 && !counts.more {
        "Nothing waits for it.".to_owned()
    } else {
        format!("Then not sent: {} waiting, {} given up.", waiting_words(counts), counts.dead)
    };
    view! {
        <section class="card confirm">
            <h1>"Remove “" {forward.name} "”?"</h1>
            <p>
                <strong>"Nothing more is sent there."</strong> " " {lost}
                " Messages stay here. Its secret and its log are gone for good; switching it off keeps them."
            </p>
            <form method="post" action="/_fn/remove_forward" class="stack">
                <input type="hidden" name="forward" value=forward.id.to_string() />
                <div class="button-row">
                    <SubmitButton look=Look::Danger label="Remove forward" pending="Removing…" />
                    <a class="button plain" href=paths::forward(forward.id.as_str())>"Keep it"</a>
                </div>
            </form>
        </section>
    }
    .into_any()
}
