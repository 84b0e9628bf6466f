//! Campaigns: sets of invites that share role, message and end, and end together.
//!
//! | | the band's default one | any other |
//! |---|---|---|
//! | takes the invites that | name no campaign | name it, until it has ended or is full |
//! | gives its invites | nothing | role, message, end, reminders, where an invite has none of its own; an event |
//! | edit | its name | all; role, message and end go to its pending invites, until it has ended; name and event after that, too |
//! | expire | its pending invites end, it goes on | its pending invites end, and so does it |
//! | delete | never | its pending invites end, nobody finds it any more, its row stays |
//!
//! A campaign has ended when someone said so, or from the instant of its end on.

mod change;
mod event;
mod make;

pub(crate) use change::{delete, edit, expire, use_up};
pub(crate) use event::{dated, read as read_event};
pub(crate) use make::{MOST_OF_A_CAMPAIGN, NewCampaign, create, insert};

use crate::{
    api::{Campaign, Campaigns, Code, InviteCounts},
    domain::{AccountId, BandId, BandPolicy, CampaignId, CampaignName, Hours, Message, Policy, Role, Timestamp},
};

use super::{
    Refused,
    accounts::{person, require_site_admin},
    bands::Access,
    calendar::Dated,
    page::Page,
    store::{Error, Tx, dialect::intern},
};

crate::row! {
    /// What a campaign gives to the invites that are made in it.
    #[derive(Debug, Clone)]
    pub(crate) struct Shared {
        pub(crate) id: CampaignId,
        pub(crate) band: BandId,
        pub(crate) role: Option<Role>,
        pub(crate) message: Option<Message>,
        pub(crate) expires_at: Option<Timestamp>,
        reminders: Option<String>,
        max_invites: Option<i64>,
        ended_at: Option<Timestamp>,
    }
}

impl Shared {
    /// Whether the campaign is the one of a band's invites that were made without one. It shares nothing.
    pub(crate) fn is_default(&self, band: BandId) -> bool {
        self.id == CampaignId::default_of(band)
    }

    /// The rules under which its invites are made.
    pub(crate) fn rules(&self, policy: Policy) -> Policy {
        match reminders(self.reminders.as_deref()) {
            Some(hours) => {
                // No reminders are none before the end, too.
                let last_reminder_hours = hours.is_empty().then_some(Hours(None));
                BandPolicy { reminder_hours: Some(hours), last_reminder_hours, ..BandPolicy::default() }
                    .effective(&policy)
            }
            None => policy,
        }
    }

    /// Refuses `n` more invites where the campaign has no room for all of them.
    pub(crate) fn check_room(&self, tx: &mut Tx<'_>, n: u32) -> Result<(), Refused> {
        match self.left(tx)? {
            Some(left) if left < n => {
                let text = format!("must be a campaign with room: of its {} invites", self.max_invites.unwrap_or(0));
                let text = if left == 0 { format!("{text} all are made") } else { format!("{text} {left} are left") };
                Err(Refused::field("campaign_id", text))
            }
            _ => Ok(()),
        }
    }

    /// How many more invites can be made in it, by what was there before the transaction; `None` is any number.
    pub(crate) fn left(&self, tx: &mut Tx<'_>) -> Result<Option<u32>, Error> {
        let Some(most) = self.max_invites else { return Ok(None) };
        let made = figures(tx, self.band, self.id)?.map_or(0, |figures| figures.made);
        Ok(Some(u32::try_from(most - made).unwrap_or(0)))
    }
}

fn reminders(kept: Option<&str>) -> Option<Vec<u32>> {
    let read = serde_json::from_str(kept?);
    read.inspect_err(|error| tracing::error!(%error, "the reminders of a campaign cannot be read")).ok()
}

crate::row! { struct Figures { made: i64, uses: i64 } }

fn figures(tx: &mut Tx<'_>, band: BandId, id: CampaignId) -> Result<Option<Figures>, Error> {
    tx.query_one(
        "SELECT made, uses FROM tally WHERE band = $1 AND dimension = 'campaign' AND subject = $2",
        &[&band, &id],
    )
}

/// The uses that are left of a campaign's `most`, by what was there before the transaction. Its row is held where the
/// answer decides.
pub(crate) fn uses_left(tx: &mut Tx<'_>, band: BandId, id: CampaignId, most: i64) -> Result<i64, Error> {
    Ok(most - figures(tx, band, id)?.map_or(0, |figures| figures.uses))
}

