//! The figures, on a listener of their own.

use guestlist::server::sweep;
use serde_json::json;

use crate::world::{World, on_each_database, with_mail};

on_each_database! {
    what_the_dashboard_shows_is_there_from_the_start,
    requests_and_invites_are_counted_by_what_became_of_them,
    figures_are_nowhere_else,
}

async fn figures(world: &World) -> String {
    let answer = reqwest::get(&world.metrics).await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("application/openmetrics-text"));
    answer.text().await.unwrap()
}

/// The value of a series, by its whole name.
fn value(figures: &str, series: &str) -> Option<f64> {
    figures.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' ')?.parse().ok())
}

async fn requests_and_invites_are_counted_by_what_became_of_them(world: World) {
    let (ada, kim, sam) = (world.account("ada").await, world.account("kim").await, world.account("sam").await);
    let band = ada.band("Choir").await;
    let (_, token) = ada.invite(&band, json!({})).await;
    for _ in 0..2 {
        let again = ada.post_once(&format!("/bands/{band}/invites"), "k", json!({ "ttl_hours": 1 })).await;
        assert_eq!(again.0, 201, "a retry makes none, and is not counted");
    }
    kim.accept(&token).await;
    kim.accept(&token).await;
    sam.accept(&token).await;
    world.send("GET", &format!("/invites/{token}/info?{token}"), None).await;
    world.send("GET", &format!("/nothing/{token}"), None).await;
    world.clock.pass_hours(1);
    sweep::expire(&world.app).await.unwrap();
    let figures = figures(&world).await;
    for (series, least) in [
        ("guestlist_http_requests_total{method=\"POST\",route=\"/api/v1/invites/{token}/accept\",status=\"2xx\"}", 2.0),
        ("guestlist_http_requests_total{method=\"POST\",route=\"/api/v1/invites/{token}/accept\",status=\"4xx\"}", 1.0),
        ("guestlist_http_requests_total{method=\"GET\",route=\"/api/v1/invites/{token}/info\",status=\"4xx\"}", 1.0),
        ("guestlist_http_request_seconds_count{route=\"/api/v1/invites/{token}/accept\"}", 3.0),
        ("guestlist_invites_total{outcome=\"created\"}", 2.0),
        ("guestlist_invites_total{outcome=\"joined\"}", 1.0),
        ("guestlist_invites_total{outcome=\"already_member\"}", 1.0),
        ("guestlist_invites_total{outcome=\"invite_used\"}", 1.0),
        ("guestlist_invites_total{outcome=\"expired\"}", 1.0),
        ("guestlist_store_waiting{queue=\"writes\"}", 0.0),
        ("guestlist_store_waiting{queue=\"reads\"}", 0.0),
    ] {
        assert_eq!(value(&figures, series), Some(least), "{series}\n{figures}");
    }
    assert!(value(&figures, "guestlist_connections").unwrap() >= 1.0);
    assert!(figures.contains(concat!("guestlist_build_info{version=\"", env!("CARGO_PKG_VERSION"), "\"}")));
    assert!(!figures.contains(&token[4..]), "a path is never a label");
}

/// Every series that a server has, with what it is at.
fn series(figures: &str) -> Vec<(&str, f64)> {
    let lines = figures.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.rsplit_once(' ').map(|(name, value)| (name, value.parse().unwrap())).unwrap()).collect()
}

async fn what_the_dashboard_shows_is_there_from_the_start(world: World) {
    let figures = figures(&world).await;
    let fresh = series(&figures);
    let dashboard = include_str!("../../assets/deploy/dashboard.json");
    let mut named: Vec<&str> = dashboard
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .filter(|word| word.starts_with("guestlist_"))
        .collect();
    named.sort_unstable();
    named.dedup();
    assert!(named.len() >= 8, "{named:?}");
    for name in named {
        let found = fresh.iter().filter(|(series, _)| series.split('{').next() == Some(name)).count();
        assert!(found > 0, "{name} is nowhere in\n{figures}");
    }
    for counter in [
        "guestlist_invites_total{outcome=\"joined\"}",
        "guestlist_invites_total{outcome=\"expired\"}",
        "guestlist_invites_total{outcome=\"invalid_token\"}",
        "guestlist_mails_total{kind=\"invite\",outcome=\"bounced\"}",
        "guestlist_mails_total{kind=\"reminder\",outcome=\"deferred\"}",
        "guestlist_http_requests_total{method=\"GET\",route=\"none\",status=\"5xx\"}",
    ] {
        assert_eq!(value(&figures, counter), Some(0.0), "{counter}\n{figures}");
    }
    world.stop().await;
}

async fn figures_are_nowhere_else(world: World) {
    for path in ["/metrics", "/api/v1/metrics"] {
        assert_eq!(reqwest::get(format!("{}{path}", world.origin)).await.unwrap().status(), 404);
    }
    let elsewhere = world.metrics.replace("/metrics", "/api/v1/site");
    assert_eq!(reqwest::get(elsewhere).await.unwrap().status(), 404);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mails_that_wait_are_counted_so_far_and_no_further() {
    for world in World::each_with(with_mail()).await {
        for (urgent, told) in [("TRUE", 6_000.0), ("FALSE", 10_000.0)] {
            let many = format!(
                "INSERT INTO mail (kind, email, created_at, due_at, urgent)
                 WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 6000)
                 SELECT 'verification', 'kim@example.org', 1, 9000000000000000, {urgent} FROM n"
            );
            assert_eq!(world.run(&many).await, 6_000);
            assert_eq!(value(&figures(&world).await, "guestlist_mail_waiting"), Some(told));
        }
    }
}
