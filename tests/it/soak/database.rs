//! PostgreSQL that is restarted, killed, gone for a while, or paused, under load: 503 that says when to come back, work that
//! goes on by itself, and nothing twice.

use std::time::{Duration, Instant};

use super::{Extent, beside::Caller, holds_together, load::Load};
use crate::{
    postgres::{Cluster, skip},
    process::Server,
};

/// What becomes of the database in a round.
const ENDS: [&str; 4] = ["restarted", "killed", "gone", "paused"];
/// The longest until people are answered again.
const BACK: Duration = Duration::from_secs(5);

async fn database_comes_and_goes(mut extent: Extent) {
    let Some(mut cluster) = tokio::task::spawn_blocking(Cluster::start).await.unwrap() else {
        return skip("PostgreSQL is not installed");
    };
    let (data, database) = (tempfile::tempdir().unwrap(), cluster.fresh_database());
    let server = Server::start_with(data.path(), Some(&database), &[("GUESTLIST_LOG", "warn")]);
    let mut load = Load::start(&database, &[&server.origin], 6).await;
    load.answers(10).await;
    let calm = load.answers(10).await;
    let mut longest = [Duration::ZERO; ENDS.len()];
    while extent.goes_on() {
        let kind = (extent.begun() - 1) % ENDS.len();
        load.answers(40).await;
        let before = load.ledger();
        match ENDS[kind] {
            end @ ("restarted" | "killed") => {
                if end == "restarted" {
                    cluster.stop();
                } else {
                    cluster.kill();
                }
                load.until("503", |now| now.unavailable > before.unavailable).await;
                cluster.restart();
            }
            end => {
                if end == "gone" {
                    cluster.stop();
                } else {
                    cluster.pause();
                }
                load.until("503", |now| now.unavailable > before.unavailable + 5).await;
                assert_eq!(status(&server, "/readyz").await, 503, "{end}: it says that it is not ready");
                assert_eq!(status(&server, "/livez").await, 204, "{end}: and that it lives");
                if end == "gone" {
                    cluster.restart();
                } else {
                    cluster.resume();
                }
            }
        }
        let back = Instant::now();
        load.answers(10).await;
        longest[kind] = longest[kind].max(back.elapsed());
        extent.in_time(longest[kind], BACK, calm);
    }
    let ledger = load.end().await;
    server.terminate();
    assert!(server.wait().success());
    holds_together(&database, &ledger).await;
    println!(
        "{} ends of PostgreSQL: {} accepts answered and there, {} answers, {} of 503, none of another 5xx, {} without \
         answer; back after {:?} at the longest; a request waited {:?} at most",
        extent.begun(),
        ledger.joined.len(),
        ledger.answered,
        ledger.unavailable,
        ledger.unanswered,
        ENDS.iter().zip(longest).collect::<Vec<_>>(),
        ledger.longest,
    );
}

/// The database becomes a standby, which is read and not written, and is promoted later.
async fn database_only_reads(mut extent: Extent) {
    let Some(mut cluster) = tokio::task::spawn_blocking(Cluster::start).await.unwrap() else {
        return skip("PostgreSQL is not installed");
    };
    let (data, database) = (tempfile::tempdir().unwrap(), cluster.fresh_database());
    let server = Server::start_with(data.path(), Some(&database), &[("GUESTLIST_LOG", "warn")]);
    let mut load = Load::start(&database, &[&server.origin], 4).await;
    let caller = Caller::at(&server, &database).await;
    while extent.goes_on() {
        load.answers(30).await;
        cluster.stand_by();
        let before = load.ledger();
        // Connections are made anew, and then what is read is read.
        caller.reads_again().await;
        for _ in 0..5 {
            caller.write().await.says_later();
            caller.reads().await;
        }
        load.until("503", |now| now.unavailable > before.unavailable + 10).await;
        cluster.promote();
        caller.writes_again().await;
        load.answers(30).await;
    }
    let ledger = load.end().await;
    server.terminate();
    assert!(server.wait().success());
    holds_together(&database, &ledger).await;
    println!(
        "{} times a standby: {} answers, {} of 503, {} without answer",
        extent.begun(),
        ledger.answered,
        ledger.unavailable,
        ledger.unanswered
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_can_only_be_read_is_503_for_who_writes_until_it_can_be_written() {
    database_only_reads(Extent::quick(1)).await;
}

/// The status of a path at the root.
pub(super) async fn status(server: &Server, path: &str) -> u16 {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    http.get(format!("{}{path}", server.origin)).send().await.unwrap().status().as_u16()
}

#[tokio::test(flavor = "multi_thread")]
async fn postgresql_may_be_restarted_killed_gone_and_paused_under_load() {
    database_comes_and_goes(Extent::quick(4)).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "long; .ci/soak runs it"]
async fn soak_postgres_comes_and_goes() {
    database_comes_and_goes(Extent::long(40)).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "long; .ci/soak runs it"]
async fn soak_postgres_stands_by() {
    database_only_reads(Extent::long(10)).await;
}
