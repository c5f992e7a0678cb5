//! Looks at this installation from outside in: the way that people and Meta take, and what stands on it.

use super::ask_address::ask_shared_address;
use super::{Failure, Services};
use crate::server::outside::{self, Answered, Bounds, Parcel, Unheard};
use serde::Deserialize;
use std::time::Duration;
use url::Url;

/// A large body over a slow line.
const PATIENCE: Duration = Duration::from_secs(20);
/// What Meta sends at most (fact base §5.2).
const LARGEST: usize = 3 * 1024 * 1024;
/// Nobody has this address: it is kept free for examples.
const INVENTED: &str = "203.0.113.77";
const SIGNATURE: &str = "sha256=0000000000000000000000000000000000000000000000000000000000000000";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Good,
    /// Works, but should be otherwise.
    Warning,
    Failing,
}

impl Verdict {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Warning => "warning",
            Self::Failing => "failing",
        }
    }
}

/// One look, in words for whoever runs this machine.
#[derive(Debug)]
pub struct Look {
    pub verdict: Verdict,
    pub what: String,
    /// Empty where there is nothing to do.
    pub remedy: String,
}

fn good(what: impl Into<String>) -> Look {
    Look { verdict: Verdict::Good, what: what.into(), remedy: String::new() }
}

fn failing(what: impl Into<String>, remedy: impl Into<String>) -> Look {
    Look { verdict: Verdict::Failing, what: what.into(), remedy: remedy.into() }
}

fn warning(what: impl Into<String>, remedy: impl Into<String>) -> Look {
    Look { verdict: Verdict::Warning, what: what.into(), remedy: remedy.into() }
}

/// `GET /api/deploy`
#[derive(Deserialize)]
struct Seen {
    address: String,
    inside: bool,
    forwarded: bool,
    trusted: bool,
    upgrade: bool,
}

/// Everything that can be looked at; what lies behind a closed door is not guessed at.
pub async fn check_deploy(services: &Services) -> Result<Vec<Look>, Failure> {
    let mut looks = Vec::new();
    match ask_shared_address(services).await?.problem {
        Some(problem) => looks.push(failing(format!("{} {}", problem.what, problem.why), problem.remedy)),
        None => {
            let address = services.settings.shared_webhook_url();
            looks.push(good(format!("{address} answers as Meta wants it to: name, certificate and answer are right.")));
            looks.extend(the_way_here(services).await);
        }
    }
    looks.extend(inside(services).await?);
    Ok(looks)
}

async fn the_way_here(services: &Services) -> Vec<Look> {
    let settings = &services.settings;
    let bounds = Bounds { time: PATIENCE, private: settings.meta_is_here(), networks: &[] };
    let (Ok(own), Ok(webhook)) = (Url::parse(&settings.public_url), Url::parse(&settings.shared_webhook_url())) else {
        return Vec::new();
    };
    let mut looks = vec![large_body(&webhook, bounds).await];
    match ask_how_we_arrive(&own, bounds).await {
        Ok(seen) => looks.extend([sender(&own, &seen), upgrade(&seen)]),
        Err(why) => looks.push(failing(
            format!("{} does not answer as Greentick does: {why}.", settings.public_url),
            "Look whether the proxy passes on all paths, not the webhook alone.",
        )),
    }
    looks.extend(open_door(&own, bounds).await);
    looks
}

/// As large as Meta's largest, and signed wrong: whoever lets it through to us gets our own refusal.
async fn large_body(webhook: &Url, bounds: Bounds<'_>) -> Look {
    const WHAT: &str = "Deliveries of 3 MB, Meta's largest,";
    let headers = [("content-type", "application/json"), ("x-hub-signature-256", SIGNATURE)];
    let body = vec![b' '; LARGEST];
    let sent = async {
        outside::reach(webhook, bounds)
            .await?
            .post(Parcel { headers: &headers, own_header: None, body: &body }, bounds)
            .await
    };
    match sent.await {
        Ok(Answered { status: 401, .. }) => good(format!("{WHAT} come through.")),
        Ok(Answered { status: 413, .. }) | Err(Unheard::Cut) => failing(
            format!("{WHAT} are refused on the way, and would be lost after seven days."),
            "Let the proxy pass bodies of 4 MB: in nginx `client_max_body_size 4m;`.",
        ),
        Ok(Answered { status, .. }) => failing(
            format!("{WHAT} are answered with status {status} on the way."),
            "Let the proxy pass requests to /api/webhooks/ on as they are.",
        ),
        Err(why) => failing(format!("{WHAT} do not come through: {}.", said(&why)), "Look into the log of the proxy."),
    }
}

