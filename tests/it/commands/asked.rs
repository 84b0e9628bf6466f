//! What cannot be undone is asked about first, in words that say who and what; a script says so by an option.

use crate::{
    program::{Home, Served},
    pty::Pty,
};

fn owls(server: &Served) -> (Home, Home, String) {
    let (ada, kim) = (server.person("ada"), server.person("kim"));
    let band = ada.band("The Night Owls");
    kim.json_with(&["accept"], &ada.run(&["invites", "create", &band]).out);
    (ada, kim, band)
}

/// Starts a command in a terminal, sees its question and answers it; the exit code and the screen.
fn answered(home: &Home, args: &[&str], question: &str, answer: &str) -> (u32, String) {
    let mut pty = Pty::start(home.path(), (120, 12), args, &[("GUESTLIST_SERVER", &home.origin)]);
    pty.until(question, |pty| pty.screen().split_whitespace().collect::<Vec<_>>().join(" ").contains(question));
    pty.keys(answer);
    let (code, bytes) = pty.end();
    (code, String::from_utf8_lossy(&bytes).into_owned())
}

#[test]
fn who_is_removed_is_named_and_a_no_changes_nothing() {
    let server = Served::start();
    let (ada, _, band) = owls(&server);
    let args = ["members", "remove", "The Night Owls", "kim", "--ban", "--revoke-invites"];
    let question = "This removes @kim (kim, member) from The Night Owls and keeps them out: no invite lets them in again; all \
                    pending invites that they made end, too. Go on? [y/N]";
    for no in ["n\r", "\r", "kim\r"] {
        let (code, said) = answered(&ada, &args, question, no);
        assert!(code == 1 && said.contains("nothing is done"), "{no:?}: {said}");
    }
    assert_eq!(ada.json(&["members", "list", &band])["total"], 2);
    ada.run(&args).refused(2, &["nobody is there to ask: say --yes. This removes @kim"]);
    let (code, said) = answered(&ada, &args, question, "y\r");
    assert!(code == 0 && said.contains("Removed and banned."), "{said}");
    assert_eq!(ada.json(&["members", "list", &band])["total"], 1);
}

#[test]
fn which_invites_are_revoked_is_said_first() {
    let server = Served::start();
    let (ada, _, band) = owls(&server);
    let made = |whom: &str| {
        let made = ada.json(&["invites", "create", &band, "--for", whom]);
        made["invite"]["id"].as_str().unwrap().to_owned()
    };
    let (sam, joe) = (made("sam@example.org"), made("joe@example.org"));
    let question = "The invite for sam@example.org (member, pending) is to be revoked; for ten minutes `guestlist invites \
                    restore` undoes it. Go on? [y/N]";
    assert_eq!(answered(&ada, &["invites", "revoke", &sam], question, "n\r").0, 1);
    assert_eq!(answered(&ada, &["invites", "revoke", &sam], question, "yes\r").0, 0);
    assert_eq!(ada.json(&["invites", "show", &sam])["cancel_reason"], "revoked");
    ada.run(&["invites", "revoke", &joe, &sam]).refused(
        2,
        &[
            "say --yes",
            "invite for joe@example.org (member, pending), the invite for sam@example.org (member, cancelled) are",
        ],
    );
    ada.run(&["invites", "rotate", &joe]).refused(2, &["--yes", "get a new link"]);
    ada.run(&["invites", "resend", &joe, "--rotate"]).refused(2, &["--yes", "joe@example.org"]);
    ada.json(&["templates", "create", &band, "Drummers"]);
    ada.run(&["templates", "delete", &band, "Drummers"]).refused(2, &["--yes", "This deletes the template Drummers"]);
    let many: Vec<String> = (0..6).map(|n| made(&format!("p{n}@example.org"))).collect();
    let list = many.join("\n");
    ada.run_with(&["invites", "revoke", "-"], &list).refused(2, &["6 invites are to be revoked", "--yes"]);
    // One that a script names is meant, and can be undone.
    ada.run(&["invites", "revoke", &joe]);
    assert_eq!(ada.json(&["invites", "show", &joe])["cancel_reason"], "revoked");
}

#[test]
fn what_two_campaigns_are_called_is_told_with_their_ids_and_not_guessed() {
    let server = Served::start();
    let (ada, _, band) = owls(&server);
    let made = || ada.json(&["campaigns", "create", &band, "Spring"])["campaign"]["id"].as_str().unwrap().to_owned();
    let (one, other) = (made(), made());
    let ran = ada.run(&["campaigns", "delete", &band, "Spring", "--yes"]);
    ran.refused(2, &["CAMPAIGN is not clear: 2 campaigns are called \"Spring\". Give the id of one: ", &one, &other]);
    ada.run(&["campaigns", "show", &band, "Sprng"]).refused(2, &["Did you mean \"Spring\"?"]);
    ada.run(&["members", "set-role", &band, "kimm", "admin"]).refused(2, &["Did you mean \"kim\"?"]);
}

#[test]
fn a_span_that_ends_before_it_begins_is_wrong_usage() {
    let server = Served::start();
    let (ada, _, band) = owls(&server);
    for format in [&[][..], &["--format", "csv"]] {
        let args = [&["audit", &band, "--from", "2026-04-01", "--to", "2026-01-01"][..], format].concat();
        ada.run(&args).refused(2, &["--from (2026-04-01 00:00) must be before --to (2026-01-01 00:00)"]);
    }
}

#[test]
fn an_event_that_is_moved_keeps_what_is_not_said_again() {
    let server = Served::start();
    let (ada, _, band) = owls(&server);
    let event = ["--event", "Concert", "--starts", "2100-12-12T19:30", "--ends", "2100-12-12T22:00", "--place", "Hall"];
    let zone = ["--time-zone", "Europe/Berlin"];
    ada.json(&[&["campaigns", "create", &band, "Spring"][..], &event, &zone].concat());
    let moved = ada.json(&["campaigns", "edit", &band, "Spring", "--starts", "2100-12-12T20:00"])["event"].clone();
    let expected = serde_json::json!({
        "title": "Concert", "starts_at": "2100-12-12T20:00:00+01:00", "ends_at": "2100-12-12T22:00:00+01:00",
        "place": "Hall", "time_zone": "Europe/Berlin",
    });
    assert_eq!(moved, expected);
    let edit = |args: &[&str]| ada.run(&[&["campaigns", "edit", &band, "Spring"], args].concat());
    edit(&["--starts", "2020-01-01T20:00"]).refused(2, &["--starts has passed"]);
    edit(&["--starts", "2100-12-13T20:00"]).refused(2, &["say --ends as well"]);
    edit(&["--ends", "soon"]).refused(2, &["--ends", "must be a time such as"]);
    edit(&["--ends", "2100-12-12T19:00"]).refused(2, &["--ends must be after the beginning"]);
    edit(&["--no-event", "--starts", "2100-12-13T20:00"]).refused(2, &["--no-event"]);
    assert_eq!(edit(&["--no-event"]).code, 0);
    edit(&["--place", "Hall"]).refused(2, &["say --event and --starts"]);
}
