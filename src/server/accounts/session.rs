//! Sessions: a bearer token a device, of which only the hash is kept.

use crate::{
    api::Session,
    domain::{AccountId, Address, SessionId, Timestamp, Username},
    server::{
        Hash, Refused,
        store::{Error, Tx},
    },
};

/// Seconds for which a session lasts: 90 days.
const LASTS_SECONDS: i64 = 90 * 24 * 3_600;

/// A session to begin.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewSession {
    /// Its id.
    pub(crate) id: SessionId,
    /// The hash of its token.
    pub(crate) token_hash: Hash,
}

/// Begins a session; the instant at which it ends. A session is always of an account that is there: one that is being
/// deleted begins none.
pub(crate) fn begin_session(
    tx: &mut Tx<'_>,
    account: AccountId,
    new: NewSession,
    now: Timestamp,
) -> Result<Timestamp, Refused> {
    let end = now.plus_seconds(LASTS_SECONDS);
    let begun = tx.execute(
        tx.dialect().pick(
            "INSERT INTO session (id, account, token_hash, created_at, expires_at)
             SELECT $1, id, $3, $4, $5 FROM account WHERE id = $2 AND deleted_at IS NULL",
            "INSERT INTO session (id, account, token_hash, created_at, expires_at)
             SELECT $1, id, $3, $4, $5 FROM account WHERE id = $2 AND deleted_at IS NULL FOR SHARE",
        ),
        &[&new.id, &account, &new.token_hash, &now, &end],
    )?;
    if begun == 1 { Ok(end) } else { Err(Refused::account_gone()) }
}

/// Ends one of an account's sessions; whether there was one.
pub(crate) fn end_session(tx: &mut Tx<'_>, account: AccountId, id: SessionId) -> Result<bool, Refused> {
    Ok(tx.execute("DELETE FROM session WHERE id = $1 AND account = $2", &[&id, &account])? == 1)
}

/// Clears away at most `most` sessions that are over at `now`; how many there were.
pub(crate) fn forget_sessions(tx: &mut Tx<'_>, now: Timestamp, most: i64) -> Result<usize, Error> {
    let gone = tx.execute(
        "DELETE FROM session WHERE seq IN (SELECT seq FROM session WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)",
        &[&now, &most],
    )?;
    Ok(gone as usize)
}

crate::row! { struct SessionRow { id: SessionId, created_at: Timestamp, expires_at: Timestamp } }

/// The sessions of an account that are not over, newest first.
pub(crate) fn sessions(
    tx: &mut Tx<'_>,
    account: AccountId,
    current: SessionId,
    now: Timestamp,
) -> Result<Vec<Session>, Refused> {
    let rows: Vec<SessionRow> = tx.query(
        "SELECT id, created_at, expires_at FROM session WHERE account = $1 AND expires_at > $2 ORDER BY seq DESC LIMIT 200",
        &[&account, &now],
    )?;
    let session = |row: SessionRow| Session {
        id: row.id,
        created_at: row.created_at,
        expires_at: row.expires_at,
        current: row.id == current,
    };
    Ok(rows.into_iter().map(session).collect())
}

crate::row! {
    /// What a log-in is checked against.
    #[derive(Debug)]
    pub(crate) struct Credentials {
        /// The account.
        pub(crate) id: AccountId,
        /// The hash of its password.
        pub(crate) password_hash: String,
    }
}

/// The one form of all spellings that name the same account, whether there is one or not.
pub(crate) fn login_key(login: &str) -> String {
    let known = if login.contains('@') {
        Address::parse(login).ok().map(|address| address.as_str().to_owned())
    } else {
        Username::parse(login).ok().map(|name| name.key())
    };
    known.unwrap_or_else(|| login.to_lowercase())
}

/// The account that a user name or an address names. An address counts only where it is one account's alone.
pub(crate) fn by_login(tx: &mut Tx<'_>, login: &str) -> Result<Option<Credentials>, Refused> {
    // A user name cannot hold an @, so the two never meet.
    if login.contains('@') {
        let Ok(address) = Address::parse(login) else { return Ok(None) };
        return Ok(tx.query_one("SELECT id, password_hash FROM account WHERE email_claim = $1", &[&address])?);
    }
    let Ok(name) = Username::parse(login) else { return Ok(None) };
    Ok(tx.query_one("SELECT id, password_hash FROM account WHERE username_key = $1", &[&name.key()])?)
}
