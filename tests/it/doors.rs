//! Hostile text through every door: each text field of each operation that writes, as the description names them, and
//! then everything that comes out: answers, pages, files, mail.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{
    authorization::{Scene, body},
    world::{Mail, Person, World, with_mail},
};

/// What steers a terminal, turns the reading around, hides, or ends a line of a header.
pub const HIDDEN: [&str; 7] = [
    "A\u{1b}[2J\u{1b}]52;c;aGk=\u{7}Z",
    "A\u{9b}31m\u{9d}0;Z",
    "A\u{202e}gro.elpmaxe\u{2066}Z",
    "A\u{200b}\u{feff}\u{2060}Z",
    "A\0Z",
    "A\r\nBcc: eve@evil.example\r\n\r\nZ",
    "A\u{e0041}\u{fff9}\u{85}\u{2028}Z",
];

/// What a browser, a template, a spreadsheet or a calendar would run.
const VISIBLE: [&str; 4] = [
    "<img src=x onerror=alert(1)><script>alert(1)</script>",
    "\"'><svg/onload=alert(1)>{{7*7}}${7*7}%0d%0a",
    "=cmd|' /C calc'!A0",
    "@SUM(1);BEGIN:VALARM,END:VEVENT",
];

/// Every place of a text in a body of this shape: names of fields, and `0` for what stands in a list.
pub fn texts(document: &Value, schema: &Value, at: &[String], found: &mut Vec<Vec<String>>) {
    if at.len() > 4 {
        return;
    }
    if let Some(name) = schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()) {
        return texts(document, &document["components"]["schemas"][name], at, found);
    }
    for either in ["oneOf", "anyOf", "allOf"] {
        for one in schema[either].as_array().into_iter().flatten() {
            texts(document, one, at, found);
        }
    }
    let kind = &schema["type"];
    if *kind == "string" || kind.as_array().is_some_and(|kinds| kinds.contains(&json!("string"))) {
        found.push(at.to_vec());
    }
    for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
        texts(document, inner, &[at, std::slice::from_ref(name)].concat(), found);
    }
    if schema["items"].is_object() {
        texts(document, &schema["items"], &[at, &["0".to_owned()]].concat(), found);
    }
}

/// Puts a value at a place, making what is on the way.
pub fn put(body: &mut Value, at: &[String], value: Value) {
    let Some((first, rest)) = at.split_first() else {
        *body = value;
        return;
    };
    if first == "0" {
        if !body.is_array() || body.as_array().is_some_and(Vec::is_empty) {
            *body = json!([null]);
        }
        return put(&mut body[0], rest, value);
    }
    if !body.is_object() {
        *body = json!({});
    }
    put(&mut body[first], rest, value);
}

pub fn is_hidden(c: char) -> bool {
    c.is_control() && c != '\n'
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// What came out that should not have.
#[derive(Default)]
struct Faults(BTreeSet<String>);

impl Faults {
    fn note(&mut self, is_bad: bool, what: impl FnOnce() -> String) {
        if is_bad {
            self.0.insert(what());
        }
    }

    /// Nothing hidden in any text of an answer, and in no name of a field.
    fn hidden(&mut self, from: &str, value: &Value) {
        match value {
            Value::String(text) => self.note(text.contains(is_hidden), || format!("{from}: {text:?}")),
            Value::Array(all) => all.iter().for_each(|one| self.hidden(from, one)),
            Value::Object(fields) => fields.iter().for_each(|(name, one)| {
                self.note(name.contains(is_hidden), || format!("{from}: {name:?}"));
                self.hidden(&format!("{from} {name}"), one);
            }),
            _ => {}
        }
    }

    /// No mark-up was opened by somebody's text.
    fn inert(&mut self, from: &str, html: &str) {
        for bad in ["<img src=x", "<script>alert", "<svg/onload", "\"'><svg"] {
            self.note(html.contains(bad), || format!("{from}: {bad} in {html}"));
        }
        self.note(html.contains(|c| is_hidden(c) && !matches!(c, '\r' | '\t')), || format!("{from}: {html:?}"));
    }

    /// No cell of a table begins as a formula, as a spreadsheet reads it.
    fn formula(&mut self, from: &str, table: &str) {
        for row in csv::ReaderBuilder::new().has_headers(false).from_reader(table.as_bytes()).records() {
            let row = match row {
                Ok(row) => row,
                Err(error) => return self.note(true, || format!("{from}: {error}")),
            };
            let bad: Vec<&str> = row.iter().filter(|cell| cell.starts_with(['=', '@', '+', '-', '\t'])).collect();
            self.note(!bad.is_empty(), || format!("{from}: {bad:?}"));
        }
        self.note(table.contains(|c| is_hidden(c) && c != '\r'), || format!("{from}: {table:?}"));
    }

    fn mail(&mut self, mail: &Mail) {
        for (name, value) in &mail.headers {
            self.note(!HEADERS.contains(&name.to_lowercase().as_str()), || format!("a header {name}: {value}"));
            self.note(value.contains(['\0', '\u{1b}']), || format!("{name}: {value:?}"));
        }
        let to = mail.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("to")).count();
        self.note(to != 1 || mail.to.contains("evil.example"), || format!("to {to}: {}", mail.to));
        self.inert(&mail.subject, &mail.html);
        self.note(mail.text.contains(|c| is_hidden(c) && c != '\r'), || format!("{:?}", mail.text));
        self.note(mail.subject.contains(is_hidden), || format!("{:?}", mail.subject));
    }
}

