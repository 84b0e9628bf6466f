//! The storage engine: one way to run a transaction, on SQLite and on PostgreSQL.
//!
//! A use case is a plain synchronous function over [`&mut Tx`](Tx), run with `store.write(|tx| …).await` or
//! `store.read(|tx| …).await`. Behind these stand two bounded queues, writes and reads, and worker threads that own
//! the connections. Look-ups that wait for PostgreSQL ([`Store::glance`]) stand in a third, bounded alike.
//!
//! ```
//! use guestlist::server::store::{Error, Options, Store};
//!
//! guestlist::row! { struct Version { version: i64 } }
//!
//! # async fn example(folder: &std::path::Path) -> Result<(), Error> {
//! let store = Store::open(&Options::new(format!("sqlite:{}/guestlist.db", folder.display()).parse()?))?;
//! let newest: Option<Version> = store
//!     .read(|tx| tx.query_one("SELECT MAX(version) AS version FROM schema_migration", &[]))
//!     .await?;
//! # Ok(())
//! # }
//! ```
//!
//! What holds on both databases:
//!
//! - An answer is given **after the commit**: what was acknowledged is on the disk.
//! - A use case that answers `Err`, panics, or goes on after a failed statement leaves nothing behind, and its
//!   neighbours in the queue do not notice.
//! - A read sees one snapshot for all its statements and can change nothing.
//! - A caller waits [`Options::patience`] at most. A dropped or late caller's work is either never begun or whole.
//! - A use case can be run **more than once** (after a collision, or when SQLite undid a whole batch), so it is
//!   `FnMut` and changes nothing outside of its transaction.
//! - A look-up of a few rows by key ([`Store::glance`]) is done where it is asked for, if it can be: handing it to a
//!   thread and back costs several times what it does.
//! - A full queue, a full disk, a stopped or unreachable server are errors that
//!   [`is_unavailable`](Error::is_unavailable) tells apart from mistakes; work resumes by itself when the cause is gone.

mod backup;
pub mod dialect;
mod error;
mod lines;
mod migrate;
mod postgres;
mod sqlite;
mod tally;
mod tx;
mod value;

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    str::FromStr,
    sync::{Arc, Mutex, PoisonError, RwLock},
    thread::JoinHandle,
    time::Duration,
};

use tokio::sync::{
    Notify,
    mpsc::{Receiver, Sender, channel, error::TrySendError},
    oneshot,
};

pub use self::{
    backup::{backup, restore},
    dialect::Dialect,
    error::Error,
    migrate::{MIGRATIONS, Migration},
    tally::{Dimension, Tally, subject_day},
    tx::{Params, Totals, Tx},
    value::{FromRow, FromValue, Row, ToValue, Value},
};
pub use crate::row;

/// Which database to use: `sqlite:PATH` or `postgres://USER@HOST/NAME`.
///
/// A PostgreSQL address can hold a password, so `Debug` and `Display` show its kind alone.
#[derive(Clone, PartialEq, Eq)]
pub enum Database {
    /// A file; made if it is not there. Its folder must be.
    Sqlite(PathBuf),
    /// A connection string as libpq takes it. `sslmode=disable` never encrypts; `prefer`, the default, encrypts if the
    /// server has a certificate that this machine trusts for that host, and else goes on in clear and says so in the log;
    /// `require` (or `verify-full`) demands such a certificate.
    Postgres(String),
}

impl FromStr for Database {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text.split_once(':') {
            Some(("sqlite", path)) if is_no_file(path) => Err(Error::Address(
                "the data is kept in a file, which is named as it is: :memory: is none, nor is a file: address"
                    .to_owned(),
            )),
            Some(("sqlite", path)) if !path.is_empty() => Ok(Self::Sqlite(path.into())),
            Some(("postgres" | "postgresql", rest)) if rest.starts_with("//") => {
                let _ = postgres::address(text)?;
                Ok(Self::Postgres(text.to_owned()))
            }
            Some((scheme, _)) => Err(Error::Address(format!("{scheme}:…"))),
            None => Err(Error::Address(text.to_owned())),
        }
    }
}

