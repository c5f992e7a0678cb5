//! Keeps the token as its WABA's credential and the number as a connection.

use super::{Next, Run};
use crate::domain::credential::Origin;
use crate::domain::problem::Problem;
use crate::domain::signup::cut_off;
use crate::server::operations::Failure;
use crate::server::store::{NewConnection, NewCredential};

impl Run<'_> {
    pub(super) async fn save(&mut self) -> Result<Next, Failure> {
        let findings = &self.signup.findings;
        let (Some(facts), Some(waba), Some(number)) = (&findings.token, &findings.waba, findings.chosen_number())
        else {
            return Ok(Next::fail(cut_off()));
        };
        let owner = findings.wabas.iter().find(|choice| choice.id == *waba).and_then(|choice| choice.business.as_ref());
        let business = findings.business.as_ref().or(owner);
        let store = &self.services.store;
        if let Some(holder) = store.find_by_phone_number_id(&number.id).await?
            && holder.connection.workspace != self.signup.workspace
        {
            return Ok(Next::fail(elsewhere(&number.display_number)));
        }
        let credential = NewCredential {
            workspace: &self.signup.workspace,
            waba,
            business,
            origin: Origin::Signup,
            token: &self.token,
            facts,
        };
        let credential = store.put_credential(credential).await?;
        let connection = NewConnection {
            workspace: &self.signup.workspace,
            credential: &credential,
            phone_number_id: &number.id,
            waba,
            business,
            app_id: facts.app_id.as_deref(),
            display_number: &number.display_number,
            verified_name: number.verified_name.as_deref(),
        };
        // Another workspace may have been faster since the look above.
        let Some(id) = store.put_connection(connection).await? else {
            return Ok(Next::fail(elsewhere(&number.display_number)));
        };
        store.note_access_granted(&id).await?;
        self.signup.connection = Some(id);
        Ok(Next::done())
    }
}

fn elsewhere(number: &str) -> Problem {
    Problem::new(
        "connected_elsewhere",
        &format!("{number} is connected in another workspace here."),
        "A number can be connected once in this installation.",
        "Disconnect it there first, or choose another number.",
    )
}
