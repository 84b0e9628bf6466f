//! How many rows a page of a list looks at, whatever the rows of the band are like: numbers, never times.

use guestlist::{
    domain::{search_terms, search_tokens},
    server::store::Database,
};
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
    passes_by_pages_without_rows(&world, &ada, &band).await;
    assert!(too_many.is_empty(), "{}", too_many.join("\n\n"));
}

/// A command that lists goes on by itself where a page has nothing and the list does.
async fn passes_by_pages_without_rows(world: &World, ada: &Person, band: &str) {
    let path = format!("/bands/{band}/invites?kind=email&status=cancelled&sort=created");
    let (_, first) = ada.get(&path).await;
    assert_eq!(rows(&first), 0);
    assert!(first["next_cursor"].is_string());
    let home = tempfile::tempdir().unwrap();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_guestlist"));
    command.args(["invites", "list", band, "--kind", "email", "--status", "cancelled", "--sort", "created", "--json"]);
    command.env_clear().envs(crate::measured::told()).env("HOME", home.path());
    command.env("GUESTLIST_SERVER", &world.origin).env("GUESTLIST_TOKEN", &ada.session);
    let output = tokio::task::block_in_place(|| command.output()).unwrap();
    let list: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    assert_eq!(list["invites"].as_array().map(Vec::len), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
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
            // Of a walk, and of a page.
            "LIMIT" if part.contains(") AS i WHERE") || part.contains(") AS looked") => "5000".to_owned(),
            "LIMIT" => "51".to_owned(),
            "OFFSET" => "4999".to_owned(),
            "i.status_at" => (world.clock.now().micros() - 600_000_000).to_string(),
            other => panic!("{other} in {sql}"),
        };
        filled.push_str(&value);
        filled.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    filled
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fits_a_common_word_is_counted_out_of_an_index_alone_and_once() {
    let world = World::sqlite().await;
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    ada.invite(&band, json!({ "label": "the drummer" })).await;
    world.copy_invites(1_500).await;
    let path = format!("/bands/{band}/invites?limit=50&q=");
    let statements = |before: &[&'static str]| {
        let recorded = world.app.store().recorded();
        recorded.into_iter().filter(|sql| !before.contains(sql) && sql.contains("LIKE")).collect::<Vec<_>>()
    };
    let before = world.app.store().recorded();
    let (_, page) = ada.get(&format!("{path}drummer")).await;
    assert_eq!((rows(&page), &page["matched"]), (50, &json!(1_000)));
    let (counts, pages): (Vec<_>, Vec<_>) = statements(&before).into_iter().partition(|sql| sql.contains("COUNT(*)"));
    assert_eq!(
        (counts.len(), pages.len()),
        (2, 1),
        "a few rows are tried, 1,000 are counted, and a page is read: {counts:?}"
    );
    for sql in counts {
        let plan = crate::plan::plan(&world.database, sql).unwrap();
        assert!(plan.contains("USING COVERING INDEX invite_band "), "{sql}\n{plan}");
    }
    // A rare word is tried on those few rows alone, and then found by the index of words.
    let (_, page) = ada.get(&format!("{path}nobody")).await;
    assert_eq!((rows(&page), &page["matched"]), (0, &json!(0)));
}

/// 40,000 bands to join, in which Ada is, too: newer than the one that is called otherwise.
async fn many_bands(world: &World, ada: &Person) {
    for name in ["Choir", "Duo"] {
        let band = ada.band(name).await;
        assert_eq!(ada.patch(&format!("/bands/{band}"), json!({ "join": "open" })).await.0, 200);
    }
    let id = world.app.store().dialect().pick("randomblob(16)", "gen_random_uuid()");
    for sql in [
        &format!(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40000)
             INSERT INTO band (id, name, join_mode, invite_permission, created_at, search_text)
             SELECT {id}, name, join_mode, invite_permission, created_at, search_text
             FROM band, n WHERE seq = (SELECT MAX(seq) FROM band)"
        ),
        "INSERT INTO member (band, account, role, can_invite, joined_at)
         SELECT b.id, m.account, 'member', m.can_invite, m.joined_at FROM band b JOIN member m ON m.role = 'owner'
         WHERE b.name = 'Duo' AND m.seq = (SELECT MAX(seq) FROM member)
            AND NOT EXISTS (SELECT 1 FROM member o WHERE o.band = b.id)",
    ] {
        assert_eq!(world.run(sql).await, 40_000);
    }
    if let Database::Postgres(_) = &world.database {
        assert_eq!(world.run("ANALYZE band").await + world.run("ANALYZE member").await, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_among_bands_looks_at_so_many_and_goes_on_behind_them() {
    for (most, world) in [(MOST[0], Some(World::sqlite().await)), (MOST[1], World::postgres().await)] {
        let Some(world) = world else { continue };
        let ada = world.account("ada").await;
        many_bands(&world, &ada).await;
        for (query, found) in [
            ("scope=open&q=choir", 1),
            ("scope=open&q=ch", 1),
            ("scope=open&q=nobody", 0),
            ("scope=mine&q=choir", 1),
            ("scope=mine&q=nobody", 0),
        ] {
            for (begin, on) in [("", "next_cursor"), ("&cursor=last", "prev_cursor")] {
                let (mut path, mut pages, mut names) = (format!("/bands?{query}{begin}"), 0, Vec::new());
                loop {
                    let _ = world.app.store().measured();
                    let (status, page) = ada.get(&path).await;
                    assert_eq!(status, 200, "{page}");
                    let took = world.app.store().measured();
                    assert!(took <= most, "{path}: {took}");
                    names.extend(page["bands"].as_array().unwrap().iter().map(|band| band["name"].clone()));
                    pages += 1;
                    let Some(cursor) = page[on].as_str() else { break };
                    path = format!("/bands?{query}&cursor={cursor}");
                }
                assert_eq!(names, vec![json!("Choir"); found], "{query}{begin}");
                assert_eq!(pages, 9, "{query}{begin}: 5,000 a page");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_for_people_looks_at_so_many_and_no_more() {
    for (most, world) in [(MOST[0], Some(World::sqlite().await)), (MOST[1], World::postgres().await)] {
        let Some(world) = world else { continue };
        let ada = world.account("ada").await;
        // Every piece of what is looked for is in this name, but not in that order.
        let name = "cabca";
        world.account(name).await;
        let (id, column) = world.app.store().dialect().pick(("randomblob(16)", ""), ("gen_random_uuid()", ", search"));
        let copy = format!(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40000)
             INSERT INTO account (id, username, username_key, display_name, email, email_verified, password_hash,
                site_admin, created_at, search_text{column})
             SELECT {id}, username || i, username || i, display_name, i || email, email_verified, password_hash,
                site_admin, created_at, search_text{column} FROM account, n WHERE username = '{name}'"
        );
        assert_eq!(world.run(&copy).await, 40_000);
        match &world.database {
            Database::Sqlite(_) => {
                let tokens = search_tokens("a", &[name]);
                let index = format!(
                    "INSERT INTO account_search (rowid, tokens) SELECT seq, '{tokens}' FROM account
                     WHERE display_name = '{name}' AND username <> '{name}'"
                );
                assert_eq!(world.run(&index).await, 40_000);
            }
            Database::Postgres(_) => assert_eq!(world.run("ANALYZE account").await, 0),
        }
        let _ = world.app.store().measured();
        let (status, found) = ada.get("/accounts?q=abcab").await;
        let took = world.app.store().measured();
        assert_eq!((status, &found["accounts"]), (200, &json!([])));
        assert!(took <= most, "{took}");
        assert_eq!(ada.get("/accounts?q=cabca").await.1["accounts"].as_array().map(Vec::len), Some(20));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_of_many_lengths_are_few_statements() {
    for world in [Some(World::sqlite().await), World::postgres().await].into_iter().flatten() {
        let ada = world.account("ada").await;
        let band = ada.band("Choir").await;
        let path = format!("/bands/{band}/invites");
        let (status, made) = ada.post(&format!("{path}/bulk"), json!({ "rows": vec![json!({}); 40] })).await;
        assert_eq!(status, 201, "{made}");
        let page = ada.get(&format!("{path}?limit=40")).await.1;
        let ids: Vec<&Value> = page["invites"].as_array().unwrap().iter().map(|invite| &invite["id"]).collect();
        let mut known = Vec::new();
        for (n, role) in [17, 32, 18, 19, 23, 25, 31].into_iter().zip(["admin", "member"].into_iter().cycle()) {
            for (action, args) in [
                ("extend", json!({ "ttl_hours": 5 })),
                ("set_role", json!({ "role": role })),
                ("revoke", json!(null)),
                ("restore", json!(null)),
            ] {
                world.clock.pass_seconds(1);
                let wish = json!({ "action": action, "ids": ids[..n], "args": args });
                let (status, done) = ada.post(&format!("{path}/actions"), wish).await;
                assert_eq!((status, &done["done"]), (200, &json!(n)), "{done}");
            }
            let recorded = world.app.store().recorded().into_iter().filter(|sql| sql.contains(" IN ($"));
            let lists: Vec<&str> = recorded.collect();
            let new: Vec<_> = lists.iter().filter(|sql| !known.contains(*sql)).collect();
            assert!(known.is_empty() || new.is_empty(), "{n}: {new:?}");
            known = lists;
        }
        assert!(known.len() >= 4, "{known:?}");
    }
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

impl World {
    /// Puts this many copies of the newest invite beside it; their tokens are nobody's, and no figure counts them.
    pub async fn crowd(&self, count: usize) {
        let (id, hash) = self.app.store().dialect().pick(
            ("randomblob(16)", "randomblob(32)"),
            ("gen_random_uuid()", "sha256(convert_to(gen_random_uuid()::text, 'UTF8'))"),
        );
        let copied = self
            .run(&format!(
                "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})
                 INSERT INTO invite (id, band, campaign, kind, role, status, token_hash, token_sealed, hint, max_uses,
                    created_at, created_by, expires_at, status_at, requires_approval, policy)
                 SELECT {id}, band, campaign, kind, role, status, {hash}, token_sealed, hint, max_uses, created_at,
                    created_by, expires_at, status_at, requires_approval, policy
                 FROM invite, n WHERE seq = (SELECT MAX(seq) FROM invite)"
            ))
            .await;
        assert_eq!(copied, count as u64);
    }
}

/// Whose invites a step looks at: the condition, and its values before those of the place in the band.
fn ways(world: &World, band: &str, campaign: &str, maker: &str) -> [(&'static str, Vec<String>); 3] {
    let sqlite = matches!(world.database, Database::Sqlite(_));
    let uuid = |id: &str| if sqlite { format!("x'{}'", id.replace('-', "")) } else { format!("'{id}'") };
    [
        ("campaign = $1", vec![uuid(campaign)]),
        ("band = $1 AND created_by = $2", vec![uuid(band), uuid(maker)]),
        ("band = $1 AND seq", vec![uuid(band)]),
    ]
}

/// A statement with these values in their places.
fn with(sql: &str, values: &[String]) -> String {
    let each = values.iter().enumerate().rev();
    each.fold(sql.to_owned(), |sql, (n, value)| sql.replace(&format!("${}", n + 1), value))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_of_a_decision_looks_at_a_thousand_invites_wherever_it_is() {
    for world in [Some(World::sqlite().await), World::postgres().await].into_iter().flatten() {
        let (ada, joe) = (world.account("ada").await, world.account("joe").await);
        let band = ada.band("Choir").await;
        let (_, made) = ada.post(&format!("/bands/{band}/campaigns"), json!({ "name": "Tour" })).await;
        let campaign = made["campaign"]["id"].as_str().unwrap();
        crate::members::let_in(&ada, &band, "admin", &[&joe]).await;
        joe.invite(&band, json!({ "campaign_id": campaign })).await;
        world.crowd(20_000).await;
        let maker = joe.account["id"].as_str().unwrap().to_owned();
        // Of 20,000 the first 15,000 have ended; those of others stand between.
        let seq = |n: i64| format!("(SELECT MIN(seq) FROM invite) + {n}");
        world.run(&format!("UPDATE invite SET status = 'cancelled' WHERE seq <= {}", seq(15_000))).await;
        let first = world.number("SELECT MIN(seq) AS n FROM invite").await;
        let past = first + 15_000;
        if let Database::Postgres(_) = &world.database {
            assert_eq!(world.run("ANALYZE invite").await, 0);
        }
        for (way, values) in ways(&world, &band, campaign, &maker) {
            let way = way.strip_suffix(" AND seq").unwrap_or(way);
            for from in [first - 1, past] {
                let end = from + 1_000;
                let next = format!(
                    "SELECT seq FROM invite WHERE {way} AND seq > {from} AND seq <= {}
                    AND status = 'pending' ORDER BY seq LIMIT 1000",
                    first + 30_000
                );
                let step = format!(
                    "SELECT 1 FROM invite WHERE status = 'pending' AND (expires_at IS NULL OR expires_at > 1)
                    AND {way} AND seq > {from} AND seq <= {end}"
                );
                for sql in [next, step] {
                    let (n, most) = work(&world.database, &with(&sql, &values));
                    assert!(n <= most / 2, "{n} of {most}: {sql}");
                }
            }
        }
        // The same statements run in thousands of statements for 5,000 invites, not for each of them.
        let before = world.app.store().statements_run();
        let member = format!("/bands/{band}/members/{maker}?revoke_invites=true");
        assert_eq!(ada.delete(&member).await.0, 204);
        let statements = world.app.store().statements_run() - before;
        assert!(statements < 6 * 150, "{statements}");
        assert_eq!(world.number("SELECT COUNT(*) AS n FROM decision").await, 0);
        let left = "SELECT COUNT(*) AS n FROM invite WHERE status = 'pending'";
        assert_eq!(world.number(left).await, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_by_a_filter_looks_at_what_was_taken_back_just_now() {
    for world in [Some(World::sqlite().await), World::postgres().await].into_iter().flatten() {
        let ada = world.account("ada").await;
        let band = ada.band("Choir").await;
        ada.invite(&band, json!({})).await;
        world.crowd(20_000).await;
        let then = world.clock.now().micros() - 600_000_000;
        world
            .run(&format!("UPDATE invite SET status = 'cancelled', cancel_reason = 'revoked', status_at = {then}"))
            .await;
        for _ in 0..3 {
            let (invite, _) = ada.invite(&band, json!({})).await;
            assert_eq!(ada.delete(&format!("/invites/{invite}")).await.0, 204);
        }
        if let Database::Postgres(_) = &world.database {
            assert_eq!(world.run("ANALYZE invite").await, 0);
        }
        let path = format!("/bands/{band}/invites/actions");
        let (_, answer) = ada.post(&path, json!({ "action": "restore", "filter": { "status": "cancelled" } })).await;
        assert_eq!((&answer["done"], &answer["failed"]), (&json!(3), &json!([])), "{answer}");
        let asked = world.app.store().recorded().into_iter().filter(|sql| sql.contains("i.status_at >"));
        let statements: Vec<&str> = asked.collect();
        assert!(statements.len() >= 2, "{statements:?}");
        for sql in statements {
            let (n, most) = work(&world.database, &filled(&world, sql, &band, "status=cancelled"));
            assert!(n <= most / 100, "{n}: {sql}");
        }
    }
}

/// What the largest decisions take, and how long somebody else's write waits meanwhile.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement; run it by its name"]
async fn measure_decisions() {
    use std::time::Instant;
    for world in [Some(World::sqlite().await), World::postgres().await].into_iter().flatten() {
        let ada = world.account("ada").await;
        let other = ada.band("Other").await;
        for what in ["remove", "edit", "expire", "account"] {
            let joe = world.people(1).await.remove(0);
            let band = ada.band("Choir").await;
            crate::members::let_in(&ada, &band, "admin", &[&joe]).await;
            let (_, made) = ada.post(&format!("/bands/{band}/campaigns"), json!({ "name": "Tour" })).await;
            let campaign = made["campaign"]["id"].as_str().unwrap().to_owned();
            joe.invite(&band, json!({ "campaign_id": campaign, "role": "admin" })).await;
            world.crowd(150_000).await;
            let (begun, done) = (Instant::now(), std::sync::atomic::AtomicBool::new(false));
            let decided = async {
                let path = format!("/campaigns/{campaign}");
                let answer = match what {
                    "remove" => {
                        ada.delete(&format!(
                            "/bands/{band}/members/{}?revoke_invites=true",
                            joe.account["id"].as_str().unwrap()
                        ))
                        .await
                    }
                    "edit" => ada.patch(&path, json!({ "role": "member", "message": "Come" })).await,
                    "expire" => ada.post(&format!("{path}/expire"), json!({})).await,
                    _ => joe.delete("/me").await,
                };
                let took = begun.elapsed();
                guestlist::server::sweep::go_on(&world.app).await.unwrap();
                done.store(true, std::sync::atomic::Ordering::SeqCst);
                (answer, took, begun.elapsed())
            };
            let others = async {
                let (mut longest, mut n) = (std::time::Duration::ZERO, 0);
                while !done.load(std::sync::atomic::Ordering::SeqCst) {
                    let at = Instant::now();
                    let (status, _) =
                        ada.patch(&format!("/bands/{other}"), json!({ "name": format!("Other {n}") })).await;
                    assert_eq!(status, 200);
                    (longest, n) = (longest.max(at.elapsed()), n + 1);
                }
                (longest, n)
            };
            let ((answer, took, all), (longest, n)) = tokio::join!(decided, others);
            println!(
                "{} {what}: {} after {took:?}, all after {all:?}; {n} writes beside it, the longest {longest:?}",
                world.database, answer.0
            );
            assert!(answer.0 < 300, "{answer:?}");
        }
    }
}
