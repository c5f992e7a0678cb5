//! Everything that runs on the server only.

pub mod clock;
pub mod digest;
pub mod jobs;
pub mod meta;
pub mod operations;
pub mod store;
pub mod vault;
