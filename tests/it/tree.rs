//! Who brought whom, on both databases.

use serde_json::{Value, json};

use crate::{
    members::{code, id, let_in},
    world::{Person, World, on_each_database},
};

on_each_database! {
    every_member_is_a_node_and_names_who_brought_them,
    a_branch_stays_when_its_root_goes_and_when_it_comes_back,
    a_branch_is_read_page_by_page_from_either_end,
    the_tree_of_others_is_not_there,
}

/// The nodes as `who<whom they came by:how many they brought`.
async fn nodes(person: &Person, band: &str, query: &str) -> Vec<String> {
    let (status, tree) = person.get(&format!("/bands/{band}/tree?{query}")).await;
    assert_eq!(status, 200, "{tree}");
    let name = |person: &Value| person["username"].as_str().unwrap_or("nobody").to_owned();
    let show = |node: &Value| format!("{}<{}:{}", name(&node["account"]), name(&node["invited_by"]), node["brought"]);
    tree["nodes"].as_array().unwrap().iter().map(show).collect()
}

async fn every_member_is_a_node_and_names_who_brought_them(world: World) {
    let (ada, kim, sam, joe) = (
        world.account("ada").await,
        world.account("kim").await,
        world.account("sam").await,
        world.account("joe").await,
    );
    let band = ada.band("Choir").await;
    let_in(&ada, &band, "admin", &[&kim]).await;
    let (invite, token) = kim.invite(&band, json!({ "max_uses": null })).await;
    sam.accept(&token).await;
    assert_eq!(ada.patch(&format!("/bands/{band}"), json!({ "join": "open" })).await.0, 200);
    assert_eq!(joe.post(&format!("/bands/{band}/join"), json!({})).await.0, 200);
    let all = ["ada<nobody:1", "kim<ada:1", "sam<kim:0", "joe<nobody:0"];
    assert_eq!(nodes(&sam, &band, "").await, all, "for a plain member, too");
    let (_, tree) = sam.get(&format!("/bands/{band}/tree")).await;
    assert_eq!((&tree["total"], tree.get("matched")), (&json!(4), None));
    let node = &tree["nodes"][2];
    assert_eq!((&node["invite_id"], &node["role"]), (&json!(invite), &json!("member")));
    assert!(node["joined_at"].is_string() && tree["nodes"][3]["invite_id"].is_null(), "{tree}");
    assert_eq!(nodes(&sam, &band, "under=nobody").await, [all[0], all[3]]);
    assert_eq!(nodes(&sam, &band, &format!("under={}", id(&ada))).await, [all[1]]);
    assert_eq!(nodes(&sam, &band, &format!("under={}", id(&joe))).await, Vec::<String>::new());
}

async fn a_branch_stays_when_its_root_goes_and_when_it_comes_back(world: World) {
    let (ada, kim, sam) = (world.account("ada").await, world.account("kim").await, world.account("sam").await);
    let band = ada.band("Choir").await;
    let_in(&ada, &band, "admin", &[&kim]).await;
    let_in(&kim, &band, "admin", &[&sam]).await;
    assert_eq!(kim.post(&format!("/bands/{band}/leave"), json!({})).await.0, 204);
    assert_eq!(nodes(&ada, &band, "").await, ["ada<nobody:0", "sam<kim:0"]);
    assert_eq!(nodes(&ada, &band, &format!("under={}", id(&kim))).await, ["sam<kim:0"]);
    // Nobody is lost: who hangs on somebody who has left is a root, and told as such.
    assert_eq!(nodes(&ada, &band, "under=nobody").await, ["ada<nobody:0", "sam<kim:0"]);
    let (_, roots) = ada.get(&format!("/bands/{band}/tree?under=nobody")).await;
    assert_eq!((&roots["nodes"][0]["inviter_left"], &roots["nodes"][1]["inviter_left"]), (&json!(false), &json!(true)));
    assert_eq!(roots["matched"], json!(2));
    // Whom one brought can bring one back.
    let_in(&sam, &band, "member", &[&kim]).await;
    assert_eq!(nodes(&ada, &band, "").await, ["ada<nobody:0", "sam<kim:1", "kim<sam:1"]);
    // Though these two brought each other, both are found from the roots on.
    assert_eq!(nodes(&ada, &band, "under=nobody").await, ["ada<nobody:0", "sam<kim:1"]);
    assert_eq!(nodes(&ada, &band, &format!("under={}", id(&sam))).await, ["kim<sam:1"]);
    assert_eq!(sam.delete("/me").await.0, 204);
    let left = nodes(&ada, &band, "").await;
    assert!(left[1].starts_with("kim<-") && left[1].ends_with(":0"), "{left:?}");
}

async fn a_branch_is_read_page_by_page_from_either_end(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let people = world.people(5).await;
    let_in(&ada, &band, "member", &people.iter().collect::<Vec<_>>()).await;
    for (query, rows) in [(String::new(), 6), (format!("under={}", id(&ada)), 5)] {
        let whole = nodes(&ada, &band, &query).await;
        assert_eq!(whole.len(), rows);
        let (mut path, mut read) = (format!("limit=2&{query}"), Vec::new());
        loop {
            read.extend(nodes(&ada, &band, &path).await);
            let (_, page) = ada.get(&format!("/bands/{band}/tree?{path}")).await;
            assert_eq!(page["matched"], if query.is_empty() { json!(null) } else { json!(5) });
            let Some(next) = page["next_cursor"].as_str() else { break };
            path = format!("limit=2&{query}&cursor={next}");
        }
        assert_eq!(read, whole);
        assert_eq!(nodes(&ada, &band, &format!("limit=2&{query}&cursor=last")).await, whole[rows - 2..]);
    }
}

async fn the_tree_of_others_is_not_there(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    let band = ada.band("Choir").await;
    let tree = format!("/bands/{band}/tree");
    assert_eq!(ada.patch(&format!("/bands/{band}"), json!({ "join": "open" })).await.0, 200);
    assert_eq!(code(kim.get(&tree).await), (404, "not_found".to_owned()), "a band that all can see has one, too");
    for (query, field) in [("under=kim", "under"), ("limit=0", "limit"), ("q=ada", "q")] {
        let (status, problem) = ada.get(&format!("{tree}?{query}")).await;
        assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!(field)), "{problem}");
    }
}
