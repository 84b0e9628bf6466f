//! What is done to invites that there are: sent again, and many at once.

use serde_json::{Value, json};

use crate::{
    members::{code, let_in},
    world::{Person, World, on_each_database},
};

on_each_database! {
    a_pending_invite_is_sent_again_and_the_trail_says_so,
    with_a_new_token_the_old_one_is_unknown_at_once,
    what_reaches_nobody_is_not_sent_again,
    nobody_gets_what_they_do_not_want,
    a_wish_for_the_same_person_sends_again_by_the_same_rules,
    a_retry_sends_once,
    every_action_is_done_to_the_invites_named,
    every_action_is_done_to_the_invites_that_fit_a_filter,
    none_that_is_refused_stops_another,
    what_a_request_lacks_or_has_too_much_is_named,
    of_two_for_one_person_one_is_restored,
    each_invite_is_extended_as_far_as_its_own_rules_allow,
    everyone_acts_on_what_they_may_change_alone,
    a_retry_of_an_action_gives_the_first_answer,
    a_thousand_at_a_time_in_few_statements_until_none_is_left,
}

async fn resend(person: &Person, id: &str, body: Value) -> (u16, Value) {
    person.post(&format!("/invites/{id}/resend"), body).await
}

/// How often the band's trail tells of an action.
async fn told(person: &Person, band: &str, action: &str) -> usize {
    let (_, trail) = person.get(&format!("/bands/{band}/audit?limit=200&action={action}")).await;
    trail["events"].as_array().unwrap().len()
}

async fn a_pending_invite_is_sent_again_and_the_trail_says_so(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    let band = ada.band("Choir").await;
    for (n, wish) in [
        json!({ "username": "kim" }),
        json!({ "email": "new@example.org" }),
        json!({ "kind": "link", "email": "lee@example.org" }),
    ]
    .into_iter()
    .enumerate()
    {
        let (id, token) = ada.invite(&band, wish).await;
        let (status, sent) = resend(&ada, &id, json!({})).await;
        assert_eq!((status, &sent["id"], &sent["status"]), (200, &json!(id), &json!("pending")), "{sent}");
        assert_eq!((&sent["delivery"], &sent["sent_at"]), (&json!("none"), &Value::Null), "no mail is sent here");
        assert!(sent["token"].is_null(), "{sent}");
        assert_eq!(world.send("GET", &format!("/invites/{token}/info"), None).await.0, 200);
        assert_eq!(told(&ada, &band, "invite.resent").await, n + 1);
    }
    assert_eq!(kim.get("/me/invites").await.1["invites"].as_array().unwrap().len(), 1);
}

async fn with_a_new_token_the_old_one_is_unknown_at_once(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    let band = ada.band("Choir").await;
    let (id, old) = ada.invite(&band, json!({ "username": "kim" })).await;
    let (status, sent) = resend(&ada, &id, json!({ "rotate": true })).await;
    assert_eq!((status, &sent["invite"]["id"]), (200, &json!(id)), "{sent}");
    let token = sent["token"].as_str().unwrap();
    assert_eq!(sent["link"], json!(format!("{}/invite/{token}", world.origin)));
    assert_eq!(sent["invite"]["hint"], json!(&token[token.len() - 4..]));
    assert_eq!(code(kim.accept(&old).await), (404, "invalid_token".to_owned()));
    assert_eq!(kim.accept(token).await.0, 200);
    assert_eq!((told(&ada, &band, "invite.rotated").await, told(&ada, &band, "invite.resent").await), (1, 1));
}

async fn what_reaches_nobody_is_not_sent_again(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    for wish in [json!({}), json!({ "kind": "code" })] {
        let (id, token) = ada.invite(&band, wish).await;
        let (status, problem) = resend(&ada, &id, json!({ "rotate": true })).await;
        assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!("email")), "{problem}");
        assert_eq!(world.send("GET", &format!("/invites/{token}/info"), None).await.0, 200, "nothing has changed");
    }
    let (revoked, _) = ada.invite(&band, json!({ "email": "new@example.org" })).await;
    assert_eq!(ada.delete(&format!("/invites/{revoked}")).await.0, 204);
    assert_eq!(code(resend(&ada, &revoked, json!({})).await), (409, "not_pending".to_owned()));
    let (over, _) = ada.invite(&band, json!({ "email": "lee@example.org", "ttl_hours": 1 })).await;
    world.clock.pass_hours(1);
    assert_eq!(code(resend(&ada, &over, json!({})).await), (409, "not_pending".to_owned()), "swept or not");
    assert_eq!(told(&ada, &band, "invite.resent").await, 0);
}

