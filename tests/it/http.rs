//! What holds for every answer.

use guestlist::domain::{Role, Status};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::world::{World, on_each_database};

on_each_database! { a_node_with_a_database_is_ready }

async fn a_node_with_a_database_is_ready(world: World) {
    for path in ["/livez", "/readyz"] {
        assert_eq!(get(&world, path).await.status(), 204, "{path}");
    }
}

async fn get(world: &World, path: &str) -> reqwest::Response {
    reqwest::get(format!("{}{path}", world.origin)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_address_is_a_problem() {
    let world = World::sqlite().await;
    for path in ["/nothing", "/api/v1/nothing"] {
        let response = get(&world, path).await;
        assert_eq!(response.status(), 404, "{path}");
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        assert_eq!(response.headers()["x-content-type-options"], "nosniff");
        assert_eq!(response.headers()["cache-control"], "no-store");
        let problem: serde_json::Value = response.json().await.unwrap();
        assert_eq!(problem["code"], "not_found");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_method_is_a_problem_that_names_the_right_ones() {
    let world = World::sqlite().await;
    let response = reqwest::Client::new().delete(format!("{}/livez", world.origin)).send().await.unwrap();
    assert_eq!(response.status(), 405);
    assert!(response.headers()["allow"].to_str().unwrap().contains("GET"));
    let problem: serde_json::Value = response.json().await.unwrap();
    assert_eq!(problem["code"], "method_not_allowed");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_description_is_openapi_3_1_with_a_bearer_scheme() {
    let world = World::sqlite().await;
    let document: serde_json::Value = get(&world, "/openapi.json").await.json().await.unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"), "{document}");
    assert_eq!(document["components"]["securitySchemes"]["bearer"]["scheme"], "bearer");
    let text = document.to_string();
    for named in text.split("#/components/schemas/").skip(1) {
        let name = named.split('"').next().unwrap();
        assert!(document["components"]["schemas"][name].is_object(), "{name} is nowhere");
    }
    let mut names = std::collections::BTreeSet::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let name = operation["operationId"].as_str().unwrap();
            assert!(names.insert(name.to_owned()), "two operations are called {name}");
            assert!(operation["summary"].as_str().is_some_and(|text| !text.is_empty()), "{method} {path} says nothing");
            let problem = &operation["responses"]["default"]["content"]["application/problem+json"]["schema"];
            assert!(problem.is_object(), "{method} {path} can be refused");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_request_does_not_hold_the_end() {
    let world = World::sqlite().await;
    let address = world.origin.strip_prefix("http://").unwrap().to_owned();
    let mut half = tokio::net::TcpStream::connect(&address).await.unwrap();
    half.write_all(b"GET /livez HTTP/1.1\r\nHost:").await.unwrap();
    // The limit on headers would close it too, after ten seconds.
    tokio::time::timeout(std::time::Duration::from_secs(8), world.stop()).await.expect("the end waits for nobody");
    assert_eq!(half.read(&mut [0; 16]).await.unwrap_or(0), 0, "it is closed without an answer");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_that_cannot_be_meant_is_refused_by_name() {
    let world = World::sqlite().await;
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    for (query, field) in
        [("limit=1&limit=2", "limit"), ("colour=red", "colour"), ("limit=%ff", "limit"), ("q=%00", "q")]
    {
        for list in [format!("/bands/{band}/members"), format!("/bands/{band}/invites")] {
            let (status, problem) = ada.get(&format!("{list}?{query}")).await;
            assert_eq!(
                (status, &problem["code"], &problem["errors"][0]["field"]),
                (422, &serde_json::json!("validation"), &serde_json::json!(field)),
                "{list}?{query}"
            );
        }
    }
    for (list, query, allowed) in [
        ("invites", "status=ended", "must be one of: pending accepted rejected cancelled"),
        ("invites", "created_by=ada", "must be a UUID"),
        ("audit", "from=yesterday", "must be a time such as 2026-01-31T18:00:00Z (RFC 3339)"),
        ("audit", "format=xml", "must be one of: json csv ndjson"),
    ] {
        let (status, problem) = ada.get(&format!("/bands/{band}/{list}?{query}")).await;
        assert_eq!((status, &problem["errors"][0]["message"]), (422, &serde_json::json!(allowed)), "{query}");
    }
}

#[tokio::test]
async fn the_description_spells_words_as_the_wire_does() {
    let world = World::sqlite().await;
    let document: serde_json::Value = get(&world, "/openapi.json").await.json().await.unwrap();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    for (name, words) in [
        ("Role", Role::ALL.iter().map(ToString::to_string).collect::<Vec<_>>()),
        ("Status", Status::ALL.iter().map(ToString::to_string).collect()),
    ] {
        assert_eq!(schemas[name]["enum"], serde_json::json!(words), "{name}");
    }
    let words = schemas.values().filter_map(|schema| schema["enum"].as_array()).flatten();
    let odd: Vec<_> = words.filter(|word| word.as_str().unwrap().contains(char::is_uppercase)).collect();
    assert!(odd.is_empty(), "{odd:?}");
}
