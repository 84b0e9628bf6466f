//! What happens at once: the answers and the final state agree.

mod deadlocks;
mod orders;
mod together;

use std::collections::BTreeMap;

use guestlist::{
    domain::{Membership, Policy, Preset},
    server::{Settings, store::Database},
};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::{
    members::let_in,
    world::{Person, World, on_each_database, settings},
};

on_each_database! {
    of_a_hundred_for_one_use_one_comes_in,
    of_a_hundred_for_seven_uses_seven_come_in,
    two_nodes_give_one_use_once,
    two_nodes_give_seven_uses_to_seven,
    an_accept_and_a_revoke_agree,
    an_accept_and_a_new_role_agree,
    an_accept_and_a_decline_agree,
    a_decline_and_a_revoke_agree,
    two_tokens_at_once_make_one_membership,
    two_spellings_at_once_make_one_account_and_take_one_use,
    two_bulks_for_the_same_people_leave_one_invite_each,
    who_comes_in_while_their_invite_is_replaced_has_no_new_one,
    actions_on_the_same_invites_at_once_all_answer,
    an_invite_made_while_its_band_is_deleted_is_not_left_pending,
    what_is_done_while_a_band_is_deleted_leaves_nothing_pending_in_it,
}

/// Everyone accepts at once; how often each answer came.
async fn all_accept(people: Vec<Person>, token: &str) -> BTreeMap<String, usize> {
    let mut racers = JoinSet::new();
    for person in people {
        let token = token.to_owned();
        racers.spawn(async move { person.accept(&token).await });
    }
    let mut answers = BTreeMap::new();
    for (status, answer) in racers.join_all().await {
        let said = answer["outcome"].as_str().or(answer["code"].as_str()).unwrap_or_default();
        *answers.entry(format!("{status} {said}")).or_default() += 1;
    }
    answers
}

async fn race(world: World, uses: usize) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let (id, token) = ada.invite(&band, json!({ "max_uses": uses })).await;
    let answers = all_accept(world.people(100).await, &token).await;
    assert_eq!(answers, BTreeMap::from([("200 joined".to_owned(), uses), ("410 invite_used".to_owned(), 100 - uses)]));
    settled(&ada, &band, &id, uses).await;
}

/// The invite is used up, and members, uses and redemptions tell the same number.
async fn settled(ada: &Person, band: &str, id: &str, uses: usize) {
    let (_, shown) = ada.get(&format!("/invites/{id}")).await;
    assert_eq!((&shown["status"], &shown["uses"]), (&json!("accepted"), &json!(uses)));
    let (_, redemptions) = ada.get(&format!("/invites/{id}/redemptions")).await;
    assert_eq!(redemptions["redemptions"].as_array().unwrap().len(), uses);
    let (_, members) = ada.get(&format!("/bands/{band}/members")).await;
    assert_eq!((&members["total"], members["members"].as_array().unwrap().len()), (&json!(1 + uses), 1 + uses));
    let (_, shown) = ada.get(&format!("/bands/{band}")).await;
    assert_eq!(shown["counts"], json!({ "members": 1 + uses, "invites": 1, "pending": 0 }));
    let (_, trail) = ada.get(&format!("/bands/{band}/audit?action=invite.accepted")).await;
    assert_eq!(trail["events"].as_array().unwrap().len(), uses);
}

async fn of_a_hundred_for_one_use_one_comes_in(world: World) {
    race(world, 1).await;
}

async fn of_a_hundred_for_seven_uses_seven_come_in(world: World) {
    race(world, 7).await;
}

/// A hundred at two nodes, in halves.
async fn race_at_two_nodes(world: World, uses: usize) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let (id, token) = ada.invite(&band, json!({ "max_uses": uses })).await;
    let other = world.beside().await;
    let (here, there) = (world.people(50).await, world.people(50).await);
    let there = there.into_iter().map(|person| other.person(person.account, &person.session)).collect();
    let (mut answers, more) = tokio::join!(all_accept(here, &token), all_accept(there, &token));
    for (answer, count) in more {
        *answers.entry(answer).or_default() += count;
    }
    assert_eq!(answers, BTreeMap::from([("200 joined".to_owned(), uses), ("410 invite_used".to_owned(), 100 - uses)]));
    settled(&ada, &band, &id, uses).await;
}

