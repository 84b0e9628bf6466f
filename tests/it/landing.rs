//! The page behind an invite's link, asked as a browser asks, without one.

use guestlist::{config::Limits, domain::Registration, server::Settings};
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use crate::{
    counts, plan,
    world::{PASSWORD, Person, World, settings},
};

/// Runs a story on each database.
macro_rules! stories {
    ($with:expr; $($name:ident),+ $(,)?) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            for world in World::each_with($with).await {
                story::$name(&world).await;
                plan::check(&world);
                counts::add_up(world.app.store()).await;
            }
        }
    )+};
}
stories!(settings();
    looking_a_hundred_times_changes_nothing,
    who_has_an_account_joins_and_stays_signed_in_nowhere,
    who_is_new_makes_an_account_and_joins,
    what_is_refused_is_named_and_what_was_typed_stays,
    the_wrong_person_is_told_and_can_sign_in_as_another,
    an_invite_that_ended_says_how_and_whom_to_ask,
    unknown_links_are_one_page,
    a_code_on_paper_is_typed_at_the_front,
    who_is_a_member_is_told_so,
    an_admin_has_to_agree,
    declining_takes_an_account_and_can_block,
    a_form_of_another_site_does_nothing,
    an_event_is_told_and_its_calendar_file_is_there_before_and_after,
    stored_text_is_text,
    a_slash_at_the_end_of_a_link_changes_nothing,
    a_browser_that_is_lost_reads_a_page_and_a_program_a_problem,
);
mod long;
mod lynx;
mod verify;

stories!(with_program(); where_the_program_is_stands_beside_the_command);
stories!(limited(); guesses_at_codes_are_counted_as_where_the_api_is_asked);
stories!(closed(); nobody_is_offered_an_account_where_none_can_be_made);
stories!(invite_only(); an_invite_opens_the_site_and_the_band_and_a_code_of_the_site_the_site);

fn limited() -> Settings {
    let limits = Limits { enabled: true, codes_per_minute: 3, ..Limits::default() };
    Settings { limits, ..settings() }
}

fn with_program() -> Settings {
    Settings { program_url: Some("https://example.org/guestlist?a&b".to_owned()), ..settings() }
}

fn closed() -> Settings {
    let mut settings = settings();
    settings.policy.registration = Registration::Closed;
    settings
}

fn invite_only() -> Settings {
    let mut settings = settings();
    settings.policy.registration = Registration::InviteOnly;
    settings
}

/// An answer to a browser.
struct Page {
    status: u16,
    headers: HeaderMap,
    html: String,
}

impl Page {
    fn has(&self, words: &str) {
        assert!(self.html.contains(words), "{words} in {} {}", self.status, self.html);
    }

    fn lacks(&self, words: &str) {
        assert!(!self.html.contains(words), "{words} in {} {}", self.status, self.html);
    }
}

async fn page(request: reqwest::RequestBuilder) -> Page {
    let answer = request.send().await.unwrap();
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let html = answer.text().await.unwrap();
    assert!(headers["content-type"].to_str().unwrap().starts_with("text/html"), "{html}");
    let policy = headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    assert!(policy.contains("frame-ancestors 'none'") && policy.contains("form-action 'self'"), "{policy}");
    assert_eq!(headers["referrer-policy"], "no-referrer");
    assert_eq!(headers["cache-control"], "no-store");
    assert!(!headers.contains_key("set-cookie") && !html.contains("<script"), "{html}");
    Page { status, headers, html }
}

fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

async fn open(world: &World, token: &str) -> Page {
    page(client().get(format!("{}/invite/{token}", world.origin))).await
}

async fn send(world: &World, token: &str, form: &[(&str, &str)]) -> Page {
    page(fill(&format!("{}/invite/{token}", world.origin), form)).await
}

/// Fills in the form of an invite's page; the status and the page.
pub async fn fill_in(world: &World, token: &str, fields: &Value) -> (u16, String) {
    let fields = fields.as_object().unwrap();
    let form: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str().unwrap())).collect();
    let page = send(world, token, &form).await;
    (page.status, page.html)
}