async fn nobody_gets_what_they_do_not_want(world: World) {
    let (ada, joe, kim) = (world.account("ada").await, world.account("joe").await, world.account("kim").await);
    let band = ada.band("Choir").await;
    let_in(&ada, &band, "admin", &[&joe]).await;
    let (by_joe, _) = joe.invite(&band, json!({ "username": "kim" })).await;
    let (to_address, _) = ada.invite(&band, json!({ "kind": "link", "email": "kim@example.org" })).await;
    let (remembered, _) = joe.invite(&band, json!({ "kind": "link", "email": "kim@example.org" })).await;
    // Of joe alone she wants no more: what waits of his ends, and nobody sends her his links again.
    let (_, token) = joe.invite(&band, json!({})).await;
    assert_eq!(kim.post(&format!("/invites/{token}/decline"), json!({ "block": "inviter" })).await.0, 204);
    assert_eq!(code(resend(&ada, &by_joe, json!({})).await), (409, "not_pending".to_owned()));
    assert_eq!(code(resend(&ada, &remembered, json!({})).await), (409, "recipient_opted_out".to_owned()));
    assert_eq!(resend(&ada, &to_address, json!({})).await.0, 200);
    let (_, token) = ada.invite(&band, json!({})).await;
    assert_eq!(kim.post(&format!("/invites/{token}/decline"), json!({ "block": "band" })).await.0, 204);
    assert_eq!(code(resend(&ada, &to_address, json!({})).await), (409, "recipient_opted_out".to_owned()));
    let lee = world.account("lee").await;
    let (waiting, _) = ada.invite(&band, json!({ "email": "lee@example.org" })).await;
    world.remove(&band, &lee, true).await;
    assert_eq!(code(resend(&ada, &waiting, json!({})).await), (403, "banned".to_owned()));
}

async fn a_wish_for_the_same_person_sends_again_by_the_same_rules(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    let band = ada.band("Choir").await;
    let (id, _) = ada.invite(&band, json!({ "username": "kim", "role": "admin" })).await;
    let path = format!("/bands/{band}/invites");
    let wish = json!({ "username": "kim", "on_existing": "resend" });
    let (status, again) = ada.post(&path, wish.clone()).await;
    assert_eq!((status, &again["invite"]["id"]), (200, &json!(id)), "{again}");
    assert_eq!(told(&ada, &band, "invite.resent").await, 1);
    let many = json!({ "rows": [{ "username": "kim" }, {}], "on_existing": "resend" });
    assert_eq!(ada.post(&format!("{path}/bulk"), many.clone()).await.0, 207);
    assert_eq!(told(&ada, &band, "invite.resent").await, 2);
    assert_eq!(told(&ada, &band, "invite.link_shown").await, 2, "both answers have the link of the earlier invite");
    let mut dry = many.clone();
    dry["dry_run"] = json!(true);
    assert_eq!(ada.post(&format!("{path}/bulk"), dry).await.0, 207);
    assert_eq!(told(&ada, &band, "invite.resent").await, 2, "only looked at");
    let max = world.account("max").await;
    let_in(&ada, &band, "member", &[&max]).await;
    world.set_can_invite(&band, &max).await;
    assert_eq!(code(max.post(&path, wish).await), (403, "forbidden".to_owned()));
    let (_, bulk) = max.post(&format!("{path}/bulk"), many).await;
    assert!(bulk["results"][0]["detail"].as_str().unwrap().contains("not yours"), "{bulk}");
    assert_eq!(kim.get("/me/invites").await.1["invites"].as_array().unwrap().len(), 1);
}

async fn a_retry_sends_once(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let (id, _) = ada.invite(&band, json!({ "email": "new@example.org" })).await;
    let path = format!("/invites/{id}/resend");
    for (key, wish, count) in [("k", json!({}), 1), ("l", json!({ "rotate": true }), 2)] {
        let first = ada.post_once(&path, key, wish.clone()).await;
        assert_eq!(first.0, 200, "{first:?}");
        assert_eq!(ada.post_once(&path, key, wish).await, first);
        assert_eq!(told(&ada, &band, "invite.resent").await, count);
    }
    assert_eq!(code(ada.post_once(&path, "k", json!({ "rotate": true })).await).1, "idempotency_mismatch");
}

