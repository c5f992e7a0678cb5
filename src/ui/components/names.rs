//! What a number is called: by its business, and by Meta.

use leptos::prelude::*;

/// Both, once when they are the same.
#[component]
pub fn Names(name: Option<String>, verified: Option<String>) -> impl IntoView {
    let own = name.filter(|name| verified.as_ref() != Some(name));
    let between = (own.is_some() && verified.is_some()).then_some(" · ");
    let own = own.map(|name| view! { <bdi>{name}</bdi> });
    let verified = verified.map(|name| view! { <bdi>{name}</bdi> });
    view! { {own} {between} {verified} }
}
