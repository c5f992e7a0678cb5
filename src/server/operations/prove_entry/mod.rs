//! Judges credentials that were entered by hand: first by shape, then by asking Meta, and saves nothing.

mod token;
mod words;

use super::Services;
use crate::domain::credential::TokenFacts;
use crate::domain::entry::{EntryChoice, Objection};
use crate::domain::health::{NumberReading, WabaReading};
use crate::domain::ids::{PhoneNumberId, WabaId};
use crate::domain::problem::Problem;
use crate::domain::settings::{BrokenRule, id_rule, token_rule, verify_token_rule, version_rule, version_warning};
use crate::server::config::App;
use crate::server::meta::{Graph, GraphError, Key, Kind};
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;

/// A token may reach hundreds of accounts; more than this is no choice.
const MOST_WABAS: usize = 10;
/// Longest wait for all of Meta's answers together.
const PATIENCE: Duration = Duration::from_secs(45);

/// What was entered. Only the token is required.
#[derive(Clone)]
pub struct Entry {
    pub name: Option<String>,
    pub phone_number_id: Option<PhoneNumberId>,
    pub waba: Option<WabaId>,
    pub token: SecretString,
    pub app_id: Option<String>,
    pub app_secret: Option<SecretString>,
    pub verify_token: Option<SecretString>,
    pub api_version: Option<String>,
}

/// What asking Meta brought.
#[derive(Default)]
pub struct Proof {
    pub facts: Option<TokenFacts>,
    /// Meta said that it does not take the token.
    pub token_refused: bool,
    /// The token's app, when its secret is known.
    pub app: Option<App>,
    /// The token belongs to an app of the business's own.
    pub own_app: bool,
    pub waba: Option<(WabaId, WabaReading)>,
    pub number: Option<(PhoneNumberId, NumberReading)>,
    /// To choose from, where no number was entered.
    pub choices: Vec<EntryChoice>,
    /// The two ids were entered in each other's place: put right.
    pub swapped: bool,
    pub objections: Vec<Objection>,
    pub warnings: Vec<String>,
    /// The token is the stored one: saving leaves it as it is.
    pub token_kept: bool,
    /// Meta could not be asked: then nothing is proven and nothing disproven.
    pub unreachable: Option<Problem>,
}

impl Proof {
    pub fn holds(&self) -> bool {
        self.objections.is_empty() && self.unreachable.is_none() && self.number.is_some()
    }

    /// The token reads number and account, whatever else speaks against it.
    pub fn reaches(&self) -> bool {
        self.number.is_some() && self.waba.is_some() && !self.token_refused
    }

    fn object(&mut self, field: &str, problem: Problem) {
        self.objections.push(Objection { field: field.to_owned(), problem });
    }

    /// `Err` when Meta is unwell: there is no point in asking on.
    fn note(&mut self, field: &str, error: &GraphError) -> Result<(), Stop> {
        if error.is_meta_unwell() {
            self.unreachable = Some(error.problem());
            return Err(Stop);
        }
        self.object(field, error.problem());
        Ok(())
    }
}

/// No further question makes sense.
struct Stop;

/// The rules that can be told by looking. Field names are those of the REST settings.
pub fn broken_rules(entry: &Entry) -> Vec<BrokenRule> {
    let mut broken = Vec::new();
    let mut check = |field: &str, rule: Option<String>| broken.extend(rule.map(|rule| BrokenRule::new(field, &rule)));
    check("accessToken", token_rule(entry.token.expose_secret()));
    let id = |name: &str, id: Option<&str>| id.and_then(|id| id_rule(name, id));
    check("phoneNumberId", id("Phone Number ID", entry.phone_number_id.as_ref().map(PhoneNumberId::as_str)));
    check("businessAccountId", id("WABA ID", entry.waba.as_ref().map(WabaId::as_str)));
    check("appId", id("app ID", entry.app_id.as_deref()));
    check("webhookVerifyToken", entry.verify_token.as_ref().and_then(|t| verify_token_rule(t.expose_secret())));
    check("apiVersion", entry.api_version.as_deref().and_then(version_rule));
    let lonely = entry.app_secret.is_some() && entry.app_id.is_none();
    check("appId", lonely.then(|| "the app secret needs the app ID beside it".to_owned()));
    broken
}

