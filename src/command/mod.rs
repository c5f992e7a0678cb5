//! `greentick` and its commands.

#[macro_use]
pub(crate) mod say;

mod api_key;
mod backup;
mod check;
mod check_deploy;
pub(crate) mod env_file;
mod key;
mod move_data;
mod open;
mod progress;
mod restore;
mod sandbox;
mod secret;
mod serve;
mod user;

use clap::parser::ValueSource;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use greentick::server::archive::ArchiveError;
use greentick::server::config::{BadSetting, Given};
use greentick::server::start::NotStarted;
use greentick::server::store::StoreError;

/// Connects WhatsApp numbers to your software, and keeps them connected.
///
/// Settings come from flags, the environment, or a file `.env` in the current folder.
#[derive(Parser)]
#[command(name = "greentick", version)]
pub(crate) struct Command {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    given: Given,
}

#[derive(Subcommand)]
enum What {
    /// Serves the web app; also what the bare command does
    Serve {
        /// Serve together with a sandbox of Meta: everything works, nothing is real
        #[arg(long)]
        sandbox: bool,
    },
    /// Serves the sandbox of Meta alone, where --sandbox-addr says
    Sandbox,
    /// Asks Meta whether the connected numbers work, and can send a message to try it
    ///
    /// Looks at the connections in the database or, without one, at WHATSAPP_ACCESS_TOKEN and its ids. Ends with 0 when all
    /// is good, 1 when something failed, 2 when it was asked the wrong way.
    Check(check::Asked),
    /// Brings the database up to date, after a backup of it, and does nothing else
    Migrate,
    /// Writes all data into one file, while Greentick goes on serving
    ///
    /// The file holds no secret key: keep a copy of that elsewhere, or add --with-key.
    Backup(backup::Asked),
    /// Puts a backup in the place of the data
    ///
    /// Everything is compared and checked before anything is changed. Afterwards nothing is sent until an admin presses Resume.
    Restore(restore::Asked),
    /// Carries all data into another database: from SQLite to Postgres, or back
    Move(move_data::Asked),
    /// Makes, lists and revokes keys for programs
    ApiKey {
        #[command(subcommand)]
        what: api_key::ApiKeyCommand,
        /// Which workspace; may be left out while there is one
        #[arg(long, global = true)]
        workspace: Option<String>,
    },
    /// Changes the key that seals all secrets
    Key {
        #[command(subcommand)]
        what: key::KeyCommand,
    },
    /// Adds, lists and changes the people who can log in
    User {
        #[command(subcommand)]
        what: user::UserCommand,
        /// Which workspace; may be left out while there is one
        #[arg(long, global = true)]
        workspace: Option<String>,
    },
}

/// Why a command did not do what it was asked, in one line.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Stop {
    #[error(transparent)]
    Setting(#[from] BadSetting),
    #[error("{0}")]
    Usage(String),
    #[error("{0}")]
    Failed(String),
    /// It has been printed already.
    #[error("")]
    Said,
}

impl Stop {
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Setting(_) | Self::Usage(_) => 2,
            Self::Failed(_) | Self::Said => 1,
        }
    }
}

impl From<NotStarted> for Stop {
    fn from(error: NotStarted) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<ArchiveError> for Stop {
    fn from(error: ArchiveError) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.to_string())
    }
}

impl Command {
    /// As typed. The sandbox does not listen at `--addr`, which whoever types it there would wait for.
    pub(crate) fn typed() -> Result<Self, Stop> {
        let matches = Self::command().get_matches();
        let sandbox = matches.subcommand_matches("sandbox");
        if sandbox.and_then(|typed| typed.value_source("addr")) == Some(ValueSource::CommandLine) {
            return Err(Stop::Usage(
                "--addr is where Greentick itself listens; for the sandbox say --sandbox-addr".to_owned(),
            ));
        }
        Ok(Self::from_arg_matches(&matches).unwrap_or_else(|error| error.exit()))
    }

    pub(crate) async fn run(self) -> Result<(), Stop> {
        open::start_logging(self.given.log.as_deref())?;
        match self.what.unwrap_or(What::Serve { sandbox: false }) {
            What::Serve { sandbox } => serve::serve(&self.given, sandbox).await,
            What::Sandbox => sandbox::serve_alone(&self.given).await,
            What::Check(asked) => check::run(&self.given, asked).await,
            What::Migrate => {
                open::upgrade(&self.given).await?;
                say!("The database is up to date.");
                Ok(())
            }
            What::Backup(asked) => backup::run(&self.given, &asked).await,
            What::Restore(asked) => restore::run(&self.given, &asked).await,
            What::Move(asked) => move_data::run(&self.given, &asked).await,
            What::ApiKey { what, workspace } => api_key::run(&self.given, workspace.as_deref(), what).await,
            What::Key { what } => key::run(&self.given, &what).await,
            What::User { what, workspace } => user::run(&self.given, workspace.as_deref(), what).await,
        }
    }
}
