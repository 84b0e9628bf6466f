//! Showing by mail who one is: verified addresses and new passwords, on both databases.

use guestlist::server::{store::Error, sweep};
use serde_json::{Value, json};

use crate::world::{PASSWORD, Person, World, stories, with_mail};

stories!(
    an_address_is_verified_by_the_code_that_was_mailed_there,
    a_code_has_five_tries_and_half_an_hour,
    codes_are_sent_once_a_minute_and_ten_times_a_day,
    one_address_gets_no_more_than_twenty_codes_a_day,
    who_only_typed_an_address_loses_it_to_who_can_read_its_mail,
    of_two_who_verify_one_address_at_once_one_does,
    a_new_address_is_verified_anew,
    an_invite_for_an_address_waits_until_it_is_verified,
    a_new_password_is_set_by_mail_once_and_ends_every_session,
    who_asks_for_a_new_password_learns_nothing,
    a_token_is_worth_nothing_once_the_account_has_changed,
    a_log_in_that_a_new_password_overtakes_opens_nothing,
    neither_codes_nor_tokens_are_kept_in_clear,
);

/// The number that a statement of this test's own gives: not one of the server's, which are held to an index.
async fn number(world: &World, sql: &'static str) -> i64 {
    let own = world.second_node().await;
    own.store().read::<_, Error, _>(move |tx| tx.count(sql, &[])).await.unwrap()
}

/// Whether a text stands anywhere in what is kept of challenges and mails.
async fn kept(world: &World, text: &str) -> bool {
    guestlist::row! { struct Kept { email: String, note: Option<String>, secret: Option<Vec<u8>> } }
    let sql = "SELECT email, NULL AS note, secret FROM challenge UNION ALL SELECT email, note, secret FROM mail";
    let own = world.second_node().await;
    let rows: Vec<Kept> = own.store().read::<_, Error, _>(move |tx| tx.query(sql, &[])).await.unwrap();
    rows.iter().any(|row| {
        let secret = row.secret.as_deref().unwrap_or_default();
        row.email.contains(text)
            || row.note.as_deref().is_some_and(|note| note.contains(text))
            || secret.windows(text.len()).any(|part| part == text.as_bytes())
    })
}

fn field(answer: &(u16, Value)) -> (u16, Option<&str>) {
    (answer.0, answer.1["errors"][0]["field"].as_str())
}

/// The code that was mailed last.
pub async fn code(world: &World) -> String {
    let mail = world.codes().await.pop().expect("a code was mailed");
    mail.subject.split_once(' ').unwrap().0.to_owned()
}

/// Another code than this one, of the same form.
fn another(code: &str) -> String {
    let first = if code.starts_with('A') { "B" } else { "A" };
    format!("{first}{}", &code[1..])
}

async fn ask(person: &Person) -> (u16, Value) {
    person.post("/me/email/verification", json!({})).await
}

async fn verify(person: &Person, code: &str) -> (u16, Value) {
    person.post("/me/email/verify", json!({ "code": code })).await
}

/// Someone whose address is verified.
async fn verified(world: &World, username: &str) -> Person {
    let person = world.account(username).await;
    assert_eq!(verify(&person, &code(world).await).await.0, 200);
    person
}

/// Someone with an address of somebody's choice.
async fn with_address(world: &World, username: &str, email: &str) -> Person {
    let body = json!({ "username": username, "email": email, "password": PASSWORD });
    let (status, answer) = world.send("POST", "/auth/register", Some(&body)).await;
    assert_eq!(status, 201, "{answer}");
    world.person(answer["account"].clone(), answer["session"]["token"].as_str().unwrap())
}

async fn forgot(world: &World, login: &str) -> (u16, Value) {
    world.send("POST", "/auth/password/forgot", Some(&json!({ "login": login }))).await
}

async fn reset(world: &World, token: &str, password: &str) -> (u16, Value) {
    world.send("POST", "/auth/password/reset", Some(&json!({ "token": token, "password": password }))).await
}

async fn log_in(world: &World, login: &str, password: &str) -> u16 {
    world.send("POST", "/auth/login", Some(&json!({ "login": login, "password": password }))).await.0
}

