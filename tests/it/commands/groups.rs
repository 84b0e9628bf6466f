//! Every group of commands, against a server as a process: JSON in the API's own shapes, tables for people.

use serde_json::{Value, json};

use crate::program::{Home, Served};

/// A band of ada's.
fn owls(server: &Served) -> (Home, String) {
    let ada = server.person("ada");
    let band = ada.band("The Night Owls");
    (ada, band)
}

/// Lets somebody in as an admin.
fn lets_in(ada: &Home, band: &str, other: &Home) {
    let link = ada.run(&["invites", "create", band, "--role", "admin"]).out;
    other.json_with(&["accept"], &link);
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("{name} is missing: {value}"))
}

#[test]
fn a_band_is_changed_and_says_how_it_is() {
    let server = Served::start();
    let (ada, band) = owls(&server);
    let policy =
        ["--policy", "max_ttl_hours=48", "--policy", "default_ttl_hours=24", "--policy", "allow_kinds=email,user"];
    let changed = ada.json(
        &[&["bands", "edit", "the night owls", "--contact", "ada@example.org", "--join", "open"][..], &policy].concat(),
    );
    assert_eq!(changed, ada.api(&format!("/bands/{band}")));
    assert_eq!(
        (&changed["policy"]["max_ttl_hours"], &changed["policy"]["allow_kinds"]),
        (&json!(48), &json!(["email", "user"]))
    );
    ada.run(&["invites", "create", &band]).refused(1, &["link"]);
    let loose = ada.json(&["bands", "edit", &band, "--policy", "none", "--contact", ""]);
    assert_eq!((&loose["contact"], &loose["policy"]["max_ttl_hours"]), (&Value::Null, &Value::Null));
    let shown = ada.run(&["bands", "show", &band]).out;
    assert!(shown.contains("NAME\tThe Night Owls\n") && shown.contains("JOIN\topen\n"), "{shown}");
    ada.run(&["bands", "edit", &band]).refused(2, &["nothing is to be changed"]);
    ada.run(&["bands", "edit", &band, "--policy", "colour=red"]).refused(2, &["--policy", "colour"]);
    ada.run(&["bands", "show", "The Nigth Owls"]).refused(2, &["Did you mean \"The Night Owls\"?"]);
}

#[test]
fn invites_of_every_kind_are_made_with_everything_that_one_can_say() {
    let server = Served::start();
    let (ada, band) = owls(&server);
    server.person("kim");
    let made = |args: &[&str], input: &str| {
        ada.json_with(&[&["invites", "create", &band], args].concat(), input)["invite"].clone()
    };
    assert_eq!(made(&["--for", "@kim"], "")["kind"], "user");
    assert_eq!(made(&["--for", "eve@example.org", "--no-send"], "")["kind"], "email");
    assert_eq!(made(&["--for", "eve@example.org", "--kind", "link"], "")["kind"], "link");
    assert_eq!(made(&["--kind", "code"], "")["kind"], "code");
    assert_eq!(made(&["--message-file", "-"], "Come,\r\nall of you!\n")["message"], "Come,\nall of you!");
    assert_eq!(
        made(&["--requires-approval", "--expires-at", "2030-01-31T18:00:00Z"], "")["expires_at"],
        "2030-01-31T18:00:00Z"
    );
    ada.run(&["invites", "create", &band, "--for", "kim"]).refused(1, &["pending"]);
    assert_eq!(made(&["--for", "kim", "--on-existing", "replace"], "")["status"], "pending");
    ada.run(&["invites", "create", &band, "--message-file", "/no/such"]).refused(2, &["/no/such cannot be read"]);
    ada.run(&["invites", "create", &band, "--ttl-hours", "2", "--expires-at", "2030-01-31"])
        .refused(2, &["--expires-at"]);

    let template = ["templates", "create", &band, "Guests", "--max-uses", "5", "--label", "from the template"];
    let template = ada.json(&template);
    assert_eq!(ada.json(&["templates", "list", &band]), ada.api(&format!("/bands/{band}/templates")));
    assert_eq!(made(&["--template", "guests"], "")["max_uses"], 5);
    ada.run(&["templates", "edit", &band, "Guests", "--label", "", "--name", "Few"]);
    assert_eq!(ada.api(&format!("/bands/{band}/templates"))["templates"][0]["label"], Value::Null);
    ada.run(&["invites", "create", &band, "--template", "Fews"])
        .refused(2, &["Did you mean \"Few\"?", "templates list"]);
    assert_eq!(ada.run(&["templates", "delete", &band, text(&template, "id"), "--yes"]).out, "Deleted.\n");
}

