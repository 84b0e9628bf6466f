//! A real mail server, in good and in bad moods.

use std::time::Duration;

use guestlist::{
    config::MailTls,
    server::{
        Settings,
        mail::{Smtp, Transport, send_due},
    },
};
use serde_json::{Value, json};

use crate::{
    mail::verify,
    smtp::MailServer,
    world::{Person, World, settings, with_mail},
};

/// Settings of a server that mails this way, when it is told to.
pub fn by(way: Smtp) -> Settings {
    Settings { mail: Transport::Smtp(way), ..with_mail() }
}

/// A server beside a mail server, and someone who invites.
pub struct Story {
    /// The mail server.
    pub server: MailServer,
    /// The server.
    pub world: World,
    ada: Person,
    band: String,
}

impl Story {
    /// A world that mails this way.
    pub async fn new(server: MailServer, way: Smtp) -> Self {
        let world = World::sqlite_with(by(way)).await;
        let ada = world.account("ada").await;
        // The code for this address is wanted no more.
        verify(&world, "ada").await;
        let band = ada.band("The Night Owls").await;
        Self { server, world, ada, band }
    }

    async fn begin() -> Option<Self> {
        let server = MailServer::start()?;
        let way = server.way();
        Some(Self::new(server, way).await)
    }

    /// Invites an address; the invite's id.
    pub async fn invite(&self, email: &str) -> String {
        self.ada.invite(&self.band, json!({ "email": email })).await.0
    }

    /// Sends what is due; how many mails were tried.
    pub async fn send(&self) -> usize {
        send_due(&self.world.app).await.unwrap()
    }

    /// An invite as it is shown.
    pub async fn shown(&self, id: &str) -> Value {
        self.ada.get(&format!("/invites/{id}")).await.1
    }

