//! Reads the paths out of a source file. Not a parser of Rust, but enough of one: comments and texts are skipped, groups
//! are opened, `super` is followed, and what stands inside macros counts too.

use std::path::Path;

pub(super) struct NamedPath {
    pub(super) line: usize,
    pub(super) segments: Vec<String>,
}

/// `src/server/store/rows.rs` is the module `server`, `store`, `rows`.
pub(super) fn module_of(file: &Path) -> Vec<String> {
    let inside = file.strip_prefix("src").unwrap_or(file).with_extension("");
    let mut names: Vec<String> = inside.iter().map(|name| name.to_string_lossy().into_owned()).collect();
    if names.last().is_some_and(|name| matches!(name.as_str(), "mod" | "lib" | "main")) {
        names.pop();
    }
    names
}

/// Every path that begins with `crate`, `super`, our own name or that of another crate. The crate's own begin with `crate`.
pub(super) fn paths(text: &str, module: &[String]) -> Vec<NamedPath> {
    let tokens = tokens(text);
    let mut reader =
        Reader { tokens: &tokens, at: 0, module: module.to_vec(), inline: Vec::new(), depth: 0, found: Vec::new() };
    while reader.step() {}
    reader.found
}

#[derive(PartialEq, Eq)]
enum Kind {
    Name(String),
    /// `::`
    Into,
    Mark(char),
}

struct Token {
    line: usize,
    kind: Kind,
}

struct Reader<'a> {
    tokens: &'a [Token],
    at: usize,
    module: Vec<String>,
    /// The depths at which `mod name {` opened.
    inline: Vec<usize>,
    depth: usize,
    found: Vec<NamedPath>,
}

impl Reader<'_> {
    fn kind(&self, ahead: usize) -> Option<&Kind> {
        self.tokens.get(self.at + ahead).map(|token| &token.kind)
    }

    fn name(&self, ahead: usize) -> Option<&str> {
        match self.kind(ahead) {
            Some(Kind::Name(name)) => Some(name),
            _ => None,
        }
    }

    fn step(&mut self) -> bool {
        match self.kind(0) {
            None => return false,
            Some(Kind::Mark('{')) => self.depth += 1,
            Some(Kind::Mark('}')) => {
                self.depth = self.depth.saturating_sub(1);
                if self.inline.last() == Some(&self.depth) {
                    self.inline.pop();
                    self.module.pop();
                }
            }
            Some(Kind::Name(word)) if word == "mod" && self.kind(2) == Some(&Kind::Mark('{')) => {
                let name = self.name(1).unwrap_or_default().to_owned();
                self.inline.push(self.depth);
                self.module.push(name);
            }
            Some(Kind::Name(word)) if word == "use" => {
                self.at += 1;
                self.tree(&[]);
                return true;
            }
            Some(Kind::Name(_)) if self.kind(1) == Some(&Kind::Into) => {
                self.tree(&[]);
                return true;
            }
            Some(_) => {}
        }
        self.at += 1;
        true
    }

    /// One path, or a `use` tree; leaves `at` behind it.
    fn tree(&mut self, before: &[String]) {
        let mut segments = before.to_vec();
        if self.kind(0) == Some(&Kind::Into) {
            self.at += 1;
        }
        let mut line = self.tokens.get(self.at).map_or(0, |token| token.line);
        loop {
            match self.kind(0) {
                Some(Kind::Name(name)) => {
                    segments.push(name.clone());
                    line = self.tokens[self.at].line;
                }
                Some(Kind::Mark('*')) => segments.push("*".to_owned()),
                Some(Kind::Mark('{')) if !segments.is_empty() => return self.group(&segments),
                _ => break,
            }
            self.at += 1;
            if self.kind(0) != Some(&Kind::Into) {
                break;
            }
            self.at += 1;
        }
        if self.kind(0) != Some(&Kind::Mark('!')) || segments.len() > 2 {
            self.keep(line, segments);
        }
        if self.name(0) == Some("as") {
            self.at += 2;
        }
    }

    fn group(&mut self, before: &[String]) {
        self.at += 1;
        loop {
            match self.kind(0) {
                None => return,
                Some(Kind::Mark('}')) => {
                    self.at += 1;
                    return;
                }
                Some(Kind::Name(_) | Kind::Mark('*' | '{')) => self.tree(before),
                Some(_) => self.at += 1,
            }
        }
    }

    fn keep(&mut self, line: usize, segments: Vec<String>) {
        let Some(first) = segments.first() else { return };
        let whole = match first.as_str() {
            "crate" | "greentick" => below(&[], &segments[1..]),
            "self" => below(&self.module, &segments[1..]),
            "super" => {
                let ups = segments.iter().take_while(|name| *name == "super").count();
                let kept = self.module.len().saturating_sub(ups);
                below(&self.module[..kept], &segments[ups..])
            }
            _ => segments,
        };
        self.found.push(NamedPath { line, segments: whole });
    }
}