#[test]
fn a_link_is_made_anew_and_its_uses_are_listed() {
    let server = Served::start();
    let ((ada, band), kim) = (owls(&server), server.person("kim"));
    let made = ada.json(&["invites", "create", &band, "--max-uses", "2"]);
    let id = text(&made["invite"], "id").to_owned();
    let rotated = ada.run(&["invites", "rotate", &id, "--yes"]).out;
    kim.run_with(&["accept"], text(&made, "link")).refused(1, &["copied whole"]);
    kim.json_with(&["accept"], &rotated);
    assert_eq!(ada.json(&["invites", "uses", &id]), ada.api(&format!("/invites/{id}/redemptions")));
    let shown = ada.run(&["invites", "show", &id]).out;
    assert!(shown.contains("USES\t1/2\n") && shown.contains(" by kim\n"), "{shown}");
}

#[test]
fn campaigns_are_made_changed_and_ended() {
    let server = Served::start();
    let (ada, band) = owls(&server);
    let made = ada.json(&["campaigns", "create", &band, "Spring", "--message", "Come!", "--max-accepts", "9"]);
    let id = text(&made["campaign"], "id").to_owned();
    assert_eq!(ada.json(&["campaigns", "show", &band, "spring"]), ada.api(&format!("/campaigns/{id}")));
    assert_eq!(ada.json(&["campaigns", "list", &band]), ada.api(&format!("/bands/{band}/campaigns")));
    ada.run(&["invites", "create", &band, "--campaign", "Spring"]);
    let edited = ada.json(&["campaigns", "edit", &band, "Spring", "--name", "Summer", "--message", ""]);
    assert_eq!((&edited["name"], &edited["message"]), (&json!("Summer"), &Value::Null));
    let event = [
        "--event",
        "Summer concert",
        "--starts",
        "2030-06-21T19:30",
        "--place",
        "The Barn",
        "--time-zone",
        "Europe/Berlin",
    ];
    let edited = ada.json(&[&["campaigns", "edit", &band, "Summer"][..], &event].concat());
    assert_eq!(edited["event"]["starts_at"], "2030-06-21T19:30:00+02:00");
    let shown = ada.run(&["campaigns", "show", &band, "Summer"]).out;
    assert!(shown.contains("WHEN\tFriday 21 June 2030, 19:30 (Europe/Berlin)\n"), "{shown}");
    assert_eq!(ada.json(&["campaigns", "edit", &band, "Summer", "--no-event"])["event"], Value::Null);
    ada.run(&["campaigns", "edit", &band, "Summer", "--event", "x"]).refused(2, &["--starts"]);
    ada.run(&["campaigns", "edit", &band, "Summer"]).refused(2, &["nothing is to be changed"]);
    ada.run(&["campaigns", "expire", &band, "Summer"]).refused(2, &["--yes", "1 pending"]);
    assert_eq!(ada.json(&["campaigns", "expire", &band, "Summer", "--yes"]), json!({ "cancelled": 1 }));
    assert!(ada.run(&["campaigns", "show", &band, &id]).out.contains("ACTIVE\tno\n"));
    assert_eq!(ada.json(&["campaigns", "delete", &band, &id, "--yes"]), json!({ "cancelled": 0 }));
    ada.run(&["campaigns", "show", &band, "Sumer"]).refused(2, &["CAMPAIGN", "campaigns list"]);
}

