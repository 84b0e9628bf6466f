//! Invites that need an admin's word: who accepts asks, and the use is taken when an admin agrees.

use std::collections::BTreeMap;

use guestlist::{
    domain::{Policy, Preset, Registration},
    server::{Settings, sweep},
};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::{
    members::code,
    requests::{requests, say},
    world::{PASSWORD, Person, World, on_each_database, settings},
};

on_each_database! {
    an_accept_waits_and_the_use_is_taken_at_the_word,
    who_waits_waits_on_whatever_the_invite_came_to,
    where_no_use_is_left_the_request_is_closed,
    what_ends_an_invite_ends_what_was_asked_by_it,
    time_alone_ends_no_request,
    a_decline_closes_what_was_asked,
    the_role_is_what_the_invite_grants_at_the_word,
    who_asked_without_an_invite_waits_on_by_it,
    who_comes_in_by_another_invite_waits_no_longer,
    whose_address_is_another_by_now_is_not_taken_in,
    who_was_removed_since_comes_back_by_a_newer_invite,
    the_trail_says_who_asked_and_who_agreed,
    a_retry_is_told_what_the_first_was,
    two_admins_who_agree_at_once_take_one_use,
    a_word_and_a_revoke_agree,
    of_twenty_for_three_uses_three_come_in,
    whatever_is_asked_and_said_at_once_it_adds_up,
    so_many_wait_and_all_are_closed_with_the_invite,
}

/// An invite of the person's that needs an admin's word; its id and its token.
async fn asking_for(person: &Person, band: &str, mut wish: Value) -> (String, String) {
    wish["requires_approval"] = json!(true);
    person.invite(band, wish).await
}

async fn shown(person: &Person, id: &str) -> Value {
    person.get(&format!("/invites/{id}")).await.1
}

/// Where an invite stands, why, and how often it was used.
async fn standing(person: &Person, id: &str) -> (Value, Value, Value) {
    let invite = shown(person, id).await;
    (invite["status"].clone(), invite["cancel_reason"].clone(), invite["uses"].clone())
}

/// An owner and another admin of a band.
async fn two_admins(world: &World) -> (Person, Person, String) {
    let [ada, joe] = world.people(2).await.try_into().ok().unwrap();
    let band = ada.band("Choir").await;
    let (_, token) = ada.invite(&band, json!({ "role": "admin" })).await;
    assert_eq!(joe.accept(&token).await.0, 200);
    (ada, joe, band)
}

async fn an_accept_waits_and_the_use_is_taken_at_the_word(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    let band = ada.band("Choir").await;
    let (id, token) = asking_for(&ada, &band, json!({})).await;
    assert_eq!(shown(&ada, &id).await["requires_approval"], true);
    let (_, preview) = world.send("GET", &format!("/invites/{token}/info"), None).await;
    assert_eq!(preview["requires_approval"], true);
    let (status, told) = kim.accept(&token).await;
    let meant = json!({ "outcome": "pending_approval", "band": { "id": band, "name": "Choir" }, "role": "member" });
    assert_eq!((status, told), (202, meant));
    assert_eq!(standing(&ada, &id).await, (json!("pending"), json!(null), json!(0)));
    assert_eq!(kim.get(&format!("/bands/{band}")).await.0, 404);
    let request = requests(&ada, &band, "pending").await.remove(0);
    assert_eq!((&request["invite_id"], &request["account"]["username"]), (&json!(id), &json!("kim")));
    let (status, member) = say(&ada, &band, &request, "approve").await;
    assert_eq!((status, &member["invited_by"]["username"]), (200, &json!("ada")), "{member}");
    assert_eq!(standing(&ada, &id).await, (json!("accepted"), json!(null), json!(1)));
    assert_eq!(shown(&ada, &id).await["used_by"]["username"], "kim");
    let (_, uses) = ada.get(&format!("/invites/{id}/redemptions")).await;
    assert_eq!(uses["redemptions"][0]["account"]["username"], "kim");
    assert_eq!(kim.accept(&token).await.1["outcome"], "already_member");
}

