//! Technical details, folded: the credential, where Meta sends messages, what sending depends on.

use crate::actions::connections::{ConnectionPage, DeveloperPart, SendingPanel};
use crate::domain::health::HealthEntity;
use crate::ui::components::routing_section::RoutingSection;
use crate::ui::components::token_panel::TokenSection;
use leptos::prelude::*;

#[component]
pub fn Technical(part: DeveloperPart, page: ConnectionPage) -> impl IntoView {
    let unknown = unknown_words(&page);
    let (connection, may_change, now) = (page.id.to_string(), page.may_change, page.now);
    view! {
        <details class="card technical" id="technical">
            <summary><h2>"Technical details"</h2></summary>
            <div class="panels" data-live="technical">
                <TokenSection token=part.token connection may_change now />
                <RoutingSection routing=part.routing page />
                <Sending sending=part.sending unknown />
            </div>
        </details>
    }
    .into_any()
}

/// In place of what Meta has not told.
pub fn unknown_words(page: &ConnectionPage) -> &'static str {
    if page.checked_at.is_some() || page.check_failure.is_some() { "Could not ask Meta" } else { "Not asked yet" }
}

#[component]
fn Sending(sending: SendingPanel, unknown: &'static str) -> impl IntoView {
    let pair = |label: &'static str, value: Option<String>| {
        let value = match value {
            Some(value) => view! { <code>{value}</code> }.into_any(),
            None => unknown.into_any(),
        };
        view! { <dt>{label}</dt><dd>{value}</dd> }
    };
    let entities = sending.entities.into_iter().map(|entity| view! { <Entity entity /> }).collect_view();
    view! {
        <section>
            <h3>"Sending"</h3>
            <dl class="pairs">
                {pair("Registration", sending.status)}
                {pair("Can send", sending.can_send_message)}
                {pair("Platform", sending.platform)}
                {pair("Throughput", sending.throughput)}
            </dl>
            <ul class="entities">{entities}</ul>
        </section>
    }
    .into_any()
}

#[component]
fn Entity(entity: HealthEntity) -> impl IntoView {
    let errors = entity.errors.into_iter().map(|error| {
        view! { <li>{error.description} " " {error.solution} " (code " {error.code} ")"</li> }
    });
    let more = entity.additional_info.into_iter().map(|info| view! { <li>{info}</li> });
    view! {
        <li>
            <p><strong>{entity.entity_type}</strong> " " <code>{entity.id}</code> " " <code>{entity.can_send_message}</code></p>
            <ul>{errors.collect_view()}{more.collect_view()}</ul>
        </li>
    }
    .into_any()
}
