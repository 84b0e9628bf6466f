//! Who may not come back.

use serde::{Deserialize, Serialize};

use crate::domain::Timestamp;

use super::Person;

/// A person who was removed from a band for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Ban {
    /// Who it is.
    pub account: Person,
    /// When it was done.
    pub at: Timestamp,
    /// Who did it.
    pub by: Person,
}

/// `GET /bands/{id}/bans`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Bans {
    /// A page of bans, newest first.
    pub bans: Vec<Ban>,
    /// Where the next page begins.
    pub next_cursor: Option<String>,
    /// Where the page before begins.
    #[serde(default)]
    pub prev_cursor: Option<String>,
}
