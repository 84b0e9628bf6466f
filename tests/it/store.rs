//! The storage engine, on both databases, by way of a small schema of its own.

use std::{sync::mpsc, time::Duration};

use guestlist::domain::BandId;
use guestlist::server::store::{Database, Error, Migration, Options, Store, Tx};
use proptest::{
    collection::vec,
    prelude::{Strategy, any},
    test_runner::TestRunner,
};

use crate::{plan::plan, postgres::fresh_database};

guestlist::row! {
    #[derive(Debug, PartialEq)]
    struct Number { n: i64 }
}
guestlist::row! {
    #[derive(Debug, Clone, PartialEq)]
    struct Entry { id: i64, label: Option<String>, data: Option<Vec<u8>>, flag: bool, band: Option<[u8; 16]> }
}

const SCHEMA: &[Migration] = &[Migration {
    version: 1,
    sqlite: "CREATE TABLE band(id BLOB PRIMARY KEY, revision INTEGER NOT NULL DEFAULT 0) STRICT;
             CREATE TABLE entry(id INTEGER PRIMARY KEY, label TEXT UNIQUE, data BLOB, flag INTEGER NOT NULL DEFAULT 0,
                                band BLOB REFERENCES band) STRICT",
    postgres: "CREATE TABLE band(id uuid PRIMARY KEY, revision bigint NOT NULL DEFAULT 0);
               CREATE TABLE entry(id bigint PRIMARY KEY, label text UNIQUE, data bytea, flag boolean NOT NULL DEFAULT FALSE,
                                  band uuid REFERENCES band)",
}];

/// An empty database, and what is needed to keep it for the length of a test.
struct Place {
    options: Options,
    folder: Option<tempfile::TempDir>,
}

impl Place {
    fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = Options::new(Database::Sqlite(folder.path().join("guestlist.db")));
        Self { options: Options { migrations: SCHEMA, ..options }, folder: Some(folder) }
    }

    fn postgres() -> Option<Self> {
        Some(Self { options: on(&fresh_database()?), folder: None })
    }

    fn open(&self) -> Store {
        Store::open(&self.options).unwrap()
    }
}

fn on(url: &str) -> Options {
    Options { migrations: SCHEMA, ..Options::new(url.parse().unwrap()) }
}

/// Every behaviour is a test of its own on each database.
macro_rules! on_both {
    ($($name:ident,)*) => {
        mod sqlite {$(
            #[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name(super::Place::sqlite()).await;
            }
        )*}
        mod postgres {$(
            #[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                if let Some(place) = super::Place::postgres() {
                    super::$name(place).await;
                }
            }
        )*}
    };
}

mod faults;
mod glance;
mod schema;

on_both! {
    what_was_acknowledged_is_there_after_reopening,
    an_error_leaves_nothing_behind,
    neighbours_of_a_failing_and_of_a_panicking_write_commit,
    a_swallowed_violation_aborts,
    unused_and_missing_parameters_are_refused,
    parameters_are_bound_by_number,
    more_rows_than_one_are_an_error,
    touch_bumps_each_band_once_a_transaction,
    touching_in_any_order_never_deadlocks,
    a_read_sees_one_snapshot,
    a_read_cannot_write,
    a_full_queue_is_busy,
    a_late_answer_is_a_timeout_and_its_work_is_not_begun,
    a_dropped_caller_leaves_work_whole_or_not_begun,
    closing_drains_the_queues,
    a_dead_thread_is_an_error_not_a_hang,
    values_come_back_as_they_went_in,
    statements_are_recorded,
    two_programs_can_migrate_at_once,
    a_failed_migration_is_undone_and_can_be_repeated,
    a_newer_schema_is_refused,
    a_schema_of_the_same_number_but_other_statements_is_refused,
    a_database_of_a_build_that_kept_no_statements_is_refused,
}

fn insert(tx: &mut Tx<'_>, id: i64) -> Result<(), Error> {
    assert_eq!(tx.execute("INSERT INTO entry(id) VALUES ($1)", &[&id])?, 1);
    Ok(())
}

