//! What people do in the terminal client, from the first key to the last, in a real pseudo-terminal.

mod lists;
mod waiting;

use std::{fs, path::Path, process::Command};

use crate::{
    postgres::skip,
    program::{Home, Served},
    proxy::{Line, Proxy},
    pty::Pty,
};

/// The client of a person, in a terminal of this size.
fn client(home: &Home, origin: &str, size: (u16, u16), more: &[(&str, &str)]) -> Pty {
    let mut variables = vec![("GUESTLIST_SERVER", origin), ("GUESTLIST_POLL_SECONDS", "1")];
    variables.extend(more);
    Pty::start(home.path(), size, &[], &variables)
}

/// The invites of a band, newest first.
fn invites(home: &Home, band: &str) -> Vec<serde_json::Value> {
    home.json(&["invites", "list", band, "--all"])["invites"].as_array().unwrap().clone()
}

/// Goes to a field of the open form by its hint.
pub fn to_field(pty: &mut Pty, hint: &str) {
    for _ in 0..20 {
        // What is drawn for another reason is not the next field: a key too many goes past the one that is looked for.
        pty.settle();
        if pty.screen().contains(hint) {
            return;
        }
        let before = pty.screen();
        pty.keys("\t");
        pty.until("another field", |pty| pty.screen() != before);
    }
    panic!("no field says {hint:?}:\n{}", pty.screen());
}

#[test]
fn a_list_of_people_is_read_mended_checked_sent_and_written_to_a_file() {
    let server = Served::start();
    let ada = server.person("ada");
    let band = ada.band("The Night Owls");
    let list = "email,name\nkim@example.org,Kim\nsam@exampleorg,Sam\njoe@example.org,Joe\n,table one\n";
    fs::write(ada.path().join("people.csv"), list).unwrap();

    let mut pty = client(&ada, &server.origin, (110, 30), &[]);
    pty.see("The Night Owls");
    pty.keys("2b");
    pty.see("Paste the list here");
    pty.keys("people.csv\r");
    pty.see("4 rows · 1 wrong");
    pty.see("sam@exampleorg: the address must be");
    assert_eq!(invites(&ada, &band).len(), 0, "nothing is sent before it was seen");
    // What is wrong is mended where it stands.
    pty.keys("e");
    pty.keys(&"\x08".repeat("exampleorg".len()));
    pty.keys("example.org\r");
    pty.until("nothing wrong any more", |pty| !pty.screen().contains("wrong ·") && !pty.screen().contains("1 wrong"));
    pty.keys("s");
    pty.see("Make 4 invites to The Night Owls?");
    assert_eq!(invites(&ada, &band).len(), 0, "the server was only asked");
    pty.keys("y");
    pty.see("4 invites are made");
    pty.see("4 rows · 4 made");
    let made = invites(&ada, &band);
    assert_eq!(made.len(), 4);
    assert!(made.iter().any(|invite| invite["email"] == "sam@example.org"));
    pty.keys("s");
    pty.see("Every row has its invite.");
    pty.keys("w");
    pty.see("Write the list to a file");
    pty.keys("\x15made.csv\r");
    pty.see("Written to made.csv");
    let table = fs::read_to_string(ada.path().join("made.csv")).unwrap();
    assert_eq!(table.matches("/invite/inv_").count(), 4, "{table}");
    pty.keys("\x1b");
    pty.until("the list to close", |pty| !pty.screen().contains("Invite many"));
    pty.keys("q");
    assert_eq!(pty.end().0, 0);
    assert_eq!(invites(&ada, &band).len(), 4);
}

