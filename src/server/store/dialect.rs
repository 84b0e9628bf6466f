//! What differs between the two databases, side by side, and SQL text that is put together while running.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

/// Which database a transaction runs on. Statements are written once for both; where they cannot be, both forms
/// stand beside each other: `tx.dialect().pick("…", "…")`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// One file on this machine.
    Sqlite,
    /// A server, shared by several nodes.
    Postgres,
}

impl Dialect {
    /// The one of two forms that this database understands.
    pub fn pick<T>(self, sqlite: T, postgres: T) -> T {
        match self {
            Self::Sqlite => sqlite,
            Self::Postgres => postgres,
        }
    }
}

impl Dialect {
    /// A condition on `seq` for the rows that `rows`, a `SELECT seq …`, leads to. Of those who ask at once each gets others:
    /// what somebody holds is passed over.
    pub fn unheld(self, rows: &str) -> String {
        self.pick(format!("seq IN ({rows})"), format!("seq = ANY (ARRAY({rows} FOR UPDATE SKIP LOCKED))"))
    }
}

/// Makes composed SQL `'static`, once for each distinct text, for the life of the process.
///
/// For lists whose filters are put together from **fixed fragments**: their combinations are a small bounded set, so
/// the memory is too, and every connection can keep its prepared statement. Never pass anything a user typed; values
/// are parameters.
pub fn intern(sql: String) -> &'static str {
    static KNOWN: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(same) = known.get(sql.as_str()) {
        return same;
    }
    let new: &'static str = sql.leak();
    known.insert(new);
    new
}

/// The placeholders of `rows` rows with `columns` values each, for a statement that inserts them all; the parameters
/// after the first `given` are theirs: `($1, $2), ($3, $4)`.
pub fn places(rows: usize, columns: usize, given: usize) -> String {
    let row = |row: usize| {
        let numbers: Vec<String> = (1..=columns).map(|n| format!("${}", given + row * columns + n)).collect();
        format!("({})", numbers.join(", "))
    };
    (0..rows).map(row).collect::<Vec<_>>().join(", ")
}

/// `n` placeholders from `$first` on, for `IN (…)`: `$2, $3`.
pub fn numbers(first: usize, n: usize) -> String {
    let numbers: Vec<String> = (first..first + n).map(|n| format!("${n}")).collect();
    numbers.join(", ")
}

#[cfg(test)]
mod tests {
    use super::intern;

    #[test]
    fn the_same_text_is_kept_once() {
        let (one, two) = (intern("SELECT 1 AS n".to_owned()), intern(format!("SELECT {} AS n", 1)));
        assert!(std::ptr::eq(one, two));
        assert_ne!(one, intern("SELECT 2 AS n".to_owned()));
    }
}