/// The headers that our mails have; nobody's text adds another.
const HEADERS: &[&str] = &[
    "from",
    "to",
    "subject",
    "date",
    "message-id",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
    "list-unsubscribe",
    "list-unsubscribe-post",
    "auto-submitted",
    "reply-to",
    "x-auto-response-suppress",
    "precedence",
    "list-id",
    "references",
    "in-reply-to",
    "feedback-id",
];

struct Tried {
    fields: BTreeSet<String>,
    refused: usize,
    taken: usize,
    faults: Faults,
}

/// Sends every hostile text through every text field of an operation.
async fn through(world: &World, document: &Value, method: &str, path: &str, number: &mut usize, tried: &mut Tried) {
    let operation = &document["paths"][format!("/api/v1{path}")][method.to_lowercase()];
    let mut places = Vec::new();
    texts(document, &operation["requestBody"]["content"]["application/json"]["schema"], &[], &mut places);
    if places.is_empty() {
        return;
    }
    *number += 1;
    let mut scene = Scene::new(world, *number).await;
    for place in places {
        tried.fields.insert(format!("{method} {path} {}", place.join(".")));
        for (is_hidden, text) in HIDDEN.iter().map(|text| (true, text)).chain(VISIBLE.iter().map(|text| (false, text)))
        {
            let real = scene.path(path, 5).await;
            let mut wish = body(method, path, &scene).unwrap_or(json!({}));
            put(&mut wish, &place, json!(text));
            let owner: &Person = scene.people[5].as_ref().unwrap();
            let (status, answer) = owner.send(method, &real, Some(&wish)).await;
            let door = format!("{method} {path} {}", place.join("."));
            tried.faults.note(status >= 500, || format!("{door} {text:?}: {status} {answer}"));
            // Of many rows each is told with what was sent of it, word for word, to who sent it.
            let mut told = answer.clone();
            for row in told["results"].as_array_mut().into_iter().flatten() {
                row["input"] = Value::Null;
            }
            tried.faults.hidden(&door, &told);
            if status >= 300 {
                tried.refused += 1;
                continue;
            }
            tried.taken += 1;
            // Words to choose from, and a row of many that is told as failed, keep nothing; a line end in a message stays.
            if is_hidden && answer.is_object() {
                everything_that_comes_out(world, document, &scene, &mut tried.faults).await;
            }
            if scene.is_spent(owner).await {
                *number += 1;
                scene = Scene::new(world, *number).await;
            }
        }
    }
    everything_that_comes_out(world, document, &scene, &mut tried.faults).await;
}

/// Reads all that can be read of a scene by its owner.
async fn everything_that_comes_out(world: &World, document: &Value, scene: &Scene, faults: &mut Faults) {
    let owner = scene.people[5].as_ref().unwrap();
    for (path, operations) in document["paths"].as_object().unwrap() {
        let path = path.strip_prefix("/api/v1").unwrap();
        if operations["get"].is_object() {
            let real = scene.path(path, 5).await;
            let answer = owner.fetch(&real).await;
            let (status, text) = (answer.status().as_u16(), answer.text().await.unwrap());
            faults.note(status >= 500, || format!("{path}: {text}"));
            match serde_json::from_str::<Value>(&text) {
                Ok(value) => faults.hidden(path, &value),
                Err(_) => faults.inert(path, &text.replace("\r\n", "\n")),
            }
        }
    }
    for path in
        [format!("/bands/{}/audit?format=csv", scene.band), format!("/campaigns/{}/codes?format=csv", scene.campaign)]
    {
        let text = owner.fetch(&path).await.text().await.unwrap();
        faults.formula(&path, &text);
    }
    let page = reqwest::get(format!("{}/invite/{}", world.origin, scene.token)).await.unwrap();
    faults.inert("the page", &page.text().await.unwrap());
    for mail in world.mails().await.iter().chain(&world.codes().await) {
        faults.mail(mail);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_text_is_refused_or_inert_whichever_door_it_comes_by() {
    for world in World::each_with(with_mail()).await {
        world.account("someone").await;
        let text = reqwest::get(format!("{}/openapi.json", world.origin)).await.unwrap().text().await.unwrap();
        let document: Value = serde_json::from_str(&text).unwrap();
        let mut tried = Tried { fields: BTreeSet::new(), refused: 0, taken: 0, faults: Faults::default() };
        let mut number = 0;
        for (path, operations) in document["paths"].as_object().unwrap() {
            let path = path.strip_prefix("/api/v1").unwrap();
            for method in operations.as_object().unwrap().keys().filter(|method| *method != "get") {
                through(&world, &document, &method.to_uppercase(), path, &mut number, &mut tried).await;
            }
        }
        println!(
            "{}: {} text fields, {} refused, {} taken",
            world.database,
            tried.fields.len(),
            tried.refused,
            tried.taken
        );
        let faults: Vec<&str> = tried.faults.0.iter().map(String::as_str).take(40).collect();
        assert!(faults.is_empty(), "\n{}", faults.join("\n"));
        assert!(tried.fields.len() > 60, "{}", tried.fields.len());
        assert!(tried.taken > 40 && tried.refused > 300, "{} taken, {} refused", tried.taken, tried.refused);
        crate::counts::add_up(world.app.store()).await;
    }
}
