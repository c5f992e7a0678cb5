//! Core › WhatsApp API › Messages: what Meta has sent, newest first.

use crate::actions::messages::{EventLine, EventPerson, MessagesPage as Messages, NumberOption, list_messages};
use crate::domain::event::EventKind;
use crate::domain::event_words::Direction;
use crate::domain::instant::Instant;
use crate::ui::components::breadcrumb::Breadcrumb;
use crate::ui::components::icon::{Icon, Symbol};
use crate::ui::components::moment::Moment;
use crate::ui::components::no_messages::NoMessages;
use crate::ui::islands::live_messages::LiveMessages;
use crate::ui::layouts::frame::Frame;
use crate::ui::layouts::loaded::loaded;
use crate::ui::paths;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

#[component]
pub fn MessagesPage() -> impl IntoView {
    let query = use_query_map().get_untracked();
    let text = |name: &str| query.get(name).unwrap_or_default();
    let before = text("before").parse().ok();
    loaded(list_messages(text("connection"), text("q"), text("kind"), before), |page, shell| {
        let replay = page.may_replay.then(|| {
            let person = if page.of_one_person { paths::encoded(&page.query) } else { String::new() };
            let kind = page.kind.map_or("", EventKind::as_str);
            let connection = page.connection.as_ref().map_or("", |id| id.as_str());
            let export = format!("{}?connection={connection}&kind={kind}&person={person}", paths::EXPORT);
            view! {
                <div class="header-actions">
                    <a class="button quiet" href=export>"Export"</a>
                    <a class="button quiet" href=paths::REPLAY>"Replay"</a>
                </div>
            }
        });
        let about = match page.numbers.len() {
            0 | 1 => "Everything Meta has sent for your number, as it came.",
            _ => "Everything Meta has sent for one of your numbers, as it came. Choose the number below.",
        };
        view! {
            <Frame title="Messages" shell>
                <Breadcrumb place="Messages" address=paths::MESSAGES />
                <header class="page-header">
                    <div>
                        <h1>"Messages"</h1>
                        <p class="muted">{about}</p>
                    </div>
                    {replay}
                </header>
                <Content page />
            </Frame>
        }
    })
}

#[component]
fn Content(page: Messages) -> impl IntoView {
    let Some(connection) = page.connection.clone() else {
        return view! { <NoMessages page /> }.into_any();
    };
    let here = Here::of(&page);
    let kind = page.kind.map_or("", EventKind::as_str);
    // What a search would find among the new ones is not known here.
    let live = (!page.older && page.query.is_empty()).then(|| {
        let (connection, kind) = (connection.as_str().to_owned(), kind.to_owned());
        view! { <LiveMessages connection kind after=page.newest show=here.address(None) /> }
    });
    let first = page.older.then(|| view! { <a href=here.address(None)>"Back to the newest"</a> });
    let erase = (page.of_one_person && page.may_replay).then(|| {
        view! { <a href=paths::erase(&page.query)>"Delete this person's data"</a> }
    });
    let next = page.next.map(|before| {
        let words = if page.lines.is_empty() { "Look further back" } else { "Older" };
        view! { <a class="button plain" href=here.address(Some(before)) rel="next">{words}</a> }
    });
    let list = if page.lines.is_empty() {
        view! { <NoMessages page=page.clone() /> }.into_any()
    } else {
        view! { <Lines lines=page.lines.clone() now=page.now /> }.into_any()
    };
    view! {
        <Filter page=page.clone() />
        <div class="feed-line small muted">{live}{first}{erase}</div>
        {list}
        <nav class="pager" aria-label="Pages">{next}</nav>
    }
    .into_any()
}

/// The filter as it stands in the address.
struct Here {
    query: String,
}

impl Here {
    fn of(page: &Messages) -> Self {
        let connection = page.connection.as_ref().map_or("", |id| id.as_str());
        let kind = page.kind.map_or("", EventKind::as_str);
        Self { query: format!("connection={connection}&kind={kind}&q={}", paths::encoded(&page.query)) }
    }

    fn address(&self, before: Option<i64>) -> String {
        let before = before.map(|seq| format!("&before={seq}")).unwrap_or_default();
        format!("{}?{}{before}", paths::MESSAGES, self.query)
    }
}

