//! A start that is killed while it makes the schema, and a program that is older than the schema it finds.

use std::{
    os::unix::process::ExitStatusExt as _,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use super::{Extent, any_below, kills::until_ready, number, store};
use crate::{
    postgres::{count, fresh_database, run},
    process::Server,
};

fn serve(data: &Path, database: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_guestlist"));
    command.args(["serve", "--listen", "127.0.0.1:0", "--database", database]);
    command.env_clear().env("GUESTLIST_DATA", data);
    command
}

/// Kills first starts at any moment; the next start finishes the schema.
async fn starts_are_killed(mut extent: Extent, fresh: impl Fn(&Path) -> Option<String>) {
    let mut longest = Duration::from_millis(40);
    while extent.goes_on() {
        let data = tempfile::tempdir().unwrap();
        let Some(database) = fresh(data.path()) else { return };
        let mut first = serve(data.path(), &database).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let lives = longest.mul_f64(any_below(1_000) as f64 / 1_000.0);
        tokio::time::sleep(lives).await;
        first.kill().unwrap();
        first.wait().unwrap();
        let begins = std::time::Instant::now();
        is_finished(data.path(), &database).await;
        // What a whole start takes here and now is what the next is killed within.
        longest = begins.elapsed().max(Duration::from_millis(5));
    }
    println!("{} first starts killed; every next one finished the schema", extent.begun());
}

/// The next start is ready, over the whole schema.
async fn is_finished(data: &Path, database: &str) {
    let server = Server::start_with(data, Some(database), &[]);
    until_ready(&server.origin).await;
    let store = store(database).await;
    let steps = guestlist::server::store::MIGRATIONS.len() as i64;
    assert_eq!(number(&store, "SELECT COUNT(*) AS n FROM schema_migration").await, steps);
    store.close().await;
}

fn of_sqlite(data: &Path) -> String {
    format!("sqlite:{}", data.join("guestlist.db").display())
}

fn of_postgres(_: &Path) -> Option<String> {
    std::thread::spawn(fresh_database).join().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_start_that_was_killed_is_finished_by_the_next() {
    starts_are_killed(Extent::quick(6), |data| Some(of_sqlite(data))).await;
    starts_are_killed(Extent::quick(4), of_postgres).await;
}

/// The system ends the program at the very write that makes a file longer than it may be.
#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_is_ended_in_the_middle_of_writing_the_schema_leaves_none_and_is_finished_by_the_next() {
    const XFSZ: i32 = 25;
    let mut midway = 0;
    // In blocks of 512 bytes: from the first page of the file to more than the whole schema takes.
    for blocks in (0..14).map(|n| 4_u64 << n) {
        let data = tempfile::tempdir().unwrap();
        let database = of_sqlite(data.path());
        let mut command = Command::new("sh");
        command.args(["-c", &format!("ulimit -c 0 && ulimit -f {blocks} && exec \"$@\""), "sh"]);
        command.arg(env!("CARGO_BIN_EXE_guestlist")).args([
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--database",
            &database,
        ]);
        command.env_clear().env("GUESTLIST_DATA", data.path()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut first = command.spawn().unwrap();
        let mut greeting = String::new();
        let _ = std::io::BufRead::read_line(&mut std::io::BufReader::new(first.stdout.take().unwrap()), &mut greeting);
        if !greeting.is_empty() {
            first.kill().unwrap();
            first.wait().unwrap();
            break;
        }
        assert_eq!(first.wait().unwrap().signal(), Some(XFSZ), "with {blocks} blocks");
        let log = std::fs::metadata(data.path().join("guestlist.db-wal")).map_or(0, |log| log.len());
        // Looked at in a copy: whoever opens it clears away what the program is to find.
        let copy = tempfile::tempdir().unwrap();
        for name in ["guestlist.db", "guestlist.db-wal", "guestlist.db-journal"] {
            let _ = std::fs::copy(data.path().join(name), copy.path().join(name));
        }
        let tables: i64 = rusqlite::Connection::open(copy.path().join("guestlist.db"))
            .unwrap()
            .query_row("SELECT COUNT(*) FROM sqlite_schema", [], |row| row.get(0))
            .unwrap();
        assert_eq!(tables, 0, "with {blocks} blocks there is nothing of it, or all");
        midway += usize::from(log > 0);
        is_finished(data.path(), &database).await;
    }
    assert!(midway > 1, "some fell into the schema: {midway}");
}

/// The whole schema is made and its last statement waits for another session: then the program is killed. Its session may go
/// with it, as when the network does, or finish what it was given.
#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_is_killed_before_the_last_statement_of_the_schema_is_finished_by_the_next() {
    for session_goes in [true, false] {
        let data = tempfile::tempdir().unwrap();
        let Some(database) = of_postgres(data.path()) else { return };
        let versions = "CREATE TABLE schema_migration(
            version bigint PRIMARY KEY, applied_at bigint NOT NULL, digest text NOT NULL)";
        run(&database, versions);
        let (holder, connection) = tokio_postgres::connect(&database, tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        holder.batch_execute("BEGIN; LOCK TABLE schema_migration IN EXCLUSIVE MODE").await.unwrap();
        let mut first = serve(data.path(), &database).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let waits = "FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
            AND query LIKE 'BEGIN; %'";
        while count(&database, &format!("SELECT COUNT(*) {waits}")) == 0 {
            assert!(first.try_wait().unwrap().is_none(), "it waits");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        first.kill().unwrap();
        first.wait().unwrap();
        if session_goes {
            run(&database, &format!("SELECT pg_terminate_backend(pid) {waits}"));
        }
        let tables = "SELECT COUNT(*) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace";
        assert_eq!(count(&database, tables), 1, "there is nothing of it, or all");
        holder.batch_execute("ROLLBACK").await.unwrap();
        is_finished(data.path(), &database).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "long; .ci/soak runs it"]
async fn soak_killed_starts() {
    starts_are_killed(Extent::long(60), |data| Some(of_sqlite(data))).await;
    starts_are_killed(Extent::long(30), of_postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_older_than_the_schema_says_so_and_changes_nothing() {
    let data = tempfile::tempdir().unwrap();
    let mut databases = vec![of_sqlite(data.path())];
    databases.extend(of_postgres(data.path()));
    for database in databases {
        let newer = "INSERT INTO schema_migration (version, applied_at, digest) VALUES (999, 1, 'of tomorrow')";
        let store = store(&database).await;
        store.write::<_, guestlist::server::store::Error, _>(move |tx| tx.execute(newer, &[])).await.unwrap();
        store.close().await;
        let refused = serve(data.path(), &database).output().unwrap();
        let said = String::from_utf8_lossy(&refused.stderr);
        assert_eq!(refused.status.code(), Some(1), "{said}");
        assert!(said.contains("schema version 999") && said.contains("start a newer guestlist"), "{said}");
        assert!(refused.stdout.is_empty(), "it never listened");
    }
}
