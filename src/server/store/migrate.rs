//! The schema's versions. They only go forward: a database that a newer program has migrated is refused, and one whose
//! steps were other ones than this program's, under the same numbers.

use std::fmt::Write as _;

use ring::digest::{SHA256, digest};
use rusqlite::Connection;

use super::{Error, postgres::Session};

/// One step of the schema, written for each database. It is run whole or not at all, together with its row in
/// `schema_migration`, so a start that was killed midway goes on where the last finished step ended.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// Counts from 1 without gaps.
    pub version: i64,
    /// The statements for SQLite.
    pub sqlite: &'static str,
    /// The statements for PostgreSQL.
    pub postgres: &'static str,
}

/// This program's schema.
pub const MIGRATIONS: &[Migration] = &[Migration {
    version: 1,
    sqlite: include_str!("../../../assets/migrations/sqlite/0001_foundation.sql"),
    postgres: include_str!("../../../assets/migrations/postgres/0001_foundation.sql"),
}];

/// The same table on both: when each version was reached, in microseconds by the database's own clock, and by which
/// statements.
const TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_migration(
    version bigint PRIMARY KEY, applied_at bigint NOT NULL, digest text NOT NULL)";
const SQLITE_TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_migration(
    version INTEGER PRIMARY KEY, applied_at INTEGER NOT NULL, digest TEXT NOT NULL) STRICT";
const REACHED: &str = "SELECT version, digest FROM schema_migration ORDER BY version";

/// Two programs that start together must not both migrate; the number is arbitrary and this program's alone.
const ADVISORY_LOCK: i64 = 0x6775_6573_746c_6973;

/// The steps a database at version `found` still needs; none may be needed where `makes` says that none are made.
fn pending(all: &'static [Migration], makes: bool, found: i64) -> Result<&'static [Migration], Error> {
    let known = all.last().map_or(0, |newest| newest.version);
    if found > known {
        return Err(Error::TooNew { found, known });
    }
    if found < known && !makes {
        return Err(Error::TooOld { found, known });
    }
    Ok(&all[all.partition_point(|step| step.version <= found)..])
}

/// What tells one step's statements from others.
fn fingerprint(statements: &str) -> String {
    digest(&SHA256, statements.as_bytes()).as_ref().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The version that was reached, by the very steps of this program as far as it knows them.
fn reached(
    all: &'static [Migration],
    text: fn(&Migration) -> &'static str,
    done: &[(i64, String)],
) -> Result<i64, Error> {
    for (version, digest) in done {
        if all.iter().any(|step| step.version == *version && fingerprint(text(step)) != *digest) {
            return Err(Error::Foreign);
        }
    }
    Ok(done.last().map_or(0, |(version, _)| *version))
}

/// A table of versions without the column for their statements is that of a build before the first release.
fn foreign(error: Error) -> Error {
    if matches!(error, Error::Refused(_)) { Error::Foreign } else { error }
}

fn failed(version: i64) -> impl Fn(Error) -> Error {
    move |why| Error::Migration { version, why: why.to_string() }
}

pub(super) fn sqlite(db: &Connection, all: &'static [Migration], makes: bool) -> Result<(), Error> {
    // A look takes no lock: where nothing is to do, a program under load on the same file holds up no other's start.
    while !pending(all, makes, sqlite_reached(db, all)?)?.is_empty() {
        // The lock is taken before looking again, so of two programs one waits and then finds nothing left to do.
        db.execute_batch("BEGIN IMMEDIATE")?;
        let step = sqlite_step(db, all, makes);
        db.execute_batch(if step.is_ok() { "COMMIT" } else { "ROLLBACK" })?;
        step?;
    }
    Ok(())
}

/// Refuses a file that [`sqlite`] would, and changes nothing of it.
pub(super) fn sqlite_look(db: &Connection, all: &'static [Migration], makes: bool) -> Result<(), Error> {
    pending(all, makes, sqlite_reached(db, all)?).map(drop)
}

/// The version that a file has; 0 for a new one. One with the tables of another program is refused.
fn sqlite_reached(db: &Connection, all: &'static [Migration]) -> Result<i64, Error> {
    const TABLES: &str = "SELECT COUNT(*), COALESCE(SUM(name = 'schema_migration'), 0) FROM sqlite_schema
                          WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
    let (tables, own): (i64, i64) = db.query_row(TABLES, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if own == 0 {
        return if tables == 0 { Ok(0) } else { Err(Error::Alien) };
    }
    let mut done = db.prepare(REACHED).map_err(|error| foreign(error.into()))?;
    let done = done.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<Vec<_>, _>>()?;
    reached(all, |step| step.sqlite, &done)
}

/// Runs the next step inside the transaction, if there is one yet.
fn sqlite_step(db: &Connection, all: &'static [Migration], makes: bool) -> Result<(), Error> {
    let found = sqlite_reached(db, all)?;
    let Some(next) = pending(all, makes, found)?.first() else { return Ok(()) };
    let note = "INSERT INTO schema_migration(version, applied_at, digest)
                VALUES (?1, CAST(unixepoch('subsec') * 1000000 AS INTEGER), ?2)";
    db.execute_batch(SQLITE_TABLE)?;
    db.execute_batch(next.sqlite)
        .and_then(|()| db.execute(note, (next.version, fingerprint(next.sqlite))))
        .map_err(|error| failed(next.version)(error.into()))?;
    Ok(())
}

/// The session is this function's own: closing it afterwards gives the lock back.
pub(super) fn postgres(mut session: Session, all: &'static [Migration], makes: bool) -> Result<(), Error> {
    if !makes {
        // Nothing stays of it, the table that is looked at included.
        session.batch("BEGIN")?;
    }
    session.batch(&format!("SELECT pg_advisory_lock({ADVISORY_LOCK}); {TABLE}"))?;
    let rows = session.query(REACHED, &[]).map_err(foreign)?;
    let done = rows.iter().map(|row| Ok((row.try_get("version")?, row.try_get("digest")?)));
    let done = done.collect::<Result<Vec<(i64, String)>, Error>>()?;
    let found = reached(all, |step| step.postgres, &done)?;
    for step in pending(all, makes, found)? {
        let version = step.version;
        let whole = format!(
            "BEGIN; {}; INSERT INTO schema_migration(version, applied_at, digest)
             VALUES ({version}, (EXTRACT(EPOCH FROM clock_timestamp()) * 1000000)::bigint, '{}'); COMMIT",
            step.postgres,
            fingerprint(step.postgres)
        );
        session.batch(&whole).map_err(failed(version))?; // an error ends the batch, closing the session rolls back
    }
    Ok(())
}
