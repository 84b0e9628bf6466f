//! What lies over the panes, from the key that opens it to what is left behind on the server.

use serde_json::{Value, json};

use super::{client, invites, to_field};
use crate::program::{Home, Served};

/// What the person sees of the band's templates.
fn templates(home: &Home, band: &str) -> Vec<Value> {
    home.api(&format!("/bands/{band}/templates"))["templates"].as_array().unwrap().clone()
}

#[test]
fn a_template_is_made_used_changed_and_deleted_and_what_was_made_by_it_stays() {
    let server = Served::start();
    let ada = server.person("ada");
    let band = ada.band("The Night Owls");
    let mut pty = client(&ada, &server.origin, (100, 34), &[]);
    pty.see("The Night Owls");
    pty.keys("P");
    pty.see("No templates.");
    pty.keys("n");
    pty.see("New template");
    pty.keys("Guests");
    to_field(&mut pty, "Of each invite, from when it is made");
    // What the band has is there, and is not put where somebody types.
    pty.see("3d");
    pty.keys("\x152d");
    to_field(&mut pty, "A few words that the invited read");
    pty.keys("Doors at seven.\x13");
    pty.see("Guests");
    pty.until("the template on the server", |_| templates(&ada, &band).len() == 1);
    pty.until("the list", |pty| pty.screen().contains("TEMPLATE") && !pty.screen().contains("New template"));
    // An invite by it is filled in, and read once more before it is made.
    pty.keys("m");
    pty.see("New invite");
    pty.see("Doors at seven.");
    pty.keys("\x13");
    pty.see("y create");
    pty.keys("y");
    pty.see("/invite/inv_");
    assert_eq!(invites(&ada, &band)[0]["message"], "Doors at seven.");
    pty.keys("\x1b");
    pty.until("the link to be closed", |pty| !pty.screen().contains("/invite/inv_"));
    pty.keys("P");
    pty.see("TEMPLATE");
    pty.see("▸ Guests");
    pty.keys("e");
    pty.see("Edit Guests");
    pty.keys("\x15Friends\x13");
    pty.until("the new name", |pty| pty.screen().contains("Friends") && !pty.screen().contains("Edit Guests"));
    pty.keys("D");
    pty.see("Delete the template Friends?");
    assert_eq!(templates(&ada, &band).len(), 1, "the key that asks deletes nothing");
    pty.keys("y");
    pty.see("The template is deleted.");
    assert_eq!((templates(&ada, &band).len(), invites(&ada, &band).len()), (0, 1));
}

#[test]
fn codes_for_accounts_are_made_shown_copied_written_and_ended_by_who_runs_the_site() {
    let server = Served::start();
    let (ada, kim) = (server.person("ada"), server.person("kim"));
    server.grant("ada");
    let mut others = client(&kim, &server.origin, (100, 30), &[]);
    others.see("No bands yet");
    others.keys("Z");
    others.see("Only who runs the site");
    let mut pty = client(&ada, &server.origin, (100, 30), &[("GUESTLIST_CLIPBOARD", "osc52")]);
    pty.see("No bands yet");
    pty.keys("Z");
    pty.see("No codes. One lets somebody make an account here");
    pty.keys("n");
    pty.see("New codes for accounts");
    pty.keys("Newcomers\t\x152\x13");
    pty.see("y make");
    pty.keys("y");
    pty.see("2 codes are made");
    pty.see("● active");
    let batch = ada.api("/site/codes")["campaigns"][0]["id"].as_str().unwrap().to_owned();
    let codes = ada.api(&format!("/campaigns/{batch}/codes"));
    let code = |at: usize| codes["codes"][at]["code"].as_str().unwrap().to_owned();
    pty.keys("w");
    pty.see("All codes as a table");
    pty.keys("\x15codes.csv\r");
    pty.see("Written to codes.csv");
    let table = std::fs::read_to_string(ada.path().join("codes.csv")).unwrap();
    assert!(table.contains(&code(0)) && table.contains(&code(1)), "{table}");
    // On the screen they are read out, and one is copied.
    pty.keys("v");
    pty.see(&code(0));
    pty.see(&code(1));
    pty.keys("y");
    pty.until("a copied code", |pty| pty.copied().is_some_and(|copied| [code(0), code(1)].contains(&copied)));
    // Back from whatever lies over the batches, a step at a time.
    while !pty.screen().contains("BATCH") {
        let screen = pty.screen();
        pty.keys("\x1b");
        pty.until("a step back", |pty| pty.screen() != screen);
    }
    pty.keys("x");
    pty.see("End Newcomers?");
    pty.see("2 pending invites");
    pty.keys("y");
    pty.see("○ ended");
    let ended = &ada.api("/site/codes")["campaigns"][0];
    assert!(ended["ended_at"].is_string() && ended["counts"]["pending"] == 0, "{ended}");
}

