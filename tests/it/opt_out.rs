//! Wanting no more: the page behind the link in every mail, one-click requests, and what is listed and lifted.

use guestlist::api::{Block, Blocks};
use reqwest::{Response, header::HeaderMap};
use serde_json::{Value, json};

use crate::{
    mail::verify,
    world::{Person, World, stories},
};

stories!(
    looking_changes_nothing_and_a_form_stops_what_it_names,
    one_click_stops_everything_and_twice_is_once,
    what_is_not_the_links_own_form_is_refused,
    names_stand_on_the_page_as_they_are,
    a_wish_is_listed_and_lifted_by_whose_it_is_and_by_site_admins,
    mail_that_waits_is_dropped_and_the_invite_ends,
    who_wants_no_mail_gets_none_without_an_account_either,
);

const FORM: &str = "application/x-www-form-urlencoded";

/// The link to opt out in the only mail that is due.
async fn link(world: &World) -> String {
    let mails = world.mails().await;
    let [mail] = &mails[..] else { panic!("{mails:?}") };
    mail.word(&format!("{}/opt-out/", world.origin)).to_owned()
}

fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

async fn open(link: &str) -> (u16, HeaderMap, String) {
    let answer = client().get(link).send().await.unwrap();
    (answer.status().as_u16(), answer.headers().clone(), answer.text().await.unwrap())
}

async fn send(link: &str, media: &str, body: &str, headers: &[(&str, &str)]) -> Response {
    let mut request = client().post(link).header("content-type", media).body(body.to_owned());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap()
}

async fn blocks(person: &Person, path: &str) -> Blocks {
    let (status, answer) = person.get(path).await;
    assert_eq!(status, 200, "{answer}");
    serde_json::from_value(answer).unwrap()
}

async fn refused(ada: &Person, band: &str, body: Value) -> (u16, String) {
    let (status, answer) = ada.post(&format!("/bands/{band}/invites"), body).await;
    (status, answer["code"].as_str().unwrap_or_default().to_owned())
}

fn opted_out() -> (u16, String) {
    (409, "recipient_opted_out".to_owned())
}

mod story {
    use super::*;

    pub async fn who_wants_no_mail_gets_none_without_an_account_either(world: &World) {
        let (ada, kim, sam) = (world.account("ada").await, world.account("kim").await, world.account("sam").await);
        verify(world, "kim").await;
        let owls = ada.band("The Night Owls").await;
        for person in [&kim, &sam] {
            let (_, token) = ada.invite(&owls, json!({ "username": person.username })).await;
            let (status, _) = person.post(&format!("/invites/{token}/decline"), json!({ "block": "band" })).await;
            assert_eq!(status, 204);
            assert_eq!(person.delete("/me").await.0, 204);
        }
        assert_eq!(refused(&ada, &owls, json!({ "email": "kim@example.org" })).await, opted_out());
        // An address that was only typed is nobody's to speak for.
        assert_eq!(refused(&ada, &owls, json!({ "email": "sam@example.org" })).await.0, 201);
    }

