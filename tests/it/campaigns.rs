//! Campaigns: what their invites share, and how they end together.

use guestlist::{
    domain::{Policy, Preset},
    server::{Settings, sweep},
};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::{
    members::code,
    world::{Person, World, on_each_database, settings},
};

on_each_database! {
    a_campaign_gives_its_invites_what_they_do_not_have_themselves,
    the_default_one_takes_every_other_invite_and_can_only_be_renamed,
    a_campaign_counts_where_its_invites_stand,
    a_change_goes_to_the_pending_invites_alone,
    expiring_and_deleting_end_what_is_pending_and_say_why,
    a_campaign_past_its_end_is_shown_as_ended_and_takes_no_more,
    no_invite_asks_for_a_longer_life_than_its_campaign_has,
    what_a_template_or_a_revoke_undone_gives_ends_with_the_campaign,
    what_was_taken_back_stays_so_once_its_campaign_is_over,
    every_bad_field_is_named,
    campaigns_are_nothing_to_strangers_and_other_bands,
    the_list_is_read_from_both_ends_and_filters_invites,
    a_retry_makes_one_campaign_and_ends_it_once,
    each_change_is_in_the_trail,
    what_a_change_made_of_an_invite_is_in_its_trail,
    no_invite_lives_longer_by_its_campaign_than_its_rules_allow,
    a_limit_of_invites_holds_in_a_race,
    a_limit_of_accepts_holds_in_a_race_over_all_its_invites,
    with_its_last_use_a_campaign_ends_for_preview_list_and_accept_alike,
    an_invite_made_while_its_campaign_is_deleted_is_not_left_pending,
}

async fn make(person: &Person, band: &str, body: Value) -> Value {
    let (status, made) = person.post(&format!("/bands/{band}/campaigns"), body).await;
    assert_eq!(status, 201, "{made}");
    made["campaign"].clone()
}

fn path(campaign: &Value) -> String {
    format!("/campaigns/{}", campaign["id"].as_str().unwrap())
}

async fn show(person: &Person, campaign: &Value) -> Value {
    let (status, shown) = person.get(&path(campaign)).await;
    assert_eq!(status, 200, "{shown}");
    shown
}

async fn a_campaign_gives_its_invites_what_they_do_not_have_themselves(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let wish = json!({ "name": "Spring tour", "role": "admin", "ttl_hours": 10, "message": "Come along" });
    let campaign = make(&ada, &band, wish).await;
    assert_eq!((&campaign["band_id"], &campaign["is_default"]), (&json!(band), &json!(false)));
    assert_eq!(campaign["created_by"]["username"], "ada");
    world.clock.pass_hours(4);
    let (id, _) = ada.invite(&band, json!({ "campaign_id": campaign["id"] })).await;
    let (_, invite) = ada.get(&format!("/invites/{id}")).await;
    for field in ["role", "message", "expires_at"] {
        assert_eq!(invite[field], campaign[field], "{field}");
    }
    let own = json!({ "campaign_id": campaign["id"], "role": "member", "ttl_hours": 1, "message": "You too" });
    let (id, _) = ada.invite(&band, own).await;
    let (_, invite) = ada.get(&format!("/invites/{id}")).await;
    assert_eq!((&invite["role"], &invite["message"]), (&json!("member"), &json!("You too")));
    assert_ne!(invite["expires_at"], campaign["expires_at"]);
    let never = make(&ada, &band, json!({ "name": "Always", "ttl_hours": null })).await;
    let plain = make(&ada, &band, json!({ "name": "Plain" })).await;
    assert_eq!((&never["expires_at"], &plain["role"]), (&json!(null), &json!("member")));
    assert_eq!(plain["expires_at"].as_str().unwrap(), world.clock.now().plus_hours(72).to_string());
}

