//! Proves to Meta that an address is ours, when Meta knows the token (design §5).

use super::{Failure, Services};
use crate::domain::ids::ConnectionId;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

/// Whether this is the token of the address: of the shared one, or of a connection on an app of its own.
pub async fn knows_verify_token(
    services: &Services,
    connection: Option<&ConnectionId>,
    offered: &str,
) -> Result<bool, Failure> {
    let known = match connection {
        Some(id) => services.store.find_own_door(id).await?.and_then(|door| door.verify_token).into_iter().collect(),
        None => shared_tokens(services).await?,
    };
    Ok(is_one_of(offered, &known))
}

async fn shared_tokens(services: &Services) -> Result<Vec<SecretString>, Failure> {
    let mut known = services.store.open_shared_verify_tokens().await?;
    known.push(match &services.settings.verify_token {
        Some(token) => token.clone(),
        None => services.store.verify_token().await?,
    });
    Ok(known)
}

/// All are compared, by digests of one length, so that the time tells nothing.
fn is_one_of(offered: &str, known: &[SecretString]) -> bool {
    let offered = Sha256::digest(offered.as_bytes());
    let same = |token: &SecretString| Sha256::digest(token.expose_secret().as_bytes()).ct_eq(&offered);
    known.iter().fold(Choice::from(0), |found, token| found | same(token)).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_or_shortened_token_is_none() {
        let known = ["first token".into(), "second token".into()];
        assert!(is_one_of("first token", &known) && is_one_of("second token", &known));
        for wrong in ["", "first", "first token ", "third token"] {
            assert!(!is_one_of(wrong, &known), "{wrong}");
        }
        assert!(!is_one_of("", &[]));
    }
}
