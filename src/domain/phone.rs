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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_a_number_in_any_spelling() {
        assert!(same_number("+1 (555) 010-1234", "15550101234"));
        assert!(!same_number("", ""));
        assert!(!same_number("+1 555 010 1234", "+1 555 010 1235"));
    }
}
