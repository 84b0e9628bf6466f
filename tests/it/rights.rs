//! Rights that follow from who made an invite, and to which role: what the table of all operations, which asks about
//! the owner's plain ones, does not show.

use serde_json::{Value, json};

use crate::{
    rows::{changes, rows as rows_of},
    world::{Person, World, on_each_database},
};

on_each_database! {
    a_member_who_invites_runs_their_own_invites_and_admins_run_all,
    nobody_invites_above_their_own_role_by_any_door,
    where_members_may_invite_all_do,
    full_rights_in_one_band_are_none_in_another,
    who_was_removed_comes_back_by_a_newer_invite_alone,
}

/// Those who ask, in the order of the table's columns. The inviting member made the invite in question.
const WHO: [&str; 8] = ["nobody", "stranger", "member", "inviter", "admin", "owner", "removed", "banned"];

struct Cast {
    people: Vec<Option<Person>>,
    band: String,
    admin_link: String,
}

/// A band with someone of each kind in it.
async fn cast(world: &World) -> Cast {
    let people = world.people(7).await;
    let [stranger, member, inviter, admin, owner, removed, banned] = people.try_into().ok().unwrap();
    let band = owner.band("Choir").await;
    let (_, members) = owner.invite(&band, json!({ "max_uses": null })).await;
    let (_, admins) = owner.invite(&band, json!({ "role": "admin" })).await;
    for person in [&member, &inviter, &removed, &banned] {
        assert_eq!(person.accept(&members).await.0, 200);
    }
    assert_eq!(admin.accept(&admins).await.0, 200);
    world.set_can_invite(&band, &inviter).await;
    world.remove(&band, &removed, false).await;
    world.remove(&band, &banned, true).await;
    let (admin_link, _) = owner.invite(&band, json!({ "role": "admin" })).await;
    let all = [stranger, member, inviter, admin, owner, removed, banned];
    Cast { people: std::iter::once(None).chain(all.into_iter().map(Some)).collect(), band, admin_link }
}

async fn ask(world: &World, person: Option<&Person>, method: &str, path: &str, body: &Value) -> (u16, Value) {
    match person {
        Some(person) => person.send(method, path, Some(body)).await,
        None => world.send(method, path, Some(body)).await,
    }
}

async fn a_member_who_invites_runs_their_own_invites_and_admins_run_all(world: World) {
    let cast = cast(&world).await;
    let inviter = cast.people[3].as_ref().unwrap();
    let band = &cast.band;
    world.clock.pass_seconds(1);
    // What, how, and the answer to each of WHO. Every call gets a fresh invite that the inviting member made.
    let table = [
        ("POST", "/bands/{band}/invites", json!({ "role": "admin" }), [401, 404, 403, 403, 201, 201, 404, 404]),
        ("POST", "/bands/{band}/invites", json!({ "role": "owner" }), [401, 404, 403, 422, 422, 422, 404, 404]),
        ("GET", "/invites/{id}", json!({}), [401, 404, 404, 200, 200, 200, 404, 404]),
        ("PATCH", "/invites/{id}", json!({ "label": "x" }), [401, 404, 404, 200, 200, 200, 404, 404]),
        ("PATCH", "/invites/{id}", json!({ "role": "admin" }), [401, 404, 404, 403, 200, 200, 404, 404]),
        ("POST", "/invites/{id}/link", json!({}), [401, 404, 404, 200, 200, 200, 404, 404]),
        ("POST", "/invites/{id}/rotate", json!({}), [401, 404, 404, 200, 200, 200, 404, 404]),
        ("POST", "/invites/{for_kim}/resend", json!({}), [401, 404, 404, 200, 200, 200, 404, 404]),
        ("POST", "/invites/{for_kim}/resend", json!({ "rotate": true }), [401, 404, 404, 200, 200, 200, 404, 404]),
        ("DELETE", "/invites/{id}", json!({}), [401, 404, 404, 204, 204, 204, 404, 404]),
        ("POST", "/invites/{revoked}/restore", json!({}), [401, 404, 404, 200, 200, 200, 404, 404]),
    ];
    for (method, path, body, expected) in table {
        for (who, expected) in (0..WHO.len()).zip(expected) {
            let (id, _) = inviter.invite(band, json!({})).await;
            let (revoked, _) = inviter.invite(band, json!({})).await;
            inviter.delete(&format!("/invites/{revoked}")).await;
            let (for_kim, _) = inviter.invite(band, json!({ "kind": "link", "email": "kim@example.org" })).await;
            let path = path.replace("{band}", band).replace("{id}", &id).replace("{revoked}", &revoked);
            let path = path.replace("{for_kim}", &for_kim);
            let (status, answer) = ask(&world, cast.people[who].as_ref(), method, &path, &body).await;
            assert_eq!(status, expected, "{}: {method} {path} {body}: {answer}", WHO[who]);
            if status >= 400 {
                assert_eq!(answer["status"], status, "a refusal is a problem: {answer}");
            }
        }
    }
}