/// Asks Meta about everything that was entered.
pub async fn prove_entry(services: &Services, entry: &Entry) -> Proof {
    let mut asking =
        Asking { services, graph: services.graph.at(entry.api_version.as_deref()), entry, proof: Proof::default() };
    // Until Meta tells better.
    asking.proof.own_app = entry.app_id.is_some() && entry.app_id != services.app().map(|app| app.id);
    asking.proof.warnings.extend(entry.api_version.as_deref().and_then(version_warning));
    match tokio::time::timeout(PATIENCE, asking.ask()).await {
        // Stopping early is said in the proof itself.
        Ok(Ok(()) | Err(Stop)) => {}
        Err(_) => asking.proof.unreachable = Some(Problem::meta_unreachable("It did not answer in time.")),
    }
    let mut proof = asking.proof;
    if proof.own_app && proof.app.is_none() && !proof.token_refused {
        proof.warnings.push("Without the app secret you can send, but incoming messages are refused.".to_owned());
    }
    proof
}

struct Asking<'a> {
    services: &'a Services,
    graph: Graph,
    entry: &'a Entry,
    proof: Proof,
}

/// What an id turned out to name.
enum Named {
    Number(NumberReading),
    Waba(WabaReading),
    /// Something of Meta's, but neither.
    SomethingElse,
    /// Nothing that the token may see.
    Nothing,
}

