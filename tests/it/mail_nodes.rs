//! Nodes that send one database's mail together, and one of them killed while it does.

use std::collections::BTreeMap;

use guestlist::{
    domain::Hours,
    server::{
        Settings,
        mail::Transport,
        mail::send_due,
        store::{Error, Options, Store},
    },
};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::{
    mail::verify,
    postgres::fresh_database,
    process::Server,
    smtp::{MailServer, Taken},
    world::{PASSWORD, World, with_mail},
};

/// How often each address got a mail, and that all its mails are one and the same.
fn times(taken: &[Taken]) -> BTreeMap<String, usize> {
    let mut found: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for one in taken {
        found.entry(one.to.clone()).or_default().push(one.mail.header("Message-ID").unwrap());
    }
    for (to, ids) in &found {
        assert!(ids.iter().all(|id| id == &ids[0]), "{to}: {ids:?}");
    }
    found.into_iter().map(|(to, ids)| (to, ids.len())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_dies_in_the_middle_of_a_reminder_leaves_it_to_the_other_and_nobody_else_is_mailed_twice() {
    let Some(server) = MailServer::start() else { return };
    let mut settings = Settings { mail: Transport::Smtp(server.way()), ..with_mail() };
    settings.policy.reminder_hours = vec![24];
    settings.policy.default_ttl_hours = Hours(None);
    let Some(world) = World::postgres_with(settings).await else { return };
    let (ada, kim, sam) = (world.account("ada").await, world.account("kim").await, world.account("sam").await);
    for name in ["ada", "kim", "sam"] {
        verify(&world, name).await;
    }
    let band = ada.band("The Night Owls").await;
    let mut tokens = BTreeMap::new();
    let names = ["kim", "sam", "revoked", "optout", "lost"].map(str::to_owned);
    for name in names.into_iter().chain((0..12).map(|n| format!("p{n}"))) {
        let made = ada.invite(&band, json!({ "email": format!("{name}@example.org") })).await;
        tokens.insert(name, made);
    }
    assert_eq!(send_due(&world.app).await.unwrap(), 17);
    assert_eq!(kim.accept(&tokens["kim"].1).await.0, 200);
    assert_eq!(sam.post(&format!("/invites/{}/decline", tokens["sam"].1), json!({})).await.0, 204);
    assert_eq!(ada.delete(&format!("/invites/{}", tokens["revoked"].0)).await.0, 204);
    let first = server.taken();
    let mail = &first.iter().find(|taken| taken.to == "optout@example.org").unwrap().mail;
    let form = reqwest::Client::builder().no_proxy().build().unwrap();
    let form = form.post(mail.word(&format!("{}/opt-out/", world.origin)));
    let form = form.header("content-type", "application/x-www-form-urlencoded").body("scope=server");
    assert_eq!(form.send().await.unwrap().status(), 200);
    send_due(&world.app).await.unwrap(); // who invited hears of kim
    let before = server.taken().len();
    world.clock.pass_hours(24);
    server.mood("lose");
    let node = world.beside().await;
    let mut workers = JoinSet::new();
    for app in [world.app.clone(), node.app.clone()] {
        workers.spawn(async move { send_due(&app).await.unwrap() });
    }
    // The one that still stands has sent all others; the other waits for a word that does not come, and dies of it.
    workers.join_next().await.unwrap().unwrap();
    server.wait_for(before + 13);
    workers.shutdown().await;
    server.mood("ok");
    assert_eq!(send_due(&world.app).await.unwrap(), 0, "it is still the dead one's");
    world.clock.pass_seconds(301);
    assert_eq!(send_due(&world.app).await.unwrap(), 1);
    let reminded = times(&server.taken()[before..]);
    let wanted = (0..12).map(|n| (format!("p{n}@example.org"), 1)).chain([("lost@example.org".to_owned(), 2)]);
    assert_eq!(reminded, wanted.collect());
    let lost = ada.get(&format!("/invites/{}", tokens["lost"].0)).await.1;
    assert_eq!((&lost["reminders_sent"], &lost["delivery"]), (&json!(1), &json!("sent")));
}

/// Has what a dead worker had taken be due now, as if its five minutes had passed.
async fn let_leases_end(url: &str) {
    let store = Store::open(&Options::new(url.parse().unwrap())).unwrap();
    let sql = "UPDATE mail SET due_at = due_at - $1::bigint WHERE settled_at IS NULL AND tries > 0";
    store.write::<_, Error, _>(move |tx| tx.execute(sql, &[&301_000_000_i64])).await.unwrap();
}

#[test]
fn of_two_programs_one_is_killed_while_it_sends_and_every_mail_arrives() {
    let Some(mails) = MailServer::start() else { return };
    let Some(url) = fresh_database() else { return };
    let _ = rustls::crypto::ring::default_provider().install_default();
    let port = mails.port.to_string();
    let environment = [
        ("GUESTLIST_KEY", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
        ("GUESTLIST_MAIL_TRANSPORT", "smtp"),
        ("GUESTLIST_MAIL_HOST", "127.0.0.1"),
        ("GUESTLIST_MAIL_PORT", &port),
        ("GUESTLIST_MAIL_TLS", "none"),
        ("GUESTLIST_MAIL_FROM", "invites@example.org"),
        ("GUESTLIST_MAIL_CONNECTIONS", "1"),
        ("GUESTLIST_PUBLIC_URL", "https://invites.example.org"),
    ];
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    mails.mood("slow");
    let [stays, dies] = folders.each_ref().map(|folder| Server::start_with(folder.path(), Some(&url), &environment));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let ask = |path: String, session: String, body: Value| {
        let origin = stays.origin.clone();
        runtime.block_on(async move {
            let request = reqwest::Client::builder().no_proxy().build().unwrap().post(format!("{origin}/api/v1{path}"));
            let answer = request.bearer_auth(session).json(&body).send().await.unwrap();
            serde_json::from_str::<Value>(&answer.text().await.unwrap()).unwrap()
        })
    };
    let body = json!({ "username": "ada", "email": "ada@example.org", "password": PASSWORD });
    let session =
        ask("/auth/register".to_owned(), String::new(), body)["session"]["token"].as_str().unwrap().to_owned();
    let band = ask("/bands".to_owned(), session.clone(), json!({ "name": "Owls" }))["id"].as_str().unwrap().to_owned();
    let rows: Vec<Value> = (0..40).map(|n| json!({ "email": format!("p{n}@example.org") })).collect();
    let made = ask(format!("/bands/{band}/invites/bulk"), session.clone(), json!({ "rows": rows }));
    assert_eq!(made["created"], 40, "{made}");
    mails.wait_for(12);
    dies.kill();
    assert!(mails.taken().len() < 40, "it was killed while it sent");
    runtime.block_on(let_leases_end(&url));
    mails.mood("ok");
    // Whoever writes a mail wakes the worker.
    ask(format!("/bands/{band}/invites"), session, json!({ "email": "last@example.org" }));
    mails.wait_for(42); // with the code for ada's address
    let arrived = runtime.block_on(async {
        for _ in 0..600 {
            let arrived = times(&mails.taken());
            if arrived.len() == 42 {
                return arrived;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        times(&mails.taken())
    });
    assert_eq!(arrived.len(), 42);
    let doubles: usize = arrived.values().map(|times| times - 1).sum();
    assert!(doubles <= 1, "{arrived:?}");
    drop(stays);
}