/// A form as a browser sends it from the page at this address.
fn fill(address: &str, form: &[(&str, &str)]) -> reqwest::RequestBuilder {
    let body = form.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect::<Vec<_>>().join("&");
    client()
        .post(address)
        .header("content-type", "application/x-www-form-urlencoded")
        .header("origin", "null")
        .header("sec-fetch-site", "same-origin")
        .body(body)
}

fn encoded(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::new(), |mut encoded, byte| {
        let _ = write!(encoded, "%{byte:02X}");
        encoded
    })
}

async fn join(world: &World, token: &str, username: &str) -> Page {
    send(world, token, &[("act", "join"), ("username", username), ("password", PASSWORD)]).await
}

async fn role(admin: &Person, band: &str, username: &str) -> Option<String> {
    let members = admin.get(&format!("/bands/{band}/members")).await.1;
    let found = members["members"].as_array().unwrap().iter().find(|m| m["account"]["username"] == username)?;
    Some(found["role"].as_str().unwrap().to_owned())
}

mod story {
    use super::*;

    pub async fn looking_a_hundred_times_changes_nothing(world: &World) {
        let ada = world.account("ada").await;
        let band = ada.band("The Night Owls").await;
        let wish = json!({ "email": "kim@example.org", "message": "Come on Friday", "ttl_hours": 72 });
        let (id, token) = ada.invite(&band, wish).await;
        let before = (ada.get(&format!("/invites/{id}")).await.1, ada.get(&format!("/bands/{band}")).await.1);
        for n in 0..100 {
            let link = format!("{}/invite/{token}", world.origin);
            if n % 2 == 0 {
                let answer = client().head(&link).header("purpose", "prefetch").send().await.unwrap();
                assert_eq!((answer.status().as_u16(), answer.text().await.unwrap().len()), (200, 0));
                continue;
            }
            let page = open(world, &token).await;
            assert_eq!(page.status, 200);
            for words in [
                "ada invites you to The Night Owls",
                "Come on Friday",
                "k***@example.org",
                "3 days, until",
                "<svg",
                &format!("guestlist accept {link}"),
                "autocomplete=\"username\"",
            ] {
                page.has(words);
            }
            page.lacks("kim@example.org");
        }
        let after = (ada.get(&format!("/invites/{id}")).await.1, ada.get(&format!("/bands/{band}")).await.1);
        assert_eq!(before, after);
    }

    pub async fn who_has_an_account_joins_and_stays_signed_in_nowhere(world: &World) {
        let (ada, kim) = (world.account("ada").await, world.account("kim").await);
        let band = ada.band("The Night Owls").await;
        let (id, token) = ada.invite(&band, json!({})).await;
        let wrong = send(world, &token, &[("act", "join"), ("username", "kim"), ("password", "not this one")]).await;
        assert_eq!(wrong.status, 401);
        wrong.has("Name or password is wrong");
        wrong.has("value=\"kim\"");
        wrong.lacks("not this one");
        let done = join(world, &token, "kim").await;
        assert_eq!(done.status, 200, "{}", done.html);
        done.has("You are in The Night Owls");
        done.has(&format!("guestlist --server {}", world.origin));
        assert_eq!(role(&ada, &band, "kim").await.as_deref(), Some("member"));
        assert_eq!(ada.get(&format!("/invites/{id}")).await.1["used_by"]["username"], "kim");
        let sessions = kim.get("/me/sessions").await.1;
        assert_eq!(sessions["sessions"].as_array().unwrap().len(), 1, "{sessions}");
        // Sent once more, as a reload does.
        join(world, &token, "kim").await.has("You are in The Night Owls already");
        let other = world.account("sam").await;
        let used = join(world, &token, &other.username).await;
        assert_eq!(used.status, 410);
        used.has("This invite has been used");
        used.has(&format!("guestlist --server {}", world.origin));
    }