#[test]
fn codes_are_made_listed_and_printed() {
    let server = Served::start();
    let (ada, band) = owls(&server);
    let id = ada.run(&["codes", "create", "Spring show", "--band", &band, "--count", "12"]).out.trim().to_owned();
    let named = ["Spring show", "--band", "The Night Owls"];
    let list = ada.json(&[&["codes", "list"][..], &named, &["--all"]].concat());
    assert_eq!(list["codes"], ada.api(&format!("/campaigns/{id}/codes"))["codes"]);
    let code = text(&list["codes"][0], "code");
    let csv = ada.run(&["codes", "list", &id, "--format", "csv"]).out;
    assert_eq!(csv.lines().count(), 13);
    assert!(csv.starts_with("code,status,") && csv.contains(code), "{csv}");
    let sheet = ada.path().join("cards.html");
    let ran = ada.run(&["codes", "sheet", &id, "-o", sheet.to_str().unwrap()]);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{ran:?}");
    let page = std::fs::read_to_string(&sheet).unwrap();
    assert!(page.contains(code) && page.contains("<svg"), "cards with pictures");
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&sheet.metadata().unwrap().permissions()) & 0o777, 0o600);
    ada.run(&["codes", "sheet", "Spring show"]).refused(2, &["--band or --site"]);
    ada.run(&["codes", "create", "x", "--count", "1"]).refused(2, &["--band", "--site"]);
    ada.run(&["codes", "create", "x", "--count", "1", "--site"]).refused(1, &["run this server"]);
    ada.run(&["codes", "batches"]).refused(1, &["run this server"]);
    assert_eq!(ada.json(&["codes", "expire", &id, "--yes"]), json!({ "cancelled": 12 }));
}

#[test]
fn who_asks_is_taken_in_or_not_and_who_waits_learns_it() {
    let server = Served::start();
    let ((ada, band), kim, sam) = (owls(&server), server.person("kim"), server.person("sam"));
    ada.json(&["bands", "edit", &band, "--join", "request"]);
    sam.run(&["bands", "join", &band]);
    let link = ada.run(&["invites", "create", &band, "--requires-approval", "--max-uses", "2"]).out;
    let mut waiting = kim.command(&["accept", link.trim(), "--wait", "--json"]);
    waiting.env("GUESTLIST_POLL_SECONDS", "1").stdout(std::process::Stdio::piped());
    let waiting = waiting.stderr(std::process::Stdio::piped()).spawn().unwrap();
    while ada.json(&["requests", "list", &band])["join_requests"].as_array().unwrap().len() < 2 {}
    assert_eq!(ada.json(&["requests", "list", &band]), ada.api(&format!("/bands/{band}/join-requests")));
    ada.run(&["requests", "deny", &band, "joe"]).refused(2, &["REQUEST", "called \"joe\"", "requests list"]);
    assert_eq!(ada.run(&["requests", "deny", &band, "sam"]).out, "Denied.\n");
    assert_eq!(ada.json(&["requests", "approve", &band, "@kim"])["account"]["username"], "kim");
    let output = waiting.wait_with_output().unwrap();
    let accepted: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&accepted["outcome"], &accepted["role"]), (&json!("joined"), &json!("member")));
    assert_eq!(
        ada.json(&["requests", "list", &band, "--status", "denied"])["join_requests"][0]["account"]["username"],
        "sam"
    );
}

#[test]
fn members_may_invite_own_and_leave() {
    let server = Served::start();
    let ((ada, band), kim) = (owls(&server), server.person("kim"));
    lets_in(&ada, &band, &kim);
    ada.run(&["members", "set-role", &band, "kim", "member"]);
    kim.run(&["invites", "create", &band]).refused(1, &["ask an admin"]);
    assert_eq!(ada.json(&["members", "let-invite", &band, "kim"])["can_invite"], true);
    assert_eq!(kim.run(&["invites", "create", &band]).code, 0);
    assert_eq!(ada.run(&["members", "let-invite", &band, "kim", "--no"]).out, "kim may not invite any longer.\n");
    ada.run(&["members", "transfer", &band, "kim"]).refused(2, &["--yes", "owner"]);
    assert_eq!(ada.run(&["members", "transfer", &band, "kim", "--yes"]).out, "Handed over.\n");
    assert_eq!(ada.run(&["members", "leave", &band, "--yes"]).out, "You have left.\n");
    kim.run(&["members", "leave", &band, "--yes"]).refused(1, &["owner"]);
    assert_eq!(kim.json(&["members", "list", &band])["total"], 1);
}

