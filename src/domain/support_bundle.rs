//! "Copy support bundle": what somebody who helps must know of a connection or a signup, as plain text. No secret is
//! handed in here, and foreign text is redacted all the same: Meta repeats tokens in its messages.

use super::connection::{Action, Badge, Outcome, Standing};
use super::credential::{Credential, Origin};
use super::finding::findings;
use super::health::{NumberReading, Snapshot, WabaReading};
use super::instant::Instant;
use super::problem::Problem;
use super::redaction::{redacted, redacted_url};
use super::routing::missing_fields;
use super::signup::{Hint, Signup, StepOutcome};
use std::fmt::Write;

/// Where an installation explains the names that stand in a bundle.
const ERRORS: &str = "/core/whatsapp-api/setup-guide/errors";

/// The installation that the bundle comes from.
#[derive(Debug, Clone)]
pub struct Installation<'a> {
    pub version: &'a str,
    pub api_version: &'a str,
    pub public_url: &'a str,
    pub app_id: Option<&'a str>,
}

/// One line of the audit trail.
#[derive(Debug, Clone)]
pub struct Done {
    pub at: Instant,
    pub action: String,
}

/// The bundle of a connection, with the newest signup that led to it or failed for it.
pub fn of_connection(
    about: &Installation<'_>,
    standing: &Standing<'_>,
    signup: Option<&Signup>,
    done: &[Done],
) -> String {
    let mut text = Text::begin(about, standing.now);
    connection(&mut text, standing);
    token(&mut text, standing.credential);
    match standing.snapshot {
        Some(snapshot) => reading(&mut text, snapshot, &standing.webhook_url),
        None => text.section("Meta's state", |text| text.line("Read", "never")),
    }
    if let Some(signup) = signup {
        signup_lines(&mut text, signup, standing.now);
    }
    text.section("Last actions", |text| {
        for Done { at, action } in done {
            text.line(&at.rfc3339(), action);
        }
    });
    text.0
}

/// The bundle of a signup that did not end well.
pub fn of_signup(about: &Installation<'_>, signup: &Signup, now: Instant) -> String {
    let mut text = Text::begin(about, now);
    signup_lines(&mut text, signup, now);
    text.0
}

struct Text(String);

impl Text {
    fn begin(about: &Installation<'_>, now: Instant) -> Self {
        let mut text = Self("Greentick support bundle. It holds no secrets.\n".to_owned());
        text.line("Made", now.rfc3339());
        text.line("Greentick", about.version);
        text.line("Meta API version", about.api_version);
        text.line("Installation", redacted_url(about.public_url));
        text.line("Names of errors are explained at", format!("{}{ERRORS}", redacted_url(about.public_url)));
        text.known("App ID", about.app_id);
        text
    }

    /// A title and its lines; nothing at all where there are none.
    fn section(&mut self, title: &str, fill: impl FnOnce(&mut Self)) {
        let before = self.0.len();
        let _ = writeln!(self.0, "\n{title}");
        let empty = self.0.len();
        fill(self);
        if self.0.len() == empty {
            self.0.truncate(before);
        }
    }

    fn line(&mut self, label: &str, value: impl AsRef<str>) {
        let value = redacted(value.as_ref()).replace(['\n', '\r'], " ");
        let _ = writeln!(self.0, "{label}: {value}");
    }

    fn known(&mut self, label: &str, value: Option<impl AsRef<str>>) {
        if let Some(value) = value {
            self.line(label, value);
        }
    }

    fn moment(&mut self, label: &str, at: Option<Instant>) {
        self.known(label, at.map(Instant::rfc3339));
    }

    /// Its name, which the page of all errors explains, and Meta's own words beneath.
    fn problem(&mut self, label: &str, at: Option<Instant>, problem: &Problem) {
        let at = at.map(|at| format!(", {}", at.rfc3339())).unwrap_or_default();
        self.line(label, format!("{}{at}", problem.code));
        self.known("  Reference", problem.reference.as_ref());
        if let Some(meta) = &problem.meta {
            let subcode = meta.subcode.map(|code| format!(" / {code}")).unwrap_or_default();
            self.line("  Meta's code", format!("{}{subcode}", meta.code));
            self.line("  Meta's message", &meta.message);
            self.known("  fbtrace_id", meta.fbtrace_id.as_ref());
        }
    }
}

