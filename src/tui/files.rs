//! Files of the person's: lists of people that are read, tables that are written.

use std::{
    io::{self, Read as _, Write as _},
    path::PathBuf,
};

use super::model::MOST_BYTES;
use crate::private;

/// Reads a file of people; one that is too large is read as far as is needed to tell.
///
/// # Errors
/// A sentence that says why it cannot be read.
pub(super) fn read(path: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let read = private::open(&settled(path)).and_then(|file| file.take(MOST_BYTES as u64 + 1).read_to_end(&mut bytes));
    read.map(|_| bytes).map_err(|error| format!("{} cannot be read: {error}", path.trim()))
}

/// Writes a new file that only its owner may read; gives its path.
///
/// # Errors
/// What is wrong with the path, as it goes on behind the field's name.
pub(super) fn save(path: &str, bytes: &[u8]) -> Result<String, String> {
    let path = settled(path);
    let written = private::create(&path, true).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    match written {
        Ok(()) => Ok(path.display().to_string()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            Err("is there already: choose another name".to_owned())
        }
        Err(error) => Err(format!("cannot be written: {error}")),
    }
}

/// The path as a shell would have it: `~` is the person's home; quotes and `file://` of what was dragged here go.
pub(super) fn settled(path: &str) -> PathBuf {
    let path = path.trim();
    let path = path.strip_prefix('\'').and_then(|path| path.strip_suffix('\'')).unwrap_or(path);
    let path = path.strip_prefix("file://").unwrap_or(path);
    match (path.strip_prefix("~/"), directories::BaseDirs::new()) {
        (Some(rest), Some(home)) => home.home_dir().join(rest),
        _ => PathBuf::from(path),
    }
}

/// The name of a file for what is called so, whatever that is: with this behind it.
pub(super) fn file_name(name: &str, end: &str) -> String {
    let plain = |c: char| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let name: String = name.chars().map(plain).take(40).collect();
    match name.trim_matches('-') {
        "" => format!("guestlist{end}"),
        name => format!("{name}{end}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_written_for_its_owner_alone_and_no_file_is_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("invited.csv");
        let name = path.to_str().unwrap();
        assert_eq!(save(name, b"row\r\n").unwrap(), name);
        assert!(save(name, b"other").unwrap_err().contains("there already"));
        assert_eq!(read(&format!(" '{name}' ")).unwrap(), b"row\r\n");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn what_is_no_file_is_said_by_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let name = folder.path().to_str().unwrap();
        assert!(read(name).unwrap_err().contains(name));
        assert!(read("no/such.csv").unwrap_err().starts_with("no/such.csv cannot be read"));
    }
}
