//! `greentick api-key`: keys for programs without a browser.

use super::{Stop, open};
use clap::Subcommand;
use greentick::domain::api_key::{ApiKey, KeyState, Scope};
use greentick::domain::ids::ApiKeyId;
use greentick::server::clock::Clock;
use greentick::server::config::Given;
use greentick::server::operations::Failure;
use greentick::server::operations::api_keys::{Wanted, add_api_key, revoke_api_key};
use greentick::server::store::Actor;
use secrecy::ExposeSecret;

#[derive(Subcommand)]
pub(super) enum ApiKeyCommand {
    /// Makes a key and prints it, this once
    Add {
        #[arg(long)]
        name: String,
        /// `read`: messages and everything else that Meta reports, also as an export; numbers, settings, forwards. `write`: also
        /// changes settings and forwards, refreshes tokens, deletes a person's data
        #[arg(long)]
        scope: Scope,
        /// Days until it ends; without it, it does not end
        #[arg(long)]
        days: Option<i64>,
    },
    /// Lists the keys of the workspace, without the keys themselves
    List,
    /// Ends a key at once
    Revoke {
        /// Its id, as `list` shows it
        id: String,
    },
}

pub(super) async fn run(given: &Given, workspace: Option<&str>, what: ApiKeyCommand) -> Result<(), Stop> {
    let store = open::open(given).await?;
    let workspace = open::workspace(&store, workspace).await?;
    let actor = Actor { workspace: workspace.clone(), user: None, name: "command line".to_owned(), address: None };
    match what {
        ApiKeyCommand::Add { name, scope, days } => {
            let wanted = Wanted { name, scope, days };
            let key = add_api_key(&store, &Clock::system(), &actor, &wanted).await.map_err(told)?;
            say!("{}", key.expose_secret());
        }
        ApiKeyCommand::List => {
            let now = Clock::system().now();
            for key in store.list_api_keys(&workspace).await? {
                say!("{}\t{}\t…{}\t{}\t{}", key.id, key.scope, key.last_four, state(&key, now), key.name);
            }
        }
        ApiKeyCommand::Revoke { id } => {
            if !revoke_api_key(&store, &actor, &ApiKeyId::new(id.clone())).await.map_err(told)? {
                return Err(Stop::Failed(format!("no working key {id} here; `greentick api-key list` shows them")));
            }
            say!("The key does not work any more.");
        }
    }
    Ok(())
}

fn state(key: &ApiKey, now: greentick::domain::instant::Instant) -> String {
    match key.state_at(now) {
        KeyState::Revoked(at) => format!("revoked {}", at.date()),
        KeyState::Ended(end) => format!("ended {}", end.date()),
        KeyState::Works(Some(end)) => format!("until {}", end.date()),
        KeyState::Works(None) => "works".to_owned(),
    }
}

fn told(failure: Failure) -> Stop {
    match failure {
        Failure::Shown(problem) => Stop::Usage(problem.what),
        Failure::Unexpected(error) => error.into(),
    }
}