/// Whether SQLite itself would take this for something else than a file's name, wherever in it a folder was put before.
fn is_no_file(path: &str) -> bool {
    std::path::Path::new(path).components().any(|part| {
        let part = part.as_os_str().as_encoded_bytes();
        part == b":memory:" || part.starts_with(b"file:")
    })
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(_) => f.write_str("postgres://…"),
        }
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Database({self})")
    }
}

/// How a store is opened. [`Options::new`] gives values that suit a small server.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the data is.
    pub database: Database,
    /// Threads, and so connections, that read.
    pub readers: usize,
    /// Threads, and so connections, that write. SQLite has exactly one writer, whatever is asked for.
    pub writers: usize,
    /// Jobs that may wait in each queue; the next one is [`Error::Busy`].
    pub queue: usize,
    /// The longest that a caller waits for an answer. A single statement on PostgreSQL gets half of it.
    pub patience: Duration,
    /// Keep every distinct statement for [`Store::recorded`]; for tests that look at each one's plan.
    pub record: bool,
    /// The schema, oldest version first.
    pub migrations: &'static [Migration],
    /// Whether what the database lacks of the schema is made; else one that lacks any of it is refused.
    pub migrates: bool,
}

impl Options {
    /// The defaults for a database, with this program's own schema.
    pub fn new(database: Database) -> Self {
        let (readers, writers) = match database {
            Database::Sqlite(_) => (2, 1),
            Database::Postgres(_) => (4, 16),
        };
        let patience = Duration::from_secs(10);
        Self {
            database,
            readers,
            writers,
            queue: 1024,
            patience,
            record: false,
            migrations: MIGRATIONS,
            migrates: true,
        }
    }
}

/// What a use case answers with when it does not succeed: anything that can hold a store error. Implemented for every
/// such type, nothing needs to be written.
pub trait Failure: From<Error> + Send + 'static {}
impl<E: From<Error> + Send + 'static> Failure for E {}

/// A handle on the database. Clones are the same store; it closes when the last one is dropped, or by
/// [`close`](Self::close), which waits.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    dialect: Dialect,
    patience: Duration,
    record: tx::Record,
    bell: Arc<Notify>,
    writes: Queue,
    reads: Queue,
    near: RwLock<Near>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// Jobs that wait for a thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// Those that write.
    pub writes: usize,
    /// Those that only look, look-ups among them.
    pub reads: usize,
}

/// The sending end of a queue; empty once the store is closed.
type Queue = Mutex<Option<Sender<Box<dyn Job>>>>;

/// What a database's own file starts: both queues' ends and the threads at their other end.
struct Engine {
    writes: Sender<Box<dyn Job>>,
    reads: Sender<Box<dyn Job>>,
    near: Near,
    threads: Vec<JoinHandle<()>>,
}

/// By what a caller looks for itself, without a thread's help.
enum Near {
    /// The threads' own connections, while they do not need them.
    Readers(Vec<Arc<sqlite::Reader>>),
    /// Connections to a server, shared by all who look.
    Lines(Arc<lines::Lines>),
    /// Nothing: the store is closed, or what it runs is recorded.
    Nothing,
}

impl Store {
    /// Opens the database and brings its schema up to date. Blocks until that is done; can be called anywhere.
    ///
    /// Refuses a schema newer than this program ([`Error::TooNew`]).
    pub fn open(options: &Options) -> Result<Self, Error> {
        let record: tx::Record = options.record.then(Arc::default);
        let (dialect, engine) = match &options.database {
            Database::Sqlite(path) => (Dialect::Sqlite, sqlite::open(path, options, &record)?),
            Database::Postgres(url) => (Dialect::Postgres, postgres::open(url, options, &record)?),
        };
        Ok(Self(Arc::new(Inner {
            dialect,
            patience: options.patience,
            record,
            bell: Arc::default(),
            writes: Mutex::new(Some(engine.writes)),
            reads: Mutex::new(Some(engine.reads)),
            near: RwLock::new(engine.near),
            threads: Mutex::new(engine.threads),
        })))
    }

