//! Backup, restore, check and keys, as an operator does them: by commands, on real databases, while a server runs.

mod keys;

use std::{
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Command, Output},
};

use serde_json::{Value, json};

use crate::{postgres::fresh_database, process::Server, world::Mail};

/// A server's folder with an account, a band and an invite in it.
struct Site {
    server: Option<Server>,
    folder: tempfile::TempDir,
    database: Option<String>,
    session: String,
    band: String,
    mails: bool,
}

fn http() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().unwrap()
}

impl Site {
    async fn new(database: Option<String>) -> Self {
        Self::new_with(database, false).await
    }

    /// As [`Site::new`]; where it mails, into the folder `mails` of its data.
    async fn new_with(database: Option<String>, mails: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (session, band) = (String::new(), String::new());
        let mut site = Self { server: None, folder, database, session, band, mails };
        site.start();
        let account = json!({ "username": "ada", "email": "ada@example.org", "password": "a long enough pass-phrase" });
        let answer = site.send("POST", "/auth/register", account).await;
        answer["session"]["token"].as_str().unwrap().clone_into(&mut site.session);
        let band = json!({ "name": "The Night Owls", "join": "invite", "invite_permission": "admins" });
        let band = site.send("POST", "/bands", band).await;
        band["id"].as_str().unwrap().clone_into(&mut site.band);
        site
    }

    async fn ask(&self, method: &str, path: &str, body: Value) -> reqwest::Response {
        let origin = &self.server.as_ref().unwrap().origin;
        let request = http().request(method.parse().unwrap(), format!("{origin}/api/v1{path}"));
        request.bearer_auth(&self.session).json(&body).send().await.unwrap()
    }

