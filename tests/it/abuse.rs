//! What is no good HTTP, byte by byte: it is refused or read in one way alone, and the next caller is served.

use std::time::Duration;

use guestlist::server::Settings;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::{
    mail::verify,
    world::{Mail, PASSWORD, World, with_mail},
};

/// What came back.
struct Came {
    /// The status of each answer, in their order.
    statuses: Vec<u16>,
    /// Whether the server hung up afterwards.
    closed: bool,
}

/// Sends bytes on a connection of its own, and reads until `answers` answers are there or the server hangs up.
async fn raw(world: &World, bytes: &[u8], answers: usize) -> Came {
    let mut stream = TcpStream::connect(world.origin.strip_prefix("http://").unwrap()).await.unwrap();
    let (mut reader, mut writer) = stream.split();
    let mut text = Vec::new();
    // A server may answer and hang up before it has read all of it.
    let sending = async { drop(writer.write_all(bytes).await) };
    let reading = async {
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let read = tokio::time::timeout(Duration::from_secs(20), reader.read(&mut buffer)).await;
            match read.expect("an answer, or the end") {
                Ok(count @ 1..) => text.extend_from_slice(&buffer[..count]),
                _ => return true,
            }
            if answers > 0 && statuses(&text).len() >= answers {
                return false;
            }
        }
    };
    let ((), closed) = tokio::join!(sending, reading);
    Came { statuses: statuses(&text), closed }
}

fn statuses(bytes: &[u8]) -> Vec<u16> {
    let text = String::from_utf8_lossy(bytes);
    text.split("HTTP/1.1 ").skip(1).map(|answer| answer[..3].parse().unwrap()).collect()
}

