//! A band's figures.

use guestlist::server::sweep;
use serde_json::{Value, json};

use crate::{
    plan::plan,
    world::{Person, World, on_each_database},
};

on_each_database! {
    of_many_the_fifty_with_most_are_named_and_the_others_are_one_sum,
    the_fifty_are_taken_out_of_an_index,
    what_is_gone_still_counts,
    the_acceptance_rate_is_of_what_was_answered_or_not_in_time,
    who_came_in_is_counted_by_the_day_and_stays_counted,
}

async fn stats(person: &Person, band: &str) -> Value {
    let (code, stats) = person.get(&format!("/bands/{band}/stats")).await;
    assert_eq!(code, 200, "{stats}");
    stats
}

/// The parts with what is left out come to the whole.
fn adds_up(stats: &Value) {
    for name in ["made", "pending", "accepted", "rejected", "cancelled", "expired", "uses"] {
        let whole = stats["by_status"][name].as_u64().unwrap();
        for (part, others) in [("by_kind", ""), ("by_campaign", "other_campaigns"), ("by_inviter", "other_inviters")] {
            let named = stats[part].as_array().unwrap().iter().map(|row| row[name].as_u64().unwrap()).sum::<u64>();
            let rest = stats[others][name].as_u64().unwrap_or_default();
            assert_eq!(named + rest, whole, "{name} {part}: {stats}");
        }
    }
}

async fn of_many_the_fifty_with_most_are_named_and_the_others_are_one_sum(world: World) {
    let ada = world.account("ada").await;
    let (_, made) = ada.post("/bands", json!({ "name": "Choir", "invite_permission": "members" })).await;
    let band = made["id"].as_str().unwrap();
    let (_, token) = ada.invite(band, json!({ "max_uses": null })).await;
    for (n, person) in world.people(51).await.iter().enumerate() {
        assert_eq!(person.accept(&token).await.0, 200);
        person.invite(band, json!({})).await;
        let (_, made) = ada.post(&format!("/bands/{band}/campaigns"), json!({ "name": format!("Tour {n}") })).await;
        let campaign = &made["campaign"]["id"];
        for _ in 0..=n % 2 {
            ada.invite(band, json!({ "campaign_id": campaign })).await;
        }
    }
    let told = stats(&ada, band).await;
    adds_up(&told);
    for (part, others) in [("by_campaign", "other_campaigns"), ("by_inviter", "other_inviters")] {
        let named: Vec<u64> = told[part].as_array().unwrap().iter().map(|row| row["made"].as_u64().unwrap()).collect();
        assert_eq!(named.len(), 50);
        assert!(named.is_sorted_by(|a, b| a >= b), "{named:?}");
        assert_eq!(told[others]["made"], 2, "{part} of 52");
    }
    assert_eq!(told["by_inviter"][0]["account"]["username"], "ada");
    assert_eq!(stats(&ada, band).await, told, "and in the same order again");
}

/// However many inviters a band has: no sorting of them all.
async fn the_fifty_are_taken_out_of_an_index(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    stats(&ada, &band).await;
    let statements = world.app.store().recorded();
    let most: Vec<&&str> = statements.iter().filter(|sql| sql.contains("FROM (SELECT * FROM tally")).collect();
    assert_eq!(most.len(), 2);
    for sql in most {
        let start = sql.find("(SELECT * FROM tally").unwrap() + 1;
        let inner = &sql[start..sql.find(") AS found").unwrap()];
        let plan = plan(&world.database, inner).unwrap();
        assert!(plan.contains("tally_made"), "{plan}");
        assert!(!plan.contains("Sort") && !plan.contains("TEMP B-TREE"), "{plan}");
    }
}

