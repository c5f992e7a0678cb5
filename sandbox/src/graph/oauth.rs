//! `/oauth/access_token`, `/oauth/revoke`, `/debug_token` (reference §§1.3, 1.4, 2).

use serde_json::{Value, json};

use super::{GraphError, Incoming};
use crate::{
    switches::{GranularScopes, TokenLife},
    world::{App, Caller, Death, SIXTY_DAYS, Token, TokenKind, World, exchange_seconds},
};

/// Code exchange, app tokens, long-lived tokens: one address, told apart by the grant.
pub(crate) fn access_token(world: &mut World, call: &Incoming) -> Result<Value, GraphError> {
    let app = client(world, call)?;
    match call.text("grant_type").as_deref() {
        Some("client_credentials") => {
            let token = world.apps.get(&app).map(crate::world::app_token);
            Ok(json!({"access_token": token, "token_type": "bearer"}))
        }
        Some("fb_exchange_token") => lengthen(world, call, &app),
        None | Some("authorization_code") => exchange(world, call, &app),
        Some(other) => Err(GraphError::parameter(&format!("Invalid grant_type: {other}"))),
    }
}

/// The app, proven by its secret.
fn client(world: &World, call: &Incoming) -> Result<String, GraphError> {
    let id = call.text("client_id").ok_or_else(|| GraphError::new(101, "Missing client_id parameter."))?;
    let app = world.apps.get(&id).ok_or_else(GraphError::application)?;
    let secret = call.text("client_secret").ok_or_else(|| GraphError::new(1, "Missing client_secret parameter."))?;
    if secret != app.secret {
        return Err(GraphError::client_secret());
    }
    Ok(id)
}

fn exchange(world: &mut World, call: &Incoming, app: &str) -> Result<Value, GraphError> {
    let code = call.text("code").ok_or_else(|| GraphError::new(100, "Missing authorization code"))?;
    let redirect_uri = call.text("redirect_uri").unwrap_or_default();
    let mut grant = world.redeem_code(app, &redirect_uri, &code)?;
    if world.switches.accumulate_grants
        && let Some(installation) = world.installation(app, &grant.business)
    {
        grant.wabas.clone_from(&installation.wabas);
    }
    let life = world.switches.token_life;
    let token = world.mint(app, &grant, life);
    Ok(handed_out(&token, world.now()))
}

fn handed_out(token: &Token, now: i64) -> Value {
    let mut answer = json!({"access_token": token.value, "token_type": "bearer"});
    if let Some(seconds) = exchange_seconds(token, now) {
        answer["expires_in"] = json!(seconds);
    }
    answer
}

/// A person's token grows to sixty days; a system user's is made anew, the old one lives on to its own end.
fn lengthen(world: &mut World, call: &Incoming, app: &str) -> Result<Value, GraphError> {
    let value = call.text("fb_exchange_token").ok_or_else(|| GraphError::missing_parameter("fb_exchange_token"))?;
    let Caller::Token(token) = world.caller(&value)? else {
        return Err(GraphError::parameter("fb_exchange_token takes a user access token"));
    };
    if token.app != app {
        return Err(GraphError::token(None, "Error validating access token: The token was issued for another app."));
    }
    let sixty = call.flag("set_token_expires_in_60_days");
    let system_user = token.kind != TokenKind::User;
    if system_user && token.expires_at != 0 && !sixty {
        return Err(GraphError::parameter("The parameter set_token_expires_in_60_days is required for this token."));
    }
    let now = world.now();
    let expires_at = if system_user && !sixty { 0 } else { now + SIXTY_DAYS };
    let fresh = world.reissue(&token, expires_at);
    Ok(handed_out(&fresh, now))
}

pub(crate) fn revoke(world: &mut World, call: &Incoming) -> Result<Value, GraphError> {
    let app = client(world, call)?;
    let bearer = call.token().ok_or_else(GraphError::no_token)?;
    let caller = world.caller(&bearer)?;
    let value = call.text("revoke_token").ok_or_else(|| GraphError::missing_parameter("revoke_token"))?;
    if caller.app() != app {
        return Err(GraphError::permission(10, "The access token belongs to another app."));
    }
    let Some(token) = world.tokens.get_mut(&value).filter(|token| token.app == app) else {
        return Err(GraphError::parameter("Invalid parameter: revoke_token"));
    };
    let message = "Error validating access token: The session has been invalidated because the token was revoked.";
    token.death = Some(Death { subcode: 467, message: message.to_owned() });
    // A string, not a boolean: so it stands in Meta's documentation.
    Ok(json!({"success": "true"}))
}

