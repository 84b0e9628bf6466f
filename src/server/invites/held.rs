//! Uses that are held: whoever makes their account by an invite takes one at once where an account costs one, and comes in by it
//! later.
//!
//! Who deletes that account, comes into the band by another way, or loses the address that the invite is for to whom it belongs,
//! takes the use up no more, and the invite would be pending for nobody: it is let go. Where the address belongs to somebody who
//! can come in by it, they hold the use from then on.

use crate::{
    domain::{AccountId, BandId, EmailIdentity, InviteId, Registration, Timestamp},
    server::{
        App, Refused, accounts,
        audit::{self, Event},
        bands::{self, requests},
        store::{Error, ToValue, Tx, dialect::intern},
    },
};

use super::{
    Rest,
    accept::{Found, count_use, end_used_up, ended_meanwhile, hold_one, take_use},
};

/// Takes a use for an account that was just made with this invite, and leaves the membership for later: its accept
/// takes none, and until then the invite is pending. Where registration is by invite, this is what an account costs. By a
/// code of the site no membership is to come.
pub(super) fn hold_use(
    tx: &mut Tx<'_>,
    found: &Found,
    account: AccountId,
    now: Timestamp,
) -> Result<Option<Rest>, Refused> {
    take_use(tx, found, account, found.band != BandId::SITE, now)?;
    audit::record(tx, now, Event { account: Some(account), ..found.event("invite.registered", account) })?;
    bands::mention(tx, found.band, account)?;
    Ok(end_used_up(tx, found, true, now)?)
}

/// The use that was taken at registration becomes a membership's. With the last that was held an invite without others is
/// accepted, `by` whom is told; nobody is the server.
pub(super) fn redeem(
    tx: &mut Tx<'_>,
    found: &Found,
    account: AccountId,
    by: Option<AccountId>,
    now: Timestamp,
) -> Result<(), Refused> {
    let standing = found.standing(now);
    if !standing.has_use(true, found.requires_approval) {
        return Err(ended_meanwhile(tx, found, now)?);
    }
    let let_go = "UPDATE redemption SET held = $3 WHERE account = $1 AND invite = $2 AND held";
    if tx.execute(let_go, &[&account, &found.id, &false])? == 0 {
        return Err(ended_meanwhile(tx, found, now)?);
    }
    let last = found.max_uses.left(found.uses) == Some(0) && !is_held(tx, found)?;
    count_use(tx, found, by, (0, last), now)
}

/// Gives a use that is held to whom the invite's address belongs, to come in by; tells whether they can, and are not in already.
fn hand_over(
    tx: &mut Tx<'_>,
    found: &Found,
    holder: AccountId,
    owner: AccountId,
    now: Timestamp,
) -> Result<bool, Refused> {
    if !found.standing(now).has_use(true, found.requires_approval) {
        return Err(ended_meanwhile(tx, found, now)?);
    }
    let given = tx.execute(
        "UPDATE redemption SET account = $3 WHERE account = $1 AND invite = $2 AND held
            AND EXISTS (SELECT 1 FROM account o WHERE o.id = $3 AND o.email_claim = $4)
            AND NOT EXISTS (SELECT 1 FROM redemption x WHERE x.invite = $2 AND x.account = $3)
            AND NOT EXISTS (SELECT 1 FROM member m WHERE m.band = redemption.band AND m.account = $3)
            AND NOT EXISTS (SELECT 1 FROM departure d WHERE d.band = redemption.band AND d.account = $3)",
        &[&holder, &found.id, &owner, &found.email],
    )?;
    Ok(given > 0)
}

/// Whether somebody holds a use of the invite, and has not come in by it yet.
pub(super) fn is_held(tx: &mut Tx<'_>, found: &Found) -> Result<bool, Error> {
    tx.exists("SELECT 1 AS n FROM redemption WHERE invite = $1 AND held LIMIT 1", &[&found.id])
}

crate::row! {
    /// A use that is held and that its holder takes up no more, with the other one to whom the invite's address belongs.
    #[derive(Debug, Clone, Copy)]
    pub(crate) struct Abandoned { invite: InviteId, account: AccountId, owner: Option<AccountId> }
}

