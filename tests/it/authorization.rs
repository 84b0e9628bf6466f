//! Every operation of the description × everyone who could ask: one table, and the description is walked, so that an
//! operation without a row fails. On the way every answer is held to what the description says of it.

use serde_json::{Value, json};

use crate::{
    description::Description,
    world::{PASSWORD, Person, World, on_each_database},
};

on_each_database! {
    every_operation_answers_everyone_as_the_table_says,
    the_sites_codes_answer_those_alone_who_run_it,
}

/// Those who ask, in the order of the table's columns. The owner made what is asked about; removed and banned were
/// members when it was made. The stranger owns a band of their own, and what is like it there.
const WHO: [&str; 8] = ["nobody", "stranger", "member", "inviting member", "admin", "owner", "removed", "banned"];

/// An operation, and the status that each of [`WHO`] gets.
pub type Row = (&'static str, &'static str, [u16; 8]);

/// For anyone, signed in or not.
const fn all(status: u16) -> [u16; 8] {
    [status; 8]
}

/// For whoever is signed in, in the band or not.
const fn signed_in(status: u16) -> [u16; 8] {
    [401, status, status, status, status, status, status, status]
}

/// A band that is not one's own is not there, for those who were put out of it too.
const fn in_band(member: u16, inviting: u16, admin: u16, owner: u16) -> [u16; 8] {
    [401, 404, member, inviting, admin, owner, 404, 404]
}

/// Whoever takes it out of the hands of others ends the invite, whatever they were to the band before.
const HOLDS_A_TOKEN: [u16; 8] = [401, 200, 200, 200, 200, 200, 403, 403];

