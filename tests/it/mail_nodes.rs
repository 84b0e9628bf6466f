//! Nodes that send one database's mail together, and one of them killed while it does.

use std::{
    collections::BTreeMap,
    path::Path,
    time::{Duration, Instant},
};

use guestlist::{
    domain::{Hours, Timestamp},
    server::{
        Settings,
        mail::Transport,
        mail::send_due,
        store::{Error, Options, Store},
    },
};
use serde_json::{Value, json};
use tokio::{runtime::Runtime, task::JoinSet};

use crate::{
    mail::verify,
    postgres::{count, fresh_database},
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
    world.clock.pass_seconds(401);
    assert_eq!(send_due(&world.app).await.unwrap(), 1);
    let reminded = times(&server.taken()[before..]);
    let wanted = (0..12).map(|n| (format!("p{n}@example.org"), 1)).chain([("lost@example.org".to_owned(), 2)]);
    assert_eq!(reminded, wanted.collect());
    let lost = ada.get(&format!("/invites/{}", tokens["lost"].0)).await.1;
    assert_eq!((&lost["reminders_sent"], &lost["delivery"]), (&json!(1), &json!("sent")));
}

/// Programs that serve one database and send by one mail server.
struct Programs<'a> {
    database: &'a str,
    port: String,
}

impl Programs<'_> {
    /// Another one of them, with its data in `folder`.
    fn start(&self, folder: &Path) -> Server {
        let environment = [
            ("GUESTLIST_KEY", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
            ("GUESTLIST_MAIL_TRANSPORT", "smtp"),
            ("GUESTLIST_MAIL_HOST", "127.0.0.1"),
            ("GUESTLIST_MAIL_PORT", &self.port),
            ("GUESTLIST_MAIL_TLS", "none"),
            ("GUESTLIST_MAIL_FROM", "invites@example.org"),
            ("GUESTLIST_PUBLIC_URL", "https://invites.example.org"),
            ("GUESTLIST_POLICY_DEFAULT_TTL_HOURS", "never"),
            ("GUESTLIST_POLICY_EMAIL_IDENTITY", "match"),
            ("GUESTLIST_POLICY_REMINDER_HOURS", "24"),
        ];
        Server::start_with(folder, Some(self.database), &environment)
    }

    /// Runs a statement on their database.
    fn run(&self, runtime: &Runtime, sql: &'static str, micros: i64) {
        runtime.block_on(async {
            let store = Store::open(&Options::new(self.database.parse().unwrap())).unwrap();
            store.write::<_, Error, _>(move |tx| tx.execute(sql, &[&micros])).await.unwrap();
        });
    }

    /// Has what a dead worker had taken be due now, as if its minutes had passed. The one that lives has nothing in hand then.
    fn let_leases_end(&self, runtime: &Runtime) {
        let end = Instant::now() + Duration::from_mins(1);
        let left = "SELECT COUNT(*) FROM mail WHERE settled_at IS NULL AND due_at <";
        while count(self.database, &format!("{left} {}", Timestamp::now().micros())) > 0 {
            assert!(Instant::now() < end, "mail that nobody holds is not sent");
            std::thread::sleep(Duration::from_millis(50));
        }
        // What it took last is written down.
        std::thread::sleep(Duration::from_secs(2));
        let sql = "UPDATE mail SET due_at = due_at - $1::bigint WHERE settled_at IS NULL AND tries > 0";
        self.run(runtime, sql, 401_000_000);
    }

    /// Has all mail have been sent a day earlier, as if a day had passed. The programs have a clock that nobody can move.
    fn let_a_day_pass(&self, runtime: &Runtime) {
        let day = 24 * 3_600_000_000;
        let sql = "UPDATE invite SET created_at = created_at - $1::bigint, sent_at = sent_at - $1::bigint,
            next_reminder_at = next_reminder_at - $1::bigint";
        self.run(runtime, sql, day);
        let sql = "UPDATE mail SET created_at = created_at - $1::bigint, settled_at = settled_at - $1::bigint";
        self.run(runtime, sql, day);
    }
}

/// Sends a request to a server; the answer, where it is one.
fn post(runtime: &Runtime, server: &Server, path: &str, session: &str, body: Value) -> Value {
    let url = format!("{}/api/v1{path}", server.origin);
    runtime.block_on(async move {
        let request = reqwest::Client::builder().no_proxy().build().unwrap().post(url);
        let answer = request.bearer_auth(session).json(&body).send().await.unwrap();
        assert!(answer.status().is_success(), "{}: {}", answer.status(), answer.text().await.unwrap());
        serde_json::from_str::<Value>(&answer.text().await.unwrap()).unwrap_or_default()
    })
}

