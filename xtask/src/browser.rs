//! Chromium, for the browser tests.

use crate::machine::{install, is_program, node_packages, on_path};
use anyhow::{Context, Result, bail};
use std::path::PathBuf;

const NAMES: &[&str] = &["chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome"];
const BY_HAND: &str =
    "The browser tests need Chromium. Install it (`apt-get install chromium`), or set CHROMIUM to the path of one.";

/// Chromium and the packages that drive it, installed if need be. Answers Chromium's path.
pub(crate) fn ready() -> Result<PathBuf> {
    let chromium = chromium()?;
    node_packages()?;
    Ok(chromium)
}

fn chromium() -> Result<PathBuf> {
    if let Some(named) = std::env::var_os("CHROMIUM").filter(|value| !value.is_empty()).map(PathBuf::from) {
        if is_program(&named) {
            return Ok(named);
        }
        bail!("CHROMIUM names {}, which is not a program that can be run.", named.display());
    }
    if let Some(found) = find() {
        return Ok(found);
    }
    install(&["chromium", "fonts-liberation"], BY_HAND)?;
    find().context(BY_HAND)
}

fn find() -> Option<PathBuf> {
    NAMES.iter().find_map(|name| on_path(name))
}
