//! How many rows a page of a list looks at, whatever the rows of the band are like: numbers, never times.

use guestlist::{domain::search_terms, server::store::Database};
use serde_json::{Value, json};

use crate::world::{Person, World};

/// Steps of SQLite's machine, or rows that PostgreSQL's scans gave or threw away, at the most for one statement: some
/// for each of the 5,000 rows that are looked at, and far fewer than 20,000 rows take.
const MOST: [i64; 2] = [5_000 * 80, 5_000 * 4];

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_sqlite_looks_at_so_many_rows_and_no_more() {
    looks_at_so_many(World::sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_postgres_looks_at_so_many_rows_and_no_more() {
    if let Some(world) = World::postgres().await {
        looks_at_so_many(world).await;
    }
}

/// 20,000 invites: the older half are cancelled links labelled alike, the newer half pending addresses; the oldest of
/// the latter is the one that is cancelled.
async fn skewed(world: &World, ada: &Person) -> String {
    let band = ada.band("Choir").await;
    ada.invite(&band, json!({ "label": "the drummer" })).await;
    world.copy_invites(19_999).await;
    let half = "SELECT seq FROM invite ORDER BY seq LIMIT 1 OFFSET 10000";
    world.run(&format!("UPDATE invite SET kind = 'email' WHERE seq >= ({half})")).await;
    world.run(&format!("UPDATE invite SET status = 'cancelled', expires_at = 1 WHERE seq <= ({half})")).await;
    band
}

async fn looks_at_so_many(world: World) {
    let ada = world.account("ada").await;
    let band = skewed(&world, &ada).await;
    let mut too_many = Vec::new();
    for query in [
        "status=pending&sort=expires",
        "status=cancelled",
        "status=pending&kind=link",
        "status=cancelled&kind=email",
        "kind=link&sort=-expires",
        "q=drummer&status=cancelled",
        "q=drummer&status=cancelled&kind=email&sort=expires",
    ] {
        let before = world.app.store().recorded();
        let mut path = format!("/bands/{band}/invites?limit=50&{query}");
        let (status, page) = ada.get(&path).await;
        assert_eq!(status, 200, "{page}");
        for sql in world.app.store().recorded().into_iter().filter(|sql| !before.contains(sql)) {
            if sql.contains("invite i") {
                let (n, most) = work(&world.database, &filled(&world, sql, &band, query));
                if n > most {
                    too_many.push(format!("{query}: {n}, {sql}"));
                }
            }
        }
        // What fits is found, however many pages have nothing.
        let (mut found, mut page) = (rows(&page), page);
        while let (0, Some(next)) = (found, page["next_cursor"].as_str()) {
            path = format!("/bands/{band}/invites?limit=50&{query}&cursor={next}");
            page = ada.get(&path).await.1;
            found = rows(&page);
        }
        let expected = match query {
            "status=pending&kind=link" => 0,
            both if both.contains("email") => 1,
            _ => 50,
        };
        assert_eq!(found, expected, "{query}");
    }
    assert!(too_many.is_empty(), "{}", too_many.join("\n\n"));
}

fn rows(page: &Value) -> usize {
    page["invites"].as_array().unwrap().len()
}

/// A statement of a first page with its values in their places, each told by what stands before it.
fn filled(world: &World, sql: &str, band: &str, query: &str) -> String {
    let sqlite = matches!(world.database, Database::Sqlite(_));
    let of = |key: &str| {
        let value = query.split('&').find_map(|part| part.strip_prefix(key)?.strip_prefix('=')).unwrap();
        format!("'{value}'")
    };
    let words = search_terms(&band.replace('-', ""), "drummer").join(if sqlite { " AND " } else { " & " });
    let mut parts = sql.split('$');
    let mut filled = parts.next().unwrap().to_owned();
    for part in parts {
        let value = match filled.rsplit(' ').find(|word| !matches!(*word, "" | "=" | "<" | ">")).unwrap() {
            "i.band" if sqlite => format!("x'{}'", band.replace('-', "")),
            "i.band" => format!("'{band}'"),
            "i.status" => of("status"),
            "i.kind" => of("kind"),
            "MATCH" | "@@" => format!("'{words}'"),
            "LIKE" => "'%drummer%'".to_owned(),
            "LIMIT" => "51".to_owned(),
            other => panic!("{other} in {sql}"),
        };
        filled.push_str(&value);
        filled.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    filled
}

/// What a statement takes, and what it may.
fn work(database: &Database, sql: &str) -> (i64, i64) {
    match database {
        Database::Sqlite(path) => {
            let db = rusqlite::Connection::open(path).unwrap();
            let mut statement = db.prepare(sql).unwrap();
            let mut rows = statement.raw_query();
            while rows.next().unwrap().is_some() {}
            drop(rows);
            (statement.get_status(rusqlite::StatementStatus::VmStep).into(), MOST[0])
        }
        Database::Postgres(url) => {
            let (url, sql) = (url.clone(), format!("EXPLAIN (ANALYZE, TIMING OFF, COSTS OFF, FORMAT JSON) {sql}"));
            let thread = std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(async {
                    let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
                    tokio::spawn(connection);
                    let answers = client.simple_query(&sql).await.unwrap();
                    let text = answers.iter().find_map(|answer| match answer {
                        tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
                        _ => None,
                    });
                    scanned(&serde_json::from_str::<Value>(&text.unwrap()).unwrap()[0]["Plan"])
                })
            });
            (thread.join().unwrap(), MOST[1])
        }
    }
}

/// The rows that the scans of tables gave or threw away. A bitmap over words is no row yet.
fn scanned(node: &Value) -> i64 {
    let number = |key: &str| node[key].as_f64().unwrap_or_default();
    let own = if node["Relation Name"] == "invite" {
        let each = number("Actual Rows") + number("Rows Removed by Filter") + number("Rows Removed by Index Recheck");
        (each * number("Actual Loops")) as i64
    } else {
        0
    };
    own + node["Plans"].as_array().into_iter().flatten().map(scanned).sum::<i64>()
}
