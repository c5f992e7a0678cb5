//! Keeps a connection's page true while it is looked at.

use crate::actions::connections::connection_version;
use crate::ui::islands::browser::{fresh_page, swap_live_regions};
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::time::Duration;

const EVERY: Duration = Duration::from_secs(3);
/// So that "4 minutes ago" does not become a lie, the page is drawn afresh now and then.
const AGES_EVERY: u32 = 20;

#[island]
pub fn LiveConnection(connection: String, version: i64) -> impl IntoView {
    Effect::new(move || {
        let seen = StoredValue::new(version);
        let asked = StoredValue::new(0_u32);
        let busy = StoredValue::new(false);
        let connection = connection.clone();
        set_interval(
            move || {
                if document().hidden() || busy.get_value() {
                    return;
                }
                busy.set_value(true);
                asked.update_value(|count| *count += 1);
                let aged = asked.get_value().is_multiple_of(AGES_EVERY);
                let connection = connection.clone();
                spawn_local(async move {
                    if let Ok(version) = connection_version(connection).await
                        && (aged || version != seen.get_value())
                        && let Some(page) = fresh_page().await
                    {
                        let before = badge();
                        swap_live_regions(&page);
                        celebrate(&before);
                        seen.set_value(version);
                    }
                    busy.set_value(false);
                });
            },
            EVERY,
        );
    });
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
