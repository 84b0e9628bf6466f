//! What an accept ends besides itself: the person's other invites (`on_accept_cancel`).

use std::{collections::BTreeMap, fmt::Write as _};

use crate::{
    domain::{AccountId, BandId, InviteId, OnAcceptCancel, Timestamp},
    server::{
        audit::{self, Event},
        store::{Error, ToValue, Tx, dialect::intern},
    },
};

use super::{Found, visitor::Visitor};

crate::row! { struct Ended { id: InviteId, band: BandId } }

/// Cancels as `superseded` what else is pending for this account, by the rule that the accepted invite was made
/// under; how many ended in each band. Only what is for this person: `user` invites, and `email` invites to an
/// address that is verified as the account's. Without mail nothing is verified, and the same address counts in the
/// same band alone.
pub(super) fn supersede(
    tx: &mut Tx<'_>,
    rule: OnAcceptCancel,
    accepted: &Found,
    account: AccountId,
    visitor: &Visitor,
    now: Timestamp,
) -> Result<BTreeMap<BandId, i64>, Error> {
    let mut bands = BTreeMap::new();
    if rule == OnAcceptCancel::None {
        return Ok(bands);
    }
    let everywhere = rule == OnAcceptCancel::Everywhere;
    let address = visitor.own_address();
    let (mut params, mut band) = (vec![&account as &dyn ToValue, &accepted.id, &now], String::new());
    if !everywhere || address.is_some_and(|(_, verified)| !verified) {
        params.push(&accepted.band);
        band = format!(" AND band = ${}", params.len());
    }
    let mut whom = format!("(kind = 'user' AND account = $1{})", if everywhere { "" } else { &band });
    if let Some((email, verified)) = &address {
        params.push(email);
        let scope = if everywhere && *verified { "" } else { &band };
        let _ = write!(whom, " OR (kind = 'email' AND email = ${}{scope})", params.len());
    }
    let ended: Vec<Ended> = tx.query(
        intern(format!(
            "UPDATE invite SET status = 'cancelled', cancel_reason = 'superseded', status_at = $3, acted_by = $1
             WHERE status = 'pending' AND id <> $2 AND (expires_at IS NULL OR expires_at > $3) AND ({whom})
             RETURNING id, band"
        )),
        &params,
    )?;
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
