//! The client as its shell and its terminal see it: jobs, redirections, a terminal that goes away, what is written.

use std::{
    io::{Read as _, Write as _},
    path::PathBuf,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use portable_pty::{CommandBuilder, PtySize, native_pty_system};
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
    prompted(&pty);
    pty.keys("echo back $((20 + 3))\r");
    pty.see("back 23");
    pty.resize(30, 8);
    pty.keys("fg\r");
    pty.see("too small");
    pty.resize(80, 24);
    pty.see("this machine");
    pty.keys("q");
    prompted(&pty);
    pty.keys("echo ended $?\r");
    pty.see("ended 0");
}

#[test]
#[cfg(target_os = "linux")]
fn stopped_by_another_program_it_gives_the_terminal_back_as_well() {
    let home = tempfile::tempdir().unwrap();
    let variables = [("GUESTLIST", GUESTLIST), ("PS1", "ready> ")];
    let mut pty = Pty::start_program("/bin/sh", home.path(), (80, 24), &["-i"], &variables);
    pty.see("ready>");
    pty.keys("\"$GUESTLIST\"\r");
    pty.see("this machine");
    send(child(pty.id()).unwrap(), Signal::TSTP);
    prompted(&pty);
    pty.keys("echo back $((20 + 3))\r");
    pty.see("back 23");
    pty.keys("fg\r");
    pty.see("this machine");
    pty.keys("q");
    prompted(&pty);
    pty.keys("echo ended $?\r");
    pty.see("ended 0");
}

/// Waits until the shell asks for the next command: what is typed before is read by whoever has the terminal still.
fn prompted(pty: &Pty) {
    pty.until("the shell", |pty| pty.screen().trim_end().ends_with("ready>"));
}

fn send(process: u32, signal: Signal) {
    let process = rustix::process::Pid::from_raw(process.cast_signed()).unwrap();
    rustix::process::kill_process(process, signal).unwrap();
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
fn a_terminal_that_goes_without_a_word_ends_it_too() {
    // It is no session's own terminal, so that nobody is sent a signal when it goes.
    without_its_terminal(false);
}

#[test]
fn no_terminal_to_tell_of_an_error_is_no_crash() {
    // The signal and the failing write race.
    for _ in 0..12 {
        without_its_terminal(true);
    }
}

/// Starts the client and takes the terminal away.
fn without_its_terminal(controlling: bool) {
    let home = tempfile::tempdir().unwrap();
    let pair = native_pty_system().openpty(PtySize { rows: 24, cols: 80, ..PtySize::default() }).unwrap();
    let mut command = CommandBuilder::new(GUESTLIST);
    command.env_clear();
    command.env("HOME", home.path());
    command.env("TERM", "xterm-256color");
    command.set_controlling_tty(controlling);
    let mut client = pair.slave.spawn_command(command).unwrap();
    drop(pair.slave);
    let mut reader = pair.master.try_clone_reader().unwrap();
    let (mut seen, mut buffer) = (Vec::new(), [0; 4096]);
    while !String::from_utf8_lossy(&seen).contains("this machine") {
        let count = reader.read(&mut buffer).unwrap();
        seen.extend_from_slice(&buffer[..count]);
    }
    drop((reader, pair.master));
    let begun = Instant::now();
    let status = loop {
        if let Some(status) = client.try_wait().unwrap() {
            break status;
        }
        if begun.elapsed() > Duration::from_mins(1) {
            client.kill().unwrap();
            panic!("it lives on without a terminal");
        }
        thread::sleep(Duration::from_millis(20));
    };
    assert_eq!(status.signal(), None, "{status:?}");
}

#[test]
#[cfg(target_os = "linux")]
fn a_panic_is_reported_on_a_terminal_that_was_given_back() {
    use rustix::process::{Pid, Resource, Rlimit, prlimit};

    let home = tempfile::tempdir().unwrap();
    let mut pty = Pty::start(home.path(), (80, 24), &[], &[]);
    pty.see("this machine");
    // Room for a report, but not for the stack of one more thread: starting the server has to panic.
    let status = std::fs::read_to_string(format!("/proc/{}/status", pty.id())).unwrap();
    let taken = status.lines().find_map(|line| line.strip_prefix("VmSize:")).unwrap();
    let kilobytes: u64 = taken.trim().trim_end_matches(" kB").parse().unwrap();
    let room = Some((kilobytes + 1_024) * 1_024);
    let client = Pid::from_raw(pty.id().cast_signed());
    prlimit(client, Resource::As, Rlimit { current: room, maximum: room }).unwrap();
    pty.keys("\r");
    let (code, bytes) = pty.end();
    let text = String::from_utf8_lossy(&bytes);
    assert_eq!(code, 101, "{text}");
    let (screen, after) = text.rsplit_once("\x1b[?1049l").unwrap();
    assert!(screen.contains("\x1b[?2004l"), "pastes are plain again");
    assert!(after.contains("\x1b[?25h") && after.contains("This is a mistake in guestlist"), "{after}");
    // Lines begin at the left again: the terminal makes two characters of the end of a line.
    assert!(after.contains("\r\n") && !after.replace("\r\n", "").contains('\n'), "{after}");
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
    // All that is on its way has come: what is drawn from here on is the keys'.
    for part in ["● live", "30 pending of 30", "founder"] {
        pty.see(part);
    }
    let frames = |pty: &Pty| String::from_utf8_lossy(&pty.bytes()).matches(FRAME).count();
    let move_by = |pty: &mut Pty, keys: &str| {
        let (bytes, drawn) = (pty.bytes().len(), frames(pty));
        pty.keys(keys);
        pty.until("a frame", |pty| pty.bytes().len() > bytes && pty.bytes().ends_with(END));
        (pty.bytes().len() - bytes, frames(pty) - drawn)
    };
    // The first one moves the focus.
    move_by(&mut pty, "2");
    let mut costs: Vec<_> = (0..5).map(|_| move_by(&mut pty, "j")).collect();
    costs.sort_unstable();
    // An answer of the server can come in between, and is drawn, too.
    let (bytes, moved) = costs[2];
    assert!(bytes <= 200 && moved == 1, "bytes and frames of each: {costs:?}");
    let drawn = frames(&pty);
    // More than is read from a terminal at once.
    pty.keys(&"\x1b[B\x1b[A".repeat(500));
    pty.keys("?");
    pty.see("In the invites");
    let cost = frames(&pty) - drawn;
    assert!(cost < 200, "{cost} frames for 1,000 keys");
}

#[test]
fn a_server_whose_greeting_nobody_reads_serves_all_the_same() {
    let home = tempfile::tempdir().unwrap();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut server = Command::new(GUESTLIST)
        .args(["serve", "--listen", &address.to_string()])
        .env_clear()
        .env("HOME", home.path())
        .stdout(writer)
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    let mut connection = loop {
        match std::net::TcpStream::connect(address) {
            Ok(connection) => break connection,
            Err(error) => assert!(begun.elapsed() < Duration::from_mins(1), "{error}"),
        }
        thread::sleep(Duration::from_millis(20));
    };
    connection.write_all(b"GET /livez HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 204"), "{answer}");
    let asked = Command::new("kill").args(["-TERM", &server.id().to_string()]).status().unwrap();
    assert!(asked.success());
    assert_eq!(server.wait().unwrap().code(), Some(0));
}
