//! `greentick check`: does it work? For a terminal and for cron.

use super::check_deploy::check_deployment;
use super::{Stop, open};
use clap::Args;
use greentick::domain::connection::Lifecycle;
use greentick::domain::ids::WorkspaceId;
use greentick::domain::problem::Problem;
use greentick::server::clock::Clock;
use greentick::server::config::{Config, DatabaseUrl, Entered, Given};
use greentick::server::meta::{Graph, TestMessage};
use greentick::server::operations::access::Access;
use greentick::server::operations::check_access::{Report, Subject, check_access, send_test};
use greentick::server::operations::settings::pick;
use greentick::server::operations::{Failure, Services};
use greentick::server::start;
use greentick::server::store::StoredConnection;
use serde_json::json;

/// Connections read from the database at a time.
const AT_ONCE: i64 = 500;

#[derive(Args)]
pub(super) struct Asked {
    /// Only this connection: its id, or its Phone Number ID
    #[arg(long)]
    connection: Option<String>,
    /// Check WHATSAPP_ACCESS_TOKEN and its ids from the environment, without a database
    #[arg(long, conflicts_with = "connection")]
    env: bool,
    /// Send a message to this phone number, with its country code
    #[arg(long)]
    to: Option<String>,
    /// What to send
    #[arg(long, requires = "to", default_value = "Greentick says hello: sending works.")]
    text: String,
    /// Send this template in place of a text: NAME, or NAME:LANGUAGE
    #[arg(long, requires = "to")]
    template: Option<String>,
    /// Look at this installation from outside in instead: address, certificate, proxy, backups
    #[arg(long, conflicts_with_all = ["connection", "env", "to"])]
    deploy: bool,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
    /// Which workspace; may be left out while there is one
    #[arg(long)]
    workspace: Option<String>,
}

pub(super) async fn run(given: &Given, asked: Asked) -> Result<(), Stop> {
    let config = Config::read(given, false)?;
    if asked.deploy {
        return check_deployment(given, &config, asked.json).await;
    }
    let to = asked.to.as_deref().map(recipient).transpose()?;
    let mut reports = Vec::new();
    for subject in subjects(given, &config, &asked).await? {
        let mut subject = match subject {
            Ok(subject) => subject,
            Err(report) => {
                reports.push(*report);
                continue;
            }
        };
        reports.push(check_access(&mut subject).await);
        if let (Some(to), Some(report)) = (&to, reports.last_mut()) {
            send_test(&subject, report, to, message(&asked)).await;
        }
    }
    let good = reports.iter().all(Report::is_good);
    if asked.json {
        say!("{}", json!({"ok": good, "numbers": reports}));
    } else {
        reports.iter().for_each(print);
    }
    // What failed has been said; a line about the line would add nothing.
    if good { Ok(()) } else { Err(Stop::Said) }
}

fn recipient(text: &str) -> Result<String, Stop> {
    let digits: String = text.chars().filter(|letter| !"+-(). ".contains(*letter)).collect();
    let is_number = (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_number {
        Ok(digits)
    } else {
        Err(Stop::Usage(format!(
            "--to: `{text}` is no phone number; write it with its country code, like +15550123456"
        )))
    }
}

fn message(asked: &Asked) -> TestMessage<'_> {
    match asked.template.as_deref() {
        None => TestMessage::Text(&asked.text),
        Some(template) => {
            let (name, language) = template.split_once(':').unwrap_or((template, "en_US"));
            TestMessage::Template { name, language }
        }
    }
}

/// What to ask about, or what there is to say without asking.
type Asks = Result<Subject, Box<Report>>;

async fn subjects(given: &Given, config: &Config, asked: &Asked) -> Result<Vec<Asks>, Stop> {
    if asked.env || !has_database(config) {
        let Some(entered) = &config.entered else {
            return Err(Stop::Usage(
                "there is nothing to check: this folder has no database, and WHATSAPP_ACCESS_TOKEN is not set"
                    .to_owned(),
            ));
        };
        return Ok(vec![Ok(from_environment(config, entered)?)]);
    }
    let store = open::open(given).await?;
    let workspace = open::workspace(&store, asked.workspace.as_deref()).await?;
    let services = start::services(config, store, Clock::system()).await?;
    if asked.to.is_some() && services.effects_paused().await? {
        return Err(Stop::Failed(Problem::effects_paused().to_string()));
    }
    let found = match asked.connection.as_deref() {
        Some(wanted) => match pick(&services, &workspace, Some(wanted)).await {
            Ok(found) => found.into_iter().collect(),
            Err(Failure::Shown(_)) => {
                return Err(Stop::Usage(format!("--connection: there is no connection `{wanted}` here")));
            }
            Err(Failure::Unexpected(error)) => return Err(error.into()),
        },
        None => in_use(&services, &workspace).await?,
    };
    if found.is_empty() {
        return Err(Stop::Usage("there is nothing to check: no number is connected".to_owned()));
    }
    if asked.to.is_some() && found.len() > 1 {
        return Err(Stop::Usage("--to: there are several numbers; say which one sends with --connection".to_owned()));
    }
    let mut subjects = Vec::new();
    for stored in &found {
        subjects.push(from_connection(&services, stored).await?);
    }
    Ok(subjects)
}

