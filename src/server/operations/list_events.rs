//! Events as programs see them: oldest first, from a known one on.

use super::{Failure, Services};
use crate::domain::event::{Event, EventKind};
use crate::domain::ids::{ConnectionId, WorkspaceId};
use crate::domain::problem::Problem;
use crate::server::store::{LIST_BYTES, Most, SomeEvents};

/// Events looked through for one page. Where few are of the kind that was asked for, the page is shorter than wished.
const LOOKED_THROUGH: i64 = 2_000;

/// Which events.
#[derive(Debug, Clone)]
pub struct EventStream {
    pub workspace: WorkspaceId,
    pub connection: Option<ConnectionId>,
    pub kind: Option<EventKind>,
}

impl EventStream {
    /// `connection` is an id of the workspace; `kind` one of the contract.
    pub async fn find(
        services: &Services,
        workspace: &WorkspaceId,
        connection: Option<&str>,
        kind: Option<&str>,
    ) -> Result<Self, Failure> {
        let connection = match connection {
            Some(id) => Some(find_connection(services, workspace, id).await?),
            None => None,
        };
        let kind = match kind {
            Some(text) => Some(parse_kind(text)?),
            None => None,
        };
        Ok(Self { workspace: workspace.clone(), connection, kind })
    }
}

async fn find_connection(services: &Services, workspace: &WorkspaceId, id: &str) -> Result<ConnectionId, Failure> {
    let found = services.store.find_connection(workspace, &ConnectionId::new(id)).await?;
    Ok(found.ok_or_else(Problem::not_found)?.connection.id)
}

fn parse_kind(text: &str) -> Result<EventKind, Problem> {
    let kind = EventKind::ALL.into_iter().find(|kind| kind.as_str() == text);
    kind.ok_or_else(|| {
        Problem::invalid("kind", &format!("one of {}", EventKind::ALL.map(EventKind::as_str).join(", ")))
    })
}

/// One page of a stream.
pub struct Listed {
    pub events: Vec<Event>,
    /// All up to this one have been looked at.
    pub seen: i64,
    /// Behind it there may be more.
    pub more: bool,
}

/// The events behind `after`, at most `limit`, and no more than some MB.
pub async fn list_events(services: &Services, stream: &EventStream, after: i64, limit: i64) -> Result<Listed, Failure> {
    list_few_events(services, stream, after, Most { events: limit, bytes: LIST_BYTES }).await
}

/// The same, and no more than about so many bytes.
pub(super) async fn list_few_events(
    services: &Services,
    stream: &EventStream,
    after: i64,
    Most { events: limit, bytes }: Most,
) -> Result<Listed, Failure> {
    let most = usize::try_from(limit).unwrap_or_default();
    let (mut listed, mut looked) = (Listed { events: Vec::new(), seen: after, more: true }, 0);
    while looked < LOOKED_THROUGH {
        let connection = stream.connection.as_ref();
        let most_here = Most { events: limit + 1, bytes };
        let SomeEvents { events, more } =
            services.store.list_workspace_events(&stream.workspace, connection, listed.seen, most_here).await?;
        // Fewer than were asked for: more would be too much at once.
        let enough = events.len() <= most;
        looked += limit + 1;
        for event in events {
            let wanted = stream.kind.is_none_or(|kind| kind == event.kind);
            if wanted && listed.events.len() == most {
                return Ok(listed);
            }
            listed.seen = event.seq;
            if wanted {
                listed.events.push(event);
            }
        }
        if enough || !more {
            return Ok(Listed { more, ..listed });
        }
    }
    Ok(listed)
}
