//! What a poll costs when nothing has changed: it is asked every few seconds, by everyone, all day.

#[path = "../../benches/server/wire.rs"]
mod wire;

use guestlist::{
    client::{Client, Origin, PlainHttp, Synced},
    domain::SessionToken,
};

use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn an_unchanged_poll_is_under_400_bytes_both_ways() {
    let world = World::sqlite().await;
    let ada = world.account("ada").await;
    ada.band("Choir").await;
    let wire = wire::Wire::before(world.origin.strip_prefix("http://").unwrap().parse().unwrap()).await;
    let origin = Origin::parse(&wire.origin, PlainHttp::LoopbackOnly).unwrap();
    let client = Client::new(origin, SessionToken::parse(&ada.session)).unwrap();
    let Synced::Changed { etag, .. } = client.sync(None).await.unwrap() else { panic!("it knew nothing before") };
    let before = wire.bytes();
    assert_eq!(client.sync(etag.as_deref()).await.unwrap(), Synced::Unchanged);
    let (asked, answered) = (wire.bytes().0 - before.0, wire.bytes().1 - before.1);
    assert!(asked + answered < 400, "{asked} asked, {answered} answered");
}
