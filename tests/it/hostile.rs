//! The client in a terminal before a server that wants the screen, is broken, or says what nobody expects: nothing hostile is
//! written, every view stays alive, what was typed stays, and one action is done once.

mod commands;
mod requests;
mod spoiler;

use std::{
    fs,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use self::spoiler::{Spoiler, Spoilt};
use crate::{
    program::{Home, PASSWORD, Served},
    pty::Pty,
};

/// A view: the keys that open it from the panes, what stands on the screen as soon as it is open, how many times Esc leads
/// back, and whether it asks the server for anything.
type View = (&'static str, &'static str, usize, bool);

const VIEWS: &[View] = &[
    ("\x12", "Members", 0, true),
    ("1/ow", "Members", 1, true),
    ("2/am", "Members", 1, true),
    ("3/ad", "Members", 1, true),
    ("2f", "Members", 1, true),
    ("2F", "Members", 1, true),
    ("2o", "Members", 0, true),
    // Grouped by campaign, and as a list again.
    ("2cc", "Members", 0, true),
    ("1J", "Find a band", 1, true),
    ("2\r", "Used by", 1, true),
    ("2n", "New invite", 1, true),
    ("C", "Campaigns", 1, true),
    ("K", "Codes", 1, true),
    ("Z", "Codes for accounts", 1, true),
    ("P", "Templates", 1, true),
    ("W", "Join requests", 1, true),
    ("B", "Bans", 1, true),
    ("A", "What happened", 1, true),
    ("S", "Statistics", 1, true),
    ("V", "Who invited whom", 1, true),
    ("%", "Your quota", 1, true),
    ("O", "Opt-outs", 1, true),
    ("i", "Invites that wait for you", 1, true),
    ("@", "Servers and accounts", 1, false),
];

const FAULTS: [&[Spoilt]; 3] = [
    &[Spoilt::Texts, Spoilt::AllTexts, Spoilt::Refused],
    &[Spoilt::Page, Spoilt::Half, Spoilt::Types, Spoilt::Words],
    &[Spoilt::Packed, Spoilt::Busy("99999999999999999999"), Spoilt::Endless],
];

/// Ada's band with something in every list, on a server that Ada runs; and Ada, signed in at the origin before it.
fn world(server: &Served) -> (Spoiler, Home, String) {
    let (ada, kim, joe) = (server.person("ada"), server.person("kim"), server.person("joe"));
    server.grant("ada");
    let band = ada.band("The Night Owls");
    let at = |path: &str| format!("/bands/{band}/{path}");
    let made = ada.ask("POST", &at("campaigns"), Some(json!({ "name": "Summer party", "message": "Bring a horn." })));
    let campaign = made["campaign"]["id"].as_str().unwrap().to_owned();
    for body in [
        json!({ "label": "poster", "message": "Doors at seven." }),
        json!({ "username": "kim", "campaign_id": campaign }),
        json!({ "email": "sam@example.org", "label": "Sam" }),
    ] {
        ada.ask("POST", &at("invites"), Some(body));
    }
    let token = ada.ask("POST", &at("invites"), Some(json!({ "max_uses": 3 })))["token"].as_str().unwrap().to_owned();
    joe.ask("POST", &format!("/invites/{token}/accept"), Some(json!({})));
    ada.ask("POST", &at("codes"), Some(json!({ "name": "Door", "count": 3 })));
    ada.ask("POST", "/site/codes", Some(json!({ "name": "Newcomers", "count": 2 })));
    ada.ask("POST", &at("templates"), Some(json!({ "name": "Guests", "message": "Come in." })));
    ada.ask("PATCH", &format!("/bands/{band}"), Some(json!({ "join": "request" })));
    kim.ask("POST", &at("join"), Some(json!({})));
    let other = kim.band("Brass & Bone");
    kim.ask("POST", &format!("/bands/{other}/invites"), Some(json!({ "username": "ada", "message": "Come." })));
    let spoiler = Spoiler::before(&server.origin);
    let there = Home::at(&spoiler.origin);
    there.json_with(&["login", "ada"], PASSWORD);
    (spoiler, there, band)
}

fn client(home: &Home, size: (u16, u16), poll: &str) -> Pty {
    let variables =
        [("GUESTLIST_SERVER", home.origin.as_str()), ("GUESTLIST_POLL_SECONDS", poll), ("GUESTLIST_CLIPBOARD", "off")];
    Pty::start(home.path(), size, &[], &variables)
}

/// Presses Esc and waits for what comes of it; a filter that everything fits is taken away without a sign.
fn step_back(pty: &mut Pty) {
    let screen = pty.screen();
    pty.keys("\x1b");
    let asked = Instant::now();
    pty.until("a step back", |pty| pty.screen() != screen || asked.elapsed() > Duration::from_secs(1));
}

/// Waits until nothing lies over the panes any more: a key that comes too soon behind Esc would be read with it as one.
fn at_the_panes(pty: &Pty) {
    pty.until("the panes alone", |pty| {
        let screen = pty.screen();
        screen.contains("┌ Bands") && !screen.contains("esc ")
    });
}

/// Whether the client still takes keys: the help opens and closes.
fn takes_keys(pty: &mut Pty) {
    // Its title can lie below a notice that is long.
    let is_open = |pty: &Pty| pty.screen().contains("scroll  esc close");
    pty.keys("?");
    let asked = Instant::now();
    pty.until("the help", |pty| is_open(pty) || asked.elapsed() > Duration::from_secs(5));
    if !is_open(pty) {
        // Where an answer changed the screen just then, Esc was not read yet, and with the key behind it is another.
        pty.keys("?");
        pty.until("the help", is_open);
    }
    pty.keys("\x1b");
    pty.until("the help to go", |pty| !is_open(pty));
}

/// What the program itself writes: the ends of the sequences that draw, and those that take a terminal and give it back.
fn held_to_its_own_sequences(bytes: &[u8]) {
    let text = std::str::from_utf8(bytes).expect("only text is written");
    let mut rest = text;
    while let Some(at) = rest.find('\x1b') {
        plain(&rest[..at]);
        rest = &rest[at + 1..];
        let body = rest.strip_prefix('[').unwrap_or_else(|| panic!("{:?}", &text[text.len() - rest.len() - 1..][..40]));
        let end = body.find(|c: char| !matches!(c, '0'..='9' | ';' | '?')).unwrap();
        let (numbers, last) = (&body[..end], body[end..].chars().next().unwrap());
        let own = match last {
            'H' | 'm' | 'J' | 'K' => !numbers.starts_with('?'),
            'h' | 'l' => ["?25", "?1049", "?2004", "?2026"].contains(&numbers),
            _ => false,
        };
        assert!(own, "ESC [ {numbers} {last}");
        rest = &body[end + last.len_utf8()..];
    }
    plain(rest);
}

/// Text between sequences: nothing that steers, hides or turns around, and no flood of accents.
fn plain(text: &str) {
    let cleaned = guestlist::domain::clean_line(text);
    // Lines end only before the screen is taken and after it is given back.
    assert_eq!(cleaned, text.replace(['\r', '\n'], " "), "{text:?}");
}

/// The memory of the process in use, in megabytes.
fn megabytes(pty: &Pty) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", pty.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

/// In every view the screen stays the client's, and the client goes on, whichever of these things is wrong with an answer.
fn holds_in_every_view(faults: &[Spoilt]) {
    let server = Served::start();
    let (spoiler, ada, _) = world(&server);
    let mut pty = client(&ada, (120, 30), "1");
    pty.see("Sam");
    for &fault in faults {
        for &(keys, shows, back, asks) in VIEWS {
            let before = spoiler.answered();
            spoiler.is(fault);
            pty.keys(keys);
            // Bands of which nothing can be read are none, if the poll comes first: then there is nothing to open.
            pty.until(shows, |pty| pty.screen().contains(shows) || pty.screen().contains("No bands yet"));
            if asks {
                pty.until("an answer", |_| spoiler.answered() > before);
            }
            for _ in 0..back {
                step_back(&mut pty);
            }
            at_the_panes(&pty);
            takes_keys(&mut pty);
            spoiler.is(Spoilt::Not);
            // What is true is seen again.
            pty.keys("\x12");
            pty.until("the true names", |pty| {
                let screen = pty.screen();
                let all = screen.contains(" joe ") && screen.contains("7 pending of 7");
                all && screen.contains("● live") && !screen.contains("[2J")
            });
        }
    }
    let most = megabytes(&pty);
    // Several answers at once, each cut off at its own limit, of the gigabytes that were sent.
    assert!(most < 256, "{most} MB");
    pty.keys("q");
    let (code, bytes) = pty.end();
    assert_eq!(code, 0);
    held_to_its_own_sequences(&bytes);
}

#[test]
fn no_text_takes_the_screen_or_stops_the_client_in_any_view() {
    holds_in_every_view(FAULTS[0]);
}

#[test]
fn no_other_shape_takes_the_screen_or_stops_the_client_in_any_view() {
    holds_in_every_view(FAULTS[1]);
}

#[test]
fn no_size_or_wish_takes_the_screen_or_stops_the_client_in_any_view() {
    holds_in_every_view(FAULTS[2]);
}

/// The client in the form of a new invite, with "newsletter" as its note.
fn a_new_invite(home: &Home) -> Pty {
    // Polls are answered alike, and say so: none of them is to come in between.
    let mut pty = client(home, (100, 32), "600");
    pty.see("Sam");
    pty.keys("2n");
    pty.see("New invite");
    crate::stories::to_field(&mut pty, "A note for the band");
    pty.keys("newsletter");
    pty.see("newsletter");
    pty
}

/// Waits for the question before an invite is made, and for what the server says to it beforehand.
fn read_once_more(pty: &Pty) {
    pty.until("the question", |pty| pty.screen().contains("y create") && !pty.screen().contains("asking the server"));
}

/// The invites of the band that are called so.
fn called(ada: &Home, band: &str, label: &str) -> Vec<Value> {
    let all = ada.json(&["invites", "list", band, "--all"]);
    all["invites"].as_array().unwrap().iter().filter(|invite| invite["label"] == label).cloned().collect()
}

#[test]
fn whatever_the_answer_to_a_form_is_what_was_typed_stays_and_it_is_done_once() {
    let server = Served::start();
    let (spoiler, ada, band) = world(&server);
    let mut pty = a_new_invite(&ada);
    for &fault in FAULTS.concat().iter().filter(|fault| !matches!(fault, Spoilt::Texts | Spoilt::Types | Spoilt::Words))
    {
        pty.keys("\x13");
        read_once_more(&pty);
        spoiler.is(fault);
        pty.keys("y");
        pty.until("why it was not done", |pty| pty.screen().contains('✗'));
        if pty.screen().contains("y create") || pty.screen().contains("y try again") {
            pty.keys("\x1b");
        }
        spoiler.is(Spoilt::Not);
        pty.until("the field as it was typed", |pty| {
            pty.screen().contains("newsletter") && !pty.screen().contains("y create")
        });
    }
    pty.keys("\x13");
    pty.see("y create");
    pty.keys("y");
    pty.see("/invite/inv_");
    assert_eq!(called(&ada, &band, "newsletter").len(), 1, "the same attempt each time");
    pty.keys("\x1b");
    pty.until("the link to be closed", |pty| !pty.screen().contains("/invite/inv_"));
    pty.keys("q");
    let (code, bytes) = pty.end();
    assert_eq!(code, 0);
    held_to_its_own_sequences(&bytes);
}

#[test]
fn a_session_that_ends_midway_is_made_anew_over_the_form_and_the_form_goes_on() {
    let server = Served::start();
    let (spoiler, ada, band) = world(&server);
    let mut pty = a_new_invite(&ada);
    pty.keys("\x13");
    read_once_more(&pty);
    spoiler.is(Spoilt::SignedOut);
    pty.keys("y");
    pty.see("Your session has ended");
    spoiler.is(Spoilt::Not);
    pty.keys(PASSWORD.trim());
    pty.keys("\r");
    pty.until("the form as it was typed", |pty| {
        pty.screen().contains("New invite") && !pty.screen().contains("┌ Sign in")
    });
    if !pty.screen().contains("y create") {
        pty.keys("\x13");
        pty.see("y create");
    }
    pty.keys("y");
    pty.see("/invite/inv_");
    assert_eq!(called(&ada, &band, "newsletter").len(), 1);
    // In a list, and in a question, too.
    while pty.screen().contains("/invite/inv_") {
        step_back(&mut pty);
    }
    for keys in ["C", "K", "Z", "P", "W", "B", "A", "S", "V", "%", "O", "i"] {
        spoiler.is(Spoilt::SignedOut);
        pty.keys(keys);
        pty.see("Your session has ended");
        spoiler.is(Spoilt::Not);
        pty.keys(PASSWORD.trim());
        pty.keys("\r");
        pty.until("to be signed in", |pty| !pty.screen().contains("┌ Sign in"));
        pty.keys("\x1b");
        at_the_panes(&pty);
        takes_keys(&mut pty);
    }
    pty.keys("q");
    assert_eq!(pty.end().0, 0);
}
