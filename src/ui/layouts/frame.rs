//! The layout of every page behind the login: navigation at the side, content beside it.

use crate::actions::people::Shell;
use crate::domain::user::{Role, User};
use crate::ui::components::icon::{Icon, Mark, Symbol};
use crate::ui::components::nav::Nav;
use crate::ui::components::paused::Paused;
use crate::ui::components::ribbon::Ribbon;
use crate::ui::paths;
use leptos::prelude::*;
use leptos_meta::Title;

#[component]
pub fn Frame(#[prop(into)] title: String, shell: Shell, children: Children) -> impl IntoView {
    view! {
        <Title text=title />
        <a class="skip" href="#content">"Skip to content"</a>
        <Ribbon sandbox=shell.sandbox />
        <div class="frame">
            <header class="side">
                <div class="side-top">
                    <a class="brand" href=paths::CONFIGURATIONS><Mark />"Greentick"</a>
                    <button type="button" class="menu-button" popovertarget="menu">
                        <Icon symbol=Symbol::Menu />
                        "Menu"
                    </button>
                </div>
                <div id="menu" class="menu" popover>
                    <Nav
                        admin=shell.user.as_ref().is_some_and(|user| user.role == Role::Admin)
                        support=shell.user.as_ref().is_some_and(|user| user.role >= Role::Support)
                    />
                    {shell.user.map(|user| view! { <Person user workspace=shell.workspace /> })}
                </div>
            </header>
            <main id="content" tabindex="-1">
                {shell.pause.map(|pause| view! { <Paused pause /> })}
                {children()}
            </main>
        </div>
    }
    .into_any()
}

/// Who is logged in, and the way out.
#[component]
fn Person(user: User, workspace: Option<String>) -> impl IntoView {
    let place = workspace.filter(|name| name != "default").map(|name| format!(" · {name}"));
    view! {
        <div class="person">
            <a class="person-name" href=paths::ACCOUNT>{user.name}</a>
            <span class="small muted">{user.role.as_str()}{place}</span>
            <form method="post" action="/logout">
                <button class="button quiet" type="submit">"Log out"</button>
            </form>
        </div>
    }
    .into_any()
}