async fn ask_how_we_arrive(own: &Url, bounds: Bounds<'_>) -> Result<Seen, String> {
    let address = own.join("/api/deploy").map_err(|error| error.to_string())?;
    let headers = [("connection", "upgrade"), ("upgrade", "websocket"), ("x-forwarded-for", INVENTED)];
    let answer = outside::get_with(&address, &headers, bounds).await.map_err(|why| said(&why).to_owned())?;
    serde_json::from_str(&answer.body).map_err(|_| format!("its answer has status {} and is not ours", answer.status))
}

/// Whose failed logins count for whom hangs on it.
fn sender(own: &Url, seen: &Seen) -> Look {
    let proxied = own.scheme() == "https";
    if seen.address == INVENTED {
        return failing(
            "Anybody can claim to come from any address, and so try passwords without end: the proxy passes on what its visitors say.",
            "Have the proxy set X-Forwarded-For itself (in nginx `proxy_set_header X-Forwarded-For $remote_addr;`), and name \
             nobody but the proxy in GREENTICK_TRUSTED_PROXIES.",
        );
    }
    if proxied && !seen.trusted {
        return failing(
            "Everybody seems to come from the proxy's address: one attacker's failed logins lock all others out.",
            format!("Set GREENTICK_TRUSTED_PROXIES={} and restart Greentick.", seen.address),
        );
    }
    if proxied && !seen.forwarded {
        return failing(
            "The proxy does not say for whom it speaks, so everybody seems to come from its own address.",
            "In nginx: `proxy_set_header X-Forwarded-For $remote_addr;`. Caddy does it by itself.",
        );
    }
    if proxied && seen.inside {
        let (address, own) = (&seen.address, own.as_str().trim_end_matches('/'));
        return warning(
            format!(
                "Whether visitors are told apart cannot be told from here: this request came from {address}, which is among \
                 GREENTICK_TRUSTED_PROXIES itself."
            ),
            format!(
                "Open {own}/api/deploy on a phone with mobile data: `address` has to be the phone's own, as sites that tell your IP \
                 address name it. If it is {address} there too, something in front of the proxy hides the visitors."
            ),
        );
    }
    good(format!("Visitors are told apart: this request came from {}.", seen.address))
}

fn upgrade(seen: &Seen) -> Look {
    if seen.upgrade {
        return good("Live events come through: the proxy passes `Upgrade` on.");
    }
    warning(
        "Live events do not come through: the proxy keeps `Upgrade` to itself. Pages look for news by themselves instead.",
        "In nginx: `proxy_http_version 1.1;`, and pass the headers Upgrade and Connection on.",
    )
}

/// The same host without https, where that is looked for by itself.
async fn open_door(own: &Url, bounds: Bounds<'_>) -> Option<Look> {
    let mut open = own.clone();
    if own.scheme() != "https" || own.port().is_some() || open.set_scheme("http").is_err() {
        return None;
    }
    let plain = Bounds { private: true, ..bounds };
    let answer = outside::get(&open, plain).await.ok()?;
    let safe = (300..400).contains(&answer.status) && answer.location.is_some_and(|to| to.starts_with("https://"));
    Some(if safe {
        good("Whoever types the name without https is led to https.")
    } else {
        warning(
            "The same host answers without https, too: a password typed there travels in the open.",
            "Have the proxy answer http with a redirect to https.",
        )
    })
}

/// What cannot be seen from outside.
async fn inside(services: &Services) -> Result<Vec<Look>, Failure> {
    let mut looks = Vec::new();
    looks.push(if services.installation_app(None).is_some() {
        good("The Meta app's secret is known: what Meta sends can be proven.")
    } else {
        warning(
            "No Meta app is set: what Meta sends to the shared address is refused.",
            "Enter it at Settings › Meta app.",
        )
    });
    let record = services.store.find_backup_record().await?;
    looks.push(match (&services.backups, record.made) {
        (Some(_), _) if let Some(failure) = &record.failure => failing(
            format!("The last backup failed: {}.", failure.why.trim_end_matches('.')),
            "It is tried again every 15 minutes, and at each start.",
        ),
        (Some(_), Some(_)) => good("Backups are made by themselves."),
        (Some(_), None) => {
            warning("No backup has been made yet.", "The first comes by itself a little after the start.")
        }
        (None, _) => warning("No backups are made by themselves.", "Set GREENTICK_BACKUP_DIR, best to another disk."),
    });
    if services.effects_paused().await? {
        looks
            .push(warning("Nothing is sent on since a backup was restored.", "Press Resume on any page, as an admin."));
    }
    Ok(looks)
}

fn said(why: &Unheard) -> &'static str {
    match why {
        Unheard::NoAddress | Unheard::Unresolved => "its name leads nowhere",
        Unheard::Private => "it leads to this machine or a private network",
        Unheard::Plain => "it is not https",
        Unheard::Refused => "nothing listens there",
        Unheard::Tls(_) => "its certificate is not accepted",
        Unheard::TimedOut => "it did not answer in time",
        Unheard::Cut => "the connection was cut",
    }
}
