//! Codes by the batch, on both databases.

use guestlist::{
    domain::{Policy, Preset},
    server::Settings,
};
use serde_json::{Value, json};

use crate::{
    members::code,
    world::{Person, World, on_each_database, settings},
};

on_each_database! {
    a_batch_is_a_campaign_of_codes_that_let_people_in,
    each_field_that_is_wrong_is_named,
    the_codes_are_told_page_by_page_and_each_time_the_trail_says_so,
    the_table_of_all_codes_is_one_that_a_spreadsheet_does_not_run,
    cards_are_printed_of_codes_that_can_be_used_alone,
    a_retry_makes_no_second_batch,
    the_sites_codes_are_for_those_who_run_it,
    the_sites_batches_are_found_again_and_single_codes_are_revoked,
}

async fn batch(person: &Person, band: &str, wish: Value) -> (u16, Value) {
    person.post(&format!("/bands/{band}/codes"), wish).await
}

/// Makes codes; the path of their list.
async fn made(person: &Person, band: &str, wish: Value) -> String {
    let (status, made) = batch(person, band, wish).await;
    assert_eq!(status, 201, "{made}");
    format!("/campaigns/{}/codes", made["campaign"]["id"].as_str().unwrap())
}

async fn codes(person: &Person, list: &str) -> Vec<String> {
    let (status, page) = person.get(&format!("{list}?limit=200")).await;
    assert_eq!(status, 200, "{page}");
    page["codes"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap().to_owned()).collect()
}

async fn a_batch_is_a_campaign_of_codes_that_let_people_in(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    let band = ada.band("Choir").await;
    let wish = json!({ "count": 120, "name": "For the door", "role": "admin", "ttl_hours": 24, "max_uses": 2 });
    let (status, made) = batch(&ada, &band, wish).await;
    assert_eq!((status, &made["created"]), (201, &json!(120)), "{made}");
    let campaign = &made["campaign"];
    assert_eq!((&campaign["name"], &campaign["role"]), (&json!("For the door"), &json!("admin")));
    assert_eq!((&campaign["band_id"], &campaign["active"]), (&json!(band), &json!(true)));
    assert_eq!(campaign["counts"]["pending"], 120);
    let list = format!("/campaigns/{}/codes", campaign["id"].as_str().unwrap());
    let mut all = codes(&ada, &list).await;
    assert_eq!(kim.accept(&all[7].to_lowercase()).await.1["role"], "admin");
    let (_, page) = ada.get(&format!("{list}?limit=200")).await;
    assert_eq!((&page["codes"][7]["uses"], &page["codes"][7]["max_uses"]), (&json!(1), &json!(2)));
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 120, "no two are alike");
    let (_, shown) = ada.get(&format!("/bands/{band}")).await;
    assert_eq!(shown["counts"], json!({ "members": 2, "invites": 120, "pending": 120 }));
}

async fn each_field_that_is_wrong_is_named(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    for (field, value) in [
        ("count", json!(0)),
        ("count", json!(1_001)),
        ("count", json!(-1)),
        ("name", json!("")),
        ("role", json!("owner")),
        ("ttl_hours", json!(0)),
        ("max_uses", json!(0)),
    ] {
        let mut wish = json!({ "count": 1, "name": "For the door" });
        wish[field] = value;
        let (status, problem) = batch(&ada, &band, wish.clone()).await;
        assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!(field)), "{wish} {problem}");
    }
    assert_eq!(world.number("SELECT COUNT(*) AS n FROM invite").await, 0);
}

async fn the_codes_are_told_page_by_page_and_each_time_the_trail_says_so(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let list = made(&ada, &band, json!({ "count": 5, "name": "For the door", "ttl_hours": null })).await;
    let (_, first) = ada.get(&format!("{list}?limit=3")).await;
    let (_, rest) = ada.get(&format!("{list}?limit=3&cursor={}", first["next_cursor"].as_str().unwrap())).await;
    assert_eq!((first["codes"].as_array().unwrap().len(), rest["codes"].as_array().unwrap().len()), (3, 2));
    let one = &first["codes"][0];
    let link = format!("{}/invite/{}", world.origin, one["code"].as_str().unwrap());
    assert_eq!((&one["link"], &one["status"], &one["expires_at"]), (&json!(link), &json!("pending"), &json!(null)));
    ada.fetch(&format!("{list}?format=csv")).await.text().await.unwrap();
    ada.fetch(&format!("{list}/sheet")).await.text().await.unwrap();
    let (_, trail) = ada.get(&format!("/bands/{band}/audit?action=campaign.codes_shown")).await;
    assert_eq!(trail["events"].as_array().unwrap().len(), 4);
    for event in trail["events"].as_array().unwrap() {
        assert_eq!((&event["actor"]["username"], &event["detail"]), (&json!("ada"), &json!("For the door")));
    }
    let (status, problem) = ada.get(&format!("{list}?format=xml")).await;
    assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!("format")));
}

