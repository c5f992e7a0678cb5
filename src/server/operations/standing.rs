//! What badge, findings and answers are computed from. Made here alone, so that all who look see the same.

use super::Services;
use crate::domain::connection::Standing;
use crate::server::store::StoredConnection;

impl Services {
    pub fn standing<'a>(&self, stored: &'a StoredConnection) -> Standing<'a> {
        Standing {
            connection: &stored.connection,
            credential: &stored.credential,
            snapshot: stored.snapshot.as_ref(),
            webhook_url: self.webhook_url(&stored.connection),
            app_secret_known: self.knows_app_secret(&stored.connection),
            now: self.clock.now(),
        }
    }
}
