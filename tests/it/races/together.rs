//! Races between what is done to many invites at once, or to what they come from, and what is done to one.

use guestlist::server::sweep;
use serde_json::{Value, json};

use crate::{
    members::{code, id, let_in},
    requests::{requests, say},
    world::{Person, World, on_each_database},
};

on_each_database! {
    an_accept_and_the_end_of_a_campaign_agree,
    an_accept_and_an_end_by_time_agree,
    an_accept_and_a_new_role_of_a_campaign_agree,
    a_restore_and_the_end_of_a_campaign_agree,
    no_template_names_a_campaign_that_was_deleted_at_once,
    an_approval_and_the_end_of_a_campaign_agree,
    who_asks_by_two_invites_at_once_waits_once,
    a_band_handed_over_while_its_people_go_has_one_owner,
    a_band_handed_to_who_goes_for_good_has_one_owner_who_is_there,
}

/// How often each race is run.
const ROUNDS: usize = 10;

async fn campaign(person: &Person, band: &str) -> (String, Value) {
    let (_, made) = person.post(&format!("/bands/{band}/campaigns"), json!({ "name": "Tour" })).await;
    let id = made["campaign"]["id"].clone();
    (format!("/campaigns/{}", id.as_str().unwrap()), id)
}

async fn pending(person: &Person, band: &str) -> Value {
    person.get(&format!("/bands/{band}")).await.1["counts"]["pending"].clone()
}

async fn an_accept_and_the_end_of_a_campaign_agree(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    for (n, person) in world.people(ROUNDS).await.into_iter().enumerate() {
        let (path, tour) = campaign(&ada, &band).await;
        let (invite, token) = ada.invite(&band, json!({ "campaign_id": tour })).await;
        let end = async {
            if n % 2 == 0 { ada.delete(&path).await } else { ada.post(&format!("{path}/expire"), json!({})).await }
        };
        let ((_, accepted), (ended, told)) = tokio::join!(person.accept(&token), end);
        assert_eq!(ended, 200, "{told}");
        let (_, shown) = ada.get(&format!("/invites/{invite}")).await;
        if told["cancelled"] == 0 {
            assert_eq!((&accepted["outcome"], &shown["status"]), (&json!("joined"), &json!("accepted")));
        } else {
            let (why, refusal) =
                [("campaign_deleted", "invite_cancelled"), ("campaign_expired", "invite_expired")][n % 2];
            assert_eq!((&accepted["code"], &shown["cancel_reason"]), (&json!(refusal), &json!(why)));
        }
    }
    assert_eq!(pending(&ada, &band).await, 0);
}

async fn an_accept_and_an_end_by_time_agree(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    for person in world.people(2 * ROUNDS).await {
        let (invite, token) = ada.invite(&band, json!({ "ttl_hours": 1 })).await;
        let end = async {
            world.clock.pass_hours(1);
            sweep::expire(&world.app).await.unwrap();
        };
        let ((status, accepted), ()) = tokio::join!(person.accept(&token), end);
        // What was held by the accept the sweeper passed over.
        sweep::expire(&world.app).await.unwrap();
        let (_, shown) = ada.get(&format!("/invites/{invite}")).await;
        let stored = format!("/bands/{band}/invites?status={}", shown["status"].as_str().unwrap());
        assert_eq!(ada.get(&stored).await.1["invites"][0]["id"], json!(invite), "the row says so, too");
        if status == 200 {
            assert_eq!((&shown["status"], &shown["uses"]), (&json!("accepted"), &json!(1)));
        } else {
            assert_eq!((status, &accepted["code"]), (410, &json!("invite_expired")));
            assert_eq!((&shown["cancel_reason"], &shown["uses"]), (&json!("expired"), &json!(0)));
        }
        let is_member = person.get(&format!("/bands/{band}/members")).await.0 == 200;
        assert_eq!(is_member, status == 200);
    }
    assert_eq!(pending(&ada, &band).await, 0);
}

async fn an_accept_and_a_new_role_of_a_campaign_agree(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    for person in world.people(ROUNDS).await {
        let (path, tour) = campaign(&ada, &band).await;
        let (invite, token) = ada.invite(&band, json!({ "campaign_id": tour })).await;
        let ((_, accepted), (edited, _)) =
            tokio::join!(person.accept(&token), ada.patch(&path, json!({ "role": "admin" })));
        assert_eq!((edited, &accepted["outcome"]), (200, &json!("joined")));
        // Whoever was first: what was granted is what the invite says, and what the member is.
        let (_, shown) = ada.get(&format!("/invites/{invite}")).await;
        let (_, as_seen) = person.get(&format!("/bands/{band}")).await;
        assert_eq!((&shown["role"], &as_seen["role"]), (&accepted["role"], &accepted["role"]));
    }
}

