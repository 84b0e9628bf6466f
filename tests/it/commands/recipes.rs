//! The recipes of the README, each run as it stands there.

use std::{fs, path::Path, process::Command};

use serde_json::json;

use crate::program::{Home, Ran, Served};

/// The commands below a heading of the README, to the next heading.
fn recipe(heading: &str) -> String {
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let (_, below) = readme.split_once(&format!("**{heading}**")).unwrap_or_else(|| panic!("no recipe {heading}"));
    let (_, script) = below.split_once("```sh\n").unwrap();
    script.split_once("\n```").unwrap().0.to_owned()
}

/// Runs a recipe in the person's home. `ssh` runs on this machine what it is given behind the host.
fn run(home: &Home, script: &str) -> Ran {
    let tools = home.path().join("tools");
    fs::create_dir_all(&tools).unwrap();
    fs::write(tools.join("ssh"), "#!/bin/sh\nshift\nexec \"$@\"\n").unwrap();
    fs::set_permissions(tools.join("ssh"), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_guestlist")).parent().unwrap();
    let path = format!("{}:{}:/usr/bin:/bin", tools.display(), program.display());
    let mut command = Command::new("sh");
    command.args(["-euc", script]).env_clear().env("PATH", path).env("HOME", home.path());
    command.env("GUESTLIST_SERVER", &home.origin).current_dir(home.path());
    Ran::of(&command.output().unwrap())
}

fn owls(server: &Served) -> (Home, String) {
    let ada = server.person("ada");
    let band = ada.band("The Night Owls");
    (ada, band)
}

#[test]
fn invite_300_people_from_a_csv() {
    let server = Served::start();
    let (ada, band) = owls(&server);
    let rows: String = (0..300).map(|n| format!("Person {n},person{n}@example.org\n")).collect::<Vec<_>>().concat();
    fs::write(ada.path().join("people.csv"), format!("name,email\n{rows}")).unwrap();
    let ran = run(&ada, &recipe("Invite everybody in a CSV file"));
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.err.contains("300 invites would be made.") && ran.err.contains("300 invites made."), "{}", ran.err);
    assert_eq!(ada.api(&format!("/bands/{band}/invites"))["pending"], 300);
    assert!(!ada.path().join("refused.csv").exists());
    assert_eq!(fs::read_to_string(ada.path().join("links.csv")).unwrap().lines().count(), 301);
}

#[test]
fn revoke_all_that_an_ex_admin_made() {
    let server = Served::start();
    let ((ada, band), sam) = (owls(&server), server.person("sam"));
    sam.json_with(&["accept"], &ada.run(&["invites", "create", &band, "--role", "admin"]).out);
    for _ in 0..3 {
        sam.run(&["invites", "create", &band]);
    }
    let ran = run(&ada, &recipe("Take back what an ex-admin made"));
    assert_eq!((ran.code, ran.out.lines().last()), (0, Some("3 invites revoked.")), "{ran:?}");
    assert_eq!(ada.api(&format!("/bands/{band}/invites"))["pending"], 0);
}

#[test]
fn export_the_audit_of_a_quarter() {
    let server = Served::start();
    let (ada, _) = owls(&server);
    let script = recipe("The audit of a quarter");
    assert_eq!(run(&ada, &script).code, 0);
    let file = ada.path().join("audit-2026-q1.csv");
    assert!(fs::read_to_string(&file).unwrap().starts_with("id,at,action,"));
    // The days of this test in place of the quarter's.
    let day = |hours: i64| (jiff::Zoned::now() + jiff::SignedDuration::from_hours(hours)).date().to_string();
    let today = script.replace("2026-01-01", &day(-24)).replace("2026-04-01", &day(24));
    assert_eq!(run(&ada, &today).code, 0, "{today}");
    assert!(fs::read_to_string(&file).unwrap().contains("band.created"));
}

#[test]
fn invite_to_something_with_a_date_and_see_the_mails_as_files() {
    let script = recipe("To see what would be sent");
    let said: Vec<&str> = script.split(' ').collect();
    assert_eq!(said[3..], ["guestlist", "serve"]);
    let folder = tempfile::tempdir().unwrap();
    let mut environment: Vec<(&str, &str)> = said[..3].iter().map(|word| word.split_once('=').unwrap()).collect();
    assert_eq!(environment[1], ("GUESTLIST_MAIL_DIRECTORY", "mails"));
    environment[1].1 = folder.path().to_str().unwrap();
    let server = Served::start_with(&environment);
    let (ada, band) = owls(&server);
    fs::write(ada.path().join("people.csv"), "email\nkim@example.org\nsam@example.org\n").unwrap();
    let ran = run(&ada, &recipe("Invite to something with a date"));
    assert_eq!(ran.code, 0, "{ran:?}");
    let event = ada.api(&format!("/bands/{band}/campaigns"))["campaigns"][0]["event"].clone();
    assert_eq!(
        (&event["starts_at"], &event["ends_at"]),
        (&json!("2027-04-10T20:00:00+02:00"), &json!("2027-04-10T22:00:00+02:00"))
    );
    let mails = || -> Vec<String> {
        let files = fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().path());
        let invites = files.filter(|path| path.to_str().unwrap().ends_with("-invite.eml"));
        invites.map(|path| fs::read_to_string(path).unwrap()).collect()
    };
    for _ in 0..600 {
        if mails().len() == 2 {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    assert!(mails().iter().all(|mail| mail.contains("Harbour Hall") && mail.contains("invite.ics")), "{:?}", mails());
    assert_eq!(mails().len(), 2);
}

#[test]
fn a_provider_is_named_in_five_lines() {
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let (_, below) = readme.split_once("**To send it**").unwrap();
    let table = below.split_once("```toml\n").unwrap().1.split_once("```").unwrap().0;
    assert_eq!(table.lines().count(), 6, "{table}");
    let home = Home::at("http://127.0.0.1:1");
    let path = home.path().join("own.toml");
    fs::write(&path, table).unwrap();
    let mut check = home.command(&["config", "check"]);
    let ran = Ran::of(&check.env("GUESTLIST_CONFIG", &path).output().unwrap());
    assert_eq!(ran.code, 0, "{ran:?}");
}

#[test]
fn print_codes_for_a_show() {
    let server = Served::start();
    let (ada, _) = owls(&server);
    let ran = run(&ada, &recipe("Codes for a show, on paper"));
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(fs::read_to_string(ada.path().join("cards.html")).unwrap().matches("<svg").count(), 120);
}

#[test]
fn accept_over_ssh_with_one_line() {
    let server = Served::start();
    let ((ada, band), kim) = (owls(&server), server.person("kim"));
    let link = ada.run(&["invites", "create", &band]).out;
    let ran = run(&kim, &format!("LINK='{}'\n{}", link.trim(), recipe("Accept on another machine, in one line")));
    assert_eq!((ran.code, ran.out.as_str()), (0, "You are in The Night Owls as member now.\n"), "{ran:?}");
    assert_eq!(ada.json(&["members", "list", &band])["total"], json!(2));
}

#[test]
fn a_script_looks_at_json_and_at_exit_codes() {
    let server = Served::start();
    let (ada, band) = owls(&server);
    ada.run(&["invites", "create", &band, "--label", "door"]);
    let ran = run(&ada, &recipe("Pipes"));
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(ada.api(&format!("/bands/{band}/invites"))["pending"], 0, "{ran:?}");
}
