//! A dump of everything that a server keeps and says opens nothing.

use std::{io::Read as _, path::Path};

use serde_json::{Value, json};

use crate::{postgres::fresh_database, process::Server};

/// Every byte in the data folder but the key's, which opens everything.
fn dump(data: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut files: Vec<_> = std::fs::read_dir(data).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.is_file() && path.file_name().unwrap() != "key");
    for file in files {
        std::fs::File::open(file).unwrap().read_to_end(&mut bytes).unwrap();
    }
    bytes
}

struct Caller<'a> {
    http: &'a reqwest::Client,
    origin: &'a str,
    session: Option<String>,
}

impl Caller<'_> {
    async fn send(&self, method: &str, path: &str, body: Value) -> Value {
        let request = self.http.request(method.parse().unwrap(), format!("{}{path}", self.origin)).json(&body);
        let request = match &self.session {
            Some(session) => request.bearer_auth(session),
            None => request,
        };
        let text = request.header("idempotency-key", "once").send().await.unwrap().text().await.unwrap();
        serde_json::from_str(&text).unwrap_or_default()
    }
}

const PASSWORD: &str = "nobody may ever read this";

/// Uses tokens and passwords in every way there is, right and wrong; every secret that came up.
async fn use_secrets(origin: &str) -> Vec<String> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut secrets = vec![PASSWORD.to_owned()];
    let nobody = Caller { http: &http, origin, session: None };
    let mut people = Vec::new();
    for name in ["ada", "kim"] {
        let account = json!({ "username": name, "email": format!("{name}@example.org"), "password": PASSWORD });
        nobody.send("POST", "/api/v1/auth/register", account.clone()).await;
        nobody.send("POST", "/api/v1/auth/register", account).await;
        let login = nobody.send("POST", "/api/v1/auth/login", json!({ "login": name, "password": PASSWORD })).await;
        let session = login["session"]["token"].as_str().unwrap().to_owned();
        secrets.push(session.clone());
        people.push(Caller { http: &http, origin, session: Some(session) });
    }
    let [ada, kim] = people.as_slice() else { panic!() };
    let band = ada.send("POST", "/api/v1/bands", json!({ "name": "Choir" })).await;
    let invites = format!("/api/v1/bands/{}/invites", band["id"].as_str().unwrap());
    let made = ada.send("POST", &invites, json!({ "max_uses": 2 })).await;
    let id = made["invite"]["id"].as_str().unwrap();
    let shown = ada.send("POST", &format!("/api/v1/invites/{id}/link"), json!({})).await;
    let rotated = ada.send("POST", &format!("/api/v1/invites/{id}/rotate"), json!({})).await;
    for answer in [&made, &shown, &rotated] {
        secrets.push(answer["token"].as_str().unwrap().to_owned());
    }
    for token in secrets.clone().iter().filter(|secret| secret.starts_with("inv_")) {
        for (method, door) in
            [("GET", "info"), ("POST", "decline"), ("POST", "accept"), ("PUT", "accept"), ("GET", "x")]
        {
            for caller in [&nobody, kim] {
                caller.send(method, &format!("/api/v1/invites/{token}/{door}"), json!({})).await;
            }
        }
        nobody.send("GET", &format!("/invite/{token}"), json!({})).await;
        nobody.send("GET", &format!("/api/v1/invites/{token}?token={token}"), json!({ "token": token })).await;
        ada.send("GET", &format!("{invites}?q={token}&cursor={token}"), json!({})).await;
    }
    let wrong = json!({ "login": "ada", "password": PASSWORD, "token": secrets[1] });
    nobody.send("POST", "/api/v1/auth/login", wrong).await;
    ada.send("POST", "/api/v1/auth/logout", json!({})).await;
    ada.send("GET", "/api/v1/me", json!({})).await;
    secrets
}

fn assert_holds_none(dump: &[u8], secrets: &[String]) {
    assert!(dump.len() > 1_000, "{}", dump.len());
    for secret in secrets {
        let bare = secret.split_once('_').map_or(secret.as_str(), |(_, bare)| bare);
        assert!(!dump.windows(bare.len()).any(|part| part == bare.as_bytes()), "{secret} is in there");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_file_its_log_and_the_servers_words_hold_no_secret() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), None);
    let secrets = use_secrets(&server.origin).await;
    assert!(data.path().join("guestlist.db-wal").exists(), "while it runs, the newest is there");
    assert_holds_none(&dump(data.path()), &secrets);
}

