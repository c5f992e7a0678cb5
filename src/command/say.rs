//! Speaks to the terminal, or to whoever reads on.

use std::fmt::Arguments;
use std::io::{ErrorKind, Result, Write, stderr, stdout};

/// A line of what was asked for.
macro_rules! say {
    ($($words:tt)*) => { $crate::command::say::say(format_args!($($words)*)) };
}

/// A line beside it.
macro_rules! remark {
    ($($words:tt)*) => { $crate::command::say::remark(format_args!($($words)*)) };
}

/// Whoever reads no further, like `head -1`, leaves the rest unsaid: what the command does goes on. What cannot be written
/// for another reason, to a disk that is full, say, must not be missed.
pub(crate) fn say(words: Arguments<'_>) {
    match line(stdout().lock(), words) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            remark(format_args!("error: the answer could not be written: {error}"));
            std::process::exit(1);
        }
        _ => {}
    }
}

pub(crate) fn remark(words: Arguments<'_>) {
    // There is no other place to say it.
    let _ = line(stderr().lock(), words);
}

fn line(mut to: impl Write, words: Arguments<'_>) -> Result<()> {
    to.write_fmt(words)?;
    to.write_all(b"\n")
}