async fn act(person: &Person, band: &str, body: Value) -> (u16, Value) {
    person.post(&format!("/bands/{band}/invites/actions"), body).await
}

/// Does it to all of them, and nothing is refused.
async fn done(person: &Person, band: &str, body: Value, count: usize) {
    let (status, answer) = act(person, band, body).await;
    let whole = json!({ "done": count, "failed": [], "remaining": 0, "next_cursor": null });
    assert_eq!((status, &answer), (200, &whole));
}

async fn shown(person: &Person, id: &str) -> Value {
    person.get(&format!("/invites/{id}")).await.1
}

async fn pending(person: &Person, band: &str) -> Value {
    person.get(&format!("/bands/{band}")).await.1["counts"]["pending"].clone()
}

/// Two invites for addresses.
async fn two(person: &Person, band: &str) -> [String; 2] {
    let (one, _) = person.invite(band, json!({ "email": "one@example.org" })).await;
    let (two, _) = person.invite(band, json!({ "email": "two@example.org" })).await;
    [one, two]
}

async fn every_action_is_done_to_the_invites_named(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let ids = two(&ada, &band).await;
    let wish = |action: &str, args: Value| json!({ "action": action, "ids": ids, "args": args });
    done(&ada, &band, wish("revoke", json!({})), 2).await;
    assert_eq!(pending(&ada, &band).await, 0);
    // What is revoked already is as it was asked to be.
    done(&ada, &band, wish("revoke", json!(null)), 2).await;
    done(&ada, &band, wish("restore", json!(null)), 2).await;
    assert_eq!(pending(&ada, &band).await, 2);
    done(&ada, &band, wish("resend", json!({})), 2).await;
    done(&ada, &band, wish("extend", json!({ "ttl_hours": 500 })), 2).await;
    done(&ada, &band, wish("set_role", json!({ "role": "admin" })), 2).await;
    for id in &ids {
        let invite = shown(&ada, id).await;
        assert_eq!((&invite["status"], &invite["role"]), (&json!("pending"), &json!("admin")));
        assert_eq!(invite["expires_at"], json!(world.clock.now().plus_hours(500)));
        let (_, trail) = ada.get(&format!("/bands/{band}/audit?invite={id}")).await;
        let actions: Vec<&str> =
            trail["events"].as_array().unwrap().iter().rev().map(|one| one["action"].as_str().unwrap()).collect();
        let all = ["created", "revoked", "restored", "resent", "edited", "edited"].map(|word| format!("invite.{word}"));
        assert_eq!(actions, all);
        let details = [0, 1].map(|place| trail["events"][place]["detail"].as_str().unwrap().to_owned());
        assert_eq!(details, ["role member to admin", "end"]);
    }
    done(&ada, &band, wish("extend", json!({ "expires_at": null })), 2).await;
    assert_eq!(shown(&ada, &ids[0]).await["expires_at"], Value::Null);
    let one = json!({ "action": "revoke", "ids": [ids[0], ids[0]] });
    done(&ada, &band, one, 1).await;
    let revision = ada.get(&format!("/bands/{band}")).await.1["revision"].clone();
    done(&ada, &band, json!({ "action": "revoke", "ids": [ids[0]] }), 1).await;
    assert_eq!(ada.get(&format!("/bands/{band}")).await.1["revision"], revision, "nothing has changed");
}

