//! What Greentick knows and decides, without a database, a network or a clock. Compiles for the browser too.

pub mod answers;
pub mod api_docs;
pub mod api_key;
pub mod connection;
pub mod credential;
pub mod customer_words;
pub mod entry;
pub mod envelope;
pub mod event;
pub mod explained;
pub mod facts;
pub mod finding;
pub mod health;
pub mod heard;
pub mod ids;
pub mod instant;
pub mod own_address;
pub mod pages;
pub mod phone;
pub mod problem;
pub mod redaction;
pub mod routing;
pub mod settings;
pub mod signup;
pub mod support_bundle;
pub mod user;
