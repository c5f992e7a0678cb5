//! Who may import what (docs/ARCHITECTURE.md). The compiler does not keep this, so this does.

mod rules;
mod source;

use crate::process::root;
use crate::site::files_under;
use anyhow::{Context, Result};
use rules::Area;
use std::path::Path;
use std::process::ExitCode;

/// Longer files are a sign, not a crime.
const LONG: usize = 400;

/// `cargo xtask imports`
pub(crate) fn check() -> Result<ExitCode> {
    let mut violations = 0;
    let files: Vec<_> = files_under(&root().join("src"))?;
    let rust = files.iter().filter(|file| file.extension().is_some_and(|kind| kind == "rs"));
    for file in rust {
        let name = file.strip_prefix(root())?;
        let text = std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
        for (line, problem) in violations_in(name, &text) {
            println!("{}:{line}  {problem}", name.display());
            violations += 1;
        }
        let lines = text.lines().count();
        if lines > LONG {
            eprintln!("warning: {} has {lines} lines; over {LONG} it may be two files", name.display());
        }
    }
    if violations == 0 {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("error: {violations} forbidden imports. The rules are in xtask/src/imports/rules.rs.");
    Ok(ExitCode::FAILURE)
}

/// Line numbers, and what is wrong there.
fn violations_in(file: &Path, text: &str) -> Vec<(usize, String)> {
    let module = source::module_of(file);
    let area = Area::of(file, &module);
    if let Some(problem) = area.unknown() {
        return vec![(1, problem)];
    }
    let paths = source::paths(text, &module);
    // `sandbox::` is a crate, unless the file names a module of ours so.
    let ours = |name: &str| {
        let imported = paths
            .iter()
            .any(|path| path.segments[0] == "crate" && path.segments.last().is_some_and(|last| last == name));
        imported || text.contains(&format!("mod {name};"))
    };
    let mut found: Vec<(usize, String)> = paths
        .iter()
        .filter(|path| !ours(&path.segments[0]))
        .filter_map(|path| rules::forbids(&area, &path.segments).map(|problem| (path.line, problem)))
        .collect();
    found.sort();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(file: &str, text: &str) -> Vec<String> {
        violations_in(Path::new(file), text).into_iter().map(|(line, problem)| format!("{line} {problem}")).collect()
    }

    #[test]
    fn a_page_may_not_reach_into_the_store() {
        let page = "use leptos::prelude::*;\nuse crate::server::store::Store;\n";
        assert_eq!(problems("src/ui/pages/configurations.rs", page), ["2 ui may not import store"]);
    }

    #[test]
    fn nested_groups_and_paths_in_expressions_are_seen() {
        let text = "use crate::{domain::Problem, server::{session::CurrentUser,\n meta::{Graph, wire::*}}};\nfn f() { crate::server::store::open() }";
        assert_eq!(
            problems("src/actions/connections.rs", text),
            ["2 actions may not import meta", "3 actions may not import store"]
        );
    }

    #[test]
    fn super_is_followed() {
        assert_eq!(
            problems("src/server/meta/client.rs", "use super::super::store::Store;"),
            ["1 meta may not import store"]
        );
        assert_eq!(problems("src/server/meta/client.rs", "use super::auth::Proof;"), [""; 0]);
        assert_eq!(
            problems("src/server/meta/mod.rs", "mod tests { use super::*; use super::super::vault; }"),
            ["1 meta may not import vault"]
        );
    }

    #[test]
    fn databases_and_http_clients_have_one_home_each() {
        assert_eq!(problems("src/server/api/settings.rs", "let row = sqlx::query(\"\");"), ["1 api may not use sqlx"]);
        assert_eq!(
            problems("src/server/operations/a.rs", "use reqwest::Client;"),
            ["1 operations may not use reqwest"]
        );
        assert_eq!(problems("src/server/store/rows.rs", "use sqlx::SqlitePool;"), [""; 0]);
        assert_eq!(problems("src/server/router.rs", "\nsandbox::serve();"), ["2 router may not use sandbox"]);
        assert_eq!(problems("src/main.rs", "sandbox::serve();\nuse greentick::server::store::Store;"), [""; 0]);
    }

    #[test]
    fn a_module_of_ours_may_be_named_like_a_crate() {
        assert_eq!(problems("src/command/mod.rs", "mod sandbox;\nfn f() { sandbox::serve() }"), [""; 0]);
        assert_eq!(problems("src/command/serve.rs", "use super::sandbox;\nfn f() { sandbox::serve() }"), [""; 0]);
        assert_eq!(problems("src/server/start.rs", "fn f() { sandbox::serve() }"), ["1 start may not use sandbox"]);
    }

    #[test]
    fn handlers_see_the_state_and_nothing_more_of_the_wiring() {
        assert_eq!(problems("src/server/webhooks/receive.rs", "use crate::server::state::AppState;"), [""; 0]);
        assert_eq!(
            problems("src/server/webhooks/receive.rs", "use crate::server::state::{AppState, Wiring};"),
            ["1 webhooks may not import state (for `AppState` alone)"]
        );
    }

    #[test]
    fn the_domain_knows_nobody() {
        assert_eq!(
            problems("src/domain/health.rs", "use crate::actions::refresh;"),
            ["1 domain may not import actions"]
        );
        assert_eq!(problems("src/domain/health.rs", "use crate::domain::ids::Id; use time::Date;"), [""; 0]);
    }

    #[test]
    fn comments_and_text_are_no_imports() {
        let text = "// use crate::server::store::Store;\n/* crate::server::meta /* nested */ sqlx::query */\n\
                    const A: &str = \"crate::server::store\";\nconst B: &str = r#\"sqlx::\"x\"\"#;\nfn f<'a>(c: &'a str) -> char { '\"' }";
        assert_eq!(problems("src/ui/pages/a.rs", text), [""; 0]);
        let after = format!("{text}\nuse crate::server::store::X;");
        assert_eq!(problems("src/ui/pages/a.rs", &after), ["6 ui may not import store"]);
    }

    #[test]
    fn an_unknown_module_asks_for_a_rule() {
        let found = problems("src/server/mailer.rs", "use crate::domain::Problem;");
        assert_eq!(found, ["1 mailer has no rule yet: say in xtask/src/imports/rules.rs what it may import"]);
    }

    #[test]
    fn the_whole_server_is_too_much() {
        assert_eq!(problems("src/server/api/a.rs", "use crate::server;"), ["1 api may not import all of server"]);
    }
}
