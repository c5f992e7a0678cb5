//! The bytes of a delivery and their signatures.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha1::Sha1;
use sha2::Sha256;

/// JSON as Meta writes it: `\uXXXX` in lower case for all that is not ASCII, and `\/` (reference §5.2).
pub(super) fn bytes(body: &Value) -> Vec<u8> {
    use std::fmt::Write;
    let mut text = String::new();
    for letter in body.to_string().chars() {
        match letter {
            '/' => text.push_str("\\/"),
            letter if letter.is_ascii() => text.push(letter),
            letter => letter.encode_utf16(&mut [0; 2]).iter().for_each(|unit| {
                let _ = write!(text, "\\u{unit:04x}");
            }),
        }
    }
    text.into_bytes()
}

/// The header that counts, and the old one that Meta still sends.
pub(super) fn signatures(secret: &str, body: &[u8]) -> Vec<(&'static str, String)> {
    // HMAC takes keys of any length, so neither error can happen.
    let (Ok(mut sha256), Ok(mut sha1)) =
        (Hmac::<Sha256>::new_from_slice(secret.as_bytes()), Hmac::<Sha1>::new_from_slice(secret.as_bytes()))
    else {
        return Vec::new();
    };
    sha256.update(body);
    sha1.update(body);
    let hex = |bytes: &[u8]| crate::urls::hex(bytes);
    vec![
        ("X-Hub-Signature-256", format!("sha256={}", hex(&sha256.finalize().into_bytes()))),
        ("X-Hub-Signature", format!("sha1={}", hex(&sha1.finalize().into_bytes()))),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_and_signs_as_meta_does() {
        let body = bytes(&serde_json::json!({"text": "é/😀 \"\\"}));
        assert_eq!(String::from_utf8(body).unwrap(), r#"{"text":"\u00e9\/\ud83d\ude00 \"\\"}"#);
        // RFC 4231 and RFC 2202, case 2.
        let signed = signatures("Jefe", b"what do ya want for nothing?");
        assert_eq!(signed[0].1, "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        assert_eq!(signed[1].1, "sha1=effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
    }
}