async fn a_restore_and_the_end_of_a_campaign_agree(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    for n in 0..ROUNDS {
        let (path, tour) = campaign(&ada, &band).await;
        let (invite, _) = ada.invite(&band, json!({ "campaign_id": tour })).await;
        let one = format!("/invites/{invite}");
        assert_eq!(ada.delete(&one).await.0, 204);
        let restore = async {
            if n % 2 == 0 {
                return code(ada.post(&format!("{one}/restore"), json!({})).await);
            }
            let wish = json!({ "action": "restore", "ids": [invite] });
            let (_, told) = ada.post(&format!("/bands/{band}/invites/actions"), wish).await;
            let why = told["failed"][0]["code"].as_str().unwrap_or_default().to_owned();
            (if why.is_empty() { 200 } else { 409 }, why)
        };
        let (restored, (ended, told)) = tokio::join!(restore, ada.delete(&path));
        assert_eq!(ended, 200, "{told}");
        let (_, shown) = ada.get(&one).await;
        if restored.0 == 200 {
            assert_eq!((&told["cancelled"], &shown["cancel_reason"]), (&json!(1), &json!("campaign_deleted")));
        } else {
            assert_eq!((restored.1.as_str(), &told["cancelled"]), ("not_restorable", &json!(0)));
            assert_eq!(shown["cancel_reason"], "revoked");
        }
    }
    assert_eq!(pending(&ada, &band).await, 0, "nothing comes back to a campaign that is gone");
}

async fn no_template_names_a_campaign_that_was_deleted_at_once(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let all = format!("/bands/{band}/templates");
    let (_, other) = ada.post(&all, json!({ "name": "Other" })).await;
    let other = format!("/templates/{}", other["id"].as_str().unwrap());
    for n in 0..ROUNDS {
        let (path, tour) = campaign(&ada, &band).await;
        ada.invite(&band, json!({ "campaign_id": tour })).await;
        let (_, named) = ada.post(&all, json!({ "name": format!("Tour {n}"), "campaign_id": tour })).await;
        let named = format!("/templates/{}", named["id"].as_str().unwrap());
        let new = json!({ "name": format!("New {n}"), "campaign_id": tour });
        let ((ended, _), (kept, _), (set, refusal), (made, _)) = tokio::join!(
            ada.delete(&path),
            ada.patch(&named, json!({ "label": "at the door" })),
            ada.patch(&other, json!({ "campaign_id": tour })),
            ada.post(&all, new),
        );
        assert_eq!((ended, kept), (200, 200));
        assert!([200, 422].contains(&set) && [201, 422].contains(&made), "{set} {made} {refusal}");
        let (_, list) = ada.get(&format!("{all}?limit=200")).await;
        for template in list["templates"].as_array().unwrap() {
            assert_eq!(template["campaign_id"], Value::Null, "{template}");
        }
    }
}

async fn an_approval_and_the_end_of_a_campaign_agree(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    for person in world.people(ROUNDS).await {
        let (path, tour) = campaign(&ada, &band).await;
        let (invite, token) = ada.invite(&band, json!({ "campaign_id": tour, "requires_approval": true })).await;
        assert_eq!(person.accept(&token).await.0, 202);
        let request = requests(&ada, &band, "pending").await.remove(0);
        let (said, (ended, told)) = tokio::join!(say(&ada, &band, &request, "approve"), ada.delete(&path));
        assert_eq!(ended, 200, "{told}");
        let (_, shown) = ada.get(&format!("/invites/{invite}")).await;
        let is_in = person.get(&format!("/bands/{band}")).await.0 == 200;
        match code(said) {
            (200, _) => {
                assert_eq!((&shown["status"], &told["cancelled"], is_in), (&json!("accepted"), &json!(0), true));
            }
            other => {
                assert_eq!((other.0, other.1.as_str(), is_in), (409, "not_pending", false));
                assert_eq!(shown["cancel_reason"], "campaign_deleted");
            }
        }
        assert!(requests(&ada, &band, "pending").await.is_empty());
    }
}

