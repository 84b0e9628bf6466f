//! Bands and their members, on both databases.

use serde_json::json;

use crate::{
    members::{code, id, let_in, roles},
    world::{World, on_each_database},
};

on_each_database! {
    a_band_is_made_found_and_deleted_by_its_owner,
    a_band_one_is_not_in_is_not_found,
    a_retry_makes_no_second_band,
    bands_come_in_pages,
    open_bands_are_found_by_all_and_every_list_is_searched_and_read_from_both_ends,
    a_band_is_changed_by_its_admins_and_tells_its_new_revision,
    an_open_band_is_joined_and_left_by_oneself,
    who_was_removed_does_not_join_by_themselves,
    a_band_is_handed_over_to_a_member,
    a_band_handed_over_in_two_ways_at_once_has_one_owner,
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

async fn a_band_is_changed_by_its_admins_and_tells_its_new_revision(world: World) {
    let (ada, kim, eve) = (world.account("ada").await, world.account("kim").await, world.account("eve").await);
    let (_, band) = ada.post("/bands", json!({ "name": "Choir", "description": "We sing", "contact": "ada" })).await;
    assert_eq!(band["revision"], 1);
    let path = format!("/bands/{}", band["id"].as_str().unwrap());
    let_in(&ada, band["id"].as_str().unwrap(), "member", &[&kim]).await;
    assert_eq!(code(kim.patch(&path, json!({ "name": "Mine" })).await), (403, "forbidden".to_owned()));
    assert_eq!(code(eve.patch(&path, json!({ "name": "Mine" })).await).0, 404);
    let (status, changed) = ada.patch(&path, json!({ "name": "The Choir", "description": null, "join": "open" })).await;
    assert_eq!((status, &changed["name"], &changed["description"]), (200, &json!("The Choir"), &json!(null)));
    assert_eq!((&changed["contact"], &changed["join"]), (&json!("ada"), &json!("open")));
    let (_, read) = ada.get(&path).await;
    assert_eq!(read, changed);
    let (_, same) = ada.patch(&path, json!({ "name": "The Choir" })).await;
    assert_eq!(same["revision"], changed["revision"]);
    let (_, trail) = ada.get(&format!("{path}/audit?action=band.edited")).await;
    assert_eq!(trail["events"].as_array().unwrap().len(), 1);
    assert_eq!(trail["events"][0]["detail"], "name description join");
    let (status, problem) = ada.patch(&path, json!({ "name": null, "join": "closed" })).await;
    assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!("join")));
    let (status, problem) = ada.patch(&path, json!({ "name": "www.evil.example", "contact": "x".repeat(201) })).await;
    assert_eq!((status, problem["errors"].as_array().unwrap().len()), (422, 2));
    assert_eq!(eve.get(&path).await.0, 200, "an open band is seen by all");
}

async fn an_open_band_is_joined_and_left_by_oneself(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    let band = ada.band("Choir").await;
    let (join, leave) = (format!("/bands/{band}/join"), format!("/bands/{band}/leave"));
    assert_eq!(code(kim.post(&join, json!({})).await), (404, "not_found".to_owned()));
    ada.patch(&format!("/bands/{band}"), json!({ "join": "open" })).await;
    let (status, joined) = kim.post_once(&join, "one", json!({})).await;
    assert_eq!((status, &joined["outcome"], &joined["role"]), (200, &json!("joined"), &json!("member")));
    assert_eq!(joined["band"]["name"], "Choir");
    assert_eq!(kim.post_once(&join, "one", json!({})).await.1, joined);
    assert_eq!(kim.post(&join, json!({})).await.1["outcome"], "already_member");
    assert_eq!(ada.get(&format!("/bands/{band}")).await.1["counts"]["members"], 2);
    assert_eq!(kim.post_once(&leave, "two", json!({})).await.0, 204);
    assert_eq!(kim.post_once(&leave, "two", json!({})).await.0, 204);
    assert_eq!(kim.post(&leave, json!({})).await.0, 404);
    assert_eq!(code(ada.post(&leave, json!({})).await), (409, "last_owner".to_owned()));
    assert_eq!(kim.post(&join, json!({})).await.1["outcome"], "joined");
    assert_eq!(ada.get(&format!("/bands/{band}")).await.1["counts"]["members"], 2);
}

async fn who_was_removed_does_not_join_by_themselves(world: World) {
    let (ada, kim, sam) = (world.account("ada").await, world.account("kim").await, world.account("sam").await);
    let band = ada.band("Choir").await;
    ada.patch(&format!("/bands/{band}"), json!({ "join": "open" })).await;
    let_in(&ada, &band, "member", &[&kim, &sam]).await;
    ada.delete(&format!("/bands/{band}/members/{}", id(&kim))).await;
    ada.delete(&format!("/bands/{band}/members/{}?ban=true", id(&sam))).await;
    world.clock.pass_seconds(1);
    assert_eq!(code(kim.post(&format!("/bands/{band}/join"), json!({})).await), (403, "removed".to_owned()));
    assert_eq!(code(sam.post(&format!("/bands/{band}/join"), json!({})).await), (403, "banned".to_owned()));
    let_in(&ada, &band, "member", &[&kim]).await;
}

