//! Copying a text, by the machine's own clipboard or through the terminal (OSC 52).
//!
//! On this machine the native clipboard comes first, since it says whether the text arrived. Over SSH it would be the
//! far machine's clipboard, so the terminal is asked first: it passes the text to where the person sits, but never
//! answers. [`Copied`] keeps the two apart, so that nobody is told more than is known.

mod hold;

use std::{
    io::{self, Write},
    process::Command,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};

pub use hold::hold;

words! {
    /// Which way a text is copied.
    #[derive(Default)]
    pub enum Mode {
        /// What fits: through the terminal over SSH, else native; the other way where the first fails.
        #[default]
        Auto = "auto",
        /// The machine's own clipboard alone.
        Native = "native",
        /// Through the terminal alone.
        Osc52 = "osc52",
        /// Not at all.
        Off = "off",
    }
}

/// What the program runs in, as far as copying depends on it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// The person sits at another machine: `SSH_TTY` or `SSH_CONNECTION`.
    pub ssh: bool,
    /// What stands between the program and the terminal.
    pub multiplexer: Option<Multiplexer>,
    /// The terminal understands no sequences, or there is none: `TERM` is `dumb` or missing.
    pub dumb: bool,
}

/// A program that shares one terminal among many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Multiplexer {
    /// tmux: `TMUX`.
    Tmux,
    /// GNU screen: `STY`.
    Screen,
}

impl Surroundings {
    /// Reads them by a look-up such as `|name| std::env::var(name).ok()`. An empty variable counts as missing.
    pub fn read(look_up: impl Fn(&str) -> Option<String>) -> Self {
        let value = |name: &str| look_up(name).filter(|value| !value.is_empty());
        // Where both are set one runs in the other, and nothing tells which; tmux is the more common.
        let multiplexer = match (value("TMUX"), value("STY")) {
            (Some(_), _) => Some(Multiplexer::Tmux),
            (None, Some(_)) => Some(Multiplexer::Screen),
            (None, None) => None,
        };
        Self {
            ssh: value("SSH_TTY").is_some() || value("SSH_CONNECTION").is_some(),
            multiplexer,
            dumb: value("TERM").is_none_or(|term| term == "dumb"),
        }
    }
}

/// How a copy ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Copied {
    /// The machine's clipboard holds the text. Sure.
    Native,
    /// The text was written to the terminal, which does not say whether it took it. Not sure: show the text as well.
    Osc52,
    /// The text was copied nowhere: show it.
    Failed {
        /// The reason, for a person to read.
        why: String,
    },
}

impl Copied {
    /// Whether the clipboard is known to hold the text; where it is not, the text has to be shown.
    pub const fn is_sure(&self) -> bool {
        matches!(self, Self::Native)
    }
}

/// The most bytes of base64 that are sent through a terminal: beyond it common ones drop the whole sequence.
pub const MOST_OSC52: usize = 74_994;
/// GNU screen cuts longer strings off.
const SCREEN_CHUNK: usize = 240;

/// The machine's own clipboard.
trait Native: Send {
    fn set(&mut self, text: &str) -> Result<(), String>;
}

/// Opened at the first copy and kept: on X11 and Wayland the text is held by the program that copied it.
#[derive(Default)]
struct Machine(Option<arboard::Clipboard>);

impl Native for Machine {
    fn set(&mut self, text: &str) -> Result<(), String> {
        let said = |error: arboard::Error| error.to_string();
        let mut open = match self.0.take() {
            Some(open) => open,
            None => arboard::Clipboard::new().map_err(said)?,
        };
        // One that failed is opened anew the next time: the display may have been restarted.
        open.set_text(text).map_err(said)?;
        self.0 = Some(open);
        Ok(())
    }
}

/// Copies texts, and holds what it copied natively for as long as it lives: keep one for the whole session.
pub struct Clipboard {
    mode: Mode,
    around: Surroundings,
    native: Box<dyn Native>,
}

impl std::fmt::Debug for Clipboard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Clipboard").field("mode", &self.mode).field("around", &self.around).finish_non_exhaustive()
    }
}

impl Clipboard {
    /// A clipboard of this mode. Nothing is opened before the first copy.
    pub fn new(mode: Mode, around: Surroundings) -> Self {
        Self { mode, around, native: Box::<Machine>::default() }
    }

    /// A clipboard for a program that ends soon: natively copied texts are held by another process, which `holder`
    /// starts and which runs [`hold`] on what it reads from its standard input.
    pub fn held_by(mode: Mode, around: Surroundings, holder: Command) -> Self {
        Self { mode, around, native: Box::new(hold::Holder(holder)) }
    }