    async fn send(&self, method: &str, path: &str, body: Value) -> Value {
        let answer = self.ask(method, path, body).await;
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{path} {status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    async fn invite(&self) -> (String, String) {
        let made = self.send("POST", &format!("/bands/{}/invites", self.band), json!({})).await;
        (made["invite"]["id"].as_str().unwrap().to_owned(), made["link"].as_str().unwrap().to_owned())
    }

    /// Where the link to opt out leads to that an invite's mail to this person has, once it is there.
    async fn opt_out(&self, name: &str) -> String {
        for _ in 0..600 {
            for file in std::fs::read_dir(self.folder.path().join("mails")).into_iter().flatten() {
                let path = file.unwrap().path();
                if path.to_str().unwrap().ends_with("-invite.eml") {
                    let mail = Mail::of(&std::fs::read(path).unwrap());
                    if mail.to == format!("{name}@example.org") {
                        let link = mail.header("List-Unsubscribe").unwrap().trim_matches(['<', '>']);
                        return link[link.find("/opt-out/").unwrap()..].to_owned();
                    }
                }
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        panic!("no mail to {name}");
    }

    async fn link(&self, id: &str) -> String {
        self.send("POST", &format!("/invites/{id}/link"), json!({})).await["link"].as_str().unwrap().to_owned()
    }

    fn stop(&mut self) {
        let server = self.server.take().unwrap();
        server.terminate();
        assert!(server.wait().success());
    }

    fn start(&mut self) {
        let mails = self.folder.path().join("mails");
        let environment = [
            ("GUESTLIST_MAIL_TRANSPORT", "file"),
            ("GUESTLIST_MAIL_DIRECTORY", mails.to_str().unwrap()),
            ("GUESTLIST_MAIL_FROM", "invites@example.org"),
        ];
        let environment: &[_] = if self.mails { &environment } else { &[] };
        self.server = Some(Server::start_with(self.folder.path(), self.database.as_deref(), environment));
    }

    fn admin(&self, words: &[&str]) -> Output {
        admin(self.folder.path(), self.database.as_deref(), words)
    }
}

fn admin(data: &Path, database: Option<&str>, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_guestlist"));
    command.arg("admin").args(words).env_clear().env("GUESTLIST_DATA", data).env("HOME", data);
    if let Some(database) = database {
        command.env("GUESTLIST_DATABASE", database);
    }
    command.output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[track_caller]
fn done(output: &Output) -> String {
    assert!(output.status.success(), "{}", said(output));
    said(output)
}

#[track_caller]
fn refused(output: &Output, words: &str) {
    assert_eq!(output.status.code(), Some(1), "{}", said(output));
    assert!(said(output).contains(words), "{words} in {}", said(output));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_taken_while_writing_is_whole_and_brings_everything_back() {
    let mut site = Site::new(None).await;
    let (before, _) = site.invite().await;
    let copies = tempfile::tempdir().unwrap();
    let copy = copies.path().join("copy.db");
    let name = copy.to_str().unwrap();
    let origin = site.server.as_ref().unwrap().origin.clone();
    // Somebody writes all the while.
    let (session, band) = (site.session.clone(), site.band.clone());
    let writer = tokio::spawn(async move {
        let http = http();
        for _ in 0..200 {
            let request = http.post(format!("{origin}/api/v1/bands/{band}/invites")).bearer_auth(&session);
            assert_eq!(request.json(&json!({})).send().await.unwrap().status(), 201);
        }
    });
    assert!(done(&site.admin(&["backup", name])).contains("holds all of it"));
    assert_eq!(std::fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
    refused(&site.admin(&["backup", name]), "is there already, and stays as it is: name a new file");
    refused(&site.admin(&["backup", "/no/such/copy.db"]), "there is no such folder");
    writer.await.unwrap();
    let seen = site.send("GET", &format!("/bands/{}", site.band), Value::Null).await["revision"].as_u64();
    // It is put nowhere over what is there.
    refused(&site.admin(&["restore", name]), "there is a database at");
    let other = tempfile::tempdir().unwrap();
    let broken = copies.path().join("broken.db");
    let mut bytes = std::fs::read(&copy).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 4_096].fill(0xAA);
    std::fs::write(&broken, bytes).unwrap();
    refused(&admin(other.path(), None, &["restore", broken.to_str().unwrap()]), "damaged");
    std::fs::write(&broken, "no database at all, only words").unwrap();
    refused(&admin(other.path(), None, &["restore", broken.to_str().unwrap()]), "no SQLite database");
    refused(&admin(other.path(), None, &["restore", "nowhere.db"]), "no such file");
    done(&admin(other.path(), None, &["restore", name]));
    // Nothing is left beside it, so it can be moved away and the copy put there once more.
    std::fs::remove_file(other.path().join("guestlist.db")).unwrap();
    done(&admin(other.path(), None, &["restore", name]));
    // The key is kept apart, and put back by hand.
    std::fs::copy(site.folder.path().join("key"), other.path().join("key")).unwrap();
    assert!(done(&admin(other.path(), None, &["check"])).contains("holds together"));
    site.stop();
    site.folder = other;
    site.start();
    let list = site.send("GET", &format!("/bands/{}", site.band), Value::Null).await;
    assert_eq!(list["name"], "The Night Owls");
    assert!(list["revision"].as_u64() > seen, "nobody has seen it under this number: {list}");
    assert!(site.link(&before).await.contains("/invite/inv_"));
}

/// A copy of a new site's database, in a folder of its own.
async fn copy_of_a_site() -> (tempfile::TempDir, std::path::PathBuf) {
    let mut site = Site::new(None).await;
    let copies = tempfile::tempdir().unwrap();
    let copy = copies.path().join("copy.db");
    done(&site.admin(&["backup", copy.to_str().unwrap()]));
    site.stop();
    (copies, copy)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_of_a_newer_guestlist_is_put_nowhere() {
    let (copies, copy) = copy_of_a_site().await;
    let newer = copies.path().join("newer.db");
    std::fs::copy(&copy, &newer).unwrap();
    let db = rusqlite::Connection::open(&newer).unwrap();
    db.execute("INSERT INTO schema_migration VALUES (99, 0, 'of later')", []).unwrap();
    drop(db);
    let data = tempfile::tempdir().unwrap();
    refused(
        &admin(data.path(), None, &["restore", newer.to_str().unwrap()]),
        "newer.db: the database has schema version 99",
    );
    assert!(!data.path().join("guestlist.db").exists());
    done(&admin(data.path(), None, &["restore", copy.to_str().unwrap()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_does_not_add_up_is_put_there_and_is_no_success() {
    let (_copies, copy) = copy_of_a_site().await;
    let db = rusqlite::Connection::open(&copy).unwrap();
    db.execute("UPDATE band SET pending = pending + 3 WHERE members > 0", []).unwrap();
    drop(db);
    let data = tempfile::tempdir().unwrap();
    let answer = admin(data.path(), None, &["restore", copy.to_str().unwrap()]);
    for words in ["3 is kept, the rows come to 0", "is what", "one thing is not as it should be", "restore the newest"]
    {
        refused(&answer, words);
    }
    refused(&admin(data.path(), None, &["check"]), "not as it should be");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_can_be_larger_than_the_memory_of_who_restores_it() {
    const BYTES: u64 = 128 << 20;
    let (_copies, copy) = copy_of_a_site().await;
    let db = rusqlite::Connection::open(&copy).unwrap();
    db.execute_batch(&format!("CREATE TABLE ballast (data BLOB); INSERT INTO ballast VALUES (zeroblob({BYTES}))"))
        .unwrap();
    drop(db);
    let data = tempfile::tempdir().unwrap();
    let output = Command::new("sh")
        .args(["-c", &format!("ulimit -d {} && exec \"$@\"", (BYTES >> 10) / 2), "sh"])
        .args([env!("CARGO_BIN_EXE_guestlist"), "admin", "restore"])
        .arg(&copy)
        .env("GUESTLIST_DATA", data.path())
        .output()
        .unwrap();
    done(&output);
    assert!(std::fs::metadata(data.path().join("guestlist.db")).unwrap().len() > BYTES);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_has_the_name_that_was_said_also_where_that_is_no_utf_8() {
    use std::os::unix::ffi::OsStrExt as _;
    let site = Site::new(None).await;
    let copies = tempfile::tempdir().unwrap();
    let copy = copies.path().join(std::ffi::OsStr::from_bytes(b"c\xF8py.db"));
    let run = |data: &Path, command: &str| {
        let mut run = Command::new(env!("CARGO_BIN_EXE_guestlist"));
        run.args(["admin", command]).arg(&copy).env_clear().env("GUESTLIST_DATA", data).output().unwrap()
    };
    done(&run(site.folder.path(), "backup"));
    let there: Vec<_> = std::fs::read_dir(copies.path()).unwrap().map(|file| file.unwrap().path()).collect();
    assert_eq!(there, std::slice::from_ref(&copy), "and no file beside it");
    done(&run(tempfile::tempdir().unwrap().path(), "restore"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_add_up_is_found() {
    let mut databases = vec![None];
    databases.extend(tokio::task::spawn_blocking(fresh_database).await.unwrap().map(Some));
    for database in databases {
        let site = Site::new(database.clone()).await;
        site.invite().await;
        assert!(done(&site.admin(&["check"])).contains("holds together"));
        let store = guestlist::server::store::Store::open(&guestlist::server::store::Options::new(
            database
                .clone()
                .unwrap_or_else(|| format!("sqlite:{}", site.folder.path().join("guestlist.db").display()))
                .parse()
                .unwrap(),
        ));
        let store = store.unwrap();
        let spoil = "UPDATE band SET pending = pending + 3, invites = invites + 1 WHERE members > 0";
        store.write(move |tx| tx.execute(spoil, &[])).await.unwrap();
        let pending = format!("pending invites of band {}: 4 is kept, the rows come to 1", site.band);
        refused(&site.admin(&["check"]), &pending);
        let answer = site.admin(&["check", "--json"]);
        let findings: Value = serde_json::from_slice(&answer.stdout).unwrap();
        assert_eq!(findings["findings"].as_array().map(Vec::len), Some(2), "{findings}");
        // Also what is kept of somebody who has made none.
        let spoil = "UPDATE tally SET subject = band WHERE dimension = 'inviter'";
        store.write(move |tx| tx.execute(spoil, &[])).await.unwrap();
        let answer = site.admin(&["check", "--json"]);
        let findings: Value = serde_json::from_slice(&answer.stdout).unwrap();
        let lines: Vec<&str> = findings["findings"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        assert!(lines.contains(&"invites by inviter: 2 is kept, the rows come to 0"), "{lines:?}");
        let lost = format!("invites of band {} by inviter: nothing is kept, the rows come to 1", site.band);
        assert!(lines.contains(&lost.as_str()), "{lines:?}");
        let spoil = "UPDATE tally SET pending = pending + 2 WHERE dimension = 'campaign'";
        store.write(move |tx| tx.execute(spoil, &[])).await.unwrap();
        let spoilt = format!("invites of band {} by campaign, pending: 3 is kept, the rows come to 1", site.band);
        refused(&site.admin(&["check"]), &spoilt);
    }
}

/// The search indexes are merged while they are written and searched; a check at any moment finds them whole.
#[tokio::test(flavor = "multi_thread")]
async fn a_check_beside_a_busy_server_raises_no_false_alarm() {
    let mut databases = vec![None];
    databases.extend(tokio::task::spawn_blocking(fresh_database).await.unwrap().map(Some));
    for database in databases {
        let mut site = Site::new(database).await;
        let (origin, session) = (site.server.as_ref().unwrap().origin.clone(), site.session.clone());
        let (path, done_with) = (
            format!("{origin}/api/v1/bands/{}/invites", site.band),
            std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false)),
        );
        let over = done_with.clone();
        let busy = tokio::spawn(async move {
            let http = http();
            let mut rounds = 0;
            while !over.load(std::sync::atomic::Ordering::SeqCst) && rounds < 1_000 {
                let rows: Vec<Value> = (0..100)
                    .map(|n| json!({ "email": format!("row{n}.{rounds}@example.org"), "name": format!("Person {n} of {rounds}") }))
                    .collect();
                let made = http.post(format!("{path}/bulk")).bearer_auth(&session).json(&json!({ "rows": rows }));
                assert_eq!(made.send().await.unwrap().status(), 201);
                let found = http.get(format!("{path}?q=person")).bearer_auth(&session).send().await.unwrap();
                assert_eq!(found.status(), 200);
                let wish =
                    json!({ "action": "revoke", "filter": { "status": "pending", "q": format!("of {rounds}") } });
                let revoked = http.post(format!("{path}/actions")).bearer_auth(&session).json(&wish);
                assert_eq!(revoked.send().await.unwrap().status(), 200);
                rounds += 1;
            }
            rounds
        });
        for _ in 0..8 {
            let answer = site.admin(&["check"]);
            assert!(
                answer.status.success(),
                "{} {}",
                String::from_utf8_lossy(&answer.stdout),
                String::from_utf8_lossy(&answer.stderr)
            );
        }
        done_with.store(true, std::sync::atomic::Ordering::SeqCst);
        assert!(busy.await.unwrap() > 0);
        done(&site.admin(&["check"]));
        // Nor after the server was ended in good order, or by force, and begun anew.
        site.stop();
        done(&site.admin(&["check"]));
        site.start();
        site.server.take().unwrap().kill();
        done(&site.admin(&["check"]));
    }
}
