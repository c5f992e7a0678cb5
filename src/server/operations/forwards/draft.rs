//! What was entered for a forward, looked at before it is kept.

use super::super::save_entry::changed_meanwhile;
use super::super::{Failure, Services};
use super::find_forward;
use crate::domain::event::EventKind;
use crate::domain::forward::{Forward, ForwardFormat};
use crate::domain::forward_words::{header_name_rule, header_value_rule, name_rule, verify_token_rule};
use crate::domain::ids::{ConnectionId, ForwardId, WorkspaceId, is_made_id};
use crate::domain::problem::Problem;
use crate::server::outside::Bounds;
use crate::server::store::{Actor, ForwardPatch, NewForward, SecretChange, new_id};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;
use url::{Host, Url};

/// Forwards of one workspace.
const FORWARDS_MAX: i64 = 100;
const URL_MAX: usize = 2_000;
/// Of one forward, by as many people and programs, before the last of them is told to look first.
const UPDATES_AT_ONCE: usize = 10;
/// As the Standard Webhooks specification has it, and its prefix.
const SECRET_BYTES: usize = 32;
const SECRET_PREFIX: &str = "whsec_";

/// What was entered; what is absent stays as it is. Has no `Debug`: it holds secrets.
#[derive(Default, Clone)]
pub struct Draft {
    /// Of a new one, where whoever asks may ask twice.
    pub id: Option<String>,
    pub name: Option<String>,
    pub url: Option<String>,
    /// Only of a new one.
    pub format: Option<String>,
    /// Empty for all numbers.
    pub connection: Option<String>,
    /// Empty for all.
    pub kinds: Option<Vec<String>>,
    /// Empty for no header.
    pub header_name: Option<String>,
    pub header_value: Option<SecretString>,
    /// Empty to forget it.
    pub verify_token: Option<SecretString>,
}

impl Draft {
    /// Whether nothing is to become of it.
    fn is_empty(&self) -> bool {
        let texts = [&self.name, &self.url, &self.format, &self.connection, &self.header_name];
        let secrets = [&self.header_value, &self.verify_token];
        texts.iter().all(|text| text.is_none()) && secrets.iter().all(|secret| secret.is_none()) && self.kinds.is_none()
    }
}

/// The new forward's id, and its secret, to be shown once. Without the secret when just this was made before.
pub async fn make_forward(
    services: &Services,
    actor: &Actor,
    draft: Draft,
) -> Result<(ForwardId, Option<SecretString>), Failure> {
    let fresh = || ForwardId::new(new_id(services.clock.now()));
    let wished = draft.id.as_deref().filter(|id| is_made_id(id)).map(ForwardId::new);
    let patch = judge(services, &actor.workspace, None, draft).await?;
    let id = match wished {
        None => fresh(),
        Some(id) => match services.store.find_forward(&actor.workspace, &id).await? {
            Some(known) if is_same(&known, &patch) => return Ok((id, None)),
            // The form was sent, gone back to and changed.
            Some(_) => fresh(),
            None => id,
        },
    };
    if services.store.count_forwards(&actor.workspace).await? >= FORWARDS_MAX {
        return Err(Problem::invalid("name", &format!("{FORWARDS_MAX} forwards at most: remove one first")).into());
    }
    let secret = new_secret();
    let new =
        NewForward { id: &id, workspace: &actor.workspace, fields: &patch, secret: &secret, created_by: &actor.name };
    if !services.store.add_forward(new).await? {
        // Made at this moment by a second press; another workspace's id is nobody's business.
        services.store.find_forward(&actor.workspace, &id).await?.ok_or_else(Problem::not_found)?;
        return Ok((id, None));
    }
    let after = told(&id, &patch);
    services.store.add_audit(actor, "forward_made", patch.connection.as_ref(), None, Some(after)).await?;
    Ok((id, Some(secret)))
}

fn is_same(known: &Forward, patch: &ForwardPatch) -> bool {
    let ForwardPatch { name, url, format, connection, kinds, header_name, .. } = patch;
    (&known.name, &known.url, &known.format) == (name, url, format)
        && (&known.connection, &known.kinds, &known.header_name) == (connection, kinds, header_name)
}

