//! A server that is asked to end under load: what it has begun it finishes, however long that takes, and who has not yet asked
//! for anything does not hold it.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::{beside::Caller, holds_together, load::Load};
use crate::{postgres::fresh_database, process::Server, world::PASSWORD};

/// How long the end may take once all is answered that was in flight. The limit on headers would end the wait for half a
/// request after ten seconds, and that on the end all waits.
const HELD: Duration = Duration::from_secs(8);

/// A request in flight: the server has read its head and has asked for its body.
struct Begun {
    stream: TcpStream,
    body: String,
}

impl Begun {
    async fn new(origin: &str, session: &str, path: &str, body: &Value) -> Self {
        let (address, body) = (address(origin), body.to_string());
        let mut stream = TcpStream::connect(address).await.unwrap();
        let head = format!(
            "POST /api/v1{path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {session}\r\nContent-Type: \
             application/json\r\nContent-Length: {}\r\nExpect: 100-continue\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut word = [0; 25];
        let _ = stream.read_exact(&mut word).await.unwrap();
        assert_eq!(&word, b"HTTP/1.1 100 Continue\r\n\r\n");
        Self { stream, body }
    }

    /// Sends the body; the status.
    async fn answer(mut self) -> u16 {
        self.stream.write_all(self.body.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let _ = self.stream.read_to_end(&mut answer).await.unwrap();
        let text = String::from_utf8_lossy(&answer);
        text.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("no answer: {text:?}"))
    }
}

fn address(origin: &str) -> &str {
    origin.strip_prefix("http://").unwrap()
}

/// Waits until a server takes no connections any more.
async fn takes_nobody(origin: &str) {
    while TcpStream::connect(address(origin)).await.is_ok() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn asked_to_end_under_load(database: Option<String>) {
    let data = tempfile::tempdir().unwrap();
    let database = database.unwrap_or_else(|| format!("sqlite:{}", data.path().join("guestlist.db").display()));
    let start = || Server::start_with(data.path(), Some(&database), &[("GUESTLIST_LOG", "warn")]);
    let mut server = start();
    let ada = json!({ "username": "ada", "email": "ada@example.org", "password": PASSWORD });
    let mut load = Load::start(&database, &[&server.origin], 6).await;
    let caller = Caller::at(&server, &database).await;
    let url = format!("{}/api/v1/auth/register", server.origin);
    let made = reqwest::Client::builder().no_proxy().build().unwrap().post(url).json(&ada).send().await.unwrap();
    assert_eq!(made.status(), 201);
    let rows: Vec<Value> = (0..1_000).map(|n| json!({ "name": format!("Guest {n}") })).collect();
    let (bulk, list) = (format!("{}/bulk", caller.invites()), json!({ "rows": rows }));
    for _ in 0..3 {
        load.answers(40).await;
        // What takes the server long: a thousand invites, and a password to be hashed.
        let invites = Begun::new(&server.origin, caller.session(), &bulk, &list).await;
        let wish = json!({ "login": "ada", "password": PASSWORD });
        let login = Begun::new(&server.origin, caller.session(), "/auth/login", &wish).await;
        let mut half = TcpStream::connect(address(&server.origin)).await.unwrap();
        half.write_all(b"GET /livez HTTP/1.1\r\nHost:").await.unwrap();
        server.terminate();
        takes_nobody(&server.origin).await;
        let answers = tokio::join!(invites.answer(), login.answer());
        assert_eq!(answers, (201, 200), "what was in flight is answered");
        let ends = tokio::task::spawn_blocking(move || server.wait());
        let ended = tokio::time::timeout(HELD, ends).await.expect("half a request holds nobody").unwrap();
        assert!(ended.success(), "{ended:?}");
        assert_eq!(half.read(&mut [0; 16]).await.unwrap_or(0), 0, "half a request is not answered");
        server = start();
        load.moved(&[&server.origin]);
    }
    let ledger = load.end().await;
    server.terminate();
    assert!(server.wait().success());
    holds_together(&database, &ledger).await;
    let log = std::fs::read_to_string(data.path().join("log")).unwrap();
    assert!(!log.contains("cut off"), "requests in flight finish: {log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_asked_to_end_under_load_ends_well_and_loses_nothing() {
    asked_to_end_under_load(None).await;
    let Some(url) = tokio::task::spawn_blocking(fresh_database).await.unwrap() else { return };
    asked_to_end_under_load(Some(url)).await;
}
