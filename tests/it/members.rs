//! Who is in a band, and as what, on both databases.

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::world::{Person, World, on_each_database};

on_each_database! {
    who_leads_a_band_alone_is_named_with_any_page_of_its_members,
    the_owner_changes_everyone_an_admin_members_only,
    the_owner_is_neither_removed_nor_demoted,
    a_demotion_ends_the_invites_above_the_new_role,
    a_removed_member_comes_back_by_a_newer_invite_alone,
    a_banned_member_never_comes_back,
    a_removal_ends_the_invites_for_the_person_and_those_to_admin,
    a_removal_ends_every_invite_that_the_person_made_where_it_is_asked_for,
    the_trail_and_the_totals_follow,
    all_at_each_other_at_once_leave_one_owner,
}

/// The id of a person's account.
pub fn id(person: &Person) -> &str {
    person.account["id"].as_str().unwrap()
}

fn path(band: &str, person: &Person) -> String {
    format!("/bands/{band}/members/{}", id(person))
}

/// Lets people into the band with a role.
pub async fn let_in(owner: &Person, band: &str, role: &str, people: &[&Person]) {
    for person in people {
        let (_, token) = owner.invite(band, json!({ "role": role })).await;
        assert_eq!(person.accept(&token).await.1["outcome"], "joined");
    }
}

/// The user names in the band with their roles.
pub async fn roles(person: &Person, band: &str) -> Vec<(String, String)> {
    let (_, list) = person.get(&format!("/bands/{band}/members?limit=200")).await;
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let members = list["members"].as_array().unwrap();
    assert_eq!(list["total"], members.len());
    members.iter().map(|member| (text(&member["account"]["username"]), text(&member["role"]))).collect()
}

/// The status and the problem's code.
pub fn code((status, mut answer): (u16, Value)) -> (u16, String) {
    let code = answer.get_mut("code").map_or(Value::Null, Value::take);
    (status, code.as_str().unwrap_or_default().to_owned())
}

async fn who_leads_a_band_alone_is_named_with_any_page_of_its_members(world: World) {
    let (ada, kim, joe) = (world.account("ada").await, world.account("kim").await, world.account("joe").await);
    let band = ada.band("Choir").await;
    let last = async |query: &str| ada.get(&format!("/bands/{band}/members{query}")).await.1["last_admin"].clone();
    assert_eq!(last("").await, json!(null), "alone in it there is nobody to lead");
    let_in(&ada, &band, "member", &[&kim, &joe]).await;
    for query in ["", "?limit=1", "?q=kim", "?q=nobody"] {
        assert_eq!(last(query).await, ada.account["id"], "{query}");
    }
    assert_eq!(ada.patch(&path(&band, &kim), json!({ "role": "admin" })).await.0, 200);
    assert_eq!(last("?limit=1").await, json!(null));
    assert_eq!(ada.patch(&path(&band, &kim), json!({ "role": "member" })).await.0, 200);
    assert_eq!(last("").await, ada.account["id"]);
}

