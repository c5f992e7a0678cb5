//! A token's life as a bar: how much is spent, how much is left. The text beside it says the same.

use crate::domain::instant::Instant;
use leptos::prelude::*;

#[component]
pub fn Timeline(from: Instant, to: Instant, now: Instant) -> impl IntoView {
    let whole = to.since(from).max(1);
    let spent = now.since(from).clamp(0, whole);
    let permille = spent.saturating_mul(1_000) / whole;
    let days_left = (to.since(now) / crate::domain::instant::DAY).max(0);
    let said = format!("From {} to {}: {} days left", from.date(), to.date(), days_left);
    view! {
        <div class="timeline">
            <svg viewBox="0 0 1000 8" width="100%" height="8" preserveAspectRatio="none" role="img" aria-label=said>
                <rect class="track" x="0" y="0" width="1000" height="8"></rect>
                <rect class="spent" x="0" y="0" width=permille.to_string() height="8"></rect>
            </svg>
            <p class="timeline-ends small muted">
                <span>"Issued " {from.date()}</span>
                <span>"Ends " {to.date()}</span>
            </p>
        </div>
    }
    .into_any()
}
