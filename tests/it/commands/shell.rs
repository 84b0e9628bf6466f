//! Completions and man pages.

use crate::program::{Home, Served};

/// What bash would offer for these words, the last of which is being typed.
fn offered(home: &Home, words: &[&str]) -> Vec<String> {
    let mut command = home.command(&[&["--"], words].concat());
    command.env("GUESTLIST_COMPLETE", "bash").env("_CLAP_COMPLETE_INDEX", (words.len() - 1).to_string());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    // Flags could follow everywhere.
    let typed = words[words.len() - 1];
    text.lines().filter(|offer| typed.starts_with('-') || !offer.starts_with('-')).map(str::to_owned).collect()
}

#[test]
fn commands_bands_and_invites_are_completed() {
    let server = Served::start();
    let ada = server.person("ada");
    let band = ada.band("The Night Owls");
    ada.band("Choir");
    let made = ada.json(&["invites", "create", &band]);
    let id = made["invite"]["id"].as_str().unwrap();
    assert_eq!(offered(&ada, &["guestlist", "inv"]), ["invites"]);
    assert_eq!(offered(&ada, &["guestlist", "bands", "show", ""]), ["Choir", "The\\ Night\\ Owls"]);
    assert_eq!(offered(&ada, &["guestlist", "bands", "show", "the\\ n"]), ["The\\ Night\\ Owls"]);
    for command in ["show", "revoke", "link"] {
        assert_eq!(offered(&ada, &["guestlist", "invites", command, &id[..9]]), [id], "{command}");
    }
    assert!(offered(&ada, &["guestlist", "invites", "list", "x", "--st"]).contains(&"--status".to_owned()));
}

#[test]
fn campaigns_of_one_name_are_offered_once_and_batches_by_what_tells_them_apart() {
    let server = Served::start();
    let ada = server.person("ada");
    let (owls, choir) = (ada.band("The Night Owls"), ada.band("Choir"));
    let mut made = Vec::new();
    for band in [&owls, &choir] {
        let batch = ada.json(&["codes", "create", "Doors", "--band", band, "--count", "1"]);
        made.push(batch["campaign"]["id"].as_str().unwrap().to_owned());
    }
    ada.json(&["campaigns", "create", &owls, "Spring"]);
    let no_band = offered(&ada, &["guestlist", "invites", "revoke", "--campaign", ""]);
    assert_eq!(no_band.iter().filter(|offer| *offer == "General").count(), 1, "{no_band:?}");
    // Without a band a name says nothing: ids do.
    let mut batches = offered(&ada, &["guestlist", "codes", "sheet", ""]);
    batches.sort();
    made.sort();
    assert_eq!(batches, made);
    assert_eq!(offered(&ada, &["guestlist", "codes", "sheet", "--band", "Choir", ""]), ["Doors"]);
    ada.json(&["codes", "create", "doors", "--band", &choir, "--count", "1"]);
    let both = offered(&ada, &["guestlist", "codes", "sheet", "--band", "Choir", ""]);
    assert!(both.len() == 2 && both.iter().all(|offer| offer.len() == 36), "two of one name go by their ids: {both:?}");
}

#[test]
fn every_action_of_the_trail_is_offered() {
    let home = Home::at("http://127.0.0.1:1");
    let all = offered(&home, &["guestlist", "audit", "x", "--action", ""]);
    assert_eq!(all, guestlist::api::AUDIT_ACTIONS);
}

#[test]
fn without_a_server_there_is_nothing_to_offer_and_no_error() {
    let home = Home::at("http://127.0.0.1:1");
    assert_eq!(offered(&home, &["guestlist", "bands", "show", ""]), Vec::<String>::new());
}

#[test]
fn a_shell_reads_its_completions_at_its_start() {
    let home = Home::at("http://127.0.0.1:1");
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ran = home.run(&["completions", shell]);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""));
        assert!(ran.out.contains("GUESTLIST_COMPLETE") && ran.out.contains("guestlist"), "{shell}: {}", ran.out);
    }
    home.run(&["completions", "tcsh"]).refused(2, &["bash, zsh, fish"]);
}

#[test]
fn every_command_has_a_man_page() {
    let home = Home::at("http://127.0.0.1:1");
    let page = home.run(&["man"]).out;
    assert!(page.contains(".TH \"GUESTLIST\" 1") && page.contains("Invitations for bands"), "{page}");
    let folder = home.path().join("man");
    assert_eq!(home.run(&["man", "--folder", folder.to_str().unwrap()]).code, 0);
    for name in ["guestlist.1", "guestlist-invites.1", "guestlist-invites-bulk.1", "guestlist-codes-sheet.1"] {
        assert!(folder.join(name).is_file(), "{name}");
    }
}
