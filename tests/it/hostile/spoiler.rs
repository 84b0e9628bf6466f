//! A server that stands before a true one and spoils its answers as a test says.

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use serde_json::{Value, json};

/// What a text of somebody who wants the screen begins with: sequences of both kinds, direction, what hides, a flood of
/// accents, and letters of two columns.
pub const ATTACK: &str = "\u{1b}[31m\u{1b}]0;pwned\u{7}\u{1b}]52;c;cHduZWQ=\u{7}\u{1b}[5n\u{1b}c\u{9b}6n\u{9d}0;x\u{9c}\u{202e}\u{2066}\u{200b}\u{feff}\
                          \u{ad}\r\u{8}\u{0}\u{7f}a\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}深夜";

/// How answers are spoiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spoilt {
    /// Not at all.
    Not,
    /// Each text that people write is an attack; the rest is true.
    Texts,
    /// Every text is an attack, ids and states too.
    AllTexts,
    /// A refusal whose every text is an attack.
    Refused,
    /// A page of a proxy.
    Page,
    /// Half of the answer, then the end of the connection.
    Half,
    /// Numbers are texts, texts numbers.
    Types,
    /// States, kinds and roles that this version has never heard of.
    Words,
    /// An answer without an end.
    Endless,
    /// An answer that unpacks to far more.
    Packed,
    /// Too many requests, with this wish of when to come back.
    Busy(&'static str),
    /// The session is none any more.
    SignedOut,
    /// This, as JSON.
    Body(&'static str),
}

/// The server that spoils.
pub struct Spoiler {
    /// Where the client connects to.
    pub origin: String,
    how: Arc<Mutex<Spoilt>>,
    answered: Arc<AtomicUsize>,
}

impl Spoiler {
    /// Before the server at this origin, `http://HOST:PORT`. Nothing is spoilt yet.
    pub fn before(origin: &str) -> Self {
        let server = origin.strip_prefix("http://").unwrap().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let how = Arc::new(Mutex::new(Spoilt::Not));
        let answered = Arc::new(AtomicUsize::new(0));
        let spoiler = Self {
            origin: format!("http://{}", listener.local_addr().unwrap()),
            how: Arc::clone(&how),
            answered: Arc::clone(&answered),
        };
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let (server, how, answered) = (server.clone(), Arc::clone(&how), Arc::clone(&answered));
                // Who hangs up is no failure here.
                thread::spawn(move || {
                    let _ = serve(client, &server, &how, &answered);
                });
            }
        });
        spoiler
    }

    /// Changes how answers are spoilt.
    pub fn is(&self, how: Spoilt) {
        *self.how.lock().unwrap_or_else(PoisonError::into_inner) = how;
    }

    /// How many requests were answered, polls left out.
    pub fn answered(&self) -> usize {
        self.answered.load(Ordering::SeqCst)
    }
}

/// Answers one request; the connection ends with it.
fn serve(mut client: TcpStream, server: &str, how: &Mutex<Spoilt>, answered: &AtomicUsize) -> std::io::Result<()> {
    let request = message(&mut client)?;
    let how = *how.lock().unwrap_or_else(PoisonError::into_inner);
    let done = match how {
        Spoilt::Endless => endless(&mut client),
        Spoilt::Packed => packed(&mut client),
        Spoilt::Page => {
            answer(&mut client, "502 Bad Gateway", "content-type: text/html\r\n", b"<html>\x1b[31mBad gateway</html>")
        }
        Spoilt::Refused => refused(&mut client, "409 Conflict", "", ATTACK),
        Spoilt::Busy(when) => {
            refused(&mut client, "429 Too Many Requests", &format!("retry-after: {when}\r\n"), "Later.")
        }
        Spoilt::Body(json) => answer(&mut client, "200 OK", "content-type: application/json\r\n", json.as_bytes()),
        Spoilt::SignedOut => refused(&mut client, "401 Unauthorized", "", "The session has ended."),
        _ => through(&mut client, server, &request, how),
    };
    if !request.starts_with(b"GET /api/v1/me/sync") {
        answered.fetch_add(1, Ordering::SeqCst);
    }
    done
}

/// Reads a request to its end.
fn message(stream: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut read = Vec::new();
    let mut buffer = [0; 16 * 1024];
    loop {
        if let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&read[..end]).to_lowercase();
            let length =
                head.split_once("content-length: ").map_or("0", |(_, rest)| rest.lines().next().unwrap_or("0"));
            if read.len() - end - 4 >= length.trim().parse().unwrap_or(0) {
                return Ok(read);
            }
        }
        match stream.read(&mut buffer)? {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            count => read.extend_from_slice(&buffer[..count]),
        }
    }
}

