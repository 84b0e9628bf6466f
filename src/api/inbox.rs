//! The inbox: invites as the person they are for sees them.

use serde::{Deserialize, Serialize};

use crate::domain::{InviteId, Kind, Role, Timestamp};

use super::{BandRef, CampaignEvent, Person};

/// An invite that waits for the caller. Never its token: the inbox opens it by its id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Waiting {
    /// The invite's id.
    pub id: InviteId,
    /// The band it is to.
    pub band: BandRef,
    /// How it found the caller: `user` or `email`.
    pub kind: Kind,
    /// The role it grants.
    pub role: Role,
    /// Who invites.
    pub inviter: Person,
    /// What the invited are told.
    pub message: Option<String>,
    /// What it is to, where that has a date.
    #[serde(default)]
    pub event: Option<CampaignEvent>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends, null for never.
    pub expires_at: Option<Timestamp>,
    /// Whether an admin has to agree.
    pub requires_approval: bool,
}

/// `GET /me/invites`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Inbox {
    /// A page of invites, newest first.
    pub invites: Vec<Waiting>,
    /// Where the next page begins.
    pub next_cursor: Option<String>,
    /// Where the page before begins.
    #[serde(default)]
    pub prev_cursor: Option<String>,
}