/// Method and path of each operation, with what everyone is answered.
pub const TABLE: &[Row] = &[
    ("GET", "/site", all(200)),
    ("POST", "/auth/register", all(201)),
    ("POST", "/auth/login", all(200)),
    ("POST", "/auth/logout", signed_in(204)),
    // Here nothing is mailed: no token was sent, and no address can be verified.
    ("POST", "/auth/password/forgot", all(202)),
    ("POST", "/auth/password/reset", all(422)),
    ("POST", "/me/email/verification", signed_in(422)),
    ("POST", "/me/email/verify", signed_in(422)),
    ("GET", "/me", signed_in(200)),
    ("PATCH", "/me", signed_in(200)),
    // Whoever owns a band has to hand it over first.
    ("DELETE", "/me", [401, 409, 204, 204, 204, 409, 204, 204]),
    ("GET", "/me/invites", signed_in(200)),
    ("GET", "/me/quota", signed_in(200)),
    ("GET", "/me/join-requests", signed_in(200)),
    ("GET", "/me/blocks", signed_in(200)),
    // What is asked about is nobody's.
    ("DELETE", "/me/blocks/{id}", signed_in(404)),
    ("GET", "/site/blocks", signed_in(403)),
    ("DELETE", "/site/blocks/{id}", signed_in(403)),
    // Asked for the band in question: only who invites there hears how people stand to it.
    ("GET", "/accounts", in_band(403, 200, 200, 200)),
    // The one that is asked about waits for nobody.
    ("POST", "/me/invites/{id}/accept", signed_in(404)),
    ("POST", "/me/invites/{id}/decline", signed_in(404)),
    ("GET", "/me/sessions", signed_in(200)),
    ("DELETE", "/me/sessions/{id}", signed_in(204)),
    ("GET", "/me/sync", signed_in(200)),
    // What is the site's is for those who run it, and a band's owner does not.
    ("PUT", "/site/accounts/{id}/quota", signed_in(403)),
    ("GET", "/bands", signed_in(200)),
    ("POST", "/bands", signed_in(201)),
    ("GET", "/bands/{id}", in_band(200, 200, 200, 200)),
    ("DELETE", "/bands/{id}", in_band(403, 403, 403, 204)),
    ("PATCH", "/bands/{id}", in_band(403, 403, 200, 200)),
    // By invite alone: it is not there for those outside.
    ("POST", "/bands/{id}/join", in_band(200, 200, 200, 200)),
    ("POST", "/bands/{id}/leave", in_band(204, 204, 204, 409)),
    ("POST", "/bands/{id}/transfer", in_band(403, 403, 403, 200)),
    ("GET", "/bands/{id}/audit", in_band(403, 403, 200, 200)),
    ("GET", "/bands/{id}/join-requests", in_band(403, 403, 200, 200)),
    ("POST", "/bands/{id}/join-requests/{rid}/approve", in_band(403, 403, 200, 200)),
    ("POST", "/bands/{id}/join-requests/{rid}/deny", in_band(403, 403, 204, 204)),
    ("GET", "/bands/{id}/stats", in_band(403, 403, 200, 200)),
    ("GET", "/bands/{id}/templates", in_band(403, 403, 200, 200)),
    ("POST", "/bands/{id}/templates", in_band(403, 403, 201, 201)),
    ("PATCH", "/templates/{id}", in_band(403, 403, 200, 200)),
    ("DELETE", "/templates/{id}", in_band(403, 403, 204, 204)),
    ("POST", "/bands/{id}/codes", in_band(403, 403, 201, 201)),
    ("GET", "/site/codes", signed_in(403)),
    ("POST", "/site/codes", signed_in(403)),
    ("GET", "/campaigns/{id}/codes", in_band(403, 403, 200, 200)),
    ("GET", "/campaigns/{id}/codes/sheet", in_band(403, 403, 200, 200)),
    ("GET", "/bands/{id}/campaigns", in_band(403, 403, 200, 200)),
    ("POST", "/bands/{id}/campaigns", in_band(403, 403, 201, 201)),
    ("GET", "/campaigns/{id}", in_band(403, 403, 200, 200)),
    ("PATCH", "/campaigns/{id}", in_band(403, 403, 200, 200)),
    ("DELETE", "/campaigns/{id}", in_band(403, 403, 200, 200)),
    ("GET", "/campaigns/{id}/calendar.ics", in_band(200, 200, 200, 200)),
    ("POST", "/campaigns/{id}/expire", in_band(403, 403, 200, 200)),
    ("GET", "/bands/{id}/members", in_band(200, 200, 200, 200)),
    ("GET", "/bands/{id}/tree", in_band(200, 200, 200, 200)),
    ("PATCH", "/bands/{id}/members/{account_id}", in_band(403, 403, 200, 200)),
    ("DELETE", "/bands/{id}/members/{account_id}", in_band(403, 403, 204, 204)),
    ("GET", "/bands/{id}/bans", in_band(403, 403, 200, 200)),
    ("DELETE", "/bands/{id}/bans/{account_id}", in_band(403, 403, 204, 204)),
    ("GET", "/bands/{id}/invites", in_band(200, 200, 200, 200)),
    ("POST", "/bands/{id}/invites", in_band(403, 201, 201, 201)),
    ("POST", "/bands/{id}/invites/bulk", in_band(403, 201, 201, 201)),
    // Everyone in the band may ask; what they may not change is told as failed.
    ("POST", "/bands/{id}/invites/actions", in_band(200, 200, 200, 200)),
    // A plain member sees their own invites alone; this one is the owner's.
    ("GET", "/invites/{id}", in_band(404, 200, 200, 200)),
    ("PATCH", "/invites/{id}", in_band(404, 403, 200, 200)),
    ("DELETE", "/invites/{id}", in_band(404, 403, 204, 204)),
    ("POST", "/invites/{id}/restore", in_band(404, 403, 200, 200)),
    ("POST", "/invites/{id}/link", in_band(404, 403, 200, 200)),
    ("POST", "/invites/{id}/resend", in_band(404, 403, 200, 200)),
    ("POST", "/invites/{id}/rotate", in_band(404, 403, 200, 200)),
    ("GET", "/invites/{id}/redemptions", in_band(404, 200, 200, 200)),
    ("GET", "/invites/{token}/info", all(200)),
    ("GET", "/invites/{token}/calendar.ics", all(200)),
    ("POST", "/invites/{token}/accept", HOLDS_A_TOKEN),
    ("POST", "/invites/{token}/decline", [401, 204, 204, 204, 204, 204, 403, 403]),
];

