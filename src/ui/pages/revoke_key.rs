//! Asks once more before a key is revoked.

use crate::actions::api_keys::{ApiKey, find_api_key};
use crate::ui::components::breadcrumb::Breadcrumb;
use crate::ui::components::post_button::{Look, SubmitButton};
use crate::ui::layouts::frame::Frame;
use crate::ui::layouts::loaded::loaded;
use crate::ui::pages::api_keys::{ROOMS, may};
use crate::ui::paths;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

#[component]
pub fn RevokeKeyPage() -> impl IntoView {
    let id = use_params_map().get_untracked().get("key").unwrap_or_default();
    loaded(find_api_key(id), |key, shell| {
        view! {
            <Frame title=format!("Revoke {}?", key.name) shell>
                <Breadcrumb rooms=ROOMS place="API keys" address=paths::API_KEYS here=key.name.clone() />
                <Question key_=key />
            </Frame>
        }
    })
}

#[component]
fn Question(key_: ApiKey) -> impl IntoView {
    let key = key_;
    view! {
        <section class="card confirm">
            <h1>"Revoke “" {key.name} "”?"</h1>
            <p>
                <strong>"Programs that use it are refused at once."</strong>
                " It cannot be brought back; you can make another. Key: gt_…" {key.last_four} ", " {may(key.scope)} "."
            </p>
            <form method="post" action="/_fn/revoke_api_key" class="stack">
                <input type="hidden" name="key" value=key.id.to_string() />
                <div class="button-row">
                    <SubmitButton look=Look::Danger label="Revoke key" pending="Revoking…" />
                    <a class="button plain" href=paths::API_KEYS>"Keep it"</a>
                </div>
            </form>
        </section>
    }
    .into_any()
}
