//! Where a statement says a rule of the domain once more, the two are the same in every case that there is.

use guestlist::domain::{
    AccountId, CancelReason, For, Identity, Loss, OnAcceptCancel, OnInviterRemoved, Role, Standing, Status, Tie,
    outlives_maker,
};
use serde_json::{Value, json};

use crate::{
    members::{code, id, let_in},
    requests::{requests, say},
    world::{Person, World, on_each_database, settings},
};

on_each_database! {
    what_an_arrival_ends_is_what_the_rule_says,
    what_ends_with_its_maker_and_comes_back_is_what_the_rule_says,
    an_inbox_shows_what_the_rule_says,
}

/// An id, as the database writes it.
fn uuid(world: &World, id: &str) -> String {
    let (blob, uuid) = (format!("x'{}'", id.replace('-', "")), format!("'{id}'"));
    world.app.store().dialect().pick(blob, uuid)
}

/// Gives the invite this row, behind the server's back.
async fn set(world: &World, invite: &str, columns: &str) {
    world.run(&format!("UPDATE invite SET {columns} WHERE id = {}", uuid(world, invite))).await;
}

/// Lets the invite be made under this value of a key.
async fn made_under(world: &World, invite: &str, key: &str, value: &str) {
    for old in ["none", "same_band", "everywhere", "keep", "revoke"] {
        set(world, invite, &format!("policy = REPLACE(policy, '\"{key}\":\"{old}\"', '\"{key}\":\"{value}\"')")).await;
    }
}

async fn verify(world: &World, person: &Person, yes: bool) {
    let yes = if yes { "1 = 1" } else { "1 = 0" };
    world.run(&format!("UPDATE account SET email_verified = ({yes}) WHERE id = {}", uuid(world, id(person)))).await;
}

async fn shown(person: &Person, invite: &str) -> Value {
    person.get(&format!("/invites/{invite}")).await.1
}

async fn what_an_arrival_ends_is_what_the_rule_says(world: World) {
    let ada = world.account("ada").await;
    let (here, there) = (ada.band("Here").await, ada.band("There").await);
    for rule in OnAcceptCancel::ALL {
        for (verified, is_over) in [(true, false), (false, false), (true, true)] {
            let person = world.people(1).await.remove(0);
            verify(&world, &person, verified).await;
            let email = format!("{}@example.org", person.username);
            let mut others = Vec::new();
            for band in [&here, &there] {
                let by_address = if verified { Tie::Verified } else { Tie::Claimed };
                for (tie, wish) in [
                    (Some(Tie::Account), json!({ "account_id": id(&person) })),
                    (Some(by_address), json!({ "email": email })),
                    (None, json!({ "kind": "link", "email": email, "send": false })),
                ] {
                    let (invite, _) = ada.invite(band, wish).await;
                    if is_over {
                        set(&world, &invite, &format!("expires_at = {}", world.clock.now().micros())).await;
                    }
                    others.push((invite, tie, band == &here));
                }
            }
            let (by, token) = ada.invite(&here, json!({})).await;
            made_under(&world, &by, "on_accept_cancel", rule.as_str()).await;
            assert_eq!(person.accept(&token).await.0, 200);
            for (invite, tie, same_band) in others {
                let ended = shown(&ada, &invite).await["cancel_reason"] == "superseded";
                let expected = !is_over
                    && tie.is_some_and(|tie| match rule.reach(tie) {
                        OnAcceptCancel::None => false,
                        OnAcceptCancel::SameBand => same_band,
                        OnAcceptCancel::Everywhere => true,
                    });
                assert_eq!(ended, expected, "{rule} {tie:?} {same_band} over: {is_over}");
            }
        }
    }
}

