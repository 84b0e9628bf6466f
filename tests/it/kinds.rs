//! Invites of every kind: whom they are for, who may use them, and that one waits for a person at a time.

use serde_json::{Value, json};

use crate::{
    members::{code, id, let_in},
    world::{Person, World, on_each_database, with_mail},
};

on_each_database! {
    an_invite_for_a_user_is_for_that_account_alone,
    an_invite_for_an_address_is_for_its_account,
    a_link_with_an_address_binds_nobody,
    a_code_is_read_as_people_type_it,
    the_inbox_lets_in_and_says_no,
    one_invite_waits_for_a_person_at_a_time,
    two_invites_at_once_for_one_person_are_one,
    an_invite_whose_time_is_over_stands_in_nobodys_way,
    members_banned_people_and_those_who_opted_out_are_not_invited,
    members_banned_people_and_those_who_opted_out_get_no_invite_back,
    fields_that_a_kind_has_no_place_for_are_named,
    codes_are_made_by_admins,
}

async fn try_invite(person: &Person, band: &str, body: Value) -> (u16, Value) {
    person.post(&format!("/bands/{band}/invites"), body).await
}

async fn an_invite_for_a_user_is_for_that_account_alone(world: World) {
    let (ada, kim, sam) = (world.account("ada").await, world.account("kim").await, world.account("sam").await);
    let band = ada.band("Choir").await;
    for wish in [json!({ "username": "KIM" }), json!({ "kind": "user", "account_id": id(&kim) })] {
        let (status, made) = try_invite(&ada, &band, wish).await;
        assert_eq!(status, 201, "{made}");
        assert_eq!((&made["invite"]["kind"], &made["invite"]["account"]["username"]), (&json!("user"), &json!("kim")));
        let token = made["token"].as_str().unwrap();
        assert_eq!(code(sam.accept(token).await), (403, "wrong_recipient".to_owned()));
        let decline = sam.post(&format!("/invites/{token}/decline"), json!({})).await;
        assert_eq!(code(decline), (403, "wrong_recipient".to_owned()));
        let (_, preview) = world.send("GET", &format!("/invites/{token}/info"), None).await;
        assert_eq!(preview["for"], "@kim");
        assert_eq!(kim.post(&format!("/invites/{token}/decline"), json!({})).await.0, 204);
    }
    assert_eq!(code(try_invite(&ada, &band, json!({ "username": "nobody" })).await), (422, "validation".to_owned()));
}

