//! Who asks to come in.

use serde::{Deserialize, Serialize};

use crate::domain::{InviteId, JoinRequestId, JoinStatus, Role, Timestamp};

use super::{BandRef, Person};

/// A person's wish to come into a band.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct JoinRequest {
    /// The request's id.
    pub id: JoinRequestId,
    /// Who asks.
    pub account: Person,
    /// The invite by which they ask; null where they found the band by themselves.
    pub invite_id: Option<InviteId>,
    /// What they will be.
    pub role: Role,
    /// Where it stands.
    pub status: JoinStatus,
    /// When they asked.
    pub created_at: Timestamp,
}

/// `GET /bands/{id}/join-requests`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct JoinRequests {
    /// A page of requests, oldest first.
    #[serde(deserialize_with = "super::list::known")]
    pub join_requests: Vec<JoinRequest>,
    /// Where the next page begins.
    pub next_cursor: Option<String>,
    /// Where the page before begins.
    #[serde(default)]
    pub prev_cursor: Option<String>,
}

/// What the caller has asked of a band, and what became of it. Who decided is the band's alone to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct OwnRequest {
    /// The request's id.
    pub id: JoinRequestId,
    /// The band.
    pub band: BandRef,
    /// The invite by which it was asked; null where the band was found without one.
    pub invite_id: Option<InviteId>,
    /// What one is to be, or was taken in as.
    pub role: Role,
    /// Where it stands: `closed` is what nobody will answer any more, since the band or the invite has ended, or one came in
    /// by another way.
    pub status: JoinStatus,
    /// When it was asked.
    pub created_at: Timestamp,
    /// Since when it stands thus.
    pub status_at: Timestamp,
}

/// `GET /me/join-requests`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct OwnRequests {
    /// A page of requests, newest first.
    #[serde(deserialize_with = "super::list::known")]
    pub join_requests: Vec<OwnRequest>,
    /// Where the next page begins.
    pub next_cursor: Option<String>,
    /// Where the page before begins.
    #[serde(default)]
    pub prev_cursor: Option<String>,
}
