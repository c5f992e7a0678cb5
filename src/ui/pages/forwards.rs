//! Settings › Forwarding: the endpoints that events are sent on to, and how that goes.

use crate::actions::forwards::{ForwardLine, ForwardsPage as Forwards, list_forwards};
use crate::domain::connection::Tone;
use crate::domain::forward::Forward;
use crate::domain::forward_words::{kinds_words, standing, waiting_words};
use crate::domain::instant::Instant;
use crate::ui::components::breadcrumb::Breadcrumb;
use crate::ui::components::call_out::CallOut;
use crate::ui::components::icon::{Icon, Symbol};
use crate::ui::components::moment::Moment;
use crate::ui::layouts::frame::Frame;
use crate::ui::layouts::loaded::loaded;
use crate::ui::pages::api_keys::ROOMS;
use crate::ui::paths;
use leptos::prelude::*;

#[component]
pub fn ForwardsPage() -> impl IntoView {
    loaded(list_forwards(), |page, shell| {
        let add = (!page.lines.is_empty())
            .then(|| view! { <a class="button primary" href=paths::NEW_FORWARD>"Add a forward"</a> });
        let disabled = page.lines.iter().filter(|line| standing(&line.forward).1 == "Disabled");
        let names: Vec<String> = disabled.map(|line| line.forward.name.clone()).collect();
        view! {
            <Frame title="Forwarding" shell>
                <Breadcrumb rooms=ROOMS place="Forwarding" address=paths::FORWARDING />
                <header class="page-header">
                    <div>
                        <h1>"Forwarding"</h1>
                        <p class="muted">"What Meta tells this installation is sent on to your own software, in moments."</p>
                    </div>
                    <div class="header-actions">{add}</div>
                </header>
                <DisabledForwards names here=true />
                <List page=page.clone() />
                <Inside networks=page.inside />
            </Frame>
        }
    })
}

/// Said wherever an admin looks first, until somebody has acted.
#[component]
pub fn DisabledForwards(
    names: Vec<String>,
    /// The page that it leads to is this one.
    #[prop(optional)]
    here: bool,
) -> impl IntoView {
    let title = match names.as_slice() {
        [] => return ().into_any(),
        [one] => format!("Forwarding to “{one}” is switched off."),
        more => format!("Forwarding to {} endpoints is switched off.", more.len()),
    };
    let next = if here {
        view! { "Open it to see why, and to switch it on." }.into_any()
    } else {
        view! { <a href=paths::FORWARDING>"See what to do"</a> }.into_any()
    };
    view! {
        <CallOut tone=Tone::Bad title>
            <p>
                "Greentick did that because nothing went through for days, or the endpoint said that it is gone. What comes is kept and waits. "
                {next}
            </p>
        </CallOut>
    }
    .into_any()
}

#[component]
fn List(page: Forwards) -> impl IntoView {
    if page.lines.is_empty() {
        return view! {
            <section class="card empty">
                <h2>"Nothing is sent on yet"</h2>
                <p>
                    "Enter the address of your software, and each message and each change of its state is posted there: signed, so that nobody else can pretend; tried again for three days when your software is away; and nothing is lost meanwhile."
                </p>
                <div class="button-row">
                    <a class="button primary" href=paths::NEW_FORWARD>"Add a forward"</a>
                    <a class="button quiet" href=paths::RECIPES>"Recipes for n8n, Chatwoot and curl"</a>
                </div>
            </section>
        }
        .into_any();
    }
    let now = page.now;
    let lines = page.lines.into_iter().map(|line| view! { <Line line now /> }).collect_view();
    view! {
        <section class="card table-card">
            <table class="table forwards">
                <caption class="visually-hidden">"Forwards and how they stand"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Forward"</th>
                        <th scope="col">"State"</th>
                        <th scope="col">"Waiting"</th>
                        <th scope="col">"Given up"</th>
                        <th scope="col">"Last received"</th>
                    </tr>
                </thead>
                <tbody>{lines}</tbody>
            </table>
        </section>
        <p class="small muted"><a href=paths::RECIPES>"Recipes for n8n, Chatwoot and curl"</a></p>
    }
    .into_any()
}

#[component]
fn Line(line: ForwardLine, now: Instant) -> impl IntoView {
    let ForwardLine { forward, counts } = line;
    let received = match forward.last_success_at {
        Some(at) => view! { <Moment at now /> }.into_any(),
        None => view! { "Nothing yet" }.into_any(),
    };
    let host = host(&forward.url);
    view! {
        <tr>
            <th scope="row">
                <a href=paths::forward(forward.id.as_str())>{forward.name.clone()}</a>
                <span class="small muted">{host} " · " {kinds_words(&forward.kinds)}</span>
            </th>
            <td><Standing forward=forward.clone() /></td>
            <td class="cell-count">{waiting_words(counts)}<span class="unit">" waiting"</span></td>
            <td class="cell-count">{counts.dead}<span class="unit">" given up"</span></td>
            <td class="small muted"><span class="unit">"Last received: "</span>{received}</td>
        </tr>
    }
    .into_any()
}

/// A symbol and a word.
#[component]
pub(super) fn Standing(forward: Forward) -> impl IntoView {
    let (tone, word) = standing(&forward);
    view! { <span class=format!("event-state {}", tone.as_str()) data-forward-state=word><Icon symbol=Symbol::of(tone) />{word}</span> }
}

/// Of an address, what tells where it leads.
fn host(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?']).next().unwrap_or_default().to_owned()
}

/// What the settings allow beyond the internet.
#[component]
pub(super) fn Inside(networks: Vec<String>) -> impl IntoView {
    let words = if networks.is_empty() {
        view! { "Only addresses on the internet, by https. Whoever runs Greentick can allow networks inside with " <code>"GREENTICK_FORWARD_NETWORKS"</code> "." }.into_any()
    } else {
        view! { "Besides the internet, forwards may reach " <code>{networks.join(", ")}</code> " here, also by http (" <code>"GREENTICK_FORWARD_NETWORKS"</code> ")." }.into_any()
    };
    view! { <p class="small muted">{words}</p> }
}
