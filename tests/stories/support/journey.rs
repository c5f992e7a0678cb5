//! The way to Facebook and back.

use super::browser::{Answer, Browser};
use super::world::{World, soon};
use greentick::domain::ids::{ConnectionId, SignupId};
use greentick::domain::problem::Problem;
use greentick::domain::signup::{Signup, Stage};
use sandbox::{NewGrant, NumberChange, fixtures};
use std::collections::HashMap;

/// One run of Embedded Signup, seen from the browser.
pub(crate) struct Run<'a> {
    world: &'a World,
    pub(crate) browser: &'a Browser,
    /// What the dialog was asked for.
    pub(crate) asked: HashMap<String, String>,
    pub(crate) id: SignupId,
}

pub(crate) fn query_of(address: &str) -> HashMap<String, String> {
    url::Url::parse(address).unwrap().query_pairs().into_owned().collect()
}

impl World {
    /// Presses Connect with Facebook; `wish` is the link's query.
    pub(crate) async fn begin<'a>(&'a self, browser: &'a Browser, wish: &str) -> Run<'a> {
        let answer = browser.get(&format!("/connect/facebook/start{wish}")).await;
        let asked = query_of(answer.location());
        let newest = browser.call("newest_signup", &[]).await.json();
        let id = SignupId::new(newest["id"].as_str().expect("a signup has begun"));
        Run { world: self, browser, asked, id }
    }

    /// As far as where Meta wants the PIN that a number has.
    pub(crate) async fn begin_until_pin<'a>(&'a self, browser: &'a Browser) -> Run<'a> {
        let run = self.begin(browser, "").await;
        run.finish_at_facebook(&[fixtures::WABA_DELIVERY]).await;
        run.answer("choose_number", &[("phone_number_id", fixtures::NUMBER_WITH_PIN)]).await;
        assert_eq!(run.stage().await, Stage::EnterPin);
        run
    }

    /// Meta will want a code to be sent to this number.
    pub(crate) fn unverify(&self, number: &str) {
        let change = NumberChange { code_status: Some("NOT_VERIFIED".to_owned()), ..NumberChange::default() };
        self.meta.change_number(number, change).unwrap();
    }

    /// Connects a number of an account with one number, to the end.
    pub(crate) async fn connect(&self, browser: &Browser, wabas: &[&str]) -> ConnectionId {
        let run = self.begin(browser, "").await;
        run.finish_at_facebook(wabas).await;
        run.done().await
    }

    /// Connects one of several numbers.
    pub(crate) async fn connect_number(&self, browser: &Browser, waba: &str, number: &str) -> ConnectionId {
        let run = self.begin(browser, "").await;
        run.finish_at_facebook(&[waba]).await;
        if run.settled().await.stage == Stage::ChooseNumber {
            run.answer("choose_number", &[("phone_number_id", number)]).await;
        }
        run.done().await
    }
}

impl Run<'_> {
    /// A code that Facebook would send the browser back with.
    pub(crate) fn code(&self, wabas: &[&str]) -> String {
        let redirect_uri = self.asked["redirect_uri"].clone();
        let wabas: Vec<String> = wabas.iter().map(|waba| (*waba).to_owned()).collect();
        let wish = NewGrant { redirect_uri, wabas: Some(wabas), ..NewGrant::default() };
        self.world.meta.grant(wish).unwrap().code
    }

    pub(crate) fn callback(&self, code: &str) -> String {
        let query = super::browser::encoded(&[("code", code), ("state", &self.asked["state"])]);
        format!("/connect/facebook/callback?{query}")
    }

    pub(crate) async fn come_back(&self, code: &str) -> Answer {
        self.browser.get(&self.callback(code)).await
    }

    /// Finishes the dialog and comes back to the page of this signup.
    pub(crate) async fn finish_at_facebook(&self, wabas: &[&str]) {
        let back = self.come_back(&self.code(wabas)).await;
        assert_eq!(back.status, 303, "{}", back.text());
        assert_eq!(back.location().split('?').next().unwrap(), format!("/connect/facebook/{}", self.id));
    }

    pub(crate) async fn now(&self) -> Signup {
        self.world.store().find_any_signup(&self.id).await.unwrap().unwrap()
    }

    pub(crate) async fn until(&self, what: impl Fn(&Signup) -> bool) -> Signup {
        soon(async || Some(self.now().await).filter(|signup| what(signup))).await
    }

    /// When it is over or asks something.
    pub(crate) async fn settled(&self) -> Signup {
        self.until(|signup| !signup.stage.is_working()).await
    }

    pub(crate) async fn stage(&self) -> Stage {
        self.settled().await.stage
    }

    /// The connection that it made.
    pub(crate) async fn done(&self) -> ConnectionId {
        let signup = self.settled().await;
        assert_eq!(signup.stage, Stage::Done, "{:?} {:?}", signup.problem, signup.findings.input_problem);
        signup.connection.expect("a signup that is done has a connection")
    }

    /// Why it failed.
    pub(crate) async fn failure(&self) -> Problem {
        let signup = self.settled().await;
        assert_eq!(signup.stage, Stage::Failed);
        signup.problem.expect("a failure has a reason")
    }

    /// Sends the form of the progress page and comes back to it.
    pub(crate) async fn answer(&self, function: &str, fields: &[(&str, &str)]) {
        let form = [&[("signup", self.id.as_str())], fields].concat();
        let answer = self.browser.post(&format!("/_fn/{function}"), &form).await;
        assert_eq!(answer.location(), format!("/connect/facebook/{}", self.id), "{}", answer.text());
    }

    pub(crate) async fn page(&self) -> String {
        let page = self.browser.page(&format!("/connect/facebook/{}", self.id)).await;
        super::browser::readable(&page)
    }

    /// Lets time pass, try after try, until it is over or asks something.
    pub(crate) async fn outlast(&self) -> Signup {
        soon(async || {
            let signup = self.now().await;
            if signup.stage.is_working() {
                self.world.pass_until_a_job_is_due().await;
                return None;
            }
            Some(signup)
        })
        .await
    }
}

/// The account of the simple happy path.
pub(crate) const SIMPLE: &[&str] = &[fixtures::WABA_SOL];
