//! The client of the hosted API: one [`Client`] for one server and at most one session.
//!
//! Answers are bounded in size, cleaned of what must not reach a terminal where they are decoded, and never followed
//! to another origin. What creates or accepts carries an idempotency key, so a retry has no second effect.

mod answer;
mod download;
mod endpoints;
mod error;
pub mod here;
mod origin;
pub(crate) mod people;
mod retry;
pub mod session;

use std::{sync::Arc, time::Duration};

use reqwest::{Method, header, redirect};
use serde::{Serialize, de::DeserializeOwned};

pub use download::{Download, Media, Saved};
pub use endpoints::{AuditQuery, BandQuery, Branch, InviteQuery, MadeCampaign, MemberQuery, Page, Removal, Synced};
pub use error::Error;
pub use origin::{Origin, PlainHttp};
pub use retry::Patience;

use crate::domain::SessionToken;

/// How long a connection may take to come up.
const CONNECT: Duration = Duration::from_secs(5);
/// How long a whole exchange may take.
const WHOLE: Duration = Duration::from_secs(15);
/// How long a file may be on its way.
const LONGEST_FILE: Duration = Duration::from_hours(24);

/// A connection pool to one server. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    origin: Origin,
    session: Option<Arc<SessionToken>>,
    patience: Patience,
    attempt: Option<uuid::Uuid>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("origin", &self.origin).finish_non_exhaustive()
    }
}

impl Client {
    /// A client of this server that asks with this session, or as a stranger. Nothing is connected yet.
    ///
    /// # Errors
    /// [`Error::Setup`] where the machine's TLS trust cannot be read.
    pub fn new(origin: Origin, session: Option<SessionToken>) -> Result<Self, Error> {
        // Fails only where a provider is there already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("guestlist/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .connect_timeout(CONNECT)
            .timeout(WHOLE);
        if origin.is_loopback() {
            // A proxy would carry the session off this machine.
            builder = builder.no_proxy();
        }
        if !origin.is_https() {
            // No TLS, so a machine without certificates is no obstacle.
            builder = builder.tls_certs_only([]);
        }
        let http = builder.build().map_err(|e| Error::Setup { reason: error::chain(&e) })?;
        Ok(Self { http, origin, session: session.map(Arc::new), patience: Patience::default(), attempt: None })
    }

    /// The same client with another session, or none.
    #[must_use]
    pub fn with_session(&self, session: Option<SessionToken>) -> Self {
        Self { session: session.map(Arc::new), ..self.clone() }
    }

    /// The same client with this patience for a server that cannot answer at once.
    #[must_use]
    pub fn with_patience(&self, patience: Patience) -> Self {
        Self { patience, ..self.clone() }
    }

    /// The same client for one attempt: what it creates or accepts is done once, however often it is asked for under
    /// this name.
    #[must_use]
    pub fn with_attempt(&self, attempt: uuid::Uuid) -> Self {
        Self { attempt: Some(attempt), ..self.clone() }
    }

    /// The server.
    pub const fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Whether requests carry a session.
    pub const fn has_session(&self) -> bool {
        self.session.is_some()
    }

    /// Asks until there is an answer or the patience is at its end, and decodes it.
    async fn call<T: DeserializeOwned>(&self, ask: Ask) -> Result<T, Error> {
        let answer = self.send(&ask).await?;
        answer::decode(self.body_of(answer)?.1)
    }

    /// The status and the body of an answer that has one.
    fn body_of(&self, answer: answer::Answer) -> Result<(u16, serde_json::Value), Error> {
        let status = answer.status;
        let empty =
            || Error::NotTheApi { origin: self.origin.to_string(), status, found: "an empty answer".to_owned() };
        answer.body.map(|body| (status, body)).ok_or_else(empty)
    }

    /// As [`Client::call`], for what answers with a file.
    async fn download(&self, ask: Ask) -> Result<Download, Error> {
        let answer = self.send(&ask).await?;
        let (status, found) = (answer.status, "no file".to_owned());
        let none = || Error::NotTheApi { origin: self.origin.to_string(), status, found };
        answer.file.map(|response| Download::new(self.origin.clone(), response)).ok_or_else(none)
    }

