//! `greentick move --to URL`

use super::Stop;
use super::progress::teller;
use clap::Args;
use greentick::domain::counts::grouped;
use greentick::server::clock::Clock;
use greentick::server::config::{Config, DatabaseUrl, Given, secret};
use greentick::server::operations::move_data::{move_data, take_back};
use greentick::server::start;
use greentick::server::store::FoundData;
use secrecy::ExposeSecret;

#[derive(Args)]
pub(super) struct Asked {
    /// `postgres://…` or `sqlite:…`; also from GREENTICK_MOVE_TO or GREENTICK_MOVE_TO_FILE, where nobody can read the password
    #[arg(long, env = "GREENTICK_MOVE_TO", hide_env_values = true)]
    to: Option<String>,
    /// Puts data aside that is there already, and keeps it
    #[arg(long)]
    replace: bool,
    /// Takes the mark away that an earlier move has left here, to go on with this data
    #[arg(long)]
    undo: bool,
    /// The data of `serve --sandbox`
    #[arg(long)]
    sandbox: bool,
}

pub(super) async fn run(given: &Given, asked: &Asked) -> Result<(), Stop> {
    let config = Config::read(given, asked.sandbox)?;
    start::there_is_data(&config)?;
    if asked.undo {
        let moved = take_back(&config.database).await?;
        say!(
            "This data may be served from again. What has happened in {} since {} is not in it.",
            moved.to,
            moved.at.date_time()
        );
        return Ok(());
    }
    let url = secret("GREENTICK_MOVE_TO", asked.to.as_deref())?;
    let url = url.ok_or_else(|| Stop::Usage("say where to: --to postgres://user:password@host/database".to_owned()))?;
    let to = DatabaseUrl::parse(url.expose_secret()).map_err(|why| Stop::Usage(format!("--to: {why}")))?;
    let done = move_data(&config.database, &to, asked.replace, Clock::system().now(), &teller()).await?;
    let (rows, tables) = (grouped(done.inventory.rows()), done.inventory.tables.len());
    let (old, new) = (FoundData::name_of(&config.database), FoundData::name_of(&to));
    if done.was_there {
        say!("An earlier move had carried all {rows} rows of {tables} tables into {new} already.");
    } else {
        say!("Moved {rows} rows of {tables} tables into {new}.");
    }
    if let Some(kept) = done.kept {
        say!("What was there before is kept in {kept}.");
    }
    say!("Next: set DATABASE_URL={}, and start Greentick. The secret key stays where it is.", setting(&to));
    say!("{old} stays as it is, and Greentick does not start on it any more. `greentick move --undo` takes that back.");
    Ok(())
}

/// As it goes into the environment, but for the password.
fn setting(to: &DatabaseUrl) -> String {
    match to {
        DatabaseUrl::Sqlite(path) => {
            format!("sqlite:{}", std::path::absolute(path).unwrap_or_else(|_| path.clone()).display())
        }
        DatabaseUrl::Postgres(url) => {
            let (scheme, rest) = url.split_once("://").unwrap_or(("postgres", url));
            let (place, query) = rest.split_once('?').map_or((rest, ""), |(place, query)| (place, query));
            let place = match place.rsplit_once('@') {
                Some((who, place)) => {
                    format!("{}@{place}", who.split_once(':').map_or(who.to_owned(), |(user, _)| format!("{user}:…")))
                }
                None => place.to_owned(),
            };
            let query = if query.is_empty() { "" } else { "?…" };
            format!("{scheme}://{place}{query}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_is_not_repeated() {
        let shown = |url: &str| setting(&DatabaseUrl::parse(url).unwrap());
        assert_eq!(shown("postgres://ana:s3:cr@t@db/green"), "postgres://ana:…@db/green");
        assert_eq!(shown("postgres://ana@db/green?password=secret"), "postgres://ana@db/green?…");
        assert_eq!(shown("sqlite:/var/lib/g.db"), "sqlite:/var/lib/g.db");
    }
}
