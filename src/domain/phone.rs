//! Phone numbers as people write them, compared as digits.

/// The digits of a number, without signs and spaces: what search and lookup compare.
pub fn digits(number: &str) -> String {
    number.chars().filter(char::is_ascii_digit).collect()
}

/// Whether two spellings mean the same number.
pub fn same_number(one: &str, other: &str) -> bool {
    let (one, other) = (digits(one), digits(other));
    !one.is_empty() && one == other
}

/// So many last digits are the same in every spelling of a number.
const TAIL: usize = 7;
const LONGEST: usize = 20;
/// What stands between digits, with the signs for the direction of writing that come along when a contact is copied.
const PUNCTUATION: &str =
    "+-().,/‐‑–—−\u{200b}\u{200e}\u{200f}\u{202a}\u{202c}\u{2060}\u{2066}\u{2067}\u{2068}\u{2069}\u{feff}";
/// The zeros of the Arabic, Persian and Hindi digits.
const ZEROS: [u32; 3] = [0x660, 0x6f0, 0x966];

fn in_ascii(letter: char) -> char {
    let values = ZEROS.iter().filter_map(|zero| u32::from(letter).checked_sub(*zero));
    values.filter_map(|value| char::from_digit(value, 10)).next().unwrap_or(letter)
}

/// A number as somebody typed it, to be found among numbers with their country code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypedNumber {
    tail: String,
    /// What the whole number may end with.
    endings: Vec<String>,
    /// It came with its country code: an ending alone would be somebody else.
    whole: bool,
}

impl TypedNumber {
    /// With or without country code, `00` or `0` in front, in any punctuation. `None` when it is no phone number, or too
    /// little of one.
    pub fn parse(typed: &str) -> Option<Self> {
        let typed: String = typed.trim().trim_start_matches("tel:").chars().map(in_ascii).collect();
        let plain = |letter: char| letter.is_ascii_digit() || letter.is_whitespace() || PUNCTUATION.contains(letter);
        if !typed.chars().all(plain) {
            return None;
        }
        // "+44 (0)20 …": the zero is for callers from within.
        let written = digits(&typed.replace("(0)", ""));
        let begins = typed.chars().find(|letter| letter.is_ascii_digit() || *letter == '+');
        Self::of(written.trim_start_matches('0'), begins == Some('+') || written.starts_with("00"))
    }

    fn of(number: &str, whole: bool) -> Option<Self> {
        if !(TAIL..=LONGEST).contains(&number.len()) {
            return None;
        }
        let mut endings = vec![number.to_owned()];
        endings.extend(with_and_without_mobile_digit(number));
        if !whole {
            endings.extend(as_within_the_country(number));
        }
        Some(Self { tail: number[number.len() - TAIL..].to_owned(), endings, whole })
    }

    /// The same, taken to have its country code although no sign says so.
    pub fn with_country_code(&self) -> Option<Self> {
        Self::of(self.endings.first()?, true)
    }

    /// What numbers are looked up by.
    pub fn tail(&self) -> &str {
        &self.tail
    }

    /// The number as digits, as WhatsApp may have it.
    pub fn spellings(&self) -> &[String] {
        &self.endings
    }

    /// Whether these digits, with their country code, are that number: wholly, where it was typed with its own.
    pub fn means(&self, digits: &str) -> bool {
        let is = |ending: &String| if self.whole { digits == ending } else { digits.ends_with(ending.as_str()) };
        self.endings.iter().any(is)
    }
}

/// Brazil writes mobile numbers with a 9 after the area code, Mexico once had a 1 and Argentina has a 9 after the country
/// code; WhatsApp's id has it or not, depending on when the user joined.
fn with_and_without_mobile_digit(number: &str) -> Vec<String> {
    let insert = |at: usize, digit: char| format!("{}{digit}{}", &number[..at], &number[at..]);
    let remove = |at: usize| format!("{}{}", &number[..at], &number[at + 1..]);
    let has = |at: usize, digit: u8| number.as_bytes().get(at) == Some(&digit);
    let mut others = Vec::new();
    match (number.len(), number) {
        (13, _) if number.starts_with("55") && has(4, b'9') => others.push(remove(4)),
        (12, _) if number.starts_with("55") => others.push(insert(4, '9')),
        _ => {}
    }
    match number.len() {
        13 if number.starts_with("521") || number.starts_with("549") => others.push(remove(2)),
        12 if number.starts_with("52") => others.push(insert(2, '1')),
        12 if number.starts_with("54") => others.push(insert(2, '9')),
        _ => {}
    }
    others
}

