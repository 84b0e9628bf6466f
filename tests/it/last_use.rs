//! The last use that a campaign has, by every way in which one is taken; and who holds a use, and takes no other.

mod held;

use guestlist::{
    domain::{Policy, Preset, Registration},
    server::Settings,
};
use serde_json::{Value, json};

use crate::{
    requests::{requests, say},
    world::{PASSWORD, Person, World, settings},
};

pub fn by_invite() -> Settings {
    Settings { policy: Policy { registration: Registration::InviteOnly, ..Policy::preset(Preset::Band) }, ..settings() }
}

/// Somebody who makes an account by an invite, and so holds a use of it.
pub async fn holder(world: &World, name: &str, token: &str) -> Person {
    let email = format!("{name}@example.org");
    let body = json!({ "username": name, "email": email, "password": PASSWORD, "invite": token });
    let (status, answer) = world.send("POST", "/auth/register", Some(&body)).await;
    assert_eq!(status, 201, "{answer}");
    world.person(answer["account"].clone(), answer["session"]["token"].as_str().unwrap())
}

/// A campaign of a new band that lets so many in, and the token of an invite in it, and of one by which one asks.
async fn campaign(ada: &Person, most: u32) -> (String, String, String) {
    let band = ada.band("Choir").await;
    let (status, made) =
        ada.post(&format!("/bands/{band}/campaigns"), json!({ "name": "Tour", "max_accepts": most })).await;
    assert_eq!(status, 201, "{made}");
    let of_it = json!({ "campaign_id": made["campaign"]["id"], "max_uses": 5 });
    let mut asking = of_it.clone();
    asking["requires_approval"] = json!(true);
    let (plain, asking) = (ada.invite(&band, of_it).await.1, ada.invite(&band, asking).await.1);
    (band, plain, asking)
}

/// Asks by this invite, and is agreed with; the answer.
async fn ask_and_agree(ada: &Person, band: &str, person: &Person, token: &str) -> (u16, Value) {
    assert_eq!(person.accept(token).await.0, 202);
    let waiting = requests(ada, band, "pending").await;
    say(ada, band, &waiting[0], "approve").await
}

/// What a look at an invite comes to: `pending`, or the code of the refusal.
pub async fn looked_at(world: &World, token: &str) -> String {
    let (_, seen) = world.send("GET", &format!("/invites/{token}/info"), None).await;
    let said = if seen["status"].is_string() { &seen["status"] } else { &seen["code"] };
    said.as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_takes_the_last_use_of_a_campaign_and_ends_it() {
    for world in World::each_with(settings()).await {
        let [ada, kim, sam] = world.people(3).await.try_into().ok().unwrap();
        let (band, plain, asking) = campaign(&ada, 2).await;
        assert_eq!(ask_and_agree(&ada, &band, &kim, &asking).await.0, 200);
        assert_eq!(looked_at(&world, &plain).await, "pending", "one is left");
        assert_eq!(ask_and_agree(&ada, &band, &sam, &asking).await.0, 200);
        assert_eq!(looked_at(&world, &plain).await, "invite_used");
        assert_eq!(looked_at(&world, &asking).await, "invite_used");
        assert_eq!(ada.get(&format!("/bands/{band}")).await.1["counts"]["pending"], 0, "and nothing is left pending");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_holds_a_use_comes_in_without_another_and_ends_nothing() {
    for world in World::each_with(by_invite()).await {
        let [ada, sam] = world.people(2).await.try_into().ok().unwrap();
        let (_, plain, _) = campaign(&ada, 2).await;
        let kim = holder(&world, "kim", &plain).await;
        assert_eq!(kim.accept(&plain).await.1["outcome"], "joined");
        assert_eq!(looked_at(&world, &plain).await, "pending", "one of two is left");
        assert_eq!(sam.accept(&plain).await.1["outcome"], "joined");
        assert_eq!(looked_at(&world, &plain).await, "invite_used");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_holds_the_last_use_is_let_in_when_an_admin_agrees_and_nobody_else_is() {
    for world in World::each_with(by_invite()).await {
        let [ada, sam] = world.people(2).await.try_into().ok().unwrap();
        // Of a campaign: with one use left, and with none.
        for most in [2, 1] {
            let (band, plain, asking) = campaign(&ada, most).await;
            let kim = holder(&world, &format!("kim-{most}"), &asking).await;
            assert_eq!(ask_and_agree(&ada, &band, &kim, &asking).await.0, 200);
            assert_eq!(looked_at(&world, &plain).await, if most == 2 { "pending" } else { "invite_used" });
        }
        // Of an invite that is for one.
        let band = ada.band("Owls").await;
        let (_, token) = ada.invite(&band, json!({ "max_uses": 1, "requires_approval": true })).await;
        assert_eq!(sam.accept(&token).await.0, 202);
        let lee = holder(&world, "lee", &token).await;
        assert_eq!(lee.accept(&token).await.0, 202);
        for request in requests(&ada, &band, "pending").await {
            let expected = if request["account"]["username"] == "lee" { 200 } else { 410 };
            let (status, answer) = say(&ada, &band, &request, "approve").await;
            assert_eq!(status, expected, "{answer}");
        }
        let (_, members) = ada.get(&format!("/bands/{band}/members")).await;
        assert_eq!(members["total"], 2, "{members}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_came_in_by_the_use_that_they_held_and_left_has_none_to_come_back_by() {
    for world in World::each_with(by_invite()).await {
        let ada = world.people(1).await.remove(0);
        let band = ada.band("Choir").await;
        let (_, token) = ada.invite(&band, json!({})).await;
        let kim = holder(&world, "kim", &token).await;
        assert_eq!(kim.accept(&token).await.1["outcome"], "joined");
        assert_eq!(kim.post(&format!("/bands/{band}/leave"), json!({})).await.0, 204);
        let (status, problem) = kim.accept(&token).await;
        assert_eq!((status, &problem["code"]), (410, &json!("invite_used")), "{problem}");
    }
}
