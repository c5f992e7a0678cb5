//! This installation's own Meta app: from the environment, else as entered in Settings › Meta app.

use super::{Failure, Services};
use crate::domain::ids::WorkspaceId;
use crate::domain::pages::{AppCheck, MetaAppPage, Setting};
use crate::domain::problem::Problem;
use crate::domain::redaction::masked;
use crate::domain::settings::id_rule;
use crate::server::config::{App, MetaSettings};
use crate::server::store::{Actor, Store, StoreError, StoredMetaApp};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use std::sync::{Arc, PoisonError, RwLock};

/// The app as it is in use now. Clones share it.
#[derive(Clone, Default)]
pub struct MetaApp(Arc<RwLock<AppInUse>>);

#[derive(Clone, Default)]
struct AppInUse {
    app: Option<App>,
    config_id: Option<String>,
}

impl MetaApp {
    /// Reads what was entered; the environment wins. Also brings what another node has saved.
    pub async fn read(&self, store: &Store, settings: &MetaSettings) -> Result<(), StoreError> {
        let stored = store.find_meta_app().await?;
        let entered = stored.app_id.zip(stored.app_secret).map(|(id, secret)| App { id, secret });
        let app = settings.app.clone().or(entered);
        let config_id = settings.config_id.clone().or(stored.config_id);
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = AppInUse { app, config_id };
        Ok(())
    }

    fn now(&self) -> AppInUse {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Services {
    /// This installation's app, when its ID and secret are known.
    pub fn app(&self) -> Option<App> {
        self.meta_app.now().app
    }

    /// What Connect with Facebook needs, app and configuration ID; or why it is off.
    pub fn connect(&self) -> Result<(App, String), Problem> {
        let AppInUse { app, config_id } = self.meta_app.now();
        let both = app.zip(config_id).ok_or_else(no_meta_app)?;
        if self.settings.facebook_returns() { Ok(both) } else { Err(https_needed()) }
    }

    /// Notices what another node has saved.
    pub async fn read_meta_app(&self) -> Result<(), StoreError> {
        self.meta_app.read(&self.store, &self.settings).await
    }
}

/// The app belongs to the installation: only whoever runs it, the first workspace, may change it.
async fn only_the_first(services: &Services, workspace: &WorkspaceId) -> Result<(), Failure> {
    if services.store.is_first_workspace(workspace).await? { Ok(()) } else { Err(not_yours().into()) }
}

pub async fn show_meta_app(services: &Services, workspace: &WorkspaceId) -> Result<MetaAppPage, Failure> {
    only_the_first(services, workspace).await?;
    let stored = services.store.find_meta_app().await?;
    let settings = &services.settings;
    let given = settings.app.as_ref();
    let setting =
        |given: Option<String>, stored: Option<String>| Setting { fixed: given.is_some(), value: given.or(stored) };
    let kept = |secret: &SecretString| masked(secret.expose_secret());
    Ok(MetaAppPage {
        app_id: setting(given.map(|app| app.id.clone()), stored.app_id),
        app_secret: setting(given.map(|app| kept(&app.secret)), stored.app_secret.as_ref().map(kept)),
        config_id: setting(settings.config_id.clone(), stored.config_id),
        redirect_uri: settings.redirect_uri(),
        domain: settings.domain().to_owned(),
        webhook_url: settings.shared_webhook_url(),
        off: services.connect().err(),
    })
}

/// What was typed. An empty secret keeps the one before.
pub struct MetaAppUpdate {
    pub app_id: String,
    pub app_secret: SecretString,
    pub config_id: String,
}

pub async fn save_meta_app(services: &Services, actor: &Actor, update: MetaAppUpdate) -> Result<(), Failure> {
    only_the_first(services, &actor.workspace).await?;
    let before = services.store.find_meta_app().await?;
    let typed = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let secret = typed(update.app_secret.expose_secret()).map(SecretString::from);
    // What the environment fixes is not entered: a page from before, or a program, may still send it.
    let (app_fixed, config_fixed) = (services.settings.app.is_some(), services.settings.config_id.is_some());
    let after = StoredMetaApp {
        app_id: if app_fixed { before.app_id.clone() } else { typed(&update.app_id) },
        app_secret: secret.filter(|_| !app_fixed).or_else(|| before.app_secret.clone()),
        config_id: if config_fixed { before.config_id.clone() } else { typed(&update.config_id) },
    };
    for (field, name, id) in [("app_id", "App ID", &after.app_id), ("config_id", "Configuration ID", &after.config_id)]
    {
        if let Some(rule) = id.as_deref().and_then(|id| id_rule(name, id)) {
            return Err(Problem::invalid(field, &rule).into());
        }
    }
    if after.app_id != before.app_id && update.app_secret.expose_secret().trim().is_empty() && after.app_id.is_some() {
        return Err(Problem::invalid("app_secret", "another app has another secret: enter it too").into());
    }
    services.store.put_meta_app(&after).await?;
    services.read_meta_app().await?;
    let told = |app: &StoredMetaApp| json!({"app": app.app_id, "configuration": app.config_id});
    let (before, after) = (told(&before), told(&after));
    services.store.add_audit(actor, "meta_app_changed", None, Some(before), Some(after)).await?;
    Ok(())
}

/// Asks Meta whether ID and secret belong together, and what the app is called.
pub async fn check_meta_app(services: &Services, workspace: &WorkspaceId) -> Result<AppCheck, Failure> {
    only_the_first(services, workspace).await?;
    let Some(app) = services.app() else { return Err(no_meta_app().into()) };
    Ok(match services.graph.read_app(&app).await {
        Ok(name) => AppCheck::Good { name },
        Err(error) => AppCheck::Bad { problem: error.problem() },
    })
}

fn no_meta_app() -> Problem {
    Problem::new(
        "no_meta_app",
        "Connect with Facebook is off: this installation has no Meta app yet.",
        "It needs the app's ID and secret, and the ID of a login configuration.",
        "Follow the setup guide, then enter the three under Settings › Meta app.",
    )
}

fn https_needed() -> Problem {
    Problem::new(
        "https_needed",
        "Connect with Facebook is off: Facebook returns only to https.",
        "This installation's public address begins with http.",
        "Set GREENTICK_PUBLIC_URL to its https address and restart Greentick.",
    )
}

fn not_yours() -> Problem {
    Problem::new(
        "not_allowed",
        "The Meta app belongs to the whole installation.",
        "Admins of its first workspace may see and change it.",
        "Ask whoever runs this installation.",
    )
}
