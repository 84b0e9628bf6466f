//! Tables as people see them: as wide as the terminal, with short ids that commands take, and quiet when nobody reads on.

use std::process::Stdio;

use unicode_width::UnicodeWidthStr as _;

use crate::program::{Home, Served};

/// A band with something in every list.
fn full(server: &Served) -> (Home, String) {
    let (ada, kim, sam) = (server.person("ada"), server.person("kim"), server.person("sam"));
    let band = ada.band("The Night Owls of the Upper River Valley and Beyond");
    kim.json_with(&["accept"], &ada.run(&["invites", "create", &band, "--role", "admin"]).out);
    ada.json(&["invites", "create", &band, "--for", "somebody.with.a.long.name@example.org", "--label", "drums"]);
    ada.json(&["invites", "create", &band, "--for", "sam"]);
    ada.json(&["campaigns", "create", &band, "Spring concert in the Harbour Hall"]);
    ada.json(&["templates", "create", &band, "Those who play the drums in summer"]);
    ada.json(&["codes", "create", "For the door", "--band", &band, "--count", "3"]);
    ada.json(&["bands", "edit", &band, "--join", "request"]);
    sam.run(&["bands", "join", &band]);
    (ada, band)
}

/// Every command that lists something.
fn listings(band: &str) -> Vec<Vec<&str>> {
    vec![
        vec!["bands", "list"],
        vec!["members", "list", band],
        vec!["members", "bans", band],
        vec!["requests", "list", band],
        vec!["requests", "mine"],
        vec!["invites", "list", band],
        vec!["campaigns", "list", band],
        vec!["codes", "list", "For the door", "--band", band],
        vec!["templates", "list", band],
        vec!["audit", band],
        vec!["stats", band],
        vec!["tree", band],
        vec!["people", "ki", "--band", band],
        vec!["inbox"],
        vec!["blocks"],
    ]
}

#[test]
fn no_line_is_wider_than_the_terminal_and_ids_leave_room_for_what_they_are_of() {
    let server = Served::start();
    let (ada, band) = full(&server);
    for columns in [40, 80, 120] {
        for args in listings(&band) {
            let screen = ada.in_terminal(columns, &args, &[("NO_COLOR", "1")]);
            let widest = screen.lines().map(|line| line.trim_end_matches('\r').width()).max().unwrap_or_default();
            assert!(widest <= usize::from(columns), "{args:?} at {columns}:\n{screen}");
        }
    }
    let invites = ada.in_terminal(80, &["invites", "list", &band], &[("NO_COLOR", "1")]);
    let heading = invites.lines().next().unwrap().trim_end().to_owned();
    let words: Vec<&str> = heading.split_whitespace().collect();
    assert_eq!(words, ["ID", "FOR", "ROLE", "STATUS", "USES", "EXPIRES"], "{invites}");
    assert!(invites.contains("somebody.with.a.long.na"), "{invites}");
    let narrow = ada.in_terminal(40, &["invites", "list", &band], &[("NO_COLOR", "1")]);
    assert!(narrow.lines().next().unwrap().trim_end().ends_with('…'), "what has no room is marked: {narrow}");
    let words: Vec<&str> = narrow.lines().next().unwrap().split_whitespace().collect();
    assert_eq!(words, ["ID", "FOR", "STATUS", "EXPIRES", "…"], "what matters stays: {narrow}");
    let day = (jiff::Zoned::now() + jiff::SignedDuration::from_hours(72)).date().to_string();
    assert!(narrow.matches(&day).count() >= 2, "{narrow}");
    let piped = ada.run(&["invites", "list", &band]).out;
    assert!(piped.lines().all(|line| line.matches('\t').count() == 5), "{piped}");
}

