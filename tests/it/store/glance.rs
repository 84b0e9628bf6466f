//! Reads that are done where they are asked for.

use std::thread;

use guestlist::server::store::{Error, Store, Tx};

use super::{Number, Place, add, blocker, insert};
use guestlist::server::store::Database;

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

/// A look-up that has been asked for.
type Looking = std::pin::Pin<Box<dyn Future<Output = Result<Option<Number>, Error>>>>;

/// Begins a look-up by this statement and number, if it has one, and lets it ask.
async fn begin(store: &Store, sql: &'static str, number: Option<i64>) -> Looking {
    let store = store.clone();
    let look = move |tx: &mut Tx<'_>| match number {
        Some(number) => tx.query_one::<Number>(sql, &[&number]),
        None => tx.query_one::<Number>(sql, &[]),
    };
    let mut looking = Box::pin(async move { store.glance(look).await });
    let begun = std::future::poll_fn(|context| std::task::Poll::Ready(looking.as_mut().poll(context))).await;
    assert!(begun.is_pending());
    looking
}

const BY_ID: &str = "SELECT id AS n FROM entry WHERE id = $1";

/// A store of a hundred entries with two connections for look-ups, which wait as long as its table is locked.
struct Locked {
    store: Store,
    /// Who holds the lock, in a transaction.
    other: tokio_postgres::Client,
    /// Who sees what waits: within a transaction what others do is seen as it was when it was asked for first.
    eye: tokio_postgres::Client,
}

impl Locked {
    async fn new(place: &mut Place) -> Self {
        place.options.readers = 2;
        let Database::Postgres(url) = &place.options.database else { panic!("PostgreSQL alone locks a table") };
        let connect = async || {
            let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
            drop(tokio::spawn(connection));
            client
        };
        let (other, eye) = (connect().await, connect().await);
        let store = place.open();
        for id in 1..=100 {
            add(&store, id).await.unwrap();
        }
        other.batch_execute("BEGIN; LOCK TABLE entry").await.unwrap();
        Self { store, other, eye }
    }

    /// Lets go of the table once both connections wait for it.
    async fn open_once_both_wait(&self) {
        let both = "SELECT COUNT(*) FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%FROM entry%'";
        let mut tries = 0;
        while self.eye.query_one(both, &[]).await.unwrap().get::<_, i64>(0) < 2 {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            tries += 1;
            assert!(tries < 1_000, "the look-ups do not wait for the table");
        }
        self.other.batch_execute("COMMIT").await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn look_ups_that_wait_for_postgres_are_asked_together_and_each_gets_its_own_answer() {
    let Some(mut place) = Place::postgres() else { return };
    let locked = Locked::new(&mut place).await;
    // The last ones are of nobody.
    let mut all = Vec::new();
    for id in 1..=120 {
        all.push((id, begin(&locked.store, BY_ID, Some(id)).await));
    }
    let gone = all.swap_remove(40);
    drop(gone);
    locked.open_once_both_wait().await;
    for (id, looking) in all {
        assert_eq!(looking.await, Ok((id <= 100).then_some(Number { n: id })), "{id}");
    }
    // Whichever connection was free first took the most of those who waited.
    let together = "SELECT COUNT(*) FROM pg_stat_activity
        WHERE datname = current_database() AND query LIKE '%unnest%' AND pid <> pg_backend_pid()";
    assert!(locked.eye.query_one(together, &[]).await.unwrap().get::<_, i64>(0) > 0);
    // And who comes alone is asked alone, on the same connections.
    assert_eq!(count(&locked.store).await, Ok(Some(Number { n: 100 })));
}

#[tokio::test(flavor = "multi_thread")]
async fn as_many_look_ups_wait_for_postgres_as_may_and_the_next_is_busy() {
    let Some(mut place) = Place::postgres() else { return };
    place.options.queue = 3;
    let locked = Locked::new(&mut place).await;
    let mut all = Vec::new();
    for id in 1..=5 {
        all.push((id, begin(&locked.store, BY_ID, Some(id)).await));
        let waiting = if id <= 2 { 0 } else { id as usize - 2 };
        // Whoever finds a connection free goes out by it, soon.
        for _ in 0..1_000 {
            if locked.store.waiting().reads != waiting {
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
        }
        assert_eq!(locked.store.waiting().reads, waiting, "{id}");
    }
    let next = locked.store.glance(|tx| tx.query_one::<Number>(BY_ID, &[&6_i64])).await;
    assert_eq!(next, Err(Error::Busy));
    locked.open_once_both_wait().await;
    for (id, looking) in all {
        assert_eq!(looking.await, Ok(Some(Number { n: id })));
    }
    assert_eq!(locked.store.waiting().reads, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_postgres_refuses_of_one_spoils_no_look_up_that_was_asked_with_it() {
    let Some(mut place) = Place::postgres() else { return };
    let locked = Locked::new(&mut place).await;
    let divides = "SELECT id AS n FROM entry WHERE id = $1 AND 100 / ($1 - 50) IS NOT NULL";
    let mut all = Vec::new();
    for id in 1..=100 {
        all.push((id, begin(&locked.store, divides, Some(id)).await));
    }
    locked.open_once_both_wait().await;
    for (id, looking) in all {
        let found = looking.await;
        match id {
            50 => assert!(matches!(&found, Err(Error::Refused(why)) if why.contains("zero")), "{found:?}"),
            _ => assert_eq!(found, Ok(Some(Number { n: id })), "{id}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_cannot_be_asked_for_several_is_asked_for_each() {
    let Some(mut place) = Place::postgres() else { return };
    let locked = Locked::new(&mut place).await;
    // The one has no value of which there could be several, the other ends where it would have to go on.
    let statements =
        [("SELECT COUNT(*) AS n FROM entry", None, 100), ("SELECT id AS n FROM entry WHERE id = $1;", Some(7), 7)];
    let mut all = Vec::new();
    for (sql, number, n) in statements.into_iter().cycle().take(40) {
        all.push((n, begin(&locked.store, sql, number).await));
    }
    locked.open_once_both_wait().await;
    for (n, looking) in all {
        assert_eq!(looking.await, Ok(Some(Number { n })));
    }
}
