//! Opens Facebook in a popup, and waits here for what happens in it.
//!
//! The window's end cannot be seen from outside: the callback's opener policy cuts it off and makes `closed` true early.
//! So the server is asked each second for the person's newest signup; messages only make it ask sooner.

use crate::actions::people::Facebook;
use crate::actions::signups::{NewestSignup, cancel_signup};
use crate::domain::ids::SignupId;
use crate::domain::signup::Stage;
use crate::ui::islands::browser::{closest, go_to, post};
use crate::ui::paths;
use leptos::ev;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos::task::spawn_local;
use leptos::wasm_bindgen::{JsCast, JsValue};
use leptos::web_sys::{HtmlElement, MessageEvent, MouseEvent, Window};
use serde::Deserialize;
use std::cell::RefCell;
use std::time::Duration;

const EVERY: Duration = Duration::from_secs(1);
const WINDOW: &str = "popup,width=680,height=760";

// The browser's own objects cannot leave their thread, so they are no part of what the server renders. There is one
// watch on a page.
thread_local! {
    static POPUP: RefCell<Option<Window>> = const { RefCell::new(None) };
    static LINK: RefCell<Option<HtmlElement>> = const { RefCell::new(None) };
}

/// What is being waited for.
#[derive(Clone, Copy)]
struct Watch {
    /// The address that was opened; empty while nothing is.
    address: RwSignal<String>,
    /// The newest signup before the click: only another one is ours.
    before: StoredValue<Option<String>>,
    asking: StoredValue<bool>,
    /// What was heard is on its way to the server: leaving the page now would lose it.
    telling: StoredValue<bool>,
}

#[island]
pub fn ConnectWatch(facebook: Facebook) -> impl IntoView {
    let Facebook { dialog_origin, newest_signup } = facebook;
    let watch = Watch {
        address: RwSignal::new(String::new()),
        before: StoredValue::new(newest_signup.map(String::from)),
        asking: StoredValue::new(false),
        telling: StoredValue::new(false),
    };
    Effect::new(move || {
        let origin = dialog_origin.clone();
        window_event_listener(ev::click, move |event| watch.clicked(&event));
        window_event_listener(ev::message, move |event| watch.heard(&event, &origin));
        set_interval(move || watch.ask(), EVERY);
    });
    view! {
        <div class="waiting" role="status" aria-live="polite">
            <Show when=move || !watch.address.get().is_empty()>
                <p>"Waiting for you at Facebook…"</p>
                <p class="button-row">
                    <button type="button" class="button plain" on:click=move |_| watch.open_again()>
                        "Open the window again"
                    </button>
                    <a class="button plain" href=move || watch.address.get() on:click=move |_| close_window()>
                        "Continue in this tab"
                    </a>
                    <button type="button" class="button quiet" on:click=move |_| watch.cancel()>"Cancel"</button>
                </p>
            </Show>
        </div>
    }
}

/// The little that is needed here of what `newest_signup` answers. The whole of it would bring the reading of all its
/// types into the browser, a tenth of what a first visit loads.
#[derive(Deserialize)]
struct Newest {
    id: SignupId,
    stage: Stage,
}

async fn newest() -> Option<Newest> {
    let answer = post(NewestSignup::PATH, "application/x-www-form-urlencoded", "").await?;
    serde_json::from_str::<Option<Newest>>(&answer).ok()?
}

fn close_window() {
    if let Some(popup) = POPUP.take() {
        let _ = popup.close();
    }
}

impl Watch {
    fn clicked(self, event: &MouseEvent) {
        let plain = event.button() == 0 && !(event.ctrl_key() || event.meta_key() || event.shift_key());
        let link = closest(event, "a[data-connect]").and_then(|link| link.dyn_into::<HtmlElement>().ok());
        let (true, Some(link)) = (plain && !event.default_prevented(), link) else { return };
        let Some(address) = link.get_attribute("href") else { return };
        // Blocked: the link is followed, and all happens in this tab.
        if self.open(&address) {
            event.prevent_default();
            LINK.set(Some(link));
            self.address.set(address);
        }
    }

