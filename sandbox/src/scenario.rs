//! Named troubles of the real world, each one call away.

use serde::{Deserialize, Serialize};

use crate::{
    FaultDraft, FaultKind, GranularScopes, Sandbox, TokenLife,
    world::{Death, Payment, SIXTY_DAYS, Token, TokenKind, World},
};

/// What happens, and to whom; targets that are absent mean everyone.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Scenario {
    /// 190/460 on every token of a person, or of a portfolio.
    PasswordChanged {
        person: Option<String>,
        business: Option<String>,
    },
    /// 190/463.
    TokenExpired {
        business: Option<String>,
    },
    /// 190/458: the portfolio threw the app out; it must be granted again.
    AppRemoved {
        business: Option<String>,
    },
    /// Tokens become a person's, of a day; new ones too.
    TokenOfADay {
        business: Option<String>,
    },
    /// Tokens become 60-day ones, 59 days old; new ones have 60 days.
    TokenEndsTomorrow {
        business: Option<String>,
    },
    PaymentMissing {
        waba: Option<String>,
    },
    PaymentRestored {
        waba: Option<String>,
    },
    VerificationRejected {
        business: Option<String>,
    },
    VerificationPassed {
        business: Option<String>,
    },
    NumberBanned {
        number: Option<String>,
    },
    NumberRestored {
        number: Option<String>,
    },
    /// Code 4 or 80007 on every Graph call until the minutes have passed by the virtual clock.
    RateLimited {
        code: Option<u32>,
        regain_minutes: Option<u32>,
    },
    /// A front server's 500 on every call.
    MetaDown {
        times: Option<u32>,
    },
    MetaSlow {
        delay_ms: Option<u64>,
        times: Option<u32>,
    },
    ConnectionCut {
        times: Option<u32>,
    },
    GranularScopesMissing,
    TargetIdsMissing,
    SubscribeRefused {
        times: Option<u32>,
    },
    /// With any code of the registration family; 133005 when absent.
    RegisterRefused {
        code: Option<u32>,
        times: Option<u32>,
    },
}

impl Sandbox {
    /// Makes a trouble happen.
    pub fn play(&self, scenario: Scenario) {
        self.with(|world| play(world, scenario));
    }
}

fn play(world: &mut World, scenario: Scenario) {
    let now = world.now();
    match scenario {
        Scenario::PasswordChanged { person, business } => {
            let of = |token: &Token| {
                fits(person.as_ref(), token.person.as_ref()) && fits(business.as_ref(), Some(&token.business))
            };
            let message = "Error validating access token: The session has been invalidated because the user changed their \
                           password or Facebook has changed the session for security reasons.";
            kill(world, 460, message, of);
        }
        Scenario::TokenExpired { business } => each_token(world, business.as_ref(), |token| token.expires_at = now - 1),
        Scenario::AppRemoved { business } => remove_app(world, business.as_ref()),
        Scenario::TokenOfADay { business } => {
            each_token(world, business.as_ref(), |token| {
                token.kind = TokenKind::User;
                token.expires_at = token.issued_at + 86_400;
            });
            world.switches.token_life = TokenLife::Day;
        }
        Scenario::TokenEndsTomorrow { business } => {
            each_token(world, business.as_ref(), |token| {
                token.expires_at = now + 86_400;
                token.issued_at = token.expires_at - SIXTY_DAYS;
            });
            world.switches.token_life = TokenLife::SixtyDays;
        }
        Scenario::PaymentMissing { waba } => pay(world, waba.as_ref(), Payment::Missing),
        Scenario::PaymentRestored { waba } => pay(world, waba.as_ref(), Payment::OnFile),
        Scenario::VerificationRejected { business } => verify(world, business.as_ref(), "rejected"),
        Scenario::VerificationPassed { business } => verify(world, business.as_ref(), "verified"),
        Scenario::NumberBanned { number } => ban(world, number.as_ref()),
        Scenario::NumberRestored { number } => unban(world, number.as_ref()),
        Scenario::GranularScopesMissing => world.switches.granular_scopes = GranularScopes::Missing,
        Scenario::TargetIdsMissing => world.switches.granular_scopes = GranularScopes::WithoutTargetIds,
        other => {
            if let Some(draft) = fault(other) {
                world.faults.add(draft, now);
            }
        }
    }
}

