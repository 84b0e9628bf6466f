//! What the server sends as a file: to a file of the person's, or to standard output.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use super::{Error, bulk::interrupted, output, system_words};
use crate::{client::Download, domain::clean_block, private};

/// Saves a file as it comes. On standard output it is cleaned of what must not reach a terminal; a file of a name has what
/// the server sent, and is only its owner's to read: codes are secrets.
pub(super) async fn save(download: Download, path: Option<&Path>) -> Result<(), Error> {
    let Some(path) = path.filter(|path| *path != Path::new("-")) else {
        return copy(download, &mut Cleaned::new(io::stdout().lock())).await;
    };
    Whole::begin(path)?.filled(async |file| copy(download, file).await).await?;
    output::note(&format!("Written to {}.", path.display()));
    Ok(())
}

/// A file that stands under its name once it is whole: a part of a list, after a broken connection or a Ctrl-C, is not
/// taken for all of it.
pub(super) struct Whole {
    /// What is written to.
    file: File,
    /// Where it lies meanwhile, and where it goes; nowhere for what is no file, such as a pipe.
    moves: Option<(PathBuf, PathBuf)>,
}

impl Whole {
    /// Begins a file that only its owner may read.
    pub(super) fn begin(path: &Path) -> Result<Self, Error> {
        // What a name leads to is written, not the name.
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        if path.exists() && !path.is_file() {
            return Ok(Self { file: create(&path, false)?, moves: None });
        }
        let mut part = path.clone().into_os_string();
        part.push(".part");
        let part = PathBuf::from(part);
        let unwritable =
            |error: &io::Error| Error::Usage(format!("{} cannot be written: {}", path.display(), system_words(error)));
        if let Err(error) = OpenOptions::new().write(true).open(&path)
            && error.kind() != io::ErrorKind::NotFound
        {
            return Err(unwritable(&error));
        }
        let file = private::create(&part, false).map_err(|error| unwritable(&error))?;
        file.set_len(0).map_err(|error| unwritable(&error))?;
        Ok(Self { file, moves: Some((part, path)) })
    }

    /// Gives it its name once `fill` has filled it. Ctrl-C ends that: nothing is left of it, and what was there before
    /// stays.
    pub(super) async fn filled<T>(mut self, fill: impl AsyncFnOnce(&mut File) -> Result<T, Error>) -> Result<T, Error> {
        // What is no file can keep one waiting, which a Ctrl-C ends as it ends any program.
        let path = self.moves.as_ref().map(|(_, path)| path.clone());
        let filled = tokio::select! {
            // First of all, so that no Ctrl-C comes before it is listened for.
            biased;
            () = interrupted(), if path.is_some() => {
                let path = path.unwrap_or_default();
                let left = if path.exists() { "is as it was" } else { "is not written" };
                output::note(&format!("{} {left}: the same command begins anew.", path.display()));
                return Err(Error::Interrupted);
            }
            filled = fill(&mut self.file) => filled?,
        };
        self.end()?;
        Ok(filled)
    }

    fn end(mut self) -> Result<(), Error> {
        self.file.flush()?;
        if let Some((part, path)) = self.moves.take() {
            let unwritable = |error: io::Error| {
                Error::Usage(format!("{} cannot be written: {}", path.display(), system_words(&error)))
            };
            std::fs::rename(&part, &path).map_err(unwritable)?;
        }
        Ok(())
    }
}

impl Drop for Whole {
    fn drop(&mut self) {
        if let Some((part, _)) = &self.moves {
            let _ = std::fs::remove_file(part);
        }
    }
}

/// Opens a file to write that only its owner may read: anew, or behind what is in it.
pub(super) fn create(path: &Path, append: bool) -> Result<File, Error> {
    let mut options = OpenOptions::new();
    options.create(true).append(append).write(true).truncate(!append);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let open = || {
        let file = options.open(path)?;
        // A device or a pipe keeps its own.
        #[cfg(unix)]
        if file.metadata()?.is_file() {
            file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
        }
        Ok(file)
    };
    open().map_err(|error: io::Error| {
        Error::Usage(format!("{} cannot be written: {}", path.display(), system_words(&error)))
    })
}

async fn copy(mut download: Download, to: &mut impl Write) -> Result<(), Error> {
    while let Some(piece) = download.next().await? {
        to.write_all(&piece)?;
    }
    Ok(to.flush()?)
}

/// Text on its way to where it is seen. Line ends and tabs stay; pieces may be cut within a character.
pub(super) struct Cleaned<W> {
    to: W,
    /// The beginning of a line that has not come whole.
    begun: Vec<u8>,
}

impl<W: Write> Cleaned<W> {
    pub(super) const fn new(to: W) -> Self {
        Self { to, begun: Vec::new() }
    }

    fn pass(&mut self, bytes: &[u8]) -> io::Result<()> {
        let text = String::from_utf8_lossy(bytes);
        // What cleaning makes of ends and tabs is undone by cleaning between them.
        for line in text.split_inclusive('\n') {
            let end = &line[line.trim_end_matches(['\r', '\n']).len()..];
            let cells: Vec<_> = line[..line.len() - end.len()].split('\t').map(clean_block).collect();
            self.to.write_all(cells.join("\t").as_bytes())?;
            self.to.write_all(if end.starts_with('\r') { b"\r\n" } else { end.as_bytes() })?;
        }
        Ok(())
    }
}

impl<W: Write> Write for Cleaned<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.begun.extend_from_slice(bytes);
        if let Some(end) = self.begun.iter().rposition(|&byte| byte == b'\n') {
            let rest = self.begun.split_off(end + 1);
            let lines = std::mem::replace(&mut self.begun, rest);
            self.pass(&lines)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let rest = std::mem::take(&mut self.begun);
        self.pass(&rest)?;
        self.to.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_its_name_once_it_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list.csv");
        std::fs::write(&path, "old").unwrap();
        let mut broken = Whole::begin(&path).unwrap();
        broken.file.write_all(b"half").unwrap();
        drop(broken);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "old");
        let mut whole = Whole::begin(&path).unwrap();
        whole.file.write_all(b"all").unwrap();
        whole.end().unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "all");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left");
        assert!(Whole::begin(Path::new("/dev/null")).unwrap().end().is_ok());
        assert!(Whole::begin(Path::new("/no/such/list.csv")).is_err());
    }

    #[test]
    fn text_is_cleaned_wherever_it_is_cut() {
        let text = "a,\"é\u{1b}[2J\",c\r\n\ttab\u{202e}\u{9b}31m\n\nlast\u{200b} line";
        for size in 1..text.len() {
            let mut out = Vec::new();
            let mut cleaned = Cleaned::new(&mut out);
            for piece in text.as_bytes().chunks(size) {
                cleaned.write_all(piece).unwrap();
            }
            cleaned.flush().unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), "a,\"é[2J\",c\r\n\ttab31m\n\nlast line", "{size}");
        }
    }
}