async fn every_action_is_done_to_the_invites_that_fit_a_filter(world: World) {
    let (ada, joe) = (world.account("ada").await, world.account("joe").await);
    let band = ada.band("Choir").await;
    let_in(&ada, &band, "admin", &[&joe]).await;
    let ids = two(&ada, &band).await;
    let (link, _) = joe.invite(&band, json!({ "label": "Drummers" })).await;
    let (_, campaign) = ada.post(&format!("/bands/{band}/campaigns"), json!({ "name": "Tour" })).await;
    let campaign = &campaign["campaign"]["id"];
    let (of_tour, _) = ada.invite(&band, json!({ "campaign_id": campaign })).await;
    let by_joe = json!({ "created_by": joe.account["id"], "status": "pending" });
    for (filter, fitting) in [
        (json!({ "kind": "email" }), ids.to_vec()),
        (json!({ "q": "one@" }), vec![ids[0].clone()]),
        (json!({ "q": "dr" }), vec![link.clone()]),
        (json!({ "q": "rumm", "kind": "email" }), vec![]),
        (json!({ "campaign": campaign }), vec![of_tour.clone()]),
        (by_joe.clone(), vec![link.clone()]),
        (json!({ "status": "rejected" }), vec![]),
    ] {
        let wish = |action: &str, args: Value| json!({ "action": action, "filter": filter, "args": args });
        done(&ada, &band, wish("extend", json!({ "ttl_hours": 7 })), fitting.len()).await;
        done(&ada, &band, wish("set_role", json!({ "role": "admin" })), fitting.len()).await;
        for id in [&ids[0], &ids[1], &link, &of_tour] {
            let invite = shown(&ada, id).await;
            let is_changed =
                (&invite["role"], &invite["expires_at"]) == (&json!("admin"), &json!(world.clock.now().plus_hours(7)));
            assert_eq!(is_changed, fitting.contains(id), "{filter}: {invite}");
            let back = json!({ "role": "member", "ttl_hours": 9 });
            assert_eq!(ada.patch(&format!("/invites/{id}"), back).await.0, 200);
        }
        if filter.get("status").is_none() {
            done(&ada, &band, wish("revoke", json!(null)), fitting.len()).await;
            done(&ada, &band, wish("restore", json!(null)), fitting.len()).await;
        }
    }
    done(&ada, &band, json!({ "action": "resend", "filter": { "kind": "email" } }), 2).await;
    done(&ada, &band, json!({ "action": "revoke", "filter": by_joe }), 1).await;
    done(&ada, &band, json!({ "action": "revoke", "filter": by_joe }), 0).await;
    assert_eq!(pending(&ada, &band).await, 3);
    let revoked = json!({ "action": "restore", "filter": { "status": "cancelled", "created_by": joe.account["id"] } });
    done(&ada, &band, revoked, 1).await;
    // Nothing said is all of the band's: those that let joe in is used up.
    let (_, answer) = act(&ada, &band, json!({ "action": "revoke", "filter": {} })).await;
    assert_eq!((&answer["done"], &answer["failed"][0]["code"]), (&json!(4), &json!("not_pending")), "{answer}");
}

async fn none_that_is_refused_stops_another(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    let (band, other) = (ada.band("Choir").await, ada.band("Brass").await);
    let [fine, newer] = two(&ada, &band).await;
    let (used, token) = ada.invite(&band, json!({})).await;
    assert_eq!(kim.accept(&token).await.0, 200);
    let (link, _) = ada.invite(&band, json!({})).await;
    let (over, _) = ada.invite(&band, json!({ "ttl_hours": 1 })).await;
    let (elsewhere, _) = ada.invite(&other, json!({ "email": "one@example.org" })).await;
    world.clock.pass_hours(1);
    let nowhere = "01890a5d-ac96-774b-bcce-b302099a8057";
    let ids = [nowhere, &used, &fine, &link, &over, &elsewhere];
    let refused =
        |left: &[(&str, &str)]| -> Value { left.iter().map(|(id, code)| json!({ "id": id, "code": code })).collect() };
    let ended = [(nowhere, "not_found"), (&*used, "not_pending"), (&*over, "not_pending"), (&*elsewhere, "not_found")];
    for (action, args, done, failed) in [
        ("resend", json!(null), 1, vec![ended[0], ended[1], (&*link, "validation"), ended[2], ended[3]]),
        ("extend", json!({ "ttl_hours": 9 }), 2, ended.to_vec()),
        ("set_role", json!({ "role": "admin" }), 2, ended.to_vec()),
        ("revoke", json!(null), 2, ended.to_vec()),
    ] {
        let (status, answer) = act(&ada, &band, json!({ "action": action, "ids": ids, "args": args })).await;
        assert_eq!((status, &answer["done"], &answer["failed"]), (200, &json!(done), &refused(&failed)), "{action}");
    }
    // A newer one for the same person waits, and one of the two was revoked too long ago.
    ada.invite(&band, json!({ "email": "one@example.org" })).await;
    world.clock.pass_seconds(600);
    assert_eq!(ada.delete(&format!("/invites/{newer}")).await.0, 204);
    let (again, _) = ada.invite(&band, json!({ "email": "lee@example.org" })).await;
    assert_eq!(ada.delete(&format!("/invites/{again}")).await.0, 204);
    ada.invite(&band, json!({ "email": "lee@example.org" })).await;
    let (_, campaign) = ada.post(&format!("/bands/{band}/campaigns"), json!({ "name": "Tour" })).await;
    let campaign = campaign["campaign"]["id"].as_str().unwrap();
    let (tour, _) = ada.invite(&band, json!({ "campaign_id": campaign })).await;
    assert_eq!(ada.delete(&format!("/invites/{tour}")).await.0, 204);
    assert_eq!(ada.post(&format!("/campaigns/{campaign}/expire"), json!({})).await.0, 200);
    let (_, answer) = act(&ada, &band, json!({ "action": "restore", "ids": [fine, newer, again, used, tour] })).await;
    let over = [(&*fine, "not_restorable"), (&again, "already_pending"), (&used, "not_restorable")];
    let failed = refused(&[over[0], over[1], over[2], (&tour, "not_restorable")]);
    assert_eq!((&answer["done"], &answer["failed"]), (&json!(1), &failed), "{answer}");
    assert_eq!(shown(&ada, &elsewhere).await["role"], "member", "another band's");
}

