//! The description and the server agree on what a value may be, at both edges.

use serde_json::{Value, json};

use crate::world::{Person, World, on_each_database};

on_each_database! {
    a_text_is_taken_up_to_its_length_and_not_beyond,
    a_number_is_taken_within_its_bounds_and_not_beyond,
    as_many_are_taken_as_the_description_says,
}

async fn document(world: &World) -> Value {
    reqwest::get(format!("{}/openapi.json", world.origin)).await.unwrap().json().await.unwrap()
}

/// What is said of a field of a request.
fn said<'a>(document: &'a Value, schema: &str, field: &str) -> &'a Value {
    let described = &document["components"]["schemas"][schema]["properties"][field];
    assert!(described.is_object(), "{schema}.{field}");
    described
}

/// The field that an answer refuses, if it does.
fn refused(status: u16, answer: &Value) -> Option<String> {
    (status == 422).then(|| answer["errors"][0]["field"].as_str().unwrap_or("?").to_owned())
}

/// A request with one field that is looked at, and what else it needs.
struct Tried {
    schema: &'static str,
    field: &'static str,
    method: &'static str,
    path: String,
    rest: Value,
}

impl Tried {
    async fn with(&self, person: &Person, value: Value) -> Option<String> {
        let mut body = self.rest.clone();
        body[self.field] = value;
        let (status, answer) = person.send(self.method, &self.path, Some(&body)).await;
        assert!(status < 300 || status == 422, "{} {}: {status} {answer}", self.method, self.path);
        refused(status, &answer)
    }
}

/// Who may do all that is tried: it owns a band, and runs the site.
async fn scene(world: &World) -> (Person, String, String) {
    let ada = world.account("ada").await;
    world.make_site_admin(&ada).await;
    let band = ada.band("Choir").await;
    let (invite, _) = ada.invite(&band, json!({ "max_uses": null })).await;
    (ada, band, invite)
}

/// All requests with such a field.
async fn all(ada: &Person, band: &str, invite: &str) -> Vec<Tried> {
    let of_band = |what: &str| format!("/bands/{band}/{what}");
    let (_, template) = ada.post(&of_band("templates"), json!({ "name": "Guests" })).await;
    let (_, made) = ada.post(&of_band("campaigns"), json!({ "name": "Tour" })).await;
    let template = format!("/templates/{}", template["id"].as_str().unwrap());
    let campaign = format!("/campaigns/{}", made["campaign"]["id"].as_str().unwrap());
    let quota = format!("/site/accounts/{}/quota", ada.account["id"].as_str().unwrap());
    let (band_path, invite) = (format!("/bands/{band}"), format!("/invites/{invite}"));
    let bulk = json!({ "rows": [{}], "dry_run": true });
    let none = || json!({});
    let mut all = Vec::new();
    let mut add = |schema, method, path: &str, rest: Value, fields: &[&'static str]| {
        let one = |&field| Tried { schema, field, method, path: path.to_owned(), rest: rest.clone() };
        all.extend(fields.iter().map(one));
    };
    add("CreateBand", "POST", "/bands", json!({ "name": "x" }), &["name", "description", "contact"]);
    add("UpdateBand", "PATCH", &band_path, none(), &["name", "description", "contact"]);
    add("CreateInvite", "POST", &of_band("invites"), none(), &["label", "message", "ttl_hours", "max_uses"]);
    add("CreateInvites", "POST", &of_band("invites/bulk"), bulk, &["label", "message", "ttl_hours", "max_uses"]);
    add("UpdateInvite", "PATCH", &invite, none(), &["label", "message", "ttl_hours", "max_uses"]);
    add("UpdateTemplate", "PATCH", &template, none(), &["name", "label", "message", "ttl_hours", "max_uses"]);
    let limits = ["message", "ttl_hours", "max_invites", "max_accepts", "name"];
    add("CreateCampaign", "POST", &of_band("campaigns"), json!({ "name": "x" }), &limits);
    add("UpdateCampaign", "PATCH", &campaign, none(), &["name", "message", "ttl_hours"]);
    let codes = json!({ "count": 1, "name": "x" });
    add("CreateCodes", "POST", &of_band("codes"), codes, &["count", "name", "ttl_hours", "max_uses"]);
    add("SetQuota", "PUT", &quota, none(), &["limit"]);
    add("UpdateAccount", "PATCH", "/me", none(), &["display_name"]);
    all
}

