//! `guestlist serve`: the API as a program of its own.

use std::{
    net::SocketAddr,
    process::ExitCode,
    time::{Duration, Instant},
};

use clap::Args;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::{net::TcpListener, signal::unix};

use crate::{
    config::{Config, Flag, LogFormat, LogLevel, Transport},
    domain::EmailIdentity,
    server::{
        App, Key, Settings, SystemClock, SystemEntropy,
        admin::fits,
        run,
        store::{self, Database, Options, Store},
    },
};

use super::Error;

/// Runs the API. Everything else is in the configuration.
#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    /// Where to listen [env: `GUESTLIST_LISTEN`] [default: 127.0.0.1:7878].
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// `sqlite:PATH` or `postgres://…`; a file in the data folder where it is missing [env: `GUESTLIST_DATABASE`].
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// The origin that links begin with; the listener's own where it is missing [env: `GUESTLIST_PUBLIC_URL`].
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// The file with the key that seals tokens; made, and private, in the data folder where it is missing
    /// [env: `GUESTLIST_KEY_FILE`].
    #[arg(long, value_name = "FILE")]
    key_file: Option<String>,
    /// The rules: band, community, organisation or room [env: `GUESTLIST_POLICY_PRESET`] [default: band].
    #[arg(long, value_name = "PRESET")]
    preset: Option<String>,
}

impl ServeArgs {
    /// The flags that stand for keys of the configuration.
    pub(super) fn flags(&self) -> impl Iterator<Item = Flag> {
        [
            ("server.listen", "--listen", &self.listen),
            ("server.database", "--database", &self.database),
            ("server.public_url", "--public-url", &self.public_url),
            ("server.key_file", "--key-file", &self.key_file),
            ("policy.preset", "--preset", &self.preset),
        ]
        .into_iter()
        .filter_map(|(key, name, value)| Some(Flag { key, name, value: value.clone()? }))
    }
}

/// Serves until SIGTERM or SIGINT, then lets requests in flight finish. Where each line of standard error is a JSON object,
/// so is the one that says why it did not begin.
pub(super) fn serve(config: &Config) -> ExitCode {
    let done = serve_on(config);
    match &done {
        Err(error) if writes_json(config) && config.log.level != LogLevel::Off => {
            tracing::error!(%error, "the server could not begin");
            ExitCode::from(error.exit_code())
        }
        _ => super::exit(done),
    }
}

/// Whether programs read what is written.
fn writes_json(config: &Config) -> bool {
    config.log.format == LogFormat::Json && config.log.file.is_none()
}

fn serve_on(config: &Config) -> Result<(), Error> {
    let failed = |what: &str, error: &dyn std::fmt::Display| Error::Host(format!("{what}: {error}"));
    let entropy = SystemEntropy::new();
    let key = key(config, &entropy)?;
    if let Some(file) = config.mail.password_file.as_ref().filter(|_| config.mail.transport == Transport::Smtp) {
        // It is read anew for each connection; what is missing from the start is a mistake.
        let _ = crate::private::open(file)
            .map_err(|error| failed(&format!("mail.password_file {} cannot be read", file.display()), &error))?;
    }
    let database = database(config)?;
    tracing::info!(%database, version = env!("CARGO_PKG_VERSION"), "starting");
    let patience = Duration::from_secs(config.server.database_wait_seconds.into());
    let named = database.to_string();
    let store =
        open(database, patience).map_err(|error| failed(&format!("the database {named} cannot be used"), &error))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let address = config.server.listen;
        let listener =
            TcpListener::bind(address).await.map_err(|error| failed(&format!("cannot listen on {address}"), &error))?;
        // Nobody is told that it listens before all of it does.
        let metrics = match config.server.metrics_listen {
            Some(address) => Some(
                TcpListener::bind(address)
                    .await
                    .map_err(|error| failed(&format!("cannot listen on {address} for the metrics"), &error))?,
            ),
            None => None,
        };
        let address = listener.local_addr()?;
        let origin = format!("http://{address}");
        let mut settings = Settings::new(config, config.server.public_url.as_deref().unwrap_or(&origin), None);
        settings.limits.connections = connections(settings.limits.connections, open_files(settings.limits.connections));
        warn(config, address);
        let (mut terminate, mut interrupt) =
            (unix::signal(unix::SignalKind::terminate())?, unix::signal(unix::SignalKind::interrupt())?);
        let app = App::new(store, settings, key, SystemClock, entropy);
        look_at_key(&app).await;
        if let Some(figures) = &metrics {
            tracing::info!(address = %figures.local_addr()?, "listening for whoever reads the metrics");
        }
        tracing::info!(%address, "listening");
        // Whoever started it may listen to nothing: that is no reason not to serve.
        let _ = if writes_json(config) {
            super::output::line(&serde_json::json!({ "listening": origin }).to_string())
        } else {
            super::output::line(&format!("listening on {origin}"))
        };
        let stop = async move {
            let signal = tokio::select! {
                _ = terminate.recv() => "SIGTERM",
                _ = interrupt.recv() => "SIGINT",
            };
            tracing::info!(signal, "ending: requests in flight may finish");
        };
        run::serve_on(app, listener, metrics, stop).await;
        Ok(())
    })
}

