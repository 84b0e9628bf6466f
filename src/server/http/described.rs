//! What the API's description says of single values: lengths, bounds and forms, out of the constants that they are
//! checked by.
//!
//! Lengths of texts are counted as people see characters, and surrounding space is dropped before: JSON Schema counts
//! code points, so a text with many accents can be a little longer than its `maxLength`.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use crate::{
    api::{MAX_ACTED_ON, MAX_LIMIT, MAX_ROWS},
    domain::{
        Address, BandName, CampaignName, Contact, Description, DisplayName, EventTitle, Label, MAX_PASSWORD_CHARS,
        MIN_PASSWORD_CHARS, MOST_HOURS, MOST_USES, Message, Place, Reason, TemplateName, Username,
    },
    server::{campaigns::MOST_OF_A_CAMPAIGN, invites::MOST_CODES, quota::MOST_OF_A_QUOTA},
};

use super::once::MOST_KEY;

/// Names cannot be blank.
const VISIBLE: &str = r"\S";

/// Fields of requests, each in some of the requests, and what is said of it.
fn fields() -> Vec<(&'static [&'static str], &'static str, Value)> {
    let name = |most: usize| json!({ "minLength": 1, "maxLength": most, "pattern": VISIBLE });
    let text = |most: usize| json!({ "maxLength": most });
    let number = |least: i64, most: i64| json!({ "minimum": least, "maximum": most });
    let password = json!({ "minLength": MIN_PASSWORD_CHARS, "maxLength": MAX_PASSWORD_CHARS, "format": "password" });
    let address = json!({ "maxLength": Address::MOST, "format": "email" });
    let hours = number(1, MOST_HOURS.into());
    let uses = json!({ "minimum": -1, "maximum": MOST_USES, "not": { "const": 0 } });
    let invites: &[_] = &["CreateInvite", "CreateInvites", "UpdateInvite", "CreateTemplate", "UpdateTemplate"];
    let made: &[_] = &[
        "CreateInvite",
        "CreateInvites",
        "UpdateInvite",
        "CreateTemplate",
        "UpdateTemplate",
        "CreateCampaign",
        "UpdateCampaign",
    ];
    let lived: &[_] = &[
        "CreateInvite",
        "CreateInvites",
        "UpdateInvite",
        "CreateTemplate",
        "UpdateTemplate",
        "CreateCampaign",
        "UpdateCampaign",
        "CreateCodes",
        "ActionArgs",
    ];
    let counted: &[_] =
        &["CreateInvite", "CreateInvites", "UpdateInvite", "CreateTemplate", "UpdateTemplate", "CreateCodes"];
    vec![
        (&["Register"], "username", name(Username::MOST)),
        (&["CreateInvite", "InviteeRow"], "username", text(Username::MOST)),
        (&["Register"], "display_name", text(DisplayName::MOST)),
        (&["UpdateAccount"], "display_name", name(DisplayName::MOST)),
        (&["Register", "UpdateAccount"], "email", address.clone()),
        (&["CreateInvite", "InviteeRow"], "email", text(Address::MOST)),
        (&["Register", "UpdateAccount", "ResetPassword"], "password", password),
        (&["Login"], "password", json!({ "format": "password" })),
        (&["UpdateAccount"], "current_password", json!({ "format": "password" })),
        (&["CreateBand", "UpdateBand"], "name", name(BandName::MOST)),
        (&["CreateBand", "UpdateBand"], "description", text(Description::MOST)),
        (&["CreateBand", "UpdateBand"], "contact", text(Contact::MOST)),
        (&["CreateCampaign", "UpdateCampaign", "CreateCodes"], "name", name(CampaignName::MOST)),
        (&["CreateTemplate", "UpdateTemplate"], "name", name(TemplateName::MOST)),
        (&["InviteeRow"], "name", text(Label::MOST)),
        (invites, "label", text(Label::MOST)),
        (made, "message", text(Message::MOST)),
        (&["SetEvent"], "title", name(EventTitle::MOST)),
        (&["SetEvent"], "place", text(Place::MOST)),
        (&["DeclineInvite"], "reason", text(Reason::MOST)),
        (lived, "ttl_hours", hours),
        (counted, "max_uses", uses),
        (&["CreateCampaign"], "max_invites", number(1, MOST_OF_A_CAMPAIGN)),
        (&["CreateCampaign"], "max_accepts", number(1, MOST_OF_A_CAMPAIGN)),
        (&["CreateCampaign", "CreateInvites"], "rows", json!({ "minItems": 1, "maxItems": MAX_ROWS })),
        (&["CreateCodes"], "count", number(1, MOST_CODES)),
        (&["ActOnInvites"], "ids", json!({ "minItems": 1, "maxItems": MAX_ACTED_ON })),
        (&["SetQuota"], "limit", number(0, MOST_OF_A_QUOTA)),
    ]
}

/// Types of answers and requests, and what is said of them: a client reads nothing else.
fn types() -> Vec<(&'static str, Value)> {
    vec![
        ("Hours", json!({ "minimum": 1, "maximum": MOST_HOURS })),
        ("MaxUses", json!({ "minimum": 1, "maximum": MOST_USES })),
    ]
}

