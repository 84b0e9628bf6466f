//! Whatever a form is filled with: a page of ours, with nothing of it but text, and nothing is done that no form asks for.

use proptest::prelude::ProptestConfig;
use serde_json::json;

use crate::{
    decoding::shape::Dice,
    world::{World, on_each_database},
};

on_each_database! { whatever_a_form_says_is_answered_by_a_page_that_shows_it_as_text }

const NAMES: [&str; 13] = [
    "act",
    "username",
    "password",
    "email",
    "display_name",
    "code",
    "reason",
    "block",
    "scope",
    "again",
    "%00",
    "act",
    "",
];

/// What is typed, encoded as a browser does or as none would.
const VALUES: [&str; 16] = [
    "",
    "join",
    "register",
    "decline",
    "%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E",
    "%3Cimg+src%3Dx+onerror%3Dalert(1)%3E",
    "%27%29%3B--",
    "%00",
    "%E2%80%AEx%1B%5B2J",
    "%FF%FE",
    "%",
    "%zz&&==",
    "inv_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "https%3A%2F%2Fevil.example%2Finvite%2Finv_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "WXYZ-2345-ABCD",
    "{{7*7}}",
];

/// A form as no browser fills it, with its media type.
fn filled(dice: &mut Dice) -> (&'static str, Vec<u8>) {
    let pairs: Vec<String> =
        (0..dice.below(6)).map(|_| format!("{}={}", dice.pick(&NAMES), dice.pick(&VALUES))).collect();
    let mut body = pairs.join("&").into_bytes();
    if dice.one_in(6) {
        body.extend((0..dice.below(200)).map(|_| dice.byte()));
    }
    if dice.one_in(20) {
        body = [b"reason=".to_vec(), b"x".repeat(3_000_000)].concat();
    }
    let form = "application/x-www-form-urlencoded";
    (dice.pick(&[form, form, form, "multipart/form-data; boundary=x", "application/json", "text/\u{ff}"]), body)
}

async fn whatever_a_form_says_is_answered_by_a_page_that_shows_it_as_text(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let (invite, token) = ada.invite(&band, json!({ "max_uses": 1_000 })).await;
    let browser = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let paths = [
        "/invite",
        &format!("/invite/{token}"),
        "/invite/%00",
        "/reset/rst_x",
        "/reset/%FF",
        "/opt-out/x",
        "/opt-out/%2e%2e",
    ];
    let mut dice = Dice::new(7);
    for round in 0..ProptestConfig::default().cases / 2 {
        let path = dice.pick(&paths);
        let (media, body) = filled(&mut dice);
        let shown = String::from_utf8_lossy(&body[..body.len().min(300)]).into_owned();
        let request = browser.post(format!("{}{path}", world.origin)).body(body);
        let Ok(media) = reqwest::header::HeaderValue::from_bytes(media.as_bytes()) else { continue };
        // A server may answer, and close, before it has read a body that is too large.
        let Ok(response) = request.header("content-type", media).send().await else { continue };
        let told = format!("round {round}: {path} {shown}: {}", response.status());
        assert!(response.status().as_u16() < 500, "{told}");
        let headers = response.headers().clone();
        assert!(!headers.contains_key("set-cookie"), "{told}");
        if let Some(to) = headers.get("location") {
            assert!(to.to_str().unwrap().starts_with("/invite/"), "{told} {to:?}");
            continue;
        }
        let of = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        assert_eq!(of("cache-control"), "no-store", "{told}");
        let html = response.text().await.unwrap();
        if of("content-type").starts_with("text/html") {
            assert!(of("content-security-policy").starts_with("default-src 'none'"), "{told}");
            for mark in ["<script", "<img", "onerror=alert(1)>"] {
                assert!(!html.contains(mark), "{told}: {mark}\n{html}");
            }
        }
    }
    let (_, shown) = ada.get(&format!("/invites/{invite}")).await;
    assert_eq!(
        (&shown["uses"], &shown["status"]),
        (&json!(0), &json!("pending")),
        "nobody came in, and nobody declined"
    );
}
