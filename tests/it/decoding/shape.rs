//! Answers made up from the API's description, and how they are spoiled.

use serde_json::{Map, Value, json};

/// Numbers that look random, the same for the same seed.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    /// A number below `n`.
    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }

    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    pub fn byte(&mut self) -> u8 {
        self.next() as u8
    }

    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }
}

/// Texts as others write them.
const WORDS: [&str; 7] = [
    "",
    "Kim",
    "The \u{1b}[2J\u{1b}]52;c;aGk=\u{7}Owls",
    "\u{202e}lro\u{200b}w\u{9b}31m",
    "one\r\ntwo\tthree\u{2028}four",
    "夜のフクロウ 🦉",
    "e\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}",
];

/// What nobody meant.
fn odd(dice: &mut Dice) -> Value {
    let long = "\u{9b}x\u{202e}".repeat(10_000);
    match dice.below(12) {
        0 => Value::Null,
        1 => json!(-1),
        2 => json!(u64::MAX),
        3 => json!(1e300),
        4 => json!(long),
        5 => json!([]),
        6 => json!({}),
        7 => json!(true),
        8 => json!("2026-13-45T99:99:99Z"),
        9 => json!("-9999-01-01T00:00:00Z"),
        10 => json!([[[[{ "a": "\u{1b}c" }]]]]),
        _ => json!(WORDS[dice.below(WORDS.len())]),
    }
}

/// The description, asked for answers.
pub struct Shapes(Value);

impl Shapes {
    pub fn new(document: Value) -> Self {
        Self(document)
    }

    /// Status, media type and body that the description allows for a request.
    pub fn answer(&self, method: &str, target: &str, dice: &mut Dice) -> (u16, String, Vec<u8>) {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let operation = &self.0["paths"][self.template(path)][method.to_lowercase()];
        let responses = operation["responses"].as_object();
        let good: Vec<_> = responses.into_iter().flatten().filter(|(status, _)| status.starts_with('2')).collect();
        assert!(!good.is_empty(), "{method} {path} is not described");
        let (status, response) = good[dice.below(good.len())];
        let response = self.resolved(response);
        let content = response["content"].as_object().into_iter().flatten().collect::<Vec<_>>();
        let status = status.parse().unwrap();
        let wanted = match query.split('&').find_map(|pair| pair.strip_prefix("format=")) {
            Some("csv") => "text/csv",
            Some(_) => "application/x-ndjson",
            None => "application/json",
        };
        match content.iter().find(|(media, _)| media.starts_with(wanted)) {
            Some((media, said)) if wanted == "application/json" => {
                let body = self.value(&said["schema"], dice, 0);
                (status, (*media).clone(), serde_json::to_vec(&body).unwrap())
            }
            found => {
                let media = found.or(content.first()).map_or("", |(media, _)| media.as_str());
                (status, media.to_owned(), if media.is_empty() { Vec::new() } else { b"a,b\r\n1,2\r\n".to_vec() })
            }
        }
    }

    /// The path of the description that a request's path is one of; the one with the most words of its own.
    fn template(&self, path: &str) -> &str {
        let parts: Vec<&str> = path.split('/').collect();
        let fits = |template: &&String| {
            let own: Vec<&str> = template.split('/').collect();
            own.len() == parts.len() && own.iter().zip(&parts).all(|(own, part)| own.starts_with('{') || own == part)
        };
        let paths = self.0["paths"].as_object().unwrap().keys();
        paths.filter(fits).min_by_key(|template| template.matches('{').count()).map_or("", String::as_str)
    }

    fn resolved<'a>(&'a self, said: &'a Value) -> &'a Value {
        match said["$ref"].as_str() {
            Some(reference) => self.resolved(self.0.pointer(reference.trim_start_matches('#')).unwrap()),
            None => said,
        }
    }

