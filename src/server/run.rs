//! The listener: a limit on connections, a limit on how long headers may take, and an end that loses no answer.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{Router, body::Body, extract::Request};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
    task::JoinSet,
};
use tower::ServiceExt as _;

use super::App;

/// How long a connection may take to send a request's headers.
const HEADERS: Duration = Duration::from_secs(10);
/// How long requests in flight may take to finish at the end.
const DRAIN: Duration = Duration::from_secs(10);
/// How long to wait when the system has no more handles for connections.
const EXHAUSTED: Duration = Duration::from_millis(100);

/// The other end of the connection that a request came by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer(pub SocketAddr);

/// Serves, and sweeps, until `shutdown` is ready. Then no connection is taken any more, the requests in flight get at most ten
/// seconds to finish, and the store is closed.
pub async fn serve(app: App, listener: TcpListener, shutdown: impl Future<Output = ()>) {
    let router = super::router(app.clone());
    let places = Arc::new(Semaphore::new(app.settings().limits.connections));
    let (end, ended) = watch::channel(false);
    let sweeper = tokio::spawn(super::sweep::run(app.clone(), ended.clone()));
    let (count, counted) = watch::channel(false);
    let views = tokio::spawn(super::views::run(app.clone(), counted));
    let mut connections = JoinSet::new();
    tokio::pin!(shutdown);
    loop {
        while connections.try_join_next().is_some() {}
        let accepted = tokio::select! {
            biased;
            () = &mut shutdown => break,
            accepted = async {
                let place = Arc::clone(&places).acquire_owned().await;
                (listener.accept().await, place)
            } => accepted,
        };
        match accepted {
            (Ok((stream, peer)), place) => {
                let (router, ended) = (router.clone(), ended.clone());
                connections.spawn(async move {
                    connection(stream, peer, router, ended).await;
                    drop(place);
                });
            }
            (Err(error), _) => {
                tracing::warn!(%error, "a connection could not be taken");
                tokio::time::sleep(EXHAUSTED).await;
            }
        }
    }
    drop(listener);
    let _ = end.send(true);
    let drained = tokio::time::timeout(DRAIN, async { while connections.join_next().await.is_some() {} }).await;
    if drained.is_err() {
        tracing::warn!("requests were still running at the end and were cut off");
        connections.shutdown().await;
    }
    // The sweeper has ended by the same word; the last request has been looked at only now.
    let _ = count.send(true);
    let _ = tokio::join!(sweeper, views);
    app.store().close().await;
}

async fn connection(stream: TcpStream, peer: SocketAddr, router: Router, mut ended: watch::Receiver<bool>) {
    let _ = stream.set_nodelay(true);
    let begun = Arc::new(AtomicBool::new(false));
    let service = service_fn({
        let begun = Arc::clone(&begun);
        move |request: hyper::Request<Incoming>| {
            begun.store(true, Ordering::Relaxed);
            let mut request: Request = request.map(Body::new);
            request.extensions_mut().insert(Peer(peer));
            router.clone().oneshot(request)
        }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(served);
    let result = tokio::select! {
        result = served.as_mut() => result,
        () = async { let _ = ended.wait_for(|ended| *ended).await; } => {
            // hyper closes an idle connection by itself but waits for the first request's headers.
            if !begun.load(Ordering::Relaxed) {
                return;
            }
            served.as_mut().graceful_shutdown();
            served.await
        }
    };
    if let Err(error) = result {
        tracing::debug!(%error, "a connection ended early");
    }
}