async fn the_default_one_takes_every_other_invite_and_can_only_be_renamed(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let (id, _) = ada.invite(&band, json!({})).await;
    let (_, list) = ada.get(&format!("/bands/{band}/campaigns")).await;
    let default = &list["campaigns"][0];
    assert_eq!((&default["is_default"], &default["counts"]["pending"]), (&json!(true), &json!(1)));
    let (_, invite) = ada.get(&format!("/invites/{id}")).await;
    assert_eq!(invite["campaign_id"], default["id"]);
    let (status, renamed) = ada.patch(&path(default), json!({ "name": "Everyone else" })).await;
    assert_eq!((status, &renamed["name"]), (200, &json!("Everyone else")));
    for (field, value) in
        [("role", json!("admin")), ("message", json!("x")), ("ttl_hours", json!(1)), ("expires_at", json!(null))]
    {
        let (status, problem) = ada.patch(&path(default), json!({ field: value })).await;
        assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!(field)), "{problem}");
    }
    let (status, problem) = ada.delete(&path(default)).await;
    assert_eq!((status, &problem["code"]), (403, &json!("forbidden")));
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.starts_with("Everyone else is the band's own campaign"), "it is called as people know it: {detail}");
    let (status, ended) = ada.post(&format!("{}/expire", path(default)), json!({})).await;
    assert_eq!((status, ended), (200, json!({ "cancelled": 1 })));
    ada.invite(&band, json!({})).await;
    let shown = show(&ada, default).await;
    assert_eq!((&shown["ended_at"], &shown["active"]), (&json!(null), &json!(true)));
}

async fn a_campaign_counts_where_its_invites_stand(world: World) {
    let (ada, kim, sam) = (world.account("ada").await, world.account("kim").await, world.account("sam").await);
    let band = ada.band("Choir").await;
    let campaign = make(&ada, &band, json!({ "name": "Tour" })).await;
    assert_eq!((&campaign["active"], &campaign["sent"]), (&json!(false), &json!(0)));
    let mut tokens = Vec::new();
    for _ in 0..4 {
        tokens.push(ada.invite(&band, json!({ "campaign_id": campaign["id"] })).await);
    }
    kim.accept(&tokens[0].1).await;
    assert_eq!(sam.post(&format!("/invites/{}/decline", tokens[1].1), json!({})).await.0, 204);
    ada.delete(&format!("/invites/{}", tokens[2].0)).await;
    let shown = show(&ada, &campaign).await;
    let counts = json!({ "made": 4, "pending": 1, "accepted": 1, "rejected": 1, "cancelled": 1, "expired": 0,
        "uses": 1 });
    assert_eq!((&shown["counts"], &shown["active"]), (&counts, &json!(true)));
}

async fn a_change_goes_to_the_pending_invites_alone(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    let band = ada.band("Choir").await;
    let campaign = make(&ada, &band, json!({ "name": "Tour", "message": "Come" })).await;
    let (used, token) = ada.invite(&band, json!({ "campaign_id": campaign["id"] })).await;
    kim.accept(&token).await;
    let (pending, _) = ada.invite(&band, json!({ "campaign_id": campaign["id"], "message": "You" })).await;
    let (other, _) = ada.invite(&band, json!({})).await;
    let change = json!({ "role": "admin", "message": null, "ttl_hours": 5 });
    let (status, changed) = ada.patch(&path(&campaign), change).await;
    assert_eq!(status, 200, "{changed}");
    assert_eq!(
        (&changed["role"], &changed["message"], &changed["name"]),
        (&json!("admin"), &json!(null), &json!("Tour"))
    );
    assert_eq!(changed["expires_at"].as_str().unwrap(), world.clock.now().plus_hours(5).to_string());
    let (_, invite) = ada.get(&format!("/invites/{pending}")).await;
    for field in ["role", "message", "expires_at"] {
        assert_eq!(invite[field], changed[field], "{field}");
    }
    for (id, message) in [(used, json!("Come")), (other, json!(null))] {
        let (_, invite) = ada.get(&format!("/invites/{id}")).await;
        assert_eq!((&invite["role"], &invite["message"]), (&json!("member"), &message));
    }
    world.clock.pass_hours(5);
    sweep::expire(&world.app).await.unwrap();
    assert_eq!(show(&ada, &campaign).await["counts"]["cancelled"], 1);
}

