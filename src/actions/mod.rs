//! Server functions: what a page may ask and do. They carry; they do not decide.

pub mod connections;
pub mod guide;
pub mod people;
pub mod signups;

use crate::domain::problem::Problem;
use leptos::server_fn::codec::JsonEncoding;
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};

impl FromServerFnError for Problem {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(_: ServerFnErrorErr) -> Self {
        Self::new("unexpected", "The answer could not be read.", "", "Reload the page and try again.")
    }
}
