//! Lists of invites: searched, filtered, sorted, and read from either end.

use guestlist::api::InviteSort;
use serde_json::{Value, json};

use crate::world::{Person, World, on_each_database};

on_each_database! {
    a_search_finds_a_part_and_nothing_else,
    a_search_follows_an_edit,
    matches_are_counted_to_a_thousand,
    every_order_is_read_from_both_ends,
    a_member_who_may_not_invite_sees_their_own,
    uses_are_read_from_both_ends,
    a_cursor_is_of_one_list_in_one_order,
    an_empty_word_is_no_word,
}

async fn found(ada: &Person, band: &str, q: &str) -> Vec<String> {
    let url = reqwest::Url::parse_with_params("http://x/", [("q", q)]).unwrap();
    let (status, list) = ada.get(&format!("/bands/{band}/invites?sort=created&{}", url.query().unwrap())).await;
    assert_eq!(status, 200, "{list}");
    let labels: Vec<String> =
        list["invites"].as_array().unwrap().iter().map(|i| i["label"].as_str().unwrap().to_owned()).collect();
    assert_eq!(list["matched"], labels.len());
    labels
}

/// Held to a refusal that names this key.
async fn refused(ada: &Person, path: &str, key: &str) {
    let (status, problem) = ada.get(path).await;
    assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!(key)), "{path}: {problem}");
}

async fn a_cursor_is_of_one_list_in_one_order(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    for _ in 0..2 {
        ada.invite(&band, json!({})).await;
    }
    let invites = format!("/bands/{band}/invites?limit=1");
    let cursor = ada.get(&invites).await.1["next_cursor"].as_str().unwrap().to_owned();
    assert_eq!(ada.get(&format!("{invites}&cursor={cursor}")).await.0, 200);
    assert_eq!(ada.get(&format!("{invites}&sort=-created&status=pending&cursor={cursor}")).await.0, 200);
    for other in ["invites?sort=created", "invites?sort=expires", "invites?sort=-expires"] {
        refused(&ada, &format!("/bands/{band}/{other}&cursor={cursor}"), "cursor").await;
    }
    for other in ["members", "campaigns", "templates", "audit", "bans", "join-requests"] {
        refused(&ada, &format!("/bands/{band}/{other}?cursor={cursor}"), "cursor").await;
    }
    for other in ["/bands", "/me/invites"] {
        refused(&ada, &format!("{other}?cursor={cursor}"), "cursor").await;
    }
    ada.band("Brass & Bone").await;
    let mine = ada.get("/bands?limit=1").await.1["next_cursor"].as_str().unwrap().to_owned();
    refused(&ada, &format!("/bands?scope=open&cursor={mine}"), "cursor").await;
}

async fn an_empty_word_is_no_word(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    for key in ["status", "kind", "campaign", "created_by", "sort", "limit", "cursor"] {
        refused(&ada, &format!("/bands/{band}/invites?{key}="), key).await;
    }
    refused(&ada, "/bands?scope=", "scope").await;
    assert_eq!(ada.get(&format!("/bands/{band}/invites?q=")).await.0, 200, "nothing is looked for");
}

async fn a_search_finds_a_part_and_nothing_else(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    for (label, email) in [
        ("abcd cde", None),
        ("abcde", None),
        ("The drummer", Some("kim@Example.org")),
        ("100%_sure", None),
        ("ÉMILE", None),
        ("drums", None),
    ] {
        ada.invite(&band, json!({ "label": label, "email": email })).await;
    }
    let other = ada.band("Brass & Bone").await;
    ada.invite(&other, json!({ "label": "abcde" })).await;
    for (q, labels) in [
        ("abcde", vec!["abcde"]),
        ("bcd", vec!["abcd cde", "abcde"]),
        ("dr", vec!["drums"]),
        ("T", vec!["The drummer"]),
        ("DRUM", vec!["The drummer", "drums"]),
        ("example.org", vec!["The drummer"]),
        ("kI", vec!["The drummer"]),
        ("rim", vec![]),
        ("r\nk", vec![]),
        ("0%_s", vec!["100%_sure"]),
        ("%%%", vec![]),
        ("___", vec![]),
        ("'\"; DROP", vec![]),
        ("émil", vec!["ÉMILE"]),
        ("e\u{301}mi", vec!["ÉMILE"]),
    ] {
        assert_eq!(found(&ada, &band, q).await, labels, "{q}");
    }
    let (_, all) = ada.get(&format!("/bands/{band}/invites?q=%20%20")).await;
    assert_eq!((all["invites"].as_array().unwrap().len(), &all["matched"]), (6, &json!(null)), "nothing is asked for");
}

async fn a_search_follows_an_edit(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let (id, _) = ada.invite(&band, json!({ "label": "the drummer" })).await;
    assert_eq!(ada.patch(&format!("/invites/{id}"), json!({ "label": "the singer" })).await.0, 200);
    assert_eq!(found(&ada, &band, "drum").await, [""; 0]);
    assert_eq!(found(&ada, &band, "sing").await, ["the singer"]);
}

