//! Shows a masked value on request, which the server writes to the audit log.

use crate::actions::connections::reveal_verify_token;
use crate::ui::components::copy_field::CopyButton;
use leptos::prelude::*;
use leptos::task::spawn_local;

#[island]
pub fn Reveal(connection: String, masked: String) -> impl IntoView {
    let shown = RwSignal::new(None::<String>);
    let failed = RwSignal::new(false);
    let press = move |_| {
        if shown.get_untracked().is_some() {
            shown.set(None);
            return;
        }
        let connection = connection.clone();
        spawn_local(async move {
            match reveal_verify_token(connection).await {
                Ok(revealed) => shown.set(Some(revealed.value)),
                Err(_) => failed.set(true),
            }
        });
    };
    view! {
        <span class="copy-field">
            <code id="verify-token">{move || shown.get().unwrap_or_else(|| masked.clone())}</code>
            <button type="button" class="copy" on:click=press>
                {move || if shown.get().is_some() { "Hide" } else { "Reveal" }}
            </button>
            <span class="revealed" hidden=move || shown.get().is_none()>
                <CopyButton of="verify-token" about="verify token" />
            </span>
        </span>
        <span class="small field-error" role="status">
            {move || failed.get().then_some("It could not be revealed. Reload the page and try again.")}
        </span>
        <noscript><span class="small muted">"Revealing needs JavaScript."</span></noscript>
    }
}
