//! How a database means to run a statement: proof that it can be prepared, and that it looks where it should.

use guestlist::server::store::Database;

/// The plan of a statement, one step a line; the error of the database if it cannot prepare it. Tables need no rows:
/// PostgreSQL is told to use an index wherever one can be used.
pub fn plan(database: &Database, sql: &str) -> Result<String, String> {
    match database {
        Database::Sqlite(path) => {
            let db = rusqlite::Connection::open(path).unwrap();
            let mut statement = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).map_err(|e| e.to_string())?;
            let mut rows = statement.raw_query(); // what is not bound is NULL
            let mut steps = Vec::new();
            while let Some(row) = rows.next().map_err(|e| e.to_string())? {
                steps.push(row.get::<_, String>("detail").unwrap());
            }
            Ok(steps.join("\n"))
        }
        Database::Postgres(url) => {
            let (url, sql) = (url.clone(), sql.to_owned());
            let thread = std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(postgres_plan(&url, &sql))
            });
            thread.join().unwrap()
        }
    }
}

async fn postgres_plan(url: &str, sql: &str) -> Result<String, String> {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let parameters = client.prepare(sql).await.map_err(|e| format!("{e:?}"))?.params().len();
    let nulls = if parameters == 0 { String::new() } else { format!("({})", vec!["NULL"; parameters].join(", ")) };
    let explain = format!(
        "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off;
         PREPARE statement AS {sql}; EXPLAIN (COSTS OFF) EXECUTE statement{nulls}"
    );
    let answers = client.simple_query(&explain).await.map_err(|e| format!("{e:?}"))?;
    let steps = answers.iter().filter_map(|answer| match answer {
        tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    });
    Ok(steps.collect::<Vec<_>>().join("\n"))
}