/// The campaign in which invites are to be made: the wished one, else the band's default. One that has ended takes
/// no more. It is held until the transaction ends: it neither ends nor fills up meanwhile. Before any invite, as
/// everywhere: two transactions never wait for each other in a circle.
pub(crate) fn for_new_invite(
    tx: &mut Tx<'_>,
    band: BandId,
    wish: Option<CampaignId>,
    now: Timestamp,
) -> Result<Shared, Refused> {
    let default = CampaignId::default_of(band);
    let id = wish.unwrap_or(default);
    // The default one neither ends nor has a limit.
    let lock = if id == default { "" } else { tx.dialect().pick("", " FOR NO KEY UPDATE") };
    let sql = intern(format!(
        "SELECT id, band, role, message, expires_at, reminders, max_invites, ended_at FROM campaign
         WHERE id = $1 AND band = $2 AND deleted_at IS NULL{lock}"
    ));
    let found: Option<Shared> = tx.query_one(sql, &[&id, &band])?;
    let found = found.ok_or_else(none)?;
    if found.ended_at.is_some() || found.expires_at.is_some_and(|end| end <= now) {
        return Err(Refused::field("campaign_id", "must be a campaign that has not ended"));
    }
    Ok(found)
}

/// Whether there is such a campaign in the band; if so, it is not deleted until the transaction ends.
pub(crate) fn hold_of(tx: &mut Tx<'_>, campaign: CampaignId, band: BandId) -> Result<bool, Error> {
    let lock = tx.dialect().pick("", " FOR SHARE");
    let sql = intern(format!("SELECT 1 AS n FROM campaign WHERE id = $1 AND band = $2 AND deleted_at IS NULL{lock}"));
    tx.exists(sql, &[&campaign, &band])
}

crate::row! {
    /// A campaign with the figures of its invites.
    #[derive(Debug, Clone)]
    pub(crate) struct CampaignRow {
        seq: i64,
        pub(crate) id: CampaignId,
        pub(crate) band: BandId,
        /// The name of its band.
        pub(crate) band_name: String,
        pub(crate) name: CampaignName,
        role: Option<Role>,
        message: Option<Message>,
        expires_at: Option<Timestamp>,
        reminders: Option<String>,
        max_invites: Option<u32>,
        max_accepts: Option<u32>,
        event: Option<String>,
        event_sequence: Option<i64>,
        event_changed_at: Option<Timestamp>,
        created_at: Timestamp,
        created_by: Option<AccountId>,
        creator_username: Option<String>,
        creator_name: Option<String>,
        ended_at: Option<Timestamp>,
        made: Option<i64>,
        pending: Option<i64>,
        accepted: Option<i64>,
        rejected: Option<i64>,
        cancelled: Option<i64>,
        expired: Option<i64>,
        uses: Option<i64>,
        sent: Option<i64>,
    }
}

const SELECT: &str = "SELECT c.seq AS seq, c.id AS id, c.band AS band, b.name AS band_name, c.name AS name,
        c.role AS role, c.message AS message, c.expires_at AS expires_at, c.reminders AS reminders,
        c.max_invites AS max_invites, c.max_accepts AS max_accepts, c.event AS event,
        c.event_sequence AS event_sequence, c.event_changed_at AS event_changed_at, c.created_at AS created_at,
        c.created_by AS created_by, a.username AS creator_username, a.display_name AS creator_name,
        c.ended_at AS ended_at, t.made AS made, t.pending AS pending, t.accepted AS accepted, t.rejected AS rejected,
        t.cancelled AS cancelled, t.expired AS expired, t.uses AS uses, t.sent AS sent
     FROM campaign c JOIN band b ON b.id = c.band LEFT JOIN account a ON a.id = c.created_by
        LEFT JOIN tally t ON t.band = c.band AND t.dimension = 'campaign' AND t.subject = c.id";

fn by_id(tx: &mut Tx<'_>, id: CampaignId) -> Result<CampaignRow, Refused> {
    let sql = intern(format!("{SELECT} WHERE c.id = $1 AND c.deleted_at IS NULL"));
    tx.query_one(sql, &[&id])?.ok_or_else(none)
}

/// A campaign for those who run it: admins of its band, or of the site where it belongs to none. For who has no business
/// with it there is no such campaign. The figures are those of before the transaction.
pub(crate) fn read(tx: &mut Tx<'_>, id: CampaignId, caller: AccountId) -> Result<CampaignRow, Refused> {
    let row = by_id(tx, id)?;
    if row.band == BandId::SITE {
        return require_site_admin(tx, caller).map_err(hidden).map(|()| row);
    }
    Access::of(tx, row.band, caller).map_err(hidden)?.require_admin()?;
    Ok(row)
}

crate::row! { struct In { band: BandId } }

