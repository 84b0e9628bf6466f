//! The log of a server that tells all it can, while hostile text comes through its doors: every line is what it seems to be.

use serde_json::{Value, json};

use crate::{
    doors::{HIDDEN, is_hidden, put, texts},
    postgres::fresh_database,
    smtp::{MailServer, serve},
};

/// Somebody signed in who sends what they want.
struct Sender {
    http: reqwest::Client,
    origin: String,
    session: String,
}

impl Sender {
    async fn new(origin: &str) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut sender = Self { http, origin: origin.to_owned(), session: String::new() };
        let account = json!({ "username": "ada", "email": "ada@example.org", "password": "a long enough pass-phrase" });
        let made = sender.send("POST", "/api/v1/auth/register", &account, "x").await;
        made["session"]["token"].as_str().unwrap().clone_into(&mut sender.session);
        sender
    }

    /// Sends this, with a text in headers of its own, too.
    async fn send(&self, method: &str, path: &str, body: &Value, text: &str) -> Value {
        let url = format!("{}{path}", self.origin);
        let mut request = self.http.request(method.parse().unwrap(), url).bearer_auth(&self.session).json(body);
        let bytes: Vec<u8> = text.bytes().filter(|byte| *byte > 0x7f || (0x20..0x7f).contains(byte)).collect();
        for name in ["user-agent", "x-request-id", "x-forwarded-for", "forwarded", "idempotency-key", "referer"] {
            request = request.header(name, reqwest::header::HeaderValue::from_bytes(&bytes).unwrap());
        }
        let answer = request.send().await.unwrap().text().await.unwrap();
        serde_json::from_str(&answer).unwrap_or_default()
    }
}

/// Every hostile text in every field, path and filter; how many requests that were.
async fn through_all_doors(sender: &Sender) -> usize {
    let band = sender.send("POST", "/api/v1/bands", &json!({ "name": "Choir" }), "x").await;
    let band = band["id"].as_str().unwrap().to_owned();
    let invites = format!("/api/v1/bands/{band}/invites");
    let made = sender.send("POST", &invites, &json!({ "email": "kim@example.org" }), "x").await;
    let (id, token) = (made["invite"]["id"].as_str().unwrap(), made["token"].as_str().unwrap());
    let document = sender.send("GET", "/openapi.json", &Value::Null, "x").await;
    let mut sent = 0;
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let method = method.to_uppercase();
            // The session and the band are needed to the end.
            if path.starts_with("/api/v1/auth/logout") || method == "DELETE" {
                continue;
            }
            let mut places = Vec::new();
            texts(&document, &operation["requestBody"]["content"]["application/json"]["schema"], &[], &mut places);
            let real =
                path.replace("{token}", token).replace("{id}", if path.contains("/invites/{id}") { id } else { &band });
            for text in HIDDEN {
                let encoded: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat();
                let in_path = path.replace("{id}", &encoded).replace("{token}", &encoded);
                for path in [in_path, format!("{real}?q={encoded}&{encoded}={encoded}&cursor={encoded}")] {
                    sender.send(&method, &path, &json!({}), text).await;
                    sent += 1;
                }
                for place in &places {
                    let mut body = json!({});
                    put(&mut body, place, json!(text));
                    sender.send(&method, &real, &body, text).await;
                    sent += 1;
                }
            }
        }
    }
    sent
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_of_the_log_is_one_event_whatever_came_through_the_doors() {
    let mut databases = vec![None];
    databases.extend(tokio::task::spawn_blocking(fresh_database).await.unwrap().map(Some));
    for database in databases {
        let data = tempfile::tempdir().unwrap();
        let mails = MailServer::start();
        if let Some(mails) = &mails {
            mails.mood("no-sender"); // and says so with a sequence that clears the screen
        }
        let server = serve(data.path(), database.as_deref(), mails.as_ref());
        let sent = through_all_doors(&Sender::new(&server.origin).await).await;
        assert!(sent > 1_000, "{sent}");
        let said = || std::fs::read_to_string(data.path().join("log")).unwrap();
        while mails.is_some() && !said().contains("you may not send from here") {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        let said = said();
        assert!(said.lines().count() > sent, "each request is told");
        for line in said.lines() {
            assert!(!line.contains(is_hidden), "{line:?}");
            assert!(line.starts_with("20") && line.contains(" guestlist"), "no event: {line:?}");
        }
    }
}
