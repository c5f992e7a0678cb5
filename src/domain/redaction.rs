//! Takes out of foreign text what may be a secret. Meta repeats a damaged token in its message about it.

/// Shorter runs are ids, traces and words; tokens and app secrets are longer. Our own ids have 26 characters.
const LONGEST_ID: usize = 30;
/// What Meta's tokens begin with.
const TOKEN_START: &str = "EAA";
const MASK: &str = "••••";

/// Letters, digits, and what else stands inside a token: an app's is `id|secret`.
fn is_of_a_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '|' | '+')
}

fn is_secret(run: &str) -> bool {
    let app_token = run.split_once('|').is_some_and(|(id, _)| id.len() > 5 && id.bytes().all(|b| b.is_ascii_digit()));
    let is_words = run.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    run.starts_with(TOKEN_START) && run.len() > 12 || app_token || (run.len() > LONGEST_ID && !is_words)
}

/// `••••` and the last four characters; nothing of a secret so short that four would be much of it.
pub fn masked(secret: &str) -> String {
    let length = secret.chars().count();
    let end: String = if length < 16 { String::new() } else { secret.chars().skip(length - 4).collect() };
    format!("{MASK}{end}")
}

/// The text with every run masked that may be a token, an app secret or a key.
pub fn redacted(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(is_of_a_token) {
        let (before, from) = rest.split_at(start);
        let (run, after) = from.split_at(from.find(|c| !is_of_a_token(c)).unwrap_or(from.len()));
        out.push_str(before);
        out.push_str(if is_secret(run) { MASK } else { run });
        rest = after;
    }
    out.push_str(rest);
    out
}

/// An address without what may be a password in it: no query, no user, no secret in its path.
pub fn redacted_url(url: &str) -> String {
    let plain = url.split(['?', '#']).next().unwrap_or_default();
    let plain = match plain.split_once("://") {
        Some((scheme, rest)) => {
            let (host, path) = rest.split_once('/').map_or((rest, None), |(host, path)| (host, Some(path)));
            let host = host.rsplit('@').next().unwrap_or_default();
            path.map_or_else(|| format!("{scheme}://{host}"), |path| format!("{scheme}://{host}/{path}"))
        }
        None => plain.to_owned(),
    };
    redacted(&plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn takes_out_tokens_and_leaves_words_ids_and_traces() {
        let message = "Malformed access token EAAGm0PX4ZCpsBAKZA7secret.";
        assert_eq!(redacted(message), "Malformed access token ••••.");
        assert_eq!(redacted("app 670843887433847|c0ffee is wrong"), "app •••• is wrong");
        let harmless = "(#100) Object with ID '106540352242922' does not exist; trace AXsgnV2Cm3ZMGF3dF_cfYIn, \
                        scope whatsapp_business_management, signup 01K9ZQ4W7M8N6P5R3S2T1V0XYZ";
        assert_eq!(redacted(harmless), harmless);
        assert_eq!(redacted("é ••• ü"), "é ••• ü");
    }

    #[test]
    fn an_address_loses_its_query_and_its_user() {
        assert_eq!(redacted_url("https://ana:pw@hook.example/wa?token=abc#x"), "https://hook.example/wa");
        assert_eq!(redacted_url("https://hook.example"), "https://hook.example");
    }

    proptest! {
        #[test]
        fn no_token_survives_in_any_surroundings(
            before in "[ -~]{0,40}",
            token in "EAA[A-Za-z0-9]{20,180}",
            secret in "[0-9a-f]{32}",
            after in "[ -~]{0,40}",
        ) {
            let text = redacted(&format!("{before} {token} {secret} {after}"));
            prop_assert!(!text.contains(&token) && !text.contains(&secret));
            let url = redacted_url(&format!("https://hook.example/{token}/x?s={secret}"));
            prop_assert!(!url.contains(&token) && !url.contains(&secret));
        }
    }
}
