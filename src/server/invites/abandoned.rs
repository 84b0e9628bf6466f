//! Letting go of uses that are held for nobody: who made an account by an invite and deleted it, came into the band by another
//! way, or lost the address that the invite is for to whom it belongs, takes that use up no more, and the invite would be
//! pending for nobody.

use crate::{
    domain::{AccountId, EmailIdentity, InviteId, Timestamp},
    server::{
        App, Refused,
        audit::{self, Event},
        bands::requests,
        store::{Error, ToValue, Tx, dialect::intern},
    },
};

use super::accept;

crate::row! {
    /// A use that is held and that its holder takes up no more.
    #[derive(Debug, Clone, Copy)]
    pub(crate) struct Abandoned { invite: InviteId, account: AccountId }
}

impl Abandoned {
    /// At most `most` of them behind this one, by account; from the first on without one. `mail` says whether this server can
    /// verify addresses.
    pub(crate) fn behind(tx: &mut Tx<'_>, last: Option<Self>, most: i64, mail: bool) -> Result<Vec<Self>, Error> {
        let nobody = (AccountId::from_bytes([0; 16]), InviteId::from_bytes([0; 16]));
        let (account, invite) = last.map_or(nobody, |last| (last.account, last.invite));
        let which = "(r.account, r.invite) > ($2, $3) ORDER BY r.account, r.invite LIMIT $4";
        Self::those(tx, which, &[&mail, &account, &invite, &most])
    }

    /// Those of an account.
    fn of(tx: &mut Tx<'_>, account: AccountId, mail: bool) -> Result<Vec<Self>, Error> {
        Self::those(tx, "r.account = $2", &[&mail, &account])
    }

    /// A holder whom the band has put out was in it, and is let in by a newer invite alone. An address that is somebody else's
    /// counts where the holder cannot have it any more as the invite's rule wants it: where mail verifies addresses, anybody may
    /// type one that is another's; without mail nobody may.
    fn those(tx: &mut Tx<'_>, which: &str, values: &[&dyn ToValue]) -> Result<Vec<Self>, Error> {
        let rule =
            tx.dialect().pick("json_extract(i.policy, '$.email_identity')", "i.policy::json ->> 'email_identity'");
        let sql = intern(format!(
            "SELECT r.invite AS invite, r.account AS account
             FROM redemption r JOIN invite i ON i.id = r.invite JOIN account a ON a.id = r.account
             WHERE r.held AND i.status = 'pending' AND (a.deleted_at IS NOT NULL
                OR EXISTS (SELECT 1 FROM member m WHERE m.band = r.band AND m.account = r.account)
                OR EXISTS (SELECT 1 FROM departure d WHERE d.band = r.band AND d.account = r.account)
                OR i.kind = 'email' AND ($1 AND {rule} = '{}' OR NOT $1 AND {rule} <> '{}' AND a.email <> i.email)
                    AND EXISTS (SELECT 1 FROM account o WHERE o.email_claim = i.email AND o.id <> r.account))
             AND {which}",
            EmailIdentity::Verified,
            EmailIdentity::Bearer
        ));
        tx.query(sql, values)
    }

    /// Lets it go: taken it stays, and without others the invite is accepted by it, and its campaign used up. What is still to
    /// do then is the sweeper's.
    ///
    /// # Errors
    /// A problem where the invite has ended meanwhile, or its holder has come in by it.
    fn let_go(self, tx: &mut Tx<'_>, now: Timestamp) -> Result<(), Refused> {
        // Nothing ends for the holder by it, so neither they nor what waits for them is held.
        let found = accept::hold_one(tx, "id", &self.invite, None)?.ok_or_else(|| Refused::not_found("invite"))?;
        accept::redeem(tx, &found, self.account, None, now)?;
        // What the holder asked by it nobody can agree to any more.
        let _ = requests::close(tx, "account = $3 AND invite = $4", &[&self.account, &self.invite], None, now)?;
        let account = Some(self.account);
        audit::record(tx, now, Event { actor: None, account, ..found.event("invite.let_go", self.account) })?;
        let _ = accept::end_used_up(tx, &found, false, now)?;
        Ok(())
    }
}

/// Lets go of these, each in a transaction of its own: an invite is held as by who comes in. One that fails is tried again with
/// those of the next hour.
pub(crate) async fn let_go(app: &App, uses: &[Abandoned]) {
    for &one in uses {
        let now = app.now();
        // Refused, it ended a moment ago, or its holder came in by it: there is nothing to let go.
        if let Err(Refused::Store(error)) = app.store().write(move |tx| one.let_go(tx, now)).await {
            tracing::warn!(invite = %one.invite, %error, "a use that is held for nobody is let go later");
        }
    }
}

/// Lets go of those that a deleted account held: nobody waits for the sweeper to invite its address anew.
pub(crate) async fn let_go_after(app: &App, account: AccountId) {
    let mail = app.settings().mail.is_on();
    match app.store().read(move |tx| Abandoned::of(tx, account, mail)).await {
        Ok(own) => let_go(app, &own).await,
        // The account is gone all the same.
        Err(error) => tracing::warn!(%error, "the uses that a deleted account held are let go later"),
    }
}
