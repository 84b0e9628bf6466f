//! The server inside of the client: for bands that are kept on this machine.
//!
//! One process of a person runs it, on loopback, over a SQLite file in the folder for data. Their other clients attach
//! to it, and one of them takes over when it ends. Other people of the machine can reach loopback, too, so the first
//! account, which is the site admin, is made only by who shows the founder's secret: it never leaves the process that
//! made it.

pub mod demo;
mod embedded;

use std::{
    io,
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use self::embedded::{Embedded, secret};
use crate::{
    client::here::{Lock, running},
    config::Config,
    private,
    server::{
        Entropy as _, Key, KeyError, SystemEntropy,
        store::{self, Database},
    },
};

/// How long to wait for another process that has begun to start the server.
const PATIENCE: Duration = Duration::from_secs(15);
/// How often to look meanwhile.
const LOOK: Duration = Duration::from_millis(20);
/// How long the server of another process may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(1);

/// Why there is no server on this machine.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no place for data.
    #[error("there is no home folder to keep bands in: set HOME, or GUESTLIST_DATA to a folder for the data")]
    NoHome,
    /// The system said no.
    #[error("cannot {what} {}: {source}", path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
    /// No port of loopback can be listened on.
    #[error("cannot listen on loopback: {0}")]
    Listen(io::Error),
    /// The key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The database.
    #[error("the database cannot be used: {0}")]
    Store(#[from] store::Error),
    /// Another process holds the lock and does not answer.
    #[error("another guestlist holds {} but does not answer: end it, then try again", .0.display())]
    Stuck(PathBuf),
    /// The thread of the server could not begin, or ended.
    #[error("the server could not start: {0}")]
    Start(String),
    /// The sample world could not be made.
    #[error("the sample world could not be made: {0}")]
    Sample(String),
}

/// A server that answers.
#[derive(Clone, PartialEq, Eq)]
pub struct Running {
    /// Where, `http://127.0.0.1:7878`.
    pub origin: String,
    /// The secret with which the first account is made, in the process that started the server.
    pub founder: Option<String>,
    /// Whether nobody has an account yet, as far as this process knows.
    pub first_run: bool,
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Running").field("origin", &self.origin).finish_non_exhaustive()
    }
}

/// The server on this machine, as one client sees it. Dropped, it stops the server if it is the one that runs it:
/// requests in flight finish first.
pub struct Local {
    config: Config,
    own: Mutex<Option<(Embedded, Lock)>>,
}

impl Local {
    /// By this configuration. Nothing is started yet.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self { config, own: Mutex::new(None) }
    }

    /// Whether bands are kept on this machine already.
    pub fn has_data(&self) -> bool {
        self.config.data_folder().is_some_and(|folder| database_file(&folder).exists())
    }

    /// Starts the server, or finds the one that another process of this person runs. Asked again, it gives the same
    /// one as long as that lives, and else takes over. Blocks until the server answers.
    pub fn start(&self) -> Result<Running, Error> {
        let folder = self.config.data_folder().ok_or(Error::NoHome)?;
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((embedded, _)) = own.as_ref().filter(|(embedded, _)| embedded.is_alive()) {
            return Ok(embedded.running());
        }
        // Ours has died: its lock goes, too.
        *own = None;
        private::folder(&folder).map_err(|source| Error::Io { what: "make", path: folder.clone(), source })?;
        let trouble = |source| Error::Io { what: "lock", path: folder.clone(), source };
        let begun = Instant::now();
        loop {
            if let Some(mut lock) = Lock::take(&folder).map_err(trouble)? {
                let embedded = self.begin(&folder, lock.last_port)?;
                lock.announce(&embedded.origin).map_err(trouble)?;
                let (embedded, _) = own.insert((embedded, lock));
                return Ok(embedded.running());
            }
            if let Some(origin) = running(&folder).map_err(trouble)?.filter(|origin| answers(origin)) {
                return Ok(Running { origin, founder: None, first_run: false });
            }
            if begun.elapsed() > PATIENCE {
                return Err(Error::Stuck(folder));
            }
            std::thread::sleep(LOOK);
        }
    }

    /// Stops the server, if this process runs it: requests in flight finish, then another client can take over.
    pub fn stop(&self) {
        drop(self.own.lock().unwrap_or_else(PoisonError::into_inner).take());
    }

    fn begin(&self, folder: &Path, last_port: Option<u16>) -> Result<Embedded, Error> {
        let entropy = SystemEntropy::new();
        let mut random = [0; 32];
        entropy.fill(&mut random);
        let key = Key::from_file(&folder.join("key"), &random)?;
        let file = database_file(folder);
        let _ =
            private::create(&file, false).map_err(|source| Error::Io { what: "make", path: file.clone(), source })?;
        let ports = [Some(self.config.local.port), last_port, Some(0)];
        let listener = listen(ports.into_iter().flatten()).map_err(Error::Listen)?;
        let founder = secret(&entropy);
        let app = embedded::open(&self.config, Database::Sqlite(file), key, &listener, &founder)?;
        embedded::serve(app, listener, founder)
    }
}

fn database_file(folder: &Path) -> PathBuf {
    folder.join("guestlist.db")
}

/// The first of these ports that is free, on loopback.
fn listen(ports: impl Iterator<Item = u16>) -> io::Result<TcpListener> {
    let mut refused = io::Error::from(io::ErrorKind::AddrInUse);
    for port in ports {
        match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
            Ok(listener) => return Ok(listener),
            Err(error) => refused = error,
        }
    }
    Err(refused)
}

/// Whether someone accepts connections there.
fn answers(origin: &str) -> bool {
    let address = origin.strip_prefix("http://").and_then(|address| address.parse().ok());
    address.is_some_and(|address| TcpStream::connect_timeout(&address, CONNECT).is_ok())
}