    pub async fn looking_changes_nothing_and_a_form_stops_what_it_names(world: &World) {
        let (ada, joe) = (world.account("ada").await, world.account("joe").await);
        let (owls, choir) = (ada.band("The Night Owls").await, ada.band("Choir").await);
        let other = joe.band("Brass").await;
        let (id, _) = ada.invite(&owls, json!({ "email": "kim@example.org" })).await;
        let link = link(world).await;
        for _ in 0..3 {
            let (status, headers, page) = open(&link).await;
            assert_eq!(status, 200);
            for words in ["k***@example.org", "Nothing more from ada", "about The Night Owls", "from guestlist at all"]
            {
                assert!(page.contains(words), "{words} in {page}");
            }
            assert!(!page.contains("kim@example.org") && !page.contains("<script"), "{page}");
            let policy = headers["content-security-policy"].to_str().unwrap();
            assert!(
                policy.starts_with("default-src 'none'; style-src 'sha256-")
                    && policy.contains("frame-ancestors 'none'")
            );
            assert_eq!(headers["referrer-policy"], "no-referrer");
            assert_eq!(headers["cache-control"], "no-store");
            assert_eq!(client().head(&link).send().await.unwrap().status(), 200);
        }
        assert_eq!(ada.get(&format!("/invites/{id}")).await.1["status"], "pending");
        let (waits, _) = ada.invite(&choir, json!({ "email": "kim@example.org" })).await;
        let (foreign, _) = joe.invite(&other, json!({ "email": "kim@example.org" })).await;
        let answer = send(&link, FORM, "scope=band", &[("origin", "null"), ("sec-fetch-site", "same-origin")]).await;
        assert_eq!(answer.status(), 200);
        let page = answer.text().await.unwrap();
        assert!(page.contains("gets nothing more about The Night Owls"), "{page}");
        let ended = ada.get(&format!("/invites/{id}")).await.1;
        assert_eq!((&ended["status"], &ended["cancel_reason"]), (&json!("cancelled"), &json!("opted_out")));
        assert_eq!(ended["acted_by"], Value::Null);
        assert_eq!(ada.get(&format!("/invites/{waits}")).await.1["status"], "pending");
        assert_eq!(refused(&ada, &owls, json!({ "email": "kim@example.org" })).await, opted_out());
        assert_eq!(send(&link, FORM, "scope=inviter", &[]).await.status(), 200);
        assert_eq!(ada.get(&format!("/invites/{waits}")).await.1["cancel_reason"], "opted_out");
        assert_eq!(joe.get(&format!("/invites/{foreign}")).await.1["status"], "pending");
        assert_eq!(refused(&ada, &choir, json!({ "email": "kim@example.org" })).await, opted_out());
        // Who wants none is told apart from who is invited already, and no event has the address itself: whom its invite is for
        // is read from that.
        let rows = json!({ "rows": [{ "email": "kim@example.org" }, { "email": "lee@example.org" }] });
        let (status, answer) = ada.post(&format!("/bands/{choir}/invites/bulk"), rows).await;
        assert_eq!((status, &answer["results"][0]["status"]), (207, &json!("suppressed")), "{answer}");
        let mut trail = ada.get(&format!("/bands/{owls}/audit")).await.1;
        for event in trail["events"].as_array_mut().unwrap() {
            let _ = event.as_object_mut().unwrap().remove("recipient");
        }
        let trail = trail.to_string();
        assert!(trail.contains("opted_out") && !trail.contains("kim@"), "{trail}");
    }

    pub async fn one_click_stops_everything_and_twice_is_once(world: &World) {
        let (ada, kim) = (world.account("ada").await, world.account("kim").await);
        verify(world, "kim").await;
        let (owls, choir) = (ada.band("The Night Owls").await, ada.band("Choir").await);
        let (named, _) = ada.invite(&owls, json!({ "username": "kim" })).await;
        let link = link(world).await;
        let (mailed, _) = ada.invite(&choir, json!({ "email": "kim@example.org" })).await;
        let multipart =
            "--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--b--\r\n";
        for (media, body) in [
            (FORM, "List-Unsubscribe=One-Click"),
            ("multipart/form-data; boundary=b", multipart),
            (FORM, "scope=server"),
        ] {
            assert_eq!(send(&link, media, body, &[]).await.status(), 200, "{media}");
            assert_eq!(blocks(&kim, "/me/blocks").await.blocks.len(), 1);
        }
        for id in [named, mailed] {
            assert_eq!(ada.get(&format!("/invites/{id}")).await.1["cancel_reason"], "opted_out");
        }
        for body in [json!({ "username": "kim" }), json!({ "email": "kim@example.org" })] {
            assert_eq!(refused(&ada, &owls, body).await, opted_out());
        }
        // A link only remembers the address: unless it is mailed there, it concerns nobody.
        let link = json!({ "kind": "link", "email": "kim@example.org" });
        assert_eq!(refused(&ada, &owls, link).await, opted_out());
        let link = json!({ "kind": "link", "email": "kim@example.org", "send": false });
        assert_eq!(refused(&ada, &owls, link).await.0, 201);
        let rows = json!({ "kind": "link", "rows": [{ "email": "kim@example.org" }, {}] });
        let (_, answer) = ada.post(&format!("/bands/{owls}/invites/bulk"), rows).await;
        assert_eq!(answer["results"][0]["status"], "suppressed", "{answer}");
        assert!(world.mails().await.is_empty());
        // Another's address of another day: who verifies it has it with its wish.
        assert_eq!(kim.patch("/me", json!({ "display_name": "Kim" })).await.0, 200);
    }