async fn the_table_of_all_codes_is_one_that_a_spreadsheet_does_not_run(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let list = made(&ada, &band, json!({ "count": 3, "name": "=1+1", "max_uses": null, "ttl_hours": 1 })).await;
    let all = codes(&ada, &list).await;
    let answer = ada.fetch(&format!("{list}?format=csv")).await;
    let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("cache-control"), "no-store");
    assert!(header("content-type").starts_with("text/csv"));
    let text = answer.text().await.unwrap();
    let rows: Vec<&str> = text.lines().collect();
    assert_eq!((rows.len(), rows[0]), (4, "code,status,uses,max_uses,expires_at,link"));
    let row = format!("{},pending,0,,2027-01-15T09:00:00Z,{}/invite/{}", all[0], world.origin, all[0]);
    assert_eq!(rows[1], row);
}

async fn cards_are_printed_of_codes_that_can_be_used_alone(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    let band = ada.band("<b>Brass & Bone").await;
    let list = made(&ada, &band, json!({ "count": 12, "name": "Door", "ttl_hours": 48 })).await;
    let all = codes(&ada, &list).await;
    assert_eq!(kim.accept(&all[0]).await.0, 200);
    let answer = ada.fetch(&format!("{list}/sheet")).await;
    let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(
        (header("content-type").as_str(), header("cache-control").as_str()),
        ("text/html; charset=utf-8", "no-store")
    );
    let policy = header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-") && !policy.contains("unsafe"), "{policy}");
    let page = answer.text().await.unwrap();
    assert_eq!((page.matches("<section").count(), page.matches("<article").count()), (2, 11));
    assert!(!page.contains(&all[0]) && all[1..].iter().all(|code| page.contains(code)));
    assert!(!page.contains("<b>") && page.contains("Brass") && !page.contains("<script"));
    assert!(page.contains("Until 17 January 2027, 08:00 UTC") && page.contains("For one person"));
    assert_eq!(page.matches("<svg").count(), 11);
    world.clock.pass_hours(48);
    let page = ada.fetch(&format!("{list}/sheet")).await.text().await.unwrap();
    assert!(page.contains("there is no card to print") && !page.contains("<article"), "they have expired");
}

async fn a_retry_makes_no_second_batch(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let path = format!("/bands/{band}/codes");
    let wish = json!({ "count": 4, "name": "For the door" });
    let (first, again) = (ada.post_once(&path, "k", wish.clone()).await, ada.post_once(&path, "k", wish).await);
    assert_eq!((first.0, &first.1), (201, &again.1));
    assert_eq!(world.number("SELECT COUNT(*) AS n FROM invite").await, 4);
}

async fn the_sites_codes_are_for_those_who_run_it(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    world.make_site_admin(&ada).await;
    let wish = json!({ "count": 2, "name": "Newcomers" });
    assert_eq!(code(kim.post("/site/codes", wish.clone()).await), (403, "forbidden".to_owned()));
    let (status, made) = ada.post("/site/codes", wish).await;
    assert_eq!((status, &made["campaign"]["band_id"]), (201, &json!(null)), "{made}");
    let list = format!("/campaigns/{}/codes", made["campaign"]["id"].as_str().unwrap());
    assert_eq!(codes(&ada, &list).await.len(), 2);
    let page = ada.fetch(&format!("{list}/sheet")).await.text().await.unwrap();
    assert!(page.contains("Make an account:") && page.contains(&world.origin));
    for path in [list.clone(), format!("{list}?format=csv"), format!("{list}/sheet")] {
        assert_eq!(kim.fetch(&path).await.status(), 404, "{path}");
    }
    let (status, problem) = ada.post("/site/codes", json!({ "count": 1, "name": "x", "role": "admin" })).await;
    assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!("role")));
    assert_eq!(
        world.number("SELECT COUNT(*) AS n FROM audit WHERE action = 'invite.created' AND band IS NULL").await,
        2
    );
}

