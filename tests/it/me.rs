//! One's own account, and the poll, on both databases.

use serde_json::{Value, json};

use crate::world::{Person, World, on_each_database};

on_each_database! {
    a_poll_tells_changed_bands_and_the_inbox_and_nothing_while_all_is_as_it_was,
    a_poll_asks_for_a_session_first,
    every_answer_that_is_polled_has_a_tag_that_holds_until_it_changes,
}

/// `GET` with what is known already: status, tag, answer.
pub async fn ask(world: &World, person: &Person, path: &str, known: Option<&str>) -> (u16, String, Value) {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut request = http.get(format!("{}/api/v1{path}", world.origin)).bearer_auth(&person.session);
    if let Some(known) = known {
        request = request.header("If-None-Match", known);
    }
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let tag = response.headers().get("etag").map_or("", |tag| tag.to_str().unwrap()).to_owned();
    let text = response.text().await.unwrap();
    (status, tag, serde_json::from_str(&text).unwrap_or(Value::Null))
}

async fn a_poll_tells_changed_bands_and_the_inbox_and_nothing_while_all_is_as_it_was(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    let (status, empty, none) = ask(&world, &kim, "/me/sync", None).await;
    assert_eq!((status, none), (200, json!({ "inbox": { "pending": 0 }, "bands": [] })));
    let (one, two) = (ada.band("Choir").await, ada.band("The Night Owls").await);
    let (_, tag, first) = ask(&world, &ada, "/me/sync", None).await;
    assert_eq!(ask(&world, &ada, "/me/sync", Some(&tag)).await, (304, tag.clone(), Value::Null));
    let revision = |sync: &Value, band: &str| {
        let bands = sync["bands"].as_array().unwrap();
        bands.iter().find(|entry| entry["id"] == band).unwrap()["revision"].as_i64().unwrap()
    };
    let (id, _) = ada.invite(&one, json!({})).await;
    let (status, newer, second) = ask(&world, &ada, "/me/sync", Some(&tag)).await;
    assert_eq!(status, 200);
    assert_ne!(newer, tag);
    assert!(revision(&second, &one) > revision(&first, &one));
    assert_eq!(revision(&second, &two), revision(&first, &two));

    world.address(&id, &kim).await;
    let (status, full, sync) = ask(&world, &kim, "/me/sync", Some(&empty)).await;
    assert_eq!((status, &sync["inbox"]["pending"]), (200, &json!(1)));
    assert_eq!(ask(&world, &kim, "/me/sync", Some(&full)).await.0, 304);
    world.clock.pass_hours(73);
    assert_eq!(ask(&world, &kim, "/me/sync", Some(&full)).await.2["inbox"]["pending"], 0);
    assert_eq!(ada.delete(&format!("/bands/{two}")).await.0, 204);
    assert_eq!(ask(&world, &ada, "/me/sync", Some(&newer)).await.2["bands"].as_array().unwrap().len(), 1);
}

async fn a_poll_asks_for_a_session_first(world: World) {
    let ada = world.account("ada").await;
    let (_, tag, _) = ask(&world, &ada, "/me/sync", None).await;
    let nobody = world.person(ada.account.clone(), "gls_nobody");
    assert_eq!(ask(&world, &nobody, "/me/sync", Some(&tag)).await.0, 401);
}

async fn every_answer_that_is_polled_has_a_tag_that_holds_until_it_changes(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let (id, _) = ada.invite(&band, json!({})).await;
    let paths = [
        "/bands".to_owned(),
        format!("/bands/{band}"),
        format!("/bands/{band}/members"),
        format!("/bands/{band}/invites"),
        format!("/invites/{id}"),
    ];
    let mut tags = Vec::new();
    for path in &paths {
        let (status, tag, _) = ask(&world, &ada, path, None).await;
        assert_eq!((status, tag.is_empty()), (200, false), "{path}");
        assert_eq!(ask(&world, &ada, path, Some(&tag)).await, (304, tag.clone(), Value::Null), "{path}");
        tags.push(tag);
    }
    assert_eq!(ada.patch(&format!("/invites/{id}"), json!({ "label": "the drummer" })).await.0, 200);
    for (path, tag) in paths.iter().zip(&tags) {
        let (status, newer, answer) = ask(&world, &ada, path, Some(tag)).await;
        assert_eq!((status, answer.is_null()), (200, false), "{path}");
        assert_ne!(&newer, tag, "{path}");
    }
    let eve = world.account("eve").await;
    assert_eq!(ask(&world, &eve, &paths[1], Some("*")).await.0, 404);
}
