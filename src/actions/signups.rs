//! A run of Embedded Signup: its progress and the answers it asks for.

pub use crate::domain::pages::{SignupPage, StepLine};
use crate::domain::problem::Problem;
use crate::domain::signup::CodeMethod;
use leptos::prelude::*;
#[cfg(feature = "ssr")]
use {
    super::gate,
    crate::domain::ids::{PhoneNumberId, WabaId},
    crate::server::operations::continue_signup::{self, Answer},
    crate::server::operations::show_signup::show_signup,
    crate::server::session::OwnedSignup,
};

#[server(prefix = "/_fn", endpoint = "find_signup")]
pub async fn find_signup(signup: String) -> Result<SignupPage, Problem> {
    gate::answer(async {
        let (services, _, OwnedSignup(signup)) = gate::admin_of_signup(&signup).await?;
        Ok(show_signup(&services, &signup).await?)
    })
    .await
}

/// The newest signup of the person who asks: how the opener of the popup learns what happened in it.
#[server(prefix = "/_fn", endpoint = "newest_signup")]
pub async fn newest_signup() -> Result<Option<SignupPage>, Problem> {
    gate::answer(async {
        let (services, who) = (gate::services()?, gate::admin()?);
        let newest = services.store.newest_signup(&who.user.id).await?;
        Ok(match newest {
            Some(signup) => Some(show_signup(&services, &signup).await?),
            None => None,
        })
    })
    .await
}

/// Form.
#[server(prefix = "/_fn", endpoint = "choose_waba")]
pub async fn choose_waba(signup: String, waba_id: String) -> Result<(), Problem> {
    answer(&signup, Answer::Waba(WabaId::new(waba_id))).await
}

/// Form.
#[server(prefix = "/_fn", endpoint = "choose_number")]
pub async fn choose_number(signup: String, phone_number_id: String) -> Result<(), Problem> {
    answer(&signup, Answer::Number(PhoneNumberId::new(phone_number_id))).await
}

/// Form. Looks for numbers again, after "no number yet".
#[server(prefix = "/_fn", endpoint = "look_again")]
pub async fn look_again(signup: String) -> Result<(), Problem> {
    answer(&signup, Answer::LookAgain).await
}

/// Form. `method` is `sms` or `voice`.
#[server(prefix = "/_fn", endpoint = "request_code")]
pub async fn request_code(signup: String, method: CodeMethod) -> Result<(), Problem> {
    answer(&signup, Answer::SendCode(method)).await
}

/// Form.
#[server(prefix = "/_fn", endpoint = "verify_code")]
pub async fn verify_code(signup: String, code: String) -> Result<(), Problem> {
    answer(&signup, Answer::VerificationCode(code.into())).await
}

/// Form.
#[server(prefix = "/_fn", endpoint = "enter_pin")]
pub async fn enter_pin(signup: String, pin: String) -> Result<(), Problem> {
    answer(&signup, Answer::Pin(pin.into())).await
}

/// Form. Gives a signup up that waits for the person; nothing that was done is undone.
#[server(prefix = "/_fn", endpoint = "cancel_signup")]
pub async fn cancel_signup(signup: String) -> Result<(), Problem> {
    gate::answer(async {
        let (services, who, OwnedSignup(found)) = gate::admin_of_signup(&signup).await?;
        continue_signup::cancel_signup(&services, &who.actor(), found).await?;
        gate::back_to(&format!("/connect/facebook/{signup}"));
        Ok(())
    })
    .await
}

#[cfg(feature = "ssr")]
async fn answer(signup: &str, answer: Answer) -> Result<(), Problem> {
    gate::answer(async {
        let (services, who, OwnedSignup(found)) = gate::admin_of_signup(signup).await?;
        continue_signup::answer_signup(&services, &who.actor(), found, answer).await?;
        gate::back_to(&format!("/connect/facebook/{signup}"));
        Ok(())
    })
    .await
}
