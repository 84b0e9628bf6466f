//! A copy of a SQLite database while it is in use. PostgreSQL has programs of its own for that.

use std::{io::ErrorKind, path::Path};

use rusqlite::{
    Connection,
    types::{ToSqlOutput, ValueRef},
};

use super::{Database, Error, MIGRATIONS, migrate};
use crate::private;

/// Writes a copy of the database into the new file `to`, private to its owner, as of one instant; how many bytes it has. Who
/// reads and writes meanwhile is not held up. The copy is whole and looked through before this returns: one that is not, or
/// that was broken off, leaves no file.
pub fn backup(database: &Database, to: &Path) -> Result<u64, Error> {
    let Database::Sqlite(from) = database else { return Err(Error::NotHere) };
    if !from.exists() {
        return Err(Error::File(format!("there is no database at {}", from.display())));
    }
    let trouble = |error: std::io::Error| {
        let why = match error.kind() {
            ErrorKind::AlreadyExists => "it is there already, and stays as it is: name a new file".to_owned(),
            ErrorKind::NotFound => "there is no such folder".to_owned(),
            _ => error.to_string(),
        };
        Error::File(format!("{}: {why}", to.display()))
    };
    let file = private::create(to, true).map_err(trouble)?;
    let copied = copy(from, to).and_then(|()| {
        file.sync_all().map_err(trouble)?;
        Ok(file.metadata().map_err(trouble)?.len())
    });
    if copied.is_err() {
        let _ = std::fs::remove_file(to);
    }
    copied
}

fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    let db = Connection::open(from)?;
    db.execute_batch("PRAGMA busy_timeout = 5000")?;
    // The very bytes of the name: it need not be UTF-8.
    let name = ToSqlOutput::Borrowed(ValueRef::Text(to.as_os_str().as_encoded_bytes()));
    db.execute("VACUUM INTO ?1", [name])?;
    drop(db);
    sound(to).map(drop)
}

/// Puts a copy in the place of a database that is not there; it is looked through first, and one that this program could
/// not open then is refused.
pub fn restore(from: &Path, database: &Database) -> Result<(), Error> {
    let Database::Sqlite(to) = database else { return Err(Error::NotHere) };
    let trouble = |error: std::io::Error| Error::File(format!("{}: {error}", to.display()));
    let side = |end: &str| Path::new(&format!("{}{end}", to.display())).exists();
    if to.exists() || side("-wal") || side("-shm") {
        return Err(Error::File(format!(
            "there is a database at {} already: end its server, and move it and its files -wal and -shm away",
            to.display()
        )));
    }
    let copy = |why: &dyn std::fmt::Display| Error::File(format!("{}: {why}", from.display()));
    migrate::sqlite_look(&sound(from)?, MIGRATIONS, true).map_err(|error| copy(&error))?;
    let mut content = private::open(from).map_err(|error| copy(&error))?;
    private::write_from(to, &mut content, false).map_err(trouble)?;
    Ok(Connection::open(to)?.execute_batch(NOT_SEEN_BEFORE)?)
}

/// Lists were seen under the revisions that come after the copy's, and nobody is told that one is as it was when it is not. A
/// second restore of one copy has others again.
const NOT_SEEN_BEFORE: &str = "UPDATE band SET revision = revision + 1000000 + abs(random() % 1000000000)";

/// Refuses a file that is no database of this program, or a damaged one; else a look into it.
fn sound(path: &Path) -> Result<Connection, Error> {
    let damaged = |what: &str| Error::File(format!("{}: {what}", path.display()));
    if !path.is_file() {
        return Err(damaged("there is no such file"));
    }
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY | rusqlite::OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags)?;
    let says: String = db
        .query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))
        .map_err(|_| damaged("it is no SQLite database"))?;
    if says != "ok" {
        return Err(damaged(&format!("it is damaged: {says}")));
    }
    let _: i64 = db
        .query_row("SELECT MAX(version) FROM schema_migration", [], |row| row.get(0))
        .map_err(|_| damaged("it is a database, but not one of guestlist"))?;
    Ok(db)
}
