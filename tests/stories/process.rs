//! The program itself: started, killed, started again.

mod check;
mod commands;
pub(crate) mod kills;
mod load;
mod proxies;
pub(crate) mod server;
mod storage;
#[cfg(target_os = "linux")]
mod threads;
