//! The app's own subscription: set where there is none, completed where it is ours, and left alone where it is another's.

use super::{AppSide, Way};
use crate::domain::health::AppCallback;
use crate::domain::routing::{Whose, missing_fields};
use crate::server::config::App;
use crate::server::operations::Failure;
use serde_json::json;

const STEP: &str = "The app's address could not be set.";

impl Way<'_> {
    pub(super) async fn tell_app(&mut self) -> Result<AppSide, Failure> {
        // Without the app's secret nobody can ask or tell; the business enters the address at Meta itself.
        let Some(app) = self.access.app.clone() else { return Ok(AppSide::Unknown) };
        let found = match self.access.graph.read_app_callback(&app).await {
            Ok(found) => found,
            Err(error) => {
                self.note("The app's address could not be read.", &error);
                return Ok(AppSide::Unknown);
            }
        };
        self.services.app_callbacks.keep(&app.id, self.services.clock.now(), &found);
        let whose = match &found.callback {
            Some(callback) => Some(self.whose(callback).await?),
            None => None,
        };
        match whose {
            Some(Whose::Ours) if missing_fields(&found.fields, self.on_business_app).is_empty() => Ok(AppSide::Here),
            Some(whose) if !self.claim.covers(whose) => Ok(AppSide::Elsewhere),
            _ => self.set_app(&app, found, whose).await,
        }
    }

    async fn set_app(&mut self, app: &App, found: AppCallback, whose: Option<Whose>) -> Result<AppSide, Failure> {
        // Fields that somebody else has added stay: whoever added them wants them.
        let mut fields = found.fields.clone();
        fields.extend(missing_fields(&found.fields, self.on_business_app).into_iter().map(str::to_owned));
        let kept = if whose == Some(Whose::Ours) { AppSide::Here } else { AppSide::Unknown };
        if let Err(problem) = self.prepare().await? {
            self.refuse(STEP, problem);
            return Ok(kept);
        }
        if let Err(error) = self.access.graph.set_app_callback(app, self.callback(), &fields).await {
            self.note(STEP, &error);
            return Ok(kept);
        }
        let now = AppCallback { callback: Some(self.address.clone()), fields };
        // What other nodes have read is old now. This one has what Meta was told, also if they cannot be told.
        let noted = self.services.store.note_app_told(&app.id).await;
        self.services.app_callbacks.keep(&app.id, self.services.clock.now(), &now);
        noted?;
        let action = match whose {
            Some(Whose::Foreign) => "app_address_replaced",
            _ => "app_address_set",
        };
        let before = found.callback.map(|callback| json!({"address": callback, "fields": found.fields}));
        let after = json!({"app": app.id, "address": self.address, "fields": now.fields});
        self.audit(action, before, Some(after)).await?;
        Ok(AppSide::Here)
    }
}
