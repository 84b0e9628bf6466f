//! Campaigns.

use serde::{Deserialize, Serialize};

use crate::domain::{BandId, CampaignId, Role, Timestamp};

use super::{CampaignEvent, InviteCounts, OnExisting, Patch, Person, RowResult, SetEvent};

/// A set of invites that share role, message and end, and end together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Campaign {
    /// The campaign's id.
    pub id: CampaignId,
    /// Its band; null for codes that belong to the site and to no band.
    pub band_id: Option<BandId>,
    /// Its name.
    pub name: String,
    /// The role that its invites grant; null where each has its own.
    pub role: Option<Role>,
    /// What the invited are told.
    pub message: Option<String>,
    /// What its invites are to, where that has a date.
    #[serde(default)]
    pub event: Option<CampaignEvent>,
    /// When it ends, null for never; the invites that are made in it end with it.
    pub expires_at: Option<Timestamp>,
    /// Hours after sending at which its invites are called to mind; null as the band's policy has it.
    pub reminders: Option<Vec<u32>>,
    /// The most invites that can be made in it, null without limit.
    pub max_invites: Option<u32>,
    /// The most uses that all its invites together have, null without limit.
    pub max_accepts: Option<u32>,
    /// Whether it is the band's own, which takes every invite that names no other. It cannot be deleted, and goes on
    /// when its invites are ended.
    pub is_default: bool,
    /// Where its invites stand.
    pub counts: InviteCounts,
    /// How many of them went out by mail.
    pub sent: u64,
    /// Whether it has not ended, and an invite of it is pending.
    pub active: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// By whom; null for the one that every band has from its beginning.
    pub created_by: Option<Person>,
    /// When it ended: by its time, or because someone ended it.
    pub ended_at: Option<Timestamp>,
}

/// `GET /bands/{id}/campaigns`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Campaigns {
    /// A page of campaigns, newest first.
    #[serde(deserialize_with = "super::list::known")]
    pub campaigns: Vec<Campaign>,
    /// Where the next page begins.
    pub next_cursor: Option<String>,
    /// Where the page before begins.
    #[serde(default)]
    pub prev_cursor: Option<String>,
}

/// `POST /bands/{id}/campaigns`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CreateCampaign {
    /// The name, 1 to 64 characters.
    pub name: String,
    /// The role that its invites grant; `member` where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Its life in hours from now; null for never ending, the policy's default where it is missing.
    #[serde(default, skip_serializing_if = "Patch::is_omitted")]
    #[cfg_attr(feature = "server", schema(value_type = Option<i64>))]
    pub ttl_hours: Patch<i64>,
    /// Its end, in place of `ttl_hours`; null for never.
    #[serde(default, skip_serializing_if = "Patch::is_omitted")]
    #[cfg_attr(feature = "server", schema(value_type = Option<Timestamp>))]
    pub expires_at: Patch<Timestamp>,
    /// What the invited are told, at most 1,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// What its invites are to, where that has a date.
    #[serde(default, deserialize_with = "super::patch::object", skip_serializing_if = "Option::is_none")]
    pub event: Option<SetEvent>,
    /// Hours after sending at which its invites are called to mind: some of those that the band's policy has, or none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reminders: Option<Vec<u32>>,
    /// The most invites that can be made in it, 1 to 1,000,000; without limit where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_invites: Option<i64>,
    /// The most uses that all its invites together have, 1 to 1,000,000; without limit where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_accepts: Option<i64>,
    /// 1 to 1,000 people to invite at once; nobody where it is missing. A row that cannot be read is answered as `invalid`
    /// and stops no other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "server", schema(value_type = Option<Vec<super::InviteeRow>>))]
    pub rows: Option<Vec<super::SentRow>>,
    /// What becomes of an invite of the band that is pending for the same person; the row is refused where it is missing.
    /// With `resend` the old one stays in its own campaign.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_existing: Option<OnExisting>,
}

/// `PATCH /campaigns/{id}`: what is left out stays, null is none. Role, message and end go to the pending invites too.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct UpdateCampaign {
    /// A new name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// What the invited are told.
    #[serde(default, skip_serializing_if = "Patch::is_omitted")]
    #[cfg_attr(feature = "server", schema(value_type = Option<String>))]
    pub message: Patch<String>,
    /// What its invites are to, said anew as a whole; null for nothing with a date. Who was mailed before is not mailed
    /// again.
    #[serde(default, deserialize_with = "super::patch::patch", skip_serializing_if = "Patch::is_omitted")]
    #[cfg_attr(feature = "server", schema(value_type = Option<SetEvent>))]
    pub event: Patch<SetEvent>,
    /// A new end; null for never.
    #[serde(default, skip_serializing_if = "Patch::is_omitted")]
    #[cfg_attr(feature = "server", schema(value_type = Option<Timestamp>))]
    pub expires_at: Patch<Timestamp>,
    /// A new life in hours from now; null for never.
    #[serde(default, skip_serializing_if = "Patch::is_omitted")]
    #[cfg_attr(feature = "server", schema(value_type = Option<i64>))]
    pub ttl_hours: Patch<i64>,
}

/// The answer to a new campaign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct CreatedCampaign {
    /// The campaign.
    pub campaign: Campaign,
    /// What each row came to.
    #[serde(default)]
    pub results: Vec<RowResult>,
    /// Rows with a new invite.
    pub created: u32,
    /// The others.
    pub failed: u32,
}

/// The answer where all pending invites of a campaign were ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct CancelledInvites {
    /// How many there were.
    pub cancelled: u64,
}
