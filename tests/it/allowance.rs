//! How much mail an account, and a band, may have sent in a day.

use std::collections::BTreeMap;

use guestlist::{config::Limits, server::Settings};
use serde_json::{Value, json};

use crate::{
    plan,
    world::{Person, World, with_mail},
};

fn limited(account: u32, band: u32) -> Settings {
    let limits = Limits {
        mails_per_account_per_day: account,
        mails_per_band_per_day: band,
        sign_ins_per_minute: 1_000,
        look_ups_per_minute: 1_000,
        ..Limits::default()
    };
    Settings { limits, ..with_mail() }
}

async fn invite(person: &Person, band: &str, body: Value) -> (u16, Value) {
    person.post(&format!("/bands/{band}/invites"), body).await
}

fn to(name: &str) -> Value {
    json!({ "email": format!("{name}@example.org") })
}

fn statuses(answer: &Value) -> Vec<&str> {
    answer["results"].as_array().unwrap().iter().map(|row| row["status"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_has_so_many_invites_mailed_a_day_by_every_door() {
    for world in World::each_with(limited(4, 100)).await {
        let ada = world.account("ada").await;
        let (owls, brass) = (ada.band("The Night Owls").await, ada.band("Brass").await);
        let (status, made) = invite(&ada, &owls, to("a")).await;
        assert_eq!(status, 201);
        let first = format!("/invites/{}", made["invite"]["id"].as_str().unwrap());
        world.clock.pass_hours(6);
        let rows = |names: &[&str]| names.iter().map(|name| to(name)).chain([json!({})]).collect::<Vec<_>>();
        let bulk = format!("/bands/{brass}/invites/bulk");
        let (status, answer) = ada.post(&bulk, json!({ "rows": rows(&["b", "c", "d", "e"]) })).await;
        assert_eq!((status, statuses(&answer)), (207, vec!["created", "created", "created", "quota", "created"]));
        assert!(answer["results"][3]["detail"].as_str().unwrap().contains("send: false"), "{answer}");
        let rows_dry = json!({ "rows": rows(&["f"]), "dry_run": true });
        assert_eq!(statuses(&ada.post(&bulk, rows_dry).await.1), ["quota", "created"]);
        for again in [json!({ "on_existing": "resend" }), json!({})] {
            let mut body = to(if again == json!({}) { "g" } else { "a" });
            body.as_object_mut().unwrap().extend(again.as_object().unwrap().clone());
            let response = reqwest::Client::builder()
                .no_proxy()
                .build()
                .unwrap()
                .post(format!("{}/api/v1/bands/{owls}/invites", world.origin))
                .bearer_auth(&ada.session)
                .json(&body)
                .send()
                .await
                .unwrap();
            assert_eq!(response.status(), 429);
            assert_eq!(response.headers()["retry-after"], (18 * 3_600).to_string().as_str());
            let answer: Value = response.json().await.unwrap();
            assert_eq!(answer["code"], "rate_limited");
            assert!(answer["detail"].as_str().unwrap().contains("in 18 h"), "{answer}");
        }
        assert_eq!(ada.post(&format!("{first}/resend"), json!({})).await.0, 429);
        let acts = json!({ "action": "resend", "filter": { "kind": "email" } });
        let (_, answer) = ada.post(&format!("/bands/{owls}/invites/actions"), acts).await;
        assert_eq!((&answer["done"], &answer["failed"][0]["code"]), (&json!(0), &json!("rate_limited")), "{answer}");
        // What is not mailed is not counted.
        let mut silent = to("g");
        silent["send"] = json!(false);
        assert_eq!(invite(&ada, &owls, silent).await.0, 201);
        assert_eq!(invite(&ada, &owls, json!({})).await.0, 201);
        let _ = world.account("kim").await;
        assert_eq!(invite(&ada, &owls, json!({ "username": "kim" })).await.0, 201, "kim's address is not verified");
        assert_eq!(world.mails().await.len(), 4);
        world.clock.pass_hours(18);
        assert_eq!(invite(&ada, &owls, to("h")).await.0, 201);
        assert_eq!(invite(&ada, &owls, to("i")).await.0, 429);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_band_has_so_many_invites_mailed_a_day_whoever_makes_them() {
    for world in World::each_with(limited(100, 3)).await {
        let (ada, sam) = (world.account("ada").await, world.account("sam").await);
        let (owls, brass) = (ada.band("The Night Owls").await, ada.band("Brass").await);
        let (_, token) = ada.invite(&owls, json!({ "role": "admin" })).await;
        assert_eq!(sam.accept(&token).await.0, 200);
        for (person, name, status) in [(&ada, "a", 201), (&sam, "b", 201), (&ada, "c", 201), (&sam, "d", 429)] {
            assert_eq!(invite(person, &owls, to(name)).await.0, status, "{name}");
        }
        assert_eq!(invite(&ada, &brass, to("d")).await.0, 201);
        plan::check(&world);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_at_the_same_time_get_no_more_than_one_after_the_other() {
    for world in World::each_with(limited(5, 100)).await {
        let ada = std::sync::Arc::new(world.account("ada").await);
        let band = ada.band("The Night Owls").await;
        let mut tasks = tokio::task::JoinSet::new();
        for n in 0..4 {
            let (ada, path) = (ada.clone(), format!("/bands/{band}/invites/bulk"));
            let rows: Vec<Value> = (0..4).map(|row| to(&format!("p{n}x{row}"))).collect();
            tasks.spawn(async move { ada.post(&path, json!({ "rows": rows })).await.1["created"].as_u64().unwrap() });
        }
        let made: u64 = tasks.join_all().await.into_iter().sum();
        assert_eq!(made, 5);
    }
}

/// How often each address is mailed that is due.
async fn mailed(world: &World) -> BTreeMap<String, usize> {
    let mut times = BTreeMap::new();
    for mail in world.mails().await {
        *times.entry(mail.to).or_default() += 1;
    }
    times
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_gets_no_more_than_it_may_from_many_at_once_on_two_nodes() {
    for world in World::each_with(with_mail()).await {
        let node = world.beside().await;
        let mut tasks = tokio::task::JoinSet::new();
        for (n, person) in world.people(14).await.into_iter().enumerate() {
            let person = if n % 2 == 0 { person } else { node.person(person.account.clone(), &person.session) };
            let band = person.band(&format!("Band {n}")).await;
            tasks.spawn(async move {
                // In an order of one's own: nobody waits for another in a circle.
                let rows: Vec<Value> = (0..30).map(|row| to(&format!("p{}", (row * 7 + n * 11) % 30))).collect();
                let answer = person.post(&format!("/bands/{band}/invites/bulk"), json!({ "rows": rows })).await;
                assert_eq!((answer.0, &answer.1["created"]), (201, &json!(30)), "{}", answer.1);
                let alone = invite(&person, &band, to("alone")).await;
                assert_eq!(alone.0, 201, "{}", alone.1);
            });
        }
        tasks.join_all().await;
        let times = mailed(&world).await;
        assert_eq!(times.len(), 31);
        assert!(times.values().all(|times| *times == 10), "{times:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_invited_hears_of_no_more_than_they_may_when_many_come_at_once() {
    for world in World::each_with(with_mail()).await {
        let (ada, node) = (world.account("ada").await, world.beside().await);
        crate::mail::verify(&world, "ada").await;
        let mut tasks = tokio::task::JoinSet::new();
        let mut bands = Vec::new();
        for n in 0..3 {
            let band = ada.band(&format!("Band {n}")).await;
            bands.push(ada.invite(&band, json!({ "max_uses": null })).await.1);
        }
        for (n, person) in world.people(30).await.into_iter().enumerate() {
            let person = if n % 2 == 0 { person } else { node.person(person.account.clone(), &person.session) };
            let token = bands[n % 3].clone();
            tasks.spawn(async move { assert_eq!(person.accept(&token).await.0, 200) });
        }
        tasks.join_all().await;
        assert_eq!(mailed(&world).await.get("ada@example.org"), Some(&20));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_is_limited_where_networks_are_not() {
    let settings = limited(1, 100);
    let limits = Limits { enabled: false, ..settings.limits.clone() };
    for world in World::each_with(Settings { limits, ..settings }).await {
        let ada = world.account("ada").await;
        let band = ada.band("Choir").await;
        assert_eq!(invite(&ada, &band, to("kim")).await.0, 201);
        let (status, refused) = invite(&ada, &band, to("sam")).await;
        assert_eq!((status, &refused["code"]), (429, &json!("rate_limited")), "{refused}");
        for _ in 0..30 {
            let login = json!({ "login": "nobody", "password": "not this one" });
            assert_eq!(world.send("POST", "/auth/login", Some(&login)).await.0, 401);
        }
    }
}
