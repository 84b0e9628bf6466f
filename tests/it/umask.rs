//! What the program writes is its owner's alone, whatever the umask of who starts it.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    os::unix::fs::{DirBuilderExt as _, PermissionsExt as _},
    path::Path,
    process::{Child, Command, Stdio},
};

use crate::{
    program::{PASSWORD, Ran, signal},
    pty::Pty,
};

const GUESTLIST: &str = env!("CARGO_BIN_EXE_guestlist");

/// The arguments with which a shell starts the program under a umask.
fn under<'a>(umask: &'a str, args: &[&'a str]) -> Vec<&'a str> {
    [&["-c", "umask \"$1\" && shift && exec \"$@\"", "sh", umask, GUESTLIST], args].concat()
}

/// The program under a umask, its owner's home being `home`.
fn program(umask: &str, home: &Path, args: &[&str]) -> Command {
    let mut command = Command::new("/bin/sh");
    command.args(under(umask, args)).env_clear().envs(crate::measured::told()).env("HOME", home);
    command
}

/// Waits for a server to listen; where.
fn listens(command: &mut Command) -> (Child, String) {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut greeting = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut greeting).unwrap();
    (child, greeting.trim().strip_prefix("listening on ").expect(&greeting).to_owned())
}

/// What lies in a folder, at any depth: how many files, and what is not as it is to be, with its mode.
fn look(folder: &Path, loose: &mut Vec<String>) -> usize {
    let mut files = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        let wanted = if path.is_dir() { 0o700 } else { 0o600 };
        if mode != wanted {
            loose.push(format!("{mode:o} {}", path.display()));
        }
        if path.is_dir() { files += look(&path, loose) } else { files += 1 }
    }
    files
}

/// Everything in a home is its owner's alone, and there is as much of it as there should be.
fn is_closed(umask: &str, home: &Path, least: usize) {
    let mut loose = Vec::new();
    let files = look(home, &mut loose);
    assert!(loose.is_empty(), "umask {umask}: {loose:#?}");
    assert!(files >= least, "umask {umask}: {files} files");
}

/// Runs a command that has to succeed; what it prints.
fn run(command: &mut Command, input: &str) -> String {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let ran = Ran::of(&child.wait_with_output().unwrap());
    assert_eq!(ran.code, 0, "{ran:?}");
    ran.out
}

#[test]
fn what_a_server_and_commands_write_is_closed_whatever_the_umask() {
    for umask in ["000", "077"] {
        let outside = tempfile::tempdir().unwrap();
        let (host, ada) = (outside.path().join("host"), outside.path().join("ada"));
        for home in [&host, &ada] {
            fs::DirBuilder::new().mode(0o700).create(home).unwrap();
        }
        let mut serve = program(umask, &host, &["serve", "--listen", "127.0.0.1:0"]);
        serve.envs([("GUESTLIST_LIMITS", "false"), ("GUESTLIST_LOG", "info"), ("GUESTLIST_MAIL_TRANSPORT", "file")]);
        serve.env("GUESTLIST_LOG_FILE", host.join("log")).env("GUESTLIST_MAIL_DIRECTORY", host.join("spool/mails"));
        serve.env("GUESTLIST_MAIL_FROM", "guestlist@invites.example.org");
        let (mut server, origin) = listens(&mut serve);

        let asked =
            |args: &[&str], input: &str| run(program(umask, &ada, args).env("GUESTLIST_SERVER", &origin), input);
        asked(&["register", "ada", "ada@example.org"], PASSWORD);
        let band: serde_json::Value = serde_json::from_str(&asked(&["bands", "create", "Owls", "--json"], "")).unwrap();
        let band = band["id"].as_str().unwrap();
        let file = |name: &str| ada.join(name).display().to_string();
        let results = file("results.csv");
        asked(&["invites", "bulk", band, "-", "--results", &results], "email\nkim@example.org\nsam@example.org\n");
        asked(&["invites", "export", band, "-o", &file("invites.csv")], "");
        asked(&["audit", band, "--format", "csv", "-o", &file("trail.csv")], "");
        run(&mut program(umask, &host, &["admin", "backup", &host.join("copy.db").display().to_string()]), "");
        // The mail goes out beside the answers.
        let mails = host.join("spool/mails");
        let begun = std::time::Instant::now();
        while fs::read_dir(&mails).map_or(0, Iterator::count) < 3 {
            assert!(begun.elapsed() < std::time::Duration::from_mins(1), "mail to Ada, Kim and Sam");
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        // While it runs its files are all there: the key, the database and its two, the log, the copy, three mails.
        is_closed(umask, &host, 9);
        is_closed(umask, &ada, 4);
        assert!(!fs::read_to_string(host.join("log")).unwrap().is_empty());
        signal(&server, "TERM");
        assert!(server.wait().unwrap().success());
    }
}

#[test]
fn what_the_client_keeps_on_this_machine_is_closed_whatever_the_umask() {
    for umask in ["000", "077"] {
        let outside = tempfile::tempdir().unwrap();
        let home = outside.path().join("home");
        fs::DirBuilder::new().mode(0o700).create(&home).unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
        let log = home.join("log").display().to_string();
        let variables =
            [("GUESTLIST_LOCAL_PORT", port.as_str()), ("GUESTLIST_LOG_FILE", &log), ("GUESTLIST_LOG", "info")];
        let mut pty = Pty::start_program("/bin/sh", &home, (100, 30), &under(umask, &[]), &variables);
        pty.see("this machine");
        pty.keys("\r");
        pty.see("Make an account");
        let password = PASSWORD.trim();
        pty.keys(&format!("ada\r\rada@example.org\r{password}\r{password}\r"));
        pty.see("Welcome, ada");
        // The lock, the key, the database and its two, the session and its lock.
        is_closed(umask, &home, 7);
        pty.keys("q");
        assert_eq!(pty.end().0, 0);
        is_closed(umask, &home, 4);
    }
}

#[test]
fn a_folder_that_is_there_stays_as_it_is_and_what_comes_into_it_is_closed() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    fs::create_dir(&data).unwrap();
    // As a package or systemd makes it: its owner alone can write.
    fs::set_permissions(&data, fs::Permissions::from_mode(0o755)).unwrap();
    let mut serve = program("000", home.path(), &["serve", "--listen", "127.0.0.1:0"]);
    let (mut server, _) = listens(serve.env("GUESTLIST_DATA", &data));
    assert_eq!(fs::metadata(&data).unwrap().permissions().mode() & 0o777, 0o755);
    is_closed("000", &data, 4);
    signal(&server, "TERM");
    assert!(server.wait().unwrap().success());
}
