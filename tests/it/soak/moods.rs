//! A mail server that changes from one bad mood to the next while people are invited: what is said of each mail is true,
//! and whatever was not refused for good arrives.

use std::collections::BTreeMap;

use guestlist::server::{
    Settings,
    mail::{Transport, send_due},
};
use serde_json::json;

use super::{Extent, any_below};
use crate::{
    mail::verify,
    smtp::MailServer,
    world::{World, with_mail},
};

/// Moods in which a mail server answers at once.
const MOODS: [&str; 8] = ["ok", "421", "451", "550", "data-451", "data-550", "no-sender", "slow"];

async fn moody(mut extent: Extent, world: World, server: &MailServer) {
    let ada = world.account("ada").await;
    verify(&world, "ada").await;
    let band = ada.band("The Night Owls").await;
    let mut invited: BTreeMap<String, String> = BTreeMap::new();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    while extent.goes_on() {
        let mood = MOODS[any_below(MOODS.len() as u64) as usize];
        *counts.entry(mood).or_default() += 1;
        server.mood(mood);
        for _ in 0..3 {
            let email = format!("p{}@example.org", invited.len());
            let (invite, _) = ada.invite(&band, json!({ "email": email })).await;
            invited.insert(email, invite);
        }
        send_due(&world.app).await.unwrap();
        // Mail that waits is tried for two days; here it is never so long.
        world.clock.pass_seconds(30 + any_below(300) as i64);
    }
    server.mood("ok");
    for _ in 0..12 {
        world.clock.pass_hours(1);
        send_due(&world.app).await.unwrap();
    }
    let mut arrived: BTreeMap<String, usize> = BTreeMap::new();
    for taken in server.taken() {
        *arrived.entry(taken.to).or_default() += 1;
    }
    let mut ends: BTreeMap<String, usize> = BTreeMap::new();
    for (email, invite) in &invited {
        let shown = ada.get(&format!("/invites/{invite}")).await.1;
        let (delivery, times) = (shown["delivery"].as_str().unwrap(), arrived.get(email).copied().unwrap_or_default());
        let is_true = match delivery {
            "sent" => times == 1,
            "bounced" => times == 0 && shown["delivery_note"].as_str().is_some_and(|note| note.contains("550")),
            _ => false,
        };
        assert!(is_true, "{email}: {delivery}, {times} times: {shown}");
        *ends.entry(delivery.to_owned()).or_default() += 1;
    }
    println!("{}: {} moods {counts:?}; {} invites: {ends:?}", world.database, extent.begun(), invited.len());
}

async fn on_each(extent: fn() -> Extent) {
    for postgres in [false, true] {
        let Some(server) = MailServer::start() else { return };
        let mut settings = Settings { mail: Transport::Smtp(server.way()), ..with_mail() };
        settings.policy.default_ttl_hours = guestlist::domain::Hours(None);
        let world =
            if postgres { World::postgres_with(settings).await } else { Some(World::sqlite_with(settings).await) };
        if let Some(world) = world {
            moody(extent(), world, &server).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_mood_a_mail_server_is_in_what_is_said_of_each_mail_is_true() {
    on_each(|| Extent::quick(10)).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "long; .ci/soak runs it"]
async fn soak_moods() {
    on_each(|| Extent::long(200)).await;
}
