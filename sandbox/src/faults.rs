//! Faults to order: each waits for calls that fit it and spoils them.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// A Graph error of the given code, as JSON.
    GraphError,
    /// An HTML error page of a front server, without JSON.
    #[serde(rename = "http_500")]
    Http500,
    /// The right answer, late.
    Slow,
    /// The connection breaks in the middle of the answer.
    Cut,
    /// Code 4 or 80007 with the usage headers at 100 percent.
    RateLimited,
}

/// A fault as it is ordered.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FaultDraft {
    /// Part of the path, or an endpoint's name (`debug_token`, `waba/phone_numbers`, `phone`), or `graph` for all of
    /// Graph, or `*` for the dialog as well.
    pub on: String,
    pub method: Option<String>,
    pub kind: FaultKind,
    pub code: Option<u32>,
    pub subcode: Option<u32>,
    pub message: Option<String>,
    pub status: Option<u16>,
    pub delay_ms: Option<u64>,
    /// How many calls it spoils; absent: all until removed.
    pub times: Option<u32>,
    /// For `rate_limited`: minutes of virtual time until it passes; 15 when absent.
    pub regain_minutes: Option<u32>,
    /// Whether Meta does the work although the answer is spoiled; when absent, only for `cut`.
    pub performed: Option<bool>,
}

impl FaultDraft {
    #[must_use]
    pub fn new(on: &str, kind: FaultKind) -> Self {
        Self {
            on: on.to_owned(),
            method: None,
            kind,
            code: None,
            subcode: None,
            message: None,
            status: None,
            delay_ms: None,
            times: None,
            regain_minutes: None,
            performed: None,
        }
    }

    pub(crate) fn regain(&self) -> u32 {
        self.regain_minutes.unwrap_or(15)
    }
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Fault {
    pub id: u64,
    #[serde(flatten)]
    pub draft: FaultDraft,
    /// How many calls it has spoiled.
    pub struck: u32,
    /// Virtual time at which it passes by itself.
    pub until: Option<i64>,
}

/// What happens to one call.
#[derive(Debug, Default)]
pub(crate) struct Strike {
    pub(crate) delay_ms: u64,
    pub(crate) effect: Option<FaultDraft>,
}

#[derive(Debug, Default)]
pub(crate) struct Faults {
    list: Vec<Fault>,
    last_id: u64,
}

impl Faults {
    pub(crate) fn add(&mut self, draft: FaultDraft, now: i64) -> u64 {
        self.last_id += 1;
        let until = (draft.kind == FaultKind::RateLimited).then(|| now + i64::from(draft.regain()) * 60);
        self.list.push(Fault { id: self.last_id, draft, struck: 0, until });
        self.last_id
    }

    pub(crate) fn list(&self) -> &[Fault] {
        &self.list
    }

    pub(crate) fn remove(&mut self, id: u64) -> bool {
        let before = self.list.len();
        self.list.retain(|fault| fault.id != id);
        before != self.list.len()
    }

    pub(crate) fn clear(&mut self) {
        self.list.clear();
    }

    /// Delays add up; of the other faults the oldest that fits decides.
    pub(crate) fn strike(&mut self, method: &str, path: &str, endpoint: &str, now: i64) -> Strike {
        let mut strike = Strike::default();
        self.list.retain(|fault| fault.until.is_none_or(|until| until > now));
        for fault in &mut self.list {
            let slow = fault.draft.kind == FaultKind::Slow;
            if !fault.fits(method, path, endpoint) || (!slow && strike.effect.is_some()) {
                continue;
            }
            fault.struck += 1;
            if slow {
                strike.delay_ms += fault.draft.delay_ms.unwrap_or(5_000);
            } else {
                strike.delay_ms += fault.draft.delay_ms.unwrap_or(0);
                strike.effect = Some(fault.draft.clone());
            }
        }
        self.list.retain(|fault| fault.draft.times.is_none_or(|times| fault.struck < times));
        strike
    }
}

impl Fault {
    fn fits(&self, method: &str, path: &str, endpoint: &str) -> bool {
        let on = self.draft.on.as_str();
        let graph = on == "graph" && !endpoint.starts_with("dialog");
        let place = on == "*" || graph || on == endpoint || path.contains(on);
        place && self.draft.method.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
    }
}
