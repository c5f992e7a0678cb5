//! What Meta has sent, for people: looked for, shown, understood once more.

pub use crate::domain::messages::{
    EventLine, EventPage, EventPerson, ExportPage, ExportWish, LaidAside, MessagesPage, NextStep, Nothing,
    NumberOption, RefusedExport, RefusedRange, Replay, ReplayPage,
};
use crate::domain::problem::Problem;
use leptos::prelude::*;
#[cfg(feature = "ssr")]
use {
    super::gate,
    crate::server::operations::{export_events, replay_deliveries, see_events},
};

/// Newest first; empty where nothing is asked for. `before` is the `seq` of an event.
#[server(prefix = "/_fn", endpoint = "list_messages")]
pub async fn list_messages(
    connection: String,
    query: String,
    kind: String,
    before: Option<i64>,
) -> Result<MessagesPage, Problem> {
    gate::answer(async {
        let (services, who) = (gate::services()?, gate::support()?);
        let asked = see_events::Asked { connection, query, kind, before };
        Ok(see_events::show_messages(&services, &who.user, &asked).await?)
    })
    .await
}

/// `replay` is one that was begun a moment ago, or empty.
#[server(prefix = "/_fn", endpoint = "find_event")]
pub async fn find_event(event: String, replay: String) -> Result<EventPage, Problem> {
    gate::answer(async {
        let (services, who) = (gate::services()?, gate::support()?);
        Ok(see_events::show_event(&services, &who.user, &event, &replay).await?)
    })
    .await
}

#[server(prefix = "/_fn", endpoint = "list_replays")]
pub async fn list_replays() -> Result<ReplayPage, Problem> {
    gate::answer(async {
        let (services, who) = (gate::services()?, gate::admin()?);
        Ok(replay_deliveries::show_replays(&services, &who.user.workspace).await?)
    })
    .await
}

/// Form. Understands the delivery of an event once more.
#[server(prefix = "/_fn", endpoint = "replay_event")]
pub async fn replay_event(event: String) -> Result<(), Problem> {
    gate::answer(async {
        let (services, who) = (gate::services()?, gate::admin()?);
        let replay = replay_deliveries::replay_event(&services, &who.actor(), &event).await?;
        gate::back_to(&format!("/core/whatsapp-api/messages/{event}?replay={replay}#replay"));
        Ok(())
    })
    .await
}

/// Form. Understands once more what nobody could read.
#[server(prefix = "/_fn", endpoint = "replay_laid_aside")]
pub async fn replay_laid_aside(delivery: i64) -> Result<(), Problem> {
    gate::answer(async {
        let (services, who) = (gate::services()?, gate::admin()?);
        replay_deliveries::replay_laid_aside(&services, &who.actor(), delivery).await?;
        gate::back_to("/core/whatsapp-api/messages/replay");
        Ok(())
    })
    .await
}

/// The form of an export; what is wished for already is filled in.
#[server(prefix = "/_fn", endpoint = "find_export")]
pub async fn find_export(connection: String, kind: String, person: String) -> Result<ExportPage, Problem> {
    gate::answer(async {
        let (services, who) = (gate::services()?, gate::admin()?);
        let wish = ExportWish { connection, kind, person, ..ExportWish::default() };
        Ok(export_events::show_export(&services, &who.user.workspace, wish).await?)
    })
    .await
}
