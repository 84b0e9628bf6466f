//! A use that is held and not taken up yet: it is its holder's alone, and ends with whatever ends a pending invite.

use guestlist::{
    domain::{EmailIdentity, OnInviterRemoved, Registration},
    server::sweep,
};
use serde_json::{Value, json};

use super::{by_invite, holder, looked_at};
use crate::{
    counts,
    members::{code, id},
    proof,
    requests::{requests, say},
    world::{PASSWORD, Person, World, settings, with_mail},
};

async fn stands(ada: &Person, invite: &str) -> (Value, Value) {
    let (_, shown) = ada.get(&format!("/invites/{invite}")).await;
    (shown["status"].clone(), shown["uses"].clone())
}

/// What is done to an invite after somebody made their account by it, and what its holder is told then.
const ENDS: [(&str, &str); 12] = [
    ("revoke", "invite_revoked"),
    ("revoke several", "invite_revoked"),
    ("expire the campaign", "invite_expired"),
    ("delete the campaign", "invite_cancelled"),
    ("expire the band's own", "invite_expired"),
    ("remove the maker", "invite_cancelled"),
    ("remove the maker and all", "invite_cancelled"),
    ("ban the maker", "invite_cancelled"),
    ("demote the maker", "invite_cancelled"),
    ("let the maker leave", "invite_cancelled"),
    ("delete the band", "invite_cancelled"),
    ("let time pass", "invite_expired"),
];

