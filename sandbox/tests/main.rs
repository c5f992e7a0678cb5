//! The sandbox's promises, kept over HTTP as an app would meet them.

#![allow(clippy::expect_used, reason = "helpers of tests are tests, though the lint's own exception does not see it")]

mod controls;
mod dialog;
mod faults;
mod graph;
mod oauth;
mod registration;
mod stage;
mod webhooks;
