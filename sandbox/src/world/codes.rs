//! Authorization codes: single use, thirty seconds, bound to app and redirect (reference §1.3).

use serde::{Deserialize, Serialize};

use super::{Installation, World};
use crate::{graph::GraphError, random};

const CODE_SECONDS: i64 = 30;

#[derive(Debug, Clone)]
pub(crate) struct Code {
    pub(crate) app: String,
    pub(crate) redirect_uri: String,
    pub(crate) created: i64,
    pub(crate) used: bool,
    pub(crate) grant: Grant,
}

/// What a person shared at the end of the dialog.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Grant {
    pub(crate) person: String,
    pub(crate) business: String,
    /// Most recently onboarded first.
    pub(crate) wabas: Vec<String>,
}

impl World {
    /// Installs the app at the portfolio and makes the code that the redirect carries.
    pub(crate) fn issue_code(&mut self, app: &str, redirect_uri: &str, grant: Grant) -> String {
        self.install(app, &grant);
        let value = random::code();
        let code = Code {
            app: app.to_owned(),
            redirect_uri: redirect_uri.to_owned(),
            created: self.now(),
            used: false,
            grant,
        };
        self.codes.insert(value.clone(), code);
        value
    }

    fn install(&mut self, app: &str, grant: &Grant) {
        let earlier = self.installations.iter().position(|one| one.app == app && one.business == grant.business);
        let mut wabas = grant.wabas.clone();
        if let Some(earlier) = earlier.map(|at| self.installations.remove(at)) {
            wabas.extend(earlier.wabas.into_iter().filter(|waba| !grant.wabas.contains(waba)));
        }
        self.installations.push(Installation {
            app: app.to_owned(),
            business: grant.business.clone(),
            person: grant.person.clone(),
            wabas,
        });
    }

    /// Spends a code. The checks stand in the order that decides which error a doubly wrong call gets.
    pub(crate) fn redeem_code(&mut self, app: &str, redirect_uri: &str, value: &str) -> Result<Grant, GraphError> {
        let now = self.now();
        let Some(code) = self.codes.get_mut(value).filter(|code| code.app == app) else {
            return Err(GraphError::code_format());
        };
        if code.used {
            return Err(GraphError::code_used());
        }
        if now - code.created > CODE_SECONDS {
            return Err(GraphError::code_expired());
        }
        if code.redirect_uri != redirect_uri {
            return Err(GraphError::redirect_mismatch());
        }
        code.used = true;
        Ok(code.grant.clone())
    }
}
