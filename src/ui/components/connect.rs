//! The links that lead to Facebook. Links, never forms: `form-action` would stop the redirect.

use crate::ui::components::post_button::Look;
use leptos::prelude::*;

/// Opens in a popup once the page is awake (see `islands::connect_watch`); a plain link until then.
#[component]
pub fn ConnectLink(
    #[prop(into)] href: String,
    look: Look,
    #[prop(into)] label: String,
    #[prop(optional)] id: Option<&'static str>,
) -> impl IntoView {
    view! {
        <a class=look.class() href=href rel="nofollow" data-connect id=id>{label}</a>
    }
    .into_any()
}
