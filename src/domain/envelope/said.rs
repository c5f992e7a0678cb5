//! What account and number webhooks say of a connection (fact base §§5.7, 5.8, 5.12).

use super::{list, moment, text};
use crate::domain::event::EventKind;
use crate::domain::health::UNPAID;
use crate::domain::heard::{APP_DISCONNECTED, Aspect, GRANTED};
use crate::domain::instant::{HOUR, Instant};
use serde_json::Value;

/// How long it takes at most until Meta notices a repaired payment method (design §3).
const REPAIR_TAKES: i64 = 72 * HOUR;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    pub value: String,
    pub until: Option<Instant>,
}

pub(super) fn kind(object: &str, field: &str) -> EventKind {
    match field {
        "account_update"
        | "account_review_update"
        | "account_alerts"
        | "business_capability_update"
        | "business_status_update"
        | "partner_solutions"
        | "payment_configuration_update" => EventKind::AccountUpdated,
        "phone_number_name_update"
        | "phone_number_quality_update"
        | "security"
        | "business_username_updates"
        | "account_settings_update" => EventKind::ConnectionUpdated,
        _ if field.starts_with("message_template_") || field.starts_with("template_") => EventKind::TemplateUpdated,
        _ if object == "application" => EventKind::AccountUpdated,
        _ => EventKind::Other,
    }
}

/// Fields after which a reading shows something new, besides those that say what.
pub(super) fn unsettles(field: &str) -> bool {
    const FIELDS: [&str; 7] = [
        "account_update",
        "account_alerts",
        "phone_number_quality_update",
        "phone_number_name_update",
        "security",
        "business_status_update",
        "business_integration_update",
    ];
    FIELDS.contains(&field)
}

pub(super) fn said(field: &str, value: &Value) -> Option<(Aspect, Said)> {
    let lasting = |aspect, value: String| Some((aspect, Said { value, until: None }));
    match field {
        "account_update" => account(value),
        "account_review_update" => lasting(Aspect::Review, text(&value["decision"])?),
        "phone_number_name_update" => lasting(Aspect::Name, name_status(&text(&value["decision"])?)),
        "business_capability_update" => lasting(Aspect::Limit, tier(&value["max_daily_conversations_per_business"])?),
        "phone_number_quality_update" => {
            let limit = tier(&value["max_daily_conversations_per_business"]).or_else(|| tier(&value["current_limit"]));
            lasting(Aspect::Limit, limit?)
        }
        "business_integration_uninstall" => lasting(Aspect::Access, field.to_owned()),
        "business_integration_install" => lasting(Aspect::Access, GRANTED.to_owned()),
        _ => None,
    }
}

/// What a failed message says of the payment method. It counts for as long as Meta may take to notice that it was repaired.
pub(super) fn payment(status: &Value, at: Instant) -> Option<(Aspect, Said)> {
    let refused = list(&status["errors"]).iter().find(|error| error["code"] == UNPAID)?;
    let words = text(&refused["title"]).or_else(|| text(&refused["message"])).unwrap_or_default();
    Some((Aspect::Payment, Said { value: words, until: Some(at.plus(REPAIR_TAKES)) }))
}

fn account(value: &Value) -> Option<(Aspect, Said)> {
    let event = text(&value["event"])?;
    let lasting = |aspect, value: String| Some((aspect, Said { value, until: None }));
    match event.as_str() {
        "PARTNER_REMOVED" if !value["disconnection_info"].is_null() => {
            let reason = text(&value["disconnection_info"]["reason"]).unwrap_or_default();
            lasting(Aspect::Access, format!("{APP_DISCONNECTED}{reason}"))
        }
        "PARTNER_REMOVED" | "PARTNER_APP_UNINSTALLED" | "ACCOUNT_DELETED" | "ACCOUNT_OFFBOARDED" => {
            lasting(Aspect::Access, event)
        }
        "PARTNER_ADDED" | "PARTNER_APP_INSTALLED" | "ACCOUNT_RECONNECTED" => {
            lasting(Aspect::Access, GRANTED.to_owned())
        }
        "DISABLED_UPDATE" => lasting(Aspect::Ban, text(&value["ban_info"]["waba_ban_state"])?),
        "ACCOUNT_RESTRICTION" => {
            let restrictions = list(&value["restriction_info"]);
            let types: Vec<String> = restrictions.iter().filter_map(|one| text(&one["restriction_type"])).collect();
            // It lasts as long as the longest; one without an end has none.
            let ends: Option<Vec<Instant>> = restrictions.iter().map(|one| moment(&one["expiration"])).collect();
            let until = ends.and_then(|ends| ends.into_iter().max());
            Some((Aspect::Restriction, Said { value: types.join(","), until }))
        }
        _ => None,
    }
}

/// The webhook's word for a decision, as the number node would say it (fact base §4.4).
fn name_status(decision: &str) -> String {
    match decision {
        "REJECTED" => "DECLINED".to_owned(),
        "PENDING" => "PENDING_REVIEW".to_owned(),
        other => other.to_owned(),
    }
}

/// `2000` or `TIER_2K`, as the number node would say it.
fn tier(value: &Value) -> Option<String> {
    match value.as_i64() {
        Some(-1) => Some("TIER_UNLIMITED".to_owned()),
        Some(count) if count >= 1_000 && count % 1_000 == 0 => Some(format!("TIER_{}K", count / 1_000)),
        Some(count) => Some(format!("TIER_{count}")),
        None => text(value),
    }
}
