//! Who is looking, and how they come in.

#[cfg(feature = "ssr")]
use super::gate;
use crate::domain::backups::Pause;
use crate::domain::ids::{SignupId, UserId};
use crate::domain::problem::Problem;
use crate::domain::user::{Role, User};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// An account of the sandbox that the login page offers with one press.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DemoAccount {
    pub id: UserId,
    pub name: String,
    pub role: Role,
}

/// What the login page needs to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginPage {
    /// Empty unless this is a sandbox on a loopback address.
    pub demo_accounts: Vec<DemoAccount>,
    /// Nobody can log in yet: the setup link is in the terminal.
    pub needs_setup: bool,
}

/// A login or setup that was refused, handed to the page that shows the form again. Never holds a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedForm {
    pub email: String,
    pub name: String,
    pub problem: Problem,
}

/// Path and query of the page whose form was refused, handed to the page that says why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentFrom(pub String);

/// What every page of the shell needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shell {
    /// `None` on the login page.
    pub user: Option<User>,
    pub workspace: Option<String>,
    pub sandbox: bool,
    /// For an admin who may end it: nothing goes out since a backup was restored.
    pub pause: Option<Pause>,
    pub facebook: Facebook,
}

/// What a page needs that opens Facebook's window and waits for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facebook {
    /// Where the dialog lives: its window's messages are heard only from there. `https://www.facebook.com`
    pub dialog_origin: String,
    /// The newest signup of an admin when the page was made: whichever is newer was begun on it.
    pub newest_signup: Option<SignupId>,
}

#[server(name = ReadShell, prefix = "/_fn", endpoint = "shell")]
pub async fn shell() -> Result<Shell, Problem> {
    gate::answer(async {
        let app = gate::app()?;
        let user = gate::viewer().ok().map(|who| who.user.clone());
        let workspace = match &user {
            Some(user) => app.services.store.workspace_name(&user.workspace).await?,
            None => None,
        };
        let newest = match user.as_ref().filter(|user| user.role == Role::Admin) {
            Some(admin) => app.services.store.newest_signup(&admin.id).await?,
            None => None,
        };
        let newest_signup = newest.map(|signup| signup.id);
        let facebook = Facebook { dialog_origin: app.dialog_origin.to_string(), newest_signup };
        let pause = match user.as_ref().filter(|user| user.role == Role::Admin) {
            Some(admin) => app.services.pause_to_end(&admin.workspace).await?,
            None => None,
        };
        Ok(Shell { user, workspace, sandbox: app.sandbox, pause, facebook })
    })
    .await
}

#[server(name = ReadLoginPage, prefix = "/_fn", endpoint = "login_page")]
pub async fn login_page() -> Result<LoginPage, Problem> {
    gate::answer(async {
        let app = gate::app()?;
        let users = if app.demo { app.services.store.list_demo_users().await? } else { Vec::new() };
        let demo_accounts = users.into_iter().map(|u| DemoAccount { id: u.id, name: u.name, role: u.role }).collect();
        Ok(LoginPage { demo_accounts, needs_setup: !app.services.store.has_users().await? })
    })
    .await
}