fn connection(text: &mut Text, standing: &Standing<'_>) {
    let connection = standing.connection;
    text.section("Connection", |text| {
        text.line("Number", &connection.display_number);
        text.known("Verified name", connection.verified_name.as_ref());
        text.line("Badge", Badge::of(standing).words());
        text.line("Lifecycle", connection.lifecycle.as_str());
        text.line("Connection ID", connection.id.as_str());
        text.line("Phone Number ID", connection.phone_number_id.as_str());
        text.line("WABA ID", connection.waba.as_str());
        text.known("Business portfolio ID", connection.business.as_ref().map(|id| id.as_str()));
        text.known("App ID of the token", connection.app_id.as_ref());
        text.moment("Connected", Some(connection.created_at));
        text.moment("Disconnected", connection.disconnected_at);
        text.moment("Checked", connection.checked_at);
    });
    text.section("What is wrong", |text| {
        for finding in findings(standing) {
            let since = finding.since.map(|at| format!(", since {}", at.rfc3339())).unwrap_or_default();
            text.line("Finding", format!("{}{since}", finding.check.as_str()));
            text.known("  Meta's code", finding.meta.as_ref().map(|meta| meta.code.to_string()));
        }
        if let Some(failure) = &connection.check_failure {
            text.problem("Last check failed", Some(failure.at), &failure.problem);
        }
        if let Some(problem) = &connection.setup_problem {
            text.problem("Waits", None, problem);
        }
        if let Some(problem) = &connection.routing_problem {
            text.problem("Routing", None, problem);
        }
        if let Some(activity) = &connection.activity {
            outcome(text, activity.action, activity.started_at, &activity.outcome);
        }
    });
}

fn outcome(text: &mut Text, action: Action, at: Instant, outcome: &Outcome) {
    let action = match action {
        Action::Check => "Check",
        Action::Refresh => "Refresh",
        Action::Disconnect => "Disconnect",
        Action::Subscribe => "Subscribe",
        Action::AskAddress => "Ask own address",
    };
    match outcome {
        Outcome::Running => text.line(action, format!("running since {}", at.rfc3339())),
        Outcome::Failed { problem } => text.problem(&format!("{action} failed"), Some(at), problem),
        Outcome::Done { refused, .. } => {
            text.line(action, format!("done {}", at.rfc3339()));
            for problem in refused {
                text.problem("  Refused", None, problem);
            }
        }
    }
}

fn token(text: &mut Text, credential: &Credential) {
    let facts = &credential.facts;
    text.section("Token", |text| {
        text.line("Credential ID", credential.id.as_str());
        text.line("Came from", if credential.origin == Origin::Signup { "Facebook's window" } else { "entry by hand" });
        text.line("Kind", facts.kind.words());
        text.line("State", credential.state.as_str());
        text.known("Issued for app", facts.app_id.as_ref());
        text.moment("Issued", facts.issued_at);
        text.line("Ends", facts.expires_at.map_or_else(|| "never".to_owned(), Instant::rfc3339));
        text.moment("Data access ends", facts.data_access_ends_at);
        text.line("Permissions", facts.scopes.join(", "));
        text.line(
            "Missing permissions",
            if facts.missing_scopes().is_empty() { "none".to_owned() } else { facts.missing_scopes().join(", ") },
        );
        text.moment("Last changed", Some(credential.updated_at));
    });
}

