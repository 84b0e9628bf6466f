//! All or nothing: an accept is one transaction, and what was acknowledged is there after any end.

use guestlist::server::store::{Database, Dialect};
use serde_json::{Value, json};

use crate::{
    authorization::{Scene, TABLE, body},
    members::id,
    world::{Person, World, on_each_database},
};

on_each_database! {
    an_accept_that_fails_anywhere_leaves_nothing,
    every_operation_has_its_audit_row_or_changes_nothing,
    what_is_done_to_the_site_and_by_ones_own_list_has_its_audit_row_or_changes_nothing,
    audit_rows_stay_as_they_are,
}

/// Makes every write of a kind to a table fail, as a full disk or a dead server would.
async fn break_table(world: &World, when: &str, table: &str) {
    match world.app.store().dialect() {
        Dialect::Sqlite => {
            world
                .run(&format!(
                    "CREATE TRIGGER broken BEFORE {when} ON {table} BEGIN SELECT RAISE (ABORT, 'broken'); END"
                ))
                .await;
        }
        Dialect::Postgres => {
            world
                .run(
                    "CREATE OR REPLACE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS
                     $$ BEGIN RAISE EXCEPTION 'broken'; END $$",
                )
                .await;
            world
                .run(&format!("CREATE TRIGGER broken BEFORE {when} ON {table} FOR EACH ROW EXECUTE FUNCTION broken()"))
                .await;
        }
    }
}

async fn mend_table(world: &World, table: &str) {
    let on = world.app.store().dialect().pick(String::new(), format!(" ON {table}"));
    world.run(&format!("DROP TRIGGER broken{on}")).await;
}

async fn an_accept_that_fails_anywhere_leaves_nothing(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    let band = ada.band("Choir").await;
    let (id, token) = ada.invite(&band, json!({})).await;
    let state = async || {
        let path = format!("/bands/{band}");
        let parts = [
            path.clone(),
            format!("{path}/invites"),
            format!("{path}/members"),
            format!("{path}/audit"),
            format!("/invites/{id}/redemptions"),
        ];
        let mut state = Vec::new();
        for part in parts {
            state.push(ada.get(&part).await.1);
        }
        state
    };
    let before = state().await;
    for (when, table) in
        [("INSERT", "member"), ("UPDATE", "invite"), ("INSERT", "redemption"), ("INSERT", "audit"), ("UPDATE", "band")]
    {
        break_table(&world, when, table).await;
        let path = format!("/invites/{token}/accept");
        for (status, answer) in [kim.accept(&token).await, kim.post_once(&path, table, json!({})).await] {
            assert_eq!((status, &answer["code"]), (500, &json!("internal")), "{table}");
            assert!(!answer.to_string().contains("broken"), "the cause is for the log");
        }
        assert_eq!(state().await, before, "{table}");
        mend_table(&world, table).await;
    }
    assert_eq!(kim.accept(&token).await.1["outcome"], "joined");
}

/// Everything that stands in the database, row by row.
async fn dump(world: &World) -> Vec<String> {
    let mut rows = match &world.database {
        Database::Sqlite(path) => dump_of_sqlite(&rusqlite::Connection::open(path).unwrap()),
        Database::Postgres(url) => dump_of_postgres(url).await,
    };
    rows.sort();
    rows
}

fn dump_of_sqlite(db: &rusqlite::Connection) -> Vec<String> {
    // What the index of words consists of is in tables of its own.
    let tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'";
    let mut tables = db.prepare(tables).unwrap();
    let tables: Vec<String> = tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let mut dump = Vec::new();
    for table in tables {
        let mut all = db.prepare(&format!("SELECT * FROM {table}")).unwrap();
        let columns = all.column_count();
        let mut rows = all.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let values: Vec<_> = (0..columns).map(|n| row.get_ref(n).unwrap()).collect();
            dump.push(format!("{table} {values:?}"));
        }
    }
    dump
}

async fn dump_of_postgres(url: &str) -> Vec<String> {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let tables = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'";
    let mut dump = Vec::new();
    for table in client.query(tables, &[]).await.unwrap() {
        let table: &str = table.get(0);
        for row in client.query(&format!("SELECT t::text FROM {table} t"), &[]).await.unwrap() {
            dump.push(format!("{table} {}", row.get::<_, &str>(0)));
        }
    }
    dump
}

/// What leaves no row in the trail.
const UNTOLD: &[(&str, &str)] = &[
    // What a person does about their own sessions.
    ("POST", "/auth/login"),
    ("POST", "/auth/logout"),
    ("POST", "/auth/password/forgot"),
    ("DELETE", "/me/sessions/{id}"),
    // Who is in already does not come in.
    ("POST", "/bands/{id}/join"),
];