#[test]
fn the_end_of_an_id_that_was_shown_is_enough() {
    let server = Served::start();
    let (ada, band) = full(&server);
    let all = ada.json(&["invites", "list", &band, "--status", "pending"]);
    let id = all["invites"][0]["id"].as_str().unwrap();
    let end = &id[28..];
    ada.run(&["invites", "show", end])
        .refused(2, &["or the end of one that was listed here", "guestlist invites list"]);
    let screen = ada.in_terminal(80, &["invites", "list", &band], &[]);
    assert!(screen.contains(end) && !screen.contains(id), "{screen}");
    assert_eq!(ada.json(&["invites", "show", end])["id"], id);
    assert_eq!(ada.json(&["invites", "show", &end.to_uppercase()])["id"], id);
    assert_eq!(ada.run_with(&["invites", "revoke", "-", "--yes"], &format!("{end}\n")).out, "1 invite revoked.\n");
    let screen = ada.in_terminal(80, &["bands", "list"], &[]);
    assert!(screen.contains(&band[28..]), "{screen}");
    assert_eq!(ada.json(&["bands", "show", &band[28..]])["id"], band.as_str());
    ada.in_terminal(80, &["members", "list", &band], &[]);
    let kim =
        ada.json(&["members", "list", &band, "-q", "kim"])["members"][0]["account"]["id"].as_str().unwrap().to_owned();
    assert_eq!(ada.json(&["members", "set-role", &band, &kim[28..], "member"])["role"], "member");
    let kept = std::process::Command::new("find").arg(ada.path()).args(["-name", "shown-ids", "-perm", "600"]).output();
    assert!(!kept.unwrap().stdout.is_empty(), "only its owner reads it");
}

#[test]
#[cfg(unix)]
fn an_empty_list_says_so_to_people_and_nothing_to_programs() {
    let server = Served::start();
    let ada = server.person("ada");
    let screen = ada.in_terminal(80, &["bands", "list"], &[("NO_COLOR", "1")]);
    assert!(screen.contains("There is nothing to list."), "{screen}");
    let piped = ada.run(&["bands", "list"]);
    assert_eq!((piped.out.as_str(), piped.err.as_str()), ("ID\tNAME\tROLE\tMEMBERS\tPENDING\n", ""));
}

#[test]
fn no_word_of_a_few_is_cut_at_forty_columns() {
    let server = Served::start();
    let (ada, band) = full(&server);
    let shown = |args: &[&str]| ada.in_terminal(40, args, &[("NO_COLOR", "1")]);
    let trail = shown(&["audit", &band]);
    assert!(trail.contains("invite.accepted") && trail.contains("campaign.created"), "{trail}");
    let codes = shown(&["codes", "list", "For the door", "--band", &band]);
    assert!(codes.contains("pending") && codes.contains("EXPIRES"), "{codes}");
    let invites = shown(&["invites", "list", &band]);
    assert!(invites.contains("pending") && invites.contains("accepted"), "{invites}");
}

#[test]
fn a_reader_of_one_line_ends_every_list_quietly() {
    let server = Served::start();
    let (ada, band) = full(&server);
    for args in listings(&band) {
        for more in [&[][..], &["--json"]] {
            let (reader, writer) = std::io::pipe().unwrap();
            drop(reader);
            let args = [&args[..], more].concat();
            let ran = ada.command(&args).stdout(writer).stderr(Stdio::piped()).output().unwrap();
            assert_eq!((ran.status.code(), ran.stderr.as_slice()), (Some(0), &b""[..]), "{args:?}");
        }
    }
}

#[test]
fn what_cannot_be_written_is_told_without_numbers_of_the_system() {
    let server = Served::start();
    let (ada, _) = full(&server);
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let ran = ada.command(&["bands", "list"]).stdout(full).output().unwrap();
    let said = String::from_utf8(ran.stderr).unwrap();
    assert_eq!(
        (ran.status.code(), said.as_str()),
        (Some(1), "error: standard input or output failed: No space left on device\n")
    );
}

#[test]
fn the_words_for_where_an_invite_stands_are_those_of_the_readme() {
    let server = Served::start();
    let (ada, band) = full(&server);
    let id =
        ada.json(&["invites", "list", &band, "--status", "pending"])["invites"][0]["id"].as_str().unwrap().to_owned();
    ada.run(&["invites", "revoke", &id, "--yes"]);
    let list = ada.run(&["invites", "list", &band]).out;
    assert!(list.contains("\tcancelled\t0/1\trevoked\n") && list.contains("\taccepted\t1/1\t–\n"), "{list}");
    let readme = std::fs::read_to_string(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    for status in ["pending", "accepted", "rejected", "cancelled"] {
        assert!(readme.contains(&format!(" {status}` |")), "{status}");
        assert_eq!(ada.run(&["invites", "list", &band, "--status", status]).code, 0);
    }
}
