//! The sample world that `--demo` shows.

use std::collections::{BTreeMap, BTreeSet};

use guestlist::{
    api::Band,
    client::{AuditQuery, BandQuery, Client, InviteQuery, Origin, Page, PlainHttp, session::SessionFile},
    config::Config,
    domain::{CancelReason, JoinStatus, Role, Status},
    local::demo::Demo,
};

async fn demo() -> Demo {
    tokio::task::spawn_blocking(|| Demo::start(&Config::default()).unwrap()).await.unwrap()
}

fn client(demo: &Demo) -> Client {
    let origin = Origin::parse(demo.origin(), PlainHttp::LoopbackOnly).unwrap();
    Client::new(origin, Some(demo.session().clone())).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sample_world_shows_every_status_and_its_counters_agree() {
    let begun = std::time::Instant::now();
    let demo = demo().await;
    println!("made in {} ms", begun.elapsed().as_millis());
    let client = client(&demo);
    assert_eq!(client.me().await.unwrap().display_name, "Ada Lovelace");
    let bands = client.bands(&BandQuery::default()).await.unwrap().bands;
    assert_eq!(bands[0].name, "The Night Owls");
    let of = |name: &str| -> &Band { bands.iter().find(|band| band.name == name).unwrap() };
    let (owls, brass, choir) = (of("The Night Owls"), of("Brass & Bone"), of("Choir"));
    assert_eq!([owls.role, brass.role, choir.role], [Some(Role::Owner), Some(Role::Admin), Some(Role::Member)]);
    assert!(owls.counts.pending >= 12 && owls.counts.members >= 9 && brass.counts.pending >= 3, "{:?}", owls.counts);
    let query = InviteQuery { page: Page { limit: Some(200), ..Page::default() }, ..InviteQuery::default() };
    let all = client.invites(owls.id, &query).await.unwrap();
    let mut seen = BTreeMap::<_, u64>::new();
    for invite in &all.invites {
        *seen.entry((invite.status, invite.cancel_reason)).or_default() += 1;
    }
    assert_eq!(seen[&(Status::Pending, None)], all.pending);
    assert_eq!(all.invites.len() as u64, all.total);
    assert!(seen[&(Status::Accepted, None)] >= 5 && seen[&(Status::Rejected, None)] >= 3);
    assert!(seen[&(Status::Cancelled, Some(CancelReason::Expired))] >= 10);
    assert!(seen[&(Status::Cancelled, Some(CancelReason::Revoked))] >= 5);
    for reason in [
        CancelReason::CampaignDeleted,
        CancelReason::CampaignExpired,
        CancelReason::InviterRemoved,
        CancelReason::OptedOut,
        CancelReason::Replaced,
        CancelReason::Superseded,
    ] {
        assert!(seen.contains_key(&(Status::Cancelled, Some(reason))), "{reason}: {seen:?}");
    }
    tokio::task::spawn_blocking(move || drop(demo)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_list_of_the_sample_world_has_something_to_show() {
    let demo = demo().await;
    let client = client(&demo);
    let bands = client.bands(&BandQuery::default()).await.unwrap().bands;
    let (owls, page) = (bands[0].id, Page { limit: Some(200), ..Page::default() });
    let campaigns = client.campaigns(owls, &page).await.unwrap().campaigns;
    assert!(campaigns.iter().any(|campaign| campaign.event.is_some() && campaign.active), "{campaigns:?}");
    let over: Vec<_> = campaigns.iter().filter(|campaign| campaign.ended_at.is_some()).collect();
    assert!(over.len() >= 3 && over.iter().all(|campaign| campaign.counts.pending == 0), "{over:?}");
    assert!(client.templates(owls, &page).await.unwrap().templates.len() >= 3);
    let asked = |status| client.join_requests(owls, status, &page);
    assert!(asked(None).await.unwrap().join_requests.len() >= 2);
    assert!(!asked(Some(JoinStatus::Denied)).await.unwrap().join_requests.is_empty());
    assert!(!client.bans(owls, &page).await.unwrap().bans.is_empty());
    let inbox = client.inbox(&page).await.unwrap().invites;
    assert!(inbox.len() >= 2 && inbox.iter().any(|waiting| waiting.message.is_some()), "{inbox:?}");
    assert!(!client.blocks(&page, false).await.unwrap().blocks.is_empty());
    assert!(client.blocks(&page, true).await.unwrap().blocks.len() >= 2);
    assert!(!client.site_codes(&page).await.unwrap().campaigns.is_empty());
    let kinds = client.stats(owls).await.unwrap();
    assert!(kinds.by_kind.len() == 4 && kinds.joins.len() >= 8 && kinds.views > 0, "{kinds:?}");
    let trail = client.audit(owls, &AuditQuery::default(), &page).await.unwrap().events;
    let days: BTreeSet<_> = trail.iter().map(|event| event.at.day()).collect();
    assert!(days.len() >= 20, "{days:?}");
    assert!(trail.is_sorted_by(|newer, older| newer.at >= older.at), "what happened is told in the order of time");
    tokio::task::spawn_blocking(move || drop(demo)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_finds_its_session_in_the_folder_and_nothing_is_left_at_the_end() {
    let demo = demo().await;
    let config = demo.config().clone();
    assert_eq!(config.client.server.as_deref(), Some(demo.origin()));
    let origin = Origin::parse(demo.origin(), PlainHttp::LoopbackOnly).unwrap();
    let sessions = SessionFile::in_folder(config.data_folder().as_deref(), None).unwrap();
    assert_eq!(sessions.get(&origin).unwrap().unwrap().token().as_ref(), Some(demo.session()));
    let folder = demo.folder().to_owned();
    assert!(folder.exists());
    tokio::task::spawn_blocking(move || drop(demo)).await.unwrap();
    assert!(!folder.exists());
}
