//! One style sheet out of `style/`: the tokens, the base, then the rest by name. `@layer` decides who wins, not the order.

use super::files_under;
use crate::process::say;
use anyhow::{Context, Result};
use std::path::Path;

const LAYERS: &str = "@layer tokens, base, layout, components, pages;\n";

pub(super) fn bundle(style: &Path) -> Result<String> {
    let mut files = files_under(style)?;
    files.retain(|file| file.extension().is_some_and(|kind| kind == "css"));
    // A stable sort: the others stay in the order of their names.
    files.sort_by_key(|file| match file.strip_prefix(style).ok().and_then(Path::to_str) {
        Some("tokens.css") => 0,
        Some("base.css") => 1,
        _ => 2,
    });
    let mut sheet = LAYERS.to_owned();
    for file in files {
        let text = std::fs::read_to_string(&file).with_context(|| format!("{} cannot be read", file.display()))?;
        if !text.contains("@layer ") {
            say(&format!("{} is in no `@layer`, so its rules win over all others", file.display()));
        }
        sheet.push_str(text.trim());
        sheet.push('\n');
    }
    Ok(sheet)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_and_base_come_first() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("components")).unwrap();
        for (name, layer) in
            [("components/a.css", "components"), ("base.css", "base"), ("tokens.css", "tokens"), ("z.css", "pages")]
        {
            std::fs::write(folder.path().join(name), format!("@layer {layer} {{}}\n")).unwrap();
        }
        std::fs::write(folder.path().join("notes.md"), "not a style").unwrap();

        let sheet = bundle(folder.path()).unwrap();

        let expected = "@layer tokens {}\n@layer base {}\n@layer components {}\n@layer pages {}\n";
        assert_eq!(sheet, format!("{LAYERS}{expected}"));
    }
}
