//! The program itself: started, killed, started again.

mod commands;
mod kills;
pub(crate) mod server;
