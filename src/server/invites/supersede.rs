//! What an accept ends besides itself: the person's other invites (`on_accept_cancel`).

use std::collections::BTreeMap;

use crate::{
    domain::{AccountId, BandId, InviteId, OnAcceptCancel, Timestamp},
    server::{
        audit::{self, Event},
        store::{Error, ToValue, Tx, dialect::intern},
    },
};

use super::Found;

crate::row! { struct Ended { id: InviteId, band: BandId } }
crate::row! { struct Holder { email: String, email_verified: bool, claimed: bool } }

/// Cancels as `superseded` what else is pending for this account, by the rule that the accepted invite was made
/// under; how many ended in each band. Only what is for this person: `user` invites, and `email` invites to an
/// address that is verified as the account's. Without mail nothing is verified, and the same address counts in the
/// same band alone.
pub(super) fn supersede(
    tx: &mut Tx<'_>,
    rule: OnAcceptCancel,
    accepted: &Found,
    account: AccountId,
    now: Timestamp,
) -> Result<BTreeMap<BandId, i64>, Error> {
    let mut bands = BTreeMap::new();
    if rule == OnAcceptCancel::None {
        return Ok(bands);
    }
    let everywhere = rule == OnAcceptCancel::Everywhere;
    let mut ended = cancel(tx, "kind = 'user' AND account", &account, everywhere, accepted, account, now)?;
    let holder: Option<Holder> = tx.query_one(
        "SELECT email, email_verified, email_claim IS NOT NULL AS claimed FROM account WHERE id = $1",
        &[&account],
    )?;
    if let Some(holder) = holder.filter(|holder| holder.email_verified || holder.claimed) {
        let everywhere = everywhere && holder.email_verified;
        ended.extend(cancel(tx, "kind = 'email' AND email", &holder.email, everywhere, accepted, account, now)?);
    }
    for one in ended {
        let (band, invite) = (Some(one.band), Some(one.id));
        let actor = Some(account);
        audit::record(
            tx,
            now,
            Event { band, actor, action: "invite.superseded", invite, account: actor, detail: None },
        )?;
        *bands.entry(one.band).or_default() += 1;
    }
    Ok(bands)
}

/// `whom` is one of two fixed conditions without its value.
fn cancel(
    tx: &mut Tx<'_>,
    whom: &'static str,
    value: &dyn ToValue,
    everywhere: bool,
    accepted: &Found,
    account: AccountId,
    now: Timestamp,
) -> Result<Vec<Ended>, Error> {
    let here = if everywhere { "" } else { " AND band = $5" };
    let sql = intern(format!(
        "UPDATE invite SET status = 'cancelled', cancel_reason = 'superseded', status_at = $3, acted_by = $4
         WHERE status = 'pending' AND {whom} = $1 AND id <> $2 AND (expires_at IS NULL OR expires_at > $3){here}
         RETURNING id, band"
    ));
    if everywhere {
        tx.query(sql, &[value, &accepted.id, &now, &account])
    } else {
        tx.query(sql, &[value, &accepted.id, &now, &account, &accepted.band])
    }
}