#[test]
fn what_happened_is_listed_filtered_and_saved_whole() {
    let server = Served::start();
    let ((ada, band), kim) = (owls(&server), server.person("kim"));
    lets_in(&ada, &band, &kim);
    let path = format!("/bands/{band}/audit");
    assert_eq!(ada.json(&["audit", &band]), ada.api(&path));
    let by_kim = ada.json(&["audit", &band, "--actor", "kim", "--action", "invite.accepted"]);
    assert_eq!(by_kim["events"].as_array().unwrap().len(), 1);
    let day = |hours: i64| (jiff::Timestamp::now() + jiff::SignedDuration::from_hours(hours)).to_string();
    assert_eq!(ada.json(&["audit", &band, "--to", &day(-24)])["events"], json!([]));
    assert_eq!(ada.json(&["audit", &band, "--from", &day(-24)]), ada.api(&path));
    let csv = ada.run(&["audit", &band, "--format", "csv"]).out;
    let events = ada.api(&path)["events"].as_array().unwrap().len();
    assert_eq!((csv.lines().count(), csv.starts_with("id,at,action,")), (events + 1, true), "{csv}");
    let lines = ada.run(&["audit", &band, "--format", "ndjson"]).out;
    let read: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(json!(read), ada.api(&path)["events"]);
    let file = ada.path().join("audit.csv");
    assert_eq!(ada.run(&["audit", &band, "--format", "csv", "-o", file.to_str().unwrap()]).out, "");
    assert_eq!(std::fs::read_to_string(file).unwrap(), csv);
    ada.run(&["audit", &band, "--format", "csv", "--json"]).refused(2, &["--format csv is no JSON"]);
    ada.run(&["audit", &band, "--format", "csv", "--limit", "3"]).refused(2, &["--limit"]);
    ada.run(&["audit", &band, "--from", "yesterday"]).refused(2, &["--from", "2026-01-31"]);
    let stranger = server.person("joe");
    stranger.run(&["audit", &band, "--format", "csv"]).refused(1, &["Check the id"]);
}

#[test]
fn figures_trees_and_quotas_are_shown() {
    let server = Served::start();
    let ((ada, band), kim) = (owls(&server), server.person("kim"));
    lets_in(&ada, &band, &kim);
    assert_eq!(ada.json(&["stats", &band]), ada.api(&format!("/bands/{band}/stats")));
    let stats = ada.run(&["stats", &band]).out;
    assert!(
        stats.contains("inviter\tada\t1\t0\t1\t0\t0\t0\t1\n") && stats.contains("ACCEPTANCE RATE\t100 %\n"),
        "{stats}"
    );
    assert_eq!(ada.json(&["tree", &band]), ada.api(&format!("/bands/{band}/tree")));
    let plain = ada.run(&["tree", &band]).out;
    assert!(plain.lines().nth(2).unwrap().contains("\tkim\tadmin\t"), "{plain}");
    assert_eq!(ada.json(&["tree", &band, "--under", "ada"])["nodes"][0]["account"]["username"], "kim");
    let drawn = ada.in_terminal(80, &["tree", &band], &[]);
    assert!(drawn.contains("ada (@ada)  owner") && drawn.contains("└─ kim (@kim)  admin"), "{drawn}");
    assert_eq!(ada.json(&["quota"]), ada.api("/me/quota"));
    assert_eq!(ada.run(&["quota"]).out, "USED\t1\nLIMIT\tunlimited\nREMAINING\tunlimited\n");
    kim.run(&["quota", "set", "ada", "5"]).refused(1, &["run this server"]);
    kim.run(&["quota", "set", "ada", "many"]).refused(2, &["unlimited, or default"]);
    let found = kim.json(&["people", "ad", "--band", &band]);
    assert_eq!((&found["accounts"][0]["username"], &found["accounts"][0]["state"]), (&json!("ada"), &json!("member")));
    kim.run(&["people", "a"]).refused(2, &["SEARCH", "2 letters or more"]);
}
