//! Batches of codes.

use serde::{Deserialize, Serialize};

use crate::domain::{InviteId, MaxUses, Role, Status, Timestamp};

use super::{Campaign, Patch};

/// `POST /bands/{id}/codes` and `POST /site/codes`. Without `ttl_hours` the policy's default holds, null is never;
/// without `max_uses` each code is for one use.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CreateCodes {
    /// How many, 1 to 1,000.
    pub count: i64,
    /// The name of the campaign that they are.
    pub name: String,
    /// The role that they grant; `member` where it is missing. Codes of the site grant none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Their life in hours; null for never ending.
    #[serde(default, skip_serializing_if = "Patch::is_omitted")]
    #[cfg_attr(feature = "server", schema(value_type = Option<i64>))]
    pub ttl_hours: Patch<i64>,
    /// How often each can be used; null or -1 without limit.
    #[serde(default, skip_serializing_if = "Patch::is_omitted")]
    #[cfg_attr(feature = "server", schema(value_type = Option<i64>))]
    pub max_uses: Patch<i64>,
}

/// The answer to it. The codes themselves are in `GET /campaigns/{id}/codes`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct CreatedCodes {
    /// The campaign that they are.
    pub campaign: Campaign,
    /// How many there are.
    pub created: u32,
}

/// A code with its secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct CodeCard {
    /// The invite that it is.
    pub invite_id: InviteId,
    /// The code, in groups.
    pub code: String,
    /// Where it stands.
    pub status: Status,
    /// How often it was used.
    pub uses: u32,
    /// How often it can be, null without limit.
    pub max_uses: MaxUses,
    /// When it ends, null for never.
    pub expires_at: Option<Timestamp>,
    /// The link that says the same.
    pub link: String,
}

/// `GET /campaigns/{id}/codes`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct CodeCards {
    /// A page of codes, in the order in which they were made.
    pub codes: Vec<CodeCard>,
    /// Where the next page begins.
    pub next_cursor: Option<String>,
    /// Where the page before begins.
    #[serde(default)]
    pub prev_cursor: Option<String>,
}

impl std::fmt::Debug for CodeCard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CodeCard").field("invite_id", &self.invite_id).finish_non_exhaustive()
    }
}
