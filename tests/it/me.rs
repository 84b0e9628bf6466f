//! One's own account, and the poll, on both databases.

use serde_json::{Value, json};

use crate::{
    plan,
    world::{PASSWORD, Person, World, on_each_database},
};

on_each_database! {
    a_poll_tells_changed_bands_and_the_inbox_and_nothing_while_all_is_as_it_was,
    a_poll_tells_that_the_inbox_shows_something_else_though_as_many_wait,
    a_poll_asks_for_a_session_first,
    every_answer_that_is_polled_has_a_tag_that_holds_until_it_changes,
    the_inbox_shows_what_is_for_the_account_and_nothing_by_an_address_that_was_only_typed,
    the_inbox_shows_nothing_to_where_one_is_in,
    a_new_name_is_seen_and_found_in_every_band,
    a_new_password_ends_the_other_sessions_and_asks_for_the_old_one,
    an_address_is_changed_to_a_free_one,
    of_two_who_take_one_address_at_once_one_has_it,
    who_deletes_their_account_leaves_every_band_and_gives_the_name_back,
    the_last_who_runs_the_site_keeps_the_account,
    of_two_who_run_the_site_and_go_at_once_one_stays,
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
    assert_eq!((status, &none["inbox"]["pending"], &none["bands"]), (200, &json!(0), &json!([])));
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

async fn a_poll_tells_that_the_inbox_shows_something_else_though_as_many_wait(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    let (one, two) = (ada.band("Choir").await, ada.band("The Night Owls").await);
    let for_kim = json!({ "username": "kim" });
    let (first, _) = ada.invite(&one, for_kim.clone()).await;
    let (mut tag, mut revision) = (String::new(), Value::Null);
    let mut is_news = async |what: &str| {
        let (status, newer, sync) = ask(&world, &kim, "/me/sync", Some(&tag)).await;
        assert_eq!((status, &sync["inbox"]["pending"]), (200, &json!(1)), "{what}");
        assert_ne!(sync["inbox"]["revision"], revision, "{what}");
        (tag, revision) = (newer, sync["inbox"]["revision"].clone());
        assert_eq!(ask(&world, &kim, "/me/sync", Some(&tag)).await.0, 304, "{what}");
    };
    is_news("one waits").await;
    for change in [
        json!({ "message": "Come!" }),
        json!({ "message": "Come on!" }),
        json!({ "role": "admin" }),
        json!({ "expires_at": null }),
        json!({ "ttl_hours": 2 }),
    ] {
        assert_eq!(ada.patch(&format!("/invites/{first}"), change.clone()).await.0, 200);
        is_news(&change.to_string()).await;
    }
    assert_eq!(ada.patch(&format!("/bands/{one}"), json!({ "name": "Big Choir" })).await.0, 200);
    is_news("another name of the band").await;
    assert_eq!(ada.delete(&format!("/invites/{first}")).await.0, 204);
    let event = json!({ "title": "Concert", "starts_at": "2027-04-10T19:30", "time_zone": "Europe/Berlin" });
    let wish = json!({ "name": "Tour", "event": event, "rows": [for_kim] });
    let campaign = ada.post(&format!("/bands/{one}/campaigns"), wish).await.1["campaign"]["id"].clone();
    let campaign = format!("/campaigns/{}", campaign.as_str().unwrap());
    is_news("another invite, to something with a date").await;
    assert_eq!(kim.get("/me/invites").await.1["invites"][0]["event"], ada.get(&campaign).await.1["event"]);
    for change in [json!({ "title": "Gig", "starts_at": "2027-04-10T20:30", "time_zone": "UTC" }), Value::Null] {
        assert_eq!(ada.patch(&campaign, json!({ "event": change })).await.0, 200);
        is_news(&change.to_string()).await;
    }
    assert_eq!(kim.get("/me/invites").await.1["invites"][0]["event"], Value::Null);
    assert_eq!(ada.delete(&campaign).await.0, 200);
    let (second, _) = ada.invite(&two, for_kim.clone()).await;
    is_news("another invite in its place").await;
    assert_eq!(ada.delete(&format!("/invites/{second}")).await.0, 204);
    ada.invite(&two, for_kim).await;
    is_news("one like it in its place").await;
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

async fn the_inbox_shows_what_is_for_the_account_and_nothing_by_an_address_that_was_only_typed(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    let band = ada.band("Choir").await;
    let (own, _) = ada.invite(&band, json!({ "message": "Come!", "role": "admin" })).await;
    let (mailed, _) = ada.invite(&band, json!({ "email": "kim@example.org" })).await;
    let (_, link) = ada.invite(&band, json!({})).await;
    world.address(&own, &kim).await;
    world.run("UPDATE invite SET kind = 'email' WHERE email IS NOT NULL").await;
    let (status, tag, inbox) = ask(&world, &kim, "/me/invites", None).await;
    let invites = inbox["invites"].as_array().unwrap();
    assert_eq!((status, invites.len()), (200, 1), "{inbox}");
    assert_eq!((&invites[0]["id"], &invites[0]["role"]), (&json!(own), &json!("admin")));
    assert_eq!((&invites[0]["band"]["name"], &invites[0]["message"]), (&json!("Choir"), &json!("Come!")));
    assert_eq!(invites[0]["inviter"]["username"], "ada");
    assert!(!inbox.to_string().contains(&link[4..]));
    assert_eq!(ask(&world, &kim, "/me/invites", Some(&tag)).await.0, 304);

    world.run("UPDATE account SET email_verified = (1 = 1) WHERE username = 'kim'").await;
    let page = kim.get("/me/invites?limit=1").await.1;
    assert_eq!(page["invites"][0]["id"], json!(mailed));
    let next = page["next_cursor"].as_str().unwrap();
    let second = kim.get(&format!("/me/invites?limit=1&cursor={next}")).await.1;
    assert_eq!((&second["invites"][0]["id"], &second["next_cursor"]), (&json!(own), &Value::Null));
    assert_eq!(kim.get("/me/invites?limit=1&cursor=last").await.1["invites"][0]["id"], json!(own));
    assert_eq!(kim.get("/me/sync").await.1["inbox"]["pending"], 2);
    assert_eq!(ada.get("/me/invites").await.1["invites"], json!([]));
    assert_eq!(kim.get("/me/invites?colour=red").await.0, 422);
    world.clock.pass_hours(73);
    assert_eq!(kim.get("/me/invites").await.1["invites"], json!([]));
}

async fn the_inbox_shows_nothing_to_where_one_is_in(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    let band = ada.band("Choir").await;
    let (by_address, _) = ada.invite(&band, json!({ "email": kim.account["email"] })).await;
    let (_, link) = ada.invite(&band, json!({})).await;
    world.run("UPDATE account SET email_claim = NULL").await;
    let yes = world.app.store().dialect().pick("1", "true");
    let verify = format!("UPDATE account SET email_verified = {yes} WHERE username = '{}'", kim.username);
    let waiting = async || {
        let count = kim.get("/me/sync").await.1["inbox"]["pending"].clone();
        (count, kim.get("/me/invites").await.1["invites"].as_array().unwrap().len())
    };
    assert_eq!(kim.accept(&link).await.1["outcome"], "joined");
    world.run(&verify).await;
    assert_eq!(waiting().await, (json!(0), 0));
    let (_, answer) = kim.post(&format!("/me/invites/{by_address}/accept"), json!({})).await;
    assert_eq!(answer["outcome"], "already_member");
    // Who goes finds what still is for them.
    assert_eq!(kim.post(&format!("/bands/{band}/leave"), json!({})).await.0, 204);
    assert_eq!(waiting().await, (json!(1), 1));
}

async fn a_new_name_is_seen_and_found_in_every_band(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let revision = ada.get(&format!("/bands/{band}")).await.1["revision"].as_i64().unwrap();
    let (status, me) = ada.patch("/me", json!({ "display_name": " Ada Lovelace " })).await;
    assert_eq!((status, &me["display_name"]), (200, &json!("Ada Lovelace")), "{me}");
    let members = ada.get(&format!("/bands/{band}/members")).await.1;
    assert_eq!(members["members"][0]["account"]["display_name"], "Ada Lovelace");
    assert!(ada.get(&format!("/bands/{band}")).await.1["revision"].as_i64().unwrap() > revision);
    let (status, problem) = ada.patch("/me", json!({ "display_name": "x\u{202e}", "email": "nobody" })).await;
    let fields: Vec<&Value> = problem["errors"].as_array().unwrap().iter().map(|error| &error["field"]).collect();
    assert_eq!((status, json!(fields)), (422, json!(["display_name", "email", "current_password"])));
}

async fn a_new_password_ends_the_other_sessions_and_asks_for_the_old_one(world: World) {
    let ada = world.account("ada").await;
    let login = |password: &str| json!({ "login": "ada", "password": password });
    let (_, other) = world.send("POST", "/auth/login", Some(&login(PASSWORD))).await;
    let other = world.person(ada.account.clone(), other["session"]["token"].as_str().unwrap());
    let new = "another long pass-phrase";
    for current in [json!(null), json!("a wrong pass-phrase"), json!("")] {
        let (status, problem) = ada.patch("/me", json!({ "password": new, "current_password": current })).await;
        assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!("current_password")), "{problem}");
    }
    assert_eq!(ada.patch("/me", json!({ "password": "short", "current_password": PASSWORD })).await.0, 422);
    assert_eq!(other.get("/me").await.0, 200);
    assert_eq!(ada.patch("/me", json!({ "password": new, "current_password": PASSWORD })).await.0, 200);
    assert_eq!((ada.get("/me").await.0, other.get("/me").await.0), (200, 401));
    assert_eq!(world.send("POST", "/auth/login", Some(&login(PASSWORD))).await.0, 401);
    assert_eq!(world.send("POST", "/auth/login", Some(&login(new))).await.0, 200);
}