    /// Runs a use case in a transaction of its own and answers after the commit.
    ///
    /// On [`Error::Timeout`] and [`Error::Connection`] the work may be whole nevertheless.
    pub async fn write<T, E, F>(&self, f: F) -> Result<T, E>
    where
        F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: Failure,
    {
        self.run(&self.0.writes, f).await
    }

    /// Runs a use case that only looks, on one snapshot of the data. A statement that writes is an error.
    pub async fn read<T, E, F>(&self, f: F) -> Result<T, E>
    where
        F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: Failure,
    {
        self.run(&self.0.reads, f).await
    }

    /// As [`read`](Self::read), for a use case that takes some microseconds: a look-up by key. On SQLite it runs on the
    /// caller's thread if a connection is free, and waits its turn where all are busy. On PostgreSQL one statement goes out
    /// at once beside those of others; a use case that asks more is run again as a read.
    pub async fn glance<T, E, F>(&self, mut f: F) -> Result<T, E>
    where
        F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: Failure,
    {
        let here = |reader: &Arc<sqlite::Reader>| reader.try_look(|tx| attempt(&mut f, tx));
        let (found, lines) = match &*self.0.near.read().unwrap_or_else(PoisonError::into_inner) {
            Near::Readers(readers) => (readers.iter().find_map(here), None),
            Near::Lines(lines) => (None, Some(lines.clone())),
            Near::Nothing => (None, None),
        };
        match (found, lines) {
            (Some(Ok(result)), _) => return result,
            (Some(Err(error)), _) => return Err(error.into()),
            (None, Some(lines)) => {
                if let Some(result) = lines.look(&mut f).await {
                    return result;
                }
            }
            (None, None) => {}
        }
        self.read(f).await
    }

    async fn run<T, E, F>(&self, queue: &Queue, f: F) -> Result<T, E>
    where
        F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: Failure,
    {
        let (to, answer) = oneshot::channel();
        let job = Box::new(Work { f, result: None, rings: false, bell: self.0.bell.clone(), to });
        lock(queue).as_ref().ok_or(Error::Closed)?.try_send(job).map_err(|refused| match refused {
            TrySendError::Full(_) => Error::Busy,
            TrySendError::Closed(_) => Error::Closed,
        })?;
        match tokio::time::timeout(self.0.patience, answer).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(Error::Closed.into()), // the thread is gone and with it the answer
            Err(_) => Err(Error::Timeout.into()),    // dropping the receiver tells the worker not to begin
        }
    }

    /// Takes no more work, finishes what waits and closes the connections. Calling it again does nothing.
    pub async fn close(&self) {
        drop(lock(&self.0.writes).take());
        drop(lock(&self.0.reads).take());
        *self.0.near.write().unwrap_or_else(PoisonError::into_inner) = Near::Nothing;
        let threads = std::mem::take(&mut *lock(&self.0.threads));
        // The threads catch panics job by job; one that died nevertheless has nothing left to say.
        let _ = tokio::task::spawn_blocking(|| threads.into_iter().for_each(|thread| drop(thread.join()))).await;
    }

    /// Ready once something was committed that called [`Tx::ring`], here and not on another node, since this was ready
    /// last. One of those who wait is woken.
    pub async fn rung(&self) {
        self.0.bell.notified().await;
    }

    /// Wakes one of those who wait, or the next who does.
    pub fn ring(&self) {
        self.0.bell.notify_one();
    }

    /// How many jobs wait in each queue now; none in a closed store.
    pub fn waiting(&self) -> Waiting {
        let length = |queue: &Queue| lock(queue).as_ref().map_or(0, |queue| queue.max_capacity() - queue.capacity());
        let looks = match &*self.0.near.read().unwrap_or_else(PoisonError::into_inner) {
            Near::Lines(lines) => lines.waiting(),
            Near::Readers(_) | Near::Nothing => 0,
        };
        Waiting { writes: length(&self.0.writes), reads: length(&self.0.reads) + looks }
    }

    /// Which database this is.
    pub fn dialect(&self) -> Dialect {
        self.0.dialect
    }

    /// Every distinct statement run so far, in order; empty unless [`Options::record`] is set.
    pub fn recorded(&self) -> Vec<&'static str> {
        self.0.record.as_ref().map_or_else(Vec::new, |record| lock(record).statements.keys().copied().collect())
    }

    /// What the statements since the last call took, and measures those that follow: steps of SQLite's machine, or rows
    /// that PostgreSQL read of tables. Nothing unless [`Options::record`] is set.
    pub fn measured(&self) -> i64 {
        self.0.record.as_ref().and_then(|record| lock(record).work.replace(0)).unwrap_or_default()
    }

    /// How many statements have run so far, none of them counted unless [`Options::record`] is set.
    pub fn statements_run(&self) -> u64 {
        self.0.record.as_ref().map_or(0, |record| lock(record).statements.values().sum())
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Store").field(&self.0.dialect).finish()
    }
}

