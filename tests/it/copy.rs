//! `--copy` in a real pseudo-terminal: the link arrives in the terminal's clipboard.

use base64::Engine as _;
use portable_pty::{CommandBuilder, PtySize, native_pty_system};

use crate::program::{Home, Served};

/// Runs a command in a terminal of its own; everything that the terminal got.
fn in_terminal(home: &Home, args: &[&str], environment: &[(&str, &str)]) -> String {
    let pair = native_pty_system().openpty(PtySize { rows: 24, cols: 200, ..PtySize::default() }).unwrap();
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_guestlist"));
    command.args(args);
    command.env_clear();
    command.env("HOME", home.path());
    command.env("GUESTLIST_SERVER", &home.origin);
    command.env("TERM", "xterm-256color");
    for (name, value) in environment {
        command.env(name, value);
    }
    let mut child = pair.slave.spawn_command(command).unwrap();
    drop(pair.slave);
    let mut output = pair.master.try_clone_reader().unwrap();
    let reader = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        // A terminal whose last user has gone ends with an error on some systems.
        let _ = std::io::Read::read_to_end(&mut output, &mut bytes);
        String::from_utf8(bytes).unwrap()
    });
    assert!(child.wait().unwrap().success());
    reader.join().unwrap()
}

/// What an OSC 52 sequence in `text` copies.
fn copied(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("\x1b]52;c;")?;
    let bytes = base64::engine::general_purpose::STANDARD.decode(rest.split_once('\x07')?.0).unwrap();
    Some(String::from_utf8(bytes).unwrap())
}

#[test]
fn over_ssh_the_link_goes_to_the_terminals_clipboard_and_is_shown_too() {
    let server = Served::start();
    let ada = server.person("ada");
    let band = ada.band("The Night Owls");
    let screen = in_terminal(&ada, &["invites", "create", &band, "--copy"], &[("SSH_TTY", "/dev/pts/9")]);
    let link = copied(&screen).expect("an OSC 52 sequence");
    assert!(link.starts_with(&format!("{}/invite/inv_", server.origin)), "{link}");
    assert!(screen.contains(&format!("{link}\r\n")), "the link is printed as well");
    assert!(screen.contains("not every terminal takes it"), "{screen}");
    assert!(screen.contains("works on this machine only"), "{screen}");

    let invite = ada.json(&["invites", "list", &band])["invites"][0]["id"].as_str().unwrap().to_owned();
    let again = in_terminal(&ada, &["invites", "link", &invite, "--copy"], &[("GUESTLIST_CLIPBOARD", "osc52")]);
    assert_eq!(copied(&again), Some(link));
}

#[test]
fn a_link_that_cannot_be_copied_is_there_to_be_taken() {
    let server = Served::start();
    let ada = server.person("ada");
    let band = ada.band("The Night Owls");
    let screen = in_terminal(&ada, &["invites", "create", &band, "--copy"], &[("GUESTLIST_CLIPBOARD", "off")]);
    assert_eq!(copied(&screen), None);
    assert!(screen.contains("/invite/inv_") && screen.contains("Not copied (copying is switched off)"), "{screen}");
    let dumb = in_terminal(&ada, &["invites", "create", &band, "--copy"], &[("TERM", "dumb")]);
    assert_eq!(copied(&dumb), None);
    assert!(dumb.contains("/invite/inv_") && dumb.contains("Not copied"), "{dumb}");
}
