//! Coming into a band that wants an admin's word first.

use guestlist::{
    domain::{Membership, Policy, Preset},
    server::Settings,
};
use serde_json::{Value, json};

use crate::world::{Person, World, on_each_database, settings};

on_each_database! {
    who_asks_waits_until_an_admin_agrees,
    asking_again_is_the_same_request,
    a_no_is_told_once_and_is_not_for_ever,
    who_asked_learns_what_became_of_it,
    who_was_put_out_neither_asks_nor_is_taken_in,
    who_comes_in_by_an_open_door_waits_no_longer,
    who_came_in_meanwhile_is_a_member_as_was_wanted,
    requests_end_with_their_person_and_their_band,
    another_bands_requests_are_not_there,
    a_retry_is_told_the_same,
    the_list_is_read_from_both_ends,
    what_happened_is_in_the_trail,
    two_admins_who_agree_at_once_take_in_one_member,
    a_yes_and_a_no_at_once_agree,
    one_person_who_asks_twice_at_once_waits_once,
}

/// A band of the owner's that takes requests.
async fn band(owner: &Person) -> String {
    let (status, band) = owner.post("/bands", json!({ "name": "Choir", "join": "request" })).await;
    assert_eq!(status, 201, "{band}");
    band["id"].as_str().unwrap().to_owned()
}

async fn ask(person: &Person, band: &str) -> (u16, Value) {
    person.post(&format!("/bands/{band}/join"), json!({})).await
}

/// The requests that stand thus, oldest first.
pub async fn requests(admin: &Person, band: &str, status: &str) -> Vec<Value> {
    let (code, list) = admin.get(&format!("/bands/{band}/join-requests?status={status}")).await;
    assert_eq!(code, 200, "{list}");
    list["join_requests"].as_array().unwrap().clone()
}

/// What an admin says about a request.
pub async fn say(admin: &Person, band: &str, request: &Value, word: &str) -> (u16, Value) {
    let id = request["id"].as_str().unwrap();
    admin.post(&format!("/bands/{band}/join-requests/{id}/{word}"), json!({})).await
}

async fn members(world: &World) -> i64 {
    let counted = world.number("SELECT CAST(SUM(members) AS bigint) AS n FROM band WHERE deleted_at IS NULL");
    let there = world.number("SELECT COUNT(*) AS n FROM member").await;
    assert_eq!(there, counted.await);
    there
}

/// What somebody has asked of a band: the statuses, newest first.
async fn own(person: &Person, band: &str) -> Vec<Value> {
    let (code, list) = person.get(&format!("/me/join-requests?band={band}")).await;
    assert_eq!(code, 200, "{list}");
    list["join_requests"].as_array().unwrap().iter().map(|one| one["status"].clone()).collect()
}

async fn who_asked_learns_what_became_of_it(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    let choir = band(&ada).await;
    let _ = ask(&kim, &choir).await;
    assert_eq!(own(&kim, &choir).await, [json!("pending")]);
    assert_eq!(own(&ada, &choir).await, [] as [Value; 0], "another's are another's");
    say(&ada, &choir, &requests(&ada, &choir, "pending").await[0], "deny").await;
    assert_eq!(own(&kim, &choir).await, [json!("denied")]);
    let _ = ask(&kim, &choir).await;
    say(&ada, &choir, &requests(&ada, &choir, "pending").await[0], "approve").await;
    assert_eq!(own(&kim, &choir).await, [json!("approved"), json!("denied")]);
    // By an invite that ends, and of a band that does.
    let owls = ada.band("Owls").await;
    let (invite, token) = ada.invite(&owls, json!({ "requires_approval": true })).await;
    assert_eq!(kim.accept(&token).await.0, 202);
    let (_, all) = kim.get("/me/join-requests").await;
    let newest = &all["join_requests"][0];
    assert_eq!((&newest["band"]["name"], &newest["invite_id"]), (&json!("Owls"), &json!(invite)));
    assert_eq!(newest.get("acted_by"), None, "who decided is the band's to know");
    assert_eq!(ada.delete(&format!("/invites/{invite}")).await.0, 204);
    assert_eq!(own(&kim, &owls).await, [json!("closed")]);
    let (_, token) = ada.invite(&owls, json!({ "requires_approval": true })).await;
    assert_eq!(kim.accept(&token).await.0, 202);
    assert_eq!(ada.delete(&format!("/bands/{owls}")).await.0, 204);
    assert_eq!(own(&kim, &owls).await, [json!("closed"), json!("closed")]);
    assert_eq!(kim.get("/me/join-requests?band=7").await.0, 422);
}

