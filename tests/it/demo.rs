//! The sample world that `--demo` shows.

use std::collections::BTreeMap;

use guestlist::{
    api::Band,
    client::{BandQuery, Client, InviteQuery, Origin, Page, PlainHttp, session::SessionFile},
    config::Config,
    domain::{CancelReason, Role, Status},
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
    assert_eq!((owls.counts.pending, owls.counts.members), (12, 9));
    assert_eq!(brass.counts.pending, 3);
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