crate::row! { struct Holder { account: AccountId } }

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

    /// Those of invites to an address that belongs to this account.
    fn owned_by(tx: &mut Tx<'_>, account: AccountId, mail: bool) -> Result<Vec<Self>, Error> {
        let Some((address, _)) = accounts::own_address(tx, account)? else {
            return Ok(Vec::new());
        };
        let holders: Vec<Holder> = tx.query(
            "SELECT r.account AS account FROM invite i JOIN redemption r ON r.invite = i.id AND r.held
             WHERE i.email = $1 AND i.kind = 'email' AND i.status = 'pending'",
            &[&address],
        )?;
        let mut all = Vec::new();
        for holder in holders {
            all.append(&mut Self::of(tx, holder.account, mail)?);
        }
        all.retain(|one| one.owner == Some(account));
        Ok(all)
    }

    /// A holder whom the band has put out was in it, and is let in by a newer invite alone. An address that is somebody else's
    /// counts where the holder cannot have it any more as the invite's rule wants it: where mail verifies addresses, anybody may
    /// type one that is another's; without mail nobody may.
    fn those(tx: &mut Tx<'_>, which: &str, values: &[&dyn ToValue]) -> Result<Vec<Self>, Error> {
        let rule =
            tx.dialect().pick("json_extract(i.policy, '$.email_identity')", "i.policy::json ->> 'email_identity'");
        let owner = format!(
            "SELECT o.id FROM account o
             WHERE o.email_claim = i.email AND o.id <> r.account AND i.kind = 'email' AND {rule} <> '{}'",
            EmailIdentity::Bearer
        );
        let sql = intern(format!(
            "SELECT r.invite AS invite, r.account AS account, ({owner}) AS owner
             FROM redemption r JOIN invite i ON i.id = r.invite JOIN account a ON a.id = r.account
             WHERE r.held AND i.status = 'pending' AND (a.deleted_at IS NOT NULL
                OR EXISTS (SELECT 1 FROM member m WHERE m.band = r.band AND m.account = r.account)
                OR EXISTS (SELECT 1 FROM departure d WHERE d.band = r.band AND d.account = r.account)
                OR ($1 AND {rule} = '{}' OR NOT $1 AND a.email <> i.email) AND EXISTS ({owner}))
             AND {which}",
            EmailIdentity::Verified,
        ));
        tx.query(sql, values)
    }

    /// Lets it go: taken it stays, and is its address's owner's to take up. Where that is nobody, an invite without other uses
    /// is accepted by it, and its campaign used up; what is still to do then is the sweeper's.
    ///
    /// # Errors
    /// A problem where the invite has ended meanwhile, or its holder has come in by it.
    fn let_go(self, tx: &mut Tx<'_>, now: Timestamp) -> Result<(), Refused> {
        if let Some(owner) = self.owner {
            accounts::hold(tx, owner)?;
        }
        // Nothing ends for the holder by it, so neither they nor what waits for them is held.
        let found = hold_one(tx, "id", &self.invite, None)?.ok_or_else(|| Refused::not_found("invite"))?;
        let heir = match self.owner {
            Some(owner) if hand_over(tx, &found, self.account, owner, now)? => Some(owner),
            _ => None,
        };
        if heir.is_none() {
            redeem(tx, &found, self.account, None, now)?;
        }
        // What the holder asked by it nobody can agree to any more.
        let _ = requests::close(tx, "account = $3 AND invite = $4", &[&self.account, &self.invite], None, now)?;
        let account = Some(self.account);
        audit::record(tx, now, Event { actor: None, account, ..found.event("invite.let_go", self.account) })?;
        if let Some(heir) = heir {
            bands::mention(tx, found.band, heir)?;
            let account = Some(heir);
            audit::record(tx, now, Event { actor: None, account, ..found.event("invite.handed_over", heir) })?;
        }
        let _ = end_used_up(tx, &found, false, now)?;
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

/// Lets go of those that an account held and takes up no more since it came into a band or was deleted: nobody waits
/// for the sweeper to invite its address anew.
pub(crate) async fn let_go_after(app: &App, account: AccountId) {
    let_go_at_once(app, move |tx, mail| Abandoned::of(tx, account, mail)).await;
}

/// Hands those over to an account that others held by an address that is known to be the account's now.
pub(crate) async fn hand_over_to(app: &App, account: AccountId) {
    let_go_at_once(app, move |tx, mail| Abandoned::owned_by(tx, account, mail)).await;
}

async fn let_go_at_once<F>(app: &App, found: F)
where
    F: FnMut(&mut Tx<'_>, bool) -> Result<Vec<Abandoned>, Error> + Clone + Send + 'static,
{
    // Elsewhere an account costs no use, and nobody holds one; what is held from before is the sweeper's.
    if app.settings().policy.registration != Registration::InviteOnly {
        return;
    }
    let (mail, mut found) = (app.settings().mail.is_on(), found);
    match app.store().read(move |tx| found(tx, mail)).await {
        Ok(some) => let_go(app, &some).await,
        // What was asked for is done all the same.
        Err(error) => tracing::warn!(%error, "the uses that an account takes up no more are let go later"),
    }
}
