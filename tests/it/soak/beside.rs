//! One more who is signed in, beside the load: what a single caller is answered while something is wrong.

use std::time::{Duration, Instant};

use guestlist::domain::Timestamp;
use serde_json::{Value, json};

use super::store;
use crate::{process::Server, seed::sessions};

/// The longest that something may take before it counts as never.
const PATIENCE: Duration = Duration::from_mins(1);

/// Someone with a band and an invite in it, whose connection stays open.
#[derive(Clone)]
pub struct Caller {
    http: reqwest::Client,
    origin: String,
    session: String,
    invites: String,
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
        let mut caller = Self { http: http(), origin: server.origin.clone(), session, invites: String::new() };
        let band = caller.ask("POST", "/bands", Some(json!({ "name": "The Night Owls" }))).await;
        caller.invites = format!("/bands/{}/invites", band.body["id"].as_str().unwrap());
        assert_eq!(caller.write().await.status, 201);
        caller
    }

    /// The same, over connections that are yet to be opened.
    pub fn anew(&self) -> Self {
        Self { http: http(), ..self.clone() }
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
        let request = self.http.request(method.parse().unwrap(), format!("{}/api/v1{path}", self.origin));
        let request = request.bearer_auth(&self.session);
        let request = if let Some(body) = &body { request.json(body) } else { request };
        let answer = request.send().await.unwrap();
        let header = |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        let (status, retry_after, media) = (answer.status().as_u16(), header("retry-after"), header("content-type"));
        let body = serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default();
        Answer { status, retry_after, media, body }
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

fn http() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().unwrap()
}
