//! What commands print under `--json` is what the API's description says of the same answer: every field, and none beside.

use serde_json::{Value, json};

use crate::{
    description::Description,
    program::{Home, Served},
};

/// The description that a server gives of itself.
fn description(home: &Home) -> Description {
    // It lies at the root, outside of the base path.
    Description(home.api("/../../openapi.json"))
}

/// A band with something in every list.
fn full(server: &Served) -> (Home, Home, Home, String) {
    let (ada, kim, sam, joe) = (server.person("ada"), server.person("kim"), server.person("sam"), server.person("joe"));
    let pat = server.person("pat");
    server.grant("ada");
    let band = ada.band("The Night Owls");
    for person in [&kim, &joe] {
        person.json_with(&["accept"], &ada.run(&["invites", "create", &band]).out);
    }
    ada.run(&["members", "remove", &band, "joe", "--ban", "--yes"]);
    let event =
        ["--event", "Concert", "--starts", "2100-12-12T19:30", "--time-zone", "Europe/Berlin", "--place", "Hall"];
    ada.json(&[&["campaigns", "create", &band, "Spring", "--message", "Come!"][..], &event].concat());
    ada.json(&["invites", "create", &band, "--for", "eve@example.org", "--campaign", "Spring"]);
    for name in ["sam", "pat"] {
        ada.json(&["invites", "create", &band, "--for", name, "--campaign", "Spring", "--role", "admin"]);
    }
    sam.run(&["decline", "--block", "inviter", &ada.run(&["invites", "create", &band]).out]);
    ada.json(&["codes", "create", "Doors", "--band", &band, "--count", "2", "--max-uses", "unlimited"]);
    ada.json(&["codes", "create", "Guests", "--site", "--count", "2"]);
    ada.json(&["templates", "create", &band, "Drummers", "--ttl-hours", "never"]);
    ada.json(&["bands", "edit", &band, "--join", "request"]);
    sam.run(&["bands", "join", &band]);
    (ada, sam, pat, band)
}

#[test]
fn every_list_and_every_thing_that_is_shown_is_as_described() {
    let server = Served::start();
    let (ada, sam, pat, band) = full(&server);
    let described = description(&ada);
    let id = |list: &Value, field: &str| list[field][0]["id"].as_str().unwrap().to_owned();
    let of_kim = ada.json(&["invites", "list", &band, "--status", "accepted"]);
    let invite = id(&of_kim, "invites");
    for (home, args, path) in [
        (&ada, &["whoami"][..], "/me"),
        (&ada, &["bands", "list"], "/bands"),
        (&ada, &["bands", "list", "--all"], "/bands"),
        (&sam, &["bands", "list", "--open"], "/bands"),
        (&ada, &["bands", "show", &band], "/bands/{id}"),
        (&ada, &["members", "list", &band], "/bands/{id}/members"),
        (&ada, &["members", "bans", &band], "/bands/{id}/bans"),
        (&ada, &["requests", "list", &band], "/bands/{id}/join-requests"),
        (&sam, &["requests", "mine"], "/me/join-requests"),
        (&ada, &["invites", "list", &band], "/bands/{id}/invites"),
        (&ada, &["invites", "list", &band, "--all", "--status", "pending"], "/bands/{id}/invites"),
        (&ada, &["invites", "show", &invite], "/invites/{id}"),
        (&ada, &["invites", "uses", &invite], "/invites/{id}/redemptions"),
        (&ada, &["campaigns", "list", &band], "/bands/{id}/campaigns"),
        (&ada, &["campaigns", "show", &band, "Spring"], "/campaigns/{id}"),
        (&ada, &["codes", "list", "Doors", "--band", &band], "/campaigns/{id}/codes"),
        (&ada, &["codes", "batches"], "/site/codes"),
        (&ada, &["templates", "list", &band], "/bands/{id}/templates"),
        (&ada, &["audit", &band], "/bands/{id}/audit"),
        (&ada, &["audit", &band, "--all"], "/bands/{id}/audit"),
        (&ada, &["stats", &band], "/bands/{id}/stats"),
        (&ada, &["tree", &band], "/bands/{id}/tree"),
        (&ada, &["quota"], "/me/quota"),
        (&ada, &["people", "ki", "--band", &band], "/accounts"),
        (&pat, &["inbox"], "/me/invites"),
        (&sam, &["blocks"], "/me/blocks"),
        (&ada, &["blocks", "--site"], "/site/blocks"),
    ] {
        let told = home.json(args);
        let schema = described.good("get", path);
        assert!(schema.is_object(), "{path}");
        let why = described.against(schema, &told, "");
        assert_eq!(why, None, "{args:?}: {told:#}");
        let lists: Vec<&Value> = told.as_object().unwrap().values().filter(|value| value.is_array()).collect();
        assert!(lists.iter().all(|list| *list != &json!([])), "{args:?} looks at nothing: {told:#}");
    }
}

#[test]
fn what_is_not_as_described_would_be_found() {
    let described = Description(json!({ "components": { "schemas": { "One": {
        "type": "object", "required": ["id"],
        "properties": { "id": { "type": "string" }, "n": { "oneOf": [{ "type": "null" }, { "type": "integer" }] } },
    } } } }));
    let one = json!({ "$ref": "#/components/schemas/One" });
    assert_eq!(described.against(&one, &json!({ "id": "a", "n": 1 }), ""), None);
    for wrong in
        [json!({}), json!({ "id": 1 }), json!({ "id": "a", "more": 1 }), json!({ "id": "a", "n": "1" }), json!([])]
    {
        assert!(described.against(&one, &wrong, "").is_some(), "{wrong}");
    }
}
