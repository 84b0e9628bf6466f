//! The client reads whatever a server may answer by the API's description, and bears whatever else one answers: every
//! operation comes back, and nothing that it comes back with does anything to a terminal.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use guestlist::{
    client::{Client, Error, Origin, Patience, PlainHttp},
    domain::{SessionToken, clean_block},
};
use proptest::prelude::ProptestConfig;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use crate::world::World;

mod calls;
pub mod shape;

use shape::{Dice, Shapes};

/// What answers a request with this method and target: the bytes of the whole answer.
type Answering = Box<dyn Fn(&str, &str) -> Vec<u8> + Send>;

/// A server that answers as it is told to at the time.
struct Mimic {
    client: Client,
    answering: Arc<Mutex<Answering>>,
}

impl Mimic {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = Origin::parse(&listener.local_addr().unwrap().to_string(), PlainHttp::LoopbackOnly).unwrap();
        let session = SessionToken::from_random(&[7; 32]);
        let client = Client::new(origin, Some(session)).unwrap().with_patience(Patience::NONE);
        let answering: Arc<Mutex<Answering>> = Arc::new(Mutex::new(Box::new(|_, _| Vec::new())));
        let told = Arc::clone(&answering);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(talk(stream, Arc::clone(&told)));
            }
        });
        Self { client, answering }
    }

    fn answer(&self, answering: impl Fn(&str, &str) -> Vec<u8> + Send + 'static) {
        *self.answering.lock().unwrap() = Box::new(answering);
    }
}

/// One exchange: what is answered may end anywhere, so the connection ends with it.
async fn talk(mut stream: TcpStream, told: Arc<Mutex<Answering>>) {
    let mut request = Vec::new();
    while !crate::client_faults::is_whole(&request) {
        if stream.read_buf(&mut request).await.unwrap_or(0) == 0 {
            return;
        }
    }
    let text = String::from_utf8_lossy(&request).into_owned();
    let mut words = text.split_whitespace();
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let answer = told.lock().unwrap()(method, target);
    let _ = stream.write_all(&answer).await;
    let _ = stream.shutdown().await;
}

/// An answer as it goes over the wire.
fn wire(status: u16, headers: &[(&str, &[u8])], body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("HTTP/1.1 {status} X\r\nconnection: close\r\n").into_bytes();
    for (name, value) in headers {
        bytes.extend_from_slice(name.as_bytes());
        bytes.extend_from_slice(b": ");
        bytes.extend_from_slice(value);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(body);
    bytes
}

/// Every text in what was read.
fn texts<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => found.push(text),
        Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        Value::Object(fields) => fields.values().for_each(|field| texts(field, found)),
        _ => {}
    }
}

/// That nothing in what came back does anything to a terminal; the token that was asked with stands in no error.
fn is_harmless(name: &str, result: &Result<Value, Error>) {
    let mut found = Vec::new();
    let said;
    match result {
        Ok(value) => texts(value, &mut found),
        Err(error) => {
            said = format!("{error}\n{}", error.hint());
            assert!(!said.contains(calls::TOKEN), "{name}: {said}");
            found.push(&said);
        }
    }
    for text in found {
        assert_eq!(clean_block(text), text, "{name}");
    }
}

/// How many rounds of all operations there are: a fraction of what `PROPTEST_CASES` says, since each is many requests.
fn rounds() -> u64 {
    u64::from(ProptestConfig::default().cases / 32).max(1)
}

async fn described() -> Arc<Shapes> {
    let world = World::sqlite().await;
    let text = reqwest::get(format!("{}/openapi.json", world.origin)).await.unwrap().text().await.unwrap();
    Arc::new(Shapes::new(serde_json::from_str(&text).unwrap()))
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_the_description_allows_is_read() {
    let (shapes, mimic) = (described().await, Mimic::start().await);
    for seed in 0..rounds() {
        let shown = Arc::new(Mutex::new(String::new()));
        let (shapes, last) = (Arc::clone(&shapes), Arc::clone(&shown));
        mimic.answer(move |method, target| {
            let mut dice = Dice::new(seed);
            let (status, media, body) = shapes.answer(method, target, &mut dice);
            *last.lock().unwrap() = format!("{status} {}", String::from_utf8_lossy(&body));
            wire(status, &[("content-type", media.as_bytes()), ("etag", b"\"x\"")], &body)
        });
        let mut names = BTreeSet::new();
        for (name, result) in calls::every(&mimic.client, &shown).await {
            let (result, answered) = result;
            assert!(names.insert(name), "{name} is called twice");
            assert!(result.is_ok(), "{name}, seed {seed}: {:?}\n{answered}", result.unwrap_err());
            is_harmless(name, &result);
        }
        assert!(names.len() > 60, "{}", names.len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_else_is_answered_is_borne_and_harmless() {
    let (shapes, mimic) = (described().await, Mimic::start().await);
    let (mut read, mut refused) = (0, 0);
    for seed in 0..2 * rounds() {
        let shapes = Arc::clone(&shapes);
        mimic.answer(move |method, target| {
            let mut dice = Dice::new(seed ^ target.len() as u64);
            let (status, media, body) = shapes.answer(method, target, &mut dice);
            let body = shape::spoiled(body, &mut dice);
            let status =
                dice.pick(&[status, status, status, 200, 204, 304, 301, 400, 401, 410, 422, 429, 500, 503, 599]);
            let json: &[u8] = b"application/problem+json";
            let media = dice.pick(&[media.as_bytes(), media.as_bytes(), json, b"text/html", b"\xff\xfe", b""]);
            let location: &[u8] = dice.pick(&[
                &b"https://evil.example/x"[..],
                b"/invite/inv_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                b"\xe2\x80\xae//x",
                b"",
            ]);
            let after = dice.pick(&[&b"1"[..], b"-1", b"99999999999999999999", b"soon", b"\xff"]);
            let headers =
                [("content-type", media), ("location", location), ("retry-after", after), ("etag", b"W/\xff")];
            let mut bytes = wire(status, &headers, &body);
            if dice.one_in(8) {
                let end = dice.below(bytes.len());
                bytes.truncate(end);
            }
            if dice.one_in(8) {
                let at = dice.below(bytes.len().max(1)).min(bytes.len());
                bytes.insert(at, dice.byte());
            }
            bytes
        });
        for (name, (result, _)) in calls::every(&mimic.client, &Mutex::default()).await {
            is_harmless(name, &result);
            if result.is_ok() { read += 1 } else { refused += 1 }
        }
    }
    assert!(read > 10 && refused > 10, "{read} read, {refused} refused");
}
