//! How `guestlist serve` begins: what it waits for, what it says, and what it says when it cannot.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    net::TcpListener,
    process::{Child, ChildStderr, Command, Stdio},
};

use serde_json::Value;

use crate::{
    postgres::{Cluster, skip},
    process::Server,
    program::Ran,
};

/// A server that is about to begin, over a folder of its own.
struct Start {
    process: Child,
    data: tempfile::TempDir,
}

impl Start {
    fn of(environment: &[(&str, &str)]) -> Self {
        let data = tempfile::tempdir().unwrap();
        let process = Command::new(env!("CARGO_BIN_EXE_guestlist"))
            .args(["serve", "--listen", "127.0.0.1:0"])
            .env_clear()
            .env("GUESTLIST_DATA", data.path())
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Self { process, data }
    }

    fn log(&mut self) -> BufReader<ChildStderr> {
        BufReader::new(self.process.stderr.take().unwrap())
    }

    /// The first line that it says to whoever started it; empty where it ends without one.
    fn greeting(&mut self) -> String {
        let mut line = String::new();
        BufReader::new(self.process.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        line
    }

    /// How it ends, which it does by itself or because it is told to.
    fn end(self, tell: bool) -> Ran {
        if tell {
            let asked = Command::new("kill").args(["-TERM", &self.process.id().to_string()]).status().unwrap();
            assert!(asked.success());
        }
        Ran::of(&self.process.wait_with_output().unwrap())
    }
}

#[test]
fn a_postgresql_that_comes_up_late_is_waited_for() {
    let Some(mut cluster) = Cluster::start() else {
        skip("no PostgreSQL");
        return;
    };
    let url = cluster.fresh_database();
    cluster.stop();
    let mut start = Start::of(&[("GUESTLIST_DATABASE", &url), ("GUESTLIST_DATABASE_WAIT", "600")]);
    let mut log = start.log();
    let mut line = String::new();
    while !line.contains("waiting for it") {
        line.clear();
        assert_ne!(log.read_line(&mut line).unwrap(), 0, "it gave up");
    }
    assert!(line.contains("WARN") && line.contains("no connection to the database") && line.contains("600"), "{line}");
    assert!(!line.contains("postgres@"), "{line}");
    cluster.restart();
    let greeting = start.greeting();
    assert!(greeting.starts_with("listening on http://127.0.0.1:"), "{greeting}");
    drop(log);
    assert_eq!(start.end(true).code, 0);
}

#[test]
fn a_postgresql_that_stays_away_ends_the_start_with_a_reason() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("postgres://guestlist@{free}/guestlist");
    for wait in ["0", "1"] {
        let ran = Start::of(&[("GUESTLIST_DATABASE", &url), ("GUESTLIST_DATABASE_WAIT", wait)]).end(false);
        assert_eq!((ran.code, ran.out.as_str()), (1, ""), "{ran:?}");
        assert!(
            ran.err.contains("error: the database postgres://… cannot be used: no connection to the database"),
            "{ran:?}"
        );
        assert_eq!(ran.err.contains("waiting for it"), wait == "1", "{ran:?}");
    }
}

/// How often a start on the database says that it speaks in clear.
fn clear_words(url: &str, environment: &[(&str, &str)]) -> usize {
    let mut start = Start::of(&[&[("GUESTLIST_DATABASE", url)], environment].concat());
    let greeting = start.greeting();
    let ran = start.end(true);
    assert!(greeting.starts_with("listening on"), "{ran:?}");
    ran.err.lines().filter(|line| line.contains("WARN") && line.contains("is not encrypted")).count()
}

