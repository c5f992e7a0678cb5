//! The two halves of the product.

use crate::process::{cargo, ended_well, say, succeed, target};
use crate::site;
use anyhow::{Context, Result};
use std::process::Command;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    Debug,
    Release,
}

/// `cargo xtask build`
pub(crate) fn both(profile: Profile) -> Result<()> {
    match profile {
        Profile::Debug => {
            let mut server = cargo(["build", "--features", "ssr", "--bin", "greentick"]);
            site_beside(&mut server)
        }
        Profile::Release => {
            site::build(profile)?;
            say("Building the server with the site inside (each time 6 to 9 minutes on 2 cores)");
            let mut server = cargo(["build", "--release", "--features", "ssr", "--bin", "greentick"]);
            succeed(server.env("GREENTICK_SITE", site::fingerprint()?))?;
            say(&format!("Done: {}", target().join("release/greentick").display()));
            Ok(())
        }
    }
}

/// Builds the debug site while another build runs: together they are quicker than one after the other.
pub(crate) fn site_beside(server: &mut Command) -> Result<()> {
    site::make_folder()?;
    let mut child = server.spawn().context("cargo could not be started")?;
    let site = site::build(Profile::Debug);
    let status = child.wait()?;
    ended_well(server, status)?;
    site
}