async fn expiring_and_deleting_end_what_is_pending_and_say_why(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    let band = ada.band("Choir").await;
    for (reason, answer) in [("campaign_expired", "invite_expired"), ("campaign_deleted", "invite_cancelled")] {
        let campaign = make(&ada, &band, json!({ "name": "Tour" })).await;
        let mut made = Vec::new();
        for _ in 0..3 {
            made.push(ada.invite(&band, json!({ "campaign_id": campaign["id"] })).await);
        }
        ada.delete(&format!("/invites/{}", made[0].0)).await;
        let (status, ended) = if reason == "campaign_expired" {
            ada.post(&format!("{}/expire", path(&campaign)), json!({})).await
        } else {
            ada.delete(&path(&campaign)).await
        };
        assert_eq!((status, ended), (200, json!({ "cancelled": 2 })));
        let (_, invite) = ada.get(&format!("/invites/{}", made[1].0)).await;
        let told = [&invite["status"], &invite["cancel_reason"], &invite["acted_by"]["username"]];
        assert_eq!(told, [&json!("cancelled"), &json!(reason), &json!("ada")]);
        assert_eq!(invite["campaign_id"], campaign["id"]);
        let (status, problem) = kim.accept(&made[2].1).await;
        assert_eq!((status, &problem["code"]), (410, &json!(answer)));
        // When the invite would have ended by itself is still to come, so that is not said.
        let says = problem["detail"].as_str().unwrap();
        assert!(invite["expires_at"].is_string() && !says.contains(" on "), "{says}");
        let into = json!({ "campaign_id": campaign["id"] });
        let (status, _) = ada.post(&format!("/bands/{band}/invites"), into).await;
        let (gone, shown) = ada.get(&path(&campaign)).await;
        if reason == "campaign_expired" {
            assert_eq!((status, gone, shown["ended_at"].is_string()), (422, 200, true));
            let (status, ended) = ada.post(&format!("{}/expire", path(&campaign)), json!({})).await;
            assert_eq!((status, ended), (200, json!({ "cancelled": 0 })));
            let late = ada.patch(&path(&campaign), json!({ "ttl_hours": 9 })).await;
            assert_eq!(code(late), (409, "not_pending".to_owned()));
        } else {
            assert_eq!((status, gone), (404, 404));
            assert_eq!(ada.delete(&path(&campaign)).await.0, 404);
        }
    }
}

async fn a_campaign_past_its_end_is_shown_as_ended_and_takes_no_more(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let campaign = make(&ada, &band, json!({ "name": "Tour", "ttl_hours": 2 })).await;
    ada.invite(&band, json!({ "campaign_id": campaign["id"] })).await;
    world.clock.pass_hours(2);
    let shown = show(&ada, &campaign).await;
    assert_eq!((&shown["ended_at"], &shown["active"]), (&campaign["expires_at"], &json!(false)));
    let (status, problem) = ada.post(&format!("/bands/{band}/invites"), json!({ "campaign_id": campaign["id"] })).await;
    assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!("campaign_id")), "{problem}");
}

