//! Meta tells with each answer how much of our budget is used (fact base §7.1). Read, so that we slow down first.

use reqwest::header::HeaderMap;
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Percent from which work that can wait does.
const NEAR: f64 = 90.0;
/// A share is Meta's word of that moment: after this long without a newer one it is asked again.
const HOLDS_FOR: Duration = Duration::from_secs(300);

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Budget {
    call_count: f64,
    total_cputime: f64,
    total_time: f64,
}

impl Budget {
    fn percent(&self) -> f64 {
        self.call_count.max(self.total_cputime).max(self.total_time)
    }
}

/// The highest share named by the last answer that named one, and when.
#[derive(Debug, Default)]
pub(super) struct Usage {
    last: Mutex<Option<(f64, Instant)>>,
}

impl Usage {
    pub(super) fn note(&self, headers: &HeaderMap) {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let app: Option<Budget> = text("x-app-usage").and_then(|json| serde_json::from_str(json).ok());
        let business: Option<HashMap<String, Vec<Budget>>> =
            text("x-business-use-case-usage").and_then(|json| serde_json::from_str(json).ok());
        let shares = app.iter().chain(business.iter().flat_map(HashMap::values).flatten()).map(Budget::percent);
        if let Some(highest) = shares.reduce(f64::max) {
            *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some((highest, Instant::now()));
        }
    }

    pub(super) fn is_near_the_limit(&self) -> bool {
        let last = *self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.is_some_and(|(percent, at)| percent >= NEAR && at.elapsed() < HOLDS_FOR)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noted(name: &'static str, value: &'static str) -> Usage {
        let usage = Usage::default();
        usage.note(&HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())]));
        usage
    }

    #[test]
    fn the_highest_share_of_either_header_counts() {
        assert!(noted("x-app-usage", r#"{"call_count":28,"total_cputime":95,"total_time":1}"#).is_near_the_limit());
        let business = r#"{"1":[{"type":"whatsapp","call_count":10}],"2":[{"call_count":100}]}"#;
        assert!(noted("x-business-use-case-usage", business).is_near_the_limit());
        assert!(!noted("x-app-usage", r#"{"call_count":28}"#).is_near_the_limit());
        assert!(!noted("x-app-usage", "nonsense").is_near_the_limit());
    }
}
