//! Who may not come back, on both databases.

use serde_json::{Value, json};

use crate::{
    members::{code, id, let_in},
    world::{World, on_each_database},
};

on_each_database! { bans_are_listed_and_lifted_by_admins, bans_come_in_pages }

async fn bans_are_listed_and_lifted_by_admins(world: World) {
    let (ada, joe) = (world.account("ada").await, world.account("joe").await);
    let (kim, sam) = (world.account("kim").await, world.account("sam").await);
    let band = ada.band("Choir").await;
    let_in(&ada, &band, "admin", &[&joe]).await;
    let_in(&ada, &band, "member", &[&kim, &sam]).await;
    let (_, old) = ada.invite(&band, json!({ "max_uses": null })).await;
    let decline = format!("/invites/{}/decline", ada.invite(&band, json!({})).await.1);
    world.clock.pass_seconds(1);
    assert_eq!(joe.delete(&format!("/bands/{band}/members/{}?ban=true", id(&kim))).await.0, 204);
    let path = format!("/bands/{band}/bans");
    assert_eq!(code(sam.get(&path).await), (403, "forbidden".to_owned()));
    assert_eq!(code(kim.get(&path).await), (404, "not_found".to_owned()));
    assert_eq!(code(kim.post(&decline, json!({})).await), (403, "banned".to_owned()), "nor is it theirs to decline");
    let (status, list) = ada.get(&path).await;
    assert_eq!((status, list["bans"].as_array().unwrap().len()), (200, 1), "{list}");
    assert_eq!(
        (&list["bans"][0]["account"]["username"], &list["bans"][0]["by"]["username"]),
        (&json!("kim"), &json!("joe"))
    );

    let one = format!("{path}/{}", id(&kim));
    assert_eq!(sam.delete(&one).await.0, 403);
    assert_eq!(ada.delete(&format!("{path}/{}", id(&sam))).await.0, 404);
    assert_eq!(ada.delete(&format!("{path}/nonsense")).await.0, 404);
    let before = ada.get(&format!("/bands/{band}")).await.1["revision"].as_i64().unwrap();
    assert_eq!(ada.delete(&one).await.0, 204);
    assert!(ada.get(&format!("/bands/{band}")).await.1["revision"].as_i64().unwrap() > before);
    assert_eq!(ada.delete(&one).await.0, 404);
    assert_eq!(ada.get(&path).await.1["bans"], json!([]));
    let (_, told) = ada.get(&format!("/bands/{band}/audit?action=member.unbanned")).await;
    assert_eq!(told["events"][0]["account"]["username"], "kim");

    assert_eq!(code(kim.accept(&old).await), (403, "removed".to_owned()));
    assert_eq!(code(kim.post(&decline, json!({})).await), (403, "removed".to_owned()));
    world.clock.pass_seconds(1);
    let (_, new) = ada.invite(&band, json!({})).await;
    assert_eq!(kim.accept(&new).await.1["outcome"], "joined");
}

async fn bans_come_in_pages(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    for (n, person) in world.people(5).await.iter().enumerate() {
        let_in(&ada, &band, "member", &[person]).await;
        // Two of them in one instant.
        world.clock.pass_seconds(i64::from(n != 2));
        assert_eq!(ada.delete(&format!("/bands/{band}/members/{}?ban=true", id(person))).await.0, 204);
    }
    let path = format!("/bands/{band}/bans?limit=2");
    let all = ada.get(&format!("/bands/{band}/bans")).await.1["bans"].as_array().unwrap().clone();
    for (end, on) in [("", "next_cursor"), ("&cursor=last", "prev_cursor")] {
        let (mut pages, mut at) = (Vec::<Vec<Value>>::new(), format!("{path}{end}"));
        loop {
            let page = ada.get(&at).await.1;
            pages.push(page["bans"].as_array().unwrap().clone());
            let Some(cursor) = page[on].as_str() else { break };
            at = format!("{path}&cursor={cursor}");
        }
        if on == "prev_cursor" {
            pages.reverse();
        }
        assert_eq!((pages.len(), pages.concat()), (3, all.clone()), "{on}");
    }
    assert_eq!(ada.get(&format!("/bands/{band}/bans?q=x")).await.0, 422);
}
