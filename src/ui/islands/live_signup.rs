//! Moves the progress list on by itself, and leaves it when it is done.

use crate::ui::islands::browser::{fresh_page, go_to, swap_live_regions};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::web_sys::Document;
use std::time::Duration;

const EVERY: Duration = Duration::from_secs(1);
/// Long enough to read "Connected".
const REST: Duration = Duration::from_millis(1_500);

/// `popup`: this is Facebook's window, and the page that opened it goes on. `done`: where the finished number is.
#[island]
pub fn LiveSignup(popup: bool, working: bool, done: Option<String>) -> impl IntoView {
    Effect::new(move || {
        if popup {
            let _ = window().close();
        }
        if let Some(address) = done.clone() {
            set_timeout(move || leave_for(&address), REST);
        }
        if working {
            watch();
        }
    });
}

fn watch() {
    let busy = StoredValue::new(false);
    set_interval(
        move || {
            if busy.get_value() {
                return;
            }
            busy.set_value(true);
            spawn_local(async move {
                if let Some(page) = fresh_page().await {
                    if stage(&page) == stage(&document()) {
                        swap_live_regions(&page);
                    } else if let Ok(address) = window().location().href() {
                        // Something is asked, or it is over: another page.
                        leave_for(&address);
                        return;
                    }
                }
                busy.set_value(false);
            });
        },
        EVERY,
    );
}

fn stage(page: &Document) -> Option<String> {
    page.query_selector("[data-stage]").ok()??.get_attribute("data-stage")
}

/// Not kept in the history: going back would only lead here again.
fn leave_for(address: &str) {
    if window().location().replace(address).is_err() {
        go_to(address);
    }
}
