//! A band is stricter than its server where it wants to be, and never less strict, on both databases.

use guestlist::{
    domain::{EmailIdentity, Hours, Membership, OnAcceptCancel, OnInviterRemoved, Policy, Preset},
    server::Settings,
};
use serde_json::{Value, json};

use crate::{
    members::code,
    world::{World, on_each_database, settings},
};

on_each_database! {
    a_band_tightens_the_policy_and_its_new_invites_keep_it,
    what_would_loosen_is_refused_by_key_and_changes_nothing,
    the_policy_of_a_band_stays_goes_and_is_told_in_the_trail,
    a_server_that_became_stricter_wins_over_its_bands,
    a_band_for_those_who_are_in_no_other_is_not_joined_by_others,
}

fn fields(answer: &(u16, Value)) -> (u16, Vec<&str>) {
    let errors = answer.1["errors"].as_array().map_or(&[][..], Vec::as_slice);
    (answer.0, errors.iter().filter_map(|error| error["field"].as_str()).collect())
}

async fn a_band_tightens_the_policy_and_its_new_invites_keep_it(world: World) {
    let ada = world.account("ada").await;
    let wish = json!({ "name": "Choir", "policy": { "max_ttl_hours": 24, "allow_kinds": ["link", "code"] } });
    let (status, band) = ada.post("/bands", wish).await;
    assert_eq!(status, 201, "{band}");
    let path = format!("/bands/{}", band["id"].as_str().unwrap());
    let (_, read) = ada.get(&path).await;
    assert_eq!(read, band);
    let policy = &read["policy"];
    assert_eq!((&policy["max_ttl_hours"], &policy["default_ttl_hours"]), (&json!(24), &json!(24)));
    assert_eq!(policy["allow_kinds"], json!(["link", "code"]));
    assert_eq!(policy["email_identity"], "verified", "what it does not say is the site's");
    let invites = format!("{path}/invites");
    let (_, made) = ada.post(&invites, json!({})).await;
    let day = world.clock.now().plus_hours(24);
    assert_eq!(made["invite"]["expires_at"], json!(day));
    assert_eq!(fields(&ada.post(&invites, json!({ "ttl_hours": 25 })).await), (422, vec!["ttl_hours"]));
    // What was made before keeps what it was made under.
    assert_eq!(ada.patch(&path, json!({ "policy": { "max_ttl_hours": 2, "allow_kinds": ["code"] } })).await.0, 200);
    let old = format!("/invites/{}", made["invite"]["id"].as_str().unwrap());
    assert_eq!(ada.patch(&old, json!({ "ttl_hours": 12 })).await.0, 200);
    assert_eq!(code(ada.post(&invites, json!({ "ttl_hours": 1 })).await), (403, "kind_not_allowed".to_owned()));
    let (_, list) = ada.get("/bands").await;
    assert_eq!(list["bands"][0].get("policy"), None, "only where one band is asked for");
}

async fn what_would_loosen_is_refused_by_key_and_changes_nothing(world: World) {
    let strict = world.beside_with(Settings { policy: Policy::preset(Preset::Organisation), ..settings() }).await;
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let (path, ada) = (format!("/bands/{band}"), strict.person(ada.account.clone(), &ada.session));
    let (_, before) = ada.get(&path).await;
    let loose = json!({
        "max_ttl_hours": null, "default_ttl_hours": 3_000, "allow_kinds": ["link"], "email_identity": "bearer",
        "membership": "many", "on_accept_cancel": "none", "reminder_hours": [1], "on_inviter_removed": "keep",
    });
    let keys: Vec<&str> = vec![
        "policy.max_ttl_hours",
        "policy.default_ttl_hours",
        "policy.allow_kinds",
        "policy.email_identity",
        "policy.membership",
        "policy.on_accept_cancel",
        "policy.reminder_hours",
    ];
    assert_eq!(fields(&ada.patch(&path, json!({ "policy": loose })).await), (422, keys.clone()));
    assert_eq!(fields(&ada.post("/bands", json!({ "name": "Duo", "policy": loose })).await), (422, keys));
    for (policy, field) in [
        (json!({ "registration": "open" }), "policy.registration"),
        (json!({ "quota_per_30_days": null }), "policy.quota_per_30_days"),
        (json!({ "max_ttl_hours": 0 }), "policy.max_ttl_hours"),
        (json!({ "email_identity": "none" }), "policy.email_identity"),
        (json!("room"), "policy"),
    ] {
        assert_eq!(fields(&ada.patch(&path, json!({ "policy": policy })).await), (422, vec![field]), "{policy}");
    }
    assert_eq!(ada.get(&path).await.1, before);
}

