//! What wakes up in the browser. Every page works without it.

pub mod awake;
pub mod browser;
pub mod connect_watch;
pub mod live_connection;
pub mod live_line;
pub mod live_messages;
pub mod live_replay;
pub mod live_signup;
pub mod reveal;
