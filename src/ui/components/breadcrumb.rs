//! Core › WhatsApp API › Configurations › this page.

use crate::ui::paths;
use leptos::prelude::*;

/// `here` is the page below `place`; without it `place` itself is the page. `under` stands between them.
#[component]
pub fn Breadcrumb(
    #[prop(default = "Configurations")] place: &'static str,
    #[prop(default = paths::CONFIGURATIONS)] address: &'static str,
    #[prop(default = None)] under: Option<(&'static str, &'static str)>,
    /// The rooms above them all.
    #[prop(default = &["Core", "WhatsApp API"])]
    rooms: &'static [&'static str],
    #[prop(optional, into)] here: Option<String>,
) -> impl IntoView {
    let last = match here {
        None => view! { <li aria-current="page">{place}</li> }.into_any(),
        Some(here) => view! {
            <li><a href=address>{place}</a></li>
            {under.map(|(name, address)| view! { <li><a href=address>{name}</a></li> })}
            <li aria-current="page"><span class="number">{here}</span></li>
        }
        .into_any(),
    };
    view! {
        <nav class="breadcrumb" aria-label="Breadcrumb">
            <ol>
                {rooms.iter().map(|room| view! { <li>{*room}</li> }).collect_view()}
                {last}
            </ol>
        </nav>
    }
    .into_any()
}
