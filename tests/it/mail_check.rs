//! `guestlist admin mail test`: how far a mail comes by a server's settings, said by the real program.

use std::process::Command;

use serde_json::Value;

use crate::{
    authority::{Authority, text},
    program::Ran,
    smtp::MailServer,
};

/// Runs the command with these keys of `[mail]`.
fn test(mail: &str, more: &[&str]) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.toml");
    std::fs::write(&file, format!("[mail]\n{mail}\n")).unwrap();
    let out = Command::new(env!("CARGO_BIN_EXE_guestlist"))
        .args(["--config", file.to_str().unwrap(), "admin", "mail", "test", "kim@example.org"])
        .args(more)
        .env_clear()
        .envs(crate::measured::told())
        .env("GUESTLIST_DATA", folder.path())
        .output()
        .unwrap();
    assert!(!folder.path().join("guestlist.db").exists(), "no database is asked");
    Ran::of(&out)
}

fn smtp(server: &MailServer, tls: &str) -> String {
    format!(
        "transport = \"smtp\"\nhost = \"localhost\"\nport = {}\ntls = \"{tls}\"\nfrom = \"invites@example.org\"",
        server.port
    )
}

fn says(ran: &Ran, code: i32, out: &[&str], err: &[&str]) {
    assert_eq!(ran.code, code, "{ran:?}");
    for (text, wanted) in [(&ran.out, out), (&ran.err, err)] {
        for words in wanted {
            assert!(text.contains(words), "{words} in {ran:?}");
        }
    }
    if code == 0 {
        assert!(ran.err.is_empty(), "{ran:?}");
    }
}

#[test]
fn a_mail_is_followed_to_the_servers_word() {
    let (Some(authority), folder) = (Authority::new(), tempfile::tempdir().unwrap()) else { return };
    let [certificate, key] = authority.issue("localhost", 2049);
    let options = ["--starttls", &certificate, &key, "--login", "guestlist:right"];
    let Some(server) = MailServer::start_with(&options) else { return };
    let password = folder.path().join("password");
    std::fs::write(&password, "right\n").unwrap();
    std::fs::set_permissions(&password, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let login = format!("username = \"guestlist\"\npassword_file = \"{}\"", text(&password));
    let all = format!("{}\nca_file = \"{}\"\n{login}", smtp(&server, "starttls"), text(&authority.file()));
    let port = format!("Connecting to localhost, port {}.\n", server.port);
    let steps = [
        port.as_str(),
        "Encrypting (STARTTLS).\n",
        "Signing in as guestlist.\n",
        "Sending a mail from invites@example.org.\n",
        "It is to kim@example.org.\n",
        "The server took it: 250 taken.",
    ];
    says(&test(&all, &[]), 0, &steps, &[]);
    let told: Value = serde_json::from_str(&test(&all, &["--json"]).out).unwrap();
    assert_eq!((&told["sent"], told["steps"].as_array().unwrap().len()), (&Value::Bool(true), 6), "{told}");
    let taken = server.taken();
    assert_eq!(taken.len(), 2);
    assert_eq!((taken[0].to.as_str(), taken[0].encrypted), ("kim@example.org", true));
    assert!(taken[0].mail.subject.contains("guestlist arrives") && !taken[0].mail.text.contains("://"));
    // Each step that fails names what to look at.
    std::fs::write(&password, "wrong\n").unwrap();
    says(&test(&all, &[]), 1, &steps[..3], &["535", "mail.username", "mail.password_file"]);
    std::fs::write(&password, "right\n").unwrap();
    server.mood("no-sender");
    says(
        &test(&all, &[]),
        1,
        &steps[..4],
        &["550 5.7.1 you may not send from here", "mail.from is invites@example.org"],
    );
    server.mood("550");
    says(&test(&all, &[]), 1, &steps[..5], &["550 5.1.1 no such person here", "another address"]);
    server.mood("451");
    says(&test(&all, &[]), 1, &steps[..5], &["451 4.7.1 greylisted", "try again"]);
    server.mood("ok");
    let alone = format!("{}\n{login}", smtp(&server, "starttls"));
    says(&test(&alone, &[]), 1, &steps[..2], &["certificate", "mail.ca_file"]);
    let missing = format!("{alone}\nca_file = \"/nowhere/ca.pem\"");
    says(&test(&missing, &[]), 1, &steps[..2], &["/nowhere/ca.pem", "mail.ca_file"]);
    assert_eq!(server.taken().len(), 2);
}

#[test]
fn what_is_no_mail_server_or_takes_no_encryption_is_said() {
    let Some(server) = MailServer::start() else { return };
    says(&test(&smtp(&server, "starttls"), &[]), 1, &["Encrypting"], &["STARTTLS", "mail.tls", "587"]);
    says(&test(&smtp(&server, "tls"), &[]), 1, &["encrypted from the first byte"], &["mail.tls", "465"]);
    let nobody = "transport = \"smtp\"\nhost = \"localhost\"\nport = 1\nfrom = \"invites@example.org\"";
    says(&test(nobody, &[]), 1, &["port 1."], &["mail.host", "mail.port"]);
    let no_host = nobody.replace("localhost", "nowhere.invalid");
    says(&test(&no_host, &[]), 1, &["nowhere.invalid"], &["mail.host"]);
}

#[test]
fn into_a_folder_it_says_where_and_without_transport_that_none_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let mail = format!(
        "transport = \"file\"\ndirectory = \"{}\"\nfrom = \"invites@example.org\"",
        folder.path().join("mails").display()
    );
    let ran = test(&mail, &[]);
    let files: Vec<_> =
        std::fs::read_dir(folder.path().join("mails")).unwrap().map(|file| file.unwrap().path()).collect();
    let [file] = &files[..] else { panic!("{files:?}") };
    says(&ran, 0, &[&text(file)], &[]);
    says(&test("transport = \"off\"", &[]), 1, &[], &["mail.transport is off", "no mail is sent"]);
}
