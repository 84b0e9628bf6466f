//! What commands print under `--json` is what the API's description says of the same answer: every field, and none beside.

use serde_json::{Value, json};

use crate::program::{Home, Served};

/// The description of the API.
struct Described(Value);

impl Described {
    fn resolved<'a>(&'a self, said: &'a Value) -> &'a Value {
        match said["$ref"].as_str() {
            Some(reference) => self.resolved(self.0.pointer(reference.trim_start_matches('#')).unwrap()),
            None => said,
        }
    }

    /// What is said of a good answer to a request.
    fn answer(&self, method: &str, path: &str) -> &Value {
        let responses = self.0["paths"][path][method]["responses"].as_object().unwrap_or_else(|| panic!("{path}"));
        let (_, good) = responses.iter().find(|(status, _)| status.starts_with("20")).unwrap();
        &self.resolved(good)["content"]["application/json"]["schema"]
    }

    /// The fields of an object, and those that have to be there.
    fn fields<'a>(
        &'a self,
        schema: &'a Value,
        known: &mut serde_json::Map<String, Value>,
        required: &mut Vec<&'a str>,
    ) {
        let schema = self.resolved(schema);
        known.extend(schema["properties"].as_object().cloned().unwrap_or_default());
        required.extend(schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str));
        for part in schema["allOf"].as_array().into_iter().flatten() {
            self.fields(part, known, required);
        }
    }

    /// Why a value is not what a schema says; nothing where it is.
    fn against(&self, schema: &Value, value: &Value, at: &str) -> Option<String> {
        let schema = self.resolved(schema);
        for either in ["oneOf", "anyOf"] {
            if let Some(choices) = schema[either].as_array() {
                let none = choices.iter().map(|one| self.against(one, value, at)).collect::<Option<Vec<_>>>();
                return none.map(|why| why.join(", or "));
            }
        }
        if let Some(words) = schema["enum"].as_array() {
            return (!words.contains(value)).then(|| format!("{at} is {value}, none of {words:?}"));
        }
        let kinds: Vec<&str> = match &schema["type"] {
            Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
            kind => kind.as_str().into_iter().collect(),
        };
        let kind = match value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(number) if number.is_i64() || number.is_u64() => "integer",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        let fits = kinds.contains(&kind) || kind == "integer" && kinds.contains(&"number");
        if !kinds.is_empty() && !fits {
            return Some(format!("{at} is {kind}, not {kinds:?}"));
        }
        match value {
            Value::Array(items) => items
                .iter()
                .enumerate()
                .find_map(|(place, item)| self.against(&schema["items"], item, &format!("{at}[{place}]"))),
            Value::Object(fields) => {
                let (mut known, mut required) = (serde_json::Map::new(), Vec::new());
                self.fields(schema, &mut known, &mut required);
                if let Some(missing) = required.iter().find(|name| !fields.contains_key(**name)) {
                    return Some(format!("{at}.{missing} is missing"));
                }
                fields.iter().find_map(|(name, field)| match known.get(name) {
                    Some(said) => self.against(said, field, &format!("{at}.{name}")),
                    None => Some(format!("{at}.{name} is in no description")),
                })
            }
            _ => None,
        }
    }
}

/// The description that a server gives of itself.
fn description(home: &Home) -> Described {
    // It lies at the root, outside of the base path.
    Described(home.api("/../../openapi.json"))
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
        let schema = described.answer("get", &format!("/api/v1{path}"));
        assert!(schema.is_object(), "{path}");
        let why = described.against(schema, &told, "");
        assert_eq!(why, None, "{args:?}: {told:#}");
        let lists: Vec<&Value> = told.as_object().unwrap().values().filter(|value| value.is_array()).collect();
        assert!(lists.iter().all(|list| *list != &json!([])), "{args:?} looks at nothing: {told:#}");
    }
}

#[test]
fn what_is_not_as_described_would_be_found() {
    let described = Described(json!({ "components": { "schemas": { "One": {
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