#[test]
fn what_happened_is_narrowed_by_a_key_and_by_a_form_and_written_to_a_file() {
    let server = Served::start();
    let (ada, joe) = (server.person("ada"), server.person("joe"));
    let band = ada.band("The Night Owls");
    let link = ada.json(&["invites", "create", &band, "--label", "poster"])["link"].as_str().unwrap().to_owned();
    ada.json(&["invites", "create", &band, "--label", "flyer"]);
    joe.json(&["accept", &link]);
    let mut pty = client(&ada, &server.origin, (120, 34), &[]);
    pty.see("poster");
    pty.keys("A");
    pty.see("What happened");
    pty.see("invite accepted");
    pty.see("band created");
    // Joe's are the newest: only what he did.
    pty.keys("p");
    pty.until("Joe's alone", |pty| !pty.screen().contains("band created"));
    pty.see("invite accepted");
    pty.keys("p");
    pty.see("band created");
    // The same by words, and a person who is looked up.
    pty.keys("f");
    pty.see("esc back");
    pty.keys("invite created");
    pty.keys("\x13");
    pty.until("what was made alone", |pty| {
        let screen = pty.screen();
        screen.matches("invite created").count() >= 2 && !screen.contains("invite accepted")
    });
    pty.keys("w");
    pty.see("esc back");
    pty.keys("\x15trail.csv\x13");
    pty.see("Written to trail.csv");
    let table = std::fs::read_to_string(ada.path().join("trail.csv")).unwrap();
    assert_eq!((table.lines().count(), table.matches("invite.created").count()), (3, 2), "{table}");
    pty.keys("w");
    pty.see("esc back");
    pty.keys("\x15trail.ndjson\x13");
    pty.see("Written to trail.ndjson");
    let lines = std::fs::read_to_string(ada.path().join("trail.ndjson")).unwrap();
    for line in lines.lines() {
        assert_eq!(serde_json::from_str::<Value>(line).unwrap()["action"], "invite.created");
    }
    pty.keys("\x1b");
    pty.see("band created");
    pty.keys("\x1b");
    pty.see("Members");
}

#[test]
fn figures_the_tree_and_the_quota_are_read() {
    let server = Served::start();
    let (ada, joe, kim) = (server.person("ada"), server.person("joe"), server.person("kim"));
    server.grant("ada");
    let band = ada.band("The Night Owls");
    let into = |by: &Home, who: &Home, role: &str| {
        let made = by.ask("POST", &format!("/bands/{band}/invites"), Some(json!({ "role": role })));
        let token = made["token"].as_str().unwrap().to_owned();
        who.ask("POST", &format!("/invites/{token}/accept"), Some(json!({})));
    };
    into(&ada, &joe, "admin");
    into(&joe, &kim, "member");
    ada.json(&["invites", "create", &band, "--label", "poster"]);
    let mut pty = client(&ada, &server.origin, (100, 40), &[]);
    pty.see("poster");
    pty.keys("S");
    pty.see("3 invites made, 1 of them pending");
    pty.see("✓ accepted");
    pty.see("By inviter");
    pty.keys("\x1b");
    pty.see("Members");
    pty.keys("V");
    pty.see("Who invited whom");
    pty.see("▾ ada (you)");
    pty.see("▹ joe");
    pty.keys("j\r");
    pty.see("by joe");
    pty.keys("jd");
    pty.see("Brought by");
    pty.keys("\x1b");
    pty.until("the person to be closed", |pty| !pty.screen().contains("Brought by"));
    pty.keys("\x1b");
    pty.until("the panes", |pty| !pty.screen().contains("Who invited whom"));
    // Who has left takes nobody out of the tree.
    joe.ask("POST", &format!("/bands/{band}/leave"), Some(json!({})));
    pty.keys("V");
    pty.see("by joe, who left");
    pty.keys("\x1b");
    pty.until("the panes", |pty| !pty.screen().contains("Who invited whom"));
    pty.keys("%");
    pty.see("You may make any number of invites.");
    pty.keys("e");
    pty.see("Invites that somebody may make in 30 days");
    pty.keys("ada\t7\x13");
    pty.see("@ada may make 7 in 30 days");
    pty.see("of 7 made in the last 30 days");
    assert_eq!(ada.api("/me/quota")["limit"], 7);
}

