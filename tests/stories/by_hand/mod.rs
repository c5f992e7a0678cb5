//! Credentials by hand, as a person meets them: the form, its mistakes, and what is saved.

mod drafts;
mod mistakes;
mod replacing;
mod saving;

use crate::support::{Browser, World, readable, soon};
use greentick::domain::ids::{ConnectionId, SignupId};
use greentick::domain::signup::Stage;
use sandbox::{NewToken, TokenLife, fixtures};

const NEW: &str = "/core/whatsapp-api/configurations/by-hand";

fn edit(id: &ConnectionId) -> String {
    format!("/core/whatsapp-api/configurations/{id}/credentials")
}

/// The form of one page, with what stands in it: what a browser would send.
struct Form<'a> {
    browser: &'a Browser,
    html: String,
    fields: Vec<(String, String)>,
}

impl<'a> Form<'a> {
    async fn open(browser: &'a Browser, path: &str) -> Self {
        let html = browser.page(path).await;
        let fields = inputs(&html);
        Self { browser, html, fields }
    }

    fn type_in(mut self, field: &str, value: &str) -> Self {
        let name = format!("entry[{field}]");
        self.fields.retain(|(known, _)| *known != name);
        self.fields.push((name, value.to_owned()));
        self
    }

    fn value(&self, field: &str) -> String {
        let name = format!("entry[{field}]");
        self.fields.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone()).unwrap_or_default()
    }

    /// The address that a press leads to.
    async fn press(&self, button: &str) -> String {
        let mut form: Vec<(&str, &str)> =
            self.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        form.push(("press", button));
        let answer = self.browser.post("/_fn/judge_entry", &form).await;
        answer.location().to_owned()
    }

    /// Presses and looks at the form again.
    async fn again(self, button: &str) -> Self {
        let address = self.press(button).await;
        assert!(address.contains("?draft="), "{address} is not the form");
        soon(async || {
            Some(Self::open(self.browser, &address).await).filter(|form| !form.html.contains("data-stage=\"asking\""))
        })
        .await
    }

    fn text(&self) -> String {
        readable(&self.html)
    }

    fn has_button(&self, press: &str) -> bool {
        let value = format!("value=\"{press}\"");
        let tags = self.html.split("<button").map(|rest| rest.split_once('>').map_or(rest, |(tag, _)| tag));
        tags.filter(|tag| tag.contains("name=\"press\"")).any(|tag| tag.contains(&value))
    }
}

/// Names and values of all inputs, of radio buttons the checked one.
fn inputs(html: &str) -> Vec<(String, String)> {
    let attribute = |tag: &str, name: &str| {
        let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
        rest.split_once('"').map(|(value, _)| value.to_owned())
    };
    let tags = html.split("<input").skip(1).map(|rest| rest.split_once('>').map_or(rest, |(tag, _)| tag));
    tags.filter(|tag| !tag.contains("type=\"radio\"") || tag.contains(" checked"))
        .filter_map(|tag| Some((attribute(tag, "name")?, attribute(tag, "value").unwrap_or_default())))
        .filter(|(name, _)| name.starts_with("entry["))
        .collect()
}

fn token(world: &World, life: TokenLife, wabas: &[&str]) -> String {
    let wabas = Some(wabas.iter().map(|waba| (*waba).to_owned()).collect());
    world.meta.mint_token(NewToken { life, wabas, ..NewToken::default() }).unwrap()
}

/// A token of the installation's own app that never ends.
fn permanent(world: &World, wabas: &[&str]) -> String {
    token(world, TokenLife::Permanent, wabas)
}

/// Follows the run that an address leads to, to its end.
async fn finished(world: &World, address: &str) -> ConnectionId {
    let id = address.strip_prefix("/connect/facebook/").unwrap_or_else(|| panic!("{address} is no run"));
    let run = soon(async || {
        let run = world.store().find_any_signup(&SignupId::new(id)).await.unwrap().unwrap();
        (!run.stage.is_working()).then_some(run)
    })
    .await;
    assert_eq!(run.stage, Stage::Done, "{:?}", run.problem);
    run.connection.unwrap()
}

/// Padaria Sol's number, entered by hand.
async fn connected(world: &World, browser: &Browser) -> (ConnectionId, String) {
    let token = permanent(world, &[fixtures::WABA_SOL]);
    let form = Form::open(browser, NEW).await.type_in("token", &token);
    (finished(world, &form.press("save").await).await, token)
}

/// Types a new token for a number, which takes the old one's place, and leaves a form half-way.
pub(crate) async fn typed_twice(world: &World, browser: &Browser, id: &ConnectionId) {
    let token = permanent(world, &[fixtures::WABA_SOL]);
    let address = Form::open(browser, &edit(id)).await.type_in("token", &token).press("save").await;
    assert!(!address.contains("?draft="), "{address}");
    Form::open(browser, NEW).await.type_in("token", &permanent(world, &[fixtures::WABA_SOL])).again("test").await;
}
