//! What every failure means: the whole table for the page, one entry, and words for the business that owns a number.

use crate::domain::check::Check;
use crate::domain::connection::{Action, Outcome};
use crate::domain::customer_words::{Doing, of_finding, of_problem};
use crate::domain::explained::{Explained, ExplainedPage, search};
use crate::domain::instant::Instant;
use crate::domain::pages::{ConnectionPage, Told};
use crate::domain::problem::Problem;
use crate::server::meta;

/// Longest search that is looked at, in characters: people paste whole messages.
const LONGEST_QUERY: usize = 400;

pub fn search_errors(query: &str) -> ExplainedPage {
    let query: String = query.chars().take(LONGEST_QUERY).collect();
    search(meta::explain_all(), &query)
}

/// By its key, or by the code of a problem.
pub fn explain_error(key: &str) -> Option<Explained> {
    meta::explain(key)
}

/// Words to copy for the customer, for everything that the page says is wrong.
pub fn tell_customer(page: &ConnectionPage) -> Told {
    let number = &page.display_number;
    let say = |at: Instant, doing: Doing, problem: &Problem| {
        of_problem(number, at, doing, problem, meta::explain(&problem.code).as_ref())
    };
    let after = |action: Action| Doing::Action(action);
    let activity = page.activity.iter().flat_map(|activity| {
        let problems = match &activity.outcome {
            Outcome::Running => &[][..],
            Outcome::Failed { problem } => std::slice::from_ref(problem),
            Outcome::Done { refused, .. } => refused,
        };
        problems.iter().map(|problem| say(activity.started_at, after(activity.action), problem))
    });
    // A dead token is why the check failed, and its finding tells more.
    let token_is_dead = page.findings.iter().any(|finding| finding.check == Check::TokenDead);
    Told {
        findings: page.findings.iter().map(|finding| (finding.check, of_finding(number, finding))).collect(),
        activity: activity.collect(),
        check: page
            .check_failure
            .as_ref()
            .filter(|_| !token_is_dead)
            .map(|(at, problem)| say(*at, Doing::Watching, problem)),
        setup: page.setup_problem.as_ref().map(|problem| say(page.now, Doing::SettingUp, problem)),
    }
}
