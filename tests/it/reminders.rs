//! Reminders before the end, and what a clock that is wrong does to reminders.

use guestlist::{
    domain::Hours,
    server::{Settings, sweep},
};
use serde_json::{Value, json};

use crate::{
    plan,
    world::{Person, World, with_mail},
};

fn settings(after: &[u32], before: Option<u32>) -> Settings {
    let mut settings = with_mail();
    settings.policy.reminder_hours = after.to_vec();
    settings.policy.last_reminder_hours = Hours(before);
    settings
}

fn to(name: &str, mut more: Value) -> Value {
    more["email"] = json!(format!("{name}@example.org"));
    more
}

/// Whom the mails reach that are due.
async fn mailed(world: &World) -> Vec<String> {
    let mut names: Vec<String> =
        world.mails().await.into_iter().map(|mail| mail.to.replace("@example.org", "")).collect();
    names.sort();
    names
}

/// In how many hours the invite's next reminder is due.
async fn due_in(world: &World, person: &Person, id: &str) -> Option<i64> {
    let invite = person.get(&format!("/invites/{id}")).await.1;
    let at = invite["next_reminder_at"].as_str()?.parse::<guestlist::domain::Timestamp>().unwrap();
    Some(at.seconds_since(world.clock.now()) / 3_600)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_last_reminder_comes_so_long_before_the_end_and_moves_with_it() {
    for world in World::each_with(settings(&[], Some(24))).await {
        let ada = world.account("ada").await;
        let band = ada.band("The Night Owls").await;
        let campaign =
            ada.post(&format!("/bands/{band}/campaigns"), json!({ "name": "Autumn", "ttl_hours": 72 })).await.1;
        let campaign = campaign["campaign"]["id"].as_str().unwrap().to_owned();
        let mut ids = Vec::new();
        for (name, more) in [
            ("kim", json!({})),
            ("late", json!({ "ttl_hours": 12 })),
            ("never", json!({ "expires_at": null })),
            ("moved", json!({})),
            ("many", json!({})),
            ("shared", json!({ "campaign_id": campaign })),
            ("declined", json!({})),
            ("revoked", json!({})),
        ] {
            ids.push(ada.invite(&band, to(name, more)).await);
        }
        let id = |place: usize| ids[place].0.as_str();
        assert_eq!(due_in(&world, &ada, id(0)).await, None, "nothing has been sent yet");
        assert_eq!(mailed(&world).await.len(), 8);
        for (place, hours) in [(0, Some(48)), (1, None), (2, None), (3, Some(48)), (4, Some(48)), (5, Some(48))] {
            assert_eq!(due_in(&world, &ada, id(place)).await, hours, "{place}");
        }
        // Each way to give another end.
        assert_eq!(ada.patch(&format!("/invites/{}", id(2)), json!({ "ttl_hours": 30 })).await.0, 200);
        assert_eq!(ada.patch(&format!("/invites/{}", id(3)), json!({ "ttl_hours": 80 })).await.0, 200);
        let acts = json!({ "action": "extend", "ids": [id(4)], "args": { "ttl_hours": 90 } });
        assert_eq!(ada.post(&format!("/bands/{band}/invites/actions"), acts).await.1["done"], 1);
        assert_eq!(ada.patch(&format!("/campaigns/{campaign}"), json!({ "ttl_hours": 100 })).await.0, 200);
        for (place, hours) in [(2, Some(6)), (3, Some(56)), (4, Some(66)), (5, Some(76))] {
            assert_eq!(due_in(&world, &ada, id(place)).await, hours, "{place}");
        }
        // An end that is nearer than that needs no reminder; neither does one that has gone.
        assert_eq!(ada.patch(&format!("/invites/{}", id(3)), json!({ "ttl_hours": 20 })).await.0, 200);
        assert_eq!(due_in(&world, &ada, id(3)).await, None);
        assert_eq!(ada.patch(&format!("/invites/{}", id(3)), json!({ "expires_at": null })).await.0, 200);
        assert_eq!(due_in(&world, &ada, id(3)).await, None);
        assert_eq!(ada.patch(&format!("/invites/{}", id(3)), json!({ "label": "new", "ttl_hours": 80 })).await.0, 200);
        let path = format!("/invites/{}/decline", ids[6].1);
        let person = world.account("declined").await;
        crate::mail::verify(&world, "declined").await;
        assert_eq!(person.post(&path, json!({})).await.0, 204);
        assert_eq!(ada.delete(&format!("/invites/{}", id(7))).await.0, 204);
        for (hours, reminded) in
            [(6, vec!["never"]), (42, vec!["kim"]), (8, vec!["moved"]), (10, vec!["many"]), (10, vec!["shared"])]
        {
            world.clock.pass_seconds(hours * 3_600 - 1);
            assert!(mailed(&world).await.is_empty());
            world.clock.pass_seconds(1);
            assert_eq!(mailed(&world).await, reminded);
        }
        world.clock.pass_hours(200);
        assert!(mailed(&world).await.is_empty());
        assert_eq!(ada.get(&format!("/invites/{}", id(0))).await.1["reminders_sent"], 1);
        plan::check(&world);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_missed_of_both_sorts_is_one_mail_and_none_comes_after_the_end() {
    for world in World::each_with(settings(&[24, 48], Some(12))).await {
        let ada = world.account("ada").await;
        let band = ada.band("The Night Owls").await;
        let (kim, _) = ada.invite(&band, to("kim", json!({}))).await;
        ada.invite(&band, to("sam", json!({ "ttl_hours": 61 }))).await;
        assert_eq!(mailed(&world).await.len(), 2);
        world.clock.pass_hours(62);
        let mails = world.mails().await;
        let [mail] = &mails[..] else { panic!("{mails:?}") };
        assert_eq!(mail.to, "kim@example.org", "sam's is over");
        assert!(
            mail.text.contains("You have not answered this invite yet") && mail.text.contains("10 hours"),
            "{}",
            mail.text
        );
        assert_eq!(due_in(&world, &ada, &kim).await, None);
        world.clock.pass_hours(24);
        assert!(mailed(&world).await.is_empty());
        plan::check(&world);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_band_and_a_campaign_can_do_without_the_last_reminder() {
    for world in World::each_with(settings(&[], Some(24))).await {
        let ada = world.account("ada").await;
        let band = ada.band("The Night Owls").await;
        let quiet = json!({ "name": "Quiet", "reminders": [] });
        let campaign = ada.post(&format!("/bands/{band}/campaigns"), quiet).await.1;
        ada.invite(&band, to("kim", json!({ "campaign_id": campaign["campaign"]["id"], "ttl_hours": 72 }))).await;
        let path = format!("/bands/{band}");
        let (status, answer) = ada.patch(&path, json!({ "policy": { "last_reminder_hours": 12 } })).await;
        assert_eq!((status, &answer["errors"][0]["field"]), (422, &json!("policy.last_reminder_hours")), "{answer}");
        ada.invite(&band, to("before", json!({}))).await;
        assert_eq!(ada.patch(&path, json!({ "policy": { "last_reminder_hours": null } })).await.0, 200);
        ada.invite(&band, to("after", json!({}))).await;
        assert_eq!(mailed(&world).await.len(), 3);
        world.clock.pass_hours(48);
        assert_eq!(mailed(&world).await, ["before"], "an invite keeps the rules that it was made under");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_a_day_off_makes_no_storm_and_brings_nothing_back_to_life() {
    for world in World::each_with(settings(&[6, 12, 18], Some(6))).await {
        let (ada, joe) = (world.account("ada").await, world.account("joe").await);
        let band = ada.band("The Night Owls").await;
        ada.invite(&band, to("kim", json!({}))).await;
        let (short, token) = ada.invite(&band, to("short", json!({ "ttl_hours": 12 }))).await;
        let (open, link) = ada.invite(&band, json!({ "ttl_hours": 12 })).await;
        let (revoked, _) = ada.invite(&band, to("revoked", json!({}))).await;
        assert_eq!(mailed(&world).await.len(), 3);
        assert_eq!(ada.delete(&format!("/invites/{revoked}")).await.0, 204);
        // A day ahead, and back.
        world.clock.pass_hours(24);
        assert_eq!(mailed(&world).await, ["kim"], "of three that were missed, one comes");
        sweep::expire(&world.app).await.unwrap();
        world.clock.pass_hours(-24);
        for _ in 0..24 {
            assert!(mailed(&world).await.is_empty());
            world.clock.pass_hours(1);
        }
        for id in [&short, &open] {
            assert_eq!(ada.get(&format!("/invites/{id}")).await.1["cancel_reason"], "expired");
            assert_eq!(ada.post(&format!("/invites/{id}/restore"), json!({})).await.0, 409);
        }
        for token in [&token, &link] {
            assert_eq!(joe.accept(token).await.1["code"], "invite_expired");
        }
        // A day behind, and on again: what is due comes when it is due by the right clock, once.
        world.clock.pass_hours(-24);
        assert!(mailed(&world).await.is_empty());
        ada.invite(&band, to("new", json!({ "ttl_hours": 100 }))).await;
        assert_eq!(mailed(&world).await, ["new"]);
        world.clock.pass_hours(24);
        assert_eq!(mailed(&world).await, ["new"], "what was missed comes once");
        for _ in 0..41 {
            assert!(mailed(&world).await.is_empty());
            world.clock.pass_hours(1);
        }
        world.clock.pass_hours(1);
        assert_eq!(mailed(&world).await, ["kim"], "six hours before the end");
        assert!(ada.get(&format!("/bands/{band}/invites?status=pending")).await.1["matched"] == 2);
        plan::check(&world);
    }
}
