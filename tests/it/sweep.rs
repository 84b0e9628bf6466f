//! What time ends: true at once at every door, written down by the sweeper.

use std::time::{Duration, Instant};

use guestlist::{
    domain::{AccountId, BandId, CampaignId},
    server::{Settings, Steps, store::Tx, sweep},
};
use serde_json::json;

use crate::world::{PASSWORD, World, on_each_database, settings};

on_each_database! {
    what_is_over_is_written_with_all_that_follows,
    an_expired_invite_is_refused_at_every_door,
    the_sweeper_wakes_for_an_end_that_was_written_meanwhile,
    two_nodes_share_the_work_of_many_batches,
    an_accept_and_an_expiry_at_once_agree,
    a_clock_that_is_set_back_brings_nothing_back_to_life,
    who_is_told_that_an_invite_is_over_has_it_written_down,
    thousands_of_invites_end_with_their_campaign,
    thousands_of_invites_end_with_their_band,
    an_end_that_was_broken_off_is_true_at_once_and_the_sweeper_goes_on,
    old_sessions_and_remembered_requests_are_cleared_away,
}

async fn what_is_over_is_written_with_all_that_follows(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let (id, _) = ada.invite(&band, json!({ "ttl_hours": 1 })).await;
    ada.invite(&band, json!({ "ttl_hours": 1, "max_uses": null })).await;
    ada.invite(&band, json!({ "expires_at": null })).await;
    let (_, before) = ada.get(&format!("/bands/{band}")).await;
    world.clock.pass_hours(1);
    let (_, told) = ada.get(&format!("/invites/{id}")).await;
    assert_eq!(sweep::expire(&world.app).await.unwrap(), None, "nothing else ends");
    let (_, after) = ada.get(&format!("/bands/{band}")).await;
    assert_eq!(after["counts"], json!({ "members": 1, "invites": 3, "pending": 1 }));
    assert!(after["revision"].as_i64() > before["revision"].as_i64());
    let (_, written) = ada.get(&format!("/invites/{id}")).await;
    assert_eq!(written, told, "what was told before is what was written");
    let (_, list) = ada.get(&format!("/bands/{band}/invites?status=cancelled")).await;
    assert_eq!((&list["matched"], &list["pending"]), (&json!(2), &json!(1)));
    let (_, trail) = ada.get(&format!("/bands/{band}/audit?action=invite.expired")).await;
    assert_eq!(trail["events"].as_array().unwrap().len(), 2);
    assert_eq!((&trail["events"][0]["actor"], &trail["events"][0]["at"]), (&json!(null), &told["status_at"]));
    sweep::expire(&world.app).await.unwrap();
    assert_eq!(ada.get(&format!("/bands/{band}")).await.1, after, "a second look changes nothing");
}

async fn an_expired_invite_is_refused_at_every_door(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    let band = ada.band("Choir").await;
    let (id, token) = ada.invite(&band, json!({ "ttl_hours": 2 })).await;
    let (revoked, _) = ada.invite(&band, json!({ "expires_at": world.clock.now().plus_seconds(60) })).await;
    world.clock.pass_seconds(59);
    assert_eq!(ada.delete(&format!("/invites/{revoked}")).await.0, 204);
    world.clock.pass_seconds(1);
    assert_eq!(ada.post(&format!("/invites/{revoked}/restore"), json!({})).await.1["code"], "not_restorable");
    world.clock.pass_seconds(7_200 - 60);
    for swept in [false, true] {
        if swept {
            sweep::expire(&world.app).await.unwrap();
        }
        let (status, problem) = world.send("GET", &format!("/invites/{token}/info"), None).await;
        assert_eq!((status, &problem["code"], &problem["band"]), (410, &json!("invite_expired"), &json!("Choir")));
        assert_eq!(kim.accept(&token).await.1["code"], "invite_expired");
        assert_eq!(kim.post(&format!("/invites/{token}/decline"), json!({})).await.1["code"], "invite_expired");
        let (_, shown) = ada.get(&format!("/invites/{id}")).await;
        assert_eq!((&shown["status"], &shown["cancel_reason"]), (&json!("cancelled"), &json!("expired")));
        let (_, list) = ada.get(&format!("/bands/{band}/invites")).await;
        assert_eq!(list["invites"][1], shown);
        for (method, path, body) in [
            ("PATCH", format!("/invites/{id}"), json!({ "ttl_hours": 5 })),
            ("PATCH", format!("/invites/{id}"), json!({ "expires_at": null })),
            ("PATCH", format!("/invites/{id}"), json!({ "label": "late" })),
            ("POST", format!("/invites/{id}/link"), json!({})),
            ("POST", format!("/invites/{id}/rotate"), json!({})),
            ("DELETE", format!("/invites/{id}"), json!({})),
        ] {
            let (status, problem) = ada.send(method, &path, Some(&body)).await;
            assert_eq!((status, &problem["code"]), (409, &json!("not_pending")), "{method} {path}");
        }
        assert_eq!(ada.post(&format!("/invites/{id}/restore"), json!({})).await.1["code"], "not_restorable");
    }
}

