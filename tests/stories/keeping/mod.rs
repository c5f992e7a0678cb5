//! How long what came in is kept, how it is carried away, and how one person's goes.

mod erasing;
mod exporting;
mod purging;
mod traces;

use crate::support::World;
use greentick::domain::instant::Instant;
use greentick::server::operations::understand_deliveries::{Stride, understand_deliveries};
use sandbox::fixtures::{NUMBER_NEW, WABA_SOL};
use serde_json::{Value, json};

/// Who writes: digits, user id and name.
struct Writer(&'static str, &'static str, &'static str);

const BIA: Writer = Writer("5511999990000", "BR.1A2b3C", "Bia Lopes");
const TOM: Writer = Writer("442079460958", "GB.9Z8y7X", "Tom Hart");

/// A message as Meta has it within a change.
fn said(by: &Writer, id: &str, text: &str, at: Instant) -> Value {
    json!({"from": by.0, "from_user_id": by.1, "id": id, "timestamp": (at.0 / 1_000).to_string(), "type": "text", "text": {"body": text}})
}

/// Messages of several people in one delivery, to the number of `SIMPLE`.
fn delivery(by: &[&Writer], messages: &[Value]) -> Value {
    let contacts: Vec<Value> =
        by.iter().map(|who| json!({"profile": {"name": who.2}, "wa_id": who.0, "user_id": who.1})).collect();
    json!({"object": "whatsapp_business_account", "entry": [{"id": WABA_SOL, "changes": [{"field": "messages", "value": {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "16315550101", "phone_number_id": NUMBER_NEW},
        "contacts": contacts, "messages": messages,
    }}]}]})
}

impl World {
    async fn bring(&self, body: &Value) {
        assert_eq!(self.deliver(body.to_string().as_bytes()).await, 200);
    }

    /// Understands all that waits, with nobody in the background.
    async fn interpret(&self) {
        while understand_deliveries(self.services(), Stride { deliveries: 50, rows: 100 }).await.unwrap().deliveries > 0
        {
        }
    }

    async fn wamids(&self) -> Vec<String> {
        self.database.texts("select coalesce(message_id, '') from events order by seq").await
    }

    async fn delivery_states(&self) -> Vec<String> {
        self.database.texts("select state from deliveries order by id").await
    }
}