pub async fn change_forward(services: &Services, actor: &Actor, known: &Forward, draft: Draft) -> Result<(), Failure> {
    if draft.is_empty() {
        return Ok(());
    }
    let (known, patch) = update(services, &actor.workspace, known.clone(), draft).await?;
    if known.url != patch.url {
        services.store.wake_forward(&known.id).await?;
    }
    let before = json!({
        "forward": known.id, "name": known.name, "url": shown(&known.url), "format": known.format, "connection": known.connection,
        "kinds": known.kinds, "header": known.header_name,
    });
    let after = told(&known.id, &patch);
    services.store.add_audit(actor, "forward_changed", patch.connection.as_ref(), Some(before), Some(after)).await?;
    Ok(())
}

/// What is absent of the draft is judged, and written, as it was read: where somebody changed that meanwhile, all is read
/// again. The forward as it was, and as it is.
async fn update(
    services: &Services,
    workspace: &WorkspaceId,
    mut known: Forward,
    draft: Draft,
) -> Result<(Forward, ForwardPatch), Failure> {
    for _ in 0..UPDATES_AT_ONCE {
        let patch = judge(services, workspace, Some(&known), draft.clone()).await?;
        if services.store.update_forward(&known, &patch).await? {
            return Ok((known, patch));
        }
        known = find_forward(services, workspace, known.id.as_str()).await?;
    }
    Err(changed_meanwhile().into())
}

pub(super) fn new_secret() -> SecretString {
    let bytes: [u8; SECRET_BYTES] = rand::random();
    format!("{SECRET_PREFIX}{}", STANDARD.encode(bytes)).into()
}

/// For the audit trail: what may be a password stays out.
fn told(id: &ForwardId, patch: &ForwardPatch) -> Value {
    json!({
        "forward": id, "name": patch.name, "url": shown(&patch.url), "format": patch.format, "connection": patch.connection,
        "kinds": patch.kinds, "header": patch.header_name, "headerChanged": !matches!(patch.header, SecretChange::Keep),
    })
}

/// Scheme, host and port.
fn origin(url: &str) -> Option<String> {
    Url::parse(url).ok().map(|url| url.origin().ascii_serialization())
}

/// A query may hold a key.
fn shown(url: &str) -> &str {
    url.split('?').next().unwrap_or_default()
}

async fn judge(
    services: &Services,
    workspace: &WorkspaceId,
    known: Option<&Forward>,
    draft: Draft,
) -> Result<ForwardPatch, Failure> {
    let rule = |field: &str, broken: Option<String>| broken.map_or(Ok(()), |rule| Err(Problem::invalid(field, &rule)));
    let known_text = |text: fn(&Forward) -> &String| known.map(text).cloned().unwrap_or_default();
    let name = draft.name.unwrap_or_else(|| known_text(|known| &known.name)).trim().to_owned();
    rule("name", name_rule(&name))?;
    // One that was taken may stay, though the settings would take it no more: where it leads is looked at before each request.
    let is_kept = known.is_some() && draft.url.is_none();
    let url = draft.url.unwrap_or_else(|| known_text(|known| &known.url)).trim().to_owned();
    rule("url", url_rule(services, &url).filter(|_| !is_kept))?;
    let format = match (known, draft.format.as_deref()) {
        (Some(known), _) => known.format,
        (None, format) => format
            .and_then(ForwardFormat::parse)
            .ok_or_else(|| Problem::invalid("format", "choose greentick or meta"))?,
    };
    let connection = match draft.connection.as_deref() {
        None => known.and_then(|known| known.connection.clone()),
        Some("") => None,
        Some(id) => Some(find_connection(services, workspace, id).await?),
    };
    let kinds = match draft.kinds {
        None => known.map(|known| known.kinds.clone()).unwrap_or_default(),
        Some(names) => kinds(&names)?,
    };
    let (header_name, header) = header(known, draft.header_name, draft.header_value)?;
    let moves = known.is_some_and(|known| origin(&known.url) != origin(&url));
    if moves && header_name.is_some() && matches!(header, SecretChange::Keep) {
        // Whoever may change the address need not be who may know the value.
        return Err(
            Problem::invalid("headerValue", "enter the value again, since the address leads to another host").into()
        );
    }
    let verify_token = match draft.verify_token {
        None if moves && known.is_some_and(|known| known.has_verify_token) => {
            return Err(Problem::invalid(
                "verifyToken",
                "enter the token again, since the address leads to another host",
            )
            .into());
        }
        None => SecretChange::Keep,
        Some(token) if token.expose_secret().is_empty() => SecretChange::Remove,
        Some(token) => {
            rule("verifyToken", verify_token_rule(token.expose_secret()))?;
            SecretChange::Put(token)
        }
    };
    Ok(ForwardPatch { name, url, format, connection, kinds, header_name, header, verify_token })
}

