//! The fields and edges of each kind of node (reference §§4.2–4.7, 4.13).

use serde_json::{Value, json};

use super::{
    GraphError, health,
    read::{Answer, Edge, Item, View},
};
use crate::{
    clock,
    world::{App, Business, NodeKind, Number, Payment, TokenKind, Waba},
};

const PHONE_DEFAULTS: &str = "verified_name,code_verification_status,display_phone_number,quality_rating,platform_type,throughput,\
                              webhook_configuration";
const PHONE_LIST_DEFAULTS: &str = "verified_name,code_verification_status,display_phone_number,quality_rating,platform_type,\
                                   throughput,last_onboarded_time,webhook_configuration";
const WABA_DEFAULTS: &str = "name,timezone_id,message_template_namespace,currency";

/// What a node shows when no `fields` are asked for.
pub(crate) fn default_fields(kind: NodeKind) -> &'static str {
    match kind {
        NodeKind::App => "name,link",
        NodeKind::Business | NodeKind::User => "name",
        NodeKind::Waba => WABA_DEFAULTS,
        NodeKind::Phone => PHONE_DEFAULTS,
    }
}

/// `None` when the kind has no such field or edge.
pub(crate) fn answer(view: &View<'_>, kind: NodeKind, id: &str, name: &str) -> Result<Option<Answer>, GraphError> {
    if name == "id" {
        return Ok(Some(Answer::Value(json!(id))));
    }
    let world = view.world;
    let found = match kind {
        NodeKind::App => world.apps.get(id).and_then(|app| of_app(app, name)),
        NodeKind::Business => world.businesses.get(id).and_then(|business| of_business(view, business, name)),
        NodeKind::Waba => world.wabas.get(id).and_then(|waba| of_waba(view, waba, name)),
        NodeKind::Phone => world.numbers.get(id).and_then(|number| of_number(view, number, name)),
        NodeKind::User => return of_user(view, id, name),
    };
    Ok(found)
}

fn of_app(app: &App, name: &str) -> Option<Answer> {
    Some(Answer::Value(match name {
        "name" => json!(app.name),
        "link" => json!(app_link(&app.id)),
        "logo_url" | "company" => Value::Null,
        "app_domains" => json!(app.domains),
        "app_type" => json!(0),
        "config_ids" => json!(app.config_ids),
        "subscriptions" => return Some(Answer::Edge(subscriptions(app))),
        _ => return None,
    }))
}

fn subscriptions(app: &App) -> Edge {
    let row = |subscription: &crate::world::Subscription| {
        let fields: Vec<Value> =
            subscription.fields.iter().map(|field| json!({"name": field, "version": "v25.0"})).collect();
        let value = json!({
            "object": subscription.object, "callback_url": subscription.callback_url, "active": true, "fields": fields,
        });
        Item::Value(subscription.object.clone(), value)
    };
    Edge { items: app.subscriptions.iter().map(row).collect(), defaults: "" }
}

fn app_link(id: &str) -> String {
    format!("https://www.facebook.com/games/?app_id={id}")
}

fn of_business(view: &View<'_>, business: &Business, name: &str) -> Option<Answer> {
    Some(Answer::Value(match name {
        "name" => json!(business.name),
        "verification_status" => json!(business.verification_status),
        "created_time" => json!(clock::iso(business.created)),
        "link" => json!(format!("https://www.facebook.com/{}", business.id)),
        "timezone_id" => json!(1),
        "two_factor_type" => json!("none"),
        "vertical" => json!("OTHER"),
        "whatsapp_business_manager_messaging_limit" => json!(business.messaging_limit),
        "payment_account_id" | "primary_page" => Value::Null,
        "health_status" => health::of_business(business, view.caller.app()),
        "owned_whatsapp_business_accounts" => return Some(wabas(view, business, true)),
        "client_whatsapp_business_accounts" => return Some(wabas(view, business, false)),
        _ => return None,
    }))
}

