//! Failures in words: what happens, why, what to do, who must do it, and whether trying again helps.

use serde::{Deserialize, Serialize};

/// Where an explanation stands on the page, in the order of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    Access,
    Connecting,
    Registering,
    Receiving,
    Account,
    Limits,
    Sending,
    Templates,
    Products,
    Other,
}

impl Family {
    pub const ALL: [Self; 10] = [
        Self::Access,
        Self::Connecting,
        Self::Registering,
        Self::Receiving,
        Self::Account,
        Self::Limits,
        Self::Sending,
        Self::Templates,
        Self::Products,
        Self::Other,
    ];

    pub fn words(self) -> &'static str {
        match self {
            Self::Access => "Tokens and permissions",
            Self::Connecting => "Connecting a number",
            Self::Registering => "Registering the number",
            Self::Receiving => "Receiving messages",
            Self::Account => "Account, payment and quality",
            Self::Limits => "Limits and disturbances",
            Self::Sending => "Sending messages",
            Self::Templates => "Message templates",
            Self::Products => "Groups, calls and other products",
            Self::Other => "Everything else",
        }
    }

    /// Stable, for links to a part of the page.
    pub fn slug(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Connecting => "connecting",
            Self::Registering => "registering",
            Self::Receiving => "receiving",
            Self::Account => "account",
            Self::Limits => "limits",
            Self::Sending => "sending",
            Self::Templates => "templates",
            Self::Products => "products",
            Self::Other => "other",
        }
    }
}

/// Who must act before it works again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    /// Whoever uses Greentick for the business.
    You,
    Meta,
    /// The person at the other end of WhatsApp.
    Customer,
    /// Whoever runs this installation.
    Operator,
}

impl Who {
    pub fn words(self) -> &'static str {
        match self {
            Self::You => "You",
            Self::Meta => "Meta",
            Self::Customer => "Your customer",
            Self::Operator => "Whoever runs this installation",
        }
    }
}

/// Whether the same request may succeed when it is made again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// Refused until somebody acts.
    No,
    /// Worth trying, with growing pauses; Greentick does so by itself.
    Yes,
    /// Worth one more try.
    Once,
    /// Worth trying after this time: `5 minutes`.
    After(&'static str),
    /// Meta has not said.
    Unknown,
}

impl Again {
    pub fn words(self) -> String {
        match self {
            Self::No => "No. The same is refused again until somebody acts.".to_owned(),
            Self::Yes => "Yes, with growing pauses. What Greentick itself asked of Meta, it asks again.".to_owned(),
            Self::Once => "Once. When it fails again, waiting does not help.".to_owned(),
            Self::After(time) => format!("Yes, after {time}. Not before."),
            Self::Unknown => "Meta has not documented it.".to_owned(),
        }
    }
}

/// One entry of the catalogue, ready to be shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explained {
    /// Stable name, the last part of its address: `token_expired`.
    pub key: String,
    pub family: Family,
    pub what: String,
    pub why: String,
    pub remedy: String,
    pub who: Who,
    /// Somebody must sign in at Facebook again.
    pub needs_sign_in: bool,
    /// Whether trying again helps, in words.
    pub again: String,
    /// Meta's codes as people quote them: `190 / 463`, `200–299`.
    pub codes: Vec<String>,
    /// What is seen or read when it happens, in Meta's words or in those of people.
    pub symptoms: Vec<String>,
}

/// One part of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExplainedGroup {
    pub family: Family,
    pub entries: Vec<Explained>,
}

/// The list, as searched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExplainedPage {
    pub query: String,
    pub groups: Vec<ExplainedGroup>,
    /// How many match, and how many there are.
    pub found: usize,
    pub total: usize,
}

/// How a search term meets an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Meets {
    /// A range of codes holds it, or a number stands somewhere in the words.
    Roughly,
    Exactly,
}

impl Explained {
    fn meets(&self, term: &str) -> Option<Meets> {
        if let Ok(number) = term.parse::<i64>() {
            return self.names(number).or_else(|| self.says(term).then_some(Meets::Roughly));
        }
        self.says(term).then_some(Meets::Exactly)
    }

    fn names(&self, number: i64) -> Option<Meets> {
        let parse = |text: &str| text.trim().parse::<i64>().ok();
        let best = |label: &String| match label.split_once('–') {
            Some((from, to)) => (parse(from)? <= number && number <= parse(to)?).then_some(Meets::Roughly),
            None => label.split('/').any(|part| parse(part) == Some(number)).then_some(Meets::Exactly),
        };
        self.codes.iter().filter_map(best).max()
    }