async fn nobody_invites_above_their_own_role_by_any_door(world: World) {
    let cast = cast(&world).await;
    let [member, inviter, admin] = [2, 3, 4].map(|who: usize| cast.people[who].as_ref().unwrap());
    let id = &cast.admin_link;
    for (method, path, body) in [
        ("PATCH", format!("/invites/{id}"), json!({ "label": "mine" })),
        ("PATCH", format!("/invites/{id}"), json!({ "role": "member" })),
        ("POST", format!("/invites/{id}/link"), json!({})),
        ("POST", format!("/invites/{id}/rotate"), json!({})),
        ("POST", format!("/invites/{id}/resend"), json!({ "rotate": true })),
        ("DELETE", format!("/invites/{id}"), json!({})),
        ("POST", format!("/invites/{id}/restore"), json!({})),
    ] {
        assert_eq!(member.send(method, &path, Some(&body)).await.0, 404, "{method} {path}");
        let (status, problem) = inviter.send(method, &path, Some(&body)).await;
        assert_eq!((status, &problem["code"]), (403, &json!("forbidden")), "{method} {path}");
    }
    // Who made it and was demoted since has no more rights in it than others of the new role.
    let (made, _) = admin.invite(&cast.band, json!({ "role": "admin" })).await;
    world.run("UPDATE member SET role = 'member' WHERE role = 'admin'").await;
    for (method, door) in
        [("POST", "/link"), ("POST", "/rotate"), ("POST", "/resend"), ("POST", "/restore"), ("PATCH", "")]
    {
        let (status, _) = admin.send(method, &format!("/invites/{made}{door}"), Some(&json!({}))).await;
        assert_eq!(status, 403, "{door}");
    }
    assert_eq!(admin.delete(&format!("/invites/{made}")).await.0, 204, "taking one's own back is always allowed");
}

async fn where_members_may_invite_all_do(world: World) {
    let cast = cast(&world).await;
    world.run("UPDATE band SET invite_permission = 'members'").await;
    let member = cast.people[2].as_ref().unwrap();
    let (id, _) = member.invite(&cast.band, json!({})).await;
    assert_eq!(member.post(&format!("/invites/{id}/link"), json!({})).await.0, 200);
    let (_, list) = member.get(&format!("/bands/{}/invites", cast.band)).await;
    assert_eq!(list["invites"].as_array().unwrap().len(), 4, "who may invite sees all");
    let (theirs, _) = cast.people[3].as_ref().unwrap().invite(&cast.band, json!({})).await;
    for (method, door) in [("POST", "/link"), ("POST", "/rotate"), ("PATCH", ""), ("DELETE", "")] {
        let (status, _) = member.send(method, &format!("/invites/{theirs}{door}"), Some(&json!({}))).await;
        assert_eq!(status, 403, "{door}: another's");
    }
}

/// What is in a band and has an id, by the names that stand for it in paths and bodies.
async fn ids(world: &World, cast: &Cast) -> Vec<(&'static str, String)> {
    let owner = cast.people[5].as_ref().unwrap();
    let of_band = |what: &str| format!("/bands/{}/{what}", cast.band);
    let id = |made: &Value| made["id"].as_str().unwrap().to_owned();
    let account = |who: usize| id(&cast.people[who].as_ref().unwrap().account);
    let template = owner.post(&of_band("templates"), json!({ "name": "Drummers" })).await.1;
    let campaign = owner.post(&of_band("campaigns"), json!({ "name": "Tour" })).await.1;
    assert_eq!(owner.patch(&format!("/bands/{}", cast.band), json!({ "join": "request" })).await.0, 200);
    let asking = world.people(1).await.remove(0);
    assert_eq!(asking.post(&of_band("join"), json!({})).await.0, 202);
    let requests = owner.get(&of_band("join-requests")).await.1;
    vec![
        ("{band}", cast.band.clone()),
        ("{template}", id(&template)),
        ("{campaign}", id(&campaign["campaign"])),
        ("{invite}", cast.admin_link.clone()),
        ("{member}", account(2)),
        ("{banned}", account(7)),
        ("{request}", id(&requests["join_requests"][0])),
    ]
}

