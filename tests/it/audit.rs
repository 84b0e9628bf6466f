//! The audit trail, as the band's admins read it.

use serde_json::{Value, json};

use crate::world::{World, on_each_database};

on_each_database! {
    what_happened_is_told_newest_first,
    an_event_says_whom_its_invite_is_for,
    a_filter_asks_for_all_that_it_names,
    several_filters_find_their_events_among_many,
    pages_run_forward_and_from_the_end,
    the_trail_is_for_admins,
    a_span_of_time_begins_with_its_first_instant_and_ends_before_its_last,
    what_is_written_late_stands_at_its_time,
    the_whole_trail_is_one_file,
    an_export_is_filtered_as_a_page_is,
    cells_that_a_spreadsheet_would_run_are_text,
    an_export_ends_with_the_right_to_it,
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

async fn an_event_says_whom_its_invite_is_for(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    let band = ada.band("Choir").await;
    ada.invite(&band, json!({})).await;
    ada.invite(&band, json!({ "label": "The drummer" })).await;
    ada.invite(&band, json!({ "email": "joe@example.org" })).await;
    ada.invite(&band, json!({ "username": "kim" })).await;
    let path = format!("/bands/{band}/audit?action=invite.created");
    let for_whom = async || {
        let trail = ada.get(&path).await.1;
        let events = trail["events"].as_array().unwrap().iter();
        events.map(|event| event["recipient"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(for_whom().await, ["@kim", "joe@example.org", "\"The drummer\"", "anyone with link"]);
    let made = ada.get(&format!("/bands/{band}/audit?action=band.created")).await.1;
    assert_eq!(made["events"][0]["recipient"], json!(null), "what is about no invite has none");
    let table = ada.fetch(&format!("{path}&format=csv")).await.text().await.unwrap();
    assert!(table.contains(",joe@example.org\r\n") && table.contains("'@kim"), "{table}");
    // The trail keeps no address of its own: what is erased is gone from it.
    world.run("UPDATE invite SET email = NULL").await;
    assert_eq!(for_whom().await[1], "erased address");
    assert_eq!(kim.delete("/me").await.0, 204);
    assert_eq!(for_whom().await[0], "deleted account");
    let table = ada.fetch(&format!("{path}&format=csv")).await.text().await.unwrap();
    assert!(table.contains(",deleted account\r\n"), "{table}");
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

async fn several_filters_find_their_events_among_many(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    let band = ada.band("Choir").await;
    let (one, token) = ada.invite(&band, json!({ "max_uses": null })).await;
    kim.accept(&token).await;
    world.events(&band, &kim, "sung", 1_200).await;
    world.events(&band, &ada, "sung", 1_200).await;
    world.events(&band, &ada, "tuned", 1_200).await;
    let (ada_id, kim_id) = (ada.account["id"].as_str().unwrap(), kim.account["id"].as_str().unwrap());
    for (query, found) in [
        (format!("invite={one}&actor={ada_id}"), vec!["invite.created"]),
        (format!("invite={one}&actor={kim_id}"), vec!["invite.accepted"]),
        (format!("actor={ada_id}&action=band.created"), vec!["band.created"]),
        (format!("actor={kim_id}&action=tuned"), vec![]),
        (format!("invite={one}&actor={ada_id}&action=sung"), vec![]),
    ] {
        for end in ["", "&cursor=last"] {
            let (status, trail) = ada.get(&format!("/bands/{band}/audit?{query}{end}")).await;
            assert_eq!((status, actions(&trail)), (200, found.clone()), "{query}{end}");
        }
    }
    // Many fit each of them, and all of those are told, from either end.
    let both = format!("/bands/{band}/audit?limit=200&actor={ada_id}&action=sung");
    for (end, next) in [("", "next_cursor"), ("&cursor=last", "prev_cursor")] {
        let (mut path, mut count) = (format!("{both}{end}"), 0);
        loop {
            let (_, trail) = ada.get(&path).await;
            count += actions(&trail).iter().filter(|action| **action == "sung").count();
            let Some(cursor) = trail[next].as_str() else { break };
            path = format!("{both}&cursor={cursor}");
        }
        assert_eq!(count, 1_200, "{end}");
    }
}

async fn pages_run_forward_and_from_the_end(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    for _ in 0..4 {
        ada.invite(&band, json!({})).await;
    }
    let page = async |cursor: &str| ada.get(&format!("/bands/{band}/audit?limit=2{cursor}")).await.1;
    let numbers = |page: &Value| -> Vec<i64> {
        page["events"].as_array().unwrap().iter().map(|event| event["id"].as_i64().unwrap()).collect()
    };
    let (mut forward, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = page(&cursor).await;
        forward.extend(numbers(&page));
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(forward.len(), 5);
    assert!(forward.is_sorted_by(|a, b| a > b), "{forward:?}");
    let (mut backward, mut cursor) = (Vec::new(), "&cursor=last".to_owned());
    loop {
        let page = page(&cursor).await;
        backward.splice(0..0, numbers(&page));
        let Some(prev) = page["prev_cursor"].as_str() else { break };
        cursor = format!("&cursor={prev}");
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

async fn a_span_of_time_begins_with_its_first_instant_and_ends_before_its_last(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let mut times = Vec::new();
    for _ in 0..3 {
        world.clock.pass_seconds(60);
        times.push(world.clock.now());
        ada.invite(&band, json!({})).await;
    }
    for (query, found) in [
        (format!("from={}", times[1]), 2),
        (format!("to={}", times[1]), 2), // the first, and the band
        (format!("from={}&to={}", times[0], times[2]), 2),
        (format!("from={}&to={}&action=invite.created&limit=1", times[0], times[2]), 1),
        (format!("from={}&to={}", times[2], times[0]), 0),
    ] {
        let (status, trail) = ada.get(&format!("/bands/{band}/audit?{query}")).await;
        assert_eq!((status, actions(&trail).len()), (200, found), "{query}");
    }
    let (status, problem) = ada.get(&format!("/bands/{band}/audit?from=yesterday")).await;
    assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!("from")));
}

async fn what_is_written_late_stands_at_its_time(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    ada.invite(&band, json!({ "ttl_hours": 1 })).await;
    world.clock.pass_hours(2);
    ada.invite(&band, json!({ "label": "later" })).await;
    // The server's own sweeper may be at it: what it holds is passed over.
    while world.number("SELECT COUNT(*) AS n FROM audit WHERE action = 'invite.expired'").await == 0 {
        guestlist::server::sweep::expire(&world.app).await.unwrap();
    }
    let (_, trail) = ada.get(&format!("/bands/{band}/audit")).await;
    assert_eq!(actions(&trail), ["invite.created", "invite.expired", "invite.created", "band.created"]);
}

/// Doubles the band's trail until it has this many events or more; how many it has.
async fn lengthen(world: &World, most: i64) -> i64 {
    let count = "SELECT COUNT(*) AS n FROM audit WHERE band IS NOT NULL";
    while world.number(count).await < most {
        world
            .run(
                "INSERT INTO audit (band, at, actor, action, invite, account, detail)
                SELECT band, at + 7, actor, action, invite, account, detail FROM audit WHERE seq % 2 = 0
                UNION ALL SELECT band, at - 7, actor, action, invite, account, detail FROM audit WHERE seq % 2 = 1",
            )
            .await;
    }
    world.number(count).await
}

async fn the_whole_trail_is_one_file(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    ada.invite(&band, json!({})).await;
    let most = lengthen(&world, 2_500).await;
    let path = format!("/bands/{band}/audit");
    let (mut pages, mut cursor) = (Vec::new(), String::new());
    loop {
        let (_, page) = ada.get(&format!("{path}?limit=200{cursor}")).await;
        pages.extend(page["events"].as_array().unwrap().clone());
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(pages.len() as i64, most);

    let answer = ada.fetch(&format!("{path}?format=ndjson")).await;
    let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "application/x-ndjson");
    assert_eq!(header("content-disposition"), format!("attachment; filename=\"audit-{band}.ndjson\""));
    assert!(answer.headers().get("content-length").is_none(), "it is not held whole");
    let text = answer.text().await.unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines, pages, "the lines are what the list shows, in its order");

    let answer = ada.fetch(&format!("{path}?format=csv")).await;
    assert_eq!(answer.headers()["content-type"], "text/csv; charset=utf-8; header=present");
    let text = answer.text().await.unwrap();
    let (names, rows) = text.split_once("\r\n").unwrap();
    assert!(names.starts_with("id,at,action,actor_id,"), "{names}");
    let numbers: Vec<&str> = rows.lines().map(|row| row.split(',').next().unwrap()).collect();
    let meant: Vec<String> = pages.iter().map(|event| event["id"].to_string()).collect();
    assert_eq!(numbers, meant);
}

async fn an_export_is_filtered_as_a_page_is(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    ada.invite(&band, json!({})).await;
    let path = format!("/bands/{band}/audit");
    let text = ada.fetch(&format!("{path}?format=ndjson&action=band.created")).await.text().await.unwrap();
    assert_eq!(text.lines().count(), 1, "{text}");
    let text = ada.fetch(&format!("{path}?format=csv&action=nothing")).await.text().await.unwrap();
    assert_eq!(text.lines().count(), 1, "names alone: {text}");
    let text = ada.fetch(&format!("{path}?format=ndjson&action=nothing")).await.text().await.unwrap();
    assert_eq!(text, "");
    for (query, field) in
        [("format=pdf", "format"), ("format=csv&limit=5", "limit"), ("format=ndjson&cursor=last", "cursor")]
    {
        let (status, problem) = ada.get(&format!("{path}?{query}")).await;
        assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!(field)), "{query}");
    }
}

async fn cells_that_a_spreadsheet_would_run_are_text(world: World) {
    let ada = world.account("ada").await;
    ada.patch("/me", json!({ "display_name": "=cmd|' /C calc'!A0, \"x\"" })).await;
    let band = ada.band("Choir").await;
    let text = ada.fetch(&format!("/bands/{band}/audit?format=csv")).await.text().await.unwrap();
    assert!(text.contains(",ada,\"'=cmd|' /C calc'!A0, \"\"x\"\"\","), "{text}");
}

async fn an_export_ends_with_the_right_to_it(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    let band = ada.band("Choir").await;
    let (_, token) = ada.invite(&band, json!({ "role": "admin" })).await;
    kim.accept(&token).await;
    let most = lengthen(&world, 60_000).await; // more than connections hold on the way
    let mut answer = kim.fetch(&format!("/bands/{band}/audit?format=ndjson")).await;
    assert_eq!(answer.status(), 200);
    let mut text = answer.chunk().await.unwrap().unwrap().to_vec();
    world.run("UPDATE member SET role = 'member' WHERE role = 'admin'").await;
    let end = loop {
        match answer.chunk().await {
            Ok(Some(more)) => text.extend_from_slice(&more),
            end => break end,
        }
    };
    assert!(end.is_err(), "what is broken off does not look whole");
    let lines = text.split(|&byte| byte == b'\n').count() as i64;
    assert!(lines < most, "{lines} of {most}");
}

#[test]
fn clients_know_every_name_that_the_server_writes_into_the_trail_of_a_band() {
    let mut folders = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/server")];
    let mut written = std::collections::BTreeSet::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                folders.push(entry);
                continue;
            }
            let text = std::fs::read_to_string(&entry).unwrap();
            for word in text.split('"').filter(|word| *word != "invite.ics") {
                let Some((subject, what)) = word.split_once('.') else { continue };
                let is_one = ["band", "campaign", "invite", "join", "member", "template"].contains(&subject);
                if is_one && !what.is_empty() && what.chars().all(|c| c.is_ascii_lowercase() || c == '_') {
                    written.insert(word.to_owned());
                }
            }
        }
    }
    let known: Vec<&str> = guestlist::api::AUDIT_ACTIONS.to_vec();
    assert_eq!(written.iter().map(String::as_str).collect::<Vec<_>>(), known);
}