async fn no_invite_asks_for_a_longer_life_than_its_campaign_has(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let campaign = make(&ada, &band, json!({ "name": "Tour", "ttl_hours": 10 })).await;
    let (all, end) = (format!("/bands/{band}/invites"), campaign["expires_at"].clone());
    let later = json!(world.clock.now().plus_hours(11).to_string());
    let (id, _) = ada.invite(&band, json!({ "campaign_id": campaign["id"] })).await;
    let one = format!("/invites/{id}");
    let longer = [
        ("ttl_hours", json!(11)),
        ("ttl_hours", json!(null)),
        ("expires_at", later.clone()),
        ("expires_at", json!(null)),
    ];
    for (field, value) in longer {
        let wish = json!({ "campaign_id": campaign["id"], field: value });
        let mut many = wish.clone();
        many["rows"] = json!([{}]);
        for (status, problem) in [
            ada.post(&all, wish).await,
            ada.post(&format!("{all}/bulk"), many).await,
            ada.patch(&one, json!({ field: value })).await,
        ] {
            assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!(field)), "{problem}");
            assert_eq!(problem["errors"].as_array().unwrap().len(), 1, "{problem}");
        }
        let extend = json!({ "action": "extend", "ids": [id], "args": { field: value } });
        let (_, told) = ada.post(&format!("{all}/actions"), extend).await;
        assert_eq!(told["failed"], json!([{ "id": id, "code": "validation" }]));
    }
    assert_eq!(ada.get(&one).await.1["expires_at"], end);
    // Just as long as it is allowed, and what is of no such campaign lives as long as it is wished.
    for change in [json!({ "expires_at": end }), json!({ "ttl_hours": 10 })] {
        assert_eq!(ada.patch(&one, change).await.0, 200);
    }
    ada.invite(&band, json!({ "expires_at": later })).await;
}

async fn what_a_template_or_a_revoke_undone_gives_ends_with_the_campaign(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let campaign = make(&ada, &band, json!({ "name": "Tour", "ttl_hours": 10 })).await;
    for (n, (hours, ends)) in [(json!(4), 4), (json!(72), 10), (json!(null), 10)].into_iter().enumerate() {
        let wish = json!({ "name": format!("T{n}"), "ttl_hours": hours, "campaign_id": campaign["id"] });
        let (_, template) = ada.post(&format!("/bands/{band}/templates"), wish).await;
        let (id, _) = ada.invite(&band, json!({ "template_id": template["id"] })).await;
        let shown = ada.get(&format!("/invites/{id}")).await.1;
        assert_eq!(shown["expires_at"], json!(world.clock.now().plus_hours(ends).to_string()), "{hours}");
    }
    let (id, _) = ada.invite(&band, json!({ "campaign_id": campaign["id"] })).await;
    assert_eq!(ada.delete(&format!("/invites/{id}")).await.0, 204);
    let (_, sooner) = ada.patch(&path(&campaign), json!({ "ttl_hours": 2 })).await;
    let (status, restored) = ada.post(&format!("/invites/{id}/restore"), json!({})).await;
    assert_eq!((status, &restored["expires_at"]), (200, &sooner["expires_at"]));
}

async fn what_was_taken_back_stays_so_once_its_campaign_is_over(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    for delete in [false, true] {
        let campaign = make(&ada, &band, json!({ "name": "Tour" })).await;
        let (id, token) = ada.invite(&band, json!({ "campaign_id": campaign["id"] })).await;
        assert_eq!(ada.delete(&format!("/invites/{id}")).await.0, 204);
        let ended = if delete {
            ada.delete(&path(&campaign)).await
        } else {
            ada.post(&format!("{}/expire", path(&campaign)), json!({})).await
        };
        assert_eq!(ended, (200, json!({ "cancelled": 0 })));
        let restored = ada.post(&format!("/invites/{id}/restore"), json!({})).await;
        assert_eq!(code(restored), (409, "not_restorable".to_owned()));
        let preview = world.send("GET", &format!("/invites/{token}/info"), None).await;
        assert_eq!(code(preview), (410, "invite_revoked".to_owned()));
    }
    let short = make(&ada, &band, json!({ "name": "Night", "ttl_hours": 1 })).await;
    let (id, _) = ada.invite(&band, json!({ "campaign_id": short["id"] })).await;
    world.clock.pass_seconds(55 * 60);
    assert_eq!(ada.delete(&format!("/invites/{id}")).await.0, 204);
    world.clock.pass_seconds(5 * 60);
    let restored = ada.post(&format!("/invites/{id}/restore"), json!({})).await;
    assert_eq!(code(restored), (409, "not_restorable".to_owned()), "the campaign's time is over");
    let (id, _) = ada.invite(&band, json!({})).await;
    assert_eq!(ada.delete(&format!("/invites/{id}")).await.0, 204);
    assert_eq!(ada.post(&format!("/campaigns/{band}/expire"), json!({})).await.0, 200);
    assert_eq!(ada.post(&format!("/invites/{id}/restore"), json!({})).await.0, 200, "the band's own goes on");
}