/// What can be done with the site's codes, by nobody, by someone signed in, and by who runs the site.
const SITE_TABLE: &[(&str, &str, [u16; 3])] = &[
    ("GET", "/site/codes", [401, 403, 200]),
    ("GET", "/campaigns/{id}", [401, 404, 200]),
    ("PATCH", "/campaigns/{id}", [401, 404, 200]),
    ("GET", "/campaigns/{id}/codes", [401, 404, 200]),
    ("GET", "/campaigns/{id}/codes/sheet", [401, 404, 200]),
    ("GET", "/invites/{id}", [401, 404, 200]),
    ("PATCH", "/invites/{id}", [401, 404, 200]),
    ("GET", "/invites/{id}/redemptions", [401, 404, 200]),
    ("POST", "/invites/{id}/link", [401, 404, 200]),
    ("POST", "/invites/{id}/rotate", [401, 404, 200]),
    ("DELETE", "/invites/{id}", [401, 404, 204]),
    ("POST", "/invites/{id}/restore", [401, 404, 200]),
    ("POST", "/campaigns/{id}/expire", [401, 404, 200]),
    ("DELETE", "/campaigns/{id}", [401, 404, 200]),
    ("POST", "/site/codes", [401, 403, 201]),
];

/// What is asked for the sake of a link, a code or a session. No other answer holds one.
const GIVES_SECRETS: &[(&str, &str)] = &[
    ("POST", "/auth/register"),
    ("POST", "/auth/login"),
    ("POST", "/bands/{id}/invites"),
    ("POST", "/bands/{id}/invites/bulk"),
    // Its rows are answered as those of many invites are.
    ("POST", "/bands/{id}/campaigns"),
    ("GET", "/campaigns/{id}/codes"),
    ("GET", "/campaigns/{id}/codes/sheet"),
    ("POST", "/invites/{id}/link"),
    ("POST", "/invites/{id}/rotate"),
];

/// A good body of an operation, `None` where it takes none.
pub fn body(method: &str, path: &str, scene: &Scene) -> Option<Value> {
    Some(match (method, path) {
        ("POST", "/auth/register") => {
            json!({ "username": scene.fresh, "email": format!("{}@example.org", scene.fresh), "password": PASSWORD })
        }
        ("POST", "/auth/login") => json!({ "login": "someone", "password": PASSWORD }),
        ("POST", "/auth/password/forgot") => json!({ "login": "someone" }),
        ("POST", "/auth/password/reset") => json!({ "token": "rst_of_nobody", "password": PASSWORD }),
        ("POST", "/me/email/verify") => json!({ "code": "ABCD-EFGH" }),
        ("PATCH", "/me") => json!({ "display_name": "Somebody Else" }),
        ("PUT", "/site/accounts/{id}/quota") => json!({ "limit": 5 }),
        ("PATCH", "/bands/{id}") => json!({ "name": "The Choir" }),
        ("POST", "/bands/{id}/transfer") => json!({ "account_id": scene.other }),
        ("POST", "/bands") => json!({ "name": "Choir" }),
        ("PATCH", "/bands/{id}/members/{account_id}") => json!({ "role": "admin" }),
        ("POST", "/bands/{id}/invites") => json!({ "label": "for Kim" }),
        ("POST", "/bands/{id}/codes" | "/site/codes") => json!({ "count": 2, "name": "For the door" }),
        ("POST", "/bands/{id}/invites/bulk") => json!({ "rows": [{ "name": "Kim" }] }),
        ("POST", "/bands/{id}/invites/actions") => json!({ "action": "revoke", "ids": [scene.pending] }),
        ("POST", "/bands/{id}/templates") => json!({ "name": "Singers", "role": "admin" }),
        ("POST", "/bands/{id}/campaigns") => {
            json!({ "name": "Spring tour", "role": "admin", "ttl_hours": null, "rows": [{ "name": "Kim" }] })
        }
        ("PATCH", "/campaigns/{id}" | "/templates/{id}") => json!({ "message": "Come and sing" }),
        ("PATCH", "/invites/{id}") => json!({ "label": "for Sam" }),
        (
            "POST",
            "/bands/{id}/join"
            | "/bands/{id}/leave"
            | "/bands/{id}/join-requests/{rid}/approve"
            | "/bands/{id}/join-requests/{rid}/deny"
            | "/campaigns/{id}/expire"
            | "/me/email/verification"
            | "/me/invites/{id}/accept"
            | "/me/invites/{id}/decline"
            | "/invites/{id}/restore"
            | "/invites/{id}/link"
            | "/invites/{id}/resend"
            | "/invites/{id}/rotate"
            | "/invites/{token}/accept"
            | "/invites/{token}/decline",
        ) => json!({}),
        _ => return None,
    })
}

