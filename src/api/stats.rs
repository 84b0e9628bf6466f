//! A band's figures.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

use crate::domain::{CampaignId, Kind, Timestamp};

use super::Person;

/// How many invites were made, where they stand, and how often they were used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct InviteCounts {
    /// Made, ever.
    pub made: u64,
    /// Can be used.
    pub pending: u64,
    /// Used up.
    pub accepted: u64,
    /// Declined.
    pub rejected: u64,
    /// Ended otherwise.
    pub cancelled: u64,
    /// Of those: their time ran out, alone or with their campaign.
    #[serde(default)]
    pub expired: u64,
    /// Uses taken.
    pub uses: u64,
}

impl AddAssign for InviteCounts {
    fn add_assign(&mut self, other: Self) {
        self.made += other.made;
        self.pending += other.pending;
        self.accepted += other.accepted;
        self.rejected += other.rejected;
        self.cancelled += other.cancelled;
        self.expired += other.expired;
        self.uses += other.uses;
    }
}

impl InviteCounts {
    /// What is left of a whole without this part of it.
    #[must_use]
    pub fn without(self, part: Self) -> Self {
        Self {
            made: self.made.saturating_sub(part.made),
            pending: self.pending.saturating_sub(part.pending),
            accepted: self.accepted.saturating_sub(part.accepted),
            rejected: self.rejected.saturating_sub(part.rejected),
            cancelled: self.cancelled.saturating_sub(part.cancelled),
            expired: self.expired.saturating_sub(part.expired),
            uses: self.uses.saturating_sub(part.uses),
        }
    }
}

/// The figures of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct KindCounts {
    /// The kind.
    pub kind: Kind,
    /// Its figures.
    #[serde(flatten)]
    pub counts: InviteCounts,
}

/// The figures of one campaign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct CampaignStats {
    /// The campaign.
    pub id: CampaignId,
    /// Its name.
    pub name: String,
    /// Its figures.
    #[serde(flatten)]
    pub counts: InviteCounts,
}

/// The figures of one inviter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct InviterStats {
    /// The inviter.
    pub account: Person,
    /// Their figures.
    #[serde(flatten)]
    pub counts: InviteCounts,
}

/// How many came into a band on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct DayJoins {
    /// The day in UTC, by its beginning.
    pub day: Timestamp,
    /// How many came in, be they in the band or not any more.
    pub joined: u64,
}

/// `GET /bands/{id}/stats`. The figures follow the rows: an invite whose time is over counts as pending until it is
/// written down as expired, a second at most.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Stats {
    /// All invites of the band.
    pub by_status: InviteCounts,
    /// By kind; kinds that were never made are left out.
    #[serde(deserialize_with = "super::list::known")]
    pub by_kind: Vec<KindCounts>,
    /// By campaign: the 50 with most invites, most first; a deleted one, too.
    pub by_campaign: Vec<CampaignStats>,
    /// What all other campaigns come to: nothing where none is left out.
    pub other_campaigns: InviteCounts,
    /// By inviter: the 50 with most invites, most first.
    pub by_inviter: Vec<InviterStats>,
    /// What all other inviters come to: nothing where none is left out.
    pub other_inviters: InviteCounts,
    /// Of the invites that came to an answer, the share that said yes: accepted / (accepted + rejected + expired), from 0
    /// to 1; null while there is none. Who let the time run out has not come. What was taken back, replaced or ended by
    /// anything else was never answered, and is left out; so is a shared link with uses left, which is pending.
    pub acceptance_rate: Option<f64>,
    /// Seconds from the making of an invite to its use, the middle of the latest 1,000 uses; null while there are none.
    pub median_seconds_to_accept: Option<u64>,
    /// The latest 120 days on which anybody came in, by an invite or without, newest first.
    #[serde(default)]
    pub joins: Vec<DayJoins>,
    /// How often invites were looked at, about.
    pub views: u64,
}
