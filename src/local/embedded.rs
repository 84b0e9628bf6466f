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

/// What is served at the listener, opened: until it is served ([`serve`]) nobody comes, and no time ends anything.
pub(super) fn open(
    config: &Config,
    database: Database,
    key: Key,
    listener: &TcpListener,
    founder: &str,
) -> Result<App, Error> {
    let settings = Settings {
        // The rest of [server] is about the hosted one.
        trusted_proxies: Vec::new(),
        metrics_listen: None,
        ..Settings::new(config, &origin_of(listener)?, Some(founder.to_owned()))
    };
    // One person's clients need no more.
    let store = Store::open(&Options { readers: 2, ..Options::new(database) })?;
    Ok(App::new(store, settings, key, SystemClock, SystemEntropy::new()))
}

fn origin_of(listener: &TcpListener) -> Result<String, Error> {
    Ok(format!("http://{}", listener.local_addr().map_err(Error::Listen)?))
}

/// Serves what was opened for this listener and founder. Ready when this is done: connections are taken.
pub(super) fn serve(app: App, listener: TcpListener, founder: String) -> Result<Embedded, Error> {
    let start = |error: std::io::Error| Error::Start(error.to_string());
    let origin = origin_of(&listener)?;
    listener.set_nonblocking(true).map_err(Error::Listen)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(start)?;
    let (stop, stopped) = oneshot::channel::<()>();
    let (ready, begun) = mpsc::sync_channel(1);
    let serve = move || {
        runtime.block_on(async move {
            let first_run = has_accounts(&app).await.map(|any| !any);
            match first_run.map(|first| (first, tokio::net::TcpListener::from_std(listener))) {
                Ok((first, Ok(listener))) => {
                    let _ = ready.send(Ok(first));
                    run::serve_on(app, listener, None, async {
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
    Ok(Embedded { origin, founder, first_run, stop: Some(stop), thread: Some(thread) })
}
