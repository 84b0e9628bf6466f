//! `--copy` in a real pseudo-terminal: the link arrives in the terminal's clipboard.

use base64::Engine as _;

use crate::program::Served;

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
    let screen = ada.in_terminal(200, &["invites", "create", &band, "--copy"], &[("SSH_TTY", "/dev/pts/9")]);
    let link = copied(&screen).expect("an OSC 52 sequence");
    assert!(link.starts_with(&format!("{}/invite/inv_", server.origin)), "{link}");
    assert!(screen.contains(&format!("{link}\r\n")), "the link is printed as well");
    assert!(screen.contains("not every terminal takes it"), "{screen}");
    assert!(screen.contains("works on this machine only"), "{screen}");

    let invite = ada.json(&["invites", "list", &band])["invites"][0]["id"].as_str().unwrap().to_owned();
    let again = ada.in_terminal(200, &["invites", "link", &invite, "--copy"], &[("GUESTLIST_CLIPBOARD", "osc52")]);
    assert_eq!(copied(&again), Some(link));
}

#[test]
fn a_link_that_cannot_be_copied_is_there_to_be_taken() {
    let server = Served::start();
    let ada = server.person("ada");
    let band = ada.band("The Night Owls");
    let screen = ada.in_terminal(200, &["invites", "create", &band, "--copy"], &[("GUESTLIST_CLIPBOARD", "off")]);
    assert_eq!(copied(&screen), None);
    assert!(screen.contains("/invite/inv_") && screen.contains("Not copied (copying is switched off)"), "{screen}");
    let dumb = ada.in_terminal(200, &["invites", "create", &band, "--copy"], &[("TERM", "dumb")]);
    assert_eq!(copied(&dumb), None);
    assert!(dumb.contains("/invite/inv_") && dumb.contains("Not copied"), "{dumb}");
}
