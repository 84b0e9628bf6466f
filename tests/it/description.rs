//! The description that a server gives of its API, and what it says of answers.

use serde_json::{Map, Value};

use crate::world::World;

/// The description of the API.
pub struct Description(pub Value);

impl Description {
    /// As a server gives it.
    pub async fn of(world: &World) -> Self {
        let text = reqwest::get(format!("{}/openapi.json", world.origin)).await.unwrap().text().await.unwrap();
        Self(serde_json::from_str(&text).unwrap())
    }

    /// Every operation: method and path below the base path.
    pub fn operations(&self) -> Vec<(String, String)> {
        let mut operations = Vec::new();
        for (path, methods) in self.0["paths"].as_object().unwrap() {
            let path = path.strip_prefix("/api/v1").unwrap();
            operations.extend(methods.as_object().unwrap().keys().map(|m| (m.to_uppercase(), path.to_owned())));
        }
        operations
    }

    /// What is said of one of them, null where there is none.
    pub fn operation(&self, method: &str, path: &str) -> &Value {
        &self.0["paths"][&format!("/api/v1{path}")][&method.to_lowercase()]
    }

    /// What is said of a good answer to a request.
    pub fn good(&self, method: &str, path: &str) -> &Value {
        let responses = self.operation(method, path)["responses"].as_object().unwrap_or_else(|| panic!("{path}"));
        let (_, good) = responses.iter().find(|(status, _)| status.starts_with("20")).unwrap();
        &self.resolved(good)["content"]["application/json"]["schema"]
    }

    /// Why an answer is not what the description says, nothing where it is: its status is named (a refusal by
    /// `default`), its media type is too, and what it says is of that shape.
    pub fn fault(&self, method: &str, path: &str, status: u16, media: Option<&str>, text: &str) -> Option<String> {
        let fault = |what: String| Some(format!("{method} {path}: {status}: {what}: {text}"));
        let responses = &self.operation(method, path)["responses"];
        let named = if status < 400 { &responses[status.to_string()] } else { &responses["default"] };
        if !named.is_object() {
            return fault("no such answer is described".to_owned());
        }
        let content = &self.resolved(named)["content"];
        let described = content.as_object().and_then(|content| content.keys().next()).map(String::as_str);
        if media != described {
            return fault(format!("{media:?} and not {described:?}"));
        }
        let Some(media) = media else {
            return (!text.is_empty()).then(|| format!("{method} {path}: {status}: a text without a type: {text}"));
        };
        if !media.ends_with("json") {
            return None;
        }
        let schema = &content[media]["schema"];
        if !schema.is_object() {
            return fault("its shape is not described".to_owned());
        }
        match serde_json::from_str(text) {
            Ok(value) => self.against(schema, &value, "").and_then(fault),
            Err(error) => fault(error.to_string()),
        }
    }

    fn resolved<'a>(&'a self, said: &'a Value) -> &'a Value {
        match said["$ref"].as_str() {
            Some(reference) => self.resolved(self.0.pointer(reference.trim_start_matches('#')).unwrap()),
            None => said,
        }
    }

    /// The fields of an object, and those that have to be there.
    fn fields<'a>(&'a self, schema: &'a Value, known: &mut Map<String, Value>, required: &mut Vec<&'a str>) {
        let schema = self.resolved(schema);
        known.extend(schema["properties"].as_object().cloned().unwrap_or_default());
        required.extend(schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str));
        for part in schema["allOf"].as_array().into_iter().flatten() {
            self.fields(part, known, required);
        }
    }

    /// Why a value is not what a schema says; nothing where it is.
    pub fn against(&self, schema: &Value, value: &Value, at: &str) -> Option<String> {
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
                if known.is_empty() {
                    return None; // whatever was sent, sent back
                }
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
