//! What Meta sends: proven, kept, understood.

mod any_order;
mod from_meta;
mod handshake;
mod heard;
mod receiving;
mod trouble;
mod understanding;

use crate::support::{Answer, World, soon};
use greentick::domain::event::Event;
use greentick::domain::ids::ConnectionId;
use greentick::server::digest::hmac_sha256;
use greentick::server::store::{EntrySaved, Guard, NewCredential, NewEntry, StoredConnection, Wanted};
use reqwest::{Body, Client};
use sandbox::fixtures;
use serde_json::Value;

pub(crate) const SHARED: &str = "/api/webhooks/whatsapp";
const OWN_TOKEN: &str = "a verify token of our own";

pub(crate) fn signature(secret: &str, body: &[u8]) -> String {
    format!("sha256={}", hmac_sha256(secret.as_bytes(), body))
}

impl World {
    /// As Meta does, with whatever signature is wished.
    pub(crate) async fn send(&self, path: &str, body: impl Into<Body>, signature: Option<&str>) -> Answer {
        let client = Client::builder().no_proxy().build().unwrap();
        let mut request = client.post(format!("{}{path}", self.base)).body(body);
        if let Some(signature) = signature {
            request = request.header("x-hub-signature-256", signature);
        }
        let response = request.header("content-type", "application/json").send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Answer { status, headers, body: response.text().await.unwrap() }
    }

    /// A delivery to the shared address, rightly signed.
    pub(crate) async fn deliver(&self, body: &[u8]) -> u16 {
        let signature = signature(fixtures::APP_SECRET, body);
        self.send(SHARED, body.to_vec(), Some(&signature)).await.status
    }

    /// A message for the number of `SIMPLE`, once it has been understood in the background.
    pub(crate) async fn receive(&self, connection: &ConnectionId, id: &str, text: &str) -> Event {
        assert_eq!(self.deliver(message(fixtures::NUMBER_NEW, id, text).to_string().as_bytes()).await, 200);
        soon(async || {
            let found = Wanted::Message(id.to_owned());
            self.store().list_newest_events(connection, &found, i64::MAX, 1).await.unwrap().events.pop()
        })
        .await
    }

    /// Puts a connection on an app of the business's own; its address.
    pub(crate) async fn move_to_own_app(&self, id: &ConnectionId) -> String {
        self.enter(id, Some((fixtures::OWN_APP_ID, fixtures::OWN_APP_SECRET)), OWN_TOKEN).await;
        format!("{SHARED}/{id}")
    }

    /// As if entered by hand: the present token, with or without an app of its own.
    async fn enter(&self, id: &ConnectionId, own: Option<(&str, &str)>, verify_token: &str) {
        let StoredConnection { connection, credential, .. } = self.connection(id).await;
        let token = self.store().open_token(&credential.id).await.unwrap().unwrap();
        let app_secret = own.map(|(_, secret)| secret.into());
        let verify_token = verify_token.into();
        let entry = NewEntry {
            credential: NewCredential {
                workspace: &connection.workspace,
                waba: &connection.waba,
                business: connection.business.as_ref(),
                origin: credential.origin,
                token: &token,
                facts: &credential.facts,
            },
            kept: None,
            token_state: credential.state,
            phone_number_id: &connection.phone_number_id,
            display_number: &connection.display_number,
            verified_name: connection.verified_name.as_deref(),
            name: None,
            api_version: None,
            own_app: own.is_some(),
            app_id: own.map(|(id, _)| id).or(connection.app_id.as_deref()),
            app_secret: app_secret.as_ref(),
            verify_token: Some(&verify_token),
            guard: Guard::Nothing,
            run: None,
        };
        assert_eq!(
            self.store().save_entry(entry).await.unwrap(),
            EntrySaved::Saved { connection: id.clone(), run: None }
        );
    }

    async fn kept(&self) -> Vec<Vec<u8>> {
        self.database.bytes("select body from deliveries order by id").await
    }
}

/// A message from a customer, in Meta's envelope.
pub(crate) fn message(number: &str, id: &str, text: &str) -> Value {
    serde_json::json!({"object": "whatsapp_business_account", "entry": [{"id": fixtures::WABA_SOL, "changes": [{
    "field": "messages", "value": {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "16315550101", "phone_number_id": number},
        "contacts": [{"profile": {"name": "Bia"}, "wa_id": "5511999990000", "user_id": "BR.1A2b3C"}],
        "messages": [{"from": "5511999990000", "from_user_id": "BR.1A2b3C", "id": id,
                      "timestamp": "1760000000", "type": "text", "text": {"body": text}}],
    }}]}]})
}
