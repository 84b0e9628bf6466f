//! What the server sends as a file: to a file of the person's, or to standard output.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    path::Path,
};

use super::{Error, output, system_words};
use crate::{client::Download, domain::clean_block};

/// Saves a file as it comes. On standard output it is cleaned of what must not reach a terminal; a file of a name has what
/// the server sent, and is only its owner's to read: codes are secrets.
pub(super) async fn save(download: Download, path: Option<&Path>) -> Result<(), Error> {
    let Some(path) = path.filter(|path| *path != Path::new("-")) else {
        return copy(download, &mut Cleaned::new(io::stdout().lock())).await;
    };
    let mut file = create(path, false)?;
    copy(download, &mut file).await?;
    output::note(&format!("Written to {}.", path.display()));
    Ok(())
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
