//! The way around. Only what exists is in it.

use crate::ui::paths;
use leptos::prelude::*;
use leptos_router::hooks::use_location;

#[component]
pub fn Nav(
    /// Whoever looks is an admin.
    admin: bool,
    /// Whoever looks is support or an admin.
    support: bool,
) -> impl IntoView {
    let settings = admin.then(|| {
        view! {
            <h2>"Settings"</h2>
            <ul>
                <NavLink href=paths::META_APP>"Meta app"</NavLink>
                <NavLink href=paths::API_KEYS>"API keys"</NavLink>
                <NavLink href=paths::FORWARDING>"Forwarding"</NavLink>
                <NavLink href=paths::PERSONAL_DATA>"Personal data"</NavLink>
                <NavLink href=paths::BACKUPS>"Backups"</NavLink>
            </ul>
        }
    });
    view! {
        <nav class="nav" aria-label="Main">
            <h2>"Core"</h2>
            <h3>"WhatsApp API"</h3>
            <ul>
                <NavLink href=paths::CONFIGURATIONS>"Configurations"</NavLink>
                {support.then(|| view! { <NavLink href=paths::MESSAGES>"Messages"</NavLink> })}
                <NavLink href=paths::SETUP_GUIDE>"Setup guide"</NavLink>
            </ul>
            {settings}
        </nav>
    }
    .into_any()
}

#[component]
fn NavLink(href: &'static str, children: Children) -> impl IntoView {
    let here = use_location().pathname.get_untracked();
    let current = if here == href { Some("page") } else { here.starts_with(href).then_some("true") };
    view! {
        <li>
            <a href=href aria-current=current>{children()}</a>
        </li>
    }
}
