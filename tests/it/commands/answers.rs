//! What commands print when all is well: the API's own JSON, and tables for people.

use std::{io::Read as _, process::Stdio};

use serde_json::Value;

use crate::program::{PASSWORD, Served};

/// The invite of this id, without what a later look changes.
fn id(value: &Value) -> &str {
    value["id"].as_str().unwrap()
}

#[test]
fn signing_in_and_out() {
    let server = Served::start();
    let ada = server.stranger();
    let made = ada.json_with(&["register", "ada", "ada@example.org", "--display-name", "Ada Lovelace"], PASSWORD);
    assert_eq!(made["account"]["display_name"], "Ada Lovelace");
    assert_eq!(made["account"], ada.api("/me"));
    assert_eq!(ada.json(&["whoami"]), ada.api("/me"));
    assert!(!made.to_string().contains("gls_"), "the session's secret is for the session file");
    assert_eq!(ada.run(&["whoami"]).out, format!("ada (Ada Lovelace) <ada@example.org> @ {}\n", server.origin));
    let session = ada.session();
    assert_eq!(ada.run(&["logout"]).code, 0);
    ada.run(&["whoami"]).refused(3, &["not signed in", "guestlist login"]);
    for login in ["ada", "ada@example.org", "ADA"] {
        assert_eq!(ada.json_with(&["login", login], PASSWORD)["account"], made["account"]);
    }
    assert_ne!(ada.session(), session);
}

#[test]
fn a_session_of_the_environment_needs_no_file() {
    let server = Served::start();
    let ada = server.person("ada");
    let elsewhere = server.stranger();
    let output = elsewhere.command(&["whoami"]).env("GUESTLIST_TOKEN", ada.session()).output().unwrap();
    assert!(output.status.success());
    let output = elsewhere.command(&["whoami"]).env("GUESTLIST_TOKEN", "rubbish").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("GUESTLIST_TOKEN must be a session token"));
}

#[test]
fn bands_and_members_are_shown_as_the_api_shows_them() {
    let server = Served::start();
    let ada = server.person("ada");
    let band = ada.json(&["bands", "create", "The Night Owls", "--description", "We play late."]);
    assert_eq!(ada.json(&["bands", "show", id(&band)]), ada.api(&format!("/bands/{}", id(&band))));
    ada.band("Brass & Bone");
    assert_eq!(ada.json(&["bands", "list"]), ada.api("/bands"));
    assert_eq!(ada.json(&["bands", "list", "--limit", "1"]), ada.api("/bands?limit=1"));
    let members = format!("/bands/{}/members", id(&band));
    assert_eq!(ada.json(&["members", "list", id(&band)]), ada.api(&members));

    let table = ada.run(&["bands", "list"]).out;
    let lines: Vec<_> = table.lines().collect();
    assert_eq!(lines[0].split_whitespace().collect::<Vec<_>>(), ["ID", "NAME", "ROLE", "MEMBERS", "PENDING"]);
    assert_eq!(lines.len(), 3);
    assert!(table.contains("The Night Owls") && table.contains("Brass & Bone"), "{table}");
    let page = ada.run(&["bands", "list", "--limit", "1"]);
    assert!(page.err.contains("There is more: --cursor "), "{page:?}");
    let cursor = page.err.trim().rsplit(' ').next().unwrap();
    assert!(ada.run(&["bands", "list", "--limit", "1", "--cursor", cursor]).out.contains("The Night Owls"));
}

