//! SQLite: one writer thread that commits waiting writes together, and a few readers.
//!
//! A commit costs a sync of the disk, so the writer takes all jobs that wait, runs them, commits once and then answers
//! them all: the more callers, the fewer syncs each of them pays for.
//!
//! What is committed lies in SQLite's log, and has to be written back into the file in the end, which takes two more syncs
//! and many writes. By default whoever commits does that, now and then, and all who wait pay for it: of 64 callers a
//! twentieth waited three times as long as the rest. A thread of its own does it here, beside the writer.
//!
//! Tables are never analyzed. Without statistics every statement is planned by the indexes that were made for it; with
//! those of a small table it would be planned as a walk through all of it, and stay so while the table grows.

use std::{
    cell::RefCell,
    io::{ErrorKind, Read as _},
    path::Path,
    sync::{
        Arc, Mutex, TryLockError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use rusqlite::{Connection, ErrorCode, OpenFlags, config::DbConfig};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::{
    Engine, Error, Job, Near, Options, Tx, lock, migrate, spawn,
    tx::{On, Record},
    workers,
};
use crate::private;

/// Jobs that share a commit at most, so that the first of them does not wait for long.
const BATCH: usize = 64;

/// Pages in the log that are worth writing back: SQLite's own default.
const LOGGED: i64 = 1_000;

/// Pages in the log at which the writer, too, writes them back with each commit: 64 MiB. It grows beyond where somebody
/// reads for long, since what that reader must not see yet is not written back, or where writing back fails.
const MOST_LOGGED: i64 = 16 * 1024;

/// KiB of pages that the writer keeps at most: more than a batch changes. Of what SQLite keeps by default, 2,000, a batch of
/// accepts had to write pages to the log before its end and read them back, a sixth more writes and twenty times the reads.
/// What it has taken it keeps: up to 14 MiB more than by default, after large batches.
const KEPT: i64 = 16 * 1024;

pub(super) fn open(path: &Path, options: &Options, record: &Record) -> Result<Engine, Error> {
    let is_loose = create(path)?;
    let db = plain(path, OpenFlags::default())?;
    // Whose it is comes first: WAL would be written into the file, for good, and nobody is told to close what is none of
    // theirs.
    let look = migrate::sqlite_look(&db, options.migrations, options.migrates);
    if is_loose && look != Err(Error::Alien) {
        return Err(Error::Loose { path: path.display().to_string() });
    }
    look?;
    let db = logged(db)?;
    db.pragma_update(None, "cache_size", -KEPT)?;
    migrate::sqlite(&db, options.migrations, options.migrates)?;
    db.pragma_update(None, "wal_autocheckpoint", MOST_LOGGED)?;
    let (writes, queue) = channel(options.queue.max(1));
    let (committed, bell) = channel(1);
    let (known, file) = (record.clone(), path.to_owned());
    let commits = spawn("sqlite writer".to_owned(), move || write(&db, queue, &committed, &known))?;
    let tidies = spawn("sqlite log".to_owned(), move || write_back(&file, bell))?;
    let near = RefCell::new(Vec::new());
    let (reads, mut threads) = workers("sqlite reader", options.readers, options.queue, || {
        let reader = Arc::new(Reader::open(path, record)?);
        near.borrow_mut().push(reader.clone());
        Ok(move |mut job: Box<dyn Job>| {
            let result = reader.look(|tx| job.run(tx)).map(drop);
            job.answer(result);
        })
    })?;
    threads.extend([commits, tidies]);
    Ok(Engine { writes, reads, near: Near::Readers(near.into_inner()), threads })
}

/// A connection that only reads: a thread's own, and lent to whoever asks for little while the thread does not need it.
pub(super) struct Reader {
    db: Mutex<Connection>,
    /// Whether the thread waits for its connection: then it is lent no more.
    wanted: AtomicBool,
    record: Record,
}

impl Reader {
    fn open(path: &Path, record: &Record) -> Result<Self, Error> {
        let db = connect(path)?;
        db.execute_batch("PRAGMA query_only = ON")?;
        Ok(Self { db: Mutex::new(db), wanted: AtomicBool::new(false), record: record.clone() })
    }

    /// Looks, after whoever looks now.
    fn look<T>(&self, work: impl FnOnce(&mut Tx<'_>) -> T) -> Result<T, Error> {
        self.wanted.store(true, Ordering::Relaxed);
        let db = lock(&self.db);
        self.wanted.store(false, Ordering::Relaxed);
        read(&db, work, &self.record)
    }

    /// Looks, unless somebody does already.
    pub(super) fn try_look<T>(&self, work: impl FnOnce(&mut Tx<'_>) -> T) -> Option<Result<T, Error>> {
        if self.wanted.load(Ordering::Relaxed) {
            return None;
        }
        let db = match self.db.try_lock() {
            Ok(db) => db,
            Err(TryLockError::Poisoned(db)) => db.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        Some(read(&db, work, &self.record))
    }
}

/// What every SQLite database begins with.
const MAGIC: &[u8] = b"SQLite format 3\0";

/// Makes the file if it is not there, readable by its owner alone; SQLite gives its side files the same mode. Whether one
/// that is there is open to others: it is to be refused, as it holds addresses, and what passwords can be tried against.
fn create(path: &Path) -> Result<bool, Error> {
    let mut options = std::fs::OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let opened = options.open(path).and_then(|file| file.metadata());
    let failed = |error: std::io::Error| {
        let path = path.display();
        Error::File(match error.kind() {
            ErrorKind::NotFound => format!("the folder of {path} is not there; make it first"),
            ErrorKind::IsADirectory => format!("{path} is a folder; name a file in it"),
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
                format!("{path} cannot be opened to be written ({error}); its owner has to be who runs the server")
            }
            _ => format!("{path}: {error}"),
        })
    };
    let metadata = opened.map_err(failed)?;
    let is_loose = private::is_loose(&metadata, 0o077);
    if is_loose {
        let mut begins = Vec::new();
        let file = private::open(path).map_err(failed)?;
        let _ = file.take(MAGIC.len() as u64).read_to_end(&mut begins).map_err(failed)?;
        if !begins.is_empty() && begins != MAGIC {
            return Err(failed(std::io::Error::other("it is no SQLite database")));
        }
    }
    Ok(is_loose)
}

fn connect(path: &Path) -> Result<Connection, Error> {
    connect_as(path, OpenFlags::default())
}

fn connect_as(path: &Path, flags: OpenFlags) -> Result<Connection, Error> {
    plain(path, flags).and_then(logged)
}

/// A connection that has changed nothing of the file yet.
fn plain(path: &Path, flags: OpenFlags) -> Result<Connection, Error> {
    let db = Connection::open_with_flags(path, flags)?;
    db.execute_batch(
        // What a savepoint may have to put back is kept in memory: the default is a file, once it is more than a little.
        "PRAGMA busy_timeout = 5000; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;
         PRAGMA temp_store = MEMORY; PRAGMA recursive_triggers = ON", // for what REPLACE deletes, too
    )?;
    Ok(db)
}

/// Turns the file to a log of what is written, where it has none, and prepares the connection for work.
fn logged(db: Connection) -> Result<Connection, Error> {
    // Of two programs that turn a new file to WAL at once, one is refused without the wait of `busy_timeout`.
    let mut tries = 0;
    while let Err(error) = db.execute_batch("PRAGMA journal_mode = WAL") {
        tries += 1;
        if error.sqlite_error_code() != Some(ErrorCode::DatabaseBusy) || tries == 100 {
            return Err(error.into());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    db.set_prepared_statement_cache_capacity(512);
    // A plan holds for whatever values are bound. Otherwise, once tables are analyzed, a statement with values in its
    // conditions is parsed and planned anew each time that it runs, which costs more than to run it.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(db)
}

/// Control statements are prepared once too.
fn run(db: &Connection, sql: &str) -> Result<(), Error> {
    db.prepare_cached(sql)?.execute([])?;
    Ok(())
}

fn read<T>(db: &Connection, work: impl FnOnce(&mut Tx<'_>) -> T, record: &Record) -> Result<T, Error> {
    run(db, "BEGIN")?; // one snapshot for all the statements
    let result = work(&mut Tx::new(On::Sqlite(db), record));
    roll_back(db);
    Ok(result)
}

/// Leaves no transaction open. SQLite may have ended it by itself, then there is nothing to do.
fn roll_back(db: &Connection) {
    if !db.is_autocommit() {
        let _ = run(db, "ROLLBACK"); // fails only where no transaction is left
    }
}

fn write(db: &Connection, mut queue: Receiver<Box<dyn Job>>, committed: &Sender<()>, record: &Record) {
    let mut batch = Vec::with_capacity(BATCH);
    while queue.blocking_recv_many(&mut batch, BATCH) > 0 {
        batch.retain(|job| !job.abandoned());
        let done = commit_together(db, &mut batch, record);
        let _ = committed.try_send(()); // who has not looked since the last time is told already
        match done {
            Ok(()) => batch.drain(..).for_each(|job| job.answer(Ok(()))),
            Err(Undone::NotBegun(error)) => batch.drain(..).for_each(|job| job.answer(Err(error.clone()))),
            // Nothing of the batch is in the file. Alone, each job earns its own answer.
            Err(_) => batch.drain(..).for_each(|mut job| {
                let result = commit_together(db, std::slice::from_mut(&mut job), record);
                job.answer(result.or_else(Undone::alone));
            }),
        }
    }
}

/// Writes the log back into the file, each time that enough has come together. What fails is tried again after the next
/// commit, and at last by the writer, where SQLite tells nobody how it went: so the log of events tells it from here.
fn write_back(path: &Path, mut committed: Receiver<()>) {
    let (mut db, mut fails) = (None, false);
    while committed.blocking_recv().is_some() {
        // A file that is gone is not made anew behind the writer's back.
        let again = || connect_as(path, OpenFlags::default().difference(OpenFlags::SQLITE_OPEN_CREATE));
        let done = db.take().map_or_else(again, Ok).and_then(|db| write_back_enough(&db).map(|()| db));
        match done {
            Ok(open) => {
                if fails {
                    tracing::info!("the database's log is written back into its file again");
                }
                (db, fails) = (Some(open), false);
            }
            Err(error) => {
                if !fails {
                    tracing::error!(
                        "the database's log cannot be written back into its file, and grows until it can: {error}. What was \
                         acknowledged is in the log and safe; it is tried again after each commit"
                    );
                }
                fails = true;
            }
        }
    }
}

fn write_back_enough(db: &Connection) -> Result<(), Error> {
    let left = |row: &rusqlite::Row<'_>| Ok(row.get::<_, i64>("log")? - row.get::<_, i64>("checkpointed")?);
    // The one only looks; the other waits for nobody and holds nobody up.
    if db.prepare_cached("PRAGMA wal_checkpoint(NOOP)")?.query_row([], left)? >= LOGGED {
        let _ = db.prepare_cached("PRAGMA wal_checkpoint(PASSIVE)")?.query_row([], left)?;
    }
    Ok(())
}

/// Why a batch was not committed.
enum Undone {
    /// The transaction could not begin, no job has run.
    NotBegun(Error),
    /// SQLite ended the transaction by itself in the last job that ran, whose answer says why: the disk is full.
    ByDatabase,
    /// The commit failed, or a savepoint.
    AtCommit(Error),
}

impl Undone {
    /// What it means for a job that ran alone.
    fn alone(self) -> Result<(), Error> {
        match self {
            Self::ByDatabase => Ok(()), // its statement failed, so its own answer is the reason
            Self::NotBegun(error) | Self::AtCommit(error) => Err(error),
        }
    }
}

/// Runs each job and commits those that are to be kept, all or none.
///
/// Nearly all are kept, and who is refused has seldom changed anything before. A savepoint for each, which copies every page
/// that the job changes, was a seventh of the writer's work, so there is none until a job has changes to be put back.
fn commit_together(db: &Connection, jobs: &mut [Box<dyn Job>], record: &Record) -> Result<(), Undone> {
    if jobs.is_empty() || commit_at_once(db, jobs, record)? {
        return Ok(());
    }
    // Alone, there is nobody whose changes are to be kept.
    if jobs.len() > 1 { commit_apart(db, jobs, record) } else { Ok(()) }
}

/// Runs the jobs without a savepoint. False where one has changed something and is not to be kept: then nothing is.
fn commit_at_once(db: &Connection, jobs: &mut [Box<dyn Job>], record: &Record) -> Result<bool, Undone> {
    in_transaction(db, || {
        for job in jobs {
            let before = db.total_changes();
            let keep = run_one(db, job.as_mut(), record)?;
            if !keep && db.total_changes() != before {
                return Ok(false);
            }
        }
        run(db, "COMMIT").map_err(Undone::AtCommit).map(|()| true)
    })
}

/// Runs each job in a savepoint, and takes back what is not to be kept.
fn commit_apart(db: &Connection, jobs: &mut [Box<dyn Job>], record: &Record) -> Result<(), Undone> {
    in_transaction(db, || {
        for job in jobs {
            run(db, "SAVEPOINT job").map_err(Undone::AtCommit)?;
            if !run_one(db, job.as_mut(), record)? {
                run(db, "ROLLBACK TO job").map_err(Undone::AtCommit)?;
            }
            run(db, "RELEASE job").map_err(Undone::AtCommit)?;
        }
        run(db, "COMMIT").map_err(Undone::AtCommit)
    })
}

/// Does the work in a transaction, of which nothing is kept unless the work commits it.
fn in_transaction<T>(db: &Connection, work: impl FnOnce() -> Result<T, Undone>) -> Result<T, Undone> {
    run(db, "BEGIN IMMEDIATE").map_err(Undone::NotBegun)?;
    let done = work();
    roll_back(db);
    done
}

/// Runs a job in the open transaction; whether it is to be kept.
fn run_one(db: &Connection, job: &mut dyn Job, record: &Record) -> Result<bool, Undone> {
    let keep = job.run(&mut Tx::new(On::Sqlite(db), record));
    if db.is_autocommit() { Err(Undone::ByDatabase) } else { Ok(keep) }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use rusqlite::StatementStatus;

    use super::*;

    #[test]
    fn the_log_is_written_back_once_there_is_enough_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("guestlist.db");
        let db = connect(&path).unwrap();
        db.pragma_update(None, "wal_autocheckpoint", MOST_LOGGED).unwrap();
        db.execute_batch("CREATE TABLE entry (data BLOB)").unwrap();
        let back = connect(&path).unwrap();
        let written = || {
            write_back_enough(&back).unwrap();
            let state = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>("log")?, row.get::<_, i64>("checkpointed")?));
            db.query_row("PRAGMA wal_checkpoint(NOOP)", [], state).unwrap()
        };
        let add = "INSERT INTO entry VALUES (zeroblob(100 * 4096))";
        for _ in 0..9 {
            let _ = db.execute(add, []).unwrap();
            assert_eq!(written().1, 0, "too little to be worth it");
        }
        db.execute_batch(&format!("{add}; {add}")).unwrap();
        let (log, back) = written();
        assert!(log > LOGGED && log == back, "{back} of {log}");
        // What is written back is written over by what comes next: the log does not grow.
        let _ = db.execute(add, []).unwrap();
        assert!(written().0 < log);
    }

    /// Runs a statement and counts how often.
    struct Step {
        sql: &'static str,
        keep: bool,
        runs: Arc<AtomicUsize>,
    }

    impl Job for Step {
        fn run(&mut self, tx: &mut Tx<'_>) -> bool {
            let _ = self.runs.fetch_add(1, Ordering::Relaxed);
            if !self.sql.is_empty() {
                let _ = tx.execute(self.sql, &[]).unwrap();
            }
            self.keep
        }

        fn abandoned(&self) -> bool {
            false
        }

        fn answer(self: Box<Self>, _: Result<(), Error>) {}
    }

    #[test]
    fn only_beside_one_that_changed_something_and_is_not_kept_are_others_run_again() {
        const ADD: &str = "INSERT INTO entry SELECT COUNT(*) FROM entry";
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch("CREATE TABLE entry (n INTEGER)").unwrap();
        let (mut rows, record) = (0, Record::default());
        for (refused, all) in [("", 3), ("DELETE FROM entry WHERE n < 0", 3), ("DELETE FROM entry", 5), (ADD, 5)] {
            let runs = Arc::new(AtomicUsize::new(0));
            let job = |sql, keep| Box::new(Step { sql, keep, runs: runs.clone() }) as Box<dyn Job>;
            commit_together(&db, &mut [job(ADD, true), job(refused, false), job(ADD, true)], &record)
                .unwrap_or_else(|_| panic!("{refused}"));
            rows += 2;
            let found: i64 = db.query_row("SELECT COUNT(DISTINCT n) FROM entry", [], |row| row.get(0)).unwrap();
            // Of a batch that is run again, the third had not begun yet.
            assert_eq!((found, runs.load(Ordering::Relaxed)), (rows, all), "{refused}");
            commit_together(&db, &mut [job(refused, false)], &record).unwrap_or_else(|_| panic!("{refused}"));
            assert_eq!(db.query_row("SELECT COUNT(*) FROM entry", [], |row| row.get::<_, i64>(0)).unwrap(), rows);
        }
    }

    #[test]
    fn a_file_that_is_gone_is_not_made_anew_by_writing_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("guestlist.db");
        let (bell, committed) = channel(1);
        bell.try_send(()).unwrap();
        drop(bell);
        write_back(&path, committed);
        assert!(!path.exists());
    }

    #[test]
    fn a_statement_is_planned_once_whatever_values_it_is_run_with() {
        let folder = tempfile::tempdir().unwrap();
        let db = connect(&folder.path().join("guestlist.db")).unwrap();
        db.execute_batch(
            "CREATE TABLE entry (a INTEGER, b INTEGER); CREATE INDEX by_a ON entry (a); CREATE INDEX by_b ON entry (b);
             WITH RECURSIVE n (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM n LIMIT 1000)
             INSERT INTO entry SELECT n % 7, n FROM n; ANALYZE",
        )
        .unwrap();
        let mut statement = db.prepare("SELECT COUNT(*) FROM entry WHERE a = ?1 AND b > ?2").unwrap();
        for n in 0..10 {
            let _: i64 = statement.query_row([n, n * 100], |row| row.get(0)).unwrap();
        }
        assert_eq!(statement.get_status(StatementStatus::RePrepare), 0);
    }
}