#[test]
fn a_list_whose_answer_was_lost_is_sent_again_and_nobody_gets_two() {
    let server = Served::start();
    let ada = server.person("ada");
    let band = ada.band("The Night Owls");
    let line = Proxy::to(&server.origin);
    let ada_there = Home::at(&line.origin);
    ada_there.json_with(&["login", "ada"], crate::program::PASSWORD);

    let mut pty = client(&ada_there, &line.origin, (100, 30), &[]);
    pty.see("The Night Owls");
    pty.keys("2b");
    pty.see("Paste the list here");
    // Plain links: nothing but the name of the request tells them from others.
    pty.paste("name\rtable one\rtable two\rtable three\r");
    pty.see("3 rows");
    pty.keys("s");
    pty.see("Make 3 invites");
    line.is(Line::Deaf);
    pty.keys("y");
    pty.see("makes nothing twice");
    assert_eq!(invites(&ada, &band).len(), 3, "they were made, and nobody here knows");
    line.is(Line::Up);
    pty.keys("s");
    pty.see("3 invites are made");
    assert_eq!(invites(&ada, &band).len(), 3);
}

#[test]
fn a_campaign_is_made_invited_to_and_ended_with_what_is_pending() {
    let server = Served::start();
    let (ada, _kim) = (server.person("ada"), server.person("kim"));
    let band = ada.band("The Night Owls");
    let campaigns = || ada.json(&["campaigns", "list", &band])["campaigns"].as_array().unwrap().clone();
    let mut pty = client(&ada, &server.origin, (110, 30), &[]);
    pty.see("The Night Owls");
    pty.keys("C");
    pty.see("General");
    pty.keys("n");
    pty.see("New campaign");
    pty.keys("Summer party");
    to_field(&mut pty, "What the invites are to");
    pty.keys("Garden party");
    to_field(&mut pty, "As clocks there show it");
    pty.keys("2030-07-06 18:00");
    to_field(&mut pty, "That of its times");
    pty.keys("\x15Europe/Berlin\x13");
    pty.see("Summer party is made");
    assert_eq!(campaigns()[0]["event"]["starts_at"], "2030-07-06T18:00:00+02:00");
    // Whom to invite is found while their name is typed.
    pty.keys("m");
    pty.see("New invite");
    pty.keys("ki");
    pty.see("@kim");
    pty.keys("\x1b[B\r");
    pty.until("the name to be taken", |pty| !pty.screen().contains("▸ @kim"));
    pty.keys("\r");
    pty.see("Only @kim can come into The Night Owls");
    pty.see("It is part of Summer party");
    assert_eq!(invites(&ada, &band).len(), 0, "nothing is sent before it was read once more");
    pty.keys("y");
    pty.see("/invite/inv_");
    assert_eq!(invites(&ada, &band)[0]["campaign_id"], campaigns()[0]["id"]);
    pty.keys("\x1b");
    pty.until("the link to be closed", |pty| !pty.screen().contains("/invite/inv_"));
    pty.keys("C");
    pty.see("Garden party");
    pty.keys("x");
    pty.see("End Summer party?");
    pty.see("one pending invite");
    assert_eq!(invites(&ada, &band)[0]["status"], "pending", "the key that asks ends nothing");
    pty.keys("y");
    pty.see("pending invites that ended with it: 1");
    assert_eq!(invites(&ada, &band)[0]["cancel_reason"], "campaign_expired");
    pty.see("○ ended");
    pty.keys("D");
    pty.see("Delete Summer party?");
    pty.keys("y");
    pty.see("Deleted");
    assert_eq!(campaigns().len(), 1);
    // In a list q leads back to the panes first.
    pty.keys("q");
    pty.see("Members");
    pty.keys("q");
    assert_eq!(pty.end().0, 0);
}

