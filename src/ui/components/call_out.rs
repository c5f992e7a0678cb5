//! Something to know before all else: a symbol, a sentence, and what belongs to it.

use crate::domain::connection::Tone;
use crate::ui::components::icon::{Icon, Symbol};
use leptos::prelude::*;

#[component]
pub fn CallOut(tone: Tone, #[prop(into)] title: String, children: Children) -> impl IntoView {
    view! {
        <div class=format!("call-out {}", tone.as_str())>
            <Icon symbol=Symbol::of(tone) />
            <div class="call-out-body">
                <p class="call-out-title">{title}</p>
                {children()}
            </div>
        </div>
    }
    .into_any()
}
