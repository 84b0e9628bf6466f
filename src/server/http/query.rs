//! The part of an address behind the question mark: known keys alone, every refusal names the key.

use std::{collections::BTreeMap, str::FromStr};

use crate::{api::Problem, server::Refused};

/// Refuses a key that the route does not know.
pub(crate) fn only(keys: &BTreeMap<String, String>, known: &[&str]) -> Result<(), Refused> {
    match keys.keys().find(|key| !known.contains(&key.as_str())) {
        Some(key) => Err(Problem::field(key.as_str(), format!("is unknown here; known: {}", known.join(" "))).into()),
        None => Ok(()),
    }
}

/// The value of a key, `None` where it is missing or empty. U+0000 is in no value, and PostgreSQL takes it in none.
pub(crate) fn read_key<T: FromStr>(keys: &BTreeMap<String, String>, key: &str) -> Result<Option<T>, Refused> {
    let refused = || Problem::field(key, "is not a value it can have").into();
    match keys.get(key) {
        Some(value) if value.contains('\0') => Err(refused()),
        Some(value) if !value.is_empty() => value.parse().map(Some).map_err(|_| refused()),
        _ => Ok(None),
    }
}