/// Asks the true server, whole answers only, and spoils what it says.
fn through(client: &mut TcpStream, server: &str, request: &[u8], how: Spoilt) -> std::io::Result<()> {
    // The body is text, so the whole request is.
    let text = String::from_utf8_lossy(request).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let conditional = |line: &&str| how != Spoilt::Not && line.to_lowercase().starts_with("if-none-match");
    let head: Vec<&str> = head.split("\r\n").filter(|line| !conditional(line)).collect();
    let mut upstream = TcpStream::connect(server)?;
    upstream.write_all(format!("{}\r\nconnection: close\r\n\r\n{body}", head.join("\r\n")).as_bytes())?;
    let mut whole = Vec::new();
    upstream.read_to_end(&mut whole)?;
    let end = whole.windows(4).position(|four| four == b"\r\n\r\n").map_or(whole.len(), |at| at + 4);
    let (head, body) = whole.split_at(end);
    let head = String::from_utf8_lossy(head).into_owned();
    let json = serde_json::from_slice::<Value>(body).ok().filter(|_| how != Spoilt::Not);
    let Some(mut value) = json else { return client.write_all(&whole) };
    match how {
        Spoilt::Texts => texts(&mut value, ""),
        Spoilt::AllTexts => each(&mut value, &mut |value| {
            if value.is_string() {
                *value = json!(ATTACK);
            }
        }),
        Spoilt::Types => each(&mut value, &mut |value| match value {
            Value::String(_) => *value = json!(7),
            Value::Number(_) => *value = json!("seven"),
            _ => {}
        }),
        Spoilt::Words => words(&mut value),
        _ => {}
    }
    let body = value.to_string();
    let lines =
        head.split("\r\n").filter(|line| !line.is_empty() && !line.to_lowercase().starts_with("content-length"));
    let head = lines.collect::<Vec<_>>().join("\r\n");
    let sent = if how == Spoilt::Half { &body.as_bytes()[..body.len() / 2] } else { body.as_bytes() };
    client.write_all(format!("{head}\r\ncontent-length: {}\r\n\r\n", body.len()).as_bytes())?;
    client.write_all(sent)
}

/// Fields in which people's words stand.
const WRITTEN: [&str; 20] = [
    "name",
    "display_name",
    "username",
    "description",
    "contact",
    "label",
    "message",
    "detail",
    "title",
    "place",
    "hint",
    "action",
    "delivery_note",
    "for",
    "email",
    "inviter",
    "reason",
    "version",
    "target",
    "summary",
];

fn texts(value: &mut Value, field: &str) {
    match value {
        Value::String(text) if WRITTEN.contains(&field) => *text = format!("{ATTACK}{text}\u{1b}[2J"),
        // Where nobody wrote anything, somebody has now.
        Value::Null if ["description", "contact", "label", "message", "detail", "delivery_note"].contains(&field) => {
            *value = json!(ATTACK);
        }
        Value::Array(items) => items.iter_mut().for_each(|item| texts(item, field)),
        Value::Object(fields) => fields.iter_mut().for_each(|(name, value)| texts(value, name)),
        _ => {}
    }
}

fn words(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(words),
        Value::Object(fields) => {
            for (name, value) in fields {
                match name.as_str() {
                    "status" | "kind" | "role" | "join" | "delivery" | "cancel_reason" | "code" | "scope"
                    | "outcome" | "registration" | "invite_permission" | "state"
                        if value.is_string() =>
                    {
                        *value = json!("of_the_future");
                    }
                    _ => words(value),
                }
            }
        }
        _ => {}
    }
}

/// Does this to every value that holds no others.
fn each(value: &mut Value, change: &mut impl FnMut(&mut Value)) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| each(item, change)),
        Value::Object(fields) => fields.values_mut().for_each(|value| each(value, change)),
        other => change(other),
    }
}

fn answer(client: &mut TcpStream, status: &str, headers: &str, body: &[u8]) -> std::io::Result<()> {
    let head = format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n", body.len());
    client.write_all(&[head.as_bytes(), body].concat())
}

fn refused(client: &mut TcpStream, status: &str, headers: &str, says: &str) -> std::io::Result<()> {
    let number: u16 = status[..3].parse().unwrap();
    let code = match number {
        401 => "unauthenticated",
        429 => "rate_limited",
        _ => "already_member",
    };
    let body = json!({
        "type": says, "title": says, "status": number, "detail": says, "code": code, "band": says, "inviter": says,
        "contact": says, "errors": [{ "field": says, "message": says }, { "field": "label", "message": says }],
    });
    let headers = format!("{headers}content-type: application/problem+json\r\n");
    answer(client, status, &headers, body.to_string().as_bytes())
}

/// A gigabyte, for as long as somebody reads it.
fn endless(client: &mut TcpStream) -> std::io::Result<()> {
    client.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{\"bands\":[")?;
    let again = "7,".repeat(32 * 1024);
    for _ in 0..16 * 1024 {
        client.write_all(again.as_bytes())?;
    }
    Ok(())
}

/// A few hundred kilobytes of gzip that are hundreds of megabytes: one block of zeros after the other.
fn packed(client: &mut TcpStream) -> std::io::Result<()> {
    let mut body = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
    body.extend([0xed, 0xc1, 0x01, 0x0d, 0, 0, 0, 0xc2].repeat(40_000));
    answer(client, "200 OK", "content-type: application/json\r\ncontent-encoding: gzip\r\n", &body)
}
