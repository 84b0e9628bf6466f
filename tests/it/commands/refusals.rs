//! How commands end when something is refused: the exit code, the field, and what is allowed.

use crate::program::{Home, PASSWORD, Served};

#[test]
fn an_unknown_token_is_asked_for_and_refused_by_the_server() {
    let server = Served::start();
    let kim = server.person("kim");
    let whole = guestlist::domain::Token::from_random(&[7; 32]).reveal().to_owned();
    let link = format!("{}/invite/inv_short", server.origin);
    for token in [whole.as_str(), "inv_short", "ABCD-EFGH-2345", "whatever", link.as_str()] {
        for command in ["preview", "accept", "decline"] {
            kim.run(&[command, token]).refused(1, &["Check that the link was copied whole"]);
        }
    }
    for nothing in ["", "two words", "https://example.org/no/such"] {
        kim.run_with(&["accept"], nothing).refused(2, &["TOKEN must be an invite link, a token"]);
    }
}

#[test]
fn accepting_needs_a_session_and_says_so() {
    let server = Served::start();
    let stranger = server.stranger();
    stranger.run(&["accept", "inv_x"]).refused(3, &["not signed in", "guestlist login NAME --server"]);
    let refused = stranger
        .command(&["whoami"])
        .env("GUESTLIST_TOKEN", guestlist::domain::SessionToken::from_random(&[7; 32]).reveal())
        .output()
        .unwrap();
    assert_eq!(refused.status.code(), Some(3), "a session that the server does not know");
}

#[test]
fn a_refused_field_is_named_with_what_is_allowed() {
    let server = Served::start();
    let ada = server.person("ada");
    let band = ada.band("The Night Owls");
    let invite = ada.json(&["invites", "create", &band])["invite"]["id"].as_str().unwrap().to_owned();
    let long = "x".repeat(65);
    // What only this server, or only now, refuses.
    ada.json(&["bands", "edit", &band, "--policy", "max_ttl_hours=48"]);
    for (args, says) in [
        (&["bands", "list", "--cursor", "rubbish"][..], &["--cursor"][..]),
        (&["invites", "create", &band, "--ttl-hours", "49"], &["--ttl-hours", "48 hours"]),
    ] {
        ada.run(args).refused(1, says);
    }
    let message = ada.path().join("message.txt");
    std::fs::write(&message, "x".repeat(1_001)).unwrap();
    for (args, says) in [
        (&["bands", "create", ""][..], &["NAME", "1 to 64"][..]),
        (&["bands", "create", &long], &["NAME", "at most 64"]),
        (&["invites", "create", &band, "--label", &"x".repeat(81)], &["--label", "80"]),
        (&["invites", "create", &band, "--message", &"x".repeat(1_001)], &["--message", "1000"]),
        (&["invites", "create", &band, "--message-file", message.to_str().unwrap()], &["--message-file", "1000"]),
        (&["invites", "create", &band, "--for", "kim@example"], &["--for", "an e-mail address"]),
        (&["invites", "create", &band, "--expires-at", "2020-01-01"], &["--expires-at", "future"]),
        (&["bands", "list", "--limit", "0"], &["--limit", "1 or more"]),
        (&["codes", "create", "Doors", "--band", &band, "--count", "1001"], &["--count", "1 to 1000"]),
        (&["members", "set-role", &band, "ada", "owner"], &["ROLE", "members transfer"]),
        (&["people", "k"], &["SEARCH", "2 letters"]),
        (&["invites", "create", &band, "--for", "nobody"], &["--for", "nobody is called \"nobody\""]),
        (&["invites", "create", &band, "--for", "adda"], &["--for", "Did you mean \"ada\"?"]),
        (&["bands", "edit", &band, "--policy", "max_ttl=3"], &["--policy", "did you mean max_ttl_hours?"]),
        (&["quota", "set", "ada", "-3"], &["LIMIT", "from 0 to 1000000"]),
        (&["audit", &band, "--action", "party"], &["--action", "such as invite.accepted", "audit --help"]),
        (&["--config", "none.toml", "whoami"], &["none.toml cannot be read: No such file or directory\n"]),
        (&["audit", &band, "--action", "invite.acepted"], &["--action", "did you mean invite.accepted?"]),
        (&["invites", "create", &band, "--role", "king"], &["--role", "member or admin"]),
        (&["invites", "create", &band, "--role", "owner"], &["--role", "member or admin"]),
        (&["invites", "create", &band, "--ttl-hours", "0"], &["--ttl-hours", "hours from 1 to 876000, or never"]),
        (&["invites", "create", &band, "--ttl-hours", "9999999"], &["--ttl-hours", "876000, or never"]),
        (&["invites", "create", &band, "--max-uses", "0"], &["--max-uses", "1 to 1000000, or unlimited"]),
        (&["invites", "edit", &invite], &["nothing is to be changed", "--label"]),
        (&["invites", "create", &band, "--max-uses", "many"], &["--max-uses"]),
        (&["invites", "list", &band, "--status", "open"], &["--status", "pending accepted rejected cancelled"]),
        (&["invites", "list", "my-band"], &["BAND", "none is called \"my-band\"", "guestlist bands list"]),
        (&["invites", "show", "7"], &["INVITE"]),
        (&["invites"], &["Usage"]),
        (&["register", "kim"], &["EMAIL"]),
        (&["register", "kim", "kim@example.org", "--accept"], &["--invite"]),
        (&["--server", "ftp://x", "whoami"], &["server"]),
    ] {
        ada.run(args).refused(2, says);
    }
}