async fn two_nodes_give_one_use_once(world: World) {
    race_at_two_nodes(world, 1).await;
}

async fn two_nodes_give_seven_uses_to_seven(world: World) {
    race_at_two_nodes(world, 7).await;
}

async fn an_accept_and_a_revoke_agree(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    for person in world.people(12).await {
        let (id, token) = ada.invite(&band, json!({})).await;
        let path = format!("/invites/{id}");
        let ((_, accepted), (revoked, _)) = tokio::join!(person.accept(&token), ada.delete(&path));
        let (_, shown) = ada.get(&path).await;
        if accepted["outcome"] == "joined" {
            assert_eq!((revoked, &shown["status"]), (409, &json!("accepted")));
        } else {
            assert_eq!((&accepted["code"], revoked), (&json!("invite_revoked"), 204));
            assert_eq!((&shown["cancel_reason"], &shown["uses"]), (&json!("revoked"), &json!(0)));
        }
    }
}

async fn an_accept_and_a_new_role_agree(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    for person in world.people(12).await {
        let (id, token) = ada.invite(&band, json!({})).await;
        let path = format!("/invites/{id}");
        let ((_, accepted), (edited, problem)) =
            tokio::join!(person.accept(&token), ada.patch(&path, json!({ "role": "admin" })));
        let role = if edited == 200 { "admin" } else { "member" };
        assert!(edited == 200 || problem["code"] == "not_pending", "{problem}");
        assert_eq!((&accepted["outcome"], &accepted["role"]), (&json!("joined"), &json!(role)));
        let (_, shown) = person.get(&format!("/bands/{band}")).await;
        assert_eq!(shown["role"], role);
    }
}

async fn an_accept_and_a_decline_agree(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let (yes, no) = (world.people(12).await, world.people(12).await);
    for (yes, no) in yes.into_iter().zip(no) {
        let (id, token) = ada.invite(&band, json!({})).await;
        let path = format!("/invites/{token}/decline");
        let ((_, accepted), (declined, refusal)) = tokio::join!(yes.accept(&token), no.post(&path, json!({})));
        let (_, shown) = ada.get(&format!("/invites/{id}")).await;
        if declined == 204 {
            assert_eq!((&accepted["code"], &shown["status"]), (&json!("invite_declined"), &json!("rejected")));
        } else {
            assert_eq!((&accepted["outcome"], &refusal["code"]), (&json!("joined"), &json!("invite_used")));
            assert_eq!(shown["status"], "accepted");
        }
    }
}

async fn a_decline_and_a_revoke_agree(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    for person in world.people(12).await {
        let (id, token) = ada.invite(&band, json!({})).await;
        let (path, decline) = (format!("/invites/{id}"), format!("/invites/{token}/decline"));
        let ((declined, refusal), (revoked, _)) = tokio::join!(person.post(&decline, json!({})), ada.delete(&path));
        let (_, shown) = ada.get(&path).await;
        match (declined, revoked) {
            (204, 409) => assert_eq!(shown["status"], "rejected"),
            (410, 204) => {
                assert_eq!((&refusal["code"], &shown["cancel_reason"]), (&json!("invite_revoked"), &json!("revoked")));
            }
            other => panic!("{other:?}: {refusal} {shown}"),
        }
    }
    let (_, shown) = ada.get(&format!("/bands/{band}")).await;
    assert_eq!(shown["counts"]["pending"], 0);
}

