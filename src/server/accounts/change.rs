//! What holders change about their own account.

use crate::{
    api::Account,
    domain::{AccountId, Address, BandId, DisplayName, MailKind, SessionId, Timestamp},
    server::{
        App, Refused,
        audit::{self, Event},
        bands, invites,
        outbox::{self, Queued},
        store::Tx,
    },
};

use super::{
    email_taken, read,
    reset::forget_resets,
    search::index,
    verification::{NewCode, begin_verification},
};

/// A change of an account; every part has been checked, what is `None` stays.
#[derive(Debug, Clone, Default)]
pub(crate) struct Change {
    /// The name to be called by.
    pub(crate) display_name: Option<DisplayName>,
    /// The address.
    pub(crate) email: Option<Address>,
    /// The hash of the password.
    pub(crate) password_hash: Option<String>,
    /// The hash that the password in force was compared with, where that was asked for.
    pub(crate) compared: Option<String>,
}

crate::row! {
    struct Kept { display_name: String, email: String, email_verified: bool, username: String, password_hash: String }
}
crate::row! { struct Password { password_hash: String } }
crate::row! { struct Place { band: BandId, seq: i64 } }

/// The hash of the account's password.
pub(crate) fn password_of(tx: &mut Tx<'_>, account: AccountId) -> Result<Option<String>, Refused> {
    let kept: Option<Password> = tx.query_one("SELECT password_hash FROM account WHERE id = $1", &[&account])?;
    Ok(kept.map(|kept| kept.password_hash))
}

/// The refusal of a password that is not the one in force.
pub(crate) fn wrong_password() -> Refused {
    Refused::field("current_password", "is not the password in force")
}

/// Changes the account; what it is then. Without mail an address is the account's alone at once, with it once it is
/// verified: `code` goes there. A new password ends every session but `session`.
pub(crate) fn change(
    tx: &mut Tx<'_>,
    account: AccountId,
    session: SessionId,
    wish: &Change,
    app: &App,
    code: &NewCode,
    now: Timestamp,
) -> Result<Account, Refused> {
    let lock = tx.dialect().pick(
        "SELECT display_name, email, email_verified, username, password_hash FROM account
         WHERE id = $1 AND deleted_at IS NULL",
        "SELECT display_name, email, email_verified, username, password_hash FROM account
         WHERE id = $1 AND deleted_at IS NULL FOR NO KEY UPDATE",
    );
    let kept: Kept = tx.query_one(lock, &[&account])?.ok_or_else(Refused::account_gone)?;
    if wish.compared.as_ref().is_some_and(|compared| *compared != kept.password_hash) {
        return Err(wrong_password());
    }
    if let Some(name) = wish.display_name.as_ref().filter(|name| name.as_str() != kept.display_name) {
        let _ = tx.execute("UPDATE account SET display_name = $2 WHERE id = $1", &[&account, name])?;
        rename(tx, account, &[&kept.username, name.as_str()])?;
        told(tx, account, "account.renamed", now)?;
    }
    if let Some(email) = wish.email.as_ref().filter(|email| email.as_str() != kept.email) {
        readdress(tx, account, email, app.settings().mail.is_on())?;
        if kept.email_verified {
            moved(tx, app, account, &kept.email, now)?;
        }
        begin_verification(tx, app, account, email.as_str(), code, now)?;
        told(tx, account, "account.email_changed", now)?;
    }
    if let Some(hash) = &wish.password_hash {
        let _ = tx.execute("UPDATE account SET password_hash = $2 WHERE id = $1", &[&account, hash])?;
        let _ = tx.execute("DELETE FROM session WHERE account = $1 AND id <> $2", &[&account, &session])?;
        told(tx, account, "account.password_changed", now)?;
    }
    if wish.email.is_some() || wish.password_hash.is_some() {
        forget_resets(tx, account, now)?;
    }
    read(tx, account)
}

/// The new name is found by all and in every band that the account is in or was invited to by name, and seen wherever the
/// account is named.
fn rename(tx: &mut Tx<'_>, account: AccountId, names: &[&str]) -> Result<(), Refused> {
    index(tx, account, names)?;
    let places: Vec<Place> = tx.query("SELECT band, seq FROM member WHERE account = $1", &[&account])?;
    for place in places {
        bands::index(tx, place.band, place.seq, names)?;
    }
    invites::index_for(tx, account)?;
    Ok(bands::renamed(tx, account)?)
}

fn readdress(tx: &mut Tx<'_>, account: AccountId, email: &Address, mail: bool) -> Result<(), Refused> {
    let claim = (!mail).then_some(email);
    if let Some(claim) = claim
        && tx.exists("SELECT 1 AS n FROM account WHERE email_claim = $1", &[claim])?
    {
        return Err(email_taken());
    }
    let _ = tx.execute("DELETE FROM challenge WHERE account = $1", &[&account])?;
    let _ = tx.execute(
        "UPDATE account SET email = $2, email_verified = $3, email_claim = $4 WHERE id = $1",
        &[&account, email, &false, &claim],
    )?;
    Ok(())
}

/// Who reads the mail of the address that the account had is told, should it not have been them.
fn moved(tx: &mut Tx<'_>, app: &App, account: AccountId, from: &str, now: Timestamp) -> Result<(), Refused> {
    if !app.settings().mail.is_on() {
        return Ok(());
    }
    let kind = MailKind::Moved;
    let (account, actor) = (Some(account), Some(account));
    let mail = Queued { kind, email: from, account, band: None, invite: None, actor, secret: None };
    Ok(outbox::queue(tx, &[mail], now)?)
}

fn told(tx: &mut Tx<'_>, account: AccountId, action: &'static str, now: Timestamp) -> Result<(), Refused> {
    let actor = Some(account);
    Ok(audit::record(tx, now, Event { band: None, actor, action, invite: None, account: actor, detail: None })?)
}
