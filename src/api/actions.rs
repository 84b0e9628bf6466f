//! One thing done to many invites.

use serde::{Deserialize, Serialize};

use crate::domain::{AccountId, CampaignId, InviteId, Kind, Role, Status, Timestamp};

use super::{Code, Patch};

/// The most invites that one request acts on.
pub const MAX_ACTED_ON: usize = 1_000;

words! {
    /// What can be done to many invites.
    pub enum InviteAction {
        /// Take them back.
        Revoke = "revoke",
        /// Undo a revoke of the last ten minutes.
        Restore = "restore",
        /// Send them again.
        Resend = "resend",
        /// Give them a new end.
        Extend = "extend",
        /// Give them another role.
        SetRole = "set_role",
    }
}

/// `POST /bands/{id}/invites/actions`: on invites by their ids, or on those that fit a filter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ActOnInvites {
    /// What is done.
    pub action: InviteAction,
    /// The invites, 1 to 1,000; one that is named twice counts once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ids: Option<Vec<InviteId>>,
    /// Which invites, where none are named: the newest 1,000 that fit, or the next 1,000 from `cursor` on.
    #[serde(default, deserialize_with = "super::patch::object", skip_serializing_if = "Option::is_none")]
    pub filter: Option<InviteFilter>,
    /// The `next_cursor` of the call before, under the same filter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// What the action needs: `extend` one of `ttl_hours` and `expires_at`, `set_role` a `role`, the others nothing.
    #[serde(default, deserialize_with = "super::patch::object", skip_serializing_if = "Option::is_none")]
    pub args: Option<ActionArgs>,
}

/// Which invites, as the list is asked for them: all that is given has to fit, and nothing given is all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct InviteFilter {
    /// Where they stand, as the list tells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// Their kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// A part of label or address, or of a name of the account that it is for; under 3 letters the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
    /// The campaign they belong to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign: Option<CampaignId>,
    /// The account that made them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<AccountId>,
}

/// What an action needs to be told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ActionArgs {
    /// `extend`: a new life in hours from now; null for never.
    #[serde(default, skip_serializing_if = "Patch::is_omitted")]
    #[cfg_attr(feature = "server", schema(value_type = Option<i64>))]
    pub ttl_hours: Patch<i64>,
    /// `extend`: a new end; null for never.
    #[serde(default, skip_serializing_if = "Patch::is_omitted")]
    #[cfg_attr(feature = "server", schema(value_type = Option<Timestamp>))]
    pub expires_at: Patch<Timestamp>,
    /// `set_role`: the role that they grant from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
}

/// What an action came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct ActedOnInvites {
    /// Invites that are now as was asked for; one that was revoked before counts as revoked.
    pub done: u32,
    /// The others, in the order of the request, or of the list.
    pub failed: Vec<FailedInvite>,
    /// How many more fit the filter, counted to 1,000 and among the next 5,000 invites: at least so many; 0 for ids.
    pub remaining: u32,
    /// Where the next call goes on, while there may be something left.
    #[serde(default)]
    pub next_cursor: Option<String>,
}

/// An invite that an action did nothing to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct FailedInvite {
    /// The invite.
    pub id: InviteId,
    /// Why: the code that the same request for this invite alone is refused with.
    #[cfg_attr(feature = "server", schema(value_type = String))]
    pub code: Code,
}
