//! Holding a copied text after the program that copied it has ended.
//!
//! On X11 and Wayland a copied text lives in the program that copied it, so a command that ends would take it along.
//! It starts a second process of itself that holds the text until something else is copied.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Command, Stdio},
};

use super::Native;

/// What the holder says once the text is there.
const HELD: &str = "held";

/// Starts a process that runs [`hold`] for every text.
pub(super) struct Holder(pub(super) Command);

impl Native for Holder {
    fn set(&mut self, text: &str) -> Result<(), String> {
        let said = |error: std::io::Error| error.to_string();
        // A group of its own: Ctrl-C at the prompt does not empty the clipboard.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut self.0, 0);
        let mut child = self
            .0
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("no process to hold the text could be started: {error}"))?;
        if let Some(mut input) = child.stdin.take() {
            input.write_all(text.as_bytes()).map_err(said)?;
        }
        let mut answer = String::new();
        if let Some(output) = child.stdout.take() {
            BufReader::new(output).read_line(&mut answer).map_err(said)?;
        }
        match answer.trim() {
            // It is left behind on purpose.
            HELD => Ok(()),
            why => {
                let _ = child.wait();
                Err(if why.is_empty() { "it took no text".to_owned() } else { why.to_owned() })
            }
        }
    }
}

/// Puts `text` on the machine's clipboard, says so on standard output, and returns when something else was copied.
/// Where it fails, the reason is said instead.
pub fn hold(text: &str) -> std::io::Result<()> {
    let answer = |line: &str| {
        let mut out = std::io::stdout().lock();
        writeln!(out, "{line}").and_then(|()| out.flush())
    };
    let mut clipboard = match arboard::Clipboard::new() {
        Ok(clipboard) => clipboard,
        Err(error) => return answer(&error.to_string()),
    };
    if let Err(error) = clipboard.set_text(text) {
        return answer(&error.to_string());
    }
    answer(HELD)?;
    #[cfg(all(unix, not(target_os = "macos")))]
    {
        use arboard::SetExtLinux as _;
        // It fails when the display ends, and the text with it.
        let _ = clipboard.set().wait().text(text);
    }
    Ok(())
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    fn holder(script: &str) -> Holder {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        Holder(command)
    }

    #[test]
    fn a_text_is_copied_once_the_holder_says_that_it_has_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("text");
        let script = format!("cat > '{}'; echo held", path.display());
        assert_eq!(holder(&script).set("a link"), Ok(()));
        assert_eq!(std::fs::read_to_string(path).unwrap(), "a link");
    }

    #[test]
    fn a_holder_that_fails_says_why() {
        assert_eq!(holder("cat > /dev/null; echo no display").set("a link"), Err("no display".to_owned()));
        assert_eq!(holder("cat > /dev/null").set("a link"), Err("it took no text".to_owned()));
        let gone = Holder(Command::new("/nowhere/guestlist")).set("a link");
        assert!(gone.is_err_and(|why| why.contains("could be started")));
    }
}
