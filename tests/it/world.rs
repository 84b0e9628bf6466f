//! A server for a test: a real listener on a port of its own, a real database, a clock that tests move.

#![allow(dead_code)] // what tests of single subjects use

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use guestlist::{
    config::Limits,
    domain::{AccountId, Timestamp},
    server::{
        App, Clock, Key, Settings, SystemEntropy,
        mail::{self, Transport},
        run,
        store::{Database, Error, Options, Store},
    },
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

use crate::postgres::fresh_database;

/// What every account's password is.
pub const PASSWORD: &str = "a long enough pass-phrase";

/// A clock that stands until it is moved.
#[derive(Clone)]
pub struct Standing(Arc<AtomicI64>);

impl Standing {
    /// What it says.
    pub fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }

    /// Moves it forward.
    pub fn pass_seconds(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
    }

    /// Moves it forward.
    pub fn pass_hours(&self, hours: i64) {
        self.0.fetch_add(hours * 3_600_000_000, Ordering::SeqCst);
    }
}

impl Clock for Standing {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }
}

/// A running server.
pub struct World {
    /// Where it listens: `http://127.0.0.1:PORT`.
    pub origin: String,
    /// Where its figures are.
    pub metrics: String,
    /// What it takes for the time.
    pub clock: Standing,
    /// What stands behind it.
    pub app: App,
    /// Where its data is.
    pub database: Database,
    http: reqwest::Client,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
    _folder: Option<tempfile::TempDir>,
    mails: tempfile::TempDir,
}

/// Someone signed in.
pub struct Person {
    /// The user name.
    pub username: String,
    /// The session's token.
    pub session: String,
    /// The account as the server shows it.
    pub account: Value,
    http: reqwest::Client,
    origin: String,
}

impl World {
    /// A server on a new SQLite file.
    pub async fn sqlite() -> Self {
        Self::sqlite_with(settings()).await
    }

    /// A server on a new SQLite file, by an operator's decisions; `public_url` becomes the real origin where it is not of
    /// https.
    pub async fn sqlite_with(settings: Settings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::Sqlite(folder.path().join("guestlist.db"));
        Self::start(database, settings, Some(folder)).await
    }

    /// A server on a new PostgreSQL database; `None` where there is no PostgreSQL.
    pub async fn postgres() -> Option<Self> {
        Self::postgres_with(settings()).await
    }

    /// As [`World::postgres`], by an operator's decisions.
    pub async fn postgres_with(settings: Settings) -> Option<Self> {
        let url = tokio::task::spawn_blocking(fresh_database).await.unwrap()?;
        Some(Self::start(url.parse().unwrap(), settings, None).await)
    }

    /// A server on each database, by an operator's decisions.
    pub async fn each_with(settings: Settings) -> Vec<Self> {
        let sqlite = Self::sqlite_with(settings.clone()).await;
        std::iter::once(sqlite).chain(Self::postgres_with(settings).await).collect()
    }

    /// Another node: a server of its own on the same database, with the same clock.
    pub async fn beside(&self) -> Self {
        self.beside_with(self.app.settings().clone()).await
    }

    /// As [`World::beside`], by decisions of its own.
    pub async fn beside_with(&self, settings: Settings) -> Self {
        Self::start_at(self.database.clone(), settings, None, self.clock.clone()).await
    }

    async fn start(database: Database, settings: Settings, folder: Option<tempfile::TempDir>) -> Self {
        let clock = Standing(Arc::new(AtomicI64::new(1_800_000_000_000_000)));
        Self::start_at(database, settings, folder, clock).await
    }

