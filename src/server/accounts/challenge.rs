//! What was mailed so that its reader shows who they are, and how often that is done.

use crate::{
    domain::{AccountId, MailKind, Timestamp},
    server::{
        outbox::A_DAY,
        store::{Error, Tx},
    },
};

/// For how long a code, or a token to set a password with, can be used: as its mail says.
pub(crate) const LIFE_MINUTES: i64 = 30;
/// Seconds between two such mails of one kind to one account.
const APART: i64 = 60;
/// Such mails of one kind to one account in a day.
const A_DAYS: usize = 10;

/// What was mailed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Challenge<'a> {
    /// What its mail is about.
    pub(super) kind: MailKind,
    /// Whose it is.
    pub(super) account: Option<AccountId>,
    /// To which address it goes.
    pub(super) email: &'a str,
    /// What is kept of the secret.
    pub(super) secret: &'a [u8],
}

/// Keeps a challenge from now on for as long as it lives.
pub(super) fn keep(tx: &mut Tx<'_>, new: Challenge<'_>, now: Timestamp) -> Result<(), Error> {
    let end = now.plus_seconds(LIFE_MINUTES * 60);
    let _ = tx.execute(
        "INSERT INTO challenge (kind, account, email, secret, expires_at) VALUES ($1, $2, $3, $4, $5)",
        &[&new.kind, &new.account, &new.email, &new.secret, &end],
    )?;
    Ok(())
}

/// Makes every challenge of this kind worthless that the account has.
pub(super) fn drop_all(tx: &mut Tx<'_>, kind: MailKind, account: AccountId) -> Result<(), Error> {
    let _ = tx.execute("DELETE FROM challenge WHERE account = $1 AND kind = $2", &[&account, &kind])?;
    Ok(())
}

crate::row! { struct Asked { created_at: Timestamp } }

/// When the account had its last mails of this kind, newest first: no more of them than a day has. They are counted where
/// every node sees them.
fn asked(tx: &mut Tx<'_>, kind: MailKind, account: Option<AccountId>) -> Result<Vec<Timestamp>, Error> {
    let sql = "SELECT created_at FROM mail WHERE account = $1 AND kind = $2 ORDER BY seq DESC LIMIT $3";
    let asked: Vec<Asked> = tx.query(sql, &[&account, &kind, &(A_DAYS as i64)])?;
    Ok(asked.into_iter().map(|asked| asked.created_at).collect())
}

/// After how many seconds the account can have another mail of this kind; `None` is at once.
pub(super) fn wait(
    tx: &mut Tx<'_>,
    kind: MailKind,
    account: Option<AccountId>,
    now: Timestamp,
) -> Result<Option<u64>, Error> {
    let asked = asked(tx, kind, account)?;
    let next = asked.first().map(|at| at.plus_seconds(APART));
    let day = asked.get(A_DAYS - 1).map(|at| at.plus_seconds(A_DAY));
    let until = next.into_iter().chain(day).max().filter(|until| *until > now);
    Ok(until.map(|until| until.seconds_since(now).unsigned_abs() + 1))
}

/// Whether the account has had as many mails of this kind as a day has.
pub(super) fn is_enough(tx: &mut Tx<'_>, kind: MailKind, account: AccountId, now: Timestamp) -> Result<bool, Error> {
    let asked = asked(tx, kind, Some(account))?;
    Ok(asked.get(A_DAYS - 1).is_some_and(|at| now.seconds_since(*at) < A_DAY))
}

/// Clears away at most `most` challenges that are over at `now`; how many there were.
pub(crate) fn forget_challenges(tx: &mut Tx<'_>, now: Timestamp, most: i64) -> Result<usize, Error> {
    let gone = tx.execute(
        "DELETE FROM challenge
         WHERE seq IN (SELECT seq FROM challenge WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)",
        &[&now, &most],
    )?;
    Ok(gone as usize)
}
