//! Addresses of invites that ended long ago are forgotten.

use guestlist::server::{Settings, store::Error, sweep};
use serde_json::{Value, json};

use crate::{
    counts,
    mail::verify,
    plan,
    world::{World, with_mail},
};

/// The number that a statement of this test's own gives: not one of the server's, which are held to an index.
async fn number(world: &World, sql: &'static str) -> i64 {
    let own = world.second_node().await;
    own.store().read::<_, Error, _>(move |tx| tx.count(sql, &[])).await.unwrap()
}

/// How many mails there are of this address.
const MAILS: &str = "SELECT COUNT(*) AS n FROM mail WHERE email LIKE '%gone.example'";

#[tokio::test(flavor = "multi_thread")]
async fn addresses_of_ended_invites_are_erased_in_time_and_nothing_else_is() {
    for world in World::each_with(Settings { retention_days: Some(7), ..with_mail() }).await {
        let (ada, kim) = (world.account("ada").await, world.account("kim").await);
        verify(&world, "kim").await;
        let band = ada.band("The Night Owls").await;
        let mut ids = Vec::new();
        for (name, more) in
            [("revoked", json!({})), ("over", json!({ "ttl_hours": 24 })), ("link", json!({ "kind": "link" }))]
        {
            let mut body = json!({ "email": format!("{name}@gone.example"), "label": format!("the {name} one"), "message": "Hello" });
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            ids.push(ada.invite(&band, body).await.0);
        }
        let (accepted, token) = ada.invite(&band, json!({ "email": "kim@example.org" })).await;
        let (waits, _) = ada.invite(&band, json!({ "email": "waits@stays.example", "expires_at": null })).await;
        let optout = world.mails().await.remove(0);
        assert_eq!(kim.accept(&token).await.0, 200);
        assert_eq!(ada.delete(&format!("/invites/{}", ids[0])).await.0, 204);
        assert_eq!(ada.delete(&format!("/invites/{}", ids[2])).await.0, 204);
        let link = optout.word(&format!("{}/opt-out/", world.origin));
        let form = reqwest::Client::builder().no_proxy().build().unwrap().post(link);
        let form = form.header("content-type", "application/x-www-form-urlencoded").body("scope=server");
        assert_eq!(form.send().await.unwrap().status(), 200);
        world.clock.pass_hours(24);
        sweep::expire(&world.app).await.unwrap();
        let shown = async |id: &str| ada.get(&format!("/invites/{id}")).await.1;
        let all = format!("/bands/{band}/invites?status=cancelled");
        let tidy = async || {
            sweep::tidy(&world.app).await.unwrap();
            ada.get(&format!("{all}&q=gone.example")).await.1["matched"].clone()
        };
        world.clock.pass_hours(7 * 24 - 25);
        assert_eq!(tidy().await, 3, "not before its time");
        let figures = ada.get(&format!("/bands/{band}/stats")).await.1;
        world.clock.pass_hours(2);
        assert_eq!(tidy().await, 1, "of what ended a day later, not yet");
        world.clock.pass_hours(24);
        assert_eq!(tidy().await, 0);
        for id in ids.iter().chain([&accepted]) {
            let invite = shown(id).await;
            assert_eq!((&invite["email"], &invite["delivery_note"]), (&Value::Null, &Value::Null), "{invite}");
        }
        let kept = shown(&ids[0]).await;
        assert_eq!(
            (&kept["label"], &kept["message"], &kept["delivery"]),
            (&json!("the revoked one"), &json!("Hello"), &json!("sent"))
        );
        assert_eq!(ada.get(&format!("{all}&q=revoked")).await.1["matched"], 1, "it is found by its label");
        assert_eq!(shown(&waits).await["email"], "waits@stays.example");
        assert_eq!(ada.get(&format!("/bands/{band}/stats")).await.1, figures);
        assert_eq!(number(&world, MAILS).await, 0);
        // The trail tells that it was done, and keeps what only the server's key can compare.
        let trail = ada.get(&format!("/bands/{band}/audit?action=invite.address_erased")).await.1;
        let events = trail["events"].as_array().unwrap();
        assert_eq!(events.len(), 4);
        assert!(events.iter().all(|event| event["detail"].as_str().unwrap().len() == 32 && event["actor"].is_null()));
        assert!(!trail.to_string().contains("gone.example"));
        // What the address asked for stays.
        let (status, answer) = ada.post(&format!("/bands/{band}/invites"), json!({ "email": optout.to })).await;
        assert_eq!((status, &answer["code"]), (409, &json!("recipient_opted_out")));
        assert_eq!(tidy().await, 0);
        assert_eq!(
            ada.get(&format!("/bands/{band}/audit?action=invite.address_erased")).await.1,
            trail,
            "once is enough"
        );
        plan::check(&world);
        counts::add_up(world.app.store()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_word_of_it_addresses_are_kept_and_many_are_erased_in_steps() {
    for world in World::each_with(with_mail()).await {
        let ada = world.account("ada").await;
        let band = ada.band("The Night Owls").await;
        let rows: Vec<Value> = (0..450).map(|n| json!({ "email": format!("p{n}@gone.example") })).collect();
        let body = json!({ "rows": rows, "send": false, "ttl_hours": 1 });
        assert_eq!(ada.post(&format!("/bands/{band}/invites/bulk"), body).await.0, 201);
        world.clock.pass_hours(500);
        sweep::expire(&world.app).await.unwrap();
        sweep::tidy(&world.app).await.unwrap();
        let search = format!("/bands/{band}/invites?q=gone.example&limit=1");
        assert_eq!(ada.get(&search).await.1["matched"], 450);
        let strict = world.beside_with(Settings { retention_days: Some(1), ..with_mail() }).await;
        let other = world.beside_with(Settings { retention_days: Some(1), ..with_mail() }).await;
        let (one, two) = tokio::join!(sweep::tidy(&strict.app), sweep::tidy(&other.app));
        assert!(one.is_ok() && two.is_ok(), "nodes share the work");
        // What a node's own sweeper has in hand is passed over.
        for _ in 0..600 {
            sweep::tidy(&strict.app).await.unwrap();
            if ada.get(&search).await.1["matched"] == 0 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        assert_eq!(ada.get(&search).await.1["matched"], 0);
        let sql = "SELECT COUNT(*) AS n FROM audit WHERE action = 'invite.address_erased'";
        assert_eq!(number(&world, sql).await, 450);
    }
}
