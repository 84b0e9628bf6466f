//! How a database means to run a statement: proof that it can be prepared, and that it looks where it should.

use std::collections::BTreeSet;

use guestlist::server::{store::Database, sweep, views};
use serde_json::{Value, json};

use crate::world::{PASSWORD, Person, World, on_each_database};

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

/// What needs mail: the statements of these are looked at where there is some.
const BY_MAIL: [&str; 4] =
    ["POST /auth/password/forgot", "POST /auth/password/reset", "POST /me/email/verification", "POST /me/email/verify"];

on_each_database! { every_statement_of_the_api_finds_its_rows_by_an_index }

/// The operations that were called, as the description of the API names them.
#[derive(Default)]
struct Called(BTreeSet<String>);

impl Called {
    /// Calls an operation (`POST /bands`) on a path; it must succeed. Posts carry an `Idempotency-Key`.
    async fn call(&mut self, person: &Person, operation: &str, path: &str, body: Value) -> Value {
        let (method, _) = operation.split_once(' ').unwrap();
        let (status, answer) = match method {
            "POST" => person.post_once(path, operation, body).await,
            _ => person.send(method, path, Some(&body).filter(|body| !body.is_null())).await,
        };
        assert!(status < 300, "{method} {path}: {status} {answer}");
        self.0.insert(operation.to_owned());
        answer
    }
}

/// Calls everything the API has, so that every statement has run.
async fn call_everything(world: &World) -> BTreeSet<String> {
    let mut called = Called::default();
    let (ada, kim, sam) = (world.account("ada").await, world.account("kim").await, world.account("sam").await);
    accounts(&mut called, &ada, &kim).await;
    world.make_site_admin(&sam).await;
    let path = format!("/site/accounts/{}/quota", ada.account["id"].as_str().unwrap());
    called.call(&sam, "PUT /site/accounts/{id}/quota", &path, json!({ "limit": 1_000 })).await;
    blocks(&mut called, &ada, &kim, &sam).await;
    let made = called.call(&ada, "POST /bands", "/bands", json!({ "name": "Choir" })).await;
    let path = format!("/bands/{}", made["id"].as_str().unwrap());
    invites(&mut called, [&ada, &kim, &sam], &path).await;
    called.call(&ada, "GET /bands", "/bands", json!(null)).await;
    called.call(&ada, "GET /bands/{id}", &path, json!(null)).await;
    templates(&mut called, &ada, &path).await;
    codes(&mut called, &ada, &path, &sam).await;
    campaigns(&mut called, &kim, &ada, &path).await;
    requests(&mut called, world, &ada, &path).await;
    called.call(&ada, "GET /bands/{id}/stats", &format!("{path}/stats"), json!(null)).await;
    lists(&mut called, world, &ada, &path).await;
    let (lou, rob) = (world.account("lou").await, world.account("rob").await);
    members(&mut called, [&ada, &lou, &rob], &path).await;
    called.call(&ada, "PATCH /bands/{id}", &path, json!({ "join": "open" })).await;
    called.call(&kim, "POST /bands/{id}/leave", &format!("{path}/leave"), json!({})).await;
    called.call(&kim, "POST /bands/{id}/join", &format!("{path}/join"), json!({})).await;
    let to = |person: &Person| json!({ "account_id": person.account["id"] });
    called.call(&ada, "POST /bands/{id}/transfer", &format!("{path}/transfer"), to(&kim)).await;
    called.call(&kim, "POST /bands/{id}/transfer", &format!("{path}/transfer"), to(&ada)).await;
    thousands(world, &kim, &sam).await;
    goes(&mut called, world, &ada, made["id"].as_str().unwrap()).await;
    called.call(&ada, "DELETE /bands/{id}", &path, json!(null)).await;
    called.call(&sam, "POST /auth/logout", "/auth/logout", json!({})).await;
    world.clock.pass_hours(24 * 100);
    sweep::go_on(&world.app).await.unwrap();
    sweep::expire(&world.app).await.unwrap();
    sweep::tidy(&world.app).await.unwrap();
    views::write_down(&world.app).await.unwrap();
    called.0
}

