//! The file as a tree of tables that remembers its lines.

use std::{path::PathBuf, sync::Arc};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{Fault, Source, value::Value};

/// A table: its entries in the order of the file.
#[derive(Debug, Clone, Default)]
pub(super) struct Table(pub(super) Vec<Entry>);

/// A key of a table.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) source: Source,
    pub(super) node: Node,
}

/// What a key stands for.
#[derive(Debug, Clone)]
pub(super) enum Node {
    Table(Table),
    Value(Value),
}

impl Table {
    /// Reads a file's text; what is no TOML is a fault with its line.
    pub(super) fn parse(text: &str, path: &Arc<PathBuf>) -> Result<Self, Fault> {
        let source = |at: usize| Source::File {
            path: Arc::clone(path),
            line: text.as_bytes().iter().take(at).filter(|&&b| b == b'\n').count() + 1,
        };
        // Most often there is no file, and the code that reads one need not be paged in.
        if text.is_empty() {
            return Ok(Self::default());
        }
        match DeTable::parse(text) {
            Ok(table) => Ok(Self::from_toml(table.get_ref(), &source)),
            Err(error) => Err(Fault {
                source: source(error.span().map_or(0, |span| span.start)),
                says: format!("this is not TOML: {}", error.message().replace('\n', ", ")),
            }),
        }
    }

    fn from_toml(table: &DeTable<'_>, source: &impl Fn(usize) -> Source) -> Self {
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(name, _)| name.span().start);
        let entry = |(name, value): (&Spanned<_>, &Spanned<DeValue<'_>>)| Entry {
            name: std::string::ToString::to_string(name.get_ref()),
            source: source(name.span().start),
            node: match value.get_ref() {
                DeValue::Table(table) => Node::Table(Self::from_toml(table, source)),
                value => Node::Value(Value::from_toml(value)),
            },
        };
        Self(entries.into_iter().map(entry).collect())
    }

    /// Takes an entry out: what is left at the end is known to nobody.
    pub(super) fn take(&mut self, name: &str) -> Option<Entry> {
        let at = self.0.iter().position(|entry| entry.name == name)?;
        Some(self.0.remove(at))
    }
}