async fn who_waits_waits_on_whatever_the_invite_came_to(world: World) {
    let [ada, kim, sam] = world.people(3).await.try_into().ok().unwrap();
    let band = ada.band("Choir").await;
    let (_, token) = asking_for(&ada, &band, json!({ "ttl_hours": 1 })).await;
    let first = kim.accept(&token).await;
    assert_eq!(first.0, 202);
    assert_eq!(kim.accept(&token).await, first);
    assert_eq!(sam.accept(&token).await.0, 202, "the use is not taken yet");
    let waiting = requests(&ada, &band, "pending").await;
    assert_eq!(waiting.len(), 2);
    assert_eq!(say(&ada, &band, &waiting[1], "approve").await.0, 200);
    assert_eq!(kim.accept(&token).await, first, "all uses are taken now");
    world.clock.pass_hours(2);
    sweep::expire(&world.app).await.unwrap();
    assert_eq!(kim.accept(&token).await, first, "and its time is over");
    let late = world.people(1).await.remove(0);
    assert_eq!(late.accept(&token).await.0, 410);
}

async fn where_no_use_is_left_the_request_is_closed(world: World) {
    let [ada, kim, sam] = world.people(3).await.try_into().ok().unwrap();
    let band = ada.band("Choir").await;
    let (id, token) = asking_for(&ada, &band, json!({})).await;
    for person in [&kim, &sam] {
        assert_eq!(person.accept(&token).await.0, 202);
    }
    let [first, second] = requests(&ada, &band, "pending").await.try_into().unwrap();
    assert_eq!(say(&ada, &band, &second, "approve").await.0, 200);
    assert_eq!(code(say(&ada, &band, &first, "approve").await), (410, "invite_used".to_owned()));
    assert_eq!(requests(&ada, &band, "closed").await[0]["id"], first["id"]);
    assert_eq!(code(say(&ada, &band, &first, "approve").await), (409, "not_pending".to_owned()));
    assert_eq!(code(kim.accept(&token).await), (410, "invite_used".to_owned()));
    assert_eq!(standing(&ada, &id).await, (json!("accepted"), json!(null), json!(1)));
}

async fn what_ends_an_invite_ends_what_was_asked_by_it(world: World) {
    let (ada, joe, band) = two_admins(&world).await;
    let kim = world.account("kim").await;
    // Taken back.
    let (id, token) = asking_for(&ada, &band, json!({ "max_uses": null })).await;
    kim.accept(&token).await;
    let request = requests(&ada, &band, "pending").await.remove(0);
    assert_eq!(ada.delete(&format!("/invites/{id}")).await.0, 204);
    assert_eq!(code(say(&ada, &band, &request, "approve").await), (409, "not_pending".to_owned()));
    assert_eq!(code(kim.accept(&token).await), (410, "invite_revoked".to_owned()));
    assert_eq!(ada.post(&format!("/invites/{id}/restore"), json!({})).await.0, 200);
    assert_eq!(kim.accept(&token).await.0, 202, "they can ask again");
    assert_eq!(ada.delete(&format!("/invites/{id}")).await.0, 204);
    // Replaced.
    let (_, token) = asking_for(&ada, &band, json!({ "username": "kim" })).await;
    assert_eq!(kim.accept(&token).await.0, 202);
    asking_for(&ada, &band, json!({ "username": "kim", "on_existing": "replace" })).await;
    assert!(requests(&ada, &band, "pending").await.is_empty());
    // Made by someone who is removed, with all that they made.
    let (_, token) = asking_for(&joe, &band, json!({})).await;
    assert_eq!(kim.accept(&token).await.0, 202);
    let account = joe.account["id"].as_str().unwrap();
    assert_eq!(ada.delete(&format!("/bands/{band}/members/{account}?revoke_invites=true")).await.0, 204);
    assert!(requests(&ada, &band, "pending").await.is_empty());
    assert_eq!(requests(&ada, &band, "closed").await.len(), 4);
    assert_eq!(world.number("SELECT COUNT(*) AS n FROM redemption").await, 1, "the admin's");
}