    /// Holds an invite to how its mail goes, and to what the mail server said.
    pub async fn is(&self, id: &str, delivery: &str, words: &str) {
        let invite = self.shown(id).await;
        assert_eq!(invite["delivery"], delivery, "{invite}");
        let note = invite["delivery_note"].as_str().unwrap_or_default();
        assert!(note.contains(words) && !note.contains('\u{1b}'), "{note}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_arrives_and_one_bad_address_keeps_no_other_from_it() {
    let Some(story) = Story::begin().await else { return };
    let (bad, good) = (story.invite("nobody@example.org").await, story.invite("kim@example.org").await);
    assert_eq!(story.send().await, 2);
    story.is(&bad, "bounced", "550 5.1.1 no such person here").await;
    story.is(&good, "sent", "").await;
    let taken = story.server.taken();
    assert_eq!((taken.len(), taken[0].to.as_str()), (1, "kim@example.org"));
    assert_eq!(taken[0].from, "guestlist@invites.example.org");
    assert_eq!(taken[0].mail.subject, "ada invites you to The Night Owls");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_put_off_comes_later_and_is_given_up_after_two_days() {
    let Some(story) = Story::begin().await else { return };
    for mood in ["451", "data-451"] {
        story.server.mood(mood);
        let id = story.invite(&format!("{mood}@example.org")).await;
        assert_eq!(story.send().await, 1);
        story.is(&id, "deferred", "451").await;
        assert!(story.shown(&id).await["delivery_next_at"].is_string());
        assert_eq!(story.send().await, 0, "not before its time");
        story.server.mood("ok");
        story.world.clock.pass_seconds(75);
        assert_eq!(story.send().await, 1);
        story.is(&id, "sent", "").await;
    }
    story.server.mood("451");
    let id = story.invite("late@example.org").await;
    let mut tries = 0;
    while story.shown(&id).await["delivery"] != "bounced" {
        tries += story.send().await;
        story.world.clock.pass_hours(1);
        assert!(tries < 40);
    }
    story.is(&id, "bounced", "not taken for 48 hours: 451").await;
    assert!((8..30).contains(&tries), "{tries}");
    story.server.mood("data-550");
    let id = story.invite("spam@example.org").await;
    story.send().await;
    story.is(&id, "bounced", "550 5.7.0 looks like spam").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_there_holds_mail_up_and_loses_none() {
    let Some(story) = Story::begin().await else { return };
    let id = story.invite("kim@example.org").await;
    story.server.mood("421");
    story.send().await;
    story.is(&id, "deferred", "421").await;
    story.server.mood("ok");
    story.world.clock.pass_hours(1);
    assert_eq!(story.send().await, 1);
    story.is(&id, "sent", "").await;
    // Nobody listens at all.
    let way = Smtp { port: 1, ..story.server.way() };
    let node = story.world.beside_with(by(way)).await;
    let id = story.invite("sam@example.org").await;
    send_due(&node.app).await.unwrap();
    story.is(&id, "deferred", "").await;
    story.world.clock.pass_hours(1);
    story.send().await;
    story.is(&id, "sent", "").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_goes_in_clear_that_was_to_be_encrypted() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    std::fs::write(&file, "right\n").unwrap();
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let login = Some(("guestlist".to_owned(), file));
    // A mail server, or somebody on the way, that speaks of no encryption; with a log-in it asks for that in clear.
    for (options, login) in [(&[][..], None), (&["--login", "guestlist:right"], login)] {
        let Some(server) = MailServer::start_with(options) else { return };
        let way = Smtp { tls: MailTls::Starttls, login, ..server.way() };
        let story = Story::new(server, way).await;
        let id = story.invite("kim@example.org").await;
        story.send().await;
        story.is(&id, "deferred", "STARTTLS").await;
        assert!(story.server.taken().is_empty());
        story.server.heard_nothing_in_clear();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_log_in_pauses_the_queue_and_fails_no_mail() {
    let Some(server) = MailServer::start_with(&["--login", "guestlist:right"]) else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    std::fs::write(&file, "wrong\n").unwrap();
    let loose = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    std::fs::set_permissions(&file, loose).unwrap();
    let way = Smtp { login: Some(("guestlist".to_owned(), file.clone())), ..server.way() };
    let story = Story::new(server, way).await;
    let id = story.invite("kim@example.org").await;
    for _ in 0..2 {
        // First the file is for everyone to read, then it holds the wrong password.
        story.send().await;
        story.is(&id, "queued", "").await;
        let metrics = reqwest::get(&story.world.metrics).await.unwrap().text().await.unwrap();
        assert!(
            metrics.contains("guestlist_mail_paused 1") && metrics.contains("guestlist_mail_waiting 1"),
            "{metrics}"
        );
        std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        story.world.clock.pass_hours(1);
    }
    std::fs::write(&file, "right\n").unwrap();
    story.send().await;
    story.is(&id, "sent", "").await;
    let metrics = reqwest::get(&story.world.metrics).await.unwrap().text().await.unwrap();
    assert!(metrics.contains("guestlist_mail_paused 0") && metrics.contains("guestlist_mail_waiting 0"), "{metrics}");
}

#[tokio::test(flavor = "multi_thread")]
async fn lanes_send_by_themselves_and_a_hanging_server_slows_nobody() {
    let Some(server) = MailServer::start() else { return };
    let settings = Settings { mail: Transport::Smtp(server.way()), mail_lanes: 2, ..settings() };
    let world = World::sqlite_with(settings).await;
    let ada = world.account("ada").await;
    let band = ada.band("The Night Owls").await;
    for name in ["hang", "kim", "sam", "joe"] {
        ada.invite(&band, json!({ "email": format!("{name}@example.org") })).await;
    }
    // One lane waits for the server's word; the other goes on, and so does the API.
    let taken = server.wait_for(3);
    assert!(taken.iter().all(|taken| taken.to != "hang@example.org" && !taken.encrypted));
    assert_eq!(ada.get(&format!("/bands/{band}/invites")).await.0, 200);
    // The end does not wait for it.
    tokio::time::timeout(Duration::from_mins(1), world.stop()).await.expect("the server ends");
}

/// One call, which is far faster than the mail server is waited for.
async fn at_once<T>(call: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(5), call).await.expect("the API waits for no mail server")
}

/// Invites while the mail server is in this mood: all is answered as ever, `delivery` tells the truth, and all mail arrives
/// once the mail server serves again.
async fn nobody_waits_for_a_server_that_is(world: World, server: &MailServer) {
    let ada = world.account("ada").await;
    verify(&world, "ada").await;
    let band = ada.band("The Night Owls").await;
    let mut ids = Vec::new();
    for n in 0..6 {
        ids.push(at_once(ada.invite(&band, json!({ "email": format!("p{n}@example.org") }))).await.0);
        assert_eq!(at_once(ada.get(&format!("/bands/{band}/invites"))).await.1["total"], n + 1);
        let invite = format!("/invites/{}", ids[n]);
        assert_eq!(at_once(ada.patch(&invite, json!({ "label": "asked" }))).await.0, 200);
    }
    for id in &ids {
        let invite = at_once(ada.get(&format!("/invites/{id}"))).await.1;
        assert_eq!((&invite["status"], &invite["sent_at"]), (&json!("pending"), &Value::Null), "{invite}");
        assert!(["queued", "deferred"].contains(&invite["delivery"].as_str().unwrap()), "{invite}");
    }
    assert!(server.taken().is_empty());
    server.mood("ok");
    for _ in 0..600 {
        let mut sent = 0;
        for id in &ids {
            sent += usize::from(ada.get(&format!("/invites/{id}")).await.1["delivery"] == "sent");
        }
        if sent == ids.len() {
            let invited = server.taken().into_iter().filter(|taken| taken.to.starts_with('p')).count();
            assert_eq!(invited, ids.len());
            return;
        }
        world.clock.pass_seconds(60);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    panic!("after two minutes some mail had not arrived");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_waits_for_a_mail_server_that_says_nothing_and_its_mail_arrives_later() {
    for mood in ["silent", "hang"] {
        let Some(server) = MailServer::start() else { return };
        server.mood(mood);
        let settings = |server: &MailServer| {
            let mail = Transport::Smtp(server.way());
            Settings { mail, mail_lanes: 2, ..crate::world::settings() }
        };
        nobody_waits_for_a_server_that_is(World::sqlite_with(settings(&server)).await, &server).await;
        let Some(server) = MailServer::start() else { return };
        server.mood(mood);
        let Some(world) = World::postgres_with(settings(&server)).await else { return };
        nobody_waits_for_a_server_that_is(world, &server).await;
    }
}