    /// As [`Client::call`], for what answers without a body.
    async fn run(&self, ask: Ask) -> Result<(), Error> {
        self.send(&ask).await.map(drop)
    }

    async fn send(&self, ask: &Ask) -> Result<answer::Answer, Error> {
        let mut tries = retry::Tries::new(self.patience);
        loop {
            let error = match self.once(ask).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            // A connection that never came up carried nothing, so asking again is safe for everything.
            let again = ask.is_repeatable() || matches!(error, Error::Connection { sent: false, .. });
            match tries.next(&error) {
                Some(wait) if again => tokio::time::sleep(wait).await,
                _ => return Err(error),
            }
        }
    }

    /// One exchange.
    async fn once(&self, ask: &Ask) -> Result<answer::Answer, Error> {
        let url = self.origin.url(&ask.segments, &ask.query);
        let mut request = self.http.request(ask.method.clone(), url).header(header::ACCEPT, ask.media.as_str());
        if let Some(longest) = ask.longest {
            request = request.timeout(longest);
        }
        if let Some(session) = &self.session {
            let mut value = header::HeaderValue::try_from(format!("Bearer {}", session.reveal()))
                .map_err(|e| Error::Setup { reason: e.to_string() })?;
            value.set_sensitive(true);
            request = request.header(header::AUTHORIZATION, value);
        }
        if let Some(key) = ask.idempotency {
            request = request.header("idempotency-key", self.attempt.unwrap_or(key).to_string());
        }
        if let Some(etag) = &ask.etag {
            request = request.header(header::IF_NONE_MATCH, etag);
        }
        for (name, value) in &ask.headers {
            request = request.header(*name, value);
        }
        if let Some(body) = &ask.body {
            request = request.header(header::CONTENT_TYPE, "application/json").body(body.clone());
        }
        let response = request.send().await.map_err(|e| Error::from_transport(&self.origin, &e))?;
        answer::read(&self.origin, response, ask).await
    }
}

/// One request, as it is sent and sent again.
struct Ask {
    method: Method,
    segments: Vec<String>,
    query: Vec<(&'static str, String)>,
    body: Option<Vec<u8>>,
    idempotency: Option<uuid::Uuid>,
    etag: Option<String>,
    headers: Vec<(&'static str, String)>,
    /// What the answer is to be.
    media: Media,
    /// How long the whole exchange may take, where that is not [`WHOLE`].
    longest: Option<Duration>,
    /// Whether each row has its result, also where none is as was wished: then 422 is an answer, too.
    told_by_row: bool,
}

impl Ask {
    fn new(method: Method, segments: &[&str]) -> Self {
        Self {
            method,
            segments: segments.iter().map(|&s| s.to_owned()).collect(),
            query: Vec::new(),
            body: None,
            idempotency: None,
            etag: None,
            headers: Vec::new(),
            media: Media::Json,
            longest: None,
            told_by_row: false,
        }
    }

    fn get(segments: &[&str]) -> Self {
        Self::new(Method::GET, segments)
    }

    fn query(mut self, name: &'static str, value: Option<impl ToString>) -> Self {
        self.query.extend(value.map(|value| (name, value.to_string())));
        self
    }

    fn json(mut self, body: &impl Serialize) -> Result<Self, Error> {
        self.body = Some(serde_json::to_vec(body).map_err(|e| Error::Setup { reason: e.to_string() })?);
        Ok(self)
    }

    /// Marks the request so that the server does it once, however often it is sent.
    fn once_only(mut self) -> Self {
        self.idempotency = Some(uuid::Uuid::now_v7());
        self
    }

    /// Asks for a file. It may take as long as it needs, as long as there is always more.
    fn media(mut self, media: Media) -> Self {
        (self.media, self.longest) = (media, Some(LONGEST_FILE));
        self
    }

    fn longest(mut self, longest: Duration) -> Self {
        self.longest = Some(longest);
        self
    }

    fn told_by_row(mut self) -> Self {
        self.told_by_row = true;
        self
    }

    /// Whether a second sending has no second effect.
    fn is_repeatable(&self) -> bool {
        self.method == Method::GET || self.idempotency.is_some()
    }
}
