//! What ends with a membership, or with a right: the pending invites for a person, and those the person made.

use crate::{
    domain::{AccountId, BandId, CancelReason, Loss, Timestamp},
    server::store::{Error, ToValue, Tx},
};

use super::{
    cancel::Cancel,
    decision::{self, Decision, Rest},
    supersede::hold_all_for,
};

/// Whose invites in which band are meant, and who brings it about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Withdrawal {
    /// The band.
    pub(crate) band: BandId,
    /// The person whose membership, or right, ends.
    pub(crate) account: AccountId,
    /// Who ended it.
    pub(crate) actor: AccountId,
    /// When.
    pub(crate) now: Timestamp,
}

crate::row! { struct Holder { email: String, email_verified: bool, claimed: bool } }

impl Withdrawal {
    /// Ends the pending invites that are for the person. An address counts where it is the
    /// account's alone.
    pub(crate) fn addressed(&self, tx: &mut Tx<'_>) -> Result<(), Error> {
        hold_all_for(tx, self.account, None)?;
        decision::settle_for(tx, Some(self.account), None)?;
        self.end(tx, CancelReason::MemberRemoved, "kind = 'user' AND account = $4", &self.account)?;
        let holder: Option<Holder> = tx.query_one(
            "SELECT email, email_verified, email_claim IS NOT NULL AS claimed FROM account WHERE id = $1",
            &[&self.account],
        )?;
        if let Some(holder) = holder.filter(|holder| holder.email_verified || holder.claimed) {
            decision::settle_for(tx, None, Some(&holder.email))?;
            self.end(tx, CancelReason::MemberRemoved, "kind = 'email' AND email = $4", &holder.email)?;
        }
        Ok(())
    }

    /// Ends the pending invites that the person made: those to `admin` always, the others as the
    /// rules say under which each was made, and `all` of them where it was asked for.
    pub(crate) fn made(&self, tx: &mut Tx<'_>, all: bool) -> Result<Option<Rest>, Error> {
        self.decide(tx, if all { Loss::Everything } else { Loss::Membership })
    }

    /// Ends the pending invites to `admin` that the person made, who is no admin any more.
    pub(crate) fn made_to_admin(&self, tx: &mut Tx<'_>) -> Result<Option<Rest>, Error> {
        self.decide(tx, Loss::Role)
    }

    /// They can be any number. The membership is held, so that its holder makes none meanwhile.
    fn decide(&self, tx: &mut Tx<'_>, loss: Loss) -> Result<Option<Rest>, Error> {
        let end = Decision::end(self.band, CancelReason::InviterRemoved, Some(self.actor), self.now);
        end.made_by(self.account, loss).announce(tx)
    }

    /// Ends what is pending in the band and fits `which`, one of the fixed conditions above with its value as `$4`.
    fn end(&self, tx: &mut Tx<'_>, reason: CancelReason, which: &str, value: &dyn ToValue) -> Result<(), Error> {
        let cancel = Cancel { reason, actor: Some(self.actor), account: Some(self.account), now: self.now };
        cancel.pending(tx, &format!("band = $5 AND {which}"), &[value, &self.band]).map(drop)
    }
}
