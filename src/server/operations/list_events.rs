//! Events as programs see them: oldest first, from a known one on.

use super::{Failure, Services};
use crate::domain::event::{Event, EventKind};
use crate::domain::ids::{ConnectionId, WorkspaceId};
use crate::domain::problem::Problem;

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
    /// `connection` is an id of the workspace, or a Phone Number ID of it.
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
    // Ids are letters and digits; not every database takes everything else.
    if !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(Problem::not_found().into());
    }
    let found = services.store.find_connection(workspace, &ConnectionId::new(id)).await?;
    Ok(found.ok_or_else(Problem::not_found)?.connection.id)
}

fn parse_kind(text: &str) -> Result<EventKind, Problem> {
    let kind = EventKind::ALL.into_iter().find(|kind| kind.as_str() == text);
    kind.ok_or_else(|| {
        Problem::invalid("kind", &format!("one of {}", EventKind::ALL.map(EventKind::as_str).join(", ")))
    })
}

/// The events behind `after`, at most `limit`, and from where to go on, when there may be more.
pub async fn list_events(
    services: &Services,
    stream: &EventStream,
    after: i64,
    limit: i64,
) -> Result<(Vec<Event>, Option<i64>), Failure> {
    let most = usize::try_from(limit).unwrap_or_default();
    let (mut found, mut at, mut looked) = (Vec::new(), after, 0);
    while looked < LOOKED_THROUGH {
        let connection = stream.connection.as_ref();
        let events = services.store.list_workspace_events(&stream.workspace, connection, at, limit + 1).await?;
        let ends = i64::try_from(events.len()).unwrap_or(i64::MAX) <= limit;
        looked += limit + 1;
        for event in events {
            if stream.kind.is_none_or(|kind| kind == event.kind) {
                if found.len() == most {
                    return Ok((found, Some(at)));
                }
                at = event.seq;
                found.push(event);
            } else {
                at = event.seq;
            }
        }
        if ends {
            return Ok((found, None));
        }
    }
    Ok((found, Some(at)))
}