    /// A value that a schema allows.
    fn value(&self, schema: &Value, dice: &mut Dice, depth: usize) -> Value {
        // What is said beside a reference holds, too.
        let mut whole = self.resolved(schema).clone();
        for (key, said) in schema.as_object().into_iter().flatten().filter(|(key, _)| *key != "$ref") {
            whole[key] = said.clone();
        }
        let schema = &whole;
        for either in ["oneOf", "anyOf"] {
            if let Some(choices) = schema[either].as_array() {
                return self.value(&choices[dice.below(choices.len())], dice, depth + 1);
            }
        }
        if let Some(words) = schema["enum"].as_array() {
            return words[dice.below(words.len())].clone();
        }
        if let Some(parts) = schema["allOf"].as_array() {
            let mut whole = Map::new();
            for part in parts {
                if let Value::Object(fields) = self.value(part, dice, depth) {
                    whole.extend(fields);
                }
            }
            return Value::Object(whole);
        }
        let kind = match &schema["type"] {
            Value::Array(kinds) => kinds[dice.below(kinds.len())].as_str(),
            kind => kind.as_str(),
        };
        match kind {
            Some("object") => self.object(schema, dice, depth),
            Some("array") => {
                let most = if depth > 6 { 1 } else { 4 };
                (0..dice.below(most)).map(|_| self.value(&schema["items"], dice, depth + 1)).collect()
            }
            Some("string") => text(schema, dice),
            Some("integer" | "number") => {
                let least = schema["minimum"].as_i64().unwrap_or(0);
                let most = schema["maximum"].as_i64().unwrap_or(i64::from(i32::MAX));
                json!(dice.pick(&[least, most, least.max(1).min(most)]))
            }
            Some("boolean") => json!(dice.one_in(2)),
            _ => Value::Null,
        }
    }

    fn object(&self, schema: &Value, dice: &mut Dice, depth: usize) -> Value {
        let required: Vec<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let mut fields = Map::new();
        for (name, said) in schema["properties"].as_object().into_iter().flatten() {
            if required.contains(&name.as_str()) || dice.one_in(2) {
                fields.insert(name.clone(), self.value(said, dice, depth + 1));
            }
        }
        // What a newer server says beside it.
        if dice.one_in(4) {
            fields.insert("of_the_future".to_owned(), json!([{ "x": "\u{1b}[31m" }]));
        }
        Value::Object(fields)
    }
}

fn text(schema: &Value, dice: &mut Dice) -> Value {
    match schema["format"].as_str() {
        Some("uuid") => json!("01890a5d-ac96-774b-bcce-b302099a8057"),
        Some("date-time") => {
            json!(dice.pick(&["1970-01-01T00:00:00Z", "2026-12-31T23:59:59.999999Z", "9999-12-30T22:00:00Z"]))
        }
        Some("date") => json!("2026-12-31"),
        Some("email") => json!("kim@example.org"),
        _ => json!(WORDS[dice.below(WORDS.len())]),
    }
}

/// The body with some of it exchanged for what nobody meant.
pub fn spoiled(body: Vec<u8>, dice: &mut Dice) -> Vec<u8> {
    let Ok(mut value) = serde_json::from_slice(&body) else { return body };
    match dice.below(6) {
        0 => return b"<html>\xff\xfe".to_vec(),
        1 => value = odd(dice),
        2 => {
            return format!(
                "{{\"code\":\"invite_expired\",\"detail\":{},\"band\":\"\\u001b]0;x\",\"contact\":[1]}}",
                odd(dice)
            )
            .into();
        }
        3 => {
            let detail = WORDS[dice.below(WORDS.len())];
            value = json!({
                "code": detail, "detail": detail, "title": detail, "status": 7, "band": detail, "inviter": detail,
                "contact": detail, "errors": [{ "field": detail, "detail": detail }],
            });
        }
        _ => exchange(&mut value, dice),
    }
    serde_json::to_vec(&value).unwrap()
}

fn exchange(value: &mut Value, dice: &mut Dice) {
    match value {
        Value::Object(fields) if !fields.is_empty() && !dice.one_in(6) => {
            let name = fields.keys().nth(dice.below(fields.len())).unwrap().clone();
            match dice.below(5) {
                0 => drop(fields.remove(&name)),
                1 => {
                    let field = fields.remove(&name).unwrap();
                    fields.insert(format!("{name}\u{1b}"), field);
                }
                _ => exchange(fields.get_mut(&name).unwrap(), dice),
            }
        }
        Value::Array(items) if !items.is_empty() && !dice.one_in(6) => {
            let at = dice.below(items.len());
            exchange(&mut items[at], dice);
        }
        other => *other = odd(dice),
    }
}
