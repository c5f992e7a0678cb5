//! Proves that a body comes from Meta. What is not proven cannot become a [`SignedBody`], and nothing else is kept.

use crate::server::operations::Services;
use crate::server::operations::pulse::Refused;
use crate::server::operations::receive_delivery::{BodyRoom, Door, Signer, receive_delivery};
use axum::http::{HeaderMap, HeaderName};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

const HEADER: HeaderName = HeaderName::from_static("x-hub-signature-256");

/// A signature that a request claims: HMAC-SHA256 of the raw body under the app's secret (fact base §5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Claim([u8; 32]);

impl Claim {
    /// `None` when the header is absent, there twice, or not `sha256=` and 64 hexadecimal digits.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all(HEADER).iter();
        let (only, None) = (values.next()?, values.next()) else { return None };
        let digits = only.as_bytes().strip_prefix(b"sha256=").filter(|digits| digits.len() == 64)?;
        let mut signature = [0; 32];
        for (byte, pair) in signature.iter_mut().zip(digits.chunks_exact(2)) {
            let (high, low) = (char::from(pair[0]).to_digit(16)?, char::from(pair[1]).to_digit(16)?);
            *byte = u8::try_from(high * 16 + low).ok()?;
        }
        Some(Self(signature))
    }

    /// With it `greentick check` looks whether large bodies come through. No key makes it.
    pub(super) fn is_trial(self) -> bool {
        self.0 == [0; 32]
    }

    /// In constant time.
    fn holds(self, secret: &SecretString, body: &[u8]) -> bool {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()) else { return false };
        mac.update(body);
        mac.verify_slice(&self.0).is_ok()
    }
}

/// A body whose signature was right, and who signed it.
pub(super) struct SignedBody {
    signer: Signer,
    body: Vec<u8>,
}

impl SignedBody {
    /// `None` when the signature is wrong or there is no secret to prove it with.
    pub(super) fn prove(door: Door, claim: Claim, body: Vec<u8>) -> Option<Self> {
        let proven = door.secret.is_some_and(|secret| claim.holds(&secret, &body));
        proven.then_some(Self { signer: door.signer, body })
    }

    /// Returns when it is on the disk.
    pub(super) async fn keep(self, services: &Services, room: BodyRoom) -> Result<(), Refused> {
        receive_delivery(services, self.signer, self.body, room).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::digest::hmac_sha256;
    use proptest::prelude::*;

    fn door(secret: &str) -> Door {
        Door { signer: Signer::default(), secret: Some(secret.into()) }
    }

    fn claimed(value: &str) -> Option<Claim> {
        let mut headers = HeaderMap::new();
        headers.insert(HEADER, value.parse().unwrap());
        Claim::of(&headers)
    }

    proptest! {
        #[test]
        fn what_the_secret_signed_is_proven(secret in ".{0,80}", body in proptest::collection::vec(any::<u8>(), 0..2_000)) {
            let claim = claimed(&format!("sha256={}", hmac_sha256(secret.as_bytes(), &body))).unwrap();
            prop_assert!(SignedBody::prove(door(&secret), claim, body).is_some());
        }

        #[test]
        fn one_changed_bit_proves_nothing(
            body in proptest::collection::vec(any::<u8>(), 1..500), at in any::<proptest::sample::Index>(), bit in 0..8u8,
        ) {
            let claim = claimed(&format!("sha256={}", hmac_sha256(b"secret", &body))).unwrap();
            let mut changed = body.clone();
            changed[at.index(body.len())] ^= 1 << bit;
            prop_assert!(SignedBody::prove(door("secret"), claim, changed).is_none());
            prop_assert!(SignedBody::prove(door("another"), claim, body.clone()).is_none());
            let Claim(mut signature) = claim;
            signature[at.index(32)] ^= 1 << bit;
            prop_assert!(SignedBody::prove(door("secret"), Claim(signature), body).is_none());
        }

        #[test]
        fn no_header_value_makes_trouble(value in proptest::collection::vec(0x20..0x7fu8, 0..100)) {
            let text = String::from_utf8(value).unwrap();
            let right = text.strip_prefix("sha256=").is_some_and(|hex| hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit()));
            prop_assert_eq!(claimed(&text).is_some(), right);
        }
    }

    #[test]
    fn a_header_that_is_absent_twice_there_or_short_claims_nothing() {
        let right = format!("sha256={}", hmac_sha256(b"secret", b"body"));
        assert!(claimed(&right).is_some() && claimed(&right.to_uppercase().replace("SHA", "sha")).is_some());
        assert!(Claim::of(&HeaderMap::new()).is_none());
        for wrong in ["", "sha256=", &right[..70], &format!("{right}0"), &right.replace("sha256", "sha1")] {
            assert!(claimed(wrong).is_none(), "{wrong}");
        }
        let mut headers = HeaderMap::new();
        headers.append(HEADER, right.parse().unwrap());
        headers.append(HEADER, right.parse().unwrap());
        assert!(Claim::of(&headers).is_none());
    }

    #[test]
    fn without_a_secret_nothing_is_proven() {
        let claim = claimed(&format!("sha256={}", hmac_sha256(b"", b"body"))).unwrap();
        let door = Door { signer: Signer::default(), secret: None };
        assert!(SignedBody::prove(door, claim, b"body".to_vec()).is_none());
    }
}
