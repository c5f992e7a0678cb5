//! Compressed once here rather than at each visit.

use anyhow::{Context, Result};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Images and fonts are compressed already.
const WORTHWHILE: &[&str] = &["css", "html", "ico", "js", "json", "map", "svg", "txt", "wasm", "webmanifest", "xml"];

/// Leaves `file.br` and `file.gz` beside a file that gains by it, and answers their names.
pub(super) fn beside(file: &Path) -> Result<Vec<PathBuf>> {
    let kind = file.extension().map(|kind| kind.to_string_lossy().into_owned()).unwrap_or_default();
    if !WORTHWHILE.contains(&kind.as_str()) {
        return Ok(Vec::new());
    }
    let packed = [(with_suffix(file, "br"), brotli as Packer), (with_suffix(file, "gz"), gzip)];
    for (made, pack) in &packed {
        if !newer(made, file) {
            let content = pack(&std::fs::read(file)?)?;
            std::fs::write(made, content).with_context(|| format!("{} cannot be written", made.display()))?;
        }
    }
    Ok(packed.into_iter().map(|(made, _)| made).collect())
}

type Packer = fn(&[u8]) -> Result<Vec<u8>>;

fn brotli(content: &[u8]) -> Result<Vec<u8>> {
    let mut packed = Vec::new();
    let mut writer = brotli::CompressorWriter::new(&mut packed, 1 << 16, 11, 22);
    writer.write_all(content)?;
    writer.flush()?;
    drop(writer);
    Ok(packed)
}

fn gzip(content: &[u8]) -> Result<Vec<u8>> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    writer.write_all(content)?;
    Ok(writer.finish()?)
}

fn with_suffix(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    name.into()
}

fn newer(made: &Path, source: &Path) -> bool {
    let time = |file: &Path| file.metadata().and_then(|about| about.modified()).ok();
    time(made).is_some_and(|made| time(source).is_some_and(|source| made >= source))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_compressed_files_beside_text_alone() {
        let folder = tempfile::tempdir().unwrap();
        let style = folder.path().join("a.css");
        let image = folder.path().join("a.png");
        std::fs::write(&style, "b { color: red }\n".repeat(100)).unwrap();
        std::fs::write(&image, "not text").unwrap();

        let made = beside(&style).unwrap();

        assert_eq!(made, [folder.path().join("a.css.br"), folder.path().join("a.css.gz")]);
        assert!(made.iter().all(|file| file.metadata().unwrap().len() < 200));
        assert!(beside(&image).unwrap().is_empty());
    }

    #[test]
    fn brotli_opens_again() {
        let text = b"the same, the same, the same".repeat(50);
        let mut opened = Vec::new();
        std::io::Read::read_to_end(
            &mut brotli::Decompressor::new(brotli(&text).unwrap().as_slice(), 4096),
            &mut opened,
        )
        .unwrap();
        assert_eq!(opened, text);
    }
}
