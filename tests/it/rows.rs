//! Every row of every table, so that two moments can be compared.

use std::collections::BTreeMap;

use guestlist::server::store::Database;

use crate::world::World;

/// The rows as text, by table.
pub type Rows = BTreeMap<String, Vec<String>>;

/// What stands in the database now; of each row all columns but `views`, which count looks.
pub async fn rows(world: &World) -> Rows {
    let rows = match &world.database {
        Database::Sqlite(path) => of_sqlite(path),
        Database::Postgres(url) => of_postgres(url).await,
    };
    assert!(rows.len() > 10 && !rows["account"].is_empty(), "the tables are found");
    rows
}

/// How often all invites were looked at, as is written down.
pub async fn looks(world: &World) -> i64 {
    let sql = "SELECT CAST(SUM(views) AS bigint) FROM invite";
    match &world.database {
        Database::Sqlite(path) => {
            rusqlite::Connection::open(path).unwrap().query_row(sql, [], |row| row.get(0)).unwrap()
        }
        Database::Postgres(url) => {
            let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
            tokio::spawn(connection);
            client.query_one(sql, &[]).await.unwrap().get(0)
        }
    }
}

/// What is no longer there and what is new, by table.
pub fn changes(before: &Rows, after: &Rows) -> Vec<String> {
    let mut changes = Vec::new();
    for table in before.keys().chain(after.keys().filter(|table| !before.contains_key(*table))) {
        let [old, new] = [before, after].map(|rows| rows.get(table).map(Vec::as_slice).unwrap_or_default());
        changes.extend(old.iter().filter(|row| !new.contains(row)).map(|row| format!("{table}: gone: {row}")));
        changes.extend(new.iter().filter(|row| !old.contains(row)).map(|row| format!("{table}: new: {row}")));
    }
    changes
}

fn of_sqlite(path: &std::path::Path) -> Rows {
    let database = rusqlite::Connection::open(path).unwrap();
    let tables = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'shadow')";
    let mut tables = database.prepare(tables).unwrap();
    let tables = tables.query_map([], |row| row.get::<_, String>(0)).unwrap().map(Result::unwrap);
    let rows = |table: String| {
        let mut all = database.prepare(&format!("SELECT * FROM \"{table}\"")).unwrap();
        let names: Vec<String> = all.column_names().map(str::to_owned).collect();
        let row = |row: &rusqlite::Row<'_>| {
            let told = names.iter().enumerate().filter(|(_, name)| *name != "views");
            let told = told.map(|(n, name)| Ok(format!("{name}={:?} ", row.get_ref(n)?)));
            told.collect::<rusqlite::Result<String>>()
        };
        let rows = all.query_map([], row).unwrap().map(Result::unwrap).collect();
        (table, rows)
    };
    tables.map(rows).collect()
}

async fn of_postgres(url: &str) -> Rows {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let tables = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'";
    let mut rows = Rows::new();
    for table in client.query(tables, &[]).await.unwrap() {
        let table: String = table.get(0);
        let sql = format!("SELECT (to_jsonb(t) - 'views')::text FROM {table} t");
        let found = client.query(&sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
        rows.insert(table, found);
    }
    rows
}
