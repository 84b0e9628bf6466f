//! Campaigns: sets of invites that share role, message and end, and end together.

use crate::{
    domain::{BandId, CampaignId, Message, Role, Timestamp},
    server::{
        Refused,
        store::{Error, Tx},
    },
};

crate::row! {
    /// What a campaign gives to the invites that are made in it.
    #[derive(Debug, Clone)]
    pub(crate) struct Shared {
        pub(crate) id: CampaignId,
        pub(crate) role: Option<Role>,
        pub(crate) message: Option<Message>,
        pub(crate) expires_at: Option<Timestamp>,
        ended_at: Option<Timestamp>,
    }
}

impl Shared {
    /// Whether the campaign is the one of a band's invites that were made without one. It shares nothing.
    pub(crate) fn is_default(&self, band: BandId) -> bool {
        self.id == CampaignId::default_of(band)
    }
}

/// The campaign in which an invite is to be made: the wished one, else the band's default. One that has ended takes
/// no more.
pub(crate) fn for_new_invite(
    tx: &mut Tx<'_>,
    band: BandId,
    wish: Option<CampaignId>,
    now: Timestamp,
) -> Result<Shared, Refused> {
    let id = wish.unwrap_or(CampaignId::default_of(band));
    let found: Option<Shared> = tx.query_one(
        "SELECT id, role, message, expires_at, ended_at FROM campaign
         WHERE id = $1 AND band = $2 AND deleted_at IS NULL",
        &[&id, &band],
    )?;
    let found = found.ok_or_else(|| Refused::not_found("campaign"))?;
    let over = found.ended_at.is_some() || found.expires_at.is_some_and(|end| end <= now);
    if over && !found.is_default(band) {
        return Err(Refused::field("campaign_id", "must be a campaign that has not ended"));
    }
    Ok(found)
}

/// Whether it is a campaign of the band, and is not deleted.
pub(crate) fn is_of(tx: &mut Tx<'_>, campaign: CampaignId, band: BandId) -> Result<bool, Error> {
    tx.exists("SELECT 1 AS n FROM campaign WHERE id = $1 AND band = $2 AND deleted_at IS NULL", &[&campaign, &band])
}
