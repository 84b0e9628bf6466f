//! A new password for who has forgotten the old one.
//!
//! Who asks learns nothing: for a name that nobody has, or one without a verified address, the same is read and written as
//! for any other. It is only that the mail is to nobody, and is dropped where mail is sent.

use crate::{
    domain::{AccountId, MailKind, ResetToken, Timestamp},
    server::{
        App, Hash, Refused,
        audit::{self, Event},
        hash,
        outbox::{self, Queued},
        seal,
        store::Tx,
    },
};

use super::{
    by_login,
    challenge::{self, Challenge},
    hold,
};

const KIND: MailKind = MailKind::Reset;

/// A token to be mailed, made outside of the transaction that keeps it.
#[derive(Debug, Clone)]
pub(crate) struct NewReset {
    token: ResetToken,
    nonce: [u8; 12],
}

impl NewReset {
    /// A fresh one.
    pub(crate) fn new(app: &App) -> Self {
        Self { token: ResetToken::from_random(&app.random()), nonce: app.random() }
    }
}

crate::row! { struct Reached { email: String } }

/// Mails a token to the verified address of the account that `login` names, once a minute and ten times a day. An older
/// token stays good, so that nobody who asks in somebody's name makes theirs worthless.
pub(crate) fn forgot(tx: &mut Tx<'_>, app: &App, login: &str, new: &NewReset, now: Timestamp) -> Result<(), Refused> {
    let named = by_login(tx, login)?.map(|known| known.id);
    let reached: Option<Reached> =
        tx.query_one("SELECT email FROM account WHERE id = $1 AND email_verified AND deleted_at IS NULL", &[&named])?;
    let waits = challenge::wait(tx, KIND, named, now)?.is_some();
    let (account, email) = match reached.filter(|_| !waits) {
        Some(reached) => (named, reached.email),
        None => (None, String::new()),
    };
    let owner = account.map_or([0; 16], |id| *id.as_bytes());
    let sealed = seal(app.key(), new.nonce, &owner, new.token.reveal()).ok_or_else(Refused::unsealed)?;
    challenge::keep(tx, Challenge { kind: KIND, account, email: &email, secret: &hash(new.token.reveal()) }, now)?;
    let mail =
        Queued { kind: KIND, email: &email, account, band: None, invite: None, actor: None, secret: Some(&sealed) };
    Ok(outbox::queue(tx, &[mail], now)?)
}

crate::row! { struct Whose { account: Option<AccountId> } }

/// Whose password a token sets; one that is unknown, used or over is refused alike.
pub(crate) fn account_of_reset(tx: &mut Tx<'_>, token: &Hash, now: Timestamp) -> Result<AccountId, Refused> {
    let whose: Option<Whose> = tx.query_one(
        "SELECT account FROM challenge WHERE secret = $1 AND kind = 'reset' AND expires_at > $2",
        &[token, &now],
    )?;
    whose.and_then(|whose| whose.account).ok_or_else(dead_token)
}

/// Sets a new password by a token. Every session of the account ends, and every other token is worthless.
pub(crate) fn reset(tx: &mut Tx<'_>, token: &Hash, password_hash: &str, now: Timestamp) -> Result<(), Refused> {
    let account = account_of_reset(tx, token, now)?;
    hold(tx, account)?;
    let used =
        tx.execute("DELETE FROM challenge WHERE secret = $1 AND kind = 'reset' AND expires_at > $2", &[token, &now])?;
    let set = tx.execute(
        "UPDATE account SET password_hash = $2 WHERE id = $1 AND email_verified AND deleted_at IS NULL",
        &[&account, &password_hash],
    )?;
    if used == 0 || set == 0 {
        return Err(dead_token());
    }
    let _ = tx.execute("DELETE FROM session WHERE account = $1", &[&account])?;
    forget_resets(tx, account, now)?;
    let (actor, action) = (Some(account), "account.password_reset");
    Ok(audit::record(tx, now, Event { band: None, actor, action, invite: None, account: actor, detail: None })?)
}

/// Makes every token worthless with which the account's password could be set.
pub(super) fn forget_resets(tx: &mut Tx<'_>, account: AccountId, now: Timestamp) -> Result<(), Refused> {
    challenge::drop_all(tx, KIND, account)?;
    Ok(outbox::withdraw(tx, KIND, account, now)?)
}

/// The one answer to every token that sets no password.
pub(crate) fn dead_token() -> Refused {
    Refused::field("token", "works no more, or never did: ask for a new mail, and take the link of that one")
}
