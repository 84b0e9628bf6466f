//! A long text in the editor of the person's own choice: by way of a file that only they can read, and that goes again.

use std::{
    env, fs,
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command},
};

use crate::private;

/// The most bytes that are taken back: what a field holds.
const MOST_BYTES: u64 = 16 * 1024;

/// A text that lies in a file while it is edited.
#[derive(Debug)]
pub(super) struct Draft {
    path: PathBuf,
    /// Whether the file stays, since what is in it would be lost.
    stays: bool,
}

impl Draft {
    /// Puts the text into a new file.
    ///
    /// # Errors
    /// A sentence that says why there is none.
    pub(super) fn new(text: &str) -> Result<Self, String> {
        let folder = env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|folder| folder.is_dir());
        Self::within(&folder.unwrap_or_else(env::temp_dir), text)
    }

    fn within(folder: &Path, text: &str) -> Result<Self, String> {
        let path = folder.join(format!("guestlist-{}.txt", uuid::Uuid::now_v7().simple()));
        let write = || private::create(&path, true)?.write_all(text.as_bytes());
        let written: io::Result<()> = write();
        let draft = Self { path, stays: false };
        written.map_err(|error| {
            format!("There is no file to edit: {} cannot be written: {error}", draft.path.display())
        })?;
        Ok(draft)
    }

    /// Begins the editor, as `VISUAL` or `EDITOR` names it with whatever follows the name, else `vi`.
    ///
    /// # Errors
    /// A sentence that says why it does not run.
    pub(super) fn open(&self) -> Result<Child, String> {
        let named = |name| env::var(name).ok().filter(|value: &String| !value.trim().is_empty());
        let editor = named("VISUAL").or_else(|| named("EDITOR")).unwrap_or_else(|| "vi".to_owned());
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(format!("{editor} \"$@\"")).arg("editor").arg(&self.path);
        shell.spawn().map_err(|error| format!("The editor cannot be started: {error}"))
    }

    /// The text as it is now, without the end of its last line, which editors add.
    ///
    /// # Errors
    /// A sentence that says why it cannot be taken. One that is too long stays in its file.
    pub(super) fn read(&mut self) -> Result<String, String> {
        let mut bytes = Vec::new();
        // An editor may have put another file in the place of this one.
        let read = private::open(&self.path).and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes));
        read.map_err(|error| format!("What was edited cannot be read: {error}"))?;
        if bytes.len() as u64 > MOST_BYTES {
            self.stays = true;
            return Err(format!("That is longer than this field takes; it is kept in {}", self.path.display()));
        }
        let text = String::from_utf8_lossy(&bytes);
        Ok(text.strip_suffix('\n').unwrap_or(&text).to_owned())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.stays {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// What the end of an editor means: `Err` where it says that nothing is to be kept.
pub(super) fn ended(status: io::Result<std::process::ExitStatus>) -> Result<(), String> {
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) if status.code() == Some(127) => {
            Err("The editor was not found; what was typed stays. VISUAL or EDITOR names another.".to_owned())
        }
        Ok(_) => Err("The editor ended without success; what was typed stays.".to_owned()),
        Err(error) => Err(format!("Nothing is known of the editor's end: {error}; what was typed stays.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_is_its_owners_alone_and_goes() {
        let folder = tempfile::tempdir().unwrap();
        let mut draft = Draft::within(folder.path(), "Come early.\nBring a horn.").unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(draft.path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
        fs::write(&draft.path, "Come early.\n\nBring two horns.\n").unwrap();
        assert_eq!(draft.read().unwrap(), "Come early.\n\nBring two horns.");
        drop(draft);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_is_too_long_stays_in_its_file_and_the_words_say_where() {
        let folder = tempfile::tempdir().unwrap();
        let mut draft = Draft::within(folder.path(), "").unwrap();
        fs::write(&draft.path, "x".repeat(20_000)).unwrap();
        let path = draft.path.clone();
        assert!(draft.read().unwrap_err().ends_with(&path.display().to_string()));
        drop(draft);
        assert_eq!(path.metadata().unwrap().len(), 20_000);
    }
}
