//! Where Meta delivers what happens to a number, where it should, and what is wrong between the two (fact base §4.13).

use super::check::Check;
use super::connection::Standing;
use super::finding::{Finding, Remedy, failing, warning};
use super::health::{AppCallback, RoutingReading, Snapshot};
use super::problem::Problem;
use serde::{Deserialize, Serialize};

/// What customers write, and what becomes of answers.
const MESSAGES: &str = "messages";

/// Fields of webhooks that the app must be subscribed to (fact base §5.4).
pub const WEBHOOK_FIELDS: [&str; 13] = [
    MESSAGES,
    "account_update",
    "account_alerts",
    "account_review_update",
    "business_capability_update",
    "security",
    "phone_number_name_update",
    "phone_number_quality_update",
    "message_template_status_update",
    "message_template_quality_update",
    "message_template_components_update",
    "template_category_update",
    "user_preferences",
];

/// And these, for a number that is on the WhatsApp Business app as well: what is said there, contacts and history.
pub const BUSINESS_APP_FIELDS: [&str; 3] = ["smb_message_echoes", "smb_app_state_sync", "history"];

/// Of the fields above, those that an app's subscription lacks.
pub fn missing_fields(present: &[String], on_business_app: bool) -> Vec<&'static str> {
    let more = BUSINESS_APP_FIELDS.into_iter().filter(|_| on_business_app);
    WEBHOOK_FIELDS.into_iter().chain(more).filter(|wanted| !present.iter().any(|field| field == wanted)).collect()
}

/// What an address at Meta is to this installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Whose {
    /// Where this installation listens now.
    Ours,
    /// Set by this installation when its public URL was another.
    OursBefore,
    Foreign,
}

impl Whose {
    /// `doors` are the addresses where this installation listens now, `set_by_us` those that it has ever set.
    pub fn of(callback: &str, doors: &[&str], set_by_us: &[String]) -> Self {
        if doors.contains(&callback) {
            Self::Ours
        } else if set_by_us.iter().any(|known| known == callback) {
            Self::OursBefore
        } else {
            Self::Foreign
        }
    }

    /// By what was read at Meta.
    pub fn read(callback: &str, expected: &str, routing: Option<&RoutingReading>) -> Self {
        let Some(routing) = routing else { return Self::of(callback, &[expected], &[]) };
        let mut doors: Vec<&str> = routing.also_here.iter().map(String::as_str).collect();
        doors.push(expected);
        Self::of(callback, &doors, &routing.set_by_us)
    }
}

/// What has been read, beside what should be.
struct Routing<'a> {
    snapshot: &'a Snapshot,
    expected: &'a str,
}

impl<'a> Routing<'a> {
    /// `None` while nothing has been read, or the app is not subscribed to the account: that is said elsewhere.
    fn of(standing: &'a Standing<'_>) -> Option<Self> {
        let snapshot = standing.snapshot?;
        let subscribed = snapshot.routing.as_ref().is_none_or(|routing| routing.subscribed);
        subscribed.then_some(Self { snapshot, expected: &standing.webhook_url })
    }

    fn app(&self) -> Option<&'a AppCallback> {
        self.snapshot.routing.as_ref()?.app.as_ref()
    }

    /// `None` where the app could not be read.
    fn missing(&self) -> Option<Vec<&'static str>> {
        Some(missing_fields(&self.app()?.fields, self.snapshot.on_business_app()))
    }

    fn whose(&self, callback: &str) -> Whose {
        Whose::read(callback, self.expected, self.snapshot.routing.as_ref())
    }
}

/// The first that holds; each stands for all that follow from it.
pub fn routing_finding(standing: &Standing<'_>) -> Option<Finding> {
    let found = not_subscribed(standing).or_else(|| {
        let routing = Routing::of(standing)?;
        elsewhere(&routing)
            .or_else(|| nowhere(&routing))
            .or_else(|| unreported(&routing))
            .or_else(|| news(&routing))
            .or_else(|| fields(&routing))
    })?;
    Some(match &standing.connection.routing_problem {
        Some(problem) => with_last_try(found, problem),
        None => found,
    })
}

