//! Many invites in one request: each row has its result, and none stops another.

use serde_json::{Value, json};

use crate::world::{Person, World, on_each_database};

on_each_database! {
    each_row_has_its_result_and_none_stops_another,
    a_row_that_cannot_be_read_stops_no_other,
    a_dry_run_says_what_would_happen_and_changes_nothing,
    what_all_have_in_common_is_refused_for_the_whole,
    a_thousand_rows_are_made_in_few_statements,
    a_retry_of_many_rows_gives_the_first_answer,
    pending_ones_are_replaced_or_sent_again_where_it_is_asked_for,
    rows_beyond_the_quota_say_so,
    a_role_above_ones_own_is_for_that_row_alone,
    a_campaign_comes_with_the_invites_of_its_rows,
    a_campaign_of_whose_rows_none_has_an_invite_is_not_made,
    a_campaign_whose_rows_are_all_sent_again_is_made_and_told,
    a_retry_makes_neither_a_second_campaign_nor_other_links,
    a_campaign_of_a_thousand_rows_is_made_in_few_statements,
}

async fn bulk(person: &Person, band: &str, body: Value) -> (u16, Value) {
    person.post(&format!("/bands/{band}/invites/bulk"), body).await
}

fn statuses(answer: &Value) -> Vec<&str> {
    answer["results"].as_array().unwrap().iter().map(|row| row["status"].as_str().unwrap()).collect()
}

async fn pending(person: &Person, band: &str) -> Value {
    person.get(&format!("/bands/{band}/invites")).await.1["pending"].clone()
}

/// A band with a member (kim), someone banned (sam), one who wants no invites (lee), and one who is invited (joe).
async fn choir(world: &World) -> (Person, String) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let people = [world.account("kim").await, world.account("sam").await];
    for person in &people {
        let (_, token) = ada.invite(&band, json!({})).await;
        assert_eq!(person.accept(&token).await.0, 200);
    }
    world.remove(&band, &people[1], true).await;
    let lee = world.account("lee").await;
    let (_, token) = ada.invite(&band, json!({})).await;
    assert_eq!(lee.post(&format!("/invites/{token}/decline"), json!({ "block": "band" })).await.0, 204);
    world.account("joe").await;
    ada.invite(&band, json!({ "username": "joe" })).await;
    (ada, band)
}

fn rows() -> Value {
    json!([
        { "email": "new@example.org", "name": "A drummer" }, { "username": "kim" }, { "username": "sam" },
        { "username": "lee" }, { "username": "joe" }, { "username": "nobody" }, { "email": "not an address" },
        { "email": "NEW@example.org" }, { "colour": "red" }, 7, { "role": "owner" }, { "role": "king" }, {},
        { "email": "a@example.org", "username": "b" },
    ])
}

const RESULTS: [&str; 14] = [
    "created",
    "already_member",
    "invalid",
    "suppressed",
    "already_pending",
    "invalid",
    "invalid",
    "already_pending",
    "invalid",
    "invalid",
    "invalid",
    "invalid",
    "created",
    "invalid",
];

async fn each_row_has_its_result_and_none_stops_another(world: World) {
    let (ada, band) = choir(&world).await;
    let (status, answer) = bulk(&ada, &band, json!({ "rows": rows(), "ttl_hours": 5 })).await;
    assert_eq!(status, 207, "{answer}");
    assert_eq!(statuses(&answer), RESULTS, "{answer}");
    assert_eq!((&answer["created"], &answer["failed"]), (&json!(2), &json!(12)));
    for (n, (result, input)) in answer["results"].as_array().unwrap().iter().zip(rows().as_array().unwrap()).enumerate()
    {
        assert_eq!((&result["row"], &result["input"]), (&json!(n), input));
        let made = result["status"] == "created";
        assert_eq!((result["link"].is_string(), result["detail"].is_string()), (made, !made), "{result}");
    }
    let first = &answer["results"][0];
    let one = ada.get(&format!("/invites/{}", first["invite_id"].as_str().unwrap())).await.1;
    assert_eq!(
        (&one["kind"], &one["label"], &one["email"]),
        (&json!("email"), &json!("A drummer"), &json!("new@example.org"))
    );
    let token = first["link"].as_str().unwrap().rsplit('/').next().unwrap();
    assert_eq!(world.send("GET", &format!("/invites/{token}/info"), None).await.0, 200);
    let none = bulk(&ada, &band, json!({ "rows": [{ "username": "kim" }, { "username": "nobody" }] })).await;
    assert_eq!((none.0, &none.1["failed"]), (422, &json!(2)), "{none:?}");
    let all = bulk(&ada, &band, json!({ "rows": [{}, { "name": "Max" }] })).await;
    assert_eq!((all.0, &all.1["created"]), (201, &json!(2)), "{all:?}");
}

