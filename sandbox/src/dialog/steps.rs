//! What each step's form does.

use serde::Deserialize;

use super::{
    finish::{self, End},
    wizard::{Step, Wizard},
};
use crate::{
    fixtures::{NUMBER_BUSINESS_APP, OTP_CODE},
    random,
    world::{Business, Number, Payment, Person, Waba, World, digits},
};

/// Every field that any step's form has; each step reads its own.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    step: String,
    action: String,
    person: String,
    pub(super) other: String,
    pub(super) business: String,
    pub(super) business_name: String,
    pub(super) waba: String,
    pub(super) waba_name: String,
    share_others: String,
    pub(super) number: String,
    pub(super) phone: String,
    pub(super) display_name: String,
    pub(super) method: String,
    code: String,
}

pub(crate) enum Outcome {
    /// Show the wizard's page, whatever step it is at now.
    Stay,
    End(End),
}

pub(crate) fn submit(world: &mut World, wizard: &mut Wizard, fields: &Fields) -> Outcome {
    if fields.step != wizard.step.name() {
        return Outcome::Stay;
    }
    wizard.error = None;
    wizard.typed = Fields::default();
    match fields.action.as_str() {
        "cancel" => return Outcome::End(finish::cancelled(wizard)),
        "report" => return Outcome::End(finish::reported(world, wizard)),
        "back" => {
            wizard.back();
            return Outcome::Stay;
        }
        _ => {}
    }
    let moved = match wizard.step {
        Step::Person => choose_person(world, wizard, fields),
        Step::Business => choose_business(world, wizard, fields),
        Step::Waba => choose_waba(world, wizard, fields),
        Step::Number => choose_number(world, wizard, fields),
        Step::Code => enter_code(world, wizard, fields),
        Step::Qr => scan(world, wizard),
        Step::Review => Ok(Step::Finish),
        Step::Finish => return Outcome::End(finish::finished(world, wizard)),
    };
    match moved {
        Ok(step) => wizard.step = step,
        Err(text) => {
            wizard.error = Some(text.to_owned());
            wizard.typed = fields.clone();
        }
    }
    Outcome::Stay
}

type Moved = Result<Step, &'static str>;

fn choose_person(world: &mut World, wizard: &mut Wizard, fields: &Fields) -> Moved {
    let person = if fields.person == "other" {
        let name = fields.other.trim();
        if name.is_empty() {
            return Err("Enter the name to log in with.");
        }
        let person = Person { id: random::id("9100"), name: name.to_owned(), businesses: Vec::new() };
        let id = person.id.clone();
        world.people.push(person);
        id
    } else {
        world.person(&fields.person).ok_or("Choose who continues.")?.id.clone()
    };
    wizard.person = person;
    Ok(Step::Business)
}

fn choose_business(world: &mut World, wizard: &mut Wizard, fields: &Fields) -> Moved {
    if fields.business != "new" {
        let manages = world.person(&wizard.person).is_some_and(|person| person.businesses.contains(&fields.business));
        wizard.business = if manages { fields.business.clone() } else { return Err("Choose a business portfolio.") };
        return Ok(Step::Waba);
    }
    let name = fields.business_name.trim();
    if name.is_empty() || name.chars().count() > 100 {
        return Err("Enter a name for the new portfolio, of up to 100 characters.");
    }
    let business = Business {
        id: random::id("2301"),
        name: name.to_owned(),
        verification_status: "not_verified".to_owned(),
        messaging_limit: "TIER_250".to_owned(),
        created: world.now(),
    };
    wizard.business.clone_from(&business.id);
    if let Some(person) = world.people.iter_mut().find(|person| person.id == wizard.person) {
        person.businesses.push(business.id.clone());
    }
    world.add_business(business);
    Ok(Step::Waba)
}

