//! Starts a signup: records it and makes the address of Meta's dialog.

use super::{Failure, Services};
use crate::domain::ids::{ConnectionId, UserId};
use crate::domain::problem::Problem;
use crate::server::store::{Actor, NewSignup};
use oauth2::basic::BasicClient;
use oauth2::url::Url;
use oauth2::{AuthUrl, ClientId, CsrfToken, RedirectUrl};
use serde_json::json;

/// What the person wished for when pressing the button.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    /// Reconnect this number and no other.
    pub connection: Option<ConnectionId>,
    /// The number is on the WhatsApp Business app and stays there.
    pub coexistence: bool,
    pub popup: bool,
}

/// The address to send the browser to.
pub async fn begin_signup(
    services: &Services,
    actor: &Actor,
    user: &UserId,
    session_hash: &str,
    wish: &Wish,
) -> Result<String, Failure> {
    let settings = &services.settings;
    let (app, config_id) = services.connect()?;
    if let Some(id) = &wish.connection {
        let found = services.store.find_connection(&actor.workspace, id).await?;
        found.ok_or_else(Problem::not_found)?;
    }
    let broken = |what: &str| {
        Problem::new(
            "broken_settings",
            &format!("Connect with Facebook is off: {what} is not an address."),
            "",
            "Correct it and restart Greentick.",
        )
    };
    let dialog = format!("{}/{}/dialog/oauth", settings.dialog_url, settings.api_version);
    let client = BasicClient::new(ClientId::new(app.id.clone()))
        .set_auth_uri(AuthUrl::new(dialog).map_err(|_| broken("META_DIALOG_URL"))?)
        .set_redirect_uri(RedirectUrl::new(settings.redirect_uri()).map_err(|_| broken("GREENTICK_PUBLIC_URL"))?);
    let mut request = client
        .authorize_url(CsrfToken::new_random)
        .add_extra_param("config_id", config_id)
        .add_extra_param("override_default_response_type", "true")
        .add_extra_param("extras", extras(wish.coexistence));
    if wish.popup {
        request = request.add_extra_param("display", "popup");
    }
    let (url, state): (Url, CsrfToken) = request.url();
    let signup = NewSignup {
        workspace: &actor.workspace,
        user,
        session_hash,
        state: state.secret(),
        reconnects: wish.connection.as_ref(),
        popup: wish.popup,
        coexistence: wish.coexistence,
    };
    let id = services.store.add_signup(signup).await?;
    let connection = wish.connection.as_ref();
    services.store.add_audit(actor, "signup_started", connection, None, Some(json!({"signup": id}))).await?;
    Ok(url.into())
}

/// Fact base §3.1: harmless where the configuration decides, needed where it does not.
fn extras(coexistence: bool) -> String {
    let mut extras = json!({"setup": {}, "sessionInfoVersion": "3", "version": "v4"});
    if coexistence {
        extras["featureType"] = json!("whatsapp_business_app_onboarding");
    }
    extras.to_string()
}