/// Says where the database's tokens were sealed by other keys: a file of keys that was not there has just been made.
async fn look_at_key(app: &App) {
    let own = app.clone();
    // Where the database cannot say it now, requests will.
    match app.store().read(move |tx| fits(tx, own.key())).await {
        Ok((0, _)) | Err(_) => {}
        Ok((lost, of)) if lost == of => tracing::error!(
            "the key opens none of the newest invites: it is not the one that belongs to this database. Links cannot be shown \
             again until it is; put the kept key in its place and start again"
        ),
        Ok((lost, of)) => tracing::error!(
            "of the {of} newest invites {lost} open by none of the keys: a key that sealed some is missing. Their links cannot \
             be shown again until it stands in the key file behind the others; `guestlist admin check` counts all of them"
        ),
    }
}

/// How long to wait between two tries to reach the database.
const PAUSE: Duration = Duration::from_secs(1);

/// Opens the store. A PostgreSQL that cannot be reached is waited for: it may come up after us, or be restarting.
fn open(database: Database, patience: Duration) -> Result<Store, store::Error> {
    let begun = Instant::now();
    let is_elsewhere = matches!(database, Database::Postgres(_));
    let options = Options::new(database);
    let mut is_told = false;
    loop {
        match Store::open(&options) {
            Err(error @ (store::Error::Connection(_) | store::Error::Timeout))
                if is_elsewhere && begun.elapsed() < patience =>
            {
                if !is_told {
                    let seconds = patience.as_secs();
                    tracing::warn!(%error, seconds, "the database cannot be used yet: waiting for it");
                    is_told = true;
                }
                std::thread::sleep(PAUSE.min(patience));
            }
            opened => return opened,
        }
    }
}

/// Files that the server has open beside its connections, with room to spare.
const FILES: usize = 64;

/// How many files this process may open, after it has asked for enough for so many connections. `None` is no limit.
fn open_files(connections: usize) -> Option<u64> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let needed = (connections + FILES) as u64;
    let wanted = maximum.map_or(needed, |maximum| maximum.min(needed));
    if current.is_some_and(|current| current < wanted)
        && setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum }).is_ok()
    {
        return Some(wanted);
    }
    current
}

/// How many connections there is room for: without it, a full house would keep the server from its own files.
fn connections(wanted: usize, files: Option<u64>) -> usize {
    let Some(files) = files.and_then(|files| usize::try_from(files).ok()) else { return wanted };
    let room = files.saturating_sub(FILES).max(files / 2).max(1);
    if room < wanted {
        tracing::warn!("limits.connections is {wanted}, but the system allows {files} open files: {room} are taken");
    }
    wanted.min(room)
}

/// Says what holds less than its words say.
fn warn(config: &Config, address: SocketAddr) {
    if config.server.public_url.is_none() && !address.ip().is_loopback() {
        tracing::warn!("server.public_url is not set: links begin with http://{address}, which others may not reach");
    }
    if config.mail.transport == Transport::Off && config.policy.email_identity == EmailIdentity::Verified {
        tracing::info!("without mail no address can be verified: policy.email_identity is as match");
    }
}