async fn who_asks_waits_until_an_admin_agrees(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    let band = band(&ada).await;
    let (status, told) = ask(&kim, &band).await;
    let meant = json!({ "outcome": "pending_approval", "band": { "id": band, "name": "Choir" }, "role": "member" });
    assert_eq!((status, told), (202, meant));
    assert_eq!(kim.get(&format!("/bands/{band}/members")).await.0, 404, "not in yet");
    let waiting = requests(&ada, &band, "pending").await;
    assert_eq!(waiting.len(), 1);
    let shown = &waiting[0];
    assert_eq!(
        (&shown["account"]["username"], &shown["role"], &shown["invite_id"], &shown["status"]),
        (&json!("kim"), &json!("member"), &json!(null), &json!("pending"))
    );
    let (status, member) = say(&ada, &band, shown, "approve").await;
    assert_eq!((status, &member["account"]["username"], &member["role"]), (200, &json!("kim"), &json!("member")));
    assert_eq!(member["invited_by"], json!(null));
    assert_eq!(kim.get(&format!("/bands/{band}/members")).await.1["total"], 2);
    assert!(requests(&ada, &band, "pending").await.is_empty());
    assert_eq!(requests(&ada, &band, "approved").await[0]["id"], shown["id"]);
    let (status, again) = ask(&kim, &band).await;
    assert_eq!((status, &again["outcome"]), (200, &json!("already_member")));
    assert_eq!(say(&ada, &band, shown, "approve").await.1["code"], "not_pending");
    assert_eq!(members(&world).await, 2);
}

async fn asking_again_is_the_same_request(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    let band = band(&ada).await;
    let first = ask(&kim, &band).await;
    let (_, before) = ada.get(&format!("/bands/{band}")).await;
    world.clock.pass_seconds(60);
    assert_eq!(ask(&kim, &band).await, first);
    assert_eq!(requests(&ada, &band, "pending").await.len(), 1);
    let (_, after) = ada.get(&format!("/bands/{band}")).await;
    assert_eq!(before["revision"], after["revision"], "nothing changed");
}

async fn a_no_is_told_once_and_is_not_for_ever(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    let band = band(&ada).await;
    ask(&kim, &band).await;
    let request = requests(&ada, &band, "pending").await.remove(0);
    assert_eq!(say(&ada, &band, &request, "deny").await.0, 204);
    for word in ["deny", "approve"] {
        let (status, problem) = say(&ada, &band, &request, word).await;
        assert_eq!((status, &problem["code"]), (409, &json!("not_pending")), "{word}");
    }
    assert_eq!(requests(&ada, &band, "denied").await[0]["id"], request["id"]);
    assert_eq!(ask(&kim, &band).await.0, 202);
    let anew = requests(&ada, &band, "pending").await.remove(0);
    assert_ne!(anew["id"], request["id"]);
    assert_eq!(say(&ada, &band, &anew, "approve").await.0, 200);
}

