//! Meta's answers as they come. Everything that Meta may leave out is optional; what it adds is ignored.

use super::error::GraphError;
use serde::{Deserialize, Deserializer};

#[derive(Debug, Deserialize)]
pub(super) struct ErrorAnswer {
    pub(super) error: MetaError,
}

/// Fact base §6.1.
#[derive(Debug, Deserialize)]
pub(super) struct MetaError {
    #[serde(default)]
    pub(super) message: String,
    pub(super) code: i64,
    pub(super) error_subcode: Option<i64>,
    pub(super) error_data: Option<ErrorData>,
    pub(super) fbtrace_id: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ErrorData {
    pub(super) details: Option<String>,
}

/// Ids are strings in most places and numbers in some.
pub(super) fn text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Text(String),
        Number(i64),
    }
    Ok(Option::<Either>::deserialize(from)?.map(|either| match either {
        Either::Text(text) => text,
        Either::Number(number) => number.to_string(),
    }))
}

/// `true`, or the string `"true"` that `oauth/revoke` answers.
#[derive(Debug, Deserialize)]
pub(super) struct Success {
    pub(super) success: serde_json::Value,
}

impl Success {
    /// A `false` without an error is a refusal all the same.
    pub(super) fn accepted(&self) -> Result<(), GraphError> {
        if self.success == true || self.success == "true" {
            return Ok(());
        }
        let message = "Meta answered without success and without a reason".to_owned();
        let error = MetaError { message, code: -1, error_subcode: None, error_data: None, fbtrace_id: None };
        Err(GraphError::refused(200, error))
    }
}

#[derive(Deserialize)]
pub(super) struct TokenAnswer {
    pub(super) access_token: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Debugged {
    pub(super) data: DebugData,
}

/// Fact base §2.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct DebugData {
    #[serde(deserialize_with = "text")]
    pub(super) app_id: Option<String>,
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) is_valid: bool,
    pub(super) issued_at: i64,
    pub(super) expires_at: i64,
    pub(super) data_access_expires_at: i64,
    pub(super) scopes: Vec<String>,
    pub(super) granular_scopes: Vec<GranularScope>,
    #[serde(deserialize_with = "text")]
    pub(super) user_id: Option<String>,
    #[serde(deserialize_with = "text")]
    pub(super) profile_id: Option<String>,
    pub(super) error: Option<DebugError>,
}

#[derive(Debug, Deserialize)]
pub(super) struct DebugError {
    pub(super) code: i64,
    #[serde(default)]
    pub(super) message: String,
    pub(super) subcode: Option<i64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct GranularScope {
    pub(super) scope: String,
    pub(super) target_ids: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct List<T> {
    pub(super) data: Vec<T>,
    pub(super) paging: Option<Paging>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Paging {
    pub(super) cursors: Option<Cursors>,
    /// Absent on the last page; its address holds the token, so the cursor is used instead.
    pub(super) next: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Cursors {
    pub(super) after: Option<String>,
}

impl<T> List<T> {
    pub(super) fn next_cursor(&self) -> Option<String> {
        let paging = self.paging.as_ref()?;
        paging.next.as_ref()?;
        paging.cursors.as_ref()?.after.clone()
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Me {
    #[serde(deserialize_with = "text")]
    pub(super) client_business_id: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Named {
    #[serde(deserialize_with = "text", default)]
    pub(super) id: Option<String>,
    pub(super) name: Option<String>,
}

/// Fact base §4.2.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Waba {
    #[serde(deserialize_with = "text")]
    pub(super) id: Option<String>,
    pub(super) name: Option<String>,
    pub(super) account_review_status: Option<String>,
    pub(super) business_verification_status: Option<String>,
    pub(super) country: Option<String>,
    pub(super) currency: Option<String>,
    pub(super) status: Option<String>,
    #[serde(deserialize_with = "text")]
    pub(super) primary_funding_id: Option<String>,
    pub(super) owner_business_info: Option<Named>,
    pub(super) whatsapp_business_manager_messaging_limit: Option<String>,
}

/// Fact base §4.4.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PhoneNumber {
    #[serde(deserialize_with = "text")]
    pub(super) id: Option<String>,
    pub(super) display_phone_number: String,
    pub(super) verified_name: Option<String>,
    pub(super) status: Option<String>,
    pub(super) quality_rating: Option<String>,
    pub(super) code_verification_status: Option<String>,
    pub(super) name_status: Option<String>,
    pub(super) platform_type: Option<String>,
    pub(super) throughput: Option<Throughput>,
    pub(super) whatsapp_business_manager_messaging_limit: Option<String>,
    pub(super) is_official_business_account: Option<bool>,
    pub(super) account_mode: Option<String>,
    pub(super) is_on_biz_app: Option<bool>,
    pub(super) is_pin_enabled: Option<bool>,
    pub(super) webhook_configuration: Option<WebhookConfiguration>,
    pub(super) health_status: Option<HealthStatus>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Throughput {
    pub(super) level: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WebhookConfiguration {
    pub(super) application: Option<String>,
    pub(super) whatsapp_business_account: Option<String>,
    pub(super) phone_number: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct OfficialAccount {
    pub(super) oba_status: Option<String>,
}

/// Fact base §4.5.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct HealthStatus {
    pub(super) can_send_message: String,
    pub(super) entities: Vec<HealthEntity>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct HealthEntity {
    pub(super) entity_type: String,
    #[serde(deserialize_with = "text")]
    pub(super) id: Option<String>,
    pub(super) can_send_message: String,
    pub(super) errors: Vec<HealthError>,
    pub(super) additional_info: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct HealthError {
    pub(super) error_code: i64,
    pub(super) error_description: String,
    pub(super) possible_solution: String,
}

/// Fact base §4.13.
#[derive(Debug, Deserialize)]
pub(super) struct SubscribedApp {
    pub(super) whatsapp_business_api_data: Named,
    pub(super) override_callback_uri: Option<String>,
}

/// Fact base §4.13.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Subscription {
    pub(super) object: String,
    pub(super) callback_url: Option<String>,
    pub(super) fields: Vec<SubscribedField>,
}

#[derive(Debug, Deserialize)]
pub(super) struct SubscribedField {
    pub(super) name: String,
}

/// Fact base §4.11.
#[derive(Debug, Deserialize)]
pub(super) struct SentMessages {
    pub(super) messages: Vec<SentMessage>,
}

#[derive(Debug, Deserialize)]
pub(super) struct SentMessage {
    pub(super) id: String,
}

/// Fact base §4.13.
#[derive(Debug, Deserialize)]
pub(super) struct AppNode {
    #[serde(default)]
    pub(super) name: String,
}
