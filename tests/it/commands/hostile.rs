//! A server that wants to write on the terminal of whoever asks it.

use serde_json::{Value, json};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

use crate::program::{Home, Ran};

/// Clears the screen, sets the title and the clipboard, turns the text around, hides in nothing, and C1.
const ATTACK: &str =
    "A\u{1b}[2J\u{1b}]0;pwned\u{7}\u{1b}]52;c;aGk=\u{7}\u{202e}\u{2066}\u{200b}\u{feff}\u{9b}31m\r\u{8}\u{0}\u{7f}Z";

const ID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

/// Runs commands against a server that answers everything with this.
async fn against(status: u16, media: &str, body: &Value, commands: &[&[&str]]) -> Vec<Ran> {
    against_text(status, media, body.to_string(), commands).await
}

/// As [`against`], for an answer of any kind.
async fn against_text(status: u16, media: &str, body: String, commands: &[&[&str]]) -> Vec<Ran> {
    let server = MockServer::start().await;
    let response = ResponseTemplate::new(status).set_body_raw(body, media);
    Mock::given(any()).respond_with(response).mount(&server).await;
    let (origin, commands) = (server.uri(), commands.iter().map(|args| args.iter().map(|&a| a.to_owned()).collect()));
    let commands: Vec<Vec<String>> = commands.collect();
    tokio::task::spawn_blocking(move || {
        let home = Home::at(origin);
        let token = guestlist::domain::SessionToken::from_random(&[7; 32]);
        let run = |args: &Vec<String>| {
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            Ran::of(&home.command(&args).env("GUESTLIST_TOKEN", token.reveal()).output().unwrap())
        };
        commands.iter().map(run).collect()
    })
    .await
    .unwrap()
}

