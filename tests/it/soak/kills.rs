//! Power cuts under load: one server killed again and again, and two on one database, now the one and now the other.

use std::time::{Duration, Instant};

use super::{Extent, any_below, holds_together, load::Load};
use crate::{postgres::fresh_database, process::Server};

/// Whole groups of people at once.
const TROOPS: usize = 6;
/// The longest that a start may take before it counts as hanging.
const HANGS: Duration = Duration::from_mins(1);
/// The longest until a server that was killed is ready again.
const READY: Duration = Duration::from_secs(2);

/// Kills under load, starts again, and holds what is there against what was answered.
async fn kill_again_and_again(database: Option<String>, nodes: usize, mut extent: Extent) {
    let data = tempfile::tempdir().unwrap();
    let database = database.unwrap_or_else(|| format!("sqlite:{}", data.path().join("guestlist.db").display()));
    let start = || Server::start_with(data.path(), Some(&database), &[("GUESTLIST_LOG", "warn")]);
    // People are there before the first server is, so that nobody else has the file open when it is killed.
    drop(super::store(&database).await);
    let begun = Instant::now();
    let mut servers = vec![start()];
    until_ready(&servers[0].origin).await;
    let calm = begun.elapsed();
    servers.extend((1..nodes).map(|_| start()));
    let mut load = Load::start(&database, &origins(&servers), TROOPS).await;
    let (mut longest, mut waited) = (Duration::ZERO, Duration::ZERO);
    while extent.goes_on() {
        load.answers(10 + any_below(60) as usize).await;
        let place = any_below(nodes as u64) as usize;
        servers.remove(place).kill();
        if nodes > 1 {
            load.moved(&origins(&servers));
        }
        let begun = Instant::now();
        servers.push(start());
        load.moved(&origins(&servers));
        until_ready(&servers[nodes - 1].origin).await;
        longest = longest.max(begun.elapsed());
        extent.in_time(longest, READY, calm);
        waited = waited.max(load.answers(1).await);
    }
    let ledger = load.end().await;
    for server in servers {
        server.terminate();
        assert!(server.wait().success());
    }
    holds_together(&database, &ledger).await;
    assert!(ledger.joined.len() >= 3 * ledger.stories && ledger.stories > 0, "{ledger:?}");
    println!(
        "{nodes} node(s) on {}: {} kills, {} accepts answered and there, {} answers, {} requests cut off, {} of 503; \
         ready again after {longest:?} at the longest",
        database.split(':').next().unwrap_or_default(),
        extent.begun(),
        ledger.joined.len(),
        ledger.answered,
        ledger.unanswered,
        ledger.unavailable,
    );
}

fn origins(servers: &[Server]) -> Vec<&str> {
    servers.iter().map(|server| server.origin.as_str()).collect()
}

/// Waits for a server that has begun to listen to be ready.
pub(super) async fn until_ready(origin: &str) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let begun = Instant::now();
    loop {
        let answer =
            reqwest::Client::builder().no_proxy().build().unwrap().get(format!("{origin}/readyz")).send().await;
        if answer.is_ok_and(|answer| answer.status() == 204) {
            return;
        }
        assert!(begun.elapsed() < HANGS, "it is not ready");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_under_load_loses_nothing_that_it_answered() {
    kill_again_and_again(None, 1, Extent::quick(4)).await;
    let Some(url) = tokio::task::spawn_blocking(fresh_database).await.unwrap() else { return };
    kill_again_and_again(Some(url), 1, Extent::quick(3)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_nodes_one_is_killed_and_the_other_gives_nothing_twice() {
    let Some(url) = tokio::task::spawn_blocking(fresh_database).await.unwrap() else { return };
    kill_again_and_again(Some(url), 2, Extent::quick(3)).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "long; .ci/soak runs it"]
async fn soak_kills_on_sqlite() {
    kill_again_and_again(None, 1, Extent::long(100)).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "long; .ci/soak runs it"]
async fn soak_kills_on_postgres() {
    let Some(url) = tokio::task::spawn_blocking(fresh_database).await.unwrap() else { return };
    kill_again_and_again(Some(url), 1, Extent::long(100)).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "long; .ci/soak runs it"]
async fn soak_two_nodes_on_postgres() {
    let Some(url) = tokio::task::spawn_blocking(fresh_database).await.unwrap() else { return };
    kill_again_and_again(Some(url), 2, Extent::long(100)).await;
}