async fn who_asks_by_two_invites_at_once_waits_once(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    for person in world.people(ROUNDS).await {
        let wish = json!({ "requires_approval": true });
        let ((one, first), (two, second)) = (ada.invite(&band, wish.clone()).await, ada.invite(&band, wish).await);
        let (a, b) = tokio::join!(person.accept(&first), person.accept(&second));
        assert_eq!((a.0, b.0), (202, 202));
        let waiting = requests(&ada, &band, "pending").await;
        assert_eq!(waiting.len(), 1);
        assert!(waiting[0]["invite_id"] == json!(one) || waiting[0]["invite_id"] == json!(two));
        let (a, b) = tokio::join!(say(&ada, &band, &waiting[0], "approve"), person.accept(&first));
        assert_eq!(a.0, 200, "{}", a.1);
        assert!([200, 202].contains(&b.0), "{}", b.1);
        let uses = async |id: &str| ada.get(&format!("/invites/{id}")).await.1["uses"].as_i64().unwrap();
        assert_eq!(uses(&one).await + uses(&two).await, 1);
        assert!(requests(&ada, &band, "pending").await.is_empty());
    }
}

async fn a_band_handed_over_while_its_people_go_has_one_owner(world: World) {
    let [ada, kim, sam] = world.people(3).await.try_into().ok().unwrap();
    for n in 0..ROUNDS {
        let band = ada.band("Choir").await;
        let_in(&ada, &band, "admin", &[&kim, &sam]).await;
        let transfer = format!("/bands/{band}/transfer");
        let leave = format!("/bands/{band}/leave");
        let [as_kim, as_sam] = [&kim, &sam].map(|person| format!("/bands/{band}/members/{}", id(person)));
        let kim_goes = async { if n % 2 == 0 { kim.post(&leave, json!({})).await } else { sam.delete(&as_kim).await } };
        let (to_kim, to_sam, gone, demoted) = tokio::join!(
            ada.post(&transfer, json!({ "account_id": id(&kim) })),
            ada.post(&transfer, json!({ "account_id": id(&sam) })),
            kim_goes,
            ada.patch(&as_sam, json!({ "role": "member" })),
        );
        for (status, answer) in [&to_kim, &to_sam, &gone, &demoted] {
            assert!(*status < 500, "{answer}");
        }
        assert!(to_kim.0 != 200 || to_sam.0 != 200, "a band is handed over once");
        let owners =
            format!("SELECT COUNT(*) AS n FROM member WHERE role = 'owner' AND band = {}", uuid(&world, &band));
        assert_eq!(world.number(&owners).await, 1);
    }
}

async fn a_band_handed_to_who_goes_for_good_has_one_owner_who_is_there(world: World) {
    let ada = world.account("ada").await;
    for kim in world.people(3 * ROUNDS).await {
        let band = ada.band("Choir").await;
        let_in(&ada, &band, "admin", &[&kim]).await;
        let (transfer, leave) = (format!("/bands/{band}/transfer"), format!("/bands/{band}/leave"));
        let (handed, gone, left) = tokio::join!(
            ada.post(&transfer, json!({ "account_id": id(&kim) })),
            kim.delete("/me"),
            ada.post(&leave, json!({})),
        );
        // Who owns a band neither leaves it nor goes; nobody hands one to who has gone.
        match (handed.0, gone.0) {
            (200, 409) => assert!([204, 409].contains(&left.0), "{}", left.1),
            (404 | 422, 204) => assert_eq!(left.0, 409, "{}", left.1),
            _ => panic!("{handed:?} {gone:?} {left:?}"),
        }
        let owners = format!(
            "SELECT COUNT(*) AS n FROM member m JOIN account a ON a.id = m.account
             WHERE m.role = 'owner' AND a.deleted_at IS NULL AND m.band = {}",
            uuid(&world, &band)
        );
        assert_eq!(world.number(&owners).await, 1, "{handed:?} {gone:?} {left:?}");
        let all = format!("SELECT COUNT(*) AS n FROM member WHERE band = {}", uuid(&world, &band));
        assert_eq!(world.number(&all).await, if handed.0 == 200 && left.0 == 409 { 2 } else { 1 });
    }
}

/// An id as the database writes it.
fn uuid(world: &World, id: &str) -> String {
    let (blob, uuid) = (format!("x'{}'", id.replace('-', "")), format!("'{id}'"));
    world.app.store().dialect().pick(blob, uuid)
}
