//! One button that does one thing: a form with a server function behind it.

use leptos::prelude::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// The one filled button of a page.
    Primary,
    Plain,
    Quiet,
    Danger,
}

impl Look {
    pub fn class(self) -> &'static str {
        match self {
            Self::Primary => "button primary",
            Self::Plain => "button plain",
            Self::Quiet => "button quiet",
            Self::Danger => "button danger",
        }
    }
}

/// The button alone. Once the page is awake it reads `pending` from the press on, and keeps its width.
#[component]
pub fn SubmitButton(
    look: Look,
    #[prop(into)] label: String,
    #[prop(into)] pending: String,
    #[prop(default = None)] id: Option<&'static str>,
    /// The work it asks for is going on.
    #[prop(optional)]
    busy: bool,
    /// Other work is going on.
    #[prop(optional)]
    disabled: bool,
) -> impl IntoView {
    let class = if busy { format!("{} busy", look.class()) } else { look.class().to_owned() };
    view! {
        <button type="submit" class=class id=id disabled=busy || disabled data-pending>
            <span class="said">{label}</span>
            <span class="said-pending">{pending}</span>
        </button>
    }
    .into_any()
}

/// Posts `connection` to a server function.
#[component]
pub fn PostButton(
    action: &'static str,
    #[prop(into)] connection: String,
    look: Look,
    label: &'static str,
    pending: &'static str,
    #[prop(default = None)] id: Option<&'static str>,
    #[prop(optional)] busy: bool,
    #[prop(optional)] disabled: bool,
) -> impl IntoView {
    view! {
        <form method="post" action=action>
            <input type="hidden" name="connection" value=connection />
            <SubmitButton look label pending id=id busy disabled />
        </form>
    }
    .into_any()
}
