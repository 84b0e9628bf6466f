//! The audit trail.

use serde::{Deserialize, Serialize};

use crate::domain::{InviteId, Timestamp};

use super::Person;

/// What can be written down in a band.
pub const AUDIT_ACTIONS: &[&str] = &[
    "band.created",
    "band.deleted",
    "band.edited",
    "band.transferred",
    "campaign.codes_shown",
    "campaign.created",
    "campaign.deleted",
    "campaign.edited",
    "campaign.event_changed",
    "campaign.expired",
    "campaign.used_up",
    "invite.accepted",
    "invite.address_erased",
    "invite.bounced",
    "invite.cancelled",
    "invite.created",
    "invite.declined",
    "invite.edited",
    "invite.expired",
    "invite.handed_over",
    "invite.let_go",
    "invite.link_shown",
    "invite.mailed",
    "invite.registered",
    "invite.reminded",
    "invite.resent",
    "invite.restored",
    "invite.revoked",
    "invite.rotated",
    "invite.superseded",
    "invite.suppressed",
    "join.approved",
    "join.closed",
    "join.denied",
    "join.requested",
    "member.banned",
    "member.can_invite_changed",
    "member.joined",
    "member.left",
    "member.removed",
    "member.role_changed",
    "member.unbanned",
    "template.created",
    "template.deleted",
    "template.edited",
];

/// One event of a band.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct AuditEvent {
    /// Its number; later events have larger ones.
    pub id: i64,
    /// When it happened.
    pub at: Timestamp,
    /// Who did it; null for the server itself.
    pub actor: Option<Person>,
    /// What was done: `invite.created`, `member.removed`, …
    pub action: String,
    /// The invite it was done to.
    pub invite: Option<InviteId>,
    /// Whom that invite is for, in words, as far as that is kept still: an address, a user name, a note in quotes, or that it
    /// is for whoever has the link.
    #[serde(default)]
    pub recipient: Option<String>,
    /// The account it was done to.
    pub account: Option<Person>,
    /// What changed, in words.
    pub detail: Option<String>,
}

/// `GET /bands/{id}/audit`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct AuditTrail {
    /// A page of events, newest first.
    pub events: Vec<AuditEvent>,
    /// Where the next page begins. A page can be short, or empty, and yet go on: after 5,000 rows looked at it is given
    /// as it is.
    pub next_cursor: Option<String>,
    /// Where the page before begins.
    #[serde(default)]
    pub prev_cursor: Option<String>,
}
