//! Everything a person sees. Rendered on the server; only what is in `islands` wakes up in the browser.

pub mod components;
pub mod islands;
pub mod layouts;
pub mod pages;
pub mod paths;
