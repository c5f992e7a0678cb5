//! The account's subscription, and addresses for the account or the number alone.

use super::{AppSide, Claim, Way};
use crate::domain::health::RoutingReading;
use crate::domain::problem::Problem;
use crate::domain::routing::Whose;
use crate::server::meta::{GraphError, Kind};
use crate::server::operations::Failure;
use serde_json::json;

const SUBSCRIBE: &str = "Messages could not be switched on.";
const OVERRIDE: &str = "An address for this account alone could not be set.";
const NUMBER: &str = "An address for this number alone could not be changed.";

impl Way<'_> {
    pub(super) async fn tell_account(&mut self, app: AppSide) -> Result<(), Failure> {
        let own = self.access.app.as_ref().map(|app| app.id.as_str());
        let found = match self.connection.app_id.as_deref().or(own) {
            // A token whose app nobody has told: it is subscribed as it always was.
            None => RoutingReading::default(),
            Some(id) => match self.access.graph.read_routing(self.access.key(), &self.connection.waba, id).await {
                Ok(found) => found,
                Err(error) => {
                    self.note(SUBSCRIBE, &error);
                    return Ok(());
                }
            },
        };
        if !found.subscribed
            && let Err(error) = self.subscribe().await
        {
            self.note(SUBSCRIBE, &error);
            return Ok(());
        }
        let whose = match &found.callback_override {
            Some(callback) => Some(self.whose(callback).await?),
            None => None,
        };
        if whose.is_some_and(|whose| !self.claim.covers(whose)) {
            return Ok(());
        }
        match (app, whose) {
            // What the app does itself, the account need not do once more.
            (AppSide::Here, Some(_)) if self.claim != Claim::Careful => self.remove_override(found).await,
            (AppSide::Elsewhere, None | Some(Whose::OursBefore | Whose::Foreign))
            | (AppSide::Unknown, Some(Whose::OursBefore | Whose::Foreign)) => self.set_override(found).await,
            _ => Ok(()),
        }
    }

    async fn subscribe(&self) -> Result<(), GraphError> {
        self.access.graph.subscribe(self.access.key(), &self.connection.waba, None).await
    }

    async fn remove_override(&mut self, found: RoutingReading) -> Result<(), Failure> {
        match self.subscribe().await {
            Ok(()) => {
                let before = json!({"address": found.callback_override});
                self.audit("account_address_removed", Some(before), None).await
            }
            Err(error) => {
                self.note(OVERRIDE, &error);
                Ok(())
            }
        }
    }

    /// Refused for the account, it is tried for the number; refused there too, the app's address stays in use.
    async fn set_override(&mut self, found: RoutingReading) -> Result<(), Failure> {
        if let Err(problem) = self.prepare().await? {
            self.refuse(OVERRIDE, problem);
            return Ok(());
        }
        let (graph, key) = (&self.access.graph, self.access.key());
        let refused = match graph.subscribe(key, &self.connection.waba, Some(self.callback())).await {
            Ok(()) => return self.audit_address("account_address_set", found.callback_override).await,
            Err(error) => error,
        };
        // Another way helps only against a lack of permission.
        if !refused.is(Kind::Permission) {
            self.note(OVERRIDE, &refused);
            return Ok(());
        }
        match graph.set_number_callback(key, &self.connection.phone_number_id, Some(self.callback())).await {
            Ok(()) => self.audit_address("number_address_set", None).await,
            Err(error) if error.is(Kind::Permission) => {
                self.refused.push(Problem { meta: error.problem().meta, ..override_refused() });
                Ok(())
            }
            Err(error) => {
                self.note(NUMBER, &error);
                Ok(())
            }
        }
    }

    async fn audit_address(&self, action: &str, before: Option<String>) -> Result<(), Failure> {
        let before = before.map(|address| json!({"address": address}));
        self.audit(action, before, Some(json!({"address": self.address}))).await
    }

    /// A number's own address goes before all others, so an old one would keep them from working.
    pub(super) async fn clear_number(&mut self) -> Result<(), Failure> {
        let (graph, key) = (&self.access.graph, self.access.key());
        let number = &self.connection.phone_number_id;
        let callback = match graph.find_number(key, number).await {
            Ok(found) => found.and_then(|number| number.callback_of_number),
            Err(error) => {
                self.note(NUMBER, &error);
                return Ok(());
            }
        };
        let Some(callback) = callback else { return Ok(()) };
        let whose = self.whose(&callback).await?;
        if whose == Whose::Ours || !self.claim.covers(whose) {
            return Ok(());
        }
        match graph.set_number_callback(key, number, None).await {
            Ok(()) => self.audit("number_address_removed", Some(json!({"address": callback})), None).await,
            Err(error) => {
                self.note(NUMBER, &error);
                Ok(())
            }
        }
    }
}

fn override_refused() -> Problem {
    Problem::new(
        "override_refused",
        "Meta refuses an address for this account or number alone.",
        "The number is on the WhatsApp Business app as well, or the account belongs to the customer. Messages go where the \
         app says.",
        "Let the app's address lead here: press Take over the address.",
    )
}