fn choose_waba(world: &mut World, wizard: &mut Wizard, fields: &Fields) -> Moved {
    if fields.waba == "new" {
        let name = fields.waba_name.trim();
        if name.is_empty() {
            return Err("Enter a name for the new WhatsApp account.");
        }
        let id = random::id("1041");
        let waba = Waba::new(&id, &wizard.business, name, Payment::Unknown, world.now());
        world.wabas.insert(id.clone(), waba);
        wizard.waba = id;
    } else {
        let owned = world.wabas_of(&wizard.business).any(|waba| waba.id == fields.waba);
        wizard.waba = if owned { fields.waba.clone() } else { return Err("Choose a WhatsApp account.") };
    }
    let others = world.wabas_of(&wizard.business).filter(|waba| waba.id != wizard.waba);
    wizard.others =
        if fields.share_others == "yes" { others.map(|waba| waba.id.clone()).collect() } else { Vec::new() };
    Ok(Step::Number)
}

fn choose_number(world: &mut World, wizard: &mut Wizard, fields: &Fields) -> Moved {
    wizard.number = None;
    wizard.by_qr = false;
    match fields.number.as_str() {
        "none" => Ok(Step::Review),
        "new" => add_number(world, wizard, fields),
        "qr" if wizard.coexistence => Ok(Step::Qr),
        id => {
            let number = world.numbers.get_mut(id).filter(|number| number.waba == wizard.waba);
            let number = number.ok_or("Choose a phone number.")?;
            wizard.number = Some(number.id.clone());
            if number.code_status == "NOT_VERIFIED" {
                number.code_waiting = true;
                return Ok(Step::Code);
            }
            Ok(Step::Review)
        }
    }
}

fn add_number(world: &mut World, wizard: &mut Wizard, fields: &Fields) -> Moved {
    let digits = digits(&fields.phone);
    if !(8..=15).contains(&digits.len()) {
        return Err("Enter the phone number with its country code, like +1 631-555-0199.");
    }
    let earlier = world.number_shown_as(&digits);
    if earlier.is_some_and(|number| number.waba != wizard.waba || number.code_status == "VERIFIED") {
        return Err(
            "This number is registered to a WhatsApp account already. Delete it there first, or enter another.",
        );
    }
    let id = earlier.map(|number| number.id.clone());
    let id = id.unwrap_or_else(|| {
        let id = random::id("1067");
        let shown =
            if fields.phone.trim().starts_with('+') { fields.phone.trim().to_owned() } else { format!("+{digits}") };
        let name = world.wabas.get(&wizard.waba).map_or("", |waba| waba.name.as_str());
        let name = if fields.display_name.trim().is_empty() { name } else { fields.display_name.trim() }.to_owned();
        world.add_number(Number::unverified(&id, &wizard.waba, &shown, &name));
        id
    });
    if let Some(number) = world.numbers.get_mut(&id) {
        number.code_waiting = true;
    }
    wizard.number = Some(id);
    Ok(Step::Code)
}

fn enter_code(world: &mut World, wizard: &mut Wizard, fields: &Fields) -> Moved {
    if fields.action == "later" {
        return Ok(Step::Review);
    }
    // People copy it as it is shown, with its hyphen.
    if digits(&fields.code) != OTP_CODE {
        return Err("That code is not right. Check it and enter it again.");
    }
    let number = wizard.number.as_ref().and_then(|id| world.numbers.get_mut(id)).ok_or("Choose a phone number.")?;
    number.verify_code(OTP_CODE).map_err(|_| "That code has expired. Go back and have a new one sent.")?;
    Ok(Step::Review)
}

/// The phone's owner allows it in the Business app: the number joins the account as it is.
fn scan(world: &mut World, wizard: &mut Wizard) -> Moved {
    wizard.by_qr = true;
    let ready = world.wabas.get(&wizard.waba).and_then(|waba| {
        waba.numbers.iter().find(|id| world.numbers.get(*id).is_some_and(|number| number.on_business_app)).cloned()
    });
    wizard.number = Some(ready.unwrap_or_else(|| {
        let id = random::id("1068");
        let name =
            world.numbers.get(NUMBER_BUSINESS_APP).map_or("Business app", |number| number.verified_name.as_str());
        let shown = format!("+1 633-555-{:04}", world.numbers.len() % 10_000);
        let mut number = Number::verified(&id, &wizard.waba, &shown, name);
        number.join_from_business_app(world.now());
        world.add_number(number);
        id
    }));
    Ok(Step::Review)
}
