//! The documents that say what holds something, `tests/README.md`, `SECURITY.md` and `tests/MUTANTS.md`, name what is there.

use std::{collections::BTreeSet, fs, path::Path};

/// Every `fn`, as `file::name`: a macro makes tests of some that do not look like one.
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

/// All functions of the project.
fn all() -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = BTreeSet::new();
    functions(&root.join("tests/it"), &mut found);
    functions(&root.join("src"), &mut found);
    found
}

/// A file of the project.
fn document(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// What stands in a text as code.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

#[test]
fn every_test_that_is_said_to_hold_something_is_there() {
    let (found, text) = (all(), document("tests/README.md"));
    let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("| ")).collect();
    let mut missing = Vec::new();
    let mut named = 0;
    for row in rows {
        // `module::of::tests::name`: the file that is named last, and the function.
        for path in code(row).filter(|path| path.contains("::")) {
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

#[test]
fn every_test_that_is_called_by_its_name_alone_is_there() {
    let found = all();
    let there: BTreeSet<&str> = found.iter().filter_map(|path| path.split("::").last()).collect();
    for (file, least) in [("SECURITY.md", 40), ("tests/MUTANTS.md", 6)] {
        let text = document(file);
        // Tests have sentences for names; keys of the configuration have not.
        let is_name = |word: &&str| {
            let is_word = word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
            is_word && word.matches('_').count() >= 3
        };
        let named: Vec<&str> = code(&text).filter(is_name).collect();
        let missing: Vec<_> = named.iter().filter(|name| !there.contains(*name)).collect();
        assert!(missing.is_empty(), "{file} names what is not there: {missing:?}");
        assert!(named.len() >= least, "{file}: {}", named.len());
    }
}

#[test]
fn what_no_test_notices_is_told_and_left_out_alike() {
    let (text, left_out) = (document("tests/MUTANTS.md"), document(".cargo/mutants.toml"));
    let left_out: toml::Table = left_out.parse().unwrap();
    let patterns: Vec<&str> =
        left_out["exclude_re"].as_array().unwrap().iter().map(|pattern| pattern.as_str().unwrap()).collect();
    // `replace … in Type::function`, or `replace function -> …`.
    let changed: BTreeSet<&str> = patterns
        .iter()
        .map(|pattern| {
            let words =
                pattern.rsplit_once(" in ").map_or_else(|| pattern.split(' ').nth(1).unwrap(), |(_, name)| name);
            words.rsplit("::").next().unwrap()
        })
        .collect();
    let untold: Vec<_> = changed.iter().filter(|name| !code(&text).any(|word| word == **name)).collect();
    assert!(untold.is_empty(), "tests/MUTANTS.md says nothing of {untold:?}");
    let (_, table) = text.split_once("| change that is not noticed | why |").unwrap();
    let rows =
        table.lines().skip(2).map_while(|line| line.strip_prefix("| ")).filter_map(|row| row.split(" | ").next());
    let tried: Vec<&str> = rows.flat_map(code).collect();
    let still_tried: Vec<_> = tried.iter().filter(|name| !changed.contains(*name)).collect();
    assert!(tried.len() > 2 && still_tried.is_empty(), ".cargo/mutants.toml leaves out nothing of {still_tried:?}");
}
