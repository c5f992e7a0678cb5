//! Ids as types, so that a WABA's id can never be handed over where a number's is meant.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            pub fn new(id: impl Into<String>) -> Self {
                Self(id.into())
            }
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    };
}

/// Whether a text may be an id: they have letters and digits only. A request may hold anything, and Postgres refuses some of it.
pub fn is_id(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Whether a text that a form brings back is as long as the ids that are made here, so that something may be called so.
pub fn is_made_id(text: &str) -> bool {
    (20..=40).contains(&text.len()) && is_id(text)
}

id!(/// One tenant. Ours.
    WorkspaceId);
id!(/// A person who can log in. Ours.
    UserId);
id!(/// One WhatsApp number of a workspace. Ours, and stable across reconnects.
    ConnectionId);
id!(/// One access token and what it may reach. Ours.
    CredentialId);
id!(/// One run of Embedded Signup. Ours.
    SignupId);
id!(/// What was typed into the form for credentials, kept for a while. Ours.
    DraftId);
id!(/// A key with which a program uses the API. Ours.
    ApiKeyId);
id!(/// An endpoint of the customer's that events are sent on to. Ours.
    ForwardId);
id!(/// A piece of background work. Ours.
    JobId);
id!(/// Meta's id of a phone number: 15 to 17 digits, never the digits of the number itself.
    PhoneNumberId);
id!(/// Meta's id of a WhatsApp Business Account.
    WabaId);
id!(/// Meta's id of a business portfolio.
    BusinessId);
