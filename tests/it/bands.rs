//! Bands and their members, on both databases.

use serde_json::json;

use crate::world::{World, on_each_database};

on_each_database! {
    a_band_is_made_found_and_deleted_by_its_owner,
    a_band_one_is_not_in_is_not_found,
    a_retry_makes_no_second_band,
    bands_come_in_pages,
}

async fn a_band_is_made_found_and_deleted_by_its_owner(world: World) {
    let ada = world.account("ada").await;
    let (status, band) = ada.post("/bands", json!({ "name": " The Night Owls ", "contact": "ada" })).await;
    assert_eq!(status, 201, "{band}");
    assert_eq!(
        (&band["name"], &band["role"], &band["join"]),
        (&json!("The Night Owls"), &json!("owner"), &json!("invite"))
    );
    assert_eq!(band["counts"], json!({ "members": 1, "invites": 0, "pending": 0 }));
    let path = format!("/bands/{}", band["id"].as_str().unwrap());
    let (status, again) = ada.get(&path).await;
    assert_eq!((status, &again["name"]), (200, &band["name"]));
    assert_eq!(again["policy"]["default_ttl_hours"], 72);
    let (_, members) = ada.get(&format!("{path}/members")).await;
    assert_eq!((&members["total"], &members["members"][0]["role"]), (&json!(1), &json!("owner")));
    assert_eq!(members["members"][0]["account"]["username"], "ada");
    assert_eq!(ada.delete(&path).await.0, 204);
    assert_eq!(ada.get(&path).await.0, 404);
    assert_eq!(ada.get("/bands").await.1["bands"], json!([]));
}

async fn a_band_one_is_not_in_is_not_found(world: World) {
    let (ada, eve) = (world.account("ada").await, world.account("eve").await);
    let band = ada.band("The Night Owls").await;
    for path in [format!("/bands/{band}"), format!("/bands/{band}/members"), "/bands/nonsense".to_owned()] {
        let (status, problem) = eve.get(&path).await;
        assert_eq!((status, &problem["code"]), (404, &json!("not_found")), "{path}");
    }
    assert_eq!(eve.delete(&format!("/bands/{band}")).await.0, 404);
    assert_eq!(ada.get(&format!("/bands/{band}")).await.0, 200);
    let (status, problem) = ada.post("/bands", json!({ "name": "see www.evil.example" })).await;
    assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!("name")));
}

async fn a_retry_makes_no_second_band(world: World) {
    let ada = world.account("ada").await;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let make = |name: &'static str| {
        http.post(format!("{}/api/v1/bands", world.origin))
            .bearer_auth(&ada.session)
            .header("Idempotency-Key", "one")
            .json(&json!({ "name": name }))
            .send()
    };
    let (first, again) = (make("Choir").await.unwrap(), make("Choir").await.unwrap());
    assert_eq!((first.status(), again.status()), (reqwest::StatusCode::CREATED, reqwest::StatusCode::CREATED));
    let id = |text: String| serde_json::from_str::<serde_json::Value>(&text).unwrap()["id"].clone();
    assert_eq!(id(first.text().await.unwrap()), id(again.text().await.unwrap()));
    assert_eq!(make("Another").await.unwrap().status(), 422);
    assert_eq!(ada.get("/bands").await.1["bands"].as_array().unwrap().len(), 1);
}

async fn bands_come_in_pages(world: World) {
    let ada = world.account("ada").await;
    for n in 0..5 {
        ada.band(&format!("Band {n}")).await;
    }
    let (mut names, mut path) = (Vec::new(), "/bands?limit=2".to_owned());
    loop {
        let (status, page) = ada.get(&path).await;
        assert_eq!(status, 200, "{page}");
        names.extend(page["bands"].as_array().unwrap().iter().map(|band| band["name"].as_str().unwrap().to_owned()));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/bands?limit=2&cursor={cursor}");
    }
    assert_eq!(names, ["Band 4", "Band 3", "Band 2", "Band 1", "Band 0"]);
    assert_eq!(ada.get("/bands?limit=0").await.0, 422);
}