async fn every_bad_field_is_named(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let wrong = json!({
        "name": " ", "role": "owner", "ttl_hours": 0, "message": "a\u{202e}b", "reminders": [7], "max_invites": 0,
        "max_accepts": -1,
    });
    let (status, problem) = ada.post(&format!("/bands/{band}/campaigns"), wrong).await;
    let named: Vec<_> = problem["errors"].as_array().unwrap().iter().map(|e| e["field"].as_str().unwrap()).collect();
    let all = ["name", "ttl_hours", "role", "message", "reminders", "max_invites", "max_accepts"];
    assert_eq!(status, 422);
    assert!(all.iter().all(|field| named.contains(field)), "{named:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_campaign_lives_longer_than_the_rules_allow_and_its_reminders_are_some_of_theirs() {
    let policy =
        Policy { allow_kinds: Policy::preset(Preset::Band).allow_kinds, ..Policy::preset(Preset::Organisation) };
    let world = World::sqlite_with(Settings { policy, ..settings() }).await;
    let ada = world.people(1).await.remove(0);
    let band = ada.band("Choir").await;
    let long = json!({ "name": "Long", "ttl_hours": 2_161, "reminders": [72, 100] });
    let (status, problem) = ada.post(&format!("/bands/{band}/campaigns"), long).await;
    assert_eq!((status, problem["errors"].as_array().unwrap().len()), (422, 2), "{problem}");
    let campaign = make(&ada, &band, json!({ "name": "Short", "reminders": [72] })).await;
    assert_eq!(campaign["reminders"], json!([72]));
    let (status, _) = ada.patch(&path(&campaign), json!({ "ttl_hours": null })).await;
    assert_eq!(status, 422);
}

async fn campaigns_are_nothing_to_strangers_and_other_bands(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    let (band, other) = (ada.band("Choir").await, ada.band("Duo").await);
    let theirs = kim.band("Trio").await;
    let campaign = make(&ada, &band, json!({ "name": "Tour" })).await;
    assert_eq!(kim.get(&path(&campaign)).await.0, 404);
    assert_eq!(kim.delete(&path(&campaign)).await.0, 404);
    for (person, band) in [(&ada, &other), (&kim, &theirs)] {
        let (status, _) =
            person.post(&format!("/bands/{band}/invites"), json!({ "campaign_id": campaign["id"] })).await;
        assert_eq!(status, 404);
    }
    assert_eq!(ada.delete(&format!("/bands/{band}")).await.0, 204);
    assert_eq!(ada.get(&path(&campaign)).await.0, 404);
}

async fn the_list_is_read_from_both_ends_and_filters_invites(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    for name in ["One", "Two", "Three"] {
        let campaign = make(&ada, &band, json!({ "name": name })).await;
        ada.invite(&band, json!({ "campaign_id": campaign["id"], "label": name })).await;
    }
    let names = |list: &Value| -> Vec<String> {
        list["campaigns"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
    };
    let (_, first) = ada.get(&format!("/bands/{band}/campaigns?limit=3")).await;
    assert_eq!(names(&first), ["Three", "Two", "One"]);
    let (_, last) = ada.get(&format!("/bands/{band}/campaigns?limit=2&cursor=last")).await;
    assert_eq!(names(&last), ["One", "General"]);
    let two = first["campaigns"][1]["id"].as_str().unwrap();
    let (_, invites) = ada.get(&format!("/bands/{band}/invites?campaign={two}")).await;
    assert_eq!((&invites["matched"], &invites["invites"][0]["label"]), (&json!(1), &json!("Two")));
    let (status, problem) = ada.get(&format!("/bands/{band}/invites?campaign=tour")).await;
    assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!("campaign")));
}

