//! One value type in both directions: what a statement is given and what a row holds.

use std::cell::Cell;

use bytes::BytesMut;
use rusqlite::types::{ToSqlOutput, ValueRef};
use tokio_postgres::{
    Column,
    types::{FromSql, IsNull, ToSql, Type, to_sql_checked},
};

use super::Error;
use crate::domain::{
    AccountId, Address, BandId, BandName, CampaignId, CampaignName, CancelReason, Contact, Delivery, Description,
    DisplayName, EmailIdentity, InviteId, InvitePermission, JoinMode, JoinRequestId, JoinStatus, Kind, Label, MailKind,
    MailOutcome, MaxUses, Membership, Message, OnAcceptCancel, OnInviterRemoved, Preset, Reason, Registration, Role,
    SessionId, Status, SuppressionId, TemplateId, TemplateName, Timestamp, Username,
};

/// A value on its way in or out, in the few types that both databases share. Times are `Int` (microseconds since
/// 1970), ids and hashes `Bytes`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    /// No value, of any type.
    Null,
    /// `boolean` on PostgreSQL, 0 or 1 in SQLite.
    Bool(bool),
    /// `bigint` or `integer`.
    Int(i64),
    /// `text`. PostgreSQL refuses U+0000 in it, so the domain does for both.
    Text(&'a str),
    /// `bytea` or, of 16 bytes, `uuid`; a BLOB in SQLite.
    Bytes(&'a [u8]),
}

/// A value that outlives what it was taken from.
pub(super) enum Owned {
    Null,
    Bool(bool),
    Int(i64),
    Text(String),
    Bytes(Vec<u8>),
}

impl Owned {
    pub(super) fn of(value: &Value<'_>) -> Self {
        match *value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(value),
            Value::Int(value) => Self::Int(value),
            Value::Text(value) => Self::Text(value.to_owned()),
            Value::Bytes(value) => Self::Bytes(value.to_owned()),
        }
    }

    pub(super) fn value(&self) -> Value<'_> {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(*value),
            Self::Int(value) => Value::Int(*value),
            Self::Text(value) => Value::Text(value),
            Self::Bytes(value) => Value::Bytes(value),
        }
    }
}

/// What can be bound to a placeholder. Domain types implement it, so no driver's type leaves this room.
pub trait ToValue {
    /// The value as the database takes it.
    fn to_value(&self) -> Value<'_>;
}

/// What can be read from a column.
pub trait FromValue: Sized {
    /// The Rust value, or `None` where the column holds something else.
    fn from_value(value: Value<'_>) -> Option<Self>;
}

impl<T: ToValue + ?Sized> ToValue for &T {
    fn to_value(&self) -> Value<'_> {
        (**self).to_value()
    }
}

impl<T: ToValue> ToValue for Option<T> {
    fn to_value(&self) -> Value<'_> {
        self.as_ref().map_or(Value::Null, ToValue::to_value)
    }
}
impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            value => T::from_value(value).map(Some),
        }
    }
}

impl ToValue for bool {
    fn to_value(&self) -> Value<'_> {
        Value::Bool(*self)
    }
}
impl FromValue for bool {
    fn from_value(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Bool(x) => Some(x),
            Value::Int(x @ 0..=1) => Some(x == 1), // SQLite has no boolean
            _ => None,
        }
    }
}

/// Integers that always fit into `i64`; reading one that does not fit back is a wrong column.
macro_rules! integers {
    ($($own:ty),*) => {$(
        impl ToValue for $own {
            fn to_value(&self) -> Value<'_> {
                Value::Int(i64::from(*self))
            }
        }
        impl FromValue for $own {
            fn from_value(value: Value<'_>) -> Option<Self> {
                match value {
                    Value::Int(x) => Self::try_from(x).ok(),
                    _ => None,
                }
            }
        }
    )*};
}
integers!(i64, i32, u32, u16, u8);

impl ToValue for str {
    fn to_value(&self) -> Value<'_> {
        Value::Text(self)
    }
}
impl ToValue for String {
    fn to_value(&self) -> Value<'_> {
        Value::Text(self)
    }
}
impl FromValue for String {
    fn from_value(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Text(x) => Some(x.to_owned()),
            _ => None,
        }
    }
}

