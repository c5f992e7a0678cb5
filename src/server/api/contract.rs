//! `GET /api/openapi.json`: the contract, made from the handlers' own types.

use super::error::ErrorResponse;
use super::{config, connections, events, forwards, people, settings, workers};
use serde_json::{Map, Value, json};
use utoipa::OpenApi;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Greentick",
        description = "WhatsApp numbers: their messages and everything else that Meta reports, live and as an export; their settings and \
                       connections; forwards to your own endpoints; and the deletion of a person's data.\n\nNames are camelCase, ids are strings, times are RFC 3339. \
                       Secrets are write-only: answers show them as `••••` and at most their last four characters. \
                       Every error has the same shape, and names the request in the log.",
        license(name = "MIT OR Apache-2.0")
    ),
    paths(
        settings::show, settings::put, settings::test, config::show, config::put,
        connections::list_all, connections::show, connections::refresh, events::list_all, events::export,
        people::erase, forwards::list_all, forwards::make, forwards::show, forwards::change, forwards::remove, workers::show
    ),
    components(schemas(ErrorResponse)),
    tags(
        (name = "Settings", description = "The credentials of a connection."),
        (name = "Connections", description = "The numbers of the workspace and how they stand."),
        (name = "Events", description = "What Meta's webhooks say, one thing at a time. The same come live, as text frames of a \
            WebSocket at `/api/events/ws` with the same `connection` and `kind`: from `after` on, without it from now on. \
            It is closed with 4008 when the reader is too slow, with 1001 when the server stops: connect again with the \
            last `seq` as `after`."),
        (name = "People", description = "Whoever your numbers talk with."),
        (name = "Forwards", description = "Your own endpoints, to which events are sent on: signed, tried again for three days."),
        (name = "Webhooks", description = "What Meta sends."),
    )
)]
struct Contract;

/// Status, description, and which calls answer it.
type Refusal = (&'static str, &'static str, fn(&Traits) -> bool);

/// What any call may be refused for.
const REFUSALS: [Refusal; 11] = [
    ("400", "The query or the body cannot be read", |call| call.query || call.body),
    ("401", "No session, or the key is unknown, revoked or ended", |_| true),
    ("403", "The key may only read, the role may not, or the page that sent it is not ours", |_| true),
    ("404", "There is no such connection", |call| call.connection),
    ("409", "Several connections: say which; or the number cannot be this connection's", |call| call.which),
    ("412", "Another has saved since you read", |call| call.if_match),
    ("413", "The body is too large", |call| call.body),
    ("415", "The body is not marked as JSON", |call| call.body),
    ("422", "A field breaks a rule, or Meta refused the credentials; nothing is saved", |call| call.if_match),
    ("429", "The key calls too often", |_| true),
    ("500", "Something went wrong on our side", |_| true),
];

struct Traits {
    query: bool,
    body: bool,
    connection: bool,
    /// `?connection=`
    which: bool,
    if_match: bool,
}

impl Traits {
    fn of(operation: &Value) -> Self {
        let parameters = operation["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
        let has = |place: &str, name: &str| {
            parameters.iter().any(|one| one["in"] == place && (name.is_empty() || one["name"] == name))
        };
        Self {
            query: has("query", ""),
            body: operation.get("requestBody").is_some(),
            connection: has("query", "connection") || has("path", "connection"),
            // Elsewhere `?connection=` only narrows a list down.
            which: operation["tags"][0] == "Settings" && has("query", "connection"),
            if_match: has("header", "If-Match"),
        }
    }
}

/// The contract of this installation: `cookie` is the session cookie's name here.
pub fn contract(public_url: &str, cookie: &str) -> Value {
    let mut contract = serde_json::to_value(Contract::openapi()).unwrap_or_default();
    contract["servers"] = json!([{"url": public_url}]);
    contract["components"]["securitySchemes"] = json!({
        "key": {"type": "http", "scheme": "bearer", "bearerFormat": "gt_…",
            "description": "A key made at Settings › API keys, or with `greentick api-key add`. \
                            With the scope `read` it may only read."},
        "session": {"type": "apiKey", "in": "cookie", "name": cookie,
            "description": "The session of a person: admin, or support to read. What changes something needs our own `Origin`."},
    });
    let paths = contract["paths"].as_object_mut().into_iter().flat_map(Map::values_mut);
    let operations = paths.filter_map(Value::as_object_mut).flat_map(Map::values_mut);
    for operation in operations.filter(|operation| operation["responses"].is_object()) {
        complete(operation);
    }
    contract
}

fn complete(operation: &mut Value) {
    let traits = Traits::of(operation);
    operation["security"] = json!([{"key": []}, {"session": []}]);
    let error = json!({"application/json": {"schema": {"$ref": "#/components/schemas/ErrorResponse"}}});
    for (status, description, answers) in REFUSALS {
        if answers(&traits) && operation["responses"][status].is_null() {
            operation["responses"][status] = json!({"description": description, "content": error});
        }
    }
    operation["responses"]["429"]["headers"] =
        json!({"Retry-After": {"description": "Seconds to wait", "schema": {"type": "string"}}});
    if operation["responses"]["503"].is_null() {
        operation["responses"]["503"] = json!({"description": "The database does not answer", "content": error});
    }
}