/// A customer's portfolio owns accounts; the app owner's has those of its customers as clients.
fn wabas(view: &View<'_>, business: &Business, owned: bool) -> Answer {
    let reached = view.caller.token().map(|token| view.world.reached_wabas(token)).unwrap_or_default();
    let is_owned = |id: &String| view.world.wabas.get(id).is_some_and(|waba| waba.business == business.id);
    let own_portfolio = view.caller.token().is_some_and(|token| token.business == business.id);
    let items = reached
        .into_iter()
        .filter(|id| if owned { is_owned(id) } else { own_portfolio && !is_owned(id) })
        .map(|id| Item::Node(NodeKind::Waba, id))
        .collect();
    Answer::Edge(Edge { items, defaults: WABA_DEFAULTS })
}

fn of_waba(view: &View<'_>, waba: &Waba, name: &str) -> Option<Answer> {
    let business = view.world.businesses.get(&waba.business)?;
    let missing_payment = waba.payment == Payment::Missing;
    Some(Answer::Value(match name {
        "name" => json!(waba.name),
        "account_review_status" => json!(waba.review_status),
        "business_verification_status" => json!(business.verification_status),
        "country" | "primary_business_location" => json!(waba.country),
        "creation_time" => json!(waba.created),
        "currency" => json!(waba.currency),
        "health_status" => health::of_waba(view.world, waba, view.caller.app()),
        "is_enabled_for_insights" | "is_shared_with_partners" => json!(true),
        "disable_marketing_messages_on_cloud_api" | "template_auto_archival_enabled" => json!(false),
        "marketing_messages_lite_api_status" => json!("ELIGIBLE"),
        "marketing_messages_onboarding_status" if missing_payment => json!("PENDING_VALID_PAYMENT_METHOD"),
        "marketing_messages_onboarding_status" => json!("ELIGIBLE"),
        "message_template_namespace" => json!(format!("{}_sandbox", waba.id)),
        "on_behalf_of_business_info" => {
            json!({"id": business.id, "name": business.name, "status": "APPROVED", "type": "SELF"})
        }
        "owner_business" => return Some(Answer::Node(NodeKind::Business, business.id.clone())),
        "owner_business_info" => json!({"id": business.id, "name": business.name}),
        "ownership_type" => json!("CLIENT_OWNED"),
        "primary_funding_id" if waba.payment == Payment::OnFile => json!(format!("777{}", waba.id)),
        "primary_funding_id" | "purchase_order_number" | "linked_commerce_account" => Value::Null,
        "analytics" | "auth_international_rate_eligibility" => Value::Null,
        "status" => json!("ACTIVE"),
        "timezone_id" => json!("1"),
        "whatsapp_business_manager_messaging_limit" => json!(business.messaging_limit),
        "phone_numbers" => return Some(phone_numbers(waba)),
        "subscribed_apps" => return Some(subscribed_apps(view, waba)),
        _ => return None,
    }))
}

fn phone_numbers(waba: &Waba) -> Answer {
    let items = waba.numbers.iter().map(|id| Item::Node(NodeKind::Phone, id.clone())).collect();
    Answer::Edge(Edge { items, defaults: PHONE_LIST_DEFAULTS })
}

fn subscribed_apps(view: &View<'_>, waba: &Waba) -> Answer {
    let row = |(id, callback): (&String, &Option<String>)| {
        let name = view.world.apps.get(id).map_or("", |app| app.name.as_str());
        let mut value = json!({"whatsapp_business_api_data": {"id": id, "name": name, "link": app_link(id)}});
        if let Some(callback) = callback {
            value["override_callback_uri"] = json!(callback);
        }
        Item::Value(id.clone(), value)
    };
    Answer::Edge(Edge { items: waba.subscribed_apps.iter().map(row).collect(), defaults: "" })
}

