//! Server functions: what a page may ask and do. They carry; they do not decide.

pub mod connections;
pub mod guide;
pub mod people;
pub mod signups;
