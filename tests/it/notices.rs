//! What is mailed to those who invited, once someone has come in.

use guestlist::{
    domain::{OnAcceptCancel, Policy, Preset},
    server::Settings,
};
use serde_json::{Value, json};

use crate::{
    counts,
    mail::verify,
    plan,
    world::{Person, World, with_mail},
};

/// To whom the mails are that are due, and their subjects, in the order of the addresses.
async fn subjects(world: &World) -> Vec<(String, String)> {
    let mut all: Vec<_> = world.mails().await.into_iter().map(|mail| (mail.to, mail.subject)).collect();
    all.sort();
    all
}

fn told(of: &[(&str, &str)]) -> Vec<(String, String)> {
    of.iter().map(|(to, subject)| (format!("{to}@example.org"), (*subject).to_owned())).collect()
}

async fn shown(person: &Person, invite: &str) -> Value {
    person.get(&format!("/invites/{invite}")).await.1
}

/// Someone who may invite to the band, at a verified address.
async fn inviter(world: &World, owner: &Person, band: &str, username: &str) -> Person {
    let person = world.account(username).await;
    let (_, token) = owner.invite(band, json!({ "role": "admin", "send": false })).await;
    assert_eq!(person.accept(&token).await.0, 200);
    verify(world, username).await;
    person
}

#[tokio::test(flavor = "multi_thread")]
async fn who_invited_hears_that_someone_came_in_and_the_others_that_theirs_has_ended() {
    for world in World::each_with(with_mail()).await {
        let (ada, kim) = (world.account("ada").await, world.account("kim").await);
        verify(&world, "kim").await;
        let band = ada.band("The Night Owls").await;
        let sam = inviter(&world, &ada, &band, "sam").await;
        assert!(world.mails().await.is_empty(), "an address that was only typed hears nothing");
        verify(&world, "ada").await;
        let (by_name, _) = sam.invite(&band, json!({ "username": "kim", "send": false })).await;
        let (mailed, token) = ada.invite(&band, json!({ "email": "kim@example.org" })).await;
        assert_eq!(subjects(&world).await, told(&[("kim", "ada invites you to The Night Owls")]));
        let sent_at = shown(&ada, &mailed).await["sent_at"].clone();
        world.clock.pass_seconds(60);
        assert_eq!(kim.accept(&token).await.0, 200);
        let mails = world.mails().await;
        let mut all: Vec<_> = mails.iter().map(|mail| (mail.to.clone(), mail.subject.clone())).collect();
        all.sort();
        let expected =
            [("ada", "kim joined The Night Owls"), ("sam", "Your invite for kim to The Night Owls has ended")];
        assert_eq!(all, told(&expected));
        for mail in &mails {
            assert!(mail.text.contains("/opt-out/out_") && mail.header("List-Unsubscribe").is_some(), "{}", mail.text);
        }
        assert_eq!(shown(&ada, &mailed).await["sent_at"], sent_at, "a notice is no mail of the invite");
        assert_eq!(shown(&sam, &by_name).await["delivery"], "none");
        // Coming in again, or by one's own link, tells nobody anything.
        assert_eq!(kim.accept(&token).await.0, 200);
        let (_, own) = ada.invite(&band, json!({})).await;
        assert_eq!(ada.accept(&own).await.0, 200);
        assert!(world.mails().await.is_empty());
        // Who approves lets in by the invite of who made it.
        let eve = world.account("eve").await;
        let (_, token) = sam.invite(&band, json!({ "requires_approval": true })).await;
        assert_eq!(eve.accept(&token).await.0, 202);
        assert!(world.mails().await.is_empty());
        let all = format!("/bands/{band}/join-requests");
        let request = ada.get(&all).await.1["join_requests"][0]["id"].as_str().unwrap().to_owned();
        assert_eq!(ada.post(&format!("{all}/{request}/approve"), json!({})).await.0, 200);
        assert_eq!(subjects(&world).await, told(&[("sam", "eve joined The Night Owls")]));
        plan::check(&world);
        counts::add_up(world.app.store()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_left_or_has_had_enough_is_not_told() {
    for world in World::each_with(with_mail()).await {
        let ada = world.account("ada").await;
        let band = ada.band("The Night Owls").await;
        let sam = inviter(&world, &ada, &band, "sam").await;
        let (_, token) = sam.invite(&band, json!({ "max_uses": null })).await;
        for person in world.people(22).await {
            assert_eq!(person.accept(&token).await.0, 200);
        }
        assert_eq!(world.mails().await.len(), 20, "a link that many use fills nobody's inbox");
        world.clock.pass_hours(25);
        let (kim, joe) = (world.account("kim").await, world.account("joe").await);
        assert_eq!(kim.accept(&token).await.0, 200);
        assert_eq!(sam.post(&format!("/bands/{band}/leave"), json!({})).await.0, 204);
        assert_eq!(joe.accept(&token).await.0, 200);
        assert!(world.mails().await.is_empty());
        plan::check(&world);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn under_the_community_preset_inviters_of_other_bands_are_told_too() {
    let policy = Policy::preset(Preset::Community);
    assert_eq!(policy.on_accept_cancel, OnAcceptCancel::Everywhere);
    for world in World::each_with(Settings { policy: policy.clone(), ..with_mail() }).await {
        let (ada, joe, kim) = (world.account("ada").await, world.account("joe").await, world.account("kim").await);
        for name in ["ada", "joe", "kim"] {
            verify(&world, name).await;
        }
        let (owls, brass) = (ada.band("The Night Owls").await, joe.band("Brass").await);
        let (_, token) = ada.invite(&owls, json!({ "username": "kim", "send": false })).await;
        let (ended, _) = joe.invite(&brass, json!({ "email": "kim@example.org", "send": false })).await;
        assert_eq!(kim.accept(&token).await.0, 200);
        assert_eq!(shown(&joe, &ended).await["cancel_reason"], "superseded");
        let expected = [("ada", "kim joined The Night Owls"), ("joe", "Your invite for kim to Brass has ended")];
        assert_eq!(subjects(&world).await, told(&expected));
    }
}
