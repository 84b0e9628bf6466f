//! The audit trail, as the band's admins read it.

use serde_json::{Value, json};

use crate::world::{World, on_each_database};

on_each_database! {
    what_happened_is_told_newest_first,
    a_filter_asks_for_all_that_it_names,
    pages_run_forward_and_from_the_end,
    the_trail_is_for_admins,
}

fn actions(trail: &Value) -> Vec<&str> {
    trail["events"].as_array().unwrap().iter().map(|event| event["action"].as_str().unwrap()).collect()
}

async fn what_happened_is_told_newest_first(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    let band = ada.band("Choir").await;
    let (id, token) = ada.invite(&band, json!({})).await;
    kim.accept(&token).await;
    let (status, trail) = ada.get(&format!("/bands/{band}/audit")).await;
    assert_eq!(status, 200, "{trail}");
    assert_eq!(actions(&trail), ["invite.accepted", "invite.created", "band.created"]);
    let newest = &trail["events"][0];
    assert_eq!(
        (&newest["actor"]["username"], &newest["account"]["username"], &newest["invite"]),
        (&json!("kim"), &json!("kim"), &json!(id))
    );
    assert!(!trail.to_string().contains(&token[4..]));
}

async fn a_filter_asks_for_all_that_it_names(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    let band = ada.band("Choir").await;
    let (one, token) = ada.invite(&band, json!({})).await;
    let (_, _) = ada.invite(&band, json!({})).await;
    kim.accept(&token).await;
    let kim_id = kim.account["id"].as_str().unwrap();
    for (query, found) in [
        (format!("invite={one}"), vec!["invite.accepted", "invite.created"]),
        (format!("actor={kim_id}"), vec!["invite.accepted"]),
        ("action=invite.created".to_owned(), vec!["invite.created", "invite.created"]),
        (format!("invite={one}&action=invite.created&actor={kim_id}"), vec![]),
        ("action=nothing".to_owned(), vec![]),
    ] {
        let (status, trail) = ada.get(&format!("/bands/{band}/audit?{query}")).await;
        assert_eq!((status, actions(&trail)), (200, found), "{query}");
    }
    for (query, field) in
        [("invite=7", "invite"), ("colour=red", "colour"), ("limit=0", "limit"), ("cursor=x", "cursor")]
    {
        let (status, problem) = ada.get(&format!("/bands/{band}/audit?{query}")).await;
        assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!(field)), "{query}");
    }
    let other = kim.band("Brass & Bone").await;
    let (_, trail) = kim.get(&format!("/bands/{other}/audit?invite={one}")).await;
    assert!(actions(&trail).is_empty(), "another band's invite has no trail here");
}

async fn pages_run_forward_and_from_the_end(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    for _ in 0..4 {
        ada.invite(&band, json!({})).await;
    }
    let page = async |cursor: &str| ada.get(&format!("/bands/{band}/audit?limit=2&cursor={cursor}")).await.1;
    let numbers = |page: &Value| -> Vec<i64> {
        page["events"].as_array().unwrap().iter().map(|event| event["id"].as_i64().unwrap()).collect()
    };
    let (mut forward, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = page(&cursor).await;
        forward.extend(numbers(&page));
        let Some(next) = page["next_cursor"].as_str() else { break };
        next.clone_into(&mut cursor);
    }
    assert_eq!(forward.len(), 5);
    assert!(forward.is_sorted_by(|a, b| a > b), "{forward:?}");
    let (mut backward, mut cursor) = (Vec::new(), "last".to_owned());
    loop {
        let page = page(&cursor).await;
        backward.splice(0..0, numbers(&page));
        let Some(prev) = page["prev_cursor"].as_str() else { break };
        prev.clone_into(&mut cursor);
    }
    assert_eq!(backward, forward);
}

async fn the_trail_is_for_admins(world: World) {
    let (ada, kim, sam) = (world.account("ada").await, world.account("kim").await, world.account("sam").await);
    let band = ada.band("Choir").await;
    let path = format!("/bands/{band}/audit");
    let (_, token) = ada.invite(&band, json!({})).await;
    kim.accept(&token).await;
    assert_eq!(kim.get(&path).await.1["code"], "forbidden");
    assert_eq!(sam.get(&path).await.1["code"], "not_found");
    assert_eq!(world.send("GET", &path, None).await.0, 401);
    let (_, token) = ada.invite(&band, json!({ "role": "admin" })).await;
    sam.accept(&token).await;
    assert_eq!(sam.get(&path).await.0, 200);
}
