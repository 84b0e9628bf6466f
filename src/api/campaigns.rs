//! Campaigns.

use serde::{Deserialize, Serialize};

use crate::domain::{BandId, CampaignId, Role, Timestamp};

use super::Person;

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
    /// When it ends, null for never.
    pub expires_at: Option<Timestamp>,
    /// Where its invites stand.
    pub counts: CampaignCounts,
    /// Whether it has not ended, and an invite of it is pending.
    pub active: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// By whom; null for the one that every band has from its beginning.
    pub created_by: Option<Person>,
    /// When it was ended.
    pub ended_at: Option<Timestamp>,
}

/// The invites of a campaign by status, and how often they were used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct CampaignCounts {
    /// Can be used.
    pub pending: u64,
    /// Used up.
    pub accepted: u64,
    /// Declined.
    pub rejected: u64,
    /// Ended otherwise.
    pub cancelled: u64,
    /// Uses taken.
    pub uses: u64,
}