    /// The same without the way through the terminal, for who draws nothing on it.
    #[must_use]
    pub fn without_terminal(self) -> Self {
        let mode = if matches!(self.mode, Mode::Osc52 | Mode::Off) { Mode::Off } else { Mode::Native };
        Self { mode, ..self }
    }

    /// Copies `text`; `terminal` takes the bytes of an OSC 52 sequence, if that way is gone.
    ///
    /// The native clipboard may block on a slow display server: an event loop calls this on a blocking thread, with
    /// a `Vec` for `terminal`, and writes the bytes between two frames.
    pub fn copy(&mut self, text: &str, terminal: &mut impl Write) -> Copied {
        let ways = match self.mode {
            Mode::Off => return Copied::Failed { why: "copying is switched off".to_owned() },
            Mode::Native => vec![Copied::Native],
            Mode::Osc52 => vec![Copied::Osc52],
            Mode::Auto if self.around.ssh => vec![Copied::Osc52, Copied::Native],
            Mode::Auto => vec![Copied::Native, Copied::Osc52],
        };
        let mut reasons = Vec::new();
        for way in ways {
            let done = match way {
                Copied::Native => self.native.set(text).map_err(|why| format!("the clipboard: {why}")),
                _ => self.through(text, terminal).map_err(|why| format!("the terminal: {why}")),
            };
            match done {
                Ok(()) => return way,
                Err(why) => reasons.push(why),
            }
        }
        Copied::Failed { why: reasons.join("; ") }
    }

    fn through(&self, text: &str, terminal: &mut impl Write) -> Result<(), String> {
        if self.around.dumb {
            return Err("it understands no sequences (TERM)".to_owned());
        }
        let bytes = osc52(text, self.around).ok_or_else(|| "the text is too long for it".to_owned())?;
        let sent: io::Result<()> = terminal.write_all(&bytes).and_then(|()| terminal.flush());
        sent.map_err(|error| error.to_string())
    }
}

