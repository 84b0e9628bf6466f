//! Going for good.

use crate::{
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

/// Deletes the account: it leaves its bands, the invites for it end, every session ends, its names and address are
/// erased and free for others. What it did stays, by a deleted account. Refused while it owns a band.
pub(crate) fn delete(tx: &mut Tx<'_>, account: AccountId, now: Timestamp) -> Result<Vec<Rest>, Refused> {
    // Held as a whole: whoever makes this account a member waits, and finds it gone.
    let erased =
        tx.execute("UPDATE account SET deleted_at = $2 WHERE id = $1 AND deleted_at IS NULL", &[&account, &now])?;
    if erased == 0 {
        return Err(Refused::account_gone());
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
    let _ = tx.execute("DELETE FROM session WHERE account = $1", &[&account])?;
    let _ = tx.execute("DELETE FROM challenge WHERE account = $1", &[&account])?;
    let actor = Some(account);
    let event = Event { band: None, actor, action: "account.deleted", invite: None, account: actor, detail: None };
    audit::record(tx, now, event)?;
    Ok(rest)
}
