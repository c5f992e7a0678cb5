//! Routing: where Meta delivers what happens to the number, beside where it should.

use crate::actions::connections::{AddressState, ConnectionPage, RoutingAddress, RoutingFields, RoutingPanel};
use crate::domain::connection::{Action, Badge as State, Tone};
use crate::domain::finding::Remedy;
use crate::domain::routing::Whose;
use crate::ui::components::connection_header::running;
use crate::ui::components::icon::{Icon, Symbol};
use crate::ui::components::moment::Moment;
use crate::ui::components::post_button::{Look, PostButton};
use crate::ui::components::technical::unknown_words;
use crate::ui::paths;
use leptos::prelude::*;

#[component]
pub fn RoutingSection(routing: RoutingPanel, page: ConnectionPage) -> impl IntoView {
    let subscribed = match routing.subscribed {
        Some(true) => view! { <Said tone=Tone::Ok words="Yes" /> }.into_any(),
        Some(false) => view! { <Said tone=Tone::Bad words="No: nothing is sent here" /> }.into_any(),
        None => unknown_words(&page).into_any(),
    };
    let addresses = routing.addresses.clone().into_iter().map(|address| view! { <Address address /> }).collect_view();
    let now = page.now;
    let read = routing.read_at.map(|at| view! { <p class="small muted">"Read " <Moment at now /></p> });
    view! {
        <section>
            <h3>"Routing"</h3>
            <dl class="pairs">
                <dt>"App subscribed"</dt>
                <dd>{subscribed}</dd>
                <dt>"Address expected"</dt>
                <dd><code>{routing.expected.clone()}</code></dd>
            </dl>
            <h4>"Addresses at Meta"</h4>
            <p class="small muted">"The number's goes before the account's, and that before the app's."</p>
            <dl class="pairs">{addresses}</dl>
            <Fields fields=routing.fields.clone() />
            {read}
            <Buttons routing page />
        </section>
    }
    .into_any()
}

#[component]
fn Said(tone: Tone, #[prop(into)] words: String) -> impl IntoView {
    view! { <span class=format!("fact {}", tone.as_str())><Icon symbol=Symbol::of(tone) /><span>{words}</span></span> }
        .into_any()
}

#[component]
fn Address(address: RoutingAddress) -> impl IntoView {
    let state = match address.state {
        AddressState::Unknown => "Could not be read".into_any(),
        AddressState::NotSet => view! { <span class="muted">"Not set"</span> }.into_any(),
        AddressState::Set { url, whose } => {
            let (tone, words) = match whose {
                Whose::Ours => (Tone::Ok, "Leads here"),
                Whose::OursBefore => (Tone::Warn, "Our old address"),
                Whose::Foreign => (Tone::Warn, "Set by others"),
            };
            view! { <code>{url}</code><Said tone words /> }.into_any()
        }
    };
    view! { <dt>{address.of}</dt><dd class="address">{state}</dd> }.into_any()
}

#[component]
fn Fields(fields: Option<RoutingFields>) -> impl IntoView {
    let Some(RoutingFields { here, present, missing }) = fields else {
        return view! {
            <h4>"Fields reported"</h4>
            <p class="small muted">"Could not be read. Only the secret of the Meta app opens them."</p>
        }
        .into_any();
    };
    let missing = missing.into_iter().map(|field| view! { <Field field present=false /> }).collect_view();
    let count = present.len();
    let present = present.into_iter().map(|field| view! { <Field field present=true /> }).collect_view();
    // What others have asked for, or not, is no fault of this number's.
    let missing = here.then(|| view! { <ul class="scopes">{missing}</ul> });
    let elsewhere = (!here && count > 0)
        .then(|| view! { <p class="small muted">"Reported to the app's address, which is not ours."</p> });
    let present = (count > 0).then(|| {
        let summary = if count == 1 { "1 field present".to_owned() } else { format!("{count} fields present") };
        view! {
            <details class="folded" id="routing-fields">
                <summary>{summary}</summary>
                <ul class="scopes">{present}</ul>
            </details>
        }
    });
    view! {
        <h4>"Fields reported"</h4>
        {missing}
        {elsewhere}
        {present}
    }
    .into_any()
}

#[component]
fn Field(field: String, present: bool) -> impl IntoView {
    let (class, symbol, word) =
        if present { ("fact ok", Symbol::Check, "") } else { ("fact warn", Symbol::Warning, " is missing") };
    view! { <li class=class><Icon symbol /><span><code>{field}</code>{word}</span></li> }.into_any()
}

#[component]
fn Buttons(routing: RoutingPanel, page: ConnectionPage) -> impl IntoView {
    if page.badge == State::Disconnected {
        return ().into_any();
    }
    let id = page.id.to_string();
    let doing = running(&page);
    let disabled = doing.is_some();
    // Where nothing but others' address is in the way, a repair would change nothing.
    let messages = routing.addresses.iter().rev().find_map(RoutingAddress::whose);
    let helps = routing.remedy.is_some_and(|remedy| remedy != Remedy::TakeOver) || messages == Some(Whose::Foreign);
    let repair = (page.may_change && helps).then(|| {
        let (label, pending) = match routing.subscribed {
            Some(false) => ("Switch messages on", "Switching on…"),
            _ => ("Repair routing", "Repairing…"),
        };
        let busy = doing == Some(Action::Subscribe);
        view! { <PostButton action="/_fn/subscribe_app" connection=id.clone() look=Look::Plain label pending busy disabled /> }
    });
    let take_over = (page.may_change && !routing.foreign.is_empty())
        .then(|| view! { <a class="button quiet" href=paths::take_over(&id)>"Take over the address…"</a> });
    let busy = doing == Some(Action::AskAddress);
    let ask = page.may_check.then(|| {
        view! {
            <PostButton
                action="/_fn/ask_own_address" connection=id look=Look::Plain busy disabled
                label="Ask our address as Meta would" pending="Asking…"
            />
        }
    });
    view! { <div class="button-row">{repair}{ask}{take_over}</div> }.into_any()
}