#[test]
fn a_batch_of_codes_is_made_copied_written_to_files_and_one_revoked() {
    let server = Served::start();
    let ada = server.person("ada");
    let band = ada.band("The Night Owls");
    let mut pty = client(&ada, &server.origin, (100, 30), &[("GUESTLIST_CLIPBOARD", "osc52")]);
    pty.see("The Night Owls");
    pty.keys("K");
    pty.see("No codes.");
    pty.keys("n");
    pty.see("New codes");
    pty.keys("Door\t\x153\x13");
    pty.see("3 codes: by each of them one person can come into the band");
    assert_eq!(invites(&ada, &band).len(), 0);
    pty.keys("y");
    pty.see("3 codes are made");
    assert_eq!(invites(&ada, &band).len(), 3);
    pty.see("● pending");
    assert!(pty.screen().contains("Door"), "the batch is called by its name: {}", pty.screen());
    pty.keys("y");
    pty.until("a copied code", |pty| pty.copied().is_some_and(|copied| copied.len() == 14));
    let code = pty.copied().unwrap();
    pty.see(&code);
    pty.keys("\x1b");
    pty.until("the code to be closed", |pty| !pty.screen().contains(&code));
    pty.keys("w");
    pty.see("All codes as a table");
    pty.keys("\x15codes.csv\r");
    pty.see("Written to codes.csv");
    let table = fs::read_to_string(ada.path().join("codes.csv")).unwrap();
    assert_eq!((table.lines().count(), table.matches(&code).count()), (4, 2), "{table}");
    // What is there stays: another name is asked for, and what was typed is not lost.
    pty.keys("p");
    pty.see("Cards to print");
    pty.keys("\x15codes.csv\r");
    pty.see("cannot be written");
    pty.keys("\x15cards.html\r");
    pty.see("Written to cards.html");
    assert!(fs::read_to_string(ada.path().join("cards.html")).unwrap().contains(&code));
    pty.keys("r");
    pty.see("Revoke the code");
    pty.keys("y");
    pty.see("u undoes it");
    pty.see("○ cancelled");
    // In a list q leads back to the panes first.
    pty.keys("q");
    pty.see("Members");
    pty.keys("q");
    assert_eq!(pty.end().0, 0);
}

#[test]
fn what_waits_is_seen_and_accepted_from_the_inbox() {
    let server = Served::start();
    let (ada, kim) = (server.person("ada"), server.person("kim"));
    let band = ada.band("The Night Owls");
    let mut pty = client(&kim, &server.origin, (80, 24), &[]);
    pty.see("No bands yet");
    ada.json(&["invites", "create", &band, "--for", "@kim"]);
    // Nobody touches the keyboard.
    pty.see("inbox 1");
    pty.keys("i");
    pty.see("Invites that wait for you");
    pty.see("The Night Owls");
    pty.keys("\r");
    pty.see("Come into The Night Owls?");
    assert_eq!(invites(&ada, &band)[0]["status"], "pending", "Enter alone accepts nothing");
    pty.keys("y");
    pty.see("Welcome to The Night Owls");
    assert_eq!(invites(&ada, &band)[0]["status"], "accepted");
}

#[test]
fn without_a_line_what_was_read_stays_and_what_is_to_be_done_waits_for_the_persons_word() {
    let server = Served::start();
    let ada = server.person("ada");
    let band = ada.band("The Night Owls");
    ada.json(&["invites", "create", &band, "--label", "poster"]);
    let line = Proxy::to(&server.origin);
    let ada_there = Home::at(&line.origin);
    ada_there.json_with(&["login", "ada"], crate::program::PASSWORD);
    let mut pty = client(&ada_there, &line.origin, (100, 30), &[]);
    pty.see("poster");

    line.is(Line::Down);
    pty.see("offline since");
    assert!(pty.screen().contains("poster"), "what was read stays");
    pty.keys("2r");
    pty.see("Sure?");
    pty.keys("y");
    pty.see("cannot reach");
    line.is(Line::Up);
    pty.until("the line to be back", |pty| !pty.screen().contains("offline since"));
    assert_eq!(invites(&ada, &band)[0]["status"], "pending", "nothing was done behind the person's back");
    assert!(pty.screen().contains("Sure?"), "the question still stands");
    pty.keys("y");
    pty.see("Revoked.");
    assert_eq!(invites(&ada, &band)[0]["status"], "cancelled");

    // An answer that is lost: the form stays as it was typed, and once more is still once.
    pty.keys("n");
    pty.see("New invite");
    to_field(&mut pty, "A note for the band");
    pty.keys("newsletter");
    pty.see("newsletter");
    pty.keys("\x13");
    pty.see("y create");
    line.is(Line::Deaf);
    pty.keys("y");
    pty.see("✗");
    let made = || invites(&ada, &band).iter().filter(|invite| invite["label"] == "newsletter").count();
    assert_eq!(made(), 1);
    // What was typed is there, and the same once more is still one invite.
    pty.keys("\x1b");
    pty.see("newsletter");
    line.is(Line::Up);
    pty.keys("\x13");
    pty.see("y create");
    pty.keys("y");
    pty.see("/invite/inv_");
    assert_eq!(made(), 1);
}

