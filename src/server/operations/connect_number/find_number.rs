//! From a token to one number: inspect the token, find its WABAs, list their numbers, ask where there is a choice.

use super::{Next, Run};
use crate::domain::connection::Lifecycle;
use crate::domain::health::WabaReading;
use crate::domain::ids::{BusinessId, WabaId};
use crate::domain::problem::Problem;
use crate::domain::signup::{NumberChoice, Stage, WabaChoice};
use crate::server::meta::{GraphError, TokenVerdict};
use crate::server::operations::Failure;
use crate::server::store::StoredConnection;

/// A token may reach hundreds of WABAs; a choice among more than this is no choice.
const MOST_WABAS: usize = 50;

impl Run<'_> {
    pub(super) async fn find_number(&mut self) -> Result<Next, Failure> {
        let target = self.reconnected().await?;
        if self.signup.findings.token.is_none()
            && let Some(stop) = self.inspect_token().await?
        {
            return Ok(stop);
        }
        if self.signup.findings.waba.is_none()
            && let Some(stop) = self.find_waba(target.as_ref()).await?
        {
            return Ok(stop);
        }
        if self.signup.findings.chosen_number().is_none()
            && let Some(stop) = self.pick_number(target.as_ref()).await?
        {
            return Ok(stop);
        }
        self.verify_number().await
    }

    /// The connection that this signup is to revive, when it is about one.
    async fn reconnected(&self) -> Result<Option<StoredConnection>, Failure> {
        match &self.signup.reconnects {
            Some(id) => Ok(self.services.store.find_connection(&self.signup.workspace, id).await?),
            None => Ok(None),
        }
    }

    async fn inspect_token(&mut self) -> Result<Option<Next>, Failure> {
        let (app, _) = self.services.connect()?;
        let debugged = match self.graph.debug_token(&app, &self.token).await {
            Ok(debugged) => debugged,
            Err(error) => return Ok(Some(Next::from_error(&error))),
        };
        if let TokenVerdict::Invalid(why) = debugged.verdict {
            return Ok(Some(Next::Fail(Box::new(why.problem()))));
        }
        self.signup.findings.token = Some(debugged.facts);
        // Only a business token has one, and it is good to know rather than needed.
        self.signup.findings.business = self.graph.client_business(self.key()).await.unwrap_or_default();
        Ok(None)
    }

    /// WABAs to look at: those the token names; where it names none, those that the portfolio has, that the browser
    /// heard of, or that the number had before (pain 4).
    async fn candidates(&self, target: Option<&StoredConnection>) -> Result<Vec<WabaId>, GraphError> {
        let findings = &self.signup.findings;
        let named = findings.token.as_ref().map(|facts| facts.named_wabas()).unwrap_or_default();
        if !named.is_empty() {
            return Ok(named);
        }
        let mut candidates: Vec<WabaId> = findings.hint.iter().filter_map(|hint| hint.waba.clone()).collect();
        candidates.extend(target.map(|target| target.connection.waba.clone()));
        if let Some(business) = &findings.business {
            candidates.extend(self.graph.list_wabas_of(self.key(), business).await?);
        }
        let mut seen = Vec::new();
        candidates.retain(|waba| {
            !seen.contains(waba) && {
                seen.push(waba.clone());
                true
            }
        });
        Ok(candidates)
    }

    async fn find_waba(&mut self, target: Option<&StoredConnection>) -> Result<Option<Next>, Failure> {
        let candidates = match self.candidates(target).await {
            Ok(candidates) => candidates,
            Err(error) => return Ok(Some(Next::from_error(&error))),
        };
        let mut found = Vec::new();
        for waba in candidates.iter().take(MOST_WABAS) {
            match self.graph.find_waba(self.key(), waba).await {
                Ok(Some(reading)) => found.push(waba_choice(waba, &reading)),
                Ok(None) => {}
                Err(error) if error.is_meta_unwell() => return Ok(Some(Next::from_error(&error))),
                Err(error) => tracing::info!(%waba, %error, "a WABA of the token cannot be read"),
            }
        }
        let wanted = target.map(|target| &target.connection.waba);
        let hinted = self.signup.findings.hint.as_ref().and_then(|hint| hint.waba.as_ref());
        let sure = [wanted, hinted].into_iter().flatten().find(|id| found.iter().any(|waba| waba.id == **id)).cloned();
        let only = if found.len() == 1 { found.first().map(|waba| waba.id.clone()) } else { None };
        let waba = sure.or(only);
        let nothing = found.is_empty();
        self.signup.findings.wabas = found;
        self.signup.findings.waba = waba;
        Ok(match &self.signup.findings.waba {
            Some(_) => None,
            None if nothing => Some(Next::fail(no_waba())),
            None => Some(Next::Ask(Stage::ChooseWaba)),
        })
    }

    async fn pick_number(&mut self, target: Option<&StoredConnection>) -> Result<Option<Next>, Failure> {
        let Some(waba) = self.signup.findings.waba.clone() else { return Ok(Some(Next::fail(no_waba()))) };
        let mut numbers = match self.graph.list_numbers(self.key(), &waba).await {
            Ok(numbers) => numbers,
            Err(error) => return Ok(Some(Next::from_error(&error))),
        };
        if let Some(target) = target {
            return Ok(self.same_number_again(numbers, target));
        }
        for number in &mut numbers {
            number.taken = self.taken(number).await?;
        }
        let hinted = self.signup.findings.hint.as_ref().and_then(|hint| hint.number.as_ref());
        let hinted = numbers.iter().find(|number| Some(&number.id) == hinted && number.taken.is_none());
        let picked = match (&numbers[..], hinted) {
            ([], _) => {
                self.signup.findings.numbers = numbers;
                return Ok(Some(Next::Ask(Stage::NoNumber)));
            }
            (_, Some(number)) => Some(number.id.clone()),
            ([only], _) if only.taken.is_none() => Some(only.id.clone()),
            _ if numbers.iter().all(|number| number.taken.is_some()) => {
                return Ok(Some(Next::fail(all_taken(&numbers))));
            }
            _ => None,
        };
        self.signup.findings.numbers = numbers;
        self.signup.findings.number = picked;
        Ok(if self.signup.findings.number.is_none() { Some(Next::Ask(Stage::ChooseNumber)) } else { None })
    }

    /// Reconnecting is for one number: another choice changes nothing.
    fn same_number_again(&mut self, numbers: Vec<NumberChoice>, target: &StoredConnection) -> Option<Next> {
        let wanted = &target.connection.phone_number_id;
        if !numbers.iter().any(|number| number.id == *wanted) {
            let chosen = numbers.first().map_or_else(|| "another account".to_owned(), |n| n.display_number.clone());
            return Some(Next::fail(Problem::new(
                "other_number",
                &format!("You chose {chosen}; this is {}. Nothing was changed.", target.connection.display_number),
                "Reconnecting is for one number.",
                "Press Reconnect again and choose the account of this number.",
            )));
        }
        self.signup.findings.number = Some(wanted.clone());
        self.signup.findings.numbers = numbers;
        None
    }

    /// Why a number cannot be chosen, when it cannot: one number is connected once per installation.
    async fn taken(&self, number: &NumberChoice) -> Result<Option<String>, Failure> {
        let holder = self.services.store.find_by_phone_number_id(&number.id).await?;
        Ok(holder.and_then(|holder| {
            if holder.connection.workspace != self.signup.workspace {
                Some("Connected in another workspace here.".to_owned())
            } else if holder.connection.lifecycle == Lifecycle::Disconnected {
                None
            } else {
                Some("Already connected here.".to_owned())
            }
        }))
    }
}

fn waba_choice(id: &WabaId, reading: &WabaReading) -> WabaChoice {
    WabaChoice {
        id: id.clone(),
        name: reading.name.clone().unwrap_or_else(|| "WhatsApp account without a name".to_owned()),
        business: reading.business_id.clone().map(BusinessId::new),
        business_name: reading.business_name.clone(),
    }
}

fn no_waba() -> Problem {
    Problem::new(
        "no_waba",
        "Facebook gave us no WhatsApp account.",
        "None was chosen, or the permission for it was switched off.",
        "Press Connect with Facebook once more, choose the WhatsApp account and leave all permissions on.",
    )
}

fn all_taken(numbers: &[NumberChoice]) -> Problem {
    let number = numbers.first().map(|number| number.display_number.as_str()).unwrap_or_default();
    let why = numbers.first().and_then(|number| number.taken.as_deref()).unwrap_or_default();
    if numbers.len() == 1 {
        let what = format!("{number} is connected already.");
        return Problem::new(
            "already_connected",
            &what,
            why,
            "Open it in the list, or choose another number at Facebook.",
        );
    }
    Problem::new(
        "already_connected",
        "All numbers of this WhatsApp account are connected already.",
        "",
        "Open them in the list, or choose another account at Facebook.",
    )
}