    /// Within the click, or the browser blocks it.
    fn open(self, address: &str) -> bool {
        let joint = if address.contains('?') { '&' } else { '?' };
        let address = format!("{address}{joint}display=popup");
        match window().open_with_url_and_target_and_features(&address, "connect", WINDOW) {
            Ok(Some(popup)) => {
                POPUP.set(Some(popup));
                true
            }
            _ => false,
        }
    }

    fn open_again(self) {
        let popup = POPUP.with_borrow(Clone::clone).filter(|popup| !popup.closed().unwrap_or(true));
        if let Some(popup) = popup {
            let _ = popup.focus();
        } else if !self.open(&self.address.get_untracked()) {
            go_to(&self.address.get_untracked());
        }
    }

    fn cancel(self) {
        close_window();
        self.address.set(String::new());
        if let Some(link) = LINK.take() {
            let _ = link.focus();
        }
        spawn_local(async move {
            if let Some(id) = self.ours(newest().await.as_ref()) {
                let _ = cancel_signup(id.clone()).await;
                self.before.set_value(Some(id));
            }
        });
    }

    fn ours(self, newest: Option<&Newest>) -> Option<String> {
        let id = newest?.id.as_str().to_owned();
        (self.before.get_value().as_deref() != Some(id.as_str())).then_some(id)
    }

    /// Whether it has left Facebook; then its progress is shown here.
    fn ask(self) {
        if self.address.with_untracked(String::is_empty) || self.asking.get_value() {
            return;
        }
        self.asking.set_value(true);
        spawn_local(async move {
            let newest = newest().await;
            if let (Some(id), Some(page)) = (self.ours(newest.as_ref()), newest)
                && page.stage != Stage::Waiting
                && !self.address.with_untracked(String::is_empty)
                && !self.telling.get_value()
            {
                go_to(&paths::signup(&id));
                return;
            }
            self.asking.set_value(false);
        });
    }

    /// Meta's window tells what was chosen: a hint for the server, which proves it.
    fn heard(self, event: &MessageEvent, dialog_origin: &str) {
        let said = event.data().as_string();
        let Some(said) = said.filter(|said| {
            !self.address.with_untracked(String::is_empty)
                && is_dialog(&event.origin(), dialog_origin)
                && is_signup_message(said)
        }) else {
            return;
        };
        self.telling.set_value(true);
        spawn_local(async move {
            if let Some(id) = self.ours(newest().await.as_ref()) {
                post(&format!("{}/hint", paths::signup(&id)), "application/json", &said).await;
            }
            self.telling.set_value(false);
            self.ask();
        });
    }
}

fn is_signup_message(said: &str) -> bool {
    js_sys::JSON::parse(said)
        .and_then(|said| js_sys::Reflect::get(&said, &JsValue::from_str("type")))
        .is_ok_and(|kind| kind == "WA_EMBEDDED_SIGNUP")
}

/// Whether a message comes from the dialog. Meta's own window may come from any of its hosts; another dialog only from
/// its exact origin. The host is compared whole: `evilfacebook.com` also ends in `facebook.com`.
fn is_dialog(origin: &str, dialog_origin: &str) -> bool {
    let of_meta = |origin: &str| {
        origin.strip_prefix("https://").is_some_and(|host| host == "facebook.com" || host.ends_with(".facebook.com"))
    };
    origin == dialog_origin || (of_meta(dialog_origin) && of_meta(origin))
}

#[cfg(test)]
mod tests {
    use super::is_dialog;

    #[test]
    fn hears_only_the_dialog() {
        let meta = "https://www.facebook.com";
        assert!(is_dialog("https://web.facebook.com", meta));
        assert!(is_dialog("https://facebook.com", meta));
        assert!(!is_dialog("https://evilfacebook.com", meta));
        assert!(!is_dialog("http://www.facebook.com", meta));
        assert!(!is_dialog("https://facebook.com.example.org", meta));
        assert!(is_dialog("http://localhost:4000", "http://localhost:4000"));
        assert!(!is_dialog("https://www.facebook.com", "http://localhost:4000"));
    }
}
