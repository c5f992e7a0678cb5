//! Judges credentials that were entered by hand: first by shape, then by asking Meta, and saves nothing.

use super::Services;
use crate::domain::credential::{TokenFacts, TokenKind};
use crate::domain::health::{NumberReading, WabaReading};
use crate::domain::ids::{PhoneNumberId, WabaId};
use crate::domain::problem::Problem;
use crate::domain::settings::{BrokenRule, id_rule, token_rule, verify_token_rule, version_rule, version_warning};
use crate::domain::signup::NumberChoice;
use crate::server::config::App;
use crate::server::meta::{DebuggedToken, Graph, GraphError, Key, Kind, TokenVerdict};
use secrecy::{ExposeSecret, SecretString};

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

/// What is wrong with one field, as far as Meta tells.
#[derive(Debug, Clone)]
pub struct Objection {
    pub field: &'static str,
    pub problem: Problem,
}

/// What asking Meta brought.
#[derive(Default)]
pub struct Proof {
    pub facts: Option<TokenFacts>,
    /// The token's app, when its secret is known.
    pub app: Option<App>,
    /// The token belongs to an app of the business's own.
    pub own_app: bool,
    pub waba: Option<(WabaId, WabaReading)>,
    pub number: Option<(PhoneNumberId, NumberReading)>,
    /// To choose from, where no number was entered.
    pub choices: Vec<NumberChoice>,
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

    fn object(&mut self, field: &'static str, problem: Problem) {
        self.objections.push(Objection { field, problem });
    }