async fn a_retry_makes_one_campaign_and_ends_it_once(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let all = format!("/bands/{band}/campaigns");
    let (_, made) = ada.post_once(&all, "a", json!({ "name": "Tour" })).await;
    let again = ada.post_once(&all, "a", json!({ "name": "Tour" })).await;
    assert_eq!(again, (201, made.clone()));
    ada.invite(&band, json!({ "campaign_id": made["campaign"]["id"] })).await;
    let expire = format!("{}/expire", path(&made["campaign"]));
    for _ in 0..2 {
        assert_eq!(ada.post_once(&expire, "b", json!({})).await, (200, json!({ "cancelled": 1 })));
    }
    let (_, list) = ada.get(&all).await;
    assert_eq!(list["campaigns"].as_array().unwrap().len(), 2);
}

async fn each_change_is_in_the_trail(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let campaign = make(&ada, &band, json!({ "name": "Tour" })).await;
    ada.patch(&path(&campaign), json!({ "name": "Tour" })).await;
    ada.patch(&path(&campaign), json!({ "name": "Spring tour" })).await;
    ada.post(&format!("{}/expire", path(&campaign)), json!({})).await;
    ada.delete(&path(&campaign)).await;
    let (_, trail) = ada.get(&format!("/bands/{band}/audit")).await;
    let events: Vec<_> = trail["events"].as_array().unwrap().iter().collect();
    let told: Vec<_> = events.iter().rev().map(|event| event["action"].as_str().unwrap()).skip(1).collect();
    assert_eq!(told, ["campaign.created", "campaign.edited", "campaign.expired", "campaign.deleted"]);
    assert_eq!((&events[0]["detail"], &events[0]["actor"]["username"]), (&json!("Spring tour"), &json!("ada")));
}

/// What the trail says that changed of an invite, the newest first.
async fn edits(person: &Person, band: &str, invite: &str) -> Vec<String> {
    let (_, trail) = person.get(&format!("/bands/{band}/audit?action=invite.edited&invite={invite}")).await;
    trail["events"].as_array().unwrap().iter().map(|event| event["detail"].as_str().unwrap().to_owned()).collect()
}

async fn what_a_change_made_of_an_invite_is_in_its_trail(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let campaign = make(&ada, &band, json!({ "name": "Tour", "ttl_hours": 10 })).await;
    let (plain, _) = ada.invite(&band, json!({ "campaign_id": campaign["id"] })).await;
    let (high, _) = ada.invite(&band, json!({ "campaign_id": campaign["id"], "role": "admin" })).await;
    let (revoked, _) = ada.invite(&band, json!({ "campaign_id": campaign["id"] })).await;
    assert_eq!(ada.delete(&format!("/invites/{revoked}")).await.0, 204);
    assert_eq!(ada.patch(&path(&campaign), json!({ "role": "admin", "message": "Come" })).await.0, 200);
    assert_eq!(edits(&ada, &band, &plain).await, ["role member to admin"]);
    assert_eq!(ada.patch(&path(&campaign), json!({ "role": "member", "expires_at": null })).await.0, 200);
    assert_eq!(edits(&ada, &band, &plain).await, ["role admin to member, end", "role member to admin"]);
    assert_eq!(ada.patch(&path(&campaign), json!({ "expires_at": null })).await.0, 200);
    assert_eq!(edits(&ada, &band, &high).await, ["role admin to member, end"], "what is as it was is no change");
    let invite = format!("/invites/{plain}");
    let revision = ada.get(&format!("/bands/{band}")).await.1["revision"].clone();
    for nothing in [json!({}), json!({ "role": "member", "expires_at": null })] {
        assert_eq!(ada.patch(&invite, nothing).await.0, 200);
    }
    assert_eq!(ada.get(&format!("/bands/{band}")).await.1["revision"], revision);
    let wish = json!({ "role": "admin", "label": "for Kim", "max_uses": 2, "ttl_hours": 5 });
    assert_eq!(ada.patch(&invite, wish).await.0, 200);
    assert_eq!(edits(&ada, &band, &plain).await[0], "role member to admin, uses, end, label");
    assert_eq!(edits(&ada, &band, &plain).await.len(), 3);
    assert!(edits(&ada, &band, &revoked).await.is_empty());
}