#[component]
fn Filter(page: Messages) -> impl IntoView {
    let connection = page.connection.clone();
    let chosen = page.kind;
    let kinds = EventKind::ALL.map(|kind| {
        view! { <option value=kind.as_str() selected=chosen == Some(kind)>{kind.words()}</option> }
    });
    let clear = (!page.query.is_empty() || chosen.is_some()).then(|| {
        let address = paths::messages_of(connection.as_ref().map_or("", |id| id.as_str()));
        view! { <a class="small" href=address>"Show all"</a> }
    });
    view! {
        <form method="get" action=paths::MESSAGES class="search filter" role="search">
            <Numbers numbers=page.numbers chosen=connection.as_ref().map(|id| id.as_str().to_owned()).unwrap_or_default() />
            <label class="visually-hidden" for="kind">"Kind"</label>
            <select id="kind" name="kind">
                <option value="" selected=chosen.is_none()>"All kinds"</option>
                {kinds.collect_view()}
            </select>
            <label class="visually-hidden" for="q">"Search by phone number, wamid or words"</label>
            <input id="q" name="q" type="search" value=page.query placeholder="Number, wamid or words" maxlength="200" />
            <button type="submit" class="button plain"><Icon symbol=Symbol::Search />"Search"</button>
            {clear}
        </form>
    }
    .into_any()
}

#[component]
fn Numbers(numbers: Vec<NumberOption>, chosen: String) -> impl IntoView {
    if numbers.len() < 2 {
        return view! { <input type="hidden" name="connection" value=chosen /> }.into_any();
    }
    let options = numbers.into_iter().map(|number| {
        let selected = number.id.as_str() == chosen;
        view! { <option value=number.id.as_str().to_owned() selected=selected>{number.label}</option> }
    });
    view! {
        <label class="visually-hidden" for="connection">"Number"</label>
        <select id="connection" name="connection">{options.collect_view()}</select>
    }
    .into_any()
}

#[component]
fn Lines(lines: Vec<EventLine>, now: Instant) -> impl IntoView {
    let lines = lines.into_iter().map(|line| view! { <Line line now /> }).collect_view();
    view! {
        <section class="card table-card">
            <table class="table events">
                <caption class="visually-hidden">"Events, newest first"</caption>
                <thead>
                    <tr>
                        <th scope="col">"What"</th>
                        <th scope="col">"Direction"</th>
                        <th scope="col">"Who"</th>
                        <th scope="col">"State"</th>
                        <th scope="col">"When"</th>
                    </tr>
                </thead>
                <tbody>{lines}</tbody>
            </table>
        </section>
    }
    .into_any()
}

#[component]
fn Line(line: EventLine, now: Instant) -> impl IntoView {
    view! {
        <tr>
            <th scope="row"><a href=paths::event(&line.id) dir="auto">{line.what}</a></th>
            <td class="cell-way"><Way direction=line.direction /></td>
            <td class="cell-who"><Who who=line.who /></td>
            <td><State kind=line.kind /></td>
            <td class="small muted"><Moment at=line.at now /></td>
        </tr>
    }
    .into_any()
}

/// A symbol and a word.
#[component]
pub(super) fn Way(direction: Direction) -> impl IntoView {
    let symbol = match direction {
        Direction::In => Symbol::In,
        Direction::Out => Symbol::Out,
        Direction::Notice => Symbol::Info,
    };
    view! { <span class="way"><Icon symbol />{direction.word()}</span> }
}

#[component]
pub(super) fn State(kind: EventKind) -> impl IntoView {
    let (tone, word) = kind.state();
    view! { <span class=format!("event-state {}", tone.as_str())><Icon symbol=Symbol::of(tone) />{word}</span> }
}

#[component]
fn Who(who: EventPerson) -> impl IntoView {
    // A user ID is long and may be broken; a phone number stays whole.
    let class = if who.phone.is_some() { "number" } else { "" };
    match (who.name, who.phone.or(who.user_id)) {
        (Some(name), number) => {
            view! { <span><bdi>{name}</bdi></span><span class=format!("small muted {class}")>{number}</span> }
                .into_any()
        }
        (None, Some(number)) => view! { <span class=class>{number}</span> }.into_any(),
        (None, None) => view! { <span class="muted">"Meta"</span> }.into_any(),
    }
}
