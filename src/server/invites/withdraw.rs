//! What ends with a membership, or with a right: the pending invites for a person, and those the person made.

use crate::{
    domain::{AccountId, BandId, CancelReason, Timestamp},
    server::store::{Error, ToValue, Tx, dialect::intern},
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
    /// Ends the pending invites that are for the person; how many there were. An address counts where it is the
    /// account's alone.
    pub(crate) fn addressed(&self, tx: &mut Tx<'_>) -> Result<i64, Error> {
        let mut ended = self.end(tx, CancelReason::MemberRemoved, "kind = 'user' AND account = $6", &self.account)?;
        let holder: Option<Holder> = tx.query_one(
            "SELECT email, email_verified, email_claim IS NOT NULL AS claimed FROM account WHERE id = $1",
            &[&self.account],
        )?;
        if let Some(holder) = holder.filter(|holder| holder.email_verified || holder.claimed) {
            ended += self.end(tx, CancelReason::MemberRemoved, "kind = 'email' AND email = $6", &holder.email)?;
        }
        Ok(ended)
    }

    /// Ends the pending invites that the person made, how many there were: those to `admin` always, the others as the
    /// rules say under which each was made, and `all` of them where it was asked for.
    pub(crate) fn made(&self, tx: &mut Tx<'_>, all: bool) -> Result<i64, Error> {
        let which = match (all, tx.dialect()) {
            (true, _) => "created_by = $6",
            (false, dialect) => dialect.pick(
                "created_by = $6 AND (role = 'admin' OR json_extract(policy, '$.on_inviter_removed') = 'revoke')",
                "created_by = $6 AND (role = 'admin' OR policy::json ->> 'on_inviter_removed' = 'revoke')",
            ),
        };
        self.end(tx, CancelReason::InviterRemoved, which, &self.account)
    }

    /// Ends the pending invites to `admin` that the person made, who is no admin any more; how many there were.
    pub(crate) fn made_to_admin(&self, tx: &mut Tx<'_>) -> Result<i64, Error> {
        self.end(tx, CancelReason::InviterRemoved, "created_by = $6 AND role = 'admin'", &self.account)
    }

    /// Ends what is pending in the band and fits `which`, one of the fixed conditions above with its value as `$6`.
    /// The audit trail first: whoever accepts or changes one of them at this moment is waited for, and what is told
    /// there is what is done here.
    fn end(&self, tx: &mut Tx<'_>, reason: CancelReason, which: &str, value: &dyn ToValue) -> Result<i64, Error> {
        let pending =
            format!("band = $1 AND status = 'pending' AND (expires_at IS NULL OR expires_at > $2) AND {which}");
        let (lock, text) = tx.dialect().pick(("", "$4"), (" FOR UPDATE", "$4::text"));
        let told = intern(format!(
            "INSERT INTO audit (band, at, actor, action, invite, account, detail)
             SELECT band, $2, $3, 'invite.cancelled', id, $5, {text} FROM invite WHERE {pending}{lock}"
        ));
        let ended = tx.execute(told, &[&self.band, &self.now, &self.actor, &reason, &self.account, value])?;
        if ended == 0 {
            return Ok(0);
        }
        let done = intern(format!(
            "UPDATE invite SET status = 'cancelled', cancel_reason = $4, status_at = $2, acted_by = $3
             WHERE {}",
            pending.replace("$6", "$5")
        ));
        let _ = tx.execute(done, &[&self.band, &self.now, &self.actor, &reason, value])?;
        Ok(i64::try_from(ended).unwrap_or(i64::MAX))
    }
}
