//! The page behind the link of a mail for who has forgotten the password.

use reqwest::{Response, header::HeaderMap};
use serde_json::json;

use crate::{
    mail::verify,
    plan,
    world::{PASSWORD, World, with_mail},
};

const FORM: &str = "application/x-www-form-urlencoded";
const NEW: &str = "another long pass-phrase";

fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

async fn open(link: &str) -> (u16, HeaderMap, String) {
    let answer = client().get(link).send().await.unwrap();
    (answer.status().as_u16(), answer.headers().clone(), answer.text().await.unwrap())
}

async fn fill(link: &str, password: &str, again: &str, headers: &[(&str, &str)]) -> Response {
    let body = format!("password={}&again={}", password.replace(' ', "+"), again.replace(' ', "+"));
    let mut request = client().post(link).header("content-type", FORM).body(body);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap()
}

async fn log_in(world: &World, password: &str) -> u16 {
    world.send("POST", "/auth/login", Some(&json!({ "login": "kim", "password": password }))).await.0
}

/// The link of the one mail that somebody who has forgotten the password of `kim` is sent.
async fn link(world: &World) -> String {
    assert_eq!(world.send("POST", "/auth/password/forgot", Some(&json!({ "login": "kim" }))).await.0, 202);
    let mails = world.mails().await;
    let [mail] = &mails[..] else { panic!("{mails:?}") };
    mail.word(&format!("{}/reset/", world.origin)).to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_link_of_the_mail_leads_to_a_new_password_once() {
    for world in World::each_with(with_mail()).await {
        let kim = world.account("kim").await;
        verify(&world, "kim").await;
        let link = link(&world).await;
        for _ in 0..20 {
            let (status, headers, page) = open(&link).await;
            assert_eq!((status, page.matches("type=\"password\"").count()), (200, 2), "{page}");
            assert_eq!(
                (&headers["cache-control"], &headers["referrer-policy"]),
                (&"no-store".parse().unwrap(), &"no-referrer".parse().unwrap())
            );
            let policy = headers["content-security-policy"].to_str().unwrap();
            assert!(policy.contains("default-src 'none'") && policy.contains("form-action 'self'"), "{policy}");
            assert!(!page.contains("rst_") && !page.contains("<script"), "{page}");
        }
        assert_eq!(kim.get("/me").await.0, 200, "looking ends nothing");
        // What is refused changes nothing, says why, and leaves the form.
        for (password, again, headers, status, says) in [
            (NEW, "something else", &[][..], 422, "Once more is not what stands above"),
            ("short", "short", &[], 422, "New password must be 8 to 128"),
            (NEW, NEW, &[("origin", "https://evil.example")], 403, "another site"),
            (NEW, NEW, &[("sec-fetch-site", "cross-site")], 403, "another site"),
        ] {
            let answer = fill(&link, password, again, headers).await;
            assert_eq!(answer.status(), status, "{says}");
            let page = answer.text().await.unwrap();
            assert!(page.contains(says) && !page.contains(NEW), "{page}");
            assert_eq!(page.contains("<form"), status == 422, "{page}");
        }
        let answer = client().post(&link).header("content-type", FORM).body("password=x").send().await.unwrap();
        assert_eq!(answer.status(), 422);
        assert_eq!(log_in(&world, PASSWORD).await, 200);
        let answer = fill(&link, NEW, NEW, &[("origin", "null"), ("sec-fetch-site", "same-origin")]).await;
        assert_eq!((answer.status().as_u16(), answer.headers().contains_key("set-cookie")), (200, false));
        assert!(answer.text().await.unwrap().contains("Your new password is set"));
        assert_eq!((log_in(&world, PASSWORD).await, log_in(&world, NEW).await), (401, 200));
        assert_eq!(kim.get("/me").await.0, 401, "every session has ended");
        // Used, unknown, malformed: one page, however it is asked.
        let unknown = guestlist::domain::ResetToken::from_random(&[3; 32]).reveal().to_owned();
        let page =
            |link: String| async move { (open(&link).await.2, fill(&link, NEW, NEW, &[]).await.text().await.unwrap()) };
        let used = page(link.clone()).await;
        assert!(
            used.0 == used.1
                && used.0.contains("works no more")
                && used.0.contains("for 30 minutes. Once")
                && !used.0.contains("<form"),
            "{}",
            used.0
        );
        for other in [unknown.as_str(), "rst_", "x%00y"] {
            assert_eq!(page(format!("{}/reset/{other}", world.origin)).await, used, "{other}");
        }
        plan::check(&world);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tries_are_counted_as_those_of_the_api() {
    let mut settings = with_mail();
    settings.limits = guestlist::config::Limits { enabled: true, ..settings.limits };
    let world = World::sqlite_with(settings).await;
    let unknown = guestlist::domain::ResetToken::from_random(&[3; 32]).reveal().to_owned();
    let link = format!("{}/reset/{unknown}", world.origin);
    let mut last = fill(&link, NEW, NEW, &[]).await;
    for _ in 0..100 {
        if last.status() == 429 {
            break;
        }
        assert_eq!(last.status(), 404);
        last = fill(&link, NEW, NEW, &[]).await;
    }
    assert!(last.status() == 429 && last.headers().contains_key("retry-after"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_is_asked_for_on_a_page_that_tells_nobody_who_has_an_account() {
    for world in World::each_with(with_mail()).await {
        let _ = world.account("kim").await;
        verify(&world, "kim").await;
        // Who cannot sign in behind a link is led there.
        let ada = world.account("ada").await;
        let band = ada.band("The Night Owls").await;
        let (_, token) = ada.invite(&band, json!({})).await;
        let form = client().post(format!("{}/invite/{token}", world.origin)).header("content-type", FORM);
        let refused = form.body("act=join&username=kim&password=forgotten").send().await.unwrap();
        assert!(refused.text().await.unwrap().contains("<a href=\"/reset\">Forgotten your password?</a>"));
        let page = format!("{}/reset", world.origin);
        assert!(open(&page).await.2.contains("Mail me a link"));
        let ask = async |login: &str, site: &str| {
            let form = client().post(&page).header("content-type", FORM).header("sec-fetch-site", site);
            let answer = form.body(format!("act=mail&username={login}")).send().await.unwrap();
            (answer.status().as_u16(), answer.text().await.unwrap())
        };
        assert_eq!(ask("kim", "cross-site").await.0, 403);
        assert!(world.mails().await.is_empty(), "another site has nothing mailed");
        let known = ask("kim", "same-origin").await;
        assert!(known.0 == 200 && known.1.contains("Look into your mail"), "{}", known.1);
        assert_eq!(ask("nobody", "same-origin").await, known);
        let mails = world.mails().await;
        assert!(mails.len() == 1 && mails[0].text.contains("/reset/rst_"), "{mails:?}");
    }
    let world = World::sqlite_with(crate::world::settings()).await;
    let page = open(&format!("{}/reset", world.origin)).await.2;
    assert!(page.contains("sends no mail") && !page.contains("<form"), "{page}");
}
