//! The one table from Meta's code and subcode to what it means (fact base §§1.3, 3.5, 6). Failures that Meta has no code
//! for stand in it under their symptom, so that all are explained in one place. A file a family, a row a line.

mod access;
mod account;
mod connecting;
mod limits;
mod other;
mod products;
mod receiving;
mod registering;
mod sending;
mod templates;

use super::error::Kind;
use crate::domain::explained::{Again, Explained, Family, Who};
use crate::domain::problem::TRIED_AGAIN;

/// One row.
#[derive(Debug)]
pub struct Entry {
    /// Stable name of the problem.
    pub key: &'static str,
    codes: &'static [Code],
    pub kind: Kind,
    who: Who,
    again: Again,
    pub what: &'static str,
    pub why: &'static str,
    pub remedy: &'static str,
    /// In Meta's words or in those of people: what is searched for.
    symptoms: &'static [&'static str],
}

/// What a row answers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Code {
    /// Any subcode.
    Of(i64),
    Sub(i64, i64),
    /// Seen as code and as subcode.
    Either(i64),
    /// Codes or subcodes; a row of its own goes before.
    Range(i64, i64),
    /// Meta tells it apart by words alone; in lower case.
    Text(i64, &'static str),
    /// Not Meta's: our own name for the same failure.
    Ours(&'static str),
}

use Code::{Either, Of, Ours, Range, Sub, Text};

const fn row(
    key: &'static str,
    codes: &'static [Code],
    (kind, who, again): (Kind, Who, Again),
    [what, why, remedy]: [&'static str; 3],
    symptoms: &'static [&'static str],
) -> Entry {
    Entry { key, codes, kind, who, again, what, why, remedy, symptoms }
}

const RECONNECT: &str = "Reconnect the number: sign in at Facebook again.";
const WAIT: &str = TRIED_AGAIN;
const START_AGAIN: &str = "Press Connect with Facebook once more.";
const FIX_SETTINGS: &str = "Whoever runs this installation must correct its Meta app settings.";
const FIX_MESSAGE: &str = "Correct the message in the software that sends it. Meta's details name the field.";
const FIX_TEMPLATE: &str = "Correct the template in WhatsApp Manager and submit it again.";
const SHOW_META: &str =
    "Read the details that Meta sends with it; if they do not help, give code and fbtrace_id to Meta's support.";
const UNTOLD: &str = "Meta lists this code without saying what it means.";

static FAMILIES: [(Family, &[Entry]); 10] = [
    (Family::Access, access::ROWS),
    (Family::Connecting, connecting::ROWS),
    (Family::Registering, registering::ROWS),
    (Family::Receiving, receiving::ROWS),
    (Family::Account, account::ROWS),
    (Family::Limits, limits::ROWS),
    (Family::Sending, sending::ROWS),
    (Family::Templates, templates::ROWS),
    (Family::Products, products::ROWS),
    (Family::Other, other::ROWS),
];

impl Code {
    /// How closely it describes an error; 0 is not at all. `message` is in lower case.
    fn closeness(self, code: i64, subcode: Option<i64>, message: &str) -> u8 {
        let fits = match self {
            Text(of, words) => (of == code && message.contains(words)).then_some(4),
            Sub(of, sub) => (of == code && subcode == Some(sub)).then_some(3),
            Either(one) => (one == code || subcode == Some(one)).then_some(3),
            Of(of) => (of == code).then_some(2),
            Range(from, to) => {
                [Some(code), subcode].into_iter().flatten().any(|c| (from..=to).contains(&c)).then_some(1)
            }
            Ours(_) => None,
        };
        fits.unwrap_or(0)
    }

    /// As people quote it.
    fn label(self) -> Option<String> {
        match self {
            Of(code) | Either(code) | Text(code, _) => Some(code.to_string()),
            Sub(code, subcode) => Some(format!("{code} / {subcode}")),
            Range(from, to) => Some(format!("{from}–{to}")),
            Ours(_) => None,
        }
    }
}

impl Entry {
    fn labels(&self) -> Vec<String> {
        let mut labels: Vec<String> = self.codes.iter().filter_map(|code| code.label()).collect();
        labels.dedup();
        labels
    }

    fn is_called(&self, key: &str) -> bool {
        self.key == key || self.codes.iter().any(|code| matches!(code, Ours(name) if *name == key))
    }

    fn explained(&self, family: Family) -> Explained {
        Explained {
            key: self.key.to_owned(),
            family,
            what: self.what.to_owned(),
            why: self.why.to_owned(),
            remedy: self.remedy.to_owned(),
            who: self.who,
            needs_sign_in: self.kind == Kind::TokenDead || self.remedy == RECONNECT,
            again: self.again.words(),
            codes: self.labels(),
            symptoms: self.symptoms.iter().map(|text| (*text).to_owned()).collect(),
        }
    }
}

fn rows() -> impl Iterator<Item = (Family, &'static Entry)> {
    FAMILIES.iter().flat_map(|(family, rows)| rows.iter().map(|row| (*family, row)))
}

/// The row that describes an error most closely; of equals the first.
pub(super) fn find(code: i64, subcode: Option<i64>, message: &str, status: u16) -> &'static Entry {
    let message = message.to_lowercase();
    let mut best: (u8, &'static Entry) = (0, if status >= 500 { &limits::SERVER_ERROR } else { &other::META_REFUSED });
    for (_, row) in rows() {
        let closeness = row.codes.iter().map(|known| known.closeness(code, subcode, &message)).max().unwrap_or(0);
        if closeness > best.0 {
            best = (closeness, row);
        }
    }
    best.1
}

/// The whole table for people, in the order of its families.
pub fn explain_all() -> Vec<Explained> {
    rows().map(|(family, row)| row.explained(family)).collect()
}

/// By its name, or by one of our own names for the same.
pub fn explain(key: &str) -> Option<Explained> {
    let (family, row) = rows().find(|(_, row)| row.is_called(key))?;
    Some(row.explained(family))
}

/// What an error code within a webhook means.
pub fn explain_code(code: i64, title: &str) -> Option<Explained> {
    explain(find(code, None, title, 0).key)
}

#[cfg(test)]
mod tests;