/// A band with someone of each kind in it, and invites that its owner made.
pub struct Scene {
    /// In the order of [`WHO`].
    pub people: Vec<Option<Person>>,
    /// The band.
    pub band: String,
    /// A plain member whom nobody asks.
    other: String,
    banned: String,
    pending: String,
    /// The token of an invite that waits.
    pub token: String,
    revoked: String,
    /// A link that remembers an address.
    remembers: String,
    template: String,
    /// A batch of codes.
    pub campaign: String,
    /// One with an event.
    dated: String,
    /// Someone outside asks to come in.
    request: String,
    /// A name that nobody has.
    fresh: String,
    /// What opens something: the tokens, codes and sessions of it all.
    secrets: Vec<String>,
}

impl Scene {
    /// The next one; `number` is for a name that nobody has.
    pub async fn new(world: &World, number: usize) -> Self {
        let people = world.people(9).await;
        let [stranger, member, inviting, admin, owner, removed, banned, other, asking] =
            people.try_into().ok().unwrap();
        let own = stranger.band("Brass & Bone").await;
        let (_, to_own) = stranger.invite(&own, json!({ "role": "admin" })).await;
        let band = owner.band("Choir").await;
        let (_, members) = owner.invite(&band, json!({ "max_uses": null })).await;
        let (_, admins) = owner.invite(&band, json!({ "role": "admin" })).await;
        for person in [&member, &inviting, &removed, &banned, &other] {
            assert_eq!(person.accept(&members).await.0, 200);
        }
        assert_eq!(admin.accept(&admins).await.0, 200);
        world.set_can_invite(&band, &inviting).await;
        let event = json!({ "title": "Concert", "starts_at": "2027-04-10T19:30", "time_zone": "Europe/Berlin" });
        let wish = json!({ "name": "Tour", "ttl_hours": null, "event": event });
        let (status, made) = owner.post(&format!("/bands/{band}/campaigns"), wish).await;
        assert_eq!(status, 201, "{made}");
        let dated = made["campaign"]["id"].as_str().unwrap().to_owned();
        let (pending, token) = owner.invite(&band, json!({ "campaign_id": dated })).await;
        let (revoked, old) = owner.invite(&band, json!({})).await;
        let (remembers, for_lee) = owner.invite(&band, json!({ "kind": "link", "email": "lee@example.org" })).await;
        assert_eq!(owner.delete(&format!("/invites/{revoked}")).await.0, 204);
        let (status, template) = owner.post(&format!("/bands/{band}/templates"), json!({ "name": "Drummers" })).await;
        assert_eq!(status, 201, "{template}");
        let template = template["id"].as_str().unwrap().to_owned();
        let wish = json!({ "count": 2, "name": "For the door" });
        let (status, codes) = owner.post(&format!("/bands/{band}/codes"), wish).await;
        assert_eq!(status, 201, "{codes}");
        let campaign = codes["campaign"]["id"].as_str().unwrap().to_owned();
        let mut secrets = codes_of(&owner, &campaign).await;
        secrets.extend([to_own, members, admins, token.clone(), old, for_lee]);
        let request = asks(&owner, &band, &asking).await;
        world.clock.pass_seconds(1);
        world.remove(&band, &removed, false).await;
        world.remove(&band, &banned, true).await;
        let other = other.account["id"].as_str().unwrap().to_owned();
        let gone = banned.account["id"].as_str().unwrap().to_owned();
        let all = [stranger, member, inviting, admin, owner, removed, banned];
        secrets.extend(all.iter().map(|person| person.session.clone()));
        let people = std::iter::once(None).chain(all.into_iter().map(Some)).collect();
        Self {
            people,
            band,
            other,
            banned: gone,
            pending,
            token,
            revoked,
            remembers,
            template,
            campaign,
            dated,
            request,
            fresh: format!("fresh{number}"),
            secrets,
        }
    }

