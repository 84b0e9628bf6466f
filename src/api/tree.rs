//! Who brought whom.

use serde::{Deserialize, Serialize};

use crate::domain::{InviteId, Role, Timestamp};

use super::Person;

/// A member of a band, as a node of the tree of who brought whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct TreeNode {
    /// Who it is.
    pub account: Person,
    /// Who brought them, in the band or not any more; null for the founder and those who came in by themselves.
    pub invited_by: Option<Person>,
    /// The invite by which they came in; null where nobody brought them.
    pub invite_id: Option<InviteId>,
    /// Since when they are in the band.
    pub joined_at: Timestamp,
    /// What they are.
    pub role: Role,
    /// How many of the band's members came in by their invites.
    pub brought: u64,
    /// Whether who brought them has left the band since, be they back or not.
    #[serde(default)]
    pub inviter_left: bool,
}

/// `GET /bands/{id}/tree`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Tree {
    /// A page of members, those who came in first before the others.
    #[serde(deserialize_with = "super::list::known")]
    pub nodes: Vec<TreeNode>,
    /// Members of the band, whatever the filter.
    pub total: u64,
    /// Members that fit the filter, counted to 1,000; only in filtered answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matched: Option<u64>,
    /// Where the next page begins.
    pub next_cursor: Option<String>,
    /// Where the page before begins.
    #[serde(default)]
    pub prev_cursor: Option<String>,
}