/// A name without a value keeps the value that it had, and only under the same name.
fn header(
    known: Option<&Forward>,
    name: Option<String>,
    value: Option<SecretString>,
) -> Result<(Option<String>, SecretChange), Problem> {
    let kept = known.and_then(|known| known.header_name.clone());
    let name = match name {
        None => kept.clone(),
        Some(name) => Some(name.trim().to_owned()).filter(|name| !name.is_empty()),
    };
    let value = value.filter(|value| !value.expose_secret().is_empty());
    let Some(name) = name else {
        return match value {
            Some(_) => Err(Problem::invalid("headerName", "name the header that has this value")),
            None => Ok((None, SecretChange::Remove)),
        };
    };
    if let Some(rule) = header_name_rule(&name) {
        return Err(Problem::invalid("headerName", &rule));
    }
    match value {
        Some(value) => match header_value_rule(value.expose_secret()) {
            Some(rule) => Err(Problem::invalid("headerValue", &rule)),
            None => Ok((Some(name), SecretChange::Put(value))),
        },
        None if kept.is_some_and(|kept| kept.eq_ignore_ascii_case(&name)) => Ok((Some(name), SecretChange::Keep)),
        None => Err(Problem::invalid("headerValue", "enter the value of this header")),
    }
}

fn kinds(names: &[String]) -> Result<Vec<EventKind>, Problem> {
    let mut kinds = Vec::new();
    for name in names {
        let kind = EventKind::ALL.into_iter().find(|kind| kind.as_str() == name).ok_or_else(|| {
            Problem::invalid("kinds", &format!("of {}", EventKind::ALL.map(EventKind::as_str).join(", ")))
        })?;
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    // All of them and none of them mean the same, also for kinds that are yet to come.
    Ok(if kinds.len() == EventKind::ALL.len() { Vec::new() } else { kinds })
}

async fn find_connection(services: &Services, workspace: &WorkspaceId, id: &str) -> Result<ConnectionId, Failure> {
    let unknown = || Problem::invalid("connection", "the id of a connection of this workspace, or nothing for all");
    let found = services.store.find_connection(workspace, &ConnectionId::new(id)).await?;
    Ok(found.ok_or_else(unknown)?.connection.id)
}

/// What can be told by looking. Where a name leads is looked at before each request.
fn url_rule(services: &Services, text: &str) -> Option<String> {
    let told = |rule: &str| Some(rule.to_owned());
    let networks = &services.forward_networks;
    let scheme = if networks.is_empty() { "https://" } else { "https:// or http://" };
    let Ok(url) = Url::parse(text) else { return Some(format!("a whole address that begins with {scheme}")) };
    let plain = url.scheme() == "http" && !networks.is_empty();
    if text.len() > URL_MAX || !(url.scheme() == "https" || plain) {
        return Some(format!("an address of at most {URL_MAX} characters that begins with {scheme}"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return told("no name and password in the address: put them into the extra header");
    }
    // The parser leaves some of them out, and not every database takes all of them.
    if text.chars().any(char::is_control) {
        return told("an address in one line, without special characters");
    }
    if url.fragment().is_some() {
        return told("leave out what follows the #");
    }
    let ip = match url.host() {
        None => return told("it has no host"),
        Some(Host::Ipv4(ip)) => Some(IpAddr::V4(ip)),
        Some(Host::Ipv6(ip)) => Some(IpAddr::V6(ip)),
        Some(Host::Domain(name)) if name.trim_end_matches('.').eq_ignore_ascii_case("localhost") => {
            Some(IpAddr::V4(Ipv4Addr::LOCALHOST))
        }
        Some(Host::Domain(_)) => None,
    };
    let bounds = Bounds { time: Duration::ZERO, private: false, networks };
    let inside = ip.is_some_and(|ip| !bounds.allow(ip));
    inside.then(|| {
        "it leads to this machine or a private network. Whoever runs Greentick can allow that with GREENTICK_FORWARD_NETWORKS"
            .to_owned()
    })
}