/// Every value of every table, as text and as bytes.
async fn dump_of_postgres(url: &str) -> Vec<u8> {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let sql = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'";
    let mut dump = Vec::new();
    for table in client.query(sql, &[]).await.unwrap() {
        let table: &str = table.get(0);
        for row in client.query(&format!("SELECT t::text FROM {table} t"), &[]).await.unwrap() {
            dump.extend_from_slice(row.get::<_, &str>(0).as_bytes());
        }
        // Bytes are shown as hexadecimal digits there.
        let columns =
            "SELECT column_name FROM information_schema.columns WHERE table_name = $1 AND data_type = 'bytea'";
        for column in client.query(columns, &[&table]).await.unwrap() {
            let column: &str = column.get(0);
            for row in client.query(&format!("SELECT {column} FROM {table}"), &[]).await.unwrap() {
                dump.extend_from_slice(row.get::<_, Option<&[u8]>>(0).unwrap_or_default());
            }
        }
    }
    dump
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tables_of_postgresql_hold_no_secret() {
    let Some(url) = tokio::task::spawn_blocking(fresh_database).await.unwrap() else { return };
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), Some(&url));
    let secrets = use_secrets(&server.origin).await;
    assert_holds_none(&dump(data.path()), &secrets);
    assert_holds_none(&dump_of_postgres(&url).await, &secrets);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_mailed_to_prove_who_one_is_stands_nowhere_else() {
    let mut databases = vec![None];
    databases.extend(tokio::task::spawn_blocking(fresh_database).await.unwrap().map(Some));
    for database in databases {
        let (data, mails) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let by_mail = [
            ("GUESTLIST_MAIL_TRANSPORT", "file"),
            ("GUESTLIST_MAIL_DIRECTORY", mails.path().to_str().unwrap()),
            ("GUESTLIST_MAIL_FROM", "guestlist@invites.example.org"),
        ];
        let server = Server::start_with(data.path(), database.as_deref(), &by_mail);
        let secrets = prove_who_one_is(&server.origin, mails.path()).await;
        let mut all = dump(data.path());
        if let Some(url) = &database {
            all.extend(dump_of_postgres(url).await);
        }
        assert_holds_none(&all, &secrets);
    }
}

/// The mail that arrives next.
async fn next_mail(folder: &Path) -> crate::world::Mail {
    loop {
        let is_whole = |path: &std::path::PathBuf| path.extension().is_some_and(|extension| extension == "eml");
        let found = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).find(is_whole);
        if let Some(path) = found {
            let bytes = std::fs::read(&path).unwrap();
            std::fs::remove_file(path).unwrap();
            return crate::world::Mail::of(&bytes);
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

/// Verifies an address and sets a new password, right and wrong; every secret that came up.
async fn prove_who_one_is(origin: &str, mails: &Path) -> Vec<String> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut caller = Caller { http: &http, origin, session: None };
    let account = json!({ "username": "kim", "email": "kim@example.org", "password": PASSWORD });
    let made = caller.send("POST", "/api/v1/auth/register", account).await;
    caller.session = Some(made["session"]["token"].as_str().unwrap().to_owned());
    let code = next_mail(mails).await.subject.split_once(' ').unwrap().0.to_owned();
    for typed in
        [json!({ "code": code, "x": code }), json!({ "code": format!("{code}{code}") }), json!({ "code": code })]
    {
        caller.send("POST", "/api/v1/me/email/verify", typed).await;
    }
    assert_eq!(caller.send("GET", "/api/v1/me", json!({})).await["email_verified"], true);
    caller.send("POST", "/api/v1/auth/password/forgot", json!({ "login": "kim" })).await;
    let link = next_mail(mails).await.word(origin).to_owned();
    let token = link.rsplit_once('/').unwrap().1.to_owned();
    let page = http.get(&link).send().await.unwrap();
    assert_eq!((page.status().as_u16(), &page.headers()["referrer-policy"]), (200, &"no-referrer".parse().unwrap()));
    let new = "nobody may ever read that";
    for password in ["short", new, new] {
        caller.send("POST", "/api/v1/auth/password/reset", json!({ "token": token, "password": password })).await;
    }
    caller.send("POST", &format!("/api/v1/auth/password/reset?token={token}"), json!({ "token": [token] })).await;
    let login = json!({ "login": "kim@example.org", "password": new });
    assert!(caller.send("POST", "/api/v1/auth/login", login).await["session"]["token"].is_string());
    // The code has no prefix that is no secret.
    vec![PASSWORD.to_owned(), new.to_owned(), code.replace('-', ""), code, token]
}
