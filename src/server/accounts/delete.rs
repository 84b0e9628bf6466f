//! Going for good.

use crate::{
    api::Code,
    domain::{AccountId, Timestamp},
    server::{
        Refused,
        audit::{self, Event},
        bands,
        invites::Rest,
        store::Tx,
        suppressions,
    },
};

use super::search::index;

crate::row! { struct Runs { site_admin: bool } }

crate::row! { struct Runner { id: AccountId } }

/// Deletes the account: it leaves its bands, the invites for it end, every session ends, its names and address are
/// erased and free for others. What it did stays, by a deleted account. Refused while it owns a band, and while nobody
/// else runs the site.
pub(crate) fn delete(tx: &mut Tx<'_>, account: AccountId, now: Timestamp) -> Result<Vec<Rest>, Refused> {
    loop {
        let runs: Option<Runs> =
            tx.query_one("SELECT site_admin FROM account WHERE id = $1 AND deleted_at IS NULL", &[&account])?;
        let Runs { site_admin } = runs.ok_or_else(Refused::account_gone)?;
        if site_admin {
            leave_site(tx, account)?;
        }
        // Held as a whole: whoever makes this account a member waits, and finds it gone. Where its host said something
        // else meanwhile of who runs the site, that counts.
        let erased = tx.execute(
            "UPDATE account SET deleted_at = $2 WHERE id = $1 AND deleted_at IS NULL AND site_admin = $3",
            &[&account, &now, &site_admin],
        )?;
        if erased > 0 {
            break;
        }
    }
    let rest = bands::leave_all(tx, account, now)?;
    suppressions::outlive(tx, account)?;
    // No name begins so, and no two ids are one.
    let nobody = format!("-{account}");
    let _ = tx.execute(
        "UPDATE account SET username = $2, username_key = $2, display_name = 'deleted account', email = '',
            email_verified = $3, email_claim = NULL, password_hash = '', site_admin = $3 WHERE id = $1",
        &[&account, &nobody, &false],
    )?;
    index(tx, account, &[])?;
    bands::renamed(tx, account)?;
    let _ = tx.execute("DELETE FROM session WHERE account = $1", &[&account])?;
    let _ = tx.execute("DELETE FROM challenge WHERE account = $1", &[&account])?;
    let actor = Some(account);
    let event = Event { band: None, actor, action: "account.deleted", invite: None, account: actor, detail: None };
    audit::record(tx, now, event)?;
    Ok(rest)
}

/// Refuses the last one who runs the site. All who do are held, in one order, so that of two who go at once one stays and
/// neither waits for the other in a circle.
fn leave_site(tx: &mut Tx<'_>, account: AccountId) -> Result<(), Refused> {
    let held = tx.dialect().pick(
        "SELECT id FROM account WHERE site_admin ORDER BY id",
        "SELECT id FROM account WHERE site_admin ORDER BY id FOR NO KEY UPDATE",
    );
    let held: Vec<Runner> = tx.query(held, &[])?;
    if !matches!(held.as_slice(), [last] if last.id == account) {
        return Ok(());
    }
    let text = "You are the last who runs this site. Whoever has its host lets somebody else run it first, by `guestlist admin \
                grant NAME`, or lets you go, by `guestlist admin revoke NAME --force`: then nobody runs it until the next grant.";
    Err(Refused::new(Code::LastOwner, text))
}
