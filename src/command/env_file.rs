//! The file `.env`: all of it counts, or nothing starts. Half of it would leave settings out that nobody misses at once.

use super::Stop;
use std::io::ErrorKind;
use std::path::Path;

const NAME: &str = ".env";

/// Puts its settings into the environment, where they are not there already. Looked for in this folder and those above.
pub(crate) fn load() -> Result<(), Stop> {
    let Ok(here) = std::env::current_dir() else { return Ok(()) };
    let Some(path) = here.ancestors().map(|folder| folder.join(NAME)).find(|path| is_there(path)) else {
        return Ok(());
    };
    let text = std::fs::read_to_string(&path).map_err(|error| Stop::Usage(format!("{}: {error}", path.display())))?;
    put(&path, &text)
}

/// A file that cannot even be looked at is there: reading it says why not. A folder of this name is something else.
fn is_there(path: &Path) -> bool {
    match std::fs::metadata(path) {
        Ok(found) => !found.is_dir(),
        Err(error) => !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory),
    }
}

fn put(path: &Path, text: &str) -> Result<(), Stop> {
    if let Some(line) = broken_line(text) {
        return Err(unreadable(path, line));
    }
    // What has been read once is read again.
    dotenvy::from_read(text.as_bytes()).map_err(|_| unreadable(path, 1))
}

/// It may hold a secret, so it is named by its number alone.
fn unreadable(path: &Path, line: usize) -> Stop {
    Stop::Usage(format!(
        "{}, line {line}: it cannot be read. A setting is NAME=value; a value with spaces, `#`, `$`, quotes or a backslash stands in \
         single quotes: NAME='value'. Nothing was started.",
        path.display()
    ))
}

fn is_good(text: &str) -> bool {
    dotenvy::from_read_iter(text.as_bytes()).all(|item| item.is_ok())
}

/// The first that cannot be read, counted from one. A value in quotes may go over several lines: then the first of them.
fn broken_line(text: &str) -> Option<usize> {
    let text = text.trim_start_matches('\u{feff}');
    if is_good(text) {
        return None;
    }
    // Up to there everything is good; a piece that ends within quotes is not.
    let mut good = 0;
    let mut end = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        end += line.len();
        if is_good(&text[..end]) {
            good = number + 1;
        }
    }
    Some(good + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_that_cannot_be_read_is_named() {
        for good in ["", "A=b\n", "\u{feff}A=b", "# a\n\nA='b c'\nB=\n", "A='b\nc'\nB=c", "export A=b # more\n"] {
            assert_eq!(broken_line(good), None, "{good:?}");
        }
        assert_eq!(broken_line("A=b\nC=b c d\nD=e\n"), Some(2));
        assert_eq!(broken_line("# a\r\n\r\nA=b\r\nnothing\r\n"), Some(4));
        assert_eq!(broken_line("A='b\nc'\nB='it's me'\nC=d\n"), Some(3));
        assert_eq!(broken_line("A=b\nB=\"without an end\nC=d\n"), Some(2));
    }

    #[test]
    fn what_is_said_does_not_tell_the_line() {
        let stop = put(Path::new("/srv/.env"), "A=b\nWHATSAPP_APP_SECRET=two words\n").unwrap_err();
        assert_eq!(stop.exit_code(), 2);
        let said = stop.to_string();
        assert!(said.starts_with("/srv/.env, line 2: ") && !said.contains("two words"), "{said}");
    }
}
