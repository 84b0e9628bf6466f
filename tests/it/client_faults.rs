//! The client against servers that are down, slow, foreign, broken or hostile: an error that says what happened,
//! bounded memory, and every action done once.

use std::time::Duration;

use guestlist::{
    api::{Code, CreateInvite},
    client::{BandQuery, Client, Error, InviteQuery, Origin, Patience, PlainHttp},
    domain::{BandId, Pasted, SessionToken, Token},
};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use wiremock::{
    Mock, MockServer, Request, ResponseTemplate,
    matchers::{any, method},
};

const ID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

/// A client with a session that asks once.
fn client(origin: &str) -> Client {
    let origin = Origin::parse(origin, PlainHttp::LoopbackOnly).unwrap();
    let session = SessionToken::from_random(&[7; 32]);
    Client::new(origin, Some(session)).unwrap().with_patience(Patience::NONE)
}

/// As [`client`], asking again for a while.
fn patient(origin: &str) -> Client {
    client(origin).with_patience(Patience { retries: 3, longest_wait: Duration::from_secs(2) })
}

async fn bands(client: &Client) -> Error {
    client.bands(&BandQuery::default()).await.unwrap_err()
}

/// A server that answers everything with this.
async fn always(response: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(response).mount(&server).await;
    server
}

/// A listener that hands each connection to `talk` once its request is read; its origin.
async fn raw<F: Future<Output = ()> + Send>(talk: impl Fn(usize, TcpStream) -> F + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        for number in 0.. {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !is_whole(&request) && stream.read_buf(&mut request).await.unwrap_or(0) > 0 {}
            talk(number, stream).await;
        }
    });
    origin
}

/// Whether these bytes hold a request to its end.
pub(crate) fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.split_once("content-length: ").map_or("0", |(_, rest)| rest.lines().next().unwrap());
    body.len() >= length.parse().unwrap()
}

/// Writes the same again and again until nobody reads any more.
async fn endless(mut stream: TcpStream, head: &str, again: &str) {
    let _ = stream.write_all(head.as_bytes()).await;
    let again = again.repeat(1_000);
    while stream.write_all(again.as_bytes()).await.is_ok() {}
}

#[tokio::test]
async fn a_server_that_is_down_is_no_connection_and_nothing_was_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = bands(&client(&origin)).await;
    assert!(matches!(error, Error::Connection { sent: false, .. }) && error.is_offline(), "{error:?}");
}

#[tokio::test]
async fn a_server_that_never_answers_is_given_up() {
    let silent = raw(|_, stream| async move {
        tokio::spawn(async move {
            let _open = stream;
            std::future::pending::<()>().await;
        });
    });
    let trickling = raw(|_, mut stream| async move {
        tokio::spawn(async move {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n").await;
            while stream.write_all(b" ").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
        });
    });
    let (silent, trickling) = (client(&silent.await), client(&trickling.await));
    for error in <[Error; 2]>::from(tokio::join!(bands(&silent), bands(&trickling))) {
        assert!(matches!(error, Error::Timeout { .. }) && error.is_offline(), "{error:?}");
    }
}

#[tokio::test]
async fn what_is_no_guestlist_server_is_named_as_such() {
    for status in [200, 404, 500] {
        let page = ResponseTemplate::new(status).set_body_raw("<html>Sign in to the Wi-Fi</html>", "text/html");
        let error = bands(&client(&always(page).await.uri())).await;
        assert!(matches!(&error, Error::NotTheApi { found, .. } if found == "text/html"), "{error:?}");
    }
    let other = ResponseTemplate::new(404).set_body_json(json!({ "error": "nope" }));
    assert!(matches!(bands(&client(&always(other).await.uri())).await, Error::NotTheApi { status: 404, .. }));
    let empty = ResponseTemplate::new(200);
    assert!(matches!(bands(&client(&always(empty).await.uri())).await, Error::NotTheApi { .. }));
}

#[tokio::test]
async fn json_of_another_shape_is_an_error() {
    for body in
        ["[]", "{}", "{\"bands\": 7}", "{\"bands\": [7], \"next_cursor\": null}", "null", "{\"bands\"", "\u{feff}"]
    {
        let server = always(ResponseTemplate::new(200).set_body_raw(body, "application/json")).await;
        let error = bands(&client(&server.uri())).await;
        assert!(matches!(error, Error::Shape { .. }), "{body}: {error:?}");
    }
    let deep = ResponseTemplate::new(200).set_body_raw("[".repeat(1_000_000), "application/json");
    assert!(matches!(bands(&client(&always(deep).await.uri())).await, Error::Shape { .. }));
}