async fn two_tokens_at_once_make_one_membership(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    for person in world.people(8).await {
        let ((one, first), (two, second)) = (ada.invite(&band, json!({})).await, ada.invite(&band, json!({})).await);
        let (a, b) = tokio::join!(person.accept(&first), person.accept(&second));
        let mut outcomes = [a.1["outcome"].clone(), b.1["outcome"].clone()];
        outcomes.sort_by_key(Value::to_string);
        assert_eq!(outcomes, [json!("already_member"), json!("joined")]);
        let uses = async |id: &str| ada.get(&format!("/invites/{id}")).await.1["uses"].as_i64().unwrap();
        assert_eq!(uses(&one).await + uses(&two).await, 1);
    }
    let (_, shown) = ada.get(&format!("/bands/{band}")).await;
    assert_eq!(shown["counts"], json!({ "members": 9, "invites": 16, "pending": 8 }));
}

async fn two_spellings_at_once_make_one_account_and_take_one_use(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let (id, token) = ada.invite(&band, json!({ "max_uses": 9 })).await;
    let register = async |name: &str, email: &str| {
        let password = crate::world::PASSWORD;
        let body = json!({ "username": name, "email": email, "password": password, "invite": token, "accept": true });
        world.send("POST", "/auth/register", Some(&body)).await
    };
    let (a, b) = tokio::join!(register("Kim", "a@example.org"), register("kIM", "b@example.org"));
    let mut statuses = [a.0, b.0];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
    let refused = if a.0 == 409 { a.1 } else { b.1 };
    assert_eq!(refused["code"], "username_taken");
    assert_eq!(ada.get(&format!("/invites/{id}")).await.1["uses"], 1);
}

async fn two_bulks_for_the_same_people_leave_one_invite_each(world: World) {
    let (ada, joe) = (world.account("ada").await, world.account("joe").await);
    let band = ada.band("Choir").await;
    let_in(&ada, &band, "admin", &[&joe]).await;
    let people = world.people(60).await;
    let path = format!("/bands/{band}/invites/bulk");
    let mut rows: Vec<Value> = people.iter().map(|person| json!({ "username": person.username })).collect();
    rows.extend((0..300).map(|n| json!({ "email": format!("n{n}@example.org") })));
    let there = rows.clone();
    rows.reverse();
    for on_existing in [json!(null), json!("replace")] {
        let wish = |rows: &[Value]| json!({ "rows": rows, "on_existing": on_existing });
        let (a, b) = tokio::join!(ada.post(&path, wish(&rows)), joe.post(&path, wish(&there)));
        let mut made = 0;
        for (status, answer) in [a, b] {
            assert!([201, 207, 422].contains(&status), "{answer}");
            for row in answer["results"].as_array().unwrap() {
                assert!(["created", "already_pending"].contains(&row["status"].as_str().unwrap()), "{row}");
                made += usize::from(row["status"] == "created");
            }
        }
        assert!(made >= rows.len(), "{made}");
        assert_eq!(ada.get(&format!("/bands/{band}")).await.1["counts"]["pending"], rows.len());
    }
    let twice = "SELECT COUNT(*) AS n FROM (SELECT COUNT(*) AS m FROM invite WHERE status = 'pending'
        GROUP BY email, account) AS each WHERE m > 1";
    assert_eq!(world.number(twice).await, 0);
}

async fn who_comes_in_while_their_invite_is_replaced_has_no_new_one(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    for n in 0..12 {
        let band = ada.band("Choir").await;
        let (_, token) = ada.invite(&band, json!({ "username": "kim" })).await;
        let wish = json!({ "username": "kim", "on_existing": "replace" });
        let (path, body) = if n % 2 == 0 {
            ("invites", wish)
        } else {
            ("invites/bulk", json!({ "on_existing": "replace", "rows": [{ "username": "kim" }] }))
        };
        let path = format!("/bands/{band}/{path}");
        let (made, accepted) = tokio::join!(ada.post(&path, body), kim.accept(&token));
        let counts = ada.get(&format!("/bands/{band}")).await.1["counts"].clone();
        let is_in = accepted.0 == 200;
        assert_eq!(counts["pending"], u8::from(!is_in), "{made:?} {accepted:?}");
        assert_eq!(made.0 == 201, !is_in, "{made:?} {accepted:?}");
        assert!(is_in || accepted.0 == 410, "{accepted:?}");
        assert!(!made.1.to_string().contains("not yours"), "{made:?}");
    }
}

