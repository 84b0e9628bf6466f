//! What people want no more of.

use serde::{Deserialize, Serialize};

use crate::domain::{SuppressionId, Timestamp};

use super::{BandRef, Block, Person};

/// A wish to get no more invites and no more mail: from an inviter, about a band, or from the whole server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Blocked {
    /// Its id.
    pub id: SuppressionId,
    /// How far it goes.
    pub scope: Block,
    /// The band that no more is wanted of.
    pub band: Option<BandRef>,
    /// The inviter of whom no more is wanted.
    pub inviter: Option<Person>,
    /// Whose wish it is, for who runs the site; null where it is an address's alone.
    pub account: Option<Person>,
    /// The address that it is of, where it came by a link in a mail.
    pub email: Option<String>,
    /// Since when.
    pub created_at: Timestamp,
}

/// `GET /me/blocks`, and `GET /site/blocks` for who runs the site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Blocks {
    /// A page of wishes, newest first.
    pub blocks: Vec<Blocked>,
    /// Where the next page begins.
    pub next_cursor: Option<String>,
    /// Where the page before begins.
    #[serde(default)]
    pub prev_cursor: Option<String>,
}
