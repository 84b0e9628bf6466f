//! The list of members: searched, and read from either end, on both databases.

use serde_json::{Value, json};

use crate::{
    members::let_in,
    world::{Person, World, on_each_database},
};

on_each_database! { a_member_is_found_by_a_part_of_a_name, members_are_read_from_both_ends }

async fn found(person: &Person, band: &str, q: &str) -> Vec<String> {
    let url = reqwest::Url::parse_with_params("http://x/", [("q", q)]).unwrap();
    let (status, list) = person.get(&format!("/bands/{band}/members?{}", url.query().unwrap())).await;
    assert_eq!(status, 200, "{list}");
    let text = |member: &Value| member["account"]["username"].as_str().unwrap().to_owned();
    let names: Vec<String> = list["members"].as_array().unwrap().iter().map(text).collect();
    assert_eq!((&list["matched"], &list["total"]), (&json!(names.len()), &json!(3)), "the total is the band's");
    names
}

async fn a_member_is_found_by_a_part_of_a_name(world: World) {
    let (ada, kim, sam) = (world.account("ada").await, world.account("kim").await, world.account("sam").await);
    let band = ada.band("Choir").await;
    let_in(&ada, &band, "member", &[&kim, &sam]).await;
    assert_eq!(kim.patch("/me", json!({ "display_name": "Kim Réed" })).await.0, 200);
    for (q, names) in [
        ("k", vec!["kim"]),
        ("KI", vec!["kim"]),
        ("im", vec![]),
        ("m r", vec!["kim"]),
        ("réed", vec!["kim"]),
        ("eed kim", vec![]),
        ("sam", vec!["sam"]),
        ("%am", vec![]),
    ] {
        assert_eq!(found(&ada, &band, q).await, names, "{q}");
    }
    assert_eq!(ada.get(&format!("/bands/{band}/members?q=%00")).await.0, 422);
    let (_, all) = ada.get(&format!("/bands/{band}/members?q=")).await;
    assert_eq!((all["members"].as_array().unwrap().len(), all.get("matched")), (3, None));
}

async fn members_are_read_from_both_ends(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let people = world.people(6).await;
    let_in(&ada, &band, "member", &people.iter().collect::<Vec<_>>()).await;
    let whole = ada.get(&format!("/bands/{band}/members")).await.1;
    for (end, on, back) in [("", "next_cursor", "prev_cursor"), ("&cursor=last", "prev_cursor", "next_cursor")] {
        let (mut pages, mut at, mut seen) =
            (Vec::<Vec<Value>>::new(), format!("/bands/{band}/members?limit=3{end}"), Vec::new());
        loop {
            let (status, page) = ada.get(&at).await;
            assert_eq!(status, 200, "{page}");
            seen.push(page[back].is_string());
            pages.push(page["members"].as_array().unwrap().clone());
            let Some(cursor) = page[on].as_str() else { break };
            at = format!("/bands/{band}/members?limit=3&cursor={cursor}");
        }
        if on == "prev_cursor" {
            pages.reverse();
        }
        assert_eq!((json!(pages.concat()), seen), (whole["members"].clone(), vec![false, true, true]), "{on}");
    }
}