/// The caller is checked already; what it may look at is decided here.
pub(crate) fn debug_token(world: &World, call: &Incoming, caller: &Caller) -> Result<Value, GraphError> {
    let input = call.text("input_token").ok_or_else(|| GraphError::missing_parameter("input_token"))?;
    if let Some(app) = input.split_once('|').and_then(|(id, _)| world.apps.get(id)) {
        return debug_app_token(world, caller, app, &input);
    }
    let Some(token) = world.tokens.get(&input) else {
        let error = json!({"code": 190, "message": crate::world::undecipherable(&input)});
        return Ok(json!({"data": {"error": error, "is_valid": false, "scopes": []}}));
    };
    may_look(caller, &token.app, &input)?;
    let app_name = world.apps.get(&token.app).map_or("", |app| app.name.as_str());
    let mut data = json!({
        "app_id": token.app, "type": token.debug_type(), "application": app_name,
        "data_access_expires_at": data_access_end(token), "expires_at": token.expires_at, "is_valid": true,
        "issued_at": token.issued_at, "scopes": token.scopes, "user_id": token.user_id,
    });
    if let Some(fault) = token.fault(world.now()) {
        let mut error = json!({"code": fault.code(), "message": fault.message()});
        if let Some(subcode) = fault.subcode() {
            error["subcode"] = json!(subcode);
        }
        data["is_valid"] = json!(false);
        data["scopes"] = json!([]);
        data["error"] = error;
    } else if world.switches.granular_scopes != GranularScopes::Missing {
        data["granular_scopes"] = granular(world, token);
    }
    Ok(json!({ "data": data }))
}

fn debug_app_token(world: &World, caller: &Caller, app: &App, input: &str) -> Result<Value, GraphError> {
    may_look(caller, &app.id, input)?;
    let valid = world.caller(input).is_ok();
    Ok(json!({"data": {"app_id": app.id, "type": "APP", "application": app.name, "is_valid": valid, "scopes": []}}))
}

/// An app token may look at its app's tokens, the app owner's system user too, and every token at itself.
fn may_look(caller: &Caller, app: &str, input: &str) -> Result<(), GraphError> {
    if caller.app() != app {
        return Err(GraphError::parameter("The App_id in the input_token did not match the Viewing App"));
    }
    match caller {
        Caller::App(_) => Ok(()),
        Caller::Token(token) if token.value == input || token.kind == TokenKind::OwnSystemUser => Ok(()),
        Caller::Token(_) => Err(GraphError::parameter(
            "You must provide an app access token, or a user access token that is an owner or developer of the app",
        )),
    }
}

/// The 90 days of data access are a matter of people, not of system users.
fn data_access_end(token: &Token) -> i64 {
    if token.kind == TokenKind::User { token.issued_at + 90 * 86_400 } else { 0 }
}

fn granular(world: &World, token: &Token) -> Value {
    let wabas = world.reached_wabas(token);
    let rows: Vec<Value> = token
        .scopes
        .iter()
        .map(|scope| {
            let mut row = json!({ "scope": scope });
            if world.switches.granular_scopes == GranularScopes::Full {
                let targets = if scope == "business_management" { vec![token.business.clone()] } else { wabas.clone() };
                row["target_ids"] = json!(targets);
            }
            row
        })
        .collect();
    Value::Array(rows)
}

/// `POST /{business}/system_user_access_tokens`: the app's own system user fetches a customer's token (reference §1.6).
pub(crate) fn fetch_business_token(world: &mut World, caller: &Caller, business: &str) -> Result<Value, GraphError> {
    let owner = caller.token().filter(|token| token.kind == TokenKind::OwnSystemUser);
    let Some(owner) = owner.filter(|token| token.has_scope("business_management")) else {
        return Err(GraphError::permission(200, "Permissions error"));
    };
    let Some(installation) = world.installation(&owner.app, business).cloned() else {
        return Err(GraphError::unsupported("POST", business));
    };
    let now = world.now();
    let newest = world
        .tokens
        .values()
        .filter(|token| {
            token.kind == TokenKind::BusinessIntegration && token.app == owner.app && token.business == business
        })
        .filter(|token| token.fault(now).is_none())
        .max_by_key(|token| token.issued_at)
        .cloned();
    let value = match newest {
        Some(token) if token.expires_at == 0 || !world.switches.fetch_extends => token.value,
        Some(token) => world.reissue(&token, now + SIXTY_DAYS).value,
        None => {
            let grant = crate::world::Grant {
                person: installation.person,
                business: business.to_owned(),
                wabas: installation.wabas,
            };
            let life = world.switches.token_life;
            let life = if life == TokenLife::SixtyDays { life } else { TokenLife::Permanent };
            world.mint(&owner.app, &grant, life).value
        }
    };
    Ok(json!({ "access_token": value }))
}