fn reading(text: &mut Text, snapshot: &Snapshot, expected: &str) {
    text.section("Meta's state", |text| {
        text.moment("Read", Some(snapshot.taken_at));
        if let Some(number) = &snapshot.number {
            of_number(text, number);
        }
        if let Some(waba) = &snapshot.waba {
            of_waba(text, waba);
        }
        text.known(
            "Subscribed at Meta",
            snapshot.routing.as_ref().map(|routing| if routing.subscribed { "yes" } else { "no" }),
        );
        text.known("Address Meta uses", snapshot.callback().map(redacted_url));
        text.known("  of the app", snapshot.callback_of_app().map(redacted_url));
        text.known("  of the account", snapshot.callback_of_waba().map(redacted_url));
        let of_number = snapshot.number.as_ref().and_then(|number| number.callback_of_number.as_deref());
        text.known("  of the number", of_number.map(redacted_url));
        if let Some(app) = snapshot.routing.as_ref().and_then(|routing| routing.app.as_ref()) {
            let missing = missing_fields(&app.fields, snapshot.on_business_app()).join(", ");
            text.line("Fields missing", if missing.is_empty() { "none".to_owned() } else { missing });
        }
        text.line("Address expected", redacted_url(expected));
        let Some(health) = snapshot.health() else { return };
        text.line("Can send", &health.can_send_message);
        for entity in &health.entities {
            text.line(&format!("  {} {}", entity.entity_type, entity.id), &entity.can_send_message);
            for error in &entity.errors {
                text.line(&format!("    {}", error.code), &error.description);
            }
        }
    });
}

fn of_number(text: &mut Text, number: &NumberReading) {
    let yes = |is: bool| if is { "yes" } else { "no" };
    text.known("Registration", number.status.as_ref());
    text.known("Quality", number.quality_rating.as_ref());
    text.known("Code verification", number.code_verification_status.as_ref());
    text.known("Display name", number.name_status.as_ref());
    text.known("Platform", number.platform_type.as_ref());
    text.known("Throughput", number.throughput.as_ref());
    text.known("Messaging limit", number.messaging_limit.as_ref());
    text.known("Account mode", number.account_mode.as_ref());
    text.known("On the Business app", number.on_business_app.map(yes));
    text.known("Two-step verification", number.pin_enabled.map(yes));
}

fn of_waba(text: &mut Text, waba: &WabaReading) {
    text.known("Account review", waba.account_review_status.as_ref());
    text.known("Business verification", waba.business_verification_status.as_ref());
    text.known("Account status", waba.status.as_ref());
    text.known("Country", waba.country.as_ref());
    text.known("Currency", waba.currency.as_ref());
}

fn signup_lines(text: &mut Text, signup: &Signup, now: Instant) {
    text.section("Sign-in at Facebook", |text| {
        text.line("Signup ID", signup.id.as_str());
        text.line("Stage", signup.stage_at(now).as_str());
        text.moment("Begun", Some(signup.created_at));
        text.moment("Last step", Some(signup.updated_at));
        text.known("Reconnects", signup.reconnects.as_ref().map(|id| id.as_str()));
        text.line("Window", if signup.popup { "popup" } else { "same tab" });
        text.known("For the Business app", signup.coexistence.then_some("yes"));
        text.known("WABA ID", signup.findings.waba.as_ref().map(|id| id.as_str()));
        text.known("Phone Number ID", signup.findings.number.as_ref().map(|id| id.as_str()));
        for record in &signup.steps {
            let (at, words) = (record.at.rfc3339(), record.step.words());
            match &record.outcome {
                StepOutcome::Done { .. } => text.line(words, format!("done {at}")),
                StepOutcome::Refused { problem } => text.problem(words, Some(record.at), problem),
            }
        }
        if let Some(problem) = &signup.problem {
            text.problem("Problem", None, problem);
        }
        if let Some(problem) = &signup.findings.input_problem {
            text.problem("Last input", None, problem);
        }
        if let Some(hint) = &signup.findings.hint {
            heard(text, hint);
        }
    });
}

/// What Meta's window said of itself. Its session ID is what Meta's support asks for.
fn heard(text: &mut Text, hint: &Hint) {
    text.line("Facebook's window said", &hint.event);
    text.known("  at step", hint.current_step.as_ref());
    text.known("  error code", hint.error_code.as_ref());
    text.known("  error message", hint.error_message.as_ref());
    text.known("  session ID", hint.session_id.as_ref());
    text.known("  at (Meta's clock)", hint.timestamp.as_ref());
}

#[cfg(test)]
#[path = "support_bundle_tests.rs"]
mod tests;