fn of_number(view: &View<'_>, number: &Number, name: &str) -> Option<Answer> {
    let limit = view.world.business_of_number(&number.id).map(|business| business.messaging_limit.as_str());
    Some(Answer::Value(match name {
        "display_phone_number" => json!(number.display),
        "verified_name" => json!(number.verified_name),
        "quality_rating" => json!(number.quality),
        "quality_score" => json!({"score": number.quality}),
        "code_verification_status" => json!(number.code_status),
        "name_status" => json!(number.name_status),
        "new_name_status" => json!(number.new_display_name.as_ref().map_or("NONE", |_| "PENDING_REVIEW")),
        "new_display_name" => json!(number.new_display_name),
        "status" => json!(number.status),
        "platform_type" => json!(number.platform),
        "throughput" => json!({"level": number.throughput}),
        "whatsapp_business_manager_messaging_limit" => json!(limit),
        "messaging_limit_tier" => json!(limit),
        "is_official_business_account" => json!(number.official),
        "official_business_account" => official(number),
        "account_mode" => json!("LIVE"),
        "is_pin_enabled" => json!(number.pin.is_some()),
        "is_preverified_number" => json!(false),
        "is_on_biz_app" => json!(number.on_business_app),
        "last_onboarded_time" => json!(number.last_onboarded.map(clock::iso)),
        "webhook_configuration" => webhooks(view, number),
        "health_status" => health::of_number(view.world, number, view.caller.app()),
        "search_visibility" => json!("VISIBLE"),
        "eligibility_for_api_business_global_search" => json!("NON_ELIGIBLE_UNDEFINED_COUNTRY"),
        "country_dial_code" => json!("1"),
        "host_platform" => json!(number.platform),
        "certificate" | "new_certificate" | "conversational_automation" | "username" => Value::Null,
        "whatsapp_business_profile" => {
            let mut profile = json!(number.profile);
            profile["messaging_product"] = json!("whatsapp");
            let items = vec![Item::Value(number.id.clone(), profile)];
            return Some(Answer::Edge(Edge { items, defaults: "" }));
        }
        _ => return None,
    }))
}

fn official(number: &Number) -> Value {
    json!({"oba_status": if number.official { "APPROVED" } else { "NOT_STARTED" }})
}

/// The callbacks by precedence: number, account, app (reference §4.13). Absent when nobody listens.
fn webhooks(view: &View<'_>, number: &Number) -> Value {
    let app = view.caller.app();
    let mut urls = json!({});
    let by_app =
        view.world.apps.get(app).and_then(|app| app.subscriptions.iter().find(|one| one.object == super::WHATSAPP));
    if let Some(subscription) = by_app {
        urls["application"] = json!(subscription.callback_url);
    }
    let by_waba = view.world.wabas.get(&number.waba).and_then(|waba| waba.subscribed_apps.get(app)).cloned().flatten();
    if let Some(url) = by_waba {
        urls["whatsapp_business_account"] = json!(url);
    }
    if let Some(url) = &number.override_callback {
        urls["phone_number"] = json!(url);
    }
    if urls.as_object().is_some_and(serde_json::Map::is_empty) { Value::Null } else { urls }
}

fn of_user(view: &View<'_>, id: &str, name: &str) -> Result<Option<Answer>, GraphError> {
    let Some(token) = view.caller.token().filter(|token| token.user_id == id) else { return Ok(None) };
    Ok(Some(Answer::Value(match name {
        "name" => json!(token.user_name),
        "client_business_id" => match token.kind {
            TokenKind::BusinessIntegration => json!(token.business),
            TokenKind::OwnSystemUser => Value::Null,
            // Seen in the field: a person's token is turned away as if it were broken.
            TokenKind::User | TokenKind::Page => {
                let message = "Only business integration system user access tokens can read client_business_id.";
                return Err(GraphError::token(None, message).with_status(axum::http::StatusCode::BAD_REQUEST));
            }
        },
        _ => return Ok(None),
    })))
}