    pub async fn who_is_new_makes_an_account_and_joins(world: &World) {
        let ada = world.account("ada").await;
        let band = ada.band("The Night Owls").await;
        let (_, token) = ada.invite(&band, json!({ "role": "admin" })).await;
        let form = [
            ("act", "register"),
            ("username", "kim"),
            ("password", PASSWORD),
            ("email", "kim@example.org"),
            ("display_name", "Kim & Söhne"),
        ];
        let done = send(world, &token, &form).await;
        assert_eq!(done.status, 200, "{}", done.html);
        done.has("You are in The Night Owls");
        done.has("You are an admin now");
        assert_eq!(role(&ada, &band, "kim").await.as_deref(), Some("admin"));
        let login = json!({ "login": "kim", "password": PASSWORD });
        let (status, answer) = world.send("POST", "/auth/login", Some(&login)).await;
        assert_eq!((status, &answer["account"]["display_name"]), (200, &json!("Kim & Söhne")));
        let kim = world.person(answer["account"].clone(), answer["session"]["token"].as_str().unwrap());
        assert_eq!(kim.get("/me/sessions").await.1["sessions"].as_array().unwrap().len(), 1);
    }

    pub async fn what_is_refused_is_named_and_what_was_typed_stays(world: &World) {
        let ada = world.account("ada").await;
        let band = ada.band("The Night Owls").await;
        let (_, token) = ada.invite(&band, json!({})).await;
        let form = [("act", "register"), ("username", "kim"), ("password", "short"), ("email", "nowhere")];
        let page = send(world, &token, &form).await;
        assert_eq!(page.status, 422);
        for words in [
            "role=\"alert\"",
            "<a href=\"#register-password\">Password</a> must be 8 to 128",
            "<a href=\"#register-email\">",
            "aria-describedby=\"register-email-error\"",
            "aria-describedby=\"register-password-hint register-password-error\"",
            "value=\"kim\"",
            "value=\"nowhere\"",
        ] {
            page.has(words);
        }
        page.lacks("short");
        let form = [("act", "register"), ("username", "ada"), ("password", PASSWORD), ("email", "new@example.org")];
        let page = send(world, &token, &form).await;
        assert_eq!(page.status, 409);
        page.has("User name is taken; choose another");
        // What belongs to one form stays out of the others.
        let page = send(world, &token, &[("act", "join"), ("username", "kim"), ("password", PASSWORD)]).await;
        assert_eq!(page.status, 401);
        page.has("If you have no account yet, make one below");
        assert_eq!(page.html.matches("value=\"kim\"").count(), 1, "{}", page.html);
        for body in ["", "act=dance", "act=join&act=join&%ff", "\u{0}"] {
            let request = client().post(format!("{}/invite/{token}", world.origin));
            let request = request.header("content-type", "application/x-www-form-urlencoded").body(body);
            let page = super::page(request).await;
            assert_eq!(page.status, 422, "{body}");
            page.has("Nothing was done");
        }
        assert_eq!(role(&ada, &band, "kim").await, None);
    }

    pub async fn the_wrong_person_is_told_and_can_sign_in_as_another(world: &World) {
        let (ada, _, _) = (world.account("ada").await, world.account("kim").await, world.account("sam").await);
        let band = ada.band("The Night Owls").await;
        let (_, token) = ada.invite(&band, json!({ "username": "kim" })).await;
        open(world, &token).await.lacks("Make an account");
        let page = join(world, &token, "sam").await;
        assert_eq!(page.status, 403);
        page.has("role=\"alert\"");
        page.has("This invite is for @kim alone. Join as that account, or ask ada");
        page.has("Join with my account");
        join(world, &token, "kim").await.has("You are in The Night Owls");
    }

