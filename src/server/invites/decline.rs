//! Saying no to an invite, and to those that would follow.

use crate::{
    api::{Block, DeclineInvite},
    domain::{AccountId, Reason, Status, SuppressionId, Timestamp},
    server::{
        Fields, Refused,
        audit::{self, Event},
        bands::{self, requests},
        store::{Error, Tally, Tx},
        suppressions,
    },
};

use super::{
    accept::{Found, check_uses, ended, ended_meanwhile},
    inbox::{Unwilling, end_unwanted},
    visitor::Visitor,
};

/// Says no for good. Only an invite for one use: one holder of a shared link does not end it for the rest. With
/// `block` nothing more is wanted of the inviter, the band or the whole server, and what waits of them ends.
///
/// `found` is held ([`super::hold_by_token`]).
pub(crate) fn decline(
    tx: &mut Tx<'_>,
    found: &Found,
    account: AccountId,
    wish: &DeclineInvite,
    mail: bool,
    fresh: SuppressionId,
    now: Timestamp,
) -> Result<(), Refused> {
    let mut fields = Fields::default();
    let reason = fields.optional("reason", wish.reason.as_deref(), Reason::parse);
    fields.finish()?;
    let visitor = Visitor::of(tx, found, account)?;
    visitor.check_departure(found)?;
    ended(found, now)?;
    if !visitor.holds {
        check_uses(tx, found)?;
    }
    visitor.check_recipient(found, account, found.rules()?.email_identity, mail)?;
    found.check_declinable(now)?;
    let done = tx.execute(
        "UPDATE invite SET status = 'rejected', status_at = $2, acted_by = $3, decline_reason = $4
         WHERE id = $1 AND status = 'pending' AND (expires_at IS NULL OR expires_at > $2)",
        &[&found.id, &now, &account, &reason],
    )?;
    if done == 0 {
        return Err(ended_meanwhile(tx, found, now)?);
    }
    found.counted().tally(tx, Tally::moved(Status::Pending, Status::Rejected));
    // Why, if the person says it, is for those who invited.
    let reason = reason.as_ref().map(Reason::as_str);
    audit::record(tx, now, Event { detail: reason, ..found.event("invite.declined", account) })?;
    if found.requires_approval {
        requests::close_asked_by(tx, &[found.id], Some(account), now)?;
    }
    bands::mention(tx, found.band, account)?;
    if let Some(block) = wish.block {
        let email = visitor.own_address().map(|(email, _)| email);
        suppress(tx, found, Unwilling { email, account: Some(account) }, block, fresh, now)?;
    }
    Ok(())
}

/// Remembers what is not wanted, twice is once, and ends what waits of it.
fn suppress(
    tx: &mut Tx<'_>,
    found: &Found,
    who: Unwilling<'_>,
    block: Block,
    fresh: SuppressionId,
    now: Timestamp,
) -> Result<(), Error> {
    let subject = match block {
        Block::Inviter => *found.created_by.as_bytes(),
        Block::Band => *found.band.as_bytes(),
        Block::Server => [0; 16],
    };
    let _ = suppressions::keep(tx, fresh, (who.account, None), (block, subject), now)?;
    end_unwanted(tx, who, block, subject, now)
}
