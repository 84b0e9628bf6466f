//! Lists as they are asked for: every filter and order that the API has, and JSON alone under `--json`.

use serde_json::Value;

use crate::program::{Home, Served};

/// Makes an invite and says its id.
fn invite(home: &Home, band: &str, args: &[&str]) -> String {
    let made = home.json(&[&["invites", "create", band], args].concat());
    made["invite"]["id"].as_str().unwrap().to_owned()
}

/// The ids of a list of invites, as it stands.
fn listed(home: &Home, band: &str, args: &[&str]) -> Vec<String> {
    let list = home.json(&[&["invites", "list", band], args].concat());
    list["invites"].as_array().unwrap().iter().map(|invite| invite["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn invites_are_listed_by_kind_campaign_and_maker_and_in_every_order() {
    let server = Served::start();
    let (ada, kim) = (server.person("ada"), server.person("kim"));
    let band = ada.band("The Night Owls");
    let way_in = ada.run(&["invites", "create", &band, "--role", "admin", "--ttl-hours", "never"]).out;
    kim.json_with(&["accept"], &way_in);
    let by_ada = invite(&ada, &band, &["--ttl-hours", "48"]);
    let by_kim = invite(&kim, &band, &["--for", "eve@example.org", "--ttl-hours", "24"]);

    assert_eq!(listed(&ada, &band, &["--kind", "email"]), [by_kim.as_str()]);
    for name in ["kim", "@kim", "KIM", kim.api("/me")["id"].as_str().unwrap()] {
        assert_eq!(listed(&ada, &band, &["--created-by", name]), [by_kim.as_str()], "{name}");
    }
    assert_eq!(listed(&ada, &band, &["--sort", "-created", "--status", "pending"]), [by_kim.clone(), by_ada.clone()]);
    assert_eq!(listed(&ada, &band, &["--sort", "created", "--status", "pending"]), [by_ada.clone(), by_kim.clone()]);
    assert_eq!(listed(&ada, &band, &["--sort", "expires", "--status", "pending"]), [by_kim.clone(), by_ada.clone()]);
    assert_eq!(listed(&ada, &band, &["--sort=-expires", "--status", "pending"]), [by_ada, by_kim]);
    // What is made without a campaign is in the one that every band has from its beginning.
    let campaign = ada.api(&format!("/bands/{band}/campaigns"))["campaigns"][0].clone();
    let (id, name) = (campaign["id"].as_str().unwrap(), campaign["name"].as_str().unwrap());
    for given in [id, name] {
        assert_eq!(listed(&ada, &band, &["--campaign", given]).len(), 3, "{given}");
    }

    ada.run(&["invites", "list", &band, "--created-by", "nobody"]).refused(2, &["nobody is called \"nobody\""]);
    ada.run(&["invites", "list", &band, "--campaign", "Spring"]).refused(2, &["--campaign", "none called \"Spring\""]);
    ada.run(&["invites", "list", &band, "--kind", "phone"]).refused(2, &["--kind", "link email user code"]);
    ada.run(&["invites", "list", &band, "--sort", "name"]).refused(2, &["--sort", "-created"]);
}

#[test]
fn who_has_left_is_still_found_by_what_they_made() {
    let server = Served::start();
    let (ada, kim) = (server.person("ada"), server.person("kim"));
    let band = ada.band("The Night Owls");
    kim.json_with(&["accept"], &ada.run(&["invites", "create", &band, "--role", "admin"]).out);
    let by_kim = invite(&kim, &band, &[]);
    ada.run(&["members", "remove", &band, "kim", "--yes"]);
    assert_eq!(listed(&ada, &band, &["--created-by", "kim"]), [by_kim]);
}

#[test]
fn under_json_nothing_is_printed_but_json() {
    let server = Served::start();
    let (ada, kim) = (server.person("ada"), server.person("kim"));
    let band = ada.band("The Night Owls");
    let of = |args: &[&str]| invite(&ada, &band, args);
    let revoked = ada.json(&["invites", "revoke", &of(&[]), "--yes"]);
    assert_eq!((&revoked["status"], &revoked["cancel_reason"]), (&"cancelled".into(), &"revoked".into()));
    let config = ada.json(&["config", "example"]);
    assert!(config["example"].as_str().unwrap().contains("[policy]"));

    let silent = |home: &Home, args: &[&str], input: &str| {
        let ran = home.run_with(&[args, &["--json"]].concat(), input);
        assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{args:?}: the API answers with nothing, too");
    };
    let for_kim = of(&["--for", "kim"]);
    silent(&kim, &["inbox", "decline", &for_kim], "");
    let link = |home: &Home| home.run(&["invites", "create", &band]).out;
    silent(&kim, &["decline"], &link(&ada));
    kim.json_with(&["accept"], &link(&ada));
    silent(&ada, &["members", "remove", &band, "kim", "--yes"], "");
    silent(&ada, &["bands", "delete", &band, "--yes"], "");
    silent(&kim, &["logout"], "");
}

#[test]
fn a_member_is_removed_by_name_and_if_wanted_for_good() {
    let server = Served::start();
    let (ada, kim) = (server.person("ada"), server.person("kim"));
    let band = ada.band("The Night Owls");
    let link = |args: &[&str]| ada.run(&[&["invites", "create", &band], args].concat()).out;
    kim.json_with(&["accept"], &link(&["--role", "admin"]));
    let by_kim = invite(&kim, &band, &[]);
    assert_eq!(ada.json(&["members", "set-role", "the night owls", "@Kim", "member"])["role"], "member");
    ada.run(&["members", "remove", &band, "joe"])
        .refused(2, &["NAME", "nobody in the band is called \"joe\"", "members list"]);
    let ran = ada.run(&["members", "remove", &band, "kim", "--ban", "--revoke-invites", "--yes"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "Removed and banned.\n"));
    assert_eq!(ada.json(&["invites", "show", &by_kim])["status"], "cancelled");
    kim.run_with(&["accept"], &link(&[])).refused(1, &["banned"]);
    assert_eq!(ada.json(&["members", "bans", &band]), ada.api(&format!("/bands/{band}/bans")));
    assert!(ada.run(&["members", "bans", &band]).out.lines().nth(1).unwrap().contains("kim"));
    ada.run(&["members", "unban", &band, "joe"]).refused(2, &["nobody there is called \"joe\"", "members bans"]);
    assert_eq!(ada.run(&["members", "unban", &band, "kim"]).out, "The ban is lifted.\n");
    kim.run_with(&["accept"], &link(&[]));
    assert_eq!(ada.json(&["members", "list", &band])["total"], 2);
}

#[test]
fn bands_that_anyone_may_join_are_found_and_joined_or_asked() {
    let server = Served::start();
    let (ada, kim) = (server.person("ada"), server.person("kim"));
    ada.band("The Night Owls");
    for (name, join) in [("Open Stage", "open"), ("Choir", "request")] {
        ada.json(&["bands", "create", name, "--join", join]);
    }
    let found = kim.json(&["bands", "list", "--open"]);
    let names = |list: &Value| list["bands"].as_array().unwrap().iter().map(|b| b["name"].clone()).collect::<Vec<_>>();
    assert_eq!(names(&found), ["Choir", "Open Stage"]);
    assert_eq!(names(&kim.json(&["bands", "list", "--open", "-q", "stage"])), ["Open Stage"]);
    assert_eq!(kim.json(&["bands", "join", "open stage"])["outcome"], "joined");
    assert_eq!(
        kim.run(&["bands", "join", "Choir"]).out,
        "An admin of Choir has to agree; `guestlist requests mine` tells what becomes of it.\n"
    );
    kim.run(&["bands", "join", "The Night Owls"]).refused(2, &["anyone may join", "bands list --open"]);
    assert_eq!(names(&kim.json(&["bands", "list"])), ["Open Stage"]);
}