/// Wishes to get no more invites: made, listed from both ends, lifted.
async fn blocks(called: &mut Called, ada: &Person, kim: &Person, site_admin: &Person) {
    let band = ada.band("Brass").await;
    for scope in ["band", "server"] {
        let (_, token) = ada.invite(&band, json!({})).await;
        assert_eq!(kim.post(&format!("/invites/{token}/decline"), json!({ "block": scope })).await.0, 204);
    }
    for (person, operation, all) in
        [(site_admin, "GET /site/blocks", "/site/blocks"), (kim, "GET /me/blocks", "/me/blocks")]
    {
        for query in ["limit=1", "limit=1&cursor=last"] {
            called.call(person, operation, &format!("{all}?{query}"), json!(null)).await;
        }
        let list = called.call(person, operation, all, json!(null)).await;
        let one = format!("{all}/{}", list["blocks"][0]["id"].as_str().unwrap());
        called
            .call(person, &operation.replace("GET", "DELETE").replace("blocks", "blocks/{id}"), &one, json!(null))
            .await;
    }
    assert_eq!(ada.delete(&format!("/bands/{band}")).await.0, 204);
}

async fn requests(called: &mut Called, world: &World, ada: &Person, band: &str) {
    ada.patch(band, json!({ "join": "request" })).await;
    let all = format!("{band}/join-requests");
    for person in world.people(4).await {
        called.call(&person, "POST /bands/{id}/join", &format!("{band}/join"), json!({})).await;
    }
    let list = called.call(ada, "GET /bands/{id}/join-requests", &all, json!(null)).await;
    for (n, word) in ["approve", "deny"].into_iter().enumerate() {
        let one = format!("{all}/{}/{word}", list["join_requests"][n]["id"].as_str().unwrap());
        called.call(ada, &format!("POST /bands/{{id}}/join-requests/{{rid}}/{word}"), &one, json!({})).await;
    }
    let band = band.rsplit('/').next().unwrap();
    let template = json!({ "name": "Asked", "requires_approval": true, "max_uses": null, "campaign_id": band });
    let (_, template) = ada.post(&format!("/bands/{band}/templates"), template).await;
    let (id, token) = ada.invite(band, json!({ "template_id": template["id"] })).await;
    for person in world.people(3).await {
        assert_eq!(person.accept(&token).await.0, 202);
    }
    let (_, list) = ada.get(&format!("{all}?cursor=last")).await;
    let one = format!("{all}/{}/approve", list["join_requests"][4]["id"].as_str().unwrap());
    assert_eq!(ada.post(&one, json!({})).await.0, 200);
    assert_eq!(ada.delete(&format!("/invites/{id}")).await.0, 204);
}

async fn codes(called: &mut Called, ada: &Person, band: &str, site_admin: &Person) {
    let wish = json!({ "count": 3, "name": "For the door" });
    let site = called.call(site_admin, "POST /site/codes", "/site/codes", wish.clone()).await;
    for query in ["limit=1", "limit=1&cursor=last"] {
        called.call(site_admin, "GET /site/codes", &format!("/site/codes?{query}"), json!(null)).await;
    }
    let all = format!("/campaigns/{}/codes", site["campaign"]["id"].as_str().unwrap());
    let (_, page) = site_admin.get(&all).await;
    let one = format!("/invites/{}", page["codes"][0]["invite_id"].as_str().unwrap());
    called.call(site_admin, "DELETE /invites/{id}", &one, json!(null)).await;
    let made = called.call(ada, "POST /bands/{id}/codes", &format!("{band}/codes"), wish).await;
    let all = format!("/campaigns/{}/codes", made["campaign"]["id"].as_str().unwrap());
    for query in ["limit=1", "limit=1&cursor=last"] {
        called.call(ada, "GET /campaigns/{id}/codes", &format!("{all}?{query}"), json!(null)).await;
    }
    for (operation, rest) in
        [("GET /campaigns/{id}/codes", "?format=csv"), ("GET /campaigns/{id}/codes/sheet", "/sheet")]
    {
        let status = ada.fetch(&format!("{all}{rest}")).await.status();
        assert_eq!(status, 200, "{operation}");
        called.0.insert(operation.to_owned());
    }
}

