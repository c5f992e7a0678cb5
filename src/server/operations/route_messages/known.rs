//! Which addresses are ours, and what was last read of apps.

use crate::domain::connection::Connection;
use crate::domain::health::AppCallback;
use crate::domain::instant::{Instant, MINUTE};
use crate::domain::routing::Whose;
use crate::server::config::App;
use crate::server::meta::{Graph, GraphError};
use crate::server::operations::{Failure, Services};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// All numbers of an app share its subscription, and Meta counts calls by app: so it is not read for each of them.
const KEEP: i64 = 5 * MINUTE;

/// Apps' subscriptions as last read or set, by app ID. Clones share it.
#[derive(Clone, Default)]
pub struct AppCallbacks(Arc<Mutex<HashMap<String, (Instant, AppCallback)>>>);

impl AppCallbacks {
    pub(super) fn keep(&self, app_id: &str, now: Instant, found: &AppCallback) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.insert(app_id.to_owned(), (now, found.clone()));
    }

    fn find(&self, app_id: &str, now: Instant, since: Instant) -> Option<AppCallback> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(app_id).filter(|(at, _)| *at >= since && now.since(*at) < KEEP).map(|(_, found)| found.clone())
    }

    /// As last read, if that was no earlier than `since` and not long ago. `None` asks Meta in any case.
    pub async fn read(
        &self,
        graph: &Graph,
        app: &App,
        now: Instant,
        since: Option<Instant>,
    ) -> Result<AppCallback, GraphError> {
        if let Some(found) = since.and_then(|since| self.find(&app.id, now, since)) {
            return Ok(found);
        }
        let found = graph.read_app_callback(app).await?;
        self.keep(&app.id, now, &found);
        Ok(found)
    }
}

/// The connection's own address, then those of its siblings on the same app of the business's own: what comes in there is
/// told apart by number, so each serves all.
pub(in crate::server::operations) async fn doors(
    services: &Services,
    connection: &Connection,
) -> Result<Vec<String>, Failure> {
    let mut doors = vec![services.webhook_url(connection)];
    if let Some(app_id) = connection.app_id.as_deref().filter(|_| connection.own_app) {
        let siblings = services.store.list_on_own_app(&connection.workspace, app_id).await?;
        let shared = services.settings.shared_webhook_url();
        doors.extend(siblings.into_iter().filter(|id| *id != connection.id).map(|id| format!("{shared}/{id}")));
    }
    Ok(doors)
}

pub(in crate::server::operations) async fn whose(
    services: &Services,
    callback: &str,
    doors: &[String],
) -> Result<Whose, Failure> {
    if doors.iter().any(|door| door == callback) {
        return Ok(Whose::Ours);
    }
    let known = services.store.is_own_callback(callback).await?;
    Ok(if known { Whose::OursBefore } else { Whose::Foreign })
}
