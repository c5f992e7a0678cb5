//! What Meta says about the business, row by row.

use crate::domain::connection::Tone;
use crate::domain::facts::Fact;
use crate::ui::components::hint::Hint;
use crate::ui::components::icon::{Icon, Symbol};
use leptos::prelude::*;

#[component]
pub fn FactList(facts: Vec<Fact>) -> impl IntoView {
    let rows = facts.into_iter().enumerate().map(|(place, fact)| view! { <Row place fact /> }).collect_view();
    view! { <dl class="rows">{rows}</dl> }.into_any()
}

#[component]
fn Row(place: usize, fact: Fact) -> impl IntoView {
    let about = fact.label.to_lowercase();
    let tone = fact.tone.as_str();
    // Most facts are neither good nor bad: only those that stand out get a colour.
    let icon = (fact.tone != Tone::Idle).then(|| view! { <Icon symbol=Symbol::of(fact.tone) /> });
    view! {
        <div class="row">
            <dt>{fact.label}<Hint id=format!("fact-{place}") about text=fact.hint /></dt>
            <dd>
                <span class=format!("fact {tone}")>{icon}<span>{fact.words}</span></span>
                {fact.meta.map(|meta| view! { <code class="metas-word" title="Meta's own word">{meta}</code> })}
            </dd>
        </div>
    }
    .into_any()
}
