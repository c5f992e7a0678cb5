//! A point in time: how long ago, and exactly when.

use crate::domain::instant::{DAY, Instant};
use leptos::prelude::*;

/// `10:42 UTC` on the same day's scale, with the date when it is further away.
pub fn exact(at: Instant, now: Instant) -> String {
    if now.since(at).abs() < DAY { at.clock_time() } else { at.date_time() }
}

/// `4 minutes ago (10:38 UTC)`
#[component]
pub fn Moment(at: Instant, now: Instant) -> impl IntoView {
    view! {
        <time datetime=at.rfc3339()>{at.relative(now)} " "<span class="exact">"(" {exact(at, now)} ")"</span></time>
    }
}