async fn an_address_is_changed_to_a_free_one(world: World) {
    let (ada, _kim) = (world.account("ada").await, world.account("kim").await);
    let wish = |email: &str| json!({ "email": email, "current_password": PASSWORD });
    let (status, problem) = ada.patch("/me", wish("KIM@example.org")).await;
    assert_eq!((status, &problem["code"]), (409, &json!("email_taken")));
    let (status, me) = ada.patch("/me", wish("Countess@example.org")).await;
    assert_eq!((status, &me["email"]), (200, &json!("countess@example.org")), "{me}");
    assert_eq!(ada.patch("/me", wish("countess@example.org")).await.0, 200, "one's own address is no other's");
    let login = |login: &str| json!({ "login": login, "password": PASSWORD });
    assert_eq!(world.send("POST", "/auth/login", Some(&login("ada@example.org"))).await.0, 401);
    assert_eq!(world.send("POST", "/auth/login", Some(&login("countess@example.org"))).await.0, 200);
}

async fn of_two_who_take_one_address_at_once_one_has_it(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    for n in 0..6 {
        let wish = json!({ "email": format!("choir{n}@example.org"), "current_password": PASSWORD });
        let (one, two) = tokio::join!(ada.patch("/me", wish.clone()), kim.patch("/me", wish));
        let mut answers = [one, two].map(|(status, answer)| (status, answer["code"].clone()));
        answers.sort_by_key(|answer| answer.0);
        assert_eq!(answers, [(200, Value::Null), (409, json!("email_taken"))]);
    }
}