async fn actions_on_the_same_invites_at_once_all_answer(world: World) {
    let (ada, joe) = (world.account("ada").await, world.account("joe").await);
    let band = ada.band("Choir").await;
    let_in(&ada, &band, "admin", &[&joe]).await;
    let rows: Vec<Value> = (0..250).map(|n| json!({ "email": format!("n{n}@example.org") })).collect();
    let (_, made) = ada.post(&format!("/bands/{band}/invites/bulk"), json!({ "rows": rows })).await;
    let mut ids: Vec<Value> = made["results"].as_array().unwrap().iter().map(|row| row["invite_id"].clone()).collect();
    let path = format!("/bands/{band}/invites/actions");
    for _ in 0..3 {
        let revoke = json!({ "action": "revoke", "ids": ids });
        ids.reverse();
        let extend = json!({ "action": "extend", "ids": ids, "args": { "ttl_hours": 9 } });
        let filter = json!({ "action": "revoke", "filter": { "status": "pending" } });
        let (a, b, c) = tokio::join!(ada.post(&path, revoke), joe.post(&path, extend), ada.post(&path, filter));
        assert_eq!((a.0, b.0, c.0), (200, 200, 200), "{} {} {}", a.1, b.1, c.1);
        assert_eq!((&a.1["done"], &a.1["failed"]), (&json!(250), &json!([])));
        let extended = b.1["done"].as_u64().unwrap();
        assert!([0, 250].contains(&extended), "one transaction: {extended}");
        assert_eq!(ada.get(&format!("/bands/{band}")).await.1["counts"]["pending"], 0);
        let restore = json!({ "action": "restore", "ids": ids });
        let (a, b) = tokio::join!(ada.post(&path, restore.clone()), joe.post(&path, restore));
        assert_eq!((a.0, b.0), (200, 200));
        assert_eq!(a.1["done"].as_u64().unwrap() + b.1["done"].as_u64().unwrap(), 250, "{} {}", a.1, b.1);
        assert_eq!(ada.get(&format!("/bands/{band}")).await.1["counts"]["pending"], 250);
    }
}

async fn an_invite_made_while_its_band_is_deleted_is_not_left_pending(world: World) {
    let ada = world.account("ada").await;
    let mut tokens = Vec::new();
    for _ in 0..8 {
        let band = ada.band("Choir").await;
        let (path, invites) = (format!("/bands/{band}"), format!("/bands/{band}/invites"));
        let ((status, made), (deleted, _)) = tokio::join!(ada.post(&invites, json!({})), ada.delete(&path));
        assert_eq!(deleted, 204);
        match status {
            201 => tokens.push(made["token"].as_str().unwrap().to_owned()),
            _ => assert_eq!(made["code"], "not_found"),
        }
    }
    for token in tokens {
        let (status, problem) = ada.accept(&token).await;
        assert_eq!((status, &problem["code"]), (410, &json!("invite_cancelled")));
    }
    assert_eq!(world.number("SELECT COUNT(*) AS n FROM invite WHERE status = 'pending'").await, 0);
}

