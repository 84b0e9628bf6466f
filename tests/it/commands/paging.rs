//! Lists of any length: a page, so many entries, or all; plain in a pipe, fitting on a terminal; and pipes that break.

use std::{io::Read as _, process::Stdio, time::Duration};

use serde_json::Value;

use crate::program::{Home, Ran, Served, signal};

/// A band with this many invites.
fn crowd(server: &Served, invites: usize) -> (Home, String) {
    let ada = server.person("ada");
    let band = ada.band("The Night Owls");
    let rows: String = (0..invites).map(|n| format!("person number {n}\n")).collect::<Vec<_>>().concat();
    let ran = ada.run_with(&["invites", "bulk", &band, "-"], &format!("name\n{rows}"));
    assert_eq!(ran.code, 0, "{}", ran.err);
    (ada, band)
}

fn ids(list: &Value) -> Vec<&str> {
    list["invites"].as_array().unwrap().iter().map(|invite| invite["id"].as_str().unwrap()).collect()
}

#[test]
fn all_entries_are_one_list_however_many_pages_they_are() {
    let server = Served::start();
    let (ada, band) = crowd(&server, 450);
    let all = ada.json(&["invites", "list", &band, "--all"]);
    let (found, mut distinct) = (ids(&all), ids(&all));
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!((found.len(), distinct.len()), (450, 450));
    assert_eq!(ids(&ada.json(&["invites", "list", &band, "--limit", "250"])), found[..250]);
    assert_eq!((&all["total"], &all["pending"]), (&450.into(), &450.into()));
    assert_eq!((&all["next_cursor"], &all["prev_cursor"]), (&Value::Null, &Value::Null));
    let part = ada.json(&["invites", "list", &band, "--limit", "250"]);
    let rest = ada.json(&["invites", "list", &band, "--all", "--cursor", part["next_cursor"].as_str().unwrap()]);
    assert_eq!(ids(&rest), found[250..]);

    let table = ada.run(&["invites", "list", &band, "--all"]);
    assert_eq!((table.out.lines().count(), table.err.as_str()), (451, ""));
    assert_eq!(table.out.lines().next(), Some("ID\tFOR\tROLE\tSTATUS\tUSES\tEXPIRES"));
    assert!(table.out.lines().all(|line| line.split('\t').count() == 6));
    let more = ada.run(&["invites", "list", &band, "--limit", "250"]);
    assert!(more.out.lines().count() == 251 && more.err.contains("There is more: --cursor "), "{}", more.err);
    ada.run(&["invites", "list", &band, "--all", "--limit", "3"]).refused(2, &["--limit"]);
}

#[test]
fn a_list_that_nobody_reads_to_its_end_ends_quietly() {
    let server = Served::start();
    let (ada, band) = crowd(&server, 450);
    for args in [
        &["invites", "list", &band, "--all"][..],
        &["invites", "list", &band, "--all", "--json"],
        &["invites", "export", &band],
        &["audit", &band, "--format", "csv"],
        &["config", "example"],
        &["man"],
        &["completions", "bash"],
    ] {
        let mut command = ada.command(args);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut first = [0; 1];
        let mut out = child.stdout.take().unwrap();
        out.read_exact(&mut first).unwrap();
        drop(out);
        let mut said = String::new();
        child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert_eq!((child.wait().unwrap().code(), said.as_str()), (Some(0), ""), "{args:?}");
    }
}

#[test]
fn invites_are_exported_whole_and_nothing_in_them_runs() {
    let server = Served::start();
    let (ada, band) = crowd(&server, 250);
    ada.run(&["invites", "create", &band, "--label", "=cmd|' /C calc'!A0", "--message", "one\ntwo"]);
    let csv = ada.run(&["invites", "export", &band]).out;
    let rows: Vec<csv::StringRecord> =
        csv::Reader::from_reader(csv.as_bytes()).records().collect::<Result<_, _>>().unwrap();
    assert_eq!(rows.len(), 251);
    assert!(
        csv.starts_with("id,kind,role,status,") && rows[0].iter().any(|cell| cell == "'=cmd|' /C calc'!A0"),
        "{:?}",
        rows[0]
    );
    assert!(!csv.contains("inv_"));
    for flag in [&["--json"][..], &["--format", "ndjson"]] {
        let lines = ada.run(&[&["invites", "export", &band], flag].concat()).out;
        let read: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(Value::from(read), ada.json(&["invites", "list", &band, "--all"])["invites"]);
    }
    let file = ada.path().join("invites.csv");
    let found = ada.run(&["invites", "export", &band, "-q", "number 24", "-o", file.to_str().unwrap()]);
    assert_eq!((found.code, found.out.as_str()), (0, ""));
    assert_eq!(std::fs::read_to_string(file).unwrap().lines().count(), 12, "24 and 240 to 249");
}

#[cfg(unix)]
#[test]
fn ctrl_c_in_an_export_leaves_what_was_there_and_no_part_of_a_file() {
    let server = Served::start();
    let (ada, band) = crowd(&server, 3);
    for (name, before, says) in
        [("new.csv", None, "is not written: the same command"), ("old.csv", Some("old"), "is as it was")]
    {
        let (file, part) = (ada.path().join(name), ada.path().join(format!("{name}.part")));
        if let Some(text) = before {
            std::fs::write(&file, text).unwrap();
        }
        let path = file.to_str().unwrap();
        server.pause();
        let mut command = ada.command(&["invites", "export", &band, "-o", path]);
        let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        // The file is begun, and its first page awaited.
        while part.metadata().map_or(0, |part| part.len()) == 0 {
            std::thread::sleep(Duration::from_millis(5));
        }
        signal(&child, "INT");
        let ran = Ran::of(&child.wait_with_output().unwrap());
        server.go_on();
        assert_eq!((ran.code, std::fs::read_to_string(&file).ok().as_deref()), (130, before), "{ran:?}");
        assert!(ran.err.contains(says) && ran.err.contains("stopped before the end"), "{ran:?}");
        assert!(!part.exists(), "{ran:?}");
        assert_eq!(ada.run(&["invites", "export", &band, "-o", path]).code, 0, "the same command begins anew");
    }
}

#[cfg(unix)]
#[test]
fn on_a_terminal_no_line_of_a_list_is_wider_than_it() {
    let server = Served::start();
    let (ada, band) = crowd(&server, 3);
    ada.run(&["invites", "create", &band, "--label", &"very ".repeat(15)]);
    let screen = ada.in_terminal(90, &["invites", "list", &band], &[]);
    let lines: Vec<_> = screen.lines().map(|line| line.trim_end_matches('\r')).collect();
    assert!(lines.iter().all(|line| line.chars().count() <= 90), "{screen}");
    assert!(lines[0].starts_with("ID  ") && screen.contains('…'), "{screen}");
}
