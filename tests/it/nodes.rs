//! What is decided at one node holds at every other in the same moment: nothing stands in between that remembers.

use serde_json::{Value, json};

use crate::{
    members::{id, let_in},
    world::{Person, World, on_each_database},
};

on_each_database! {
    a_new_token_ends_the_old_one_on_every_node,
    who_is_removed_or_banned_at_one_node_has_nothing_left_at_another,
    a_session_that_ends_at_one_node_has_ended_at_another,
    an_accept_at_one_node_and_a_revoke_at_another_agree,
    one_person_with_two_tokens_at_two_nodes_is_one_member,
    two_spellings_of_a_name_at_two_nodes_are_one_account,
    demotions_and_removals_at_two_nodes_leave_one_owner,
}

/// The same person, asking another node.
fn at(node: &World, person: &Person) -> Person {
    node.person(person.account.clone(), &person.session)
}

async fn a_new_token_ends_the_old_one_on_every_node(world: World) {
    let (other, ada, kim) = (world.beside().await, world.account("ada").await, world.account("kim").await);
    let band = ada.band("Choir").await;
    let wish = json!({ "kind": "link", "email": "lee@example.org", "max_uses": null });
    let (invite, mut token) = ada.invite(&band, wish).await;
    for n in 0..8 {
        // It was looked at there just before.
        assert_eq!(other.send("GET", &format!("/invites/{token}/info"), None).await.0, 200);
        let (door, body) = [("rotate", json!({})), ("resend", json!({ "rotate": true }))][n / 2 % 2].clone();
        let (status, made) = at([&world, &other][n % 2], &ada).post(&format!("/invites/{invite}/{door}"), body).await;
        assert_eq!(status, 200, "{door}: {made}");
        for node in [&world, &other] {
            let (_, looked_at) = node.send("GET", &format!("/invites/{token}/info"), None).await;
            let (_, accepted) = at(node, &kim).accept(&token).await;
            assert_eq!([&looked_at["code"], &accepted["code"]], ["invalid_token"; 2], "{door}");
        }
        made["token"].as_str().unwrap().clone_into(&mut token);
        world.clock.pass_hours(1);
    }
    assert_eq!(at(&other, &kim).accept(&token).await.0, 200);
}

async fn who_is_removed_or_banned_at_one_node_has_nothing_left_at_another(world: World) {
    let (other, ada) = (world.beside().await, world.account("ada").await);
    let band = ada.band("Choir").await;
    for (person, query) in world.people(2).await.iter().zip(["", "?ban=true"]) {
        let_in(&ada, &band, "admin", &[person]).await;
        let there = at(&other, person);
        let (invite, token) = there.invite(&band, json!({ "max_uses": null })).await;
        assert_eq!(ada.delete(&format!("/bands/{band}/members/{}{query}", id(person))).await.0, 204);
        for path in ["", "/members", "/invites", "/campaigns", "/audit", "/stats", "/tree", "/templates", "/bans"] {
            assert_eq!(there.get(&format!("/bands/{band}{path}")).await.0, 404, "{path}");
        }
        assert_eq!(there.post(&format!("/bands/{band}/invites"), json!({})).await.0, 404);
        assert_eq!(there.post(&format!("/invites/{invite}/link"), json!({})).await.0, 404);
        assert_eq!(there.delete(&format!("/invites/{invite}")).await.0, 404);
        assert_eq!(there.accept(&token).await.0, 403);
    }
}

async fn a_session_that_ends_at_one_node_has_ended_at_another(world: World) {
    let (other, ada) = (world.beside().await, world.account("ada").await);
    let there = at(&other, &ada);
    assert_eq!(there.get("/me").await.0, 200);
    assert_eq!(ada.post("/auth/logout", json!({})).await.0, 204);
    assert_eq!(there.get("/me").await.0, 401);
}

