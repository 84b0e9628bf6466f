//! Saved defaults for new invites.

use serde::{Deserialize, Serialize};

use crate::domain::{BandId, CampaignId, Hours, Kind, MaxUses, Role, TemplateId, Timestamp};

use super::{Patch, Person};

/// Saved defaults for new invites of a band.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Template {
    /// The template's id.
    pub id: TemplateId,
    /// Its band.
    pub band_id: BandId,
    /// Its name, the only one of its kind in the band.
    pub name: String,
    /// The kind; null where it follows from whom an invite is for.
    pub kind: Option<Kind>,
    /// The role.
    pub role: Role,
    /// The life in hours, null for never ending.
    pub ttl_hours: Hours,
    /// How often an invite can be used, null without limit.
    pub max_uses: MaxUses,
    /// The inviter's note.
    pub label: Option<String>,
    /// What the invited are told.
    pub message: Option<String>,
    /// The campaign.
    pub campaign_id: Option<CampaignId>,
    /// Whether an admin has to agree to each accept.
    pub requires_approval: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// By whom.
    pub created_by: Person,
}

/// `GET /bands/{id}/templates`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Templates {
    /// A page of templates, newest first.
    #[serde(deserialize_with = "super::list::known")]
    pub templates: Vec<Template>,
    /// Where the next page begins.
    pub next_cursor: Option<String>,
    /// Where the page before begins.
    #[serde(default)]
    pub prev_cursor: Option<String>,
}

/// `POST /bands/{id}/templates`. Without `ttl_hours` it keeps the life that the band gives to new invites now, without
/// `max_uses` it is one use.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CreateTemplate {
    /// The name, 1 to 64 characters.
    pub name: String,
    /// The kind; where it is missing it follows from whom an invite is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// The role; `member` where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// The life in hours; null for never ending.
    #[serde(default, skip_serializing_if = "Patch::is_omitted")]
    #[cfg_attr(feature = "server", schema(value_type = Option<i64>))]
    pub ttl_hours: Patch<i64>,
    /// How often an invite can be used; null or -1 without limit.
    #[serde(default, skip_serializing_if = "Patch::is_omitted")]
    #[cfg_attr(feature = "server", schema(value_type = Option<i64>))]
    pub max_uses: Patch<i64>,
    /// The inviter's note, at most 80 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// What the invited are told, at most 1,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The campaign, one of the band.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign_id: Option<CampaignId>,
    /// Whether an admin has to agree to each accept; no where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requires_approval: Option<bool>,
}

/// `PATCH /templates/{id}`: what is left out stays, null is none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct UpdateTemplate {
    /// A new name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The kind; null where it is to follow from whom an invite is for.
    #[serde(default, skip_serializing_if = "Patch::is_omitted")]
    #[cfg_attr(feature = "server", schema(value_type = Option<Kind>))]
    pub kind: Patch<Kind>,
    /// The role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// The life in hours; null for never ending.
    #[serde(default, skip_serializing_if = "Patch::is_omitted")]
    #[cfg_attr(feature = "server", schema(value_type = Option<i64>))]
    pub ttl_hours: Patch<i64>,
    /// How often an invite can be used; null or -1 without limit.
    #[serde(default, skip_serializing_if = "Patch::is_omitted")]
    #[cfg_attr(feature = "server", schema(value_type = Option<i64>))]
    pub max_uses: Patch<i64>,
    /// The inviter's note.
    #[serde(default, skip_serializing_if = "Patch::is_omitted")]
    #[cfg_attr(feature = "server", schema(value_type = Option<String>))]
    pub label: Patch<String>,
    /// What the invited are told.
    #[serde(default, skip_serializing_if = "Patch::is_omitted")]
    #[cfg_attr(feature = "server", schema(value_type = Option<String>))]
    pub message: Patch<String>,
    /// The campaign, one of the band.
    #[serde(default, skip_serializing_if = "Patch::is_omitted")]
    #[cfg_attr(feature = "server", schema(value_type = Option<CampaignId>))]
    pub campaign_id: Patch<CampaignId>,
    /// Whether an admin has to agree to each accept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requires_approval: Option<bool>,
}
