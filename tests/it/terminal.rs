//! The client in a real terminal: the main job, and the manners of a good guest.

use guestlist::client::here;
use rustix::process::Signal;

use crate::{program::Served, pty::Pty};

/// A port that nobody listens on, for the embedded server.
fn free_port() -> String {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string()
}

const PASSWORD: &str = "a sentence is easy to keep";

/// Fills in the form for a new account.
fn sign_up(pty: &mut Pty, name: &str) {
    pty.see("Make an account");
    pty.keys(&format!("{name}\r\r{name}@example.org\r{PASSWORD}\r{PASSWORD}\r"));
}

#[test]
fn from_nothing_to_a_band_member_in_two_terminals() {
    let (ada_home, kim_home) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let port = free_port();
    let variables =
        [("SSH_TTY", "/dev/pts/9"), ("GUESTLIST_LOCAL_PORT", port.as_str()), ("GUESTLIST_POLL_SECONDS", "1")];
    let mut ada = Pty::start(ada_home.path(), (100, 30), &[], &variables);
    ada.see("this machine");
    ada.keys("\r");
    sign_up(&mut ada, "ada");
    ada.see("Welcome, ada");
    ada.see("Bands");
    ada.keys("n");
    ada.see("New band");
    ada.keys("The Night Owls\r");
    ada.see("The Night Owls is made");
    ada.keys("n");
    ada.see("New invite");
    ada.keys("\r");
    ada.see("whoever holds it");
    ada.keys("y");
    ada.until("a copied link", |ada| ada.copied().is_some());
    let link = ada.copied().unwrap();
    assert!(link.starts_with(&format!("http://127.0.0.1:{port}/invite/inv_")), "{link}");
    ada.see("this machine only");
    ada.keys("\x1b");
    ada.see("pending");

    let mut kim = Pty::start(kim_home.path(), (80, 24), &[], &variables);
    kim.see("this machine");
    kim.paste(&link);
    // What is offered is seen before anything is asked.
    kim.see("The Night Owls");
    kim.keys("n");
    sign_up(&mut kim, "kim");
    kim.see("You are in The Night Owls now");

    // Nobody touches Ada's keyboard.
    ada.see("accepted");
    ada.see("by ada");
    for pty in [ada, kim] {
        let mut pty = pty;
        pty.keys("q");
        let (code, bytes) = pty.end();
        assert_eq!(code, 0);
        assert!(left_well(&bytes));
    }
}

/// Whether the terminal was given back: the alternate screen left, the cursor shown, pastes plain again.
fn left_well(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let last = |on: &str, off: &str| text.rfind(off) > text.rfind(on);
    last("\x1b[?1049h", "\x1b[?1049l") && last("\x1b[?25l", "\x1b[?25h") && last("\x1b[?2004h", "\x1b[?2004l")
}

#[test]
fn every_way_out_gives_the_terminal_back() {
    let home = tempfile::tempdir().unwrap();
    for signal in [Signal::TERM, Signal::HUP, Signal::INT, Signal::QUIT] {
        let pty = Pty::start(home.path(), (80, 24), &[], &[]);
        pty.see("this machine");
        pty.signal(signal);
        let (code, bytes) = pty.end();
        assert_eq!(code, 0, "{signal:?}");
        assert!(left_well(&bytes), "{signal:?}");
    }
}

#[test]
fn a_terminal_that_cannot_show_it_is_told_so_kindly() {
    let home = tempfile::tempdir().unwrap();
    let pty = Pty::start(home.path(), (80, 24), &[], &[("TERM", "dumb")]);
    let (code, bytes) = pty.end();
    let text = String::from_utf8_lossy(&bytes);
    assert_eq!(code, 2);
    assert!(text.contains("TERM=dumb") && text.contains("--help") && !text.contains('\x1b'), "{text}");
}

#[test]
fn no_size_and_no_storm_of_sizes_brings_it_down() {
    let home = tempfile::tempdir().unwrap();
    let mut pty = Pty::start(home.path(), (80, 24), &[], &[]);
    pty.see("this machine");
    for step in 0..60_u16 {
        pty.resize(1 + step * 7 % 120, 1 + step * 5 % 40);
    }
    pty.resize(1, 1);
    pty.resize(80, 24);
    pty.see("this machine");
    pty.keys("q");
    assert_eq!(pty.end().0, 0);
}

