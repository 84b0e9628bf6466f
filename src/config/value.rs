//! A value that was found, and the readings of it that keys ask for.

use std::{fmt, path::PathBuf, str::FromStr};

use toml::de::DeValue;

use crate::domain::clean_line;

/// A value as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Text(String),
    Number(i64),
    Flag(bool),
    List(Vec<Value>),
    /// From a variable or a flag: the key says what to read it as.
    Word(String),
    /// A kind of value that no key takes.
    Other(&'static str),
}

impl Value {
    pub(super) fn from_toml(value: &DeValue<'_>) -> Self {
        match value {
            DeValue::String(text) => Self::Text(text.to_string()),
            DeValue::Boolean(flag) => Self::Flag(*flag),
            DeValue::Integer(number) => {
                i64::from_str_radix(number.as_str(), number.radix()).map_or(Self::Other("a huge number"), Self::Number)
            }
            DeValue::Array(list) => Self::List(list.iter().map(|value| Self::from_toml(value.get_ref())).collect()),
            DeValue::Float(_) => Self::Other("a number with a fraction"),
            DeValue::Datetime(_) => Self::Other("a date"),
            DeValue::Table(_) => Self::Other("a table"),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) | Self::Word(text) => write!(f, "\"{}\"", clean_line(text)),
            Self::Number(number) => write!(f, "{number}"),
            Self::Flag(flag) => write!(f, "{flag}"),
            Self::List(list) => {
                let list: Vec<_> = list.iter().map(ToString::to_string).collect();
                write!(f, "[{}]", list.join(", "))
            }
            Self::Other(kind) => f.write_str(kind),
        }
    }
}

/// A value with the folder that its relative paths begin in.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) value: Value,
    /// The folder of the file; `None` for variables and flags, whose paths begin where the program was started.
    pub(super) folder: Option<PathBuf>,
}

impl Found {
    /// A text that is not empty.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            // A variable with bytes that are no text: another folder than the one that was meant would be made.
            Value::Word(text) if text.contains(char::REPLACEMENT_CHARACTER) => None,
            Value::Text(text) | Value::Word(text) => Some(text.trim()).filter(|text| !text.is_empty()),
            _ => None,
        }
    }

    /// A text that a type reads.
    pub(super) fn word<T: FromStr>(&self) -> Option<T> {
        self.text()?.parse().ok()
    }

    /// A whole number within limits, both included.
    pub(super) fn whole<T: TryFrom<i64>>(&self, least: i64, most: i64) -> Option<T> {
        let number = match &self.value {
            Value::Number(number) => *number,
            Value::Word(word) => word.trim().parse().ok()?,
            _ => return None,
        };
        if (least..=most).contains(&number) { T::try_from(number).ok() } else { None }
    }

    /// What `read` reads, or `None` within for a word.
    #[allow(clippy::option_option)] // the outer one is "not allowed", the inner one the word
    pub(super) fn or_word<T>(&self, word: &str, read: impl Fn(&Self) -> Option<T>) -> Option<Option<T>> {
        if self.text() == Some(word) { Some(None) } else { read(self).map(Some) }
    }

    /// True or false.
    pub(super) fn flag(&self) -> Option<bool> {
        match &self.value {
            Value::Flag(flag) => Some(*flag),
            Value::Word(word) => match word.trim().to_ascii_lowercase().as_str() {
                "true" | "1" | "yes" | "on" => Some(true),
                "false" | "0" | "no" | "off" => Some(false),
                _ => None,
            },
            _ => None,
        }
    }

    /// A list whose every entry reads; in a variable the entries stand between commas.
    pub(super) fn list<T>(&self, read: impl Fn(&Found) -> Option<T>) -> Option<Vec<T>> {
        let values = match &self.value {
            Value::List(values) => values.clone(),
            Value::Word(word) => {
                word.split(',').map(str::trim).filter(|w| !w.is_empty()).map(|w| Value::Word(w.to_owned())).collect()
            }
            _ => return None,
        };
        values.iter().map(|value| read(&Found { value: value.clone(), folder: self.folder.clone() })).collect()
    }

    /// A path: `~/` is the home folder, and a relative one in a file begins in the file's folder.
    pub(super) fn path(&self) -> Option<PathBuf> {
        self.text().map(|text| self.settle(text))
    }

    /// As [`Found::path`], for a part of the text.
    pub(super) fn settle(&self, text: &str) -> PathBuf {
        let home = || directories::BaseDirs::new().map(|dirs| dirs.home_dir().to_owned());
        if let Some(home) = text.strip_prefix("~/").and_then(|rest| Some(home()?.join(rest))) {
            return home;
        }
        match &self.folder {
            Some(folder) => folder.join(text),
            None => PathBuf::from(text),
        }
    }
}
