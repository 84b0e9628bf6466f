//! A throw-away server with a sample world, signed in: for looking around.

mod tale;
mod world;

use std::{
    fs::{DirEntry, File},
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
};

use super::{
    Error, database_file,
    embedded::{self, Embedded, secret},
};
use crate::{
    client::{
        Origin, PlainHttp,
        session::{Kept, SessionFile},
    },
    config::{Client, Config, Local},
    domain::SessionToken,
    private,
    server::{Clock as _, Entropy as _, Key, SystemClock, SystemEntropy, hash, store::Database},
};

/// The password of everyone in the sample world.
pub const PASSWORD: &str = "guestlist demo";

/// A running demonstration. Dropped, it ends the server and removes everything it made.
pub struct Demo {
    // Before the folder: the server ends before its files go.
    server: Embedded,
    folder: Folder,
    session: SessionToken,
    config: Config,
}

impl Demo {
    /// Makes the sample world and serves it. The look and the keys are those of `config`; its servers are not used.
    pub fn start(config: &Config) -> Result<Self, Error> {
        let failed = |error: &dyn std::fmt::Display| Error::Sample(error.to_string());
        let entropy = SystemEntropy::new();
        let folder = Folder::new(&secret(&entropy))?;
        let mut random = [0; 32];
        entropy.fill(&mut random);
        let key = Key::new(&random)?;
        entropy.fill(&mut random);
        let session = SessionToken::from_random(&random);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(Error::Listen)?;
        let config = Config {
            client: Client { poll_seconds: config.client.poll_seconds, ..Client::default() },
            local: Local { data: Some(folder.path().to_owned()), ..Local::default() },
            ui: config.ui.clone(),
            keys: config.keys.clone(),
            ..Config::default()
        };
        let database = Database::Sqlite(database_file(folder.path()));
        let founder = secret(&entropy);
        let app = embedded::open(&config, database, key, &listener, &founder)?;
        let now = SystemClock.now();
        // Nobody's clock but the tale's own: for the server most of what is told is long over.
        world::make(&app, hash(session.reveal()), now)?;
        let server = embedded::serve(app, listener, founder)?;
        let config = Config { client: Client { server: Some(server.origin.clone()), ..config.client }, ..config };
        let origin = Origin::parse(&server.origin, PlainHttp::LoopbackOnly).map_err(|error| failed(&error))?;
        SessionFile::in_folder(Some(folder.path()), None)
            .and_then(|sessions| sessions.put(&origin, Kept::new(&session, tale::ME, now.plus_hours(24))))
            .map_err(|error| failed(&error))?;
        Ok(Self { server, folder, session, config })
    }

    /// Where it listens.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.server.origin
    }

    /// The session of the person at the keyboard.
    #[must_use]
    pub fn session(&self) -> &SessionToken {
        &self.session
    }

    /// The configuration of a client that is signed in to it; its session file lies in the folder for data.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The folder that holds all of it.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

/// What the folders of demonstrations begin with.
const PREFIX: &str = "guestlist-demo-";
/// Held by the process that shows the demonstration, however that ends.
const LOCK: &str = "lock";

/// A folder of its own that goes when it is dropped.
struct Folder {
    path: PathBuf,
    _lock: File,
}

impl Folder {
    fn new(name: &str) -> Result<Self, Error> {
        let around = std::env::temp_dir();
        remove_left(&around);
        let path = around.join(format!("{PREFIX}{name}"));
        let made = private::folder(&path).and_then(|()| {
            let lock = private::create(&path.join(LOCK), true)?;
            lock.lock().map(|()| lock)
        });
        match made {
            Ok(lock) => Ok(Self { path, _lock: lock }),
            Err(source) => Err(Error::Io { what: "make", path, source }),
        }
    }

    fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

/// Removes what killed demonstrations of this person left: folders whose lock nobody holds. What cannot be removed is
/// left where it is.
fn remove_left(around: &Path) {
    for entry in std::fs::read_dir(around).into_iter().flatten().flatten() {
        let named = entry.file_name().to_string_lossy().starts_with(PREFIX);
        // Neither somebody else's nor a link to elsewhere.
        if named && entry.file_type().is_ok_and(|kind| kind.is_dir()) && is_own(&entry) && is_left(&entry.path()) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(unix)]
fn is_own(entry: &DirEntry) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    entry.metadata().is_ok_and(|metadata| metadata.uid() == rustix::process::geteuid().as_raw())
}

#[cfg(not(unix))]
const fn is_own(_: &DirEntry) -> bool {
    true
}

/// One without a lock is being made.
fn is_left(folder: &Path) -> bool {
    File::open(folder.join(LOCK)).is_ok_and(|lock| lock.try_lock().is_ok())
}
