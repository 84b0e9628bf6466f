//! What is wrong with a configuration, and where.

use std::{fmt, path::PathBuf, sync::Arc};

/// Where a value is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Nothing was said.
    Default,
    /// A line of the file, counted from 1.
    File {
        /// The file.
        path: Arc<PathBuf>,
        /// The line.
        line: usize,
    },
    /// A variable of the environment.
    Variable(&'static str),
    /// A flag of the command line, with its dashes.
    Flag(&'static str),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Variable(name) | Self::Flag(name) => f.write_str(name),
        }
    }
}

/// One mistake: where it stands, which key, and what is allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub source: Source,
    /// What is wrong, beginning with the key's full name.
    pub says: String,
}

impl Fault {
    /// A fault of `key` (its full name): `must be …`.
    pub fn new(source: Source, key: &str, says: impl fmt::Display) -> Self {
        Self { source, says: format!("{} {says}", crate::domain::clean_line(key)) }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.source, self.says)
    }
}

/// Why there is no configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// Values, keys or tables that are not allowed; all of them, a line each.
    #[error("{}", lines(.0))]
    Wrong(Vec<Fault>),
    /// The file is there but cannot be read, or was asked for and is not there.
    #[error("the configuration {path} cannot be read: {}", .reason.split(" (os error ").next().unwrap_or_default())]
    Unreadable {
        /// The file.
        path: String,
        /// The system's words.
        reason: String,
    },
    /// The file holds a password, and others than its owner can read or change it.
    #[error("{path} holds a password and can be read or changed by others; close it with: chmod 600 '{path}'")]
    Loose {
        /// The file.
        path: String,
    },
}

/// What flags and variables say first, then the file from its top.
fn lines(faults: &[Fault]) -> String {
    let mut faults: Vec<_> = faults.iter().collect();
    faults.sort_by_key(|fault| match &fault.source {
        Source::File { line, .. } => *line,
        _ => 0,
    });
    faults.into_iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