async fn an_invite_for_an_address_is_for_its_account(world: World) {
    let (ada, kim, sam) = (world.account("ada").await, world.account("kim").await, world.account("sam").await);
    let band = ada.band("Choir").await;
    let (status, made) = try_invite(&ada, &band, json!({ "email": "Kim@Example.ORG" })).await;
    assert_eq!(status, 201, "{made}");
    assert_eq!((&made["invite"]["kind"], &made["invite"]["email"]), (&json!("email"), &json!("kim@example.org")));
    let token = made["token"].as_str().unwrap();
    assert_eq!(code(sam.accept(token).await), (403, "wrong_recipient".to_owned()));
    // Nothing is verified without mail: the inbox shows nothing by the address, the token is proof enough.
    assert_eq!(kim.get("/me/invites").await.1["invites"], json!([]));
    let waiting = made["invite"]["id"].as_str().unwrap();
    assert_eq!(kim.post(&format!("/me/invites/{waiting}/accept"), json!({})).await.0, 404);
    assert_eq!(kim.accept(token).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_has_to_be_verified_where_mail_can_do_it() {
    for world in World::each_with(with_mail()).await {
        let (ada, kim, sam) = (world.account("ada").await, world.account("kim").await, world.account("sam").await);
        let band = ada.band("Choir").await;
        let (waiting, token) = ada.invite(&band, json!({ "email": "kim@example.org" })).await;
        assert_eq!(code(kim.accept(&token).await), (403, "email_unverified".to_owned()));
        assert_eq!(code(sam.accept(&token).await), (403, "wrong_recipient".to_owned()));
        let path = format!("/me/invites/{waiting}/accept");
        assert_eq!(kim.post(&path, json!({})).await.0, 404);
        let yes = world.app.store().dialect().pick("1", "true");
        world.run(&format!("UPDATE account SET email_verified = {yes} WHERE username = 'kim'")).await;
        assert_eq!(kim.get("/me/invites").await.1["invites"][0]["id"], json!(waiting));
        assert_eq!(kim.post(&path, json!({})).await.1["outcome"], "joined");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_proves_an_address_is_the_servers_to_say() {
    for (identity, other, own) in [("verified", 403, 403), ("match", 403, 200), ("bearer", 200, 200)] {
        let mut settings = with_mail();
        settings.policy.email_identity = identity.parse().unwrap();
        for world in World::each_with(settings).await {
            let (ada, kim, sam) = (world.account("ada").await, world.account("kim").await, world.account("sam").await);
            for (person, expected) in [(&sam, other), (&kim, own)] {
                let band = ada.band("Choir").await;
                let (_, token) = ada.invite(&band, json!({ "email": "kim@example.org" })).await;
                assert_eq!(person.accept(&token).await.0, expected, "{identity} {}", person.username);
            }
        }
    }
}

async fn a_link_with_an_address_binds_nobody(world: World) {
    let (ada, sam) = (world.account("ada").await, world.account("sam").await);
    let band = ada.band("Choir").await;
    let (_, token) = ada.invite(&band, json!({ "kind": "link", "email": "kim@example.org" })).await;
    assert_eq!(sam.accept(&token).await.0, 200);
}

async fn a_code_is_read_as_people_type_it(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    let band = ada.band("Choir").await;
    let (_, token) = ada.invite(&band, json!({ "kind": "code" })).await;
    assert_eq!((token.len(), token.split('-').count()), (14, 3), "{token}");
    let typed = token.to_lowercase().replace('-', "");
    assert_eq!(world.send("GET", &format!("/invites/{typed}/info"), None).await.1["kind"], "code");
    assert_eq!(kim.accept(&typed).await.0, 200);
}

async fn the_inbox_lets_in_and_says_no(world: World) {
    let (ada, kim, sam) = (world.account("ada").await, world.account("kim").await, world.account("sam").await);
    let (choir, brass) = (ada.band("Choir").await, ada.band("Brass").await);
    let (yes, _) = ada.invite(&choir, json!({ "username": "kim", "role": "admin" })).await;
    let (no, _) = ada.invite(&brass, json!({ "username": "kim" })).await;
    for path in [format!("/me/invites/{yes}/accept"), format!("/me/invites/{no}/decline")] {
        assert_eq!(sam.post(&path, json!({})).await.0, 404);
    }
    let (status, answer) = kim.post_once(&format!("/me/invites/{yes}/accept"), "k", json!({})).await;
    assert_eq!((status, &answer["outcome"], &answer["role"]), (200, &json!("joined"), &json!("admin")));
    assert_eq!(kim.post_once(&format!("/me/invites/{yes}/accept"), "k", json!({})).await, (status, answer));
    let reason = json!({ "reason": "No time", "block": "band" });
    assert_eq!(kim.post(&format!("/me/invites/{no}/decline"), reason).await.0, 204);
    assert_eq!(kim.get("/me/invites").await.1["invites"], json!([]));
    assert_eq!(
        code(try_invite(&ada, &brass, json!({ "username": "kim" })).await),
        (409, "recipient_opted_out".to_owned())
    );
}

async fn one_invite_waits_for_a_person_at_a_time(world: World) {
    let ada = world.account("ada").await;
    world.account("kim").await;
    let band = ada.band("Choir").await;
    for person in [json!({ "username": "kim" }), json!({ "email": "joe@example.org" })] {
        let with = |more: &str| {
            let mut wish = person.clone();
            wish["on_existing"] = json!(more);
            wish
        };
        let (first, token) = ada.invite(&band, person.clone()).await;
        assert_eq!(code(try_invite(&ada, &band, person.clone()).await), (409, "already_pending".to_owned()));
        let (status, again) = try_invite(&ada, &band, with("resend")).await;
        assert_eq!((status, &again["invite"]["id"], &again["token"]), (200, &json!(first), &json!(token)));
        let (status, new) = try_invite(&ada, &band, with("replace")).await;
        assert_eq!(status, 201, "{new}");
        assert_ne!(new["invite"]["id"], json!(first));
        let (_, old) = ada.get(&format!("/invites/{first}")).await;
        assert_eq!((&old["status"], &old["cancel_reason"]), (&json!("cancelled"), &json!("replaced")));
        let info = world.send("GET", &format!("/invites/{token}/info"), None).await;
        assert_eq!(code(info), (410, "invite_cancelled".to_owned()));
        // A revoked one comes back only while nothing has taken its place.
        let second = new["invite"]["id"].as_str().unwrap();
        assert_eq!(ada.delete(&format!("/invites/{second}")).await.0, 204);
        let (third, _) = ada.invite(&band, person.clone()).await;
        let restore = format!("/invites/{second}/restore");
        assert_eq!(code(ada.post(&restore, json!({})).await), (409, "already_pending".to_owned()));
        assert_eq!(ada.delete(&format!("/invites/{third}")).await.0, 204);
        assert_eq!(ada.post(&restore, json!({})).await.0, 200);
    }
}

async fn two_invites_at_once_for_one_person_are_one(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let path = format!("/bands/{band}/invites");
    let wish = json!({ "email": "kim@example.org" });
    let (a, b) = tokio::join!(ada.post(&path, wish.clone()), ada.post(&path, wish));
    let mut statuses = [a.0, b.0];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
}

async fn an_invite_whose_time_is_over_stands_in_nobodys_way(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let wish = json!({ "email": "kim@example.org", "ttl_hours": 1 });
    let (old, _) = ada.invite(&band, wish.clone()).await;
    world.clock.pass_hours(2);
    let (new, _) = ada.invite(&band, wish).await;
    assert_eq!(ada.get(&format!("/invites/{old}")).await.1["cancel_reason"], "expired");
    assert_eq!(ada.get(&format!("/invites/{new}")).await.1["status"], "pending");
}

async fn members_banned_people_and_those_who_opted_out_are_not_invited(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    let band = ada.band("Choir").await;
    let_in(&ada, &band, "member", &[&kim]).await;
    let people =
        [json!({ "username": "kim" }), json!({ "email": "kim@example.org" }), json!({ "account_id": id(&kim) })];
    for wish in &people {
        assert_eq!(code(try_invite(&ada, &band, wish.clone()).await), (409, "already_member".to_owned()));
    }
    assert_eq!(ada.delete(&format!("/bands/{band}/members/{}?ban=true", id(&kim))).await.0, 204);
    for wish in &people {
        assert_eq!(code(try_invite(&ada, &band, wish.clone()).await), (403, "banned".to_owned()));
    }
}

async fn members_banned_people_and_those_who_opted_out_get_no_invite_back(world: World) {
    let (ada, kim, sam) = (world.account("ada").await, world.account("kim").await, world.account("sam").await);
    let band = ada.band("Choir").await;
    let revoked = |wish: Value| {
        let (ada, band) = (&ada, &band);
        async move {
            let (id, _) = ada.invite(band, wish).await;
            assert_eq!(ada.delete(&format!("/invites/{id}")).await.0, 204);
            id
        }
    };
    let refused = |id: String, no: &'static str| {
        let (ada, band) = (&ada, &band);
        async move {
            assert_eq!(code(ada.post(&format!("/invites/{id}/restore"), json!({})).await).1, no);
            let path = format!("/bands/{band}/invites/actions");
            let (_, answer) = ada.post(&path, json!({ "action": "restore", "ids": [id] })).await;
            assert_eq!(answer["failed"], json!([{ "id": id, "code": no }]), "{answer}");
            assert_eq!(ada.get(&format!("/invites/{id}")).await.1["status"], "cancelled");
        }
    };
    let (by_name, by_address) =
        (revoked(json!({ "username": "kim" })).await, revoked(json!({ "email": "kim@example.org" })).await);
    let closed = revoked(json!({ "username": "sam" })).await;
    let_in(&ada, &band, "member", &[&kim]).await;
    for id in [&by_name, &by_address] {
        refused(id.clone(), "already_member").await;
    }
    assert_eq!(ada.delete(&format!("/bands/{band}/members/{}?ban=true", id(&kim))).await.0, 204);
    for id in [&by_name, &by_address] {
        refused(id.clone(), "banned").await;
    }
    let (waiting, _) = ada.invite(&band, json!({ "username": "sam" })).await;
    let block = json!({ "block": "inviter" });
    assert_eq!(sam.post(&format!("/me/invites/{waiting}/decline"), block).await.0, 204);
    refused(closed, "recipient_opted_out").await;
}

async fn fields_that_a_kind_has_no_place_for_are_named(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    let band = ada.band("Choir").await;
    for (wish, field) in [
        (json!({ "kind": "user" }), "username"),
        (json!({ "kind": "email" }), "email"),
        (json!({ "kind": "email", "email": "no address" }), "email"),
        (json!({ "kind": "user", "username": "kim", "account_id": id(&kim) }), "username"),
        (json!({ "kind": "link", "username": "kim" }), "username"),
        (json!({ "username": "" }), "username"),
        (json!({ "username": "  ", "role": "admin" }), "username"),
        (json!({ "kind": "link", "username": "" }), "username"),
        (json!({ "kind": "code", "email": "kim@example.org" }), "email"),
        (json!({ "email": "kim@example.org", "username": "kim" }), "username"),
        (json!({ "email": "kim@example.org", "max_uses": 2 }), "max_uses"),
        (json!({ "username": "kim", "max_uses": null }), "max_uses"),
    ] {
        let (status, problem) = try_invite(&ada, &band, wish.clone()).await;
        assert_eq!(status, 422, "{wish} {problem}");
        let named: Vec<&str> =
            problem["errors"].as_array().unwrap().iter().filter_map(|e| e["field"].as_str()).collect();
        assert_eq!(named, [field], "{wish}");
    }
}

async fn codes_are_made_by_admins(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    let band = ada.band("Choir").await;
    let_in(&ada, &band, "member", &[&kim]).await;
    world.set_can_invite(&band, &kim).await;
    assert_eq!(try_invite(&kim, &band, json!({})).await.0, 201);
    assert_eq!(code(try_invite(&kim, &band, json!({ "kind": "code" })).await), (403, "forbidden".to_owned()));
}
