//! `guestlist --plain`: the client for who hears what is said, as a program that reads and writes lines.

use crate::program::{PASSWORD, Ran, Served};

fn calm(ran: &Ran) {
    assert_eq!(ran.code, 0, "{} {}", ran.out, ran.err);
    assert!(!ran.out.contains('\x1b') && !ran.out.contains(['│', '┌', '─']), "{}", ran.out);
}

#[test]
fn bands_invites_and_members_are_read_and_an_invite_is_made_shown_and_revoked() {
    let server = Served::start();
    let ada = server.person("ada");
    let band = ada.band("The Night Owls");
    let said = ada.run_with(
        &["--plain"],
        "bands\ninvites\nnew\nsend\nyes\nclose\nlist\nshow link\nclose\nmembers\ninvites\nrevoke\nyes\nquit\n",
    );
    calm(&said);
    let out = &said.out;
    assert!(out.contains("1: The Night Owls, 0 pending, you are owner"), "{out}");
    assert!(out.contains("Invites of The Night Owls, 0 pending of 0"), "{out}");
    assert!(out.contains("Form: New invite"), "{out}");
    assert!(out.contains("/invite/inv_"), "{out}");
    assert!(out.contains("Chosen is 1: anyone with link, member, pending, 0 of 1 used, ends "), "{out}");
    assert!(out.contains("1: ada, @ada, owner, since ") && out.contains(", founder\n"), "{out}");
    assert!(out.contains("Revoke the invite for anyone with the link?") || out.contains("Revoke"), "{out}");
    let invites = ada.json(&["invites", "list", &band])["invites"].as_array().unwrap().clone();
    assert_eq!((invites.len(), &invites[0]["status"]), (1, &serde_json::json!("cancelled")), "{out}");
}

#[test]
fn nothing_is_done_before_the_question_is_answered_and_what_is_not_known_is_said() {
    let server = Served::start();
    let ada = server.person("ada");
    let band = ada.band("The Night Owls");
    ada.json(&["invites", "create", &band]);
    let said = ada.run_with(&["--plain"], "invites\nrevoke\nrevoke\nno\nfrobnicate\nquit\n");
    calm(&said);
    assert!(said.out.contains("Answer yes or no."), "{}", said.out);
    assert!(said.out.contains("Nothing is called \"frobnicate\""), "{}", said.out);
    assert_eq!(ada.json(&["invites", "list", &band])["invites"][0]["status"], "pending");
}

#[test]
fn who_is_invited_signs_in_looks_accepts_and_declines_by_lines() {
    let server = Served::start();
    let (ada, kim) = (server.person("ada"), server.person("kim"));
    let (owls, brass) = (ada.band("The Night Owls"), ada.band("Brass and Bone"));
    let link = ada.json(&["invites", "create", &owls])["link"].as_str().unwrap().to_owned();
    ada.json(&["invites", "create", &brass, "--for", "@kim"]);
    // Somebody else's machine: nobody is signed in.
    let there = server.stranger();
    let lines = format!("kim\n{PASSWORD}accept {link}\naccept\ninbox\ndecline 1\nsend\nclose\nbands\nquit\n");
    let said = there.run_with(&["--plain"], &lines);
    calm(&said);
    assert!(said.out.contains("Form: Sign in"), "{}", said.out);
    assert!(said.out.contains("One invite waits for you"), "{}", said.out);
    assert!(said.out.contains("Welcome to The Night Owls"), "{}", said.out);
    assert!(!said.out.contains(PASSWORD.trim()), "{}", said.out);
    let status = |band: &str| ada.json(&["invites", "list", band])["invites"][0]["status"].clone();
    assert_eq!((status(&owls), status(&brass)), ("accepted".into(), "rejected".into()), "{}", said.out);
    drop(kim);
}
