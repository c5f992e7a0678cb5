//! `/api/v1/events`

use super::ApiError;
use super::error::ErrorResponse;
use super::extract::{ApiQuery, MayRead};
use crate::domain::event::EventKind;
use crate::domain::problem::Problem;
use crate::domain::user::Role;
use crate::server::operations::export_events::{Export, ExportAsked};
use crate::server::operations::list_events::{EventStream, list_events};
use crate::server::state::AppState;
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::openapi::schema::{Object, ObjectBuilder, SchemaType, Type};
use utoipa::{IntoParams, ToSchema};

/// Lists give this many where nothing is asked for, and never more than the most.
const USUAL: i64 = 100;
const MOST: i64 = 500;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct EventsAsked {
    /// Of this connection alone: its id.
    connection: Option<String>,
    /// Of this kind alone.
    #[param(schema_with = kind_schema)]
    kind: Option<String>,
    /// The `seq` of the last event that you have: those behind it come, oldest first.
    #[param(minimum = 0)]
    after: Option<i64>,
    /// How many, 100 if not said.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<i64>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct EventsResponse {
    /// Oldest first. With `kind`, or where events are large, there may be fewer than `limit`, even none, although more follow.
    #[schema(schema_with = events_schema)]
    data: Vec<Value>,
    /// Absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    paging: Option<EventsPaging>,
}

#[derive(Serialize, ToSchema)]
struct EventsPaging {
    /// For `?after=`.
    after: String,
}

fn kind_schema() -> Object {
    let names = EventKind::ALL.map(EventKind::as_str);
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names)).build()
}

fn or_null(kind: Type) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(SchemaType::from_iter([kind, Type::Null]))
}

fn user_schema() -> ObjectBuilder {
    let named = or_null(Type::Object).property("phone", or_null(Type::String).description(Some("Digits only")));
    let named = named.property("userId", or_null(Type::String)).property("name", or_null(Type::String));
    let person = ObjectBuilder::new().schema_type(Type::Null).description(Some("Always null so far"));
    let all = named.property("person", person);
    ["phone", "userId", "name", "person"].into_iter().fold(all, ObjectBuilder::required)
}

fn events_schema() -> utoipa::openapi::schema::Array {
    let example = json!({
        "id": "0f3a…", "seq": 42, "connection": "01m7wdqk5rrm88rg9sxbtn4001", "phoneNumberId": "106540352242922",
        "kind": "message.received", "field": "messages", "at": "2026-11-20T14:02:11Z", "receivedAt": "2026-11-20T14:02:12Z",
        "user": {"phone": "5511999990000", "userId": "BR.1A2b3C", "name": "Bia", "person": null},
        "messageId": "wamid.HBgM…", "meta": {"type": "text", "text": {"body": "Olá"}},
    });
    let told = "`user` is null where nobody is meant; `at` is Meta's time; `meta` is Meta's own item.";
    let mut event = ObjectBuilder::new().schema_type(Type::Object).description(Some(told)).examples([example]);
    for name in ["id", "connection", "phoneNumberId", "field", "at", "receivedAt"] {
        event = event.property(name, ObjectBuilder::new().schema_type(Type::String)).required(name);
    }
    let event = event
        .property("seq", ObjectBuilder::new().schema_type(Type::Integer))
        .required("seq")
        .property("kind", kind_schema())
        .required("kind")
        .property("user", user_schema())
        .required("user")
        .property("messageId", or_null(Type::String))
        .required("messageId")
        .property("meta", ObjectBuilder::new().schema_type(Type::Object))
        .required("meta");
    utoipa::openapi::schema::Array::new(event.build())
}

/// What Meta's webhooks have said, oldest first.
///
/// Events are numbered in the order in which they were kept: reading on from the last `seq` misses none.
#[utoipa::path(
    get, path = "/api/v1/events", operation_id = "listEvents", tag = "Events", params(EventsAsked),
    responses(
        (status = 200, description = "One page", body = EventsResponse),
        (status = 422, description = "`limit`, `after` or `kind` is out of bounds", body = ErrorResponse),
    ),
)]
pub(super) async fn list_all(
    MayRead(who): MayRead,
    State(app): State<AppState>,
    ApiQuery(asked): ApiQuery<EventsAsked>,
) -> Result<Json<EventsResponse>, ApiError> {
    let (after, limit) = (asked.after.unwrap_or_default(), asked.limit.unwrap_or(USUAL));
    if !(1..=MOST).contains(&limit) {
        return Err(Problem::invalid("limit", &format!("1 to {MOST}")).into());
    }
    if after < 0 {
        return Err(Problem::invalid("after", "the seq of an event").into());
    }
    let (connection, kind) = (asked.connection.as_deref(), asked.kind.as_deref());
    let stream = EventStream::find(&app.services, who.workspace(), connection, kind).await?;
    let listed = list_events(&app.services, &stream, after, limit).await?;
    let data = listed.events.iter().map(|event| event.to_json()).collect();
    let paging = listed.more.then(|| EventsPaging { after: listed.seen.to_string() });
    Ok(Json(EventsResponse { data, paging }))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ExportQuery {
    /// Of this connection alone: its id.
    connection: Option<String>,
    /// Of this kind alone.
    #[param(schema_with = kind_schema)]
    kind: Option<String>,
    /// About this person alone: a phone number in any spelling, or a business-scoped user ID.
    person: Option<String>,
    /// Not before this time of Meta's, the event's `at`: RFC 3339, `2026-11-20T14:00` or `2026-11-20`, UTC.
    from: Option<String>,
    /// Not after it; a minute or a day is meant whole.
    to: Option<String>,
}

/// All events at once, as a file: one event in each line, oldest first.
///
/// The lines come as fast as you read them. An answer that breaks off is not complete. A person needs the role admin.
#[utoipa::path(
    get, path = "/api/v1/events/export", operation_id = "exportEvents", tag = "Events", params(ExportQuery),
    responses(
        (status = 200, description = "JSON Lines: each line is an event as `listEvents` answers it", body = String, content_type = "application/x-ndjson"),
        (status = 422, description = "`kind`, `person` or a time is none", body = ErrorResponse),
    ),
)]
pub(super) async fn export(
    MayRead(who): MayRead,
    State(app): State<AppState>,
    ApiQuery(asked): ApiQuery<ExportQuery>,
) -> Result<Response, ApiError> {
    if who.user.as_ref().is_some_and(|user| user.role < Role::Admin) {
        return Err(Problem::not_allowed("admin, or a key").into());
    }
    let wished = ExportAsked {
        connection: asked.connection.as_deref(),
        kind: asked.kind.as_deref(),
        person: asked.person.as_deref(),
        from: asked.from.as_deref(),
        to: asked.to.as_deref(),
    };
    let export = Export::begin(&app.services, &who.actor, wished).await?;
    let file = format!("attachment; filename=\"{}\"", export.file_name());
    let headers = [(CONTENT_TYPE, "application/x-ndjson".to_owned()), (CONTENT_DISPOSITION, file)];
    Ok((headers, Body::from_stream(export.lines())).into_response())
}