fn assert_clean(text: &str) {
    let bad = |c: char| {
        c.is_control() && !matches!(c, '\n' | '\t')
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    assert!(!text.contains(bad), "{text:?}");
    assert!(!text.contains("\\u001b") && !text.contains("\\u009b"), "not even escaped: {text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_says_never_steers_the_terminal() {
    let person = json!({ "id": ID, "username": ATTACK, "display_name": ATTACK });
    let at = "2026-01-01T00:00:00Z";
    let counts = json!({ "members": 1, "invites": 1, "pending": 1 });
    let band = json!({
        "id": ID, "name": ATTACK, "description": format!("{ATTACK}\n{ATTACK}"), "contact": ATTACK, "join": "invite",
        "invite_permission": "admins", "role": "owner", "can_invite": true, "counts": counts, "revision": 1,
        "created_at": at,
    });
    let invite = json!({
        "id": ID, "band_id": ID, "campaign_id": null, "kind": "link", "role": "member", "status": "pending",
        "cancel_reason": null, "email": null, "account": null, "label": ATTACK, "message": ATTACK, "hint": ATTACK,
        "max_uses": 1, "uses": 0, "created_at": at, "created_by": person, "expires_at": null, "status_at": at,
        "acted_by": null, "used": false, "used_at": null, "used_by": null, "delivery": "none", "sent_at": null,
        "reminders_sent": 0, "next_reminder_at": null, "requires_approval": false,
    });
    let member =
        json!({ "account": person, "role": "owner", "can_invite": true, "joined_at": at, "invited_by": person });
    let made = json!({ "made": 1, "pending": 1, "accepted": 0, "rejected": 0, "cancelled": 0, "uses": 0 });
    let campaign = json!({
        "id": ID, "band_id": ID, "name": ATTACK, "role": "member", "message": ATTACK, "expires_at": null, "reminders": null,
        "max_invites": null, "max_accepts": null, "is_default": false, "counts": made, "sent": 0, "active": true,
        "created_at": at, "created_by": person, "ended_at": null,
    });
    let template = json!({
        "id": ID, "band_id": ID, "name": ATTACK, "kind": null, "role": "member", "ttl_hours": null, "max_uses": 1,
        "label": ATTACK, "message": ATTACK, "campaign_id": null, "requires_approval": false, "created_at": at,
        "created_by": person,
    });
    let event = json!({
        "id": 1, "at": at, "actor": person, "action": ATTACK, "invite": null, "account": person, "detail": ATTACK,
    });
    let node = json!({
        "account": person, "invited_by": person, "invite_id": null, "joined_at": at, "role": "owner", "brought": 1,
    });
    let request = json!({
        "id": ID, "account": person, "invite_id": null, "role": "member", "status": "pending", "created_at": at,
    });
    let card = json!({
        "invite_id": ID, "code": ATTACK, "status": "pending", "uses": 0, "max_uses": 1, "expires_at": null, "link": ATTACK,
    });
    let found = json!({ "id": ID, "username": ATTACK, "display_name": ATTACK, "state": "none" });
    let mut all = json!({
        "campaigns": [campaign], "templates": [template], "events": [event], "nodes": [node], "join_requests": [request],
        "codes": [card], "accounts": [found],
        "bands": [band], "invites": [invite], "members": [member], "total": 1, "pending": 1, "next_cursor": ATTACK,
        "link": ATTACK, "token": ATTACK, "inviter": person, "uses_left": 1, "for": ATTACK, "registration": "open",
        "email": ATTACK, "email_verified": true, "site_admin": false, "outcome": "joined", "username": ATTACK,
        "display_name": ATTACK, "invite": invite,
    });
    // Every answer at once: what a command does not know of it does not read.
    for (name, value) in invite.as_object().unwrap().iter().chain(band.as_object().unwrap()) {
        all[name] = all.get(name).filter(|_| name != "message").unwrap_or(value).clone();
    }
    all["band"] = json!({ "id": ID, "name": ATTACK, "description": ATTACK, "contact": ATTACK, "members": 1 });
    let commands: &[&[&str]] = &[
        &["bands", "list"],
        &["bands", "list", "--json"],
        &["bands", "show", ID],
        &["members", "list", ID],
        &["members", "list", ID, "--json"],
        &["invites", "list", ID],
        &["invites", "list", ID, "--json"],
        &["invites", "show", ID],
        &["invites", "create", ID],
        &["invites", "link", ID],
        &["campaigns", "list", ID],
        &["templates", "list", ID],
        &["audit", ID],
        &["audit", ID, "--json"],
        &["tree", ID],
        &["requests", "list", ID],
        &["codes", "list", ID],
        &["people", "ada"],
        &["preview", "inv_x"],
        &["accept", "inv_x"],
        &["whoami"],
    ];
    for (ran, args) in against(200, "application/json", &all, commands).await.iter().zip(commands) {
        assert_eq!(ran.code, 0, "{args:?}: {ran:?}");
        assert!(ran.out.contains('Z'), "{args:?}: the text itself is shown: {ran:?}");
        assert_clean(&ran.out);
        assert_clean(&ran.err);
    }
    // Its pages go round in a circle.
    let commands: &[&[&str]] =
        &[&["invites", "list", ID, "--all"], &["invites", "list", ID, "--limit", "999"], &["invites", "export", ID]];
    for ran in against(200, "application/json", &all, commands).await {
        assert!(ran.code == 1 && ran.err.contains("the list cannot be read"), "{ran:?}");
        assert_clean(&ran.out.replace("\r\n", "\n"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nor_does_what_it_refuses_with() {
    let problem = json!({
        "type": ATTACK, "title": ATTACK, "status": 410, "detail": ATTACK, "code": "invite_expired", "band": ATTACK,
        "inviter": ATTACK, "contact": ATTACK, "errors": [{ "field": ATTACK, "message": ATTACK }],
    });
    let commands: &[&[&str]] = &[&["preview", "inv_x"], &["bands", "list", "--json"]];
    for media in ["application/problem+json", "text/html\u{9b}31m", "application/json"] {
        for ran in against(410, media, &problem, commands).await {
            assert_eq!((ran.code, ran.out.as_str()), (1, ""), "{ran:?}");
            assert_clean(&ran.err);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nor_does_a_file_that_is_shown() {
    for (media, args) in [
        ("text/csv", &["audit", ID, "--format", "csv"][..]),
        ("application/x-ndjson", &["audit", ID, "--format", "ndjson"]),
        ("text/csv; charset=utf-8", &["codes", "list", ID, "--format", "csv"]),
        ("text/html", &["codes", "sheet", ID]),
    ] {
        for ran in against_text(200, media, format!("one,{ATTACK}\n{ATTACK}\n"), &[args]).await {
            assert_eq!((ran.code, ran.out.lines().count()), (0, 2), "{ran:?}");
            assert_clean(&ran.out);
            assert_clean(&ran.err);
        }
    }
}
