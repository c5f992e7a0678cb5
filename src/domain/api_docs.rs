//! The API's contract as its page shows it: read from the OpenAPI document, so that the two cannot differ.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiDocs {
    pub description: Vec<String>,
    pub server: String,
    pub groups: Vec<DocGroup>,
    /// How a caller says who it is: name and explanation.
    pub security: Vec<String>,
    /// An error, as every address answers it.
    pub error: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocGroup {
    pub name: String,
    pub description: String,
    pub operations: Vec<DocOperation>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocOperation {
    pub id: String,
    pub method: String,
    pub path: String,
    pub summary: String,
    pub description: String,
    pub parameters: Vec<DocField>,
    pub body: Vec<DocField>,
    pub answers: Vec<DocAnswer>,
    /// A call to paste into a terminal.
    pub curl: String,
    /// What the first answer looks like.
    pub example: String,
}

/// A parameter or a field of a body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocField {
    pub name: String,
    /// Where it stands: `query`, `path`, `header`; empty for a field of a body.
    pub place: String,
    pub kind: String,
    pub required: bool,
    pub description: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocAnswer {
    pub status: String,
    pub description: String,
}

impl ApiDocs {
    /// What the document lacks stays empty.
    pub fn of(document: &Value) -> Self {
        let server = text(&document["servers"][0]["url"]);
        let groups = items(&document["tags"]).iter().map(|tag| DocGroup {
            name: text(&tag["name"]),
            description: text(&tag["description"]),
            operations: operations(document, &server, &text(&tag["name"])),
        });
        let security = entries(&document["components"]["securitySchemes"]);
        Self {
            description: text(&document["info"]["description"]).split("\n\n").map(str::to_owned).collect(),
            groups: groups.collect(),
            security: security.map(|(_, scheme)| text(&scheme["description"])).collect(),
            error: pretty(&example(document, &json!({"$ref": "#/components/schemas/ErrorResponse"}))),
            server,
        }
    }
}

fn operations(document: &Value, server: &str, tag: &str) -> Vec<DocOperation> {
    let mut found = Vec::new();
    for (path, item) in entries(&document["paths"]) {
        for (method, operation) in entries(item).filter(|(_, operation)| operation["tags"][0] == tag) {
            found.push(described(document, server, (method, path), operation));
        }
    }
    found
}

fn described(document: &Value, server: &str, (method, path): (&str, &str), operation: &Value) -> DocOperation {
    let schema = body_schema(document, operation);
    let body = schema.map(|schema| fields(document, schema)).unwrap_or_default();
    let answers = entries(&operation["responses"])
        .map(|(status, answer)| DocAnswer { status: status.to_owned(), description: text(&answer["description"]) });
    let first = entries(&operation["responses"]).next().map(|(_, answer)| content(answer)).unwrap_or(&Value::Null);
    DocOperation {
        id: text(&operation["operationId"]),
        method: method.to_ascii_uppercase(),
        path: path.to_owned(),
        summary: text(&operation["summary"]),
        description: text(&operation["description"]),
        parameters: items(&operation["parameters"]).iter().map(parameter).collect(),
        curl: curl(server, (method, path), schema.map(|schema| example(document, schema)), operation),
        body,
        answers: answers.collect(),
        example: pretty(&example(document, first)),
    }
}

/// The object that a body holds, also where the body may be left out.
fn body_schema<'a>(document: &'a Value, operation: &'a Value) -> Option<&'a Value> {
    let schema = content(operation.get("requestBody")?);
    let choices = items(&schema["oneOf"]);
    let object = choices.iter().find(|choice| choice.get("$ref").is_some()).unwrap_or(schema);
    Some(resolved(document, object))
}

fn content(holder: &Value) -> &Value {
    &holder["content"]["application/json"]["schema"]
}

fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let pointer = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
    pointer.and_then(|pointer| document.pointer(pointer)).unwrap_or(schema)
}

fn parameter(parameter: &Value) -> DocField {
    DocField {
        name: text(&parameter["name"]),
        place: text(&parameter["in"]),
        kind: kind(&parameter["schema"]),
        required: parameter["required"] == true,
        description: text(&parameter["description"]),
    }
}

/// Fields that are looked at: those have a type.
fn fields(document: &Value, schema: &Value) -> Vec<DocField> {
    let required = items(&schema["required"]);
    let looked_at = entries(&schema["properties"]).filter(|(_, field)| !kind(resolved(document, field)).is_empty());
    looked_at
        .map(|(name, field)| DocField {
            name: name.to_owned(),
            place: String::new(),
            kind: kind(resolved(document, field)),
            required: required.iter().any(|one| one == name),
            description: text(&field["description"]),
        })
        .collect()
}

/// The type in a word; null is left out, since what may be null may be absent.
fn kind(schema: &Value) -> String {
    let name = match &schema["type"] {
        Value::Array(names) => names.iter().filter_map(Value::as_str).find(|name| *name != "null").unwrap_or_default(),
        name => name.as_str().unwrap_or_default(),
    };
    name.to_owned()
}

/// An instance of a schema, made of its examples.
fn example(document: &Value, schema: &Value) -> Value {
    let schema = resolved(document, schema);
    if let Some(given) = schema.get("example") {
        return given.clone();
    }
    match kind(schema).as_str() {
        "object" => {
            let known = entries(&schema["properties"]).map(|(name, field)| (name, resolved(document, field)));
            let typed = known.filter(|(_, field)| !kind(field).is_empty());
            Value::Object(typed.map(|(name, field)| (name.to_owned(), example(document, field))).collect())
        }
        "array" => json!([example(document, &schema["items"])]),
        "string" => schema["enum"].as_array().and_then(|names| names.last()).cloned().unwrap_or(json!("…")),
        "boolean" => json!(true),
        "integer" => json!(1),
        _ => Value::Null,
    }
}

fn curl(server: &str, (method, path): (&str, &str), body: Option<Value>, operation: &Value) -> String {
    let mut address = format!("{server}{path}");
    for parameter in items(&operation["parameters"]).iter().filter(|parameter| parameter["in"] == "path") {
        let name = text(&parameter["name"]);
        address = address.replace(&format!("{{{name}}}"), &text(&parameter["example"]));
    }
    let mut lines = vec![format!("curl -X {} {address}", method.to_ascii_uppercase())];
    lines.push("-H 'Authorization: Bearer gt_…'".to_owned());
    if let Some(body) = body {
        lines.push("-H 'Content-Type: application/json'".to_owned());
        lines.push(format!("-d '{}'", essential(body)));
    }
    lines.join(" \\\n  ")
}

/// Of a body, what a first try needs.
fn essential(body: Value) -> Value {
    const NEEDED: [&str; 8] = [
        "accessToken",
        "phoneNumberId",
        "businessAccountId",
        "access_token",
        "phone_number_id",
        "business_account_id",
        "url",
        "format",
    ];
    let Value::Object(fields) = body else { return body };
    // A name alone says nothing; with an address it is a forward's.
    let named = fields.contains_key("url");
    let is_needed = |name: &str| NEEDED.contains(&name) || (named && name == "name");
    let needed: Map<String, Value> = fields.into_iter().filter(|(name, _)| is_needed(name)).collect();
    Value::Object(needed)
}

fn pretty(value: &Value) -> String {
    if value.is_null() { String::new() } else { serde_json::to_string_pretty(value).unwrap_or_default() }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn items(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value))
}
