//! Numbers of things as people read them.

/// `1 234 567`
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}

/// `1 delivery`, `10 000 deliveries`; a count below zero is shown as 0.
pub fn counted(count: i64, one: &str, more: &str) -> String {
    let count = u64::try_from(count).unwrap_or(0);
    format!("{} {}", grouped(count), if count == 1 { one } else { more })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_numbers_can_be_read() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(grouped), ["0", "999", "1 000", "1 234 567"]);
        let deliveries = |count| counted(count, "delivery", "deliveries");
        assert_eq!([0, 1, 10_000].map(deliveries), ["0 deliveries", "1 delivery", "10 000 deliveries"]);
    }
}