    /// Whether its owner has no say in it any more, or is gone.
    pub async fn is_spent(&self, owner: &Person) -> bool {
        let (status, band) = owner.get(&format!("/bands/{}", self.band)).await;
        status != 200 || band["role"] != "owner"
    }

    /// The operation's path with what stands here for its parameters.
    pub async fn path(&self, path: &str, who: usize) -> String {
        if path == "/accounts" {
            return format!("/accounts?q=p0&band={}", self.band);
        }
        let own_session = match &self.people[who] {
            Some(person) if path.contains("/sessions/{id}") => {
                person.get("/me/sessions").await.1["sessions"][0]["id"].as_str().unwrap().to_owned()
            }
            _ => self.band.clone(),
        };
        let id = match path {
            _ if path.starts_with("/me") => &own_session,
            _ if path.starts_with("/site/accounts") => &self.other,
            _ if path.ends_with("/restore") => &self.revoked,
            _ if path.ends_with("/resend") => &self.remembers,
            _ if path.starts_with("/templates") => &self.template,
            _ if path.ends_with("/calendar.ics") => &self.dated,
            _ if path.starts_with("/campaigns") => &self.campaign,
            _ if path.starts_with("/invites") => &self.pending,
            _ => &self.band,
        };
        let account = if path.contains("/bans/") { &self.banned } else { &self.other };
        path.replace("{id}", id)
            .replace("{account_id}", account)
            .replace("{token}", &self.token)
            .replace("{rid}", &self.request)
    }
}

/// The codes of a batch, as they are shown and as they are typed.
async fn codes_of(maker: &Person, campaign: &str) -> Vec<String> {
    let (_, codes) = maker.get(&format!("/campaigns/{campaign}/codes")).await;
    let codes = codes["codes"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap());
    codes.flat_map(|code| [code.to_owned(), code.replace('-', "")]).collect()
}

/// What in an answer opens something, where nobody asked for that.
fn leak<'a>(method: &str, path: &str, text: &str, secrets: &'a [String]) -> Option<&'a str> {
    if GIVES_SECRETS.contains(&(method, path)) {
        return None;
    }
    let found = secrets.iter().map(String::as_str).find(|secret| text.contains(secret));
    found.or_else(|| text.contains("/invite/inv_").then_some("a link"))
}

/// Lets someone ask to come into a band that takes in nobody without an invite otherwise; the request's id.
async fn asks(owner: &Person, band: &str, person: &Person) -> String {
    let path = format!("/bands/{band}");
    assert_eq!(owner.patch(&path, json!({ "join": "request" })).await.0, 200);
    assert_eq!(person.post(&format!("{path}/join"), json!({})).await.0, 202);
    assert_eq!(owner.patch(&path, json!({ "join": "invite" })).await.0, 200);
    let (_, list) = owner.get(&format!("{path}/join-requests")).await;
    list["join_requests"][0]["id"].as_str().unwrap().to_owned()
}

