//! One file per page.

pub mod account;
pub mod api_docs;
pub mod api_keys;
pub mod configurations;
pub mod connection;
pub mod disconnect;
pub mod entry;
pub mod entry_form;
pub mod entry_verdict;
pub mod error;
pub mod errors;
pub mod event;
pub mod login;
pub mod messages;
pub mod meta_app;
pub mod pin;
pub mod problem;
pub mod progress;
pub mod progress_input;
pub mod receiving;
pub mod refused;
pub mod replay;
pub mod revoke_key;
pub mod setup;
pub mod setup_guide;
pub mod take_over;
