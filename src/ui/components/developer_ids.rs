//! IDs for developers: what integrators ask for, each with a copy button and a hint.

use crate::actions::connections::{DeveloperPart, IdRow, Revealed};
use crate::ui::components::copy_field::{CopyButton, CopyField};
use crate::ui::components::hint::Hint;
use crate::ui::islands::reveal::Reveal;
use crate::ui::paths;
use leptos::prelude::*;

#[component]
pub fn DeveloperIds(part: DeveloperPart, connection: String, may_reveal: bool) -> impl IntoView {
    let rows = part.ids.into_iter().enumerate().map(|(place, row)| view! { <Row place row /> }).collect_view();
    let masked = part.verify_token_masked;
    let token = if may_reveal {
        let revealed = use_context::<Revealed>().map(|revealed| revealed.value);
        view! { <Reveal connection=connection.clone() masked revealed here=String::new() /> }.into_any()
    } else {
        view! { <code>{masked}</code> }.into_any()
    };
    let pin = may_reveal.then(|| {
        view! {
            <div class="row">
                <dt>
                    "PIN"
                    <Hint
                        id="hint-pin"
                        about="PIN"
                        text="Six digits that protect the number at Meta: they are asked for when it is registered again."
                    />
                </dt>
                <dd><a href=paths::pin(&connection)>"Show or change"</a></dd>
            </div>
        }
    });
    view! {
        <section class="card ids" id="ids" aria-labelledby="ids-title">
            <div class="card-head">
                <h2 id="ids-title">"IDs for developers"</h2>
                <CopyAll />
            </div>
            <dl class="rows" id="all-ids">
                {rows}
                <div class="row">
                    <dt>
                        "Verify token"
                        <Hint
                            id="hint-verify-token"
                            about="verify token"
                            text="The password of the door: Meta says it once, when the webhook address is entered there, to prove that it is Meta's dashboard that knocks."
                        />
                    </dt>
                    <dd>{token}</dd>
                </div>
                {pin}
            </dl>
        </section>
    }
    .into_any()
}

#[component]
fn CopyAll() -> impl IntoView {
    view! {
        <button type="button" class="button quiet copy-all" data-copy-all="all-ids">
            <span class="said">"Copy all"</span>
            <span class="said-pending" aria-hidden="true">"Copied"</span>
        </button>
    }
}

#[component]
fn Row(place: usize, row: IdRow) -> impl IntoView {
    let id = format!("id-{place}");
    let label = row.label.clone();
    let line = label.clone();
    let value = match row.value {
        Some(value) => view! { <CopyField id label=label.clone() value /> }.into_any(),
        None => view! { <span class="muted">"Meta has not told it yet"</span> }.into_any(),
    };
    view! {
        <div class="row" data-copy-line=line>
            <dt>{row.label}<Hint id=format!("hint-id-{place}") about=label text=row.hint /></dt>
            <dd>{value}</dd>
        </div>
    }
    .into_any()
}

/// For rows outside the list of IDs, such as the setup guide's.
#[component]
pub fn CopyRow(id: &'static str, label: &'static str, value: String) -> impl IntoView {
    view! {
        <div class="row">
            <dt>{label}</dt>
            <dd>
                <span class="copy-field"><code id=id>{value}</code><CopyButton of=id about=label /></span>
            </dd>
        </div>
    }
}