fn not_subscribed(standing: &Standing<'_>) -> Option<Finding> {
    let routing = standing.snapshot?.routing.as_ref()?;
    (!routing.subscribed).then(|| {
        failing(
            Check::NotSubscribed,
            "Meta does not send this number's messages here.",
            "The app is not subscribed to the WhatsApp account, so nothing arrives.",
            Remedy::Subscribe,
        )
    })
}

/// Messages go to another address than ours.
fn elsewhere(routing: &Routing<'_>) -> Option<Finding> {
    let (callback, expected) = (routing.snapshot.callback()?, routing.expected);
    match routing.whose(callback) {
        Whose::Ours => None,
        Whose::OursBefore => Some(warning(
            Check::CallbackMoved,
            "Meta still sends this number's messages to the old address of this installation.",
            &format!("Meta uses {callback}. This installation now listens at {expected}."),
            Remedy::Repair,
        )),
        Whose::Foreign => Some(warning(
            Check::CallbackElsewhere,
            "Meta sends this number's messages to another address.",
            &format!(
                "Meta uses {callback}. This installation listens at {expected}. Greentick leaves an address that others \
                 have set alone, unless you say otherwise."
            ),
            Remedy::TakeOver,
        )),
    }
}

/// Meta has no address at all. Known only where the app itself could be read.
fn nowhere(routing: &Routing<'_>) -> Option<Finding> {
    let unset = routing.app().is_some_and(|app| app.callback.is_none());
    (unset && routing.snapshot.number.is_some() && routing.snapshot.callback().is_none()).then(|| {
        warning(
            Check::NoCallback,
            "Meta has no address to send this number's messages to.",
            &format!("The Meta app has no webhook address yet, so nothing arrives. It should be {}.", routing.expected),
            Remedy::Repair,
        )
    })
}

/// Messages arrive by an address of the account's own, and all else goes where the app says.
fn news(routing: &Routing<'_>) -> Option<Finding> {
    let app = routing.app()?.callback.as_deref()?;
    let (what, only) = (
        "Messages arrive here, but Meta's news about account and templates go to another address.",
        "For a single account Meta can send messages elsewhere than the app says, but nothing else.",
    );
    match routing.whose(app) {
        Whose::Ours => None,
        Whose::OursBefore => Some(warning(
            Check::CallbackMoved,
            "Meta still sends news about account and templates to the old address of this installation.",
            &format!("The app's own address is {app}. This installation now listens at {}.", routing.expected),
            Remedy::Repair,
        )),
        Whose::Foreign => Some(warning(
            Check::NewsElsewhere,
            what,
            &format!("{only} The app's own address is {app}, which belongs to another system."),
            Remedy::TakeOver,
        )),
    }
}

/// Nothing arrives, whatever the addresses: the fields that an app is subscribed to hold for all of them.
fn unreported(routing: &Routing<'_>) -> Option<Finding> {
    let (app, missing) = (routing.app()?, routing.missing()?);
    missing.contains(&MESSAGES).then(|| {
        let foreign = app.callback.as_deref().filter(|callback| routing.whose(callback) == Whose::Foreign);
        let (whose, remedy) = match foreign {
            Some(app) => (format!(" Its own address is {app}, which belongs to another system."), Remedy::TakeOver),
            None => (String::new(), Remedy::Repair),
        };
        warning(
            Check::MessagesUnreported,
            "Meta does not report this number's messages here.",
            &format!("The app is not subscribed to: {}.{whose}", missing.join(", ")),
            remedy,
        )
    })
}

fn fields(routing: &Routing<'_>) -> Option<Finding> {
    let missing = routing.missing()?;
    (!missing.is_empty()).then(|| {
        warning(
            Check::FieldsMissing,
            "Meta does not report everything here.",
            &format!("The app is not subscribed to: {}.", missing.join(", ")),
            Remedy::Repair,
        )
    })
}

fn with_last_try(found: Finding, problem: &Problem) -> Finding {
    let said = [&found.cause, "Last try:", &problem.what, &problem.why].map(str::trim).join(" ");
    Finding { cause: said.trim().to_owned(), meta: problem.meta.clone(), ..found }
}