    async fn start_at(
        database: Database,
        settings: Settings,
        folder: Option<tempfile::TempDir>,
        clock: Standing,
    ) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let store = open(database.clone()).await;
        let mails = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        // What stands before it is said by a test that speaks of that alone.
        let has_proxy = settings.public_url.starts_with("https://");
        let public_url = if has_proxy { settings.public_url.clone() } else { origin.clone() };
        let mut settings = Settings { public_url, ..settings };
        if let Transport::File { directory, .. } = &mut settings.mail
            && directory.as_os_str().is_empty()
        {
            mails.path().clone_into(directory);
        }
        let app = App::new(store, settings, Key::new(&[7; 32]).unwrap(), clock.clone(), SystemEntropy::new());
        let (stop, stopped) = oneshot::channel::<()>();
        let figures = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let metrics = format!("http://{}/metrics", figures.local_addr().unwrap());
        let task = tokio::spawn(run::serve_on(app.clone(), listener, Some(figures), async {
            let _ = stopped.await;
        }));
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { origin, metrics, clock, app, database, http, stop: Some(stop), task, _folder: folder, mails }
    }

    /// What another node on the same database would work with; it serves nobody.
    pub async fn second_node(&self) -> App {
        let store = open(self.database.clone()).await;
        App::new(store, settings(), Key::new(&[7; 32]).unwrap(), self.clock.clone(), SystemEntropy::new())
    }

    /// Sends a request without a session: method, path below `/api/v1`, body.
    pub async fn send(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        send(&self.http, &self.origin, None, method, path, body).await
    }

    /// Makes an account and signs it in.
    pub async fn account(&self, username: &str) -> Person {
        let email = format!("{username}@example.org");
        let body = json!({ "username": username, "email": email, "password": PASSWORD });
        let (status, answer) = self.send("POST", "/auth/register", Some(&body)).await;
        assert_eq!(status, 201, "{answer}");
        self.person(answer["account"].clone(), answer["session"]["token"].as_str().unwrap())
    }

    /// Someone who is signed in.
    pub fn person(&self, account: Value, session: &str) -> Person {
        Person {
            username: account["username"].as_str().unwrap().to_owned(),
            session: session.to_owned(),
            account,
            http: self.http.clone(),
            origin: self.origin.clone(),
        }
    }

    /// Lets someone run the site.
    pub async fn make_site_admin(&self, person: &Person) {
        let id: AccountId = person.account["id"].as_str().unwrap().parse().unwrap();
        let sql = "UPDATE account SET site_admin = $2 WHERE id = $1";
        let changed = self.app.store().write::<_, Error, _>(move |tx| tx.execute(sql, &[&id, &true])).await.unwrap();
        assert_eq!(changed, 1);
    }

    /// Sends what is due; all mails that were sent since this was asked last, oldest first. Codes for addresses are apart.
    pub async fn mails(&self) -> Vec<Mail> {
        self.sent(|path| !is_code(path)).await
    }

    /// As [`World::mails`], of the codes for addresses alone, which every new account is sent.
    pub async fn codes(&self) -> Vec<Mail> {
        self.sent(is_code).await
    }

    async fn sent(&self, wanted: fn(&std::path::Path) -> bool) -> Vec<Mail> {
        mail::send_due(&self.app).await.unwrap();
        let mut files: Vec<_> = std::fs::read_dir(self.mails.path())
            .unwrap()
            .map(|file| file.unwrap().path())
            .filter(|path| wanted(path))
            .collect();
        files.sort_by_key(|path| number(path));
        let read = |path: std::path::PathBuf| {
            let bytes = std::fs::read(&path).unwrap();
            std::fs::remove_file(path).unwrap();
            Mail::of(&bytes)
        };
        files.into_iter().map(read).collect()
    }

    /// Ends the server in good order and waits for it.
    pub async fn stop(mut self) {
        drop(self.stop.take());
        (&mut self.task).await.unwrap();
    }
}

/// Whether the file's mail carries a code for an address.
fn is_code(path: &std::path::Path) -> bool {
    path.to_string_lossy().ends_with("-verification.eml")
}

/// A mail's number, out of the name of its file.
fn number(path: &std::path::Path) -> u64 {
    path.file_name().unwrap().to_str().unwrap().split('-').nth(1).unwrap().parse().unwrap()
}

/// A mail as its reader's program takes it apart.
#[derive(Debug, Clone)]
pub struct Mail {
    /// Every header as it came, by name.
    pub headers: Vec<(String, String)>,
    /// To which address.
    pub to: String,
    /// The subject, decoded.
    pub subject: String,
    /// The text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
    /// The parts beside these, by their media types.
    pub attachments: Vec<(String, String)>,
}

