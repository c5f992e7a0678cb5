//! Meta's Graph API, as far as Greentick needs it. Knows no database and decides nothing.

mod accounts;
mod calls;
mod client;
mod error;
mod messages;
mod numbers;
mod oauth;
mod routing;
mod table;
mod usage;
mod wire;

pub use accounts::Page;
pub use client::{Graph, Key};
pub use error::{GraphError, Kind};
pub use messages::TestMessage;
pub use oauth::{DebuggedToken, TokenVerdict};
pub use routing::Callback;
pub use table::{explain, explain_all, explain_code};