    pub async fn an_invite_that_ended_says_how_and_whom_to_ask(world: &World) {
        let ada = world.account("ada").await;
        let band = json!({ "name": "The Night Owls", "contact": "ada@example.org", "join": "invite", "invite_permission": "admins" });
        let band = ada.post("/bands", band).await.1["id"].as_str().unwrap().to_owned();
        let (revoked, token) = ada.invite(&band, json!({})).await;
        assert_eq!(ada.delete(&format!("/invites/{revoked}")).await.0, 204);
        let page = open(world, &token).await;
        assert_eq!(page.status, 410);
        for words in ["This invite was withdrawn", "The Night Owls", "ada@example.org"] {
            page.has(words);
        }
        page.lacks("<form");
        let (_, token) = ada.invite(&band, json!({ "ttl_hours": 1 })).await;
        world.clock.pass_hours(1);
        let page = join(world, &token, "ada").await;
        page.has("You are in The Night Owls already");
        page.has(&format!("guestlist --server {}", world.origin));
        let page = open(world, &token).await;
        assert_eq!(page.status, 410);
        page.has("This invite has expired");
        page.has("This invite ended on ");
        page.has(" UTC. Ask ada for a new one.");
    }

    pub async fn unknown_links_are_one_page(world: &World) {
        let ada = world.account("ada").await;
        let band = ada.band("The Night Owls").await;
        let (id, old) = ada.invite(&band, json!({})).await;
        assert_eq!(ada.post(&format!("/invites/{id}/rotate"), json!({})).await.0, 200);
        let unknown = open(world, &old).await;
        assert_eq!(unknown.status, 404);
        unknown.has("There is nothing here");
        unknown.has("<a href=\"/\">Type the code");
        let long = "x".repeat(3_000);
        for token in
            ["inv_", "inv_AAAA", "%00", "%FF", "%C3%28", "%F0%9F%8E%BA", "ABCD-EFGH-JKMN", &long, &old[..old.len() - 1]]
        {
            let page = open(world, token).await;
            assert_eq!((page.status, &page.html), (404, &unknown.html), "{token}");
            let page = join(world, token, "ada").await;
            assert_eq!((page.status, &page.html), (404, &unknown.html), "{token}");
        }
    }

    pub async fn who_is_a_member_is_told_so(world: &World) {
        let ada = world.account("ada").await;
        let band = ada.band("The Night Owls").await;
        let (id, token) = ada.invite(&band, json!({})).await;
        join(world, &token, "ada").await.has("Your role is owner. Nothing has changed.");
        assert_eq!(ada.get(&format!("/invites/{id}")).await.1["uses"], 0);
    }

    pub async fn an_admin_has_to_agree(world: &World) {
        let (ada, _) = (world.account("ada").await, world.account("kim").await);
        let band = ada.band("The Night Owls").await;
        let (_, token) = ada.invite(&band, json!({ "max_uses": 5, "requires_approval": true })).await;
        let page = open(world, &token).await;
        page.has("an admin of the band has to agree");
        page.lacks("Rather not?");
        for _ in 0..2 {
            join(world, &token, "kim").await.has("An admin has to agree");
        }
        assert_eq!(role(&ada, &band, "kim").await, None);
        let requests = ada.get(&format!("/bands/{band}/join-requests")).await.1;
        assert_eq!(requests["join_requests"].as_array().map(Vec::len), Some(1), "{requests}");
    }