async fn the_owner_changes_everyone_an_admin_members_only(world: World) {
    let [owner, admin, second, kim, sam] = [
        world.account("ada").await,
        world.account("joe").await,
        world.account("eva").await,
        world.account("kim").await,
        world.account("sam").await,
    ];
    let band = owner.band("Choir").await;
    let_in(&owner, &band, "admin", &[&admin, &second]).await;
    let_in(&owner, &band, "member", &[&kim, &sam]).await;
    let forbidden = (403, "forbidden".to_owned());
    let wish = json!({ "can_invite": true });
    for (caller, of) in
        [(&kim, &sam), (&kim, &kim), (&kim, &admin), (&admin, &second), (&admin, &admin), (&admin, &owner)]
    {
        assert_eq!(code(caller.patch(&path(&band, of), wish.clone()).await), forbidden);
    }
    for (caller, of) in [(&kim, &sam), (&kim, &owner), (&admin, &second), (&admin, &owner)] {
        assert_eq!(code(caller.delete(&path(&band, of)).await), forbidden);
    }
    let eve = world.account("eve").await;
    assert_eq!(code(eve.patch(&path(&band, &kim), wish.clone()).await).0, 404);
    assert_eq!(code(owner.patch(&path(&band, &eve), wish.clone()).await), (404, "not_found".to_owned()));
    assert_eq!(owner.delete(&format!("/bands/{band}/members/nonsense")).await.0, 404);

    let (status, changed) = admin.patch(&path(&band, &kim), wish).await;
    assert_eq!((status, &changed["can_invite"], &changed["role"]), (200, &json!(true), &json!("member")));
    assert_eq!(changed["account"]["username"], "kim");
    let (_, seen) = kim.get(&format!("/bands/{band}")).await;
    assert_eq!(seen["can_invite"], true);
    let (status, changed) = admin.patch(&path(&band, &sam), json!({ "role": "admin" })).await;
    assert_eq!((status, &changed["role"]), (200, &json!("admin")));
    assert_eq!(admin.patch(&path(&band, &sam), json!({ "role": "member" })).await.0, 403);
    assert_eq!(owner.patch(&path(&band, &sam), json!({ "role": "member" })).await.0, 200);
    let (status, problem) = owner.patch(&path(&band, &sam), json!({ "role": "owner" })).await;
    assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!("role")));
    let (status, problem) = owner.delete(&format!("{}?bann=true", path(&band, &sam))).await;
    assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!("bann")));
    let (status, problem) = owner.delete(&format!("{}?ban=yes", path(&band, &sam))).await;
    assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!("ban")));
    assert_eq!(owner.delete(&path(&band, &second)).await.0, 204);
    assert_eq!(admin.delete(&path(&band, &kim)).await.0, 204);
    assert_eq!(kim.get(&format!("/bands/{band}")).await.0, 404);
    assert_eq!(sam.delete(&path(&band, &sam)).await.0, 204);
    let left = [("joe".to_owned(), "admin".to_owned()), ("ada".to_owned(), "owner".to_owned())];
    assert_eq!(roles(&owner, &band).await, left);
}

async fn the_owner_is_neither_removed_nor_demoted(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let refused = (409, "last_owner".to_owned());
    assert_eq!(code(ada.delete(&path(&band, &ada)).await), refused);
    for role in ["member", "admin"] {
        assert_eq!(code(ada.patch(&path(&band, &ada), json!({ "role": role })).await), refused);
    }
    assert_eq!(roles(&ada, &band).await, [("ada".to_owned(), "owner".to_owned())]);
}

async fn a_demotion_ends_the_invites_above_the_new_role(world: World) {
    let (ada, joe) = (world.account("ada").await, world.account("joe").await);
    let band = ada.band("Choir").await;
    let_in(&ada, &band, "admin", &[&joe]).await;
    let (low, _) = joe.invite(&band, json!({})).await;
    let (high, token) = joe.invite(&band, json!({ "role": "admin" })).await;
    let (others, _) = ada.invite(&band, json!({ "role": "admin" })).await;
    assert_eq!(ada.patch(&path(&band, &joe), json!({ "role": "member" })).await.0, 200);
    let status = async |id: &str| {
        let (_, shown) = ada.get(&format!("/invites/{id}")).await;
        (shown["status"].clone(), shown["cancel_reason"].clone(), shown["acted_by"]["username"].clone())
    };
    assert_eq!(status(&low).await, (json!("pending"), json!(null), json!(null)));
    assert_eq!(status(&others).await.0, "pending");
    assert_eq!(status(&high).await, (json!("cancelled"), json!("inviter_removed"), json!("ada")));
    assert_eq!(code(joe.accept(&token).await), (200, String::new()));
    let kim = world.account("kim").await;
    assert_eq!(code(kim.accept(&token).await), (410, "invite_cancelled".to_owned()));
    assert_eq!(code(ada.post(&format!("/invites/{high}/restore"), json!({})).await).1, "not_restorable");
    assert_eq!(ada.get(&format!("/bands/{band}")).await.1["counts"]["pending"], 2);
}

