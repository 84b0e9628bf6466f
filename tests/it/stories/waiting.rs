//! A slow line, and the mouse.

use super::client;
use crate::{
    program::{Home, PASSWORD, Served},
    proxy::{Line, Proxy},
    pty::Pty,
};

/// Clicks on this text, where it stands furthest down on the screen.
fn click(pty: &mut Pty, text: &str) {
    pty.see(text);
    let screen = pty.screen();
    let at = screen.lines().enumerate().filter_map(|(row, line)| Some((row, line.find(text)?, line))).last();
    let (row, byte, line) = at.unwrap();
    let column = line[..byte].chars().count();
    pty.keys(&format!("\x1b[<0;{};{}M\x1b[<0;{};{}m", column + 1, row + 1, column + 1, row + 1));
}

#[test]
fn what_takes_its_time_is_said_with_what_esc_does_about_it() {
    let server = Served::start();
    let ada = server.person("ada");
    let band = ada.band("The Night Owls");
    ada.json(&["invites", "create", &band, "--label", "poster"]);
    ada.json(&["invites", "create", &band, "--label", "newsletter"]);
    let line = Proxy::to(&server.origin);
    let there = Home::at(&line.origin);
    there.json_with(&["login", "ada"], PASSWORD);
    let mut pty = client(&there, &line.origin, (100, 30), &[]);
    pty.see("poster");

    line.is(Line::Slow);
    pty.keys("\x12");
    pty.see("refreshing · esc stops");
    pty.keys("\x1b");
    pty.see("No longer waited for");
    pty.until("no waiting", |pty| !pty.screen().contains("refreshing"));
    pty.keys("2/");
    pty.see("Invites /");
    pty.keys("news");
    pty.see("searching · esc clears");
    assert!(pty.screen().contains("poster"), "what was read stays until then");
    line.is(Line::Up);
    pty.until("what fits alone", |pty| !pty.screen().contains("poster") && !pty.screen().contains("searching"));
    assert!(pty.screen().contains("newsletter"));
}

#[test]
fn with_the_mouse_named_keys_are_clicked() {
    let server = Served::start();
    let ada = server.person("ada");
    let band = ada.band("The Night Owls");
    ada.json(&["invites", "create", &band, "--label", "poster"]);
    let mut pty = client(&ada, &server.origin, (100, 30), &[("GUESTLIST_MOUSE", "true")]);
    pty.see("poster");
    click(&mut pty, "poster");
    click(&mut pty, "r revoke");
    pty.see("Sure?");
    click(&mut pty, "esc keep");
    pty.until("no question", |pty| !pty.screen().contains("Sure?"));
    assert_eq!(ada.json(&["invites", "list", &band])["invites"][0]["status"], "pending");
    click(&mut pty, "revoke");
    click(&mut pty, "y revoke");
    pty.see("Revoked.");
    assert_eq!(ada.json(&["invites", "list", &band])["invites"][0]["status"], "cancelled");
}
