//! Whatever ends an invite stops its mail, also what waits in the queue: the invite itself, a reminder, the next one.

use std::collections::BTreeMap;

use guestlist::{
    domain::{Hours, OnInviterRemoved},
    server::{
        Settings,
        mail::{Transport, send_due},
    },
};
use serde_json::{Value, json};

use crate::{
    mail::verify,
    members::{id, let_in},
    plan,
    smtp::MailServer,
    world::{Person, World, with_mail},
};

/// What can end an invite, or have it end. Each has a band of its own, with an invite to an address of that name; the first
/// does nothing.
const ENDS: [&str; 16] = [
    "nothing",
    "accepted",
    "declined",
    "revoked",
    "expired",
    "campaign-expired",
    "campaign-deleted",
    "campaign-full",
    "band-deleted",
    "opted-out",
    "superseded",
    "joined-otherwise",
    "replaced",
    "inviter-left",
    "inviter-deleted",
    "guest-deleted",
];

/// How far the mail of all invites is when their ends come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The invite waits to be sent.
    InviteWaits,
    /// A reminder waits to be sent.
    ReminderWaits,
    /// A reminder is to come.
    ReminderToCome,
}

struct Case {
    band: String,
    campaign: String,
    inviter: Person,
    guest: Person,
    /// The invite and its token.
    invite: String,
    token: String,
}

struct Story {
    world: World,
    server: MailServer,
    ada: Person,
    cases: BTreeMap<&'static str, Case>,
}

/// The address of someone's account.
fn address(person: &Person) -> String {
    format!("{}@example.org", person.username)
}

impl Story {
    async fn begin(world: World, server: MailServer) -> Self {
        let ada = world.account("ada").await;
        let mut cases = BTreeMap::new();
        let mut people = world.people(2 * ENDS.len()).await.into_iter();
        for name in ENDS {
            let (inviter, guest) = (people.next().unwrap(), people.next().unwrap());
            verify(&world, &guest.username).await;
            let band = ada.band(name).await;
            let_in(&ada, &band, "admin", &[&inviter]).await;
            let limits = if name == "campaign-full" { json!(1) } else { Value::Null };
            let new = json!({ "name": "Tour", "ttl_hours": 1_000, "max_accepts": limits });
            let made = ada.post(&format!("/bands/{band}/campaigns"), new).await.1;
            let campaign = made["campaign"]["id"].as_str().unwrap().to_owned();
            let (invite, token) = (String::new(), String::new());
            cases.insert(name, Case { band, campaign, inviter, guest, invite, token });
        }
        // What these people are mailed before is not what this is about.
        send_due(&world.app).await.unwrap();
        Self { world, server, ada, cases }
    }

    /// Invites everybody. Who opts out does so by the link of an earlier mail.
    async fn invite(&mut self) -> String {
        let first = self.ada.band("Earlier").await;
        let (earlier, _) = self.ada.invite(&first, json!({ "email": address(&self.cases["opted-out"].guest) })).await;
        send_due(&self.world.app).await.unwrap();
        let opt_out =
            self.server.taken().pop().unwrap().mail.word(&format!("{}/opt-out/", self.world.origin)).to_owned();
        assert_eq!(self.ada.delete(&format!("/invites/{earlier}")).await.0, 204);
        for (name, case) in &mut self.cases {
            let hours = if *name == "expired" { 30 } else { 1_000 };
            let mut body = json!({ "campaign_id": case.campaign, "ttl_hours": hours });
            match *name {
                "guest-deleted" => body["username"] = json!(case.guest.username),
                // One to an address would end with the person's coming in, before the campaign does.
                "campaign-full" => (body["kind"], body["email"]) = (json!("link"), json!(address(&case.guest))),
                _ => body["email"] = json!(address(&case.guest)),
            }
            (case.invite, case.token) = case.inviter.invite(&case.band, body).await;
        }
        opt_out
    }

    async fn end(&self, name: &str, opt_out: &str) {
        let Case { band, campaign, inviter, guest, invite, token } = &self.cases[name];
        let ada = &self.ada;
        let status = match name {
            "nothing" | "expired" => 200,
            "accepted" => guest.accept(token).await.0,
            "declined" => guest.post(&format!("/invites/{token}/decline"), json!({})).await.0,
            "revoked" => ada.delete(&format!("/invites/{invite}")).await.0,
            "campaign-expired" => ada.post(&format!("/campaigns/{campaign}/expire"), json!({})).await.0,
            "campaign-deleted" => ada.delete(&format!("/campaigns/{campaign}")).await.0,
            "campaign-full" => {
                let (_, other) = ada.invite(band, json!({ "campaign_id": campaign })).await;
                guest.accept(&other).await.0
            }
            "band-deleted" => ada.delete(&format!("/bands/{band}")).await.0,
            "opted-out" => {
                let form = reqwest::Client::builder().no_proxy().build().unwrap().post(opt_out);
                let form = form.header("content-type", "application/x-www-form-urlencoded").body("scope=server");
                form.send().await.unwrap().status().as_u16()
            }
            "superseded" => {
                let (_, link) = ada.invite(band, json!({})).await;
                guest.accept(&link).await.0
            }
            "joined-otherwise" => {
                assert_eq!(ada.patch(&format!("/bands/{band}"), json!({ "join": "open" })).await.0, 200);
                guest.post(&format!("/bands/{band}/join"), json!({})).await.0
            }
            "replaced" => {
                let body = json!({
                    "email": address(guest), "on_existing": "replace", "send": false, "ttl_hours": 1_000
                });
                ada.post(&format!("/bands/{band}/invites"), body).await.0
            }
            "inviter-left" => ada.delete(&format!("/bands/{band}/members/{}", id(inviter))).await.0,
            "inviter-deleted" => inviter.delete("/me").await.0,
            "guest-deleted" => guest.delete("/me").await.0,
            other => panic!("{other}"),
        };
        assert!((200..300).contains(&status), "{name}: {status}");
    }

