//! The little of URLs that the sandbox needs: pairs, percent-encoding, hex, hosts.

pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

pub(crate) fn unhex(text: &str) -> Option<String> {
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    let bytes: Option<Vec<u8>> = digits.chunks(2).map(hex_byte).collect();
    String::from_utf8(bytes?).ok()
}

fn hex_byte(pair: &[u8]) -> Option<u8> {
    let digit = |at: usize| char::from(*pair.get(at)?).to_digit(16).and_then(|value| u8::try_from(value).ok());
    Some(digit(0)? * 16 + digit(1)?)
}

/// Percent-encodes one value of a query.
pub(crate) fn encode(value: &str) -> String {
    use std::fmt::Write;
    let mut text = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

pub(crate) fn decode(value: &str) -> String {
    let bytes = value.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'+' => plain.push(b' '),
            b'%' => {
                if let Some(byte) = bytes.get(at + 1..at + 3).and_then(hex_byte) {
                    plain.push(byte);
                    at += 2;
                } else {
                    plain.push(b'%');
                }
            }
            byte => plain.push(byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&plain).into_owned()
}

/// The pairs of a query or a form body, in order.
pub(crate) fn pairs(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        })
        .collect()
}

/// Appends pairs to a URL that may have a query already.
pub(crate) fn with_query(url: &str, pairs: &[(&str, &str)]) -> String {
    let mut text = url.to_owned();
    for (name, value) in pairs {
        text.push(if text.contains('?') { '&' } else { '?' });
        text.push_str(&format!("{}={}", encode(name), encode(value)));
    }
    text
}

/// `http://127.0.0.1:3000` of `http://127.0.0.1:3000/path?query`; `None` when it is not an http address.
pub(crate) fn origin(url: &str) -> Option<&str> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    let host = rest.split(['/', '?', '#']).next().filter(|host| !host.is_empty() && !host.contains('@'))?;
    Some(&url[..url.len() - rest.len() + host.len()])
}

/// The host name of a URL's origin, or of a `Host` header, without its port.
pub(crate) fn host_name(origin_or_host: &str) -> &str {
    let host = origin_or_host.rsplit("//").next().unwrap_or(origin_or_host);
    match host.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or(v6),
        None => host.split(':').next().unwrap_or(host),
    }
}

pub(crate) fn is_loopback_name(name: &str) -> bool {
    name == "localhost"
        || name.ends_with(".localhost")
        || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodes_and_decodes_the_same_text() {
        let text = "a b&c=d/ü+%";
        assert_eq!(decode(&encode(text)), text);
        assert_eq!(unhex(&hex(text.as_bytes())).as_deref(), Some(text));
    }

    #[test]
    fn finds_the_origin_and_the_host() {
        assert_eq!(origin("http://127.0.0.1:3000/x?y"), Some("http://127.0.0.1:3000"));
        assert_eq!(origin("http://localhost:3000@evil.example/"), None);
        assert_eq!(host_name("[::1]:4000"), "::1");
        assert_eq!(host_name("http://localhost:4000"), "localhost");
        assert!(is_loopback_name("127.0.0.1") && is_loopback_name("::1") && !is_loopback_name("127.evil.example"));
    }
}