/// The variable that can hold the key.
pub(super) const KEY_VARIABLE: &str = "GUESTLIST_KEY";

/// The key: from the environment, from its file, or from the file beside the data, which is made where it is missing.
pub(super) fn key(config: &Config, entropy: &SystemEntropy) -> Result<Key, Error> {
    if let Some(text) = key_given() {
        return Key::parse(&text, KEY_VARIABLE).map_err(|error| Error::Usage(error.to_string()));
    }
    let mut random = [0; 32];
    crate::server::Entropy::fill(entropy, &mut random);
    if config.server.key_file.is_none() {
        data_folder(config)?;
    }
    Key::from_file(&key_file(config)?, &random).map_err(|error| Error::Host(error.to_string()))
}

/// The key as [`key`], for what is done to a server that there is: none is made, since it would open nothing.
pub(super) fn key_there(config: &Config) -> Result<Key, Error> {
    match key_missing(config)? {
        Some(missing) => Err(Error::Host(missing)),
        None => key(config, &SystemEntropy::new()),
    }
}

/// Why there is no key, in words; `None` where there is one, of whatever worth. A given one needs no file and no folder.
pub(super) fn key_missing(config: &Config) -> Result<Option<String>, Error> {
    if key_given().is_some() {
        return Ok(None);
    }
    let file = match key_file(config) {
        Ok(file) if file.try_exists()? => return Ok(None),
        Ok(file) => file,
        Err(unknown) => return Ok(Some(format!("there is no key: {unknown}"))),
    };
    let file = file.display();
    Ok(Some(format!(
        "there is no key at {file}: put the one of this server there (`guestlist serve` makes one at its first start)"
    )))
}

/// The text of the key in the environment.
fn key_given() -> Option<String> {
    super::variable(KEY_VARIABLE).filter(|text| !text.is_empty())
}

/// The file of the key, whether it is there or not.
pub(super) fn key_file(config: &Config) -> Result<std::path::PathBuf, Error> {
    config.server.key_file.clone().map_or_else(|| Ok(known_folder(config)?.join("key")), Ok)
}

/// The database, with its file in the data folder where none is named; made, and private, where it is missing.
pub(super) fn database(config: &Config) -> Result<Database, Error> {
    let database = place(config)?;
    if let (None, Database::Sqlite(file)) = (&config.server.database, &database) {
        data_folder(config)?;
        // One in our own folder is closed to others where it was left open; the store refuses any other that is.
        let _ = crate::private::create(file, false).map_err(|error| {
            let file = file.display();
            Error::Host(format!(
                "{file} cannot be opened to be written ({error}); its owner has to be who runs the server"
            ))
        })?;
    }
    Ok(database)
}

/// Where the database is, or would be.
pub(super) fn place(config: &Config) -> Result<Database, Error> {
    match &config.server.database {
        Some(url) => url.reveal().parse().map_err(|error| Error::Usage(format!("server.database: {error}"))),
        None => Ok(Database::Sqlite(known_folder(config)?.join("guestlist.db"))),
    }
}

/// The folder for data, made, and private, where it is missing.
fn data_folder(config: &Config) -> Result<std::path::PathBuf, Error> {
    let folder = known_folder(config)?;
    crate::private::folder(&folder).map_err(|error| {
        Error::Host(format!(
            "the folder for the data {} cannot be made ({error}): set GUESTLIST_DATA to another",
            folder.display()
        ))
    })?;
    Ok(folder)
}

fn known_folder(config: &Config) -> Result<std::path::PathBuf, Error> {
    config
        .data_folder()
        .ok_or_else(|| Error::Host("no home folder is known: set GUESTLIST_DATA to a folder for the data".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_room_for_the_servers_own_files() {
        assert_eq!(connections(1024, None), 1024);
        assert_eq!(connections(1024, Some(4096)), 1024);
        assert_eq!(connections(1024, Some(1024)), 960);
        assert_eq!(connections(1024, Some(64)), 32);
        assert_eq!(connections(1, Some(0)), 1);
    }
}