async fn a_row_that_cannot_be_read_stops_no_other(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    // Half of a surrogate pair, one field twice, other types, numbers beyond all bounds, too deep: rows as JSON has them.
    let unreadable = [
        r#"{"name":"\ud800"}"#.to_owned(),
        r#"{"email":"a@example.org","email":"b@example.org"}"#.to_owned(),
        r#"{"name":"x","role":null,"name":"y"}"#.to_owned(),
        r#"{"email":7}"#.to_owned(),
        r#"{"name":1e999}"#.to_owned(),
        "[]".to_owned(),
        "null".to_owned(),
        r#"["a@example.org"]"#.to_owned(),
        format!("{{\"name\":{}{}}}", "[".repeat(500), "]".repeat(500)),
    ];
    let rows = format!("[{{}},{},{{\"name\":\"last\"}}]", unreadable.join(","));
    for (path, shared) in [("invites/bulk", ""), ("campaigns", "\"name\":\"Tour\",")] {
        let url = format!("{}/api/v1/bands/{band}/{path}", world.origin);
        let body = format!("{{{shared}\"rows\":{rows}}}");
        let request = reqwest::Client::builder().no_proxy().build().unwrap().post(url).bearer_auth(&ada.session);
        let response = request.body(body).send().await.unwrap();
        assert_eq!(response.status(), 207);
        let answer: Value = response.json().await.unwrap();
        let mut expected = vec!["invalid"; unreadable.len() + 2];
        (expected[0], expected[unreadable.len() + 1]) = ("created", "created");
        assert_eq!(statuses(&answer), expected, "{answer}");
        let told = |row: usize| (&answer["results"][row]["input"], answer["results"][row]["detail"].as_str().unwrap());
        assert_eq!(told(1).0, &json!(unreadable[0]), "what is no text is shown as it was sent");
        for row in [2, 3] {
            assert!(told(row).1.contains("duplicate field"), "{answer}");
        }
        assert_eq!(told(4).0, &json!({ "email": 7 }));
        assert!(!answer.to_string().contains(" at line "), "{answer}");
    }
    // What the rows have in common is refused for the whole, and what is no JSON at all is, too.
    let whole = [(r#"{"rows":[{}],"label":"a","label":"b"}"#, 422), (r#"{"rows":[{}"#, 400), (r#"{"rows":[{]}"#, 400)];
    for (body, status) in whole {
        let url = format!("{}/api/v1/bands/{band}/invites/bulk", world.origin);
        let request = reqwest::Client::builder().no_proxy().build().unwrap().post(url).bearer_auth(&ada.session);
        assert_eq!(request.body(body).send().await.unwrap().status(), status, "{body}");
    }
}

async fn a_dry_run_says_what_would_happen_and_changes_nothing(world: World) {
    let (ada, band) = choir(&world).await;
    let before = (pending(&ada, &band).await, world.number("SELECT COUNT(*) AS n FROM audit").await);
    let (status, answer) = bulk(&ada, &band, json!({ "rows": rows(), "dry_run": true })).await;
    assert_eq!((status, statuses(&answer)), (207, RESULTS.to_vec()), "{answer}");
    assert!(answer["results"].as_array().unwrap().iter().all(|row| row["link"].is_null()));
    // Nor is the link shown of an invite that would be sent again.
    let again = json!({ "rows": rows(), "dry_run": true, "on_existing": "resend" });
    let (_, answer) = bulk(&ada, &band, again).await;
    let pends = |row: &&Value| row["status"] == "already_pending" && row["detail"].is_null();
    assert!(answer["results"].as_array().unwrap().iter().any(|row| pends(&row)), "{answer}");
    assert!(answer["results"].as_array().unwrap().iter().all(|row| row["link"].is_null()), "{answer}");
    assert_eq!((pending(&ada, &band).await, world.number("SELECT COUNT(*) AS n FROM audit").await), before);
}

async fn what_all_have_in_common_is_refused_for_the_whole(world: World) {
    let (ada, band) = choir(&world).await;
    for (wrong, field) in [
        (json!({ "role": "owner" }), "role"),
        (json!({ "ttl_hours": 0 }), "ttl_hours"),
        (json!({ "max_uses": 0 }), "max_uses"),
        (json!({ "kind": "email", "max_uses": 3 }), "max_uses"),
        (json!({ "message": "x".repeat(1_001) }), "message"),
        (json!({ "rows": [] }), "rows"),
        (json!({ "rows": vec![json!({}); 1_001] }), "rows"),
    ] {
        let mut wish = json!({ "rows": [{ "email": "new@example.org" }] });
        wish.as_object_mut().unwrap().extend(wrong.as_object().unwrap().clone());
        let (status, problem) = bulk(&ada, &band, wish).await;
        assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!(field)), "{problem}");
    }
    let other = ada.band("Brass").await;
    let (_, template) = ada.post(&format!("/bands/{other}/templates"), json!({ "name": "Guests" })).await;
    let wish = json!({ "rows": [{}], "template_id": template["id"] });
    assert_eq!(bulk(&ada, &band, wish.clone()).await.0, 404);
    assert_eq!(bulk(&ada, &other, wish).await.0, 201);
}

