//! Server functions: what a page may ask and do. They carry; they do not decide.

pub mod api_docs;
pub mod api_keys;
pub mod backups;
pub mod connections;
pub mod entries;
pub mod errors;
pub mod forwards;
#[cfg(feature = "ssr")]
mod gate;
pub mod guide;
pub mod messages;
pub mod meta_app;
pub mod people;
pub mod personal_data;
pub mod signups;

use crate::domain::problem::Problem;
use leptos::server_fn::codec::JsonEncoding;
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};

impl FromServerFnError for Problem {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Args(what) | ServerFnErrorErr::MissingArg(what) => {
                Self::new("invalid", "Something that was sent cannot be read.", &what, "Correct it and send it again.")
            }
            _ => Self::new("unexpected", "The answer could not be read.", "", "Reload the page and try again."),
        }
    }
}
