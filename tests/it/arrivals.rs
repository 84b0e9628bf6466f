//! Coming into a band without an invite ends what else waits for the person, as an accept does.

use guestlist::{
    domain::{OnAcceptCancel, Policy, Preset},
    server::Settings,
};
use serde_json::json;

use crate::{
    mail::verify,
    members::id,
    requests::{requests, say},
    world::{Person, World, on_each_database, with_mail},
};

on_each_database! {
    who_joins_an_open_band_leaves_no_invite_to_it_waiting,
    who_is_let_in_by_an_admin_leaves_no_invite_to_it_waiting,
}

/// A band whose door is as `join` says.
async fn band(owner: &Person, join: &str, rule: Option<&str>) -> String {
    let policy = rule.map(|rule| json!({ "on_accept_cancel": rule }));
    let (status, band) = owner.post("/bands", json!({ "name": "Choir", "join": join, "policy": policy })).await;
    assert_eq!(status, 201, "{band}");
    band["id"].as_str().unwrap().to_owned()
}

fn address(person: &Person) -> String {
    format!("{}@example.org", person.username)
}

/// Invites for a person, by account, by address, and one for anybody.
async fn invites(inviter: &Person, band: &str, person: &Person) -> [String; 3] {
    let email = address(person);
    let (by_account, _) = inviter.invite(band, json!({ "account_id": id(person) })).await;
    let (by_address, _) = inviter.invite(band, json!({ "email": email })).await;
    let (link, _) = inviter.invite(band, json!({ "kind": "link", "email": email, "send": false })).await;
    [by_account, by_address, link]
}

/// How each stands: its status, or why it was cancelled.
async fn stand(inviter: &Person, ids: &[String]) -> Vec<String> {
    let mut all = Vec::new();
    for id in ids {
        let (_, shown) = inviter.get(&format!("/invites/{id}")).await;
        let told = if shown["cancel_reason"].is_null() { &shown["status"] } else { &shown["cancel_reason"] };
        all.push(told.as_str().unwrap().to_owned());
    }
    all
}

async fn who_joins_an_open_band_leaves_no_invite_to_it_waiting(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    let (here, there) = (band(&ada, "open", None).await, band(&ada, "open", None).await);
    let (waiting, elsewhere) = (invites(&ada, &here, &kim).await, invites(&ada, &there, &kim).await);
    let (status, told) = kim.post(&format!("/bands/{here}/join"), json!({})).await;
    assert_eq!((status, &told["outcome"]), (200, &json!("joined")));
    assert_eq!(stand(&ada, &waiting).await, ["superseded", "superseded", "pending"]);
    assert_eq!(stand(&ada, &elsewhere).await, ["pending"; 3], "the rule is of that band alone");
    let (_, trail) = ada.get(&format!("/bands/{here}/audit?action=invite.superseded")).await;
    let events = trail["events"].as_array().unwrap();
    assert!(events.len() == 2 && events.iter().all(|event| event["actor"]["username"] == "kim"), "{trail}");
    assert_eq!(ada.get(&format!("/bands/{here}")).await.1["counts"]["pending"], 1);
    assert!(!kim.get("/me/invites").await.1["invites"].as_array().unwrap().iter().any(|one| one["band"]["id"] == here));
    // Once more changes nothing.
    assert_eq!(kim.post(&format!("/bands/{here}/join"), json!({})).await.1["outcome"], "already_member");
    assert_eq!(stand(&ada, &waiting).await, ["superseded", "superseded", "pending"]);
}

async fn who_is_let_in_by_an_admin_leaves_no_invite_to_it_waiting(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    let here = band(&ada, "request", None).await;
    assert_eq!(kim.post(&format!("/bands/{here}/join"), json!({})).await.0, 202);
    let waiting = invites(&ada, &here, &kim).await;
    let request = requests(&ada, &here, "pending").await.remove(0);
    assert_eq!(stand(&ada, &waiting).await, ["pending"; 3], "to ask ends nothing");
    assert_eq!(say(&ada, &here, &request, "approve").await.0, 200);
    assert_eq!(stand(&ada, &waiting).await, ["superseded", "superseded", "pending"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rule_in_force_in_the_band_says_how_far_it_reaches_and_who_invited_hears_of_it() {
    for (rule, own, ended) in [
        (OnAcceptCancel::None, None, 0),
        (OnAcceptCancel::None, Some("same_band"), 1),
        (OnAcceptCancel::Everywhere, None, 2),
    ] {
        let policy = Policy { on_accept_cancel: rule, ..Policy::preset(Preset::Band) };
        for world in World::each_with(Settings { policy: policy.clone(), ..with_mail() }).await {
            let [ada, bob, kim] = world.people(3).await.try_into().ok().unwrap();
            for person in [&ada, &bob, &kim] {
                verify(&world, &person.username).await;
            }
            let here = band(&ada, "open", own).await;
            let there = band(&bob, "open", None).await;
            let (one, two) = (invites(&ada, &here, &kim).await, invites(&bob, &there, &kim).await);
            world.mails().await;
            assert_eq!(kim.post(&format!("/bands/{here}/join"), json!({})).await.0, 200);
            let stand = [stand(&ada, &one).await, stand(&bob, &two).await];
            let over = |all: &[String]| all.iter().filter(|end| *end == "superseded").count();
            assert_eq!(stand.iter().map(|all| usize::from(over(all) == 2)).sum::<usize>(), ended, "{stand:?}");
            let mut told: Vec<String> = world.mails().await.into_iter().map(|mail| mail.to).collect();
            told.dedup();
            let makers: Vec<String> = [&ada, &bob].into_iter().take(ended).map(address).collect();
            assert_eq!(told, makers);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_was_only_typed_ends_nothing() {
    for world in World::each_with(with_mail()).await {
        let (ada, kim) = (world.account("ada").await, world.account("kim").await);
        let here = band(&ada, "open", None).await;
        let waiting = invites(&ada, &here, &kim).await;
        assert_eq!(kim.post(&format!("/bands/{here}/join"), json!({})).await.0, 200);
        assert_eq!(stand(&ada, &waiting).await, ["superseded", "pending", "pending"]);
    }
}
