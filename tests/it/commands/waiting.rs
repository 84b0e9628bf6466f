//! Who asks to come in and waits for the answer: whatever becomes of it, the waiting ends, and says so.

use std::{
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::json;

use crate::program::{Home, Ran, Served};

/// A band of ada's, and a link to it that needs an admin's word.
fn asked_by_link(ada: &Home) -> (String, String) {
    let band = ada.band("The Night Owls");
    let made = ada.json(&["invites", "create", &band, "--requires-approval"]);
    (made["link"].as_str().unwrap().to_owned(), made["invite"]["id"].as_str().unwrap().to_owned())
}

/// Starts a command that waits, and goes on once the request is there.
fn waits(home: &Home, admin: &Home, args: &[&str]) -> Child {
    let mut command = home.command(args);
    command.env("GUESTLIST_POLL_SECONDS", "1").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    let end = Instant::now() + Duration::from_mins(1);
    while admin.json(&["requests", "list", "The Night Owls"])["join_requests"] == json!([]) {
        assert!(Instant::now() < end, "nobody asks");
    }
    child
}

fn ended(child: Child) -> Ran {
    Ran::of(&child.wait_with_output().unwrap())
}

#[test]
fn a_no_ends_the_waiting_and_is_told() {
    let server = Served::start();
    let (ada, kim) = (server.person("ada"), server.person("kim"));
    let (link, _) = asked_by_link(&ada);
    let waiting = waits(&kim, &ada, &["accept", &link, "--wait"]);
    ada.run(&["requests", "deny", "The Night Owls", "kim"]);
    let ran = ended(waiting);
    ran.refused(1, &["Waiting until an admin of The Night Owls agrees.", "an admin of The Night Owls said no"]);
    let mine = kim.run(&["requests", "mine"]).out;
    assert!(mine.contains("\tThe Night Owls\tmember\tdenied\t"), "{mine}");
    assert_eq!(kim.json(&["requests", "mine"]), kim.api("/me/join-requests"));
}

#[test]
fn what_ends_the_invite_or_the_band_ends_the_waiting() {
    let server = Served::start();
    let (ada, kim) = (server.person("ada"), server.person("kim"));
    let (link, invite) = asked_by_link(&ada);
    let waiting = waits(&kim, &ada, &["accept", &link, "--wait"]);
    ada.run(&["invites", "revoke", &invite, "--yes"]);
    ended(waiting).refused(1, &["nobody answers what you asked of The Night Owls any more. ", "taken back"]);
    ada.run(&["bands", "edit", "The Night Owls", "--join", "request"]);
    let waiting = waits(&kim, &ada, &["bands", "join", "The Night Owls", "--wait"]);
    ada.run(&["bands", "delete", "The Night Owls", "--yes"]);
    ended(waiting).refused(1, &["the band or the invite has ended"]);
}

#[test]
fn who_waits_no_longer_has_asked_all_the_same() {
    let server = Served::start();
    let (ada, kim) = (server.person("ada"), server.person("kim"));
    let (link, _) = asked_by_link(&ada);
    let waiting = waits(&kim, &ada, &["accept", &link, "--wait"]);
    assert!(Command::new("kill").args(["-INT", &waiting.id().to_string()]).status().unwrap().success());
    ended(waiting).refused(130, &["what you asked of The Night Owls stands", "waits again", "guestlist requests mine"]);
    assert_eq!(ada.json(&["requests", "list", "The Night Owls"])["join_requests"][0]["account"]["username"], "kim");
    let said = kim.run(&["accept", &link]).out;
    assert!(said.contains("has to agree") && said.contains("guestlist requests mine"), "{said}");
}
