//! One set of inline icons, 20 px, always beside a word.

use crate::domain::connection::Tone;
use leptos::prelude::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Symbol {
    Check,
    Warning,
    Cross,
    Info,
    Dash,
    Menu,
    Outside,
    Next,
    Phone,
    Search,
    In,
    Out,
}

impl Symbol {
    /// Each tone has its own shape, so that colour is never alone.
    pub fn of(tone: Tone) -> Self {
        match tone {
            Tone::Ok => Self::Check,
            Tone::Warn => Self::Warning,
            Tone::Bad => Self::Cross,
            Tone::Info => Self::Info,
            Tone::Idle => Self::Dash,
        }
    }

    fn path(self) -> &'static str {
        match self {
            Self::Check => "M10 2.75a7.25 7.25 0 1 1 0 14.5a7.25 7.25 0 0 1 0-14.5ZM6.75 10.25l2.25 2.25 4.5-4.75",
            Self::Warning => "M10 3.25 17.5 16.5h-15ZM10 8.25v3.5M10 14v.25",
            Self::Cross => "M10 2.75a7.25 7.25 0 1 1 0 14.5a7.25 7.25 0 0 1 0-14.5ZM7.5 7.5l5 5M12.5 7.5l-5 5",
            Self::Info => "M10 2.75a7.25 7.25 0 1 1 0 14.5a7.25 7.25 0 0 1 0-14.5ZM10 9.25v4.25M10 6.5v.25",
            Self::Dash => "M10 2.75a7.25 7.25 0 1 1 0 14.5a7.25 7.25 0 0 1 0-14.5ZM7 10h6",
            Self::Menu => "M3 5.5h14M3 10h14M3 14.5h14",
            Self::Outside => "M8 4H4v12h12v-4M11.5 3.5h5v5M16.25 3.75 9.5 10.5",
            Self::Next => "m7.75 4.75 5.25 5.25-5.25 5.25",
            Self::Phone => "M6.5 2.5h7a1 1 0 0 1 1 1v13a1 1 0 0 1-1 1h-7a1 1 0 0 1-1-1v-13a1 1 0 0 1 1-1ZM9 15h2",
            Self::Search => "M8.75 3.25a5.5 5.5 0 1 1 0 11a5.5 5.5 0 0 1 0-11ZM12.75 12.75l4 4",
            Self::In => "M15 5 5.5 14.5M5.5 7.5v7h7",
            Self::Out => "M5 15l9.5-9.5M7.5 5.5h7v7",
        }
    }
}

#[component]
pub fn Icon(symbol: Symbol) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 20 20" width="20" height="20" aria-hidden="true" focusable="false">
            <path d=symbol.path()></path>
        </svg>
    }
}

/// The product's mark: a tick in a speech bubble.
#[component]
pub fn Mark() -> impl IntoView {
    view! {
        <svg class="mark" viewBox="0 0 32 32" width="28" height="28" aria-hidden="true" focusable="false">
            <path class="mark-bubble" d="M16 3a13 13 0 1 1-6.3 24.4L3.5 29l1.7-6A13 13 0 0 1 16 3Z"></path>
            <path class="mark-tick" d="m10.5 16.5 4 4 7.5-8.5"></path>
        </svg>
    }
}
