//! What a revoke undone brings back: nothing that would have ended meanwhile, and nothing for who came in meanwhile.

use guestlist::{
    domain::{OnInviterRemoved, Policy, Preset},
    server::Settings,
};
use serde_json::{Value, json};

use crate::{
    members::{code, id, let_in},
    world::{Person, World, on_each_database, settings},
};

on_each_database! {
    an_invite_to_admin_stays_taken_back_once_its_maker_is_no_admin,
    an_invite_for_who_was_removed_since_stays_taken_back,
    no_invite_is_left_pending_for_who_comes_in_while_it_is_made,
    no_invite_comes_back_while_its_maker_is_demoted,
    what_cannot_be_read_lets_nobody_in_and_comes_back_by_nobody,
}

const NOT: (u16, &str) = (409, "not_restorable");

/// Undoes a revoke by the request for one invite, and refused, by that for many.
async fn restored(person: &Person, band: &str, invite: &str) -> (u16, String) {
    let one = code(person.post(&format!("/invites/{invite}/restore"), json!({})).await);
    if one.0 != 200 {
        let wish = json!({ "action": "restore", "ids": [invite] });
        let (_, told) = person.post(&format!("/bands/{band}/invites/actions"), wish).await;
        assert_eq!(told["failed"], json!([{ "id": invite, "code": one.1 }]));
    }
    one
}

async fn taken_back(person: &Person, band: &str, wish: Value) -> String {
    let (id, _) = person.invite(band, wish).await;
    assert_eq!(person.delete(&format!("/invites/{id}")).await.0, 204);
    id
}

