//! However the server ends: what it acknowledged is there, once and whole.

use std::{
    path::Path,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicUsize, Ordering},
    },
};

use guestlist::{
    domain::Timestamp,
    server::store::{Database, Options, Store},
};
use serde_json::{Value, json};
use tokio::{sync::Notify, task::JoinSet};

use crate::{process::Server, seed};

/// People who come in by one link at once, and what each of them heard: a status, or nothing.
struct Crowd {
    band: String,
    owner: String,
    heard: JoinSet<(String, Option<u16>)>,
}

async fn send(origin: &str, session: &str, method: &str, path: &str, body: &Value) -> Option<(u16, Value)> {
    static HTTP: LazyLock<reqwest::Client> = LazyLock::new(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
        // Each request has a connection of its own, as each person has.
        reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).build().unwrap()
    });
    let request = HTTP.request(method.parse().unwrap(), format!("{origin}/api/v1{path}"));
    let response = request.bearer_auth(session).json(body).send().await.ok()?;
    let status = response.status().as_u16();
    Some((status, serde_json::from_str(&response.text().await.ok()?).unwrap_or_default()))
}

/// Lets `count` people accept and returns when `enough` of them have been answered.
async fn under_load(data: &Path, origin: &str, count: usize, enough: usize) -> Crowd {
    let file = Database::Sqlite(data.join("guestlist.db"));
    let store = tokio::task::spawn_blocking(move || Store::open(&Options::new(file)).unwrap()).await.unwrap();
    let mut sessions = seed::sessions(&store, Timestamp::now(), count + 1).await;
    store.close().await;
    let owner = sessions.pop().unwrap();
    let (_, band) = send(origin, &owner, "POST", "/bands", &json!({ "name": "Choir" })).await.unwrap();
    let band = band["id"].as_str().unwrap().to_owned();
    let path = format!("/bands/{band}/invites");
    let (_, made) = send(origin, &owner, "POST", &path, &json!({ "max_uses": null })).await.unwrap();
    let accept = format!("/invites/{}/accept", made["token"].as_str().unwrap());
    let (answered, reached) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
    let mut heard = JoinSet::new();
    for session in sessions {
        let (origin, accept) = (origin.to_owned(), accept.clone());
        let (answered, reached) = (Arc::clone(&answered), Arc::clone(&reached));
        heard.spawn(async move {
            let answer = send(&origin, &session, "POST", &accept, &json!({})).await;
            if answer.is_some() && answered.fetch_add(1, Ordering::SeqCst) + 1 == enough {
                reached.notify_one();
            }
            (session, answer.map(|(status, _)| status))
        });
    }
    reached.notified().await;
    Crowd { band, owner, heard }
}

/// Starts again over the same data: members, uses and redemptions tell one number. How many came in by the link.
async fn look_again(data: &Path, crowd: &Crowd, acknowledged: &[String]) -> i64 {
    let server = Server::start(data, None);
    let path = format!("/bands/{}", crowd.band);
    for session in acknowledged {
        assert_eq!(send(&server.origin, session, "GET", &path, &json!({})).await.unwrap().0, 200);
    }
    let (_, band) = send(&server.origin, &crowd.owner, "GET", &path, &json!({})).await.unwrap();
    server.terminate();
    assert_eq!(server.wait().code(), Some(0));
    let db = rusqlite::Connection::open(data.join("guestlist.db")).unwrap();
    let number = |sql: &str| db.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    let uses = number("SELECT SUM(uses) FROM invite");
    for sql in [
        "SELECT COUNT(*) FROM redemption",
        "SELECT COUNT(*) - 1 FROM member",
        "SELECT COUNT(*) FROM audit WHERE action = 'invite.accepted'",
        "SELECT SUM(members) - 1 FROM band",
        "SELECT SUM(uses) FROM tally WHERE dimension = 'link'",
        "SELECT SUM(uses) FROM tally WHERE dimension = 'campaign'",
    ] {
        assert_eq!(number(sql), uses, "{sql}");
    }
    assert_eq!(band["counts"]["members"], uses + 1);
    let check: String = db.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(check, "ok");
    uses
}

#[tokio::test(flavor = "multi_thread")]
async fn an_accept_that_was_acknowledged_survives_a_kill() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), None);
    let mut crowd = under_load(data.path(), &server.origin, 150, 40).await;
    server.kill();
    let mut acknowledged = Vec::new();
    while let Some(heard) = crowd.heard.join_next().await {
        let (session, status) = heard.unwrap();
        if status == Some(200) {
            acknowledged.push(session);
        }
    }
    assert!(acknowledged.len() >= 40);
    let came = look_again(data.path(), &crowd, &acknowledged).await;
    assert!(came >= acknowledged.len() as i64, "{came}");
}

#[tokio::test(flavor = "multi_thread")]
async fn at_its_end_a_server_answers_what_it_has_begun_and_does_nothing_it_does_not_answer() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), None);
    let mut crowd = under_load(data.path(), &server.origin, 150, 40).await;
    server.terminate();
    let mut acknowledged = Vec::new();
    while let Some(heard) = crowd.heard.join_next().await {
        match heard.unwrap() {
            (session, Some(200)) => acknowledged.push(session),
            (_, Some(status)) => panic!("{status}"),
            (_, None) => {} // it came too late
        }
    }
    assert_eq!(server.wait().code(), Some(0));
    let came = look_again(data.path(), &crowd, &acknowledged).await;
    assert_eq!(came, acknowledged.len() as i64);
}
