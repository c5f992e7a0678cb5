//! What a test runner's closing lines say.

#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    name: &'static str,
    pub(crate) passed: u32,
    pub(crate) failed: u32,
    pub(crate) skipped: u32,
    pub(crate) ended_well: bool,
}

impl Tally {
    pub(crate) fn of(name: &'static str) -> Self {
        Self { name, ..Self::default() }
    }

    /// Counts a closing line: `test result: ok. 3 passed; 0 failed; 1 ignored; …` of cargo, or
    /// `browser: 3 passed, 0 failed, 1 skipped` of our Playwright reporter, or `fuzz: …` alike. Other lines count nothing.
    pub(crate) fn read(&mut self, line: &str) {
        let line = plain(line);
        let Some(counts) = ["test result: ", "browser: ", "fuzz: "].iter().find_map(|name| line.strip_prefix(name))
        else {
            return;
        };
        for part in counts.split([';', ',', '.']) {
            let mut words = part.split_whitespace();
            let (Some(Ok(count)), Some(kind)) = (words.next().map(str::parse::<u32>), words.next()) else { continue };
            match kind {
                "passed" => self.passed += count,
                "failed" => self.failed += count,
                "ignored" | "skipped" => self.skipped += count,
                _ => {}
            }
        }
    }

    /// Why this run is no proof, if it is none.
    pub(crate) fn problem(&self) -> Option<String> {
        let Self { name, passed, failed, skipped, ended_well } = self;
        if *failed > 0 {
            Some(format!("{name}: {failed} failed."))
        } else if !ended_well {
            Some(format!("{name}: the run broke off; its own message is above."))
        } else if *skipped > 0 {
            Some(format!("{name}: {skipped} skipped. A skipped test proves nothing: let it run, or delete it."))
        } else if *passed == 0 {
            Some(format!("{name}: no test ran."))
        } else {
            None
        }
    }
}

/// The line without colours.
fn plain(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        if letter == '\u{1b}' {
            letters.by_ref().find(char::is_ascii_alphabetic);
        } else {
            text.push(letter);
        }
    }
    text.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(lines: &[&str]) -> Tally {
        let mut tally = Tally { ended_well: true, ..Tally::of("app") };
        lines.iter().for_each(|line| tally.read(line));
        tally
    }

    #[test]
    fn sums_the_closing_lines_of_cargo_and_of_the_browser() {
        let tally = tally(&[
            "running 4 tests",
            "test result: ok. 4 passed; 0 failed; 0 ignored; 0 measured; 2 filtered out; finished in 0.01s",
            "test result: \u{1b}[31mFAILED\u{1b}[0m. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.50s",
            "browser: 7 passed, 0 failed",
            "fuzz: 3 passed, 0 failed",
        ]);
        assert_eq!((tally.passed, tally.failed, tally.skipped), (15, 2, 0));
        assert_eq!(tally.problem().unwrap(), "app: 2 failed.");
    }

    #[test]
    fn a_skipped_test_is_a_problem() {
        let ignored =
            tally(&["test result: ok. 4 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s"]);
        let skipped = tally(&["browser: 7 passed, 0 failed, 1 skipped"]);
        assert!(ignored.problem().unwrap().contains("1 skipped"));
        assert!(skipped.problem().unwrap().contains("1 skipped"));
    }

    #[test]
    fn no_test_is_a_problem() {
        let nothing =
            tally(&["test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s"]);
        assert_eq!(nothing.problem().unwrap(), "app: no test ran.");
    }

    #[test]
    fn a_run_that_broke_off_is_a_problem() {
        let broken = Tally { passed: 3, ..Tally::of("app") };
        assert!(broken.problem().unwrap().contains("broke off"));
    }
}
