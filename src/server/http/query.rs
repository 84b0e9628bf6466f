//! The part of an address behind the question mark: known keys alone, every refusal names the key.

use std::{collections::BTreeMap, fmt::Display, str::FromStr};

use axum::{
    extract::{FromRequestParts, Query},
    http::request::Parts,
};

use crate::server::{
    Refused,
    page::{Listed, Page},
};

/// The keys with their values. A key that is there twice is refused: which of the two was meant, nobody knows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Keys(pub(crate) BTreeMap<String, String>);

impl<S: Send + Sync> FromRequestParts<S> for Keys {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refused> {
        let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri)
            .map_err(|_| Refused::field("query", "must be key=value pairs, joined by &"))?;
        let mut keys = BTreeMap::new();
        for (key, value) in pairs {
            if keys.contains_key(&key) {
                return Err(Refused::field(&key, "is there twice: send it once"));
            }
            keys.insert(key, value);
        }
        Ok(Self(keys))
    }
}

/// Refuses a key that the route does not know.
pub(crate) fn only(keys: &BTreeMap<String, String>, known: &[&str]) -> Result<(), Refused> {
    match keys.keys().find(|key| !known.contains(&key.as_str())) {
        Some(key) => Err(Refused::field(key.as_str(), format!("is unknown here; known: {}", known.join(" ")))),
        None => Ok(()),
    }
}

/// The value of a key, `None` where it is missing; a refusal says what the key can be. An empty text is none, an empty
/// anything else is refused. U+0000 is in no value, and PostgreSQL takes it in none.
pub(crate) fn read_key<T>(keys: &BTreeMap<String, String>, key: &str) -> Result<Option<T>, Refused>
where
    T: FromStr,
    T::Err: Display,
{
    match keys.get(key) {
        Some(value) if value.contains('\0') => Err(Refused::field(key, "must not contain U+0000")),
        Some(value) => match value.parse() {
            Ok(_) if value.is_empty() => Ok(None),
            Ok(read) => Ok(Some(read)),
            Err(refused) => Err(Refused::field(key, refused.to_string())),
        },
        None => Ok(None),
    }
}

/// A key that is true or false, false where it is missing.
pub(crate) fn flag(keys: &BTreeMap<String, String>, key: &str) -> Result<bool, Refused> {
    match keys.get(key).map(String::as_str) {
        Some("true") => Ok(true),
        None | Some("false") => Ok(false),
        Some(_) => Err(Refused::field(key, "must be true or false")),
    }
}

/// The page of a list that `limit` and `cursor` ask for.
pub(crate) fn page(keys: &BTreeMap<String, String>, of: impl Into<Listed>) -> Result<Page, Refused> {
    Page::parse(of.into(), keys.get("limit").map(String::as_str), keys.get("cursor").map(String::as_str))
}