async fn a_thousand_rows_are_made_in_few_statements(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let rows: Vec<Value> = (0..1_000)
        .map(|n| json!({ "email": format!("{}{n}@example.org", "x".repeat(40)), "name": format!("{}{n}", "n".repeat(70)) }))
        .collect();
    let before = world.app.store().statements_run();
    let (status, answer) = bulk(&ada, &band, json!({ "rows": rows })).await;
    assert_eq!((status, &answer["created"]), (201, &json!(1_000)), "{}", answer["detail"]);
    let run = world.app.store().statements_run() - before;
    // The sweeper may run some of its own meanwhile.
    assert!((1..=200).contains(&run), "{run}");
    let (_, list) = ada.get(&format!("/bands/{band}/invites?q=x7@example")).await;
    assert_eq!((&list["total"], &list["pending"], &list["matched"]), (&json!(1_000), &json!(1_000), &json!(1)));
    let wish = json!({ "rows": rows, "on_existing": "replace" });
    let before = world.app.store().statements_run();
    let (status, answer) = bulk(&ada, &band, wish).await;
    assert_eq!((status, &answer["created"]), (201, &json!(1_000)), "{}", answer["detail"]);
    let run = world.app.store().statements_run() - before;
    assert!(run <= 300, "{run}");
    assert_eq!(pending(&ada, &band).await, 1_000);
}

async fn a_retry_of_many_rows_gives_the_first_answer(world: World) {
    let (ada, band) = choir(&world).await;
    let path = format!("/bands/{band}/invites/bulk");
    let first = ada.post_once(&path, "k", json!({ "rows": rows() })).await;
    assert_eq!(first.0, 207, "{first:?}");
    let count = pending(&ada, &band).await;
    assert_eq!(ada.post_once(&path, "k", json!({ "rows": rows() })).await, first);
    assert_eq!(pending(&ada, &band).await, count);
    assert_eq!(ada.post_once(&path, "k", json!({ "rows": [{}] })).await.1["code"], "idempotency_mismatch");
    let kept =
        "SELECT COUNT(*) AS n FROM idempotency WHERE outcome LIKE '%/invite/%' OR outcome LIKE '%inv!_%' ESCAPE '!'";
    assert_eq!(world.number(kept).await, 0, "no secret is kept");
}

async fn pending_ones_are_replaced_or_sent_again_where_it_is_asked_for(world: World) {
    let (ada, band) = choir(&world).await;
    let wish =
        |what: &str| json!({ "on_existing": what, "rows": [{ "username": "joe" }, { "email": "x@example.org" }] });
    let (status, again) = bulk(&ada, &band, wish("resend")).await;
    assert_eq!((status, statuses(&again)), (207, vec!["already_pending", "created"]), "{again}");
    assert_eq!((&again["created"], &again["failed"]), (&json!(1), &json!(0)));
    let old = again["results"][0]["invite_id"].as_str().unwrap();
    assert!(again["results"][0]["link"].is_string(), "{again}");
    let (status, replaced) = bulk(&ada, &band, wish("replace")).await;
    assert_eq!((status, statuses(&replaced)), (201, vec!["created", "created"]), "{replaced}");
    let old = ada.get(&format!("/invites/{old}")).await.1;
    assert_eq!((&old["status"], &old["cancel_reason"]), (&json!("cancelled"), &json!("replaced")));
    // Whose time is over stands in nobody's way, swept or not.
    world.clock.pass_hours(73);
    assert_eq!(bulk(&ada, &band, json!({ "rows": [{ "username": "joe" }] })).await.0, 201);
}

