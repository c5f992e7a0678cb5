//! The browser's half: `target/site`, which the server reads from disk in debug and carries inside in release.

mod compress;
mod styles;

use crate::build::Profile;
use crate::machine::wasm_target;
use crate::process::{cargo, root, say, succeed, target};
use anyhow::{Context, Result};
use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;
use wasm_bindgen_cli_support::Bindgen;

/// `cargo xtask site`
pub(crate) fn build(profile: Profile) -> Result<()> {
    wasm_target()?;
    let mut site = Site::new()?;
    let wasm = compile(profile)?;
    site.bind(&wasm, profile)?;
    site.write("pkg/greentick.css", styles::bundle(&root().join("style"))?.as_bytes())?;
    site.copy_public()?;
    if profile == Profile::Release {
        site.compress()?;
    }
    site.remove_others()
}

/// Makes the folder, empty at first: the server's build wants it to be there.
pub(crate) fn make_folder() -> Result<()> {
    Site::new().map(drop)
}

/// Changes with any file of the site. The server's build names it, so that cargo sees new and removed files too.
pub(crate) fn fingerprint() -> Result<String> {
    let folder = folder();
    let mut hasher = DefaultHasher::new();
    for file in files_under(&folder)? {
        file.strip_prefix(&folder)?.hash(&mut hasher);
        std::fs::read(&file)?.hash(&mut hasher);
    }
    Ok(format!("{:016x}", hasher.finish()))
}

/// The server embeds this very folder, wherever cargo builds.
fn folder() -> PathBuf {
    root().join("target/site")
}

/// Builds the library for the browser; cargo knows when there is nothing to do.
fn compile(profile: Profile) -> Result<PathBuf> {
    // A target folder of its own, so that this build and the server's do not wait for each other.
    let place = target().join("wasm");
    let output = place.join("wasm32-unknown-unknown");
    let mut build = cargo(["build", "--package", "greentick", "--lib", "--target", "wasm32-unknown-unknown"]);
    build.args(["--no-default-features", "--features", "hydrate", "--target-dir"]).arg(&place);
    // Two builds may run at once, and one bar is enough.
    build.env("CARGO_TERM_PROGRESS_WHEN", "never").arg("--quiet");
    let file = match profile {
        Profile::Debug => output.join("debug/greentick.wasm"),
        Profile::Release => output.join("wasm-release/greentick.wasm"),
    };
    if !file.exists() {
        say("Building the browser's half (the first time about 2 minutes)");
    }
    if profile == Profile::Release {
        build.args(["--profile", "wasm-release"]);
    }
    succeed(&mut build)?;
    Ok(file)
}

struct Site {
    folder: PathBuf,
    /// What belongs there, so that the rest can go.
    files: BTreeSet<PathBuf>,
}

impl Site {
    fn new() -> Result<Self> {
        let folder = folder();
        std::fs::create_dir_all(folder.join("pkg")).with_context(|| format!("{} cannot be made", folder.display()))?;
        Ok(Self { folder, files: BTreeSet::new() })
    }

    /// Writes a file unless it is there already: its time stamp then stands for its content.
    fn write(&mut self, name: &str, content: &[u8]) -> Result<()> {
        let file = self.folder.join(name);
        write_changed(&file, content)?;
        self.files.insert(file);
        Ok(())
    }

    /// The script and the module that the page loads.
    fn bind(&mut self, wasm: &Path, profile: Profile) -> Result<()> {
        let about = wasm.metadata().with_context(|| format!("cargo did not leave {}", wasm.display()))?;
        let written = about.modified()?.duration_since(UNIX_EPOCH)?.as_nanos();
        let stamp = format!("{} {} {written} {}", wasm.display(), about.len(), profile == Profile::Release);
        let stamp_file = self.folder.with_extension("stamp");
        let names = ["greentick.js", "greentick_bg.wasm"].map(|name| self.folder.join("pkg").join(name));
        let fresh = std::fs::read_to_string(&stamp_file).is_ok_and(|last| last == stamp)
            && names.iter().all(|file| file.exists());
        if !fresh {
            let made = tempfile::tempdir()?;
            let _ = std::fs::remove_dir_all(self.folder.join("pkg/snippets"));
            let mut bindgen = Bindgen::new();
            bindgen.input_path(wasm).web(true)?.typescript(false).out_name("greentick");
            bindgen
                .remove_name_section(profile == Profile::Release)
                .remove_producers_section(profile == Profile::Release);
            bindgen.generate(made.path()).context("wasm-bindgen could not read the browser's half")?;
            for file in files_under(made.path())? {
                let name = Path::new("pkg").join(file.strip_prefix(made.path())?);
                write_changed(&self.folder.join(name), &std::fs::read(&file)?)?;
            }
            std::fs::write(&stamp_file, stamp)?;
        }
        self.files.extend(names);
        self.files.extend(files_under(&self.folder.join("pkg/snippets"))?);
        Ok(())
    }

    fn copy_public(&mut self) -> Result<()> {
        let public = root().join("public");
        for file in files_under(&public)? {
            let name = file.strip_prefix(&public)?.to_string_lossy().into_owned();
            self.write(&name, &std::fs::read(&file)?)?;
        }
        Ok(())
    }

    fn compress(&mut self) -> Result<()> {
        for file in self.files.clone() {
            self.files.extend(compress::beside(&file)?);
        }
        Ok(())
    }

    /// Removes what an earlier build left, above all compressed files older than what they stand for.
    fn remove_others(&self) -> Result<()> {
        for file in files_under(&self.folder)?.iter().filter(|file| !self.files.contains(*file)) {
            std::fs::remove_file(file).with_context(|| format!("{} cannot be removed", file.display()))?;
        }
        Ok(())
    }
}

fn write_changed(file: &Path, content: &[u8]) -> Result<()> {
    if std::fs::read(file).is_ok_and(|there| there == content) {
        return Ok(());
    }
    let folder = file.parent().unwrap_or(Path::new("."));
    let write = || -> Result<()> {
        std::fs::create_dir_all(folder)?;
        Ok(std::fs::write(file, content)?)
    };
    write().with_context(|| format!("{} cannot be written", file.display()))
}

/// All files below a folder, in order; none when there is no such folder. Files whose name begins with a dot are left out.
pub(crate) fn files_under(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    if !folder.is_dir() {
        return Ok(files);
    }
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if path.is_dir() {
            files.extend(files_under(&path)?);
        } else if !hidden {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
