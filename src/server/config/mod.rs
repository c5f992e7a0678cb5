//! Settings: from a flag, the environment, or `.env`; read once, checked, and handed out in sections.

mod keeping;
mod meta;
mod network;
mod storage;

pub use keeping::Keeping;
pub use meta::{App, Entered, HalfApp, MetaSettings};
pub use network::Network;
pub use storage::{BackupSettings, DatabaseUrl, KEY_RULE, KeySource, key_bytes, key_texts};

use crate::domain::instant::HOUR;
use clap::Args;
use secrecy::{ExposeSecret, SecretString};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use url::Url;

const META_GRAPH: &str = "https://graph.facebook.com";
/// Fewer characters can be guessed.
const METRICS_TOKEN: usize = 16;
const THIS_MACHINE: &str = "127.0.0.0/8, ::1";

/// Every setting as it may be given. All are text here, so that a bad one is reported by its name.
/// Holds secrets, so it has no `Debug`.
#[derive(Clone, Default, Args)]
pub struct Given {
    /// Address to listen on [127.0.0.1:3000]
    #[arg(long, env = "GREENTICK_ADDR", hide_env_values = true, global = true)]
    pub addr: Option<String>,
    /// Address under which browsers and Meta reach this installation [http://ADDR]
    #[arg(long, env = "GREENTICK_PUBLIC_URL", hide_env_values = true, global = true)]
    pub public_url: Option<String>,
    /// Proxies that may set X-Forwarded-*: addresses or networks, comma-separated [none]
    #[arg(long, env = "GREENTICK_TRUSTED_PROXIES", hide_env_values = true, global = true)]
    pub trusted_proxies: Option<String>,
    /// Networks inside that Forwards may reach: addresses or networks, comma-separated [none; this machine with --sandbox]
    #[arg(long, env = "GREENTICK_FORWARD_NETWORKS", hide_env_values = true, global = true)]
    pub forward_networks: Option<String>,
    /// Folder of the database, the key and the setup link [./data]
    #[arg(long, env = "GREENTICK_DATA_DIR", hide_env_values = true, global = true)]
    pub data_dir: Option<String>,
    /// `sqlite://…` or `postgres://…` [SQLite in the data folder]
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, global = true)]
    pub database_url: Option<String>,
    /// Base64 keys of 32 bytes, comma-separated; the first seals, all open [a key file in the data folder]
    #[arg(long, env = "GREENTICK_SECRET_KEY", hide_env_values = true, global = true)]
    pub secret_key: Option<String>,
    /// How many days what Meta's webhooks said is kept, at least 8, or `forever` [90]
    #[arg(long, env = "GREENTICK_KEEP_EVENTS_DAYS", hide_env_values = true, global = true)]
    pub keep_events_days: Option<String>,
    /// How many days they are kept as they came, or `forever`; not longer than events [30]
    #[arg(long, env = "GREENTICK_KEEP_DELIVERIES_DAYS", hide_env_values = true, global = true)]
    pub keep_deliveries_days: Option<String>,
    /// Folder for backups that are made by themselves [none are made]
    #[arg(long, env = "GREENTICK_BACKUP_DIR", hide_env_values = true, global = true)]
    pub backup_dir: Option<String>,
    /// Hours from one backup to the next [24]
    #[arg(long, env = "GREENTICK_BACKUP_EVERY", hide_env_values = true, global = true)]
    pub backup_every: Option<String>,
    /// How many backups are kept in the folder [7]
    #[arg(long, env = "GREENTICK_BACKUP_KEEP", hide_env_values = true, global = true)]
    pub backup_keep: Option<String>,
    /// What to log, as `tracing` filters, and `json` for JSON: `info`, `json,greentick=debug` [info]
    #[arg(long, env = "GREENTICK_LOG", hide_env_values = true, global = true)]
    pub log: Option<String>,
    /// What Prometheus shows to read /metrics, 16 characters or more [/metrics is not there]
    #[arg(long, env = "GREENTICK_METRICS_TOKEN", hide_env_values = true, global = true)]
    pub metrics_token: Option<String>,
    /// Where the sandbox of Meta listens, beside `serve --sandbox` or alone [127.0.0.1:4000]
    #[arg(long, env = "GREENTICK_SANDBOX_ADDR", hide_env_values = true, global = true)]
    pub sandbox_addr: Option<String>,
    /// ID of your Meta app
    #[arg(long, env = "WHATSAPP_APP_ID", hide_env_values = true, global = true)]
    pub app_id: Option<String>,
    /// Secret of your Meta app
    #[arg(long, env = "WHATSAPP_APP_SECRET", hide_env_values = true, global = true)]
    pub app_secret: Option<String>,
    /// ID of the Facebook Login for Business configuration
    #[arg(long, env = "WHATSAPP_CONFIG_ID", hide_env_values = true, global = true)]
    pub config_id: Option<String>,
    /// Access token of a number to import
    #[arg(long, env = "WHATSAPP_ACCESS_TOKEN", hide_env_values = true, global = true)]
    pub access_token: Option<String>,
    /// Phone Number ID of the number to import
    #[arg(long, env = "WHATSAPP_PHONE_NUMBER_ID", hide_env_values = true, global = true)]
    pub phone_number_id: Option<String>,
    /// WABA ID of the number to import
    #[arg(long, env = "WHATSAPP_BUSINESS_ACCOUNT_ID", hide_env_values = true, global = true)]
    pub business_account_id: Option<String>,
    /// Token of your own system user, to fetch clients' tokens again
    #[arg(long, env = "WHATSAPP_SYSTEM_TOKEN", hide_env_values = true, global = true)]
    pub system_token: Option<String>,
    /// What Meta sends to prove itself at the webhook URL [made at the first start]
    #[arg(long, env = "WHATSAPP_VERIFY_TOKEN", hide_env_values = true, global = true)]
    pub verify_token: Option<String>,
    /// Version of the Graph API [v25.0]
    #[arg(long, env = "WHATSAPP_API_VERSION", hide_env_values = true, global = true)]
    pub api_version: Option<String>,
    /// The Graph API [https://graph.facebook.com]
    #[arg(long, env = "META_GRAPH_URL", hide_env_values = true, global = true)]
    pub graph_url: Option<String>,
    /// Where the login dialog is [https://www.facebook.com]
    #[arg(long, env = "META_DIALOG_URL", hide_env_values = true, global = true)]
    pub dialog_url: Option<String>,
}