/// What a reader of QR codes makes of the terminal's screen. Light is what the code's own colour is.
fn read_code(pty: &Pty) -> Vec<String> {
    /// Pixels of half a cell.
    const SCALE: usize = 4;
    pty.with_screen(|screen| {
        let (rows, columns) = screen.size();
        let (rows, columns) = (usize::from(rows), usize::from(columns));
        let light = |x: usize, y: usize| {
            let cell = screen.cell((y / 2) as u16, x as u16);
            let Some(cell) = cell.filter(|cell| cell.fgcolor() != vt100::Color::Default) else { return 0 };
            match (cell.contents(), y % 2) {
                ("█", _) | ("▀", 0) | ("▄", 1) => 255,
                _ => 0,
            }
        };
        let mut image = rqrr::PreparedImage::prepare_from_greyscale(columns * SCALE, rows * 2 * SCALE, |x, y| {
            light(x / SCALE, y / SCALE)
        });
        image.detect_grids().into_iter().filter_map(|grid| grid.decode().ok()).map(|(_, text)| text).collect()
    })
}

#[test]
fn a_reader_takes_the_link_off_the_screen() {
    let server = Served::start();
    let ada = server.person("ada");
    let band = ada.band("The Night Owls");
    let link = ada.json(&["invites", "create", &band])["link"].as_str().unwrap().to_owned();
    let mut pty = client(&ada, &server.origin, (80, 40), &[]);
    pty.see("pending");
    pty.keys("2Q");
    pty.until("a code that reads as the link", |pty| read_code(pty).contains(&link));
}

#[test]
fn over_ssh_a_link_is_copied_through_the_terminal_and_shown_since_nobody_can_be_sure() {
    let server = Served::start();
    let ada = server.person("ada");
    let band = ada.band("The Night Owls");
    let link = ada.json(&["invites", "create", &band])["link"].as_str().unwrap().to_owned();
    let mut pty = client(&ada, &server.origin, (120, 30), &[("SSH_CONNECTION", "192.0.2.1 50000 192.0.2.2 22")]);
    pty.see("pending");
    pty.keys("2y");
    pty.until("the link in the terminal's clipboard", |pty| pty.copied().as_ref() == Some(&link));
    pty.see(&link);
}

/// What a terminal was asked to copy last, whichever clipboard was named.
fn taken(pty: &Pty) -> Option<String> {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let bytes = pty.bytes();
    let text = String::from_utf8_lossy(&bytes);
    let (_, rest) = text.rsplit_once("\x1b]52;")?;
    let (_, encoded) = rest.split_once(';')?;
    let end = encoded.find(['\x07', '\x1b'])?;
    String::from_utf8(STANDARD.decode(&encoded[..end]).ok()?).ok()
}

#[test]
fn inside_tmux_a_link_reaches_the_terminal_around_it() {
    if Command::new("tmux").arg("-V").output().is_err() {
        return skip("there is no tmux");
    }
    let server = Served::start();
    let ada = server.person("ada");
    let band = ada.band("The Night Owls");
    let link = ada.json(&["invites", "create", &band])["link"].as_str().unwrap().to_owned();
    let settings = ada.path().join("tmux.conf");
    // As set-clipboard is by default in new ones, and with what the terminal around it can do.
    fs::write(&settings, "set -g set-clipboard on\nset -ga terminal-overrides ',*:Ms=\\E]52;%p1%s;%p2%s\\007'\n")
        .unwrap();
    let socket = ada.path().join("tmux.socket");
    let (socket, settings) = (socket.to_str().unwrap(), settings.to_str().unwrap());
    let args =
        ["-u", "-S", socket, "-f", settings, "new-session", "-x", "120", "-y", "30", env!("CARGO_BIN_EXE_guestlist")];
    let variables = [
        ("GUESTLIST_SERVER", server.origin.as_str()),
        ("GUESTLIST_CLIPBOARD", "osc52"),
        ("PATH", "/usr/local/bin:/usr/bin:/bin"),
        ("LC_ALL", "C.UTF-8"),
    ];
    let mut pty = Pty::start_program("tmux", ada.path(), (120, 30), &args, &variables);
    pty.see("pending");
    pty.keys("2y");
    pty.until("the link in the terminal around it", |pty| taken(pty).as_ref() == Some(&link));
    let _ = Command::new("tmux").args(["-S", socket, "kill-server"]).output();
}