async fn matches_are_counted_to_a_thousand(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    ada.invite(&band, json!({ "label": "the drummer" })).await;
    world.copy_invites(1_100).await;
    ada.invite(&band, json!({ "label": "a singer" })).await;
    for query in ["q=drum", "q=t", "status=pending"] {
        let (_, list) = ada.get(&format!("/bands/{band}/invites?limit=3&{query}")).await;
        assert_eq!((&list["matched"], &list["total"]), (&json!(1_000), &json!(1_102)), "{query}");
        assert_eq!(list["invites"].as_array().unwrap().len(), 3);
    }
    assert_eq!(found(&ada, &band, "sing").await, ["a singer"]);
    for sort in InviteSort::ALL {
        let (_, last) = ada.get(&format!("/bands/{band}/invites?limit=3&q=drum&sort={sort}&cursor=last")).await;
        assert_eq!((last["invites"].as_array().unwrap().len(), &last["next_cursor"]), (3, &json!(null)), "{sort}");
        assert!(last["prev_cursor"].is_string());
    }
}

async fn every_order_is_read_from_both_ends(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    for hours in [5, 3, 3, 900, 1] {
        ada.invite(&band, json!({ "ttl_hours": hours, "label": "the same" })).await;
    }
    for _ in 0..2 {
        ada.invite(&band, json!({ "expires_at": null, "label": "the same" })).await;
    }
    let ids = |page: &Value| -> Vec<String> {
        page["invites"].as_array().unwrap().iter().map(|i| i["id"].as_str().unwrap().to_owned()).collect()
    };
    for query in ["", "q=same", "status=pending", "q=sa", "q=same&status=pending&kind=link"] {
        for sort in InviteSort::ALL {
            let path = format!("/bands/{band}/invites?sort={sort}&{query}");
            let (_, whole) = ada.get(&path).await;
            let ends: Vec<&str> =
                whole["invites"].as_array().unwrap().iter().map(|i| i["expires_at"].as_str().unwrap_or("~")).collect();
            match sort {
                InviteSort::Soonest => assert!(ends.is_sorted(), "{ends:?}"),
                InviteSort::Latest => assert!(ends.iter().rev().is_sorted(), "{ends:?}"),
                InviteSort::Newest | InviteSort::Oldest => {}
            }
            for (mut at, key) in [(String::new(), "next_cursor"), ("&cursor=last".to_owned(), "prev_cursor")] {
                let mut read = Vec::new();
                loop {
                    let (status, page) = ada.get(&format!("{path}&limit=3{at}")).await;
                    assert_eq!(status, 200, "{page}");
                    let place = if key == "next_cursor" { read.len() } else { 0 };
                    read.splice(place..place, ids(&page));
                    let Some(more) = page[key].as_str() else { break };
                    at = format!("&cursor={more}");
                }
                assert_eq!(read, ids(&whole), "{path} by {key}");
            }
        }
    }
}

async fn a_member_who_may_not_invite_sees_their_own(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    let band = ada.band("Choir").await;
    let (_, token) = ada.invite(&band, json!({ "label": "the drummer" })).await;
    kim.accept(&token).await;
    for query in ["", "?q=drum", "?status=accepted", &format!("?created_by={}", ada.account["id"].as_str().unwrap())] {
        let (status, list) = kim.get(&format!("/bands/{band}/invites{query}")).await;
        assert_eq!((status, &list["invites"]), (200, &json!([])), "{query}");
    }
}

async fn uses_are_read_from_both_ends(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let (id, token) = ada.invite(&band, json!({ "max_uses": null })).await;
    for person in world.people(5).await {
        assert_eq!(person.accept(&token).await.0, 200);
    }
    let names = |page: &Value| -> Vec<String> {
        let name = |one: &Value| one["account"]["username"].as_str().unwrap().to_owned();
        page["redemptions"].as_array().unwrap().iter().map(name).collect()
    };
    let path = format!("/invites/{id}/redemptions");
    let (_, whole) = ada.get(&path).await;
    assert_eq!((names(&whole).len(), &whole["next_cursor"], &whole["prev_cursor"]), (5, &json!(null), &json!(null)));
    let (_, last) = ada.get(&format!("{path}?limit=2&cursor=last")).await;
    let (_, before) = ada.get(&format!("{path}?limit=2&cursor={}", last["prev_cursor"].as_str().unwrap())).await;
    let (_, first) = ada.get(&format!("{path}?limit=2&cursor={}", before["prev_cursor"].as_str().unwrap())).await;
    let (_, second) = ada.get(&format!("{path}?limit=4&cursor={}", first["next_cursor"].as_str().unwrap())).await;
    assert_eq!([names(&first), names(&before), names(&last)].concat(), names(&whole));
    assert_eq!(names(&second), names(&whole)[1..]);
}