async fn a_removed_member_comes_back_by_a_newer_invite_alone(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    let band = ada.band("Choir").await;
    let (_, older) = ada.invite(&band, json!({ "max_uses": null })).await;
    assert_eq!(kim.accept(&older).await.1["outcome"], "joined");
    assert_eq!(ada.delete(&path(&band, &kim)).await.0, 204);
    assert_eq!(code(kim.accept(&older).await), (403, "removed".to_owned()));
    world.clock.pass_seconds(1);
    let (_, newer) = ada.invite(&band, json!({})).await;
    assert_eq!(kim.accept(&newer).await.1["outcome"], "joined");
    assert_eq!(kim.delete(&path(&band, &kim)).await.0, 204);
    assert_eq!(kim.accept(&older).await.1["outcome"], "joined", "who left by themselves may come again");
}

async fn a_banned_member_never_comes_back(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    let band = ada.band("Choir").await;
    let_in(&ada, &band, "member", &[&kim]).await;
    let (status, problem) = kim.delete(&format!("{}?ban=true", path(&band, &kim))).await;
    assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!("ban")));
    assert_eq!(ada.delete(&format!("{}?ban=true", path(&band, &kim))).await.0, 204);
    world.clock.pass_seconds(1);
    let (_, token) = ada.invite(&band, json!({})).await;
    assert_eq!(code(kim.accept(&token).await), (403, "banned".to_owned()));
}

async fn a_removal_ends_the_invites_for_the_person_and_those_to_admin(world: World) {
    let (ada, joe) = (world.account("ada").await, world.account("joe").await);
    let band = ada.band("Choir").await;
    let_in(&ada, &band, "admin", &[&joe]).await;
    let (for_joe, _) = ada.invite(&band, json!({})).await;
    world.address(&for_joe, &joe).await;
    let (kept, _) = joe.invite(&band, json!({})).await;
    let (high, _) = joe.invite(&band, json!({ "role": "admin" })).await;
    // Made under other rules, which the invite has kept.
    let (strict, _) = joe.invite(&band, json!({})).await;
    let changed = world
        .run(&format!(
            "UPDATE invite SET policy = replace(policy, '\"on_inviter_removed\":\"keep\"', '\"on_inviter_removed\":\"revoke\"')
             WHERE hint = '{}' AND seq = (SELECT MAX(seq) FROM invite)",
            ada.get(&format!("/invites/{strict}")).await.1["hint"].as_str().unwrap()
        ))
        .await;
    assert_eq!(changed, 1);
    assert_eq!(ada.delete(&path(&band, &joe)).await.0, 204);
    let reason = async |id: &str| ada.get(&format!("/invites/{id}")).await.1["cancel_reason"].clone();
    assert_eq!(reason(&for_joe).await, "member_removed");
    assert_eq!(reason(&high).await, "inviter_removed");
    assert_eq!(reason(&strict).await, "inviter_removed");
    assert_eq!(reason(&kept).await, json!(null));
    assert_eq!(
        ada.get(&format!("/bands/{band}")).await.1["counts"],
        json!({ "members": 1, "invites": 5, "pending": 1 })
    );
}

async fn a_removal_ends_every_invite_that_the_person_made_where_it_is_asked_for(world: World) {
    let (ada, joe) = (world.account("ada").await, world.account("joe").await);
    let band = ada.band("Choir").await;
    let_in(&ada, &band, "admin", &[&joe]).await;
    let (made, _) = joe.invite(&band, json!({})).await;
    let (others, _) = ada.invite(&band, json!({})).await;
    let (over, _) = joe.invite(&band, json!({ "ttl_hours": 1 })).await;
    world.clock.pass_hours(2);
    assert_eq!(ada.delete(&format!("{}?revoke_invites=true", path(&band, &joe))).await.0, 204);
    let reason = async |id: &str| ada.get(&format!("/invites/{id}")).await.1["cancel_reason"].clone();
    assert_eq!(reason(&made).await, "inviter_removed");
    assert_eq!(reason(&others).await, json!(null));
    assert_eq!(reason(&over).await, "expired", "what time had ended stays ended by time");
}

