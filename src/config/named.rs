//! The tables whose keys people name themselves: `[profiles.NAME]` and `[ui.keys]`.

use std::collections::BTreeMap;

use super::{
    Fault, Source,
    file::Node,
    key::Written::{Default as By, Example},
    reader::Reader,
    tables::{origin, profile_name},
    value::{Found, Value},
};

table! {
    /// `[profiles.NAME]`: a server by a name of one's own, with sessions of its own.
    pub struct Profile in "profiles.NAME" {
        /// The profile's server.
        server: Option<String> = None, Example(r#""https://invites.example.com""#),
            "the address of a server, \"https://host[:port]\"", "", |found| origin(found).map(Some);
        /// Whether plain http may go to other machines, where anyone on the way can read it.
        insecure_http: bool = false, By("false"), "true or false", "", Found::flag;
    }
}

/// Keys for an action of the terminal client, as `[ui.keys]` sets them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyBinding {
    /// The action's name, as it was written.
    pub action: String,
    /// Its keys, as they were written; none takes its keys away.
    pub keys: Vec<String>,
    /// Where it stands.
    pub source: Source,
}

impl KeyBinding {
    /// The fault of a binding whose action or key does not exist; `says` tells what is allowed.
    #[must_use]
    pub fn fault(&self, says: &str) -> Fault {
        Fault::new(self.source.clone(), &format!("ui.keys.{}", self.action), says)
    }
}

/// All profiles by name.
pub(super) fn profiles(reader: &mut Reader<'_>) -> BTreeMap<String, Profile> {
    let mut profiles = BTreeMap::new();
    let Some(entry) = reader.take_table("profiles") else { return profiles };
    let Node::Table(tables) = entry.node else {
        reader.faults.push(Fault::new(entry.source, "profiles", "must be tables: [profiles.NAME]"));
        return profiles;
    };
    for entry in tables.0 {
        let path = format!("profiles.{}", entry.name);
        let Node::Table(mut table) = entry.node else {
            reader.faults.push(Fault::new(entry.source, &path, "must be a table: [profiles.NAME]"));
            continue;
        };
        if !profile_name(&entry.name) {
            let says = "has a wrong name: it must be 1 to 32 letters, digits, - and _";
            reader.faults.push(Fault::new(entry.source, &path, says));
            continue;
        }
        let mut profile = Profile::default();
        let [server, insecure] = Profile::KEYS else { continue };
        let mut said = |name| table.take(name).map(|entry| (entry.source, entry.node));
        let (at, plain) = (said(server.name), said(insecure.name));
        if at.is_none() {
            let says = format!("is missing: it must be {}", server.allowed);
            reader.faults.push(Fault::new(entry.source, &format!("{path}.server"), says));
        }
        reader.settle(format!("{path}.server"), server, at, &mut profile.server, |found| origin(found).map(Some));
        reader.settle(format!("{path}.insecure_http"), insecure, plain, &mut profile.insecure_http, Found::flag);
        for left in &table.0 {
            reader.unknown(&path, left, &[server.name, insecure.name]);
        }
        profiles.insert(entry.name, profile);
    }
    profiles
}

/// The keys that the person has set, in the order of the file.
pub(super) fn keys(reader: &mut Reader<'_>) -> Vec<KeyBinding> {
    let Some(entry) = reader.take("ui", "keys") else { return Vec::new() };
    let Node::Table(table) = entry.node else {
        reader.faults.push(Fault::new(entry.source, "ui.keys", "must be a table: [ui.keys]"));
        return Vec::new();
    };
    let mut bindings = Vec::new();
    for entry in table.0 {
        let keys = match &entry.node {
            Node::Value(Value::Text(key)) => Some(vec![key.clone()]),
            Node::Value(value) => {
                Found { value: value.clone(), folder: None }.list(|found| found.text().map(str::to_owned))
            }
            Node::Table(_) => None,
        };
        match keys {
            Some(keys) => bindings.push(KeyBinding { action: entry.name, keys, source: entry.source }),
            None => reader.faults.push(Fault::new(
                entry.source,
                &format!("ui.keys.{}", entry.name),
                "must be a key such as \"y\" or \"ctrl-y\", or a list of keys",
            )),
        }
    }
    bindings
}
