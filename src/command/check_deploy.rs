//! `greentick check --deploy`: whether people and Meta reach this installation as they should.

use super::{Stop, open};
use greentick::server::clock::Clock;
use greentick::server::config::{Config, Given};
use greentick::server::operations::Failure;
use greentick::server::operations::check_deploy::{Look, Verdict, check_deploy};
use greentick::server::start;
use serde_json::json;

/// Ends with 1 when something fails; a warning alone does not.
pub(super) async fn check_deployment(given: &Given, config: &Config, as_json: bool) -> Result<(), Stop> {
    let store = open::open(given).await?;
    let services = start::services(config, store, Clock::system()).await?;
    let looks = check_deploy(&services).await.map_err(|failure| match failure {
        Failure::Shown(problem) => Stop::Failed(problem.to_string()),
        Failure::Unexpected(error) => error.into(),
    })?;
    if as_json {
        let looks: Vec<_> = looks
            .iter()
            .map(|look| json!({"state": look.verdict.as_str(), "what": look.what, "remedy": look.remedy}))
            .collect();
        say!("{}", json!(looks));
    } else {
        looks.iter().for_each(print);
    }
    if looks.iter().any(|look| look.verdict == Verdict::Failing) { Err(Stop::Said) } else { Ok(()) }
}

fn print(look: &Look) {
    let sign = match look.verdict {
        Verdict::Good => "✓",
        Verdict::Warning => "!",
        Verdict::Failing => "✗",
    };
    say!("{sign} {}", look.what);
    if !look.remedy.is_empty() {
        say!("  → {}", look.remedy);
    }
}