async fn templates(called: &mut Called, ada: &Person, band: &str) {
    let all = format!("{band}/templates");
    called.call(ada, "POST /bands/{id}/templates", &all, json!({ "name": "Singers" })).await;
    for name in ["Drummers", "Guests"] {
        ada.post(&all, json!({ "name": name })).await;
    }
    let list = called.call(ada, "GET /bands/{id}/templates", &all, json!(null)).await;
    let one = format!("/templates/{}", list["templates"][0]["id"].as_str().unwrap());
    called.call(ada, "PATCH /templates/{id}", &one, json!({ "name": "Dancers" })).await;
    called.call(ada, "DELETE /templates/{id}", &one, json!(null)).await;
}

async fn campaigns(called: &mut Called, kim: &Person, ada: &Person, band: &str) {
    let all = format!("{band}/campaigns");
    for (method, name) in [("DELETE", "Spring"), ("POST", "Autumn")] {
        let limits = json!({ "name": name, "max_invites": 5, "max_accepts": 1, "reminders": [] });
        // A key of its own for each: it is another campaign.
        let made = match method {
            "POST" => called.call(ada, "POST /bands/{id}/campaigns", &all, limits).await,
            _ => ada.post(&all, limits).await.1,
        };
        let id = &made["campaign"]["id"];
        let one = format!("/campaigns/{}", id.as_str().unwrap());
        let (_, token) = ada.invite(band.rsplit('/').next().unwrap(), json!({ "campaign_id": id })).await;
        called.call(ada, "PATCH /campaigns/{id}", &one, json!({ "name": "Tour", "message": "Come" })).await;
        called.call(ada, "GET /campaigns/{id}", &one, json!(null)).await;
        let event = json!({ "title": "Concert", "starts_at": "2027-04-10T19:30", "time_zone": "Europe/Berlin" });
        called.call(ada, "PATCH /campaigns/{id}", &one, json!({ "event": event })).await;
        for (operation, path) in [
            ("GET /campaigns/{id}/calendar.ics", format!("{one}/calendar.ics")),
            ("GET /invites/{token}/calendar.ics", format!("/invites/{token}/calendar.ics")),
        ] {
            assert_eq!(ada.fetch(&path).await.status(), 200, "{operation}");
            called.0.insert(operation.to_owned());
        }
        called.call(kim, "GET /invites/{token}/info", &format!("/invites/{token}/info"), json!(null)).await;
        let path = format!("{band}/invites?limit=1&campaign={}", id.as_str().unwrap());
        called.call(ada, "GET /bands/{id}/invites", &path, json!(null)).await;
        called.call(ada, "GET /bands/{id}/invites", &format!("{path}&status=pending&sort=expires"), json!(null)).await;
        let _ = kim.accept(&token).await; // a member already, or not: the campaign was looked at
        match method {
            "DELETE" => called.call(ada, "DELETE /campaigns/{id}", &one, json!(null)).await,
            _ => called.call(ada, "POST /campaigns/{id}/expire", &format!("{one}/expire"), json!({})).await,
        };
    }
    for rows in [json!([{ "email": "pat@example.org" }, {}]), json!([{ "username": "nobody" }])] {
        let status = ada.post(&all, json!({ "name": "Winter", "rows": rows })).await.0;
        assert_eq!(status, if rows.as_array().unwrap().len() == 2 { 201 } else { 422 });
    }
    for query in ["limit=1", "limit=1&cursor=last"] {
        called.call(ada, "GET /bands/{id}/campaigns", &format!("{all}?{query}"), json!(null)).await;
    }
}