#[test]
fn a_database_on_another_machine_that_is_spoken_to_in_clear_is_told_once() {
    let (Some(plain), Some(tls)) = (Cluster::start(), Cluster::start_with_tls()) else {
        skip("no PostgreSQL");
        return;
    };
    for cluster in [&plain, &tls] {
        let here = cluster.fresh_database();
        // By this address the machine reaches itself, though it is none of loopback's.
        let away = here.replace("127.0.0.1", "0.0.0.0");
        assert_ne!(here, away);
        assert_eq!(clear_words(&away, &[]), 1, "it offers no TLS, or none that is trusted");
        assert_eq!(clear_words(&here, &[]), 0, "nobody listens within the machine");
        assert_eq!(clear_words(&format!("{away}?sslmode=disable"), &[]), 0, "that is what was asked for");
    }
    let trusted = tls.fresh_database().replace("127.0.0.1", "localhost") + "?hostaddr=0.0.0.0";
    let authority = tls.authority();
    assert_eq!(clear_words(&trusted, &[("SSL_CERT_FILE", authority.to_str().unwrap())]), 0, "it is encrypted");
}

#[test]
fn nobody_is_told_that_it_listens_before_all_of_it_does() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let ran = Start::of(&[("GUESTLIST_METRICS_LISTEN", &address)]).end(false);
    assert_eq!((ran.code, ran.out.as_str()), (1, ""), "{ran:?}");
    assert!(ran.err.contains(&format!("cannot listen on {address} for the metrics")), "{ran:?}");
    assert!(!ran.err.contains(" listening"), "{ran:?}");
}

/// The lines, each of them a JSON object with a time, a level and what it is about.
fn objects(lines: &str) -> Vec<Value> {
    let read = |line: &str| {
        let object: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        for key in ["timestamp", "level", "message", "target"] {
            assert!(object[key].is_string(), "{key} is missing: {line}");
        }
        object
    };
    lines.lines().map(read).collect()
}

#[test]
fn a_log_for_programs_is_json_in_every_line_from_the_start_to_the_end() {
    let environment =
        [("GUESTLIST_LOG", "trace"), ("GUESTLIST_LOG_FORMAT", "json"), ("GUESTLIST_METRICS_LISTEN", "127.0.0.1:0")];
    let mut start = Start::of(&environment);
    let greeting: Value = serde_json::from_str(&start.greeting()).unwrap();
    let address = greeting["listening"].as_str().unwrap().strip_prefix("http://").unwrap().to_owned();
    for request in ["GET /livez HTTP/1.1", "GET /nothing\"}{ HTTP/1.1", "BREW /x HTTP/1.1", "\u{1}\u{1b}[2J"] {
        let mut stream = std::net::TcpStream::connect(&address).unwrap();
        let sent = format!("{request}\r\nhost: x\r\nconnection: close\r\n\r\n");
        std::io::Write::write_all(&mut stream, sent.as_bytes()).unwrap();
        let _ = stream.read_to_end(&mut Vec::new());
    }
    // A database that is gone makes errors.
    for end in ["", "-wal", "-shm"] {
        let file = start.data.path().join(format!("guestlist.db{end}"));
        std::fs::write(file, "not a database any more, whatever it was before").unwrap();
    }
    let mut stream = std::net::TcpStream::connect(&address).unwrap();
    let body = r#"{"username":"kim","email":"kim@example.org","password":"a fine long pass"}"#;
    let sent = format!(
        "POST /api/v1/auth/register HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    std::io::Write::write_all(&mut stream, sent.as_bytes()).unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    assert!(answer.starts_with(b"HTTP/1.1 5"), "{}", String::from_utf8_lossy(&answer));
    let ran = start.end(true);
    assert_eq!(ran.code, 0, "{ran:?}");
    let lines = objects(&ran.err);
    let says = |word: &str| lines.iter().any(|line| line["message"].as_str().unwrap().contains(word));
    for word in ["starting", "listening", "request", "ending"] {
        assert!(says(word), "{word}: {}", ran.err);
    }
    assert!(lines.iter().any(|line| line["level"] == "ERROR" || line["level"] == "WARN"), "{}", ran.err);
}

#[test]
fn a_log_for_programs_says_in_json_why_the_server_could_not_begin() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for (variable, value, code, says) in [
        ("GUESTLIST_METRICS_LISTEN", address.as_str(), 1, "cannot listen on"),
        ("GUESTLIST_DATABASE", "sqlite:/nowhere/at/all.db", 1, "the folder of /nowhere/at/all.db is not there"),
        ("GUESTLIST_KEY", "not a key", 2, "GUESTLIST_KEY"),
    ] {
        let ran = Start::of(&[("GUESTLIST_LOG_FORMAT", "json"), (variable, value)]).end(false);
        assert_eq!((ran.code, ran.out.as_str()), (code, ""), "{ran:?}");
        let lines = objects(&ran.err);
        let last = lines.last().unwrap();
        assert_eq!((&last["level"], &last["message"]), (&"ERROR".into(), &"the server could not begin".into()));
        assert!(last["error"].as_str().unwrap().contains(says), "{last}");
    }
}

