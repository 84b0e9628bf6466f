//! This program's own schema: the same on both databases.

use guestlist::server::store::{Database, Error, Options, Store};

use crate::postgres::fresh_database;

guestlist::row! {
    #[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
    struct Column { table: String, name: String, kind: String, nullable: bool }
}

/// Every column of this program's own schema, in kinds that both databases have. The full-text index is a table of
/// its own on the one and a column on the other, so it is left out.
async fn columns(database: Database) -> Vec<Column> {
    let store = Store::open(&Options::new(database)).unwrap();
    let sql = store.dialect().pick(
        "SELECT t.name AS \"table\", c.name AS name, c.type AS kind,
                NOT (c.\"notnull\" OR (c.pk AND c.type = 'INTEGER')) AS nullable
         FROM sqlite_schema t, pragma_table_info(t.name) c WHERE t.type = 'table' AND t.name NOT LIKE '%\\_search%' ESCAPE '\\'
            AND t.name NOT LIKE 'sqlite%'",
        "SELECT table_name::text AS \"table\", column_name::text AS name,
                CASE data_type::text WHEN 'bigint' THEN 'INTEGER' WHEN 'integer' THEN 'INTEGER' WHEN 'boolean' THEN 'INTEGER'
                    WHEN 'text' THEN 'TEXT' WHEN 'uuid' THEN 'BLOB' WHEN 'bytea' THEN 'BLOB' ELSE data_type::text END AS kind,
                is_nullable = 'YES' AS nullable
         FROM information_schema.columns WHERE table_schema = 'public' AND column_name <> 'search'",
    );
    let mut columns: Vec<Column> = store.read::<_, Error, _>(move |tx| tx.query(sql, &[])).await.unwrap();
    columns.sort();
    columns
}

#[tokio::test(flavor = "multi_thread")]
async fn both_schemas_have_the_same_columns() {
    let Some(url) = fresh_database() else { return };
    let folder = tempfile::tempdir().unwrap();
    let sqlite = columns(Database::Sqlite(folder.path().join("guestlist.db"))).await;
    let postgres = columns(url.parse().unwrap()).await;
    for column in &sqlite {
        assert!(postgres.contains(column), "in SQLite alone: {column:?}");
    }
    for column in &postgres {
        assert!(sqlite.contains(column), "on PostgreSQL alone: {column:?}");
    }
    assert!(sqlite.iter().any(|column| column.table == "schema_migration"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_table_of_sqlite_checks_its_types() {
    guestlist::row! { struct Table { name: String, strict: bool } }
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&Options::new(Database::Sqlite(folder.path().join("guestlist.db")))).unwrap();
    let sql = "SELECT name, strict FROM pragma_table_list WHERE schema = 'main' AND name NOT LIKE 'sqlite%'
               AND name NOT LIKE '%\\_search%' ESCAPE '\\'";
    let tables: Vec<Table> = store.read::<_, Error, _>(move |tx| tx.query(sql, &[])).await.unwrap();
    let loose: Vec<&str> = tables.iter().filter(|table| !table.strict).map(|table| table.name.as_str()).collect();
    assert!(loose.is_empty() && !tables.is_empty(), "{loose:?}");
}
