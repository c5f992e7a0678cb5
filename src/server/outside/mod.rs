//! Requests to addresses that people chose: bounded in time and size, and into no private network unless that is allowed.
//! What a name leads to is looked at before each request, and is what is asked then.

mod post;
mod public;

use super::config::Network;
pub use post::Parcel;
use public::is_public;
use reqwest::{Client, RequestBuilder, redirect::Policy};
use std::error::Error;
use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};
use url::{Host, Url};

/// Answers are short; what is longer is not the answer that was asked for.
const ANSWER_BYTES: usize = 8 * 1024;
/// For all of a body that could be done without.
const BODY_PATIENCE: Duration = Duration::from_secs(1);

/// How far a request may go.
#[derive(Debug, Clone, Copy)]
pub struct Bounds<'a> {
    /// For all of it: name, connection, answer.
    pub time: Duration,
    /// Whether this machine and private networks may be asked.
    pub private: bool,
    /// Those that may be asked even if not.
    pub networks: &'a [Network],
}

impl Bounds<'_> {
    pub fn allow(&self, ip: IpAddr) -> bool {
        is_public(ip) || self.allow_plain(ip)
    }

    /// Without https.
    fn allow_plain(&self, ip: IpAddr) -> bool {
        self.private || self.networks.iter().any(|network| network.contains(ip))
    }
}

#[derive(Debug)]
pub struct Answered {
    pub status: u16,
    /// Where a redirect would lead.
    pub location: Option<String>,
    /// When it wishes to be asked again, as it says that.
    pub retry_after: Option<String>,
    /// Cut off after 8 KB.
    pub body: String,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unheard {
    NoAddress,
    Unresolved,
    /// Not asked: it leads to this machine or a private network.
    Private,
    /// Not asked: it is http, and leads out to the internet.
    Plain,
    Refused,
    /// With the reason, where the certificate is at fault.
    Tls(Option<&'static str>),
    TimedOut,
    Cut,
}

/// An address whose name was resolved and looked at: requests go to what was found, and nowhere else.
pub struct Reached {
    client: Client,
    address: Url,
}

/// Asks once. Follows nobody.
pub async fn get(address: &Url, bounds: Bounds<'_>) -> Result<Answered, Unheard> {
    get_with(address, &[], bounds).await
}

/// Asks once, with these headers. Follows nobody.
pub async fn get_with(address: &Url, headers: &[(&str, &str)], bounds: Bounds<'_>) -> Result<Answered, Unheard> {
    let asked = async {
        let reached = look_up(address, bounds).await?;
        let request = reached.client.get(address.clone());
        heard(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)), Reading::Whole)
            .await
    };
    timeout_at(Instant::now() + bounds.time, asked).await.unwrap_or(Err(Unheard::TimedOut))
}

/// For several requests on end.
pub async fn reach(address: &Url, bounds: Bounds<'_>) -> Result<Reached, Unheard> {
    timeout_at(Instant::now() + bounds.time, look_up(address, bounds)).await.unwrap_or(Err(Unheard::TimedOut))
}

/// Whether a name leads to this machine or a private network. What cannot be resolved does not.
pub async fn leads_inward(address: &Url, bounds: Bounds<'_>) -> bool {
    let found = timeout_at(Instant::now() + bounds.time, resolve(address)).await;
    found.is_ok_and(|found| found.is_ok_and(|found| found.iter().any(|address| !is_public(address.ip()))))
}

async fn look_up(address: &Url, bounds: Bounds<'_>) -> Result<Reached, Unheard> {
    let found = resolve(address).await?;
    if !found.iter().all(|address| bounds.allow(address.ip())) {
        return Err(Unheard::Private);
    }
    if address.scheme() != "https" && !found.iter().all(|address| bounds.allow_plain(address.ip())) {
        return Err(Unheard::Plain);
    }
    let mut builder = Client::builder()
        .timeout(bounds.time)
        .redirect(Policy::none())
        .no_proxy()
        .user_agent(concat!("greentick/", env!("CARGO_PKG_VERSION")));
    if let Some(Host::Domain(name)) = address.host() {
        // What was looked at is what is asked: a second look at the name might lead elsewhere.
        builder = builder.resolve_to_addrs(name, &found);
    }
    let client = builder.build().map_err(|_| Unheard::NoAddress)?;
    Ok(Reached { client, address: address.clone() })
}

/// How an answer's body is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// All of it, or it is no answer.
    Whole,
    /// As far as it comes: whoever has taken something says so by the status.
    Spare,
}

async fn heard(request: RequestBuilder, reading: Reading) -> Result<Answered, Unheard> {
    let mut answer = request.send().await.map_err(|error| why(&error))?;
    let header = |name| answer.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let (location, retry_after) = (header("location"), header("retry-after"));
    let (mut body, enough) = (Vec::new(), Instant::now() + BODY_PATIENCE);
    loop {
        let part = match reading {
            Reading::Whole => answer.chunk().await.map_err(|error| why(&error))?,
            Reading::Spare => timeout_at(enough, answer.chunk()).await.ok().and_then(Result::ok).flatten(),
        };
        let Some(part) = part else { break };
        body.extend_from_slice(&part);
        if body.len() > ANSWER_BYTES {
            body.truncate(ANSWER_BYTES);
            break;
        }
    }
    let body = String::from_utf8_lossy(&body).into_owned();
    Ok(Answered { status: answer.status().as_u16(), location, retry_after, body })
}

async fn resolve(address: &Url) -> Result<Vec<SocketAddr>, Unheard> {
    let port = address.port_or_known_default().ok_or(Unheard::NoAddress)?;
    let found = match address.host().ok_or(Unheard::NoAddress)? {
        Host::Ipv4(ip) => vec![SocketAddr::new(IpAddr::V4(ip), port)],
        Host::Ipv6(ip) => vec![SocketAddr::new(IpAddr::V6(ip), port)],
        Host::Domain(name) => tokio::net::lookup_host((name, port)).await.map_err(|_| Unheard::Unresolved)?.collect(),
    };
    if found.is_empty() { Err(Unheard::Unresolved) } else { Ok(found) }
}

fn why(error: &reqwest::Error) -> Unheard {
    if error.is_timeout() {
        return Unheard::TimedOut;
    }
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(inner) = cause {
        if let Some(tls) = inner.downcast_ref::<rustls::Error>() {
            return Unheard::Tls(of_certificate(tls));
        }
        cause = match inner.downcast_ref::<std::io::Error>() {
            Some(io) if io.kind() == ErrorKind::ConnectionRefused => return Unheard::Refused,
            Some(io) => io.get_ref().map(|inner| inner as &(dyn Error + 'static)),
            None => inner.source(),
        };
    }
    Unheard::Cut
}

fn of_certificate(error: &rustls::Error) -> Option<&'static str> {
    use rustls::CertificateError as Fault;
    let rustls::Error::InvalidCertificate(fault) = error else { return None };
    Some(match fault {
        Fault::Expired | Fault::ExpiredContext { .. } => "It has expired.",
        Fault::NotValidForName | Fault::NotValidForNameContext { .. } => "It belongs to another name.",
        Fault::UnknownIssuer => "Nobody vouches for it: it is self-signed, or its chain is not complete.",
        Fault::NotValidYet | Fault::NotValidYetContext { .. } => "It is not valid yet.",
        Fault::Revoked => "It was revoked.",
        _ => "It is not valid.",
    })
}