async fn the_sweeper_wakes_for_an_end_that_was_written_meanwhile(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    // It sleeps for this one, which is far, when the near one is written.
    ada.invite(&band, json!({ "ttl_hours": 500 })).await;
    let soon = world.clock.now().plus_seconds(1);
    let (id, _) = ada.invite(&band, json!({ "expires_at": soon })).await;
    world.clock.pass_hours(1);
    let patience = Instant::now();
    while ada.get(&format!("/bands/{band}")).await.1["counts"]["pending"] != 1 {
        assert!(patience.elapsed() < Duration::from_secs(30), "nobody wrote it down");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(ada.get(&format!("/invites/{id}")).await.1["status_at"], json!(soon));
    world.stop().await;
}

async fn two_nodes_share_the_work_of_many_batches(world: World) {
    let ada = world.account("ada").await;
    let (one, two) = (ada.band("Choir").await, ada.band("Brass & Bone").await);
    for band in [&one, &two] {
        ada.invite(band, json!({ "ttl_hours": 1 })).await;
    }
    world.copy_invites(449).await;
    let other = world.second_node().await;
    world.clock.pass_hours(1);
    let (a, b) = tokio::join!(sweep::expire(&world.app), sweep::expire(&other));
    a.unwrap();
    b.unwrap();
    for band in [&one, &two] {
        let (_, shown) = ada.get(&format!("/bands/{band}")).await;
        assert_eq!(shown["counts"], json!({ "members": 1, "invites": 450, "pending": 0 }));
    }
    assert_eq!(world.number("SELECT COUNT(*) AS n FROM audit WHERE action = 'invite.expired'").await, 900);
    assert_eq!(world.number("SELECT COUNT(*) AS n FROM invite WHERE status = 'pending'").await, 0);
}

async fn an_accept_and_an_expiry_at_once_agree(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let people = world.people(8).await;
    let mut joined = 0;
    for (n, person) in people.iter().enumerate() {
        let end = world.clock.now().plus_seconds(1);
        let (id, token) = ada.invite(&band, json!({ "expires_at": end })).await;
        world.clock.pass_seconds(i64::from(n % 2 == 0));
        let pass = async {
            world.clock.pass_seconds(1);
            sweep::expire(&world.app).await.unwrap();
        };
        let ((status, answer), ()) = tokio::join!(person.accept(&token), pass);
        let (_, shown) = ada.get(&format!("/invites/{id}")).await;
        match status {
            200 => assert_eq!((&shown["status"], &shown["uses"]), (&json!("accepted"), &json!(1))),
            _ => assert_eq!((&answer["code"], &shown["cancel_reason"]), (&json!("invite_expired"), &json!("expired"))),
        }
        joined += i64::from(status == 200);
    }
    // What an accept held just then waits for the next round, and what is being written down as somebody was told is left alone.
    sweep::expire(&world.app).await.unwrap();
    written_down(&world).await;
    let (_, shown) = ada.get(&format!("/bands/{band}")).await;
    assert_eq!(shown["counts"], json!({ "members": 1 + joined, "invites": 8, "pending": 0 }));
}

async fn a_clock_that_is_set_back_brings_nothing_back_to_life(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    let band = ada.band("Choir").await;
    let (id, token) = ada.invite(&band, json!({ "ttl_hours": 1 })).await;
    world.clock.pass_hours(25);
    sweep::expire(&world.app).await.unwrap();
    let (_, written) = ada.get(&format!("/invites/{id}")).await;
    world.clock.pass_hours(-24 - 1);
    sweep::expire(&world.app).await.unwrap();
    assert_eq!(ada.get(&format!("/invites/{id}")).await.1, written);
    assert_eq!(kim.accept(&token).await.1["code"], "invite_expired");
    assert_eq!(ada.patch(&format!("/invites/{id}"), json!({ "ttl_hours": 5 })).await.1["code"], "not_pending");
}

/// Waits until no invite is pending any more.
async fn written_down(world: &World) {
    let began = Instant::now();
    while world.number("SELECT COUNT(*) AS n FROM invite WHERE status = 'pending'").await > 0 {
        assert!(began.elapsed() < Duration::from_secs(30), "nobody wrote it down");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn who_is_told_that_an_invite_is_over_has_it_written_down(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    let band = ada.band("Choir").await;
    for act in ["accept", "decline"] {
        // The sweeper sleeps for an hour by its own watch when the clock is set on by a day.
        let (id, token) = ada.invite(&band, json!({ "ttl_hours": 1 })).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        world.clock.pass_hours(25);
        let answer = kim.post(&format!("/invites/{token}/{act}"), json!({})).await.1;
        assert_eq!(answer["code"], "invite_expired", "{act}");
        written_down(&world).await;
        world.clock.pass_hours(-25);
        assert_eq!(kim.accept(&token).await.1["code"], "invite_expired", "{act}");
        assert_eq!(ada.get(&format!("/invites/{id}")).await.1["cancel_reason"], "expired", "{act}");
    }
    world.stop().await;
}

async fn old_sessions_and_remembered_requests_are_cleared_away(world: World) {
    let ada = world.account("ada").await;
    let (status, _) = ada.post_once("/bands", "one", json!({ "name": "Choir" })).await;
    assert_eq!(status, 201);
    world.clock.pass_hours(24);
    sweep::tidy(&world.app).await.unwrap();
    assert_eq!(world.number("SELECT COUNT(*) AS n FROM idempotency").await, 0);
    assert_eq!(world.number("SELECT COUNT(*) AS n FROM session").await, 1);
    world.clock.pass_hours(89 * 24);
    let again = json!({ "login": "ada", "password": PASSWORD });
    assert_eq!(world.send("POST", "/auth/login", Some(&again)).await.0, 200);
    sweep::tidy(&world.app).await.unwrap();
    assert_eq!(world.number("SELECT COUNT(*) AS n FROM session").await, 1, "the new one alone is left");
}

async fn thousands_of_invites_end_with_their_campaign(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let (_, made) = ada.post(&format!("/bands/{band}/campaigns"), json!({ "name": "Tour" })).await;
    let campaign = made["campaign"]["id"].as_str().unwrap();
    let (id, _) = ada.invite(&band, json!({ "campaign_id": campaign })).await;
    world.copy_invites(2_100).await;
    ada.invite(&band, json!({})).await;
    let path = format!("/campaigns/{campaign}/expire");
    let first = ada.post_once(&path, "k", json!({})).await;
    assert_eq!(first, (200, json!({ "cancelled": 2_101 })));
    assert_eq!(ada.post_once(&path, "k", json!({})).await, first);
    assert_eq!(ada.get(&format!("/bands/{band}")).await.1["counts"]["pending"], 1);
    let ended = "SELECT COUNT(*) AS n FROM invite WHERE cancel_reason = 'campaign_expired'";
    let told = "SELECT COUNT(*) AS n FROM audit WHERE action = 'invite.cancelled' AND detail = 'campaign_expired'";
    assert_eq!((world.number(ended).await, world.number(told).await), (2_101, 2_101));
    assert_eq!(world.number("SELECT COUNT(*) AS n FROM decision").await, 0, "nothing is left to do");
    assert_eq!(ada.get(&format!("/invites/{id}")).await.1["acted_by"]["username"], "ada");
}

async fn thousands_of_invites_end_with_their_band(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    ada.invite(&band, json!({})).await;
    world.copy_invites(1_500).await;
    assert_eq!(ada.delete(&format!("/bands/{band}")).await.0, 204);
    let ended = "SELECT COUNT(*) AS n FROM invite WHERE cancel_reason = 'band_deleted'";
    assert_eq!(world.number(ended).await, 1_501);
    assert_eq!(world.number("SELECT COUNT(*) AS n FROM decision").await, 0, "nothing is left to do");
}

async fn an_end_that_was_broken_off_is_true_at_once_and_the_sweeper_goes_on(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    let band = ada.band("Choir").await;
    let (_, made) = ada.post(&format!("/bands/{band}/campaigns"), json!({ "name": "Tour" })).await;
    let campaign = made["campaign"]["id"].as_str().unwrap();
    let (of_tour, token) = ada.invite(&band, json!({ "campaign_id": campaign })).await;
    let (before, _) = ada.invite(&band, json!({})).await;
    let at = world.clock.now();
    let [tour, default]: [CampaignId; 2] = [campaign, &band].map(|id| id.parse().unwrap());
    let (in_band, actor): (BandId, AccountId) =
        (band.parse().unwrap(), ada.account["id"].as_str().unwrap().parse().unwrap());
    let write = move |tx: &mut Tx<'_>| {
        let _ = tx.execute("UPDATE campaign SET ended_at = $2 WHERE id = $1", &[&tour, &at])?;
        let sql = "INSERT INTO decision (band, campaign, every, by_rules, reason, sets_message, sets_end, actor, at, upto, past)
            SELECT $1, $2, $5, $6, 'campaign_expired', $6, $6, $3, $4, MAX(seq), 0 FROM invite";
        let _ = tx.execute(sql, &[&in_band, &tour, &actor, &at, &true, &false])?;
        tx.execute(sql, &[&in_band, &default, &actor, &at, &true, &false])
    };
    assert_eq!(world.app.store().write(write).await, Ok(1));
    world.clock.pass_seconds(1);
    let (after, _) = ada.invite(&band, json!({})).await;
    assert_eq!(kim.accept(&token).await.1["code"], "invite_expired");
    assert_eq!(world.send("GET", &format!("/invites/{token}/info"), None).await.1["code"], "invite_expired");
    sweep::go_on(&world.app).await.unwrap();
    for (id, status) in [(of_tour, "cancelled"), (before, "cancelled"), (after, "pending")] {
        assert_eq!(ada.get(&format!("/invites/{id}")).await.1["status"], status);
    }
    assert_eq!(world.number("SELECT COUNT(*) AS n FROM decision").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_server_waits_for_no_more_than_the_step_that_has_begun() {
    const PENDING: &str = "SELECT COUNT(*) AS n FROM invite WHERE status = 'pending'";
    let steps = Steps { invites: 1, patience: Duration::ZERO };
    let by_one = Settings { steps, sweeps: false, ..settings() };
    for world in World::each_with(by_one.clone()).await {
        let ada = world.account("ada").await;
        let band = ada.band("Choir").await;
        let (_, made) = ada.post(&format!("/bands/{band}/campaigns"), json!({ "name": "Tour" })).await;
        let campaign = made["campaign"]["id"].as_str().unwrap();
        ada.invite(&band, json!({ "campaign_id": campaign })).await;
        world.copy_invites(1_000).await;
        assert_eq!(ada.post(&format!("/campaigns/{campaign}/expire"), json!({})).await.0, 200);
        assert!(world.number(PENDING).await > 990, "it is left to the sweeper");
        let node = world.beside_with(Settings { sweeps: true, ..by_one.clone() }).await;
        while world.number(PENDING).await > 980 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        node.stop().await;
        assert!(world.number(PENDING).await > 0, "the end waited for all of it");
        sweep::go_on(&world.second_node().await).await.unwrap();
        assert_eq!(world.number(PENDING).await, 0, "it is still decided");
    }
}
