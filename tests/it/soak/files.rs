//! What the system withholds from a server: handles for files, and the right to write into its folder.

use std::{
    io::Write as _,
    net::TcpStream,
    os::unix::fs::{PermissionsExt as _, chown},
    path::{Path, PathBuf},
    process::{Command, Output},
    time::Duration,
};

use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};
use serde_json::json;

use super::{Extent, beside::Caller, database::status, holds_together, load::Load};
use crate::{
    postgres::{fresh_database, run, skip_unprivileged},
    process::Server,
};

/// More connections are opened than the server may have files: who is in goes on, and once they are gone others come in.
async fn handles_run_out(mut extent: Extent) {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start_limited(data.path(), "-n 80", &[("GUESTLIST_LOG", "warn")]);
    let database = format!("sqlite:{}", data.path().join("guestlist.db").display());
    let mut load = Load::start(&database, &[&server.origin], 3).await;
    let address = server.origin.strip_prefix("http://").unwrap().to_owned();
    while extent.goes_on() {
        load.answers(30).await;
        // Silent ones: they hold what they have until the server has had enough of them.
        let silent: Vec<TcpStream> = (0..120).map_while(|_| TcpStream::connect(&address).ok()).collect();
        assert!(silent.len() > 80, "more than there is room for: {}", silent.len());
        tokio::time::sleep(Duration::from_millis(200)).await;
        drop(silent);
        load.answers(30).await;
    }
    let ledger = load.end().await;
    server.terminate();
    assert!(server.wait().success());
    holds_together(&database, &ledger).await;
    println!(
        "{} times without handles: {} answers, {} of 503, {} cut off; one waited {:?} at most",
        extent.begun(),
        ledger.answered,
        ledger.unavailable,
        ledger.unanswered,
        ledger.longest
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn more_connections_than_handles_do_not_bring_it_down() {
    handles_run_out(Extent::quick(1)).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "long; .ci/soak runs it"]
async fn soak_handles() {
    handles_run_out(Extent::long(20)).await;
}

/// The limit on handles of a server that runs; the one before.
fn limit_handles(server: &Server, limit: Rlimit) -> Rlimit {
    prlimit(Pid::from_raw(server.id().cast_signed()), Resource::Nofile, limit).unwrap()
}

/// No handle is left at all: connections that are open are served, whoever comes new waits, and is served once there are
/// handles again.
async fn no_handle_is_left(mut extent: Extent) {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start_with(data.path(), None, &[("GUESTLIST_LOG", "warn")]);
    let database = format!("sqlite:{}", data.path().join("guestlist.db").display());
    let mut load = Load::start(&database, &[&server.origin], 3).await;
    let caller = Caller::at(&server, &database).await;
    let refused = || {
        let log = std::fs::read_to_string(data.path().join("log")).unwrap();
        log.matches("a connection could not be taken").count()
    };
    while extent.goes_on() {
        load.answers(30).await;
        caller.reads().await;
        let (before, none) = (refused(), Rlimit { current: Some(0), ..getrlimit(Resource::Nofile) });
        let usual = limit_handles(&server, none);
        let waits = caller.anew();
        let waits = tokio::spawn(async move { waits.reads().await });
        while refused() == before {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        caller.reads().await;
        assert_eq!(caller.write().await.status, 201, "all that it needs is open");
        load.answers(30).await;
        assert!(!waits.is_finished(), "there is no handle for it");
        limit_handles(&server, usual);
        waits.await.unwrap();
        load.answers(30).await;
    }
    let ledger = load.end().await;
    server.terminate();
    assert!(server.wait().success());
    assert_eq!((ledger.unavailable, ledger.unanswered), (0, 0), "who waited was answered");
    holds_together(&database, &ledger).await;
    println!("{} times without any handle: {} answers", extent.begun(), ledger.answered);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_handle_who_is_in_goes_on_and_who_comes_waits() {
    no_handle_is_left(Extent::quick(2)).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "long; .ci/soak runs it"]
async fn soak_without_handles() {
    no_handle_is_left(Extent::long(20)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_handle_for_the_database_it_is_503_until_there_is_one() {
    let Some(database) = tokio::task::spawn_blocking(fresh_database).await.unwrap() else { return };
    let data = tempfile::tempdir().unwrap();
    let server = Server::start_with(data.path(), Some(&database), &[("GUESTLIST_LOG", "warn")]);
    let caller = Caller::at(&server, &database).await;
    let none = Rlimit { current: Some(0), ..getrlimit(Resource::Nofile) };
    for _ in 0..2 {
        caller.reads().await;
        let usual = limit_handles(&server, none);
        run(
            &database,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        );
        caller.write().await.says_later();
        caller.read().await.says_later();
        limit_handles(&server, usual);
        caller.writes_again().await;
        caller.reads_again().await;
    }
}

/// Files that nobody may change, root included, until they are let go.
struct Frozen(Vec<PathBuf>);

impl Frozen {
    fn new(files: &[PathBuf]) -> Self {
        let frozen = Self(files.to_vec());
        assert!(frozen.change("+i"));
        frozen
    }

    fn change(&self, to: &str) -> bool {
        Command::new("chattr").arg(to).args(&self.0).output().is_ok_and(|done| done.status.success())
    }

    /// Whether there is such a thing here, for a file that is open too.
    fn is_known(folder: &Path) -> bool {
        let path = folder.join("frozen");
        let mut file = std::fs::File::create(&path).unwrap();
        let frozen = Self(vec![path]);
        frozen.change("+i") && file.write_all(b"x").is_err()
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        self.change("-i");
    }
}

/// The database's file and its log can be read and not written any more, while the server runs.
async fn files_are_frozen(mut extent: Extent) {
    let data = tempfile::tempdir().unwrap();
    if !Frozen::is_known(data.path()) {
        return skip_unprivileged("no file can be made immutable here");
    }
    let server = Server::start_with(data.path(), None, &[("GUESTLIST_LOG", "error")]);
    let files = ["guestlist.db", "guestlist.db-wal"].map(|name| data.path().join(name));
    let database = format!("sqlite:{}", files[0].display());
    let mut load = Load::start(&database, &[&server.origin], 4).await;
    let caller = Caller::at(&server, &database).await;
    while extent.goes_on() {
        load.answers(30).await;
        let before = load.ledger();
        let frozen = Frozen::new(&files);
        load.until("503", |now| now.unavailable > before.unavailable + 10).await;
        for _ in 0..5 {
            caller.write().await.says_later();
            caller.reads().await;
        }
        assert_eq!(status(&server, "/readyz").await, 204, "what it can do, it does");
        drop(frozen);
        caller.writes_again().await;
        load.answers(20).await;
    }
    let ledger = load.end().await;
    server.terminate();
    assert!(server.wait().success());
    assert_eq!(ledger.unanswered, 0, "it went on all the while");
    holds_together(&database, &ledger).await;
    println!("{} times read-only: {} answers, {} of 503", extent.begun(), ledger.answered, ledger.unavailable);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_become_read_only_are_503_for_who_writes_until_they_can_be_written() {
    files_are_frozen(Extent::quick(2)).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "long; .ci/soak runs it"]
async fn soak_frozen_files() {
    files_are_frozen(Extent::long(20)).await;
}

/// The program, run by someone whom modes of files bind; `None` where that cannot be had.
fn bound(folder: &Path) -> Option<Command> {
    let binary = env!("CARGO_BIN_EXE_guestlist");
    if !rustix::process::geteuid().is_root() {
        return Some(Command::new(binary));
    }
    chown(folder, Some(65534), Some(65534)).ok()?;
    let mut command = Command::new("setpriv");
    command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups"]).arg(binary);
    let mut try_out = Command::new("setpriv");
    try_out.args(["--reuid", "65534", "--regid", "65534", "--clear-groups"]).args([binary, "--version"]);
    if try_out.output().is_ok_and(|done| done.status.success()) {
        return Some(command);
    }
    skip_unprivileged(&format!("the program cannot be run as another user from {binary}"));
    None
}

/// Runs `guestlist serve` until it says that it listens, or ends.
fn serve(folder: &Path) -> Option<(std::process::Child, String)> {
    use std::io::{BufRead as _, BufReader};
    let mut command = bound(folder)?;
    command.args(["serve", "--listen", "127.0.0.1:0"]).env_clear().env("GUESTLIST_DATA", folder);
    command.env("GUESTLIST_LIMITS", "false").stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut greeting = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut greeting).unwrap();
    Some((child, greeting.trim().trim_start_matches("listening on ").to_owned()))
}

fn ended(child: std::process::Child) -> Output {
    child.wait_with_output().unwrap()
}

fn mode(folder: &Path, mode: u32) {
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_is_read_only_is_named_at_the_start_and_nothing_is_lost() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let outside = tempfile::tempdir().unwrap();
    mode(outside.path(), 0o755);
    let folder = outside.path().join("data");
    std::fs::create_dir(&folder).unwrap();
    mode(&folder, 0o700);
    let Some((child, origin)) = serve(&folder) else { return };
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let register = async |origin: &str, name: &str| {
        let body = json!({ "username": name, "email": format!("{name}@example.org"), "password": "a long enough pass-phrase" });
        http.post(format!("{origin}/api/v1/auth/register")).json(&body).send().await.unwrap().status().as_u16()
    };
    assert_eq!(register(&origin, "ada").await, 201);
    // While it runs it has all of its files open.
    mode(&folder, 0o500);
    assert_eq!(register(&origin, "kim").await, 201);
    // Ended in good order it leaves none beside the database, and has to make them anew.
    mode(&folder, 0o700);
    assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
    ended(child);
    mode(&folder, 0o500);
    let (mut child, greeting) = serve(&folder).unwrap();
    if !greeting.is_empty() {
        child.kill().unwrap();
    }
    let output = ended(child);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!((greeting.as_str(), output.status.code()), ("", Some(1)), "{said}");
    assert!(said.contains("read-only") || said.contains("cannot be"), "{said}");
    assert!(said.contains(&folder.display().to_string()), "it names the place: {said}");
    mode(&folder, 0o700);
    let (mut child, origin) = serve(&folder).unwrap();
    assert_eq!(register(&origin, "kim").await, 409, "who was answered is there");
    child.kill().unwrap();
    ended(child);
}
