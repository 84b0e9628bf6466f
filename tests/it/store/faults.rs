//! What happens when the disk is full and when the server is gone, silent, or not to be trusted.

use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use guestlist::server::store::{Database, Error, Options, Store};

use super::{Place, add, ids, on};
use crate::postgres::{Cluster, skip};

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_an_error_and_work_resumes() {
    guestlist::row! { struct Pages { max_page_count: i64 } }
    let place = Place::sqlite();
    let store = place.open();
    // The limit counts for the connection that writes, as a full disk would.
    let limit = |sql| store.write::<_, Error, _>(move |tx| tx.query_one::<Pages>(sql, &[]));
    limit("PRAGMA max_page_count = 30").await.unwrap();
    let large = |id: i64| {
        let data = vec![7_u8; 20_000];
        store.write(move |tx| tx.execute("INSERT INTO entry(id, data) VALUES ($1, $2)", &[&id, &data]))
    };
    // Together, so that some share a batch with the one that does not fit any more.
    let (a, b, c, d, small) = tokio::join!(large(1), large(2), large(3), large(4), large(5));
    let all = [a, b, c, d, small];
    assert!(all.contains(&Err(Error::DiskFull)), "{all:?}");
    let acknowledged: Vec<i64> = all.iter().zip(1..).filter(|(r, _)| r.is_ok()).map(|(_, id)| id).collect();
    assert_eq!(ids(&store).await, acknowledged);
    limit("PRAGMA max_page_count = 3000").await.unwrap();
    assert_eq!(large(6).await, Ok::<_, Error>(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_survives_a_kill() {
    guestlist::row! { struct Check { integrity_check: String } }
    let place = Place::sqlite();
    let Database::Sqlite(path) = &place.options.database else { unreachable!("it is SQLite") };
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "--nocapture", "store::faults::writes_until_it_is_killed"])
        .env("GUESTLIST_TEST_KILL", path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut numbers = lines.filter_map(|line| line.parse::<i64>().ok());
    let mut acknowledged: Vec<i64> = numbers.by_ref().take(200).collect();
    child.kill().unwrap(); // in the midst of the next ones
    child.wait().unwrap();
    acknowledged.extend(numbers);
    let store = place.open();
    let found = ids(&store).await;
    assert!(acknowledged.len() >= 200 && acknowledged.iter().all(|id| found.contains(id)));
    let check = store.read::<_, Error, _>(|tx| tx.query_one::<Check>("PRAGMA integrity_check", &[])).await.unwrap();
    assert_eq!(check.unwrap().integrity_check, "ok");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by what_was_acknowledged_survives_a_kill"]
async fn writes_until_it_is_killed() {
    let Some(path) = std::env::var_os("GUESTLIST_TEST_KILL") else { return };
    let options = Options::new(Database::Sqlite(path.into()));
    let store = Store::open(&Options { migrations: super::SCHEMA, ..options }).unwrap();
    let callers = (0..16).map(|caller| {
        let store = store.clone();
        tokio::spawn(async move {
            for n in 0.. {
                let id = n * 16 + caller;
                add(&store, id).await.unwrap();
                println!("{id}");
            }
        })
    });
    for caller in callers.collect::<Vec<_>>() {
        caller.await.unwrap();
    }
}

/// Writes until one succeeds; every failure on the way has to be one of an unavailable database.
async fn until_it_works(store: &Store, id: i64) {
    let begun = Instant::now();
    while let Err(error) = add(store, id).await {
        assert!(error.is_unavailable(), "{error:?}");
        assert!(begun.elapsed() < Duration::from_mins(1), "it does not come back: {error}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_restarted_or_paused_server_is_an_error_and_then_work_resumes() {
    let Some(mut cluster) = Cluster::start() else { return skip("PostgreSQL is not installed") };
    let store = Store::open(&Options { patience: Duration::from_secs(2), ..on(&cluster.fresh_database()) }).unwrap();
    add(&store, 1).await.unwrap();

    cluster.stop();
    cluster.restart();
    assert_eq!(add(&store, 2).await, Ok(()), "a connection that went stale in idleness is made anew");

    cluster.kill();
    let down = add(&store, 3).await.unwrap_err();
    assert!(matches!(down, Error::Connection(_)), "{down:?}");
    cluster.restart();
    until_it_works(&store, 3).await;

    cluster.pause();
    let calls: Vec<_> = (0..40)
        .map(|n| {
            let store = store.clone();
            tokio::spawn(async move { add(&store, 100 + n).await })
        })
        .collect();
    for call in calls {
        let error = call.await.unwrap().unwrap_err();
        assert!(error.is_unavailable(), "{error:?}");
    }
    cluster.resume();
    until_it_works(&store, 4).await;
    let found = ids(&store).await;
    assert!(found.starts_with(&[1, 2, 3, 4]), "{found:?}"); // of those that timed out, any may be whole

    cluster.pause();
    let end = tokio::time::timeout(Duration::from_mins(1), store.close()).await;
    assert!(end.is_ok(), "closing hangs on a paused server");
}

/// Whether a store at this address speaks TLS with its server.
async fn encrypted(url: &str) -> Result<bool, Error> {
    guestlist::row! { struct Encrypted { ssl: bool } }
    let store = Store::open(&on(url))?;
    let sql = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    let row: Option<Encrypted> = store.read::<_, Error, _>(move |tx| tx.query_one(sql, &[])).await?;
    Ok(row.unwrap().ssl)
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_is_verified_where_it_is_required() {
    let Some(cluster) = Cluster::start_with_tls() else { return skip("PostgreSQL is not installed") };
    let url = cluster.fresh_database();
    assert_eq!(encrypted(&format!("{url}?sslmode=disable")).await, Ok(false));
    assert_eq!(encrypted(&url).await, Ok(false), "an untrusted certificate is as good as none");
    let untrusted = encrypted(&format!("{url}?sslmode=require")).await;
    assert!(matches!(&untrusted, Err(Error::Connection(why)) if why.contains("certificate")), "{untrusted:?}");
    // The same in a process that trusts the authority: trust is the machine's, and read from its environment.
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "store::faults::tls_with_a_trusted_certificate"])
        .env("SSL_CERT_FILE", cluster.authority())
        .env("GUESTLIST_TEST_TLS", &url)
        .output()
        .unwrap();
    assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stdout));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by tls_is_verified_where_it_is_required"]
async fn tls_with_a_trusted_certificate() {
    let Ok(url) = std::env::var("GUESTLIST_TEST_TLS") else { return };
    for mode in ["", "?sslmode=prefer", "?sslmode=require", "?sslmode=verify-full"] {
        assert_eq!(encrypted(&format!("{url}{mode}")).await, Ok(true), "{mode}");
    }
    let (_, rest) = url.split_once("@127.0.0.1:").unwrap();
    let other =
        encrypted(&format!("postgres://postgres@other.example:{rest}?hostaddr=127.0.0.1&sslmode=require")).await;
    assert!(matches!(&other, Err(Error::Connection(why)) if why.contains("other.example")), "{other:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_cannot_be_reached_is_said_at_the_start() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap(); // listens, and never says a word
    let url = format!("postgres://someone@{}/guestlist", nobody.local_addr().unwrap());
    let silent = Store::open(&Options { patience: Duration::from_secs(1), ..on(&url) }).map(drop);
    assert_eq!(silent, Err(Error::Timeout));
    drop(nobody);
    let refused = Store::open(&on(&url)).map(drop);
    assert!(matches!(refused, Err(Error::Connection(_))), "{refused:?}");
}