/// Asks while no audit row can be written: the status and the answer, and what stands in the database that did not before.
async fn ask_without_audit(
    world: &World,
    who: Option<&Person>,
    (method, path): (&str, &str),
    body: Option<&Value>,
) -> (u16, Value, Vec<String>) {
    break_table(world, "INSERT", "audit").await;
    let before = dump(world).await;
    let (status, answer) = match who {
        Some(person) => person.send(method, path, body).await,
        None => world.send(method, path, body).await,
    };
    let after = dump(world).await;
    mend_table(world, "audit").await;
    let new = after.iter().filter(|row| !before.contains(row)).cloned();
    let gone = before.iter().filter(|row| !after.contains(row)).map(|row| format!("no more: {row}"));
    (status, answer, new.chain(gone).collect())
}

async fn every_operation_has_its_audit_row_or_changes_nothing(world: World) {
    world.account("someone").await;
    let mut scene = Scene::new(&world, 0).await;
    let (mut faults, mut told) = (Vec::new(), 0);
    for (number, (method, path, statuses)) in TABLE.iter().enumerate().filter(|(_, row)| row.0 != "GET") {
        // The owner where they may, else whoever can: of a token that is out, somebody from outside.
        let order = if path.contains("{token}") { [1, 5, 4, 2, 0] } else { [5, 4, 2, 1, 0] };
        let Some(who) = order.into_iter().find(|&who| statuses[who] < 300) else { continue };
        let (real, body) = (scene.path(path, who).await, body(method, path, &scene));
        let (status, answer, changed) =
            ask_without_audit(&world, scene.people[who].as_ref(), (method, &real), body.as_ref()).await;
        let is_told = !UNTOLD.contains(&(method, path));
        let is_right = if is_told { status == 500 && changed.is_empty() } else { status == statuses[who] };
        if !is_right {
            faults.push(format!("{method} {path}: {status} {answer}\n    {}", changed.join("\n    ")));
        }
        told += usize::from(is_told);
        if status < 300 {
            scene = Scene::new(&world, number + 1).await;
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(told > 30, "{told}");
}

async fn what_is_done_to_the_site_and_by_ones_own_list_has_its_audit_row_or_changes_nothing(world: World) {
    let [ada, kim, runner] = world.people(3).await.try_into().ok().unwrap();
    world.make_site_admin(&runner).await;
    let band = ada.band("Choir").await;
    let (status, codes) = runner.post("/site/codes", json!({ "count": 2, "name": "Newcomers" })).await;
    assert_eq!(status, 201, "{codes}");
    let (invite, _) = ada.invite(&band, json!({ "kind": "user", "account_id": id(&kim) })).await;
    let open = json!({ "name": "Open Choir", "join": "open" });
    let (status, open) = ada.post("/bands", open).await;
    assert_eq!(status, 201, "{open}");
    let open = open["id"].as_str().unwrap();
    let campaign = codes["campaign"]["id"].as_str().unwrap();
    let nothing = json!({});
    for (person, method, path, body) in [
        (&runner, "PUT", format!("/site/accounts/{}/quota", id(&kim)), json!({ "limit": 5 })),
        (&runner, "POST", "/site/codes".to_owned(), json!({ "count": 2, "name": "More" })),
        (&runner, "PATCH", format!("/campaigns/{campaign}"), json!({ "message": "Come" })),
        (&runner, "POST", format!("/campaigns/{campaign}/expire"), nothing.clone()),
        (&runner, "DELETE", format!("/campaigns/{campaign}"), nothing.clone()),
        (&kim, "POST", format!("/me/invites/{invite}/accept"), nothing.clone()),
        (&kim, "POST", format!("/me/invites/{invite}/decline"), nothing.clone()),
        (&kim, "POST", format!("/bands/{open}/join"), nothing.clone()),
    ] {
        let (status, answer, changed) = ask_without_audit(&world, Some(person), (method, &path), Some(&body)).await;
        assert_eq!((status, &changed), (500, &Vec::new()), "{method} {path}: {answer}");
    }
}

async fn audit_rows_stay_as_they_are(world: World) {
    let _ada = world.account("ada").await.band("Choir").await;
    let upsert = "SELECT * FROM audit WHERE 1 = 1 ON CONFLICT (seq) DO UPDATE SET action = 'nothing'";
    let own = match world.database {
        Database::Sqlite(_) => ["REPLACE INTO audit SELECT * FROM audit", &format!("INSERT INTO audit {upsert}")],
        Database::Postgres(_) => ["TRUNCATE audit", &format!("INSERT INTO audit OVERRIDING SYSTEM VALUE {upsert}")],
    };
    for sql in ["UPDATE audit SET action = 'nothing'", "DELETE FROM audit"].into_iter().chain(own) {
        let error = format!("{:?}", world.try_run(sql).await.expect_err(sql));
        assert!(error.contains("audit rows "), "{sql}: {error}");
    }
}
