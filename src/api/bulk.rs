//! Many invites in one request.

use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};

use crate::domain::{CampaignId, InviteId, Kind, Role, TemplateId, Timestamp};

use super::{CreateInvite, OnExisting, Patch};

/// The most rows of one request.
pub const MAX_ROWS: usize = 1_000;

/// `POST /bands/{id}/invites/bulk`: what the invites have in common, as for a single one (null is none there, too), and a
/// row for each.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CreateInvites {
    /// The kind; null where it is to follow from what each row names.
    #[serde(default, skip_serializing_if = "Patch::is_omitted")]
    #[cfg_attr(feature = "server", schema(value_type = Option<Kind>))]
    pub kind: Patch<Kind>,
    /// The role of rows that name none; `member` where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Their life in hours; null for never.
    #[serde(default, skip_serializing_if = "Patch::is_omitted")]
    #[cfg_attr(feature = "server", schema(value_type = Option<i64>))]
    pub ttl_hours: Patch<i64>,
    /// When they end; null for never.
    #[serde(default, skip_serializing_if = "Patch::is_omitted")]
    #[cfg_attr(feature = "server", schema(value_type = Option<Timestamp>))]
    pub expires_at: Patch<Timestamp>,
    /// How often each can be used; null or -1 without limit.
    #[serde(default, skip_serializing_if = "Patch::is_omitted")]
    #[cfg_attr(feature = "server", schema(value_type = Option<i64>))]
    pub max_uses: Patch<i64>,
    /// The campaign that they are part of; null for the band's own, General.
    #[serde(default, skip_serializing_if = "Patch::is_omitted")]
    #[cfg_attr(feature = "server", schema(value_type = Option<CampaignId>))]
    pub campaign_id: Patch<CampaignId>,
    /// The template that gives what is left out here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template_id: Option<TemplateId>,
    /// Whether an admin has to agree to each accept; no where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requires_approval: Option<bool>,
    /// Whether addresses get a mail; true where this is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub send: Option<bool>,
    /// What to do where an invite for the same person is pending: nothing (`already_pending`) where this is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_existing: Option<OnExisting>,
    /// The inviter's note, for rows without a name, at most 80 characters; null for none.
    #[serde(default, skip_serializing_if = "Patch::is_omitted")]
    #[cfg_attr(feature = "server", schema(value_type = Option<String>))]
    pub label: Patch<String>,
    /// What the invited are told, at most 1,000 characters; null for nothing.
    #[serde(default, skip_serializing_if = "Patch::is_omitted")]
    #[cfg_attr(feature = "server", schema(value_type = Option<String>))]
    pub message: Patch<String>,
    /// Whether to say what would happen, and change nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dry_run: Option<bool>,
    /// 1 to 1,000 rows. One that cannot be read is answered as `invalid` and stops no other.
    #[cfg_attr(feature = "server", schema(value_type = Vec<InviteeRow>))]
    pub rows: Vec<SentRow>,
}

impl CreateInvites {
    /// What every row has in common, as a request for one invite.
    #[must_use]
    pub fn shared(&self) -> CreateInvite {
        CreateInvite {
            kind: self.kind.clone(),
            role: self.role,
            ttl_hours: self.ttl_hours.clone(),
            expires_at: self.expires_at.clone(),
            max_uses: self.max_uses.clone(),
            campaign_id: self.campaign_id.clone(),
            template_id: self.template_id,
            requires_approval: self.requires_approval,
            send: self.send,
            on_existing: self.on_existing,
            label: self.label.clone(),
            message: self.message.clone(),
            ..CreateInvite::default()
        }
    }
}

/// One row: an address, or a user name, or neither (a plain link).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct InviteeRow {
    /// The address that the invite is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The user name of the account that it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// The role, where it is not that of all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// The inviter's note: who this is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// A row as it was sent, whatever stands there: it is read on its own, so that one which cannot be read stops no other.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SentRow(Box<RawValue>);

impl SentRow {
    /// The row that says this.
    ///
    /// # Errors
    ///
    /// Where the row cannot be written as JSON.
    pub fn new(row: &impl Serialize) -> Result<Self, serde_json::Error> {
        serde_json::value::to_raw_value(row).map(Self)
    }

    /// What the row says.
    ///
    /// # Errors
    ///
    /// Where it is no row: a field is unknown, there twice or of another type, or a text is none.
    pub fn read(&self) -> Result<InviteeRow, serde_json::Error> {
        serde_json::from_str(self.0.get())
    }

    /// Whether it is an object, whatever is in it.
    #[must_use]
    pub fn is_object(&self) -> bool {
        self.0.get().starts_with('{')
    }

    /// What is told of it: the row itself, or its JSON as a text where that cannot be read.
    #[must_use]
    pub fn told(&self) -> Value {
        serde_json::from_str(self.0.get()).unwrap_or_else(|_| Value::from(self.0.get()))
    }
}

impl PartialEq for SentRow {
    fn eq(&self, other: &Self) -> bool {
        self.0.get() == other.0.get()
    }
}

impl Eq for SentRow {}

words! {
    /// What a row came to.
    pub enum RowStatus {
        /// There is an invite now (or would be).
        Created = "created",
        /// The person is in the band.
        AlreadyMember = "already_member",
        /// An invite for the person is pending; with `on_existing: "resend"` it was sent again.
        AlreadyPending = "already_pending",
        /// The person wants no invites from here.
        Suppressed = "suppressed",
        /// The row is not as it should be; `detail` says why.
        Invalid = "invalid",
        /// There were no invites left for now.
        Quota = "quota",
    }
}

/// What one row came to.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct RowResult {
    /// The row's place in the request, from 0.
    pub row: u32,
    /// The row as it was sent, whatever that was; its JSON as a text where it cannot be read.
    #[cfg_attr(feature = "server", schema(value_type = Value))]
    pub input: Value,
    /// What it came to.
    pub status: RowStatus,
    /// The new invite, or the one that was pending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invite_id: Option<InviteId>,
    /// The link to hand out, of new invites and of those that were sent again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// Why there is no new invite.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// The header of an answer that tells again what an earlier request with the same `Idempotency-Key` came to.
pub const REPLAYED_HEADER: &str = "idempotent-replayed";

/// The answer to many rows, one result each, in their order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct CreatedInvites {
    /// What each row came to.
    pub results: Vec<RowResult>,
    /// Rows with a new invite.
    pub created: u32,
    /// The others, but for those whose pending invite was sent again.
    pub failed: u32,
}

impl std::fmt::Debug for RowResult {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // A link is a secret.
        f.debug_struct("RowResult").field("row", &self.row).field("status", &self.status).finish_non_exhaustive()
    }
}
