//! Asks our own public address as Meta would, before Meta does: the causes of a refusal are told apart here, while Meta
//! tells of them in one code (fact base §5.1).

use super::check_connection::{begin, conclude};
use super::reveal_verify_token::{shared_verify_token, verify_token};
use super::{Failure, Services};
use crate::domain::connection::{Action, Lifecycle, Outcome};
use crate::domain::ids::ConnectionId;
use crate::domain::own_address::{AddressAnswer, AddressFault};
use crate::domain::problem::Problem;
use crate::server::outside::{self, Answered, Bounds, Unheard};
use crate::server::store::{JobKind, StoredConnection};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use std::time::Duration;
use url::Url;

/// As long as Meta waits.
const PATIENCE: Duration = Duration::from_secs(6);

/// Asks in the background, at a person's wish.
pub async fn request_asking(services: &Services, stored: &StoredConnection) -> Result<(), Failure> {
    if stored.connection.lifecycle == Lifecycle::Disconnected {
        return Err(Problem::disconnected().into());
    }
    begin(services, &stored.connection, Action::AskAddress, JobKind::AskAddress, json!({})).await
}

/// The job.
pub async fn ask_address_of(services: &Services, id: &ConnectionId) -> Result<(), Failure> {
    let Some(stored) = services.store.find_any_connection(id).await? else { return Ok(()) };
    let token = verify_token(services, &stored).await?;
    let answer = ask_address(services, &services.webhook_url(&stored.connection), &token).await;
    let outcome = match answer.problem {
        None => Outcome::Done { said: AddressAnswer::good_words().to_owned(), refused: Vec::new() },
        Some(problem) => Outcome::Failed { problem },
    };
    conclude(services, id, Action::AskAddress, outcome).await
}

/// The shared address, for whoever sets this installation up.
pub async fn ask_shared_address(services: &Services) -> Result<AddressAnswer, Failure> {
    let token = shared_verify_token(services).await?;
    Ok(ask_address(services, &services.settings.shared_webhook_url(), &token).await)
}

/// A sandbox of Meta on this machine reaches this machine; Meta itself reaches only what is on the internet.
pub async fn ask_address(services: &Services, address: &str, token: &SecretString) -> AddressAnswer {
    let problem = ask_as_meta(address, token, services.settings.meta_is_here()).await.err();
    AddressAnswer { address: address.to_owned(), problem: problem.map(|fault| fault.problem(address)) }
}

/// Follows nobody, and into no private network unless Meta itself is on this machine.
pub async fn ask_as_meta(address: &str, token: &SecretString, meta_is_here: bool) -> Result<(), AddressFault> {
    let mut url = Url::parse(address).map_err(|_| AddressFault::Unresolved)?;
    let challenge = rand::random_range(1_000_000_000..2_000_000_000_u32).to_string();
    url.query_pairs_mut()
        .append_pair("hub.mode", "subscribe")
        .append_pair("hub.challenge", &challenge)
        .append_pair("hub.verify_token", token.expose_secret());
    let bounds = Bounds { time: PATIENCE, private: meta_is_here, networks: &[] };
    if url.scheme() != "https" && !meta_is_here {
        // The greater obstacle is said first. The verify token does not travel in the open.
        let private = outside::leads_inward(&url, bounds).await;
        return Err(if private { AddressFault::Private } else { AddressFault::NotHttps });
    }
    let answer = outside::get(&url, bounds).await.map_err(fault)?;
    judge(&answer, &challenge)
}

fn fault(unheard: Unheard) -> AddressFault {
    match unheard {
        Unheard::NoAddress | Unheard::Unresolved | Unheard::Plain => AddressFault::Unresolved,
        Unheard::Private => AddressFault::Private,
        Unheard::Refused => AddressFault::Refused,
        Unheard::Tls(why) => AddressFault::Tls(why),
        Unheard::TimedOut => AddressFault::Silent,
        Unheard::Cut => AddressFault::Cut,
    }
}

fn judge(answer: &Answered, challenge: &str) -> Result<(), AddressFault> {
    match answer.status {
        200 if answer.body == challenge => Ok(()),
        200 => Err(AddressFault::WrongAnswer),
        // Our own words, said by an installation with another token.
        403 if answer.body.contains("wrong_verify_token") => Err(AddressFault::Another),
        status @ (401 | 403 | 407) => Err(AddressFault::AsksLogin(status)),
        status @ 300..=399 => Err(match &answer.location {
            Some(to) => AddressFault::Redirects(without_query(to)),
            None => AddressFault::Status(status),
        }),
        status => Err(AddressFault::Status(status)),
    }
}

/// A redirect may carry our own question on, and that holds the verify token.
fn without_query(address: &str) -> String {
    address.split(['?', '#']).next().unwrap_or_default().chars().take(200).collect()
}
