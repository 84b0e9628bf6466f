//! Slips of a finger, and what is typed as people read it: taken where it is clear, else answered with what was meant.

use std::fs;

use serde_json::json;

use crate::program::{Home, PASSWORD, Served};

fn owls(server: &Served) -> (Home, String) {
    let ada = server.person("ada");
    let band = ada.band("The Night Owls");
    (ada, band)
}

#[test]
fn a_mistake_in_any_name_ends_in_the_nearest_one() {
    let server = Served::start();
    let (ada, band) = owls(&server);
    let kim = server.person("kimberley");
    ada.json(&["campaigns", "create", &band, "Spring concert"]);
    ada.json(&["templates", "create", &band, "Drummers"]);
    ada.json(&["codes", "create", "Stage door", "--band", &band, "--count", "2"]);
    ada.json(&["bands", "edit", &band, "--join", "request"]);
    kim.run(&["bands", "join", "The Night Owls"]);
    for (args, meant) in [
        (&["bands", "show", "The Nigth Owls"][..], "The Night Owls"),
        (&["campaigns", "show", &band, "Spring concrt"], "Spring concert"),
        (&["invites", "list", &band, "--campaign", "Spirng concert"], "Spring concert"),
        (&["invites", "create", &band, "--template", "Drumers"], "Drummers"),
        (&["templates", "delete", &band, "Drumers", "--yes"], "Drummers"),
        (&["codes", "sheet", "Stage dor", "--band", &band], "Stage door"),
        (&["requests", "approve", &band, "kimberly"], "kimberley"),
        (&["invites", "list", &band, "--created-by", "kimberly"], "kimberley"),
        (&["members", "remove", &band, "adda", "--yes"], "ada"),
        (&["members", "remove", &band, "aad", "--yes"], "ada"),
    ] {
        ada.run(args).refused(2, &[&format!("Did you mean \"{meant}\"?")]);
    }
    kim.run(&["bands", "join", "The Night Owl"]).refused(2, &["Did you mean \"The Night Owls\"?"]);
    let config = ada.path().join("own.toml");
    fs::write(&config, "[profiles.work]\nserver = \"https://invites.example.org\"\n").unwrap();
    let config = config.to_str().unwrap();
    ada.run(&["--config", config, "--profile", "wrok", "whoami"]).refused(2, &["did you mean \"work\"?"]);
    ada.run(&["invtes", "list"]).refused(2, &["'invites'"]);
    ada.run(&["invites", "lst"]).refused(2, &["'list'"]);
}

#[test]
#[cfg(unix)]
fn so_does_a_mistake_in_the_end_of_an_id_that_was_shown() {
    let server = Served::start();
    let (ada, band) = owls(&server);
    let id = ada.json(&["invites", "create", &band])["invite"]["id"].as_str().unwrap().to_owned();
    ada.in_terminal(80, &["invites", "list", &band], &[]);
    let end = &id[28..];
    let slip = format!("{}{}", &end[..7], if end.ends_with('0') { '1' } else { '0' });
    ada.run(&["invites", "show", &slip])
        .refused(2, &[&format!("Did you mean \"{end}\"?"), "guestlist invites list BAND"]);
}

#[test]
fn a_code_is_taken_as_people_type_it() {
    let server = Served::start();
    let (ada, band) = owls(&server);
    ada.json(&["codes", "create", "Doors", "--band", &band, "--count", "4"]);
    let codes = ada.json(&["codes", "list", "Doors", "--band", &band])["codes"].clone();
    let code = |n: usize| codes[n]["code"].as_str().unwrap().to_owned();
    let groups: Vec<String> = code(0).to_lowercase().split('-').map(str::to_owned).collect();
    let words: Vec<&str> = groups.iter().map(String::as_str).collect();
    let (one, two, three) = (server.person("one"), server.person("two"), server.person("three"));
    assert_eq!(one.json(&[&["preview"], &words[..]].concat())["kind"], "code");
    assert_eq!(one.json(&[&["accept"], &words[..]].concat())["outcome"], "joined");
    assert_eq!(two.json(&["accept", &code(1).replace('-', " ")])["outcome"], "joined");
    assert_eq!(
        three.json_with(&["accept", "-"], &code(2).replace('-', "\u{2013}").to_lowercase())["outcome"],
        "joined"
    );
    let four = server.stranger();
    let made = four.json_with(
        &["register", "four", "--email", "four@example.org", "--invite", &code(3).replace('-', " "), "--accept"],
        PASSWORD,
    );
    assert_eq!(made["outcome"], "joined");
    one.run(&["accept", "two", "words"]).refused(2, &["TOKEN must be an invite link"]);
    one.run(&["accept", "ABCD", "EFGH", "2345"]).refused(1, &["Check that"]);
}

#[test]
fn an_invite_in_the_inbox_is_called_by_its_band() {
    let server = Served::start();
    let (ada, band) = owls(&server);
    let kim = server.person("kim");
    ada.json(&["invites", "create", &band, "--for", "kim"]);
    kim.run(&["inbox", "accept", "The Night Owl"])
        .refused(2, &["Did you mean \"The Night Owls\"?", "`guestlist inbox`"]);
    kim.run(&["inbox", "accept", "0123abcd"]).refused(2, &["INVITE", "`guestlist inbox`"]);
    assert_eq!(kim.json(&["inbox", "accept", "the night owls"])["outcome"], "joined");
}

