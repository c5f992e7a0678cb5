//! The checks that a finding can come from, by name.

use serde::de::IntoDeserializer;
use serde::de::value::{Error, StrDeserializer};
use serde::{Deserialize, Serialize};

/// Its name is stable: pages, bundles and what is kept of a connection have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    AccessTaken,
    TokenDead,
    AccountBanned,
    AccountBanComing,
    AccountRestricted,
    NumberBanned,
    NumberRestricted,
    NumberUnregistered,
    NumberGone,
    SendingBlocked,
    NotSubscribed,
    CallbackMoved,
    CallbackElsewhere,
    NoCallback,
    MessagesUnreported,
    NewsElsewhere,
    FieldsMissing,
    Payment,
    TokenEnds,
    Quality,
    NameDeclined,
    NoAppSecret,
}

impl Check {
    /// `None` for a name that this version does not know.
    pub fn parse(name: &str) -> Option<Self> {
        let name: StrDeserializer<'_, Error> = name.into_deserializer();
        Self::deserialize(name).ok()
    }

    /// Whether it can be why nothing comes in.
    pub fn explains_silence(self) -> bool {
        match self {
            Self::AccessTaken
            | Self::TokenDead
            | Self::AccountBanned
            | Self::NumberBanned
            | Self::NumberRestricted
            | Self::NumberUnregistered
            | Self::NumberGone
            | Self::NotSubscribed
            | Self::CallbackMoved
            | Self::CallbackElsewhere
            | Self::NoCallback
            | Self::MessagesUnreported
            | Self::NoAppSecret => true,
            Self::AccountBanComing
            | Self::AccountRestricted
            | Self::SendingBlocked
            | Self::NewsElsewhere
            | Self::FieldsMissing
            | Self::Payment
            | Self::TokenEnds
            | Self::Quality
            | Self::NameDeclined => false,
        }
    }

    /// `token_dead`
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AccessTaken => "access_taken",
            Self::TokenDead => "token_dead",
            Self::AccountBanned => "account_banned",
            Self::AccountBanComing => "account_ban_coming",
            Self::AccountRestricted => "account_restricted",
            Self::NumberBanned => "number_banned",
            Self::NumberRestricted => "number_restricted",
            Self::NumberUnregistered => "number_unregistered",
            Self::NumberGone => "number_gone",
            Self::SendingBlocked => "sending_blocked",
            Self::NotSubscribed => "not_subscribed",
            Self::CallbackMoved => "callback_moved",
            Self::CallbackElsewhere => "callback_elsewhere",
            Self::NoCallback => "no_callback",
            Self::MessagesUnreported => "messages_unreported",
            Self::NewsElsewhere => "news_elsewhere",
            Self::FieldsMissing => "fields_missing",
            Self::Payment => "payment",
            Self::TokenEnds => "token_ends",
            Self::Quality => "quality",
            Self::NameDeclined => "name_declined",
            Self::NoAppSecret => "no_app_secret",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_written_by_its_name_everywhere() {
        for check in [Check::TokenDead, Check::NoAppSecret, Check::AccountBanComing] {
            assert_eq!(serde_json::to_value(check).unwrap(), check.as_str());
            assert_eq!(Check::parse(check.as_str()), Some(check));
        }
        assert_eq!(Check::parse("what_a_later_version_checks"), None);
    }
}