async fn the_sites_batches_are_found_again_and_single_codes_are_revoked(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    for person in [&ada, &kim] {
        world.make_site_admin(person).await;
    }
    let mut batches = Vec::new();
    for name in ["Spring", "Summer", "Autumn"] {
        batches.push(ada.post("/site/codes", json!({ "count": 2, "name": name })).await.1["campaign"].clone());
    }
    batches.reverse();
    let (status, list) = kim.get("/site/codes").await;
    assert_eq!((status, &list["campaigns"]), (200, &json!(batches)), "{list}");
    let (_, first) = kim.get("/site/codes?limit=2").await;
    let (_, rest) = kim.get(&format!("/site/codes?limit=2&cursor={}", first["next_cursor"].as_str().unwrap())).await;
    assert_eq!((&first["campaigns"][1], &rest["campaigns"]), (&batches[1], &json!([batches[2]])));
    let campaign = format!("/campaigns/{}", batches[0]["id"].as_str().unwrap());
    let (_, page) = kim.get(&format!("{campaign}/codes")).await;
    let (one, other) = (&page["codes"][0], &page["codes"][1]);
    let path = format!("/invites/{}", one["invite_id"].as_str().unwrap());
    let (_, shown) = kim.get(&path).await;
    assert_eq!((&shown["band_id"], &shown["campaign_id"]), (&json!(null), &batches[0]["id"]), "{shown}");
    let (status, problem) = kim.patch(&path, json!({ "role": "admin" })).await;
    assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!("role")), "{problem}");
    assert_eq!(kim.delete(&path).await.0, 204);
    let info = |code: &Value| format!("/invites/{}/info", code["code"].as_str().unwrap());
    assert_eq!(code(kim.get(&info(one)).await), (410, "invite_revoked".to_owned()));
    assert_eq!(kim.get(&info(other)).await.0, 200, "the others stay");
    let (_, counted) = kim.get(&campaign).await;
    assert_eq!((&counted["counts"]["pending"], &counted["counts"]["cancelled"]), (&json!(1), &json!(1)));
    let (_, ended) = kim.post(&format!("{campaign}/expire"), json!({})).await;
    assert_eq!(ended["cancelled"], 1);
    let nil = "00000000-0000-0000-0000-000000000000";
    for path in ["", "/invites", "/campaigns", "/members", "/audit", "/tree"] {
        assert_eq!(kim.get(&format!("/bands/{nil}{path}")).await.0, 404, "the site is no band: {path}");
    }
    let wish = json!({ "count": 1, "name": "Winter" });
    assert_eq!(kim.post(&format!("/bands/{nil}/codes"), wish).await.0, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bands_codes_are_charged_to_the_quota_and_the_sites_are_not() {
    let policy = Policy { quota_per_30_days: Some(10), ..Policy::preset(Preset::Band) };
    for world in World::each_with(Settings { policy, ..settings() }).await {
        let ada = world.account("ada").await;
        world.make_site_admin(&ada).await;
        let band = ada.band("Choir").await;
        assert_eq!(ada.post("/site/codes", json!({ "count": 20, "name": "Newcomers" })).await.0, 201);
        let wish = |count: u32| json!({ "count": count, "name": "For the door" });
        assert_eq!(code(batch(&ada, &band, wish(11)).await), (403, "quota_exceeded".to_owned()));
        assert_eq!(batch(&ada, &band, wish(8)).await.0, 201);
        assert_eq!(code(batch(&ada, &band, wish(3)).await), (403, "quota_exceeded".to_owned()));
        assert_eq!(ada.get("/me/quota").await.1, json!({ "used": 8, "limit": 10, "remaining": 2 }));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_codes_are_switched_off_none_are_made() {
    for world in World::each_with(Settings { policy: Policy::preset(Preset::Room), ..settings() }).await {
        let ada = world.account("ada").await;
        let band = ada.band("Choir").await;
        let refused = batch(&ada, &band, json!({ "count": 1, "name": "For the door" })).await;
        assert_eq!(code(refused), (403, "kind_not_allowed".to_owned()));
    }
}
