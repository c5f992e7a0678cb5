//! Shows how far a replay or a deletion has come, until it has ended.

use crate::ui::islands::browser::{all, announce, fresh_page, swap_live_regions};
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::time::Duration;

const EVERY: Duration = Duration::from_secs(1);

#[island]
pub fn LiveReplay(
    /// What is said then.
    ended: String,
) -> impl IntoView {
    let ended = StoredValue::new(ended);
    Effect::new(move || {
        let busy = StoredValue::new(false);
        set_interval(
            move || {
                let running = !all(&document(), "[data-running]").is_empty();
                if !running || document().hidden() || busy.get_value() {
                    return;
                }
                busy.set_value(true);
                spawn_local(async move {
                    if let Some(page) = fresh_page().await {
                        swap_live_regions(&page);
                        if all(&document(), "[data-running]").is_empty() {
                            announce(&ended.get_value());
                        }
                    }
                    busy.set_value(false);
                });
            },
            EVERY,
        );
    });
}