async fn serves(world: &World) {
    assert_eq!(raw(world, b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n", 1).await.statuses, [204]);
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_beyond_measure_are_refused_and_the_connection_is_closed() {
    let world = World::sqlite().await;
    let many = "X-Filler: y\r\n".repeat(10_000);
    for (what, request) in [
        ("ten thousand headers", format!("GET /livez HTTP/1.1\r\nHost: x\r\n{many}\r\n")),
        ("a header of a megabyte", format!("GET /livez HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n", "y".repeat(1_000_000))),
        ("an address of a megabyte", format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "y".repeat(1_000_000))),
    ] {
        let came = raw(&world, request.as_bytes(), 0).await;
        // Who closes while it is still sent to resets the connection, and the answer may be lost with it.
        assert!(came.closed && (came.statuses == [431] || came.statuses.is_empty()), "{what}: {:?}", came.statuses);
        serves(&world).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_two_servers_could_read_differently_is_refused_or_ends_the_connection() {
    let world = World::sqlite().await;
    let hidden = "0\r\n\r\nGET /livez HTTP/1.1\r\nHost: x\r\n\r\n";
    for (headers, body, status) in [
        // By its chunks it is whole; what follows is nobody's request.
        ("Content-Length: 4\r\nTransfer-Encoding: chunked", hidden, 422),
        ("Transfer-Encoding: chunked\r\nContent-Length: 4", hidden, 422),
        ("Content-Length: 4\r\nContent-Length: 5", "abcde", 400),
        ("Content-Length: 4, 5", "abcde", 400),
        ("Content-Length: +4", "abcd", 400),
        ("Content-Length: -1", "abcd", 400),
        ("Transfer-Encoding: xchunked", hidden, 400),
        ("Transfer-Encoding : chunked", hidden, 400),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", hidden, 400),
        ("X: a\r\n folded", "", 400),
        ("X: a\rb", "", 400),
        ("X: a\0b", "", 400),
    ] {
        let request = format!("POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\n{headers}\r\n\r\n{body}");
        let came = raw(&world, request.as_bytes(), 0).await;
        assert_eq!((came.statuses.as_slice(), came.closed), (&[status][..], true), "{headers:?}");
    }
    serves(&world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_request_of_this_server_does_not_bring_it_down() {
    let world = World::sqlite().await;
    for (request, statuses) in [
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", &[][..]),
        ("\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}", &[400]),
        ("GARBAGE\r\n\r\n", &[400]),
    ] {
        let came = raw(&world, request.as_bytes(), 0).await;
        assert_eq!((came.statuses.as_slice(), came.closed), (statuses, true), "{request:?}");
    }
    for (request, status) in [
        // The host that is asked for decides nothing: links come from the settings.
        ("GET http://evil.example/livez HTTP/1.1\r\nHost: x\r\n\r\n", 204),
        ("GET /livez HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 204),
        ("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", 404),
        ("CONNECT evil.example:443 HTTP/1.1\r\nHost: x\r\n\r\n", 404),
        ("TRACE / HTTP/1.1\r\nHost: x\r\n\r\n", 405),
        ("GET /livez HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n", 204),
    ] {
        assert_eq!(raw(&world, request.as_bytes(), 1).await.statuses, [status], "{request}");
    }
    serves(&world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn chunks_that_claim_more_than_there_is_are_refused() {
    let world = World::sqlite().await;
    let begin = "POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
        Transfer-Encoding: chunked\r\n\r\n";
    let extension = format!("2;{}\r\n{{}}\r\n0\r\n\r\n", "x".repeat(200_000));
    for (body, status) in [("1ffffffffffffffff\r\nabc", 400), ("zz\r\n{}\r\n", 400), (extension.as_str(), 400)] {
        let came = raw(&world, format!("{begin}{body}").as_bytes(), 0).await;
        assert_eq!(came.statuses, [status], "{}", &body[..4]);
        assert!(came.closed);
    }
    serves(&world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_sent_ahead_are_answered_in_their_order() {
    let world = World::sqlite().await;
    let paths = ["/livez", "/nothing", "/api/v1/site", "/api/v1/me"];
    let ahead = paths.map(|path| format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n")).concat().repeat(25);
    let came = raw(&world, ahead.as_bytes(), 100).await;
    let expected: Vec<u16> = (0..100).map(|n| [204, 404, 200, 401][n % 4]).collect();
    assert_eq!(came.statuses, expected);
}

/// Every address in a mail: in its text, in its page, and in its headers.
fn addresses(mail: &Mail) -> Vec<String> {
    let headers: Vec<&str> = mail.headers.iter().map(|(_, value)| value.as_str()).collect();
    let all = [mail.text.as_str(), mail.html.as_str(), &headers.join("\n")].join("\n");
    let ends = |c: char| c.is_whitespace() || "\"<>".contains(c);
    all.match_indices("http").map(|(place, _)| all[place..].split(ends).next().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_name_of_the_host_that_is_asked_for_is_in_no_link() {
    const PUBLIC: &str = "https://invites.example.org";
    for world in World::each_with(Settings { public_url: PUBLIC.to_owned(), ..with_mail() }).await {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let ask = |method: &str, path: &str| {
            let request = http.request(method.parse().unwrap(), format!("{}{path}", world.origin));
            request
                .header("host", "evil.example")
                .header("x-forwarded-host", "evil.example")
                .header("x-forwarded-proto", "http")
                .header("forwarded", "host=evil.example;proto=http")
        };
        let post = async |path: &str, session: &str, body: Value| {
            let answer = ask("POST", path).bearer_auth(session).json(&body).send().await.unwrap();
            let (status, text) = (answer.status().as_u16(), answer.text().await.unwrap());
            assert!((200..300).contains(&status), "{path}: {text}");
            serde_json::from_str::<Value>(&text).unwrap_or_default()
        };
        let account = json!({ "username": "ada", "email": "ada@example.org", "password": PASSWORD });
        let made = post("/api/v1/auth/register", "", account).await;
        let session = made["session"]["token"].as_str().unwrap();
        let mut mails = world.codes().await;
        verify(&world, "ada").await;
        let band = post("/api/v1/bands", session, json!({ "name": "Choir" })).await;
        let invites = format!("/api/v1/bands/{}/invites", band["id"].as_str().unwrap());
        let made = post(&invites, session, json!({ "email": "kim@example.org" })).await;
        let link = made["link"].as_str().unwrap();
        assert!(link.starts_with(&format!("{PUBLIC}/invite/inv_")), "{made}");
        post("/api/v1/auth/password/forgot", "", json!({ "login": "ada" })).await;
        mails.extend(world.mails().await);
        assert_eq!(mails.len(), 3, "{mails:?}");
        for mail in &mails {
            let addresses = addresses(mail);
            assert!(addresses.iter().all(|address| address.starts_with(&format!("{PUBLIC}/"))), "{addresses:?}");
            assert!(!format!("{mail:?}").contains("evil.example"), "{mail:?}");
        }
        for part in ["/invite/inv_", "/reset/"] {
            assert!(mails.iter().any(|mail| mail.text.contains(&format!("{PUBLIC}{part}"))), "{part}: {mails:?}");
        }
        let token = made["token"].as_str().unwrap();
        let pages = [format!("/invite/{token}"), format!("/api/v1/invites/{token}/info"), "/reset".to_owned()];
        for path in pages.iter().map(String::as_str).chain(["/", "/verify", "/nowhere"]) {
            let page = ask("GET", path).header("accept", "text/html").send().await.unwrap();
            assert!(page.headers().get("location").is_none(), "{path}");
            assert!(!page.text().await.unwrap().contains("evil.example"), "{path}");
        }
    }
}
