//! Everything that can go wrong between a use case and its database, sorted by what the caller can do about it.

use rusqlite::ErrorCode;

/// What the store answers when a use case's work was not kept.
///
/// Messages name tables, columns and constraints, never values, so that no address or token reaches a log this way.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The queue is full, or another process holds the SQLite file. Nothing was started.
    #[error("the database is busy: another program holds it, or too much waits for it; try again in a moment")]
    Busy,
    /// The store was closed, or the thread that should have answered is gone.
    #[error("the store is closed")]
    Closed,
    /// No answer within the limit. Work that had not begun never will; work under way may still become whole.
    #[error("the database did not answer in time")]
    Timeout,
    /// The database cannot be reached, or the connection broke. If it broke at the commit, the work may be whole.
    #[error("no connection to the database: {0}")]
    Connection(String),
    /// The disk, or the space given to the database, is full.
    #[error("the database's disk is full; free some space, no restart is needed")]
    DiskFull,
    /// The database takes no writes now: a read-only file or folder, or a standby server.
    #[error("the database is read-only; make its file and folder writable (a server that runs goes on by itself)")]
    ReadOnly,
    /// The operating system refused to read or write the database's file.
    #[error("the database's file cannot be read or written: {0}")]
    Io(String),
    /// A file that is named to be opened, copied or made cannot be, and why.
    #[error("{0}")]
    File(String),
    /// Others than its owner can read or change the SQLite file.
    #[error("{path} can be read or changed by others; close it with: chmod 600 '{path}'")]
    Loose {
        /// The file.
        path: String,
    },

    /// A rule of the schema refused a row. Conflicts that are expected go through `ON CONFLICT` instead.
    #[error("a rule of the schema was violated: {0}")]
    Constraint(String),
    /// Two transactions stood in each other's way, more often than the engine tries again.
    #[error("the transaction collided with others: {0}")]
    Conflict(String),
    /// An earlier statement of the transaction failed, and the use case went on regardless.
    #[error("an earlier statement of the transaction failed")]
    Aborted,
    /// The use case panicked; its work was undone and its neighbours' was not.
    #[error("the use case panicked")]
    Panicked,
    /// A column is missing from a row, or holds what its Rust type cannot.
    #[error("column {0} is missing or of another type")]
    Column(&'static str),
    /// The statement's placeholders are not exactly `$1` to the number of parameters given.
    #[error("the statement's placeholders and its parameters differ")]
    Parameters,
    /// This many rows came where one at most was asked for.
    #[error("{0} rows came where one at most was asked for")]
    Rows(usize),
    /// Anything else the database refused: a mistake in a statement.
    #[error("the database refused the statement: {0}")]
    Refused(String),

    /// `--database` is neither `sqlite:PATH` nor `postgres://…`.
    #[error("{0}: a database is given as sqlite:PATH or postgres://USER@HOST/NAME")]
    Address(String),
    /// What only a file can be asked for: PostgreSQL has programs of its own for it.
    #[error("this is for SQLite alone; PostgreSQL brings pg_dump and pg_restore, and guestlist's README says how")]
    NotHere,
    /// The database has a version of the schema that this program knows by other statements.
    #[error(
        "the database was made by another build of this program, with another schema: use that one, or a new database"
    )]
    Foreign,
    /// The file is no SQLite database, or no whole one.
    #[error(
        "the file is no SQLite database, or is damaged: {0}; restore a backup, or name another file with --database"
    )]
    NoDatabase(String),
    /// The file is a database, with the tables of another program.
    #[error("the file is a database of another program, and is left alone; name another file with --database")]
    Alien,
    /// The database was migrated by a newer program.
    #[error(
        "the database has schema version {found}, this program knows versions up to {known}; \
         start a newer guestlist, or restore the backup made before the upgrade"
    )]
    TooNew {
        /// The version in the database.
        found: i64,
        /// The newest version this program has a migration for.
        known: i64,
    },
    /// The database lacks steps of the schema, and whoever opened it is not to make them.
    #[error("{}; `guestlist serve` of this version brings it up to version {known} when it starts", older(*.found))]
    TooOld {
        /// The version in the database, 0 for none.
        found: i64,
        /// The newest version this program has a migration for.
        known: i64,
    },
    /// A migration failed and was rolled back; those before it are in place.
    #[error(
        "migration {version} failed and was rolled back ({why}); mend the cause and start again, it will go on there"
    )]
    Migration {
        /// The version that could not be reached.
        version: i64,
        /// What the database said.
        why: String,
    },
}

/// What a database is that lacks steps of the schema.
fn older(found: i64) -> String {
    match found {
        0 => "there is nothing of guestlist in the database yet".to_owned(),
        found => format!("the database has schema version {found}, of an older guestlist"),
    }
}

impl Error {
    /// Whether the same request may well succeed later without anybody's mistake being mended: HTTP 503.
    pub fn is_unavailable(&self) -> bool {
        use Error::{Busy, Closed, Conflict, Connection, DiskFull, Io, ReadOnly, Timeout};
        matches!(self, Busy | Closed | Timeout | Connection(_) | DiskFull | ReadOnly | Io(_) | Conflict(_))
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        let text = error.to_string();
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            Some(ErrorCode::DiskFull) => Self::DiskFull,
            Some(ErrorCode::ReadOnly) => Self::ReadOnly,
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => Self::NoDatabase(text),
            Some(ErrorCode::SystemIoFailure | ErrorCode::CannotOpen | ErrorCode::OutOfMemory) => Self::Io(text),
            Some(ErrorCode::ConstraintViolation) => Self::Constraint(text),
            _ => Self::Refused(text),
        }
    }
}

/// What PostgreSQL calls its function that refuses a setting which is on or off, `READ WRITE` among them; its words are
/// translated. No other such setting of this program's is ever refused.
const SETTING_CHECK: &str = "call_bool_check_hook";

impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(db) = error.as_db_error() else {
            let source = std::error::Error::source(&error);
            return match source {
                Some(source) if source.is::<std::io::Error>() => Self::Connection(format!("{error}: {source}")),
                _ if error.is_closed() => Self::Connection(error.to_string()),
                Some(source) => Self::Refused(format!("{error}: {source}")),
                None => Self::Refused(error.to_string()),
            };
        };
        // The message alone: the detail quotes values.
        let text = format!("{} ({})", db.message(), db.code().code());
        match db.code().code() {
            "40001" | "40P01" => Self::Conflict(text), // serialization failure, deadlock
            "57014" | "55P03" => Self::Timeout,        // statement_timeout, lock_timeout
            "53100" => Self::DiskFull,
            "25006" => Self::ReadOnly,
            // A standby refuses the beginning of a transaction that is to write as something it cannot do at all.
            "0A000" if db.routine() == Some(SETTING_CHECK) => Self::ReadOnly,
            "25P03" => Self::Connection(text), // idle_in_transaction_session_timeout
            // connection exceptions, out of resources, stopping or starting
            class if ["08", "53", "57P"].iter().any(|prefix| class.starts_with(prefix)) => Self::Connection(text),
            class if class.starts_with("23") => Self::Constraint(text),
            _ => Self::Refused(text),
        }
    }
}
