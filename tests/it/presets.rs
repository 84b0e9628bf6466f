//! The story of each preset, on both databases: what a system of its kind does, and what it never does.

use guestlist::{
    domain::{Policy, Preset},
    server::{Settings, store::Error},
};
use serde_json::{Value, json};

use crate::{
    members::code,
    world::{PASSWORD, Person, World, settings, with_mail},
};

async fn worlds(preset: Preset) -> Vec<World> {
    World::each_with(Settings { policy: Policy::preset(preset), ..settings() }).await
}

async fn shown(person: &Person, id: &str) -> Value {
    person.get(&format!("/invites/{id}")).await.1
}

/// What an invite came to, and why.
async fn end(person: &Person, id: &str) -> (Value, Value) {
    let invite = shown(person, id).await;
    (invite["status"].clone(), invite["cancel_reason"].clone())
}

fn cancelled(reason: &str) -> (Value, Value) {
    (json!("cancelled"), json!(reason))
}

fn pending() -> (Value, Value) {
    (json!("pending"), json!(null))
}

async fn make(person: &Person, band: &str, wish: Value) -> (u16, Value) {
    person.post(&format!("/bands/{band}/invites"), wish).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_band_hands_out_links_of_72_hours_that_may_remember_an_address() {
    for world in worlds(Preset::Band).await {
        let (ada, kim, sam) = (world.account("ada").await, world.account("kim").await, world.account("sam").await);
        let (choir, duo) = (ada.band("Choir").await, ada.band("Duo").await);
        let (id, token) = ada.invite(&choir, json!({ "kind": "link", "email": "kim@example.org" })).await;
        let link = shown(&ada, &id).await;
        assert_eq!((&link["kind"], &link["email"]), (&json!("link"), &json!("kim@example.org")));
        assert_eq!(link["expires_at"], "2027-01-18T08:00:00Z", "72 hours after 2027-01-15 08:00");
        // Whoever holds it comes in: the address binds nobody.
        assert_eq!(sam.accept(&token).await.1["outcome"], "joined");
        // Coming in ends what else waits for the person in the band, and nothing elsewhere.
        let (here, _) = ada.invite(&choir, json!({ "username": "kim" })).await;
        let (there, _) = ada.invite(&duo, json!({ "username": "kim" })).await;
        let (_, link) = ada.invite(&choir, json!({})).await;
        assert_eq!(kim.accept(&link).await.0, 200);
        assert_eq!(end(&ada, &here).await, cancelled("superseded"));
        assert_eq!(end(&ada, &there).await, pending());
        // Nobody came in time.
        let (late, token) = ada.invite(&duo, json!({})).await;
        world.clock.pass_hours(72);
        assert_eq!(code(sam.accept(&token).await), (410, "invite_expired".to_owned()));
        assert_eq!(end(&ada, &late).await, cancelled("expired"));
        crate::counts::add_up(world.app.store()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_community_gives_codes_within_a_quota_and_knows_who_brought_whom() {
    for world in worlds(Preset::Community).await {
        let (ada, bob, kim) = (world.account("ada").await, world.account("bob").await, world.account("kim").await);
        let (choir, duo) = (ada.band("Choir").await, bob.band("Duo").await);
        assert_eq!(ada.get("/me/quota").await.1, json!({ "used": 0, "limit": 100, "remaining": 100 }));
        let wish = |count: u32| json!({ "count": count, "name": "For friends" });
        let (status, made) = ada.post(&format!("/bands/{choir}/codes"), wish(98)).await;
        assert_eq!(status, 201, "{made}");
        let list = format!("/campaigns/{}/codes", made["campaign"]["id"].as_str().unwrap());
        let token = ada.get(&list).await.1["codes"][0]["code"].as_str().unwrap().to_owned();
        // Anyone may register; a code only says who brought whom, and lets in who says so.
        let sign_up = json!({
            "username": "lou", "email": "lou@example.org", "password": PASSWORD, "invite": token, "accept": true,
        });
        let (status, lou) = world.send("POST", "/auth/register", Some(&sign_up)).await;
        assert_eq!((status, &lou["outcome"]), (201, &json!("joined")), "{lou}");
        assert_eq!(world.number("SELECT COUNT(*) AS n FROM account WHERE invited_by IS NOT NULL").await, 1);
        let (_, members) = ada.get(&format!("/bands/{choir}/members")).await;
        let brought = members["members"].as_array().unwrap().iter().find(|one| one["account"]["username"] == "lou");
        assert_eq!(brought.unwrap()["invited_by"]["username"], "ada");
        // Who comes in is wanted by others no more.
        let (other, _) = bob.invite(&duo, json!({ "username": "kim" })).await;
        let (_, mine) = ada.invite(&choir, json!({ "username": "kim" })).await;
        assert_eq!(kim.accept(&mine).await.0, 200);
        assert_eq!(end(&bob, &other).await, cancelled("superseded"));
        // The quota is for all that one makes, and comes back after 30 days.
        assert_eq!(code(ada.post(&format!("/bands/{choir}/codes"), wish(2)).await), (403, "quota_exceeded".to_owned()));
        let (newest, _) = ada.invite(&choir, json!({})).await;
        assert_eq!(code(make(&ada, &choir, json!({})).await), (403, "quota_exceeded".to_owned()));
        assert_eq!(shown(&ada, &newest).await["expires_at"], "2027-02-14T08:00:00Z", "720 hours");
        world.clock.pass_hours(30 * 24);
        let ada = again(&world, ada).await;
        assert_eq!(make(&ada, &choir, json!({})).await.0, 201);
        crate::counts::add_up(world.app.store()).await;
    }
}

guestlist::row! {
    struct Kept { policy: String }
}

/// The rules that are kept with the invite for an address which was made first.
async fn rules(world: &World, address: &'static str) -> Value {
    let read = world.app.store().read::<Option<Kept>, Error, _>(move |tx| {
        tx.query_one("SELECT policy FROM invite WHERE email = $1 ORDER BY seq LIMIT 1", &[&address])
    });
    serde_json::from_str(&read.await.unwrap().unwrap().policy).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organisation_writes_to_people_one_by_one_and_each_is_in_one() {
    for world in worlds(Preset::Organisation).await {
        let people = world.people(3).await;
        let [ada, bob, eve] = people.try_into().ok().unwrap();
        let (works, rival) = (ada.band("Works").await, bob.band("Rival").await);
        // Letters to persons alone, and none without an end.
        for wish in [json!({}), json!({ "kind": "code" }), json!({ "username": eve.username })] {
            assert_eq!(code(make(&ada, &works, wish).await), (403, "kind_not_allowed".to_owned()));
        }
        let endless = make(&ada, &works, json!({ "email": "kim@example.org", "ttl_hours": null })).await;
        assert_eq!(endless.1["errors"][0]["field"], "ttl_hours");
        let (id, token) = ada.invite(&works, json!({ "email": "kim@example.org" })).await;
        let (other, elsewhere) = bob.invite(&rival, json!({ "email": "kim@example.org" })).await;
        let rules = rules(&world, "kim@example.org").await;
        assert_eq!(rules["reminder_hours"], json!([72, 144, 216]), "kept with the invite");
        assert_eq!(shown(&ada, &id).await["expires_at"], "2027-02-14T08:00:00Z", "720 hours");
        // Nobody makes an account without a letter, or with somebody else's.
        let sign_up = |name: &str, more: Value| {
            let mut body = json!({ "username": name, "email": format!("{name}@example.org"), "password": PASSWORD });
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            body
        };
        let register = async |body: Value| world.send("POST", "/auth/register", Some(&body)).await;
        assert_eq!(code(register(sign_up("kim", json!({}))).await), (403, "invite_required".to_owned()));
        let stolen = register(sign_up("sam", json!({ "invite": token }))).await;
        assert_eq!(code(stolen), (403, "wrong_recipient".to_owned()));
        let (status, kim) = register(sign_up("kim", json!({ "invite": token, "accept": true }))).await;
        assert_eq!((status, &kim["outcome"]), (201, &json!("joined")), "{kim}");
        assert_eq!(end(&ada, &id).await.0, "accepted");
        // One organisation for one person. Without mail an address is nobody's proof beyond the band.
        let kim = world.person(kim["account"].clone(), kim["session"]["token"].as_str().unwrap());
        assert_eq!(end(&bob, &other).await, pending());
        assert_eq!(code(kim.accept(&elsewhere).await), (409, "one_band_only".to_owned()));
        crate::counts::add_up(world.app.store()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organisation_that_knows_an_address_ends_what_waits_for_it_elsewhere() {
    let policy = Policy::preset(Preset::Organisation);
    for world in World::each_with(Settings { policy, ..with_mail() }).await {
        let [ada, bob, kim] = world.people(3).await.try_into().ok().unwrap();
        let (works, rival) = (ada.band("Works").await, bob.band("Rival").await);
        let address = format!("{}@example.org", kim.username);
        let yes = world.app.store().dialect().pick("1", "true");
        world.run(&format!("UPDATE account SET email_verified = {yes} WHERE email = '{address}'")).await;
        let (_, token) = ada.invite(&works, json!({ "email": address })).await;
        let (other, _) = bob.invite(&rival, json!({ "email": address })).await;
        assert_eq!(kim.accept(&token).await.1["outcome"], "joined");
        assert_eq!(end(&bob, &other).await, cancelled("superseded"));
        crate::counts::add_up(world.app.store()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_is_open_to_whoever_has_the_link_for_as_long_as_its_maker_is_there() {
    for world in worlds(Preset::Room).await {
        let (ada, kim, sam) = (world.account("ada").await, world.account("kim").await, world.account("sam").await);
        let (room, other) = (ada.band("Room").await, ada.band("Other").await);
        for wish in [json!({ "email": "kim@example.org" }), json!({ "username": "kim" }), json!({ "kind": "code" })] {
            assert_eq!(code(make(&ada, &room, wish).await), (403, "kind_not_allowed".to_owned()));
        }
        let (id, token) = ada.invite(&room, json!({ "max_uses": null, "role": "admin" })).await;
        assert_eq!(shown(&ada, &id).await["expires_at"], json!(null));
        let (elsewhere, _) = ada.invite(&other, json!({})).await;
        world.clock.pass_hours(10 * 365 * 24);
        // Sessions end, links do not: both sign in again.
        let (ada, kim, sam) = (again(&world, ada).await, again(&world, kim).await, again(&world, sam).await);
        assert_eq!(kim.accept(&token).await.1["outcome"], "joined");
        assert_eq!(end(&ada, &elsewhere).await, pending(), "nothing ends by it");
        // What kim handed out goes when kim goes.
        let (handed, link) = kim.invite(&room, json!({})).await;
        let path = format!("/bands/{room}/members/{}", kim.account["id"].as_str().unwrap());
        assert_eq!(ada.delete(&path).await.0, 204);
        assert_eq!(end(&ada, &handed).await, cancelled("inviter_removed"));
        assert_eq!(code(sam.accept(&link).await), (410, "invite_cancelled".to_owned()));
        assert_eq!(sam.accept(&token).await.1["outcome"], "joined");
        crate::counts::add_up(world.app.store()).await;
    }
}

async fn again(world: &World, person: Person) -> Person {
    let login = json!({ "login": person.username, "password": PASSWORD });
    let (status, answer) = world.send("POST", "/auth/login", Some(&login)).await;
    assert_eq!(status, 200, "{answer}");
    world.person(answer["account"].clone(), answer["session"]["token"].as_str().unwrap())
}
