//! Greentick: connects WhatsApp numbers to a business's software, and keeps them connected.

// The types of the views are deep where they are not erased.
#![recursion_limit = "256"]

pub mod actions;
pub mod app;
pub mod domain;
#[cfg(feature = "ssr")]
pub mod server;
pub mod ui;

/// The browser's entry point: wakes the islands in a page that the server has rendered.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_islands();
}
