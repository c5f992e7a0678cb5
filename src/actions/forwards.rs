//! Forwards: listed, shown, tested, switched, removed. Admins only.

pub use crate::domain::forward::{
    Attempt, AttemptWhat, Forward, ForwardCounts, ForwardFields, ForwardFormPage, ForwardFormat, ForwardLine,
    ForwardPage, ForwardState, ForwardsPage, MadeSecret, RefusedForward,
};
pub use crate::domain::ids::ForwardId;
use crate::domain::problem::Problem;
use leptos::prelude::*;
#[cfg(feature = "ssr")]
use {super::gate, crate::server::operations::forwards};

/// The forward that a page is about, where its address does not say: it was made a moment ago.
#[derive(Debug, Clone)]
pub struct ShownForward(pub ForwardId);

#[cfg(feature = "ssr")]
fn page_of(forward: &str) -> String {
    format!("/settings/forwarding/{forward}")
}

#[server(prefix = "/_fn", endpoint = "list_forwards")]
pub async fn list_forwards() -> Result<ForwardsPage, Problem> {
    gate::answer(async {
        let (services, who) = (gate::services()?, gate::admin()?);
        Ok(forwards::show_forwards(&services, &who.user.workspace).await?)
    })
    .await
}

#[server(prefix = "/_fn", endpoint = "find_forward")]
pub async fn find_forward(forward: String) -> Result<ForwardPage, Problem> {
    gate::answer(async {
        let (services, who) = (gate::services()?, gate::admin()?);
        Ok(forwards::show_forward(&services, &who.user.workspace, &forward).await?)
    })
    .await
}

/// `forward` is empty for a new one.
#[server(prefix = "/_fn", endpoint = "find_forward_form")]
pub async fn find_forward_form(forward: String) -> Result<ForwardFormPage, Problem> {
    gate::answer(async {
        let (services, who) = (gate::services()?, gate::admin()?);
        Ok(forwards::show_form(&services, &who.user.workspace, &forward).await?)
    })
    .await
}

/// Form. `on` is `yes` or `no`.
#[server(prefix = "/_fn", endpoint = "switch_forward")]
pub async fn switch_forward(forward: String, on: String) -> Result<(), Problem> {
    gate::answer(async {
        let (services, who) = (gate::services()?, gate::admin()?);
        let found = forwards::find_forward(&services, &who.user.workspace, &forward).await?;
        forwards::switch_forward(&services, &who.actor(), &found, on == "yes").await?;
        gate::back_to(&page_of(&forward));
        Ok(())
    })
    .await
}

/// Form. Sends a sample; what came of it stands first in the log.
#[server(prefix = "/_fn", endpoint = "test_forward")]
pub async fn test_forward(forward: String) -> Result<(), Problem> {
    gate::answer(async {
        let (services, who) = (gate::services()?, gate::admin()?);
        let found = forwards::find_forward(&services, &who.user.workspace, &forward).await?;
        forwards::test_forward(&services, &found).await?;
        gate::back_to(&format!("{}#attempts", page_of(&forward)));
        Ok(())
    })
    .await
}

/// Form. Asks the endpoint as Meta does before it sends anything.
#[server(prefix = "/_fn", endpoint = "shake_hands")]
pub async fn shake_hands(forward: String) -> Result<(), Problem> {
    gate::answer(async {
        let (services, who) = (gate::services()?, gate::admin()?);
        let found = forwards::find_forward(&services, &who.user.workspace, &forward).await?;
        forwards::shake_hands_with(&services, &found).await?;
        gate::back_to(&format!("{}#attempts", page_of(&forward)));
        Ok(())
    })
    .await
}

/// Form. Sends everything that was given up once more; the page says how many are no longer kept.
#[server(prefix = "/_fn", endpoint = "replay_dead")]
pub async fn replay_dead(forward: String) -> Result<(), Problem> {
    gate::answer(async {
        let (services, who) = (gate::services()?, gate::admin()?);
        let found = forwards::find_forward(&services, &who.user.workspace, &forward).await?;
        let gone = forwards::replay_dead(&services, &who.actor(), &found).await?;
        let told = if gone > 0 { format!("?gone={gone}") } else { String::new() };
        gate::back_to(&format!("{}{told}", page_of(&forward)));
        Ok(())
    })
    .await
}

/// Form.
#[server(prefix = "/_fn", endpoint = "remove_forward")]
pub async fn remove_forward(forward: String) -> Result<(), Problem> {
    gate::answer(async {
        let (services, who) = (gate::services()?, gate::admin()?);
        let found = forwards::find_forward(&services, &who.user.workspace, &forward).await?;
        forwards::remove_forward(&services, &who.actor(), &found).await?;
        gate::back_to("/settings/forwarding");
        Ok(())
    })
    .await
}
