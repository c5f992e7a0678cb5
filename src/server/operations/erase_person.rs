//! Erasing one person's data: found by number or id, asked about, then removed in small steps. What came with others'
//! messages in one delivery goes as it came, once it has been understood; the others' events stay.

use super::understand_deliveries::understand_again;
use super::{Failure, Progress, Services, wait};
use crate::domain::envelope::items;
use crate::domain::erasure::{Erasure, ErasureQuestion, PersonalDataPage};
use crate::domain::ids::WorkspaceId;
use crate::domain::person::{Person, is_user_id};
use crate::domain::phone::TypedNumber;
use crate::domain::problem::Problem;
use crate::server::store::{Actor, ErasureWork, JobKind, NamedUser, NewJob, WaitingDelivery};
use serde_json::json;
use std::collections::HashSet;
use std::time::Duration;

/// Deliveries looked through at once.
const STRIDE: i64 = 40;
/// So often, before the job makes room for others and for a stop of the server.
const STRIDES: usize = 50;
/// What comes in goes first.
const REST: Duration = Duration::from_millis(200);
const SHOWN: i64 = 20;
/// Longest number or id that is looked for, in characters.
const LONGEST: usize = 200;

/// What is known of somebody, before anything is removed. `typed` is a phone number in any spelling or a user id.
pub async fn ask_about_person(
    services: &Services,
    workspace: &WorkspaceId,
    typed: &str,
) -> Result<ErasureQuestion, Failure> {
    let (person, name) = find_person(services, workspace, typed).await?;
    let (events, deliveries) = services.store.count_events_of(workspace, &person).await?;
    let plus = |phone: &String| format!("+{phone}");
    Ok(ErasureQuestion {
        person: person.phones.first().map(plus).or_else(|| person.users.first().cloned()).unwrap_or_default(),
        phones: person.phones.iter().map(plus).collect(),
        user_ids: person.users,
        name,
        events,
        deliveries,
    })
}

/// Begins, and waits a moment for the end.
pub async fn erase_person(services: &Services, actor: &Actor, typed: &str) -> Result<Erasure, Failure> {
    let (person, _) = find_person(services, &actor.workspace, typed).await?;
    let erasure = services.store.add_erasure(actor, &person, &hint(&person)).await?;
    wait::for_erasure(services, &actor.workspace, &erasure).await?;
    let found = services.store.find_erasure(&actor.workspace, &erasure).await?;
    Ok(found.ok_or_else(Problem::not_found)?)
}

pub async fn show_personal_data(services: &Services, workspace: &WorkspaceId) -> Result<PersonalDataPage, Failure> {
    Ok(PersonalDataPage {
        now: services.clock.now(),
        event_days: services.keeping.event_days,
        delivery_days: services.keeping.delivery_days,
        erasures: services.store.list_erasures(workspace, SHOWN).await?,
    })
}

/// Enough to tell one deletion from another, too little to tell whose it was.
fn hint(person: &Person) -> String {
    let end = |text: &String| {
        let letters: Vec<char> = text.chars().collect();
        letters[letters.len().saturating_sub(2)..].iter().collect::<String>()
    };
    match (person.phones.first(), person.users.first()) {
        (Some(phone), _) => format!("number …{}", end(phone)),
        (None, user) => format!("user ID …{}", user.map(end).unwrap_or_default()),
    }
}

/// All names of one person, and what they call themselves.
async fn find_person(
    services: &Services,
    workspace: &WorkspaceId,
    typed: &str,
) -> Result<(Person, Option<String>), Failure> {
    let typed: String = typed.trim().chars().take(LONGEST).collect();
    let (mut person, named) = if let Some(number) = TypedNumber::parse(&typed) {
        let named = services.store.list_named_users(workspace, number.tail(), "").await?;
        by_number(&number, named)?
    } else if is_user_id(&typed) {
        let named = services.store.list_named_users(workspace, "", &typed).await?;
        (Person { phones: Vec::new(), users: vec![typed] }, named)
    } else {
        let rule = "a phone number with its country code, or a WhatsApp user ID such as BR.1A2b3C";
        return Err(Problem::invalid("person", rule).into());
    };
    person.phones.extend(named.iter().filter_map(|user| user.phone.clone()));
    // What has not the shape of an id may stand beside many people.
    person.users.extend(named.iter().filter_map(|user| user.user_id.clone()).filter(|id| is_user_id(id)));
    for names in [&mut person.phones, &mut person.users] {
        names.sort();
        names.dedup();
    }
    if services.store.has_own_number(workspace, &person.phones).await? {
        return Err(Problem::invalid("person", "this is a number of your own, not a customer's").into());
    }
    Ok((person, named.into_iter().find_map(|user| user.name)))
}

