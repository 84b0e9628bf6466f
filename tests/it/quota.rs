//! So many invites in 30 days, over all bands, on both databases.

use guestlist::{
    domain::{Policy, Preset},
    server::{Settings, store::Error},
};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::{
    members::code,
    world::{Person, World, on_each_database, settings},
};

on_each_database! {
    without_a_quota_invites_are_counted_and_none_is_refused,
    a_site_admin_sets_what_an_account_may_make_and_the_trail_tells,
    a_quota_is_set_by_site_admins_alone_and_within_its_bounds,
}

/// A server on each database where three invites in 30 days are the most.
async fn worlds() -> Vec<World> {
    let policy = Policy { quota_per_30_days: Some(3), ..Policy::preset(Preset::Band) };
    World::each_with(Settings { policy, ..settings() }).await
}

async fn make(person: &Person, band: &str) -> (u16, Value) {
    person.post(&format!("/bands/{band}/invites"), json!({ "max_uses": null })).await
}

async fn quota(person: &Person) -> Value {
    let (status, quota) = person.get("/me/quota").await;
    assert_eq!(status, 200, "{quota}");
    quota
}

#[tokio::test(flavor = "multi_thread")]
async fn invites_of_all_bands_count_for_thirty_days_whatever_became_of_them() {
    for world in worlds().await {
        let (ada, kim) = (world.account("ada").await, world.account("kim").await);
        let (one, two) = (ada.band("Choir").await, ada.band("Duo").await);
        assert_eq!(quota(&ada).await, json!({ "used": 0, "limit": 3, "remaining": 3 }));
        let (id, token) = ada.invite(&one, json!({ "max_uses": 2 })).await;
        kim.accept(&token).await;
        assert_eq!(ada.delete(&format!("/invites/{id}")).await.0, 204);
        world.clock.pass_hours(24);
        assert_eq!((make(&ada, &one).await.0, make(&ada, &two).await.0), (201, 201));
        assert_eq!(quota(&ada).await, json!({ "used": 3, "limit": 3, "remaining": 0 }));
        let refused = make(&ada, &two).await;
        let detail = refused.1["detail"].as_str().unwrap().to_owned();
        assert_eq!(code(refused), (403, "quota_exceeded".to_owned()));
        assert!(detail.contains("3 invites in 30 days"), "{detail}");
        // The first was made at 2027-01-15 08:00.
        assert!(detail.contains("2027-02-14 08:00 UTC"), "{detail}");
        assert_eq!(quota(&kim).await["used"], 0, "a use is no invite that was made");
        world.clock.pass_hours(29 * 24 - 1);
        assert_eq!(make(&ada, &one).await.0, 403);
        world.clock.pass_hours(1);
        assert_eq!(quota(&ada).await, json!({ "used": 2, "limit": 3, "remaining": 1 }));
        assert_eq!(make(&ada, &one).await.0, 201);
        assert_eq!(make(&ada, &one).await.0, 403);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_place_is_given_once_on_two_nodes() {
    for world in worlds().await {
        let other = world.beside().await;
        let ada = world.account("ada").await;
        let band = ada.band("Choir").await;
        for round in 0..3 {
            assert_eq!((make(&ada, &band).await.0, make(&ada, &band).await.0), (201, 201), "{round}");
            let mut racers = JoinSet::new();
            for n in 0..6 {
                let node = if n % 2 == 0 { &world } else { &other };
                let (ada, band) = (node.person(ada.account.clone(), &ada.session), band.clone());
                racers.spawn(async move { make(&ada, &band).await });
            }
            let mut answers: Vec<String> = Vec::new();
            for (status, answer) in racers.join_all().await {
                answers.push(format!("{status} {}", answer["code"].as_str().unwrap_or_default()));
            }
            answers.sort();
            let refused = vec!["403 quota_exceeded"; 5];
            assert_eq!(answers, [vec!["201 "], refused].concat(), "{round}");
            assert_eq!(quota(&ada).await["remaining"], 0);
            world.clock.pass_hours(30 * 24);
        }
    }
}

async fn without_a_quota_invites_are_counted_and_none_is_refused(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    for _ in 0..4 {
        assert_eq!(make(&ada, &band).await.0, 201);
    }
    assert_eq!(quota(&ada).await, json!({ "used": 4, "limit": null, "remaining": null }));
}

async fn a_site_admin_sets_what_an_account_may_make_and_the_trail_tells(world: World) {
    let (ada, root) = (world.account("ada").await, world.account("root").await);
    world.make_site_admin(&root).await;
    let band = ada.band("Choir").await;
    let path = format!("/site/accounts/{}/quota", ada.account["id"].as_str().unwrap());
    let set = async |body| root.send("PUT", &path, Some(&body)).await;
    assert_eq!(set(json!({ "limit": 1 })).await, (200, json!({ "used": 0, "limit": 1, "remaining": 1 })));
    assert_eq!((make(&ada, &band).await.0, make(&ada, &band).await.0), (201, 403));
    assert_eq!(set(json!({ "limit": 0 })).await, (200, json!({ "used": 1, "limit": 0, "remaining": 0 })));
    let none = make(&ada, &band).await.1["detail"].as_str().unwrap().to_owned();
    assert!(none.starts_with("You may make no invites on this server."), "{none}");
    assert_eq!(set(json!({ "limit": null })).await.1["limit"], json!(null));
    assert_eq!(make(&ada, &band).await.0, 201);
    assert_eq!(set(json!({})).await.1, json!({ "used": 2, "limit": null, "remaining": null }));
    guestlist::row! { struct Told { detail: String } }
    let sql = "SELECT detail FROM audit WHERE band IS NULL AND action = 'account.quota_set' ORDER BY seq";
    let told: Vec<Told> = world.app.store().read::<_, Error, _>(move |tx| tx.query(sql, &[])).await.unwrap();
    let told: Vec<_> = told.into_iter().map(|told| told.detail).collect();
    assert_eq!(told, ["1", "0", "no limit", "the site's"]);
}

async fn a_quota_is_set_by_site_admins_alone_and_within_its_bounds(world: World) {
    let (ada, root) = (world.account("ada").await, world.account("root").await);
    let path = format!("/site/accounts/{}/quota", ada.account["id"].as_str().unwrap());
    let wish = json!({ "limit": 1_000 });
    assert_eq!(code(root.send("PUT", &path, Some(&wish)).await), (403, "forbidden".to_owned()));
    assert_eq!(code(root.send("PUT", "/site/accounts/nobody/quota", Some(&wish)).await).0, 403);
    world.make_site_admin(&root).await;
    for nobody in ["nobody", &ada.band("Choir").await] {
        let path = format!("/site/accounts/{nobody}/quota");
        assert_eq!(code(root.send("PUT", &path, Some(&wish)).await), (404, "not_found".to_owned()));
    }
    for bad in [json!(-1), json!(1_000_001), json!("many"), json!(1.5)] {
        let (status, problem) = root.send("PUT", &path, Some(&json!({ "limit": bad }))).await;
        assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!("limit")), "{bad}");
    }
    assert_eq!(quota(&ada).await["limit"], json!(null));
}