async fn add(store: &Store, id: i64) -> Result<(), Error> {
    store.write(move |tx| insert(tx, id)).await
}

/// The ids of all entries, in order.
async fn ids(store: &Store) -> Vec<i64> {
    let rows: Vec<Number> = store
        .read(|tx| tx.query::<Number>("SELECT id AS n FROM entry ORDER BY id", &[]))
        .await
        .unwrap_or_else(|e: Error| panic!("{e}"));
    rows.into_iter().map(|row| row.n).collect()
}

/// Keeps the only writer busy: says when it has begun, ends when it is told to.
fn blocker() -> (impl FnMut(&mut Tx<'_>) -> Result<(), Error> + Send + 'static, mpsc::Receiver<()>, mpsc::Sender<()>) {
    let (begun, begins) = mpsc::channel();
    let (end, ends) = mpsc::channel();
    let block = move |_: &mut Tx<'_>| {
        begun.send(()).unwrap();
        let _ = ends.recv();
        Ok(())
    };
    (block, begins, end)
}

async fn what_was_acknowledged_is_there_after_reopening(place: Place) {
    let store = place.open();
    for id in 0..20 {
        add(&store, id).await.unwrap();
        let second = place.open(); // while the first is still open: only what is committed can be seen
        assert_eq!(ids(&second).await.last(), Some(&id));
    }
}

async fn an_error_leaves_nothing_behind(place: Place) {
    let store = place.open();
    let refused: Result<(), Error> = store
        .write(|tx| {
            insert(tx, 1)?;
            Err(Error::Refused("the rule said no".to_owned()))
        })
        .await;
    assert_eq!(refused, Err(Error::Refused("the rule said no".to_owned())));
    assert!(ids(&store).await.is_empty());
}

async fn neighbours_of_a_failing_and_of_a_panicking_write_commit(mut place: Place) {
    place.options.writers = 1;
    let store = place.open();
    let (block, _begins, end) = blocker();
    let failing = |tx: &mut Tx<'_>| insert(tx, 2).and_then(|()| insert(tx, 1));
    let panicking = |tx: &mut Tx<'_>| -> Result<(), Error> {
        insert(tx, 3)?;
        panic!("a mistake in a use case")
    };
    // All of them wait behind the first, so that the writer takes them together.
    let (first, one, violated, panicked, four, ()) = tokio::join!(
        store.write(block),
        add(&store, 1),
        store.write(failing),
        store.write(panicking),
        add(&store, 4),
        async move { drop(end) },
    );
    assert_eq!((first, one, four), (Ok(()), Ok(()), Ok(())));
    assert!(matches!(violated, Err(Error::Constraint(_))), "{violated:?}");
    assert_eq!(panicked, Err(Error::Panicked));
    assert_eq!(ids(&store).await, [1, 4]);
}

async fn a_swallowed_violation_aborts(place: Place) {
    let store = place.open();
    add(&store, 1).await.unwrap();
    let swallowed: Result<(), Error> = store
        .write(|tx| {
            let _ = insert(tx, 1);
            Ok(())
        })
        .await;
    assert_eq!(swallowed, Err(Error::Aborted));
    let went_on: Result<(), Error> = store
        .write(|tx| {
            let _ = insert(tx, 1);
            insert(tx, 2)
        })
        .await;
    assert_eq!(went_on, Err(Error::Aborted));
    assert_eq!(ids(&store).await, [1]);
}

async fn unused_and_missing_parameters_are_refused(place: Place) {
    let store = place.open();
    let unused = store.write(|tx| tx.execute("UPDATE entry SET label = $1", &[&"a", &"b"])).await;
    assert_eq!(unused, Err(Error::Parameters));
    let missing = store.write(|tx| tx.execute("UPDATE entry SET label = $1 WHERE id = $2", &[&"a"])).await;
    assert_eq!(missing, Err(Error::Parameters));
    let gap = store.write(|tx| tx.execute("UPDATE entry SET label = $1 WHERE id = $3", &[&"a", &1_i64])).await;
    assert!(gap.is_err(), "{gap:?}");
    add(&store, 1).await.unwrap();
}