async fn a_band_is_handed_over_to_a_member(world: World) {
    let (ada, kim, eve) = (world.account("ada").await, world.account("kim").await, world.account("eve").await);
    let band = ada.band("Choir").await;
    let_in(&ada, &band, "member", &[&kim]).await;
    let path = format!("/bands/{band}/transfer");
    assert_eq!(code(kim.post(&path, json!({ "account_id": id(&kim) })).await), (403, "forbidden".to_owned()));
    for whom in [&eve, &ada] {
        let (status, problem) = ada.post(&path, json!({ "account_id": id(whom) })).await;
        assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!("account_id")));
    }
    let (status, told) = ada.post_once(&path, "one", json!({ "account_id": id(&kim) })).await;
    assert_eq!((status, &told["role"]), (200, &json!("admin")), "{told}");
    assert_eq!(ada.post_once(&path, "one", json!({ "account_id": id(&kim) })).await, (200, told.clone()));
    assert_eq!(kim.get(&format!("/bands/{band}")).await.1["revision"], told["revision"]);
    let of = |name: &str, role: &str| (name.to_owned(), role.to_owned());
    assert_eq!(roles(&kim, &band).await, [of("kim", "owner"), of("ada", "admin")]);
    assert_eq!(ada.delete(&format!("/bands/{band}")).await.0, 403);
    assert_eq!(ada.post(&format!("/bands/{band}/leave"), json!({})).await.0, 204);
    assert_eq!(kim.delete(&format!("/bands/{band}")).await.0, 204);
}

async fn a_band_handed_over_in_two_ways_at_once_has_one_owner(world: World) {
    let (ada, kim, sam) = (world.account("ada").await, world.account("kim").await, world.account("sam").await);
    for _ in 0..8 {
        let band = ada.band("Choir").await;
        let_in(&ada, &band, "admin", &[&kim, &sam]).await;
        let path = format!("/bands/{band}/transfer");
        let removal = format!("/bands/{band}/members/{}", id(&kim));
        let (one, two, three, four) = tokio::join!(
            ada.post(&path, json!({ "account_id": id(&kim) })),
            ada.post(&path, json!({ "account_id": id(&sam) })),
            ada.delete(&removal),
            kim.delete(&removal),
        );
        let statuses = [one.0, two.0, three.0, four.0];
        assert!(statuses.iter().all(|status| [200, 204, 403, 404, 409, 422].contains(status)), "{statuses:?}");
        let owners: Vec<_> = roles(&ada, &band).await.into_iter().filter(|(_, role)| role == "owner").collect();
        assert_eq!(owners.len(), 1, "{statuses:?} {owners:?}");
    }
}

async fn open_bands_are_found_by_all_and_every_list_is_searched_and_read_from_both_ends(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    for (name, join) in
        [("Choir", "open"), ("Secret", "invite"), ("Night Choir", "request"), ("50% off", "open"), ("CHÖRE", "open")]
    {
        assert_eq!(ada.post("/bands", json!({ "name": name, "join": join })).await.0, 201);
    }
    let names = |page: &serde_json::Value| -> Vec<String> {
        page["bands"].as_array().unwrap().iter().map(|band| band["name"].as_str().unwrap().to_owned()).collect()
    };
    let find = async |query: &str| names(&kim.get(&format!("/bands?scope=open&q={query}")).await.1);
    assert_eq!(find("").await, ["CHÖRE", "50% off", "Night Choir", "Choir"]);
    assert_eq!(find("hoir").await, ["Night Choir", "Choir"]);
    assert_eq!(find("ch").await, ["CHÖRE", "Choir"]);
    assert_eq!(find("ch%C3%B6r").await, ["CHÖRE"]);
    assert_eq!(find("50%25").await, ["50% off"]);
    assert_eq!(find("secret").await, [""; 0]);
    assert_eq!(kim.get("/bands").await.1["bands"], json!([]));
    assert_eq!(names(&ada.get("/bands?q=secret").await.1), ["Secret"]);
    assert_eq!(ada.get("/bands?scope=open&q=night").await.1["bands"][0]["role"], "owner");
    for (person, path) in [(&ada, "/bands?scope=mine"), (&kim, "/bands?scope=open"), (&kim, "/bands?scope=open&q=ch")] {
        let whole = names(&person.get(path).await.1);
        for (mut cursor, key) in [(String::new(), "next_cursor"), ("&cursor=last".to_owned(), "prev_cursor")] {
            let mut read = Vec::new();
            loop {
                let (status, page) = person.get(&format!("{path}&limit=2{cursor}")).await;
                assert_eq!(status, 200, "{page}");
                let place = if key == "next_cursor" { read.len() } else { 0 };
                read.splice(place..place, names(&page));
                let Some(more) = page[key].as_str() else { break };
                cursor = format!("&cursor={more}");
            }
            assert_eq!(read, whole, "{path} by {key}");
        }
    }
    for query in ["scope=all", "sort=name", "limit=201", "cursor=x"] {
        let (status, problem) = ada.get(&format!("/bands?{query}")).await;
        assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!(query.split('=').next().unwrap())));
    }
}
