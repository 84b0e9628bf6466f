//! A band of any size costs what a small one does: rows touched by whole requests, compared, never times.

use guestlist::server::store::Database;
use serde_json::{Value, json};

use crate::world::{Person, World};

/// Invites, members and events of the small band, and of the large one.
const SMALL: usize = 50;
const LARGE: usize = 10_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_large_band_of_sqlite_costs_what_a_small_one_does() {
    let (small, large) = (work(World::sqlite().await, SMALL).await, work(World::sqlite().await, LARGE).await);
    // The steps for a row of an answer, and for one that is counted.
    compare(&small, &large, 150, 15);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_band_of_postgres_costs_what_a_small_one_does() {
    if let (Some(small), Some(large)) = (World::postgres().await, World::postgres().await) {
        compare(&work(small, SMALL).await, &work(large, LARGE).await, 4, 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_band_of_postgres_is_not_looked_for_among_the_rows_of_a_large_one() {
    let Some(world) = World::postgres().await else { return };
    let ada = world.account("ada").await;
    let _ = seeded(&world, &ada, LARGE / 2).await;
    let small = ada.band("Duo").await;
    let _ = ada.invite(&small, json!({})).await;
    world.run("ANALYZE").await;
    for (table, more) in [("invite", ""), ("invite", " AND status = 'pending'"), ("member", ""), ("audit", "")] {
        let sql = format!("SELECT * FROM {table} WHERE band = $1{more} ORDER BY seq DESC LIMIT 5000");
        let steps = crate::plan::plan(&world.database, &sql).unwrap();
        assert!(
            steps.contains("Index Cond: (band = $1)") || steps.contains("Index Cond: ((band = $1)"),
            "{sql}\n{steps}"
        );
    }
}

/// What a request came to, and how it is counted: a filtered answer counts what fits to 1,000.
struct Work {
    request: String,
    counts: bool,
    took: i64,
}

fn compare(small: &[Work], large: &[Work], of_a_row: i64, of_a_count: i64) {
    assert_eq!(small.len(), large.len());
    // PostgreSQL counts no row that it takes out of an index alone, which it may do once a table was cleaned up.
    let measured = large.iter().filter(|work| work.took > 0).count();
    assert!(measured * 10 > large.len() * 9, "only {measured} of {} were measured", large.len());
    let mut faults = Vec::new();
    for (small, large) in small.iter().zip(large) {
        assert_eq!(small.request, large.request);
        // A page of 50 is full in either; where one is not, by a row or two.
        let counted = if large.counts { 1_000 * of_a_count } else { 0 };
        let most = small.took * 3 / 2 + 2 * of_a_row + counted;
        if large.took > most {
            faults.push(format!("{}: {} and not {most} at the most, as of {}", large.request, large.took, small.took));
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// A band of this size in every way.
async fn seeded(world: &World, ada: &Person, n: usize) -> (String, String) {
    let band = ada.band("Choir").await;
    let (_, token) = ada.invite(&band, json!({ "label": "the drummer", "max_uses": null, "ttl_hours": null })).await;
    world.copy_invites(n - 1).await;
    world.events(&band, ada, "sung", n as i64).await;
    world.fill_with_members(&band, ada, n).await;
    (band, token)
}

async fn work(world: World, n: usize) -> Vec<Work> {
    let ada = world.account("ada").await;
    let (band, token) = seeded(&world, &ada, n).await;
    if let Database::Postgres(_) = world.database {
        // As its own server does from time to time: without it plans are guessed.
        world.run("ANALYZE").await;
    }
    let me = ada.account["id"].as_str().unwrap();
    let mut all = Vec::new();
    let of_band = |rest: &str| format!("/bands/{band}/{rest}");
    let campaign = format!("campaign={band}");
    let creator = format!("created_by={me}");
    let mut lists = vec![("members", false), ("audit", false), ("tree", false)];
    let audit = [format!("tree?under={me}"), format!("audit?actor={me}"), "audit?action=sung".to_owned()];
    lists.extend(audit.iter().map(|list| (list.as_str(), list.starts_with("tree"))));
    let mut invites = Vec::new();
    for sort in ["-created", "created", "expires", "-expires"] {
        invites.push((format!("invites?sort={sort}"), false));
    }
    for filter in ["status=pending", "kind=link", &campaign, &creator] {
        for sort in ["-created", "created"] {
            invites.push((format!("invites?{filter}&sort={sort}"), true));
        }
    }
    for sort in ["expires", "-expires"] {
        invites.push((format!("invites?status=pending&sort={sort}"), true));
    }
    // A word that every invite has.
    for sort in ["-created", "created"] {
        invites.push((format!("invites?q=drummer&sort={sort}"), true));
    }
    lists.extend(invites.iter().map(|(list, counts)| (list.as_str(), *counts)));
    for (list, counts) in lists {
        let list = format!("{}{}limit=20", of_band(list), if list.contains('?') { '&' } else { '?' });
        let mut at = |request: &str, took| {
            let request = format!("{} {request}", list.replace(&band, "B").replace(me, "A"));
            all.push(Work { request, counts, took });
        };
        let (first, took) = measured(&world, &ada, &list).await;
        at("first", took);
        // Somewhere in the middle, of a small band the second page.
        let mut next = first["next_cursor"].as_str().map(str::to_owned);
        for _ in 1..(n / 200).clamp(1, 10) {
            let far = list.replace("limit=20", "limit=200");
            let (page, _) = measured(&world, &ada, &format!("{far}&cursor={}", next.unwrap())).await;
            next = page["next_cursor"].as_str().map(str::to_owned);
        }
        let (_, took) = measured(&world, &ada, &format!("{list}&cursor={}", next.unwrap())).await;
        at("middle", took);
        let (end, took) = measured(&world, &ada, &format!("{list}&cursor=last")).await;
        at("last", took);
        let before = end["prev_cursor"].as_str().unwrap();
        at("before the last", measured(&world, &ada, &format!("{list}&cursor={before}")).await.1);
    }
    for (path, name) in [
        ("/bands".to_owned(), "bands"),
        (format!("/bands/{band}"), "band"),
        ("/me/sync".to_owned(), "sync"),
        (format!("/campaigns/{band}"), "campaign"),
        (format!("/invites/{token}/info"), "preview"),
        (of_band("campaigns"), "campaigns"),
    ] {
        let took = measured(&world, &ada, &path).await.1;
        all.push(Work { request: name.to_owned(), counts: false, took });
    }
    let kim = world.account("kim").await;
    let _ = world.app.store().measured();
    assert_eq!(kim.accept(&token).await.0, 200);
    all.push(Work { request: "accept".to_owned(), counts: false, took: world.app.store().measured() });
    assert_eq!(ada.post(&of_band("invites"), json!({ "email": "x@example.org" })).await.0, 201);
    all.push(Work { request: "create".to_owned(), counts: false, took: world.app.store().measured() });
    // The middle of the latest 1,000 uses is looked for among them all.
    let took = measured(&world, &ada, &of_band("stats")).await.1;
    all.push(Work { request: "stats".to_owned(), counts: true, took });
    all
}

async fn measured(world: &World, person: &Person, path: &str) -> (Value, i64) {
    // A session of PostgreSQL that has rested for a while tells the server what it has read, and begins at nothing, rarely
    // within the next transaction: then less is counted after it than before.
    for _ in 0..10 {
        let _ = world.app.store().measured();
        let (status, answer) = person.get(path).await;
        assert_eq!(status, 200, "{path}: {answer}");
        let took = world.app.store().measured();
        if took >= 0 {
            return (answer, took);
        }
    }
    panic!("{path} cannot be measured")
}