async fn what_a_request_lacks_or_has_too_much_is_named(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let (id, _) = ada.invite(&band, json!({})).await;
    let named = |action: &str, args: Value| json!({ "action": action, "ids": [id], "args": args });
    let filtered = |filter: Value| json!({ "action": "revoke", "filter": filter });
    for (wish, field) in [
        (json!({ "ids": [id] }), "action"),
        (json!({ "action": "delete", "ids": [id] }), "action"),
        (json!({ "action": "revoke" }), "ids"),
        (json!({ "action": "revoke", "ids": [] }), "ids"),
        (json!({ "action": "revoke", "ids": vec![&id; 1_001] }), "ids"),
        (json!({ "action": "revoke", "ids": [id, "x"] }), "ids[1]"),
        (json!({ "action": "revoke", "ids": [id], "filter": {} }), "filter"),
        (json!({ "action": "revoke", "ids": [id], "cursor": "x" }), "cursor"),
        (json!({ "action": "revoke", "filter": {}, "cursor": "x" }), "cursor"),
        (json!({ "action": "revoke", "filter": {}, "cursor": "last" }), "cursor"),
        (filtered(json!({ "colour": "red" })), "filter.colour"),
        (filtered(json!({ "sort": "created" })), "filter.sort"),
        (filtered(json!({ "status": "red" })), "filter.status"),
        (filtered(json!({ "q": "a\u{0}b" })), "filter.q"),
        (named("revoke", json!({ "ttl_hours": 5 })), "args.ttl_hours"),
        (named("restore", json!({ "role": "member" })), "args.role"),
        (named("resend", json!({ "expires_at": null })), "args.expires_at"),
        (named("resend", json!({ "rotate": true })), "args.rotate"),
        (named("extend", json!({})), "args.ttl_hours"),
        (named("extend", json!({ "ttl_hours": 0 })), "args.ttl_hours"),
        (named("extend", json!({ "ttl_hours": 5, "expires_at": null })), "args.ttl_hours"),
        (named("extend", json!({ "expires_at": "2020-01-01T00:00:00Z" })), "args.expires_at"),
        (named("extend", json!({ "ttl_hours": 5, "role": "admin" })), "args.role"),
        (named("set_role", json!(null)), "args.role"),
        (named("set_role", json!({ "role": "owner" })), "args.role"),
        (named("set_role", json!({ "role": "admin", "ttl_hours": null })), "args.ttl_hours"),
    ] {
        let (status, problem) = act(&ada, &band, wish).await;
        assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!(field)), "{problem}");
    }
    assert_eq!(shown(&ada, &id).await["status"], "pending");
}

async fn of_two_for_one_person_one_is_restored(world: World) {
    let (ada, _) = (world.account("ada").await, world.account("kim").await);
    let band = ada.band("Choir").await;
    let mut ids = Vec::new();
    for wish in [json!({ "username": "kim" }), json!({ "email": "new@example.org" })] {
        for _ in 0..2 {
            let (id, _) = ada.invite(&band, wish.clone()).await;
            assert_eq!(ada.delete(&format!("/invites/{id}")).await.0, 204);
            ids.push(id);
        }
    }
    let (_, answer) = act(&ada, &band, json!({ "action": "restore", "ids": ids })).await;
    let no = |id: &str| json!({ "id": id, "code": "already_pending" });
    assert_eq!((&answer["done"], &answer["failed"]), (&json!(2), &json!([no(&ids[1]), no(&ids[3])])), "{answer}");
    assert_eq!(pending(&ada, &band).await, 2);
}

