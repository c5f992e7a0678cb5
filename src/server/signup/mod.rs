//! The way to Meta's dialog and back.

mod begin;
mod callback;
mod hint;

pub use begin::start;
pub use callback::callback;
pub use hint::hint;
