//! A workspace's connections: read for the pages, and the buttons on them.

pub use crate::domain::pages::{
    AddressState, ConnectOffer, ConnectionLine, ConnectionPage, ConnectionsPage, DeveloperPart, IdRow, PinAnswer,
    Revealed, RotationPanel, RoutingAddress, RoutingFields, RoutingPanel, SendingPanel, TokenPanel, TokenReach,
    UnfinishedRun,
};
use crate::domain::problem::Problem;
use leptos::prelude::*;
#[cfg(feature = "ssr")]
use {super::gate, crate::server::operations, crate::server::session::OwnedConnection, secrecy::ExposeSecret};

#[cfg(feature = "ssr")]
fn page_of(connection: &str) -> String {
    format!("/core/whatsapp-api/configurations/{connection}")
}

/// The Configurations page: `query` searches number, name and ids; `after` is a cursor.
#[server(prefix = "/_fn", endpoint = "list_connections")]
pub async fn list_connections(query: String, after: Option<String>) -> Result<ConnectionsPage, Problem> {
    gate::answer(async {
        let (services, who) = (gate::services()?, gate::viewer()?);
        let shown = operations::show_connections::show_connections(&services, &who.user, &query, after.as_deref());
        Ok(shown.await?)
    })
    .await
}

#[server(prefix = "/_fn", endpoint = "find_connection")]
pub async fn find_connection(connection: String) -> Result<ConnectionPage, Problem> {
    gate::answer(async {
        let (services, who) = (gate::services()?, gate::viewer()?);
        let OwnedConnection(stored) = OwnedConnection::to_see(&services.store, &who, &connection).await?;
        Ok(operations::show_connections::show_connection(&services, &who.user, &stored).await?)
    })
    .await
}

/// For pages that change something: a Problem for whoever may not.
pub async fn find_connection_to_change(connection: String) -> Result<ConnectionPage, Problem> {
    let page = find_connection(connection).await?;
    if page.may_change { Ok(page) } else { Err(Problem::not_allowed("admin")) }
}

/// For live updates: cheap to ask, grows when anything on the page changed.
#[server(prefix = "/_fn", endpoint = "connection_version")]
pub async fn connection_version(connection: String) -> Result<i64, Problem> {
    gate::answer(async {
        let (services, who) = (gate::services()?, gate::viewer()?);
        let OwnedConnection(stored) = OwnedConnection::to_see(&services.store, &who, &connection).await?;
        Ok(stored.version)
    })
    .await
}

/// Form. Reads everything from Meta again, in the background.
#[server(prefix = "/_fn", endpoint = "check_connection")]
pub async fn check_connection(connection: String) -> Result<(), Problem> {
    gate::answer(async {
        let (services, who) = (gate::services()?, gate::support()?);
        let OwnedConnection(stored) = OwnedConnection::to_check(&services.store, &who, &connection).await?;
        operations::check_connection::request_check(&services, &stored).await?;
        gate::back_to(&page_of(&connection));
        Ok(())
    })
    .await
}

/// Form.
#[server(prefix = "/_fn", endpoint = "refresh_token")]
pub async fn refresh_token(connection: String) -> Result<(), Problem> {
    gate::answer(async {
        let (services, who, OwnedConnection(stored)) = gate::admin_of_connection(&connection).await?;
        operations::refresh_token::request_refresh(&services, &who.actor(), &stored).await?;
        gate::back_to(&page_of(&connection));
        Ok(())
    })
    .await
}

/// Form. After how many days a token without an end should be changed; 0 for never.
#[server(prefix = "/_fn", endpoint = "set_rotation")]
pub async fn set_rotation(connection: String, days: i64) -> Result<(), Problem> {
    gate::answer(async {
        let (services, who, OwnedConnection(stored)) = gate::admin_of_connection(&connection).await?;
        operations::set_rotation::set_rotation(&services, &who.actor(), &stored, days).await?;
        gate::back_to(&format!("{}#technical", page_of(&connection)));
        Ok(())
    })
    .await
}

/// Form. Tells Meta once more where to deliver, and what; leaves alone what others have set.
#[server(prefix = "/_fn", endpoint = "subscribe_app")]
pub async fn subscribe_app(connection: String) -> Result<(), Problem> {
    gate::answer(async {
        let (services, who, OwnedConnection(stored)) = gate::admin_of_connection(&connection).await?;
        operations::subscribe_app::request_subscription(&services, &who.actor(), &stored, false).await?;
        gate::back_to(&page_of(&connection));
        Ok(())
    })
    .await
}

/// Form. The same, also in place of addresses that others have set. Without `confirmed=yes` it answers the confirmation form.
#[server(prefix = "/_fn", endpoint = "take_over_address")]
pub async fn take_over_address(connection: String, confirmed: Option<String>) -> Result<(), Problem> {
    gate::answer(async {
        let (services, who, OwnedConnection(stored)) = gate::admin_of_connection(&connection).await?;
        if confirmed.as_deref() != Some("yes") {
            gate::back_to(&format!("{}/take-over", page_of(&connection)));
            return Ok(());
        }
        operations::subscribe_app::request_subscription(&services, &who.actor(), &stored, true).await?;
        gate::back_to(&page_of(&connection));
        Ok(())
    })
    .await
}

/// Form. Asks our own address as Meta would, in the background.
#[server(prefix = "/_fn", endpoint = "ask_own_address")]
pub async fn ask_own_address(connection: String) -> Result<(), Problem> {
    gate::answer(async {
        let (services, who) = (gate::services()?, gate::support()?);
        let OwnedConnection(stored) = OwnedConnection::to_check(&services.store, &who, &connection).await?;
        operations::ask_address::request_asking(&services, &stored).await?;
        gate::back_to(&page_of(&connection));
        Ok(())
    })
    .await
}

/// Form. Without `confirmed=yes` it answers the confirmation form; `deregister=yes` also deregisters the number at Meta.
#[server(prefix = "/_fn", endpoint = "disconnect_number")]
pub async fn disconnect_number(
    connection: String,
    confirmed: Option<String>,
    deregister: Option<String>,
) -> Result<(), Problem> {
    gate::answer(async {
        let (services, who, OwnedConnection(stored)) = gate::admin_of_connection(&connection).await?;
        if confirmed.as_deref() != Some("yes") {
            gate::back_to(&format!("{}/disconnect", page_of(&connection)));
            return Ok(());
        }
        let deregister = deregister.as_deref() == Some("yes");
        operations::disconnect_number::disconnect_number(&services, &who.actor(), &stored, deregister).await?;
        gate::back_to(&page_of(&connection));
        Ok(())
    })
    .await
}

/// Admin; written to the audit log.
#[server(prefix = "/_fn", endpoint = "reveal_verify_token")]
pub async fn reveal_verify_token(connection: String) -> Result<Revealed, Problem> {
    gate::answer(async {
        let (services, who, OwnedConnection(stored)) = gate::admin_of_connection(&connection).await?;
        let token = operations::reveal_verify_token::reveal_verify_token(&services, &who.actor(), &stored).await?;
        Ok(Revealed { value: token.expose_secret().to_owned() })
    })
    .await
}