async fn parameters_are_bound_by_number(place: Place) {
    guestlist::row! {
        #[derive(Debug, PartialEq)]
        struct Mixed { a: i64, b: i64, c: i64, s: String, none: Option<i64> }
    }
    let store = place.open();
    let sql =
        "SELECT $3::bigint AS a, $1::bigint AS b, $3::bigint + $1::bigint AS c, $2::text AS s, $4::bigint AS none";
    let row: Option<Mixed> =
        store.read::<_, Error, _>(|tx| tx.query_one(sql, &[&1_i64, &"two", &3_i64, &None::<i64>])).await.unwrap();
    assert_eq!(row, Some(Mixed { a: 3, b: 1, c: 4, s: "two".to_owned(), none: None }));
}

async fn more_rows_than_one_are_an_error(place: Place) {
    let store = place.open();
    for id in [1, 2] {
        add(&store, id).await.unwrap();
    }
    let one = |sql| store.read(move |tx| tx.query_one::<Number>(sql, &[]));
    assert_eq!(one("SELECT id AS n FROM entry").await, Err(Error::Rows(2)));
    assert_eq!(one("SELECT id AS n FROM entry WHERE id > 1").await, Ok(Some(Number { n: 2 })));
    assert_eq!(one("SELECT id AS n FROM entry WHERE id > 2").await, Ok(None));
    assert_eq!(one("SELECT id AS other FROM entry WHERE id > 1").await, Err(Error::Column("n")));
}

async fn touch_bumps_each_band_once_a_transaction(place: Place) {
    let store = place.open();
    bands(&store, 3).await;
    store
        .write::<_, Error, _>(|tx| {
            for band in [2, 0, 2, 2] {
                tx.touch(BandId::from_bytes([band; 16]));
            }
            Ok(())
        })
        .await
        .unwrap();
    assert_eq!(revisions(&store).await, [1, 0, 1]);
    let refused: Result<(), Error> = store
        .write(|tx| {
            tx.touch(BandId::from_bytes([1; 16]));
            Err(Error::Busy)
        })
        .await;
    assert_eq!(refused, Err(Error::Busy));
    assert_eq!(revisions(&store).await, [1, 0, 1]);
}