async fn each_invite_is_extended_as_far_as_its_own_rules_allow(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let (free, _) = ada.invite(&band, json!({})).await;
    let tight = json!({ "policy": { "default_ttl_hours": 24, "max_ttl_hours": 48 } });
    assert_eq!(ada.patch(&format!("/bands/{band}"), tight).await.0, 200);
    let (bound, _) = ada.invite(&band, json!({})).await;
    let wish = json!({ "action": "extend", "ids": [free, bound], "args": { "ttl_hours": 100 } });
    let (_, answer) = act(&ada, &band, wish).await;
    let failed = json!([{ "id": bound, "code": "validation" }]);
    assert_eq!((&answer["done"], &answer["failed"]), (&json!(1), &failed), "{answer}");
    let hours = |n| json!(world.clock.now().plus_hours(n));
    assert_eq!(shown(&ada, &free).await["expires_at"], hours(100));
    assert_eq!(shown(&ada, &bound).await["expires_at"], hours(24));
}

async fn everyone_acts_on_what_they_may_change_alone(world: World) {
    let (ada, stranger) = (world.account("ada").await, world.account("eve").await);
    let [admin, inviter, member] = [world.account("joe").await, world.account("max").await, world.account("kim").await];
    let band = ada.band("Choir").await;
    let_in(&ada, &band, "admin", &[&admin]).await;
    let_in(&ada, &band, "member", &[&inviter, &member]).await;
    for person in [&inviter, &member] {
        world.set_can_invite(&band, person).await;
    }
    let (plain, _) = ada.invite(&band, json!({ "email": "one@example.org" })).await;
    let (high, _) = ada.invite(&band, json!({ "email": "two@example.org", "role": "admin" })).await;
    let (own, _) = inviter.invite(&band, json!({ "email": "three@example.org" })).await;
    let (members, _) = member.invite(&band, json!({ "email": "four@example.org" })).await;
    let off = json!({ "can_invite": false });
    let path = format!("/bands/{band}/members/{}", member.account["id"].as_str().unwrap());
    assert_eq!(ada.patch(&path, off).await.0, 200);
    let ids = [&plain, &high, &own, &members];
    let wish = |action: &str| json!({ "action": action, "ids": ids });
    let failed = |answer: &Value| -> Vec<(usize, String)> {
        let place = |one: &Value| ids.iter().position(|id| one["id"] == ***id).unwrap();
        answer["failed"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| (place(one), one["code"].as_str().unwrap().to_owned()))
            .collect()
    };
    let no = |places: &[usize], code: &str| places.iter().map(|place| (*place, code.to_owned())).collect::<Vec<_>>();
    for (action, args) in [
        ("resend", json!(null)),
        ("extend", json!({ "ttl_hours": 90 })),
        ("set_role", json!({ "role": "member" })),
        ("revoke", json!(null)),
        ("restore", json!(null)),
    ] {
        let mut wish = wish(action);
        wish["args"] = args;
        assert_eq!(act(&stranger, &band, wish.clone()).await.0, 404, "{action}");
        // Who may not invite takes back their own alone, and sees no others.
        let (status, answer) = act(&member, &band, wish.clone()).await;
        if action == "revoke" {
            assert_eq!((status, failed(&answer)), (200, no(&[0, 1, 2], "not_found")), "{answer}");
            assert_eq!(ada.post(&format!("/invites/{members}/restore"), json!({})).await.0, 200);
        } else {
            assert_eq!(status, 403, "{action}: {answer}");
        }
        let (status, answer) = act(&inviter, &band, wish.clone()).await;
        assert_eq!((status, failed(&answer)), (200, no(&[0, 1, 3], "forbidden")), "{action}: {answer}");
        if action == "revoke" {
            assert_eq!(inviter.post(&format!("/invites/{own}/restore"), json!({})).await.0, 200);
        } else if action == "restore" {
            assert_eq!(ada.delete(&format!("/invites/{own}")).await.0, 204);
        }
        let (status, answer) = act(&admin, &band, wish.clone()).await;
        assert_eq!((status, failed(&answer)), (200, vec![]), "{action}: {answer}");
    }
    let up = json!({ "action": "set_role", "filter": {}, "args": { "role": "admin" } });
    assert_eq!(code(act(&inviter, &band, up.clone()).await), (403, "forbidden".to_owned()));
    let path = format!("/bands/{band}/members/{}", admin.account["id"].as_str().unwrap());
    assert_eq!(ada.patch(&path, json!({ "role": "member", "can_invite": true })).await.0, 200);
    // By a filter nobody reaches further either: who may not invite meets their own alone.
    let (_, answer) = act(&member, &band, json!({ "action": "revoke", "filter": { "status": "pending" } })).await;
    assert_eq!((&answer["done"], &answer["failed"]), (&json!(1), &json!([])), "{answer}");
    let (_, answer) = act(&admin, &band, json!({ "action": "revoke", "filter": { "status": "pending" } })).await;
    assert_eq!((&answer["done"], answer["failed"].as_array().unwrap().len()), (&json!(0), 3), "{answer}");
}