/// Brazil's mobile digit where the country code is left out; and within Russia and Kazakhstan an 8 stands for their own.
fn as_within_the_country(number: &str) -> Vec<String> {
    let mut others = Vec::new();
    match (number.len(), number.as_bytes().get(2)) {
        (11, Some(b'9')) => others.push(format!("{}{}", &number[..2], &number[3..])),
        (10, _) => others.push(format!("{}9{}", &number[..2], &number[2..])),
        _ => {}
    }
    if number.len() == 11 && number.starts_with('8') {
        others.push(format!("7{}", &number[1..]));
    }
    others
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_a_number_in_any_spelling() {
        assert!(same_number("+1 (555) 010-1234", "15550101234"));
        assert!(!same_number("", ""));
        assert!(!same_number("+1 555 010 1234", "+1 555 010 1235"));
    }

    fn means(typed: &str, digits: &str) -> bool {
        let number = TypedNumber::parse(typed).unwrap();
        // What the index compares must not lose what the comparison would find.
        assert!(!number.means(digits) || digits.ends_with(number.tail()), "{typed}");
        number.means(digits)
    }

    #[test]
    fn finds_a_number_however_it_was_typed() {
        let typed = ["+55 11 99999-0000", "0055 (11) 99999 0000", "5511999990000", "011 99999.0000", "99999-0000"];
        for typed in typed.iter().chain(&["+55 (11) 9999-0000", "11 9999‑0000", "551199990000", "(0)11 99999-0000"]) {
            assert!(means(typed, "5511999990000"), "{typed}");
        }
        assert!(means("+55 11 99999-0000", "551199990000"));
        assert!(means("+44 (0)20 7946 0958", "442079460958") && means("tel:+44−20—79460958", "442079460958"));
        assert!(means("\u{2068}+44 20 7946\u{200b} 0958\u{2069}", "442079460958"));
        assert!(means("+٢٠ ١٠ ١٢٣٤ ٥٦٧٨", "201012345678") && means("۰۹۱۲۳۴۵۶۷۸۹", "989123456789"));
        assert!(means("8 (912) 345-67-89", "79123456789"));
        assert!(means("+52 55 1234 5678", "5215512345678") && means("+52 1 55 1234 5678", "525512345678"));
        assert!(means("+54 11 1234-5678", "5491112345678") && means("+54 9 11 1234-5678", "541112345678"));
    }

    #[test]
    fn does_not_take_one_number_for_another() {
        assert!(!means("+55 21 99999-0000", "5511999990000"));
        assert!(!means("+1 631 555 0101", "4416315550102"));
        assert!(!means("+55 11 99999-0000", "5511899990000"));
    }

    #[test]
    fn a_number_with_its_country_code_is_nobody_whose_number_ends_alike() {
        assert!(!means("+1 818 888 4567", "5218188884567") && !means("001 818 888 4567", "5218188884567"));
        assert!(!means("+65 8123 4567", "16581234567") && !means("+81 3 1234 5678", "71312345678"));
        assert!(!means("+49 30 123456", "49930123456") && means("+49 30 123456", "4930123456"));
        assert!(!means("\u{2068}+1 818 888 4567\u{2069}", "5218188884567") && !means("(+65) 8123 4567", "16581234567"));
        let without_a_sign = TypedNumber::parse("18188884567").unwrap();
        assert!(without_a_sign.means("5218188884567"));
        assert!(!without_a_sign.with_country_code().unwrap().means("5218188884567"));
    }

    #[test]
    fn takes_nothing_else_for_a_number() {
        for typed in ["", "12345", "order 12345678", "wamid.1234567", "000000000", "123456789012345678901", "é1234567"]
        {
            assert_eq!(TypedNumber::parse(typed), None, "{typed}");
        }
    }
}
