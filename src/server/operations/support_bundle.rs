//! Collects what somebody who helps must know. It opens no secret.

use super::{Failure, Services};
use crate::domain::signup::Signup;
use crate::domain::support_bundle::{Done, Installation, of_connection, of_signup};
use crate::server::config::App;
use crate::server::store::StoredConnection;

/// So many of the last actions are told.
const ACTIONS: i64 = 10;

pub async fn bundle_connection(services: &Services, stored: &StoredConnection) -> Result<String, Failure> {
    let id = &stored.connection.id;
    let signup = services.store.newest_signup_of(id).await?;
    let audit = services.store.list_audit(id, ACTIONS).await?;
    let done: Vec<Done> = audit.into_iter().map(|entry| Done { at: entry.at(), action: entry.action }).collect();
    let app = services.app();
    Ok(of_connection(&installation(services, app.as_ref()), &services.standing(stored), signup.as_ref(), &done))
}

pub fn bundle_signup(services: &Services, signup: &Signup) -> String {
    of_signup(&installation(services, services.app().as_ref()), signup, services.clock.now())
}

fn installation<'a>(services: &'a Services, app: Option<&'a App>) -> Installation<'a> {
    Installation {
        version: env!("CARGO_PKG_VERSION"),
        api_version: &services.settings.api_version,
        public_url: &services.settings.public_url,
        app_id: app.map(|app| app.id.as_str()),
    }
}