async fn time_alone_ends_no_request(world: World) {
    let [ada, kim, sam, lou] = world.people(4).await.try_into().ok().unwrap();
    let band = ada.band("Choir").await;
    let (id, token) = asking_for(&ada, &band, json!({ "ttl_hours": 1, "max_uses": 2 })).await;
    for person in [&kim, &sam, &lou] {
        assert_eq!(person.accept(&token).await.0, 202);
    }
    world.clock.pass_hours(1);
    let [one, two, three] = requests(&ada, &band, "pending").await.try_into().unwrap();
    assert_eq!(say(&ada, &band, &one, "approve").await.0, 200, "before it is written down that it is over");
    sweep::expire(&world.app).await.unwrap();
    assert_eq!(say(&ada, &band, &two, "approve").await.0, 200, "and after");
    assert_eq!(code(say(&ada, &band, &three, "approve").await), (410, "invite_used".to_owned()));
    assert_eq!(standing(&ada, &id).await, (json!("cancelled"), json!("expired"), json!(2)), "over is over");
    assert_eq!(ada.get(&format!("/bands/{band}")).await.1["counts"]["members"], 3);
}

async fn a_decline_closes_what_was_asked(world: World) {
    let [ada, kim] = world.people(2).await.try_into().ok().unwrap();
    let band = ada.band("Choir").await;
    let (id, token) = asking_for(&ada, &band, json!({})).await;
    assert_eq!(kim.accept(&token).await.0, 202);
    let request = requests(&ada, &band, "pending").await.remove(0);
    assert_eq!(kim.post(&format!("/invites/{token}/decline"), json!({})).await.0, 204);
    assert_eq!(standing(&ada, &id).await.0, "rejected");
    assert_eq!(code(say(&ada, &band, &request, "approve").await), (409, "not_pending".to_owned()));
    assert_eq!(requests(&ada, &band, "closed").await[0]["id"], request["id"]);
}

async fn the_role_is_what_the_invite_grants_at_the_word(world: World) {
    let [ada, kim] = world.people(2).await.try_into().ok().unwrap();
    let band = ada.band("Choir").await;
    let (id, token) = asking_for(&ada, &band, json!({ "role": "admin" })).await;
    assert_eq!(kim.accept(&token).await.1["role"], "admin");
    assert_eq!(ada.patch(&format!("/invites/{id}"), json!({ "role": "member" })).await.0, 200);
    let request = requests(&ada, &band, "pending").await.remove(0);
    assert_eq!(request["role"], "member");
    assert_eq!(say(&ada, &band, &request, "approve").await.1["role"], "member");
    assert_eq!(requests(&ada, &band, "approved").await[0]["role"], "member");
}

async fn who_asked_without_an_invite_waits_on_by_it(world: World) {
    let [ada, kim] = world.people(2).await.try_into().ok().unwrap();
    let band = ada.band("Choir").await;
    ada.patch(&format!("/bands/{band}"), json!({ "join": "request" })).await;
    let join = format!("/bands/{band}/join");
    assert_eq!(kim.post(&join, json!({})).await.0, 202);
    let before = requests(&ada, &band, "pending").await.remove(0);
    let (id, token) = asking_for(&ada, &band, json!({ "role": "admin" })).await;
    assert_eq!(kim.accept(&token).await.0, 202);
    let [request] = requests(&ada, &band, "pending").await.try_into().unwrap();
    assert_eq!((&request["id"], &request["invite_id"], &request["role"]), (&before["id"], &json!(id), &json!("admin")));
    assert_eq!(kim.post(&join, json!({})).await.0, 202, "the newer wish stays");
    assert_eq!(say(&ada, &band, &request, "approve").await.1["role"], "admin");
    assert_eq!(standing(&ada, &id).await.0, "accepted");
}

async fn who_comes_in_by_another_invite_waits_no_longer(world: World) {
    let [ada, kim] = world.people(2).await.try_into().ok().unwrap();
    let band = ada.band("Choir").await;
    let (id, asking) = asking_for(&ada, &band, json!({})).await;
    assert_eq!(kim.accept(&asking).await.0, 202);
    let request = requests(&ada, &band, "pending").await.remove(0);
    let (_, token) = ada.invite(&band, json!({})).await;
    assert_eq!(kim.accept(&token).await.1["outcome"], "joined");
    assert_eq!(requests(&ada, &band, "closed").await[0]["id"], request["id"]);
    assert_eq!(code(say(&ada, &band, &request, "approve").await), (409, "not_pending".to_owned()));
    assert_eq!(standing(&ada, &id).await, (json!("pending"), json!(null), json!(0)), "its use is for someone else");
}