#[tokio::test(flavor = "multi_thread")]
async fn what_ends_a_pending_invite_ends_the_use_that_is_held_of_it() {
    let mut settings = by_invite();
    settings.policy.on_inviter_removed = OnInviterRemoved::Revoke;
    for world in World::each_with(settings).await {
        let ada = world.people(1).await.remove(0);
        for (n, (done, told)) in ENDS.into_iter().enumerate() {
            let band = ada.band(&format!("Choir {n}")).await;
            // Made by an admin, and to admin where that is what ends it.
            let (_, way_in) = ada.invite(&band, json!({ "role": "admin" })).await;
            let mia = holder(&world, &format!("mia-{n}"), &way_in).await;
            assert_eq!(mia.accept(&way_in).await.1["outcome"], "joined");
            let (_, made) = ada.post(&format!("/bands/{band}/campaigns"), json!({ "name": "Tour" })).await;
            let campaign = made["campaign"]["id"].as_str().unwrap().to_owned();
            let mut wish = json!({ "role": if done == "demote the maker" { "admin" } else { "member" } });
            if done.ends_with("the campaign") {
                wish["campaign_id"] = json!(campaign);
            }
            let (invite, token) = mia.invite(&band, wish).await;
            let kim = holder(&world, &format!("kim-{n}"), &token).await;
            assert_eq!(stands(&ada, &invite).await, (json!("pending"), json!(1)));
            let maker = format!("/bands/{band}/members/{}", id(&mia));
            let (status, answer) = match done {
                "revoke" => ada.delete(&format!("/invites/{invite}")).await,
                "revoke several" => {
                    let wish = json!({ "action": "revoke", "ids": [invite] });
                    ada.post(&format!("/bands/{band}/invites/actions"), wish).await
                }
                "expire the campaign" => ada.post(&format!("/campaigns/{campaign}/expire"), json!({})).await,
                "delete the campaign" => ada.delete(&format!("/campaigns/{campaign}")).await,
                "expire the band's own" => ada.post(&format!("/campaigns/{band}/expire"), json!({})).await,
                "remove the maker" => ada.delete(&maker).await,
                "remove the maker and all" => ada.delete(&format!("{maker}?revoke_invites=true")).await,
                "ban the maker" => ada.delete(&format!("{maker}?ban=true")).await,
                "demote the maker" => ada.patch(&maker, json!({ "role": "member" })).await,
                "let the maker leave" => mia.post(&format!("/bands/{band}/leave"), json!({})).await,
                "delete the band" => ada.delete(&format!("/bands/{band}")).await,
                _ => {
                    world.clock.pass_hours(72);
                    (204, Value::Null)
                }
            };
            assert!((200..300).contains(&status), "{done}: {answer}");
            if answer["cancelled"].is_u64() {
                assert_eq!(answer["cancelled"], 1, "{done}");
            }
            assert_eq!(code(kim.accept(&token).await), (410, told.to_owned()), "{done}");
            assert_eq!(kim.get("/bands").await.1["bands"], json!([]), "{done}");
        }
        counts::add_up(world.app.store()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_use_is_nobody_elses_and_its_holder_may_decline_it() {
    for world in World::each_with(by_invite()).await {
        let [ada, sam] = world.people(2).await.try_into().ok().unwrap();
        let band = ada.band("Choir").await;
        let (invite, token) = ada.invite(&band, json!({})).await;
        let kim = holder(&world, "kim", &token).await;
        let used = (410, "invite_used".to_owned());
        assert_eq!(looked_at(&world, &token).await, "pending");
        let (_, seen) = world.send("GET", &format!("/invites/{token}/info"), None).await;
        assert_eq!(seen["uses_left"], 0, "none for anybody else");
        assert_eq!(code(sam.accept(&token).await), used);
        assert_eq!(code(sam.post(&format!("/invites/{token}/decline"), json!({})).await), used);
        let body = json!({ "username": "lee", "email": "lee@example.org", "password": PASSWORD, "invite": token });
        assert_eq!(code(world.send("POST", "/auth/register", Some(&body)).await), used);
        // Those who look after it change it as any pending one.
        let path = format!("/invites/{invite}");
        assert_eq!(ada.patch(&path, json!({ "label": "for kim" })).await.1["label"], "for kim");
        assert_eq!(ada.patch(&path, json!({ "max_uses": 2 })).await.0, 200);
        let (_, seen) = world.send("GET", &format!("/invites/{token}/info"), None).await;
        assert_eq!(seen["uses_left"], 1, "one more use is there for others");
        assert_eq!(ada.patch(&path, json!({ "max_uses": 1 })).await.0, 422, "it was taken already");
        let (_, own) = ada.invite(&band, json!({})).await;
        let lou = holder(&world, "lou", &own).await;
        assert_eq!(lou.post(&format!("/invites/{own}/decline"), json!({})).await.0, 204);
        assert_eq!(code(lou.accept(&own).await), (410, "invite_declined".to_owned()));
        // Of two uses the other is taken first: with the held one the invite is accepted.
        assert_eq!(sam.accept(&token).await.1["outcome"], "joined");
        assert_eq!(stands(&ada, &invite).await, (json!("pending"), json!(2)));
        assert_eq!(kim.accept(&token).await.1["outcome"], "joined");
        assert_eq!(stands(&ada, &invite).await, (json!("accepted"), json!(2)));
        counts::add_up(world.app.store()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_use_that_is_held_for_nobody_is_let_go_and_ends_what_nobody_else_can_use() {
    for world in World::each_with(by_invite()).await {
        let ada = world.people(1).await.remove(0);
        let band = ada.band("Choir").await;
        let ((one, to_one), (two, to_two), (three, to_three), (four, to_four)) = (
            ada.invite(&band, json!({})).await,
            ada.invite(&band, json!({})).await,
            ada.invite(&band, json!({})).await,
            ada.invite(&band, json!({ "max_uses": 2 })).await,
        );
        let kim = holder(&world, "kim", &to_one).await;
        let sam = holder(&world, "sam", &to_two).await;
        let _waits = holder(&world, "lou", &to_three).await;
        let mia = holder(&world, "mia", &to_four).await;
        // One deletes the account, one comes in by another invite, one has not come yet; one goes where a use is left.
        assert_eq!(kim.send("DELETE", "/me", Some(&json!({ "password": PASSWORD }))).await.0, 204);
        assert_eq!(stands(&ada, &one).await, (json!("accepted"), json!(1)), "at once");
        let (_, other) = ada.invite(&band, json!({})).await;
        assert_eq!(sam.accept(&other).await.1["outcome"], "joined");
        assert_eq!(stands(&ada, &two).await, (json!("accepted"), json!(1)), "at once");
        assert_eq!(mia.accept(&ada.invite(&band, json!({})).await.1).await.1["outcome"], "joined");
        assert_eq!(ada.delete(&format!("/bands/{band}/members/{}", id(&mia))).await.0, 204);
        for _ in 0..2 {
            sweep::let_go(&world.app).await.unwrap();
            assert_eq!(stands(&ada, &one).await, (json!("accepted"), json!(1)));
            assert_eq!(stands(&ada, &two).await, (json!("accepted"), json!(1)));
            assert_eq!(stands(&ada, &three).await, (json!("pending"), json!(1)));
            assert_eq!(stands(&ada, &four).await, (json!("pending"), json!(1)));
        }
        let (_, trail) = ada.get(&format!("/bands/{band}/audit?action=invite.let_go")).await;
        let events = trail["events"].as_array().unwrap().iter();
        let mut told: Vec<&str> = events.filter_map(|event| event["invite"].as_str()).collect();
        let mut wanted = [one.as_str(), &two, &four];
        told.sort_unstable();
        wanted.sort_unstable();
        assert_eq!(told, wanted, "each once");
        assert!(trail["events"].as_array().unwrap().iter().all(|event| event["actor"].is_null()), "{trail}");
        assert_eq!(ada.get(&format!("/bands/{band}")).await.1["counts"]["pending"], 2);
        counts::add_up(world.app.store()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_account_that_held_the_last_use_of_a_campaign_ends_it() {
    for world in World::each_with(by_invite()).await {
        let ada = world.people(1).await.remove(0);
        let band = ada.band("Choir").await;
        let (_, made) =
            ada.post(&format!("/bands/{band}/campaigns"), json!({ "name": "Tour", "max_accepts": 1 })).await;
        let of_it = json!({ "campaign_id": made["campaign"]["id"], "max_uses": 5 });
        let (invite, token) = ada.invite(&band, of_it).await;
        let kim = holder(&world, "kim", &token).await;
        assert_eq!(stands(&ada, &invite).await, (json!("pending"), json!(1)));
        assert_eq!(kim.send("DELETE", "/me", Some(&json!({ "password": PASSWORD }))).await.0, 204);
        assert_eq!(ada.get(&format!("/invites/{invite}")).await.1["cancel_reason"], "campaign_used");
        counts::add_up(world.app.store()).await;
    }
}

/// Somebody who makes an account by an invite of their own with Kim's address, verified where there is mail.
async fn owner(world: &World, ada: &Person, band: &str, mail: bool) -> Person {
    let (_, invite) = ada.invite(band, json!({})).await;
    let body = json!({ "username": "owner", "email": "kim@example.org", "password": PASSWORD, "invite": invite });
    let (status, answer) = world.send("POST", "/auth/register", Some(&body)).await;
    assert_eq!(status, 201, "{answer}");
    let owner = world.person(answer["account"].clone(), answer["session"]["token"].as_str().unwrap());
    if mail {
        let typed = json!({ "code": proof::code(world).await });
        assert_eq!(owner.post("/me/email/verify", typed).await.0, 200);
    }
    owner
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_held_by_an_address_is_its_owners_once_that_is_somebody_else() {
    use EmailIdentity::{Bearer, Match, Verified};
    for (rule, mail, owner_first, moves, is_let_go, asks) in [
        (Verified, false, false, true, true, true),
        (Verified, true, false, false, true, false),
        (Verified, true, true, false, true, false),
        (Match, true, false, false, false, false),
        (Match, true, true, false, false, false),
        (Bearer, false, false, true, false, false),
    ] {
        let at = format!("{rule}, mail {mail}, owner first {owner_first}");
        let mut settings = if mail { with_mail() } else { settings() };
        (settings.policy.registration, settings.policy.email_identity) = (Registration::InviteOnly, rule);
        for world in World::each_with(settings).await {
            let ada = world.people(1).await.remove(0);
            let band = ada.band("Choir").await;
            let wish = json!({ "email": "kim@example.org", "requires_approval": asks });
            let (invite, token) = ada.invite(&band, wish.clone()).await;
            let first = if owner_first { Some(owner(&world, &ada, &band, mail).await) } else { None };
            let kim = holder(&world, "kim", &token).await;
            if asks {
                assert_eq!(kim.accept(&token).await.0, 202, "{at}");
            }
            if moves {
                let moved = json!({ "email": "elsewhere@example.org", "current_password": PASSWORD });
                assert_eq!(kim.patch("/me", moved).await.0, 200);
            }
            let owner = if let Some(owner) = first {
                owner
            } else {
                sweep::let_go(&world.app).await.unwrap();
                assert_eq!(stands(&ada, &invite).await.0, "pending", "{at}: the holder can take the address back");
                owner(&world, &ada, &band, mail).await
            };
            if owner_first {
                sweep::let_go(&world.app).await.unwrap();
            }
            if is_let_go {
                assert_eq!(stands(&ada, &invite).await, (json!("pending"), json!(1)), "{at}");
                assert_eq!(requests(&ada, &band, "pending").await.len(), 0, "{at}: nobody could agree to it");
                assert!(kim.accept(&token).await.0 >= 400, "{at}");
                let inbox = owner.get("/me/invites").await.1;
                // Without mail no address is verified, and an inbox shows what is for an account alone.
                assert_eq!(inbox["invites"][0]["id"] == json!(invite), mail, "{at}: {inbox}");
                let came = if asks { "pending_approval" } else { "joined" };
                assert_eq!(owner.accept(&token).await.1["outcome"], came, "{at}");
                if asks {
                    let request = requests(&ada, &band, "pending").await.remove(0);
                    assert_eq!(say(&ada, &band, &request, "approve").await.0, 200, "{at}");
                }
                assert_eq!(stands(&ada, &invite).await, (json!("accepted"), json!(1)), "{at}");
                let (_, trail) = ada.get(&format!("/bands/{band}/audit?action=invite.handed_over")).await;
                assert_eq!(trail["events"][0]["account"]["id"], json!(id(&owner)), "{at}: {trail}");
            } else {
                if rule == Match {
                    let typed = json!({ "email": "kim@example.org", "current_password": PASSWORD });
                    assert_eq!(kim.patch("/me", typed).await.0, 200, "{at}");
                }
                assert_eq!(kim.accept(&token).await.1["outcome"], "joined", "{at}");
            }
            counts::add_up(world.app.store()).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_holder_who_was_denied_asks_until_the_invite_is_taken_back() {
    for world in World::each_with(by_invite()).await {
        let ada = world.people(1).await.remove(0);
        let band = ada.band("Choir").await;
        let (invite, token) = ada.invite(&band, json!({ "requires_approval": true })).await;
        let kim = holder(&world, "kim", &token).await;
        for _ in 0..2 {
            assert_eq!(kim.accept(&token).await.0, 202);
            let request = requests(&ada, &band, "pending").await.remove(0);
            assert_eq!(say(&ada, &band, &request, "deny").await.0, 204);
        }
        assert_eq!(kim.accept(&token).await.0, 202);
        assert_eq!(ada.delete(&format!("/invites/{invite}")).await.0, 204);
        assert_eq!(requests(&ada, &band, "pending").await.len(), 0, "what was asked by it is closed");
        assert_eq!(code(kim.accept(&token).await), (410, "invite_revoked".to_owned()));
        counts::add_up(world.app.store()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_that_is_used_up_leaves_what_is_held_pending_until_it_is_taken_up_or_ended() {
    for world in World::each_with(by_invite()).await {
        let [ada, sam] = world.people(2).await.try_into().ok().unwrap();
        let band = ada.band("Choir").await;
        for taken_up in [true, false] {
            let wish = json!({ "name": "Tour", "max_accepts": 1 });
            let (_, made) = ada.post(&format!("/bands/{band}/campaigns"), wish).await;
            let campaign = made["campaign"]["id"].as_str().unwrap().to_owned();
            let of_it = json!({ "campaign_id": campaign, "max_uses": 5 });
            let ((held, token), (other, _)) =
                (ada.invite(&band, of_it.clone()).await, ada.invite(&band, of_it.clone()).await);
            let kim = holder(&world, &format!("kim-{taken_up}"), &token).await;
            assert_eq!(stands(&ada, &held).await, (json!("pending"), json!(1)));
            assert_eq!(stands(&ada, &other).await.0, "cancelled");
            let (_, seen) = world.send("GET", &format!("/invites/{token}/info"), None).await;
            assert_eq!(
                (&seen["status"], &seen["uses_left"]),
                (&json!("pending"), &json!(0)),
                "the others are nobody's"
            );
            assert_eq!(code(sam.accept(&token).await), (410, "invite_used".to_owned()));
            let expire = format!("/campaigns/{campaign}/expire");
            if taken_up {
                assert_eq!(kim.accept(&token).await.1["outcome"], "joined");
                assert_eq!(ada.get(&format!("/invites/{held}")).await.1["cancel_reason"], "campaign_used");
                assert_eq!(ada.post(&expire, json!({})).await.1["cancelled"], 0);
            } else {
                assert_eq!(ada.post(&expire, json!({})).await.1["cancelled"], 1);
                assert_eq!(code(kim.accept(&token).await), (410, "invite_expired".to_owned()));
                let again = ada.post(&expire, json!({})).await;
                assert_eq!((again.0, &again.1["cancelled"]), (200, &json!(0)));
            }
        }
        assert_eq!(world.number("SELECT COUNT(*) AS n FROM decision").await, 0);
        counts::add_up(world.app.store()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_use_that_is_taken_up_beside_a_revoke_is_one_or_the_other() {
    for world in World::each_with(by_invite()).await {
        let ada = world.people(1).await.remove(0);
        let band = ada.band("Choir").await;
        for n in 0..10 {
            let (invite, token) = ada.invite(&band, json!({})).await;
            let kim = holder(&world, &format!("kim-{n}"), &token).await;
            let path = format!("/invites/{invite}");
            let (came, revoked) = tokio::join!(kim.accept(&token), ada.delete(&path));
            let is_in = kim.get(&format!("/bands/{band}")).await.0 == 200;
            match (came.0, revoked.0) {
                (200, 409) => assert_eq!((stands(&ada, &invite).await.0, is_in), (json!("accepted"), true)),
                (410, 204) => assert_eq!((stands(&ada, &invite).await.0, is_in), (json!("cancelled"), false)),
                other => panic!("{other:?}: {} {}", came.1, revoked.1),
            }
            assert_eq!(kim.accept(&token).await.0, came.0, "and stays so");
        }
        counts::add_up(world.app.store()).await;
    }
}
