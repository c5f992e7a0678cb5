//! What every story stands on: a database of its own, an app and a sandbox of Meta that are really served, a clock to
//! turn, and a browser's manners.

mod browser;
mod database;
mod journey;
mod line;
mod logs;
mod program;
mod receiver;
mod world;

pub(crate) use browser::{Answer, Browser, readable};
pub(crate) use database::{Database, Kind};
pub(crate) use journey::{SIMPLE, query_of};
pub(crate) use line::Line;
pub(crate) use logs::logged;
pub(crate) use program::{Program, SETTINGS};
pub(crate) use receiver::{Heard, Receiver};
pub(crate) use world::{PASSWORD, Wishes, World, provide_tls, soon};

/// Registers each story on both databases.
macro_rules! both {
    ($($(#[$attribute:meta])* $story:ident),* $(,)?) => {
        mod on_sqlite {
            $($(#[$attribute])* #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $story() { super::$story($crate::support::Kind::Sqlite).await })*
        }
        mod on_postgres {
            $($(#[$attribute])* #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $story() { super::$story($crate::support::Kind::Postgres).await })*
        }
    };
}
