//! Answers that are files: read piece by piece, however long they are.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
    time::Duration,
};

use reqwest::Response;

use super::{Error, Origin};

/// How long the next piece of a file may take.
const NEXT_PIECE: Duration = Duration::from_secs(30);

/// What an answer is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Media {
    /// One JSON value, read whole.
    #[default]
    Json,
    /// A table.
    Csv,
    /// JSON values, one a line.
    Ndjson,
    /// A page.
    Html,
}

impl Media {
    /// As it stands in headers, without parameters.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Csv => "text/csv",
            Self::Ndjson => crate::api::NDJSON,
            Self::Html => "text/html",
        }
    }
}

/// A file on its way. Its text is as the server sent it: whoever shows it on a terminal cleans it.
#[derive(Debug)]
pub struct Download {
    origin: Origin,
    response: Response,
}

impl Download {
    pub(super) const fn new(origin: Origin, response: Response) -> Self {
        Self { origin, response }
    }

    /// The next piece, `None` behind the last one.
    ///
    /// # Errors
    /// Where the connection breaks off: what has come is a part and not the whole.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, Error> {
        let origin = || self.origin.to_string();
        match tokio::time::timeout(NEXT_PIECE, self.response.chunk()).await {
            Err(_) => Err(Error::Timeout { origin: origin() }),
            Ok(Err(error)) => Err(Error::from_transport(&self.origin, &error)),
            Ok(Ok(piece)) => Ok(piece.map(|bytes| bytes.to_vec())),
        }
    }

    /// Writes it to a new file, which only its owner may read. Until it is whole it has another name, so that a part is never
    /// taken for the whole; what is given up is removed.
    ///
    /// # Errors
    /// As [`Download::next`]; and where there is such a file already, or it cannot be written.
    pub async fn save(mut self, path: &Path) -> Result<Saved, Error> {
        let mut part = Part::new(path).map_err(|error| Error::file(path, &error))?;
        let mut bytes = 0;
        while let Some(piece) = self.next().await? {
            bytes += piece.len() as u64;
            part = tokio::task::spawn_blocking(move || part.file.write_all(&piece).map(|()| part))
                .await
                .unwrap_or_else(|error| Err(io::Error::other(error)))
                .map_err(|error| Error::file(path, &error))?;
        }
        let file = part.finish().map_err(|error| Error::file(path, &error))?;
        Ok(Saved { file, bytes })
    }
}

/// A file that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    /// Where it is.
    pub file: PathBuf,
    /// How long it is.
    pub bytes: u64,
}

/// A file that is not whole yet.
struct Part {
    file: File,
    /// Where it lies; empty once it is whole.
    at: PathBuf,
    /// What it will be called.
    to: PathBuf,
}

impl Part {
    fn new(to: &Path) -> io::Result<Self> {
        free(to)?;
        let mut name = to.as_os_str().to_owned();
        name.push(".part");
        let at = PathBuf::from(name);
        let mut options = OpenOptions::new();
        options.create(true).write(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&at)?;
        #[cfg(unix)]
        file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
        Ok(Self { file, at, to: to.to_owned() })
    }

    fn finish(mut self) -> io::Result<PathBuf> {
        free(&self.to)?;
        std::fs::rename(&self.at, &self.to)?;
        self.at = PathBuf::new();
        Ok(self.to.clone())
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if self.at != Path::new("") {
            // It may be gone, and there is nobody to tell.
            let _ = std::fs::remove_file(&self.at);
        }
    }
}

/// Nothing that is there is written over.
fn free(path: &Path) -> io::Result<()> {
    if path.try_exists()? {
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, "there is a file of this name already"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_not_finished_leaves_nothing_and_one_that_is_there_stays() {
        let folder = std::env::temp_dir().join(format!("guestlist-part-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir(&folder).unwrap();
        let path = folder.join("trail.csv");
        let mut part = Part::new(&path).unwrap();
        part.file.write_all(b"half").unwrap();
        drop(part);
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
        let mut part = Part::new(&path).unwrap();
        part.file.write_all(b"whole").unwrap();
        assert_eq!(part.finish().unwrap(), path);
        assert_eq!(std::fs::read(&path).unwrap(), b"whole");
        assert!(Part::new(&path).is_err());
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