async fn rows_beyond_the_quota_say_so(world: World) {
    let (ada, band) = choir(&world).await;
    world.make_site_admin(&ada).await;
    let used = ada.get("/me/quota").await.1["used"].as_u64().unwrap();
    let path = format!("/site/accounts/{}/quota", ada.account["id"].as_str().unwrap());
    assert_eq!(ada.send("PUT", &path, Some(&json!({ "limit": used + 2 }))).await.0, 200);
    let rows = json!([{}, { "username": "kim" }, {}, {}, { "email": "x@example.org" }]);
    let (status, answer) = bulk(&ada, &band, json!({ "rows": rows })).await;
    assert_eq!(status, 207);
    assert_eq!(statuses(&answer), ["created", "already_member", "created", "quota", "quota"], "{answer}");
    assert_eq!(bulk(&ada, &band, json!({ "rows": [{}] })).await.0, 422);
}

async fn a_role_above_ones_own_is_for_that_row_alone(world: World) {
    let (ada, band) = choir(&world).await;
    let max = world.account("max").await;
    let (_, token) = ada.invite(&band, json!({})).await;
    assert_eq!(max.accept(&token).await.0, 200);
    world.set_can_invite(&band, &max).await;
    let (status, answer) = bulk(&max, &band, json!({ "rows": [{ "role": "admin" }, { "role": "member" }] })).await;
    assert_eq!((status, statuses(&answer)), (207, vec!["invalid", "created"]), "{answer}");
    assert_eq!(bulk(&max, &band, json!({ "role": "admin", "rows": [{}] })).await.0, 403);
    assert_eq!(bulk(&max, &band, json!({ "campaign_id": band, "rows": [{}] })).await.0, 403);
}

async fn campaign(person: &Person, band: &str, body: Value) -> (u16, Value) {
    person.post(&format!("/bands/{band}/campaigns"), body).await
}

async fn a_campaign_comes_with_the_invites_of_its_rows(world: World) {
    let (ada, band) = choir(&world).await;
    let wish = json!({ "name": "Spring", "role": "admin", "ttl_hours": 5, "message": "Come", "rows": rows() });
    let (status, made) = campaign(&ada, &band, wish).await;
    assert_eq!((status, statuses(&made)), (207, RESULTS.to_vec()), "{made}");
    assert_eq!((&made["created"], &made["failed"]), (&json!(2), &json!(12)));
    let (told, id) = (&made["campaign"], made["campaign"]["id"].as_str().unwrap());
    assert_eq!((&told["counts"]["pending"], &told["active"]), (&json!(2), &json!(true)));
    assert_eq!(&ada.get(&format!("/campaigns/{id}")).await.1, told);
    let first = &made["results"][0];
    let one = ada.get(&format!("/invites/{}", first["invite_id"].as_str().unwrap())).await.1;
    assert_eq!((&one["campaign_id"], &one["label"]), (&told["id"], &json!("A drummer")));
    for shared in ["role", "message", "expires_at"] {
        assert_eq!(one[shared], told[shared], "{shared}");
    }
    let token = first["link"].as_str().unwrap().rsplit('/').next().unwrap();
    assert_eq!(world.send("GET", &format!("/invites/{token}/info"), None).await.0, 200);
    let wish = json!({ "name": "Autumn", "max_invites": 2, "rows": [{}, {}, {}] });
    assert_eq!(statuses(&campaign(&ada, &band, wish).await.1), ["created", "created", "quota"]);
    let all = campaign(&ada, &band, json!({ "name": "Winter", "rows": [{}, { "name": "Max" }] })).await;
    assert_eq!((all.0, &all.1["created"]), (201, &json!(2)), "{all:?}");
    let none = campaign(&ada, &band, json!({ "name": "Summer" })).await;
    assert_eq!((none.0, &none.1["results"], &none.1["created"]), (201, &json!([]), &json!(0)), "{none:?}");
}

