//! Saved defaults for new invites.

use std::collections::BTreeMap;

use guestlist::{
    domain::{Policy, Preset},
    server::Settings,
};
use serde_json::{Value, json};

use crate::world::{Person, World, on_each_database, settings};

on_each_database! {
    a_template_keeps_every_default_of_an_invite,
    what_is_not_asked_for_is_as_new_invites_are,
    a_change_leaves_what_it_does_not_name,
    a_name_is_there_once_whatever_its_letter_case,
    every_bad_field_is_named,
    a_band_has_a_hundred_templates_and_no_more,
    a_retry_makes_no_second_template,
    one_bands_templates_are_nothing_to_another,
    each_change_is_in_the_trail,
    the_list_is_read_from_both_ends,
    a_name_wanted_twice_at_once_is_given_once,
    an_invite_by_a_template_is_as_it_says,
    what_is_wished_stands_before_the_template,
    null_is_none_whatever_the_template_says,
    an_invite_to_one_person_is_for_one_use_by_any_template,
    a_template_lifts_nobody_above_their_own_role,
    codes_by_a_template_are_the_admins_alone,
    another_bands_template_is_none,
}

async fn make(person: &Person, band: &str, body: Value) -> Value {
    let (status, template) = person.post(&format!("/bands/{band}/templates"), body).await;
    assert_eq!(status, 201, "{template}");
    template
}

fn path(template: &Value) -> String {
    format!("/templates/{}", template["id"].as_str().unwrap())
}

async fn names(person: &Person, band: &str) -> Vec<String> {
    let (_, list) = person.get(&format!("/bands/{band}/templates?limit=200")).await;
    list["templates"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
}

async fn a_template_keeps_every_default_of_an_invite(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let all = json!({
        "name": "Guests of a night", "kind": "link", "role": "admin", "ttl_hours": null, "max_uses": null,
        "label": "at the door", "message": "Come at eight", "requires_approval": true,
    });
    let template = make(&ada, &band, all.clone()).await;
    for (field, value) in all.as_object().unwrap() {
        assert_eq!(&template[field], value, "{field}");
    }
    assert_eq!((&template["band_id"], &template["campaign_id"]), (&json!(band), &json!(null)));
    assert_eq!(template["created_by"]["username"], "ada");
    let (_, list) = ada.get(&format!("/bands/{band}/templates")).await;
    assert_eq!(list["templates"], json!([template]));
}

async fn what_is_not_asked_for_is_as_new_invites_are(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let template = make(&ada, &band, json!({ "name": "Plain" })).await;
    let given = ["kind", "role", "ttl_hours", "max_uses", "requires_approval", "label"].map(|field| &template[field]);
    assert_eq!(given, [&json!(null), &json!("member"), &json!(72), &json!(1), &json!(false), &json!(null)]);
}

async fn a_change_leaves_what_it_does_not_name(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let made = make(&ada, &band, json!({ "name": "Guests", "kind": "email", "label": "a", "message": "b" })).await;
    let (status, changed) = ada.patch(&path(&made), json!({ "max_uses": -1, "label": null, "kind": null })).await;
    assert_eq!(status, 200, "{changed}");
    let mut meant = made.clone();
    for field in ["max_uses", "label", "kind"] {
        meant[field] = json!(null);
    }
    assert_eq!(changed, meant);
    let (_, same) = ada.patch(&path(&made), json!({})).await;
    assert_eq!(same, meant);
    assert_eq!(ada.delete(&path(&made)).await.0, 204);
    assert_eq!(ada.delete(&path(&made)).await.0, 404);
    assert_eq!(ada.patch(&path(&made), json!({})).await.0, 404);
}

async fn a_name_is_there_once_whatever_its_letter_case(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    let band = ada.band("Choir").await;
    let guests = make(&ada, &band, json!({ "name": "Émile's guests" })).await;
    let other = make(&ada, &band, json!({ "name": "Others" })).await;
    let again = json!({ "name": " ÉMILE'S GUESTS" });
    for (status, problem) in [
        ada.post(&format!("/bands/{band}/templates"), again.clone()).await,
        ada.patch(&path(&other), again.clone()).await,
    ] {
        assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!("name")), "{problem}");
    }
    let (status, renamed) = ada.patch(&path(&guests), again.clone()).await;
    assert_eq!((status, &renamed["name"]), (200, &json!("ÉMILE'S GUESTS")), "its own name is its to spell");
    make(&kim, &kim.band("Brass").await, again.clone()).await;
    ada.delete(&path(&guests)).await;
    make(&ada, &band, again).await;
}

