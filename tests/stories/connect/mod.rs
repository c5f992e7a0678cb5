//! From the button to the green badge, and everything that can come between.

mod choices;
mod happy;
mod refusals;
mod registration;
mod returns;
mod state;
mod weather;
