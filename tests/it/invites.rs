//! The life of an invite link, on both databases.

use guestlist::{
    domain::{OnAcceptCancel, Policy, Preset},
    server::Settings,
};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::world::{Person, World, on_each_database, settings};

on_each_database! {
    a_link_brings_a_member_in,
    a_revoked_link_is_refused_and_restored,
    the_instant_of_expiry_is_too_late,
    a_rotated_link_is_unknown_at_once,
    a_declined_link_is_final,
    lists_find_by_label_and_never_show_a_token,
    every_unknown_token_gets_one_answer,
    one_use_has_one_winner,
    a_newcomer_signs_up_and_joins_at_once,
    looking_changes_nothing_but_a_count,
    a_decline_can_refuse_what_would_follow,
    two_revokes_at_once_are_both_well,
    of_a_band_that_is_gone_every_invite_says_so_whatever_it_came_to,
}

async fn invite(person: &Person, band: &str, body: Value) -> (String, String) {
    person.invite(band, body).await
}

async fn accept(person: &Person, token: &str) -> (u16, Value) {
    person.accept(token).await
}

async fn a_link_brings_a_member_in(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    let band = ada.band("The Night Owls").await;
    let (id, token) = invite(&ada, &band, json!({ "label": "for Kim", "message": "Come!" })).await;
    let (status, preview) = world.send("GET", &format!("/invites/{token}/info"), None).await;
    assert_eq!(
        (status, &preview["band"]["name"], &preview["message"]),
        (200, &json!("The Night Owls"), &json!("Come!"))
    );
    let (status, answer) = world.send("POST", &format!("/invites/{token}/accept"), Some(&json!({}))).await;
    assert_eq!((status, &answer["code"]), (401, &json!("unauthenticated")));
    let (status, answer) = accept(&kim, &token).await;
    assert_eq!((status, &answer["outcome"], &answer["role"]), (200, &json!("joined"), &json!("member")), "{answer}");
    let (status, answer) = accept(&kim, &token).await;
    assert_eq!((status, &answer["outcome"]), (200, &json!("already_member")));
    let (_, read) = ada.get(&format!("/invites/{id}")).await;
    assert_eq!(
        (&read["status"], &read["uses"], &read["used_by"]["username"]),
        (&json!("accepted"), &json!(1), &json!("kim"))
    );
    let (_, shown) = ada.get(&format!("/bands/{band}")).await;
    assert_eq!(shown["counts"], json!({ "members": 2, "invites": 1, "pending": 0 }));
    let sam = world.account("sam").await;
    let (status, answer) = accept(&sam, &token).await;
    assert_eq!((status, &answer["code"], &answer["band"]), (410, &json!("invite_used"), &json!("The Night Owls")));
}

async fn a_revoked_link_is_refused_and_restored(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    let band = ada.band("Choir").await;
    let (id, token) = invite(&ada, &band, json!({})).await;
    for _ in 0..2 {
        assert_eq!(ada.delete(&format!("/invites/{id}")).await.0, 204);
    }
    assert_eq!(accept(&kim, &token).await.1["code"], "invite_revoked");
    let (status, restored) = ada.post(&format!("/invites/{id}/restore"), json!({})).await;
    assert_eq!(status, 200, "{restored}");
    assert_eq!(accept(&kim, &token).await.1["outcome"], "joined");
    let (status, problem) = ada.delete(&format!("/invites/{id}")).await;
    assert_eq!((status, &problem["code"]), (409, &json!("not_pending")));
}

async fn the_instant_of_expiry_is_too_late(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    let band = ada.band("Choir").await;
    let (id, token) = invite(&ada, &band, json!({ "ttl_hours": 2 })).await;
    world.clock.pass_hours(2);
    assert_eq!(accept(&kim, &token).await.1["code"], "invite_expired");
    assert_eq!(world.send("GET", &format!("/invites/{token}/info"), None).await.0, 410);
    let (_, read) = ada.get(&format!("/invites/{id}")).await;
    assert_eq!((&read["status"], &read["cancel_reason"]), (&json!("cancelled"), &json!("expired")));
}

async fn a_rotated_link_is_unknown_at_once(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    let band = ada.band("Choir").await;
    let (id, old) = invite(&ada, &band, json!({})).await;
    let (status, new) = ada.post(&format!("/invites/{id}/rotate"), json!({})).await;
    assert_eq!(status, 200, "{new}");
    assert_eq!(accept(&kim, &old).await.1["code"], "invalid_token");
    let (_, shown) = ada.post(&format!("/invites/{id}/link"), json!({})).await;
    assert_eq!(shown["token"], new["token"]);
    assert_eq!(kim.post(&format!("/invites/{id}/link"), json!({})).await.0, 404);
    assert_eq!(accept(&kim, new["token"].as_str().unwrap()).await.0, 200);
}