async fn every_bad_field_is_named(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let other = ada.band("Brass & Bone").await;
    let wrong = json!({
        "name": " ", "role": "owner", "ttl_hours": 0, "max_uses": 0, "label": "x".repeat(81), "message": "a\u{202e}b",
        "campaign_id": other,
    });
    let template = make(&ada, &band, json!({ "name": "Good" })).await;
    for (status, problem) in
        [ada.post(&format!("/bands/{band}/templates"), wrong.clone()).await, ada.patch(&path(&template), wrong).await]
    {
        assert_eq!(status, 422, "{problem}");
        let fields: Vec<&str> =
            problem["errors"].as_array().unwrap().iter().map(|error| error["field"].as_str().unwrap()).collect();
        for field in ["name", "role", "ttl_hours", "max_uses", "label", "message", "campaign_id"] {
            assert!(fields.contains(&field), "{field}: {problem}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_life_longer_than_the_rules_allow_is_no_default() {
    let policy = Policy::preset(Preset::Organisation);
    let world = World::sqlite_with(Settings { policy, ..settings() }).await;
    let ada = world.people(1).await.remove(0);
    let band = ada.band("Choir").await;
    for hours in [json!(null), json!(2_161)] {
        let body = json!({ "name": "Long", "ttl_hours": hours });
        let (status, problem) = ada.post(&format!("/bands/{band}/templates"), body).await;
        assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!("ttl_hours")), "{problem}");
    }
    let template = make(&ada, &band, json!({ "name": "Long", "ttl_hours": 2_160 })).await;
    assert_eq!(template["ttl_hours"], 2_160);
    assert_eq!(make(&ada, &band, json!({ "name": "Plain" })).await["ttl_hours"], 720);
}

async fn a_band_has_a_hundred_templates_and_no_more(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    for n in 0..99 {
        make(&ada, &band, json!({ "name": format!("Template {n}") })).await;
    }
    let url = format!("/bands/{band}/templates");
    let (one, two) = tokio::join!(ada.post(&url, json!({ "name": "This" })), ada.post(&url, json!({ "name": "That" })));
    let mut answers = [one.0, two.0];
    answers.sort_unstable();
    assert_eq!(answers, [201, 422], "{one:?} {two:?}");
    assert_eq!(names(&ada, &band).await.len(), 100);
    let (_, list) = ada.get(&url).await;
    ada.delete(&path(&list["templates"][7])).await;
    make(&ada, &band, json!({ "name": "Room again" })).await;
}

async fn a_retry_makes_no_second_template(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let url = format!("/bands/{band}/templates");
    let body = json!({ "name": "Guests" });
    let first = ada.post_once(&url, "k", body.clone()).await;
    assert_eq!(first.0, 201);
    assert_eq!(ada.post_once(&url, "k", body.clone()).await, first);
    assert_eq!(ada.post_once(&url, "k", json!({ "name": "Others" })).await.1["code"], "idempotency_mismatch");
    assert_eq!(names(&ada, &band).await, ["Guests"]);
}

async fn one_bands_templates_are_nothing_to_another(world: World) {
    let (ada, eve) = (world.account("ada").await, world.account("eve").await);
    let band = ada.band("Choir").await;
    eve.band("Brass & Bone").await;
    let template = make(&ada, &band, json!({ "name": "Guests" })).await;
    assert_eq!(eve.patch(&path(&template), json!({ "name": "Mine" })).await.0, 404);
    assert_eq!(eve.delete(&path(&template)).await.0, 404);
    assert_eq!(eve.get(&format!("/bands/{band}/templates")).await.0, 404);
    assert_eq!(names(&ada, &band).await, ["Guests"]);
    assert_eq!(ada.delete(&format!("/bands/{band}")).await.0, 204);
    assert_eq!(ada.patch(&path(&template), json!({ "name": "Mine" })).await.0, 404, "its band is gone");
}

async fn each_change_is_in_the_trail(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let revision = async || ada.get(&format!("/bands/{band}")).await.1["revision"].as_i64().unwrap();
    let before = revision().await;
    let template = make(&ada, &band, json!({ "name": "Guests" })).await;
    ada.patch(&path(&template), json!({ "name": "Friends" })).await;
    ada.patch(&path(&template), json!({ "name": "Friends" })).await;
    ada.delete(&path(&template)).await;
    assert_eq!(revision().await, before + 3);
    let (_, trail) = ada.get(&format!("/bands/{band}/audit")).await;
    let told: Vec<(&str, &str)> = trail["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| (event["action"].as_str().unwrap(), event["detail"].as_str().unwrap_or_default()))
        .collect();
    assert_eq!(
        told,
        [
            ("template.deleted", "Friends"),
            ("template.edited", "Friends"),
            ("template.created", "Guests"),
            ("band.created", "")
        ]
    );
}

async fn the_list_is_read_from_both_ends(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    for name in ["A", "B", "C"] {
        make(&ada, &band, json!({ "name": name })).await;
    }
    let url = format!("/bands/{band}/templates?limit=2");
    let told = |page: &Value| -> Vec<String> {
        page["templates"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
    };
    let (_, first) = ada.get(&url).await;
    assert_eq!(told(&first), ["C", "B"]);
    let (_, second) = ada.get(&format!("{url}&cursor={}", first["next_cursor"].as_str().unwrap())).await;
    assert_eq!((told(&second), &second["next_cursor"]), (vec!["A".to_owned()], &json!(null)));
    let (_, last) = ada.get(&format!("{url}&cursor=last")).await;
    assert_eq!(told(&last), ["B", "A"]);
    let (_, before) = ada.get(&format!("{url}&cursor={}", last["prev_cursor"].as_str().unwrap())).await;
    assert_eq!(told(&before), ["C"]);
}

async fn a_name_wanted_twice_at_once_is_given_once(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let url = format!("/bands/{band}/templates");
    for n in 0..8 {
        let (name, loud) = (json!({ "name": format!("guests {n}") }), json!({ "name": format!("GUESTS {n}") }));
        let ((one, _), (two, _)) = tokio::join!(ada.post(&url, name), ada.post(&url, loud));
        let mut answers = BTreeMap::new();
        for status in [one, two] {
            *answers.entry(status).or_insert(0) += 1;
        }
        assert_eq!(answers, BTreeMap::from([(201, 1), (422, 1)]));
    }
}

async fn an_invite_by_a_template_is_as_it_says(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let all = json!({
        "name": "Guests", "kind": "link", "role": "admin", "ttl_hours": null, "max_uses": 7, "label": "at the door",
        "message": "Come at eight", "requires_approval": true, "campaign_id": band,
    });
    let template = make(&ada, &band, all.clone()).await;
    let (id, _) = ada.invite(&band, json!({ "template_id": template["id"] })).await;
    let (_, invite) = ada.get(&format!("/invites/{id}")).await;
    for field in ["kind", "role", "max_uses", "label", "message", "requires_approval", "campaign_id"] {
        assert_eq!(invite[field], all[field], "{field}");
    }
    assert_eq!(invite["expires_at"], json!(null));
    ada.delete(&path(&template)).await;
    assert_eq!(ada.get(&format!("/invites/{id}")).await.1, invite, "what was made stays");
}

async fn what_is_wished_stands_before_the_template(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let defaults = json!({ "name": "Guests", "role": "admin", "max_uses": 7, "label": "a", "message": "b",
        "requires_approval": true, "ttl_hours": null });
    let template = make(&ada, &band, defaults).await;
    let wish = json!({ "template_id": template["id"], "role": "member", "max_uses": null, "label": "c", "ttl_hours": 5,
        "requires_approval": false });
    let (id, _) = ada.invite(&band, wish.clone()).await;
    let (_, invite) = ada.get(&format!("/invites/{id}")).await;
    for field in ["role", "max_uses", "label", "requires_approval"] {
        assert_eq!(invite[field], wish[field], "{field}");
    }
    assert_eq!(invite["message"], "b");
    assert_eq!(invite["expires_at"], json!(world.clock.now().plus_hours(5)));
}

async fn null_is_none_whatever_the_template_says(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let (_, made) = ada.post(&format!("/bands/{band}/campaigns"), json!({ "name": "Tour", "message": "c" })).await;
    let campaign = &made["campaign"]["id"];
    let template = make(
        &ada,
        &band,
        json!({ "name": "Guests", "kind": "email", "role": "admin", "label": "a", "message": "b", "ttl_hours": 5,
            "requires_approval": true, "campaign_id": campaign }),
    )
    .await;
    // Null: none, or what an invite is that nothing is said of. A role and an approval cannot be none.
    let none = json!({ "template_id": template["id"], "kind": null, "label": null, "message": null, "ttl_hours": null,
        "max_uses": null, "campaign_id": null, "email": null, "username": null, "account_id": null, "role": null,
        "requires_approval": null, "send": null, "on_existing": null });
    let with = |more: serde_json::Value| {
        let mut wish = none.clone();
        for (field, value) in more.as_object().unwrap() {
            wish[field] = value.clone();
        }
        wish
    };
    let told = |invite: &serde_json::Value| {
        ["kind", "label", "message", "max_uses", "campaign_id", "expires_at", "role", "requires_approval"]
            .map(|field| invite[field].clone())
    };
    let never = json!(null);
    let without = |kind: &str, label: serde_json::Value, uses: serde_json::Value| {
        [json!(kind), label, never.clone(), uses, json!(band), never.clone(), json!("admin"), json!(true)]
    };
    let (id, _) = ada.invite(&band, none.clone()).await;
    assert_eq!(told(&ada.get(&format!("/invites/{id}")).await.1), without("link", json!(null), json!(null)));
    // In many at once, too; there a row has its own note.
    let many = with(json!({ "max_uses": 2, "rows": [{}, { "name": "sam" }] }));
    let mut many = many.as_object().unwrap().clone();
    many.retain(|field, _| !["email", "username", "account_id"].contains(&field.as_str()));
    let (status, made) = ada.post(&format!("/bands/{band}/invites/bulk"), json!(many)).await;
    assert_eq!(status, 201, "{made}");
    for (row, label) in [(0, json!(null)), (1, json!("sam"))] {
        let id = made["results"][row]["invite_id"].as_str().unwrap();
        assert_eq!(told(&ada.get(&format!("/invites/{id}")).await.1), without("link", label, json!(2)), "{row}");
    }
    // What is left out is as the template says; the campaign's message is hidden by null alone.
    let (id, _) = ada.invite(&band, json!({ "template_id": template["id"], "email": "kim@example.org" })).await;
    let invite = ada.get(&format!("/invites/{id}")).await.1;
    assert_eq!((&invite["label"], &invite["message"]), (&json!("a"), &json!("b")));
    assert_eq!((&invite["kind"], &invite["campaign_id"]), (&json!("email"), campaign));
    for (mut body, told) in [(json!({}), json!("c")), (json!({ "message": null }), json!(null))] {
        body["campaign_id"] = campaign.clone();
        let (id, _) = ada.invite(&band, body).await;
        assert_eq!(ada.get(&format!("/invites/{id}")).await.1["message"], told);
    }
}

async fn an_invite_to_one_person_is_for_one_use_by_any_template(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    let band = ada.band("Choir").await;
    let template = make(&ada, &band, json!({ "name": "Many", "max_uses": null })).await;
    for (whom, kind) in [(json!({ "username": kim.username }), "user"), (json!({ "email": "x@example.org" }), "email")]
    {
        let mut wish = whom;
        wish["template_id"] = template["id"].clone();
        let (id, _) = ada.invite(&band, wish).await;
        let (_, invite) = ada.get(&format!("/invites/{id}")).await;
        assert_eq!((&invite["kind"], &invite["max_uses"]), (&json!(kind), &json!(1)));
    }
}

async fn a_template_lifts_nobody_above_their_own_role(world: World) {
    let [ada, kim] = world.people(2).await.try_into().ok().unwrap();
    let band = ada.band("Choir").await;
    let (_, token) = ada.invite(&band, json!({})).await;
    kim.accept(&token).await;
    world.set_can_invite(&band, &kim).await;
    let invites = format!("/bands/{band}/invites");
    let high = make(&ada, &band, json!({ "name": "Admins", "role": "admin" })).await;
    let (status, problem) = kim.post(&invites, json!({ "template_id": high["id"] })).await;
    assert_eq!((status, &problem["code"]), (403, &json!("forbidden")));
    let plain = make(&ada, &band, json!({ "name": "Guests", "label": "guests" })).await;
    let (status, made) = kim.post(&invites, json!({ "template_id": plain["id"] })).await;
    assert_eq!((status, &made["invite"]["label"]), (201, &json!("guests")), "who may invite may do so by a template");
}

async fn codes_by_a_template_are_the_admins_alone(world: World) {
    let [ada, kim] = world.people(2).await.try_into().ok().unwrap();
    let band = ada.band("Choir").await;
    let (_, token) = ada.invite(&band, json!({})).await;
    kim.accept(&token).await;
    world.set_can_invite(&band, &kim).await;
    let codes = make(&ada, &band, json!({ "name": "Codes", "kind": "code" })).await;
    let wish = json!({ "template_id": codes["id"] });
    let mut bulk = wish.clone();
    bulk["rows"] = json!([{}]);
    for (path, wish) in [("invites", &wish), ("invites/bulk", &bulk)] {
        let (status, problem) = kim.post(&format!("/bands/{band}/{path}"), wish.clone()).await;
        assert_eq!((status, &problem["code"]), (403, &json!("forbidden")), "{path}: {problem}");
    }
    let (status, made) = ada.post(&format!("/bands/{band}/invites"), wish).await;
    assert_eq!((status, &made["invite"]["kind"]), (201, &json!("code")));
}

async fn another_bands_template_is_none(world: World) {
    let [ada, kim] = world.people(2).await.try_into().ok().unwrap();
    let (choir, brass) = (ada.band("Choir").await, kim.band("Brass & Bone").await);
    let template = make(&ada, &choir, json!({ "name": "Guests" })).await;
    for id in [&template["id"], &json!(choir)] {
        let (status, problem) = kim.post(&format!("/bands/{brass}/invites"), json!({ "template_id": id })).await;
        assert_eq!((status, &problem["code"]), (404, &json!("not_found")), "{problem}");
    }
}