impl Mail {
    /// Takes a mail apart.
    pub fn of(bytes: &[u8]) -> Self {
        use mail_parser::{MessageParser, MimeHeaders as _};
        let mail = MessageParser::default().parse(bytes).unwrap();
        let kind = |part: &mail_parser::MessagePart<'_>| {
            let kind = part.content_type().unwrap();
            format!("{}/{}", kind.ctype(), kind.subtype().unwrap())
        };
        Self {
            headers: mail.headers_raw().map(|(name, value)| (name.to_owned(), value.trim().to_owned())).collect(),
            to: mail.to().unwrap().first().unwrap().address().unwrap().to_owned(),
            subject: mail.subject().unwrap().to_owned(),
            text: mail.body_text(0).unwrap().replace("\r\n", "\n"),
            html: mail.body_html(0).unwrap().replace("\r\n", "\n"),
            attachments: mail
                .attachments()
                .map(|part| (kind(part), part.text_contents().unwrap_or_default().to_owned()))
                .collect(),
        }
    }

    /// A header as it came.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// What in the text begins so, up to the next space.
    pub fn word(&self, begin: &str) -> &str {
        let place = self.text.find(begin).unwrap_or_else(|| panic!("{begin} in {}", self.text));
        self.text[place..].split_whitespace().next().unwrap()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Person {
    /// Sends a request with this person's session: method, path below `/api/v1`, body.
    pub async fn send(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        send(&self.http, &self.origin, Some(&self.session), method, path, body).await
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> (u16, Value) {
        self.send("GET", path, None).await
    }

    /// `GET`, with the answer as it comes.
    pub async fn fetch(&self, path: &str) -> reqwest::Response {
        self.http.get(format!("{}/api/v1{path}", self.origin)).bearer_auth(&self.session).send().await.unwrap()
    }

    /// `POST`.
    pub async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.send("POST", path, Some(&body)).await
    }

    /// `POST` with an `Idempotency-Key`.
    pub async fn post_once(&self, path: &str, key: &str, body: Value) -> (u16, Value) {
        let request =
            self.http.post(format!("{}/api/v1{path}", self.origin)).header("idempotency-key", key).json(&body);
        answer(request.bearer_auth(&self.session)).await
    }

    /// `PATCH`.
    pub async fn patch(&self, path: &str, body: Value) -> (u16, Value) {
        self.send("PATCH", path, Some(&body)).await
    }

    /// `DELETE`.
    pub async fn delete(&self, path: &str) -> (u16, Value) {
        self.send("DELETE", path, None).await
    }

    /// What a band's trail tells: of each event action, who did it and to whom, the newest first.
    pub async fn trail(&self, band: &str, query: &str) -> Vec<[String; 3]> {
        let (_, trail) = self.get(&format!("/bands/{band}/audit?{query}")).await;
        let told = |event: &Value| {
            [&event["action"], &event["actor"]["username"], &event["account"]["username"]]
                .map(|value| value.as_str().unwrap_or_default().to_owned())
        };
        trail["events"].as_array().unwrap().iter().map(told).collect()
    }

    /// Makes an invite; its id and its token.
    pub async fn invite(&self, band: &str, body: Value) -> (String, String) {
        let (status, made) = self.post(&format!("/bands/{band}/invites"), body).await;
        assert_eq!(status, 201, "{made}");
        (made["invite"]["id"].as_str().unwrap().to_owned(), made["token"].as_str().unwrap().to_owned())
    }

    /// Accepts by a token.
    pub async fn accept(&self, token: &str) -> (u16, Value) {
        self.post(&format!("/invites/{token}/accept"), json!({})).await
    }

    /// Makes a band; its id.
    pub async fn band(&self, name: &str) -> String {
        let (status, band) = self.post("/bands", json!({ "name": name })).await;
        assert_eq!(status, 201, "{band}");
        band["id"].as_str().unwrap().to_owned()
    }
}

/// Statements are kept, so that their plans can be looked at.
async fn open(database: Database) -> Store {
    // A loaded machine seeds slowly; what is shown here is not how long that may take.
    let patience = std::time::Duration::from_mins(2);
    let options = Options { record: true, patience, ..Options::new(database) };
    tokio::task::spawn_blocking(move || Store::open(&options).unwrap()).await.unwrap()
}

/// As [`settings`], with mail into files of the world's own, sent when [`World::mails`] asks for it.
pub fn with_mail() -> Settings {
    let from = "guestlist@invites.example.org".parse().unwrap();
    let mail = Transport::File { directory: std::path::PathBuf::new(), from };
    Settings { mail, mail_lanes: 0, ..settings() }
}

/// What the servers of tests are set to: links allowed, everyone may register, no mail, no rate limits.
pub fn settings() -> Settings {
    Settings { limits: Limits { enabled: false, ..Limits::default() }, ..Settings::default() }
}

async fn send(
    http: &reqwest::Client,
    origin: &str,
    session: Option<&str>,
    method: &str,
    path: &str,
    body: Option<&Value>,
) -> (u16, Value) {
    let mut request = http.request(method.parse().unwrap(), format!("{origin}/api/v1{path}"));
    if let Some(session) = session {
        request = request.bearer_auth(session);
    }
    if let Some(body) = body {
        request = request.json(body);
    }
    answer(request).await
}

async fn answer(request: reqwest::RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    (status, if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() })
}

/// Makes every behaviour a test of its own on each database: `on_each_database! { first, second }`, where each is an
/// `async fn(World)` of the calling module.
macro_rules! on_each_database {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {$(
            #[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                let world = crate::world::World::sqlite().await;
                let store = world.app.store().clone();
                super::$name(world).await;
                crate::counts::add_up(&store).await;
            }
        )+}
        mod postgres {$(
            #[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                if let Some(world) = crate::world::World::postgres().await {
                    let store = world.app.store().clone();
                    super::$name(world).await;
                    crate::counts::add_up(&store).await;
                }
            }
        )+}
    };
}
pub(crate) use on_each_database;

/// Runs stories on each database, with mail: `stories!(first, second)`, where each is an `async fn(&World)` of a module
/// `story` beside it. In the end what is counted has to add up, and every statement has to find its rows by an index.
macro_rules! stories {
    ($($name:ident),+ $(,)?) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            for world in crate::world::World::each_with(crate::world::with_mail()).await {
                story::$name(&world).await;
                crate::plan::check(&world);
                crate::counts::add_up(world.app.store()).await;
            }
        }
    )+};
}
pub(crate) use stories;
