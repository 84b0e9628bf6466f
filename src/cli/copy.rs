//! `--copy`: a link on the clipboard, and the truth about it on standard error.

use std::io::{self, IsTerminal as _, Read as _, Write};

use crate::{
    client::{Origin, PlainHttp},
    clipboard::{Clipboard, Copied, Mode, Surroundings, hold},
    domain::Pasted,
};

use super::{Error, output};

/// The command, hidden from the help, that holds a text for one that has ended.
pub(super) const HOLD: &str = "hold-clipboard";

/// Copies `link` and says which way it went. The link itself is on standard output already, so that a failure to copy
/// costs nothing but a line here.
pub(super) fn copy(mode: Mode, link: &str) {
    let around = Surroundings::read(|name| std::env::var(name).ok());
    let copied = match terminal() {
        Some(mut terminal) => clipboard(mode, around).copy(link, &mut terminal),
        None => clipboard(mode, Surroundings { dumb: true, ..around }).copy(link, &mut io::sink()),
    };
    match copied {
        Copied::Native => output::note("Copied to the clipboard."),
        Copied::Osc52 => {
            output::note("Sent to the terminal's clipboard; not every terminal takes it.");
        }
        Copied::Failed { why } => output::note(&format!("Not copied ({why}): take the link from above.")),
    }
    let origin = Pasted::parse(link).ok().and_then(|pasted| pasted.origin);
    if origin.is_some_and(|origin| Origin::parse(&origin, PlainHttp::Anywhere).is_ok_and(|origin| origin.is_loopback()))
    {
        output::note("The link works on this machine only.");
    }
}

/// Reads a text from standard input and holds it on the clipboard until something else is copied.
pub(super) fn hold_clipboard() -> Result<(), Error> {
    let mut text = String::new();
    io::stdin().lock().read_to_string(&mut text)?;
    Ok(hold(&text)?)
}

fn clipboard(mode: Mode, around: Surroundings) -> Clipboard {
    match std::env::current_exe() {
        Ok(program) => {
            let mut command = std::process::Command::new(program);
            command.arg(HOLD);
            Clipboard::held_by(mode, around, command)
        }
        Err(_) => Clipboard::new(mode, around),
    }
}

/// The terminal itself: standard output may go to a file or into a pipe.
fn terminal() -> Option<Box<dyn Write>> {
    if io::stderr().is_terminal() {
        return Some(Box::new(io::stderr()));
    }
    if cfg!(unix) {
        return std::fs::OpenOptions::new()
            .write(true)
            .open("/dev/tty")
            .ok()
            .map(|tty| Box::new(tty) as Box<dyn Write>);
    }
    None
}
