//! "Revoke the old token at Meta?" after it was replaced.

use crate::domain::connection::Tone;
use crate::domain::entry::OldToken;
use crate::domain::instant::Instant;
use crate::ui::components::call_out::CallOut;
use crate::ui::components::moment::Moment;
use crate::ui::components::post_button::{Look, SubmitButton};
use leptos::prelude::*;

#[component]
pub fn OldTokens(connection: String, tokens: Vec<OldToken>, now: Instant) -> impl IntoView {
    tokens.into_iter().map(|old| view! { <Old connection=connection.clone() old now /> }).collect_view()
}

#[component]
fn Old(connection: String, old: OldToken, now: Instant) -> impl IntoView {
    let mask = format!("••••{}", old.last_four);
    let revoke = old.can_revoke.then(|| {
        view! {
            <form method="post" action="/_fn/revoke_old_token">
                <input type="hidden" name="connection" value=connection.clone() />
                <input type="hidden" name="token" value=old.id.clone() />
                <SubmitButton look=Look::Plain label="Revoke the old token" pending="Revoking…" />
            </form>
        }
    });
    let words = if old.can_revoke {
        "It still works at Meta. When nothing else uses it, it is safer to end it."
    } else {
        "It still works at Meta, and the secret of its app is not known here: end it at Meta, under System users."
    };
    view! {
        <section class="what-to-do" aria-label="The old token">
            <CallOut tone=Tone::Info title="Revoke the old token at Meta?">
                <p>
                    "Token "<code>{mask}</code>" was replaced "<Moment at=old.replaced_at now />". " {words}
                    " Here it is forgotten by itself "<Moment at=old.forgotten_at now />"."
                </p>
                <div class="button-row">
                    {revoke}
                    <form method="post" action="/_fn/forget_old_token">
                        <input type="hidden" name="connection" value=connection />
                        <input type="hidden" name="token" value=old.id />
                        <SubmitButton look=Look::Quiet label="Let it live" pending="Forgetting…" />
                    </form>
                </div>
            </CallOut>
        </section>
    }
    .into_any()
}