/// More invites change and end at once than one transaction takes on.
async fn thousands(world: &World, kim: &Person, sam: &Person) {
    let band = kim.band("Brass").await;
    let path = format!("/bands/{band}");
    let rows = vec![json!({}); 1_000];
    let one = format!("{path}/members/{}", sam.account["id"].as_str().unwrap());
    for change in ["demote", "remove", "remove all"] {
        world.clock.pass_seconds(1);
        let (_, token) = kim.invite(&band, json!({ "role": "admin" })).await;
        assert_eq!(sam.accept(&token).await.0, 200);
        assert_eq!(sam.post(&format!("{path}/invites/bulk"), json!({ "rows": rows })).await.0, 201);
        let changed = match change {
            "demote" => kim.patch(&one, json!({ "role": "member" })).await.0,
            "remove" => kim.delete(&one).await.0,
            _ => kim.delete(&format!("{one}?revoke_invites=true")).await.0,
        };
        assert!(changed < 300, "{change}: {changed}");
        if change == "demote" {
            assert_eq!(kim.delete(&one).await.0, 204);
        }
    }
    for delete in [false, true] {
        let (_, made) = kim.post(&format!("{path}/campaigns"), json!({ "name": "Tour" })).await;
        let campaign = made["campaign"]["id"].as_str().unwrap();
        let wish = json!({ "rows": rows, "campaign_id": campaign });
        assert_eq!(kim.post(&format!("{path}/invites/bulk"), wish).await.0, 201);
        assert_eq!(kim.patch(&format!("/campaigns/{campaign}"), json!({ "role": "admin" })).await.0, 200);
        let expire = format!("/campaigns/{campaign}/expire");
        let ended = if delete { kim.delete(&path).await.0 } else { kim.post(&expire, json!({})).await.0 };
        assert_eq!(ended, if delete { 204 } else { 200 });
    }
}

async fn accounts(called: &mut Called, ada: &Person, kim: &Person) {
    called.call(ada, "GET /site", "/site", json!(null)).await;
    called.call(ada, "GET /me", "/me", json!(null)).await;
    called.call(ada, "GET /me/sync", "/me/sync", json!(null)).await;
    let joe = json!({ "username": "joe", "email": "joe@example.org", "password": PASSWORD });
    called.call(ada, "POST /auth/register", "/auth/register", joe).await;
    for login in ["joe", "joe@example.org"] {
        let login = json!({ "login": login, "password": PASSWORD });
        called.call(ada, "POST /auth/login", "/auth/login", login).await;
    }
    let login = json!({ "login": "kim", "password": PASSWORD });
    called.call(kim, "POST /auth/login", "/auth/login", login).await;
    let sessions = called.call(kim, "GET /me/sessions", "/me/sessions", json!(null)).await;
    let other = sessions["sessions"].as_array().unwrap().iter().find(|session| session["current"] == false).unwrap();
    let path = format!("/me/sessions/{}", other["id"].as_str().unwrap());
    called.call(kim, "DELETE /me/sessions/{id}", &path, json!(null)).await;
    called.call(kim, "GET /me/quota", "/me/quota", json!(null)).await;
    for path in ["/me/invites?limit=1", "/me/invites?limit=1&cursor=last"] {
        called.call(kim, "GET /me/invites", path, json!(null)).await;
    }
}

/// A member changes everything of an account, and deletes it.
async fn goes(called: &mut Called, world: &World, ada: &Person, band: &str) {
    let max = world.account("max").await;
    for (name, what) in [("pia", "accept"), ("tom", "decline")] {
        let guest = world.account(name).await;
        let (id, _) = ada.invite(band, json!({ "username": name })).await;
        let path = format!("/me/invites/{id}/{what}");
        called.call(&guest, &format!("POST /me/invites/{{id}}/{what}"), &path, json!({})).await;
    }
    for person in [json!({ "username": "max" }), json!({ "email": "max@example.org" })] {
        for more in [json!(null), json!("resend"), json!("replace")] {
            let mut wish = person.clone();
            if !more.is_null() {
                wish["on_existing"] = more;
            }
            ada.post(&format!("/bands/{band}/invites"), wish).await;
        }
    }
    let (_, token) = ada.invite(band, json!({})).await;
    max.accept(&token).await;
    let wish = json!({
        "display_name": "Max Reed", "email": "reed@example.org", "password": "another long one", "current_password": PASSWORD,
    });
    called.call(&max, "PATCH /me", "/me", wish).await;
    called.call(&max, "DELETE /me", "/me", json!(null)).await;
}

