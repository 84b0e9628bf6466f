//! Verifying an address and setting a new password, by commands.

use std::path::Path;

use serde_json::json;

use crate::{
    program::{PASSWORD, Served},
    world::Mail,
};

/// The mail that arrives next.
fn next_mail(folder: &Path) -> Mail {
    loop {
        let is_whole = |path: &std::path::PathBuf| path.extension().is_some_and(|extension| extension == "eml");
        let found = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).find(is_whole);
        if let Some(path) = found {
            let bytes = std::fs::read(&path).unwrap();
            std::fs::remove_file(path).unwrap();
            return Mail::of(&bytes);
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}

#[test]
fn an_address_is_verified_and_a_forgotten_password_replaced() {
    let mails = tempfile::tempdir().unwrap();
    let served = Served::start_with(&[
        ("GUESTLIST_MAIL_TRANSPORT", "file"),
        ("GUESTLIST_MAIL_DIRECTORY", mails.path().to_str().unwrap()),
        ("GUESTLIST_MAIL_FROM", "guestlist@invites.example.org"),
    ]);
    let kim = served.person("kim");
    let code = next_mail(mails.path()).subject.split_once(' ').unwrap().0.to_owned();
    let ran = kim.run(&["verify"]);
    assert!(ran.code == 1 && ran.err.contains("Try again in"), "one was mailed just now: {}", ran.err);
    let ran = kim.run(&["verify", "nonsense"]);
    assert!(ran.code == 2 && ran.err.contains("CODE must be the eight"), "{}", ran.err);
    assert_eq!(kim.json(&["verify", &code.to_lowercase()])["email_verified"], json!(true));
    let ran = kim.run(&["verify", &code]);
    assert!(ran.code == 1 && ran.err.contains("verified already"), "{}", ran.err);

    for login in ["kim", "nobody"] {
        let ran = kim.run(&["password", "forgot", login]);
        assert!(ran.code == 0 && ran.out.contains("If there is such an account"), "{} {}", ran.out, ran.err);
    }
    let link = next_mail(mails.path()).word(&served.origin).to_owned();
    let ran = kim.run_with(&["password", "reset", "rst_short"], "another long pass\n");
    assert!(ran.code == 2 && ran.err.contains("TOKEN must be"), "{}", ran.err);
    let ran = kim.run_with(&["password", "reset"], &format!("{link}\nanother long pass\n"));
    assert!(ran.code == 0 && ran.out.contains("sign in with it"), "{} {}", ran.out, ran.err);
    assert_eq!(kim.run(&["whoami"]).code, 3, "every session has ended");
    assert_eq!(kim.run_with(&["login", "kim"], PASSWORD).code, 1);
    assert_eq!(kim.run_with(&["login", "kim@example.org"], "another long pass\n").code, 0);
    let ran = kim.run_with(&["password", "reset", &link], "a third long pass\n");
    assert!(ran.code == 1 && ran.err.contains("ask for a new mail"), "{}", ran.err);
}

#[test]
fn without_mail_one_is_told_whom_to_ask() {
    let served = Served::start();
    let kim = served.person("kim");
    let ran = kim.run(&["verify"]);
    assert!(ran.code == 1 && ran.err.contains("sends no mail"), "{}", ran.err);
    let ran = kim.run(&["password", "forgot", "kim"]);
    assert!(ran.code == 1 && ran.err.contains("sends no mail"), "{}", ran.err);
}