/// The token of the one mail that was sent.
async fn token(world: &World) -> String {
    let mails = world.mails().await;
    let [mail] = &mails[..] else { panic!("{mails:?}") };
    mail.word(&world.origin).rsplit_once('/').unwrap().1.to_owned()
}

const NEW: &str = "another long pass-phrase";

mod story {
    use super::*;

    pub async fn an_address_is_verified_by_the_code_that_was_mailed_there(world: &World) {
        let kim = world.account("kim").await;
        let mails = world.codes().await;
        let [mail] = &mails[..] else { panic!("{mails:?}") };
        let (code, rest) = mail.subject.split_once(' ').unwrap();
        assert_eq!((mail.to.as_str(), rest), ("kim@example.org", "is your code for guestlist"));
        for part in [&mail.text, &mail.html] {
            assert!(part.contains(code) && part.contains("30 minutes") && !part.contains("opt-out"), "{part}");
        }
        assert_eq!(log_in(world, "kim@example.org", PASSWORD).await, 401, "it may be anybody's");
        let typed = code.to_lowercase().replace('-', "");
        let (status, me) = verify(&kim, &typed).await;
        assert_eq!((status, &me["email_verified"]), (200, &json!(true)), "{me}");
        assert_eq!(log_in(world, "kim@example.org", PASSWORD).await, 200);
        assert_eq!(field(&verify(&kim, &typed).await), (422, Some("email")), "there is nothing left to do");
        assert_eq!(field(&ask(&kim).await), (422, Some("email")));
        assert_eq!(number(world, "SELECT COUNT(*) AS n FROM audit WHERE action = 'account.email_verified'").await, 1);
    }

    pub async fn a_code_has_five_tries_and_half_an_hour(world: &World) {
        let kim = world.account("kim").await;
        let first = code(world).await;
        assert_eq!(field(&verify(&kim, "0000").await), (422, Some("code")), "no try is lost by what cannot be a code");
        for left in ["4 times", "3 times", "2 times", "once more", "too often"] {
            let (status, answer) = verify(&kim, &another(&first)).await;
            assert!(status == 422 && answer["detail"].as_str().unwrap().contains(left), "{left}: {answer}");
        }
        assert_eq!(field(&verify(&kim, &first).await), (422, Some("code")), "it is dead");
        world.clock.pass_seconds(61);
        assert_eq!(ask(&kim).await.0, 202);
        let second = code(world).await;
        assert_eq!(field(&verify(&kim, &first).await), (422, Some("code")), "the newest counts");
        world.clock.pass_seconds(30 * 60);
        assert_eq!(field(&verify(&kim, &second).await), (422, Some("code")), "it is over");
        assert_eq!(ask(&kim).await.0, 202);
        assert_eq!(verify(&kim, &code(world).await).await.0, 200);
        assert_eq!(ask(&world.account("sam").await).await.0, 429);
        world.clock.pass_seconds(30 * 60);
        assert!(world.codes().await.is_empty(), "what would be over on its arrival is not sent");
        sweep::tidy(&world.app).await.unwrap();
        assert_eq!(number(world, "SELECT COUNT(*) AS n FROM challenge").await, 0);
    }

    pub async fn codes_are_sent_once_a_minute_and_ten_times_a_day(world: &World) {
        let kim = world.account("kim").await;
        let mut sent = 1;
        loop {
            let (status, answer) = ask(&kim).await;
            assert_eq!((status, &answer["code"]), (429, &json!("rate_limited")), "{sent}: {answer}");
            world.clock.pass_seconds(61);
            if ask(&kim).await.0 == 429 {
                break;
            }
            sent += 1;
        }
        assert_eq!(sent, 10);
        world.clock.pass_hours(24);
        assert_eq!(ask(&kim).await.0, 202);
    }

