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
        .split(|c: char| c.is_whitespace() || "/()#,;:?!\"'“”‘’".contains(c))
        .map(|term| term.trim_matches('.'))
        .filter(|term| !term.is_empty())
}

/// They name no error: `error code 131047` is 131047.
const NOISE: [&str; 6] = ["code", "codes", "error", "errors", "meta", "whatsapp"];
/// What a sentence is held together by, and no error told by.
const FILLERS: [&str; 39] = [
    "a", "an", "and", "any", "are", "at", "be", "but", "can", "cannot", "do", "does", "doesn", "don", "for", "get",
    "have", "how", "i", "in", "is", "it", "me", "my", "no", "not", "of", "on", "our", "t", "the", "this", "to", "we",
    "what", "why", "will", "with", "you",
];
/// Shorter numbers are codes only where nothing but them is asked for: people write of 2 phones.
const SURELY_A_CODE: usize = 3;

/// A number that is an error's code goes before all words; then come entries that meet every term, or every one that
/// tells something; then those that carry the longest number of a pasted message.
pub fn search(all: Vec<Explained>, query: &str) -> ExplainedPage {
    let lower = query.to_lowercase();
    let terms = without(terms(&lower).collect(), &NOISE);
    let total = all.len();
    let telling = without(terms.clone(), &FILLERS);
    let stages = [coded(&all, &terms), matching(&all, &terms), matching(&all, &telling), numbered(&all, &terms)];
    let found = stages.into_iter().find(|found| !found.is_empty()).unwrap_or_default();
    let count = found.len();
    let group = |family| ExplainedGroup {
        family,
        entries: found.iter().filter(|entry| entry.family == family).map(|entry| (*entry).clone()).collect(),
    };
    let groups = Family::ALL.into_iter().map(group).filter(|group| !group.entries.is_empty()).collect();
    ExplainedPage { query: query.trim().to_owned(), groups, found: count, total }
}

/// As they are, where nothing else would be left.
fn without<'a>(terms: Vec<&'a str>, words: &[&str]) -> Vec<&'a str> {
    let left: Vec<&str> = terms.iter().copied().filter(|term| !words.contains(term)).collect();
    if left.is_empty() { terms } else { left }
}

/// Entries whose own code stands in the query: of these, the ones that meet most of it.
fn coded<'a>(all: &'a [Explained], terms: &[&str]) -> Vec<&'a Explained> {
    let (numbers, words): (Vec<&str>, Vec<&str>) = terms.iter().partition(|term| term.parse::<i64>().is_ok());
    let is_code = |number: &&&str| words.is_empty() || number.len() >= SURELY_A_CODE;
    let codes: Vec<i64> = numbers.iter().filter(is_code).filter_map(|number| number.parse().ok()).collect();
    let met = all.iter().filter_map(|entry| {
        let named = codes.iter().filter(|code| entry.names(**code) == Some(Meets::Exactly)).count();
        let said = words.iter().filter(|word| entry.says(word)).count();
        (named > 0).then_some(((named, said), entry))
    });
    of_the_best(met.collect())
}

/// Entries with the longest number: in `100/2388019` it is the subcode that tells most.
fn numbered<'a>(all: &'a [Explained], terms: &[&str]) -> Vec<&'a Explained> {
    let is_number = |term: &&&str| term.len() >= SURELY_A_CODE && term.parse::<i64>().is_ok();
    let mut numbers: Vec<&str> = terms.iter().filter(is_number).copied().collect();
    numbers.sort_by_key(|number| std::cmp::Reverse(number.len()));
    numbers.into_iter().map(|number| matching(all, &[number])).find(|found| !found.is_empty()).unwrap_or_default()
}

/// Entries that meet every term.
fn matching<'a>(all: &'a [Explained], terms: &[&str]) -> Vec<&'a Explained> {
    let worst = |entry: &Explained| -> Option<Meets> {
        terms.iter().try_fold(Meets::Exactly, |worst, term| entry.meets(term).map(|meets| meets.min(worst)))
    };
    of_the_best(all.iter().filter_map(|entry| Some((worst(entry)?, entry))).collect())
}

fn of_the_best<T: Ord + Copy>(met: Vec<(T, &Explained)>) -> Vec<&Explained> {
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
            entry("rest", &["131000–131999"], "Something else, with a code"),
            entry("parameter", &["100"], "Invalid parameter"),
            entry("passing", &["2"], "Temporary"),
            entry("silent", &[], "No messages arrive"),
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
        assert_eq!(keys("").len(), 8);
        assert!(keys("no such thing").is_empty());
        assert!(keys("42").is_empty());
    }
    #[test]
    fn a_code_goes_before_words_and_filling_is_dropped() {
        assert_eq!(keys("code 131047"), ["window"]);
        assert_eq!(keys("what is Meta error code #131047?"), ["window"]);
        assert_eq!(keys("error 100"), ["parameter"]);
        assert_eq!(keys("Error 190: session has expired"), ["expired"]);
        assert_eq!(keys("code 131048"), ["rest"]);
        assert_eq!(keys("error 2"), ["passing"]);
        assert!(keys("2 phones").is_empty(), "a number of things is no code");
        assert_eq!(keys("my messages do not arrive"), ["silent"]);
        assert_eq!(keys("error").len(), 1, "where nothing else is asked for, it is a word: Permissions error");
    }
}