async fn the_policy_of_a_band_stays_goes_and_is_told_in_the_trail(world: World) {
    let ada = world.account("ada").await;
    let path = format!("/bands/{}", ada.band("Choir").await);
    let (_, at_first) = ada.get(&path).await;
    let (_, strict) = ada.patch(&path, json!({ "policy": { "membership": "one", "default_ttl_hours": null } })).await;
    assert_eq!(
        (&strict["policy"]["membership"], &strict["policy"]["default_ttl_hours"]),
        (&json!("one"), &json!(null))
    );
    assert!(strict["revision"].as_i64() > at_first["revision"].as_i64());
    let (_, renamed) = ada.patch(&path, json!({ "name": "The Choir" })).await;
    assert_eq!(renamed["policy"], strict["policy"], "left out, it stays");
    let (_, other) = ada.patch(&path, json!({ "policy": { "email_identity": "verified" } })).await;
    assert_eq!(other["policy"], at_first["policy"], "it is given whole");
    ada.patch(&path, json!({ "policy": { "membership": "one" } })).await;
    let (_, none) = ada.patch(&path, json!({ "policy": null })).await;
    assert_eq!(none["policy"], at_first["policy"]);
    let (_, same) = ada.patch(&path, json!({ "policy": {} })).await;
    assert_eq!(same["revision"], none["revision"], "nothing twice is no change");
    let (_, trail) = ada.get(&format!("{path}/audit?action=band.edited")).await;
    let details: Vec<_> = trail["events"].as_array().unwrap().iter().map(|event| &event["detail"]).collect();
    assert_eq!(details, ["policy", "policy", "policy", "name", "policy"]);
}

async fn a_server_that_became_stricter_wins_over_its_bands(world: World) {
    let ada = world.account("ada").await;
    let wish = json!({ "name": "Choir", "policy": {
        "max_ttl_hours": 100, "allow_kinds": ["link", "email"], "email_identity": "verified", "membership": "one",
        "on_inviter_removed": "revoke",
    } });
    let (_, band) = ada.post("/bands", wish).await;
    let path = format!("/bands/{}", band["id"].as_str().unwrap());
    let policy = Policy {
        default_ttl_hours: Hours(Some(10)),
        max_ttl_hours: Hours(Some(50)),
        email_identity: EmailIdentity::Bearer,
        membership: Membership::Many,
        on_accept_cancel: OnAcceptCancel::Everywhere,
        on_inviter_removed: OnInviterRemoved::Keep,
        ..Policy::preset(Preset::Organisation)
    };
    let later = world.beside_with(Settings { policy, ..settings() }).await;
    let ada = later.person(ada.account.clone(), &ada.session);
    let (_, read) = ada.get(&path).await;
    let expected = json!({
        "default_ttl_hours": 10, "max_ttl_hours": 50, "allow_kinds": ["email"], "email_identity": "verified",
        "membership": "one", "on_accept_cancel": "everywhere", "registration": "invite_only", "reminder_hours": [72, 144, 216],
        "last_reminder_hours": null, "on_inviter_removed": "revoke", "quota_per_30_days": null,
    });
    assert_eq!(read["policy"], expected);
    let refused = code(ada.post(&format!("{path}/invites"), json!({})).await);
    assert_eq!(refused, (403, "kind_not_allowed".to_owned()));
}

async fn a_band_for_those_who_are_in_no_other_is_not_joined_by_others(world: World) {
    let (ada, kim, sam) = (world.account("ada").await, world.account("kim").await, world.account("sam").await);
    kim.band("Duo").await;
    let wish = json!({ "name": "Choir", "join": "open", "policy": { "membership": "one" } });
    let (_, band) = ada.post("/bands", wish).await;
    let id = band["id"].as_str().unwrap();
    let join = format!("/bands/{id}/join");
    assert_eq!(code(kim.post(&join, json!({})).await), (409, "one_band_only".to_owned()));
    let (_, token) = ada.invite(id, json!({})).await;
    assert_eq!(code(kim.accept(&token).await), (409, "one_band_only".to_owned()));
    assert_eq!(sam.post(&join, json!({})).await.0, 200);
}