/// Makes an account; its session.
fn register(runtime: &Runtime, server: &Server, name: &str) -> String {
    let body = json!({ "username": name, "email": format!("{name}@example.org"), "password": PASSWORD });
    post(runtime, server, "/auth/register", "", body)["session"]["token"].as_str().unwrap().to_owned()
}

/// What has arrived, once it reached so many addresses.
fn reached(mails: &MailServer, from: usize, addresses: usize) -> BTreeMap<String, usize> {
    let mut arrived = BTreeMap::new();
    for _ in 0..600 {
        arrived = times(&mails.taken()[from..]);
        if arrived.len() >= addresses {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(arrived.len(), addresses, "{arrived:?}");
    arrived
}

#[test]
fn of_two_programs_one_is_killed_while_it_sends_and_again_while_it_reminds_and_every_mail_arrives() {
    let Some(mails) = MailServer::start() else { return };
    let Some(url) = fresh_database() else { return };
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = Runtime::new().unwrap();
    let programs = Programs { database: &url, port: mails.port.to_string() };
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    mails.mood("slow");
    let [stays, dies] = folders.each_ref().map(|folder| programs.start(folder.path()));
    let ada = register(&runtime, &stays, "ada");
    let band = post(&runtime, &stays, "/bands", &ada, json!({ "name": "Owls" }))["id"].as_str().unwrap().to_owned();
    let rows: Vec<Value> = (0..40).map(|n| json!({ "email": format!("p{n}@example.org") })).collect();
    let made = post(&runtime, &stays, &format!("/bands/{band}/invites/bulk"), &ada, json!({ "rows": rows }));
    assert_eq!(made["created"], 40, "{made}");
    mails.wait_for(12);
    dies.kill();
    assert!(mails.taken().len() < 40, "it was killed while it sent");
    mails.mood("ok");
    programs.let_leases_end(&runtime);
    // Whoever writes a mail wakes the worker.
    let invites = format!("/bands/{band}/invites");
    post(&runtime, &stays, &invites, &ada, json!({ "email": "last@example.org" }));
    let arrived = reached(&mails, 0, 42); // with the code for ada's address
    let doubles: usize = arrived.values().map(|times| times - 1).sum();
    assert!(doubles <= 4, "one a connection: {arrived:?}");

    // Of those who are to be reminded, some need it no more.
    let link = |to: &str| {
        let taken = mails.taken().into_iter().find(|taken| taken.to == format!("{to}@example.org")).unwrap();
        let path = |begin: &str| taken.mail.word(begin).rsplit('/').next().unwrap().to_owned();
        (path("https://invites.example.org/invite/"), path("https://invites.example.org/opt-out/"))
    };
    for (name, act) in [("p0", "accept"), ("p1", "decline")] {
        let session = register(&runtime, &stays, name);
        post(&runtime, &stays, &format!("/invites/{}/{act}", link(name).0), &session, json!({}));
    }
    let acts = json!({ "action": "revoke", "ids": [made["results"][2]["invite_id"]] });
    assert_eq!(post(&runtime, &stays, &format!("{invites}/actions"), &ada, acts)["done"], 1);
    runtime.block_on(async {
        let url = format!("{}/opt-out/{}", stays.origin, link("p3").1);
        let form = reqwest::Client::builder().no_proxy().build().unwrap().post(url);
        let form = form.header("content-type", "application/x-www-form-urlencoded").body("List-Unsubscribe=One-Click");
        assert_eq!(form.send().await.unwrap().status(), 200);
    });
    mails.wait_for(arrived.values().sum::<usize>() + 2); // with the codes for two addresses
    stays.terminate();
    assert!(stays.wait().success());
    let before = mails.taken().len();

    programs.let_a_day_pass(&runtime);
    mails.mood("slow");
    let [stays, dies] = folders.each_ref().map(|folder| programs.start(folder.path()));
    mails.wait_for(before + 12);
    dies.kill();
    assert!(mails.taken().len() < before + 37, "it was killed while it reminded");
    mails.mood("ok");
    programs.let_leases_end(&runtime);
    post(&runtime, &stays, &invites, &ada, json!({ "email": "new@example.org" }));
    let reminded = reached(&mails, before, 38); // who had not answered, "last" and "new"
    let doubles: usize = reminded.values().map(|times| times - 1).sum();
    assert!(doubles <= 1, "one, whatever the connections: {reminded:?}");
    for gone in ["p0", "p1", "p2", "p3"] {
        assert!(!reminded.contains_key(&format!("{gone}@example.org")), "{reminded:?}");
    }
    drop(stays);
}