/// Bytes that are no UTF-8, each sequence of them whole, so that none waits for the key behind it.
const NO_TEXT: [&[u8]; 6] = [b"\xff", b"\x80", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf8\x88\x80\x80\x80", b"\xfe\xff"];

/// Every size within reach, one after the other, down to a single cell, and back.
fn storm(pty: &Pty, (columns, rows): (u16, u16)) {
    for step in 0..90_u16 {
        pty.resize(1 + step * 7 % 120, 1 + step * 5 % 40);
    }
    pty.resize(1, 1);
    pty.resize(columns, rows);
}

#[test]
fn it_begins_in_a_single_cell_and_keys_that_are_no_text_are_none() {
    let home = tempfile::tempdir().unwrap();
    let mut pty = Pty::start(home.path(), (1, 1), &[], &[]);
    // It has taken the screen and drawn.
    pty.until("the first screen", |pty| String::from_utf8_lossy(&pty.bytes()).contains("\x1b[?2004h"));
    pty.keys("\x1b");
    pty.resize(80, 24);
    pty.see("this machine");
    for bytes in NO_TEXT {
        pty.raw(bytes);
    }
    pty.keys("2");
    pty.see("Connect to a server");
    for bytes in NO_TEXT {
        pty.raw(bytes);
    }
    pty.keys("here.example");
    pty.see("here.example");
    pty.signal(Signal::TERM);
    let (code, bytes) = pty.end();
    assert_eq!(code, 0);
    assert!(left_well(&bytes));
}

#[test]
fn a_storm_of_sizes_leaves_a_list_and_an_open_form_as_they_were() {
    let server = Served::start();
    let ada = server.person("ada");
    let band = ada.band("The Night Owls");
    for n in 0..40 {
        ada.json(&["invites", "create", &band, "--label", &format!("poster {n}")]);
    }
    let variables = [("GUESTLIST_SERVER", server.origin.as_str()), ("GUESTLIST_POLL_SECONDS", "600")];
    let size = (100, 32);
    let mut pty = Pty::start(ada.path(), size, &[], &variables);
    pty.see("\"poster 39\"");
    pty.keys("2G");
    pty.see("\"poster 0\"");
    storm(&pty, size);
    pty.see("\"poster 0\"");
    pty.raw(b"\xff\xc0\xaf");
    pty.keys("g");
    pty.see("\"poster 39\"");
    pty.keys("n");
    pty.see("New invite");
    crate::stories::to_field(&mut pty, "A note for the band");
    pty.keys("news");
    pty.see("news");
    for bytes in NO_TEXT {
        storm(&pty, size);
        pty.raw(bytes);
    }
    pty.keys("letter");
    pty.see("newsletter");
    storm(&pty, size);
    pty.until("the form", |pty| pty.screen().contains("New invite") && pty.screen().contains("newsletter"));
    pty.signal(Signal::TERM);
    let (code, bytes) = pty.end();
    assert_eq!(code, 0);
    assert!(left_well(&bytes));
}

#[test]
fn without_colour_no_sequence_sets_one() {
    let home = tempfile::tempdir().unwrap();
    let mut pty = Pty::start(home.path(), (80, 24), &[], &[("NO_COLOR", "1")]);
    pty.see("this machine");
    pty.keys("2");
    pty.see("Connect to a server");
    let text = String::from_utf8_lossy(&pty.bytes()).into_owned();
    let coloured = text.split("\x1b[").skip(1).any(|rest| {
        let (numbers, end) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit() && c != ';').unwrap_or(0));
        end.starts_with('m')
            && numbers.split(';').any(|n| matches!(n.parse(), Ok(30..=38 | 40..=48 | 90..=97 | 100..=107)))
    });
    assert!(!coloured);
}

#[test]
fn at_rest_not_a_byte_reaches_the_terminal_while_it_polls() {
    let server = Served::start();
    let home = tempfile::tempdir().unwrap();
    let variables = [("GUESTLIST_SERVER", server.origin.as_str()), ("GUESTLIST_POLL_SECONDS", "1")];
    let mut pty = Pty::start(home.path(), (80, 24), &[], &variables);
    pty.see("Sign in");
    pty.keys("\x14");
    sign_up(&mut pty, "ada");
    pty.see("Welcome, ada");
    // The notice goes by itself; after that nothing changes.
    pty.until("the notice to go", |pty| !pty.screen().contains("Welcome, ada"));
    let before = pty.bytes().len();
    std::thread::sleep(std::time::Duration::from_secs(5));
    assert_eq!(pty.bytes().len(), before);
}

