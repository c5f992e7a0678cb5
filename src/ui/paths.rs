//! Addresses inside the product, spelled once.

use std::fmt::Write;

pub const CONFIGURATIONS: &str = "/core/whatsapp-api/configurations";
pub const SETUP_GUIDE: &str = "/core/whatsapp-api/setup-guide";
/// Asks our own address as Meta would; answers the setup guide.
pub const ASK_ADDRESS: &str = "/core/whatsapp-api/setup-guide/address";
pub const ERRORS: &str = "/core/whatsapp-api/setup-guide/errors";
pub const MESSAGES: &str = "/core/whatsapp-api/messages";
pub const REPLAY: &str = "/core/whatsapp-api/messages/replay";
pub const EXPORT: &str = "/core/whatsapp-api/messages/export";
pub const META_APP: &str = "/settings/meta-app";
pub const API_KEYS: &str = "/settings/api-keys";
/// Where one person's data is deleted.
pub const PERSONAL_DATA: &str = "/settings/personal-data";
pub const BACKUPS: &str = "/settings/backups";
pub const FORWARDING: &str = "/settings/forwarding";
pub const NEW_FORWARD: &str = "/settings/forwarding/new";
/// How to receive what is sent on: n8n, Chatwoot, curl.
pub const RECIPES: &str = "/core/whatsapp-api/setup-guide/forwarding";
pub const API_DOCS: &str = "/api/docs";
pub const ACCOUNT: &str = "/account";
pub const CONNECT: &str = "/connect/facebook/start";

/// Where a problem is put right, and the words of the link, when that is a page of its own.
pub fn remedy_of(problem: &str) -> Option<(&'static str, &'static str)> {
    (problem == "effects_paused").then_some((BACKUPS, "To Settings › Backups"))
}

pub fn connection(id: &str) -> String {
    format!("{CONFIGURATIONS}/{id}")
}

/// Credentials by hand, for a new number.
pub const BY_HAND: &str = "/core/whatsapp-api/configurations/by-hand";

/// The credentials of a connection.
pub fn credentials(id: &str) -> String {
    format!("{CONFIGURATIONS}/{id}/credentials")
}

/// "Tell Meta where to send."
pub fn receiving(id: &str) -> String {
    format!("{CONFIGURATIONS}/{id}/receiving")
}

/// The messages of a connection.
pub fn messages_of(connection: &str) -> String {
    format!("{MESSAGES}?connection={}", encoded(connection))
}

/// The deletion of one person's data.
pub fn erase(person: &str) -> String {
    format!("{PERSONAL_DATA}?person={}", encoded(person))
}

/// One event.
pub fn event(id: &str) -> String {
    format!("{MESSAGES}/{id}")
}

/// Asks once more before others' address at Meta is replaced.
pub fn take_over(connection: &str) -> String {
    format!("{CONFIGURATIONS}/{connection}/take-over")
}

/// Where the number's PIN is shown and changed.
pub fn pin(connection: &str) -> String {
    format!("{CONFIGURATIONS}/{connection}/pin")
}

pub fn signup(id: &str) -> String {
    format!("/connect/facebook/{id}")
}

/// One forward.
pub fn forward(id: &str) -> String {
    format!("{FORWARDING}/{id}")
}

pub fn edit_forward(id: &str) -> String {
    format!("{FORWARDING}/{id}/edit")
}

/// Makes another secret; answers the forward's page.
pub fn forward_secret(id: &str) -> String {
    format!("{FORWARDING}/{id}/secret")
}

/// Asks once more before a forward is removed.
pub fn remove_forward(id: &str) -> String {
    format!("{FORWARDING}/{id}/remove")
}

/// Asks once more before a key is revoked.
pub fn revoke_key(id: &str) -> String {
    format!("{API_KEYS}/{id}/revoke")
}

/// The page that explains an error.
pub fn error(key: &str) -> String {
    format!("{ERRORS}/{key}")
}

/// Signs in at Facebook again, for the same number.
pub fn reconnect(id: &str) -> String {
    format!("{CONNECT}?connection={}", encoded(id))
}

/// For the number that is in use in the WhatsApp Business app.
pub fn connect_business_app() -> String {
    format!("{CONNECT}?coexistence=1")
}

/// Percent-encoded, to stand in a query.
pub fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_survives_what_people_type() {
        assert_eq!(encoded("+1 555 é&x=/y"), "%2B1%20555%20%C3%A9%26x%3D/y");
    }
}