/// A setting that stops the start: which one, and why.
#[derive(Debug, thiserror::Error)]
#[error("{name}: {why}")]
pub struct BadSetting {
    pub name: &'static str,
    pub why: String,
}

fn bad(name: &'static str, why: impl Into<String>) -> BadSetting {
    BadSetting { name, why: why.into() }
}

/// Checked settings.
pub struct Config {
    pub addr: SocketAddr,
    pub sandbox_addr: SocketAddr,
    pub public_url: Url,
    pub trusted_proxies: Vec<Network>,
    /// Where Forwards may go although it is not on the internet: `GREENTICK_FORWARD_NETWORKS`.
    pub forward_networks: Vec<Network>,
    pub data_dir: PathBuf,
    pub database: DatabaseUrl,
    pub key: KeySource,
    /// `None` when nobody wants backups by themselves.
    pub backups: Option<BackupSettings>,
    pub graph_url: String,
    pub meta: MetaSettings,
    /// `GREENTICK_METRICS_TOKEN`.
    pub metrics_token: Option<SecretString>,
    pub keeping: Keeping,
    /// A number whose credentials stand in the environment. The sandbox ignores it.
    pub entered: Option<Entered>,
    /// An app that is given by half, and so not used.
    pub half_app: Option<HalfApp>,
    pub sandbox: bool,
}

/// What `serve --sandbox` brings along in place of the `WHATSAPP_*` and `META_*` settings.
pub struct SandboxApp {
    pub app: App,
    pub config_id: String,
    pub system_token: SecretString,
    pub graph_url: String,
    pub dialog_url: String,
}