async fn touching_in_any_order_never_deadlocks(place: Place) {
    let store = place.open();
    bands(&store, 8).await;
    let tasks: Vec<_> = (0..200_u8)
        .map(|n| {
            let store = store.clone();
            tokio::spawn(async move {
                store
                    .write::<_, Error, _>(move |tx| {
                        for step in 0..8 {
                            tx.touch(BandId::from_bytes([if n % 2 == 0 { step } else { 7 - step }; 16]));
                        }
                        Ok(())
                    })
                    .await
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert_eq!(revisions(&store).await, [200; 8]);
}

async fn bands(store: &Store, count: u8) {
    for band in 0..count {
        let added = store.write(move |tx| tx.execute("INSERT INTO band(id) VALUES ($1)", &[&[band; 16]])).await;
        assert_eq!(added, Ok::<_, Error>(1));
    }
}

async fn revisions(store: &Store) -> Vec<i64> {
    let read = store.read(|tx| tx.query::<Number>("SELECT revision AS n FROM band ORDER BY id", &[])).await;
    read.unwrap_or_else(|e: Error| panic!("{e}")).into_iter().map(|row| row.n).collect()
}

async fn a_read_sees_one_snapshot(place: Place) {
    let store = place.open();
    let (looked, looks) = mpsc::channel();
    let (go_on, goes_on) = mpsc::channel::<()>();
    let count = |tx: &mut Tx<'_>| tx.query_one::<Number>("SELECT COUNT(*) AS n FROM entry", &[]);
    let reading = tokio::spawn({
        let store = store.clone();
        async move {
            store
                .read::<_, Error, _>(move |tx| {
                    let before = count(tx)?;
                    looked.send(()).unwrap();
                    let _ = goes_on.recv();
                    Ok((before, count(tx)?))
                })
                .await
        }
    });
    looks.recv().unwrap();
    add(&store, 1).await.unwrap();
    drop(go_on);
    assert_eq!(reading.await.unwrap(), Ok((Some(Number { n: 0 }), Some(Number { n: 0 }))));
    assert_eq!(ids(&store).await, [1]);
}

async fn a_read_cannot_write(place: Place) {
    let store = place.open();
    let written = store.read(|tx| insert(tx, 1)).await;
    assert_eq!(written, Err(Error::ReadOnly));
    assert!(ids(&store).await.is_empty());
}

async fn a_full_queue_is_busy(mut place: Place) {
    (place.options.writers, place.options.queue) = (1, 1);
    let store = place.open();
    let (block, begins, end) = blocker();
    let running = tokio::spawn({
        let store = store.clone();
        async move { store.write(block).await }
    });
    begins.recv().unwrap();
    let (waits, busy, ()) = tokio::join!(add(&store, 1), add(&store, 2), async move { drop(end) });
    assert_eq!((running.await.unwrap(), waits, busy), (Ok(()), Ok(()), Err(Error::Busy)));
    assert!(Error::Busy.is_unavailable());
    add(&store, 3).await.unwrap();
    assert_eq!(ids(&store).await, [1, 3]);
}

async fn a_late_answer_is_a_timeout_and_its_work_is_not_begun(mut place: Place) {
    (place.options.writers, place.options.patience) = (1, Duration::from_secs(1));
    let store = place.open();
    let (block, begins, end) = blocker();
    let running = tokio::spawn({
        let store = store.clone();
        async move { store.write(block).await }
    });
    begins.recv().unwrap();
    assert_eq!(add(&store, 1).await, Err(Error::Timeout));
    drop(end);
    let _ = running.await.unwrap(); // itself late, but it had begun
    add(&store, 2).await.unwrap();
    assert_eq!(ids(&store).await, [2]);
}

async fn a_dropped_caller_leaves_work_whole_or_not_begun(place: Place) {
    let store = place.open();
    let pair = |id| store.write(move |tx| insert(tx, id).and_then(|()| insert(tx, id + 1)));
    for n in 0..200 {
        let _ = tokio::time::timeout(Duration::from_micros(n * 10), pair(n as i64 * 2)).await;
    }
    store.close().await;
    let found = ids(&place.open()).await;
    assert!(found.chunks(2).all(|both| both[0] % 2 == 0 && both[1] == both[0] + 1), "{found:?}");
}

async fn closing_drains_the_queues(place: Place) {
    let store = place.open();
    let waiting: Vec<_> = (0..100)
        .map(|id| {
            let store = store.clone();
            tokio::spawn(async move { add(&store, id).await.map(|()| id) })
        })
        .collect();
    tokio::task::yield_now().await;
    store.close().await;
    let mut acknowledged = Vec::new();
    for task in waiting {
        match task.await.unwrap() {
            Ok(id) => acknowledged.push(id),
            Err(error) => assert_eq!(error, Error::Closed), // it came after the door was shut
        }
    }
    assert_eq!(add(&store, 1000).await, Err(Error::Closed));
    assert_eq!(ids(&place.open()).await, acknowledged);
    store.close().await;
}

async fn a_dead_thread_is_an_error_not_a_hang(mut place: Place) {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("outside of the use case");
        }
    }
    place.options.writers = 1;
    let store = place.open();
    let (block, begins, end) = blocker();
    let mut block = Some(block);
    let running = tokio::spawn({
        let store = store.clone();
        async move {
            store.write::<_, Error, _>(move |tx| block.take().unwrap()(tx).map(|()| Bomb)).await.map(std::mem::forget)
        }
    });
    begins.recv().unwrap();
    running.abort(); // so the answer is dropped on the writer's thread
    let _ = running.await;
    drop(end);
    while add(&store, 1).await.is_ok() {} // until the thread is gone
    assert_eq!(add(&store, 2).await, Err(Error::Closed));
    store.close().await;
}

async fn values_come_back_as_they_went_in(place: Place) {
    let store = place.open();
    let text = "[^\\x00]{0,40}";
    let values =
        (any::<i64>(), proptest::option::of(text), proptest::option::of(vec(any::<u8>(), 0..80)), any::<bool>());
    let entry = values.prop_map(|(id, label, data, flag)| Entry { id, label, data, flag, band: None });
    let runtime = tokio::runtime::Handle::current();
    let checked = tokio::task::spawn_blocking(move || {
        TestRunner::default().run(&entry, |entry| {
            let sent = entry.clone();
            let back = runtime.block_on(store.write::<_, Error, _>(move |tx| {
                let _ = tx.execute("DELETE FROM entry", &[])?;
                let Entry { id, label, data, flag, band } = &sent;
                tx.query_one::<Entry>(
                    "INSERT INTO entry(id, label, data, flag, band) VALUES ($1, $2, $3, $4, $5)
                     RETURNING id, label, data, flag, band",
                    &[id, label, data, flag, band],
                )
            }));
            assert_eq!(back, Ok(Some(entry)));
            Ok(())
        })
    });
    checked.await.unwrap().unwrap();
}

async fn statements_are_recorded(mut place: Place) {
    place.options.record = true;
    let store = place.open();
    add(&store, 1).await.unwrap();
    add(&store, 2).await.unwrap();
    assert_eq!(ids(&store).await, [1, 2]);
    let update = "UPDATE entry SET flag = NOT flag WHERE id = $1";
    assert_eq!(store.write(move |tx| tx.execute(update, &[&2_i64])).await, Ok::<_, Error>(1));
    let recorded = store.recorded();
    assert_eq!(recorded, ["INSERT INTO entry(id) VALUES ($1)", "SELECT id AS n FROM entry ORDER BY id", update]);
    for sql in recorded {
        plan(&place.options.database, sql).unwrap();
    }
    let steps = plan(&place.options.database, update).unwrap();
    assert!(steps.contains("PRIMARY KEY") || steps.contains("entry_pkey"), "{steps}");
    assert!(plan(&place.options.database, "SELECT nothing FROM entry").is_err());
}

async fn two_programs_can_migrate_at_once(place: Place) {
    let starts: Vec<_> = (0..4)
        .map(|_| {
            let options = place.options.clone();
            tokio::task::spawn_blocking(move || Store::open(&options))
        })
        .collect();
    for start in starts {
        let store = start.await.unwrap().unwrap();
        assert_eq!(versions(&store).await, [1]);
    }
}

async fn versions(store: &Store) -> Vec<i64> {
    let read = store.read(|tx| tx.query::<Number>("SELECT version AS n FROM schema_migration ORDER BY version", &[]));
    read.await.unwrap_or_else(|e: Error| panic!("{e}")).into_iter().map(|row| row.n).collect()
}

async fn a_failed_migration_is_undone_and_can_be_repeated(place: Place) {
    const HALF: &str = "CREATE TABLE half(id bigint); CREATE TABLE nonsense(";
    const WHOLE: &str = "CREATE TABLE half(id integer)";
    const BROKEN: &[Migration] = &[SCHEMA[0], Migration { version: 2, sqlite: HALF, postgres: HALF }];
    const MENDED: &[Migration] = &[SCHEMA[0], Migration { version: 2, sqlite: WHOLE, postgres: WHOLE }];
    let failed = Store::open(&Options { migrations: BROKEN, ..place.options.clone() }).map(drop);
    assert!(matches!(failed, Err(Error::Migration { version: 2, .. })), "{failed:?}");
    assert_eq!(versions(&place.open()).await, [1]);
    let store = Store::open(&Options { migrations: MENDED, ..place.options.clone() }).unwrap();
    assert_eq!(versions(&store).await, [1, 2]);
}

async fn a_newer_schema_is_refused(place: Place) {
    place.open().close().await;
    let older = Store::open(&Options { migrations: &[], ..place.options.clone() }).map(drop);
    assert_eq!(older, Err(Error::TooNew { found: 1, known: 0 }));
    assert!(older.unwrap_err().to_string().contains("start a newer guestlist"));
}

async fn a_schema_of_the_same_number_but_other_statements_is_refused(place: Place) {
    const OTHER: &str = "CREATE TABLE other(id bigint)";
    const OTHERS: &[Migration] = &[Migration { version: 1, sqlite: OTHER, postgres: OTHER }];
    place.open().close().await;
    let foreign = Store::open(&Options { migrations: OTHERS, ..place.options.clone() }).map(drop);
    assert_eq!(foreign, Err(Error::Foreign));
    assert_eq!(versions(&place.open()).await, [1], "who made it can use it still");
}

async fn a_database_of_a_build_that_kept_no_statements_is_refused(place: Place) {
    let store = place.open();
    let forgets = store.write(|tx| {
        tx.execute("ALTER TABLE schema_migration DROP COLUMN digest", &[])?;
        Ok::<_, Error>(())
    });
    forgets.await.unwrap();
    store.close().await;
    assert_eq!(Store::open(&place.options).map(drop), Err(Error::Foreign));
}

#[test]
fn an_address_of_a_database_is_checked_and_its_password_is_not_shown() {
    let url = "postgres://ada:secret@db.example.org/guestlist";
    let database: Database = url.parse().unwrap();
    assert!(!format!("{database:?} {database}").contains("secret"));
    for wrong in ["", "guestlist.db", "sqlite:", "mysql://ada:secret@db", "postgres:guestlist"] {
        let error = wrong.parse::<Database>().unwrap_err().to_string();
        assert!(error.contains("sqlite:PATH or postgres://") && !error.contains("secret"), "{error}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn the_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::sqlite();
    let store = place.open();
    add(&store, 1).await.unwrap();
    for file in std::fs::read_dir(place.folder.as_ref().unwrap()).unwrap() {
        let file = file.unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", file.file_name());
    }
    store.close().await;
    let path = place.folder.as_ref().unwrap().path().join("guestlist.db");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let refused = Store::open(&place.options).map(drop).unwrap_err().to_string();
    assert!(refused.contains(&format!("chmod 600 '{}'", path.display())), "{refused}");
    // What is something else is not to be closed for it.
    let other = place.folder.as_ref().unwrap().path().join("hosts");
    std::fs::write(&other, "127.0.0.1 localhost").unwrap();
    std::fs::set_permissions(&other, std::fs::Permissions::from_mode(0o644)).unwrap();
    let options = Options { database: Database::Sqlite(other.clone()), ..place.options.clone() };
    let refused = Store::open(&options).map(drop).unwrap_err().to_string();
    assert!(refused.contains("it is no SQLite database") && !refused.contains("chmod"), "{refused}");
    assert_eq!(std::fs::read_to_string(other).unwrap(), "127.0.0.1 localhost");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    assert!(Store::open(&place.options).is_ok());
}

/// Errors of a use case can be of its own type, as long as a store error fits in.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("gone")]
    Gone,
    #[error(transparent)]
    Store(#[from] Error),
}

#[tokio::test]
async fn a_use_case_answers_with_errors_of_its_own() {
    let place = Place::sqlite();
    let store = place.open();
    let gone: Result<(), _> = store.write(|_| Err(Refused::Gone)).await;
    assert!(matches!(gone, Err(Refused::Gone)));
    let wrong: Result<(), _> = store.write(|tx| Ok::<_, Refused>(insert(tx, 1).and_then(|()| insert(tx, 1))?)).await;
    assert!(matches!(wrong, Err(Refused::Store(Error::Constraint(_)))));
}