/// A use case in a queue, as a worker thread sees it.
trait Job: Send {
    /// Runs the use case and its last part; whether the work is to be kept. May be called again.
    fn run(&mut self, tx: &mut Tx<'_>) -> bool;
    /// Whether nobody waits for the answer any more. Asked before the work begins, not after.
    fn abandoned(&self) -> bool;
    /// Gives the last run's own answer, or the reason why its work could not be kept.
    fn answer(self: Box<Self>, kept: Result<(), Error>);
}

struct Work<F, T, E> {
    f: F,
    result: Option<Result<T, E>>,
    rings: bool,
    bell: Arc<Notify>,
    to: oneshot::Sender<Result<T, E>>,
}

impl<F, T, E> Job for Work<F, T, E>
where
    F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send,
    T: Send,
    E: Failure,
{
    fn run(&mut self, tx: &mut Tx<'_>) -> bool {
        let result = self.result.insert(attempt(&mut self.f, tx));
        self.rings = result.is_ok() && tx.rings();
        result.is_ok()
    }

    fn abandoned(&self) -> bool {
        self.to.is_closed()
    }

    fn answer(self: Box<Self>, kept: Result<(), Error>) {
        if self.rings && kept.is_ok() {
            self.bell.notify_one();
        }
        let result = match kept {
            Ok(()) => self.result.unwrap_or_else(|| Err(Error::Closed.into())),
            Err(error) => Err(error.into()),
        };
        let _ = self.to.send(result); // the caller may have gone
    }
}

/// Runs a use case and its last part.
fn attempt<T, E: Failure>(f: &mut impl FnMut(&mut Tx<'_>) -> Result<T, E>, tx: &mut Tx<'_>) -> Result<T, E> {
    // Unwind safety: after a panic the transaction is rolled back and nothing of it is looked at again.
    let result = catch_unwind(AssertUnwindSafe(|| f(tx))).unwrap_or_else(|_| Err(Error::Panicked.into()));
    result.and_then(|value| tx.finish().map(|()| value).map_err(E::from))
}

/// Locks; a panic elsewhere while it was held has left nothing half done behind these locks.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts `count` threads that share one queue; each makes its `work` function on the thread itself.
fn workers<W>(name: &str, count: usize, queue: usize, make: impl Fn() -> Result<W, Error>) -> Result<Workers, Error>
where
    W: FnMut(Box<dyn Job>) + Send + 'static,
{
    let (sender, receiver) = channel(queue.max(1));
    let receiver = Arc::new(Mutex::new(receiver));
    let mut threads = Vec::with_capacity(count);
    for n in 0..count.max(1) {
        let (receiver, mut work) = (receiver.clone(), make()?);
        threads.push(spawn(format!("{name} {n}"), move || {
            while let Some(job) = next(&receiver) {
                if !job.abandoned() {
                    work(job);
                }
            }
        })?);
    }
    Ok((sender, threads))
}

type Workers = (Sender<Box<dyn Job>>, Vec<JoinHandle<()>>);

fn next(queue: &Mutex<Receiver<Box<dyn Job>>>) -> Option<Box<dyn Job>> {
    lock(queue).blocking_recv()
}

fn spawn(name: String, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, Error> {
    std::thread::Builder::new().name(name).spawn(run).map_err(|error| Error::Io(error.to_string()))
}