impl Config {
    pub fn read(given: &Given, sandbox: bool) -> Result<Self, BadSetting> {
        let addr = address("GREENTICK_ADDR", given.addr.as_deref(), "127.0.0.1:3000")?;
        let sandbox_addr = address("GREENTICK_SANDBOX_ADDR", given.sandbox_addr.as_deref(), "127.0.0.1:4000")?;
        let public_url = match filled(given.public_url.as_deref()) {
            Some(text) => origin("GREENTICK_PUBLIC_URL", text)?,
            None => origin("GREENTICK_PUBLIC_URL", &format!("http://{addr}"))?,
        };
        let folder = PathBuf::from(filled(given.data_dir.as_deref()).unwrap_or("./data"));
        let data_dir = if sandbox { folder.join("sandbox") } else { folder };
        let database = match secret("DATABASE_URL", given.database_url.as_deref())? {
            Some(url) if !sandbox || url.expose_secret().starts_with("postgres") => {
                DatabaseUrl::parse(url.expose_secret()).map_err(|why| bad("DATABASE_URL", why))?
            }
            _ => DatabaseUrl::Sqlite(data_dir.join("greentick.db")),
        };
        let key = match secret("GREENTICK_SECRET_KEY", given.secret_key.as_deref())? {
            Some(keys) => KeySource::parse(keys).map_err(|why| bad("GREENTICK_SECRET_KEY", why))?,
            None => KeySource::File(data_dir.join("secret.key")),
        };
        let meta = MetaSettings::read(given, &public_url)?;
        // Whoever tries things out has their own software on this machine.
        let inside = filled(given.forward_networks.as_deref()).unwrap_or(if sandbox { THIS_MACHINE } else { "" });
        Ok(Self {
            addr,
            sandbox_addr,
            trusted_proxies: networks("GREENTICK_TRUSTED_PROXIES", given.trusted_proxies.as_deref())?,
            forward_networks: networks("GREENTICK_FORWARD_NETWORKS", Some(inside))?,
            database,
            key,
            // A sandbox's would push live ones out of the folder.
            backups: backups(given)?.filter(|_| !sandbox),
            graph_url: meta_url("META_GRAPH_URL", given.graph_url.as_deref(), META_GRAPH)?,
            meta,
            metrics_token: metrics_token(given)?,
            keeping: Keeping::read(given)?,
            entered: if sandbox { None } else { Entered::read(given)? },
            half_app: if sandbox { None } else { HalfApp::of(given)? },
            public_url,
            data_dir,
            sandbox,
        })
    }

    /// Puts the sandbox's app in place of Meta's.
    pub fn use_sandbox(&mut self, sandbox: SandboxApp) {
        self.graph_url = sandbox.graph_url;
        self.meta.dialog_url = sandbox.dialog_url;
        self.meta.app = Some(sandbox.app);
        self.meta.config_id = Some(sandbox.config_id);
        self.meta.system_token = Some(sandbox.system_token);
        self.meta.verify_token = None;
    }

    /// Whether this machine alone can reach the installation, by its own settings.
    pub fn is_loopback_only(&self) -> bool {
        self.addr.ip().is_loopback() && is_loopback_url(&self.public_url)
    }
}

fn backups(given: &Given) -> Result<Option<BackupSettings>, BadSetting> {
    let count = |name: &'static str, text: Option<&str>, default: u32| match filled(text) {
        None => Ok(default),
        Some(text) => text
            .parse()
            .ok()
            .filter(|count| *count > 0)
            .ok_or_else(|| bad(name, format!("`{text}` is no number above 0"))),
    };
    let hours = count("GREENTICK_BACKUP_EVERY", given.backup_every.as_deref(), 24)?;
    let keep = count("GREENTICK_BACKUP_KEEP", given.backup_keep.as_deref(), 7)?;
    Ok(filled(given.backup_dir.as_deref()).map(|folder| BackupSettings {
        folder: PathBuf::from(folder),
        every: i64::from(hours) * HOUR,
        keep: keep as usize,
    }))
}

fn metrics_token(given: &Given) -> Result<Option<SecretString>, BadSetting> {
    const NAME: &str = "GREENTICK_METRICS_TOKEN";
    let token = secret(NAME, given.metrics_token.as_deref())?;
    match &token {
        Some(token) if token.expose_secret().len() < METRICS_TOKEN => {
            Err(bad(NAME, format!("it must have {METRICS_TOKEN} characters or more")))
        }
        _ => Ok(token),
    }
}

