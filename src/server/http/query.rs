//! The part of an address behind the question mark: known keys alone, every refusal names the key.

use std::{collections::BTreeMap, str::FromStr};

use axum::{
    extract::{FromRequestParts, Query},
    http::request::Parts,
};

use crate::{api::Problem, server::Refused};

/// The keys with their values. A key that is there twice is refused: which of the two was meant, nobody knows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Keys(pub(crate) BTreeMap<String, String>);

impl<S: Send + Sync> FromRequestParts<S> for Keys {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refused> {
        let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri)
            .map_err(|_| Problem::field("query", "must be key=value pairs, joined by &"))?;
        let mut keys = BTreeMap::new();
        for (key, value) in pairs {
            if keys.contains_key(&key) {
                return Err(Problem::field(key, "is there twice: send it once").into());
            }
            keys.insert(key, value);
        }
        Ok(Self(keys))
    }
}

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
