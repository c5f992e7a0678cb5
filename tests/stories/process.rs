//! The program itself: started, killed, started again.

mod check;
mod commands;
pub(crate) mod kills;
mod load;
pub(crate) mod server;
