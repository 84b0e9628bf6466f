//! The list of what has to hold, `tests/README.md`, names tests that are there.

use std::{collections::BTreeSet, fs, path::Path};

/// Every `fn` with `#[test]` or `#[tokio::test]` near, or that a macro makes a test of: its name alone.
fn functions(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            functions(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let names = text.split("fn ").skip(1).filter_map(|rest| rest.split(['(', '<']).next());
            found.extend(names.map(|name| format!("{stem}::{name}")));
        }
    }
}

#[test]
fn every_test_that_is_said_to_hold_something_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = BTreeSet::new();
    functions(&root.join("tests/it"), &mut found);
    functions(&root.join("src"), &mut found);
    let text = fs::read_to_string(root.join("tests/README.md")).unwrap();
    let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("| ")).collect();
    let mut missing = Vec::new();
    let mut named = 0;
    for row in rows {
        // `module::of::tests::name`: the file that is named last, and the function.
        for path in row.split('`').skip(1).step_by(2).filter(|path| path.contains("::")) {
            named += 1;
            let parts: Vec<&str> = path.split("::").filter(|part| *part != "tests" && *part != "story").collect();
            let [.., file, name] = parts[..] else { continue };
            if !found.contains(&format!("{file}::{name}")) {
                missing.push(path);
            }
        }
    }
    assert!(missing.is_empty(), "tests/README.md names what is not there: {missing:?}");
    assert!(named > 80, "{named}");
}
