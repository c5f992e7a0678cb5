//! The sandbox's promises, kept over HTTP as an app would meet them.

mod controls;
mod dialog;
mod faults;
mod graph;
mod oauth;
mod registration;
mod stage;