async fn a_text_is_taken_up_to_its_length_and_not_beyond(world: World) {
    let document = document(&world).await;
    let (ada, band, invite) = scene(&world).await;
    let mut tried = 0;
    for one in all(&ada, &band, &invite).await {
        let said = said(&document, one.schema, one.field);
        let Some(most) = said["maxLength"].as_u64() else { continue };
        let text = |n: u64| json!("é".repeat(n as usize));
        let name = format!("{}.{}", one.schema, one.field);
        assert_eq!(one.with(&ada, text(most)).await, None, "{name}");
        assert_eq!(one.with(&ada, text(most + 1)).await.as_deref(), Some(one.field), "{name}");
        let least = said["minLength"].as_u64().unwrap_or_default();
        let blank = one.with(&ada, json!("")).await;
        assert_eq!(blank.is_some(), least > 0, "{name}: {blank:?}");
        tried += 1;
    }
    assert!(tried > 20, "{tried}");
    let body = json!({ "username": "x", "email": "x@example.org", "password": "correct horse" });
    for (n, (field, end)) in
        [("username", ""), ("display_name", ""), ("password", "?"), ("email", "")].into_iter().enumerate()
    {
        let said = said(&document, "Register", field);
        let most = said["maxLength"].as_u64().unwrap() as usize;
        // A domain of labels as long as they can be, so that what is before it is not too long by itself.
        let domain = format!("@{}.example", ["x".repeat(60), "y".repeat(60), "z".repeat(59)].join("."));
        let end = if field == "email" { &domain } else { end };
        for (length, is_taken) in [(most, true), (most + 1, false)] {
            let mut body = body.clone();
            (body["username"], body["email"]) = (json!(format!("u{n}")), json!(format!("u{n}@example.org")));
            body[field] = json!(format!("{}{end}", "a".repeat(length - end.len())));
            let (status, answer) = world.send("POST", "/auth/register", Some(&body)).await;
            assert_eq!(refused(status, &answer).as_deref(), (!is_taken).then_some(field), "{length}: {answer}");
        }
    }
    let short = said(&document, "Register", "password")["minLength"].as_u64().unwrap() as usize;
    for (length, status) in [(short, 201), (short - 1, 422)] {
        let body = json!({ "username": format!("p{length}"), "email": format!("p{length}@example.org"),
            "password": "q7".repeat(8)[..length] });
        assert_eq!(world.send("POST", "/auth/register", Some(&body)).await.0, status, "{length}");
    }
}

async fn a_number_is_taken_within_its_bounds_and_not_beyond(world: World) {
    let document = document(&world).await;
    let (ada, band, invite) = scene(&world).await;
    let mut tried = 0;
    for one in all(&ada, &band, &invite).await {
        let said = said(&document, one.schema, one.field);
        let (Some(least), Some(most)) = (said["minimum"].as_i64(), said["maximum"].as_i64()) else { continue };
        let name = format!("{}.{}", one.schema, one.field);
        for number in [least, most] {
            assert_eq!(one.with(&ada, json!(number)).await, None, "{name}: {number}");
        }
        let mut beyond = vec![json!(least - 1), json!(most + 1), json!(1.5), json!("1")];
        beyond.extend(said["not"].get("const").cloned());
        for value in beyond {
            assert_eq!(one.with(&ada, value.clone()).await.as_deref(), Some(one.field), "{name}: {value}");
        }
        let is_none_taken = said["type"].as_array().is_some_and(|types| types.contains(&json!("null")));
        assert_eq!(one.with(&ada, json!(null)).await.is_none(), is_none_taken, "{name}: null");
        tried += 1;
    }
    assert!(tried > 12, "{tried}");
    let path = "/api/v1/bands/{id}/invites";
    let parameters = document["paths"][path]["get"]["parameters"].as_array().unwrap();
    let limit = &parameters.iter().find(|one| one["name"] == "limit").unwrap()["schema"];
    let (least, most) = (limit["minimum"].as_i64().unwrap(), limit["maximum"].as_i64().unwrap());
    for (limit, status) in [(least - 1, 422), (least, 200), (most, 200), (most + 1, 422)] {
        assert_eq!(ada.get(&format!("/bands/{band}/invites?limit={limit}")).await.0, status, "{limit}");
    }
}

async fn as_many_are_taken_as_the_description_says(world: World) {
    let document = document(&world).await;
    let (ada, band, _) = scene(&world).await;
    let bulk = format!("/bands/{band}/invites/bulk");
    let rows = said(&document, "CreateInvites", "rows");
    let (least, most) = (rows["minItems"].as_u64().unwrap() as usize, rows["maxItems"].as_u64().unwrap() as usize);
    for (n, status) in [(least - 1, 422), (least, 201), (most, 201), (most + 1, 422)] {
        let body = json!({ "rows": vec![json!({}); n], "dry_run": true });
        let (answered, answer) = ada.post(&bulk, body).await;
        assert_eq!(answered, status, "{n}");
        assert_eq!(refused(answered, &answer).as_deref(), (status == 422).then_some("rows"));
    }
    let ids = said(&document, "ActOnInvites", "ids");
    let (least, most) = (ids["minItems"].as_u64().unwrap() as usize, ids["maxItems"].as_u64().unwrap() as usize);
    let id = json!("01890a5d-ac96-774b-bcce-b302099a8057");
    for (n, is_taken) in [(least - 1, false), (least, true), (most, true), (most + 1, false)] {
        let body = json!({ "action": "revoke", "ids": vec![id.clone(); n] });
        let (status, answer) = ada.post(&format!("/bands/{band}/invites/actions"), body).await;
        assert_eq!(status == 200, is_taken, "{n}: {answer}");
    }
}
