//! The job: asks Meta about a draft and, when saving was pressed and everything holds, saves it.

use super::{Draft, complete};
use crate::domain::connection::Lifecycle;
use crate::domain::credential::TokenFacts;
use crate::domain::entry::{NumberSummary, Objection, Press, SavedEntry, TokenSummary, Verdict};
use crate::domain::ids::{DraftId, PhoneNumberId, UserId};
use crate::domain::phone::same_number;
use crate::domain::problem::Problem;
use crate::domain::settings::BrokenRule;
use crate::server::operations::prove_entry::{Entry, Proof, broken_rules, prove_entry};
use crate::server::operations::save_entry::{
    elsewhere, number_in_use, other_number, replaces_a_working_token, write_entry,
};
use crate::server::operations::{Failure, Services};
use crate::server::store::{Actor, Guard, StoredConnection};

/// Where the token is that of other numbers as well.
const SHARED: &str =
    "Another number of this account works with the token that is stored. Only one that Meta takes may take its place.";

pub async fn judge_entry(services: &Services, actor: &Actor, user: &UserId, id: &DraftId) -> Result<(), Failure> {
    let Some(stored) = services.store.find_any_draft(id).await? else { return Ok(()) };
    let mut draft = Draft::of(&stored)?;
    let Some(press) = draft.asking.take() else { return Ok(()) };
    let existing = match &stored.connection {
        Some(id) => Some(services.store.find_connection(&stored.workspace, id).await?.ok_or_else(Problem::not_found)?),
        None => None,
    };
    let existing = existing.as_ref();
    let mut entry = complete(services, &draft, existing).await?;
    let (broken, mut proof) = prove(services, &mut entry).await;
    proof.token_kept = existing.is_some() && draft.secrets.token.is_empty();
    let mut verdict = tell(press, &entry, &broken, &proof);
    object_here(services, actor, existing, &proof, &mut verdict).await?;
    let replaces = replaces_a_working_token(services, &actor.workspace, &entry, &proof, existing).await?;
    let own = existing.is_some_and(|stored| is_in_use(services, stored));
    if replaces && !own && !verdict.holds {
        verdict.warnings.push(SHARED.to_owned());
    }
    verdict.may_save_anyway = may_save_anyway(replaces, &entry, &broken, &proof, &verdict);
    verdict.holds &= verdict.objections.is_empty();
    let warned = draft.verdict.as_ref().is_some_and(Verdict::is_temporary);
    let saves = match press {
        Press::Save => verdict.holds && (warned || !verdict.is_temporary()),
        Press::Anyway => verdict.may_save_anyway,
        Press::Test | Press::Swap => false,
    };
    if saves {
        match save(services, actor, user, &draft, &entry, &proof, existing).await {
            Ok(saved) => draft = Draft { saved: Some(saved), ..Draft::default() },
            Err(Failure::Shown(problem)) => {
                verdict = stopped(services, &mut draft, existing, verdict, *problem).await?;
                draft.verdict = Some(verdict);
            }
            Err(failure) => return Err(failure),
        }
    } else {
        draft.verdict = Some(verdict);
    }
    Ok(services.store.update_draft(id, stored.at, &draft.sealed()?).await?)
}

/// Meta is asked about what looks right, so that the numbers to choose from are there when only an ID is wrong.
async fn prove(services: &Services, entry: &mut Entry) -> (Vec<BrokenRule>, Proof) {
    let broken = broken_rules(entry);
    let breaks = |field: &str| broken.iter().any(|rule| rule.field == field);
    if breaks("accessToken") || breaks("appId") || breaks("apiVersion") {
        return (broken, Proof::default());
    }
    let mut asked = entry.clone();
    if breaks("phoneNumberId") {
        asked.phone_number_id = None;
    }
    if breaks("businessAccountId") {
        asked.waba = None;
    }
    let proof = prove_entry(services, &asked).await;
    // One number only: nothing to choose.
    if let [only] = &proof.choices[..]
        && entry.phone_number_id.is_none()
        && proof.objections.iter().all(|objection| objection.field == "accessToken")
    {
        entry.phone_number_id = Some(only.number.id.clone());
        entry.waba = Some(only.waba.clone());
        return (broken, prove_entry(services, entry).await);
    }
    (broken, proof)
}

pub(super) fn failed(press: Press, problem: Problem) -> Verdict {
    Verdict {
        press,
        objections: Vec::new(),
        warnings: Vec::new(),
        failure: Some(problem),
        token: None,
        number: None,
        waba_name: None,
        choices: Vec::new(),
        meant: None,
        swap: None,
        holds: false,
        may_save_anyway: false,
    }
}

fn tell(press: Press, entry: &Entry, broken: &[BrokenRule], proof: &Proof) -> Verdict {
    let rule = |rule: &BrokenRule| Objection {
        field: rule.field.clone(),
        problem: Problem::new("invalid", &sentence(&rule.rule), "", ""),
    };
    let mut objections: Vec<Objection> = broken.iter().map(rule).collect();
    objections.extend(proof.objections.iter().filter(|o| !broken.iter().any(|b| b.field == o.field)).cloned());
    let swap = proof.swapped.then_some(proof.waba.as_ref()).flatten().map(|(waba, _)| {
        let number = proof.number.as_ref().map(|(number, _)| number.clone());
        (number, waba.clone())
    });
    let typed = entry.phone_number_id.as_ref().map(PhoneNumberId::as_str).unwrap_or_default();
    let meant = proof.choices.iter().find(|choice| same_number(&choice.number.display_number, typed));
    let reading = proof.number.as_ref().map(|(_, reading)| reading);
    Verdict {
        objections,
        warnings: proof.warnings.clone(),
        failure: proof.unreachable.clone(),
        token: proof.facts.as_ref().map(token),
        number: reading.map(|reading| NumberSummary {
            display_number: reading.display_phone_number.clone(),
            verified_name: reading.verified_name.clone(),
            quality: reading.quality_rating.clone(),
        }),
        waba_name: proof.waba.as_ref().and_then(|(_, reading)| reading.name.clone()),
        choices: proof.choices.clone(),
        meant: meant.map(|choice| choice.number.id.clone()),
        holds: proof.holds() && broken.is_empty() && !proof.swapped,
        swap,
        ..failed(press, Problem::not_found())
    }
}

