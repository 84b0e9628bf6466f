//! How many invites an account may make.

use serde::{Deserialize, Serialize};

use super::Patch;

/// `GET /me/quota`: invites made in the last 30 days, over all bands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Quota {
    /// How many were made; counted to 1,000 where there is no limit.
    pub used: u32,
    /// How many may be made; null is any number.
    pub limit: Option<u32>,
    /// How many more may be made now; null is any number.
    pub remaining: Option<u32>,
}

/// `PUT /site/accounts/{id}/quota`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SetQuota {
    /// Invites in 30 days, 0 to 1,000,000; null for any number, left out for what the site allows everyone.
    #[serde(default, skip_serializing_if = "Patch::is_omitted")]
    #[cfg_attr(feature = "server", schema(value_type = Option<i64>))]
    pub limit: Patch<i64>,
}
