//! Everything that runs on the server only.

pub mod clock;
pub mod digest;
pub mod meta;
pub mod operations;
pub mod store;
pub mod vault;
