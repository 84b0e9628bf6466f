//! The client as its shell and its terminal see it: jobs, redirections, a terminal that goes away, what is written.

use std::{path::PathBuf, process::Command};

use rustix::process::Signal;

use crate::{program::Served, pty::Pty};

const GUESTLIST: &str = env!("CARGO_BIN_EXE_guestlist");
/// What every frame begins with.
const FRAME: &str = "\x1b[?2026h";
/// What every frame ends with.
const END: &[u8] = b"\x1b[?2026l";

#[test]
fn a_job_is_stopped_and_continued_by_its_shell_and_takes_the_size_of_then() {
    let home = tempfile::tempdir().unwrap();
    let variables = [("GUESTLIST", GUESTLIST), ("PS1", "ready> ")];
    let mut pty = Pty::start_program("/bin/sh", home.path(), (80, 24), &["-i"], &variables);
    pty.see("ready>");
    pty.keys("\"$GUESTLIST\"\r");
    pty.see("this machine");
    pty.keys("\x1a");
    pty.until("the shell", |pty| !pty.screen().contains("this machine"));
    pty.keys("echo back $((20 + 3))\r");
    pty.see("back 23");
    pty.resize(30, 8);
    pty.keys("fg\r");
    pty.see("too small");
    pty.resize(80, 24);
    pty.see("this machine");
    pty.keys("q");
    pty.until("the shell", |pty| !pty.screen().contains("this machine"));
    pty.keys("echo ended $?\r");
    pty.see("ended 0");
}

/// The only child of a process.
fn child(of: u32) -> Option<u32> {
    let children = std::fs::read_to_string(format!("/proc/{of}/task/{of}/children")).ok()?;
    children.split_whitespace().next()?.parse().ok()
}

/// Whether a process does anything still; one that has ended and that nobody has asked for does not.
fn lives(process: u32) -> bool {
    let stat = std::fs::read_to_string(PathBuf::from(format!("/proc/{process}/stat"))).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, state)| !state.starts_with('Z'))
}

#[test]
#[cfg(target_os = "linux")]
fn when_the_terminal_goes_away_it_ends() {
    let home = tempfile::tempdir().unwrap();
    let arguments = ["-c", "\"$GUESTLIST\"; true"];
    let pty = Pty::start_program("/bin/sh", home.path(), (80, 24), &arguments, &[("GUESTLIST", GUESTLIST)]);
    pty.see("this machine");
    let client = child(pty.id()).unwrap();
    // The terminal belongs to the shell's session and is hung up with it.
    pty.signal(Signal::KILL);
    pty.until("the end of the client", |_| !lives(client));
}

#[test]
fn with_the_output_elsewhere_it_says_what_there_is_instead() {
    let home = tempfile::tempdir().unwrap();
    let output = Command::new(GUESTLIST)
        .env_clear()
        .env("HOME", home.path())
        .env("TERM", "xterm-256color")
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    let says = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{says}");
    assert!(says.contains("needs a terminal") && says.contains("guestlist --help"), "{says}");
}

#[test]
fn it_asks_the_terminal_nothing() {
    let home = tempfile::tempdir().unwrap();
    let mut pty = Pty::start(home.path(), (80, 24), &[], &[]);
    pty.see("this machine");
    pty.keys("q");
    let (code, bytes) = pty.end();
    assert_eq!(code, 0);
    let text = String::from_utf8(bytes).unwrap();
    // Where the cursor is, what the terminal is, which keys, modes and colours it knows.
    for question in ["\x1b[6n", "\x1b[5n", "\x1b[c", "\x1b[0c", "\x1b[>c", "\x1b[?u", "$p", ";?\x07", ";?\x1b\\"] {
        assert!(!text.contains(question), "{question:?}");
    }
}

#[test]
fn a_moved_cursor_costs_few_bytes_and_many_keys_few_frames() {
    let server = Served::start();
    let home = server.person("ada");
    let band = home.band("The Night Owls");
    for _ in 0..30 {
        home.json(&["invites", "create", &band]);
    }
    let mut pty = Pty::start(home.path(), (100, 30), &[], &[("GUESTLIST_SERVER", &server.origin)]);
    pty.see("pending");
    let frames = |pty: &Pty| String::from_utf8_lossy(&pty.bytes()).matches(FRAME).count();
    let move_by = |pty: &mut Pty, keys: &str| {
        let (bytes, drawn) = (pty.bytes().len(), frames(pty));
        pty.keys(keys);
        pty.until("a frame", |pty| pty.bytes().len() > bytes && pty.bytes().ends_with(END));
        (pty.bytes().len() - bytes, frames(pty) - drawn)
    };
    // The first one moves the focus.
    move_by(&mut pty, "2");
    for _ in 0..5 {
        let (bytes, frames) = move_by(&mut pty, "j");
        assert!(bytes <= 200 && frames == 1, "{bytes} bytes, {frames} frames");
    }
    let drawn = frames(&pty);
    // More than is read from a terminal at once.
    pty.keys(&"\x1b[B\x1b[A".repeat(500));
    pty.keys("?");
    pty.see("Everywhere");
    let cost = frames(&pty) - drawn;
    assert!(cost < 200, "{cost} frames for 1,000 keys");
}