#[test]
fn a_file_that_cannot_be_served_is_told_in_one_sentence_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    let private = |path: &std::path::Path| {
        std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    };
    std::fs::write(
        place("words.db"),
        "no database at all, only words, and quite a few of them: more than a header has",
    )
    .unwrap();
    let other = rusqlite::Connection::open(place("other.db")).unwrap();
    other.execute_batch("CREATE TABLE bookmark (url TEXT)").unwrap();
    drop(other);
    std::fs::copy(place("other.db"), place("open.db")).unwrap();
    for name in ["words.db", "other.db"] {
        private(&place(name));
    }
    std::fs::set_permissions(place("open.db"), std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    std::fs::create_dir(place("folder.db")).unwrap();
    let files = ["words.db", "other.db", "open.db"];
    let bytes = || files.map(|name| std::fs::read(place(name)).unwrap());
    let before = bytes();
    for (name, says) in [
        ("words.db", &["is no SQLite database", "restore a backup, or name another file"][..]),
        ("other.db", &["is a database of another program", "left alone", "name another file"]),
        ("open.db", &["is a database of another program", "left alone", "name another file"]),
        ("folder.db", &["folder.db", "is a folder; name a file in it"]),
        ("missing/guestlist.db", &["missing/guestlist.db", "is not there; make it first"]),
    ] {
        let url = format!("sqlite:{}", place(name).display());
        let ran = Start::of(&[("GUESTLIST_DATABASE", &url), ("GUESTLIST_LOG", "off")]).end(false);
        ran.refused(1, &[&[&url[..]], says].concat());
        assert_eq!(ran.err.trim().lines().count(), 1, "{}", ran.err);
    }
    assert!(!place("missing").exists());
    assert!(bytes() == before, "none of them is changed");
}

#[test]
fn a_second_program_on_the_file_begins_while_another_writes_and_both_serve() {
    let data = tempfile::tempdir().unwrap();
    let first = Server::start(data.path(), None);
    let busy = rusqlite::Connection::open(data.path().join("guestlist.db")).unwrap();
    busy.execute_batch("BEGIN IMMEDIATE").unwrap();
    let second = Server::start(data.path(), None);
    busy.execute_batch("COMMIT").unwrap();
    let _ = rustls::crypto::ring::default_provider().install_default();
    let origins = [first.origin.clone(), second.origin.clone()];
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut signing_up = tokio::task::JoinSet::new();
        for n in 0..24 {
            let name = format!("person{n}");
            let body = serde_json::json!({ "username": name, "email": format!("{name}@example.org"), "password": "a fine long pass" });
            let request = http.post(format!("{}/api/v1/auth/register", origins[n % 2])).json(&body);
            signing_up.spawn(async move { request.send().await.unwrap().status() });
        }
        for status in signing_up.join_all().await {
            assert_eq!(status, 201);
        }
    });
    for server in [second, first] {
        server.terminate();
        assert!(server.wait().success());
    }
}

#[test]
fn a_start_on_a_database_that_is_there_writes_nothing_and_so_waits_for_no_disk() {
    let data = tempfile::tempdir().unwrap();
    let [file, log] = ["guestlist.db", "guestlist.db-wal"].map(|name| data.path().join(name));
    let database = format!("sqlite:{}", file.display());
    let start = || Server::start_with(data.path(), Some(&database), &[]);
    let first = start();
    first.terminate();
    assert!(first.wait().success());
    let before = std::fs::read(&file).unwrap();
    let _again = start();
    assert_eq!(std::fs::metadata(log).map_or(0, |log| log.len()), 0);
    assert!(std::fs::read(&file).unwrap() == before);
}