async fn a_declined_link_is_final(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    let band = ada.band("Choir").await;
    let (_, shared) = invite(&ada, &band, json!({ "max_uses": -1 })).await;
    let (_, personal) = invite(&ada, &band, json!({})).await;
    let decline =
        async |token: &str| kim.post(&format!("/invites/{token}/decline"), json!({ "reason": "no time" })).await;
    assert_eq!(decline(&shared).await.1["code"], "not_declinable");
    assert_eq!(decline(&personal).await.0, 204);
    assert_eq!(accept(&kim, &personal).await.1["code"], "invite_declined");
}

async fn lists_find_by_label_and_never_show_a_token(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let (_, token) = invite(&ada, &band, json!({ "label": "the new drummer" })).await;
    invite(&ada, &band, json!({ "label": "someone else", "expires_at": null, "max_uses": 7 })).await;
    let (status, list) = ada.get(&format!("/bands/{band}/invites?q=drum")).await;
    assert_eq!(status, 200, "{list}");
    assert_eq!(
        (&list["total"], &list["matched"], &list["invites"][0]["label"]),
        (&json!(2), &json!(1), &json!("the new drummer"))
    );
    let (_, all) = ada.get(&format!("/bands/{band}/invites?status=pending&sort=expires&limit=1")).await;
    assert_eq!(all["invites"].as_array().unwrap().len(), 1);
    assert!(!list.to_string().contains(&token[4..]) && !all.to_string().contains(&token[4..]));
    assert_eq!(ada.get(&format!("/bands/{band}/invites?colour=red")).await.0, 422);
}

/// What is no token, and nearly one: as it stands in an address.
fn no_tokens(real: &str, code: &str) -> Vec<String> {
    let (short, other) = (&real[..real.len() - 1], &real["inv_".len()..]);
    [
        "",
        "inv_",
        "inv_AAAA",
        short,
        other,
        &format!("{real}A"),
        &format!("{real}%00"),
        &format!("%20{real}"),
        &format!("{real}%2F"),
        &format!("gls_{other}"),
        &real.to_uppercase(),
        &code[..code.len() - 1],
        &format!("{code}A"),
        "ABCD-EFGH-JKMN",
        "%00",
        "%FF",
        "%C3%28",
        "%F0%9F%8E%B8",
        "%E2%80%AE",
    ]
    .map(str::to_owned)
    .into_iter()
    .chain([random_token(), "A".repeat(LONGEST_TOKEN), "%FF".repeat(LONGEST_TOKEN / 3)])
    .collect()
}

/// As long as what stands for a token can be: an address has no more than 65,534 bytes, `http://…/info` around it too.
const LONGEST_TOKEN: usize = 65_400;

fn random_token() -> String {
    guestlist::domain::Token::from_random(&[7; 32]).reveal().to_owned()
}

