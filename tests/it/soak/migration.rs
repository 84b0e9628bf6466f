//! A start that is killed while it makes the schema, and a program that is older than the schema it finds.

use std::{
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use super::{Extent, any_below, kills::until_ready, number, store};
use crate::{postgres::fresh_database, process::Server};

fn serve(data: &Path, database: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_guestlist"));
    command.args(["serve", "--listen", "127.0.0.1:0", "--database", database]);
    command.env_clear().env("GUESTLIST_DATA", data);
    command
}

/// Kills first starts at any moment; the next start finishes the schema.
async fn starts_are_killed(mut extent: Extent, fresh: impl Fn(&Path) -> Option<String>) {
    let (mut midway, mut longest) = (0, Duration::from_millis(40));
    while extent.goes_on() {
        let data = tempfile::tempdir().unwrap();
        let Some(database) = fresh(data.path()) else { return };
        let begun = std::time::Instant::now();
        let mut first = serve(data.path(), &database).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let lives = longest.mul_f64(any_below(1_000) as f64 / 1_000.0);
        tokio::time::sleep(lives).await;
        first.kill().unwrap();
        first.wait().unwrap();
        let begins = std::time::Instant::now();
        let server = Server::start_with(data.path(), Some(&database), &[]);
        until_ready(&server.origin).await;
        // What a whole start takes here and now is what the next is killed within.
        longest = begins.elapsed().max(Duration::from_millis(5));
        let store = store(&database).await;
        let steps = guestlist::server::store::MIGRATIONS.len() as i64;
        assert_eq!(number(&store, "SELECT COUNT(*) AS n FROM schema_migration").await, steps);
        store.close().await;
        midway += usize::from(begun.elapsed() < longest * 2);
    }
    println!("{} first starts killed, {midway} of them early; every next one finished the schema", extent.begun());
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
