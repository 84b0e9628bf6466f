//! All or nothing: an accept is one transaction, and what was acknowledged is there after any end.

use guestlist::server::store::{Database, Dialect};
use serde_json::json;

use crate::world::{World, on_each_database};

on_each_database! {
    an_accept_that_fails_anywhere_leaves_nothing,
    every_change_has_its_audit_row_or_did_not_happen,
    audit_rows_stay_as_they_are,
}

/// Makes every write of a kind to a table fail, as a full disk or a dead server would.
async fn break_table(world: &World, when: &str, table: &str) {
    match world.app.store().dialect() {
        Dialect::Sqlite => {
            world
                .run(&format!(
                    "CREATE TRIGGER broken BEFORE {when} ON {table} BEGIN SELECT RAISE (ABORT, 'broken'); END"
                ))
                .await;
        }
        Dialect::Postgres => {
            world
                .run(
                    "CREATE OR REPLACE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS
                     $$ BEGIN RAISE EXCEPTION 'broken'; END $$",
                )
                .await;
            world
                .run(&format!("CREATE TRIGGER broken BEFORE {when} ON {table} FOR EACH ROW EXECUTE FUNCTION broken()"))
                .await;
        }
    }
}

async fn mend_table(world: &World, table: &str) {
    let on = world.app.store().dialect().pick(String::new(), format!(" ON {table}"));
    world.run(&format!("DROP TRIGGER broken{on}")).await;
}

async fn an_accept_that_fails_anywhere_leaves_nothing(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    let band = ada.band("Choir").await;
    let (id, token) = ada.invite(&band, json!({})).await;
    let state = async || {
        let path = format!("/bands/{band}");
        let parts = [
            path.clone(),
            format!("{path}/invites"),
            format!("{path}/members"),
            format!("{path}/audit"),
            format!("/invites/{id}/redemptions"),
        ];
        let mut state = Vec::new();
        for part in parts {
            state.push(ada.get(&part).await.1);
        }
        state
    };
    let before = state().await;
    for (when, table) in
        [("INSERT", "member"), ("UPDATE", "invite"), ("INSERT", "redemption"), ("INSERT", "audit"), ("UPDATE", "band")]
    {
        break_table(&world, when, table).await;
        let path = format!("/invites/{token}/accept");
        for (status, answer) in [kim.accept(&token).await, kim.post_once(&path, table, json!({})).await] {
            assert_eq!((status, &answer["code"]), (500, &json!("internal")), "{table}");
            assert!(!answer.to_string().contains("broken"), "the cause is for the log");
        }
        assert_eq!(state().await, before, "{table}");
        mend_table(&world, table).await;
    }
    assert_eq!(kim.accept(&token).await.1["outcome"], "joined");
}

async fn every_change_has_its_audit_row_or_did_not_happen(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    let band = ada.band("Choir").await;
    let (id, token) = ada.invite(&band, json!({})).await;
    let (revoked, _) = ada.invite(&band, json!({})).await;
    ada.delete(&format!("/invites/{revoked}")).await;
    let before = (ada.get(&format!("/bands/{band}")).await, ada.get(&format!("/bands/{band}/invites")).await);
    break_table(&world, "INSERT", "audit").await;
    for (person, method, path, body) in [
        (&ada, "POST", format!("/bands/{band}/invites"), json!({})),
        (&ada, "PATCH", format!("/invites/{id}"), json!({ "role": "admin" })),
        (&ada, "DELETE", format!("/invites/{id}"), json!({})),
        (&ada, "POST", format!("/invites/{revoked}/restore"), json!({})),
        (&ada, "POST", format!("/invites/{id}/rotate"), json!({})),
        (&ada, "POST", format!("/invites/{id}/link"), json!({})),
        (&kim, "POST", format!("/invites/{token}/decline"), json!({})),
        (&ada, "DELETE", format!("/bands/{band}"), json!({})),
    ] {
        assert_eq!(person.send(method, &path, Some(&body)).await.0, 500, "{method} {path}");
    }
    world.clock.pass_hours(1);
    mend_table(&world, "audit").await;
    assert_eq!((ada.get(&format!("/bands/{band}")).await, ada.get(&format!("/bands/{band}/invites")).await), before);
    assert_eq!(kim.accept(&token).await.1["outcome"], "joined", "the old token is still the one");
}

async fn audit_rows_stay_as_they_are(world: World) {
    let _ada = world.account("ada").await.band("Choir").await;
    let upsert = "SELECT * FROM audit WHERE 1 = 1 ON CONFLICT (seq) DO UPDATE SET action = 'nothing'";
    let own = match world.database {
        Database::Sqlite(_) => ["REPLACE INTO audit SELECT * FROM audit", &format!("INSERT INTO audit {upsert}")],
        Database::Postgres(_) => ["TRUNCATE audit", &format!("INSERT INTO audit OVERRIDING SYSTEM VALUE {upsert}")],
    };
    for sql in ["UPDATE audit SET action = 'nothing'", "DELETE FROM audit"].into_iter().chain(own) {
        let error = format!("{:?}", world.try_run(sql).await.expect_err(sql));
        assert!(error.contains("audit rows "), "{sql}: {error}");
    }
}
