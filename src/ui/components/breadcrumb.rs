//! Core › WhatsApp API › Configurations › this page.

use crate::domain::ids::ConnectionId;
use crate::ui::paths;
use leptos::prelude::*;

/// `here` is the page below `place`; without it `place` itself is the page. `under` stands between them: its name and address.
#[component]
pub fn Breadcrumb(
    #[prop(default = "Configurations")] place: &'static str,
    #[prop(default = paths::CONFIGURATIONS)] address: &'static str,
    #[prop(default = None, into)] under: Option<(String, String)>,
    /// The rooms above them all.
    #[prop(default = &["Core", "WhatsApp API"])]
    rooms: &'static [&'static str],
    #[prop(optional, into)] here: Option<String>,
) -> impl IntoView {
    let last = match here {
        None => view! { <li aria-current="page">{place}</li> }.into_any(),
        Some(here) => view! {
            <li><a href=address>{place}</a></li>
            {under.map(|(name, address)| view! { <li><a href=address><span class="number">{name}</span></a></li> })}
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

/// What stands above a number's own pages.
pub fn number_crumb(connection: &ConnectionId, number: &str) -> (String, String) {
    (number.to_owned(), paths::connection(connection.as_str()))
}
