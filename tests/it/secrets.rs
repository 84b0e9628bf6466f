//! A dump of everything that a server keeps and says opens nothing.

use std::path::Path;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::{
    postgres::{self, Cluster, fresh_database},
    process::Server,
    smtp::{MailServer, serve},
};

/// What was found, each file or table by its name. Every byte is a character, so that text is looked for in it quickly.
struct Dump(Vec<(String, String)>);

impl Dump {
    /// Every file in a folder and below, but the key's, which opens everything.
    fn of(folder: &Path) -> Self {
        let mut dump = Self(Vec::new());
        dump.add(folder);
        dump
    }

    fn add(&mut self, folder: &Path) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                self.add(&path);
            } else if path.is_file() && path.file_name().unwrap() != "key" {
                // Some of PostgreSQL's go away meanwhile.
                let Ok(bytes) = std::fs::read(&path) else { continue };
                self.0.push((path.display().to_string(), characters(&bytes)));
            }
        }
    }

    /// No secret is in there: not as it is shown, not as the bytes that it stands for, and not as their digits.
    fn assert_holds_none(&self, secrets: &[String]) {
        assert!(self.0.iter().map(|(_, text)| text.len()).sum::<usize>() > 1_000, "something is looked at");
        for secret in secrets {
            let bare = secret.split_once('_').map_or(secret.as_str(), |(_, bare)| bare);
            let mut forms = vec![bare.to_owned()];
            if let Ok(bytes) = URL_SAFE_NO_PAD.decode(bare)
                && bytes.len() == 32
            {
                forms.push(bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(digit).collect());
                forms.push(characters(&bytes));
            }
            for (name, text) in &self.0 {
                assert!(!forms.iter().any(|form| text.contains(form.as_str())), "{secret} is in {name}");
            }
        }
    }
}

/// As PostgreSQL writes it.
fn digit(half: u8) -> char {
    char::from_digit(half.into(), 16).unwrap()
}

fn characters(bytes: &[u8]) -> String {
    bytes.iter().map(|&byte| char::from(byte)).collect()
}

struct Caller<'a> {
    http: &'a reqwest::Client,
    origin: &'a str,
    session: Option<String>,
    /// The name of what it tries, so that an answer is kept for it.
    key: &'static str,
}

impl Caller<'_> {
    async fn send(&self, method: &str, path: &str, body: Value) -> Value {
        let request = self.http.request(method.parse().unwrap(), format!("{}{path}", self.origin)).json(&body);
        let request = match &self.session {
            Some(session) => request.bearer_auth(session),
            None => request,
        };
        let text = request.header("idempotency-key", self.key).send().await.unwrap().text().await.unwrap();
        serde_json::from_str(&text).unwrap_or_default()
    }
}

const PASSWORD: &str = "nobody may ever read this";