/// Of those whose number ends like this, the one that is meant.
fn by_number(number: &TypedNumber, mut named: Vec<NamedUser>) -> Result<(Person, Vec<NamedUser>), Problem> {
    let phone = |user: &NamedUser| user.phone.clone().unwrap_or_default();
    named.retain(|user| number.means(&phone(user)));
    if named.iter().any(|user| number.spellings().contains(&phone(user))) {
        named.retain(|user| number.spellings().contains(&phone(user)));
    }
    let whole = |one: &str| TypedNumber::parse(one)?.with_country_code();
    let same = |one: &str, other: &str| whole(one).is_some_and(|one| one.means(other));
    let first = named.first().map(phone).unwrap_or_default();
    if named.iter().any(|user| !same(&first, &phone(user)) && !same(&phone(user), &first)) {
        let mut all: Vec<String> = named.iter().map(|user| format!("+{}", phone(user))).collect();
        all.dedup();
        return Err(Problem::invalid(
            "person",
            &format!("several numbers end like this: {}. Write it whole", all.join(", ")),
        ));
    }
    // Nobody here: deliveries may name them all the same.
    let phones = if named.is_empty() { number.spellings().to_vec() } else { Vec::new() };
    Ok((Person { phones, users: Vec::new() }, named))
}

/// The job: as far as it comes in one turn. What is left is a job again, so that it survives a stop at any time.
pub async fn erase(services: &Services, erasure: &str) -> Result<Progress, Failure> {
    for _ in 0..STRIDES {
        let kept = services.intake.kept();
        let Some(work) = services.store.open_erasure(erasure).await? else { return Ok(Progress::Settled) };
        if work.deliveries.0 <= work.deliveries.1 {
            if let Some(problem) = erase_from_deliveries(services, &work).await? {
                return Ok(Progress::Later(Box::new(problem)));
            }
        } else if work.events.0 <= work.events.1 {
            erase_from_events(services, &work).await?;
        } else {
            services.store.finish_erasure(erasure).await?;
            return Ok(Progress::Settled);
        }
        if services.intake.kept() != kept {
            tokio::time::sleep(REST).await;
        }
    }
    services.store.add_job(NewJob { kind: JobKind::ErasePerson, subject: erasure, payload: json!({}) }).await?;
    Ok(Progress::Settled)
}

/// The next ones; why that has to wait, if it has to.
async fn erase_from_deliveries(services: &Services, work: &ErasureWork) -> Result<Option<Problem>, Failure> {
    let store = &services.store;
    let deliveries = store.list_deliveries_to_erase(work, STRIDE).await?;
    let last = deliveries.last().map_or(work.deliveries.1, |delivery| delivery.id);
    let mut naming = Vec::new();
    for delivery in deliveries {
        if work.person.is_named_in(&delivery.body) && is_for(services, &work.workspace, &delivery).await? {
            naming.push(delivery);
        }
    }
    let ids: Vec<i64> = naming.iter().map(|delivery| delivery.id).collect();
    let waiting = store.erase_deliveries(work, &ids, last).await?;
    if waiting.is_empty() {
        return Ok(None);
    }
    // What it says of others is kept first.
    naming.retain(|delivery| waiting.contains(&delivery.id));
    understand_again(services, &naming).await?;
    let stuck = !store.erase_deliveries(work, &waiting, last).await?.is_empty();
    Ok(stuck.then(|| {
        let (what, why) = ("A delivery could not be understood yet.", "Its other messages would be lost with it.");
        Problem::new("unexpected", what, why, "It is tried again by itself.")
    }))
}

/// Not when all that a delivery says is for numbers of other workspaces.
async fn is_for(services: &Services, workspace: &WorkspaceId, delivery: &WaitingDelivery) -> Result<bool, Failure> {
    let items = items(&delivery.body).unwrap_or_default();
    if delivery.signer.own.is_some() || items.is_empty() {
        return Ok(true);
    }
    let mut asked = HashSet::new();
    for item in items {
        if !asked.insert(item.address.clone()) {
            continue;
        }
        let recipients = services.store.list_recipients(&delivery.signer, &item.address).await?;
        if recipients.is_empty() || recipients.iter().any(|to| to.workspace == *workspace) {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn erase_from_events(services: &Services, work: &ErasureWork) -> Result<(), Failure> {
    let found = services.store.list_events_naming(work).await?;
    Ok(services.store.erase_events(work, &found).await?)
}
