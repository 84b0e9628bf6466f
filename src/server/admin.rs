//! What is done on the server's host, by who has its database: no request, no session, no right but that.

mod check;
mod reseal;

pub(crate) use check::file;
pub use check::{Finding, check};
pub(crate) use reseal::{Progress, Sealed, fits, reseal, sealed};

use crate::{
    api::{Account, Code},
    domain::{AccountId, Registration, Timestamp, Username},
};

use super::{
    Refused,
    accounts::{self, NewAccount, Site},
    audit::{self, Event},
    store::Tx,
};

crate::row! { struct Held { id: AccountId, site_admin: bool, is_meant: bool } }

/// Makes an account that runs the site, whoever may register: the way to the first one where nobody may. `mail` says
/// whether the server sends any.
pub(crate) fn make_account(tx: &mut Tx<'_>, new: &NewAccount, mail: bool, now: Timestamp) -> Result<Account, Refused> {
    let site = Site { embedded: false, registration: Registration::Open, mail };
    accounts::register(tx, site, new, None, now)?;
    write(tx, new.id, true, now)?;
    accounts::read(tx, new.id)
}

/// Lets an account run the site, or no longer; whether that is a change. The last one who does loses that by `force`
/// alone; until then the account cannot be deleted, either.
pub(crate) fn set_site_admin(
    tx: &mut Tx<'_>,
    name: &Username,
    runs: bool,
    force: bool,
    now: Timestamp,
) -> Result<(Account, bool), Refused> {
    // The account and all who run the site are held, so that of two who are revoked at once one stays; and in one order, so
    // that neither waits for the other in a circle.
    let held = tx.dialect().pick(
        "SELECT id, site_admin, username_key = $1 AS is_meant FROM account
         WHERE username_key = $1 OR (site_admin AND deleted_at IS NULL) ORDER BY id",
        "SELECT id, site_admin, username_key = $1 AS is_meant FROM account
         WHERE username_key = $1 OR (site_admin AND deleted_at IS NULL) ORDER BY id FOR NO KEY UPDATE",
    );
    let held: Vec<Held> = tx.query(held, &[&name.key()])?;
    let found = held
        .iter()
        .find(|account| account.is_meant)
        .ok_or_else(|| Refused::new(Code::NotFound, format!("No account has the user name {}.", name.as_str())))?;
    if found.site_admin && !runs && !force && held.len() == 1 {
        let name = name.as_str();
        let text = format!(
            "{name} is the last who runs this site. Let somebody else run it first, by `guestlist admin grant NAME`, or \
             add --force: then nobody does until the next grant."
        );
        return Err(Refused::new(Code::Forbidden, text));
    }
    if found.site_admin != runs {
        write(tx, found.id, runs, now)?;
    }
    Ok((accounts::read(tx, found.id)?, found.site_admin != runs))
}

/// The trail names nobody as the one who did it: it was the host.
fn write(tx: &mut Tx<'_>, account: AccountId, runs: bool, now: Timestamp) -> Result<(), Refused> {
    let _ = tx.execute("UPDATE account SET site_admin = $2 WHERE id = $1", &[&account, &runs])?;
    let action = if runs { "account.site_admin_granted" } else { "account.site_admin_revoked" };
    let event = Event { band: None, actor: None, action, invite: None, account: Some(account), detail: None };
    Ok(audit::record(tx, now, event)?)
}
