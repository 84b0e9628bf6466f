//! A server on a thread of its own, in this process.

use std::{net::TcpListener, sync::mpsc, thread::JoinHandle};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use tokio::sync::oneshot;

use super::{Error, Running};
use crate::{
    config::Config,
    server::{
        App, Entropy, Key, Settings, SystemClock, SystemEntropy, has_accounts, run,
        store::{Database, Options, Store},
    },
};

/// A running server; dropped, it ends in good order.
pub(super) struct Embedded {
    /// Where it listens.
    pub(super) origin: String,
    /// What stands behind it.
    pub(super) app: App,
    founder: String,
    first_run: bool,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Embedded {
    /// Whether its thread runs.
    pub(super) fn is_alive(&self) -> bool {
        self.thread.as_ref().is_some_and(|thread| !thread.is_finished())
    }

    /// As its starter sees it.
    pub(super) fn running(&self) -> Running {
        Running { origin: self.origin.clone(), founder: Some(self.founder.clone()), first_run: self.first_run }
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A secret of 32 random bytes, as text.
pub(super) fn secret(entropy: &SystemEntropy) -> String {
    let mut bytes = [0; 32];
    entropy.fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Opens the database and serves it. Ready when this is done: connections are taken.
pub(super) fn begin(
    config: &Config,
    database: Database,
    key: Key,
    listener: TcpListener,
    founder: String,
) -> Result<Embedded, Error> {
    let start = |error: std::io::Error| Error::Start(error.to_string());
    let origin = format!("http://{}", listener.local_addr().map_err(Error::Listen)?);
    listener.set_nonblocking(true).map_err(Error::Listen)?;
    let settings = Settings {
        // The rest of [server] is about the hosted one.
        trusted_proxies: Vec::new(),
        metrics_listen: None,
        ..Settings::new(config, &origin, Some(founder.clone()))
    };
    // One person's clients need no more.
    let store = Store::open(&Options { readers: 2, ..Options::new(database) })?;
    let app = App::new(store, settings, key, SystemClock, SystemEntropy::new());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(start)?;
    let (stop, stopped) = oneshot::channel::<()>();
    let (ready, begun) = mpsc::sync_channel(1);
    let served = app.clone();
    let serve = move || {
        runtime.block_on(async move {
            let first_run = has_accounts(&served).await.map(|any| !any);
            match first_run.map(|first| (first, tokio::net::TcpListener::from_std(listener))) {
                Ok((first, Ok(listener))) => {
                    let _ = ready.send(Ok(first));
                    run::serve_on(served, listener, None, async {
                        let _ = stopped.await;
                    })
                    .await;
                }
                Ok((_, Err(error))) => drop(ready.send(Err(Error::Listen(error)))),
                Err(error) => drop(ready.send(Err(error.into()))),
            }
        });
    };
    let thread = std::thread::Builder::new().name("guestlist-server".to_owned()).spawn(serve).map_err(start)?;
    let first_run = begun.recv().map_err(|_| Error::Start("its thread ended".to_owned()))??;
    Ok(Embedded { origin, app, founder, first_run, stop: Some(stop), thread: Some(thread) })
}