async fn the_trail_and_the_totals_follow(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    let band = ada.band("Choir").await;
    let_in(&ada, &band, "member", &[&kim]).await;
    let revision = async || ada.get(&format!("/bands/{band}")).await.1["revision"].as_i64().unwrap();
    let before = revision().await;
    ada.patch(&path(&band, &kim), json!({ "role": "admin", "can_invite": true })).await;
    assert_eq!(revision().await, before + 1);
    ada.patch(&path(&band, &kim), json!({ "role": "admin" })).await;
    assert_eq!(revision().await, before + 1, "what is as it was is no change");
    let (invite, _) = kim.invite(&band, json!({ "role": "admin" })).await;
    ada.delete(&format!("{}?ban=true", path(&band, &kim))).await;
    assert_eq!(revision().await, before + 4, "the invite, the removal, and what ended by it");
    let (_, trail) = ada.get(&format!("/bands/{band}/audit?limit=5")).await;
    let told: Vec<_> = trail["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| {
            let name = |who: &str| event[who]["username"].as_str().unwrap_or_default().to_owned();
            (
                event["action"].as_str().unwrap().to_owned(),
                name("actor"),
                name("account"),
                event["detail"].clone(),
                event["invite"].clone(),
            )
        })
        .collect();
    let line = |action: &str, actor: &str, detail: Value, invite: Value| {
        (
            action.to_owned(),
            actor.to_owned(),
            if action == "invite.created" { String::new() } else { "kim".to_owned() },
            detail,
            invite,
        )
    };
    assert_eq!(
        told,
        [
            line("invite.cancelled", "ada", json!("inviter_removed"), json!(invite)),
            line("member.banned", "ada", json!(null), json!(null)),
            line("invite.created", "kim", json!(null), json!(invite)),
            line("member.can_invite_changed", "ada", json!("may invite"), json!(null)),
            line("member.role_changed", "ada", json!("member to admin"), json!(null)),
        ]
    );
}

/// Admins and the owner go for each other, all at once, round after round.
async fn all_at_each_other_at_once_leave_one_owner(world: World) {
    let ada = world.account("ada").await;
    let people = world.people(7).await;
    let band = ada.band("Choir").await;
    let (_, token) = ada.invite(&band, json!({ "role": "admin", "max_uses": null })).await;
    for person in &people {
        assert_eq!(person.accept(&token).await.1["outcome"], "joined");
    }
    let everyone: Vec<_> = people.into_iter().chain([ada]).collect();
    let everyone = std::sync::Arc::new(everyone);
    let mut racers = JoinSet::new();
    for n in 0..everyone.len() {
        let (everyone, band) = (std::sync::Arc::clone(&everyone), band.clone());
        racers.spawn(async move {
            let caller = &everyone[n];
            let mut statuses = Vec::new();
            for other in everyone.iter().cycle().skip(n + 1).take(everyone.len()) {
                let path = path(&band, other);
                statuses.push(caller.patch(&path, json!({ "role": "member" })).await.0);
                statuses.push(caller.delete(&path).await.0);
            }
            statuses
        });
    }
    for status in racers.join_all().await.into_iter().flatten() {
        assert!([200, 204, 403, 404, 409].contains(&status), "{status}");
    }
    let owner = everyone.last().unwrap();
    assert_eq!(roles(owner, &band).await, [("ada".to_owned(), "owner".to_owned())]);
    assert_eq!(owner.get(&format!("/bands/{band}")).await.1["counts"]["members"], 1);
    assert_eq!(world.number("SELECT COUNT(*) AS n FROM member WHERE role = 'owner'").await, 1);
}
