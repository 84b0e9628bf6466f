//! Bands and their members.

use serde::{Deserialize, Serialize};

use crate::domain::{AccountId, BandId, BandPolicy, InvitePermission, JoinMode, Policy, Role, Timestamp};

use super::{Patch, Person};

/// A band by name, where another answer mentions it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct BandRef {
    /// The band's id.
    pub id: BandId,
    /// Its name.
    pub name: String,
}

/// How many of each a band has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct BandCounts {
    /// Members.
    pub members: u64,
    /// Invites ever made.
    pub invites: u64,
    /// Invites now pending.
    pub pending: u64,
}

/// A band, as the caller sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Band {
    /// The band's id.
    pub id: BandId,
    /// Its name.
    pub name: String,
    /// What it is about.
    pub description: Option<String>,
    /// Whom to ask.
    pub contact: Option<String>,
    /// How one comes in without an invite.
    pub join: JoinMode,
    /// Who may invite.
    pub invite_permission: InvitePermission,
    /// The caller's role, null for those who are not in it.
    pub role: Option<Role>,
    /// Whether the caller may invite.
    pub can_invite: bool,
    /// How many of each it has.
    pub counts: BandCounts,
    /// Grows with every change.
    pub revision: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// The policy in force in it; only where one band is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Policy>,
}

/// `GET /bands`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Bands {
    /// A page of bands, newest first.
    #[serde(deserialize_with = "super::list::known")]
    pub bands: Vec<Band>,
    /// Where the next page begins.
    pub next_cursor: Option<String>,
    /// Where the page before begins.
    #[serde(default)]
    pub prev_cursor: Option<String>,
}

/// `POST /bands`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CreateBand {
    /// The name, 1 to 64 characters.
    pub name: String,
    /// What it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whom to ask.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// How one comes in without an invite; `invite` where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub join: Option<JoinMode>,
    /// Who may invite; `admins` where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invite_permission: Option<InvitePermission>,
    /// Where the band is stricter than the site.
    #[serde(default, deserialize_with = "super::patch::object", skip_serializing_if = "Option::is_none")]
    pub policy: Option<BandPolicy>,
}

/// `PATCH /bands/{id}`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct UpdateBand {
    /// A new name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// A new description, or none.
    #[serde(default, skip_serializing_if = "Patch::is_omitted")]
    #[cfg_attr(feature = "server", schema(value_type = Option<String>))]
    pub description: Patch<String>,
    /// A new contact, or none.
    #[serde(default, skip_serializing_if = "Patch::is_omitted")]
    #[cfg_attr(feature = "server", schema(value_type = Option<String>))]
    pub contact: Patch<String>,
    /// How one comes in without an invite.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub join: Option<JoinMode>,
    /// Who may invite.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invite_permission: Option<InvitePermission>,
    /// Where the band is stricter than the site, in place of what it was; null is nowhere.
    #[serde(default, deserialize_with = "super::patch::patch", skip_serializing_if = "Patch::is_omitted")]
    #[cfg_attr(feature = "server", schema(value_type = Option<BandPolicy>))]
    pub policy: Patch<BandPolicy>,
}

/// A member of a band.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Member {
    /// Who it is.
    pub account: Person,
    /// What they are.
    pub role: Role,
    /// Whether a plain member may invite.
    pub can_invite: bool,
    /// Since when.
    pub joined_at: Timestamp,
    /// Who brought them; null for the founder and those who joined by themselves.
    pub invited_by: Option<Person>,
}

/// `GET /bands/{id}/members`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Members {
    /// A page of members.
    #[serde(deserialize_with = "super::list::known")]
    pub members: Vec<Member>,
    /// Members of the band, whatever the filter.
    pub total: u64,
    /// The owner, where the band has other members and no admin among them: nobody else could lead it.
    #[serde(default)]
    pub last_admin: Option<AccountId>,
    /// Members that fit the filter, counted to 1,000: that many, or more. Only in filtered answers, and missing where
    /// fewer than that were found among the 5,000 that were looked at, and more of them may fit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matched: Option<u64>,
    /// Where the next page begins. A page can be short, or empty, and yet go on: after 5,000 rows looked at it is given
    /// as it is.
    pub next_cursor: Option<String>,
    /// Where the page before begins.
    #[serde(default)]
    pub prev_cursor: Option<String>,
}

/// `PATCH /bands/{id}/members/{account_id}`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct UpdateMember {
    /// `member` or `admin`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Whether a plain member may invite.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub can_invite: Option<bool>,
}

/// `POST /bands/{id}/transfer`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TransferBand {
    /// The member who becomes the owner; the owner becomes an admin.
    pub account_id: AccountId,
}
