//! What is done at once takes its locks in one order, so that PostgreSQL never has to end one for another.

use guestlist::server::{Settings, store::Database};
use serde_json::{Value, json};

use crate::{
    members::{id, let_in},
    world::{World, settings},
};

/// How often each race is run.
const ROUNDS: usize = 12;

async fn connect(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// Ends the server's connections, with which their figures are told; how often PostgreSQL ended a transaction since the
/// database was made, as several waited for each other.
async fn deadlocks(world: World) -> i64 {
    let Database::Postgres(url) = &world.database else { panic!("not PostgreSQL") };
    let client = connect(url).await;
    world.app.store().close().await;
    let number = async |sql: &str| client.query_one(sql, &[]).await.unwrap().get::<_, i64>(0);
    let there = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    while number(there).await > 0 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    number("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()").await
}

fn fine(answers: &[(u16, Value)]) {
    for (status, answer) in answers {
        assert!(*status < 500, "{status} {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_accept_and_what_is_done_to_many_invites_never_wait_in_a_circle() {
    let Some(world) = World::postgres().await else { return };
    let (ada, joe) = (world.account("ada").await, world.account("joe").await);
    for _ in 0..ROUNDS {
        let band = ada.band("Choir").await;
        let_in(&ada, &band, "admin", &[&joe]).await;
        let guests = world.people(4).await;
        let (mut tokens, mut ids) = (Vec::new(), Vec::new());
        // Of what is for one person the older and the newer one are taken at once.
        for guest in &guests {
            let own = json!({ "username": guest.username });
            let mailed = json!({ "email": format!("{}@example.org", guest.username) });
            for wish in [own, json!({}), mailed] {
                let (id, token) = joe.invite(&band, wish).await;
                ids.push(id);
                tokens.push(token);
            }
        }
        let actions = format!("/bands/{band}/invites/actions");
        let all = |action: &str| json!({ "action": action, "ids": ids, "args": { "ttl_hours": 9 } });
        let accepts = async {
            tokio::join!(
                guests[0].accept(&tokens[2]),
                guests[1].accept(&tokens[3]),
                guests[2].accept(&tokens[7]),
                guests[3].accept(&tokens[10]),
            )
        };
        let member = format!("/bands/{band}/members/{}?revoke_invites=true", id(&joe));
        let expire = format!("/campaigns/{band}/expire");
        let ((a, b, c, d), extended, more, removed, expired) = tokio::join!(
            accepts,
            ada.post(&actions, all("extend")),
            ada.post(&actions, all("extend")),
            ada.delete(&member),
            ada.post(&expire, json!({})),
        );
        fine(&[a, b, c, d, extended, more, removed, expired]);
    }
    assert_eq!(deadlocks(world).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_bulks_for_the_same_people_never_wait_in_a_circle() {
    let Some(world) = World::postgres().await else { return };
    let (ada, joe) = (world.account("ada").await, world.account("joe").await);
    let band = ada.band("Choir").await;
    let_in(&ada, &band, "admin", &[&joe]).await;
    let path = format!("/bands/{band}/invites/bulk");
    for round in 0..ROUNDS {
        let mut rows: Vec<Value> = (0..120).map(|n| json!({ "email": format!("r{round}n{n}@example.org") })).collect();
        let there = rows.clone();
        rows.reverse();
        for existing in [json!(null), json!("replace")] {
            let wish = |rows: &[Value]| json!({ "rows": rows, "on_existing": existing });
            let (one, two) = tokio::join!(ada.post(&path, wish(&rows)), joe.post(&path, wish(&there)));
            fine(&[one, two]);
        }
    }
    assert_eq!(deadlocks(world).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_goes_for_good_while_doing_things_never_waits_in_a_circle() {
    let Some(world) = World::postgres().await else { return };
    let ada = world.account("ada").await;
    for joe in world.people(ROUNDS).await {
        let (band, other) = (ada.band("Choir").await, ada.band("Brass").await);
        assert_eq!(ada.patch(&format!("/bands/{other}"), json!({ "join": "request" })).await.0, 200);
        let_in(&ada, &band, "admin", &[&joe]).await;
        let (_, token) = ada.invite(&other, json!({})).await;
        ada.invite(&other, json!({ "username": joe.username })).await;
        let invites = format!("/bands/{band}/invites");
        let (accept, join) = (format!("/invites/{token}/accept"), format!("/bands/{other}/join"));
        let member = format!("/bands/{band}/members/{}", id(&joe));
        let (gone, made, bands, accepted, asked, removed) = tokio::join!(
            joe.delete("/me"),
            joe.post_once(&invites, "a", json!({ "label": "one" })),
            joe.post_once("/bands", "b", json!({ "name": "Own" })),
            joe.post_once(&accept, "c", json!({})),
            joe.post_once(&join, "d", json!({})),
            ada.delete(&member),
        );
        fine(&[gone, made, bands, accepted, asked, removed]);
    }
    let left = "SELECT COUNT(*) AS n FROM session s JOIN account a ON a.id = s.account WHERE a.deleted_at IS NOT NULL";
    assert_eq!(world.number(left).await, 0);
    assert_eq!(deadlocks(world).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_still_to_be_written_changes_no_order() {
    // The sweeper would write it meanwhile, and hold what is written to.
    let settings = Settings { sweeps: false, ..settings() };
    let Some(world) = World::postgres_with(settings).await else { return };
    let Database::Postgres(url) = &world.database else { panic!("not PostgreSQL") };
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let mut ids = [ada.invite(&band, json!({})).await.0, ada.invite(&band, json!({})).await.0];
    ids.sort();
    let [first, last] = &ids;
    // The first is over, and something is decided about the last.
    assert_eq!(ada.delete(&format!("/invites/{first}")).await.0, 204);
    let (raw, watch) = (connect(url).await, connect(url).await);
    let decide = format!(
        "INSERT INTO decision (band, every, by_rules, sets_message, sets_end, actor, at, upto, past)
         SELECT band, true, false, false, false, created_by, created_at, seq + 10, 0 FROM invite WHERE id = '{last}'"
    );
    raw.batch_execute(&decide).await.unwrap();

    raw.batch_execute("BEGIN").await.unwrap();
    let hold = async |id: &str| {
        raw.batch_execute(&format!("SELECT 1 FROM invite WHERE id = '{id}' FOR UPDATE NOWAIT")).await.unwrap();
    };
    hold(first).await;
    let extend = json!({ "action": "extend", "ids": [last, first], "args": { "ttl_hours": 9 } });
    let path = format!("/bands/{band}/invites/actions");
    let act = ada.post(&path, extend);
    let look = async {
        let waits =
            "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        while watch.query_one(waits, &[]).await.unwrap().get::<_, i64>(0) == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        // Who waits for the first holds none that comes after it.
        hold(last).await;
        raw.batch_execute("COMMIT").await.unwrap();
    };
    let both = async { tokio::join!(act, look) };
    let patience = std::time::Duration::from_mins(1);
    let (answer, ()) = tokio::time::timeout(patience, both).await.expect("nobody waits for what is held");
    assert_eq!(answer.0, 200, "{}", answer.1);
}