    pub async fn one_address_gets_no_more_than_twenty_codes_a_day(world: &World) {
        for n in 0..21 {
            with_address(world, &format!("p{n}"), "kim@example.org").await;
        }
        assert_eq!(world.codes().await.len(), 20);
        world.clock.pass_seconds(61);
        let last = with_address(world, "last", "kim@example.org").await;
        assert_eq!(ask(&last).await.0, 429);
        world.clock.pass_hours(24);
        assert_eq!(ask(&last).await.0, 202);
        assert_eq!(world.codes().await.len(), 1);
    }

    pub async fn who_only_typed_an_address_loses_it_to_who_can_read_its_mail(world: &World) {
        let squatter = with_address(world, "mallory", "kim@example.org").await;
        let stolen = code(world).await;
        let kim = world.account("kim").await;
        assert_eq!(verify(&kim, &code(world).await).await.0, 200);
        let (_, me) = squatter.get("/me").await;
        assert_eq!((&me["email"], &me["email_verified"]), (&json!(""), &json!(false)));
        assert_ne!(verify(&squatter, &stolen).await.0, 200);
        assert_eq!(field(&ask(&squatter).await), (422, Some("email")));
        let (_, login) =
            world.send("POST", "/auth/login", Some(&json!({ "login": "kim@example.org", "password": PASSWORD }))).await;
        assert_eq!(login["account"]["username"], "kim");
        // Who types it later cannot have it either, were the mail read by both.
        let late = with_address(world, "late", "kim@example.org").await;
        let (status, answer) = verify(&late, &code(world).await).await;
        assert_eq!((status, &answer["code"]), (409, &json!("email_taken")));
        assert_eq!(kim.get("/me").await.1["email_verified"], json!(true));
        let wish = json!({ "email": "mallory@example.org", "current_password": PASSWORD });
        assert_eq!(squatter.patch("/me", wish).await.0, 200);
        assert_eq!(verify(&squatter, &code(world).await).await.0, 200);
    }

    pub async fn of_two_who_verify_one_address_at_once_one_does(world: &World) {
        for round in 0..5 {
            let email = format!("shared{round}@example.org");
            let one = with_address(world, &format!("one{round}"), &email).await;
            let first = code(world).await;
            let two = with_address(world, &format!("two{round}"), &email).await;
            let second = code(world).await;
            let (a, b) = tokio::join!(verify(&one, &first), verify(&two, &second));
            let mut statuses = [a.0, b.0];
            statuses.sort_unstable();
            assert_eq!(statuses, [200, 409], "{a:?} {b:?}");
        }
        let claims = "SELECT COUNT(*) AS n FROM account WHERE email_claim IS NOT NULL";
        assert_eq!(number(world, claims).await, 5);
    }

    pub async fn a_new_address_is_verified_anew(world: &World) {
        let kim = verified(world, "kim").await;
        let wish = json!({ "email": "new@example.org", "current_password": PASSWORD });
        let (status, me) = kim.patch("/me", wish).await;
        assert_eq!((status, &me["email_verified"]), (200, &json!(false)), "{me}");
        let mails = world.codes().await;
        let [mail] = &mails[..] else { panic!("{mails:?}") };
        assert_eq!(mail.to, "new@example.org");
        let notices = world.mails().await;
        let [notice] = &notices[..] else { panic!("{notices:?}") };
        assert_eq!(notice.to, "kim@example.org", "whose address it was is told");
        assert!(notice.text.contains("n***@example") && !notice.text.contains("://"), "{}", notice.text);
        assert_eq!(log_in(world, "kim@example.org", PASSWORD).await, 401);
        assert_eq!(log_in(world, "new@example.org", PASSWORD).await, 401);
        assert_eq!(verify(&kim, mail.subject.split_once(' ').unwrap().0).await.0, 200);
        assert_eq!(log_in(world, "new@example.org", PASSWORD).await, 200);
        // The old one is free.
        let other = with_address(world, "other", "kim@example.org").await;
        assert_eq!(verify(&other, &code(world).await).await.0, 200);
    }