async fn whose_address_is_another_by_now_is_not_taken_in(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    let band = ada.band("Choir").await;
    let (_, token) = asking_for(&ada, &band, json!({ "email": "kim@example.org" })).await;
    assert_eq!(kim.accept(&token).await.0, 202);
    let (_, list) = ada.get(&format!("/bands/{band}/join-requests")).await;
    let approve = format!("/bands/{band}/join-requests/{}/approve", list["join_requests"][0]["id"].as_str().unwrap());
    let address = |email: &str| json!({ "email": email, "current_password": crate::world::PASSWORD });
    assert_eq!(kim.patch("/me", address("other@example.org")).await.0, 200);
    assert_eq!(code(ada.post(&approve, json!({})).await), (403, "wrong_recipient".to_owned()));
    assert_eq!(kim.get(&format!("/bands/{band}")).await.0, 404);
    assert_eq!(kim.patch("/me", address("kim@example.org")).await.0, 200);
    assert_eq!(ada.post(&approve, json!({})).await.0, 200, "the request still waits");
}

async fn who_was_removed_since_comes_back_by_a_newer_invite(world: World) {
    let [ada, kim] = world.people(2).await.try_into().ok().unwrap();
    let band = ada.band("Choir").await;
    let (_, old) = asking_for(&ada, &band, json!({})).await;
    assert_eq!(kim.accept(&old).await.0, 202);
    world.clock.pass_seconds(1);
    world.remove(&band, &kim, false).await;
    world.clock.pass_seconds(1);
    let request = requests(&ada, &band, "pending").await.remove(0);
    assert_eq!(code(say(&ada, &band, &request, "approve").await), (403, "removed".to_owned()));
    assert_eq!(code(kim.accept(&old).await), (403, "removed".to_owned()));
    let (_, new) = asking_for(&ada, &band, json!({})).await;
    assert_eq!(kim.accept(&new).await.0, 202);
    assert_eq!(say(&ada, &band, &request, "approve").await.0, 200);
    assert_eq!(world.number("SELECT COUNT(*) AS n FROM departure").await, 0);
}

async fn the_trail_says_who_asked_and_who_agreed(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    let band = ada.band("Choir").await;
    let (id, token) = asking_for(&ada, &band, json!({})).await;
    kim.accept(&token).await;
    let request = requests(&ada, &band, "pending").await.remove(0);
    say(&ada, &band, &request, "approve").await;
    let told = ada.trail(&band, &format!("invite={id}")).await;
    let meant = [
        ["join.approved", "ada", "kim"],
        ["invite.accepted", "kim", "kim"],
        ["join.requested", "kim", "kim"],
        ["invite.created", "ada", ""],
    ];
    assert_eq!(told, meant);
}