#[tokio::test]
async fn half_an_answer_is_no_answer() {
    let origin = raw(|_, mut stream| async move {
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{\"bands\":";
        let _ = stream.write_all(head.as_bytes()).await;
    });
    let error = bands(&client(&origin.await)).await;
    assert!(matches!(error, Error::Connection { sent: true, .. }), "{error:?}");
}

#[tokio::test]
async fn an_answer_without_end_is_cut_off() {
    let json = "content-type: application/json\r\n";
    let open = format!("HTTP/1.1 200 OK\r\n{json}\r\n");
    let chunked = format!("HTTP/1.1 200 OK\r\n{json}transfer-encoding: chunked\r\n\r\n");
    let refused = format!("HTTP/1.1 400 Bad Request\r\n{json}\r\n");
    for (head, again) in [(open, " "), (chunked, "10\r\n                \r\n"), (refused, "x")] {
        let origin = raw(move |_, stream| {
            let head = head.clone();
            async move { endless(stream, &head, again).await }
        });
        let error = bands(&client(&origin.await)).await;
        assert!(matches!(error, Error::TooLarge { .. }), "{error:?}");
    }
    let claimed = raw(move |_, mut stream| async move {
        let head = format!("HTTP/1.1 200 OK\r\n{json}content-length: 9999999999\r\n\r\n");
        let _ = stream.write_all(head.as_bytes()).await;
    });
    let error = bands(&client(&claimed.await)).await;
    assert!(matches!(error, Error::TooLarge { .. }), "refused by its length, before it is read: {error:?}");
}

#[tokio::test]
async fn headers_without_end_are_cut_off() {
    for again in ["x", "x: y\r\n"] {
        let origin = raw(move |_, stream| async move { endless(stream, "HTTP/1.1 200 OK\r\nx: ", again).await });
        let error = bands(&client(&origin.await)).await;
        assert!(matches!(error, Error::Connection { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn a_packed_answer_is_not_unpacked() {
    // 1 GB of zeros in a few bytes would look like this; nobody asked for it.
    let bomb = ResponseTemplate::new(200)
        .insert_header("content-encoding", "gzip")
        .set_body_raw(vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3], "application/json");
    let server = always(bomb).await;
    assert!(matches!(bands(&client(&server.uri())).await, Error::Shape { .. }));
    let requests = server.received_requests().await.unwrap();
    assert!(requests.iter().all(|request| !request.headers.contains_key("accept-encoding")));
}

fn invite(status: &str) -> serde_json::Value {
    let person = json!({ "id": ID, "username": "ada", "display_name": "Ada" });
    let at = "2026-01-01T00:00:00Z";
    json!({
        "id": ID, "band_id": ID, "campaign_id": null, "kind": "link", "role": "member", "status": status,
        "cancel_reason": null, "email": null, "account": null, "label": null, "message": null, "hint": "abcd",
        "max_uses": 1, "uses": 0, "created_at": at, "created_by": person, "expires_at": null, "status_at": at,
        "acted_by": null, "used": false, "used_at": null, "used_by": null, "delivery": "none", "sent_at": null,
        "reminders_sent": 0, "next_reminder_at": null, "requires_approval": false, "of_the_future": [1, 2, 3],
    })
}

#[tokio::test]
async fn words_of_a_newer_server_do_not_hide_the_rest_of_a_list() {
    let page =
        json!({ "invites": [invite("paused"), invite("pending")], "total": 2, "pending": 1, "next_cursor": null });
    let server = always(ResponseTemplate::new(200).set_body_json(page)).await;
    let band: BandId = ID.parse().unwrap();
    let read = client(&server.uri()).invites(band, &InviteQuery::default()).await.unwrap();
    assert_eq!((read.invites.len(), read.total), (1, 2));
    let error = ResponseTemplate::new(409)
        .set_body_raw("{\"code\": \"of_the_future\", \"detail\": \"No.\"}", "application/problem+json");
    let error = bands(&client(&always(error).await.uri())).await;
    assert_eq!((error.code(), error.to_string().as_str()), (Some(Code::Unknown), "No."));
}

#[tokio::test]
async fn a_session_that_ends_midway_is_told_as_such_and_not_tried_again() {
    let server = MockServer::start().await;
    let good = json!({ "bands": [], "next_cursor": null });
    Mock::given(any())
        .respond_with(ResponseTemplate::new(200).set_body_json(good))
        .up_to_n_times(1)
        .mount(&server)
        .await;
    let gone = json!({ "code": "unauthenticated", "status": 401, "title": "Sign in first", "detail": "The session has ended." });
    Mock::given(any()).respond_with(ResponseTemplate::new(401).set_body_json(gone)).expect(1).mount(&server).await;
    let client = patient(&server.uri());
    client.bands(&BandQuery::default()).await.unwrap();
    let error = bands(&client).await;
    assert!(error.is_unauthenticated() && !error.is_offline(), "{error:?}");
}

/// A refusal that passes, with this `Retry-After`.
fn busy(status: u16, code: &str, retry_after: &str) -> ResponseTemplate {
    let problem = json!({ "code": code, "status": status, "title": code, "detail": "Later." }).to_string();
    ResponseTemplate::new(status)
        .insert_header("retry-after", retry_after)
        .set_body_raw(problem, "application/problem+json")
}

#[tokio::test]
async fn an_odd_retry_after_neither_hangs_nor_storms() {
    for (odd, asked) in [("soon", 4), ("-1", 4), ("", 4), ("0", 4), ("1e9", 4), ("99999", 1), ("4294967295", 1)] {
        let server = always(busy(429, "rate_limited", odd)).await;
        let patience = Patience { retries: 3, longest_wait: Duration::from_secs(1) };
        let error = bands(&client(&server.uri()).with_patience(patience)).await;
        assert_eq!(error.code(), Some(Code::RateLimited), "{odd}");
        assert_eq!(server.received_requests().await.unwrap().len(), asked, "{odd}");
    }
}

#[tokio::test]
async fn a_proxy_whose_server_is_away_is_asked_again_and_told_as_offline() {
    for status in [502, 503, 504] {
        let page = ResponseTemplate::new(status).set_body_raw("<html>Bad gateway</html>", "text/html");
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(page).mount(&server).await;
        let client = client(&server.uri()).with_patience(Patience { retries: 1, longest_wait: Duration::from_secs(1) });
        let error = bands(&client).await;
        assert!(matches!(error, Error::Gateway { .. }) && error.is_offline(), "{error:?}");
        assert_eq!(server.received_requests().await.unwrap().len(), 2, "a question is asked again");
        let error = client.delete_band(ID.parse().unwrap()).await.unwrap_err();
        assert!(error.is_offline(), "{error:?}");
        assert_eq!(server.received_requests().await.unwrap().len(), 3, "what may have happened is not");
    }
}

fn keys(requests: &[Request]) -> Vec<String> {
    requests.iter().map(|request| request.headers["idempotency-key"].to_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn an_action_that_is_asked_for_again_carries_the_same_key() {
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(busy(503, "unavailable", "0")).up_to_n_times(2).mount(&server).await;
    let made = json!({ "invite": invite("pending"), "link": "https://x/invite/inv_a", "token": "inv_a" });
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(201).set_body_json(made)).mount(&server).await;
    let (client, band) = (patient(&server.uri()), ID.parse().unwrap());
    client.create_invite(band, &CreateInvite::default()).await.unwrap();
    client.create_invite(band, &CreateInvite::default()).await.unwrap();
    let keys = keys(&server.received_requests().await.unwrap());
    assert_eq!(keys.len(), 4);
    assert!(keys[0] == keys[1] && keys[1] == keys[2], "one wish, one key: {keys:?}");
    assert_ne!(keys[2], keys[3], "another wish, another key");
}

#[tokio::test]
async fn an_accept_whose_answer_was_lost_is_asked_for_again() {
    let origin = raw(|number, mut stream| async move {
        if number > 0 {
            let body = json!({ "outcome": "joined", "band": { "id": ID, "name": "x" }, "role": "member" }).to_string();
            let head =
                format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
            let _ = stream.write_all((head + &body).as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
    let invite = Pasted::parse(Token::from_random(&[7; 32]).reveal()).unwrap();
    patient(&origin.await).accept(&invite).await.unwrap();
}

#[tokio::test]
async fn what_may_have_happened_and_has_no_key_is_not_done_twice() {
    let server = always(busy(503, "unavailable", "0")).await;
    let error = patient(&server.uri()).delete_band(ID.parse().unwrap()).await.unwrap_err();
    assert_eq!(error.code(), Some(Code::Unavailable));
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_redirect_carries_nothing_elsewhere() {
    let elsewhere = always(ResponseTemplate::new(200)).await;
    for status in [301, 302, 303, 307, 308] {
        let to = format!("{}/invite/inv_secret", elsewhere.uri());
        let server = always(ResponseTemplate::new(status).insert_header("location", to.as_str())).await;
        let error = bands(&patient(&server.uri())).await;
        let Error::Redirected { location, .. } = &error else { panic!("{error:?}") };
        assert_eq!(*location, elsewhere.uri(), "where to, without what a path may hold");
    }
    assert!(elsewhere.received_requests().await.unwrap().is_empty());
}

#[test]
fn nothing_is_sent_in_clear_to_another_machine_without_a_word() {
    for origin in ["http://invites.example.org", "http://192.0.2.1:8080", "http://127.0.0.1.example.org"] {
        let refused = Origin::parse(origin, PlainHttp::LoopbackOnly);
        assert!(matches!(refused, Err(Error::Insecure { .. })), "{origin}");
        assert!(Origin::parse(origin, PlainHttp::Anywhere).is_ok(), "{origin}");
    }
}