async fn who_deletes_their_account_leaves_every_band_and_gives_the_name_back(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    let band = ada.band("Choir").await;
    let own = kim.band("Brass & Bone").await;
    let (_, token) = ada.invite(&band, json!({ "role": "admin" })).await;
    kim.accept(&token).await;
    let (made, _) = kim.invite(&band, json!({ "role": "admin" })).await;
    let (kept, _) = kim.invite(&band, json!({})).await;
    let (waits, _) = ada.invite(&band, json!({})).await;
    world.address(&waits, &kim).await;
    let (status, problem) = kim.delete("/me").await;
    assert_eq!((status, &problem["code"]), (409, &json!("last_owner")));
    assert!(problem["detail"].as_str().unwrap().contains("Brass & Bone"));
    assert_eq!(kim.delete(&format!("/bands/{own}")).await.0, 204);
    assert_eq!(kim.delete("/me").await.0, 204);
    assert_eq!(kim.get("/me").await.0, 401);
    let login = json!({ "login": "kim", "password": PASSWORD });
    assert_eq!(world.send("POST", "/auth/login", Some(&login)).await.0, 401);
    let shown = ada.get(&format!("/bands/{band}")).await.1;
    assert_eq!(shown["counts"], json!({ "members": 1, "invites": 4, "pending": 1 }));
    let told = async |id: &str| {
        let invite = ada.get(&format!("/invites/{id}")).await.1;
        (invite["status"].clone(), invite["cancel_reason"].clone(), invite["created_by"]["display_name"].clone())
    };
    assert_eq!(told(&made).await, (json!("cancelled"), json!("inviter_removed"), json!("deleted account")));
    assert_eq!(told(&kept).await, (json!("pending"), Value::Null, json!("deleted account")));
    assert_eq!(told(&waits).await.1, "opted_out");
    let again = world.account("kim").await;
    assert_ne!(again.account["id"], kim.account["id"]);
    assert_eq!(again.get("/bands").await.1["bands"], json!([]));
}

async fn the_last_who_runs_the_site_keeps_the_account(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    world.make_site_admin(&ada).await;
    let (status, problem) = ada.delete("/me").await;
    assert_eq!((status, &problem["code"]), (409, &json!("last_owner")), "{problem}");
    assert!(problem["detail"].as_str().unwrap().contains("guestlist admin grant NAME"), "{problem}");
    assert_eq!(ada.get("/me").await.1["site_admin"], true, "nothing has changed");
    world.make_site_admin(&kim).await;
    assert_eq!((ada.delete("/me").await.0, kim.delete("/me").await.0), (204, 409));
    plan::check(&world);
}

async fn of_two_who_run_the_site_and_go_at_once_one_stays(world: World) {
    let mut stays = world.account("ada").await;
    world.make_site_admin(&stays).await;
    for name in ["kim", "sam", "joe"] {
        let other = world.account(name).await;
        world.make_site_admin(&other).await;
        let ((first, _), (second, _)) = tokio::join!(stays.delete("/me"), other.delete("/me"));
        assert_eq!([first, second].iter().sum::<u16>(), 204 + 409, "{first} {second}");
        if first == 204 {
            stays = other;
        }
    }
    assert_eq!(stays.get("/me").await.1["site_admin"], true);
}
