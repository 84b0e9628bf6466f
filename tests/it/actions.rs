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
    // Of joe alone she wants no more, so nobody sends his invite again.
    let (_, token) = joe.invite(&band, json!({})).await;
    assert_eq!(kim.post(&format!("/invites/{token}/decline"), json!({ "block": "inviter" })).await.0, 204);
    assert_eq!(code(resend(&ada, &by_joe, json!({})).await), (409, "recipient_opted_out".to_owned()));
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