    /// `Err` when Meta is unwell: there is no point in asking on.
    fn note(&mut self, field: &'static str, error: &GraphError) -> Result<(), Stop> {
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
    let graph = services.graph.at(entry.api_version.as_deref());
    let mut proof = Proof::default();
    proof.warnings.extend(entry.api_version.as_deref().and_then(version_warning));
    // Stopping early is said in the proof itself.
    let _ = ask(services, &graph, entry, &mut proof).await;
    if proof.own_app && proof.app.is_none() {
        proof.warnings.push("Without the app secret you can send, but incoming messages are refused.".to_owned());
    }
    proof
}

async fn ask(services: &Services, graph: &Graph, entry: &Entry, proof: &mut Proof) -> Result<(), Stop> {
    inspect_token(services, graph, entry, proof).await?;
    let secret = proof.app.as_ref().map(|app| app.secret.clone());
    let key = Key { token: &entry.token, app_secret: secret.as_ref() };
    let (number, waba) = put_right(graph, key, entry, proof).await?;
    if let Some(waba) = waba.or_else(|| only_named_waba(proof)) {
        find_waba(graph, key, &waba, proof).await?;
    }
    let listed = match &proof.waba {
        Some((waba, _)) => graph.list_numbers(key, waba).await.or_else(|error| {
            proof.note("businessAccountId", &error)?;
            Ok(Vec::new())
        })?,
        None => Vec::new(),
    };
    match number {
        None if proof.waba.is_none() => proof.object("businessAccountId", which_account()),
        None if listed.is_empty() => proof.object("businessAccountId", no_numbers()),
        None => proof.choices = listed,
        Some(id) => {
            find_number(graph, key, id.clone(), proof).await?;
            if proof.waba.is_some() && proof.number.is_some() && !listed.iter().any(|number| number.id == id) {
                proof.object("phoneNumberId", not_in_account());
            }
        }
    }
    Ok(())
}

/// Whose app is it? Asked with our app, then with the one entered, then with the token itself (design §4).
async fn inspect_token(services: &Services, graph: &Graph, entry: &Entry, proof: &mut Proof) -> Result<(), Stop> {
    let entered = entry.app_id.clone().zip(entry.app_secret.clone()).map(|(id, secret)| App { id, secret });
    let ours = services.app().filter(|ours| entry.app_id.as_ref().is_none_or(|id| *id == ours.id));
    for app in [ours.clone(), entered.clone()].into_iter().flatten() {
        match graph.debug_token(&app, &entry.token).await {
            Ok(debugged) => {
                proof.own_app = ours.as_ref().is_none_or(|ours| ours.id != app.id);
                proof.app = Some(app);
                judge_token(debugged, proof);
                return Ok(());
            }
            Err(error) if error.is(Kind::OtherApp) => {}
            Err(error) if error.is_meta_unwell() => proof.note("accessToken", &error)?,
            // What Meta refuses here is the app's own token: its ID or its secret.
            Err(_) if entered.is_some() => {
                proof.object("appSecret", wrong_app());
                return Err(Stop);
            }
            Err(error) => proof.note("accessToken", &error)?,
        }
    }
    if entered.is_some() {
        proof.object("appId", other_app());
        return Err(Stop);
    }
    match graph.debug_own_token(&entry.token).await {
        Ok(debugged) => judge_token(debugged, proof),
        Err(error) if error.is_meta_unwell() || error.is(Kind::TokenDead) => proof.note("accessToken", &error)?,
        Err(error) => tracing::info!(%error, "the token's kind stays unknown"),
    }
    let app_id = proof.facts.as_ref().and_then(|facts| facts.app_id.clone());
    proof.own_app = app_id != services.app().map(|app| app.id);
    Ok(())
}

fn judge_token(debugged: DebuggedToken, proof: &mut Proof) {
    if let TokenVerdict::Invalid(why) = debugged.verdict {
        proof.object("accessToken", why.problem());
    }
    let facts = debugged.facts;
    match facts.kind {
        TokenKind::App => proof.object("accessToken", wrong_kind("the token of an app")),
        TokenKind::Page => proof.object("accessToken", wrong_kind("the token of a Facebook page")),
        TokenKind::Temporary => proof.warnings.push(temporary(&facts)),
        _ => {}
    }
    let missing = facts.missing_scopes();
    if !missing.is_empty() && !matches!(facts.kind, TokenKind::App | TokenKind::Page) {
        proof.object("accessToken", scopes_missing(&missing));
    }
    proof.facts = Some(facts);
}

/// The ids, each in its place: a WABA's where the number's belongs, and the reverse, are told by asking.
async fn put_right(
    graph: &Graph,
    key: Key<'_>,
    entry: &Entry,
    proof: &mut Proof,
) -> Result<(Option<PhoneNumberId>, Option<WabaId>), Stop> {
    let (number, waba) = (entry.phone_number_id.clone(), entry.waba.clone());
    let Some(entered) = &number else { return Ok((None, waba)) };
    match graph.find_number(key, entered).await {
        Err(error) if error.is(Kind::UnknownField) => {}
        _ => return Ok((number, waba)),
    }
    // It exists and is no number.
    let as_waba = WabaId::new(entered.as_str());
    match graph.find_waba(key, &as_waba).await {
        Ok(Some(_)) => {
            proof.swapped = true;
            Ok((waba.map(|waba| PhoneNumberId::new(waba.as_str())), Some(as_waba)))
        }
        _ => Ok((number, waba)),
    }
}

fn only_named_waba(proof: &Proof) -> Option<WabaId> {
    let named = proof.facts.as_ref()?.named_wabas();
    if named.len() == 1 { named.into_iter().next() } else { None }
}

async fn find_waba(graph: &Graph, key: Key<'_>, id: &WabaId, proof: &mut Proof) -> Result<(), Stop> {
    match graph.find_waba(key, id).await {
        Ok(Some(reading)) => proof.waba = Some((id.clone(), reading)),
        Ok(None) => proof.object("businessAccountId", unreachable_account()),
        Err(error) if error.is(Kind::UnknownField) => proof.object("businessAccountId", no_account()),
        Err(error) => proof.note("businessAccountId", &error)?,
    }
    Ok(())
}

async fn find_number(graph: &Graph, key: Key<'_>, id: PhoneNumberId, proof: &mut Proof) -> Result<(), Stop> {
    match graph.find_number(key, &id).await {
        Ok(Some(reading)) => proof.number = Some((id, reading)),
        Ok(None) => proof.object("phoneNumberId", no_number()),
        Err(error) if error.is(Kind::UnknownField) => proof.object("phoneNumberId", no_number()),
        Err(error) => proof.note("phoneNumberId", &error)?,
    }
    Ok(())
}

fn temporary(facts: &TokenFacts) -> String {
    let until = facts.expires_at.map_or_else(|| "tomorrow".to_owned(), |end| end.date_time());
    format!(
        "This token is a guest key: it stops working at {until}. For one that stays, open Meta's Business settings › \
         System users, add a system user, assign the WhatsApp account to it, and generate a token without an end."
    )
}

fn wrong_kind(what: &str) -> Problem {
    Problem::new(
        "wrong_token_kind",
        &format!("This is {what}."),
        "Numbers are reached with the token of a system user, or of a person.",
        "Generate one in Meta's Business settings › System users.",
    )
}

fn scopes_missing(missing: &[&str]) -> Problem {
    Problem::new(
        "scopes_missing",
        &format!("The token lacks {}.", missing.join(" and ")),
        "Both permissions are needed, one to manage the number and one to send.",
        "Generate the token again with both permissions ticked.",
    )
}

fn wrong_app() -> Problem {
    Problem::new(
        "wrong_app_secret",
        "Meta refused the app ID and secret.",
        "They do not belong together, or the secret was reset.",
        "Copy both once more from App settings › Basic.",
    )
}

fn other_app() -> Problem {
    Problem::new(
        "token_of_other_app",
        "The token belongs to another Meta app than the one entered.",
        "",
        "Enter the app that made the token, or make a token with this app.",
    )
}

fn unreachable_account() -> Problem {
    Problem::new(
        "waba_unreachable",
        "The token does not reach this WhatsApp account.",
        "The ID is wrong, or the account is not assigned to the token's owner.",
        "Copy the WhatsApp Business Account ID from WhatsApp › API Setup, or assign the account at Meta.",
    )
}

fn no_account() -> Problem {
    Problem::new(
        "not_a_waba",
        "This ID is not a WhatsApp account's.",
        "It belongs to something else at Meta, such as the business portfolio.",
        "Copy the WhatsApp Business Account ID from WhatsApp › API Setup.",
    )
}

fn no_number() -> Problem {
    Problem::new(
        "phone_number_not_found",
        "The token does not reach a number with this ID.",
        "The ID is wrong, or the number is in an account that the token does not reach.",
        "Leave the field empty and choose the number from the account's list.",
    )
}

fn not_in_account() -> Problem {
    Problem::new(
        "number_of_other_waba",
        "This number is not in this WhatsApp account.",
        "",
        "Leave one of the two fields empty: the other decides.",
    )
}

fn which_account() -> Problem {
    Problem::new(
        "waba_needed",
        "The token reaches several WhatsApp accounts, or does not say which.",
        "",
        "Enter the WABA ID or the Phone Number ID.",
    )
}

fn no_numbers() -> Problem {
    Problem::new("waba_empty", "This WhatsApp account has no number yet.", "", "Add one in WhatsApp Manager first.")
}