/// Parameters, wherever they are asked for.
fn parameters() -> Vec<(&'static str, Value)> {
    vec![
        ("limit", json!({ "minimum": 1, "maximum": MAX_LIMIT })),
        ("Idempotency-Key", json!({ "minLength": 1, "maxLength": MOST_KEY })),
    ]
}

/// Adds what is said of single values to the document.
pub(super) fn describe(document: &mut Value) {
    for (schemas, field, said) in fields() {
        for schema in schemas {
            let place = format!("/components/schemas/{schema}/properties/{field}");
            if let Some(described) = document.pointer_mut(&place).and_then(Value::as_object_mut) {
                say(described, &said);
            }
        }
    }
    for (name, said) in types() {
        let place = format!("/components/schemas/{name}");
        if let Some(described) = document.pointer_mut(&place).and_then(Value::as_object_mut) {
            say(described, &said);
        }
    }
    let parameters = parameters();
    let paths = document["paths"].as_object_mut().into_iter().flat_map(Map::values_mut);
    for operation in paths.filter_map(Value::as_object_mut).flat_map(Map::values_mut) {
        for parameter in operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten() {
            for (name, said) in &parameters {
                if parameter["name"] == *name
                    && let Some(described) = parameter.get_mut("schema").and_then(Value::as_object_mut)
                {
                    say(described, said);
                }
            }
        }
        for (status, response) in operation.get_mut("responses").and_then(Value::as_object_mut).into_iter().flatten() {
            if response["description"].as_str().is_none_or(str::is_empty) {
                response["description"] = Value::from(in_words(status));
            }
        }
    }
}

/// What a response is where nothing more is said of it: `OpenAPI` asks for a word on each.
fn in_words(status: &str) -> &'static str {
    let status: Option<StatusCode> = status.parse().ok();
    status.and_then(|status| status.canonical_reason()).unwrap_or("What is refused, as a problem")
}

fn say(described: &mut Map<String, Value>, said: &Value) {
    described.extend(said.as_object().cloned().unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::http::router::described;

    #[test]
    fn every_field_that_is_spoken_of_is_there() {
        let document: Value = serde_json::from_str(&described()).unwrap();
        for (schemas, field, said) in fields() {
            for schema in schemas {
                let described = &document["components"]["schemas"][schema]["properties"][field];
                for (key, value) in said.as_object().unwrap() {
                    assert_eq!(&described[key], value, "{schema}.{field}: {described}");
                }
            }
        }
        for (name, said) in types() {
            let described = &document["components"]["schemas"][name];
            assert!(
                said.as_object().unwrap().iter().all(|(key, value)| &described[key] == value),
                "{name}: {described}"
            );
        }
    }

    #[test]
    fn every_answer_says_what_it_is() {
        let document: Value = serde_json::from_str(&described()).unwrap();
        let mut looked_at = 0;
        for (path, operations) in document["paths"].as_object().unwrap() {
            for operation in operations.as_object().unwrap().values() {
                assert!(operation.as_object().unwrap().values().all(|part| !part.is_null()), "{path}: {operation}");
                for (status, response) in operation["responses"].as_object().unwrap() {
                    assert!(response["description"].as_str().is_some_and(|text| !text.is_empty()), "{path} {status}");
                    looked_at += 1;
                }
            }
        }
        assert!(looked_at > 100, "{looked_at}");
    }

    #[test]
    fn every_text_and_number_of_a_request_is_bounded_or_has_a_form() {
        let document: Value = serde_json::from_str(&described()).unwrap();
        // Texts that are looked at and not kept, and those that have forms of their own.
        let free = [
            "login",
            "token",
            "code",
            "invite",
            "cursor",
            "q",
            "starts_at",
            "ends_at",
            "time_zone",
            "reminders",
            "reminder_hours",
            "default_ttl_hours",
            "max_ttl_hours",
            "allow_kinds",
        ];
        let mut bare = Vec::new();
        let mut looked_at = 0;
        for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
            // Requests alone refuse what they do not know.
            if schema["additionalProperties"] != false {
                continue;
            }
            for (field, described) in schema["properties"].as_object().into_iter().flatten() {
                let of = |kind: &str| {
                    described["type"] == kind
                        || described["type"].as_array().is_some_and(|types| types.iter().any(|one| one == kind))
                };
                let said = |keys: &[&str]| keys.iter().any(|key| !described[key].is_null());
                let is_bare = of("string") && !said(&["maxLength", "format", "enum", "pattern"])
                    || (of("integer") || of("number")) && !said(&["maximum"])
                    || of("array") && !said(&["maxItems"]);
                if is_bare && !free.contains(&field.as_str()) {
                    bare.push(format!("{name}.{field}"));
                }
                looked_at += 1;
            }
        }
        assert!(bare.is_empty() && looked_at > 50, "{looked_at}: {bare:?}");
    }
}