async fn no_invite_lives_longer_by_its_campaign_than_its_rules_allow(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let campaign = make(&ada, &band, json!({ "name": "Tour", "expires_at": null })).await;
    let (free, _) = ada.invite(&band, json!({ "campaign_id": campaign["id"] })).await;
    let tight = json!({ "policy": { "default_ttl_hours": 24, "max_ttl_hours": 48 } });
    assert_eq!(ada.patch(&format!("/bands/{band}"), tight).await.0, 200);
    let (bound, _) = ada.invite(&band, json!({ "campaign_id": campaign["id"] })).await;
    let ends = || async {
        let (free, bound) = (ada.get(&format!("/invites/{free}")).await, ada.get(&format!("/invites/{bound}")).await);
        [free.1["expires_at"].clone(), bound.1["expires_at"].clone()]
    };
    let latest = json!(world.clock.now().plus_hours(48));
    assert_eq!(ends().await, [json!(null), latest.clone()], "of a campaign that never ends");
    assert_eq!(ada.patch(&format!("/bands/{band}"), json!({ "policy": {} })).await.0, 200);
    for (hours, meant) in [(json!(72), latest.clone()), (json!(null), latest)] {
        assert_eq!(ada.patch(&path(&campaign), json!({ "ttl_hours": hours })).await.0, 200);
        let end = ada.get(&path(&campaign)).await.1["expires_at"].clone();
        assert_eq!(ends().await, [end, meant], "{hours}");
    }
    assert_eq!(ada.patch(&path(&campaign), json!({ "ttl_hours": 2 })).await.0, 200);
    assert_eq!(ends().await, [(); 2].map(|()| json!(world.clock.now().plus_hours(2))));
}

async fn a_limit_of_invites_holds_in_a_race(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let campaign = make(&ada, &band, json!({ "name": "Tour", "max_invites": 3 })).await;
    let mut racers = JoinSet::new();
    for _ in 0..8 {
        let ada = world.person(ada.account.clone(), &ada.session);
        let (url, body) = (format!("/bands/{band}/invites"), json!({ "campaign_id": campaign["id"] }));
        racers.spawn(async move { ada.post(&url, body).await });
    }
    let mut made = 0;
    while let Some(answer) = racers.join_next().await {
        let (status, answer) = answer.unwrap();
        if status == 201 {
            made += 1;
        } else {
            assert_eq!((status, &answer["errors"][0]["field"]), (422, &json!("campaign_id")), "{answer}");
        }
    }
    assert_eq!((made, &show(&ada, &campaign).await["counts"]["pending"]), (3, &json!(3)));
}

async fn a_limit_of_accepts_holds_in_a_race_over_all_its_invites(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let campaign = make(&ada, &band, json!({ "name": "Tour", "max_accepts": 3 })).await;
    let mut tokens = Vec::new();
    for max_uses in [json!(null), json!(2), json!(1)] {
        tokens.push(ada.invite(&band, json!({ "campaign_id": campaign["id"], "max_uses": max_uses })).await.1);
    }
    let mut racers = JoinSet::new();
    for (n, person) in world.people(12).await.into_iter().enumerate() {
        let token = tokens[n % 3].clone();
        racers.spawn(async move { person.accept(&token).await });
    }
    let mut joined = 0;
    while let Some(answer) = racers.join_next().await {
        let answer = answer.unwrap();
        if answer.0 == 200 {
            joined += 1;
        } else {
            let (status, why) = code(answer);
            assert_eq!((status, why.as_str()), (410, "invite_used"));
        }
    }
    assert_eq!((joined, &show(&ada, &campaign).await["counts"]["uses"]), (3, &json!(3)));
    let info = ada.get(&format!("/invites/{}/info", tokens[0])).await;
    assert_eq!(code(info), (410, "invite_used".to_owned()));
    let shown = show(&ada, &campaign).await;
    assert_eq!((shown["counts"]["pending"].clone(), shown["ended_at"].is_string()), (json!(0), true));
}