async fn an_accept_at_one_node_and_a_revoke_at_another_agree(world: World) {
    let (other, ada) = (world.beside().await, world.account("ada").await);
    let band = ada.band("Choir").await;
    for person in world.people(16).await {
        let (invite, token) = ada.invite(&band, json!({})).await;
        let (path, there) = (format!("/invites/{invite}"), at(&other, &person));
        let ((_, accepted), (revoked, _)) = tokio::join!(there.accept(&token), ada.delete(&path));
        let (_, shown) = there.get("/me").await;
        assert!(shown["id"].is_string());
        let (_, shown) = ada.get(&path).await;
        if accepted["outcome"] == "joined" {
            assert_eq!((revoked, &shown["status"]), (409, &json!("accepted")));
        } else {
            assert_eq!((&accepted["code"], revoked), (&json!("invite_revoked"), 204));
            assert_eq!((&shown["cancel_reason"], &shown["uses"]), (&json!("revoked"), &json!(0)));
            assert_eq!(there.accept(&token).await.1["code"], "invite_revoked", "after the answer nobody comes in");
        }
    }
}

async fn one_person_with_two_tokens_at_two_nodes_is_one_member(world: World) {
    let (other, ada) = (world.beside().await, world.account("ada").await);
    let band = ada.band("Choir").await;
    for person in world.people(8).await {
        let ((one, first), (two, second)) = (ada.invite(&band, json!({})).await, ada.invite(&band, json!({})).await);
        let there = at(&other, &person);
        let (a, b) = tokio::join!(person.accept(&first), there.accept(&second));
        let mut outcomes = [a.1["outcome"].clone(), b.1["outcome"].clone()];
        outcomes.sort_by_key(Value::to_string);
        assert_eq!(outcomes, [json!("already_member"), json!("joined")]);
        let uses = async |invite: &str| ada.get(&format!("/invites/{invite}")).await.1["uses"].as_i64().unwrap();
        assert_eq!(uses(&one).await + uses(&two).await, 1);
    }
}

async fn two_spellings_of_a_name_at_two_nodes_are_one_account(world: World) {
    let other = world.beside().await;
    let register = async |node: &World, name: &str, email: &str| {
        let body = json!({ "username": name, "email": email, "password": crate::world::PASSWORD });
        node.send("POST", "/auth/register", Some(&body)).await
    };
    for n in 0..4 {
        let (name, spelled) = (format!("kim{n}"), format!("KIM{n}"));
        let (one, two) = (format!("a{n}@example.org"), format!("b{n}@example.org"));
        let (a, b) = tokio::join!(register(&world, &name, &one), register(&other, &spelled, &two));
        let mut statuses = [a.0, b.0];
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409], "{} {}", a.1, b.1);
    }
}

async fn demotions_and_removals_at_two_nodes_leave_one_owner(world: World) {
    let other = world.beside().await;
    for _ in 0..8 {
        let people = world.people(3).await;
        let [ada, joe, kim] = &people[..] else { panic!() };
        let band = ada.band("Choir").await;
        let_in(ada, &band, "admin", &[joe, kim]).await;
        let of = |person: &Person| format!("/bands/{band}/members/{}", id(person));
        let (joe_there, kim_there) = (at(&other, joe), at(&other, kim));
        let (transfer, leave) = (format!("/bands/{band}/transfer"), format!("/bands/{band}/leave"));
        let (to_joe, to_kim) = (of(joe), of(kim));
        let (handed, removed, gone, left) = tokio::join!(
            ada.post(&transfer, json!({ "account_id": id(joe) })),
            kim_there.delete(&to_joe),
            joe_there.delete(&to_kim),
            joe_there.post(&leave, json!({})),
        );
        for (status, answer) in [&handed, &removed, &gone, &left] {
            assert!(*status < 500, "{answer}");
        }
        let id: guestlist::domain::BandId = band.parse().unwrap();
        guestlist::row! { struct Owners { n: i64 } }
        let sql = "SELECT COUNT(*) AS n FROM member WHERE band = $1 AND role = 'owner'";
        let owners = world
            .app
            .store()
            .read::<_, guestlist::server::store::Error, _>(move |tx| tx.query_one::<Owners>(sql, &[&id]));
        assert_eq!(owners.await.unwrap().unwrap().n, 1, "{handed:?} {removed:?} {gone:?} {left:?}");
    }
}
