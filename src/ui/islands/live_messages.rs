//! Tells of new messages while the page is looked at: how many, and a link that shows them. The list stays where it is.

use crate::ui::islands::browser::announce;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::wasm_bindgen::closure::Closure;
use leptos::web_sys::{CloseEvent, MessageEvent, WebSocket};
use serde::Deserialize;
use std::time::Duration;

/// After a broken line; the next tries come later and later.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// New ones are said aloud together, not one by one.
const SAID_EVERY: Duration = Duration::from_secs(3);
/// Beyond that nobody counts.
const COUNTED: u32 = 999;

#[derive(Deserialize)]
struct Frame {
    seq: i64,
    kind: String,
}

/// What the page knows of the stream.
#[derive(Clone, Copy)]
struct Feed {
    connection: StoredValue<String>,
    kind: StoredValue<String>,
    last: StoredValue<i64>,
    pause: StoredValue<Duration>,
    new: RwSignal<u32>,
    on: RwSignal<bool>,
    speaks: StoredValue<bool>,
}

#[island]
pub fn LiveMessages(
    connection: String,
    /// Only this kind is told of; empty for all.
    kind: String,
    /// What comes behind this event is new.
    after: i64,
    /// The address of this list, with the new ones.
    show: String,
) -> impl IntoView {
    let feed = Feed {
        connection: StoredValue::new(connection),
        kind: StoredValue::new(kind),
        last: StoredValue::new(after),
        pause: StoredValue::new(FIRST_PAUSE),
        new: RwSignal::new(0),
        on: RwSignal::new(false),
        speaks: StoredValue::new(false),
    };
    Effect::new(move || listen(feed));
    let words = move || match feed.new.get() {
        0 => "Show the newest".to_owned(),
        count => format!("Show {}", counted(count)),
    };
    view! {
        <span class="live-state" data-on=move || feed.on.get().then_some("")>
            {move || if feed.on.get() { "Live" } else { "Not live" }}
        </span>
        <a class="show-new" href=show data-new=move || feed.new.get()>{words}</a>
    }
}

fn counted(count: u32) -> String {
    match count {
        1 => "1 new event".to_owned(),
        COUNTED => format!("more than {} new events", COUNTED - 1),
        count => format!("{count} new events"),
    }
}

fn listen(feed: Feed) {
    let Ok(host) = window().location().host() else { return };
    let secure = window().location().protocol().is_ok_and(|protocol| protocol == "https:");
    let scheme = if secure { "wss" } else { "ws" };
    let (connection, after) = (feed.connection.get_value(), feed.last.get_value());
    let address = format!("{scheme}://{host}/api/events/ws?connection={connection}&after={after}");
    let Ok(socket) = WebSocket::new(&address) else { return };
    let opened = Closure::<dyn Fn()>::new(move || {
        feed.on.set(true);
        feed.pause.set_value(FIRST_PAUSE);
    });
    let heard = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
        let frame = event.data().as_string().and_then(|text| serde_json::from_str::<Frame>(&text).ok());
        if let Some(frame) = frame {
            note(feed, &frame);
        }
    });
    let closed = Closure::<dyn Fn(CloseEvent)>::new(move |_: CloseEvent| {
        feed.on.set(false);
        let pause = feed.pause.get_value();
        feed.pause.set_value((pause * 2).min(LONGEST_PAUSE));
        set_timeout(move || listen(feed), pause);
    });
    socket.set_onopen(Some(opened.as_ref().unchecked_ref()));
    socket.set_onmessage(Some(heard.as_ref().unchecked_ref()));
    socket.set_onclose(Some(closed.as_ref().unchecked_ref()));
    // They live as long as the page.
    opened.forget();
    heard.forget();
    closed.forget();
}

fn note(feed: Feed, frame: &Frame) {
    if frame.seq <= feed.last.get_value() {
        return;
    }
    feed.last.set_value(frame.seq);
    let wanted = feed.kind.with_value(|kind| kind.is_empty() || *kind == frame.kind);
    if !wanted {
        return;
    }
    feed.new.update(|count| *count = (*count + 1).min(COUNTED));
    if feed.speaks.get_value() {
        return;
    }
    feed.speaks.set_value(true);
    set_timeout(
        move || {
            feed.speaks.set_value(false);
            announce(&counted(feed.new.get_untracked()));
        },
        SAID_EVERY,
    );
}
