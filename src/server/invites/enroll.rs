//! Making an account by an invite.
//!
//! | registration | without `accept` | with it |
//! |---|---|---|
//! | `open` | only says who brought whom | the account comes in as by any accept |
//! | `invite_only` | holds a use; the account's later accept takes none | one use for account and membership |
//! | `closed` | nobody registers | |
//!
//! Where the membership has to wait, for an admin's word or for a verified address, the account is made all the same,
//! and under `invite_only` the use is held. An invite of which a use is held is pending, with none left for others, too:
//! whatever ends it ends what was held. A code of the site is to no band: there is nothing to come into by it.

use crate::{
    api::{Code, Outcome},
    domain::{AccountId, Address, BandId, EmailIdentity, JoinRequestId, Kind, Registration, Timestamp},
    server::{Refused, store::Tx},
};

use super::{
    Found, Rest,
    accept::{accept, check_uses, ended},
    held::hold_use,
};

/// Refuses an invite by which nobody with this address can make an account at `now`.
pub(crate) fn check_newcomer(
    tx: &mut Tx<'_>,
    found: &Found,
    email: &Address,
    registration: Registration,
    now: Timestamp,
) -> Result<(), Refused> {
    ended(found, now)?;
    check_uses(tx, found)?;
    // It is for an account that is there, and a new one is another.
    if found.kind == Kind::User {
        return Err(found.refusal(Code::WrongRecipient));
    }
    let binds = registration == Registration::InviteOnly || found.rules()?.email_identity != EmailIdentity::Bearer;
    match found.address() {
        Some(address) if binds && address != email => Err(found.refusal(Code::WrongRecipient)),
        _ => Ok(()),
    }
}

/// The account that was just made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Newcomer {
    /// Its id.
    pub(crate) account: AccountId,
    /// Whether it wants to come in at once.
    pub(crate) accepts: bool,
    /// The id of the request to join, where an admin has to agree.
    pub(crate) fresh: JoinRequestId,
}

/// Does with an invite what the account that was made by it brings about; what the accept came to, where one was wished,
/// and what is still to do where the campaign ends by it.
/// `mail` says whether this server can verify addresses.
pub(crate) fn enroll(
    tx: &mut Tx<'_>,
    found: &Found,
    newcomer: Newcomer,
    registration: Registration,
    mail: bool,
    now: Timestamp,
) -> Result<(Option<Outcome>, Option<Rest>), Refused> {
    let Newcomer { account, accepts, fresh } = newcomer;
    let costs_a_use = registration == Registration::InviteOnly;
    let waits = !accepts || found.band == BandId::SITE || found.requires_approval;
    // Before the wish to come in: of who holds a use it does not end with the campaign.
    let mut rest = if costs_a_use && waits { hold_use(tx, found, account, now)? } else { None };
    if !accepts || found.band == BandId::SITE {
        return Ok((None, rest));
    }
    match accept(tx, found, fresh, account, mail, now) {
        Ok((accepted, more)) => Ok((Some(accepted.outcome), rest.or(more))),
        // Nothing was written yet.
        Err(Refused::Problem(problem)) if problem.code == Code::EmailUnverified => {
            if costs_a_use && !waits {
                rest = hold_use(tx, found, account, now)?;
            }
            Ok((Some(Outcome::EmailUnverified), rest))
        }
        Err(refused) => Err(refused),
    }
}