impl ToValue for [u8] {
    fn to_value(&self) -> Value<'_> {
        Value::Bytes(self)
    }
}
impl ToValue for Vec<u8> {
    fn to_value(&self) -> Value<'_> {
        Value::Bytes(self)
    }
}
impl FromValue for Vec<u8> {
    fn from_value(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Bytes(x) => Some(x.to_owned()),
            _ => None,
        }
    }
}
impl<const N: usize> ToValue for [u8; N] {
    fn to_value(&self) -> Value<'_> {
        Value::Bytes(self)
    }
}
impl<const N: usize> FromValue for [u8; N] {
    fn from_value(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Bytes(x) => x.try_into().ok(),
            _ => None,
        }
    }
}

/// Ids are their sixteen bytes.
macro_rules! ids {
    ($($own:ty),*) => {$(
        impl ToValue for $own {
            fn to_value(&self) -> Value<'_> {
                Value::Bytes(self.as_bytes())
            }
        }
        impl FromValue for $own {
            fn from_value(value: Value<'_>) -> Option<Self> {
                <[u8; 16]>::from_value(value).map(Self::from_bytes)
            }
        }
    )*};
}
ids!(AccountId, BandId, CampaignId, InviteId, JoinRequestId, SessionId, SuppressionId, TemplateId);

/// Words and other texts with rules of their own; a row that holds what the rules do not allow is a wrong column.
macro_rules! texts {
    ($($own:ty),*) => {$(
        impl ToValue for $own {
            fn to_value(&self) -> Value<'_> {
                Value::Text(self.as_str())
            }
        }
        impl FromValue for $own {
            fn from_value(value: Value<'_>) -> Option<Self> {
                match value {
                    Value::Text(text) => text.parse().ok(),
                    _ => None,
                }
            }
        }
    )*};
}
texts!(Kind, Status, CancelReason, Delivery, Role, InvitePermission, JoinMode, JoinStatus);
texts!(MailKind, MailOutcome);
texts!(Preset, EmailIdentity, Membership, OnAcceptCancel, Registration, OnInviterRemoved);
texts!(
    Address,
    Username,
    DisplayName,
    BandName,
    CampaignName,
    Description,
    Contact,
    Label,
    Message,
    Reason,
    TemplateName
);

impl ToValue for Timestamp {
    fn to_value(&self) -> Value<'_> {
        Value::Int(self.micros())
    }
}
impl FromValue for Timestamp {
    fn from_value(value: Value<'_>) -> Option<Self> {
        i64::from_value(value).map(Self::from_micros)
    }
}

/// No limit is `NULL`.
impl ToValue for MaxUses {
    fn to_value(&self) -> Value<'_> {
        self.stored().map_or(Value::Null, Value::Int)
    }
}
impl FromValue for MaxUses {
    fn from_value(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Null => Some(Self::UNLIMITED),
            Value::Int(limit) => Self::from_number(limit).ok(),
            _ => None,
        }
    }
}

impl rusqlite::ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match *self {
            Value::Null => ValueRef::Null,
            Value::Bool(x) => ValueRef::Integer(x.into()),
            Value::Int(x) => ValueRef::Integer(x),
            Value::Text(x) => ValueRef::Text(x.as_bytes()),
            Value::Bytes(x) => ValueRef::Blob(x),
        }))
    }
}

impl<'a> Value<'a> {
    fn from_sqlite(raw: ValueRef<'a>) -> Option<Self> {
        Some(match raw {
            ValueRef::Null => Value::Null,
            ValueRef::Integer(x) => Value::Int(x),
            ValueRef::Text(x) => Value::Text(std::str::from_utf8(x).ok()?),
            ValueRef::Blob(x) => Value::Bytes(x),
            ValueRef::Real(_) => return None,
        })
    }

    /// The kind of value, for messages that must not quote the value itself.
    fn kind(self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Int(_) => "an integer",
            Value::Text(_) => "text",
            Value::Bytes(_) => "bytes",
        }
    }
}

type Boxed = Box<dyn std::error::Error + Sync + Send>;

