//! What is mailed, to whom, and when; into files.

use guestlist::server::{Settings, store::Error};
use serde_json::{Value, json};

use crate::{
    decisions::{Open, tour},
    plan,
    world::{Person, World, stories, with_mail},
};

stories!(
    an_invite_is_mailed_with_what_its_reader_needs,
    what_has_ended_meanwhile_is_not_mailed,
    what_was_decided_is_what_a_mail_says_before_the_rows_do,
    a_mail_says_truly_why_it_comes,
    who_has_an_address_gets_mail_and_who_has_none_does_not,
    a_link_that_somebody_has_used_is_sent_again_but_not_called_to_mind,
    names_and_messages_add_nothing_to_a_mail,
    what_is_sent_again_takes_the_place_of_what_waits,
    nobody_is_mailed_more_often_a_day_than_they_can_bear,
    links_made_together_are_no_way_to_mail_one_address_more_often,
    a_mail_that_no_key_opens_is_told_as_not_sent,
);

async fn shown(person: &Person, invite: &str) -> Value {
    person.get(&format!("/invites/{invite}")).await.1
}

/// Has the account's address verified, as if its owner had typed the code.
pub async fn verify(world: &World, username: &str) {
    let yes = world.app.store().dialect().pick("1", "true");
    let sql =
        format!("UPDATE account SET email_verified = {yes}, email_claim = email WHERE username_key = '{username}'");
    world.run(&sql).await;
}

mod story {
    use super::*;

    pub async fn what_was_decided_is_what_a_mail_says_before_the_rows_do(world: &World) {
        let ada = world.account("ada").await;
        let band = ada.band("The Night Owls").await;
        let (over, going_on) = (tour(&ada, &band).await, tour(&ada, &band).await);
        for (campaign, email) in [(&over, "kim@example.org"), (&going_on, "lee@example.org")] {
            ada.invite(&band, json!({ "email": email, "campaign_id": campaign })).await;
        }
        Open { campaign: Some(&over), which: "all", reason: Some("campaign_deleted"), ..Open::default() }
            .of(world, &band, &ada)
            .await;
        Open { campaign: Some(&going_on), which: "all", message: Some("At eight"), ..Open::default() }
            .of(world, &band, &ada)
            .await;
        let mails = world.mails().await;
        let [mail] = &mails[..] else { panic!("{mails:?}") };
        assert_eq!(mail.to, "lee@example.org");
        assert!(mail.text.contains("> At eight"), "{}", mail.text);
    }

    pub async fn a_mail_says_truly_why_it_comes(world: &World) {
        let (ada, _) = (world.account("ada").await, world.account("kim").await);
        verify(world, "kim").await;
        let band = ada.band("The Night Owls").await;
        ada.invite(&band, json!({ "username": "kim" })).await;
        ada.invite(&band, json!({ "email": "lee@example.org", "kind": "link", "max_uses": 9 })).await;
        let mails = world.mails().await;
        let [to_account, to_address] = &mails[..] else { panic!("{mails:?}") };
        let text = to_account.text.replace('\n', " ");
        for part in [&text, &to_account.html] {
            assert!(part.contains("for you alone") && !part.contains("gave this address"), "{part}");
        }
        let text = to_address.text.replace('\n', " ");
        for part in [&text, &to_address.html] {
            assert!(!part.contains("for you alone") && part.contains("gave this address"), "{part}");
        }
    }

    pub async fn an_invite_is_mailed_with_what_its_reader_needs(world: &World) {
        let ada = world.account("ada").await;
        let band = ada.band("The Night Owls").await;
        let body = json!({ "email": "kim@example.org", "message": "Bring\nyour mutes", "role": "admin" });
        let (id, token) = ada.invite(&band, body).await;
        assert_eq!(shown(&ada, &id).await["delivery"], "queued");
        let revision = ada.get(&format!("/bands/{band}")).await.1["revision"].as_u64();
        let mails = world.mails().await;
        let [mail] = &mails[..] else { panic!("{mails:?}") };
        let link = format!("{}/invite/{token}", world.origin);
        assert_eq!((mail.to.as_str(), mail.subject.as_str()), ("kim@example.org", "ada invites you to The Night Owls"));
        for part in [&mail.text, &mail.html] {
            assert!(part.contains(&link), "{part}");
            for words in ["as an admin", "works for 3 days, until 1", "guestlist", "kim@example.org", "/opt-out/out_"] {
                assert!(part.contains(words), "{words} in {part}");
            }
        }
        assert!(mail.text.contains("\n> Bring\n> your mutes\n"), "{}", mail.text);
        let fits = |line: &str| line.chars().count() <= 74 || !line.contains(' ');
        assert!(mail.text.lines().all(fits), "{}", mail.text);
        assert_eq!(mail.header("Auto-Submitted"), Some("auto-generated"));
        assert_eq!(mail.header("List-Unsubscribe-Post"), Some("List-Unsubscribe=One-Click"));
        let unsubscribe = mail.header("List-Unsubscribe").unwrap();
        assert!(unsubscribe.starts_with(&format!("<{}/opt-out/out_", world.origin)), "{unsubscribe}");
        assert!(mail.header("Message-ID").unwrap().ends_with("@invites.example.org>"));
        let invite = shown(&ada, &id).await;
        assert_eq!((invite["delivery"].as_str(), invite["sent_at"].is_string()), (Some("sent"), true));
        assert!(ada.get(&format!("/bands/{band}")).await.1["revision"].as_u64() > revision, "the screen is told");
        let trail = ada.get(&format!("/bands/{band}/audit?action=invite.mailed")).await.1;
        assert_eq!(trail["events"].as_array().unwrap().len(), 1);
        assert!(world.mails().await.is_empty(), "it is sent once");
    }