    pub async fn what_is_not_the_links_own_form_is_refused(world: &World) {
        let ada = world.account("ada").await;
        let band = ada.band("The Night Owls").await;
        let (id, _) = ada.invite(&band, json!({ "email": "kim@example.org" })).await;
        let link = link(world).await;
        for headers in [
            [("origin", "https://evil.example"), ("accept", "*/*")],
            [("origin", "null"), ("sec-fetch-site", "cross-site")],
            [("origin", world.origin.as_str()), ("sec-fetch-site", "same-site")],
        ] {
            let answer = send(&link, FORM, "scope=server", &headers).await;
            assert_eq!(answer.status(), 403, "{headers:?}");
            assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
        }
        for body in ["", "scope=all", "scope", "List-Unsubscribe=Yes", "\u{0}"] {
            assert_eq!(send(&link, FORM, body, &[]).await.status(), 422, "{body}");
        }
        assert_eq!(send(&link, "application/json", "{}", &[]).await.status(), 422);
        let (head, tail) = link.split_at(link.len() - 2);
        for path in [
            format!("{head}AA{tail}"),
            head.to_owned(),
            format!("{}/opt-out/out_", world.origin),
            format!("{}/opt-out/inv_x", world.origin),
            format!("{}/opt-out/out_{}", world.origin, "A".repeat(5_000)),
            format!("{}/opt-out/%00", world.origin),
        ] {
            let (status, headers, page) = open(&path).await;
            assert_eq!((status, page.contains("There is nothing here")), (404, true), "{path}: {page}");
            assert!(headers["content-type"].to_str().unwrap().starts_with("text/html"));
            assert_eq!(send(&path, FORM, "scope=server", &[]).await.status(), 404, "{path}");
        }
        assert_eq!(ada.get(&format!("/invites/{id}")).await.1["status"], "pending");
    }

    pub async fn names_stand_on_the_page_as_they_are(world: &World) {
        let body = json!({
            "username": "mallory", "display_name": "<script>alert(1)</script>", "email": "m@example.org",
            "password": crate::world::PASSWORD,
        });
        let (_, answer) = world.send("POST", "/auth/register", Some(&body)).await;
        let mallory = world.person(answer["account"].clone(), answer["session"]["token"].as_str().unwrap());
        let band = mallory.band("\"><img src=x onerror=alert(1)> {{ 7*7 }}").await;
        mallory.invite(&band, json!({ "email": "kim@example.org" })).await;
        let link = link(world).await;
        let (_, _, page) = open(&link).await;
        let done = send(&link, FORM, "scope=band", &[]).await.text().await.unwrap();
        for page in [page, done] {
            assert!(!page.contains("<script") && !page.contains("<img") && page.contains("{{ 7*7 }}"), "{page}");
            assert!(page.contains("&#60;img src=x") || page.contains("&lt;img src=x"), "{page}");
        }
    }

