//! Asks the sources for one key after another: flags, then variables, then the file.

use std::path::Path;

use super::{
    Fault, Key, Source, TABLES, example,
    file::{Entry, Node, Table},
    key::Written,
    value::{Found, Value},
};

/// A flag of the command line that stands for a key.
#[derive(Clone)]
pub struct Flag {
    /// The key's full name.
    pub key: &'static str,
    /// The flag as it is typed, with its dashes.
    pub name: &'static str,
    /// What was given.
    pub value: String,
}

/// A key with the value in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The key's full name.
    pub key: String,
    /// The value as TOML, empty where there is none. Secrets are not shown.
    pub value: String,
    /// Where it is from.
    pub source: Source,
}

/// Looks up a variable of the environment.
pub type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

pub(super) struct Reader<'a> {
    file: Table,
    folder: Option<&'a Path>,
    variables: Variables<'a>,
    flags: &'a [Flag],
    pub(super) faults: Vec<Fault>,
    pub(super) shown: Vec<Shown>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(file: Table, folder: Option<&'a Path>, variables: Variables<'a>, flags: &'a [Flag]) -> Self {
        Self { file, folder, variables, flags, faults: Vec::new(), shown: Vec::new() }
    }

    /// Puts what the sources say of `key` in the place of its default; what is not allowed is noted, and the default
    /// stays.
    pub(super) fn set<T>(&mut self, key: &Key, place: &mut T, parse: impl Fn(&Found) -> Option<T>) {
        let in_file = self.take(key.table, key.name);
        let path = key.path();
        let flag = self.flags.iter().find(|flag| flag.key == path);
        let flag = flag.map(|flag| (Source::Flag(flag.name), Node::Value(Value::Word(flag.value.clone()))));
        // An empty variable is one that was not set: many a service file leaves it so.
        let variable = || (self.variables)(key.variable).filter(|text| !text.is_empty());
        let said = flag
            .or_else(|| variable().map(|text| (Source::Variable(key.variable), Node::Value(Value::Word(text)))))
            .or_else(|| in_file.map(|entry| (entry.source, entry.node)));
        self.settle(path, key, said, place, parse);
    }

    /// As [`Reader::set`], where it is known already what was said. `path` is the key's full name.
    pub(super) fn settle<T>(
        &mut self,
        path: String,
        key: &Key,
        said: Option<(Source, Node)>,
        place: &mut T,
        parse: impl Fn(&Found) -> Option<T>,
    ) {
        let Some((source, node)) = said else {
            let default = match key.written {
                Written::Default(toml) => toml,
                Written::Example(_) => "",
            };
            self.shown.push(Shown { key: path, value: default.to_owned(), source: Source::Default });
            return;
        };
        let value = match node {
            Node::Value(value) => value,
            Node::Table(_) => Value::Other("a table"),
        };
        let folder = self.folder.filter(|_| matches!(source, Source::File { .. }));
        let written = if is_secret(&value) { "\"…\"".to_owned() } else { value.to_string() };
        if let Some(parsed) = parse(&Found { value, folder: folder.map(Path::to_owned) }) {
            *place = parsed;
            self.shown.push(Shown { key: path, value: written, source });
        } else {
            let allowed = match &source {
                Source::Variable(_) | Source::Flag(_) => key.allowed_as_word(),
                Source::File { .. } | Source::Default => key.allowed.to_owned(),
            };
            let says = format!("must be {allowed}, not {written}");
            self.faults.push(Fault::new(source, &path, says));
        }
    }

    /// Where the value in force of a key is from; `key` is its full name.
    pub(super) fn source(&self, key: &str) -> Source {
        self.shown.iter().find(|shown| shown.key == key).map_or(Source::Default, |shown| shown.source.clone())
    }

    /// Notes a mistake that shows only beside other keys; `key` is the full name of the one to blame.
    pub(super) fn fault(&mut self, key: &str, says: &str) {
        self.faults.push(Fault::new(self.source(key), key, says));
    }

    /// Takes a whole table out of the file.
    pub(super) fn take_table(&mut self, name: &str) -> Option<Entry> {
        self.file.take(name)
    }

    /// Tells the values in force of a table, by key, where they follow from more than the key itself.
    pub(super) fn reveal(&mut self, table: &str, values: &[(&str, String)]) {
        for (name, value) in values {
            let path = format!("{table}.{name}");
            if let Some(shown) = self.shown.iter_mut().find(|shown| shown.key == path) {
                shown.value.clone_from(value);
            }
        }
    }

    /// Tells `key` with the value and the place of `other`, which stands for it. Both are full names.
    pub(super) fn stand_for(&mut self, key: &str, other: &str) {
        let Some(other) = self.shown.iter().find(|shown| shown.key == other).cloned() else { return };
        if let Some(shown) = self.shown.iter_mut().find(|shown| shown.key == key) {
            *shown = Shown { key: key.to_owned(), ..other };
        }
    }

    /// Takes the entry `table.name` out of the file; `table` may be a path of tables.
    pub(super) fn take(&mut self, table: &str, name: &str) -> Option<Entry> {
        let mut inside = &mut self.file;
        for part in table.split('.') {
            let entry = inside.0.iter_mut().find(|entry| entry.name == part)?;
            let Node::Table(table) = &mut entry.node else { return None };
            inside = table;
        }
        inside.take(name)
    }

    /// Notes everything of the file that nobody asked for.
    pub(super) fn finish(&mut self) {
        let known: Vec<&Key> = example::ALL.iter().flat_map(|(_, _, keys)| *keys).collect();
        let left = std::mem::take(&mut self.file);
        for entry in left.0 {
            let Node::Table(table) = entry.node else {
                let says = match known.iter().find(|key| key.name == entry.name) {
                    Some(key) => format!("stands in no table: it belongs under [{}]", key.table),
                    None => format!("stands in no table: allowed are {}", bracketed(TABLES)),
                };
                self.faults.push(Fault::new(entry.source, &entry.name, says));
                continue;
            };
            if !TABLES.contains(&entry.name.as_str()) {
                let meant = nearest(&entry.name, TABLES.iter().copied());
                let meant = meant.map_or_else(|| bracketed(TABLES), |name| format!("[{name}]"));
                let says = format!("is no table of the configuration: did you mean {meant}?");
                self.faults.push(Fault::new(entry.source, &entry.name, says));
                continue;
            }
            for unknown in table.0 {
                let names: Vec<_> = known.iter().filter(|k| k.table == entry.name).map(|k| k.name).collect();
                self.unknown(&entry.name, &unknown, &names);
            }
        }
    }

    /// Notes a key that its table does not have.
    pub(super) fn unknown(&mut self, table: &str, entry: &Entry, names: &[&'static str]) {
        let says = match nearest(&entry.name, names.iter().copied()) {
            Some(name) => format!("is no key of [{table}]: did you mean {name}?"),
            None => format!("is no key of [{table}]: allowed are {}", names.join(", ")),
        };
        self.faults.push(Fault::new(entry.source.clone(), &format!("{table}.{}", entry.name), says));
    }
}

/// Whether a value can hold a password: an address with one in it.
fn is_secret(value: &Value) -> bool {
    matches!(value, Value::Text(text) | Value::Word(text) if text.contains("://") && text.contains('@'))
}

fn bracketed(tables: &[&str]) -> String {
    tables.iter().map(|table| format!("[{table}]")).collect::<Vec<_>>().join(", ")
}

/// The name that was probably meant, letter case aside.
pub(crate) fn nearest<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    names
        .map(|known| (likeness(name, known), known))
        .filter(|&(likeness, _)| likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, known)| known)
}

/// How much two names are alike, letter case aside: 1 where they are one. One slip of a finger is much, also in a name that
/// is so short that little else is left of it.
pub(crate) fn likeness(one: &str, other: &str) -> f64 {
    let (one, other) = (one.to_lowercase(), other.to_lowercase());
    let is_slip = one.chars().count() > 2 && strsim::damerau_levenshtein(&one, &other) == 1;
    strsim::jaro_winkler(&one, &other).max(if is_slip { 0.9 } else { 0.0 })
}