    pub async fn an_invite_for_an_address_waits_until_it_is_verified(world: &World) {
        let ada = verified(world, "ada").await;
        let band = ada.band("Choir").await;
        let (_, token) = ada.invite(&band, json!({ "email": "kim@example.org" })).await;
        let body = json!({
            "username": "kim", "email": "kim@example.org", "password": PASSWORD, "invite": token, "accept": true,
        });
        let (_, answer) = world.send("POST", "/auth/register", Some(&body)).await;
        assert_eq!(answer["outcome"], "email_unverified", "the token of a mail proves nothing: {answer}");
        let kim = world.person(answer["account"].clone(), answer["session"]["token"].as_str().unwrap());
        let (status, refused) = kim.accept(&token).await;
        assert_eq!((status, &refused["code"]), (403, &json!("email_unverified")));
        assert!(refused["detail"].as_str().unwrap().contains("Ask for a code"), "{refused}");
        assert_eq!(kim.get("/me/sync").await.1["inbox"]["pending"], 0);
        assert_eq!(verify(&kim, &code(world).await).await.0, 200);
        assert_eq!(kim.get("/me/sync").await.1["inbox"]["pending"], 1);
        assert_eq!(kim.accept(&token).await.1["outcome"], "joined");
    }

    pub async fn a_new_password_is_set_by_mail_once_and_ends_every_session(world: &World) {
        let kim = verified(world, "kim").await;
        assert_eq!(forgot(world, "kim").await, (202, Value::Null));
        let token = token(world).await;
        assert!(token.starts_with("rst_"), "{token}");
        assert_eq!(field(&reset(world, &token, "short").await), (422, Some("password")));
        let (one, two) = tokio::join!(reset(world, &token, NEW), reset(world, &token, "yet another pass-phrase"));
        let mut statuses = [one.0, two.0];
        statuses.sort_unstable();
        assert_eq!(statuses, [204, 422], "{one:?} {two:?}");
        let set = if one.0 == 204 { NEW } else { "yet another pass-phrase" };
        assert_eq!(kim.get("/me").await.0, 401, "every session has ended");
        assert_eq!(log_in(world, "kim", PASSWORD).await, 401);
        assert_eq!(log_in(world, "kim@example.org", set).await, 200);
        // Used, unknown and malformed ones get one answer, and so does one that is over.
        let unknown = guestlist::domain::ResetToken::from_random(&[3; 32]).reveal().to_owned();
        let used = reset(world, &token, NEW).await;
        assert_eq!(field(&used), (422, Some("token")));
        world.clock.pass_seconds(61);
        assert_eq!(forgot(world, "Kim@Example.org").await.0, 202);
        let over = super::token(world).await;
        world.clock.pass_seconds(30 * 60);
        for other in [unknown.as_str(), "rst_", "", over.as_str()] {
            assert_eq!(reset(world, other, NEW).await, used, "{other}");
        }
        assert_eq!(number(world, "SELECT COUNT(*) AS n FROM audit WHERE action = 'account.password_reset'").await, 1);
    }

    pub async fn who_asks_for_a_new_password_learns_nothing(world: &World) {
        let _kim = verified(world, "kim").await;
        let _sam = world.account("sam").await;
        let _ = world.codes().await;
        let long = "x".repeat(2_000);
        let written = "SELECT (SELECT COUNT(*) FROM mail) + (SELECT COUNT(*) FROM challenge) AS n";
        for login in ["kim", "kim@example.org", "sam", "sam@example.org", "nobody", "nobody@example.org", "\u{0}", ""] {
            let before = number(world, written).await;
            assert_eq!(forgot(world, login).await, (202, Value::Null), "{login}");
            assert_eq!(number(world, written).await - before, 2, "{login}: as much is written for everyone");
        }
        assert_eq!(forgot(world, &long).await, (202, Value::Null));
        let to: Vec<String> = world.mails().await.into_iter().map(|mail| mail.to).collect();
        assert_eq!(to, ["kim@example.org"], "once in a minute, and to verified addresses alone");
        for _ in 0..12 {
            world.clock.pass_seconds(61);
            assert_eq!(forgot(world, "kim").await, (202, Value::Null));
        }
        assert_eq!(world.mails().await.len(), 9, "ten times a day");
        world.clock.pass_hours(1);
        sweep::tidy(&world.app).await.unwrap();
        assert_eq!(number(world, "SELECT COUNT(*) AS n FROM challenge").await, 0);
    }

