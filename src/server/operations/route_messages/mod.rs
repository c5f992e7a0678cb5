//! Tells Meta where to deliver: the app's address, the account's subscription and, where the app's address belongs to
//! another system, an address for the account alone (fact base §4.13). Every step may be taken twice, and a step that Meta
//! refuses never stops the next.

mod account;
mod app;
mod known;

pub use known::AppCallbacks;
pub(super) use known::{doors, whose};

use super::access::Access;
use super::ask_address::ask_address;
use super::reveal_verify_token::verify_token;
use super::{Failure, Services};
use crate::domain::connection::Connection;
use crate::domain::problem::Problem;
use crate::domain::routing::Whose;
use crate::server::meta::{Callback, GraphError, Kind};
use crate::server::store::{Actor, StoredConnection};
use secrecy::SecretString;
use serde_json::Value;

/// How far a run may go with addresses that it finds at Meta.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// Nobody was asked: an address that is not exactly ours stays as it is. It may be that of the installation which this
    /// one was copied from.
    Careful,
    /// A person wants it repaired: addresses that we set under an earlier public URL move along.
    Repair,
    /// A person has confirmed that others' addresses are to be replaced.
    Replace,
}

impl Claim {
    fn covers(self, whose: Whose) -> bool {
        match whose {
            Whose::Ours => true,
            Whose::OursBefore => self != Self::Careful,
            Whose::Foreign => self == Self::Replace,
        }
    }
}

/// What came of it.
pub struct Routed {
    /// What Meta refused, each beginning with its step.
    pub refused: Vec<Problem>,
    /// Meta was unwell at one of the steps: worth trying again.
    pub unwell: Option<Problem>,
    /// The app's address belongs to another system and was left alone.
    pub app_is_elsewhere: bool,
}

/// Where the app's own address leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AppSide {
    Here,
    Elsewhere,
    /// Could not be read, or could not be set.
    Unknown,
}

/// A run at work.
struct Way<'a> {
    services: &'a Services,
    actor: &'a Actor,
    connection: &'a Connection,
    access: &'a Access,
    /// Where Meta should deliver, and what it says there.
    address: String,
    verify_token: SecretString,
    /// Addresses that are as good as ours.
    doors: Vec<String>,
    claim: Claim,
    /// The number is on the WhatsApp Business app as well.
    on_business_app: bool,
    /// What asking our own address came to, once it was asked.
    asked: Option<Option<Problem>>,
    refused: Vec<Problem>,
    unwell: Option<Problem>,
}

pub async fn route_messages(
    services: &Services,
    actor: &Actor,
    stored: &StoredConnection,
    access: &Access,
    claim: Claim,
) -> Result<Routed, Failure> {
    let connection = &stored.connection;
    let mut way = Way {
        services,
        actor,
        connection,
        access,
        address: services.webhook_url(connection),
        verify_token: verify_token(services, stored).await?,
        doors: doors(services, connection).await?,
        claim,
        on_business_app: is_on_business_app(stored, access).await,
        asked: None,
        refused: Vec::new(),
        unwell: None,
    };
    let app = way.tell_app().await?;
    way.tell_account(app).await?;
    if claim != Claim::Careful {
        way.clear_number().await?;
    }
    let Way { refused, unwell, .. } = way;
    let problem = refused.first().or(unwell.as_ref());
    if connection.routing_problem.as_ref() != problem {
        services.store.update_routing_problem(&connection.id, problem).await?;
    }
    Ok(Routed { refused, unwell, app_is_elsewhere: app == AppSide::Elsewhere })
}

/// As it was last read, or, before the first reading, as Meta says now. Where it does not say, the next check will tell.
async fn is_on_business_app(stored: &StoredConnection, access: &Access) -> bool {
    if let Some(snapshot) = &stored.snapshot {
        return snapshot.on_business_app();
    }
    let reading = access.graph.find_number(access.key(), &stored.connection.phone_number_id).await;
    reading.ok().flatten().is_some_and(|reading| reading.on_business_app == Some(true))
}

impl Way<'_> {
    fn callback(&self) -> Callback<'_> {
        Callback { url: &self.address, verify_token: &self.verify_token }
    }

    async fn whose(&self, callback: &str) -> Result<Whose, Failure> {
        whose(self.services, callback, &self.doors).await
    }

    /// Before Meta is told our address: asks it ourselves, once a run. `Err` when Meta need not be asked at all.
    async fn prepare(&mut self) -> Result<Result<(), Problem>, Failure> {
        self.services.store.add_own_callback(&self.address).await?;
        if self.asked.is_none() {
            self.asked = Some(ask_address(self.services, &self.address, &self.verify_token).await.problem);
        }
        // From within a network its own public address may be out of reach, so only what is certain is not left to Meta.
        let certain = |problem: &&Problem| problem.is("address_private") || problem.is("address_not_https");
        Ok(match self.asked.iter().flatten().find(certain) {
            Some(problem) => Err(problem.clone()),
            None => Ok(()),
        })
    }

    /// Keeps a refusal with the step's words before it. What Meta says of our address in one code, we have seen better.
    fn note(&mut self, step: &str, error: &GraphError) {
        let said = error.problem();
        if error.is_meta_unwell() {
            self.unwell.get_or_insert(said);
            return;
        }
        let seen = self.asked.clone().flatten().filter(|_| error.is(Kind::CallbackRefused));
        let problem = match seen {
            Some(seen) => Problem { meta: said.meta, ..seen },
            None => said,
        };
        self.refuse(step, problem);
    }

    fn refuse(&mut self, step: &str, problem: Problem) {
        let what = format!("{step} {}", problem.what);
        self.refused.push(Problem { what, ..problem });
    }

    async fn audit(&self, action: &str, before: Option<Value>, after: Option<Value>) -> Result<(), Failure> {
        Ok(self.services.store.add_audit(self.actor, action, Some(&self.connection.id), before, after).await?)
    }
}
