//! Who may make an account, on both databases.

use guestlist::{
    domain::{Policy, Preset, Registration},
    server::Settings,
};
use serde_json::{Value, json};

use crate::world::{PASSWORD, Person, World, settings, with_mail};

fn by(registration: Registration) -> Settings {
    Settings { policy: Policy { registration, ..Policy::preset(Preset::Band) }, ..settings() }
}

/// Signs up; `with` is merged into the request.
async fn sign_up(world: &World, name: &str, with: Value) -> (u16, Value) {
    let mut body = json!({ "username": name, "email": format!("{name}@example.org"), "password": PASSWORD });
    body.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
    world.send("POST", "/auth/register", Some(&body)).await
}

/// Signs up and must be let in.
pub async fn newcomer(world: &World, name: &str, with: Value) -> Person {
    let (status, answer) = sign_up(world, name, with).await;
    assert_eq!((status, &answer["outcome"]), (201, &json!(null)), "{answer}");
    world.person(answer["account"].clone(), answer["session"]["token"].as_str().unwrap())
}

/// A band with an owner who was not asked for an invite.
async fn band(world: &World) -> (Person, String) {
    let ada = world.people(1).await.remove(0);
    let band = ada.band("Choir").await;
    (ada, band)
}

async fn uses(ada: &Person, id: &str) -> (Value, Value) {
    let (_, shown) = ada.get(&format!("/invites/{id}")).await;
    (shown["status"].clone(), shown["uses"].clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn by_invite_an_account_takes_the_use_and_its_accept_none() {
    for world in World::each_with(by(Registration::InviteOnly)).await {
        let (ada, band) = band(&world).await;
        let (id, token) = ada.invite(&band, json!({})).await;
        assert_eq!(sign_up(&world, "kim", json!({})).await.1["code"], "invite_required");
        assert_eq!(sign_up(&world, "kim", json!({ "invite": "inv_unknown" })).await.1["code"], "invalid_token");
        let kim = newcomer(&world, "kim", json!({ "invite": token })).await;
        assert_eq!(uses(&ada, &id).await, (json!("pending"), json!(1)), "until the one who has the use comes in");
        let counts = json!({ "members": 1, "invites": 1, "pending": 1 });
        assert_eq!(ada.get(&format!("/bands/{band}")).await.1["counts"], counts);
        for accept in [false, true] {
            let (status, problem) = sign_up(&world, "sam", json!({ "invite": token, "accept": accept })).await;
            assert_eq!((status, &problem["code"]), (410, &json!("invite_used")), "one use is one account");
        }
        let joe = world.people(1).await.remove(0);
        assert_eq!(joe.accept(&token).await.1["code"], "invite_used");
        assert_eq!(kim.accept(&token).await.1["outcome"], "joined");
        assert_eq!(kim.accept(&token).await.1["outcome"], "already_member");
        assert_eq!(uses(&ada, &id).await, (json!("accepted"), json!(1)));
        let (_, redemptions) = ada.get(&format!("/invites/{id}/redemptions")).await;
        assert_eq!(redemptions["redemptions"].as_array().unwrap().len(), 1);
        let counts = json!({ "members": 2, "invites": 1, "pending": 0 });
        assert_eq!(ada.get(&format!("/bands/{band}")).await.1["counts"], counts);
        let (_, trail) = ada.get(&format!("/bands/{band}/audit?invite={id}")).await;
        let events = trail["events"].as_array().unwrap();
        let actions: Vec<&str> = events.iter().map(|event| event["action"].as_str().unwrap()).collect();
        assert_eq!(actions, ["invite.accepted", "invite.registered", "invite.created"]);
        for event in &events[..2] {
            assert_eq!(event["account"]["username"], "kim", "the trail says whose use it was: {event}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn by_invite_both_at_once_is_one_use() {
    for world in World::each_with(by(Registration::InviteOnly)).await {
        let (ada, band) = band(&world).await;
        let (id, token) = ada.invite(&band, json!({ "max_uses": 2 })).await;
        let (status, answer) = sign_up(&world, "kim", json!({ "invite": token, "accept": true })).await;
        assert_eq!((status, &answer["outcome"]), (201, &json!("joined")), "{answer}");
        assert_eq!(uses(&ada, &id).await, (json!("pending"), json!(1)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waited_too_long_is_an_account_and_no_member() {
    for world in World::each_with(by(Registration::InviteOnly)).await {
        let (ada, band) = band(&world).await;
        let (id, shared) = ada.invite(&band, json!({ "max_uses": 2 })).await;
        let kim = newcomer(&world, "kim", json!({ "invite": shared })).await;
        assert_eq!(ada.delete(&format!("/invites/{id}")).await.0, 204);
        assert_eq!(kim.accept(&shared).await.1["code"], "invite_revoked");
        let (_, short) = ada.invite(&band, json!({ "ttl_hours": 1 })).await;
        let sam = newcomer(&world, "sam", json!({ "invite": short })).await;
        world.clock.pass_hours(1);
        let (status, problem) = sam.accept(&short).await;
        assert_eq!((status, &problem["code"]), (410, &json!("invite_expired")));
        assert_eq!(ada.get(&format!("/bands/{band}")).await.1["counts"]["members"], 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_sign_up_by_one_use_one_has_an_account() {
    for world in World::each_with(by(Registration::InviteOnly)).await {
        let (ada, band) = band(&world).await;
        let (id, token) = ada.invite(&band, json!({})).await;
        let mut racers = Vec::new();
        for n in 0..6 {
            let (world, with) = (&world, json!({ "invite": token, "accept": n % 2 == 0 }));
            racers.push(async move { sign_up(world, &format!("racer{n}"), with).await.0 });
        }
        let mut statuses = futures_util::future::join_all(racers).await;
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 410, 410, 410, 410, 410]);
        assert_eq!(uses(&ada, &id).await.1, json!(1));
        assert_eq!(world.number("SELECT COUNT(*) AS n FROM account").await, 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_everyone_may_register_an_invite_only_says_who_brought_whom() {
    for world in World::each_with(by(Registration::Open)).await {
        let (ada, band) = band(&world).await;
        let (id, token) = ada.invite(&band, json!({})).await;
        let kim = newcomer(&world, "kim", json!({ "invite": token })).await;
        assert_eq!(uses(&ada, &id).await, (json!("pending"), json!(0)));
        assert_eq!(world.number("SELECT COUNT(*) AS n FROM account WHERE invited_by IS NOT NULL").await, 1);
        assert_eq!(kim.accept(&token).await.1["outcome"], "joined");
        assert_eq!(sign_up(&world, "sam", json!({ "invite": token })).await.1["code"], "invite_used");
        let (status, problem) = sign_up(&world, "sam", json!({ "accept": true })).await;
        assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!("accept")), "there is nothing to accept");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_server_takes_nobody() {
    for world in World::each_with(by(Registration::Closed)).await {
        let (ada, band) = band(&world).await;
        let (_, token) = ada.invite(&band, json!({})).await;
        for with in [json!({}), json!({ "invite": token }), json!({ "invite": token, "accept": true })] {
            let (status, problem) = sign_up(&world, "kim", with).await;
            assert_eq!((status, &problem["code"]), (403, &json!("registration_closed")));
        }
        let joe = world.people(1).await.remove(0);
        assert_eq!(joe.accept(&token).await.1["outcome"], "joined", "an account that is there may come in");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_founder_alone_makes_the_first_account_of_an_embedded_server_whatever_the_rule() {
    for registration in [Registration::Open, Registration::InviteOnly, Registration::Closed] {
        let founder = Some("the founder's secret".to_owned());
        for world in World::each_with(Settings { founder, ..by(registration) }).await {
            let register = async |name: &str, secret: Option<&str>| {
                let body = json!({ "username": name, "email": format!("{name}@example.org"), "password": PASSWORD });
                let client = reqwest::Client::builder().no_proxy().build().unwrap();
                let mut request = client.post(format!("{}/api/v1/auth/register", world.origin)).json(&body);
                if let Some(secret) = secret {
                    request = request.header(guestlist::api::FOUNDER_HEADER, secret);
                }
                let response = request.send().await.unwrap();
                let status = response.status().as_u16();
                (status, serde_json::from_str::<Value>(&response.text().await.unwrap()).unwrap())
            };
            assert_eq!(register("eve", None).await.0, 403);
            assert_eq!(register("eve", Some("a guess")).await.0, 403);
            let (status, made) = register("ada", Some("the founder's secret")).await;
            assert_eq!((status, &made["account"]["site_admin"]), (201, &json!(true)), "{made}");
            let (status, second) = register("kim", Some("the founder's secret")).await;
            match registration {
                Registration::Open => assert_eq!(second["account"]["site_admin"], false),
                Registration::InviteOnly => assert_eq!((status, &second["code"]), (403, &json!("invite_required"))),
                Registration::Closed => assert_eq!((status, &second["code"]), (403, &json!("registration_closed"))),
            }
        }
    }
}

/// A site admin, and one code of the site for so many people.
async fn site_code(world: &World, max_uses: Value) -> (Person, String, String) {
    let ada = world.people(1).await.remove(0);
    world.make_site_admin(&ada).await;
    let wish = json!({ "count": 1, "name": "Newcomers", "max_uses": max_uses });
    let (status, made) = ada.post("/site/codes", wish).await;
    assert_eq!(status, 201, "{made}");
    let list = format!("/campaigns/{}/codes", made["campaign"]["id"].as_str().unwrap());
    let code = ada.get(&list).await.1["codes"][0]["code"].as_str().unwrap().to_owned();
    (ada, list, code)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_of_the_site_makes_an_account_and_no_member() {
    for world in World::each_with(by(Registration::InviteOnly)).await {
        let (ada, list, token) = site_code(&world, json!(2)).await;
        let (status, preview) = world.send("GET", &format!("/invites/{token}/info"), None).await;
        assert_eq!((status, &preview["band"], &preview["registration"]), (200, &json!(null), &json!("invite_only")));
        let kim = newcomer(&world, "kim", json!({ "invite": token.to_lowercase() })).await;
        newcomer(&world, "sam", json!({ "invite": token, "accept": true })).await;
        let (status, problem) = sign_up(&world, "joe", json!({ "invite": token })).await;
        assert_eq!((status, &problem["code"], &problem["band"]), (410, &json!("invite_used"), &json!(null)));
        let shown = ada.get(&list).await.1["codes"][0].clone();
        assert_eq!((&shown["status"], &shown["uses"]), (&json!("accepted"), &json!(2)));
        let (status, problem) = kim.accept(&token).await;
        assert_eq!((status, &problem["code"]), (403, &json!("kind_not_allowed")), "{problem}");
        assert_eq!(kim.get("/bands").await.1["bands"], json!([]));
        assert_eq!(world.number("SELECT COUNT(*) AS n FROM member").await, 0);
        assert_eq!(world.number("SELECT COUNT(*) AS n FROM account WHERE invited_by IS NOT NULL").await, 2);
        let registered = "SELECT COUNT(*) AS n FROM audit WHERE action = 'invite.registered' AND band IS NULL";
        assert_eq!(world.number(registered).await, 2);
        crate::counts::add_up(world.app.store()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_of_the_site_is_for_newcomers_alone() {
    for world in World::each_with(by(Registration::Open)).await {
        let (_, _, token) = site_code(&world, json!(1)).await;
        let kim = newcomer(&world, "kim", json!({ "invite": token, "accept": true })).await;
        assert_eq!(world.number("SELECT COUNT(*) AS n FROM redemption").await, 0, "it says who brought whom");
        assert_eq!(kim.accept(&token).await.1["code"], "kind_not_allowed");
        let (status, problem) = kim.post(&format!("/invites/{token}/decline"), json!({})).await;
        assert_eq!((status, &problem["code"]), (409, &json!("not_declinable")));
        world.clock.pass_hours(72);
        let (status, problem) = sign_up(&world, "sam", json!({ "invite": token })).await;
        assert_eq!((status, &problem["code"]), (410, &json!("invite_expired")));
        assert_eq!(world.number("SELECT COUNT(*) AS n FROM account").await, 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_sign_up_by_one_code_of_the_site_one_has_an_account() {
    for world in World::each_with(by(Registration::InviteOnly)).await {
        let (_, _, token) = site_code(&world, json!(1)).await;
        let racers = (0..6).map(|n| {
            let (world, with) = (&world, json!({ "invite": token }));
            async move { sign_up(world, &format!("racer{n}"), with).await.0 }
        });
        let mut statuses = futures_util::future::join_all(racers).await;
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 410, 410, 410, 410, 410]);
        assert_eq!(world.number("SELECT COUNT(*) AS n FROM account").await, 2);
        crate::counts::add_up(world.app.store()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invite_for_an_account_registers_nobody_and_one_for_an_address_that_address() {
    for world in World::each_with(by(Registration::InviteOnly)).await {
        let (ada, band) = band(&world).await;
        let lou = world.people(1).await.remove(0);
        let (_, for_lou) = ada.invite(&band, json!({ "username": lou.username })).await;
        let (id, for_kim) = ada.invite(&band, json!({ "email": "kim@example.org" })).await;
        for token in [for_lou, for_kim.clone()] {
            let (status, problem) = sign_up(&world, "sam", json!({ "invite": token })).await;
            assert_eq!((status, &problem["code"]), (403, &json!("wrong_recipient")), "{problem}");
        }
        assert_eq!(world.number("SELECT COUNT(*) AS n FROM account").await, 2, "nothing was made");
        let (status, answer) = sign_up(&world, "kim", json!({ "invite": for_kim, "accept": true })).await;
        assert_eq!((status, &answer["outcome"]), (201, &json!("joined")), "nothing can be verified here: {answer}");
        assert_eq!(uses(&ada, &id).await, (json!("accepted"), json!(1)));
        crate::counts::add_up(world.app.store()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_accept_that_has_to_wait_leaves_an_account_and_its_use() {
    for (registration, held) in [(Registration::InviteOnly, 1), (Registration::Open, 0)] {
        for world in World::each_with(Settings { mail: with_mail().mail, mail_lanes: 0, ..by(registration) }).await {
            let (ada, band) = band(&world).await;
            let (id, token) = ada.invite(&band, json!({ "email": "kim@example.org" })).await;
            let (status, answer) = sign_up(&world, "kim", json!({ "invite": token, "accept": true })).await;
            assert_eq!((status, &answer["outcome"]), (201, &json!("email_unverified")), "{answer}");
            assert_eq!(uses(&ada, &id).await.1, json!(held));
            let kim = world.person(answer["account"].clone(), answer["session"]["token"].as_str().unwrap());
            assert_eq!(kim.accept(&token).await.1["code"], "email_unverified");
            let yes = world.app.store().dialect().pick("1", "true");
            world.run(&format!("UPDATE account SET email_verified = {yes} WHERE username = 'kim'")).await;
            assert_eq!(kim.accept(&token).await.1["outcome"], "joined");
            assert_eq!(uses(&ada, &id).await, (json!("accepted"), json!(1)));
            let (id, asks) = ada.invite(&band, json!({ "requires_approval": true })).await;
            let (status, answer) = sign_up(&world, "sam", json!({ "invite": asks, "accept": true })).await;
            assert_eq!((status, &answer["outcome"]), (201, &json!("pending_approval")), "{answer}");
            assert_eq!(uses(&ada, &id).await.1, json!(held));
            crate::counts::add_up(world.app.store()).await;
        }
    }
}
