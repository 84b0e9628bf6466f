//! Looks at what is mailed and linked: by people, by browsers that fetch ahead, and by scanners of links.

use std::collections::BTreeSet;

use guestlist::server::views;
use serde_json::json;

use crate::{
    mail::verify,
    rows::{changes, looks, rows},
    world::{World, stories},
};

stories!(a_hundred_looks_at_every_link_change_no_row_but_a_count);

/// How it is looked at: the method, and the headers by which browsers and scanners can be told.
const LOOKS: [(&str, &[(&str, &str)]); 10] = [
    ("GET", &[]),
    ("HEAD", &[]),
    ("GET", &[("purpose", "prefetch"), ("x-moz", "prefetch")]),
    ("GET", &[("sec-purpose", "prefetch;prerender"), ("sec-fetch-mode", "navigate")]),
    ("HEAD", &[("user-agent", "Mozilla/5.0 (compatible; Microsoft Office; SafeLinks)")]),
    ("GET", &[("user-agent", "Slackbot-LinkExpanding 1.0"), ("range", "bytes=0-32768")]),
    ("GET", &[("user-agent", "facebookexternalhit/1.1"), ("accept", "*/*")]),
    ("GET", &[("accept", "application/json"), ("if-none-match", "*")]),
    ("GET", &[("accept", "text/html"), ("referer", "https://mail.example.org/"), ("cache-control", "no-cache")]),
    ("OPTIONS", &[("origin", "https://evil.example"), ("access-control-request-method", "POST")]),
];

/// The addresses of this server in a text, however they are put there.
fn addresses(world: &World, text: &str) -> Vec<String> {
    let ends = |c: char| c.is_whitespace() || "\"'<>()".contains(c);
    let whole =
        text.match_indices(&world.origin).map(|(place, _)| text[place..].split(ends).next().unwrap().to_owned());
    let below =
        text.split("href=\"/").skip(1).map(|rest| format!("{}/{}", world.origin, rest.split('"').next().unwrap()));
    whole.chain(below).map(|address| address.replace("&#38;", "&").replace("&amp;", "&")).collect()
}

/// What is mailed on the way to an answer, and all that can be reached from there by looking.
async fn links(world: &World, http: &reqwest::Client) -> BTreeSet<String> {
    let ada = world.account("ada").await;
    verify(world, "ada").await;
    let band = ada.band("The Night Owls").await;
    let event = json!({ "title": "Concert", "starts_at": "2027-04-10T19:30", "time_zone": "Europe/Berlin" });
    let (status, made) = ada.post(&format!("/bands/{band}/campaigns"), json!({ "name": "Tour", "event": event })).await;
    assert_eq!(status, 201, "{made}");
    let wish = json!({ "email": "kim@example.org", "campaign_id": made["campaign"]["id"] });
    let (_, token) = ada.invite(&band, wish).await;
    let (_, of_a_link) = ada.invite(&band, json!({})).await;
    assert_eq!(world.send("POST", "/auth/password/forgot", Some(&json!({ "login": "ada" }))).await.0, 202);
    let mails = world.mails().await;
    assert_eq!(mails.len(), 2, "{mails:?}");
    let mut found: BTreeSet<String> = mails.iter().flat_map(|mail| addresses(world, &mail.text)).collect();
    found.extend(mails.iter().flat_map(|mail| addresses(world, &mail.html)));
    let page = |token: &str| format!("{}/invite/{token}", world.origin);
    let read = |token: &str, what: &str| format!("{}/api/v1/invites/{token}/{what}", world.origin);
    found.extend([page(&of_a_link), read(&token, "info"), read(&token, "calendar.ics"), read(&of_a_link, "info")]);
    found.extend(["/", "/verify", "/reset", "/invite"].map(|path| format!("{}{path}", world.origin)));
    let mut ahead: Vec<String> = found.iter().cloned().collect();
    while let Some(address) = ahead.pop() {
        let text = http.get(&address).send().await.unwrap().text().await.unwrap();
        ahead.extend(addresses(world, &text).into_iter().filter(|address| found.insert(address.clone())));
    }
    found
}

mod story {
    use super::*;

    pub async fn a_hundred_looks_at_every_link_change_no_row_but_a_count(world: &World) {
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let links = links(world, &http).await;
        for part in ["/invite/", "/reset/", "/opt-out/", "/calendar.ics", "/info"] {
            assert!(links.iter().any(|link| link.contains(part)), "{part} in {links:?}");
        }
        let before = rows(world).await;
        for link in &links {
            for n in 0..100 {
                let (method, headers) = LOOKS[n % LOOKS.len()];
                let mut look = http.request(method.parse().unwrap(), link);
                for (name, value) in headers {
                    look = look.header(*name, *value);
                }
                let status = look.send().await.unwrap().status().as_u16();
                assert!(status < 500, "{method} {link}: {status}");
            }
        }
        views::write_down(&world.app).await.unwrap();
        assert_eq!(changes(&before, &rows(world).await), [""; 0]);
        // Of two invites, each by its page and by what programs read of it.
        let looks = looks(world).await;
        assert!(looks > 200, "{looks}");
    }
}
