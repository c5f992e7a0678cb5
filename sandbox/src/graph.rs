//! The Graph API: one handler, dispatched by what the id in the path names.

mod actions;
mod error;
mod fields;
mod handshake;
mod health;
mod incoming;
mod messages;
mod nodes;
mod oauth;
mod paging;
mod read;
mod respond;
mod versions;

use axum::{Extension, extract::State, http::StatusCode, response::Response};
use serde_json::Value;

use crate::{
    Sandbox,
    calls::Proof,
    faults::{FaultDraft, FaultKind},
    proof,
    world::{Caller, NodeKind, World},
};
use actions::Step;
use paging::Place;
use read::{Slice, View};
use respond::Served;

pub(crate) use error::GraphError;
pub(crate) use handshake::client;
pub(crate) use incoming::Incoming;

/// The object of WhatsApp's webhooks.
pub(crate) const WHATSAPP: &str = "whatsapp_business_account";

pub(crate) async fn serve(State(sandbox): State<Sandbox>, Extension(call): Extension<Incoming>) -> Response {
    let served = sandbox.with(|world| served(world, &call));
    let answer = answer(&sandbox, &call).await;
    if let ([number, edge], Ok(said)) = (call.segments.as_slice(), &answer)
        && edge == "messages"
    {
        tell_of_sending(&sandbox, number, said);
    }
    respond::respond(&served, answer)
}

/// Sent, delivered, read: as the customer's phone would have it.
fn tell_of_sending(sandbox: &Sandbox, number: &str, said: &Value) {
    if let (Some(id), Some(to)) = (said["messages"][0]["id"].as_str(), said["contacts"][0]["wa_id"].as_str()) {
        sandbox.echo_statuses(number, id, to);
    }
}

/// What a fault answers in Graph's place.
pub(crate) fn spoiled(world: &World, call: &Incoming, fault: &FaultDraft) -> Response {
    let served = served(world, call);
    let limited = fault.kind == FaultKind::RateLimited;
    let code = fault.code.unwrap_or(if limited { 4 } else { 2 });
    let default = match code {
        4 => "(#4) Application request limit reached".to_owned(),
        80_007 => {
            "(#80007) There have been too many calls to this WhatsApp Business account. Wait a bit and try again."
                .to_owned()
        }
        2 => "Service temporarily unavailable".to_owned(),
        code => format!("(#{code}) An error ordered from the sandbox"),
    };
    let mut error = GraphError::new(code, fault.message.as_deref().unwrap_or(&default));
    if let Some(subcode) = fault.subcode {
        error = error.with_subcode(subcode);
    }
    if let Some(status) = fault.status.and_then(|status| StatusCode::from_u16(status).ok()) {
        error = error.with_status(status);
    }
    if limited {
        error = error.with_regain(fault.regain());
    }
    respond::respond(&served, Err(error))
}

fn served(world: &World, call: &Incoming) -> Served {
    let version =
        versions::serving(call.version.as_deref(), world.now()).unwrap_or_else(|_| versions::oldest(world.now()));
    let account = call.segments.first().and_then(|id| match world.kind_of(id)? {
        NodeKind::Waba | NodeKind::Business => Some(id.clone()),
        NodeKind::Phone => world.numbers.get(id).map(|number| number.waba.clone()),
        NodeKind::App | NodeKind::User => None,
    });
    Served { version, account }
}

async fn answer(sandbox: &Sandbox, call: &Incoming) -> Result<Value, GraphError> {
    let address = format!("{}/{}", sandbox.graph_url(), call.version.as_deref().unwrap_or_default());
    match sandbox.with(|world| route(world, call, address.trim_end_matches('/')))? {
        Step::Answer(value) => Ok(value),
        Step::Handshake(handshake) => {
            handshake.prove(sandbox.http()).await?;
            sandbox.with(|world| handshake.apply(world));
            Ok(actions::success())
        }
    }
}

