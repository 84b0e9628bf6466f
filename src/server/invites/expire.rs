//! Writing down what time has ended. Every door says so from the instant on; rows and counters follow here.

use crate::{
    domain::{AccountId, BandId, CampaignId, CancelReason, InviteId, Kind, Timestamp},
    server::{
        audit::{self, Event},
        store::{
            Error, Tally, ToValue, Tx,
            dialect::{filled, intern, numbers},
        },
    },
};

use super::{
    cancel::{Counted, NAMED_AT_ONCE},
    decision::is_decided,
};

crate::row! {
    struct Over {
        id: InviteId, band: BandId, kind: Kind, campaign: Option<CampaignId>, created_by: AccountId,
        expires_at: Timestamp,
    }
}
crate::row! { struct Next { expires_at: Timestamp } }

/// Cancels at most `most` pending invites whose time is over at `now`; how many there were. Nodes that do this at
/// once share the work.
pub(crate) fn expire(tx: &mut Tx<'_>, now: Timestamp, most: i64) -> Result<usize, Error> {
    // Locked rows are another node's work, or are being accepted or changed just now: the next round looks again.
    // What is decided about and not written to yet may have ended otherwise, or go on for longer.
    let some = tx.dialect().unheld(concat!(
        "SELECT seq FROM invite WHERE status = 'pending' AND expires_at <= $1 AND NOT ",
        is_decided!("invite"),
        " ORDER BY expires_at LIMIT $2"
    ));
    let sql = intern(format!(
        "UPDATE invite SET status = 'cancelled', cancel_reason = 'expired', status_at = expires_at, acted_by = NULL
         WHERE {some} RETURNING id, band, kind, campaign, created_by, expires_at"
    ));
    let over: Vec<Over> = tx.query(sql, &[&now, &most])?;
    write_down(tx, &over)?;
    Ok(over.len())
}

/// Cancels those of the pending invites whose time is over, before the sweeper comes to them: new ones are to take their
/// places.
pub(super) fn lapse(tx: &mut Tx<'_>, ids: &[InviteId], now: Timestamp) -> Result<(), Error> {
    let mut over: Vec<Over> = Vec::new();
    for some in ids.chunks(NAMED_AT_ONCE) {
        let sql = intern(format!(
            "UPDATE invite SET status = 'cancelled', cancel_reason = 'expired', status_at = expires_at, acted_by = NULL
             WHERE id IN ({}) AND status = 'pending' AND expires_at <= $1
             RETURNING id, band, kind, campaign, created_by, expires_at",
            numbers(2, some.len())
        ));
        let mut params: Vec<&dyn ToValue> = vec![&now];
        params.extend(filled(some).map(|id| id as &dyn ToValue));
        over.extend(tx.query::<Over>(sql, &params)?);
    }
    write_down(tx, &over)
}

/// Counts and tells what is over.
fn write_down(tx: &mut Tx<'_>, over: &[Over]) -> Result<(), Error> {
    let mut events = Vec::with_capacity(over.len());
    for &Over { id, band, kind, campaign, created_by, expires_at } in over {
        Counted { id, band, kind, campaign, created_by }.tally(tx, Tally::cancelled(CancelReason::Expired));
        let (band, invite) = (Some(band), Some(id));
        let event = Event { band, actor: None, action: "invite.expired", invite, account: None, detail: None };
        events.push((expires_at, event));
    }
    audit::record_all(tx, &events)
}

/// The next instant at which a pending invite ends.
pub(crate) fn next_end(tx: &mut Tx<'_>) -> Result<Option<Timestamp>, Error> {
    let next: Option<Next> = tx.query_one(
        "SELECT expires_at FROM invite WHERE status = 'pending' AND expires_at IS NOT NULL
         ORDER BY expires_at LIMIT 1",
        &[],
    )?;
    Ok(next.map(|next| next.expires_at))
}
