//! The log of the calls that the sandbox received, secrets masked.

use std::collections::VecDeque;

use serde::Serialize;

use crate::urls;

const KEPT: usize = 5_000;
const SECRETS: &[&str] = &[
    "access_token",
    "client_secret",
    "code",
    "input_token",
    "fb_exchange_token",
    "revoke_token",
    "appsecret_proof",
    "pin",
    "verify_token",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Proof {
    Absent,
    Right,
    Wrong,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Call {
    pub id: u64,
    /// Virtual seconds since 1970.
    pub at: i64,
    pub method: String,
    pub path: String,
    /// `debug_token`, `phone/register`, …: the path without ids and version.
    pub endpoint: String,
    pub query: String,
    pub body: String,
    /// `None` while it is being answered, and when the caller left before the answer.
    pub status: Option<u16>,
    /// Whether `appsecret_proof` was there and fitted token and app.
    pub proof: Proof,
}

#[derive(Debug, Default)]
pub(crate) struct CallLog {
    calls: VecDeque<Call>,
    last_id: u64,
}

impl CallLog {
    /// Written at arrival, so that a call whose answer never comes is seen too.
    pub(crate) fn begin(&mut self, call: Call) -> u64 {
        self.last_id += 1;
        if self.calls.len() == KEPT {
            self.calls.pop_front();
        }
        self.calls.push_back(Call { id: self.last_id, ..call });
        self.last_id
    }

    pub(crate) fn finish(&mut self, id: u64, status: u16) {
        if let Some(call) = self.calls.iter_mut().rev().find(|call| call.id == id) {
            call.status = Some(status);
        }
    }

    pub(crate) fn list(&self) -> impl DoubleEndedIterator<Item = &Call> {
        self.calls.iter()
    }

    pub(crate) fn clear(&mut self) {
        self.calls.clear();
    }
}

/// `a=1&access_token=••••abcd`: readable, so not encoded again.
pub(crate) fn masked<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    pairs.map(|(name, value)| format!("{name}={}", mask(name, value))).collect::<Vec<_>>().join("&")
}

fn mask(name: &str, value: &str) -> String {
    if !SECRETS.contains(&name) {
        return value.to_owned();
    }
    let length = value.chars().count();
    // The last four of something short would be most of it.
    let shown: String = if length >= 24 { value.chars().skip(length - 4).collect() } else { String::new() };
    format!("••••{shown}")
}

/// The masked query of an address.
pub(crate) fn masked_query(query: &str) -> String {
    let pairs = urls::pairs(query);
    masked(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())))
}