fn token(facts: &TokenFacts) -> TokenSummary {
    TokenSummary {
        kind: facts.kind,
        scopes: facts.scopes.clone(),
        missing_scopes: facts.missing_scopes().into_iter().map(str::to_owned).collect(),
        ends_at: facts.expires_at,
    }
}

/// `paste the token` → `Paste the token.`
fn sentence(rule: &str) -> String {
    let mut letters = rule.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}.", letters.as_str())
}

/// What speaks against it on our side: the number is connected already, or is another one.
async fn object_here(
    services: &Services,
    actor: &Actor,
    existing: Option<&StoredConnection>,
    proof: &Proof,
    verdict: &mut Verdict,
) -> Result<(), Failure> {
    for choice in &mut verdict.choices {
        let holder = services.store.find_by_phone_number_id(&choice.number.id).await?;
        choice.number.taken = holder.and_then(|holder| {
            let own = existing.is_some_and(|existing| existing.connection.id == holder.connection.id);
            let free = holder.connection.lifecycle == Lifecycle::Disconnected;
            if holder.connection.workspace != actor.workspace {
                Some("Connected in another workspace here.".to_owned())
            } else {
                (!own && !free).then(|| "Already connected here.".to_owned())
            }
        });
    }
    let Some((number, _)) = &proof.number else { return Ok(()) };
    let holder = services.store.find_by_phone_number_id(number).await?;
    let problem = match (existing, holder) {
        (_, Some(holder)) if holder.connection.workspace != actor.workspace => Some(elsewhere()),
        (Some(existing), _) if existing.connection.phone_number_id != *number => Some(other_number()),
        (None, Some(holder)) if holder.connection.lifecycle != Lifecycle::Disconnected => Some(number_in_use()),
        _ => None,
    };
    let field = "phoneNumberId".to_owned();
    verdict.objections.extend(problem.map(|problem| Objection { field, problem }));
    Ok(())
}

/// A second press saves what does not prove itself, but never in place of a token that works, unless it reaches the number.
fn may_save_anyway(replaces: bool, entry: &Entry, broken: &[BrokenRule], proof: &Proof, verdict: &Verdict) -> bool {
    let ours = ["connected_elsewhere", "other_number", "number_in_use"];
    let here = verdict.objections.iter().any(|objection| ours.contains(&objection.problem.code.as_str()));
    let number = entry.phone_number_id.is_some() || proof.number.is_some();
    let account = entry.waba.is_some() || proof.waba.is_some();
    broken.is_empty() && !here && !proof.swapped && number && account && (!replaces || proof.reaches())
}

pub(super) fn is_in_use(services: &Services, stored: &StoredConnection) -> bool {
    stored.connection.lifecycle == Lifecycle::Active && !stored.credential.is_dead(services.clock.now())
}

async fn save(
    services: &Services,
    actor: &Actor,
    user: &UserId,
    draft: &Draft,
    entry: &Entry,
    proof: &Proof,
    existing: Option<&StoredConnection>,
) -> Result<SavedEntry, Failure> {
    // What the person has seen counts, not what the job has read.
    let guard =
        existing.map_or(Guard::Unused, |stored| Guard::Unchanged(draft.seen.unwrap_or(stored.settings_version)));
    let saved = write_entry(services, actor, Some(user), entry, proof, existing, guard).await?;
    let new_address = existing.is_none_or(|stored| !stored.connection.own_app);
    let tell_meta = proof.own_app && (new_address || entry.verify_token.is_some());
    Ok(SavedEntry { connection: saved.connection, run: saved.run, tell_meta })
}

/// Saving itself was refused. Who has been told that somebody was faster may press again, knowing it.
async fn stopped(
    services: &Services,
    draft: &mut Draft,
    existing: Option<&StoredConnection>,
    verdict: Verdict,
    problem: Problem,
) -> Result<Verdict, Failure> {
    let Some(stored) = existing.filter(|_| problem.is("changed_meanwhile")) else {
        return Ok(Verdict { failure: Some(problem), ..verdict });
    };
    draft.seen = Some(stored.settings_version);
    let newest = services.store.list_audit(&stored.connection.id, 20).await?;
    let saved = newest.into_iter().find(|entry| ["settings_saved", "token_refreshed"].contains(&entry.action.as_str()));
    let who = saved.map(|entry| format!("{} did, {}.", entry.actor, entry.at().relative(services.clock.now())));
    let remedy = "What you typed is still here. Look at the number's page in another tab, then press Save again if yours is right.";
    let told = Problem { why: who.unwrap_or_default(), remedy: remedy.to_owned(), ..problem };
    Ok(Verdict { failure: Some(told), holds: false, may_save_anyway: false, ..verdict })
}