    /// Whom the mails about invites have reached since `before`.
    fn reached(&self, before: usize) -> Vec<String> {
        let about = |subject: &str| subject.contains("invites you to");
        let taken = self.server.taken().into_iter().skip(before);
        taken.filter(|taken| about(&taken.mail.subject)).map(|taken| taken.to).collect()
    }
}

fn settings(server: &MailServer) -> Settings {
    let mut settings = Settings { mail: Transport::Smtp(server.way()), ..with_mail() };
    settings.policy.reminder_hours = vec![24, 48];
    settings.policy.default_ttl_hours = Hours(None);
    settings.policy.on_inviter_removed = OnInviterRemoved::Revoke;
    settings
}

async fn what_ends_is_mailed_no_more(stage: Stage, world: World, server: MailServer) {
    let mut story = Story::begin(world, server).await;
    let opt_out = story.invite().await;
    if stage != Stage::InviteWaits {
        send_due(&story.world.app).await.unwrap();
    }
    if stage != Stage::ReminderToCome {
        if stage == Stage::ReminderWaits {
            story.world.clock.pass_hours(24);
        }
        story.server.mood("451");
        assert_eq!(send_due(&story.world.app).await.unwrap(), ENDS.len(), "{stage:?}");
        story.server.mood("ok");
    }
    for name in ENDS {
        story.end(name, &opt_out).await;
    }
    for name in ENDS {
        // As the invite is shown at once, before its mail is looked at again.
        if !["nothing", "expired", "band-deleted"].contains(&name) {
            let invite = story.ada.get(&format!("/invites/{}", story.cases[name].invite)).await.1;
            let delivery = if stage == Stage::InviteWaits { "none" } else { "sent" };
            assert_eq!(invite["delivery"], delivery, "{stage:?} {name}: {invite}");
            for field in ["delivery_note", "delivery_next_at", "next_reminder_at"] {
                assert_eq!(invite[field], Value::Null, "{stage:?} {name}: {invite}");
            }
        }
    }
    let before = story.server.taken().len();
    // By now the 30 hours of one are over, and the first reminders are due.
    story.world.clock.pass_hours(31);
    let world = &story.world;
    send_due(&world.app).await.unwrap();
    let still = address(&story.cases["nothing"].guest);
    assert_eq!(story.reached(before), [still.as_str()], "{stage:?}");
    world.clock.pass_hours(24);
    send_due(&world.app).await.unwrap();
    let again = if stage == Stage::ReminderWaits { 1 } else { 2 };
    let all = vec![still; again];
    assert_eq!(story.reached(before), all, "{stage:?}");
    world.clock.pass_hours(24 * 7);
    send_due(&world.app).await.unwrap();
    let metrics = reqwest::get(&world.metrics).await.unwrap().text().await.unwrap();
    assert!(metrics.contains("guestlist_mail_waiting 0"), "{stage:?}: {metrics}");
    for (name, case) in story.cases.iter().filter(|(name, _)| !["nothing", "band-deleted"].contains(name)) {
        let invite = story.ada.get(&format!("/invites/{}", case.invite)).await.1;
        assert_eq!(invite["reminders_sent"], 0, "{stage:?} {name}: {invite}");
    }
    plan::check(world);
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_ends_an_invite_stops_its_mail_in_the_queue_and_its_reminders() {
    for stage in [Stage::InviteWaits, Stage::ReminderWaits, Stage::ReminderToCome] {
        let (Some(one), Some(two)) = (MailServer::start(), MailServer::start()) else { return };
        let sqlite = World::sqlite_with(settings(&one)).await;
        what_ends_is_mailed_no_more(stage, sqlite, one).await;
        let Some(postgres) = World::postgres_with(settings(&two)).await else { continue };
        what_ends_is_mailed_no_more(stage, postgres, two).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ends_while_the_mail_server_thinks_is_not_mailed() {
    let Some(server) = MailServer::start() else { return };
    let world = World::sqlite_with(settings(&server)).await;
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    verify(&world, "kim").await;
    send_due(&world.app).await.unwrap();
    for kind in ["invite", "reminder"] {
        for name in ["accepted", "declined", "revoked", "nothing"] {
            let band = ada.band(name).await;
            let (invite, token) = ada.invite(&band, json!({ "email": address(&kim), "ttl_hours": 1_000 })).await;
            if kind == "reminder" {
                send_due(&world.app).await.unwrap();
                world.clock.pass_hours(24);
            }
            let before = server.taken().len();
            server.mood("held");
            let app = world.app.clone();
            let sending = tokio::spawn(async move { send_due(&app).await.unwrap() });
            server.until_held().await;
            let status = match name {
                "accepted" => kim.accept(&token).await.0,
                "declined" => kim.post(&format!("/invites/{token}/decline"), json!({})).await.0,
                "revoked" => ada.delete(&format!("/invites/{invite}")).await.0,
                _ => 200,
            };
            assert!((200..300).contains(&status), "{kind} {name}: {status}");
            server.mood("ok");
            sending.await.unwrap();
            let new =
                server.taken().into_iter().skip(before).filter(|taken| taken.mail.subject.contains("invites you to"));
            assert_eq!(new.count(), usize::from(name == "nothing"), "{kind} {name}");
            // What is still open is not reminded of in the next round.
            if name == "nothing" {
                assert_eq!(ada.delete(&format!("/invites/{invite}")).await.0, 204);
            }
        }
    }
}