async fn members(called: &mut Called, [ada, lou, rob]: [&Person; 3], band: &str) {
    let all = format!("{band}/members");
    called.call(ada, "GET /bands/{id}/members", &all, json!(null)).await;
    for (person, query) in [(rob, ""), (lou, "?revoke_invites=true&ban=true")] {
        let one = format!("{all}/{}", person.account["id"].as_str().unwrap());
        let (_, token) = ada.invite(band.rsplit('/').next().unwrap(), json!({})).await;
        person.accept(&token).await;
        for role in ["admin", "member"] {
            called.call(ada, "PATCH /bands/{id}/members/{account_id}", &one, json!({ "role": role })).await;
        }
        let one = format!("{one}{query}");
        called.call(ada, "DELETE /bands/{id}/members/{account_id}", &one, json!(null)).await;
    }
    for path in ["limit=1", "cursor=last"].map(|query| format!("{band}/bans?{query}")) {
        called.call(ada, "GET /bands/{id}/bans", &path, json!(null)).await;
    }
    let one = format!("{band}/bans/{}", lou.account["id"].as_str().unwrap());
    called.call(ada, "DELETE /bands/{id}/bans/{account_id}", &one, json!(null)).await;
}

async fn invites(called: &mut Called, [ada, kim, sam]: [&Person; 3], band: &str) {
    let all = format!("{band}/invites");
    let wish = json!({ "label": "the drummer", "email": "kim@example.org" });
    let made = called.call(ada, "POST /bands/{id}/invites", &all, wish).await;
    let one = format!("/invites/{}", made["invite"]["id"].as_str().unwrap());
    called.call(ada, "GET /invites/{id}", &one, json!(null)).await;
    called.call(ada, "PATCH /invites/{id}", &one, json!({ "label": "the singer" })).await;
    called.call(ada, "DELETE /invites/{id}", &one, json!(null)).await;
    called.call(ada, "POST /invites/{id}/restore", &format!("{one}/restore"), json!({})).await;
    called.call(ada, "POST /invites/{id}/rotate", &format!("{one}/rotate"), json!({})).await;
    for wish in [json!({}), json!({ "rotate": true })] {
        ada.post(&format!("{one}/resend"), wish).await;
    }
    called.call(ada, "POST /invites/{id}/resend", &format!("{one}/resend"), json!({})).await;
    let shown = called.call(ada, "POST /invites/{id}/link", &format!("{one}/link"), json!({})).await;
    let by_token = format!("/invites/{}", shown["token"].as_str().unwrap());
    called.call(kim, "GET /invites/{token}/info", &format!("{by_token}/info"), json!(null)).await;
    called.call(kim, "POST /invites/{token}/accept", &format!("{by_token}/accept"), json!({})).await;
    called.call(ada, "GET /invites/{id}/redemptions", &format!("{one}/redemptions"), json!(null)).await;
    bulk(called, ada, band).await;
    actions(called, ada, band).await;
    let band = band.rsplit('/').next().unwrap();
    let (_, token) = ada.invite(band, json!({})).await;
    let no = json!({ "block": "band" });
    called.call(sam, "POST /invites/{token}/decline", &format!("/invites/{token}/decline"), no).await;
}

async fn bulk(called: &mut Called, ada: &Person, band: &str) {
    let all = format!("{band}/invites/bulk");
    let rows = json!([{ "email": "lee@example.org" }, { "username": "joe" }, {}]);
    called.call(ada, "POST /bands/{id}/invites/bulk", &all, json!({ "rows": rows })).await;
    for what in ["resend", "replace"] {
        let wish = json!({ "rows": rows, "on_existing": what });
        assert_eq!(ada.post(&all, wish).await.0, if what == "resend" { 207 } else { 201 });
    }
}