#[test]
fn a_session_that_has_ended_says_whose_it_was_and_what_to_type() {
    let server = Served::start();
    let (ada, _) = owls(&server);
    let elsewhere = server.stranger();
    let ended = elsewhere.command(&["logout"]).env("GUESTLIST_TOKEN", ada.session()).status().unwrap();
    assert!(ended.success());
    let origin = &server.origin;
    let (says, todo) = (
        format!("error: the session of ada at {origin} has ended"),
        format!("Sign in again with `guestlist login ada --server {origin}`."),
    );
    for args in [&["whoami"][..], &["bands", "list"]] {
        ada.run(args).refused(3, &[&says, &todo]);
    }
    let output = elsewhere.command(&["whoami"]).env("GUESTLIST_TOKEN", ada.session()).output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(text.contains(&format!("GUESTLIST_TOKEN is no session of {origin}, or it has ended")), "{text}");
}

#[test]
fn another_band_of_one_name_is_made_and_said() {
    let server = Served::start();
    let (ada, band) = owls(&server);
    let ran = ada.run(&["bands", "create", "the night owls"]);
    assert!(
        ran.code == 0 && ran.err.contains("another band called \"The Night Owls\"") && ran.err.contains(&band),
        "{ran:?}"
    );
    assert_eq!(ada.run(&["bands", "create", "The Night Owls of Leith"]).err, "");
}

#[test]
fn a_sheet_of_no_codes_is_refused_and_leaves_no_file() {
    let server = Served::start();
    let (ada, band) = owls(&server);
    ada.json(&["campaigns", "create", &band, "Spring"]);
    ada.json(&["invites", "create", &band, "--campaign", "Spring"]);
    ada.json(&["codes", "create", "Doors", "--band", &band, "--count", "1"]);
    ada.json(&["codes", "expire", "Doors", "--band", &band, "--yes"]);
    let file = ada.path().join("cards.html");
    let with = |args: &[&str], name: &str| {
        let whole = [args, &[name, "--band", "The Night Owls", "-o", file.to_str().unwrap()]].concat();
        ada.run(&whole)
    };
    with(&["codes", "sheet"], "Spring")
        .refused(1, &["\"Spring\" has no code that can be used", "guestlist codes create"]);
    with(&["codes", "sheet"], "Doors").refused(1, &["\"Doors\" has no code that can be used"]);
    with(&["codes", "list", "--format", "csv"], "Spring").refused(1, &["\"Spring\" has no codes"]);
    assert!(!file.exists());
    assert_eq!(with(&["codes", "list", "--format", "csv"], "Doors").code, 0);
}

#[test]
fn a_campaign_can_take_the_place_of_invites_that_wait() {
    let server = Served::start();
    let (ada, band) = owls(&server);
    let old = ada.json(&["invites", "create", &band, "--for", "sam@example.org"])["invite"]["id"].clone();
    let people = ada.path().join("people.csv");
    fs::write(&people, "email\nsam@example.org\n").unwrap();
    let create = |name: &str, more: &[&str]| {
        ada.run(&[&["campaigns", "create", &band, name, "--rows", people.to_str().unwrap()], more].concat())
    };
    let refused = create("Spring", &[]);
    assert!(refused.code == 1 && refused.err.contains("0 invites made, 1 row refused."), "{refused:?}");
    assert!(refused.err.contains("error: there is no campaign: no row came to a new invite"), "{refused:?}");
    let again = create("Again", &["--on-existing", "resend"]);
    assert!(again.code == 0 && again.err.contains("The campaign is"), "{again:?}");
    assert!(again.err.contains("1 invite sent again.") && !again.err.contains("0 invites"), "{again:?}");
    assert!(again.out.contains("sent again\tsam@example.org\thttp"), "{again:?}");
    let failed = ada.path().join("failed.csv");
    let resend = |more: &[&str]| {
        let words = ["invites", "bulk", &band, people.to_str().unwrap(), "--on-existing", "resend"];
        ada.run(&[&words[..], &["--failed", failed.to_str().unwrap()], more].concat())
    };
    let dry = resend(&["--dry-run"]);
    assert!(dry.code == 0 && dry.err.contains("1 invite would be sent again. Nothing is done yet."), "{dry:?}");
    for says in ["1 invite sent again.\n", "1 invite had been sent again by the same command"] {
        let ran = resend(&[]);
        assert!(ran.code == 0 && ran.err.contains(says), "{ran:?}");
    }
    assert!(!failed.exists(), "no row was refused");
    let made = create("Spring", &["--on-existing", "replace"]);
    assert_eq!(made.code, 0, "{made:?}");
    let old = ada.json(&["invites", "show", old.as_str().unwrap()]);
    assert_eq!((&old["status"], &old["cancel_reason"]), (&json!("cancelled"), &json!("replaced")));
    assert_eq!(ada.json(&["invites", "list", &band, "--campaign", "Spring"])["invites"][0]["status"], "pending");
    ada.run(&["campaigns", "create", &band, "Other", "--on-existing", "replace"]).refused(2, &["--rows"]);
}