async fn a_campaign_of_whose_rows_none_has_an_invite_is_not_made(world: World) {
    let (ada, band) = choir(&world).await;
    let before = world.number("SELECT COUNT(*) AS n FROM audit").await;
    let campaigns = world.number("SELECT COUNT(*) AS n FROM campaign").await;
    let rows = json!([{ "username": "kim" }, { "username": "nobody" }, { "username": "joe" }]);
    let path = format!("/bands/{band}/campaigns");
    let wish = json!({ "name": "Spring", "rows": rows });
    let first = ada.post_once(&path, "k", wish.clone()).await;
    assert_eq!((first.0, statuses(&first.1)), (422, vec!["already_member", "invalid", "already_pending"]), "{first:?}");
    assert_eq!((&first.1["failed"], first.1.get("campaign")), (&json!(3), None));
    assert_eq!(ada.post_once(&path, "k", wish).await, first);
    for (wrong, field) in [
        (json!({ "rows": [] }), "rows"),
        (json!({ "rows": vec![json!({}); 1_001] }), "rows"),
        (json!({ "ttl_hours": 0 }), "ttl_hours"),
        (json!({ "name": "" }), "name"),
    ] {
        let mut wish = json!({ "name": "Spring", "rows": [{}] });
        wish.as_object_mut().unwrap().extend(wrong.as_object().unwrap().clone());
        let (status, problem) = campaign(&ada, &band, wish).await;
        assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!(field)), "{problem}");
    }
    assert_eq!(world.number("SELECT COUNT(*) AS n FROM audit").await, before);
    assert_eq!(world.number("SELECT COUNT(*) AS n FROM campaign").await, campaigns);
}

async fn a_campaign_whose_rows_are_all_sent_again_is_made_and_told(world: World) {
    let (ada, band) = choir(&world).await;
    let path = format!("/bands/{band}/campaigns");
    let (joe, nobody) = (json!({ "username": "joe" }), json!({ "username": "nobody" }));
    for (name, rows, came_to, failed) in [
        ("Spring", json!([joe]), vec!["already_pending"], 0),
        ("Summer", json!([joe, nobody]), vec!["already_pending", "invalid"], 1),
    ] {
        let wish = json!({ "name": name, "on_existing": "resend", "rows": rows });
        let first = ada.post_once(&path, name, wish.clone()).await;
        assert_eq!((first.0, statuses(&first.1)), (207, came_to), "{first:?}");
        assert_eq!((&first.1["created"], &first.1["failed"]), (&json!(0), &json!(failed)));
        assert!(first.1["results"][0]["link"].is_string(), "{first:?}");
        let made = &first.1["campaign"];
        assert_eq!((&made["name"], &made["counts"]["made"]), (&json!(name), &json!(0)), "{first:?}");
        let kept = ada.get(&format!("/campaigns/{}", made["id"].as_str().unwrap())).await;
        assert_eq!((kept.0, &kept.1), (200, made));
        assert_eq!(ada.post_once(&path, name, wish).await, first);
    }
    assert_eq!(world.number("SELECT COUNT(*) AS n FROM campaign WHERE name IN ('Spring', 'Summer')").await, 2);
}

async fn a_retry_makes_neither_a_second_campaign_nor_other_links(world: World) {
    let (ada, band) = choir(&world).await;
    let path = format!("/bands/{band}/campaigns");
    let wish = json!({ "name": "Spring", "rows": rows() });
    let first = ada.post_once(&path, "k", wish.clone()).await;
    assert_eq!(first.0, 207, "{first:?}");
    let count = pending(&ada, &band).await;
    assert_eq!(ada.post_once(&path, "k", wish).await, first);
    assert_eq!(pending(&ada, &band).await, count);
    assert_eq!(world.number("SELECT COUNT(*) AS n FROM campaign WHERE name = 'Spring'").await, 1);
    let other = json!({ "name": "Spring", "rows": [{}] });
    assert_eq!(ada.post_once(&path, "k", other).await.1["code"], "idempotency_mismatch");
}

async fn a_campaign_of_a_thousand_rows_is_made_in_few_statements(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let rows: Vec<Value> = (0..1_000).map(|n| json!({ "email": format!("x{n}@example.org") })).collect();
    let before = world.app.store().statements_run();
    let (status, made) = campaign(&ada, &band, json!({ "name": "Spring", "rows": rows })).await;
    assert_eq!((status, &made["created"]), (201, &json!(1_000)), "{}", made["detail"]);
    let run = world.app.store().statements_run() - before;
    // The sweeper may run some of its own meanwhile.
    assert!((1..=200).contains(&run), "{run}");
    assert_eq!(made["campaign"]["counts"]["pending"], 1_000);
}
