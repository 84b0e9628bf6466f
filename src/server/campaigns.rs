//! Campaigns: sets of invites that share role, message and end, and end together.

use crate::{
    api::{Campaign, CampaignCounts, Person},
    domain::{AccountId, BandId, CampaignId, CampaignName, Message, Role, Timestamp},
};

use super::{
    Refused,
    accounts::require_site_admin,
    audit::{self, Event},
    bands::Access,
    store::{Error, Tx},
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

/// A campaign to be made, every part of it decided.
#[derive(Debug, Clone)]
pub(crate) struct NewCampaign {
    /// Its id.
    pub(crate) id: CampaignId,
    /// Its band, or the site.
    pub(crate) band: BandId,
    /// Its name.
    pub(crate) name: CampaignName,
    /// The role that its invites share.
    pub(crate) role: Option<Role>,
    /// What those invited by it are told.
    pub(crate) message: Option<Message>,
    /// When it ends; `None` is never.
    pub(crate) expires_at: Option<Timestamp>,
}

/// Makes a campaign, and writes down that `actor` did. The right to do so was looked at.
pub(crate) fn insert(tx: &mut Tx<'_>, new: &NewCampaign, actor: AccountId, now: Timestamp) -> Result<(), Error> {
    let _ = tx.execute(
        "INSERT INTO campaign (id, band, name, role, message, expires_at, created_at, created_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &[&new.id, &new.band, &new.name, &new.role, &new.message, &new.expires_at, &now, &actor],
    )?;
    audit::record(
        tx,
        now,
        Event {
            band: Some(new.band),
            actor: Some(actor),
            action: "campaign.created",
            invite: None,
            account: None,
            detail: Some(new.name.as_str()),
        },
    )
}

crate::row! {
    /// A campaign with the figures of its invites.
    #[derive(Debug, Clone)]
    pub(crate) struct CampaignRow {
        pub(crate) id: CampaignId,
        pub(crate) band: BandId,
        /// The name of its band.
        pub(crate) band_name: String,
        pub(crate) name: CampaignName,
        role: Option<Role>,
        message: Option<Message>,
        expires_at: Option<Timestamp>,
        created_at: Timestamp,
        created_by: Option<AccountId>,
        creator_username: Option<String>,
        creator_name: Option<String>,
        ended_at: Option<Timestamp>,
        pending: Option<i64>,
        accepted: Option<i64>,
        rejected: Option<i64>,
        cancelled: Option<i64>,
        uses: Option<i64>,
    }
}

/// A campaign for those who run it: admins of its band, or of the site where it belongs to none. For who has no business
/// with it there is no such campaign. The figures are those of before the transaction.
pub(crate) fn read(tx: &mut Tx<'_>, id: CampaignId, caller: AccountId) -> Result<CampaignRow, Refused> {
    let row: Option<CampaignRow> = tx.query_one(
        "SELECT c.id AS id, c.band AS band, b.name AS band_name, c.name AS name, c.role AS role, c.message AS message,
            c.expires_at AS expires_at, c.created_at AS created_at, c.created_by AS created_by,
            a.username AS creator_username, a.display_name AS creator_name, c.ended_at AS ended_at,
            t.pending AS pending, t.accepted AS accepted, t.rejected AS rejected, t.cancelled AS cancelled,
            t.uses AS uses
         FROM campaign c JOIN band b ON b.id = c.band LEFT JOIN account a ON a.id = c.created_by
            LEFT JOIN tally t ON t.band = c.band AND t.dimension = 'campaign' AND t.subject = c.id
         WHERE c.id = $1 AND c.deleted_at IS NULL",
        &[&id],
    )?;
    let row = row.ok_or_else(none)?;
    if row.band == BandId::SITE {
        return require_site_admin(tx, caller).map_err(hidden).map(|()| row);
    }
    Access::of(tx, row.band, caller).map_err(hidden)?.require_admin()?;
    Ok(row)
}

fn none() -> Refused {
    Refused::not_found("campaign")
}

/// For those without a right to know there is no campaign.
fn hidden(refused: Refused) -> Refused {
    match refused {
        Refused::Problem(_) => none(),
        trouble => trouble,
    }
}

impl CampaignRow {
    /// The campaign as it is told at `now`.
    pub(crate) fn show(self, now: Timestamp) -> Campaign {
        let number = |n: Option<i64>| n.unwrap_or_default().unsigned_abs();
        let counts = CampaignCounts {
            pending: number(self.pending),
            accepted: number(self.accepted),
            rejected: number(self.rejected),
            cancelled: number(self.cancelled),
            uses: number(self.uses),
        };
        let over = self.ended_at.is_some() || self.expires_at.is_some_and(|end| end <= now);
        let person =
            |id, username, display_name| Some(Person { id: id?, username: username?, display_name: display_name? });
        Campaign {
            id: self.id,
            band_id: Some(self.band).filter(|band| *band != BandId::SITE),
            name: self.name.as_str().to_owned(),
            role: self.role,
            message: self.message.map(|message| message.as_str().to_owned()),
            expires_at: self.expires_at,
            counts,
            active: !over && counts.pending > 0,
            created_at: self.created_at,
            created_by: person(self.created_by, self.creator_username, self.creator_name),
            ended_at: self.ended_at,
        }
    }
}