async fn a_retry_of_an_action_gives_the_first_answer(world: World) {
    let (ada, joe) = (world.account("ada").await, world.account("joe").await);
    let band = ada.band("Choir").await;
    let_in(&ada, &band, "admin", &[&joe]).await;
    let ids = two(&joe, &band).await;
    let path = format!("/bands/{band}/invites/actions");
    let wish = json!({ "action": "resend", "ids": [ids[0], band] });
    let first = joe.post_once(&path, "k", wish.clone()).await;
    assert_eq!((first.0, &first.1["done"], &first.1["failed"][0]["code"]), (200, &json!(1), &json!("not_found")));
    assert_eq!(joe.post_once(&path, "k", wish.clone()).await, first);
    assert_eq!(told(&ada, &band, "invite.resent").await, 1);
    let other = json!({ "action": "revoke", "ids": ids });
    assert_eq!(code(joe.post_once(&path, "k", other).await).1, "idempotency_mismatch");
    world.remove(&band, &joe, false).await;
    assert_eq!(joe.post_once(&path, "k", wish).await.0, 404, "the answer is for those in the band");
}

async fn a_thousand_at_a_time_in_few_statements_until_none_is_left(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    for part in 0..3 {
        let rows: Vec<Value> = (0..if part == 2 { 100 } else { 1_000 })
            .map(|n| json!({ "email": format!("p{part}n{n}@example.org") }))
            .collect();
        assert_eq!(ada.post(&format!("/bands/{band}/invites/bulk"), json!({ "rows": rows })).await.0, 201);
    }
    // Those that are skipped first stay in the filter.
    for (action, args, looked_at) in [
        ("resend", json!(null), "pending"),
        ("extend", json!({ "ttl_hours": 99 }), "pending"),
        ("set_role", json!({ "role": "admin" }), "pending"),
        ("revoke", json!(null), "pending"),
        ("restore", json!(null), "cancelled"),
    ] {
        let mut wish = json!({ "action": action, "filter": { "status": looked_at }, "args": args });
        let mut answers = Vec::new();
        loop {
            let before = world.app.store().statements_run();
            let (status, answer) = act(&ada, &band, wish.clone()).await;
            assert_eq!(status, 200, "{answer}");
            let run = world.app.store().statements_run() - before;
            assert!((1..=120).contains(&run), "{action}: {run}");
            wish["cursor"] = answer["next_cursor"].clone();
            answers.push((answer["done"].as_u64().unwrap(), answer["remaining"].as_u64().unwrap()));
            if answer["remaining"] == 0 {
                assert!(answer["next_cursor"].is_null());
                break;
            }
        }
        assert_eq!(answers, [(1_000, 1_000), (1_000, 100), (100, 0)], "{action}");
    }
    assert_eq!(pending(&ada, &band).await, 2_100);
    // A revoke of what is pending goes on by itself.
    let wish = json!({ "action": "revoke", "filter": { "status": "pending" } });
    for left in [1_000, 100, 0] {
        assert_eq!(act(&ada, &band, wish.clone()).await.1["remaining"], left);
    }
    assert_eq!(pending(&ada, &band).await, 0);
}
