//! `Idempotency-Key`: a retry gives the first answer and has no second effect.

use serde_json::{Value, json};

use crate::world::{World, on_each_database};

on_each_database! {
    every_post_on_invites_is_done_once,
    one_key_at_once_is_one_effect,
    another_request_under_the_same_key_is_refused,
    a_refusal_is_not_remembered,
    keys_are_each_persons_own_and_last_a_day,
    a_retry_shows_nothing_to_who_was_demoted_meanwhile,
    a_key_has_a_length,
}

async fn audit(world: &World, action: &'static str) -> i64 {
    world.number(&format!("SELECT COUNT(*) AS n FROM audit WHERE action = '{action}'")).await
}

async fn every_post_on_invites_is_done_once(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    let band = ada.band("Choir").await;
    let (id, _) = ada.invite(&band, json!({})).await;
    let (_, no) = ada.invite(&band, json!({})).await;
    let (revoked, _) = ada.invite(&band, json!({})).await;
    ada.delete(&format!("/invites/{revoked}")).await;
    let (status, made) = ada.post_once(&format!("/bands/{band}/invites"), "k", json!({ "label": "x" })).await;
    assert_eq!(status, 201);
    let yes = made["token"].as_str().unwrap().to_owned();
    for (person, path, body, action) in [
        (&ada, format!("/bands/{band}/invites"), json!({ "label": "x" }), "invite.created"),
        (&ada, format!("/invites/{id}/link"), json!({}), "invite.link_shown"),
        (&ada, format!("/invites/{id}/rotate"), json!({}), "invite.rotated"),
        (&ada, format!("/invites/{revoked}/restore"), json!({}), "invite.restored"),
        (&kim, format!("/invites/{no}/decline"), json!({ "block": "band" }), "invite.declined"),
        (&kim, format!("/invites/{yes}/accept"), json!({}), "invite.accepted"),
    ] {
        let first = person.post_once(&path, "k", body.clone()).await;
        assert!(first.0 < 300, "{path}: {first:?}");
        let count = audit(&world, action).await;
        let again = person.post_once(&path, "k", body).await;
        assert_eq!(again, first, "{path}");
        assert_eq!(audit(&world, action).await, count, "{path}");
    }
    // The outcome of the first time, though the person is a member now.
    assert_eq!(kim.post_once(&format!("/invites/{yes}/accept"), "k", json!({})).await.1["outcome"], "joined");
    assert_eq!(kim.accept(&yes).await.1["outcome"], "already_member");
    assert_eq!(ada.get(&format!("/bands/{band}")).await.1["counts"]["invites"], 4);
    let kept = "SELECT COUNT(*) AS n FROM idempotency WHERE outcome LIKE '%inv_%'";
    assert_eq!(world.number(kept).await, 0, "no secret is kept");
}

async fn one_key_at_once_is_one_effect(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    for key in ["a", "b", "c", "d"] {
        let path = format!("/bands/{band}/invites");
        let (one, two) = tokio::join!(ada.post_once(&path, key, json!({})), ada.post_once(&path, key, json!({})));
        assert_eq!((one.0, &one.1["token"]), (201, &two.1["token"]), "{one:?} {two:?}");
    }
    assert_eq!(ada.get(&format!("/bands/{band}")).await.1["counts"]["invites"], 4);
}

async fn another_request_under_the_same_key_is_refused(world: World) {
    let ada = world.account("ada").await;
    let (one, two) = (ada.band("Choir").await, ada.band("Brass & Bone").await);
    let path = format!("/bands/{one}/invites");
    assert_eq!(ada.post_once(&path, "k", json!({})).await.0, 201);
    let (status, problem) = ada.post_once(&path, "k", json!({ "max_uses": 2 })).await;
    assert_eq!((status, &problem["code"]), (422, &json!("idempotency_mismatch")));
    let there = ada.post_once(&format!("/bands/{two}/invites"), "k", json!({ "max_uses": 2 })).await;
    assert_eq!(there.0, 201, "another path is another request");
    assert_eq!(ada.post_once("/bands", "k", json!({ "name": "Trio" })).await.0, 201);
    assert_eq!(ada.post_once("/bands", "k", json!({ "name": "Duo" })).await.1["code"], "idempotency_mismatch");
}

async fn a_refusal_is_not_remembered(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    let band = ada.band("Choir").await;
    let (id, token) = ada.invite(&band, json!({})).await;
    ada.delete(&format!("/invites/{id}")).await;
    let path = format!("/invites/{token}/accept");
    assert_eq!(kim.post_once(&path, "k", json!({})).await.1["code"], "invite_revoked");
    ada.post(&format!("/invites/{id}/restore"), json!({})).await;
    assert_eq!(kim.post_once(&path, "k", json!({})).await.1["outcome"], "joined");
}

async fn keys_are_each_persons_own_and_last_a_day(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    let make = async |person: &crate::world::Person| -> Value {
        person.post_once("/bands", "k", json!({ "name": "Choir" })).await.1["id"].clone()
    };
    let first = make(&ada).await;
    assert_ne!(make(&kim).await, first);
    world.clock.pass_seconds(24 * 3_600 - 1);
    assert_eq!(make(&ada).await, first);
    world.clock.pass_seconds(1);
    assert_ne!(make(&ada).await, first);
}

async fn a_retry_shows_nothing_to_who_was_demoted_meanwhile(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    let band = ada.band("Choir").await;
    let (_, token) = ada.invite(&band, json!({ "role": "admin" })).await;
    kim.accept(&token).await;
    let path = format!("/bands/{band}/invites");
    assert_eq!(kim.post_once(&path, "k", json!({})).await.0, 201);
    world.run("UPDATE member SET role = 'member' WHERE role = 'admin'").await;
    let (status, problem) = kim.post_once(&path, "k", json!({})).await;
    assert_eq!((status, &problem["code"]), (403, &json!("forbidden")));
    world.run("DELETE FROM member WHERE role = 'member'").await;
    world.run("UPDATE band SET members = 1 WHERE members = 2").await;
    world.run("UPDATE tally SET made = 0 WHERE dimension = 'brought'").await;
    assert_eq!(kim.post_once(&path, "k", json!({})).await.0, 404);
}

async fn a_key_has_a_length(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    for key in ["", &"k".repeat(256)] {
        let (status, problem) = ada.post_once(&format!("/bands/{band}/invites"), key, json!({})).await;
        assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!("Idempotency-Key")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_keys_none_is_taken() {
    let world = World::sqlite().await;
    let ada = world.account("ada").await;
    let request = reqwest::Client::new().post(format!("{}/api/v1/bands", world.origin)).bearer_auth(&ada.session);
    let request = request.header("idempotency-key", "a").header("idempotency-key", "b").json(&json!({ "name": "x" }));
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 422);
    assert_eq!(answer.json::<Value>().await.unwrap()["errors"][0]["field"], "Idempotency-Key");
}