/// An answer as it came.
struct Answer {
    status: u16,
    media: Option<String>,
    text: String,
}

impl Answer {
    /// Its body, null where that is no JSON.
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    /// Why it is not what the description says.
    fn fault(&self, description: &Description, method: &str, path: &str) -> Option<String> {
        description.fault(method, path, self.status, self.media.as_deref(), &self.text)
    }
}

/// Sends one request.
async fn ask(world: &World, person: Option<&Person>, method: &str, path: &str, body: Option<&Value>) -> Answer {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut request = client.request(method.parse().unwrap(), format!("{}/api/v1{path}", world.origin));
    if let Some(person) = person {
        request = request.bearer_auth(&person.session);
    }
    if let Some(body) = body {
        request = request.json(body);
    }
    let response = request.send().await.unwrap();
    let media = response.headers().get("content-type").map(|value| value.to_str().unwrap().to_owned());
    Answer { status: response.status().as_u16(), media, text: response.text().await.unwrap() }
}

async fn every_operation_answers_everyone_as_the_table_says(world: World) {
    let document = Description::of(&world).await;
    world.account("someone").await;
    let mut faults: Vec<String> = Vec::new();
    for (method, path) in document.operations() {
        if !TABLE.iter().any(|row| (row.0, row.1) == (method.as_str(), path.as_str())) {
            faults.push(format!("{method} {path} has no row"));
        }
    }
    let mut number = 0;
    let mut scene = Scene::new(&world, number).await;
    for (method, path, expected) in TABLE {
        if document.operation(method, path).is_null() {
            faults.push(format!("{method} {path} is not described"));
            continue;
        }
        for (who, expected) in expected.iter().enumerate() {
            let real = scene.path(path, who).await;
            let body = body(method, path, &scene);
            let answer = ask(&world, scene.people[who].as_ref(), method, &real, body.as_ref()).await;
            faults.extend(answer.fault(&document, method, path));
            let (status, text) = (answer.status, &answer.text);
            if status != *expected {
                faults.push(format!("{method} {path}: {}: {status} and not {expected}: {text}", WHO[who]));
            }
            if let Some(secret) = leak(method, path, text, &scene.secrets) {
                faults.push(format!("{method} {path}: {}: {secret} is in {text}", WHO[who]));
            }
            // What changed is not asked about again.
            if status < 300 && *method != "GET" {
                number += 1;
                scene = Scene::new(&world, number).await;
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

async fn the_sites_codes_answer_those_alone_who_run_it(world: World) {
    let document = Description::of(&world).await;
    let scene = Scene::new(&world, 0).await;
    let [maker, runner] = world.people(2).await.try_into().ok().unwrap();
    for person in [&maker, &runner] {
        world.make_site_admin(person).await;
    }
    let (status, made) = maker.post("/site/codes", json!({ "count": 2, "name": "Newcomers" })).await;
    assert_eq!(status, 201, "{made}");
    let campaign = made["campaign"]["id"].as_str().unwrap();
    let (_, codes) = maker.get(&format!("/campaigns/{campaign}/codes")).await;
    let secrets = codes_of(&maker, campaign).await;
    let code = codes["codes"][0]["invite_id"].as_str().unwrap();
    let mut faults: Vec<String> = Vec::new();
    for (method, path, expected) in SITE_TABLE {
        let real = path.replace("{id}", if path.starts_with("/invites") { code } else { campaign });
        let body = body(method, path, &scene);
        // Who runs the site is another than who made the codes, and comes last.
        for (person, expected) in [None, scene.people[5].as_ref(), Some(&runner)].into_iter().zip(expected) {
            let answer = ask(&world, person, method, &real, body.as_ref()).await;
            faults.extend(answer.fault(&document, method, path));
            let (status, text) = (answer.status, &answer.text);
            if status != *expected {
                faults.push(format!("{method} {path}: {status} and not {expected}: {text}"));
            }
            if let Some(secret) = leak(method, path, text, &secrets) {
                faults.push(format!("{method} {path}: {secret} is in {text}"));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_no_operation_knows_is_refused_by_name() {
    let world = World::sqlite().await;
    let document = Description::of(&world).await;
    world.account("someone").await;
    let scene = Scene::new(&world, 0).await;
    let owner = scene.people[5].as_ref();
    let mut tried = 0;
    for (method, path, _) in TABLE {
        if document.operation(method, path)["requestBody"].is_null() {
            continue;
        }
        let mut body = body(method, path, &scene).expect("an operation with a body has one in this file");
        body["of_nobody"] = json!(1);
        let real = scene.path(path, 5).await;
        let told = ask(&world, owner, method, &real, Some(&body)).await;
        let answer = told.json();
        let refused = (told.status, answer["code"].as_str(), answer["errors"][0]["field"].as_str());
        assert_eq!(refused, (422, Some("validation"), Some("of_nobody")), "{method} {path}: {answer}");
        assert_eq!(told.fault(&document, method, path), None);
        tried += 1;
    }
    assert!(tried > 10, "{tried}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_needed_is_asked_for_and_one_that_is_not_can_be_left_out() {
    let world = World::sqlite().await;
    let document = Description::of(&world).await;
    world.account("someone").await;
    let (mut needed, mut optional) = (0, 0);
    for (number, (method, path, _)) in TABLE.iter().enumerate() {
        let described = &document.operation(method, path)["requestBody"];
        if described.is_null() {
            continue;
        }
        assert!(described["content"]["application/json"]["schema"]["$ref"].is_string(), "{described}");
        let scene = Scene::new(&world, number).await;
        let owner = scene.people[5].as_ref();
        let real = scene.path(path, 5).await;
        let told = ask(&world, owner, method, &real, None).await;
        let (status, answer) = (told.status, told.json());
        let of_body = answer["errors"][0]["field"] == "body";
        if described["required"] == true {
            assert_eq!((status, of_body), (422, true), "{method} {path}: {answer}");
            needed += 1;
        } else {
            assert!(!of_body && status != 400 && status != 415, "{method} {path}: {answer}");
            optional += 1;
        }
    }
    assert!(needed > 10 && optional > 10, "{needed} {optional}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_framework_refuses_is_a_problem_on_every_operation() {
    let world = World::sqlite().await;
    let document = Description::of(&world).await;
    let scene = Scene::new(&world, 0).await;
    let owner = scene.people[5].as_ref().unwrap();
    let client = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).build().unwrap();
    for (method, path) in document.operations() {
        let url = format!("{}/api/v1{}", world.origin, scene.path(&path, 5).await);
        let ask = |method: &str| client.request(method.parse().unwrap(), &url).bearer_auth(&owner.session);
        let of_none = ["PUT", "PATCH"].into_iter().find(|method| document.operation(method, &path).is_null()).unwrap();
        let mut refusals = vec![(ask(of_none), 405, "method_not_allowed")];
        if !document.operation(&method, &path)["requestBody"].is_null() {
            let json = |body: String| ask(&method).header("content-type", "application/json").body(body);
            refusals.push((json("{".to_owned()), 400, "bad_request"));
            refusals.push((json(format!("{{\"x\":\"{}\"}}", "x".repeat(2_000_000))), 413, "payload_too_large"));
            refusals.push((
                ask(&method).header("content-type", "text/plain").body("{}"),
                415,
                "unsupported_media_type",
            ));
        }
        for (request, status, code) in refusals {
            let response = request.send().await.unwrap();
            assert_eq!(response.headers()["content-type"], "application/problem+json", "{method} {path}: {code}");
            assert_eq!(response.status(), status, "{method} {path}");
            let answer: Value = response.json().await.unwrap();
            assert_eq!(answer["code"], code, "{method} {path}: {answer}");
        }
    }
}
