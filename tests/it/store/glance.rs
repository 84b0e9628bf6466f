//! Reads that are done where they are asked for.

use std::thread;

use guestlist::server::store::{Error, Store, Tx};

use super::{Number, Place, add, blocker, insert};

on_both! {
    a_glance_sees_what_was_acknowledged_and_can_change_nothing,
    a_glance_that_fails_or_panics_harms_no_later_one,
    a_glance_waits_its_turn_where_all_connections_are_busy,
    a_closed_store_gives_no_glance,
}

async fn count(store: &Store) -> Result<Option<Number>, Error> {
    store.glance(|tx| tx.query_one::<Number>("SELECT COUNT(*) AS n FROM entry", &[])).await
}

async fn a_glance_sees_what_was_acknowledged_and_can_change_nothing(place: Place) {
    let store = place.open();
    for id in 1..20 {
        add(&store, id).await.unwrap();
        assert_eq!(count(&store).await, Ok(Some(Number { n: id })));
    }
    assert_eq!(store.glance(|tx| insert(tx, 100)).await, Err(Error::ReadOnly));
    assert_eq!(count(&store).await, Ok(Some(Number { n: 19 })));
}

async fn a_glance_that_fails_or_panics_harms_no_later_one(place: Place) {
    let store = place.open();
    for _ in 0..5 {
        let wrong = store.glance(|tx| tx.query_one::<Number>("SELECT nonsense AS n FROM entry", &[])).await;
        assert!(matches!(wrong, Err(Error::Refused(_))), "{wrong:?}");
        let panicked = store.glance(|_: &mut Tx<'_>| -> Result<(), Error> { panic!("a mistake in a use case") }).await;
        assert_eq!(panicked, Err(Error::Panicked));
        assert_eq!(count(&store).await, Ok(Some(Number { n: 0 })));
    }
}

async fn a_glance_waits_its_turn_where_all_connections_are_busy(mut place: Place) {
    place.options.readers = 1;
    let store = place.open();
    let (block, begins, end) = blocker();
    let reading = tokio::spawn({
        let store = store.clone();
        async move { store.read(block).await }
    });
    begins.recv().unwrap();
    let mut glancing = Box::pin(count(&store));
    let begun = std::future::poll_fn(|context| std::task::Poll::Ready(glancing.as_mut().poll(context))).await;
    assert!(begun.is_pending());
    drop(end);
    reading.await.unwrap().unwrap();
    assert_eq!(glancing.await, Ok(Some(Number { n: 0 })));
}

async fn a_closed_store_gives_no_glance(place: Place) {
    let store = place.open();
    assert_eq!(count(&store).await, Ok(Some(Number { n: 0 })));
    store.close().await;
    assert_eq!(count(&store).await, Err(Error::Closed));
}

#[tokio::test]
async fn a_glance_at_a_file_is_taken_on_the_callers_thread() {
    let place = Place::sqlite();
    let store = place.open();
    let ran = store.glance::<_, Error, _>(|_| Ok(thread::current().id())).await;
    assert_eq!(ran, Ok(thread::current().id()));
}
