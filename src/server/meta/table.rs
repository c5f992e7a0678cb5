//! The one table from Meta's code and subcode to what it means (fact base §§1.3, 6). First matching row wins.

use super::error::Kind;

/// One row.
#[derive(Debug)]
pub struct Entry {
    code: i64,
    /// `None` matches any.
    subcode: Option<i64>,
    pub kind: Kind,
    /// Stable name of the problem.
    pub key: &'static str,
    pub what: &'static str,
    pub why: &'static str,
    pub remedy: &'static str,
}

const fn row(
    code: i64,
    subcode: Option<i64>,
    kind: Kind,
    key: &'static str,
    [what, why, remedy]: [&'static str; 3],
) -> Entry {
    Entry { code, subcode, kind, key, what, why, remedy }
}

const RECONNECT: &str = "Reconnect the number: sign in at Facebook again.";
const WAIT: &str = "Nothing needs to be done: it is tried again by itself.";
const START_AGAIN: &str = "Press Connect with Facebook once more.";
const FIX_SETTINGS: &str = "Whoever runs this installation must correct its Meta app settings.";

// One row a line: it is read as a table.
#[rustfmt::skip]
static TABLE: &[Entry] = &[
    row(190, Some(458), Kind::TokenDead, "app_removed", ["The app was removed at Facebook.", "The business took back the permission it gave.", RECONNECT]),
    row(190, Some(459), Kind::TokenDead, "checkpointed", ["Facebook wants the person who connected this number to log in.", "Facebook has locked that account until then.", "Log in at facebook.com, then reconnect the number."]),
    row(190, Some(460), Kind::TokenDead, "password_changed", ["The token ended because a Facebook password was changed.", "Facebook ends all tokens of a person whose password changes.", RECONNECT]),
    row(190, Some(463), Kind::TokenDead, "token_expired", ["The token has expired.", "It was made for a limited time, and that time is over.", RECONNECT]),
    row(190, Some(464), Kind::TokenDead, "unconfirmed_user", ["The Facebook account that connected this number is not confirmed.", "", "Confirm that account at facebook.com, then reconnect the number."]),
    row(190, Some(467), Kind::TokenDead, "token_invalidated", ["The token was invalidated.", "Somebody logged out or revoked it at Facebook.", RECONNECT]),
    row(190, Some(492), Kind::TokenDead, "role_lost", ["The person who connected this number lost their role.", "", RECONNECT]),
    row(190, None, Kind::TokenDead, "token_invalid", ["Meta does not accept the token.", "It is damaged, revoked, or of another app.", RECONNECT]),
    row(102, None, Kind::TokenDead, "token_invalid", ["Meta does not accept the token.", "Its session is over.", RECONNECT]),
    row(0, None, Kind::TokenDead, "token_invalid", ["Meta could not tell who is asking.", "The token is no longer valid.", RECONNECT]),
    row(104, None, Kind::TokenDead, "token_missing", ["Meta wants an access token.", "None was sent.", RECONNECT]),
    row(2500, None, Kind::Other, "bad_request", ["Meta did not understand the request.", "The API version or the address is wrong.", "Check WHATSAPP_API_VERSION."]),
    row(100, Some(36007), Kind::CodeExpired, "code_expired", ["Facebook's answer came too late (it is valid for 30 seconds).", "", START_AGAIN]),
    row(100, Some(36009), Kind::CodeUsed, "code_used", ["Facebook's answer was used already.", "It can be used once.", START_AGAIN]),
    row(100, Some(36008), Kind::Settings, "redirect_mismatch", ["Meta refused the redirect address.", "It must be the same in the app's settings, in the dialog and here, to the last character.", "Compare Valid OAuth Redirect URIs at Meta with the redirect URI in the setup guide, and GREENTICK_PUBLIC_URL with the address you opened."]),
    row(100, Some(33), Kind::NotFound, "not_visible", ["Meta does not show this object.", "The ID is wrong, or the token may not see it.", "Check that the WhatsApp account was shared with the app, then reconnect."]),
    row(100, Some(2_388_001), Kind::NotReadyYet, "certificate_not_ready", ["Meta is still preparing the display name.", "A number can be registered once its name is provisioned.", WAIT]),
    row(1, None, Kind::Passing, "meta_unknown_error", ["Meta had an error of its own.", "", WAIT]),
    row(2, None, Kind::Passing, "meta_down", ["Meta is down for the moment.", "", WAIT]),
    row(4, None, Kind::RateLimited, "app_rate_limited", ["Meta wants us to slow down.", "The app's calls of this hour are used up.", WAIT]),
    row(17, None, Kind::RateLimited, "user_rate_limited", ["Meta wants us to slow down.", "The calls of this hour are used up.", WAIT]),
    row(32, None, Kind::RateLimited, "rate_limited", ["Meta wants us to slow down.", "", WAIT]),
    row(341, None, Kind::RateLimited, "rate_limited", ["Meta wants us to slow down.", "", WAIT]),
    row(613, None, Kind::RateLimited, "rate_limited", ["Meta wants us to slow down.", "", WAIT]),
    row(80007, None, Kind::RateLimited, "waba_rate_limited", ["Meta wants us to slow down.", "The calls for this WhatsApp account are used up for the moment.", WAIT]),
    row(80008, None, Kind::RateLimited, "waba_rate_limited", ["Meta wants us to slow down.", "The calls for this WhatsApp account are used up for the moment.", WAIT]),
    row(3, None, Kind::Permission, "capability_missing", ["The app may not do this.", "It lacks a permission that Meta gives after App Review.", FIX_SETTINGS]),
    row(10, None, Kind::Permission, "permission_missing", ["A permission is missing.", "It was not given, or taken back.", "Reconnect the number and leave all permissions on."]),
    row(33, None, Kind::NotFound, "number_gone", ["This number no longer exists at Meta.", "It was deleted or moved.", "Look in WhatsApp Manager."]),
    row(101, None, Kind::Settings, "wrong_app_id", ["Meta does not know the app.", "The app ID in the settings is wrong.", FIX_SETTINGS]),
    row(191, None, Kind::Settings, "domain_not_allowed", ["Meta refused the address of this installation.", "Its domain is not among the app's domains.", FIX_SETTINGS]),
    row(368, None, Kind::Permission, "policy_block", ["Meta has blocked this for a policy violation.", "", "Open Account quality at Meta and ask for a review."]),
    row(2200, None, Kind::Other, "callback_failed", ["Meta could not reach the webhook address.", "It asks the address once before it accepts it, and got no proper answer within 6 seconds.", "Check that the public URL is reachable from the internet, then try again."]),
    row(131_031, None, Kind::Other, "account_locked", ["Meta has locked the WhatsApp account, or a detail does not match.", "", "Open Account quality at Meta."]),
    row(131_000, None, Kind::Passing, "meta_unknown_error", ["Meta had an error of its own.", "", WAIT]),
    row(131_016, None, Kind::Passing, "meta_down", ["Meta's messaging service is down for the moment.", "", WAIT]),
    row(131_057, None, Kind::Passing, "maintenance", ["Meta is working on this account.", "", WAIT]),
    row(131_045, None, Kind::NotReadyYet, "certificate_not_ready", ["Meta is still preparing the number.", "", WAIT]),
    row(133_000, None, Kind::NotReadyYet, "deregistration_incomplete", ["An earlier deregistration is not finished at Meta.", "", WAIT]),
    row(133_004, None, Kind::Passing, "meta_down", ["Meta's registration service is down for the moment.", "", WAIT]),
    row(133_005, None, Kind::WrongPin, "wrong_pin", ["The PIN is not the one Meta has for this number.", "The number already has two-step verification with a PIN of its own.", "Enter that PIN. If nobody knows it, reset it in WhatsApp Manager under Two-step verification."]),
    row(133_006, None, Kind::NumberNotVerified, "number_not_verified", ["The number must be verified first.", "Meta wants a code that it sends to the phone.", "Have the code sent and enter it."]),
    row(133_008, None, Kind::WrongPin, "pin_locked", ["Too many wrong PINs.", "Meta has locked the PIN for a while; how long stands in its message.", "Wait, or reset the PIN in WhatsApp Manager under Two-step verification."]),
    row(133_009, None, Kind::WrongPin, "pin_too_fast", ["The PIN was tried again too soon.", "", "Wait a few minutes, then enter it again."]),
    row(133_010, None, Kind::NotRegistered, "not_registered", ["The number is not registered at Meta.", "", RECONNECT]),
    row(133_015, None, Kind::NotReadyYet, "just_deleted", ["The number was deleted a moment ago.", "Meta needs about five minutes before it can be registered again.", WAIT]),
    row(133_016, None, Kind::RegisterLimit, "register_limit", ["The number was registered too often.", "Meta allows ten tries in 72 hours, and they are used up.", "Wait until the 72 hours are over, then reconnect the number."]),
    row(136_024, None, Kind::CodeNotSent, "code_not_sent", ["Meta did not send a code.", "It was asked too often, or the phone cannot be reached that way.", "Wait a few minutes, or choose the other way."]),
    row(136_025, None, Kind::WrongVerificationCode, "wrong_code", ["The code is wrong or has expired.", "", "Enter the newest code, or have another one sent."]),
    row(2_494_100, None, Kind::Passing, "maintenance", ["Meta is working on this account.", "", WAIT]),
];

static UNKNOWN_FIELD: Entry = row(
    100,
    None,
    Kind::UnknownField,
    "unknown_field",
    [
        "Meta does not know a detail we asked for.",
        "The API version differs from the one we know.",
        "Check WHATSAPP_API_VERSION.",
    ],
);
static WRONG_SECRET: Entry = row(
    1,
    None,
    Kind::Settings,
    "wrong_app_secret",
    ["Meta refused the app secret.", "The secret in the settings does not belong to the app ID.", FIX_SETTINGS],
);
static WRONG_PROOF: Entry = row(
    100,
    None,
    Kind::Settings,
    "wrong_app_secret",
    [
        "Meta refused the proof that we know the app secret.",
        "The secret in the settings does not belong to the token's app.",
        FIX_SETTINGS,
    ],
);
static OTHER_APP: Entry =
    row(100, None, Kind::OtherApp, "other_app", ["The token belongs to another Meta app.", "", FIX_SETTINGS]);
static PERMISSION: Entry = row(
    200,
    None,
    Kind::Permission,
    "permission_missing",
    [
        "The token may not do this.",
        "A permission is missing, or the WhatsApp account is not shared with the app.",
        "Reconnect the number and leave all permissions on.",
    ],
);
static SERVER_ERROR: Entry = row(0, None, Kind::Passing, "meta_down", ["Meta is down for the moment.", "", WAIT]);
static OTHER: Entry = row(
    0,
    None,
    Kind::Other,
    "meta_refused",
    [
        "Meta refused the request.",
        "What Meta says about it is below.",
        "Try again. If it stays, show Meta's words to whoever looks after your Meta app.",
    ],
);

/// The few cases that Meta tells apart by text alone come first.
pub(super) fn find(code: i64, subcode: Option<i64>, message: &str, status: u16) -> &'static Entry {
    let message = message.to_lowercase();
    match code {
        1 if message.contains("client secret") => return &WRONG_SECRET,
        100 if message.contains("nonexisting field") => return &UNKNOWN_FIELD,
        100 if message.contains("appsecret_proof") => return &WRONG_PROOF,
        100 if message.contains("viewing app") => return &OTHER_APP,
        200..=299 => return &PERMISSION,
        _ => {}
    }
    let found = TABLE.iter().find(|row| row.code == code && (row.subcode.is_none() || row.subcode == subcode));
    found.unwrap_or(if status >= 500 { &SERVER_ERROR } else { &OTHER })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_subcode_decides_where_there_is_one() {
        assert_eq!(find(190, Some(463), "", 401).key, "token_expired");
        assert_eq!(find(190, Some(999), "", 401).key, "token_invalid");
        assert_eq!(find(100, Some(36007), "", 400).kind, Kind::CodeExpired);
        assert_eq!(find(100, None, "(#100) Invalid parameter", 400).kind, Kind::Other);
    }

    #[test]
    fn texts_tell_apart_what_the_code_does_not() {
        assert_eq!(find(1, None, "Error validating client secret.", 400).key, "wrong_app_secret");
        assert_eq!(find(1, None, "An unknown error occurred", 500).kind, Kind::Passing);
        assert_eq!(find(100, None, "(#100) Tried accessing nonexisting field (x)", 400).kind, Kind::UnknownField);
        assert_eq!(find(200, None, "", 403).kind, Kind::Permission);
        assert_eq!(find(299, None, "", 403).kind, Kind::Permission);
    }

    #[test]
    fn an_unknown_code_is_a_refusal_and_a_5xx_passes() {
        assert_eq!(find(987_654, None, "", 400).kind, Kind::Other);
        assert_eq!(find(987_654, None, "", 503).kind, Kind::Passing);
    }

    #[test]
    fn every_row_says_what_happened_and_what_to_do() {
        for row in TABLE {
            assert!(row.what.ends_with('.') && row.remedy.ends_with('.'), "{}", row.key);
        }
    }
}
