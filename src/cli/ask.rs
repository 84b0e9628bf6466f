//! What is asked of the person at the keyboard, and what is read in place of an answer.

use std::{
    fs::File,
    io::{self, BufRead as _, IsTerminal as _, Read, Write as _},
};

use super::{Error, output, system_words};

/// The most bytes of a text that is read from a file: far more than any text that the API takes.
const MOST_TEXT: u64 = 64 * 1024;

/// Asks for a line, at a prompt where somebody can answer; else it is the next line of standard input.
pub(super) fn line(prompt: &str) -> Result<String, Error> {
    if io::stdin().is_terminal() {
        eprint!("{prompt}: ");
    }
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    Ok(line)
}

/// Asks whether to go on with what cannot be undone. `says` tells what would happen, `answer` is what has to be typed.
/// Where nobody is there to ask, only `yes` goes on.
pub(super) fn sure(yes: bool, says: &str, answer: &str) -> Result<(), Error> {
    if yes {
        return Ok(());
    }
    if !io::stdin().is_terminal() {
        return Err(Error::Usage(format!("nobody is there to ask: say --yes. {says}")));
    }
    output::note(&format!("{says} Type \"{answer}\" to go on:"));
    let mut typed = String::new();
    io::stdin().lock().read_line(&mut typed)?;
    if typed.trim() == answer {
        Ok(())
    } else {
        Err(Error::Ended("that is something else: nothing is done".to_owned()))
    }
}

/// Asks whether to go on with what `says` tells, by y or no. Where nobody is there to ask, only `yes` goes on.
pub(super) fn agreed(yes: bool, says: &str) -> Result<(), Error> {
    if yes {
        return Ok(());
    }
    if !io::stdin().is_terminal() {
        return Err(Error::Usage(format!("nobody is there to ask: say --yes. {says}")));
    }
    let mut err = io::stderr().lock();
    // Where the question cannot be seen, no answer is a yes.
    write!(err, "{says} Go on? [y/N] ")?;
    err.flush()?;
    let mut typed = String::new();
    io::stdin().lock().read_line(&mut typed)?;
    if matches!(typed.trim().to_lowercase().as_str(), "y" | "yes") {
        Ok(())
    } else {
        Err(Error::Ended("nothing is done".to_owned()))
    }
}

/// Opens a file to read, or standard input where it is called `-`.
pub(super) fn open(name: &str) -> Result<Box<dyn Read>, Error> {
    if name == "-" {
        return Ok(Box::new(io::stdin()));
    }
    match File::open(name) {
        Ok(file) => Ok(Box::new(file)),
        Err(error) => Err(Error::Usage(format!("{name} cannot be read: {}", system_words(&error)))),
    }
}

/// A text out of a file, or of standard input where it is called `-`. Its last line end is not of it.
pub(super) fn text(name: &str) -> Result<String, Error> {
    let mut bytes = Vec::new();
    let unreadable = |error: io::Error| Error::Usage(format!("{name} cannot be read: {}", system_words(&error)));
    open(name)?.take(MOST_TEXT + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > MOST_TEXT {
        return Err(Error::Usage(format!("{name} is longer than {MOST_TEXT} bytes: that is no message")));
    }
    let text = String::from_utf8(bytes).map_err(|_| Error::Usage(format!("{name} is not UTF-8: save it as UTF-8")))?;
    Ok(text.trim_start_matches('\u{feff}').trim_end_matches(['\r', '\n']).replace("\r\n", "\n"))
}