    pub async fn a_mail_that_no_key_opens_is_told_as_not_sent(world: &World) {
        let ada = world.account("ada").await;
        let band = ada.band("The Night Owls").await;
        let (id, _) = ada.invite(&band, json!({ "email": "kim@example.org" })).await;
        let again = format!("/invites/{id}/resend");
        for wish in [json!({}), json!({ "rotate": true })] {
            let unreadable = world.app.store().dialect().pick("x'00'", "'\\x00'");
            world.run(&format!("UPDATE invite SET token_sealed = {unreadable} WHERE seq = 1")).await;
            assert!(world.mails().await.is_empty());
            let invite = shown(&ada, &id).await;
            assert_eq!((&invite["delivery"], &invite["sent_at"]), (&json!("bounced"), &Value::Null), "{invite}");
            assert!(invite["delivery_note"].as_str().unwrap().contains("make a new one and send it again"), "{invite}");
            assert_eq!(ada.post(&again, wish).await.0, 200);
            assert_eq!(shown(&ada, &id).await["delivery"], "queued");
        }
        assert_eq!(world.mails().await.len(), 1, "under a new token it goes out");
        assert_eq!(shown(&ada, &id).await["delivery"], "sent");
        let trail = ada.get(&format!("/bands/{band}/audit?action=invite.bounced")).await.1;
        assert_eq!(trail["events"].as_array().unwrap().len(), 2, "{trail}");
    }

    pub async fn what_has_ended_meanwhile_is_not_mailed(world: &World) {
        let ada = world.account("ada").await;
        let band = ada.band("The Night Owls").await;
        let (revoked, _) = ada.invite(&band, json!({ "email": "kim@example.org" })).await;
        let (over, _) = ada.invite(&band, json!({ "email": "sam@example.org", "ttl_hours": 1 })).await;
        let (edited, _) = ada.invite(&band, json!({ "email": "joe@example.org", "role": "member" })).await;
        assert_eq!(ada.delete(&format!("/invites/{revoked}")).await.0, 204);
        assert_eq!(ada.patch(&format!("/invites/{edited}"), json!({ "role": "admin" })).await.0, 200);
        world.clock.pass_hours(2);
        let mails = world.mails().await;
        let [mail] = &mails[..] else { panic!("{mails:?}") };
        assert_eq!(mail.to, "joe@example.org");
        assert!(mail.text.contains("as an admin"), "what is so now is what is said");
        for id in [revoked, over] {
            assert_eq!(shown(&ada, &id).await["delivery"], "none");
        }
    }

    pub async fn who_has_an_address_gets_mail_and_who_has_none_does_not(world: &World) {
        let (ada, kim) = (world.account("ada").await, world.account("kim").await);
        let _sam = world.account("sam").await;
        verify(world, "kim").await;
        let band = ada.band("The Night Owls").await;
        let invites = [
            (json!({ "kind": "link", "email": "joe@example.org" }), Some("joe@example.org")),
            (json!({ "username": "kim" }), Some("kim@example.org")),
            (json!({ "username": "sam" }), None), // not verified: it may be anybody's
            (json!({}), None),
            (json!({ "email": "eve@example.org", "send": false }), None),
        ];
        for (body, to) in invites {
            let (id, _) = ada.invite(&band, body.clone()).await;
            let mails: Vec<String> = world.mails().await.into_iter().map(|mail| mail.to).collect();
            assert_eq!(mails, to.iter().map(|to| (*to).to_owned()).collect::<Vec<_>>(), "{body}");
            assert_eq!(shown(&ada, &id).await["delivery"], if to.is_some() { "sent" } else { "none" });
        }
        drop(kim);
        let rows = json!([{ "email": "a@example.org" }, { "email": "b@example.org" }, {}]);
        let (status, answer) = ada.post(&format!("/bands/{band}/invites/bulk"), json!({ "rows": rows })).await;
        assert_eq!(status, 201, "{answer}");
        assert_eq!(world.mails().await.len(), 2);
    }

