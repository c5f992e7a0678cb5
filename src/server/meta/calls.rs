//! What calls to Meta came of and how long they took, counted for whoever watches the installation.

use super::error::{GraphError, Unreachable};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use std::time::Duration;

/// Meta usually answers within a second; after ten we no longer wait.
const SECONDS: [f64; 9] = [0.05, 0.1, 0.2, 0.4, 0.8, 1.5, 3.0, 6.0, 10.0];
/// Counted from 0: a rise from nothing at all is none to Prometheus, and alerts wait for these.
const AWAITED: [&str; 5] = ["ok", "timeout", "no_connection", "cut", "not_meta"];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    /// `ok`, Meta's error code, or why there was no answer.
    code: String,
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Calls {
    made: Family<Outcome, Counter>,
    seconds: Histogram,
}

impl Default for Calls {
    fn default() -> Self {
        let made = Family::<Outcome, Counter>::default();
        for code in AWAITED {
            drop(made.get_or_create(&Outcome { code: code.to_owned() }));
        }
        Self { made, seconds: Histogram::new(SECONDS) }
    }
}

impl Calls {
    pub(super) fn note<T>(&self, took: Duration, result: &Result<T, GraphError>) {
        let code = match result {
            Ok(_) => "ok".to_owned(),
            Err(GraphError::Refused { code, .. }) => code.to_string(),
            Err(GraphError::Unreachable(why)) => unreachable(why).to_owned(),
        };
        self.made.get_or_create(&Outcome { code }).inc();
        self.seconds.observe(took.as_secs_f64());
    }

    pub fn register(&self, registry: &mut Registry) {
        registry.register(
            "graph_requests",
            "Calls to Meta: ok, Meta's error code, or why there was no answer",
            self.made.clone(),
        );
        registry.register_with_unit(
            "graph_request_duration",
            "How long calls to Meta took",
            Unit::Seconds,
            self.seconds.clone(),
        );
    }
}

fn unreachable(why: &Unreachable) -> &'static str {
    match why {
        Unreachable::TooSlow => "timeout",
        Unreachable::NoConnection => "no_connection",
        Unreachable::Cut => "cut",
        Unreachable::Status(_) | Unreachable::NotMeta => "not_meta",
    }
}
