//! Tries a connection's credentials with Meta, for programs.

use super::prove_entry::{Proof, prove_entry};
use super::settings::{Unsaved, Update, complete, pick, with_only_choice};
use super::{Failure, Services};
use crate::domain::ids::WorkspaceId;
use crate::domain::settings::version_warning;

/// How a test went, in one line either way.
pub struct Tested {
    pub outcome: Result<String, String>,
    pub warnings: Vec<String>,
}

/// What Meta says of the stored or the sent credentials; nothing is saved.
pub async fn test_settings(
    services: &Services,
    workspace: &WorkspaceId,
    asked: Option<&str>,
    update: Update,
) -> Result<Tested, Failure> {
    let existing = pick(services, workspace, asked).await?;
    let failed = |why: String| Tested { outcome: Err(why), warnings: Vec::new() };
    let entry = match complete(services, update, existing.as_ref()).await {
        Ok((entry, _)) => entry,
        Err(Unsaved::Failed(failure)) => return Err(failure),
        Err(Unsaved::Unreachable(problem)) => return Ok(failed(problem.to_string())),
        Err(Unsaved::Rules(broken)) => {
            let first = broken.first().map(|broken| format!("{}: {}.", invalid(&broken.field), broken.rule));
            return Ok(failed(first.unwrap_or_default()));
        }
    };
    let warnings = entry.api_version.as_deref().and_then(version_warning).into_iter().collect();
    let mut proof = prove_entry(services, &entry).await;
    with_only_choice(services, entry, &mut proof).await;
    Ok(Tested { outcome: outcome(&proof), warnings })
}

fn outcome(proof: &Proof) -> Result<String, String> {
    if let Some(problem) = &proof.unreachable {
        return Err(format!("{} {}", problem.what, problem.why).trim().to_owned());
    }
    if let Some(objection) = proof.objections.first() {
        return Err(format!("{}: {}", invalid(&objection.field), objection.problem));
    }
    match &proof.number {
        Some((_, reading)) => Ok(format!("Connection successful. Phone number: {}", reading.display_phone_number)),
        None => Err("Invalid Phone Number ID: the account has several numbers, say which one.".to_owned()),
    }
}

fn invalid(field: &str) -> &'static str {
    match field {
        "accessToken" => "Invalid Access Token",
        "phoneNumberId" => "Invalid Phone Number ID",
        "businessAccountId" => "Invalid Business Account ID",
        "webhookVerifyToken" => "Invalid Verify Token",
        "apiVersion" => "Invalid API Version",
        "appSecret" => "Invalid App Secret",
        "name" => "Invalid Name",
        _ => "Invalid App ID",
    }
}
