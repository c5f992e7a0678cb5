//! Values in the shapes Meta gives them (reference §10.7).

use rand::RngExt;

const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

fn text(length: usize) -> String {
    let mut rng = rand::rng();
    (0..length).map(|_| char::from(LETTERS[rng.random_range(0..LETTERS.len())])).collect()
}

pub(crate) fn token() -> String {
    format!("EAA{}", text(197))
}

pub(crate) fn code() -> String {
    format!("AQ{}", text(240))
}

pub(crate) fn trace_id() -> String {
    format!("A{}", text(22))
}

pub(crate) fn message_id() -> String {
    format!("wamid.HBgL{}", text(40))
}

/// Unguessable, for addresses that act for a person: a wizard's.
pub(crate) fn secret() -> String {
    text(40)
}

/// What the dialog hands out with a reported problem.
pub(crate) fn session_id() -> String {
    let mut rng = rand::rng();
    (0..15).map(|_| char::from(b"0123456789abcdef"[rng.random_range(0..16)])).collect()
}

/// 15 digits, beginning with `prefix` so that kinds can be told apart by eye.
pub(crate) fn id(prefix: &str) -> String {
    let mut rng = rand::rng();
    let mut id = prefix.to_owned();
    while id.len() < 15 {
        id.push(char::from(b'0' + rng.random_range(0..10u8)));
    }
    id
}
