//! The source itself: who imports whom, and how large a file may be.

mod held;
mod imports;

use std::{
    fs,
    path::{Path, PathBuf},
};

use self::imports::imports;

/// What each room may import besides itself. What is not here is no room.
const ROOMS: &[(&str, &[&str])] = &[
    ("words", &["domain"]),
    ("domain", &[]),
    ("private", &[]),
    ("api", &["domain"]),
    ("clipboard", &["domain"]),
    ("client", &["api", "domain", "private"]),
    ("config", &["client", "clipboard", "domain", "private"]),
    ("cli", &["api", "client", "clipboard", "config", "domain", "private"]),
    ("tui", &["api", "client", "clipboard", "config", "domain", "private"]),
    ("server", &["api", "config", "domain", "private"]),
    ("local", &["api", "client", "config", "domain", "private", "server"]),
];

/// The binary's own files use everything, and nobody uses them.
const BINARY: &[&str] = &["launcher", "logging"];

/// Of the commands, those of the server's own host.
const SERVER_COMMANDS: &[&str] = &["serve", "admin"];

/// What each room of the server may import besides itself and [`SHARED`].
const SERVER_ROOMS: &[(&str, &[&str])] = &[
    ("store", &[]),
    ("app", &["mail", "metrics", "store", "views"]),
    ("secret", &[]),
    ("refused", &["store"]),
    ("page", &[]),
    ("peer", &[]),
    ("filtered", &["store"]),
    ("audit", SUBJECTS),
    ("idempotency", SUBJECTS),
    ("accounts", SUBJECTS),
    ("calendar", &[]),
    ("campaigns", SUBJECTS),
    ("stats", SUBJECTS),
    ("bands", SUBJECTS),
    ("invites", SUBJECTS),
    ("quota", SUBJECTS),
    ("templates", SUBJECTS),
    ("metrics", &["store"]),
    ("views", &["store"]),
    ("outbox", SUBJECTS),
    ("suppressions", SUBJECTS),
    ("mail", USERS),
    ("crowd", &["http"]),
    ("stall", &[]),
    ("sweep", USERS),
    ("admin", USERS),
    ("web", USERS),
    ("http", USERS),
    (
        "run",
        &[
            "accounts",
            "audit",
            "crowd",
            "http",
            "idempotency",
            "invites",
            "mail",
            "metrics",
            "outbox",
            "stall",
            "store",
            "sweep",
            "views",
        ],
    ),
];

/// What every room of the server above the store may use.
const SHARED: &[&str] = &["app", "secret", "refused", "page", "peer", "filtered"];
/// The store, and the use cases by subject.
#[rustfmt::skip]
const SUBJECTS: &[&str] = &[
    "store",
    "accounts",
    "audit",
    "bands",
    "calendar",
    "campaigns",
    "idempotency",
    "invites",
    "outbox",
    "quota",
    "stats",
    "suppressions",
    "templates",
];
/// What brings people, time or operators to the use cases.
#[rustfmt::skip]
const USERS: &[&str] = &[
    "store",
    "accounts",
    "audit",
    "bands",
    "calendar",
    "campaigns",
    "idempotency",
    "invites",
    "metrics",
    "outbox",
    "quota",
    "stats",
    "suppressions",
    "templates",
    "views",
    "web",
];

/// Crates that speak to a database.
const DRIVERS: &[&str] = &["rusqlite", "tokio_postgres", "tokio_postgres_rustls", "postgres", "sqlx"];

/// Names that say nothing about what is in a file.
const NAMELESS: &[&str] = &["utils", "util", "helpers", "helper", "common", "misc", "manager"];

const MOST_LINES: usize = 600;

/// The place of a file below `src`: `server/store.rs` is `["server", "store"]`, the roots of library and binary are
/// empty.
fn module(path: &str) -> Vec<&str> {
    let path = path.strip_suffix(".rs").unwrap_or(path);
    match path.strip_suffix("/mod").unwrap_or(path) {
        "lib" | "main" => Vec::new(),
        path => path.split('/').collect(),
    }
}

/// What is wrong with a file at this path below `src`, one line a fault.
fn faults(path: &str, text: &str) -> Vec<String> {
    let place = module(path);
    let mut faults = Vec::new();
    let lines = text.lines().count();
    if lines > MOST_LINES {
        faults.push(format!("{path}: {lines} lines, at most {MOST_LINES}"));
    }
    if let Some(name) = place.iter().find(|name| NAMELESS.contains(name)) {
        faults.push(format!("{path}: `{name}` says nothing about what is in it"));
    }
    for import in imports(text, &place) {
        let first = import.path[0].as_str();
        let names: Vec<&str> = import.path.iter().skip(1).map(String::as_str).collect();
        let refused = match first {
            "crate" | "guestlist" => refused(&place, &names),
            _ if DRIVERS.contains(&first) && !place.starts_with(&["server", "store"]) => {
                Some("database drivers stay in server/store".to_owned())
            }
            _ => None,
        };
        if let Some(why) = refused {
            faults.push(format!("{path}:{}: {}: {why}", import.line, import.path.join("::")));
        }
    }
    faults
}

/// Why the file at `place` may not name `path` of this crate.
fn refused(place: &[&str], path: &[&str]) -> Option<String> {
    let (Some(&room), Some(&other)) = (place.first(), path.first()) else { return None };
    let Some((_, allowed)) = ROOMS.iter().find(|(name, _)| *name == room) else {
        return (!BINARY.contains(&room)).then(|| format!("the rule knows no room `{room}`"));
    };
    // Macros stand at the root without a room.
    if !ROOMS.iter().any(|(name, _)| *name == other) {
        return None;
    }
    if room == "server" && other == "server" {
        return refused_in_server(place, path);
    }
    let serves = room == "cli" && place.get(1).is_some_and(|file| SERVER_COMMANDS.contains(file));
    let fits = room == other || allowed.contains(&other) || serves && other == "server";
    (!fits).then(|| format!("`{room}` may not use `{other}`"))
}

