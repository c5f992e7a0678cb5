//! The sandbox of Meta: beside the app, or alone. Only here is its crate known; the app meets it by its URLs.

use super::Stop;
use super::serve::{told_to_stop, wait_for};
use greentick::server::config::{App, Config, Given, SandboxApp};
use sandbox::{Options, Running, fixtures};

async fn start(config: &Config) -> Result<Running, Stop> {
    let callback = config.meta.redirect_uri();
    let options = Options { addr: config.sandbox_addr, redirect_uris: vec![callback], ..Options::default() };
    sandbox::start(options)
        .await
        .map_err(|error| super::serve::cannot_listen("GREENTICK_SANDBOX_ADDR", config.sandbox_addr, &error))
}

/// Starts it and puts its app in place of Meta's.
pub(super) async fn start_beside(config: &mut Config) -> Result<Running, Stop> {
    let running = start(config).await?;
    running.control().set_callback(None, &config.meta.shared_webhook_url()).map_err(Stop::Failed)?;
    config.use_sandbox(SandboxApp {
        app: App { id: fixtures::APP_ID.to_owned(), secret: fixtures::APP_SECRET.into() },
        config_id: fixtures::CONFIG_ID.to_owned(),
        system_token: fixtures::SYSTEM_TOKEN.into(),
        graph_url: running.graph_url(),
        dialog_url: running.dialog_url(),
    });
    Ok(running)
}

pub(super) async fn serve_alone(given: &Given) -> Result<(), Stop> {
    let config = Config::read(given, true)?;
    let running = start(&config).await?;
    say!("Sandbox of Meta:  {}/_sandbox", running.graph_url());
    say!("META_GRAPH_URL={}", running.graph_url());
    say!("META_DIALOG_URL={}", running.dialog_url());
    say!("WHATSAPP_APP_ID={}", fixtures::APP_ID);
    say!("WHATSAPP_APP_SECRET={}", fixtures::APP_SECRET);
    say!("WHATSAPP_CONFIG_ID={}", fixtures::CONFIG_ID);
    wait_for(told_to_stop()?).await;
    running.stop().await;
    Ok(())
}