async fn with_its_last_use_a_campaign_ends_for_preview_list_and_accept_alike(world: World) {
    let [ada, kim, sam] = world.people(3).await.try_into().ok().unwrap();
    let band = ada.band("Choir").await;
    let campaign = make(&ada, &band, json!({ "name": "Tour", "max_accepts": 1 })).await;
    let of_it = json!({ "campaign_id": campaign["id"], "max_uses": 5 });
    let (used, token) = ada.invite(&band, of_it.clone()).await;
    let (other, other_token) = ada.invite(&band, of_it.clone()).await;
    let (asked, asked_token) =
        ada.invite(&band, json!({ "campaign_id": campaign["id"], "requires_approval": true })).await;
    let (apart, _) = ada.invite(&band, json!({})).await;
    assert_eq!(sam.accept(&asked_token).await.0, 202);
    assert_eq!(kim.accept(&token).await.0, 200);
    for (id, token) in [(&used, &token), (&other, &other_token), (&asked, &asked_token)] {
        let (_, listed) = ada.get(&format!("/invites/{id}")).await;
        assert_eq!((&listed["status"], &listed["cancel_reason"]), (&json!("cancelled"), &json!("campaign_used")));
        let preview = world.send("GET", &format!("/invites/{token}/info"), None).await;
        assert_eq!(code(preview), (410, "invite_used".to_owned()));
        assert_eq!(code(sam.accept(token).await), (410, "invite_used".to_owned()));
    }
    assert_eq!(ada.get(&format!("/invites/{apart}")).await.1["status"], "pending");
    let (_, waiting) = ada.get(&format!("/bands/{band}/join-requests")).await;
    assert_eq!(waiting["join_requests"], json!([]), "nobody waits for what cannot be");
    let shown = show(&ada, &campaign).await;
    let counts = json!({ "made": 3, "pending": 0, "accepted": 0, "rejected": 0, "cancelled": 3, "expired": 0,
        "uses": 1 });
    assert_eq!((&shown["counts"], &shown["active"]), (&counts, &json!(false)));
    let more = ada.post(&format!("/bands/{band}/invites"), of_it).await;
    assert_eq!((more.0, &more.1["errors"][0]["field"]), (422, &json!("campaign_id")));
    let (_, trail) = ada.get(&format!("/bands/{band}/audit?action=campaign.used_up")).await;
    assert_eq!(trail["events"][0]["actor"], json!(null));
    assert_eq!(ada.get(&format!("/invites/{other}")).await.1["acted_by"], json!(null));
    assert_eq!(
        ada.get(&format!("/bands/{band}/stats")).await.1["acceptance_rate"],
        json!(null),
        "nobody was asked in vain"
    );
}

async fn an_invite_made_while_its_campaign_is_deleted_is_not_left_pending(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    for _ in 0..8 {
        let campaign = make(&ada, &band, json!({ "name": "Tour" })).await;
        let (url, one) = (format!("/bands/{band}/invites"), path(&campaign));
        let (made, gone) = tokio::join!(ada.post(&url, json!({ "campaign_id": campaign["id"] })), ada.delete(&one));
        assert_eq!(gone.0, 200, "{gone:?}");
        assert_eq!(gone.1["cancelled"], u64::from(made.0 == 201));
        assert!(made.0 == 201 || made.0 == 404, "{made:?}");
    }
    let (_, pending) = ada.get(&format!("/bands/{band}/invites?status=pending")).await;
    assert_eq!(pending["matched"], 0);
}
