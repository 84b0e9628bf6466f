//! `guestlist serve`: the API as a program of its own.

use std::{
    net::SocketAddr,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
};

use clap::Args;
use tokio::{net::TcpListener, signal::unix};

use crate::{
    domain::{Policy, Preset},
    server::{
        App, Key, Settings, SystemClock, SystemEntropy, run,
        store::{Database, Options, Store},
    },
};

use super::Error;

/// Runs the API.
#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    /// Where to listen.
    #[arg(long, env = "GUESTLIST_LISTEN", value_name = "ADDR", default_value = "127.0.0.1:7878")]
    listen: SocketAddr,
    /// `sqlite:PATH` or `postgres://…`; a file in the data folder where it is missing.
    #[arg(long, env = "GUESTLIST_DATABASE", value_name = "URL", hide_env_values = true)]
    database: Option<Database>,
    /// The origin that links begin with; the listener's own where it is missing.
    #[arg(long, env = "GUESTLIST_PUBLIC_URL", value_name = "URL")]
    public_url: Option<String>,
    /// The file with the key that seals tokens; made, and private, in the data folder where it is missing.
    #[arg(long, env = "GUESTLIST_KEY_FILE", value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// The rules: band, community, organisation or room.
    #[arg(long, env = "GUESTLIST_POLICY_PRESET", value_name = "PRESET", default_value = "band")]
    preset: Preset,
}

/// Serves until SIGTERM or SIGINT, then lets requests in flight finish.
pub(super) fn serve(args: &ServeArgs) -> Result<(), Error> {
    let failed = |what: &str, error: &dyn std::fmt::Display| Error::Serve(format!("{what}: {error}"));
    let folder = data_folder()?;
    let database = args.database.clone().unwrap_or_else(|| Database::Sqlite(folder.join("guestlist.db")));
    let entropy = SystemEntropy::new();
    let mut random = [0; 32];
    crate::server::Entropy::fill(&entropy, &mut random);
    let key_file = args.key_file.clone().unwrap_or_else(|| folder.join("key"));
    let key = Key::from_file(&key_file, &random).map_err(|error| Error::Serve(error.to_string()))?;
    let store = Store::open(&Options::new(database)).map_err(|error| failed("the database cannot be used", &error))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(args.listen)
            .await
            .map_err(|error| failed(&format!("cannot listen on {}", args.listen), &error))?;
        let origin = format!("http://{}", listener.local_addr()?);
        let public_url =
            args.public_url.as_ref().map_or_else(|| origin.clone(), |url| url.trim_end_matches('/').to_owned());
        let settings = Settings {
            name: "guestlist".to_owned(),
            public_url,
            policy: Policy::preset(args.preset),
            mail: false,
            founder: None,
            limits: true,
        };
        let (mut terminate, mut interrupt) =
            (unix::signal(unix::SignalKind::terminate())?, unix::signal(unix::SignalKind::interrupt())?);
        let app = App::new(store, settings, key, SystemClock, entropy);
        println!("listening on {origin}");
        let stop = async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        };
        run::serve(app, listener, stop).await;
        Ok(())
    })
}

/// The folder for data, made 0700 where it is missing.
fn data_folder() -> Result<PathBuf, Error> {
    let folder = match std::env::var_os("GUESTLIST_DATA") {
        Some(folder) => PathBuf::from(folder),
        None => directories::ProjectDirs::from("", "", "guestlist").map(|dirs| dirs.data_dir().to_owned()).ok_or_else(
            || Error::Serve("no home folder is known: set GUESTLIST_DATA to a folder for the data".to_owned()),
        )?,
    };
    make_private(&folder)?;
    Ok(folder)
}

fn make_private(folder: &Path) -> Result<(), Error> {
    Ok(std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?)
}