fn below(module: &[String], rest: &[String]) -> Vec<String> {
    std::iter::once("crate".to_owned()).chain(module.iter().cloned()).chain(rest.iter().cloned()).collect()
}

fn tokens(text: &str) -> Vec<Token> {
    let letters: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let (mut at, mut line) = (0, 1);
    while at < letters.len() {
        let (end, kind) = next(&letters, at);
        tokens.extend(kind.map(|kind| Token { line, kind }));
        line += letters[at..end].iter().filter(|letter| **letter == '\n').count();
        at = end;
    }
    tokens
}

/// Where the token that begins here ends, and what it is; comments, texts and white space are nothing.
fn next(letters: &[char], at: usize) -> (usize, Option<Kind>) {
    let ahead = |steps: usize| letters.get(at + steps).copied().unwrap_or('\0');
    match letters[at] {
        '/' if ahead(1) == '/' => (find(letters, at, |letter| letter == '\n'), None),
        '/' if ahead(1) == '*' => (after_comment(letters, at), None),
        '"' => (after_text(letters, at), None),
        'r' | 'b' | 'c' if begins_raw(letters, at) => (after_raw(letters, at), None),
        '\'' if ahead(1) == '\\' => (find(letters, at + 3, |letter| letter == '\'') + 1, None),
        '\'' if ahead(2) == '\'' => (at + 3, None),
        ':' if ahead(1) == ':' => (at + 2, Some(Kind::Into)),
        letter if letter.is_alphanumeric() || letter == '_' => {
            let end = find(letters, at, |letter| !letter.is_alphanumeric() && letter != '_');
            (end, Some(Kind::Name(letters[at..end].iter().collect())))
        }
        letter if letter.is_whitespace() => (at + 1, None),
        letter => (at + 1, Some(Kind::Mark(letter))),
    }
}

fn find(letters: &[char], from: usize, wanted: impl Fn(char) -> bool) -> usize {
    (from..letters.len()).find(|at| wanted(letters[*at])).unwrap_or(letters.len())
}

/// Comments nest in Rust.
fn after_comment(letters: &[char], mut at: usize) -> usize {
    let mut depth = 0;
    while at < letters.len() {
        match (letters[at], letters.get(at + 1)) {
            ('/', Some('*')) => (depth, at) = (depth + 1, at + 2),
            ('*', Some('/')) => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at.min(letters.len())
}

fn after_text(letters: &[char], at: usize) -> usize {
    let mut at = at + 1;
    while at < letters.len() && letters[at] != '"' {
        at += if letters[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(letters.len())
}

fn begins_raw(letters: &[char], at: usize) -> bool {
    let word = find(letters, at, |letter| !letter.is_alphanumeric());
    let prefix: String = letters[at..word].iter().collect();
    let quote = find(letters, word, |letter| letter != '#');
    matches!(prefix.as_str(), "r" | "br" | "cr") && letters.get(quote) == Some(&'"')
}

fn after_raw(letters: &[char], at: usize) -> usize {
    let hashes = find(letters, at, |letter| letter == '#' || letter == '"');
    let quote = find(letters, hashes, |letter| letter == '"');
    let fence = quote - hashes;
    let closes = |at: &usize| {
        letters[*at] == '"' && letters[at + 1..].iter().take(fence).filter(|letter| **letter == '#').count() == fence
    };
    let end = (quote + 1..letters.len()).find(closes).map_or(letters.len(), |at| at + 1 + fence);
    end.min(letters.len())
}
