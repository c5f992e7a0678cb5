//! Keeps what Meta sends. What it means is found out later.

use super::pulse::Refused;
use super::{Failure, Services};
use crate::domain::ids::ConnectionId;
use crate::domain::problem::Problem;
pub use crate::server::store::Signer;
use crate::server::store::{NewDelivery, NotKept, Room};
use secrecy::SecretString;
use std::time::Duration;
use tokio::time::timeout;

/// A database that says nothing for so long is as good as none: whoever brings something is to come again.
const PATIENCE: Duration = Duration::from_secs(10);

/// Who signs at an address, and the secret that proves it.
pub struct Door {
    pub signer: Signer,
    /// `None`: nothing can be proven, so nothing is taken.
    pub secret: Option<SecretString>,
}

/// The door of the shared address, or of a connection on an app of its own. `None` when there is no such address.
pub async fn find_door(services: &Services, connection: Option<&ConnectionId>) -> Result<Option<Door>, Failure> {
    let Some(connection) = connection else {
        let app = services.installation_app(None);
        let (app_id, secret) = app.map(|app| (app.id, app.secret)).unzip();
        return Ok(Some(Door { signer: Signer { app_id, own: None }, secret }));
    };
    let own = timeout(PATIENCE, services.store.find_own_door(connection)).await;
    let own = own.map_err(|_| Problem::database_away())??;
    Ok(own.map(|own| Door { signer: own.signer, secret: own.app_secret }))
}

/// Space for a body that is about to be read.
pub fn room(services: &Services) -> BodyRoom {
    BodyRoom(services.intake.room())
}

/// Space for one body in memory.
pub struct BodyRoom(Room);

impl BodyRoom {
    pub fn grow(&mut self, bytes: usize) -> Result<(), Refused> {
        self.0.grow(bytes).map_err(why)
    }
}

/// Returns when the delivery is on the disk. Only what is signed may come here: see `webhooks/signature.rs`.
pub async fn receive_delivery(
    services: &Services,
    signer: Signer,
    body: Vec<u8>,
    room: BodyRoom,
) -> Result<(), Refused> {
    services.intake.keep(NewDelivery { signer, body }, room.0).await.map_err(why)
}

fn why(not_kept: NotKept) -> Refused {
    match not_kept {
        NotKept::Full => Refused::Full,
        NotKept::Failed => Refused::NotKept,
    }
}