/// The checks stand in Meta's order (reference §10.3): version, token, proof, object, permission, parameters, rules.
fn route(world: &mut World, call: &Incoming, address: &str) -> Result<Step, GraphError> {
    versions::serving(call.version.as_deref(), world.now())?;
    let segments: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    match segments.as_slice() {
        ["oauth", "access_token"] => return oauth::access_token(world, call).map(Step::Answer),
        ["oauth", "revoke"] => return oauth::revoke(world, call).map(Step::Answer),
        _ => {}
    }
    let [first, rest @ ..] = segments.as_slice() else { return Err(GraphError::unknown_path(&call.path)) };
    let (caller, token) = authenticate(world, call, *first == "me")?;
    let edge = match rest {
        [] => "",
        [edge] => edge,
        _ => return Err(GraphError::unknown_path(&format!("/{}", rest[1..].join("/")))),
    };
    if (*first, edge) == ("debug_token", "") {
        return oauth::debug_token(world, call, &caller).map(Step::Answer);
    }
    let id = if *first == "me" { caller.token().map_or("", |token| &token.user_id) } else { first };
    let hidden = || GraphError::unsupported(&call.method, id);
    let kind = world.kind_of(id).ok_or_else(hidden)?;
    if kind == NodeKind::Business && edge == "system_user_access_tokens" {
        require_proof(call)?;
    }
    if !world.sees(&caller, kind, id) {
        return Err(hidden());
    }
    permit(&caller, kind)?;
    if call.method != "GET" {
        return actions::act(world, call, &caller, (kind, id, edge));
    }
    let view = View { world, caller: &caller, address, token: &token };
    let fields = call.text("fields");
    if edge.is_empty() {
        return view.node(kind, id, fields.as_deref()).map(Step::Answer);
    }
    let limit = call.text("limit").map(|text| text.parse()).transpose();
    let limit = limit.map_err(|_| GraphError::parameter("Param limit must be an integer"))?;
    let (after, before) = (call.text("after"), call.text("before"));
    let from = match (&after, &before) {
        (Some(after), _) => Place::After(after),
        (None, Some(before)) => Place::Before(before),
        (None, None) => Place::Start,
    };
    view.edge(kind, id, edge, &Slice { fields: fields.as_deref(), limit, from }).map(Step::Answer)
}

fn authenticate(world: &World, call: &Incoming, about_me: bool) -> Result<(Caller, String), GraphError> {
    let missing = || if about_me { GraphError::no_user_token() } else { GraphError::no_token() };
    let token = call.token().ok_or_else(missing)?;
    let caller = world.caller(&token)?;
    match proof_of(world, call) {
        Proof::Wrong => return Err(GraphError::wrong_proof()),
        Proof::Absent if world.switches.require_proof && caller.token().is_some() => return Err(GraphError::no_proof()),
        Proof::Absent | Proof::Right => {}
    }
    if about_me && caller.token().is_none() {
        return Err(missing());
    }
    Ok((caller, token))
}

/// Whether the call's proof fits its token and the token's app.
pub(crate) fn proof_of(world: &World, call: &Incoming) -> Proof {
    let Some(given) = call.text("appsecret_proof") else { return Proof::Absent };
    let Some(token) = call.token() else { return Proof::Wrong };
    let app = match token.split_once('|') {
        Some((app, _)) => Some(app),
        None => world.tokens.get(&token).map(|token| token.app.as_str()),
    };
    let secret = app.and_then(|app| world.apps.get(app)).map(|app| app.secret.as_str());
    if secret.is_some_and(|secret| proof::appsecret_proof(secret, &token) == given) {
        Proof::Right
    } else {
        Proof::Wrong
    }
}

/// This edge wants the proof whatever the app's settings (reference §1.6).
fn require_proof(call: &Incoming) -> Result<(), GraphError> {
    if call.text("appsecret_proof").is_none() { Err(GraphError::no_proof()) } else { Ok(()) }
}

/// The scope matrix (reference §10.4).
fn permit(caller: &Caller, kind: NodeKind) -> Result<(), GraphError> {
    match kind {
        NodeKind::Business if !caller.has_scope("business_management") => {
            Err(GraphError::permission(200, "Requires business_management permission to manage the object"))
        }
        NodeKind::Waba | NodeKind::Phone if !caller.has_scope("whatsapp_business_management") => {
            Err(GraphError::permission(10, "Application does not have permission for this action"))
        }
        _ => Ok(()),
    }
}
