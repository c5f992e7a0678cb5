//! The product's promises, as stories. Where a database is in play, the same text runs on SQLite and on Postgres.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test stops where it is surprised")]

#[macro_use]
mod support;

mod api_connections;
mod api_keys;
mod api_secrets;
mod api_settings;
mod api_settings_kept;
mod api_shape;
mod by_hand;
mod connect;
mod data;
mod disconnect;
mod forwards;
mod imported;
mod keeping;
mod live;
mod messages;
mod meta_app;
mod metrics;
mod people;
mod pin;
mod process;
mod refresh;
mod routes;
mod routing;
mod secrets;
mod standing;
mod store;
mod support_bundle;
mod token_panel;
mod webhooks;
