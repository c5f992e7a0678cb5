//! The program itself: started, killed, started again.

mod commands;
mod kills;
mod server;
