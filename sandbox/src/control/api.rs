//! The JSON API for tests.

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    routing::{delete, get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    Call, FaultDraft, NewGrant, NewToken, NewWebhook, NumberChange, Posted, Sandbox, Scenario, SwitchChange, Switches,
    handle::Granted,
};

pub(super) fn router() -> Router<Sandbox> {
    Router::new()
        .route("/faults", get(faults).post(add_fault).delete(clear_faults))
        .route("/faults/{id}", delete(remove_fault))
        .route("/clock", get(clock).post(advance))
        .route("/calls", get(calls).delete(clear_calls))
        .route("/switches", get(switches).post(switch))
        .route("/scenario", post(play))
        .route("/reset", post(reset))
        .route("/world", get(world))
        .route("/tokens", get(tokens).post(mint))
        .route("/grant", post(grant))
        .route("/numbers", post(add_numbers))
        .route("/numbers/{id}", post(change_number))
        .route("/redirect_uris", post(allow))
        .route("/callback", post(set_callback))
        .route("/webhooks", get(webhooks).post(send_webhook))
}

type Refusal = (StatusCode, Json<Value>);

fn refused(message: impl AsRef<str>) -> Refusal {
    (StatusCode::UNPROCESSABLE_ENTITY, Json(json!({"error": message.as_ref()})))
}

async fn faults(State(sandbox): State<Sandbox>) -> Json<Value> {
    Json(json!({ "data": sandbox.faults() }))
}

async fn add_fault(State(sandbox): State<Sandbox>, Json(draft): Json<FaultDraft>) -> (StatusCode, Json<Value>) {
    (StatusCode::CREATED, Json(json!({ "id": sandbox.add_fault(draft) })))
}

async fn clear_faults(State(sandbox): State<Sandbox>) -> StatusCode {
    sandbox.clear_faults();
    StatusCode::NO_CONTENT
}

async fn remove_fault(State(sandbox): State<Sandbox>, Path(id): Path<u64>) -> StatusCode {
    if sandbox.remove_fault(id) { StatusCode::NO_CONTENT } else { StatusCode::NOT_FOUND }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Advance {
    advance_seconds: i64,
}

async fn clock(State(sandbox): State<Sandbox>) -> Json<Value> {
    Json(json!({ "now": sandbox.now() }))
}

async fn advance(State(sandbox): State<Sandbox>, Json(advance): Json<Advance>) -> Json<Value> {
    Json(json!({ "now": sandbox.advance_clock(advance.advance_seconds) }))
}

async fn calls(State(sandbox): State<Sandbox>) -> Json<Value> {
    let calls: Vec<Call> = sandbox.calls();
    Json(json!({ "data": calls }))
}

async fn clear_calls(State(sandbox): State<Sandbox>) -> StatusCode {
    sandbox.clear_calls();
    StatusCode::NO_CONTENT
}

async fn switches(State(sandbox): State<Sandbox>) -> Json<Switches> {
    Json(sandbox.switches())
}

async fn switch(State(sandbox): State<Sandbox>, Json(change): Json<SwitchChange>) -> Json<Switches> {
    Json(sandbox.switch(change))
}

async fn play(State(sandbox): State<Sandbox>, Json(scenario): Json<Scenario>) -> StatusCode {
    sandbox.play(scenario);
    StatusCode::NO_CONTENT
}

async fn reset(State(sandbox): State<Sandbox>) -> StatusCode {
    sandbox.reset();
    StatusCode::NO_CONTENT
}

async fn world(State(sandbox): State<Sandbox>) -> Json<Value> {
    Json(sandbox.world())
}

async fn tokens(State(sandbox): State<Sandbox>) -> Json<Value> {
    Json(json!({ "data": sandbox.tokens() }))
}

async fn mint(
    State(sandbox): State<Sandbox>,
    Json(wish): Json<NewToken>,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let token = sandbox.mint_token(wish).map_err(refused)?;
    Ok((StatusCode::CREATED, Json(json!({ "token": token }))))
}

async fn grant(
    State(sandbox): State<Sandbox>,
    Json(wish): Json<NewGrant>,
) -> Result<(StatusCode, Json<Granted>), Refusal> {
    Ok((StatusCode::CREATED, Json(sandbox.grant(wish).map_err(refused)?)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MoreNumbers {
    waba: String,
    count: u32,
    #[serde(default)]
    live: bool,
}

async fn add_numbers(
    State(sandbox): State<Sandbox>,
    Json(more): Json<MoreNumbers>,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let ids = sandbox.add_numbers(&more.waba, more.count, more.live).map_err(refused)?;
    Ok((StatusCode::CREATED, Json(json!({ "ids": ids }))))
}

async fn change_number(
    State(sandbox): State<Sandbox>,
    Path(id): Path<String>,
    Json(change): Json<NumberChange>,
) -> Result<StatusCode, Refusal> {
    sandbox.change_number(&id, change).map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RedirectUri {
    uri: String,
}

async fn allow(State(sandbox): State<Sandbox>, Json(redirect): Json<RedirectUri>) -> StatusCode {
    sandbox.allow_redirect_uri(&redirect.uri);
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Callback {
    app: Option<String>,
    url: String,
}

async fn set_callback(State(sandbox): State<Sandbox>, Json(wish): Json<Callback>) -> Result<StatusCode, Refusal> {
    sandbox.set_callback(wish.app.as_deref(), &wish.url).map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn webhooks(State(sandbox): State<Sandbox>) -> Json<Value> {
    let posted: Vec<Posted> = sandbox.webhooks();
    Json(json!({ "data": posted }))
}

async fn send_webhook(
    State(sandbox): State<Sandbox>,
    Json(wish): Json<NewWebhook>,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let ids = sandbox.send_webhook(&wish).map_err(refused)?;
    Ok((StatusCode::ACCEPTED, Json(json!({ "ids": ids }))))
}