/// Every action by ids, and by every filter.
async fn actions(called: &mut Called, ada: &Person, band: &str) {
    let all = format!("{band}/invites/actions");
    let id = band.rsplit('/').next().unwrap();
    let mut ids = Vec::new();
    for wish in
        [json!({}), json!({ "email": "ann@example.org" }), json!({ "username": "joe", "on_existing": "replace" })]
    {
        ids.push(ada.invite(id, wish).await.0);
    }
    let actions = [
        ("resend", json!(null)),
        ("extend", json!({ "ttl_hours": 5 })),
        ("set_role", json!({ "role": "admin" })),
        ("revoke", json!(null)),
        ("restore", json!(null)),
    ];
    for (action, args) in actions {
        assert_eq!(ada.post(&all, json!({ "action": action, "ids": ids, "args": args })).await.0, 200);
    }
    for filter in [json!({}), json!({ "status": "cancelled", "q": "ann" })] {
        assert_eq!(ada.post(&all, json!({ "action": "restore", "filter": filter })).await.0, 200);
    }
    let wish = json!({ "action": "revoke", "filter": { "status": "pending", "q": "ann" } });
    let operation = "POST /bands/{id}/invites/actions";
    called.call(ada, operation, &all, wish).await;
    let actor = &ada.account["id"];
    for filter in [
        json!({}),
        json!({ "kind": "link" }),
        json!({ "q": "an" }),
        json!({ "campaign": id }),
        json!({ "created_by": actor }),
    ] {
        let mut wish = json!({ "action": "resend", "filter": filter });
        assert_eq!(ada.post(&all, wish.clone()).await.0, 200);
        // The cursor of a list is of the same kind.
        let (_, page) = ada.get(&format!("{band}/invites?limit=1")).await;
        wish["cursor"] = page["next_cursor"].clone();
        assert_eq!(ada.post(&all, wish).await.0, 200);
    }
}

/// Every list in every order, by every filter, from both ends and onwards from there.
async fn lists(called: &mut Called, world: &World, ada: &Person, band: &str) {
    let actor = ada.account["id"].as_str().unwrap();
    let mut queries = Vec::new();
    for filter in ["", "scope=open", "scope=mine&q=choir", "scope=open&q=choir"] {
        queries.push(("GET /bands", format!("/bands?limit=1&{filter}")));
    }
    for filter in ["", "status=pending", "kind=link", "q=si", "q=singer", &format!("created_by={actor}")] {
        for sort in ["created", "-created", "expires", "-expires"] {
            queries.push(("GET /bands/{id}/invites", format!("{band}/invites?limit=1&sort={sort}&{filter}")));
        }
    }
    let span = "from=2020-01-01T00:00:00Z&to=2090-01-01T00:00:00Z";
    let (invite, by) = (&format!("invite={actor}"), &format!("actor={actor}"));
    let several = ["&action=invite.created", "&action=band.edited"].map(|action| format!("{by}{action}"));
    let every = &format!("{invite}&{}", several[0]);
    for filter in ["", invite, by, "action=invite.created", &several[0], &several[1], every] {
        queries.push(("GET /bands/{id}/audit", format!("{band}/audit?limit=1&{filter}")));
        queries.push(("GET /bands/{id}/audit", format!("{band}/audit?limit=1&{span}&{filter}")));
    }
    for action in ["tuned", "sung"] {
        world.events(band.rsplit('/').next().unwrap(), ada, action, 1_000).await;
    }
    queries.push(("GET /bands/{id}/audit", format!("{band}/audit?limit=1&{by}&action=sung")));
    queries.push(("GET /bands/{id}/join-requests", format!("{band}/join-requests?limit=1")));
    for filter in ["", &format!("&band={}", band.rsplit('/').next().unwrap())] {
        queries.push(("GET /me/join-requests", format!("/me/join-requests?limit=1{filter}")));
    }
    queries.push(("GET /bands/{id}/templates", format!("{band}/templates?limit=1")));
    for q in ["ki", "kim"] {
        let band = band.rsplit('/').next().unwrap();
        for path in [format!("/accounts?q={q}"), format!("/accounts?q={q}&band={band}")] {
            called.call(ada, "GET /accounts", &path, json!(null)).await;
        }
    }
    for filter in ["", "q=ki", "q=kim"] {
        queries.push(("GET /bands/{id}/members", format!("{band}/members?limit=1&{filter}")));
    }
    for filter in ["", "under=nobody", &format!("under={actor}")] {
        queries.push(("GET /bands/{id}/tree", format!("{band}/tree?limit=1&{filter}")));
    }
    for (operation, path) in queries {
        for end in [path.clone(), format!("{path}&cursor=last")] {
            let page = called.call(ada, operation, &end, json!(null)).await;
            for cursor in [&page["next_cursor"], &page["prev_cursor"]].into_iter().filter_map(Value::as_str) {
                called.call(ada, operation, &format!("{path}&cursor={cursor}"), json!(null)).await;
            }
        }
    }
}

