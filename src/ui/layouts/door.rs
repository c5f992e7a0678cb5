//! The narrow layout of the pages before the login.

use crate::ui::components::icon::Mark;
use crate::ui::components::ribbon::Ribbon;
use leptos::prelude::*;
use leptos_meta::Title;

#[component]
pub fn Door(#[prop(into)] title: String, sandbox: bool, children: Children) -> impl IntoView {
    view! {
        <Title text=title.clone() />
        <Ribbon sandbox />
        <main id="content" class="door">
            <p class="brand"><Mark />"Greentick"</p>
            <section class="card">
                <h1>{title}</h1>
                {children()}
            </section>
        </main>
    }
    .into_any()
}
