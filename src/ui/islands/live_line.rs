//! A page's line to the stream of events: opened again when it breaks, for as long as there is the page.

use leptos::ev;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::wasm_bindgen::closure::Closure;
use leptos::web_sys::{CloseEvent, MessageEvent, WebSocket};
use serde::Deserialize;
use std::time::Duration;

/// After a broken line; the next tries come later and later.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// An event, as far as a page wants to know of it.
#[derive(Deserialize)]
pub struct Frame {
    pub seq: i64,
    pub kind: String,
}

/// The socket that is open, or was last.
type Held = StoredValue<Option<WebSocket>, LocalStorage>;

/// To the events of one connection.
#[derive(Clone, Copy)]
pub struct Line {
    connection: StoredValue<String>,
    /// The last event that was heard of; until there is one, the line begins with what comes next.
    last: StoredValue<Option<i64>>,
    pause: StoredValue<Duration>,
    /// Events are heard of now.
    pub on: RwSignal<bool>,
}

impl Line {
    pub fn new(connection: String, after: Option<i64>) -> Self {
        Self {
            connection: StoredValue::new(connection),
            last: StoredValue::new(after),
            pause: StoredValue::new(FIRST_PAUSE),
            on: RwSignal::new(false),
        }
    }

    /// Tells of each event once. Only for who may read events: others are refused again and again.
    pub fn open(self, heard: impl Fn(&Frame) + Copy + 'static) {
        // Not before: on the server, other threads than its own may end it.
        let held = Held::new_local(None);
        // A page that the browser puts aside holds no line; taken out again, it goes on behind the last event.
        window_event_listener(ev::pagehide, move |_| {
            held.with_value(|socket| {
                let _ = socket.as_ref().map(WebSocket::close);
            });
        });
        self.dial(held, heard);
    }

    fn address(self) -> Option<String> {
        let host = window().location().host().ok()?;
        let secure = window().location().protocol().is_ok_and(|protocol| protocol == "https:");
        let scheme = if secure { "wss" } else { "ws" };
        let after = self.last.get_value().map(|seq| format!("&after={seq}")).unwrap_or_default();
        Some(format!("{scheme}://{host}/api/events/ws?connection={}{after}", self.connection.get_value()))
    }

    fn dial(self, held: Held, heard: impl Fn(&Frame) + Copy + 'static) {
        let Some(socket) = self.address().and_then(|address| WebSocket::new(&address).ok()) else { return };
        let opened = Closure::<dyn Fn()>::new(move || {
            self.on.set(true);
            self.pause.set_value(FIRST_PAUSE);
        });
        let told = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            let frame = event.data().as_string().and_then(|text| serde_json::from_str::<Frame>(&text).ok());
            if let Some(frame) = frame.filter(|frame| self.last.get_value().is_none_or(|last| frame.seq > last)) {
                self.last.set_value(Some(frame.seq));
                heard(&frame);
            }
        });
        let closed = Closure::<dyn Fn(CloseEvent)>::new(move |_: CloseEvent| {
            self.on.set(false);
            let pause = self.pause.get_value();
            self.pause.set_value((pause * 2).min(LONGEST_PAUSE));
            set_timeout(move || self.dial(held, heard), pause);
        });
        socket.set_onopen(Some(opened.as_ref().unchecked_ref()));
        socket.set_onmessage(Some(told.as_ref().unchecked_ref()));
        socket.set_onclose(Some(closed.as_ref().unchecked_ref()));
        held.set_value(Some(socket));
        // They live as long as the page.
        opened.forget();
        told.forget();
        closed.forget();
    }
}
