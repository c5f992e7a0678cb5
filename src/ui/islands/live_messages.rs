//! Tells of new messages while the page is looked at: how many, and a link that shows them. The list stays where it is.

use crate::ui::islands::browser::announce;
use crate::ui::islands::live_line::{Frame, Line};
use leptos::prelude::*;
use std::time::Duration;

/// New ones are said aloud together, not one by one.
const SAID_EVERY: Duration = Duration::from_secs(3);
/// Beyond that nobody counts.
const COUNTED: u32 = 999;

/// What the page has heard.
#[derive(Clone, Copy)]
struct Feed {
    kind: StoredValue<String>,
    new: RwSignal<u32>,
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
    let feed = Feed { kind: StoredValue::new(kind), new: RwSignal::new(0), speaks: StoredValue::new(false) };
    let line = Line::new(connection, Some(after));
    Effect::new(move || line.open(move |frame| note(feed, frame)));
    let words = move || match feed.new.get() {
        0 => "Show the newest".to_owned(),
        count => format!("Show {}", counted(count)),
    };
    view! {
        <span class="live-state" data-on=move || line.on.get().then_some("")>
            {move || if line.on.get() { "Live" } else { "Not live" }}
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

fn note(feed: Feed, frame: &Frame) {
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