#[test]
fn a_new_password_is_typed_twice_at_the_prompt() {
    let server = Served::start();
    let home = tempfile::tempdir().unwrap();
    let register = |again: &str| {
        let variables = [("GUESTLIST_SERVER", server.origin.as_str())];
        let mut pty = Pty::start(home.path(), (80, 24), &["register", "ada", "ada@example.org"], &variables);
        pty.see("Password:");
        pty.keys(&format!("{PASSWORD}\r"));
        pty.see("Once more:");
        pty.keys(&format!("{again}\r"));
        let (code, bytes) = pty.end();
        (code, String::from_utf8(bytes).unwrap())
    };
    let (code, text) = register("a slip of a finger");
    assert!(code == 2 && text.contains("the two passwords differ: nothing was done"), "{code} {text}");
    let (code, text) = register(PASSWORD);
    assert!(code == 0 && text.contains("ada @ "), "{code} {text}");
}

#[test]
fn a_suspended_client_gives_the_terminal_back_and_comes_back_whole() {
    let home = tempfile::tempdir().unwrap();
    let mut pty = Pty::start(home.path(), (80, 24), &[], &[]);
    pty.see("this machine");
    pty.keys("\x1a");
    pty.until("the screen to be left", |pty| String::from_utf8_lossy(&pty.bytes()).contains("\x1b[?1049l"));
    // Without a shell nothing is stopped, or it is continued here.
    pty.signal(Signal::CONT);
    pty.until("the screen to be taken again", |pty| {
        let bytes = pty.bytes();
        let text = String::from_utf8_lossy(&bytes);
        text.rfind("\x1b[?1049h") > text.rfind("\x1b[?1049l")
    });
    pty.see("this machine");
    pty.keys("q");
    assert_eq!(pty.end().0, 0);
}

#[test]
fn the_demonstration_is_signed_in_and_leaves_nothing_behind() {
    let (home, around) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let here = around.path().to_str().unwrap();
    // A session of the environment is for another server.
    let variables = [("TMPDIR", here), ("GUESTLIST_TOKEN", "gls_of_elsewhere"), ("GUESTLIST_SERVER", "a.example")];
    let mut pty = Pty::start(home.path(), (110, 34), &["--demo"], &variables);
    pty.see("▸ @nikos");
    pty.see("Brass & Bone");
    pty.see("ada @ demo");
    assert_eq!(std::fs::read_dir(around.path()).unwrap().count(), 1);
    pty.keys("q");
    assert_eq!(pty.end().0, 0);
    assert_eq!(std::fs::read_dir(around.path()).unwrap().count(), 0);
    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0);
}

#[test]
fn what_a_killed_demonstration_left_goes_with_the_next_and_one_that_runs_stays() {
    let (home, around) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let variables = [("TMPDIR", around.path().to_str().unwrap())];
    let folders = || std::fs::read_dir(around.path()).unwrap().count();
    let start = || {
        let pty = Pty::start(home.path(), (110, 34), &["--demo"], &variables);
        pty.see("▸ @nikos");
        pty
    };
    let killed = start();
    let mut running = start();
    killed.signal(Signal::KILL);
    let _ = killed.end();
    assert_eq!(folders(), 2);
    let mut next = start();
    assert_eq!(folders(), 2);
    running.keys("2jr");
    running.see("Sure?");
    running.keys("y");
    running.see("Revoked. u undoes it.");
    for pty in [&mut running, &mut next] {
        pty.keys("q");
    }
    assert_eq!((running.end().0, next.end().0, folders()), (0, 0, 0));
}

#[test]
fn a_second_client_of_a_person_attaches_and_takes_over_from_a_killed_one() {
    let home = tempfile::tempdir().unwrap();
    let port = free_port();
    let data = home.path().join("data");
    let variables = [
        ("GUESTLIST_DATA", data.to_str().unwrap()),
        ("GUESTLIST_LOCAL_PORT", port.as_str()),
        ("GUESTLIST_POLL_SECONDS", "1"),
    ];
    let mut first = Pty::start(home.path(), (100, 30), &[], &variables);
    first.see("this machine");
    first.keys("\r");
    sign_up(&mut first, "ada");
    first.see("Welcome, ada");
    first.keys("n");
    first.see("New band");
    first.keys("The Night Owls\r");
    first.see("The Night Owls is made");

    let mut second = Pty::start(home.path(), (100, 30), &[], &variables);
    second.see("The Night Owls");
    first.signal(Signal::KILL);
    let _ = first.end();
    // Nothing is asked of the person, not even a key: the server is up again, in the other process.
    second.until("a server of its own", |_| here::running(&data).unwrap().is_some());
    second.keys("1n");
    second.see("New band");
    second.keys("Brass & Bone\r");
    second.see("Brass & Bone is made");
    second.keys("q");
    assert_eq!(second.end().0, 0);
}