async fn every_statement_of_the_api_finds_its_rows_by_an_index(world: World) {
    let called = call_everything(&world).await;
    let text = reqwest::get(format!("{}/openapi.json", world.origin)).await.unwrap().text().await.unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    let mut missing = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for method in operations.as_object().unwrap().keys().filter(|method| *method != "parameters") {
            let operation = format!("{} {}", method.to_uppercase(), path.strip_prefix("/api/v1").unwrap());
            if !called.contains(&operation) && !BY_MAIL.contains(&operation.as_str()) {
                missing.push(operation);
            }
        }
    }
    assert!(missing.is_empty(), "call these too, so that their statements are looked at: {missing:?}");
    assert!(world.app.store().recorded().len() > 40);
    check(&world);
}

/// Holds every statement that ran to finding its rows by an index.
pub fn check(world: &World) {
    let mut slow = Vec::new();
    for sql in world.app.store().recorded() {
        let steps = plan(&world.database, sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
        // The first row that comes is the answer, or the first in the order of an index.
        let all = !sql.contains("WHERE") || (steps.starts_with("Limit") && !steps.contains("Filter"));
        let first_row = sql.ends_with("LIMIT 1") && all;
        if sorts(sql, &steps) || (!first_row && !by_index(&world.database, &steps)) {
            slow.push(format!("{sql}\n{steps}"));
        }
    }
    assert!(slow.is_empty(), "{}", slow.join("\n\n"));
}

/// The tables whose lists are walked along an index: the rows of a page are read and no more.
const WALKED: [&str; 7] = [
    "FROM audit e",
    "FROM campaign c",
    "FROM template t",
    "FROM join_request r",
    "FROM member n",
    "FROM invite i JOIN account c",
    "FROM member m JOIN account a",
];

/// Whether a list is put in order after it was read, all of it for one page.
fn sorts(sql: &str, steps: &str) -> bool {
    // What a subquery with a limit of its own leaves is little enough to be put in order.
    let walked = WALKED.iter().any(|table| sql.contains(table)) && sql.contains("LIMIT") && !sql.contains("(SELECT");
    walked && (steps.contains("TEMP B-TREE") || steps.contains("Sort"))
}

/// An index of the few rows that its own condition leaves, which is read whole.
const OF_FEW: &str = "account_site_admin";

/// Whether no step of a plan goes through a whole table, or a whole index.
fn by_index(database: &Database, steps: &str) -> bool {
    match database {
        // An index over words is asked for words; the rows that a subquery found are few.
        Database::Sqlite(_) => steps.lines().all(|step| {
            !step.starts_with("SCAN")
                || step.contains("VIRTUAL TABLE INDEX")
                || step.contains("found")
                || step.ends_with(OF_FEW)
                || steps.contains(&step.replace("SCAN", "CO-ROUTINE"))
                || step.contains("CONSTANT ROW")
                || step.ends_with("VALUES CLAUSE")
                || step == "SCAN wanted"
                || step.starts_with("SCAN (subquery")
        }),
        Database::Postgres(_) => {
            let mut lines = steps.lines().peekable();
            while let Some(line) = lines.next() {
                if line.contains("Seq Scan on") {
                    return false;
                }
                let whole = line.contains("Index Scan using") || line.contains("Index Only Scan using");
                if whole && !line.contains(OF_FEW) && !lines.peek().is_some_and(|next| next.contains("Index Cond")) {
                    return false;
                }
            }
            true
        }
    }
}
