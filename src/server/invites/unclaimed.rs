//! Letting go of uses that are held for nobody: who made an account by an invite and deleted it, came into the band by another
//! way, or lost the address that the invite is for to whom it belongs, takes that use up no more, and the invite would be
//! pending for nobody.

use crate::{
    domain::{AccountId, EmailIdentity, InviteId, Timestamp},
    server::{
        App, Refused,
        audit::{self, Event},
        store::{Error, ToValue, Tx, dialect::intern},
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
    pub(crate) fn behind(tx: &mut Tx<'_>, last: Option<Self>, most: i64) -> Result<Vec<Self>, Error> {
        Self::those(tx, "r.seq > $1 ORDER BY r.seq LIMIT $2", &[&last.map_or(0, |last| last.seq), &most])
    }

    /// Those of an account.
    fn of(tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<Self>, Error> {
        Self::those(tx, "r.account = $1", &[&account])
    }

    /// A holder whom the band has put out was in it, and is let in by a newer invite alone.
    fn those(tx: &mut Tx<'_>, which: &str, values: &[&dyn ToValue]) -> Result<Vec<Self>, Error> {
        let rule =
            tx.dialect().pick("json_extract(i.policy, '$.email_identity')", "i.policy::json ->> 'email_identity'");
        let sql = intern(format!(
            "SELECT r.seq AS seq, r.invite AS invite, r.account AS account
             FROM redemption r JOIN invite i ON i.id = r.invite JOIN account a ON a.id = r.account
             WHERE r.held AND i.status = 'pending' AND (a.deleted_at IS NOT NULL
                OR EXISTS (SELECT 1 FROM member m WHERE m.band = r.band AND m.account = r.account)
                OR EXISTS (SELECT 1 FROM departure d WHERE d.band = r.band AND d.account = r.account)
                OR i.kind = 'email' AND {rule} <> '{}'
                    AND EXISTS (SELECT 1 FROM account o WHERE o.email_claim = i.email AND o.id <> r.account))
             AND {which}",
            EmailIdentity::Bearer
        ));
        tx.query(sql, values)
    }

    /// Lets it go: taken it stays, and without others the invite is accepted by it, and its campaign used up. What is still to
    /// do then is the sweeper's, as this is.
    ///
    /// # Errors
    /// A problem where the invite has ended meanwhile, or its holder has come in by it.
    fn let_go(self, tx: &mut Tx<'_>, now: Timestamp) -> Result<(), Refused> {
        let found = accept::hold_by_id(tx, self.invite, self.account)?;
        accept::redeem(tx, &found, self.account, now)?;
        let account = Some(self.account);
        audit::record(tx, now, Event { actor: None, account, ..found.event("invite.unclaimed", self.account) })?;
        let _ = accept::end_used_up(tx, &found, false, now)?;
        Ok(())
    }
}

/// Lets go of these, each in a transaction of its own: an invite is held as by who comes in.
pub(crate) async fn let_go(app: &App, uses: &[Unclaimed]) -> Result<(), Error> {
    for &one in uses {
        let now = app.now();
        // Refused, it ended a moment ago, or its holder came in by it: there is nothing to let go.
        if let Err(Refused::Store(error)) = app.store().write(move |tx| one.let_go(tx, now)).await {
            return Err(error);
        }
    }
    Ok(())
}

/// Lets go of those that a deleted account held: nobody waits for the sweeper to invite its address anew.
pub(crate) async fn let_go_after(app: &App, account: AccountId) -> Result<(), Error> {
    let own = app.store().read(move |tx| Unclaimed::of(tx, account)).await?;
    let_go(app, &own).await
}
