//! Backup, restore, check and keys, as an operator does them: by commands, on real databases, while a server runs.

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

    async fn send(&self, method: &str, path: &str, body: Value) -> Value {
        let origin = &self.server.as_ref().unwrap().origin;
        let request = http().request(method.parse().unwrap(), format!("{origin}/api/v1{path}"));
        let answer = request.bearer_auth(&self.session).json(&body).send().await.unwrap();
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

#[tokio::test(flavor = "multi_thread")]
async fn links_to_opt_out_work_until_the_key_is_dropped_that_they_were_made_with() {
    let mut site = Site::new_with(None, true).await;
    let mut paths = Vec::new();
    for name in ["kim", "sam"] {
        let wish = json!({ "email": format!("{name}@example.org") });
        site.send("POST", &format!("/bands/{}/invites", site.band), wish).await;
        paths.push(site.opt_out(name).await);
    }
    let asks = async |site: &Site, path: &str| {
        let url = format!("{}{path}", site.server.as_ref().unwrap().origin);
        http().get(url).send().await.unwrap().status().as_u16()
    };
    for step in ["add", "use", "reseal"] {
        done(&site.admin(&["key", step]));
        if step != "reseal" {
            site.stop();
            site.start();
        }
        for path in &paths {
            assert_eq!(asks(&site, path).await, 200, "after key {step}");
        }
    }
    let url = format!("{}{}", site.server.as_ref().unwrap().origin, paths[0]);
    let form = http().post(url).header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(form.body("List-Unsubscribe=One-Click").send().await.unwrap().status(), 200);
    done(&site.admin(&["key", "drop", "--yes"]));
    site.stop();
    site.start();
    assert_eq!(asks(&site, &paths[1]).await, 404, "its key is gone");
    let wish = json!({ "rows": [{ "email": "kim@example.org" }, { "email": "lee@example.org" }] });
    let made = site.send("POST", &format!("/bands/{}/invites/bulk", site.band), wish).await;
    assert_eq!(made["results"][0]["status"], "suppressed", "what was said by it stays: {made}");
    assert_eq!(asks(&site, &site.opt_out("lee").await).await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_key_takes_over_without_losing_a_link() {
    let mut databases = vec![None];
    databases.extend(tokio::task::spawn_blocking(fresh_database).await.unwrap().map(Some));
    for database in databases {
        let mut site = Site::new(database).await;
        let (first, link) = site.invite().await;
        let file = site.folder.path().join("key");
        let old = std::fs::read_to_string(&file).unwrap();
        refused(&site.admin(&["key", "use"]), "no key waits to be used");
        done(&site.admin(&["key", "add"]));
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        site.stop();
        site.start();
        let (second, _) = site.invite().await;
        refused(&site.admin(&["key", "add"]), "there are older keys still");
        refused(&site.admin(&["key", "drop"]), "a key waits to be used");
        done(&site.admin(&["key", "use"]));
        refused(&site.admin(&["key", "use"]), "no key waits to be used");
        let keys = std::fs::read_to_string(&file).unwrap();
        assert!(keys.split_whitespace().next() != Some(old.trim()) && keys.contains(old.trim()), "{keys}");
        site.stop();
        site.start();
        // It listens elsewhere now.
        let path = link.split_once("/invite/").unwrap().1;
        assert!(site.link(&first).await.ends_with(path));
        refused(&site.admin(&["key", "drop"]), "2 links of invites");
        assert!(done(&site.admin(&["key", "reseal"])).starts_with("2 secrets"));
        assert!(done(&site.admin(&["key", "reseal"])).starts_with("0 secrets"));
        let asked = site.admin(&["key", "drop"]);
        assert!(
            asked.status.code() == Some(2) && String::from_utf8_lossy(&asked.stderr).contains("say --yes"),
            "{asked:?}"
        );
        done(&site.admin(&["key", "drop", "--yes"]));
        assert_eq!(std::fs::read_to_string(&file).unwrap().split_whitespace().count(), 1);
        site.stop();
        site.start();
        assert!(!site.link(&second).await.is_empty());
        assert!(done(&site.admin(&["check"])).contains("holds together"));
        // A key that is nobody's shows nothing again, and the check says so.
        std::fs::write(&file, old).unwrap();
        refused(&site.admin(&["check"]), "2 links of invites were sealed by a key that is not there");
        refused(&site.admin(&["check"]), "holds together otherwise: put the right one in its place");
        // Nor is a new one made for a database that has its own.
        std::fs::remove_file(&file).unwrap();
        for words in [&["check"][..], &["key", "add"], &["key", "reseal"], &["key", "drop", "--yes"]] {
            refused(&site.admin(words), "there is no key at");
            assert!(!file.exists(), "{words:?}");
        }
        refused(&site.admin(&["check"]), "the key is missing, and");
        let answer: Value = serde_json::from_slice(&site.admin(&["check", "--json"]).stdout).unwrap();
        assert_eq!(answer["sealed_by_older_keys"], Value::Null, "nobody knows: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_runs_takes_up_a_new_key_at_once() {
    let mut databases = vec![None];
    databases.extend(tokio::task::spawn_blocking(fresh_database).await.unwrap().map(Some));
    for database in databases {
        let mut site = Site::new(database).await;
        let mut ids = vec![site.invite().await.0];
        for step in [&["key", "add"][..], &["key", "use"], &["key", "reseal"], &["key", "drop", "--yes"]] {
            done(&site.admin(step));
            ids.push(site.invite().await.0);
            for id in &ids {
                assert!(site.link(id).await.contains("/invite/inv_"), "after {step:?}");
            }
        }
        assert!(done(&site.admin(&["check"])).contains("holds together"), "nothing was sealed by a key that is gone");
        site.stop();
        site.start();
        for id in &ids {
            assert!(site.link(id).await.contains("/invite/inv_"));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_none_of_the_databases_is_told_and_stops_nothing_that_runs() {
    let mut site = Site::new(None).await;
    let (id, link) = site.invite().await;
    let (file, log) = (site.folder.path().join("key"), site.folder.path().join("log"));
    let right = std::fs::read(&file).unwrap();
    let other = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    for (text, says) in [(other, "holds none of the keys that were in use"), ("no key", "does not hold a key")] {
        std::fs::write(&file, text).unwrap();
        assert_eq!(site.link(&id).await, link, "{text}");
        let log = std::fs::read_to_string(&log).unwrap();
        let told = log.lines().find(|line| line.contains(says)).unwrap_or_else(|| panic!("{says} in {log}"));
        assert!(told.contains("ERROR") && told.contains("goes on with the keys that it had"), "{told}");
        assert_eq!(log.matches(says).count(), 1, "it is told once");
    }
    site.stop();
    std::fs::write(&file, other).unwrap();
    site.start();
    let said = std::fs::read_to_string(&log).unwrap();
    assert!(said.contains("the key opens none of the newest invites"), "{said}");
    let url = format!("{}/api/v1/invites/{id}/link", site.server.as_ref().unwrap().origin);
    let answer = http().post(&url).bearer_auth(&site.session).send().await.unwrap();
    assert_eq!(answer.status(), 500);
    let problem: Value = answer.json().await.unwrap();
    assert!(problem["detail"].as_str().unwrap().contains("rotate the invite"), "{problem}");
    assert!(std::fs::read_to_string(&log).unwrap().contains("put that key back into its key file"));
    // The link itself works all the same, and the key that is put back shows it again.
    let page = format!("{}{}", site.server.as_ref().unwrap().origin, &link[link.find("/invite/").unwrap()..]);
    assert_eq!(http().get(page).send().await.unwrap().status(), 200);
    site.stop();
    std::fs::write(&file, right).unwrap();
    site.start();
    assert!(site.link(&id).await.contains("/invite/inv_"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_tells_a_wrong_key_from_an_older_one_that_is_missing_and_from_one_that_cannot_be_read() {
    let mut site = Site::new(None).await;
    site.invite().await;
    let file = site.folder.path().join("key");
    let other = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let right = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, other).unwrap();
    refused(&site.admin(&["check"]), "the key is not that of");
    site.stop();
    site.start();
    site.invite().await;
    let answer = site.admin(&["check"]);
    refused(&answer, "1 links of invites were sealed by a key that is not there");
    refused(&answer, "an older key is missing");
    assert!(!said(&answer).contains("is not that of"), "{}", said(&answer));
    std::fs::write(&file, format!("{other}\n{right}")).unwrap();
    assert!(done(&site.admin(&["check"])).contains("holds together"));
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let answer = site.admin(&["check"]);
    refused(&answer, "chmod 600");
    assert!(!said(&answer).contains("right one"), "{}", said(&answer));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_given_key_is_enough_without_a_file_and_a_mistyped_one_is_refused_as_such() {
    let site = Site::new(None).await;
    site.invite().await;
    let key = std::fs::read_to_string(site.folder.path().join("key")).unwrap();
    let database = format!("sqlite:{}", site.folder.path().join("guestlist.db").display());
    let admin = |key: &str, words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_guestlist"));
        command.arg("admin").args(words).env_clear().env("GUESTLIST_DATABASE", &database).env("HOME", "/nowhere");
        command.env("GUESTLIST_KEY", key).output().unwrap()
    };
    assert!(done(&admin(key.trim(), &["check"])).contains("holds together"));
    assert!(done(&admin(key.trim(), &["key", "reseal"])).starts_with("0 secrets"));
    refused(&admin("", &["check"]), "there is no key at /nowhere/");
    let mistyped = admin("mistyped", &["check"]);
    assert_eq!(mistyped.status.code(), Some(2), "{}", said(&mistyped));
}
