//! One more who is signed in, beside the load: what a single caller is answered while something is wrong.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use guestlist::domain::Timestamp;
use http_body_util::{BodyExt as _, Full};
use hyper::{Request, Response, client::conn::http1};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::{net::TcpStream, sync::Mutex, time::timeout};

use super::store;
use crate::{process::Server, seed::sessions};

/// The longest that something may take before it counts as never.
const PATIENCE: Duration = Duration::from_mins(1);

/// Someone with a band and an invite in it, whose connection stays open.
#[derive(Clone)]
pub struct Caller {
    connection: Arc<Connection>,
    session: String,
    invites: String,
}

/// One connection and never a second beside it. A pool may open another while that of the last answer is on its way back,
/// and where the server has no handle for it, a caller who is in waits like one who is not.
struct Connection {
    address: String,
    open: Mutex<Option<http1::SendRequest<Full<Bytes>>>>,
}

/// An answer: its status, when to come back, the media type and the body.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    retry_after: Option<String>,
    media: Option<String>,
    body: Value,
}

impl Caller {
    /// Someone new at a server over this database.
    pub async fn at(server: &Server, database: &str) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let store = store(database).await;
        let session = sessions(&store, Timestamp::now(), 1).await.remove(0);
        store.close().await;
        let address = server.origin.strip_prefix("http://").unwrap().to_owned();
        let mut caller = Self { connection: Connection::to(address), session, invites: String::new() };
        let band = caller.ask("POST", "/bands", Some(json!({ "name": "The Night Owls" }))).await;
        caller.invites = format!("/bands/{}/invites", band.body["id"].as_str().unwrap());
        assert_eq!(caller.write().await.status, 201);
        caller
    }

    /// The same, over a connection that is yet to be opened.
    pub fn anew(&self) -> Self {
        Self { connection: Connection::to(self.connection.address.clone()), ..self.clone() }
    }

    /// Their session.
    pub fn session(&self) -> &str {
        &self.session
    }

    /// The path of their invites.
    pub fn invites(&self) -> &str {
        &self.invites
    }

    async fn ask(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/v1{path}"))
            .header("host", &self.connection.address)
            .header("authorization", format!("Bearer {}", self.session))
            .header("content-type", "application/json")
            .body(Full::from(body.map_or_else(Vec::new, |body| body.to_string().into_bytes())))
            .unwrap();
        let asked = timeout(PATIENCE, self.connection.ask(request));
        let (head, body) = asked.await.unwrap_or_else(|_| panic!("{method} {path} is never answered")).into_parts();
        let header = |name: &str| head.headers.get(name).map(|value| value.to_str().unwrap().to_owned());
        Answer {
            status: head.status.as_u16(),
            retry_after: header("retry-after"),
            media: header("content-type"),
            body: serde_json::from_slice(&body).unwrap_or_default(),
        }
    }

    /// Makes an invite.
    pub async fn write(&self) -> Answer {
        self.ask("POST", &self.invites, Some(json!({}))).await
    }

    /// Reads the list of invites; how it is answered.
    pub async fn read(&self) -> Answer {
        self.ask("GET", &self.invites, None).await
    }

    /// The list can be read, and is one.
    pub async fn reads(&self) {
        let answer = self.read().await;
        let listed = answer.body["invites"].as_array().map(Vec::len);
        assert!(answer.status == 200 && listed > Some(0), "reads go on: {answer:?}");
    }

    /// Writes until that is refused for now, as a caller can understand it.
    pub async fn is_refused_for_now(&self) {
        self.until("refused", async || {
            let answer = self.write().await;
            (answer.status != 201).then_some(answer)
        })
        .await
        .says_later();
    }

    /// Writes until that is done; what else is answered meanwhile is that it cannot be for now.
    pub async fn writes_again(&self) {
        self.until_answered(201, async || self.write().await).await;
    }

    /// Reads until there is a list; what else is answered meanwhile is that it cannot be for now.
    pub async fn reads_again(&self) {
        self.until_answered(200, async || self.read().await).await;
    }

    async fn until_answered(&self, status: u16, ask: impl AsyncFn() -> Answer) {
        self.until(&format!("answered {status}"), async || {
            let answer = ask().await;
            if answer.status == status {
                return Some(());
            }
            answer.says_later();
            None
        })
        .await;
    }

    async fn until<T>(&self, what: &str, asked: impl AsyncFn() -> Option<T>) -> T {
        let begun = Instant::now();
        loop {
            if let Some(found) = asked().await {
                return found;
            }
            assert!(begun.elapsed() < PATIENCE, "never {what}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Connection {
    fn to(address: String) -> Arc<Self> {
        Arc::new(Self { address, open: Mutex::default() })
    }

    /// Asks over the connection, which is opened where there is none or the server has closed it; the whole answer.
    async fn ask(&self, request: Request<Full<Bytes>>) -> Response<Bytes> {
        let mut open = self.open.lock().await;
        let ready = match open.as_mut() {
            Some(sender) => sender.ready().await.is_ok(),
            None => false,
        };
        if !ready {
            let stream = TcpStream::connect(&self.address).await.unwrap();
            let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
            tokio::spawn(connection);
            *open = Some(sender);
        }
        let answer = open.as_mut().unwrap().send_request(request).await.unwrap();
        let (head, body) = answer.into_parts();
        Response::from_parts(head, body.collect().await.unwrap().to_bytes())
    }
}

impl Answer {
    /// It is a problem that says what is wrong and when to come back.
    pub fn says_later(&self) {
        assert_eq!((self.status, &self.body["code"]), (503, &json!("unavailable")), "{self:?}");
        assert_eq!(self.media.as_deref(), Some("application/problem+json"));
        assert!(self.body["detail"].as_str().is_some_and(|text| text.contains("again")), "{self:?}");
        let seconds: Option<u64> = self.retry_after.as_ref().and_then(|text| text.parse().ok());
        assert!(seconds > Some(0), "{self:?}");
    }
}