    pub async fn a_link_that_somebody_has_used_is_sent_again_but_not_called_to_mind(world: &World) {
        let (ada, joe) = (world.account("ada").await, world.account("joe").await);
        let band = ada.band("The Night Owls").await;
        let body = json!({ "kind": "link", "email": "kim@example.org", "max_uses": 9, "expires_at": null });
        let (id, token) = ada.invite(&band, body).await;
        assert_eq!(joe.accept(&token).await.0, 200);
        assert_eq!(world.mails().await.len(), 1, "it was for kim, whoever else has used it");
        let now = world.clock.now().micros();
        let sql = "UPDATE invite SET next_reminder_at = $1 WHERE uses = 1";
        let node = world.second_node().await;
        node.store().write::<_, Error, _>(move |tx| tx.execute(sql, &[&now])).await.unwrap();
        assert!(world.mails().await.is_empty());
        assert_eq!(ada.post(&format!("/invites/{id}/resend"), json!({})).await.0, 200);
        assert_eq!(world.mails().await.len(), 1);
        assert_eq!(shown(&ada, &id).await["delivery"], "sent");
    }

    pub async fn names_and_messages_add_nothing_to_a_mail(world: &World) {
        let body = json!({
            "username": "mallory", "display_name": "Bank <b>of</b> https://evil.example/x", "email": "m@example.org",
            "password": crate::world::PASSWORD,
        });
        let (status, answer) = world.send("POST", "/auth/register", Some(&body)).await;
        assert_eq!(status, 201, "{answer}");
        let mallory = world.person(answer["account"].clone(), answer["session"]["token"].as_str().unwrap());
        let band = mallory.band("Log in at evil.example {{ 7*7 }}").await;
        let message = "<a href=\"https://evil.example\">here</a>\nBcc: all@example.org\n.\nQUIT\n{% include \"x\" %}";
        mallory.invite(&band, json!({ "email": "kim@example.org", "message": message })).await;
        let mails = world.mails().await;
        let [mail] = &mails[..] else { panic!("{mails:?}") };
        assert!(mail.header("Bcc").is_none() && mail.header("Cc").is_none());
        assert!(!mail.text.contains("evil.example") && !mail.html.contains("evil.example"), "{}", mail.text);
        assert!(!mail.html.contains("<b>") && mail.html.matches("<a ").count() == 2, "{}", mail.html);
        assert!(mail.subject.contains("{{ 7*7 }}") && mail.text.contains("\n> .\n> QUIT\n"), "{}", mail.text);
        for link in mail.text.split_whitespace().filter(|word| word.contains("://")) {
            assert!(link.starts_with(&world.origin), "{link}");
        }
    }

    pub async fn what_is_sent_again_takes_the_place_of_what_waits(world: &World) {
        let ada = world.account("ada").await;
        let band = ada.band("The Night Owls").await;
        let (id, token) = ada.invite(&band, json!({ "email": "kim@example.org" })).await;
        let again = format!("/invites/{id}/resend");
        let (status, answer) = ada.post(&again, json!({ "rotate": true })).await;
        assert_eq!((status, &answer["invite"]["delivery"]), (200, &json!("queued")), "{answer}");
        let mails = world.mails().await;
        let [mail] = &mails[..] else { panic!("{mails:?}") };
        assert!(!mail.text.contains(&token) && mail.text.contains(answer["token"].as_str().unwrap()));
        for n in 0..2 {
            assert_eq!(ada.post(&again, json!({})).await.0, 200, "{n}");
            assert_eq!(world.mails().await.len(), 1);
        }
        let (status, answer) = ada.post(&again, json!({})).await;
        assert_eq!((status, answer["code"].as_str()), (429, Some("rate_limited")), "{answer}");
        let body = json!({ "email": "kim@example.org", "on_existing": "resend" });
        assert_eq!(ada.post(&format!("/bands/{band}/invites"), body.clone()).await.0, 429);
        world.clock.pass_hours(25);
        let (status, answer) = ada.post(&format!("/bands/{band}/invites"), body).await;
        assert_eq!((status, &answer["invite"]["id"]), (200, &json!(id)), "{answer}");
        assert_eq!(world.mails().await.len(), 1);
    }

    pub async fn nobody_is_mailed_more_often_a_day_than_they_can_bear(world: &World) {
        let ada = world.account("ada").await;
        let mut last = (String::new(), String::new());
        for n in 0..11 {
            let band = ada.band(&format!("Band {n}")).await;
            last = ada.invite(&band, json!({ "email": "kim@example.org" })).await;
        }
        assert_eq!(world.mails().await.len(), 10);
        assert_eq!(shown(&ada, &last.0).await["delivery"], "suppressed");
        world.clock.pass_hours(25);
        let band = ada.band("Tomorrow").await;
        ada.invite(&band, json!({ "email": "kim@example.org" })).await;
        assert_eq!(world.mails().await.len(), 1);
    }

