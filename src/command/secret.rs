//! A passphrase: from the environment, or typed without being shown. Never from the command line, where others could read it.

use super::Stop;
use greentick::server::config::secret;
use secrecy::{ExposeSecret, SecretString};
use std::io::IsTerminal;

const VARIABLE: &str = "GREENTICK_BACKUP_PASSPHRASE";
const SHORTEST: usize = 12;

/// A new one: asked for twice, and long enough to withstand whoever finds the file.
pub(super) fn new_passphrase() -> Result<SecretString, Stop> {
    let passphrase = match given()? {
        Some(passphrase) => passphrase,
        None => {
            let first = ask("Passphrase for the key in this backup")?;
            if ask("Once more")?.expose_secret() != first.expose_secret() {
                return Err(Stop::Usage("the two passphrases differ".to_owned()));
            }
            first
        }
    };
    if passphrase.expose_secret().chars().count() < SHORTEST {
        return Err(Stop::Usage(format!("the passphrase must have at least {SHORTEST} characters")));
    }
    Ok(passphrase)
}

/// The one that a backup was made with.
pub(super) fn passphrase() -> Result<SecretString, Stop> {
    match given()? {
        Some(passphrase) => Ok(passphrase),
        None => ask("Passphrase of the key in this backup"),
    }
}

fn given() -> Result<Option<SecretString>, Stop> {
    Ok(secret(VARIABLE, std::env::var(VARIABLE).ok().as_deref())?)
}

fn ask(what: &str) -> Result<SecretString, Stop> {
    if !std::io::stdin().is_terminal() {
        return Err(Stop::Usage(format!("nobody is there to type a passphrase: set {VARIABLE} or {VARIABLE}_FILE")));
    }
    eprint!("{what}: ");
    let typed = without_echo(|| {
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).map(|_| line)
    });
    eprintln!();
    let line = typed.map_err(|error| Stop::Failed(format!("the passphrase could not be read: {error}")))?;
    Ok(line.trim_end_matches(['\r', '\n']).into())
}

/// Runs `read` while the terminal shows nothing of what is typed.
#[cfg(unix)]
fn without_echo(read: impl FnOnce() -> std::io::Result<String>) -> std::io::Result<String> {
    use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
    let terminal = std::io::stdin();
    let before = tcgetattr(&terminal)?;
    let mut silent = before.clone();
    silent.local_modes.remove(LocalModes::ECHO);
    tcsetattr(&terminal, OptionalActions::Flush, &silent)?;
    let line = read();
    tcsetattr(&terminal, OptionalActions::Flush, &before)?;
    line
}

#[cfg(not(unix))]
fn without_echo(read: impl FnOnce() -> std::io::Result<String>) -> std::io::Result<String> {
    read()
}