    /// Whole numbers only: 190 is not in 2190.
    fn says(&self, term: &str) -> bool {
        let texts = [&self.key, &self.what, &self.why, &self.remedy].into_iter().chain(&self.symptoms);
        let is_number = term.bytes().all(|byte| byte.is_ascii_digit());
        texts
            .map(|text| text.to_lowercase())
            .any(|text| if is_number { terms(&text).any(|word| word == term) } else { text.contains(term) })
    }
}

/// What a search is made of. People paste `(#131047) Re-engagement message` and `190/463`.
fn terms(query: &str) -> impl Iterator<Item = &str> {
    query
        .split(|c: char| c.is_whitespace() || "/()#,;:\"'“”‘’".contains(c))
        .map(|term| term.trim_matches('.'))
        .filter(|term| !term.is_empty())
}

/// Entries that meet every term; where none does, those that carry the longest number of a pasted message.
pub fn search(all: Vec<Explained>, query: &str) -> ExplainedPage {
    let lower = query.to_lowercase();
    let terms: Vec<&str> = terms(&lower).collect();
    let total = all.len();
    let mut found = matching(&all, &terms);
    if found.is_empty() {
        let mut numbers: Vec<&str> =
            terms.into_iter().filter(|term| term.len() >= 3 && term.parse::<i64>().is_ok()).collect();
        // The longest tells most: in `100/2388019` it is the subcode.
        numbers.sort_by_key(|number| std::cmp::Reverse(number.len()));
        found = numbers
            .into_iter()
            .map(|number| matching(&all, &[number]))
            .find(|found| !found.is_empty())
            .unwrap_or_default();
    }
    let count = found.len();
    let group = |family| ExplainedGroup {
        family,
        entries: found.iter().filter(|entry| entry.family == family).map(|entry| (*entry).clone()).collect(),
    };
    let groups = Family::ALL.into_iter().map(group).filter(|group| !group.entries.is_empty()).collect();
    ExplainedPage { query: query.trim().to_owned(), groups, found: count, total }
}

fn matching<'a>(all: &'a [Explained], terms: &[&str]) -> Vec<&'a Explained> {
    let worst = |entry: &Explained| -> Option<Meets> {
        terms.iter().try_fold(Meets::Exactly, |worst, term| entry.meets(term).map(|meets| meets.min(worst)))
    };
    let met: Vec<(Meets, &Explained)> = all.iter().filter_map(|entry| Some((worst(entry)?, entry))).collect();
    let best = met.iter().map(|(meets, _)| *meets).max();
    met.into_iter().filter(|(meets, _)| Some(*meets) == best).map(|(_, entry)| entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(key: &str, codes: &[&str], symptom: &str) -> Explained {
        Explained {
            key: key.into(),
            family: Family::Access,
            what: format!("What {key} means."),
            why: "A reason.".into(),
            remedy: "A remedy.".into(),
            who: Who::You,
            needs_sign_in: false,
            again: Again::No.words(),
            codes: codes.iter().map(|code| (*code).to_owned()).collect(),
            symptoms: vec![symptom.into()],
        }
    }

    fn keys(query: &str) -> Vec<String> {
        let all = vec![
            entry("expired", &["190 / 463"], "Session has expired"),
            entry("invalid", &["190", "102"], "Invalid token"),
            entry("permission", &["200–299"], "(#200) Permissions error"),
            entry("window", &["131047"], "Re-engagement message"),
            entry("rest", &["131000–131999"], "Something else"),
        ];
        search(all, query).groups.into_iter().flat_map(|group| group.entries).map(|entry| entry.key).collect()
    }

    #[test]
    fn finds_by_code_subcode_and_range() {
        assert_eq!(keys("463"), ["expired"]);
        assert_eq!(keys("190/463"), ["expired"]);
        assert_eq!(keys("190"), ["expired", "invalid"]);
        assert_eq!(keys("#250"), ["permission"]);
        assert_eq!(keys("131047"), ["window"]);
        assert_eq!(keys("131048"), ["rest"]);
    }

    #[test]
    fn finds_by_words_in_any_order_and_by_what_people_paste() {
        assert_eq!(keys("expired SESSION"), ["expired"]);
        assert_eq!(keys("(#131047) Re-engagement message: 24 hours have passed since"), ["window"]);
        assert_eq!(keys("").len(), 5);
        assert!(keys("no such thing").is_empty());
        assert!(keys("42").is_empty());
    }
}
