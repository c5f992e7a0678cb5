//! Technical details, folded: the credential, where Meta sends messages, what sending depends on.

use crate::actions::connections::{DeveloperPart, RoutingPanel, SendingPanel, TokenPanel};
use crate::domain::credential::TokenState;
use crate::domain::health::HealthEntity;
use crate::domain::instant::Instant;
use crate::ui::components::icon::{Icon, Symbol};
use crate::ui::components::timeline::Timeline;
use leptos::prelude::*;

#[component]
pub fn Technical(part: DeveloperPart, now: Instant) -> impl IntoView {
    view! {
        <details class="card technical" id="technical">
            <summary><h2>"Technical details"</h2></summary>
            <div class="panels" data-live="technical">
                <Credential token=part.token now />
                <Routing routing=part.routing />
                <Sending sending=part.sending />
            </div>
        </details>
    }
    .into_any()
}

#[component]
fn Credential(token: TokenPanel, now: Instant) -> impl IntoView {
    let state = match token.state {
        TokenState::Valid => "Accepted by Meta",
        TokenState::Dead => "No longer accepted by Meta",
        TokenState::Erased => "Erased here",
    };
    let life = match (token.issued_at, token.expires_at) {
        (Some(from), Some(to)) => view! { <Timeline from to now /> }.into_any(),
        (_, Some(to)) => view! { <p>"Ends " {to.date_time()}</p> }.into_any(),
        (Some(from), None) => view! { <p>"Issued " {from.date()} ". This token does not end."</p> }.into_any(),
        (None, None) => view! { <p>"This token does not end."</p> }.into_any(),
    };
    let present = token.scopes.into_iter().map(|scope| view! { <Scope scope present=true /> });
    let missing = token.missing_scopes.into_iter().map(|scope| view! { <Scope scope present=false /> });
    view! {
        <section>
            <h3>"Credential"</h3>
            <dl class="pairs">
                <dt>"Kind"</dt>
                <dd>{token.kind.words()}</dd>
                <dt>"State"</dt>
                <dd>{state}</dd>
                <dt>"Token"</dt>
                <dd><code>"••••" {token.last_four}</code></dd>
            </dl>
            {life}
            <h4>"Permissions"</h4>
            <ul class="scopes">{missing.collect_view()}{present.collect_view()}</ul>
        </section>
    }
    .into_any()
}

#[component]
fn Scope(scope: String, present: bool) -> impl IntoView {
    let (class, symbol, word) =
        if present { ("fact ok", Symbol::Check, "") } else { ("fact bad", Symbol::Cross, " is missing") };
    view! { <li class=class><Icon symbol /><span><code>{scope}</code>{word}</span></li> }
}

#[component]
fn Routing(routing: RoutingPanel) -> impl IntoView {
    let subscribed = match routing.subscribed {
        Some(true) => "Yes",
        Some(false) => "No: nothing is sent here",
        None => "Could not ask Meta",
    };
    let callback = match &routing.callback {
        Some(url) if *url == routing.expected => view! { <code>{url.clone()}</code> " (as expected)" }.into_any(),
        Some(url) => view! { <code>{url.clone()}</code> }.into_any(),
        // Routing and callback come with the same reading: one without the other means that there is none.
        None if routing.subscribed.is_some() => view! { "None set at Meta yet" }.into_any(),
        None => view! { "Could not ask Meta" }.into_any(),
    };
    view! {
        <section>
            <h3>"Routing"</h3>
            <dl class="pairs">
                <dt>"App subscribed"</dt>
                <dd>{subscribed}</dd>
                <dt>"Address Meta uses"</dt>
                <dd>{callback}</dd>
                <dt>"Address expected"</dt>
                <dd><code>{routing.expected}</code></dd>
            </dl>
        </section>
    }
    .into_any()
}

#[component]
fn Sending(sending: SendingPanel) -> impl IntoView {
    let pair = |label: &'static str, value: Option<String>| {
        let value = match value {
            Some(value) => view! { <code>{value}</code> }.into_any(),
            None => view! { "Could not ask Meta" }.into_any(),
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
