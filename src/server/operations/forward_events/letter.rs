//! What is sent, in either format. Made anew for each attempt from what is kept, so that what was deleted is not sent.

use super::super::understand_deliveries::event_id;
use super::{Failure, Services};
use crate::domain::envelope::{Part, part, rebuilt};
use crate::domain::event::Event;
use crate::domain::forward::{Forward, ForwardFormat};
use crate::server::store::ForwardItem;
use serde_json::json;
use std::collections::HashSet;

/// One request's name and body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::server::operations) struct Letter {
    /// The same for each attempt.
    pub(in crate::server::operations) id: String,
    pub(in crate::server::operations) body: Vec<u8>,
}

/// `None` when nothing of it is kept any more, or wanted.
pub(super) async fn letter(
    services: &Services,
    forward: &Forward,
    item: &ForwardItem,
) -> Result<Option<Letter>, Failure> {
    // It waited when the forward was for other numbers as well.
    if forward.connection.as_ref().is_some_and(|wanted| *wanted != item.connection) {
        return Ok(None);
    }
    let mut events = services.store.list_forward_item_events(item).await?;
    events.retain(|event| forward.kinds.is_empty() || forward.kinds.contains(&event.kind));
    let Some(first) = events.first() else { return Ok(None) };
    Ok(Some(match forward.format {
        ForwardFormat::Greentick => Letter { id: first.id.clone(), body: first.to_json().to_string().into_bytes() },
        ForwardFormat::Meta => Letter { id: item.id.clone(), body: envelope(services, item, &events).await? },
    }))
}

/// Meta's bytes as they came when nothing else is in them; else a part of them, or what the events still say.
async fn envelope(services: &Services, item: &ForwardItem, events: &[Event]) -> Result<Vec<u8>, Failure> {
    if let Some(body) = services.store.find_delivery_body(item.delivery).await? {
        let ids: HashSet<&str> = events.iter().map(|event| event.id.as_str()).collect();
        match part(&body, |one| ids.contains(event_id(&item.connection, one).as_str())) {
            Ok(Part::Whole) => return Ok(body),
            Ok(Part::Some(envelope)) => return Ok(envelope.to_string().into_bytes()),
            Ok(Part::Nothing) | Err(_) => {}
        }
    }
    let stored = services.store.find_any_connection(&item.connection).await?;
    let (waba, number) = stored
        .map_or_else(Default::default, |stored| (stored.connection.waba.to_string(), stored.connection.display_number));
    Ok(rebuilt(events, &waba, &number).to_string().into_bytes())
}

/// What the test button sends: easily told from what is real.
pub(in crate::server::operations) fn sample(services: &Services, format: ForwardFormat, id: &str) -> Letter {
    let now = services.clock.now();
    let text = "This is a test from Greentick.";
    let body = match format {
        ForwardFormat::Greentick => json!({
            "id": id, "seq": 0, "connection": "test", "phoneNumberId": "0", "kind": "other", "field": "test",
            "at": now.rfc3339(), "receivedAt": now.rfc3339(), "user": null, "messageId": null, "meta": {"text": text},
        }),
        // Ids that are nobody's.
        ForwardFormat::Meta => {
            json!({"object": "whatsapp_business_account", "entry": [{"id": "0", "changes": [{"field": "messages", "value": {
                "messaging_product": "whatsapp",
                "metadata": {"display_phone_number": "0", "phone_number_id": "0"},
                "contacts": [{"profile": {"name": "Greentick"}, "wa_id": "0"}],
                "messages": [{"from": "0", "id": format!("wamid.{id}"), "timestamp": (now.0 / 1_000).to_string(), "type": "text", "text": {"body": text}}],
            }}]}]})
        }
    };
    Letter { id: id.to_owned(), body: body.to_string().into_bytes() }
}