    pub async fn links_made_together_are_no_way_to_mail_one_address_more_often(world: &World) {
        let ada = world.account("ada").await;
        let band = ada.band("The Night Owls").await;
        ada.invite(&band, json!({ "email": "kim@example.org" })).await;
        let mut rows = vec![json!({ "email": "kim@example.org" }); 12];
        rows.push(json!({ "email": "sam@example.org" }));
        let body = json!({ "kind": "link", "rows": rows });
        let (status, answer) = ada.post(&format!("/bands/{band}/invites/bulk"), body).await;
        assert_eq!(status, 201, "{answer}");
        let mut to: Vec<String> = world.mails().await.into_iter().map(|mail| mail.to).collect();
        to.sort_unstable();
        assert_eq!((to.len(), to[9].as_str(), to[10].as_str()), (11, "kim@example.org", "sam@example.org"));
        let list = ada.get(&format!("/bands/{band}/invites?limit=200")).await.1;
        let invites = list["invites"].as_array().unwrap();
        assert_eq!(invites.iter().filter(|one| one["delivery"] == "suppressed").count(), 3);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_reminded_only_at_an_address_it_has_shown_to_be_its_own() {
    let mut settings = with_mail();
    settings.policy.reminder_hours = vec![24];
    settings.policy.default_ttl_hours = guestlist::domain::Hours(None);
    for world in World::each_with(settings.clone()).await {
        let (ada, kim) = (world.account("ada").await, world.account("kim").await);
        let _joe = world.account("joe").await;
        for name in ["kim", "joe"] {
            verify(&world, name).await;
        }
        let band = ada.band("The Night Owls").await;
        let (id, _) = ada.invite(&band, json!({ "username": "kim" })).await;
        ada.invite(&band, json!({ "username": "joe" })).await;
        assert_eq!(world.mails().await.len(), 2);
        let change = json!({ "email": "victim@example.org", "current_password": crate::world::PASSWORD });
        let (status, answer) = kim.patch("/me", change).await;
        assert_eq!((status, &answer["email_verified"]), (200, &json!(false)), "{answer}");
        world.clock.pass_hours(24);
        let reminders = world.mails().await.into_iter().filter(|mail| mail.subject.contains("invites you"));
        assert_eq!(reminders.map(|mail| mail.to).collect::<Vec<_>>(), ["joe@example.org"]);
        assert_eq!(shown(&ada, &id).await["reminders_sent"], 0);
        plan::check(&world);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reminders_come_when_they_are_due_and_what_was_missed_comes_once() {
    let mut settings = with_mail();
    settings.policy.reminder_hours = vec![24, 48, 72];
    settings.policy.default_ttl_hours = guestlist::domain::Hours(None);
    for world in World::each_with(Settings { ..settings.clone() }).await {
        let ada = world.account("ada").await;
        let band = ada.band("The Night Owls").await;
        let (id, _) = ada.invite(&band, json!({ "email": "kim@example.org" })).await;
        let (declined, token) = ada.invite(&band, json!({ "email": "sam@example.org" })).await;
        assert_eq!(world.mails().await.len(), 2);
        assert!(shown(&ada, &id).await["next_reminder_at"].is_string());
        world.clock.pass_hours(23);
        assert!(world.mails().await.is_empty());
        let sam = world.account("sam").await;
        verify(&world, "sam").await;
        assert_eq!(sam.post(&format!("/invites/{token}/decline"), json!({})).await.0, 204);
        world.clock.pass_hours(1);
        let mails = world.mails().await;
        let [mail] = &mails[..] else { panic!("{mails:?}") };
        assert_eq!(
            (mail.to.as_str(), mail.subject.as_str()),
            ("kim@example.org", "Reminder: ada invites you to The Night Owls")
        );
        assert_eq!(shown(&ada, &id).await["reminders_sent"], 1);
        // A week without the server: one comes, not two.
        world.clock.pass_hours(7 * 24);
        assert_eq!(world.mails().await.len(), 1);
        let invite = shown(&ada, &id).await;
        assert_eq!((&invite["reminders_sent"], &invite["next_reminder_at"]), (&json!(2), &Value::Null));
        world.clock.pass_hours(1_000);
        assert!(world.mails().await.is_empty());
        assert_eq!(shown(&ada, &declined).await["reminders_sent"], 0);
        assert!(reqwest::get(&world.metrics).await.unwrap().text().await.unwrap().contains("guestlist_mail_waiting 0"));
        plan::check(&world);
    }
}
