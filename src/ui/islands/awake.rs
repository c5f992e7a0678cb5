//! One pair of ears for the whole page: copy buttons, and buttons that say what they are doing. It listens at the
//! document, so that it also hears buttons which a live update has put there.

use crate::ui::islands::browser::{all, announce, closest};
use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{Element, HtmlFormElement};
use std::time::Duration;

#[island]
pub fn Awake() -> impl IntoView {
    Effect::new(|| {
        // Shows what can do nothing before.
        if let Some(root) = document().document_element() {
            let _ = root.class_list().add_1("awake");
        }
        window_event_listener(ev::click, |event| {
            if let Some(button) = closest(&event, "[data-copy], [data-copy-all]") {
                copy(button);
            }
        });
        window_event_listener(ev::submit, |event| {
            if event.default_prevented() {
                return;
            }
            if let Some(form) = event.target().and_then(|target| target.dyn_into::<HtmlFormElement>().ok()) {
                press(&form, event.submitter().map(Into::into));
            }
        });
        // Back from the cache of the browser: nothing is being sent any more.
        window_event_listener(ev::pageshow, |_| {
            for button in all(&document(), "button.pressed") {
                let _ = button.class_list().remove_1("pressed");
            }
        });
    });
}

/// A form of several buttons: only the one that was pressed is at work. The Enter key presses one that nobody sees.
fn pressed(form: &Element, submitter: Option<Element>) -> Vec<Element> {
    let seen = submitter.map(|button| {
        let stands_for = button.get_attribute("data-stands-for");
        stands_for.and_then(|id| document().get_element_by_id(&id)).unwrap_or(button)
    });
    match seen.filter(|button| button.has_attribute("data-pending")) {
        Some(button) => vec![button],
        None => all(form, "button[data-pending]"),
    }
}

fn press(form: &Element, submitter: Option<Element>) {
    for button in pressed(form, submitter) {
        let _ = button.class_list().add_1("pressed");
        if let Ok(Some(pending)) = button.query_selector(".said-pending") {
            announce(&pending.text_content().unwrap_or_default());
        }
    }
}

fn copy(button: Element) {
    let Some(place) = button
        .get_attribute("data-copy")
        .or_else(|| button.get_attribute("data-copy-all"))
        .and_then(|id| document().get_element_by_id(&id))
    else {
        return;
    };
    let text = if button.has_attribute("data-copy-all") {
        all_lines(&place)
    } else {
        place.text_content().unwrap_or_default()
    };
    let clipboard = window().navigator().clipboard();
    // Absent where the page did not come over https or from this machine.
    if clipboard.is_undefined() {
        return select(&place, button);
    }
    spawn_local(async move {
        match js_sys::futures::JsFuture::from(clipboard.write_text(&text)).await {
            Ok(_) => copied(button),
            Err(_) => select(&place, button),
        }
    });
}

/// `Phone Number ID: 106540352242922`, a line each.
fn all_lines(list: &Element) -> String {
    let mut lines = String::new();
    for row in all(list, "[data-copy-line]") {
        if let (Some(label), Ok(Some(value))) = (row.get_attribute("data-copy-line"), row.query_selector("code")) {
            lines.push_str(&label);
            lines.push_str(": ");
            lines.push_str(&value.text_content().unwrap_or_default());
            lines.push('\n');
        }
    }
    lines
}

fn copied(button: Element) {
    say(button, "Copied", "Copied", Duration::from_secs(2));
}

/// Without access to the clipboard: one key is left to press.
fn select(place: &Element, button: Element) {
    if let Ok(Some(selection)) = window().get_selection() {
        let _ = selection.select_all_children(place);
    }
    // As wide as "Copied", so that nothing moves.
    say(button, "Ctrl+C", "Press Ctrl+C", Duration::from_secs(6));
}

/// For a while the button reads `word`, and those who do not see it hear `aloud`.
fn say(button: Element, word: &str, aloud: &str, how_long: Duration) {
    if let Ok(Some(slot)) = button.query_selector(".said-pending") {
        slot.set_text_content(Some(word));
    }
    announce(aloud);
    let _ = button.class_list().add_1("pressed");
    set_timeout(
        move || {
            let _ = button.class_list().remove_1("pressed");
            announce("");
        },
        how_long,
    );
}
