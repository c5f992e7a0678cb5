//! The table. Every area may import itself, and what stands beside its name.

use std::path::Path;

struct Rule {
    area: &'static str,
    may_import: &'static [&'static str],
    /// `sqlx`, `reqwest` and `sandbox` are fenced in; all other crates are free.
    may_use: &'static [&'static str],
}

const fn rule(area: &'static str, may_import: &'static [&'static str], may_use: &'static [&'static str]) -> Rule {
    Rule { area, may_import, may_use }
}

const FENCED: &[&str] = &["reqwest", "sandbox", "sqlx"];

/// `AppState` stands for that one name of `state` (or of `router`).
const HANDLER: &[&str] = &["AppState", "boundary", "domain", "operations", "session"];

const RULES: &[Rule] = &[
    rule("domain", &[], &[]),
    rule("ui", &["domain", "actions"], &[]),
    rule("app", &["domain", "actions", "ui"], &[]),
    rule("actions", HANDLER, &[]),
    rule("api", &["AppState", "boundary", "domain", "operations", "request_id", "session"], &[]),
    rule("webhooks", &["AppState", "attend", "boundary", "digest", "domain", "operations", "session"], &[]),
    // Around the handlers that Meta calls, in place of the router's layers.
    rule("attend", &["AppState", "api", "metrics", "request_id"], &[]),
    rule("request_id", &[], &[]),
    // Sockets and HTTP; which router answers on them is told by whoever starts it.
    rule("listen", &[], &[]),
    rule("signup", HANDLER, &[]),
    // The queue itself is the store's: taking a job and writing down its end is all that jobs ask of it.
    rule("jobs", &["AppState", "domain", "operations", "session", "store"], &[]),
    rule(
        "operations",
        &["AppState", "archive", "clock", "config", "digest", "domain", "meta", "outside", "store"],
        &[],
    ),
    rule("session", &["AppState", "boundary", "clock", "config", "digest", "domain", "store"], &[]),
    rule("store", &["clock", "config", "digest", "domain", "vault"], &["sqlx"]),
    // The file format of backups; rows and tables are the store's.
    rule("archive", &["digest", "domain", "store", "vault"], &[]),
    rule("meta", &["clock", "config", "digest", "domain"], &["reqwest"]),
    // Addresses that people chose, not Meta's.
    rule("outside", &["config", "domain"], &["reqwest"]),
    rule("vault", &["config", "digest", "domain"], &[]),
    rule("clock", &["domain"], &[]),
    rule("digest", &[], &[]),
    rule("config", &["domain"], &[]),
    // Turns every kind of failure into an answer.
    rule("boundary", &["digest", "domain", "operations", "store"], &[]),
    rule("pages", &["AppState", "actions", "app", "boundary", "domain", "operations", "session"], &[]),
    rule("limits", &["domain"], &[]),
    rule("metrics", &["AppState", "boundary", "domain", "operations"], &[]),
    rule("site", &["AppState", "config", "digest"], &[]),
    rule("state", ANY, &[]),
    rule("router", ANY, &[]),
    rule("start", ANY, &[]),
    // `lib.rs` and the `mod.rs` of the server name the modules.
    rule("root", ANY, &[]),
    // What `main.rs` does, a file a command.
    rule("command", ANY, &["sandbox"]),
    rule("main", ANY, &["sandbox"]),
    // The runtime's threads, before there is anything to import.
    rule("workers", &[], &[]),
];

const ANY: &[&str] = &["*"];

/// The part of the house that a file belongs to.
pub(super) struct Area(String);

impl Area {
    pub(super) fn of(file: &Path, module: &[String]) -> Self {
        if file == Path::new("src/main.rs") {
            return Self("main".to_owned());
        }
        Self(match area_of(module) {
            Target::Area(name) | Target::State(name) => name,
            Target::Root | Target::Server => "root".to_owned(),
        })
    }
}

impl Area {
    fn rule(&self) -> Option<&'static Rule> {
        RULES.iter().find(|rule| rule.area == self.0)
    }

    /// What to do about a module that the table does not know.
    pub(super) fn unknown(&self) -> Option<String> {
        let Self(name) = self;
        let unknown = self.rule().is_none();
        unknown.then(|| format!("{name} has no rule yet: say in xtask/src/imports/rules.rs what it may import"))
    }
}

enum Target {
    Area(String),
    /// `AppState` itself.
    State(String),
    Root,
    Server,
}

/// What a path leads to, its first segment being below the crate.
fn area_of(path: &[String]) -> Target {
    let names: Vec<&str> = path.iter().map(String::as_str).collect();
    match names.as_slice() {
        ["server", "AppState"] | ["server", "state" | "router", "AppState"] => Target::State("state".to_owned()),
        [] => Target::Root,
        ["server"] | ["server", "*" | "self"] => Target::Server,
        ["server", area, ..] => Target::Area((*area).to_owned()),
        [area, ..] => Target::Area((*area).to_owned()),
    }
}

/// Why this area may not name this path, if it may not. A path of the crate begins with `crate`.
pub(super) fn forbids(area: &Area, path: &[String]) -> Option<String> {
    let Area(name) = area;
    let rule = area.rule()?;
    let (first, rest) = path.split_first()?;
    if first != "crate" {
        let fenced = FENCED.contains(&first.as_str()) && !rule.may_use.contains(&first.as_str());
        return fenced.then(|| format!("{name} may not use {first}"));
    }
    if rule.may_import == ANY {
        return None;
    }
    match area_of(rest) {
        Target::Root => None,
        Target::Server => Some(format!("{name} may not import all of server")),
        Target::State(state) if rule.may_import.contains(&"AppState") || state == *name => None,
        Target::State(state) => Some(format!("{name} may not import {state}")),
        Target::Area(other) if other == *name || rule.may_import.contains(&other.as_str()) => None,
        Target::Area(other)
            if matches!(other.as_str(), "state" | "router") && rule.may_import.contains(&"AppState") =>
        {
            Some(format!("{name} may not import {other} (for `AppState` alone)"))
        }
        Target::Area(other) => Some(format!("{name} may not import {other}")),
    }
}