    pub async fn a_wish_is_listed_and_lifted_by_whose_it_is_and_by_site_admins(world: &World) {
        let (ada, kim, eve) = (world.account("ada").await, world.account("kim").await, world.account("eve").await);
        world.make_site_admin(&eve).await;
        let band = ada.band("The Night Owls").await;
        let (_, token) = ada.invite(&band, json!({ "email": "kim@example.org" })).await;
        let link = link(world).await;
        for scope in ["inviter", "band", "server"] {
            assert_eq!(send(&link, FORM, &format!("scope={scope}"), &[]).await.status(), 200);
        }
        assert!(blocks(&kim, "/me/blocks").await.blocks.is_empty(), "an address that was only typed shows nothing");
        verify(world, "kim").await;
        let listed = blocks(&kim, "/me/blocks").await.blocks;
        let scopes: Vec<Block> = listed.iter().map(|one| one.scope).collect();
        assert_eq!(scopes, [Block::Server, Block::Band, Block::Inviter]);
        assert_eq!(listed[1].band.as_ref().unwrap().name, "The Night Owls");
        assert_eq!(listed[2].inviter.as_ref().unwrap().username, "ada");
        assert!(listed.iter().all(|one| one.email.as_deref() == Some("kim@example.org") && one.account.is_none()));
        assert_eq!(blocks(&kim, "/me/blocks?limit=2").await.blocks, listed[..2]);
        assert_eq!(blocks(&eve, "/site/blocks?limit=200").await.blocks.len(), 3);
        let all = blocks(&eve, "/site/blocks?limit=1").await;
        let next = format!("/site/blocks?limit=1&cursor={}", all.next_cursor.unwrap());
        assert_eq!(blocks(&eve, &next).await.blocks[0].scope, Block::Band);
        assert_eq!(ada.get("/site/blocks").await.0, 403);
        for path in [format!("/me/blocks/{}", listed[0].id), "/me/blocks/x".to_owned()] {
            assert_eq!(ada.delete(&path).await.0, 404);
        }
        assert_eq!(ada.delete(&format!("/site/blocks/{}", listed[0].id)).await.0, 403);
        assert_eq!(kim.delete(&format!("/me/blocks/{}", listed[0].id)).await.0, 204);
        assert_eq!(kim.delete(&format!("/me/blocks/{}", listed[0].id)).await.0, 404);
        assert_eq!(eve.delete(&format!("/site/blocks/{}", listed[1].id)).await.0, 204);
        assert_eq!(refused(&ada, &band, json!({ "email": "kim@example.org" })).await, opted_out());
        assert_eq!(kim.delete(&format!("/me/blocks/{}", listed[2].id)).await.0, 204);
        assert_eq!(kim.accept(&token).await.0, 410, "what has ended stays ended");
        ada.invite(&band, json!({ "email": "kim@example.org" })).await;
        assert_eq!(world.mails().await.len(), 1);
        // With the address both wishes go: the account's and the address's.
        assert_eq!(send(&link, FORM, "scope=server", &[]).await.status(), 200);
        assert_eq!(blocks(&eve, "/site/blocks").await.blocks.len(), 2);
        let listed = blocks(&kim, "/me/blocks").await.blocks;
        assert_eq!(listed.len(), 1);
        assert_eq!(kim.delete(&format!("/me/blocks/{}", listed[0].id)).await.0, 204);
        assert!(blocks(&eve, "/site/blocks").await.blocks.is_empty());
    }

    pub async fn mail_that_waits_is_dropped_and_the_invite_ends(world: &World) {
        let ada = world.account("ada").await;
        let (owls, choir) = (ada.band("The Night Owls").await, ada.band("Choir").await);
        ada.invite(&owls, json!({ "email": "kim@example.org" })).await;
        let link = link(world).await;
        let (waits, _) = ada.invite(&choir, json!({ "email": "kim@example.org" })).await;
        let (shared, _) =
            ada.invite(&choir, json!({ "kind": "link", "email": "kim@example.org", "max_uses": 5 })).await;
        assert_eq!(send(&link, FORM, "List-Unsubscribe=One-Click", &[]).await.status(), 200);
        assert!(world.mails().await.is_empty());
        let shown = async |id: &str| ada.get(&format!("/invites/{id}")).await.1;
        assert_eq!(shown(&waits).await["delivery"], "none");
        let shared = shown(&shared).await;
        assert_eq!((&shared["status"], &shared["delivery"]), (&json!("pending"), &json!("suppressed")));
    }
}