    pub async fn a_token_is_worth_nothing_once_the_account_has_changed(world: &World) {
        let kim = verified(world, "kim").await;
        for wish in [
            json!({ "password": NEW, "current_password": PASSWORD }),
            json!({ "email": "new@example.org", "current_password": NEW }),
        ] {
            world.clock.pass_seconds(61);
            assert_eq!(forgot(world, "kim").await.0, 202);
            let token = token(world).await;
            assert_eq!(kim.patch("/me", wish).await.0, 200);
            assert_eq!(field(&reset(world, &token, "a third long pass-phrase").await), (422, Some("token")));
        }
        let _ = world.mails().await;
        let sam = verified(world, "sam").await;
        assert_eq!(forgot(world, "sam").await.0, 202);
        let token = token(world).await;
        assert_eq!(sam.delete("/me").await.0, 204);
        assert_eq!(field(&reset(world, &token, NEW).await), (422, Some("token")));
    }

    pub async fn a_log_in_that_a_new_password_overtakes_opens_nothing(world: &World) {
        let _kim = verified(world, "kim").await;
        for round in 0..3 {
            world.clock.pass_seconds(61);
            assert_eq!(forgot(world, "kim").await.0, 202);
            let token = token(world).await;
            let (old, new) = (format!("pass-phrase number {round}"), format!("pass-phrase number {}", round + 1));
            let old = if round == 0 { PASSWORD.to_owned() } else { old };
            let login = json!({ "login": "kim", "password": old });
            let (signed_in, done) =
                tokio::join!(world.send("POST", "/auth/login", Some(&login)), reset(world, &token, &new));
            assert_eq!(done.0, 204);
            if signed_in.0 == 200 {
                let late =
                    world.person(signed_in.1["account"].clone(), signed_in.1["session"]["token"].as_str().unwrap());
                assert_eq!(late.get("/me").await.0, 401, "it began before, and ended with the others");
            }
        }
    }

    pub async fn neither_codes_nor_tokens_are_kept_in_clear(world: &World) {
        let kim = world.account("kim").await;
        let sealed = "SELECT COUNT(*) AS n FROM mail WHERE secret IS NOT NULL";
        assert_eq!(number(world, sealed).await, 1);
        let first = code(world).await;
        assert_eq!(number(world, sealed).await, 0, "once it is sent the mail holds none");
        assert_eq!(verify(&kim, &another(&first)).await.0, 422);
        assert!(!kept(world, &first).await && !kept(world, &first.replace('-', "")).await);
        assert_eq!(verify(&kim, &first).await.0, 200);
        assert_eq!(forgot(world, "kim").await.0, 202);
        assert!(kept(world, "kim@example.org").await, "what is kept is found");
        let secret = token(world).await;
        assert!(!kept(world, &secret).await && !kept(world, &secret[4..]).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_mail_nothing_is_verified_and_that_is_said() {
    for world in World::each_with(crate::world::settings()).await {
        let kim = world.account("kim").await;
        let answer = ask(&kim).await;
        assert_eq!(field(&answer), (422, Some("email")));
        assert!(answer.1["detail"].as_str().unwrap().contains("no mail"), "{answer:?}");
        assert_eq!(field(&verify(&kim, "ABCD-EFGH").await), (422, Some("email")));
        assert_eq!(forgot(&world, "kim").await.0, 202);
        assert_eq!(number(&world, "SELECT COUNT(*) AS n FROM mail").await, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_asks_too_often_is_slowed_down() {
    let mut settings = with_mail();
    settings.limits.enabled = true;
    settings.limits.sign_ins_per_minute = 2;
    let world = World::sqlite_with(settings).await;
    let mut statuses = Vec::new();
    for n in 0..6 {
        statuses.push(forgot(&world, &format!("p{n}")).await.0);
    }
    assert_eq!(statuses, [202, 202, 429, 429, 429, 429]);
    assert_eq!(reset(&world, "rst_", NEW).await.0, 429, "it is one count");
}
