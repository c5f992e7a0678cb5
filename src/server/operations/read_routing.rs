//! Reads where Meta delivers, and tells our own addresses from others'.

use super::access::Access;
use super::route_messages::{doors, whose};
use super::{Failure, Services};
use crate::domain::connection::Outcome;
use crate::domain::health::{AppCallback, NumberReading, RoutingReading};
use crate::domain::instant::Instant;
use crate::domain::routing::Whose;
use crate::server::meta::GraphError;
use crate::server::store::StoredConnection;

/// `Ok(None)` where nobody has told which app the token belongs to. `number` has been read just now.
pub(super) async fn read_routing(
    services: &Services,
    stored: &StoredConnection,
    access: &Access,
    number: Option<&NumberReading>,
) -> Result<Result<Option<RoutingReading>, GraphError>, Failure> {
    let connection = &stored.connection;
    let ours = services.app().map(|app| app.id);
    let Some(app_id) = connection.app_id.as_deref().or(ours.as_deref()) else { return Ok(Ok(None)) };
    let mut routing = match access.graph.read_routing(access.key(), &connection.waba, app_id).await {
        Ok(routing) => routing,
        Err(error) => return Ok(Err(error)),
    };
    routing.app = read_app(services, stored, access).await?;
    let of_number = number.into_iter().flat_map(|n| [&n.callback_of_number, &n.callback_of_waba, &n.callback_of_app]);
    let of_app = routing.app.as_ref().and_then(|app| app.callback.as_ref());
    let mut callbacks: Vec<String> =
        of_number.flatten().chain(&routing.callback_override).chain(of_app).cloned().collect();
    callbacks.sort_unstable();
    callbacks.dedup();
    let doors = doors(services, connection).await?;
    for callback in callbacks {
        match whose(services, &callback, &doors).await? {
            Whose::Ours if doors.first() == Some(&callback) => {
                // Entered at Meta by a person, perhaps: from now on it is known, whatever our public URL becomes.
                services.store.add_own_callback(&callback).await?;
                routing.set_by_us.push(callback);
            }
            Whose::Ours => routing.also_here.push(callback),
            Whose::OursBefore => routing.set_by_us.push(callback),
            Whose::Foreign => {}
        }
    }
    Ok(Ok(Some(routing)))
}

/// Good to know, never a reason to fail: what cannot be read stays as it was. Asked afresh when somebody waits for it, and
/// when another node may know something newer.
async fn read_app(
    services: &Services,
    stored: &StoredConnection,
    access: &Access,
) -> Result<Option<AppCallback>, Failure> {
    let Some(app) = &access.app else { return Ok(None) };
    let now = services.clock.now();
    let watched = stored.connection.activity.as_ref().is_some_and(|activity| activity.outcome == Outcome::Running);
    let earlier = stored.snapshot.as_ref().map(|snapshot| snapshot.taken_at);
    let told = services.store.app_told_at(&app.id).await?;
    // Where nothing newer is known of, any reading will do.
    let since = (!watched).then(|| earlier.max(told).unwrap_or(Instant(0)));
    match services.app_callbacks.read(&access.graph, app, now, since).await {
        Ok(found) => Ok(Some(found)),
        Err(error) => {
            tracing::info!(connection = %stored.connection.id, %error, "the app's subscription could not be read");
            let known = stored.snapshot.as_ref().and_then(|snapshot| snapshot.routing.as_ref());
            Ok(known.and_then(|routing| routing.app.clone()))
        }
    }
}