async fn every_unknown_token_gets_one_answer(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    let band = ada.band("Choir").await;
    let (_, real) = invite(&ada, &band, json!({})).await;
    let made = ada.post(&format!("/bands/{band}/codes"), json!({ "count": 1, "name": "For the door" })).await.1;
    let codes = format!("/campaigns/{}/codes", made["campaign"]["id"].as_str().unwrap());
    let page = ada.get(&codes).await.1;
    let code = page["codes"][0]["code"].as_str().unwrap();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let ask = async |method: &str, path: &str, session: Option<&str>| {
        let mut request = http.request(method.parse().unwrap(), format!("{}/api/v1{path}", world.origin));
        if let Some(session) = session {
            request = request.bearer_auth(session);
        }
        let response = request.send().await.unwrap();
        let (status, mut headers) = (response.status().as_u16(), response.headers().clone());
        assert!(headers.remove("x-request-id").is_some() && headers.remove("date").is_some());
        (status, headers, response.text().await.unwrap())
    };
    let one = ask("GET", "/invites/inv_/info", None).await;
    let problem: Value = serde_json::from_str(&one.2).unwrap();
    assert_eq!((one.0, &problem["code"]), (404, &json!("invalid_token")));
    for token in no_tokens(&real, code) {
        for (method, door) in [("GET", "info"), ("GET", "calendar.ics"), ("POST", "accept"), ("POST", "decline")] {
            for session in [None, Some(kim.session.as_str())] {
                let answer = ask(method, &format!("/invites/{token}/{door}"), session).await;
                let begin: String = token.chars().take(60).collect();
                assert!(answer == one, "{method} {begin} {door}: {answer:?}");
            }
        }
    }
    for token in [real.as_str(), code] {
        assert_eq!(ask("GET", &format!("/invites/{token}/info"), None).await.0, 200, "there is one, and it is found");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signs_up_with_what_is_no_token_gets_the_same_answer() {
    let world = World::sqlite().await;
    let (_, one) = world.send("GET", "/invites/inv_/info", None).await;
    for token in ["", "inv_", "\0", "\u{1f3b8}", &random_token(), &"A".repeat(1_000_000)] {
        let body = json!({ "username": "kim", "email": "kim@example.org", "password": crate::world::PASSWORD,
            "invite": token, "accept": true });
        assert_eq!(world.send("POST", "/auth/register", Some(&body)).await, (404, one.clone()));
    }
}

/// An address that is longer than one can be is refused before anybody looks at it.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_longer_than_an_address_gets_no_further_than_its_first_line() {
    let world = World::sqlite().await;
    for (length, statuses) in [(70_000, &["414"][..]), (1_000_000, &["414", "431", ""])] {
        let mut stream = tokio::net::TcpStream::connect(world.origin.strip_prefix("http://").unwrap()).await.unwrap();
        let request = format!("GET /api/v1/invites/{}/info HTTP/1.1\r\nHost: a\r\n\r\n", "A".repeat(length));
        let mut answer = Vec::new();
        // It may be closed before it is written whole, and then the answer may be lost.
        let _ = stream.write_all(request.as_bytes()).await;
        let _ = stream.read_to_end(&mut answer).await;
        let answer = String::from_utf8(answer).unwrap();
        let status = answer.split(' ').nth(1).unwrap_or_default();
        assert!(statuses.contains(&status), "{length}: {answer}");
        assert!(!answer.contains("invalid_token"), "{length}: {answer}");
    }
}

async fn one_use_has_one_winner(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let mut people = Vec::new();
    for n in 0..20 {
        people.push(world.account(&format!("racer{n}")).await);
    }
    for uses in [1, 7] {
        let (id, token) = invite(&ada, &band, json!({ "max_uses": uses })).await;
        let mut racers = tokio::task::JoinSet::new();
        for person in people.drain(..) {
            let token = token.clone();
            racers.spawn(async move {
                let (status, answer) = accept(&person, &token).await;
                (person, status, answer)
            });
        }
        let mut won = 0;
        for (person, status, answer) in racers.join_all().await {
            match status {
                200 => won += 1,
                410 => {
                    assert_eq!(answer["code"], "invite_used");
                    people.push(person);
                }
                other => panic!("{other}: {answer}"),
            }
        }
        assert_eq!(won, uses);
        let (_, redemptions) = ada.get(&format!("/invites/{id}/redemptions")).await;
        assert_eq!(redemptions["redemptions"].as_array().unwrap().len(), uses);
    }
    let (_, shown) = ada.get(&format!("/bands/{band}")).await;
    assert_eq!(shown["counts"], json!({ "members": 9, "invites": 2, "pending": 0 }));
}

async fn a_newcomer_signs_up_and_joins_at_once(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let (_, token) = invite(&ada, &band, json!({})).await;
    let register = async |name: &str, token: &str| {
        let body = json!({ "username": name, "email": format!("{name}@example.org"), "password": crate::world::PASSWORD,
            "invite": token, "accept": true });
        world.send("POST", "/auth/register", Some(&body)).await
    };
    let (status, problem) = register("kim", "inv_unknown").await;
    assert_eq!((status, &problem["code"]), (404, &json!("invalid_token")));
    let (status, kim) = register("kim", &token).await;
    assert_eq!((status, &kim["outcome"]), (201, &json!("joined")), "{kim}");
    let (status, problem) = register("sam", &token).await;
    assert_eq!((status, &problem["code"]), (410, &json!("invite_used")));
    let (_, members) = ada.get(&format!("/bands/{band}/members")).await;
    assert_eq!(members["total"], 2);
    let (status, _) =
        world.send("POST", "/auth/login", Some(&json!({ "login": "sam", "password": crate::world::PASSWORD }))).await;
    assert_eq!(status, 401, "a refused invite leaves no account behind");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_accept_ends_the_persons_other_invites_by_the_rule_it_was_made_under() {
    for (rule, here, elsewhere) in [
        (OnAcceptCancel::None, "pending", "pending"),
        (OnAcceptCancel::SameBand, "cancelled", "pending"),
        (OnAcceptCancel::Everywhere, "cancelled", "cancelled"),
    ] {
        let policy = Policy { on_accept_cancel: rule, ..Policy::preset(Preset::Band) };
        for world in World::each_with(Settings { policy, ..settings() }).await {
            let [ada, kim, sam] = world.people(3).await.try_into().ok().unwrap();
            let (one, two) = (ada.band("Choir").await, ada.band("Brass & Bone").await);
            let (_, token) = invite(&ada, &one, json!({})).await;
            let (link, _) = invite(&ada, &one, json!({})).await;
            let (for_kim, _) = invite(&ada, &one, json!({})).await;
            let (for_sam, _) = invite(&ada, &one, json!({})).await;
            let (there, _) = invite(&ada, &two, json!({})).await;
            world.address(&for_kim, &kim).await;
            world.address(&for_sam, &sam).await;
            world.address(&there, &kim).await;
            assert_eq!(accept(&kim, &token).await.1["outcome"], "joined");
            for (id, status) in [(&link, "pending"), (&for_sam, "pending"), (&for_kim, here), (&there, elsewhere)] {
                let (_, shown) = ada.get(&format!("/invites/{id}")).await;
                assert_eq!(shown["status"], status, "{rule}");
                let reason = if status == "cancelled" { json!("superseded") } else { json!(null) };
                assert_eq!(shown["cancel_reason"], reason);
            }
            for (band, pending) in [(&one, 2 + i32::from(here == "pending")), (&two, i32::from(elsewhere == "pending"))]
            {
                assert_eq!(ada.get(&format!("/bands/{band}")).await.1["counts"]["pending"], pending, "{rule}");
            }
        }
    }
}

async fn looking_changes_nothing_but_a_count(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let (id, token) = invite(&ada, &band, json!({})).await;
    let before = (ada.get(&format!("/bands/{band}")).await, ada.get(&format!("/invites/{id}")).await);
    for _ in 0..3 {
        assert_eq!(world.send("GET", &format!("/invites/{token}/info"), None).await.0, 200);
    }
    guestlist::server::views::write_down(&world.app).await.unwrap();
    assert_eq!((ada.get(&format!("/bands/{band}")).await, ada.get(&format!("/invites/{id}")).await), before);
    assert_eq!(world.number("SELECT views AS n FROM invite").await, 3);
    guestlist::server::views::write_down(&world.app).await.unwrap();
    assert_eq!(world.number("SELECT views AS n FROM invite").await, 3);
}

async fn a_decline_can_refuse_what_would_follow(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    let band = ada.band("Choir").await;
    for block in ["inviter", "band", "server", "band"] {
        let (_, token) = invite(&ada, &band, json!({})).await;
        let decline = format!("/invites/{token}/decline");
        assert_eq!(kim.post(&decline, json!({ "block": "everyone" })).await.0, 422);
        assert_eq!(kim.post(&decline, json!({ "block": block, "reason": "no more" })).await.0, 204);
    }
    assert_eq!(world.number("SELECT COUNT(*) AS n FROM suppression").await, 3);
    let (_, trail) = ada.get(&format!("/bands/{band}/audit?action=invite.declined")).await;
    assert!(!trail.to_string().contains("block"), "whom someone blocks is theirs to know");
}

async fn two_revokes_at_once_are_both_well(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    for _ in 0..8 {
        let (id, _) = invite(&ada, &band, json!({})).await;
        let path = format!("/invites/{id}");
        let (one, two) = tokio::join!(ada.delete(&path), ada.delete(&path));
        assert_eq!((one.0, two.0), (204, 204));
    }
    assert_eq!(ada.get(&format!("/bands/{band}")).await.1["counts"]["pending"], 0);
    let (_, trail) = ada.get(&format!("/bands/{band}/audit?action=invite.revoked")).await;
    assert_eq!(trail["events"].as_array().unwrap().len(), 8);
}

async fn of_a_band_that_is_gone_every_invite_says_so_whatever_it_came_to(world: World) {
    let [ada, kim, sam] = world.people(3).await.try_into().ok().unwrap();
    let band = ada.band("Choir").await;
    let (_, pending) = invite(&ada, &band, json!({})).await;
    let (_, used) = invite(&ada, &band, json!({})).await;
    let (revoked, taken_back) = invite(&ada, &band, json!({})).await;
    assert_eq!(accept(&kim, &used).await.0, 200);
    assert_eq!(ada.delete(&format!("/invites/{revoked}")).await.0, 204);
    assert_eq!(ada.delete(&format!("/bands/{band}")).await.0, 204);
    for token in [&pending, &used, &taken_back] {
        let look = world.send("GET", &format!("/invites/{token}/info"), None).await;
        let decline = sam.post(&format!("/invites/{token}/decline"), json!({})).await;
        for (status, problem) in [look, accept(&sam, token).await, decline] {
            assert_eq!((status, &problem["code"]), (410, &json!("invite_cancelled")), "{problem}");
        }
    }
}