/// The paths that name a thing by its id alone are in the table of all operations; its stranger owns a band.
async fn full_rights_in_one_band_are_none_in_another(world: World) {
    let cast = cast(&world).await;
    let theirs = ids(&world, &cast).await;
    let eve = world.people(1).await.remove(0);
    let own = eve.band("Brass & Bone").await;
    let (_, template) = eve.post(&format!("/bands/{own}/templates"), json!({ "name": "Horns" })).await;
    let template = format!("/templates/{}", template["id"].as_str().unwrap());
    let own = |what: &str| format!("/bands/{own}/{what}");
    let act = |which: Value| {
        let mut body = json!({ "action": "revoke" });
        body.as_object_mut().unwrap().extend(which.as_object().unwrap().clone());
        ("POST", own("invites/actions"), body)
    };
    let rows = json!([{ "name": "Kim" }]);
    let asked = [
        ("POST", own("invites"), json!({ "campaign_id": "{campaign}" })),
        ("POST", own("invites"), json!({ "template_id": "{template}" })),
        ("POST", own("invites/bulk"), json!({ "rows": rows, "campaign_id": "{campaign}" })),
        ("POST", own("invites/bulk"), json!({ "rows": rows, "template_id": "{template}" })),
        ("POST", own("templates"), json!({ "name": "Singers", "campaign_id": "{campaign}" })),
        ("PATCH", template, json!({ "campaign_id": "{campaign}" })),
        act(json!({ "ids": ["{invite}"] })),
        act(json!({ "filter": { "campaign": "{campaign}" } })),
        act(json!({ "filter": { "created_by": "{member}" } })),
        ("POST", own("transfer"), json!({ "account_id": "{member}" })),
        ("PATCH", own("members/{member}"), json!({ "role": "admin" })),
        ("DELETE", own("members/{member}"), json!({})),
        ("DELETE", own("bans/{banned}"), json!({})),
        ("POST", own("join-requests/{request}/approve"), json!({})),
        ("POST", own("join-requests/{request}/deny"), json!({})),
        ("GET", own("invites?campaign={campaign}"), json!({})),
        ("GET", own("invites?created_by={member}"), json!({})),
        ("GET", own("audit?invite={invite}"), json!({})),
        ("GET", own("audit?actor={member}"), json!({})),
        ("GET", own("tree?under={member}"), json!({})),
        ("GET", "/accounts?q=p0&band={band}".to_owned(), json!({})),
        ("GET", "/me/join-requests?band={band}".to_owned(), json!({})),
    ];
    let before = rows_of(&world).await;
    for (method, path, body) in asked {
        let (placeholder, id) = theirs.iter().find(|(name, _)| format!("{path}{body}").contains(name)).unwrap();
        let ask = async |id: &str| {
            let body = serde_json::from_str(&body.to_string().replace(placeholder, id)).unwrap();
            let (status, answer) = eve.send(method, &path.replace(placeholder, id), Some(&body)).await;
            (status, answer.to_string().replace(id, placeholder))
        };
        let (status, answer) = ask(id).await;
        let of_nothing = ask("01890a5d-ac96-774b-bcce-b302099a8057").await;
        assert_eq!((status, answer.clone()), of_nothing, "{method} {path} {body}");
        // A list without anything in it, and an action that found nothing to act on, are no refusals.
        assert!([200, 404, 422].contains(&status), "{method} {path} {body}: {status} {answer}");
        assert_eq!(changes(&before, &rows_of(&world).await), [""; 0], "{method} {path} {body}");
    }
}

async fn who_was_removed_comes_back_by_a_newer_invite_alone(world: World) {
    let cast = cast(&world).await;
    let [owner, removed, banned] = [5, 6, 7].map(|who: usize| cast.people[who].as_ref().unwrap());
    let (_, old) = owner.invite(&cast.band, json!({ "max_uses": null })).await;
    world.clock.pass_seconds(1);
    world.run("DELETE FROM departure").await;
    world.remove(&cast.band, removed, false).await;
    world.remove(&cast.band, banned, true).await;
    world.clock.pass_seconds(1);
    let (status, problem) = removed.accept(&old).await;
    assert_eq!((status, &problem["code"]), (403, &json!("removed")));
    let (_, new) = owner.invite(&cast.band, json!({ "max_uses": null })).await;
    let (status, problem) = banned.accept(&new).await;
    assert_eq!((status, &problem["code"]), (403, &json!("banned")));
    assert_eq!(removed.accept(&new).await.1["outcome"], "joined");
    assert_eq!(removed.accept(&old).await.1["outcome"], "already_member");
}