/// Every number that is not disconnected.
async fn in_use(services: &Services, workspace: &WorkspaceId) -> Result<Vec<StoredConnection>, Stop> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = services.store.search_connections(workspace, "", after.as_ref(), AT_ONCE).await?;
        found.extend(page.rows.into_iter().filter(|row| row.connection.lifecycle != Lifecycle::Disconnected));
        after = page.next;
        if after.is_none() {
            return Ok(found);
        }
    }
}

/// Looking must not make one.
fn has_database(config: &Config) -> bool {
    match &config.database {
        DatabaseUrl::Sqlite(path) => path.exists(),
        DatabaseUrl::Postgres(_) => true,
    }
}

fn from_environment(config: &Config, entered: &Entered) -> Result<Subject, Stop> {
    let version = &config.meta.api_version;
    let graph = Graph::new(&config.graph_url, version).map_err(Stop::Failed)?;
    Ok(Subject {
        access: Access { graph, token: entered.token.clone(), app: config.meta.app.clone() },
        phone_number_id: entered.phone_number_id.clone(),
        waba: entered.waba.clone(),
        api_version: version.clone(),
    })
}

async fn from_connection(services: &Services, stored: &StoredConnection) -> Result<Asks, Stop> {
    let access = services.find_access(stored).await.map_err(|failure| match failure {
        Failure::Shown(problem) => Stop::Failed(problem.to_string()),
        Failure::Unexpected(error) => error.into(),
    })?;
    let connection = &stored.connection;
    let api_version = connection.api_version.clone().unwrap_or_else(|| services.settings.api_version.clone());
    Ok(match access {
        Some(access) => Ok(Subject {
            access,
            phone_number_id: Some(connection.phone_number_id.clone()),
            waba: Some(connection.waba.clone()),
            api_version,
        }),
        None => Err(Box::new(Report {
            phone_number: Some(connection.display_number.clone()),
            phone_number_id: Some(connection.phone_number_id.to_string()),
            business_account_id: Some(connection.waba.to_string()),
            api_version,
            problems: vec![Problem::reconnect_needed()],
            ..Report::default()
        })),
    })
}

/// Does it work, which number, until when, with what.
fn print(report: &Report) {
    let name = report.verified_name.as_deref().map(|name| format!(" ({name})")).unwrap_or_default();
    let number = report.phone_number.as_deref().unwrap_or("The number");
    let unasked = report.problems.iter().all(|problem| problem.is("meta_unreachable"));
    let verdict = match (report.is_good(), unasked) {
        (true, _) => "works",
        (false, true) => "could not be checked",
        (false, false) => "does not work",
    };
    say!("{number}{name} {verdict}.");
    for problem in &report.problems {
        say!("  ✗ {}", [&problem.what, &problem.why].map(String::as_str).join(" ").trim());
        say!("    → {}", problem.remedy);
        if let Some(meta) = &problem.meta {
            let trace = meta.fbtrace_id.as_deref().map(|trace| format!(", fbtrace_id {trace}")).unwrap_or_default();
            say!("    Meta: code {}{}{trace}", meta.code, meta.subcode.map(|s| format!("/{s}")).unwrap_or_default());
        }
    }
    let line = |label: &str, value: Option<&str>| say!("  {label:<18} {}", value.unwrap_or("Meta does not say"));
    line("Quality", report.quality.as_deref());
    line("Token", report.token.as_ref().map(|token| token.words));
    let end = report.token.as_ref().map(|token| token.end.map_or_else(|| "never".to_owned(), |end| end.date_time()));
    line("Token ends", end.as_deref());
    if let Some(token) = report.token.as_ref().filter(|token| !token.missing_scopes.is_empty()) {
        line("Missing scopes", Some(&token.missing_scopes.join(", ")));
    }
    line("Phone Number ID", report.phone_number_id.as_deref());
    line("WABA ID", report.business_account_id.as_deref());
    line("API version", Some(&report.api_version));
    for id in &report.sent {
        line("Message sent", Some(id));
    }
}
