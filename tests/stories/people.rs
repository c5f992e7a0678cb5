//! People: how they come in, how they stay out, and what every answer carries.

mod doors;
mod headers;
mod sessions;
mod setup;