/// Rows are changed behind the server's back, so nothing is counted here.
#[tokio::test(flavor = "multi_thread")]
async fn a_use_is_there_for_who_asked_where_the_rule_says_so() {
    for world in World::each_with(settings()).await {
        let ada = world.account("ada").await;
        let band = ada.band("Choir").await;
        let now = world.clock.now();
        let rows = [
            (Status::Pending, None),
            (Status::Accepted, None),
            (Status::Cancelled, Some(CancelReason::Revoked)),
            (Status::Cancelled, Some(CancelReason::Expired)),
            (Status::Cancelled, Some(CancelReason::Replaced)),
        ];
        for (status, reason) in rows {
            for end in [None, Some(now), Some(now.plus_hours(1))] {
                // Nobody writes that something is over before it is.
                if reason == Some(CancelReason::Expired) && end != Some(now) {
                    continue;
                }
                for uses in 0..=2 {
                    let person = world.people(1).await.remove(0);
                    let (invite, token) = ada.invite(&band, json!({ "requires_approval": true, "max_uses": 2 })).await;
                    assert_eq!(person.accept(&token).await.0, 202);
                    let (why, end_at) = (
                        reason.map_or("NULL".to_owned(), |reason| format!("'{reason}'")),
                        end.map_or("NULL".to_owned(), |end| end.micros().to_string()),
                    );
                    let row =
                        format!("status = '{status}', cancel_reason = {why}, expires_at = {end_at}, uses = {uses}");
                    set(&world, &invite, &row).await;
                    let request = requests(&ada, &band, "pending").await.remove(0);
                    let said = code(say(&ada, &band, &request, "approve").await);
                    let standing = Standing::at(now, status, reason, end);
                    assert_eq!(said.0 == 200, standing.has_use(uses < 2, true), "{row}: {said:?}");
                    if said.0 == 200 {
                        let last = uses == 1 && standing.is_pending();
                        assert_eq!(shown(&ada, &invite).await["status"] == "accepted", last, "{row}");
                    }
                    for left in requests(&ada, &band, "pending").await {
                        assert_eq!(say(&ada, &band, &left, "deny").await.0, 204);
                    }
                }
            }
        }
    }
}

async fn what_ends_with_its_maker_and_comes_back_is_what_the_rule_says(world: World) {
    let ada = world.account("ada").await;
    for loss in Loss::ALL {
        for under in OnInviterRemoved::ALL {
            let band = ada.band("Choir").await;
            let kim = world.people(1).await.remove(0);
            let_in(&ada, &band, "admin", &[&kim]).await;
            let mut made = Vec::new();
            for role in [Role::Member, Role::Admin] {
                for taken_back in [false, true] {
                    let (invite, _) = kim.invite(&band, json!({ "role": role.as_str() })).await;
                    made_under(&world, &invite, "on_inviter_removed", under.as_str()).await;
                    if taken_back {
                        assert_eq!(ada.delete(&format!("/invites/{invite}")).await.0, 204);
                    }
                    made.push((invite, role, taken_back));
                }
            }
            let path = format!("/bands/{band}/members/{}", id(&kim));
            let (status, told) = match loss {
                Loss::Role => ada.patch(&path, json!({ "role": "member" })).await,
                Loss::Membership => ada.delete(&path).await,
                Loss::Everything => ada.delete(&format!("{path}?revoke_invites=true")).await,
            };
            assert!(status < 300, "{told}");
            for (invite, role, taken_back) in made {
                if taken_back {
                    let restored = ada.post(&format!("/invites/{invite}/restore"), json!({})).await.0 == 200;
                    let maker = (*loss == Loss::Role).then_some(Role::Member);
                    assert_eq!(restored, outlives_maker(maker, role, *under), "{loss:?} {role} {under}");
                } else {
                    let ended = shown(&ada, &invite).await["cancel_reason"] == "inviter_removed";
                    assert_eq!(ended, loss.ends(role, *under), "{loss:?} {role} {under}");
                }
            }
        }
    }
}

async fn an_inbox_shows_what_the_rule_says(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    for is_verified in [false, true] {
        let [kim, sam] = world.people(2).await.try_into().ok().unwrap();
        verify(&world, &kim, is_verified).await;
        let address = |person: &Person| format!("{}@example.org", person.username);
        let account = |person: &Person| id(person).parse::<AccountId>().unwrap();
        let (own, other) = (address(&kim), address(&sam));
        let who = Identity { account: account(&kim), email: &own, is_verified };
        let all = [
            (For::Holder, json!({})),
            (For::Holder, json!({ "kind": "link", "email": own, "send": false })),
            (For::Account(account(&kim)), json!({ "account_id": id(&kim) })),
            (For::Account(account(&sam)), json!({ "account_id": id(&sam) })),
            (For::Address(&own), json!({ "email": own })),
            (For::Address(&other), json!({ "email": other })),
        ];
        for (to, wish) in all {
            let (invite, _) = ada.invite(&band, wish).await;
            let (_, inbox) = kim.get("/me/invites").await;
            let waits = inbox["invites"].as_array().unwrap().iter().any(|one| one["id"] == json!(invite));
            assert_eq!(waits, to.waits_for(who), "{to:?} {is_verified}");
            let path = format!("/me/invites/{invite}/accept");
            if !waits {
                assert_eq!(code(kim.post(&path, json!({})).await), (404, "not_found".to_owned()), "{to:?}");
            }
            assert_eq!(ada.delete(&format!("/invites/{invite}")).await.0, 204);
        }
    }
}