/// An editor: a shell script.
fn editor(home: &Path, script: &str) -> String {
    let path = home.join("editor.sh");
    fs::write(&path, script).unwrap();
    format!("sh {}", path.display())
}

#[test]
fn a_message_is_written_in_the_persons_own_editor_and_stays_where_that_fails() {
    let server = Served::start();
    let ada = server.person("ada");
    let band = ada.band("The Night Owls");
    let folder = tempfile::tempdir().unwrap();
    // It sees a terminal as it was before the client took it, and what was typed so far.
    let script = "stty -a > \"$HOME/stty\"; stat -c %a \"$1\" > \"$HOME/mode\"; test \"$(cat \"$1\")\" = fail && exit 1\n\
                  printf 'Doors at seven.\\nBring a horn.\\n' >> \"$1\"\n";
    let editor = editor(ada.path(), script);
    let variables =
        [("EDITOR", editor.as_str()), ("PATH", "/usr/bin:/bin"), ("XDG_RUNTIME_DIR", folder.path().to_str().unwrap())];
    let mut pty = client(&ada, &server.origin, (100, 40), &variables);
    pty.see("The Night Owls");
    pty.keys("2n");
    pty.see("New invite");
    to_field(&mut pty, "A few words that the invited read");
    pty.keys("fail\x0f");
    pty.see("what was typed stays");
    assert!(pty.screen().contains("fail"), "{}", pty.screen());
    pty.keys("\x15\x0f");
    pty.see("Bring a horn.");
    pty.keys("\x13");
    pty.see("y create");
    pty.keys("y");
    pty.see("/invite/inv_");
    assert_eq!(invites(&ada, &band)[0]["message"], "Doors at seven.\nBring a horn.");
    let terminal = fs::read_to_string(ada.path().join("stty")).unwrap();
    assert!(terminal.contains(" icanon") && terminal.contains(" echo "), "{terminal}");
    assert_eq!(fs::read_to_string(ada.path().join("mode")).unwrap(), "600\n");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "no file is left");
}

#[test]
fn an_invite_for_another_account_is_accepted_after_a_switch_in_place() {
    let server = Served::start();
    let joe = server.person("joe");
    let band = joe.band("The Night Owls");
    // One person with two accounts on one machine.
    let home = server.person("ada");
    home.json_with(&["register", "kim", "kim@example.org"], crate::program::PASSWORD);
    let link = joe.json(&["invites", "create", &band, "--for", "@ada"])["link"].as_str().unwrap().to_owned();
    let mut pty = client(&home, &server.origin, (80, 24), &[]);
    pty.see("kim @");
    pty.paste(&link);
    pty.see("The Night Owls");
    pty.keys("\r");
    pty.see("You are kim here");
    pty.keys("@");
    pty.see("Servers and accounts");
    pty.see("ada @");
    pty.keys("\r");
    // The invite came along.
    pty.see("joe");
    pty.until("who one is now", |pty| pty.screen().contains("ada @") && !pty.screen().contains("Servers"));
    pty.see("enter accept");
    pty.keys("\r");
    pty.see("Welcome to The Night Owls");
    pty.keys("@");
    pty.see("kim @");
    pty.keys("\r");
    pty.see("No bands yet");
    assert_eq!(joe.json(&["members", "list", &band])["total"], 2);
}