    pub async fn a_code_on_paper_is_typed_at_the_front(world: &World) {
        let ada = world.account("ada").await;
        let band = ada.band("The Night Owls").await;
        let made = ada.post(&format!("/bands/{band}/codes"), json!({ "name": "Show", "count": 1 })).await.1;
        let codes = ada.get(&format!("/campaigns/{}/codes", made["campaign"]["id"].as_str().unwrap())).await.1;
        let code = codes["codes"][0]["code"].as_str().unwrap();
        for address in [world.origin.clone(), format!("{}/invite", world.origin)] {
            let front = page(client().get(&address)).await;
            assert_eq!(front.status, 200);
            front.has("<label for=\"code\">Code or link</label>");
        }
        let address = format!("{}/invite", world.origin);
        let spaced = code.replace('-', "  ").to_lowercase();
        for typed in [code, &spaced, &format!(" {}/invite/{code}\n", world.origin)] {
            let offer = page(fill(&address, &[("code", typed)])).await;
            assert_eq!(offer.status, 200, "{typed}");
            offer.has("ada invites you to The Night Owls");
        }
        for (typed, wrong) in [
            ("WXYZ-2345", "must be a code of twelve letters and digits"),
            ("<b>\"", "must be a code of twelve letters and digits"),
            (&format!("https://elsewhere.example/invite/{code}"), "is the link of another site"),
        ] {
            let refused = page(fill(&address, &[("code", typed)])).await;
            assert_eq!(refused.status, 422, "{typed}");
            refused.has(wrong);
            refused.lacks("<b>");
            assert!(refused.html.contains(" value=\"") && refused.html.contains("aria-describedby=\"wrong\""));
        }
        assert_eq!(page(fill(&address, &[("token", code)])).await.status, 422);
        let foreign = client().post(&address).header("content-type", "application/x-www-form-urlencoded");
        let foreign = foreign.header("origin", "https://evil.example").body(format!("code={code}"));
        assert_eq!(page(foreign).await.status, 403);
    }

    pub async fn declining_takes_an_account_and_can_block(world: &World) {
        let (ada, kim) = (world.account("ada").await, world.account("kim").await);
        let band = ada.band("The Night Owls").await;
        let (id, token) = ada.invite(&band, json!({ "username": "kim" })).await;
        let form =
            [("act", "decline"), ("username", "kim"), ("password", "not this one"), ("reason", "No time, sorry")];
        let page = send(world, &token, &form).await;
        assert_eq!(page.status, 401);
        page.has("<details open");
        page.has("No time, sorry");
        let form = [
            ("act", "decline"),
            ("username", "kim"),
            ("password", PASSWORD),
            ("reason", "No time, sorry"),
            ("block", "band"),
        ];
        let page = send(world, &token, &form).await;
        assert_eq!(page.status, 200, "{}", page.html);
        page.has("You have declined");
        // What others can use, too, nobody is offered to decline, however few uses are left.
        let (_, shared) = ada.invite(&band, json!({ "max_uses": 2 })).await;
        open(world, &shared).await.lacks("value=\"decline\"");
        assert_eq!(world.account("sam").await.accept(&shared).await.0, 200);
        open(world, &shared).await.lacks("value=\"decline\"");
        let (_, info) = world.send("GET", &format!("/invites/{shared}/info"), None).await;
        assert_eq!((&info["uses_left"], &info["declinable"]), (&json!(1), &json!(false)));
        assert_eq!(ada.get(&format!("/invites/{id}")).await.1["status"], "rejected");
        assert_eq!(kim.get("/me/blocks").await.1["blocks"].as_array().map(Vec::len), Some(1));
        let page = open(world, &token).await;
        assert_eq!(page.status, 410);
        page.has("This invite was declined");
        let (_, shared) = ada.invite(&band, json!({ "max_uses": 5 })).await;
        let page = send(world, &shared, &form).await;
        assert_eq!(page.status, 409, "{}", page.html);
    }

    pub async fn a_form_of_another_site_does_nothing(world: &World) {
        let (ada, _) = (world.account("ada").await, world.account("kim").await);
        let band = ada.band("The Night Owls").await;
        let (_, token) = ada.invite(&band, json!({})).await;
        for (origin, site) in [("https://evil.example", None), ("null", Some("cross-site"))] {
            let mut request = client()
                .post(format!("{}/invite/{token}", world.origin))
                .header("content-type", "application/x-www-form-urlencoded")
                .header("origin", origin)
                .body(format!("act=join&username=kim&password={}", encoded(PASSWORD)));
            if let Some(site) = site {
                request = request.header("sec-fetch-site", site);
            }
            let page = super::page(request).await;
            assert_eq!(page.status, 403);
            page.has("sent by another site");
        }
        assert_eq!(role(&ada, &band, "kim").await, None);
    }