/// Uses tokens and passwords in every way there is, right and wrong; every secret that came up.
async fn use_secrets(origin: &str, mails: Option<&MailServer>) -> Vec<String> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut secrets = vec![PASSWORD.to_owned()];
    let nobody = Caller { http: &http, origin, session: None, key: "once" };
    let mut people = Vec::new();
    for name in ["ada", "kim"] {
        let account = json!({ "username": name, "email": format!("{name}@example.org"), "password": PASSWORD });
        let made = nobody.send("POST", "/api/v1/auth/register", account.clone()).await;
        secrets.push(made["session"]["token"].as_str().unwrap().to_owned());
        nobody.send("POST", "/api/v1/auth/register", account).await;
        let login = nobody.send("POST", "/api/v1/auth/login", json!({ "login": name, "password": PASSWORD })).await;
        let session = login["session"]["token"].as_str().unwrap().to_owned();
        secrets.push(session.clone());
        people.push(Caller { http: &http, origin, session: Some(session), key: "once" });
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
    let wish = json!({ "count": 1, "name": "Doors" });
    let codes = ada.send("POST", &format!("/api/v1/bands/{}/codes", band["id"].as_str().unwrap()), wish).await;
    let codes = format!("/api/v1/campaigns/{}/codes", codes["campaign"]["id"].as_str().unwrap());
    let code = ada.send("GET", &codes, json!({})).await["codes"][0]["code"].as_str().unwrap().to_owned();
    let mut opens: Vec<String> = secrets.iter().filter(|secret| secret.starts_with("inv_")).cloned().collect();
    opens.extend([code.replace('-', ""), code]);
    if let Some(mails) = mails {
        opens.extend(by_mail(&nobody, ada, &invites, mails).await);
    }
    secrets.extend(opens.clone());
    for token in &opens {
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
    let wrong = json!({ "login": "ada", "password": PASSWORD, "token": secrets[2] });
    nobody.send("POST", "/api/v1/auth/login", wrong).await;
    ada.send("POST", "/api/v1/auth/logout", json!({})).await;
    ada.send("GET", "/api/v1/me", json!({})).await;
    secrets
}

/// Has an invite and a new password mailed, and looks at all that is linked; every secret that was mailed.
async fn by_mail(nobody: &Caller<'_>, ada: &Caller<'_>, invites: &str, mails: &MailServer) -> Vec<String> {
    let ada = Caller { key: "another", session: ada.session.clone(), ..*ada };
    let made = ada.send("POST", invites, json!({ "email": "lee@example.org" })).await;
    let mut secrets = vec![made["token"].as_str().unwrap().to_owned()];
    // Beside the invite, each new account was sent the code for its address.
    let for_ada = mails.wait_for(3).into_iter().find(|taken| taken.to == "ada@example.org").unwrap();
    let code = for_ada.mail.subject.split(' ').next().unwrap().to_owned();
    ada.send("POST", "/api/v1/me/email/verify", json!({ "code": code })).await;
    nobody.send("POST", "/api/v1/auth/password/forgot", json!({ "login": "ada" })).await;
    for taken in mails.wait_for(4) {
        let mail = taken.mail;
        for page in ["/invite/", "/reset/", "/opt-out/"] {
            let Some((_, rest)) = mail.text.split_once(page) else { continue };
            secrets.push(rest.split_whitespace().next().unwrap().to_owned());
            for method in ["GET", "POST"] {
                nobody.send(method, &format!("{page}{}", secrets.last().unwrap()), json!({})).await;
            }
        }
        let code = mail.subject.split(' ').next().unwrap();
        if code.len() == 9 && code.as_bytes()[4] == b'-' {
            secrets.extend([code.to_owned(), code.replace('-', "")]);
        }
    }
    assert!(secrets.len() >= 1 + 4 + 3, "{secrets:?}");
    assert!(secrets[1..].contains(&secrets[0]), "it was mailed");
    secrets
}

#[tokio::test(flavor = "multi_thread")]
async fn the_file_its_log_and_the_servers_words_hold_no_secret() {
    let (data, mails) = (tempfile::tempdir().unwrap(), MailServer::start());
    let server = serve(data.path(), None, mails.as_ref());
    let secrets = use_secrets(&server.origin, mails.as_ref()).await;
    assert!(data.path().join("guestlist.db-wal").exists(), "while it runs, the newest is there");
    Dump::of(data.path()).assert_holds_none(&secrets);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tables_files_and_log_of_postgresql_hold_no_secret() {
    let Some(cluster) = tokio::task::spawn_blocking(Cluster::start).await.unwrap() else { return };
    let url = cluster.fresh_database();
    // Its log tells every statement, and what it was given.
    for sql in ["ALTER SYSTEM SET log_statement = 'all'", "SELECT pg_reload_conf()"] {
        postgres::run(&url, sql);
    }
    let (data, mails) = (tempfile::tempdir().unwrap(), MailServer::start());
    let server = serve(data.path(), Some(&url), mails.as_ref());
    let secrets = use_secrets(&server.origin, mails.as_ref()).await;
    Dump::of(data.path()).assert_holds_none(&secrets);
    dump_of_postgres(&url).await.assert_holds_none(&secrets);
    postgres::run(&url, "CHECKPOINT");
    let files = Dump::of(cluster.folder());
    let holds = |name: &str, word: &str| files.0.iter().any(|(file, text)| file.contains(name) && text.contains(word));
    for name in ["/data/base/", "/data/pg_wal/", "/log"] {
        assert!(holds(name, "lee@example.org"), "{name} is looked at");
    }
    files.assert_holds_none(&secrets);
}

/// Every value of every table, as text and as bytes.
async fn dump_of_postgres(url: &str) -> Dump {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let sql = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'";
    let mut found = Vec::new();
    for table in client.query(sql, &[]).await.unwrap() {
        let table: &str = table.get(0);
        let mut dump = Vec::new();
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
        found.push((table.to_owned(), characters(&dump)));
    }
    Dump(found)
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
        Dump::of(data.path()).assert_holds_none(&secrets);
        if let Some(url) = &database {
            dump_of_postgres(url).await.assert_holds_none(&secrets);
        }
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
    let mut caller = Caller { http: &http, origin, session: None, key: "once" };
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