/// As [`read`], and until the transaction ends nobody else changes the campaign, makes invites in it where it is not the
/// default one, or takes the right from who asks.
fn hold(tx: &mut Tx<'_>, id: CampaignId, caller: AccountId) -> Result<CampaignRow, Refused> {
    let band: Option<In> = tx.query_one("SELECT band FROM campaign WHERE id = $1 AND deleted_at IS NULL", &[&id])?;
    let band = band.ok_or_else(none)?.band;
    if band == BandId::SITE {
        require_site_admin(tx, caller).map_err(hidden)?;
    } else {
        Access::hold(tx, band, caller).map_err(hidden)?.require_admin()?;
    }
    let lock = tx.dialect().pick("", " FOR NO KEY UPDATE");
    let sql = intern(format!("SELECT 1 AS n FROM campaign WHERE id = $1 AND deleted_at IS NULL{lock}"));
    if tx.exists(sql, &[&id])? { by_id(tx, id) } else { Err(none()) }
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

/// The event of a campaign, with the name of its band, for every member of that.
pub(crate) fn event_for_member(tx: &mut Tx<'_>, id: CampaignId, caller: AccountId) -> Result<(Dated, String), Refused> {
    let row = by_id(tx, id)?;
    let _ = Access::of(tx, row.band, caller).map_err(hidden)?;
    let event = dated(Some(id), row.event.as_deref(), row.event_sequence, row.event_changed_at);
    event.map(|event| (event, row.band_name)).ok_or_else(no_event)
}

/// There is nothing with a date.
pub(crate) fn no_event() -> Refused {
    Refused::new(Code::NotFound, "This is to nothing with a date: the campaign has no event.")
}

/// A page of a band's campaigns, newest first; for its admins. Those of the site, for who runs it, are its batches of
/// codes.
pub(crate) fn list(
    tx: &mut Tx<'_>,
    band: BandId,
    caller: AccountId,
    page: Page,
    now: Timestamp,
) -> Result<Campaigns, Refused> {
    if band == BandId::SITE {
        require_site_admin(tx, caller)?;
    } else {
        Access::of(tx, band, caller)?.require_admin()?;
    }
    let (than, order, from) = page.reading(true);
    let sql = intern(format!(
        "{SELECT} WHERE c.band = $1 AND c.deleted_at IS NULL AND c.seq {than} $2 ORDER BY c.seq {order} LIMIT $3"
    ));
    let rows: Vec<CampaignRow> = tx.query(sql, &[&band, &from.seq, &page.fetch()])?;
    let (rows, next_cursor, prev_cursor) = page.cut(rows, |row| (0, row.seq));
    Ok(Campaigns { campaigns: rows.into_iter().map(|row| row.show(now)).collect(), next_cursor, prev_cursor })
}

impl CampaignRow {
    fn is_default(&self) -> bool {
        self.id == CampaignId::default_of(self.band)
    }

    /// When it ended, if it has at `now`.
    fn ended(&self, now: Timestamp) -> Option<Timestamp> {
        self.ended_at.or(self.expires_at.filter(|end| *end <= now))
    }

    fn check_going_on(&self, now: Timestamp) -> Result<(), Refused> {
        match self.ended(now) {
            None => Ok(()),
            Some(_) => Err(Refused::new(
                Code::NotPending,
                "This campaign has ended: only its name and its event can be changed. Make a new one for new invites.",
            )),
        }
    }

    /// The campaign as it is told at `now`.
    pub(crate) fn show(self, now: Timestamp) -> Campaign {
        let number = |n: Option<i64>| n.unwrap_or_default().unsigned_abs();
        let counts = InviteCounts {
            made: number(self.made),
            pending: number(self.pending),
            accepted: number(self.accepted),
            rejected: number(self.rejected),
            cancelled: number(self.cancelled),
            expired: number(self.expired),
            uses: number(self.uses),
        };
        let ended_at = self.ended(now);
        let is_default = self.is_default();
        Campaign {
            id: self.id,
            band_id: Some(self.band).filter(|band| *band != BandId::SITE),
            name: self.name.into(),
            role: self.role,
            message: self.message.map(String::from),
            event: read_event(self.event.as_deref()),
            expires_at: self.expires_at,
            reminders: reminders(self.reminders.as_deref()),
            max_invites: self.max_invites,
            max_accepts: self.max_accepts,
            is_default,
            counts,
            sent: number(self.sent),
            active: ended_at.is_none() && counts.pending > 0,
            created_at: self.created_at,
            created_by: person(self.created_by, self.creator_username, self.creator_name),
            ended_at,
        }
    }
}