    pub async fn an_event_is_told_and_its_calendar_file_is_there_before_and_after(world: &World) {
        let (ada, _) = (world.account("ada").await, world.account("kim").await);
        let band = ada.band("The Night Owls").await;
        let event = json!({ "title": "Winter concert", "starts_at": "2027-02-12T19:30", "place": "Town hall",
            "time_zone": "Europe/Berlin" });
        let body = json!({ "name": "Winter", "event": event, "rows": [{}] });
        let (status, made) = ada.post(&format!("/bands/{band}/campaigns"), body).await;
        assert_eq!(status, 201, "{made}");
        let link = made["results"][0]["link"].as_str().unwrap();
        let token = link.rsplit_once('/').unwrap().1;
        let offer = open(world, token).await;
        for words in
            ["Winter concert", "12 February 2027, 19:30 (Europe/Berlin)", "Town hall", "download=\"invite.ics\""]
        {
            offer.has(words);
        }
        let file = format!("/api/v1/invites/{token}/calendar.ics");
        offer.has(&format!("href=\"{file}\""));
        assert_eq!(client().get(format!("{}{file}", world.origin)).send().await.unwrap().status(), 200);
        join(world, token, "kim").await.has("href=\"data:text/calendar;charset=utf-8;base64,QkVHSU46VkNBTEVOREFS");
    }

    pub async fn stored_text_is_text(world: &World) {
        let ada = world.account("ada").await;
        let hostile = "<script>alert(1)</script>\"'>{{ 7 }}";
        let changed = ada.patch("/me", json!({ "display_name": "<b>Ada</b> \"&" })).await;
        assert_eq!(changed.0, 200, "{}", changed.1);
        let body = json!({ "name": "<i>Owls</i>", "description": hostile, "contact": hostile, "join": "invite",
            "invite_permission": "admins" });
        let (status, band) = ada.post("/bands", body).await;
        assert_eq!(status, 201, "{band}");
        let (id, token) = ada.invite(band["id"].as_str().unwrap(), json!({ "message": hostile })).await;
        let offer = open(world, &token).await;
        offer.lacks("<i>Owls");
        offer.lacks("<b>Ada");
        offer.has("&#60;b&#62;Ada");
        let form = [("act", "register"), ("username", hostile), ("password", PASSWORD), ("email", hostile)];
        send(world, &token, &form).await.lacks("<script");
        assert_eq!(ada.delete(&format!("/invites/{id}")).await.0, 204);
        let ended = open(world, &token).await;
        ended.lacks("<i>Owls");
        ended.lacks("<b>Ada");
    }

    pub async fn a_slash_at_the_end_of_a_link_changes_nothing(world: &World) {
        let (ada, _) = (world.account("ada").await, world.account("kim").await);
        let band = ada.band("The Night Owls").await;
        let (_, token) = ada.invite(&band, json!({})).await;
        let slashed = format!("{token}/");
        open(world, &slashed).await.has("ada invites you to The Night Owls");
        join(world, &slashed, "kim").await.has("You are in The Night Owls");
        for path in ["/invite/", "/invite/inv_AAAA/", "/reset/x/", "/opt-out/x/"] {
            let page = page(client().get(format!("{}{path}", world.origin))).await;
            page.has("<h1>");
        }
    }

