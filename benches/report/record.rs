//! What was measured: one figure a line of a CSV file, the same columns for every benchmark.

use std::{collections::BTreeSet, path::Path, time::Duration};

use serde::{Deserialize, Serialize};

/// One figure.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// What was measured: one name for one thing.
    pub what: String,
    /// Of which program or database.
    pub of: String,
    /// What was made larger while the rest stayed: a column of sizes, or nothing.
    pub along: String,
    /// Invites in the band.
    pub invites: Option<u64>,
    /// Bands on the server.
    pub bands: Option<u64>,
    /// Connections that ask at once.
    pub callers: Option<u64>,
    /// Servers on one database.
    pub nodes: Option<u64>,
    /// The figure, and what it counts.
    pub value: f64,
    pub unit: String,
    /// What stood beside it in the same run, in the same unit.
    pub peer: String,
    pub peer_value: Option<f64>,
    /// `value` or `ratio`, a comparison and a number; empty where nothing is asked of it.
    pub bar: String,
}

impl Figure {
    /// A figure by itself.
    pub fn new(what: &str, of: &str, value: f64, unit: &str) -> Self {
        Self { what: what.to_owned(), of: of.to_owned(), value, unit: unit.to_owned(), ..Self::default() }
    }

    /// With what stood beside it.
    pub fn beside(mut self, peer: &str, value: f64) -> Self {
        (self.peer, self.peer_value) = (peer.to_owned(), Some(value));
        self
    }

    /// With what is asked of it.
    pub fn bar(mut self, bar: &str) -> Self {
        bar.clone_into(&mut self.bar);
        self
    }

    /// It against what stood beside it.
    pub fn ratio(&self) -> Option<f64> {
        self.peer_value.map(|peer| self.value / peer)
    }

    /// Whether it meets its bar; `None` without one.
    pub fn meets(&self) -> Option<bool> {
        let mut words = self.bar.split_whitespace();
        let (what, comparison, bound) = (words.next()?, words.next()?, words.next()?.parse::<f64>().ok()?);
        let value = if what == "ratio" { self.ratio()? } else { self.value };
        Some(match comparison {
            "<" => value < bound,
            "<=" => value <= bound,
            ">=" => value >= bound,
            _ => return None,
        })
    }

    /// The size along which it was measured.
    pub fn size(&self) -> Option<u64> {
        match self.along.as_str() {
            "invites" => self.invites,
            "bands" => self.bands,
            "callers" => self.callers,
            "nodes" => self.nodes,
            _ => None,
        }
    }
}

/// The figures of a run.
#[derive(Debug, Default)]
pub struct Sheet(pub Vec<Figure>);

impl Sheet {
    /// One more.
    pub fn add(&mut self, figure: Figure) {
        self.0.push(figure);
    }

    /// Writes them. Figures of the file about what was not measured this time stay: `of` tells whose they are.
    pub fn write(self, file: &Path) {
        let measured: BTreeSet<&str> = self.0.iter().map(|figure| figure.of.as_str()).collect();
        let kept = read(file).into_iter().filter(|old| !measured.contains(old.of.as_str()));
        let mut writer = csv::Writer::from_path(file).unwrap();
        for mut figure in kept.chain(self.0.iter().cloned()) {
            figure.value = rounded(figure.value);
            figure.peer_value = figure.peer_value.map(rounded);
            writer.serialize(figure).unwrap();
        }
        writer.flush().unwrap();
        println!("written to {}", file.display());
    }
}

/// The figures of a file; none where there is no such file.
pub fn read(file: &Path) -> Vec<Figure> {
    let Ok(mut reader) = csv::Reader::from_path(file) else { return Vec::new() };
    reader.deserialize().map(|figure| figure.expect("the file is this program's own")).collect()
}

/// The middle of several times; nothing where there are none.
pub fn middle(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// Memory as `/proc` tells it, in KiB, in the unit of the bars: a million bytes.
pub fn megabytes(kib: u64) -> f64 {
    kib as f64 * 1_024.0 / 1e6
}

/// Four digits: more would be noise.
fn rounded(value: f64) -> f64 {
    format!("{value:.3e}").parse().unwrap_or(value)
}