async fn what_is_done_while_a_band_is_deleted_leaves_nothing_pending_in_it(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    for _ in 0..8 {
        let band = ada.band("Choir").await;
        let (revoked, _) = ada.invite(&band, json!({ "username": "kim" })).await;
        assert_eq!(ada.delete(&format!("/invites/{revoked}")).await.0, 204);
        let (_, token) = ada.invite(&band, json!({ "max_uses": 5 })).await;
        let (path, restore) = (format!("/bands/{band}"), format!("/invites/{revoked}/restore"));
        let ((restored, no), (accepted, other), (deleted, _)) =
            tokio::join!(ada.post(&restore, json!({})), kim.accept(&token), ada.delete(&path));
        assert_eq!(deleted, 204);
        assert!(restored == 200 || no["code"] == "not_found" || no["code"] == "already_member", "{no}");
        assert!(accepted == 200 || other["code"] == "invite_cancelled", "{other}");
        assert_eq!(kim.get("/me/invites").await.1["invites"], json!([]));
    }
    assert_eq!(world.number("SELECT COUNT(*) AS n FROM invite WHERE status = 'pending'").await, 0);
    assert_eq!(world.number("SELECT CAST(SUM(pending) AS bigint) AS n FROM band").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_one_band_is_allowed_two_at_once_make_one() {
    let policy = Policy { membership: Membership::One, ..Policy::preset(Preset::Band) };
    for world in World::each_with(Settings { policy, ..settings() }).await {
        let (ada, joe) = (world.account("ada").await, world.account("joe").await);
        let (one, two) = (ada.band("Choir").await, joe.band("Brass & Bone").await);
        let ((_, first), (_, second)) =
            (ada.invite(&one, json!({ "max_uses": null })).await, joe.invite(&two, json!({ "max_uses": null })).await);
        for person in world.people(8).await {
            let (a, b) = tokio::join!(person.accept(&first), person.accept(&second));
            let mut answers: Vec<&Value> =
                [&a.1, &b.1].into_iter().map(|answer| answer.get("code").unwrap_or(&answer["outcome"])).collect();
            answers.sort_by_key(ToString::to_string);
            assert_eq!(answers, [&json!("joined"), &json!("one_band_only")]);
        }
    }
}

/// Ready once so many of this database's transactions wait for another one.
async fn until_waiting(client: &tokio_postgres::Client, transactions: i64) {
    let waiting =
        "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    for _ in 0..500 {
        client.batch_execute("SELECT pg_stat_clear_snapshot()").await.unwrap(); // it is kept for a transaction
        if client.query_one(waiting, &[]).await.unwrap().get::<_, i64>(0) == transactions {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("{transactions} transactions wait");
}

/// The change has begun and waits for the band's row when the demotion comes.
#[tokio::test(flavor = "multi_thread")]
async fn a_right_that_is_being_taken_away_is_not_used_meanwhile() {
    let Some(world) = World::postgres().await else { return };
    let Database::Postgres(url) = &world.database else { panic!("not PostgreSQL") };
    let (beside, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    for change in ["restore", "promise"] {
        let band = ada.band("Choir").await;
        let member = format!("/bands/{band}/members/{}", kim.account["id"].as_str().unwrap());
        let_in(&ada, &band, "admin", &[&kim]).await;
        let role = if change == "restore" { "admin" } else { "member" };
        let (id, _) = kim.invite(&band, json!({ "role": role })).await;
        if change == "restore" {
            assert_eq!(kim.delete(&format!("/invites/{id}")).await.0, 204);
        }
        beside.batch_execute("BEGIN; SELECT 1 FROM band FOR UPDATE").await.unwrap();
        let changed = async {
            match change {
                "restore" => kim.post(&format!("/invites/{id}/restore"), json!({})).await,
                _ => kim.patch(&format!("/invites/{id}"), json!({ "role": "admin" })).await,
            }
        };
        let demoted = async {
            until_waiting(&beside, 1).await;
            tokio::join!(ada.patch(&member, json!({ "role": "member" })), async {
                until_waiting(&beside, 2).await;
                beside.batch_execute("COMMIT").await.unwrap();
            })
        };
        let ((changed, _), ((demoted, _), ())) = tokio::join!(changed, demoted);
        assert_eq!((changed, demoted), (200, 200), "{change}");
        let shown = ada.get(&format!("/invites/{id}")).await.1;
        assert_eq!((&shown["role"], &shown["cancel_reason"]), (&json!("admin"), &json!("inviter_removed")), "{change}");
        assert_eq!(ada.get(&format!("/bands/{band}")).await.1["counts"]["pending"], 0, "{change}");
    }
}