#[test]
fn an_invites_life_by_commands() {
    let server = Served::start();
    let (ada, kim) = (server.person("ada"), server.person("kim"));
    let band = ada.band("The Night Owls");
    let made = ada.json(&[
        "invites",
        "create",
        &band,
        "--role",
        "admin",
        "--ttl-hours",
        "never",
        "--max-uses",
        "-1",
        "--label",
        "for Kim",
        "--message",
        "Come!",
    ]);
    let (invite, link) = (id(&made["invite"]), made["link"].as_str().unwrap());
    let path = format!("/invites/{invite}");
    assert_eq!(made["invite"], ada.api(&path));
    assert_eq!(ada.json(&["invites", "show", invite]), ada.api(&path));
    let terms = ["role", "expires_at", "max_uses", "label", "message"].map(|name| made["invite"][name].clone());
    assert_eq!(terms, ["admin".into(), Value::Null, Value::Null, "for Kim".into(), "Come!".into()]);
    let of_band = format!("/bands/{band}/invites");
    assert_eq!(ada.json(&["invites", "list", &band]), ada.api(&of_band));
    let filtered = format!("{of_band}?status=pending&q=kim");
    assert_eq!(ada.json(&["invites", "list", &band, "--status", "pending", "-q", "kim"]), ada.api(&filtered));
    assert!(!ada.run(&["invites", "list", &band]).out.contains("inv_"), "lists carry no tokens");
    assert_eq!(ada.json(&["invites", "link", invite])["link"], link);
    assert_eq!(ada.run(&["invites", "link", invite]).out, format!("{link}\n"));

    let edited = ada.json(&["invites", "edit", invite, "--label", "for Kim and Sam", "--max-uses", "2"]);
    assert_eq!((edited["label"].as_str(), edited["max_uses"].as_i64()), (Some("for Kim and Sam"), Some(2)));
    assert_eq!(edited, ada.api(&path));

    let token = made["token"].as_str().unwrap();
    let info = kim.api(&format!("/invites/{token}/info"));
    assert_eq!(kim.json(&["preview", link]), info);
    assert_eq!(kim.json_with(&["preview"], &format!("{token}\n")), info);
    assert!(kim.run(&["preview", token]).out.starts_with("ada invites you to The Night Owls as admin.\n"));

    assert!(ada.run(&["invites", "revoke", invite, "--yes"]).out.contains("guestlist invites restore"));
    kim.run(&["accept", token]).refused(1, &["taken back", "Ask ada for a new one."]);
    assert_eq!(ada.json(&["invites", "restore", invite])["status"], "pending");
    assert_eq!(kim.json_with(&["accept", "-"], link)["outcome"], "joined");
    assert_eq!(kim.json(&["accept", link])["outcome"], "already_member");
    assert_eq!(ada.json(&["members", "list", &band])["total"], 2);
}

#[test]
fn who_made_the_account_by_an_invite_is_shown_it_still_and_comes_in_later() {
    let data = tempfile::tempdir().unwrap();
    let folder = ("GUESTLIST_DATA", data.path().to_str().unwrap());
    let server = Served::start_with(&[("GUESTLIST_POLICY_REGISTRATION", "invite_only"), folder]);
    let ada = server.stranger();
    let mut admin = ada.command(&["admin", "account", "ada", "ada@example.org"]);
    let mut making = admin.env(folder.0, folder.1).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    std::io::Write::write_all(&mut making.stdin.take().unwrap(), PASSWORD.as_bytes()).unwrap();
    assert!(making.wait().unwrap().success());
    ada.json_with(&["login", "ada"], PASSWORD);
    let band = ada.band("The Night Owls");
    let link = ada.run(&["invites", "create", &band]).out;
    let (link, kim) = (link.trim(), server.stranger());
    kim.json_with(&["register", "kim", "kim@example.org", "--invite", link], PASSWORD);
    let shown = kim.run(&["preview", link]).out;
    assert!(shown.starts_with("ada invites you to The Night Owls as member.\n"), "{shown}");
    assert!(shown.contains("Whoever made their account by this invite comes in"), "{shown}");
    assert_eq!(kim.json(&["accept", link])["outcome"], "joined");
    kim.run(&["preview", link]).refused(1, &["Every use of this invite is taken"]);
}

#[test]
fn members_change_and_go_and_so_does_the_band() {
    let server = Served::start();
    let (ada, kim) = (server.person("ada"), server.person("kim"));
    let band = ada.band("The Night Owls");
    let link = ada.run(&["invites", "create", &band]).out;
    kim.json_with(&["accept"], &link);
    let account = kim.api("/me")["id"].as_str().unwrap().to_owned();
    let members = format!("/bands/{band}/members");
    assert_eq!(ada.json(&["members", "set-role", &band, &account, "admin"])["role"], "admin");
    assert_eq!(ada.json(&["members", "list", &band]), ada.api(&members));
    assert!(ada.run(&["members", "set-role", &band, &account, "member"]).out.contains("kim is member now."));
    kim.run(&["bands", "delete", &band, "--yes"]).refused(1, &["owner"]);
    assert_eq!(ada.run(&["members", "remove", &band, &account, "--yes"]).out, "Removed.\n");
    kim.run(&["bands", "show", &band]).refused(1, &["Check the id"]);
    ada.run(&["bands", "delete", &band]).refused(2, &["--yes"]);
    assert_eq!(ada.run(&["bands", "delete", &band, "--yes"]).out, "Deleted.\n");
    ada.run(&["bands", "show", &band]).refused(1, &["Check the id"]);
}

