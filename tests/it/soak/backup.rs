//! Backups while people write: each is whole, and has everything that was answered before it began. SQLite's are the
//! program's own, PostgreSQL's are made as the README says.

use std::process::Command;

use super::{Extent, holds_together, load::Load};
use crate::{
    postgres::{fresh_database, skip, tool},
    process::Server,
};

async fn copied_while_written(mut extent: Extent) {
    let (data, copies) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let database = format!("sqlite:{}", data.path().join("guestlist.db").display());
    let server = Server::start_with(data.path(), None, &[("GUESTLIST_LOG", "warn")]);
    let mut load = Load::start(&database, &[&server.origin], 6).await;
    while extent.goes_on() {
        load.answers(30).await;
        let before = load.ledger();
        let copy = copies.path().join(format!("{}.db", extent.begun()));
        let mut command = Command::new(env!("CARGO_BIN_EXE_guestlist"));
        command.args(["admin", "backup"]).arg(&copy).env_clear().env("GUESTLIST_DATA", data.path());
        let done = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        // Read in a place of its own, as a restore has it.
        let restored = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_guestlist"));
        command.args(["admin", "restore"]).arg(&copy).env_clear().env("GUESTLIST_DATA", restored.path());
        let done = command.output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        holds_together(&format!("sqlite:{}", restored.path().join("guestlist.db").display()), &before).await;
        std::fs::remove_file(copy).unwrap();
    }
    let ledger = load.end().await;
    assert_eq!((ledger.unavailable, ledger.unanswered), (0, 0), "nobody noticed");
    println!("{} backups under {} answers, each whole", extent.begun(), ledger.answered);
}

async fn dumped_while_written(mut extent: Extent) {
    let Some(database) = tokio::task::spawn_blocking(fresh_database).await.unwrap() else { return };
    let (data, copies) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let server = Server::start_with(data.path(), Some(&database), &[("GUESTLIST_LOG", "warn")]);
    let mut load = Load::start(&database, &[&server.origin], 6).await;
    while extent.goes_on() {
        load.answers(30).await;
        let before = load.ledger();
        let copy = copies.path().join(format!("{}.dump", extent.begun()));
        let (Some(mut dump), Some(mut restore)) = (tool("pg_dump"), tool("pg_restore")) else {
            return skip("pg_dump is not installed");
        };
        dump.arg("--format=custom").arg(format!("--file={}", copy.display())).arg(&database);
        let new = tokio::task::spawn_blocking(fresh_database).await.unwrap().unwrap();
        restore.args(["--exit-on-error", "--no-owner"]).arg(format!("--dbname={new}")).arg(&copy);
        for mut command in [dump, restore] {
            let done = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        }
        holds_together(&new, &before).await;
        std::fs::remove_file(copy).unwrap();
    }
    let ledger = load.end().await;
    assert_eq!((ledger.unavailable, ledger.unanswered), (0, 0), "nobody noticed");
    println!("{} dumps of PostgreSQL under {} answers, each whole", extent.begun(), ledger.answered);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dump_of_postgresql_under_load_has_all_that_was_answered_before_it() {
    dumped_while_written(Extent::quick(2)).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "long; .ci/soak runs it"]
async fn soak_dumps() {
    dumped_while_written(Extent::long(25)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_under_load_has_all_that_was_answered_before_it() {
    copied_while_written(Extent::quick(2)).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "long; .ci/soak runs it"]
async fn soak_backups() {
    copied_while_written(Extent::long(25)).await;
}