/// The bytes that ask the terminal to copy `text`; `None` where it is longer than terminals take.
///
/// Inside tmux the request goes twice: plain for `set-clipboard on`, and wrapped for `allow-passthrough on`; whichever
/// is off drops its own.
fn osc52(text: &str, around: Surroundings) -> Option<Vec<u8>> {
    let encoded = STANDARD.encode(text);
    if encoded.len() > MOST_OSC52 {
        return None;
    }
    // BEL ends it rather than ST, whose escape a multiplexer would take for the end of its own string.
    let plain = format!("\x1b]52;c;{encoded}\x07");
    let sent = match around.multiplexer {
        None => plain,
        Some(Multiplexer::Tmux) => format!("{plain}\x1bPtmux;{}\x1b\\", plain.replace('\x1b', "\x1b\x1b")),
        // Each piece is a string of its own; screen passes them on one after the other. All of it is ASCII.
        Some(Multiplexer::Screen) => plain.as_bytes().chunks(SCREEN_CHUNK).fold(String::new(), |mut sent, piece| {
            sent.push_str("\x1bP");
            sent.extend(piece.iter().copied().map(char::from));
            sent.push_str("\x1b\\");
            sent
        }),
    };
    Some(sent.into_bytes())
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    /// A native clipboard that keeps what it was given, or refuses.
    #[derive(Clone, Default)]
    struct Fake {
        held: Arc<Mutex<Vec<String>>>,
        refuses: bool,
    }

    impl Native for Fake {
        fn set(&mut self, text: &str) -> Result<(), String> {
            if self.refuses {
                return Err("no display".to_owned());
            }
            self.held.lock().unwrap().push(text.to_owned());
            Ok(())
        }
    }

    const SSH: Surroundings = Surroundings { ssh: true, multiplexer: None, dumb: false };
    const HERE: Surroundings = Surroundings { ssh: false, ..SSH };

    /// Copies "hi"; gives the end, what the terminal got and what the native clipboard holds.
    fn copy(mode: Mode, around: Surroundings, refuses: bool) -> (Copied, String, Vec<String>) {
        let fake = Fake { refuses, ..Fake::default() };
        let mut clipboard = Clipboard { mode, around, native: Box::new(fake.clone()) };
        let mut terminal = Vec::new();
        let copied = clipboard.copy("hi", &mut terminal);
        let held = fake.held.lock().unwrap().clone();
        (copied, String::from_utf8(terminal).unwrap(), held)
    }

    const HI: &str = "\x1b]52;c;aGk=\x07";

    #[test]
    fn on_this_machine_the_native_clipboard_comes_first() {
        assert_eq!(copy(Mode::Auto, HERE, false), (Copied::Native, String::new(), vec!["hi".to_owned()]));
        assert_eq!(copy(Mode::Auto, HERE, true), (Copied::Osc52, HI.to_owned(), vec![]));
    }

    #[test]
    fn over_ssh_the_terminal_comes_first_and_is_never_sure() {
        let (copied, sent, held) = copy(Mode::Auto, SSH, false);
        assert_eq!((&copied, sent.as_str(), held.len()), (&Copied::Osc52, HI, 0));
        assert!(!copied.is_sure());
    }

    #[test]
    fn a_chosen_way_is_the_only_one() {
        assert_eq!(copy(Mode::Osc52, HERE, false), (Copied::Osc52, HI.to_owned(), vec![]));
        assert_eq!(copy(Mode::Native, SSH, false), (Copied::Native, String::new(), vec!["hi".to_owned()]));
        let (copied, sent, _) = copy(Mode::Native, SSH, true);
        assert_eq!((copied, sent), (Copied::Failed { why: "the clipboard: no display".to_owned() }, String::new()));
        assert!(
            matches!(copy(Mode::Off, HERE, false), (Copied::Failed { .. }, sent, held) if sent.is_empty() && held.is_empty())
        );
    }

    #[test]
    fn a_dumb_terminal_gets_no_sequence() {
        let dumb = Surroundings { dumb: true, ..SSH };
        assert_eq!(copy(Mode::Auto, dumb, false).0, Copied::Native);
        let (copied, sent, _) = copy(Mode::Auto, dumb, true);
        assert!(matches!(&copied, Copied::Failed { why } if why.contains("TERM") && why.contains("no display")));
        assert_eq!(sent, "");
    }

    #[test]
    fn tmux_gets_it_plain_and_passed_through() {
        let sent =
            String::from_utf8(osc52("hi", Surroundings { multiplexer: Some(Multiplexer::Tmux), ..HERE }).unwrap())
                .unwrap();
        assert_eq!(sent, "\x1b]52;c;aGk=\x07\x1bPtmux;\x1b\x1b]52;c;aGk=\x07\x1b\\");
    }

    #[test]
    fn screen_gets_it_in_pieces_that_make_the_whole() {
        let text = "long ".repeat(200);
        let sent =
            String::from_utf8(osc52(&text, Surroundings { multiplexer: Some(Multiplexer::Screen), ..HERE }).unwrap())
                .unwrap();
        let pieces: Vec<_> =
            sent.split_terminator("\x1b\\").map(|piece| piece.strip_prefix("\x1bP").unwrap()).collect();
        assert!(pieces.len() > 1 && pieces.iter().all(|piece| piece.len() <= SCREEN_CHUNK));
        assert_eq!(pieces.concat().into_bytes(), osc52(&text, HERE).unwrap());
    }

    #[test]
    fn a_text_at_the_limit_goes_and_one_beyond_does_not() {
        // Four bytes of base64 stand for three: 56,244 bytes are 74,992.
        assert!(osc52(&"x".repeat(56_244), HERE).is_some());
        assert_eq!(osc52(&"x".repeat(56_245), HERE), None);
    }

    #[test]
    fn a_closed_terminal_is_a_failure_and_not_a_copy() {
        struct Closed;
        impl Write for Closed {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let copied = Clipboard::new(Mode::Osc52, HERE).copy("hi", &mut Closed);
        assert!(matches!(copied, Copied::Failed { why } if why.starts_with("the terminal: ")));
    }

    #[test]
    fn surroundings_are_read_by_name_and_empty_is_missing() {
        let read = |set: &[(&str, &str)]| {
            Surroundings::read(|name| set.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()))
        };
        assert_eq!(read(&[]), Surroundings { dumb: true, ..Surroundings::default() });
        assert_eq!(read(&[("TERM", "xterm"), ("SSH_TTY", "")]), HERE);
        assert_eq!(read(&[("TERM", "xterm"), ("SSH_CONNECTION", "1 2 3 4")]), SSH);
        let nested = read(&[("TERM", "screen"), ("TMUX", "/tmp/t,1,0"), ("STY", "1.a")]);
        assert_eq!(nested, Surroundings { multiplexer: Some(Multiplexer::Tmux), ..HERE });
    }
}
