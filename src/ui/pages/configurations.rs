//! Core › WhatsApp API › Configurations: no number, the one number in place, or the list.

use crate::actions::connections::{ConnectOffer, ConnectionLine, ConnectionsPage, list_connections};
use crate::actions::people::Facebook;
use crate::domain::counts::counted;
use crate::domain::instant::Instant;
use crate::ui::components::badge::Badge;
use crate::ui::components::breadcrumb::Breadcrumb;
use crate::ui::components::connect::ConnectLink;
use crate::ui::components::empty_state::{ContinueLink, EmptyState};
use crate::ui::components::icon::{Icon, Symbol};
use crate::ui::components::moment::Moment;
use crate::ui::components::names::Names;
use crate::ui::components::pager::Pager;
use crate::ui::components::post_button::Look;
use crate::ui::islands::connect_watch::ConnectWatch;
use crate::ui::layouts::frame::Frame;
use crate::ui::layouts::loaded::loaded;
use crate::ui::pages::connection::ConnectionView;
use crate::ui::pages::forwards::DisabledForwards;
use crate::ui::paths;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

#[component]
pub fn ConfigurationsPage() -> impl IntoView {
    let query = use_query_map().get_untracked();
    let search = query.get("q").unwrap_or_default();
    let after = query.get("after").filter(|cursor| !cursor.is_empty());
    loaded(list_connections(search, after), |page, shell| {
        let facebook = shell.facebook.clone();
        view! {
            <Frame title="Configurations" shell>
                <DisabledForwards names=page.disabled_forwards.clone() />
                <Content page facebook />
            </Frame>
        }
    })
}

#[component]
fn Content(page: ConnectionsPage, facebook: Facebook) -> impl IntoView {
    if page.total == 0 {
        return view! {
            <Breadcrumb />
            <header class="page-header"><h1>"WhatsApp numbers"</h1></header>
            <EmptyState offer=page.connect facebook />
        }
        .into_any();
    }
    if let Some(only) = page.only {
        return view! {
            <div class="top-line"><Breadcrumb /><AddNumber offer=page.connect /></div>
            <ConnectionView page=*only facebook />
        }
        .into_any();
    }
    let watch = page.connect.allowed.then(|| view! { <ConnectWatch facebook /> });
    view! {
        <Breadcrumb />
        <header class="page-header">
            <h1>"WhatsApp numbers"</h1>
            <div class="header-actions"><AddNumber offer=page.connect.clone() /></div>
        </header>
        {watch}
        <Search query=page.query.clone() total=page.total />
        <Lines page />
    }
    .into_any()
}

#[component]
fn AddNumber(offer: ConnectOffer) -> impl IntoView {
    offer.allowed.then(|| {
        let unfinished =
            offer.unfinished.map(|id| view! { <ContinueLink href=paths::signup(id.as_str()) look=Look::Plain /> });
        view! {
            <div class="button-row">
                {unfinished}
                {offer.off.is_none().then(|| view! { <ConnectLink href=paths::CONNECT look=Look::Plain label="Add a number" /> })}
                <a class="button quiet" href=paths::BY_HAND>"Add by hand"</a>
            </div>
        }
    })
}

#[component]
fn Search(query: String, total: i64) -> impl IntoView {
    view! {
        <form method="get" action=paths::CONFIGURATIONS class="search" role="search">
            <label class="visually-hidden" for="q">"Search by number, name or ID"</label>
            <input id="q" name="q" type="search" value=query placeholder="Number, name or ID" />
            <button type="submit" class="button plain"><Icon symbol=Symbol::Search />"Search"</button>
            <span class="small muted">{counted(total, "number", "numbers")} " in all"</span>
        </form>
    }
    .into_any()
}

#[component]
fn Lines(page: ConnectionsPage) -> impl IntoView {
    if page.lines.is_empty() {
        return view! {
            <section class="card empty">
                <p>"Nothing matches “" {page.query} "”. "<a href=paths::CONFIGURATIONS>"Show all numbers"</a></p>
            </section>
        }
        .into_any();
    }
    let now = page.now;
    // A viewer is shown no ids.
    let ids = page.lines.iter().any(|line| !line.phone_number_id.is_empty());
    let rows = page.lines.into_iter().map(|line| view! { <Line line now ids /> }).collect_view();
    view! {
        <section class="card table-card">
            <table class="table">
                <caption class="visually-hidden">"WhatsApp numbers and how they stand"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Number"</th>
                        <th scope="col">"State"</th>
                        {ids.then(|| view! { <th scope="col">"Phone Number ID"</th> })}
                        <th scope="col">"Checked"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </section>
        <Pager query=page.query next=page.next />
    }
    .into_any()
}

#[component]
fn Line(line: ConnectionLine, now: Instant, ids: bool) -> impl IntoView {
    let checked = match line.checked_at {
        Some(at) => view! { <Moment at now /> }.into_any(),
        None => view! { "Not checked yet" }.into_any(),
    };
    view! {
        <tr>
            <th scope="row">
                <a href=paths::connection(line.id.as_str())>{line.display_number}</a>
                <span class="small muted"><Names name=line.name verified=line.verified_name /></span>
            </th>
            <td><Badge state=line.badge /></td>
            {ids.then(|| view! { <td class="cell-id"><code>{line.phone_number_id}</code></td> })}
            <td class="small muted">{checked}</td>
        </tr>
    }
}
