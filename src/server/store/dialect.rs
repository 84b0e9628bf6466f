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
/// the memory is too, and every connection can keep its prepared statement. Lists of values have few lengths
/// ([`filled`]), rows that are written together are few ([`places`]). Never pass anything a user typed; values are
/// parameters.
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

/// The placeholders from `$first` on of `IN (…)` for `n` values, as many as [`filled`] gives: `$2, $3, $4, $5` for three.
pub fn numbers(first: usize, n: usize) -> String {
    let numbers: Vec<String> = (first..first + filled_length(n)).map(|n| format!("${n}")).collect();
    numbers.join(", ")
}

/// The values of a list, the last one again and again up to a power of two: for `IN (…)`, which finds nothing twice. A text
/// for each length there is would be hundreds, and every connection keeps its prepared statement of each.
pub fn filled<T>(values: &[T]) -> impl Iterator<Item = &T> {
    let missing = filled_length(values.len()) - values.len();
    values.iter().chain(std::iter::repeat_n(values.last(), missing).flatten())
}

/// How many values [`filled`] makes of `n`.
pub fn filled_length(n: usize) -> usize {
    if n == 0 { 0 } else { n.next_power_of_two() }
}

#[cfg(test)]
mod tests {
    use super::{filled, intern, numbers};

    #[test]
    fn the_same_text_is_kept_once() {
        let (one, two) = (intern("SELECT 1 AS n".to_owned()), intern(format!("SELECT {} AS n", 1)));
        assert!(std::ptr::eq(one, two));
        assert_ne!(one, intern("SELECT 2 AS n".to_owned()));
    }

    #[test]
    fn lists_of_all_lengths_come_to_a_few_texts_and_name_what_was_given() {
        let mut texts = std::collections::BTreeSet::new();
        for n in 1..=200 {
            let given: Vec<usize> = (0..n).collect();
            let text = numbers(3, n);
            let mut filled: Vec<usize> = filled(&given).copied().collect();
            assert_eq!(text.split(", ").count(), filled.len(), "{n}");
            assert!(text.starts_with("$3") && text.ends_with(&format!("${}", filled.len() + 2)), "{text}");
            filled.dedup();
            assert_eq!(filled, given);
            texts.insert(text);
        }
        assert_eq!(texts.len(), 9);
        assert_eq!((numbers(1, 0), filled::<u8>(&[]).count()), (String::new(), 0));
    }
}