async fn who_was_put_out_neither_asks_nor_is_taken_in(world: World) {
    let ada = world.account("ada").await;
    let band = band(&ada).await;
    for (ban, code) in [(false, "removed"), (true, "banned")] {
        let person = world.people(1).await.remove(0);
        ask(&person, &band).await;
        let request = requests(&ada, &band, "pending").await.remove(0);
        world.remove(&band, &person, ban).await;
        let (status, problem) = say(&ada, &band, &request, "approve").await;
        assert_eq!((status, &problem["code"]), (403, &json!(code)));
        assert_eq!(requests(&ada, &band, "pending").await.len(), 1, "a refusal decides nothing");
        assert_eq!(say(&ada, &band, &request, "deny").await.0, 204);
        let (status, problem) = ask(&person, &band).await;
        assert_eq!((status, &problem["code"]), (403, &json!(code)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_one_band_is_the_most_it_is_asked_at_the_wish_and_at_the_word() {
    let policy = Policy { membership: Membership::One, ..Policy::preset(Preset::Band) };
    for world in World::each_with(Settings { policy, ..settings() }).await {
        let (ada, kim) = (world.account("ada").await, world.account("kim").await);
        let choir = band(&ada).await;
        ask(&kim, &choir).await;
        let request = requests(&ada, &choir, "pending").await.remove(0);
        let own = kim.band("Brass").await;
        let (status, problem) = say(&ada, &choir, &request, "approve").await;
        assert_eq!((status, &problem["code"]), (409, &json!("one_band_only")));
        let joe = world.account("joe").await;
        joe.band("Bone").await;
        assert_eq!(ask(&joe, &choir).await.1["code"], "one_band_only");
        assert_eq!(kim.delete(&format!("/bands/{own}")).await.0, 204);
        assert_eq!(say(&ada, &choir, &request, "approve").await.0, 200);
    }
}

async fn who_comes_in_by_an_open_door_waits_no_longer(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    let band = band(&ada).await;
    ask(&kim, &band).await;
    let request = requests(&ada, &band, "pending").await.remove(0);
    ada.patch(&format!("/bands/{band}"), json!({ "join": "open" })).await;
    assert_eq!(ask(&kim, &band).await.1["outcome"], "joined");
    assert!(requests(&ada, &band, "pending").await.is_empty());
    assert_eq!(requests(&ada, &band, "closed").await[0]["id"], request["id"]);
    assert_eq!(say(&ada, &band, &request, "approve").await.1["code"], "not_pending");
}

async fn who_came_in_meanwhile_is_a_member_as_was_wanted(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    let band = band(&ada).await;
    ask(&kim, &band).await;
    let request = requests(&ada, &band, "pending").await.remove(0);
    world.run("UPDATE join_request SET status = 'denied'").await;
    let (_, token) = ada.invite(&band, json!({ "role": "admin" })).await;
    assert_eq!(kim.accept(&token).await.0, 200);
    world.run("UPDATE join_request SET status = 'pending'").await;
    let (status, member) = say(&ada, &band, &request, "approve").await;
    assert_eq!((status, &member["role"]), (200, &json!("admin")), "the role that they have stays");
    assert_eq!(members(&world).await, 2);
}

async fn requests_end_with_their_person_and_their_band(world: World) {
    let (ada, kim, sam) = (world.account("ada").await, world.account("kim").await, world.account("sam").await);
    let band = band(&ada).await;
    ask(&kim, &band).await;
    ask(&sam, &band).await;
    assert_eq!(kim.delete("/me").await.0, 204);
    let waiting = requests(&ada, &band, "pending").await;
    assert_eq!((waiting.len(), &waiting[0]["account"]["username"]), (1, &json!("sam")));
    assert_eq!(requests(&ada, &band, "closed").await.len(), 1);
    assert_eq!(ada.delete(&format!("/bands/{band}")).await.0, 204);
    assert_eq!(world.number("SELECT COUNT(*) AS n FROM join_request WHERE status = 'pending'").await, 0);
    assert_eq!(ask(&sam, &band).await.0, 404);
}

async fn another_bands_requests_are_not_there(world: World) {
    let (ada, eve, kim) = (world.account("ada").await, world.account("eve").await, world.account("kim").await);
    let (choir, brass) = (band(&ada).await, band(&eve).await);
    ask(&kim, &choir).await;
    let request = requests(&ada, &choir, "pending").await.remove(0);
    for word in ["approve", "deny"] {
        assert_eq!(say(&eve, &brass, &request, word).await.0, 404);
        assert_eq!(say(&eve, &choir, &request, word).await.0, 404);
        let (status, _) = ada.post(&format!("/bands/{choir}/join-requests/{choir}/{word}"), json!({})).await;
        assert_eq!(status, 404);
    }
    assert_eq!(requests(&ada, &choir, "pending").await.len(), 1);
    let (status, problem) = ada.get(&format!("/bands/{choir}/join-requests?status=lost")).await;
    assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!("status")));
}

async fn a_retry_is_told_the_same(world: World) {
    let (ada, kim, sam) = (world.account("ada").await, world.account("kim").await, world.account("sam").await);
    let band = band(&ada).await;
    let join = format!("/bands/{band}/join");
    let first = kim.post_once(&join, "k", json!({})).await;
    assert_eq!(first.0, 202);
    assert_eq!(kim.post_once(&join, "k", json!({})).await, first);
    ask(&sam, &band).await;
    let [one, two] = requests(&ada, &band, "pending").await.try_into().unwrap();
    let path = |request: &Value, word| format!("/bands/{band}/join-requests/{}/{word}", id(request));
    let first = ada.post_once(&path(&one, "approve"), "a", json!({})).await;
    assert_eq!(first.0, 200, "{}", first.1);
    assert_eq!(ada.post_once(&path(&one, "approve"), "a", json!({})).await, first);
    for _ in 0..2 {
        assert_eq!(ada.post_once(&path(&two, "deny"), "b", json!({})).await.0, 204);
    }
}

fn id(request: &Value) -> &str {
    request["id"].as_str().unwrap()
}

async fn the_list_is_read_from_both_ends(world: World) {
    let ada = world.account("ada").await;
    let band = band(&ada).await;
    let mut names = Vec::new();
    for person in world.people(3).await {
        ask(&person, &band).await;
        names.push(person.username);
    }
    let url = format!("/bands/{band}/join-requests?limit=2");
    let told = |page: &Value| -> Vec<String> {
        let rows = page["join_requests"].as_array().unwrap();
        rows.iter().map(|one| one["account"]["username"].as_str().unwrap().to_owned()).collect()
    };
    let (_, first) = ada.get(&url).await;
    assert_eq!(told(&first), names[..2]);
    let (_, second) = ada.get(&format!("{url}&cursor={}", first["next_cursor"].as_str().unwrap())).await;
    assert_eq!((told(&second), &second["next_cursor"]), (names[2..].to_vec(), &json!(null)));
    let (_, last) = ada.get(&format!("{url}&cursor=last")).await;
    assert_eq!(told(&last), names[1..]);
}

async fn what_happened_is_in_the_trail(world: World) {
    let (ada, kim, sam) = (world.account("ada").await, world.account("kim").await, world.account("sam").await);
    let band = band(&ada).await;
    for (person, word) in [(&kim, "approve"), (&sam, "deny")] {
        ask(person, &band).await;
        let request = requests(&ada, &band, "pending").await.remove(0);
        say(&ada, &band, &request, word).await;
    }
    let told = ada.trail(&band, "").await;
    let meant = [
        ["join.denied", "ada", "sam"],
        ["join.requested", "sam", "sam"],
        ["join.approved", "ada", "kim"],
        ["join.requested", "kim", "kim"],
        ["band.created", "ada", ""],
    ];
    assert_eq!(told, meant);
}

async fn two_admins_who_agree_at_once_take_in_one_member(world: World) {
    let (ada, joe) = (world.account("ada").await, world.account("joe").await);
    let band = band(&ada).await;
    let (_, token) = ada.invite(&band, json!({ "role": "admin" })).await;
    joe.accept(&token).await;
    for person in world.people(8).await {
        ask(&person, &band).await;
        let request = requests(&ada, &band, "pending").await.remove(0);
        let (one, two) = tokio::join!(say(&ada, &band, &request, "approve"), say(&joe, &band, &request, "approve"));
        let mut answers = [one.0, two.0];
        answers.sort_unstable();
        assert_eq!(answers, [200, 409], "{one:?} {two:?}");
    }
    assert_eq!(members(&world).await, 10);
}

async fn a_yes_and_a_no_at_once_agree(world: World) {
    let (ada, joe) = (world.account("ada").await, world.account("joe").await);
    let band = band(&ada).await;
    let (_, token) = ada.invite(&band, json!({ "role": "admin" })).await;
    joe.accept(&token).await;
    for person in world.people(8).await {
        ask(&person, &band).await;
        let request = requests(&ada, &band, "pending").await.remove(0);
        let (yes, no) = tokio::join!(say(&ada, &band, &request, "approve"), say(&joe, &band, &request, "deny"));
        let (inside, _) = person.get(&format!("/bands/{band}/members")).await;
        match (yes.0, no.0) {
            (200, 409) => assert_eq!(inside, 200),
            (409, 204) => assert_eq!(inside, 404),
            other => panic!("{other:?}: {yes:?} {no:?}"),
        }
    }
    members(&world).await;
}

async fn one_person_who_asks_twice_at_once_waits_once(world: World) {
    let ada = world.account("ada").await;
    let band = band(&ada).await;
    for person in world.people(8).await {
        let (one, two) = tokio::join!(ask(&person, &band), ask(&person, &band));
        assert_eq!((one.0, two.0), (202, 202));
    }
    assert_eq!(requests(&ada, &band, "pending").await.len(), 8);
}
