//! The audit trail: append-only, written in the transaction of what it tells of.

use crate::domain::{AccountId, BandId, InviteId, Timestamp};

use super::store::{Error, Tx};

/// What happened. Never a token, never a password.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Event<'a> {
    /// The band it happened in; `None` for what concerns the site.
    pub(crate) band: Option<BandId>,
    /// Who did it; `None` for the server itself.
    pub(crate) actor: Option<AccountId>,
    /// What was done: `invite.created`, `member.removed`, …
    pub(crate) action: &'static str,
    /// The invite it was done to.
    pub(crate) invite: Option<InviteId>,
    /// The account it was done to.
    pub(crate) account: Option<AccountId>,
    /// What changed, in words.
    pub(crate) detail: Option<&'a str>,
}

/// Writes an event down.
pub(crate) fn record(tx: &mut Tx<'_>, now: Timestamp, event: Event<'_>) -> Result<(), Error> {
    let _ = tx.execute(
        "INSERT INTO audit (band, at, actor, action, invite, account, detail) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &[&event.band, &now, &event.actor, &event.action, &event.invite, &event.account, &event.detail],
    )?;
    Ok(())
}