impl Asking<'_> {
    async fn ask(&mut self) -> Result<(), Stop> {
        self.inspect_token().await?;
        if self.proof.token_refused {
            return Err(Stop);
        }
        let (number, waba) = (self.entry.phone_number_id.clone(), self.entry.waba.clone());
        let as_number = match &number {
            Some(id) => Some(self.name(id.as_str(), "phoneNumberId").await?),
            None => None,
        };
        let as_waba = match &waba {
            Some(id) => Some(self.name(id.as_str(), "businessAccountId").await?),
            None => None,
        };
        self.settle(number, as_number, waba, as_waba);
        let wabas = self.wabas_to_look_at().await?;
        self.list(wabas).await
    }

    fn key(&self) -> Key<'_> {
        Key { token: &self.entry.token, app_secret: self.proof.app.as_ref().map(|app| &app.secret) }
    }

    /// Finds out what an id names, by asking for what only a number or only an account has.
    async fn name(&mut self, id: &str, field: &str) -> Result<Named, Stop> {
        let (as_number, as_waba) = (PhoneNumberId::new(id), WabaId::new(id));
        let waba_first = field == "businessAccountId";
        for try_waba in [waba_first, !waba_first] {
            let found = if try_waba {
                self.graph.find_waba(self.key(), &as_waba).await.map(|found| found.map(Named::Waba))
            } else {
                self.graph.find_number(self.key(), &as_number).await.map(|found| found.map(Named::Number))
            };
            match found {
                Ok(Some(named)) => return Ok(named),
                Ok(None) => return Ok(Named::Nothing),
                // It exists and is of another kind.
                Err(error) if error.is(Kind::UnknownField) => {}
                Err(error) => {
                    self.proof.note(field, &error)?;
                    return Ok(Named::SomethingElse);
                }
            }
        }
        Ok(Named::SomethingElse)
    }

    /// Each id in its place, or an objection to it.
    fn settle(
        &mut self,
        number: Option<PhoneNumberId>,
        as_number: Option<Named>,
        waba: Option<WabaId>,
        as_waba: Option<Named>,
    ) {
        let misplaced = matches!(as_number, Some(Named::Waba(_))) || matches!(as_waba, Some(Named::Number(_)));
        let fitting = matches!(as_number, Some(Named::Number(_))) || matches!(as_waba, Some(Named::Waba(_)));
        if misplaced && !fitting {
            self.proof.swapped = true;
            self.put_right(number, as_number, waba, as_waba);
            return;
        }
        let objected = |proof: &Proof, field: &str| proof.objections.iter().any(|objection| objection.field == field);
        match (number, as_number) {
            (Some(id), Some(Named::Number(reading))) => self.proof.number = Some((id, reading)),
            (_, Some(Named::Waba(_))) => self.proof.object("phoneNumberId", words::waba_as_number()),
            (_, Some(_)) if !objected(&self.proof, "phoneNumberId") => {
                self.proof.object("phoneNumberId", words::no_number());
            }
            _ => {}
        }
        match (waba, as_waba) {
            (Some(id), Some(Named::Waba(reading))) => self.proof.waba = Some((id, reading)),
            (_, Some(Named::Nothing)) => self.proof.object("businessAccountId", words::unreachable_account()),
            (_, Some(_)) if !objected(&self.proof, "businessAccountId") => {
                self.proof.object("businessAccountId", words::no_account());
            }
            _ => {}
        }
    }

    fn put_right(
        &mut self,
        number: Option<PhoneNumberId>,
        as_number: Option<Named>,
        waba: Option<WabaId>,
        as_waba: Option<Named>,
    ) {
        match (number, as_number) {
            (Some(id), Some(Named::Waba(reading))) => self.proof.waba = Some((WabaId::new(id.as_str()), reading)),
            (Some(_), _) => self.proof.object("businessAccountId", words::unreachable_account()),
            (None, _) => {}
        }
        match (waba, as_waba) {
            (Some(id), Some(Named::Number(reading))) => {
                self.proof.number = Some((PhoneNumberId::new(id.as_str()), reading));
            }
            (Some(_), _) => self.proof.object("phoneNumberId", words::no_number()),
            (None, _) => {}
        }
    }

    /// The account that was entered, where the token reaches it; else those that the token names, or that its portfolio
    /// has (pain 4).
    async fn wabas_to_look_at(&mut self) -> Result<Vec<(WabaId, Option<WabaReading>)>, Stop> {
        if let Some((id, reading)) = &self.proof.waba {
            return Ok(vec![(id.clone(), Some(reading.clone()))]);
        }
        let mut wabas = self.proof.facts.as_ref().map(TokenFacts::named_wabas).unwrap_or_default();
        if wabas.is_empty()
            && let Ok(Some(business)) = self.graph.client_business(self.key()).await
        {
            match self.graph.list_wabas_of(self.key(), &business).await {
                Ok(found) => wabas = found,
                Err(error) if error.is_meta_unwell() => self.proof.note("businessAccountId", &error)?,
                Err(error) => tracing::info!(%error, "the portfolio's accounts cannot be listed"),
            }
        }
        wabas.truncate(MOST_WABAS);
        Ok(wabas.into_iter().map(|waba| (waba, None)).collect())
    }

    /// The numbers of the accounts: the one entered must be among them; where none was, they are the choice.
    async fn list(&mut self, wabas: Vec<(WabaId, Option<WabaReading>)>) -> Result<(), Stop> {
        let mut found = Vec::new();
        for (waba, reading) in wabas {
            let reading = match reading {
                Some(reading) => reading,
                None => match self.graph.find_waba(self.key(), &waba).await {
                    Ok(Some(reading)) => reading,
                    Err(error) if error.is_meta_unwell() => return self.proof.note("businessAccountId", &error),
                    _ => continue,
                },
            };
            match self.graph.list_numbers(self.key(), &waba).await {
                Ok(numbers) => found.push((waba, reading, numbers)),
                Err(error) => self.proof.note("businessAccountId", &error)?,
            }
        }
        if let Some((id, _)) = self.proof.number.clone() {
            let home = found.into_iter().find(|(.., numbers)| numbers.iter().any(|number| number.id == id));
            match home {
                Some((waba, reading, _)) => self.proof.waba = Some((waba, reading)),
                None if self.proof.waba.is_some() => self.proof.object("phoneNumberId", words::not_in_account()),
                None if self.entry.waba.is_none() => self.proof.object("businessAccountId", words::which_account()),
                None => {}
            }
            return Ok(());
        }
        let empty = found.iter().all(|(.., numbers)| numbers.is_empty());
        let asked_for = self.entry.phone_number_id.is_none() || self.proof.swapped;
        if found.is_empty() && self.entry.waba.is_none() && asked_for {
            self.proof.object("businessAccountId", words::which_account());
        } else if empty && !found.is_empty() && asked_for {
            self.proof.object("businessAccountId", words::no_numbers());
        }
        self.proof.choices = found
            .into_iter()
            .flat_map(|(waba, reading, numbers)| {
                numbers.into_iter().map(move |number| EntryChoice {
                    waba: waba.clone(),
                    waba_name: reading.name.clone(),
                    number,
                })
            })
            .collect();
        Ok(())
    }
}
