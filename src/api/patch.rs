//! Omitted against null, in changes and in what is made.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, Visitor, value::MapAccessDeserializer},
};

/// A field of a change: left out (unchanged), null (none), or a value. Of something new, what is left out is what its
/// template or its surroundings say, and null is none all the same. Use it with
/// `#[serde(default, skip_serializing_if = "Patch::is_omitted")]`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Patch<T> {
    /// Not in the request: stays as it is.
    #[default]
    Omitted,
    /// Null in the request: there is to be none.
    Null,
    /// The new value.
    Value(T),
}

impl<T> Patch<T> {
    /// Whether the field was left out.
    pub const fn is_omitted(&self) -> bool {
        matches!(self, Self::Omitted)
    }

    /// The value, if there is one; left out where there is none.
    pub fn given(value: Option<T>) -> Self {
        value.map_or(Self::Omitted, Self::Value)
    }

    /// What was said, else `default` where there is one.
    #[must_use]
    pub fn or(self, default: Option<T>) -> Self {
        if self.is_omitted() { Self::given(default) } else { self }
    }

    /// The value, where there is one.
    pub const fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Omitted | Self::Null => None,
        }
    }

    /// `None` where the field stays as it is, else what it becomes.
    pub fn into_change(self) -> Option<Option<T>> {
        match self {
            Self::Omitted => None,
            Self::Null => Some(None),
            Self::Value(value) => Some(Some(value)),
        }
    }
}

impl<T> From<Option<T>> for Patch<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Self::Value)
    }
}

impl<T: Serialize> Serialize for Patch<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Value(value) => serializer.serialize_some(value),
            Self::Omitted | Self::Null => serializer.serialize_none(),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Patch<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::deserialize(deserializer).map(Into::into)
    }
}

/// An object and nothing else: derived code would read an array into a struct, field by field. Use it with
/// `#[serde(deserialize_with = "object")]`, beside `default`.
pub(super) fn object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<T>, D::Error> {
    Option::<Object<T>>::deserialize(from).map(|object| object.map(|Object(value)| value))
}

/// As [`object`], of a change.
pub(super) fn patch<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Patch<T>, D::Error> {
    object(from).map(Into::into)
}

struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Fields<T> {
            type Value = T;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<T, A::Error> {
                T::deserialize(MapAccessDeserializer::new(fields))
            }
        }

        deserializer.deserialize_map(Fields(PhantomData)).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Deserialize, Serialize)]
    struct Change {
        #[serde(default, skip_serializing_if = "Patch::is_omitted")]
        label: Patch<String>,
    }

    #[test]
    fn a_default_is_taken_where_nothing_is_said() {
        let or = |said: Patch<u8>| said.or(Some(7)).value().copied();
        assert_eq!([or(Patch::Omitted), or(Patch::Null), or(Patch::Value(1))], [Some(7), None, Some(1)]);
        assert_eq!(Patch::<u8>::Omitted.or(None), Patch::Omitted);
    }

    #[test]
    fn omitted_null_and_a_value_are_three_things() {
        for (wire, label) in
            [("{}", Patch::Omitted), (r#"{"label":null}"#, Patch::Null), (r#"{"label":"x"}"#, Patch::Value("x".into()))]
        {
            let change: Change = serde_json::from_str(wire).unwrap();
            assert_eq!(change, Change { label });
            assert_eq!(serde_json::to_string(&change).unwrap(), wire);
        }
    }
}
