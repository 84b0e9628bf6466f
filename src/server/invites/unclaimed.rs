//! Letting go of uses that are held for nobody: who made an account by an invite and deleted it, or came into the band by
//! another way, takes that use up no more, and the invite would be pending for nobody.

use crate::{
    domain::{AccountId, InviteId, Timestamp},
    server::{
        Refused,
        audit::{self, Event},
        store::{Error, Tx},
    },
};

use super::accept;

crate::row! {
    /// A use that is held and that its holder has no need of any more.
    #[derive(Debug, Clone, Copy)]
    pub(crate) struct Unclaimed { seq: i64, invite: InviteId, account: AccountId }
}

impl Unclaimed {
    /// At most `most` of them behind this one; from the first on without one.
    ///
    /// A holder whom the band has put out was in it, and is let in by a newer invite alone.
    pub(crate) fn behind(tx: &mut Tx<'_>, last: Option<Self>, most: i64) -> Result<Vec<Self>, Error> {
        tx.query(
            "SELECT r.seq AS seq, r.invite AS invite, r.account AS account
             FROM redemption r JOIN invite i ON i.id = r.invite JOIN account a ON a.id = r.account
             WHERE r.held AND r.seq > $1 AND i.status = 'pending' AND (a.deleted_at IS NOT NULL
                OR EXISTS (SELECT 1 FROM member m WHERE m.band = r.band AND m.account = r.account)
                OR EXISTS (SELECT 1 FROM departure d WHERE d.band = r.band AND d.account = r.account))
             ORDER BY r.seq LIMIT $2",
            &[&last.map_or(0, |last| last.seq), &most],
        )
    }

    /// Lets it go: taken it stays, and without others the invite is accepted by it, and its campaign used up. What is still to
    /// do then is the sweeper's, as this is.
    ///
    /// # Errors
    /// A problem where the invite has ended meanwhile, or its holder has come in by it.
    pub(crate) fn let_go(self, tx: &mut Tx<'_>, now: Timestamp) -> Result<(), Refused> {
        let found = accept::hold_by_id(tx, self.invite, self.account)?;
        accept::redeem(tx, &found, self.account, now)?;
        let account = Some(self.account);
        audit::record(tx, now, Event { actor: None, account, ..found.event("invite.unclaimed", self.account) })?;
        let _ = accept::end_used_up(tx, &found, false, now)?;
        Ok(())
    }
}