async fn an_invite_to_admin_stays_taken_back_once_its_maker_is_no_admin(world: World) {
    let [ada, kim] = world.people(2).await.try_into().ok().unwrap();
    let band = ada.band("Choir").await;
    let as_kim = format!("/bands/{band}/members/{}", id(&kim));
    for goes in [false, true] {
        let_in(&ada, &band, "admin", &[&kim]).await;
        let [to_admin, to_member] = [
            taken_back(&kim, &band, json!({ "role": "admin" })).await,
            taken_back(&kim, &band, json!({ "role": "member" })).await,
        ];
        let done = if goes { ada.delete(&as_kim).await } else { ada.patch(&as_kim, json!({ "role": "member" })).await };
        assert!(done.0 < 300, "{}", done.1);
        let (status, why) = restored(&ada, &band, &to_admin).await;
        assert_eq!((status, why.as_str()), NOT);
        // Those to member stay with the band, as if they had been pending.
        assert_eq!(restored(&ada, &band, &to_member).await.0, 200);
        if !goes {
            assert_eq!(ada.patch(&as_kim, json!({ "role": "admin" })).await.0, 200);
            assert_eq!(restored(&ada, &band, &to_admin).await.0, 200, "an admin once more");
            assert_eq!(ada.delete(&as_kim).await.0, 204);
            world.clock.pass_seconds(1);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_invites_end_with_their_maker_none_comes_back_without_them() {
    let policy = Policy { on_inviter_removed: OnInviterRemoved::Revoke, ..Policy::preset(Preset::Band) };
    for world in World::each_with(Settings { policy: policy.clone(), ..settings() }).await {
        let [ada, kim] = world.people(2).await.try_into().ok().unwrap();
        let band = ada.band("Choir").await;
        let_in(&ada, &band, "admin", &[&kim]).await;
        let invite = taken_back(&kim, &band, json!({})).await;
        assert_eq!(kim.post(&format!("/bands/{band}/leave"), json!({})).await.0, 204);
        let (status, why) = restored(&ada, &band, &invite).await;
        assert_eq!((status, why.as_str()), NOT);
        let own = taken_back(&ada, &band, json!({})).await;
        assert_eq!(restored(&ada, &band, &own).await.0, 200);
    }
}

async fn an_invite_for_who_was_removed_since_stays_taken_back(world: World) {
    let [ada, kim] = world.people(2).await.try_into().ok().unwrap();
    let band = ada.band("Choir").await;
    let invite = taken_back(&ada, &band, json!({ "account_id": id(&kim) })).await;
    let_in(&ada, &band, "member", &[&kim]).await;
    assert_eq!(restored(&ada, &band, &invite).await.1, "already_member");
    assert_eq!(ada.delete(&format!("/bands/{band}/members/{}", id(&kim))).await.0, 204);
    let (status, why) = restored(&ada, &band, &invite).await;
    assert_eq!((status, why.as_str()), NOT);
    world.clock.pass_seconds(1);
    let (_, token) = ada.invite(&band, json!({ "account_id": id(&kim) })).await;
    assert_eq!(kim.accept(&token).await.0, 200, "a new one is another thing");
}

/// How many invites wait for somebody who is in already.
async fn for_members(world: &World) -> i64 {
    world
        .number(
            "SELECT COUNT(*) AS n FROM invite i JOIN account a ON a.id = i.account OR a.email_claim = i.email
             JOIN member m ON m.band = i.band AND m.account = a.id
             WHERE i.status = 'pending' AND i.kind IN ('user', 'email')",
        )
        .await
}

async fn no_invite_is_left_pending_for_who_comes_in_while_it_is_made(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let all = format!("/bands/{band}/invites");
    for (n, person) in world.people(24).await.into_iter().enumerate() {
        let (_, token) = ada.invite(&band, json!({})).await;
        let email = format!("{}@example.org", person.username);
        let by_account = json!({ "account_id": id(&person) });
        let old = if n % 4 == 3 { taken_back(&ada, &band, by_account.clone()).await } else { String::new() };
        let make = async {
            match n % 4 {
                0 => ada.post(&all, by_account).await,
                1 => ada.post(&all, json!({ "email": email })).await,
                2 => ada.post(&format!("{all}/bulk"), json!({ "rows": [{ "email": email }, {}] })).await,
                _ => ada.post(&format!("/invites/{old}/restore"), json!({})).await,
            }
        };
        let ((accepted, _), (status, told)) = tokio::join!(person.accept(&token), make);
        assert_eq!(accepted, 200);
        assert!([200, 201, 207, 409].contains(&status), "{told}");
        assert_eq!(for_members(&world).await, 0, "{n}: {told}");
    }
}

async fn no_invite_comes_back_while_its_maker_is_demoted(world: World) {
    let [ada, kim] = world.people(2).await.try_into().ok().unwrap();
    let band = ada.band("Choir").await;
    let as_kim = format!("/bands/{band}/members/{}", id(&kim));
    let_in(&ada, &band, "admin", &[&kim]).await;
    for _ in 0..10 {
        let invite = taken_back(&kim, &band, json!({ "role": "admin" })).await;
        let (restored, demoted) = tokio::join!(
            async { code(ada.post(&format!("/invites/{invite}/restore"), json!({})).await) },
            ada.patch(&as_kim, json!({ "role": "member" })),
        );
        assert_eq!(demoted.0, 200, "{}", demoted.1);
        let (_, shown) = ada.get(&format!("/invites/{invite}")).await;
        assert_eq!(shown["status"], "cancelled", "{restored:?}");
        assert_eq!(ada.patch(&as_kim, json!({ "role": "admin" })).await.0, 200);
    }
}

async fn what_cannot_be_read_lets_nobody_in_and_comes_back_by_nobody(world: World) {
    let [ada, kim, pat] = world.people(3).await.try_into().ok().unwrap();
    let band = ada.band("Choir").await;
    let_in(&ada, &band, "admin", &[&kim]).await;
    let gone = taken_back(&kim, &band, json!({})).await;
    let own = taken_back(&ada, &band, json!({})).await;
    let (_, token) = ada.invite(&band, json!({})).await;
    assert_eq!(ada.delete(&format!("/bands/{band}/members/{}", id(&kim))).await.0, 204);
    world.run("UPDATE invite SET policy = '{}'").await;
    assert_eq!(code(pat.accept(&token).await), (500, "internal".to_owned()));
    let (status, told) = ada.accept(&token).await;
    assert_eq!((status, &told["outcome"]), (200, &json!("already_member")), "to a member the rules are nothing");
    assert_eq!(restored(&ada, &band, &gone).await, (500, "internal".to_owned()));
    assert_eq!(restored(&ada, &band, &own).await.0, 200, "whose maker is here, that one's rules are not asked");
}
