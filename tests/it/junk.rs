//! Whatever is sent by a machine that speaks the API's description: an answer of the documented shape, never a 5xx.

use guestlist::api::Code;
use serde_json::{Value, json};

use crate::{
    description::Description,
    world::{Person, World, on_each_database},
};

on_each_database! { whatever_is_sent_is_answered_as_documented }

const IDS: [&str; 9] = [
    "7",
    "%00",
    "%F0%9F%8E%B8",
    "%FF",
    "..%2F..",
    "00000000-0000-0000-0000-000000000000",
    "01890a5d-ac96-774b-bcce-b302099a8057",
    "AAAA-BBBB-CCCC",
    "inv_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
];

const QUERIES: [&str; 14] = [
    "limit=-1",
    "limit=99999999999999999999",
    "limit=200",
    "cursor=%00",
    "cursor=last",
    "cursor=AP__________AAAAAAAAAAA",
    "cursor=AX__________f_________8",
    "cursor=AIAAAAAAAAAAgAAAAAAAAAA",
    "q=%00",
    "q=%25_%5C%27%22",
    "q=%F0%9F%8E%B8",
    "status=x&kind=%00&sort=;",
    "q=a&q=b&invite=7&actor=%FF&action=%00",
    "%zz=%zz&&&==",
];

/// Bodies that no operation takes.
fn bodies() -> Vec<Vec<u8>> {
    let mut bodies: Vec<Vec<u8>> =
        [&b""[..], b"{", b"[]", b"null", b"\"x\"", b"{\"\":1}", b"\xff\xfe", b"{\"name\":\"\\ud800\"}", b"{} {}"]
            .map(<[u8]>::to_vec)
            .into();
    bodies.push("[".repeat(100_000).into_bytes());
    bodies.push(format!("{{\"name\":{}", "{\"a\":".repeat(50_000)).into_bytes());
    bodies.push(format!("{{\"name\":\"{}\"}}", "x".repeat(2_000_000)).into_bytes());
    bodies
}

/// Values that a field may be given.
fn values() -> Vec<Value> {
    vec![
        json!(null),
        json!(true),
        json!(-1),
        json!(0),
        json!(i64::MIN),
        json!(u64::MAX),
        json!(1e300),
        json!(""),
        json!(" "),
        json!("\u{0}"),
        json!("\u{202e}x\u{200b}"),
        json!("x".repeat(5_000)),
        json!("e\u{301}".repeat(40)),
        json!("9999-12-31T23:59:60Z"),
        json!("a@b.example"),
        json!([]),
        json!({ "a": [] }),
    ]
}

struct Tester<'a> {
    world: &'a World,
    description: &'a Description,
    /// The operation whose turn it is, as the description calls it.
    operation: (String, String),
    http: reqwest::Client,
    sent: usize,
    /// How many of them were taken.
    taken: usize,
}

impl Tester<'_> {
    async fn send(&mut self, person: &Person, method: &str, path: &str, headers: &[(&str, &[u8])], body: Vec<u8>) {
        self.sent += 1;
        let shown = String::from_utf8_lossy(&body[..body.len().min(80)]).into_owned();
        let mut request = self
            .http
            .request(method.parse().unwrap(), format!("{}{path}", self.world.origin))
            .header("content-type", "application/json")
            .bearer_auth(&person.session);
        for (name, value) in headers {
            request = request.header(*name, reqwest::header::HeaderValue::from_bytes(value).unwrap());
        }
        // A server may answer, and close, before it has read a body that is too large.
        let Ok(response) = request.body(body).send().await else {
            assert!(shown.len() == 80, "{method} {path} {shown}");
            return;
        };
        let status = response.status().as_u16();
        let kind = response.headers().get("content-type").map(|value| value.to_str().unwrap().to_owned());
        let text = response.text().await.unwrap();
        assert!(status < 500, "{method} {path} {headers:?} {shown}: {status} {text}");
        if status >= 400 {
            let problem: Value = serde_json::from_str(&text).unwrap_or_default();
            let code: Option<Code> = serde_json::from_value(problem["code"].clone()).ok();
            assert!(code.is_some_and(|code| code != Code::Unknown), "{method} {path} {shown}: {text}");
            assert_eq!((kind.as_deref(), &problem["status"]), (Some("application/problem+json"), &json!(status)));
            assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{text}");
        } else if status < 300 {
            let (method, path) = &self.operation;
            let fault = self.description.fault(method, path, status, kind.as_deref(), &text);
            assert_eq!(fault, None, "{shown}");
            self.taken += 1;
        }
    }
}

/// The fields of an operation's body, as the description names them.
fn fields(document: &Value, operation: &Value) -> Vec<String> {
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
    let name = schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()).unwrap_or_default();
    let properties = document["components"]["schemas"][name]["properties"].as_object();
    properties.map(|fields| fields.keys().cloned().collect()).unwrap_or_default()
}

async fn whatever_is_sent_is_answered_as_documented(world: World) {
    let description = Description::of(&world).await;
    // A connection is closed after a body that was not read to its end, so none is used twice.
    let http = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).build().unwrap();
    let operation = Default::default();
    let mut tester = Tester { world: &world, description: &description, operation, http, sent: 0, taken: 0 };
    for (path, operations) in description.0["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let method = method.to_uppercase();
            tester.operation = (method.clone(), path.strip_prefix("/api/v1").unwrap().to_owned());
            // What is there to be asked about, and the session too, may be gone after the last operation.
            let [ada, eve] = world.people(2).await.try_into().ok().unwrap();
            let band = ada.band("Choir").await;
            let (id, token) = ada.invite(&band, json!({ "max_uses": null })).await;
            let real = if path.contains("/invites/{id}") { &id } else { &band };
            let real = path.replace("{token}", &token).replace("{id}", real);
            let real = real.split('/').map(|part| if part.starts_with('{') { "7" } else { part }).collect::<Vec<_>>();
            let real = real.join("/");
            for junk in IDS.iter().map(|&id| id.to_owned()).chain(["A".repeat(3_000)]) {
                let path: Vec<&str> =
                    path.split('/').map(|part| if part.starts_with('{') { junk.as_str() } else { part }).collect();
                tester.send(&ada, &method, &path.join("/"), &[], b"{}".to_vec()).await;
            }
            if method == "GET" {
                for query in QUERIES {
                    tester.send(&ada, &method, &format!("{real}?{query}"), &[], Vec::new()).await;
                }
                tester.send(&ada, &method, &real, &[("if-none-match", b"W/\"x\", *, \xff")], Vec::new()).await;
                continue;
            }
            for body in bodies() {
                tester.send(&eve, &method, &real, &[], body).await;
            }
            for field in fields(&description.0, operation) {
                for value in values() {
                    let body = serde_json::to_vec(&json!({ &field: value })).unwrap();
                    tester.send(&ada, &method, &real, &[], body).await;
                }
            }
            for headers in [
                [("idempotency-key", &b"\xff\xfe"[..])],
                [("content-type", b"text/plain")],
                [("content-encoding", b"gzip")],
                [("authorization", b"Bearer gls_\xff")],
            ] {
                tester.send(&eve, &method, &real, &headers, b"{}".to_vec()).await;
            }
        }
    }
    assert!(tester.sent > 500 && tester.taken > 100, "{} {}", tester.sent, tester.taken);
    let (status, _) = world.send("GET", "/site", None).await;
    assert_eq!(status, 200);
}