#[test]
fn who_declines_can_refuse_what_would_follow() {
    let server = Served::start();
    let (ada, kim) = (server.person("ada"), server.person("kim"));
    let band = ada.band("The Night Owls");
    let link = ada.run(&["invites", "create", &band]).out;
    kim.run_with(&["decline", "--block", "everyone"], &link).refused(2, &["--block", "inviter band server"]);
    assert_eq!(kim.run_with(&["decline", "--block", "inviter"], &link).out, "Declined.\n");
}

#[test]
fn an_invite_for_one_can_be_declined() {
    let server = Served::start();
    let (ada, kim) = (server.person("ada"), server.person("kim"));
    let band = ada.band("The Night Owls");
    let link = ada.run(&["invites", "create", &band]).out;
    let declined = kim.run_with(&["decline", "--reason", "no time"], &link);
    assert_eq!((declined.code, declined.out.as_str()), (0, "Declined.\n"));
    kim.run_with(&["accept"], &link).refused(1, &["declined"]);
    let invite = ada.json(&["invites", "list", &band])["invites"][0].clone();
    assert_eq!(invite["status"], "rejected");
    assert!(ada.run(&["invites", "show", id(&invite)]).out.contains("REASON\tno time\n"));
    // Who may invite sees the invite, and not what happened in the band.
    let joe = server.person("joe");
    joe.run_with(&["accept"], &ada.run(&["invites", "create", &band]).out);
    ada.run(&["members", "let-invite", &band, "joe"]);
    let seen = joe.run(&["invites", "show", id(&invite)]);
    assert!(seen.code == 0 && seen.out.contains("STATUS\trejected") && !seen.out.contains("no time"), "{seen:?}");
}

#[test]
fn one_can_register_by_an_invite_and_be_in() {
    let server = Served::start();
    let ada = server.person("ada");
    let band = ada.band("The Night Owls");
    let link = ada.run(&["invites", "create", &band, "--max-uses", "3"]).out;
    let input = format!("{link}{PASSWORD}");
    let kim = server.stranger();
    let made = kim.json_with(&["register", "kim", "kim@example.org", "--invite", "-", "--accept"], &input);
    assert_eq!(made["outcome"], "joined");
    assert_eq!(kim.api("/bands")["bands"][0]["id"], band.as_str());

    // Without --accept the invite is only remembered.
    let sam = server.stranger();
    let made = sam.json_with(&["register", "sam", "sam@example.org", "--invite", link.trim()], PASSWORD);
    assert_eq!(made.get("outcome"), None);
    assert_eq!(sam.api("/bands")["bands"], serde_json::json!([]));

    let joe = server.stranger();
    let said = joe.run_with(&["register", "joe", "joe@example.org", "--invite", "-", "--accept"], &input);
    assert!(said.out.contains("guestlist bands list"), "{said:?}");
}

#[test]
fn a_link_says_which_server_is_meant() {
    let server = Served::start();
    let ada = server.person("ada");
    let band = ada.band("The Night Owls");
    let link = ada.run(&["invites", "create", &band]).out;
    let kim = server.stranger();
    let mut child = kim
        .command(&["register", "kim", "kim@example.org", "--invite", "-", "--accept"])
        .env_remove("GUESTLIST_SERVER")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), format!("{link}{PASSWORD}").as_bytes()).unwrap();
    let mut out = String::new();
    child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    assert!(child.wait().unwrap().success());
    assert!(out.starts_with(&format!("kim @ {}\n", server.origin)), "{out}");
    let whoami = kim.command(&["whoami"]).env_remove("GUESTLIST_SERVER").output().unwrap();
    assert!(whoami.status.success(), "the server is the current one now");
}

#[test]
fn a_reader_that_leaves_early_is_no_failure() {
    let server = Served::start();
    let ada = server.person("ada");
    let band = ada.band("The Night Owls");
    for args in [&["bands", "list"][..], &["bands", "list", "--json"], &["invites", "create", &band], &["--help"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = ada.command(args).stdout(writer).stderr(Stdio::piped()).output().unwrap();
        assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]), "{args:?}");
    }
    // Nobody listens to the error either: the exit code still tells.
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let status = ada.command(&["preview", "inv_x"]).stdout(Stdio::null()).stderr(writer).status().unwrap();
    assert_eq!(status.code(), Some(1));
}

