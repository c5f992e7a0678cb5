//! `greentick user`: people without a browser.

use super::{Stop, open};
use clap::Subcommand;
use greentick::domain::ids::WorkspaceId;
use greentick::domain::user::{Role, User};
use greentick::server::config::Given;
use greentick::server::session::Passwords;
use greentick::server::store::{NewUser, Store};
use secrecy::SecretString;
use std::io::BufRead;

#[derive(Subcommand)]
pub(super) enum UserCommand {
    /// Adds a person
    Add {
        #[arg(long)]
        email: String,
        #[arg(long)]
        name: String,
        /// admin, support or viewer
        #[arg(long)]
        role: Role,
        /// Reads the password from the first line of the standard input
        #[arg(long, required = true)]
        password_stdin: bool,
    },
    /// Lists everybody of the workspace
    List,
    /// Changes what a person may do
    Role {
        #[arg(long)]
        email: String,
        #[arg(long)]
        role: Role,
    },
    /// Sets a new password and ends that person's sessions
    Password {
        #[arg(long)]
        email: String,
        /// Reads the password from the first line of the standard input
        #[arg(long, required = true)]
        password_stdin: bool,
    },
}

pub(super) async fn run(given: &Given, workspace: Option<&str>, what: UserCommand) -> Result<(), Stop> {
    let store = open::open(given).await?;
    let workspace = open::workspace(&store, workspace).await?;
    match what {
        UserCommand::Add { email, name, role, password_stdin: _ } => add(&store, &workspace, &email, &name, role).await,
        UserCommand::List => {
            for user in store.list_users(&workspace).await? {
                say!("{}\t{}\t{}", user.email, user.role, user.name);
            }
            Ok(())
        }
        UserCommand::Role { email, role } => {
            let user = find(&store, &workspace, &email).await?;
            store.update_role(&user.id, role).await?;
            say!("{} is now {role}.", user.email);
            Ok(())
        }
        UserCommand::Password { email, password_stdin: _ } => {
            let user = find(&store, &workspace, &email).await?;
            let hash = hashed(read_password()?).await?;
            store.update_password(&user.id, &hash).await?;
            say!("{} has a new password; all sessions have ended.", user.email);
            Ok(())
        }
    }
}

async fn add(store: &Store, workspace: &WorkspaceId, email: &str, name: &str, role: Role) -> Result<(), Stop> {
    if name.trim().is_empty() {
        return Err(Stop::Usage("--name: say who it is".to_owned()));
    }
    if !greentick::domain::user::looks_like_email(email) {
        return Err(Stop::Usage(format!("--email: `{email}` is no address")));
    }
    let hash = hashed(read_password()?).await?;
    let new = NewUser { workspace, email, name, role, password_hash: Some(&hash) };
    match store.add_user(new).await? {
        Some(user) => {
            say!("Added {} as {role}.", user.email);
            Ok(())
        }
        None => Err(Stop::Failed(format!("{email} is taken: somebody with this address exists"))),
    }
}

async fn find(store: &Store, workspace: &WorkspaceId, email: &str) -> Result<User, Stop> {
    let user = store.find_user_by_email(email).await?.filter(|user| user.workspace == *workspace);
    user.ok_or_else(|| Stop::Failed(format!("nobody here has the address {email}; `greentick user list` shows who is")))
}

fn read_password() -> Result<SecretString, Stop> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).map_err(|error| Stop::Failed(format!("standard input: {error}")))?;
    let password: SecretString = line.trim_end_matches(['\r', '\n']).into();
    match Passwords::broken_rule(&password) {
        Some(rule) => Err(Stop::Usage(format!("the password must have {rule}"))),
        None => Ok(password),
    }
}

async fn hashed(password: SecretString) -> Result<String, Stop> {
    let failed = |error: greentick::server::session::HashingFailed| Stop::Failed(error.to_string());
    Passwords::new().await.map_err(failed)?.hash(password).await.map_err(failed)
}
