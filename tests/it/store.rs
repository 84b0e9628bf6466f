//! The storage engine, on both databases, by way of a small schema of its own.

use guestlist::server::store::{Database, Error, Migration, Options, Store};

guestlist::row! {
    #[derive(Debug)]
    struct Number { n: i64 }
}

const SCHEMA: &[Migration] = &[Migration {
    version: 1,
    sqlite: "CREATE TABLE band(id BLOB PRIMARY KEY, revision INTEGER NOT NULL DEFAULT 0) STRICT",
    postgres: "CREATE TABLE band(id uuid PRIMARY KEY, revision bigint NOT NULL DEFAULT 0)",
}];

#[tokio::test]
async fn smoke() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = Options::new(Database::Sqlite(folder.path().join("db")));
    options.migrations = SCHEMA;
    let store = Store::open(&options).unwrap();
    let n = store.write(|tx| tx.execute("INSERT INTO band(id) VALUES ($1)", &[&[7_u8; 16]])).await.unwrap();
    assert_eq!(n, 1);
    store
        .write::<_, Error, _>(|tx| {
            tx.touch([7; 16]);
            Ok(())
        })
        .await
        .unwrap();
    let n: Vec<Number> = store.read::<_, Error, _>(|tx| tx.query("SELECT revision AS n FROM band", &[])).await.unwrap();
    assert_eq!(n[0].n, 1);
    store.close().await;
}
