//! Everything that runs on the server only.

pub mod api;
pub mod archive;
pub mod attend;
pub mod boundary;
pub mod clock;
pub mod config;
pub mod digest;
pub mod jobs;
pub mod limits;
pub mod listen;
pub mod meta;
pub mod metrics;
pub mod operations;
pub mod outside;
pub mod pages;
pub mod request_id;
pub mod router;
pub mod session;
pub mod signup;
pub mod site;
pub mod start;
pub mod state;
pub mod store;
pub mod vault;
pub mod webhooks;