#[test]
fn who_declines_for_good_sees_that_among_the_opt_outs_and_lifts_it() {
    let server = Served::start();
    let (ada, kim) = (server.person("ada"), server.person("kim"));
    let band = ada.band("The Night Owls");
    ada.json(&["invites", "create", &band, "--for", "@kim"]);
    let mut pty = client(&kim, &server.origin, (100, 30), &[]);
    pty.see("inbox 1");
    pty.keys("i");
    pty.see("The Night Owls");
    pty.keys("d");
    pty.see("Decline the invite to The Night Owls");
    pty.keys("No time.\t");
    for _ in 0..2 {
        pty.keys("\x1b[C");
    }
    pty.see("no more invites to this band");
    assert_eq!(invites(&ada, &band)[0]["status"], "pending", "the key that asks declines nothing");
    pty.keys("\x13");
    pty.see("Declined.");
    let declined = &invites(&ada, &band)[0];
    assert_eq!(declined["status"], "rejected", "{declined}");
    pty.keys("\x1b");
    pty.until("the panes", |pty| !pty.screen().contains("Invites that wait"));
    pty.keys("O");
    pty.see("Opt-outs");
    pty.see("The Night Owls");
    pty.keys("x");
    pty.see("Lift \"");
    pty.keys("y");
    pty.see("The opt-out is lifted.");
    pty.see("You take every invite.");
    ada.json(&["invites", "create", &band, "--for", "@kim"]);
    pty.see("inbox 1");
}

#[test]
fn who_asked_to_join_finds_what_was_said_where_bands_are_found() {
    let server = Served::start();
    let (ada, kim) = (server.person("ada"), server.person("kim"));
    ada.band("The Night Owls");
    ada.run(&["bands", "edit", "The Night Owls", "--join", "request"]);
    let mut pty = client(&kim, &server.origin, (100, 30), &[]);
    pty.see("No bands yet");
    pty.keys("J");
    pty.see("takes requests");
    pty.keys("\r");
    pty.see("An admin of The Night Owls has to agree");
    pty.keys("J");
    pty.see("● pending");
    pty.see("An admin has to agree.");
    pty.keys("\x1b");
    pty.until("the list to be closed", |pty| !pty.screen().contains("Find a band"));
    assert_eq!(ada.run(&["requests", "deny", "The Night Owls", "kim"]).code, 0);
    pty.keys("M");
    pty.see("My requests");
    pty.see("✗ denied");
    pty.keys("\x1b");
    pty.until("the list to be closed", |pty| !pty.screen().contains("My requests"));
    pty.keys("J");
    pty.see("✗ denied");
    pty.see("You can ask again.");
    // The same key asks once more.
    pty.keys("\r");
    pty.until("the list to be closed", |pty| !pty.screen().contains("Find a band"));
    let asked = kim.api("/me/join-requests");
    let statuses: Vec<_> = asked["join_requests"].as_array().unwrap().iter().map(|one| &one["status"]).collect();
    assert_eq!(statuses, ["pending", "denied"], "{asked}");
}