fn refused_in_server(place: &[&str], path: &[&str]) -> Option<String> {
    let (Some(&room), Some(&other)) = (place.get(1), path.get(1)) else { return None };
    let Some((_, allowed)) = SERVER_ROOMS.iter().find(|(name, _)| *name == room) else {
        return Some(format!("the rule knows no room `server::{room}`"));
    };
    // What `server.rs` exports by itself belongs to the shared rooms.
    if !SERVER_ROOMS.iter().any(|(name, _)| *name == other) {
        return (room == "store").then(|| "the store stands alone".to_owned());
    }
    let fits = room == other || allowed.contains(&other) || room != "store" && SHARED.contains(&other);
    (!fits).then(|| format!("`server::{room}` may not use `server::{other}`"))
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

#[test]
fn imports_run_one_way_and_files_stay_small() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = rust_files(&source);
    assert!(files.len() > 50, "the source is found");
    let mut all = Vec::new();
    for file in files {
        let path = file.strip_prefix(&source).unwrap().to_str().unwrap().replace('\\', "/");
        all.extend(faults(&path, &fs::read_to_string(&file).unwrap()));
    }
    assert!(all.is_empty(), "\n{}", all.join("\n"));
}

#[test]
fn tests_stay_small_too() {
    for file in rust_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")) {
        let lines = fs::read_to_string(&file).unwrap().lines().count();
        assert!(lines <= MOST_LINES, "{}: {lines} lines", file.display());
    }
}

/// The faults of one line of code in a file at this path.
fn fault(path: &str, line: &str) -> usize {
    faults(path, line).len()
}

#[test]
fn an_import_against_the_way_is_found_however_it_is_written() {
    for (path, line) in [
        ("domain/role.rs", "use crate::api::Band;"),
        ("domain/role.rs", "use crate::{domain::Role, api::Band};"),
        ("domain/role.rs", "use super::super::client::Client;"),
        ("domain/role.rs", "fn f() -> crate::client::Error { todo!() }"),
        ("api.rs", "pub use super::server::App;"),
        ("api/bands.rs", "mod tests { mod deep { use super::super::super::super::server::App; } }"),
        ("tui/run.rs", "use crate::server::App;"),
        ("tui/run.rs", "use crate::{\n    api::Band,\n    server::App as Server,\n};"),
        ("server/http/me.rs", "use crate::tui::Model;"),
        ("server/store.rs", "use super::bands::read;"),
        ("server/store/tx.rs", "use crate::server::App;"),
        ("server/bands.rs", "use super::http::problem;"),
        ("server/invites/accept.rs", "use crate::server::{bands, sweep::Sweeper};"),
        ("cli/bands.rs", "use crate::server::App;"),
        ("clipboard.rs", "use crate::client::Client;"),
        ("server/bands.rs", "use rusqlite::Connection;"),
        ("server/http/me.rs", "let x = tokio_postgres::connect(url);"),
        ("attic/box.rs", "use crate::domain::Role;"),
        ("server/attic.rs", "use super::store::Tx;"),
    ] {
        assert_eq!(fault(path, line), 1, "{path}: {line}");
    }
    assert_eq!(fault("domain/utils.rs", ""), 1);
    assert_eq!(fault("domain/role.rs", &"\n".repeat(601)), 1);
}

#[test]
fn what_is_allowed_or_no_code_is_no_fault() {
    for (path, line) in [
        ("domain/role.rs", "// use crate::server::App;"),
        ("domain/role.rs", "/* use crate::server::App; /* */ crate::tui::x */ use super::Invalid;"),
        ("domain/role.rs", "const X: &str = \"crate::server::App \\\" crate::tui::run\";"),
        ("domain/role.rs", "const X: &str = r#\"use crate::server::App; \" crate::tui::run\"#;"),
        ("domain/role.rs", "const Q: char = '\"'; // \"\nuse crate::domain::Role; const E: char = '\\'';"),
        ("domain/role.rs", "impl<'a> X<'a> { fn f(&'a self) {} }"),
        ("api.rs", "use crate::domain::Role; words! { x }"),
        ("cli/serve.rs", "use crate::server::App;"),
        ("cli/admin/grant.rs", "use crate::server::App;"),
        ("server/http/me.rs", "use super::super::{accounts, store::Tx};"),
        ("server/store/sqlite.rs", "use rusqlite::Connection;"),
        ("server/bands.rs", "row!(a, b); crate::row!(c)"),
        ("main.rs", "use guestlist::{cli, server, tui};"),
        ("local.rs", "use crate::server::run;"),
    ] {
        assert_eq!(faults(path, line), Vec::<String>::new(), "{path}: {line}");
    }
}

#[test]
fn paths_are_found_where_they_are() {
    let text = "//! crate::a\n\nuse crate::{\n    api::{Band, Bands as Many},\n    domain::*,\n};\n\nmod inner {\n    use \
                super::own;\n}\nfn f() { self::g(); other::h::<crate::api::X>() }";
    let found: Vec<_> = imports(text, &["tui", "run"]).into_iter().map(|i| (i.line, i.path.join("::"))).collect();
    let expected = [
        (4, "crate::api::Band"),
        (4, "crate::api::Bands"),
        (5, "crate::domain"),
        (9, "crate::tui::run::own"),
        (11, "crate::tui::run::g"),
        (11, "other::h"),
        (11, "crate::api::X"),
    ];
    assert_eq!(found, expected.map(|(line, path)| (line, path.to_owned())));
}
