//! Core › WhatsApp API › Configurations › this page.

use crate::ui::paths;
use leptos::prelude::*;

/// `here` is the page below Configurations; without it `place` itself is the page.
#[component]
pub fn Breadcrumb(
    #[prop(default = "Configurations")] place: &'static str,
    #[prop(optional, into)] here: Option<String>,
) -> impl IntoView {
    let last = match here {
        None => view! { <li aria-current="page">{place}</li> }.into_any(),
        Some(here) => view! {
            <li><a href=paths::CONFIGURATIONS>{place}</a></li>
            <li aria-current="page"><span class="number">{here}</span></li>
        }
        .into_any(),
    };
    view! {
        <nav class="breadcrumb" aria-label="Breadcrumb">
            <ol>
                <li>"Core"</li>
                <li>"WhatsApp API"</li>
                {last}
            </ol>
        </nav>
    }
    .into_any()
}
