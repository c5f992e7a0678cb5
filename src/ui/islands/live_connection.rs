//! Keeps a connection's page true while it is looked at.

use crate::actions::connections::connection_version;
use crate::ui::islands::browser::{fresh_page, swap_live_regions};
use crate::ui::islands::live_line::Line;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::time::Duration;

/// What a check or somebody's press has changed is no event.
const EVERY: Duration = Duration::from_secs(3);
/// However many events come.
const AT_MOST_EVERY: Duration = Duration::from_secs(1);
/// So that "4 minutes ago" does not become a lie, the page is drawn afresh now and then.
const AGED_AFTER: u32 = 20;

/// What the page knows of its connection.
#[derive(Clone, Copy)]
struct Watched {
    connection: StoredValue<String>,
    version: StoredValue<i64>,
    /// How often it was time to look since the page was drawn.
    age: StoredValue<u32>,
    looking: StoredValue<bool>,
    /// There was a reason to look meanwhile.
    again: StoredValue<bool>,
}

#[island]
pub fn LiveConnection(
    connection: String,
    version: i64,
    /// Whoever looks may read events, so the page hears of each at once.
    hears: bool,
) -> impl IntoView {
    let line = Line::new(connection.clone(), None);
    let watched = Watched {
        connection: StoredValue::new(connection),
        version: StoredValue::new(version),
        age: StoredValue::new(0),
        looking: StoredValue::new(false),
        again: StoredValue::new(false),
    };
    Effect::new(move || {
        set_interval(
            move || {
                watched.age.update_value(|age| *age += 1);
                look(watched);
            },
            EVERY,
        );
        if hears {
            line.open(move |_| look(watched));
        }
    });
    // Something may have come before the line was open.
    Effect::new(move || {
        if line.on.get() {
            look(watched);
        }
    });
}

fn look(watched: Watched) {
    if document().hidden() {
        return;
    }
    if watched.looking.get_value() {
        return watched.again.set_value(true);
    }
    watched.looking.set_value(true);
    watched.again.set_value(false);
    spawn_local(async move {
        renew(watched).await;
        set_timeout(
            move || {
                watched.looking.set_value(false);
                if watched.again.get_value() {
                    look(watched);
                }
            },
            AT_MOST_EVERY,
        );
    });
}

async fn renew(watched: Watched) {
    if let Ok(version) = connection_version(watched.connection.get_value()).await
        && (watched.age.get_value() >= AGED_AFTER || version != watched.version.get_value())
        && let Some(page) = fresh_page().await
    {
        let before = badge();
        swap_live_regions(&page);
        celebrate(&before);
        watched.version.set_value(version);
        watched.age.set_value(0);
    }
}

const BADGE: &str = "[data-live=heading] [data-badge]";

fn badge() -> String {
    let found = document().query_selector(BADGE).ok().flatten();
    found.and_then(|badge| badge.get_attribute("data-badge")).unwrap_or_default()
}

/// One ring when the badge turns green before one's eyes.
fn celebrate(before: &str) {
    if before != "connected"
        && badge() == "connected"
        && let Ok(Some(badge)) = document().query_selector(BADGE)
    {
        let _ = badge.class_list().add_1("turned-green");
    }
}