async fn a_retry_is_told_what_the_first_was(world: World) {
    let [ada, kim, sam] = world.people(3).await.try_into().ok().unwrap();
    let band = ada.band("Choir").await;
    let (_, token) = asking_for(&ada, &band, json!({})).await;
    let accept = format!("/invites/{token}/accept");
    let first = kim.post_once(&accept, "k", json!({})).await;
    assert_eq!(first.0, 202);
    assert_eq!(sam.accept(&token).await.0, 202);
    let [one, two] = requests(&ada, &band, "pending").await.try_into().unwrap();
    assert_eq!(say(&ada, &band, &one, "approve").await.0, 200);
    assert_eq!(kim.post_once(&accept, "k", json!({})).await, first, "as it was when it was asked");
    let path = format!("/bands/{band}/join-requests/{}/approve", two["id"].as_str().unwrap());
    for _ in 0..2 {
        assert_eq!(code(ada.post_once(&path, "a", json!({})).await), (410, "invite_used".to_owned()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signs_up_by_such_an_invite_has_an_account_and_waits() {
    for registration in [Registration::Open, Registration::InviteOnly] {
        let policy = Policy { registration, ..Policy::preset(Preset::Band) };
        for world in World::each_with(Settings { policy, ..settings() }).await {
            let ada = world.people(1).await.remove(0);
            let band = ada.band("Choir").await;
            let (id, token) = asking_for(&ada, &band, json!({})).await;
            let body = json!({ "username": "kim", "email": "kim@example.org", "password": PASSWORD, "invite": token,
                "accept": true });
            let (status, answer) = world.send("POST", "/auth/register", Some(&body)).await;
            assert_eq!((status, &answer["outcome"]), (201, &json!("pending_approval")), "{answer}");
            let kim = world.person(answer["account"].clone(), answer["session"]["token"].as_str().unwrap());
            assert_eq!(kim.accept(&token).await.0, 202);
            // By invite the account is what the use pays for.
            let by_account = i64::from(registration == Registration::InviteOnly);
            assert_eq!(standing(&ada, &id).await.2, by_account);
            let request = requests(&ada, &band, "pending").await.remove(0);
            assert_eq!(say(&ada, &band, &request, "approve").await.0, 200);
            assert_eq!(standing(&ada, &id).await, (json!("accepted"), json!(null), json!(1)));
            assert_eq!(kim.get(&format!("/bands/{band}")).await.1["role"], "member");
        }
    }
}

async fn two_admins_who_agree_at_once_take_one_use(world: World) {
    let (ada, joe, band) = two_admins(&world).await;
    for person in world.people(8).await {
        let (id, token) = asking_for(&ada, &band, json!({})).await;
        person.accept(&token).await;
        let request = requests(&ada, &band, "pending").await.remove(0);
        let (one, two) = tokio::join!(say(&ada, &band, &request, "approve"), say(&joe, &band, &request, "approve"));
        let mut answers = [one.0, two.0];
        answers.sort_unstable();
        assert_eq!(answers, [200, 409], "{one:?} {two:?}");
        assert_eq!(standing(&ada, &id).await, (json!("accepted"), json!(null), json!(1)));
    }
}

async fn a_word_and_a_revoke_agree(world: World) {
    let (ada, joe, band) = two_admins(&world).await;
    for person in world.people(12).await {
        let (id, token) = asking_for(&ada, &band, json!({})).await;
        person.accept(&token).await;
        let request = requests(&ada, &band, "pending").await.remove(0);
        let path = format!("/invites/{id}");
        let (said, revoked) = tokio::join!(say(&joe, &band, &request, "approve"), ada.delete(&path));
        let state = standing(&ada, &id).await;
        match (said.0, revoked.0) {
            (200, 409) => assert_eq!(state, (json!("accepted"), json!(null), json!(1))),
            (409, 204) => assert_eq!(state, (json!("cancelled"), json!("revoked"), json!(0))),
            other => panic!("{other:?}: {said:?} {revoked:?}"),
        }
        assert!(requests(&ada, &band, "pending").await.is_empty());
    }
}

async fn of_twenty_for_three_uses_three_come_in(world: World) {
    let (ada, joe, band) = two_admins(&world).await;
    let (id, token) = asking_for(&ada, &band, json!({ "max_uses": 3 })).await;
    for person in world.people(20).await {
        assert_eq!(person.accept(&token).await.0, 202);
    }
    let mut racers = JoinSet::new();
    for (n, request) in requests(&ada, &band, "pending").await.into_iter().enumerate() {
        let admin = if n % 2 == 0 { &ada } else { &joe };
        let (admin, band) = (world.person(admin.account.clone(), &admin.session), band.clone());
        racers.spawn(async move { say(&admin, &band, &request, "approve").await.0 });
    }
    let mut answers = BTreeMap::new();
    for status in racers.join_all().await {
        *answers.entry(status).or_insert(0) += 1;
    }
    assert_eq!(answers, BTreeMap::from([(200, 3), (410, 17)]));
    assert_eq!(standing(&ada, &id).await, (json!("accepted"), json!(null), json!(3)));
    assert_eq!(requests(&ada, &band, "approved").await.len(), 3);
    assert_eq!(requests(&ada, &band, "closed").await.len(), 17);
    assert_eq!(ada.get(&format!("/bands/{band}")).await.1["counts"]["members"], 5);
}

/// One of the crowd: asks in every way there is, again and again.
async fn asks_in_every_way(person: Person, band: String, tokens: Vec<String>) -> Vec<u16> {
    let mut answers = Vec::new();
    for token in tokens.iter().cycle().take(6) {
        answers.push(person.accept(token).await.0);
        answers.push(person.post(&format!("/bands/{band}/join"), json!({})).await.0);
        answers.push(person.post(&format!("/bands/{band}/leave"), json!({})).await.0);
    }
    answers
}

/// An admin who answers whoever asks, and takes invites back and gives them out again.
async fn answers_everyone(admin: Person, band: String, ids: Vec<String>) -> Vec<u16> {
    let mut answers = Vec::new();
    for (n, id) in ids.iter().cycle().take(8).enumerate() {
        for request in requests(&admin, &band, "pending").await {
            let word = if n % 3 == 0 { "deny" } else { "approve" };
            answers.push(say(&admin, &band, &request, word).await.0);
        }
        answers.push(admin.delete(&format!("/invites/{id}")).await.0);
        answers.push(admin.post(&format!("/invites/{id}/restore"), json!({})).await.0);
    }
    answers
}

async fn whatever_is_asked_and_said_at_once_it_adds_up(world: World) {
    let (ada, joe, band) = two_admins(&world).await;
    ada.patch(&format!("/bands/{band}"), json!({ "join": "request" })).await;
    let (mut ids, mut tokens) = (Vec::new(), Vec::new());
    for uses in [json!(5), json!(null)] {
        let (id, token) = asking_for(&ada, &band, json!({ "max_uses": uses })).await;
        ids.push(id);
        tokens.push(token);
    }
    tokens.push(ada.invite(&band, json!({ "max_uses": null })).await.1);
    let mut crowd = JoinSet::new();
    for person in world.people(10).await {
        crowd.spawn(asks_in_every_way(person, band.clone(), tokens.clone()));
    }
    for admin in [ada, joe] {
        crowd.spawn(answers_everyone(admin, band.clone(), ids.clone()));
    }
    let answers: Vec<u16> = crowd.join_all().await.into_iter().flatten().collect();
    assert!(answers.iter().all(|status| *status < 500), "{answers:?}");
    let waiting = "SELECT COUNT(*) AS n FROM join_request r";
    let inside = format!("{waiting} JOIN member m ON m.band = r.band AND m.account = r.account");
    assert_eq!(world.number(&format!("{inside} WHERE r.status = 'pending'")).await, 0, "nobody inside waits");
    let over = format!("{waiting} JOIN invite i ON i.id = r.invite WHERE i.cancel_reason = 'revoked'");
    assert_eq!(
        world.number(&format!("{over} AND r.status = 'pending'")).await,
        0,
        "nobody waits by what was taken back"
    );
}

async fn so_many_wait_and_all_are_closed_with_the_invite(world: World) {
    let [ada, kim, pat] = world.people(3).await.try_into().ok().unwrap();
    let (band, elsewhere) = (ada.band("Choir").await, ada.band("Crowd").await);
    let (invite, token) = asking_for(&ada, &band, json!({ "max_uses": null })).await;
    assert_eq!(kim.accept(&token).await.0, 202);
    world.fill_with_members(&elsewhere, &ada, 9_999).await;
    let id = world.app.store().dialect().pick("randomblob(16)", "gen_random_uuid()");
    let asked = world
        .run(&format!(
            "INSERT INTO join_request (id, band, account, invite, role, status, created_at, status_at)
             SELECT {id}, r.band, a.id, r.invite, r.role, r.status, r.created_at, r.status_at
             FROM account a, join_request r WHERE a.display_name = 'crowd'"
        ))
        .await;
    assert_eq!(asked, 9_999);
    assert_eq!(code(pat.accept(&token).await), (429, "rate_limited".to_owned()));
    let answer = pat.fetch(&format!("/bands/{band}")).await;
    assert_eq!(answer.status(), 404, "who may not wait is no nearer");
    assert_eq!(kim.accept(&token).await.0, 202, "who waits waits on");
    assert_eq!(ada.delete(&format!("/invites/{invite}")).await.0, 204);
    assert_eq!(world.number("SELECT COUNT(*) AS n FROM join_request WHERE status = 'closed'").await, 10_000);
}