#[test]
fn registering_says_what_is_wrong_with_each_field() {
    let server = Served::start();
    server.person("ada");
    let kim = server.stranger();
    kim.run_with(&["register", "k@m", "kim@example.org"], PASSWORD).refused(2, &["NAME", "letters, digits"]);
    kim.run_with(&["register", "kim", "kim"], PASSWORD).refused(2, &["EMAIL", "kim@example.org"]);
    let nowhere = Home::at("http://127.0.0.1:1");
    for (typed, why) in [("short\n", "must be 8 to 128 characters"), ("Password1\n", "is one of the most common")] {
        // Nobody is asked about what no server takes.
        nowhere.run_with(&["register", "kim", "kim@example.org"], typed).refused(2, &["the password", why]);
        kim.run_with(&["password", "reset", &format!("rst_{}", "A".repeat(43))], typed).refused(2, &[why]);
    }
    kim.run_with(&["register", "ada", "kim@example.org"], PASSWORD).refused(1, &["taken: choose another"]);
    kim.run_with(&["register", "kim", "ada@example.org"], PASSWORD).refused(1, &["sign in, or use another address"]);
    kim.run_with(&["register", "kim", "kim@example.org", "--invite", "inv_x"], PASSWORD)
        .refused(1, &["link was copied"]);
    kim.run_with(&["login", "ada"], "a wrong pass\n").refused(1, &["Check both and try again"]);
    kim.run_with(&["login", "ada"], "").refused(2, &["no password"]);
}

#[test]
fn a_password_is_never_an_argument() {
    let home = Home::at("http://127.0.0.1:1");
    for args in [&["login", "ada"][..], &["register", "ada", "ada@example.org"]] {
        let help = home.run(&[args[0], "--help"]).out;
        assert!(!help.contains("--password"), "{help}");
        home.run(&[args, &["--password", "secret"]].concat()).refused(2, &["--password"]);
    }
}

#[test]
fn what_one_has_no_business_with_is_not_found_and_what_one_may_not_is_refused() {
    let server = Served::start();
    let (ada, kim, joe) = (server.person("ada"), server.person("kim"), server.person("joe"));
    let band = ada.band("The Night Owls");
    let link = ada.run(&["invites", "create", &band]).out;
    kim.json_with(&["accept"], &link);
    joe.run(&["bands", "show", &band]).refused(1, &["Check the id"]);
    kim.run(&["invites", "create", &band]).refused(1, &["ask an admin"]);
    joe.run_with(&["accept"], &link).refused(1, &["Every use of this invite is taken. Ask ada for a new one.\n"]);
}

#[test]
fn a_server_that_is_gone_is_no_connection() {
    let server = Served::start();
    let ada = server.person("ada");
    server.stop();
    ada.run(&["bands", "list"]).refused(4, &["cannot reach", "the server is running"]);
}