#[test]
#[cfg(unix)]
fn a_table_fits_the_terminal_and_is_whole_in_a_pipe() {
    let server = Served::start();
    let ada = server.person("ada");
    let name = "The Night Owls of the Upper River Valley and Beyond";
    let band = ada.band(name);
    assert!(ada.run(&["bands", "list"]).out.contains(name));
    let screen = ada.in_terminal(80, &["bands", "list"], &[]);
    assert!(screen.lines().all(|line| line.chars().count() <= 80), "{screen}");
    assert!(
        screen.contains("The Night Owls")
            && screen.contains('…')
            && screen.contains(&band[28..])
            && !screen.contains(&band),
        "{screen}"
    );
}

#[test]
#[cfg(unix)]
fn colours_are_left_out_where_nobody_wants_them() {
    let server = Served::start();
    let ada = server.person("ada");
    for args in [&["bands", "list"][..], &["--help"], &["bands", "list", "--colour"]] {
        let plain = ada.in_terminal(80, args, &[("NO_COLOR", "1")]);
        assert!(plain.len() > 20 && !plain.contains('\u{1b}'), "{args:?}: {plain:?}");
        assert!(!ada.in_terminal(80, args, &[("TERM", "dumb")]).contains('\u{1b}'), "{args:?}");
    }
    assert!(ada.in_terminal(80, &["--help"], &[]).contains('\u{1b}'), "the help is coloured where it may be");
}

#[test]
fn a_band_is_named_by_its_id_or_by_a_name_that_one_alone_has() {
    let server = Served::start();
    let ada = server.person("ada");
    let owls = ada.band("The Night Owls");
    ada.band("The Night Owls of Leith");
    ada.band("Écho");
    for name in [owls.as_str(), "The Night Owls", "the night owls"] {
        assert_eq!(id(&ada.json(&["bands", "show", name])), owls, "{name}");
    }
    let made = ada.json(&["invites", "create", "éCHO"]);
    assert_eq!(ada.json(&["invites", "list", "Écho"])["invites"][0]["id"], made["invite"]["id"]);
    ada.band("écho");
    ada.run(&["members", "list", "Écho"]).refused(2, &["BAND is not clear", "2 bands", "Give the id"]);
    ada.run(&["members", "list", ""]).refused(2, &["BAND must be the id or the name"]);
    ada.run(&["bands", "delete", "The Night", "--yes"]).refused(2, &["none is called \"The Night\""]);
}

#[test]
fn who_is_invited_by_name_finds_it_in_the_inbox_and_needs_no_link() {
    let server = Served::start();
    let (ada, kim, joe) = (server.person("ada"), server.person("kim"), server.person("joe"));
    let band = ada.band("The Night Owls");
    for whom in ["@kim", "joe"] {
        let made = ada.json(&["invites", "create", &band, "--for", whom]);
        assert_eq!(made["invite"]["kind"], "user");
    }
    let made = ada.json(&["invites", "create", &band, "--for", "eve@example.org"]);
    assert_eq!((&made["invite"]["kind"], &made["invite"]["email"]), (&"email".into(), &"eve@example.org".into()));
    ada.run(&["invites", "create", &band, "--for", "nobody"]).refused(2, &["--for"]);

    assert_eq!(kim.json(&["inbox"]), kim.api("/me/invites"));
    let table = kim.run(&["inbox", "list"]).out;
    assert!(table.lines().nth(1).unwrap().contains("The Night Owls"), "{table}");
    let waiting = |home: &crate::program::Home| home.json(&["inbox"])["invites"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(kim.json(&["inbox", "accept", &waiting(&kim)])["outcome"], "joined");
    assert_eq!(joe.run(&["inbox", "decline", &waiting(&joe), "--reason", "no time"]).out, "Declined.\n");
    for home in [&kim, &joe] {
        assert_eq!(home.run(&["inbox"]).out, "ID\tBAND\tROLE\tBY\tEXPIRES\tEVENT\n");
    }
    assert_eq!(ada.json(&["members", "list", &band])["total"], 2);
}