/// PostgreSQL infers each parameter's type from its place; the value has to follow or be refused.
impl ToSql for Value<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Boxed> {
        match (*self, ty) {
            (Value::Null, _) => Ok(IsNull::Yes),
            (Value::Bool(x), &Type::BOOL) => x.to_sql(ty, out),
            (Value::Int(x), &Type::INT8) => x.to_sql(ty, out),
            (Value::Int(x), &Type::INT4) => i32::try_from(x)?.to_sql(ty, out),
            (Value::Text(x), &Type::TEXT | &Type::VARCHAR) => x.to_sql(ty, out),
            (Value::Bytes(x), &Type::BYTEA | &Type::UUID) => x.to_sql(ty, out), // 16 raw bytes are a uuid on the wire
            (value, ty) => Err(format!("{} bound where PostgreSQL wants {ty}", value.kind()).into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for Value<'a> {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Boxed> {
        Ok(match *ty {
            Type::BOOL => Value::Bool(bool::from_sql(ty, raw)?),
            Type::INT8 => Value::Int(i64::from_sql(ty, raw)?),
            Type::INT4 => Value::Int(i32::from_sql(ty, raw)?.into()),
            Type::TEXT | Type::VARCHAR => Value::Text(<&str>::from_sql(ty, raw)?),
            Type::BYTEA | Type::UUID => Value::Bytes(raw),
            ref other => return Err(format!("column of type {other}: cast it in the statement").into()),
        })
    }

    fn from_sql_null(_: &Type) -> Result<Self, Boxed> {
        Ok(Value::Null)
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// A row of either database, read by column name.
pub struct Row<'r> {
    of: Of<'r>,
    /// The column after the one read last: most often the next to be read, so that its name alone is compared.
    next: Cell<usize>,
}

enum Of<'r> {
    Sqlite(&'r rusqlite::Row<'r>, &'r [String]),
    Postgres(&'r tokio_postgres::Row),
}

impl<'r> Row<'r> {
    /// `columns` are their names, in order.
    pub(super) fn sqlite(row: &'r rusqlite::Row<'r>, columns: &'r [String]) -> Self {
        Self { of: Of::Sqlite(row, columns), next: Cell::new(0) }
    }

    pub(super) fn postgres(row: &'r tokio_postgres::Row) -> Self {
        Self { of: Of::Postgres(row), next: Cell::new(0) }
    }

    /// The value of a column, by the name the statement gives it (`… AS name`).
    pub fn get<T: FromValue>(&self, column: &'static str) -> Result<T, Error> {
        let place = self.place(column).ok_or(Error::Column(column))?;
        self.next.set(place + 1);
        let value = match self.of {
            Of::Sqlite(row, _) => row.get_ref(place).ok().and_then(Value::from_sqlite),
            Of::Postgres(row) => row.try_get::<_, Value<'_>>(place).ok(),
        };
        value.and_then(T::from_value).ok_or(Error::Column(column))
    }

    /// Where the column is, the expected place first.
    fn place(&self, column: &str) -> Option<usize> {
        let name = |place: usize| match self.of {
            Of::Sqlite(_, columns) => columns.get(place).map(String::as_str),
            Of::Postgres(row) => row.columns().get(place).map(Column::name),
        };
        let next = self.next.get();
        if name(next) == Some(column) {
            return Some(next);
        }
        (0..).map_while(name).position(|name| name == column)
    }
}

/// What is read from a row; [`row!`](crate::row) writes the implementation.
pub trait FromRow: Sized {
    /// Reads the columns by name.
    fn from_row(row: &Row<'_>) -> Result<Self, Error>;
}

/// Makes a struct that is read from a row: its fields are the columns.
///
/// ```
/// guestlist::row! {
///     /// How a band stands.
///     pub struct Counts { pub members: i64, pub description: Option<String> }
/// }
/// ```
#[macro_export]
macro_rules! row {
    ($(#[$meta:meta])* $vis:vis struct $name:ident { $($(#[$doc:meta])* $fvis:vis $field:ident: $ty:ty),* $(,)? }) => {
        $(#[$meta])* $vis struct $name { $($(#[$doc])* $fvis $field: $ty),* }
        impl $crate::server::store::FromRow for $name {
            fn from_row(row: &$crate::server::store::Row<'_>) -> Result<Self, $crate::server::store::Error> {
                Ok(Self { $($field: row.get(stringify!($field))?),* })
            }
        }
    };
}
