//! What Meta said of a number at one moment. Values stay in Meta's own spelling: enums there grow without notice, and a
//! value we have never seen must be shown, not fail (fact base §4).

use super::instant::Instant;
use serde::{Deserialize, Serialize};

/// One reading of everything Meta tells about a number. A part that could not be read is `None`, which means
/// *unknown*, never *broken*.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    pub taken_at: Instant,
    pub number: Option<NumberReading>,
    pub waba: Option<WabaReading>,
    pub routing: Option<RoutingReading>,
}

/// The phone number node, fact base §4.4.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumberReading {
    pub display_phone_number: String,
    pub verified_name: Option<String>,
    /// `CONNECTED`, `PENDING`, `FLAGGED`, `BANNED`, …
    pub status: Option<String>,
    pub quality_rating: Option<String>,
    pub code_verification_status: Option<String>,
    pub name_status: Option<String>,
    pub platform_type: Option<String>,
    pub throughput: Option<String>,
    pub messaging_limit: Option<String>,
    pub official_business_account: Option<bool>,
    /// `oba_status`; open set.
    pub official_status: Option<String>,
    pub account_mode: Option<String>,
    pub on_business_app: Option<bool>,
    pub pin_enabled: Option<bool>,
    /// The app-wide callback that Meta calls for this number.
    pub callback_of_app: Option<String>,
    /// A callback for the WABA, which goes before the app's.
    pub callback_of_waba: Option<String>,
    /// A callback for this number alone, which goes before the WABA's.
    pub callback_of_number: Option<String>,
    pub health: Option<HealthStatus>,
}

/// The WABA node, fact base §4.2.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WabaReading {
    pub name: Option<String>,
    pub account_review_status: Option<String>,
    /// Lower case at Meta: `verified`, `not_verified`, …
    pub business_verification_status: Option<String>,
    pub business_id: Option<String>,
    pub business_name: Option<String>,
    pub country: Option<String>,
    pub currency: Option<String>,
    pub status: Option<String>,
    pub messaging_limit: Option<String>,
    /// A hint that something pays; its absence says nothing (fact base §4.6).
    pub primary_funding_id: Option<String>,
}

/// Whether a number with this status is on the Cloud API: a flag, a limit or a ban is laid on registered numbers, and
/// registering them again would only ask for a PIN (fact base §4.8).
pub fn is_registered(status: Option<&str>) -> bool {
    matches!(status, Some("CONNECTED" | "FLAGGED" | "RATE_LIMITED" | "RESTRICTED" | "BANNED"))
}

/// Where Meta sends this WABA's webhooks, fact base §4.13.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RoutingReading {
    /// Our app is among the WABA's `subscribed_apps`.
    pub subscribed: bool,
    /// A callback for the WABA, which goes before the app's.
    pub callback_override: Option<String>,
    /// What the app itself has at Meta; `None` where it could not be asked, for which its secret is needed.
    pub app: Option<AppCallback>,
    /// Of the callbacks read: those that lead here although they are not this connection's own.
    pub also_here: Vec<String>,
    /// Of the callbacks read: those that this installation has set, under whatever public URL.
    pub set_by_us: Vec<String>,
}

/// An app's subscription to WhatsApp's webhooks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppCallback {
    /// `None` when the app has none.
    pub callback: Option<String>,
    pub fields: Vec<String>,
}

/// `health_status`, fact base §4.5.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthStatus {
    pub can_send_message: String,
    pub entities: Vec<HealthEntity>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthEntity {
    pub entity_type: String,
    pub id: String,
    pub can_send_message: String,
    pub errors: Vec<HealthError>,
    pub additional_info: Vec<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthError {
    pub code: i64,
    pub description: String,
    pub solution: String,
}

/// Meta's code for a payment method that is missing or refused.
const PAYMENT_ERROR: i64 = 141_006;
/// With this a single message fails for the same reason.
pub const UNPAID: i64 = 131_042;

impl HealthStatus {
    /// By code, or by Meta's own word in the remedy: the sample app of Meta matches the text (fact base §4.6).
    pub fn payment_error(&self) -> Option<&HealthError> {
        self.entities
            .iter()
            .flat_map(|entity| &entity.errors)
            .find(|error| error.code == PAYMENT_ERROR || error.solution.to_lowercase().contains("payment method"))
    }
}

/// The four values of the design, §3. There is no endpoint that lists cards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Payment {
    OnFile,
    NoProblemReported,
    Problem,
    CouldNotAsk,
}

