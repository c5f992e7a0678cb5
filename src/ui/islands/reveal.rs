//! Shows a masked value on request, which the server writes to the audit log. Asleep, its form answers with the page and
//! the value in it.

use crate::actions::connections::reveal_verify_token;
use crate::ui::components::copy_field::CopyButton;
use crate::ui::paths;
use leptos::prelude::*;
use leptos::task::spawn_local;

#[island]
pub fn Reveal(
    connection: String,
    masked: String,
    revealed: Option<String>,
    /// The page below the connection's to answer with; empty for the connection's own.
    here: String,
) -> impl IntoView {
    let action = format!("{}/verify-token?here={here}", paths::connection(&connection));
    let shown = RwSignal::new(revealed);
    let failed = RwSignal::new(false);
    let press = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
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
            <form method="post" action=action on:submit=press>
                <button type="submit" class="copy">
                    {move || if shown.get().is_some() { "Hide" } else { "Reveal" }}
                </button>
            </form>
            <span class="revealed" hidden=move || shown.get().is_none()>
                <CopyButton of="verify-token" about="verify token" />
            </span>
        </span>
        <span class="small field-error" role="status">
            {move || failed.get().then_some("It could not be revealed. Reload the page and try again.")}
        </span>
    }
}
