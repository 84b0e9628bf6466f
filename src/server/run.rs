//! The listener: limits on connections, on how long headers may take and answers may wait, and an end that loses none.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::get,
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
    task::JoinSet,
};
use tower::ServiceExt as _;

use super::{App, Peer, crowd::Crowd, mail, metrics::OPENMETRICS, outbox, stall::Stalling, sweep, views};

/// How long a connection may take to send a request's headers.
const HEADERS: Duration = Duration::from_secs(10);
/// How long the other end may take nothing of an answer.
const UNREAD: Duration = Duration::from_secs(30);
/// How long requests in flight may take to finish at the end.
const DRAIN: Duration = Duration::from_secs(10);
/// How long to wait when the system has no more handles for connections.
const EXHAUSTED: Duration = Duration::from_millis(100);
/// Connections to the figures that are open at once.
const METRICS_CONNECTIONS: usize = 16;

/// Serves, and sweeps, until `shutdown` is ready. Then no connection is taken any more, the requests in flight get at
/// most ten seconds to finish, and the store is closed. The figures are on a listener of their own, where there is one.
pub async fn serve_on(
    app: App,
    listener: TcpListener,
    metrics: Option<TcpListener>,
    shutdown: impl Future<Output = ()>,
) {
    let (end, ended) = watch::channel(false);
    let (last, counted) = watch::channel(false);
    let (own, until) = (app.clone(), ended.clone());
    let sweeper = tokio::spawn(async move {
        if own.settings().sweeps {
            sweep::run(own, until).await;
        }
    });
    let views = tokio::spawn(views::run(app.clone(), counted));
    let postman = tokio::spawn(mail::run(app.clone(), ended.clone()));
    let figures = metrics.map(|listener| {
        let (mut word, ended) = (ended.clone(), ended.clone());
        let router = Router::new().route("/metrics", get(figures)).with_state(app.clone());
        tokio::spawn(async move {
            let end = async { drop(word.wait_for(|ended| *ended).await) };
            take(listener, router, METRICS_CONNECTIONS, None, end, ended).await;
        })
    });
    let router = super::router(app.clone());
    let places = app.settings().limits.connections;
    let mut connections = take(listener, router, places, Some(&app), shutdown, ended).await;
    let _ = end.send(true);
    let drained = tokio::time::timeout(DRAIN, async { while connections.join_next().await.is_some() {} }).await;
    if drained.is_err() {
        tracing::warn!("requests were still running at the end and were cut off");
        connections.shutdown().await;
    }
    // The sweeper has ended by the same word; the last request has been looked at only now.
    let _ = last.send(true);
    let _ = tokio::join!(sweeper, views, postman);
    if let Some(figures) = figures {
        let _ = figures.await;
    }
    app.store().close().await;
}

/// Takes connections until `shutdown` is ready; those that are open then. `counted` counts them, and says how many one
/// network may have: one too many is closed, since it would wait in a place of its own.
async fn take(
    listener: TcpListener,
    router: Router,
    places: usize,
    counted: Option<&App>,
    shutdown: impl Future<Output = ()>,
    ended: watch::Receiver<bool>,
) -> JoinSet<()> {
    let places = Arc::new(Semaphore::new(places));
    let crowd = counted.and_then(|app| Crowd::new(app.settings()));
    let mut connections = JoinSet::new();
    tokio::pin!(shutdown);
    loop {
        while connections.try_join_next().is_some() {}
        let accepted = tokio::select! {
            biased;
            () = &mut shutdown => return connections,
            accepted = async {
                let place = Arc::clone(&places).acquire_owned().await;
                (listener.accept().await, place)
            } => accepted,
        };
        match accepted {
            (Ok((stream, peer)), place) => {
                let entered = crowd.as_ref().map(|crowd| crowd.enter(peer.ip()));
                if matches!(entered, Some(None)) {
                    tracing::debug!(%peer, "a network has as many connections as it may");
                    continue;
                }
                let (router, ended) = (router.clone(), ended.clone());
                let open = counted.map(|app| app.metrics().connection());
                connections.spawn(async move {
                    connection(stream, peer, router, ended).await;
                    drop((place, open, entered));
                });
            }
            (Err(error), _) => {
                tracing::warn!(%error, "a connection could not be taken");
                tokio::time::sleep(EXHAUSTED).await;
            }
        }
    }
}

/// `GET /metrics`.
async fn figures(State(app): State<App>) -> Response {
    // Where the database cannot say it, the figure stays as it was.
    if app.settings().mail.is_on()
        && let Ok(waiting) = app.store().read(outbox::waiting).await
    {
        app.metrics().mail_waiting(waiting);
    }
    match app.metrics().text(app.store().waiting()) {
        Ok(text) => ([(header::CONTENT_TYPE, OPENMETRICS)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
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
        .serve_connection(TokioIo::new(Stalling::new(stream, UNREAD)), service);
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