impl Snapshot {
    pub fn health(&self) -> Option<&HealthStatus> {
        self.number.as_ref().and_then(|number| number.health.as_ref())
    }

    /// As far as Meta has said so.
    pub fn on_business_app(&self) -> bool {
        self.number.as_ref().is_some_and(|number| number.on_business_app == Some(true))
    }

    pub fn payment(&self) -> Payment {
        let funded = self.waba.as_ref().map(|waba| waba.primary_funding_id.is_some());
        match (self.health().map(HealthStatus::payment_error), funded) {
            (Some(Some(_)), _) => Payment::Problem,
            (_, Some(true)) => Payment::OnFile,
            (Some(None), _) => Payment::NoProblemReported,
            (None, _) => Payment::CouldNotAsk,
        }
    }

    /// The limit is the portfolio's since October 2025; number and WABA both show it (fact base §7.3).
    pub fn messaging_limit(&self) -> Option<&str> {
        let of_number = self.number.as_ref().and_then(|number| number.messaging_limit.as_deref());
        of_number.or_else(|| self.waba.as_ref().and_then(|waba| waba.messaging_limit.as_deref()))
    }

    /// The callback that Meta really uses for messages: the number's goes before the WABA's, and that before the app's.
    pub fn callback(&self) -> Option<&str> {
        let number = self.number.as_ref().and_then(|number| number.callback_of_number.as_deref());
        number.or_else(|| self.callback_of_waba()).or_else(|| self.callback_of_app())
    }

    pub fn callback_of_waba(&self) -> Option<&str> {
        let routing = self.routing.as_ref().and_then(|routing| routing.callback_override.as_deref());
        routing.or_else(|| self.number.as_ref()?.callback_of_waba.as_deref())
    }

    pub fn callback_of_app(&self) -> Option<&str> {
        let app = self.routing.as_ref().and_then(|routing| routing.app.as_ref());
        app.and_then(|app| app.callback.as_deref()).or_else(|| self.number.as_ref()?.callback_of_app.as_deref())
    }

    pub fn status(&self) -> Option<&str> {
        self.number.as_ref().and_then(|number| number.status.as_deref())
    }

    /// Keeps what an earlier reading knew where this one could not ask.
    pub fn or_earlier(mut self, earlier: Option<Self>) -> Self {
        if let Some(earlier) = earlier {
            self.number = self.number.or(earlier.number);
            self.waba = self.waba.or(earlier.waba);
            self.routing = self.routing.or(earlier.routing);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(health: Option<HealthStatus>, funding: Option<&str>) -> Snapshot {
        Snapshot {
            taken_at: Instant(0),
            number: Some(NumberReading { health, ..NumberReading::default() }),
            waba: Some(WabaReading { primary_funding_id: funding.map(str::to_owned), ..WabaReading::default() }),
            routing: None,
        }
    }

    fn health_with(errors: Vec<HealthError>) -> HealthStatus {
        let waba = HealthEntity { entity_type: "WABA".into(), errors, ..HealthEntity::default() };
        HealthStatus { can_send_message: "BLOCKED".into(), entities: vec![waba] }
    }

    #[test]
    fn payment_has_four_values() {
        let missing = HealthError { code: 141_006, ..HealthError::default() };
        let by_text = HealthError { code: 1, solution: "Add a Payment Method.".into(), ..HealthError::default() };
        assert_eq!(reading(Some(health_with(vec![missing.clone()])), None).payment(), Payment::Problem);
        assert_eq!(reading(Some(health_with(vec![by_text])), None).payment(), Payment::Problem);
        assert_eq!(reading(Some(health_with(vec![missing])), Some("9")).payment(), Payment::Problem);
        assert_eq!(reading(Some(health_with(vec![])), Some("9")).payment(), Payment::OnFile);
        assert_eq!(reading(Some(health_with(vec![])), None).payment(), Payment::NoProblemReported);
        assert_eq!(reading(None, None).payment(), Payment::CouldNotAsk);
    }

    #[test]
    fn being_blocked_for_another_reason_is_no_payment_problem() {
        let unverified = HealthError { code: 141_010, ..HealthError::default() };
        assert_eq!(reading(Some(health_with(vec![unverified])), None).payment(), Payment::NoProblemReported);
    }
}