async fn what_is_gone_still_counts(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    let band = ada.band("Choir").await;
    let (_, made) = ada.post(&format!("/bands/{band}/campaigns"), json!({ "name": "Tour" })).await;
    let campaign = made["campaign"]["id"].as_str().unwrap();
    let (_, token) = ada.invite(&band, json!({ "campaign_id": campaign, "max_uses": 3, "role": "admin" })).await;
    // In, out, and in again are two uses.
    for _ in 0..2 {
        assert_eq!(kim.accept(&token).await.1["outcome"], "joined");
        assert_eq!(kim.post(&format!("/bands/{band}/leave"), json!({})).await.0, 204);
    }
    assert_eq!(kim.accept(&token).await.1["outcome"], "joined");
    kim.invite(&band, json!({})).await;
    let body = json!({ "password": crate::world::PASSWORD });
    assert_eq!(kim.send("DELETE", "/me", Some(&body)).await.0, 204);
    assert_eq!(ada.delete(&format!("/campaigns/{campaign}")).await.0, 200);
    let told = stats(&ada, &band).await;
    adds_up(&told);
    assert_eq!((&told["by_status"]["uses"], &told["by_status"]["accepted"]), (&json!(3), &json!(1)));
    assert_eq!((&told["acceptance_rate"], &told["median_seconds_to_accept"]), (&json!(1.0), &json!(0)));
    assert_eq!(told["by_campaign"].as_array().unwrap().len(), 2, "the deleted one, too");
    let inviters = told["by_inviter"].as_array().unwrap();
    assert_eq!(inviters.len(), 2);
    assert!(inviters.iter().any(|row| row["account"]["display_name"] == "deleted account"), "{told}");
}

async fn the_acceptance_rate_is_of_what_was_answered_or_not_in_time(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let rate = async || stats(&ada, &band).await["acceptance_rate"].clone();
    let people = world.people(4).await;
    // What is taken back or replaced, and what is pending, says nothing about whether people come.
    let (id, _) = ada.invite(&band, json!({})).await;
    assert_eq!(ada.delete(&format!("/invites/{id}")).await.0, 204);
    for on_existing in [Value::Null, json!("replace")] {
        ada.invite(&band, json!({ "email": "x@example.org", "on_existing": on_existing })).await;
    }
    let (_, shared) = ada.invite(&band, json!({ "max_uses": 9 })).await;
    assert_eq!(people[0].accept(&shared).await.0, 200);
    assert_eq!(rate().await, Value::Null);
    for person in &people[1..] {
        let (_, token) = ada.invite(&band, json!({})).await;
        assert_eq!(person.accept(&token).await.0, 200);
    }
    assert_eq!(rate().await, json!(1.0));
    let sam = world.account("sam").await;
    let (_, token) = ada.invite(&band, json!({})).await;
    assert_eq!(sam.post(&format!("/invites/{token}/decline"), json!({})).await.0, 204);
    assert_eq!(rate().await, json!(0.75));
    // Time that ran out is no answer, and nobody came: alone, and with a campaign.
    ada.invite(&band, json!({ "ttl_hours": 1 })).await;
    let (_, made) = ada.post(&format!("/bands/{band}/campaigns"), json!({ "name": "Tour", "rows": [{}, {}] })).await;
    let campaign = made["campaign"]["id"].as_str().unwrap();
    assert_eq!(ada.post(&format!("/campaigns/{campaign}/expire"), json!({})).await.1["cancelled"], 2);
    world.clock.pass_hours(2);
    sweep::expire(&world.app).await.unwrap();
    let told = stats(&ada, &band).await;
    adds_up(&told);
    let by_status =
        ["accepted", "rejected", "expired", "cancelled"].map(|name| told["by_status"][name].as_u64().unwrap());
    assert_eq!(by_status, [3, 1, 3, 5]);
    assert_eq!(told["acceptance_rate"], json!(3.0 / 7.0));
}

async fn who_came_in_is_counted_by_the_day_and_stays_counted(world: World) {
    let (ada, kim, sam) = (world.account("ada").await, world.account("kim").await, world.account("sam").await);
    let (_, made) = ada.post("/bands", json!({ "name": "Choir", "join": "open" })).await;
    let band = made["id"].as_str().unwrap();
    let joins = async || stats(&ada, band).await["joins"].clone();
    let days = async || {
        let joins = joins().await;
        joins.as_array().unwrap().iter().map(|day| day["joined"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(days().await, [1], "the founder");
    world.clock.pass_hours(72);
    let (_, token) = ada.invite(band, json!({})).await;
    assert_eq!(kim.accept(&token).await.0, 200);
    assert_eq!(sam.post(&format!("/bands/{band}/join"), json!({})).await.0, 200);
    assert_eq!(days().await, [2, 1], "newest first");
    let first = joins().await[0]["day"].as_str().unwrap().to_owned();
    assert!(first.ends_with("T00:00:00Z"), "{first}");
    assert_eq!(sam.post(&format!("/bands/{band}/leave"), json!({})).await.0, 204);
    assert_eq!(sam.post(&format!("/bands/{band}/join"), json!({})).await.0, 200);
    assert_eq!(days().await, [3, 1]);
}