    pub async fn a_browser_that_is_lost_reads_a_page_and_a_program_a_problem(world: &World) {
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        let ask = |path: &str, accept: &str| client().get(format!("{}{path}", world.origin)).header("accept", accept);
        for path in ["/nowhere", "/invite/inv_AAAA/more", "/invites", "/index.php?a=%3Cb%3E"] {
            let page = page(ask(path, browser)).await;
            assert_eq!(page.status, 404, "{path}");
            page.has("There is nothing here");
            page.has("<a href=\"/\">");
            for accept in ["*/*", "application/json"] {
                let answer = ask(path, accept).send().await.unwrap();
                assert_eq!(answer.headers()["content-type"], "application/problem+json", "{path} {accept}");
            }
        }
        let answer = ask("/api/v1/nowhere", browser).send().await.unwrap();
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["content-type"]),
            (404, &"application/problem+json".parse().unwrap())
        );
        let request = client().delete(format!("{}/invite/inv_AAAA", world.origin)).header("accept", browser);
        let refused = page(request).await;
        assert_eq!((refused.status, &refused.headers["allow"]), (405, &"GET,HEAD,POST".parse().unwrap()));
        let icon = ask("/favicon.ico", "image/*").send().await.unwrap();
        assert_eq!(
            (icon.status().as_u16(), &icon.headers()["cache-control"]),
            (204, &"public, max-age=604800".parse().unwrap())
        );
    }

    pub async fn where_the_program_is_stands_beside_the_command(world: &World) {
        let ada = world.account("ada").await;
        let band = ada.band("The Night Owls").await;
        let (_, token) = ada.invite(&band, json!({})).await;
        let page = open(world, &token).await;
        page.has("href=\"https://example.org/guestlist?a&#38;b\"");
        join(world, &token, "ada").await.has("href=\"https://example.org/guestlist?a&#38;b\"");
    }

    pub async fn guesses_at_codes_are_counted_as_where_the_api_is_asked(world: &World) {
        for _ in 0..2 {
            assert_eq!(open(world, "ABCD-EFGH-JKMN").await.status, 404);
        }
        let (status, answer) = world.send("GET", "/invites/ABCD-EFGH-JKMN/info", None).await;
        assert_eq!(status, 404, "{answer}");
        let page = open(world, "ABCD-EFGH-JKMN").await;
        assert_eq!(page.status, 429, "{}", page.html);
        page.has("Too many tries");
        assert!(page.headers.contains_key("retry-after"));
    }

    pub async fn nobody_is_offered_an_account_where_none_can_be_made(world: &World) {
        // The first account of a server without accounts is made by its host; this one is put there.
        let open_site = world.beside_with(settings()).await;
        let (ada, kim) = (open_site.account("ada").await, open_site.account("kim").await);
        let band = ada.band("The Night Owls").await;
        let (_, token) = ada.invite(&band, json!({})).await;
        let page = open(world, &token).await;
        page.has("Join with my account");
        page.has("No new accounts are made here: it takes one that you have already.");
        page.lacks("Make an account");
        let form = [("act", "register"), ("username", "sam"), ("password", PASSWORD), ("email", "sam@example.org")];
        let page = send(world, &token, &form).await;
        assert_eq!(page.status, 403);
        join(world, &token, &kim.username).await.has("You are in The Night Owls");
        open_site.stop().await;
    }

    pub async fn an_invite_opens_the_site_and_the_band_and_a_code_of_the_site_the_site(world: &World) {
        let open_site = world.beside_with(settings()).await;
        let ada = open_site.account("ada").await;
        open_site.make_site_admin(&ada).await;
        let band = ada.band("The Night Owls").await;
        let (id, token) = ada.invite(&band, json!({})).await;
        let form = [("act", "register"), ("username", "kim"), ("password", PASSWORD), ("email", "kim@example.org")];
        let page = send(world, &token, &form).await;
        page.has("You are in The Night Owls");
        let invite: Value = ada.get(&format!("/invites/{id}")).await.1;
        assert_eq!((&invite["uses"], &invite["status"]), (&json!(1), &json!("accepted")));
        let (status, batch) = ada.post("/site/codes", json!({ "count": 1, "name": "Door" })).await;
        assert_eq!(status, 201, "{batch}");
        let codes = ada.get(&format!("/campaigns/{}/codes", batch["campaign"]["id"].as_str().unwrap())).await.1;
        let code = codes["codes"][0]["code"].as_str().unwrap().to_owned();
        let page = open(world, &code.to_lowercase()).await;
        assert_eq!(page.status, 200, "{}", page.html);
        page.has("invites you to make an account");
        page.lacks("Join with my account");
        let form = [("act", "register"), ("username", "sam"), ("password", PASSWORD), ("email", "sam@example.org")];
        let page = send(world, &code, &form).await;
        assert_eq!(page.status, 200, "{}", page.html);
        page.has("Your account is made");
        open_site.stop().await;
    }
}