/// The scenarios that are nothing but a fault.
fn fault(scenario: Scenario) -> Option<FaultDraft> {
    let draft = |on: &str, kind, times| FaultDraft { times, ..FaultDraft::new(on, kind) };
    Some(match scenario {
        Scenario::RateLimited { code, regain_minutes } => {
            FaultDraft { code, regain_minutes, ..FaultDraft::new("graph", FaultKind::RateLimited) }
        }
        Scenario::MetaDown { times } => draft("graph", FaultKind::Http500, times),
        Scenario::MetaSlow { delay_ms, times } => FaultDraft { delay_ms, ..draft("graph", FaultKind::Slow, times) },
        Scenario::ConnectionCut { times } => draft("graph", FaultKind::Cut, times),
        Scenario::SubscribeRefused { times } => FaultDraft {
            code: Some(200),
            message: Some("(#200) You do not have permission to subscribe this app to the account".to_owned()),
            method: Some("POST".to_owned()),
            ..draft("waba/subscribed_apps", FaultKind::GraphError, times)
        },
        Scenario::RegisterRefused { code, times } => {
            FaultDraft { code: code.or(Some(133_005)), ..draft("phone/register", FaultKind::GraphError, times) }
        }
        _ => return None,
    })
}

fn fits(wanted: Option<&String>, actual: Option<&String>) -> bool {
    wanted.is_none() || wanted == actual
}

/// The sandbox's own fixed tokens stay as they are unless they are named.
fn each_token(world: &mut World, business: Option<&String>, change: impl Fn(&mut Token)) {
    let tokens = world.tokens.values_mut().filter(|token| token.death.is_none());
    tokens
        .filter(|token| token.kind != TokenKind::OwnSystemUser && fits(business, Some(&token.business)))
        .for_each(change);
}

fn kill(world: &mut World, subcode: u32, message: &str, of: impl Fn(&Token) -> bool) {
    let tokens =
        world.tokens.values_mut().filter(|token| token.kind != TokenKind::OwnSystemUser && token.death.is_none());
    for token in tokens.filter(|token| of(token)) {
        token.death = Some(Death { subcode, message: message.to_owned() });
    }
}

fn remove_app(world: &mut World, business: Option<&String>) {
    let message = "Error validating access token: The user has not authorized application.";
    kill(world, 458, message, |token| fits(business, Some(&token.business)));
    world.installations.retain(|one| !fits(business, Some(&one.business)));
    let wabas = world.wabas.values_mut().filter(|waba| fits(business, Some(&waba.business)));
    wabas.for_each(|waba| drop(waba.subscribed_apps.remove(crate::fixtures::APP_ID)));
}

fn pay(world: &mut World, waba: Option<&String>, payment: Payment) {
    world.wabas.values_mut().filter(|one| fits(waba, Some(&one.id))).for_each(|one| one.payment = payment);
}

fn verify(world: &mut World, business: Option<&String>, status: &str) {
    let businesses = world.businesses.values_mut().filter(|one| fits(business, Some(&one.id)));
    businesses.for_each(|one| status.clone_into(&mut one.verification_status));
}

fn ban(world: &mut World, number: Option<&String>) {
    for one in world.numbers.values_mut().filter(|one| fits(number, Some(&one.id)) && one.status != "BANNED") {
        one.status_before_ban = Some(std::mem::replace(&mut one.status, "BANNED".to_owned()));
    }
}

fn unban(world: &mut World, number: Option<&String>) {
    for one in world.numbers.values_mut().filter(|one| fits(number, Some(&one.id))) {
        if let Some(status) = one.status_before_ban.take() {
            one.status = status;
        }
    }
}