/// An empty variable counts as none: compose files and `.env` samples are full of them.
fn filled(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

/// The value itself, or the content of the file that `NAME_FILE` names.
pub fn secret(name: &'static str, given: Option<&str>) -> Result<Option<SecretString>, BadSetting> {
    if let Some(value) = filled(given) {
        return Ok(Some(value.into()));
    }
    let Some(path) = std::env::var_os(format!("{name}_FILE")).filter(|path| !path.is_empty()) else { return Ok(None) };
    let text = std::fs::read_to_string(&path)
        .map_err(|error| bad(name, format!("the file {} cannot be read: {error}", Path::new(&path).display())))?;
    Ok(filled(Some(&text)).map(SecretString::from))
}

fn address(name: &'static str, given: Option<&str>, default: &str) -> Result<SocketAddr, BadSetting> {
    let text = filled(given).unwrap_or(default);
    text.parse().map_err(|_| bad(name, format!("`{text}` is no address: write it like `{default}`")))
}

fn is_loopback_url(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Scheme, host and port, nothing else.
fn origin(name: &'static str, text: &str) -> Result<Url, BadSetting> {
    let url = Url::parse(text).map_err(|error| bad(name, format!("`{text}` is no address: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(bad(name, format!("`{text}` must begin with http:// or https://")));
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err(bad(name, format!("`{text}` must end after the host: Greentick wants a host of its own")));
    }
    Ok(url)
}

/// Tokens go there: https, or http on this machine.
fn meta_url(name: &'static str, given: Option<&str>, default: &str) -> Result<String, BadSetting> {
    let url = origin(name, filled(given).unwrap_or(default))?;
    if url.scheme() != "https" && !is_loopback_url(&url) {
        return Err(bad(name, "must be https: tokens are sent there"));
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

fn networks(name: &'static str, given: Option<&str>) -> Result<Vec<Network>, BadSetting> {
    let texts = filled(given).into_iter().flat_map(|list| list.split(',')).map(str::trim);
    texts.map(|text| text.parse().map_err(|why: String| bad(name, why))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(change: impl FnOnce(&mut Given)) -> Result<Config, String> {
        let mut given = Given::default();
        change(&mut given);
        Config::read(&given, false).map_err(|error| error.to_string())
    }

    #[test]
    fn a_bad_value_is_reported_by_name_with_the_reason() {
        let refused = |change: fn(&mut Given)| read(change).err().unwrap();
        assert!(refused(|g| g.addr = Some("nowhere".into())).starts_with("GREENTICK_ADDR: `nowhere`"));
        assert!(refused(|g| g.public_url = Some("ftp://a".into())).starts_with("GREENTICK_PUBLIC_URL:"));
        assert!(refused(|g| g.public_url = Some("https://a/b".into())).contains("end after the host"));
        assert!(refused(|g| g.api_version = Some("25".into())).starts_with("WHATSAPP_API_VERSION:"));
        assert!(refused(|g| g.graph_url = Some("http://example.org".into())).contains("https"));
        assert!(refused(|g| g.app_id = Some("+1 555".into())).starts_with("WHATSAPP_APP_ID:"));
        assert!(refused(|g| g.config_id = Some("mine".into())).starts_with("WHATSAPP_CONFIG_ID: `mine`"));
        assert!(refused(|g| g.verify_token = Some("short".into())).starts_with("WHATSAPP_VERIFY_TOKEN: "));
        assert!(!refused(|g| g.verify_token = Some("short".into())).contains("short"), "a secret is not repeated");
        for key in ["c2hvcnQ=", "no base64", ","] {
            let told = read(|given| given.secret_key = Some(key.into())).err().unwrap();
            assert!(told.starts_with("GREENTICK_SECRET_KEY: "), "{key}: {told}");
        }
        assert!(refused(|g| g.phone_number_id = Some("15550051489".into())).contains("looks like a phone number"));
        assert!(refused(|g| g.access_token = Some("1|app".into())).starts_with("WHATSAPP_ACCESS_TOKEN: "));
        assert!(refused(|g| g.trusted_proxies = Some("10.0.0.0/99".into())).starts_with("GREENTICK_TRUSTED_PROXIES:"));
        assert!(refused(|g| g.backup_every = Some("daily".into())).starts_with("GREENTICK_BACKUP_EVERY:"));
        assert!(refused(|g| g.forward_networks = Some("home".into())).starts_with("GREENTICK_FORWARD_NETWORKS:"));
        assert!(refused(|g| g.database_url = Some("mysql://x".into())).starts_with("DATABASE_URL:"));
    }

    #[test]
    fn an_app_given_by_half_is_not_used_and_told() {
        let half = |change: fn(&mut Given)| read(change).ok().unwrap().half_app.map(|half| (half.given, half.missing));
        assert_eq!(half(|g| g.app_id = Some("81".into())), Some(("WHATSAPP_APP_ID", "WHATSAPP_APP_SECRET")));
        assert_eq!(half(|g| g.app_secret = Some("s".into())), Some(("WHATSAPP_APP_SECRET", "WHATSAPP_APP_ID")));
        assert_eq!(half(|_| {}), None);
        assert_eq!(
            half(|g| {
                g.app_id = Some("81".into());
                g.app_secret = Some("s".into());
            }),
            None
        );
    }

    #[test]
    fn empty_values_count_as_none() {
        let config = read(|given| {
            given.addr = Some(String::new());
            given.app_id = Some(" ".into());
        });
        let config = config.ok().unwrap();
        assert_eq!(config.addr.to_string(), "127.0.0.1:3000");
        assert_eq!(config.meta.public_url, "http://127.0.0.1:3000");
        assert!(config.meta.app.is_none());
        assert!(config.is_loopback_only());
    }

    #[test]
    fn forwards_reach_this_machine_in_the_sandbox_alone() {
        let inside = |sandbox| Config::read(&Given::default(), sandbox).ok().unwrap().forward_networks;
        assert!(inside(false).is_empty());
        assert!(inside(true).iter().any(|network| network.contains("127.0.0.1".parse().unwrap())));
    }
}
