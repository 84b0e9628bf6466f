//! Mail that waits to be sent: written in the transaction that causes it, taken by one worker at a time.
//!
//! ```text
//!          ┌──── the server says "not now" ────┐
//! queued ──┴──▶ taken ──▶ sent                 │
//!                 │ └───▶ bounced: refused for good, or for 48 hours
//!                 └─────▶ suppressed: the address wants none      dropped: there is no reason for it any more
//! ```
//!
//! Who takes a mail puts off the instant at which it is due, by longer than a try can last. So a worker that dies leaves
//! nothing to clean up: its mail is due again by itself. A mail keeps its number, and with it its Message-ID.

use crate::domain::{AccountId, BandId, InviteId, MailKind, MailOutcome, Timestamp};

use super::store::{Error, ToValue, Tx, dialect::intern};

/// The seconds in which mails are counted against the limits: a day.
pub(crate) const A_DAY: i64 = 86_400;

/// A mail to be sent.
#[derive(Debug, Clone)]
pub(crate) struct Queued<'a> {
    /// What it is about.
    pub(crate) kind: MailKind,
    /// To which address.
    pub(crate) email: &'a str,
    /// The account it is to, where it is to one.
    pub(crate) account: Option<AccountId>,
    /// The band that it is about.
    pub(crate) band: Option<BandId>,
    /// The invite that it is about.
    pub(crate) invite: Option<InviteId>,
    /// Who brought it about.
    pub(crate) actor: Option<AccountId>,
    /// A secret that it carries, sealed.
    pub(crate) secret: Option<&'a [u8]>,
}

/// Rows that one statement takes.
const ROWS: usize = 50;
/// Values of each row, after the instant that all of them share.
const COLUMNS: usize = 8;

/// Queues mails. The worker of this node is rung once they are written.
pub(crate) fn queue(tx: &mut Tx<'_>, mails: &[Queued<'_>], now: Timestamp) -> Result<(), Error> {
    for some in mails.chunks(ROWS) {
        let rows: Vec<String> = (0..some.len())
            .map(|row| {
                let numbers: Vec<String> = (0..COLUMNS).map(|n| format!("${}", 2 + row * COLUMNS + n)).collect();
                format!("($1, $1, {})", numbers.join(", "))
            })
            .collect();
        let sql = intern(format!(
            "INSERT INTO mail (created_at, due_at, kind, email, account, band, invite, actor, secret, urgent) VALUES {}",
            rows.join(", ")
        ));
        let urgent: Vec<bool> = some.iter().map(|mail| mail.kind.is_awaited()).collect();
        let mut params: Vec<&dyn ToValue> = vec![&now];
        for (mail, urgent) in some.iter().zip(&urgent) {
            params.extend([&mail.kind as &dyn ToValue, &mail.email, &mail.account, &mail.band, &mail.invite]);
            params.extend([&mail.actor as &dyn ToValue, &mail.secret, urgent]);
        }
        let _ = tx.execute(sql, &params)?;
    }
    if !mails.is_empty() {
        tx.ring();
    }
    Ok(())
}

crate::row! {
    /// A mail that its taker alone works on until the lease ends.
    #[derive(Debug, Clone)]
    pub(crate) struct Taken {
        /// Its number: no two mails of a database share one.
        pub(crate) seq: i64,
        pub(crate) kind: MailKind,
        pub(crate) email: String,
        pub(crate) account: Option<AccountId>,
        pub(crate) band: Option<BandId>,
        pub(crate) invite: Option<InviteId>,
        pub(crate) actor: Option<AccountId>,
        pub(crate) secret: Option<Vec<u8>>,
        pub(crate) created_at: Timestamp,
        /// Which try this is, from 1 on. It also tells this taker from a later one.
        pub(crate) tries: u32,
    }
}

/// Takes the mail that is due first, if one is: until `lease` no other worker sees it. Nodes that do this at once take
/// different ones.
pub(crate) fn take(tx: &mut Tx<'_>, now: Timestamp, lease: Timestamp) -> Result<Option<Taken>, Error> {
    for urgent in [true, false] {
        let first = tx.dialect().unheld(
            "SELECT seq FROM mail WHERE settled_at IS NULL AND urgent = $3 AND due_at <= $1
             ORDER BY due_at, seq LIMIT 1",
        );
        let sql = intern(format!(
            "UPDATE mail SET due_at = $2, tries = tries + 1 WHERE {first}
             RETURNING seq, kind, email, account, band, invite, actor, secret, created_at, tries"
        ));
        let taken: Option<Taken> = tx.query_one(sql, &[&now, &lease, &urgent])?;
        if taken.is_some() {
            return Ok(taken);
        }
    }
    Ok(None)
}

crate::row! { struct Due { due_at: Timestamp } }

/// When the next mail is due.
pub(crate) fn next_due(tx: &mut Tx<'_>) -> Result<Option<Timestamp>, Error> {
    let mut next = None;
    for urgent in [true, false] {
        let due: Option<Due> = tx.query_one(
            "SELECT due_at FROM mail WHERE settled_at IS NULL AND urgent = $1 ORDER BY due_at, seq LIMIT 1",
            &[&urgent],
        )?;
        next = next.into_iter().chain(due.map(|due| due.due_at)).min();
    }
    Ok(next)
}

/// Whether a mail is its taker's until then.
pub(crate) fn is_held(tx: &mut Tx<'_>, mail: &Taken, until: Timestamp) -> Result<bool, Error> {
    tx.exists(
        "SELECT 1 AS n FROM mail WHERE seq = $1 AND tries = $2 AND settled_at IS NULL AND due_at >= $3",
        &[&mail.seq, &mail.tries, &until],
    )
}

/// Ends a mail. Whether it was still its taker's: after the lease another may have taken it.
pub(crate) fn settle(
    tx: &mut Tx<'_>,
    mail: &Taken,
    outcome: MailOutcome,
    note: Option<&str>,
    now: Timestamp,
) -> Result<bool, Error> {
    let done = tx.execute(
        "UPDATE mail SET outcome = $3, note = $4, settled_at = $5, secret = NULL
         WHERE seq = $1 AND tries = $2 AND settled_at IS NULL",
        &[&mail.seq, &mail.tries, &outcome, &note, &now],
    )?;
    Ok(done > 0)
}

/// Takes back what waits of this kind for the account: what it says is no longer so.
pub(crate) fn withdraw(tx: &mut Tx<'_>, kind: MailKind, account: AccountId, now: Timestamp) -> Result<(), Error> {
    let _ = tx.execute(
        "UPDATE mail SET outcome = 'dropped', settled_at = $3, secret = NULL
         WHERE account = $1 AND kind = $2 AND settled_at IS NULL",
        &[&account, &kind, &now],
    )?;
    Ok(())
}

/// Puts a mail back, to be tried again at `due`. Where it was no fault of the mail, the try does not count.
pub(crate) fn put_back(
    tx: &mut Tx<'_>,
    mail: &Taken,
    due: Timestamp,
    note: Option<&str>,
    counts: bool,
) -> Result<bool, Error> {
    let done = tx.execute(
        "UPDATE mail SET due_at = $3, note = $4, tries = tries - $5::bigint
         WHERE seq = $1 AND tries = $2 AND settled_at IS NULL",
        &[&mail.seq, &mail.tries, &due, &note, &i64::from(!counts)],
    )?;
    Ok(done > 0)
}

/// How far mails that wait are counted: what the limit of [`waiting`]'s statement says.
const COUNTED: u64 = 10_000;

/// How many mails wait, counted to [`COUNTED`].
pub(crate) fn waiting(tx: &mut Tx<'_>) -> Result<u64, Error> {
    let mut all = 0;
    for urgent in [true, false] {
        let waiting = tx.count(
            "SELECT COUNT(*) AS n
             FROM (SELECT 1 FROM mail WHERE settled_at IS NULL AND urgent = $1 LIMIT 10000) AS found",
            &[&urgent],
        )?;
        all += waiting.unsigned_abs();
    }
    Ok(all.min(COUNTED))
}

/// Forgets at most `most` mails that ended before `before`; how many there were.
pub(crate) fn forget(tx: &mut Tx<'_>, before: Timestamp, most: i64) -> Result<usize, Error> {
    let done = tx.execute(
        "DELETE FROM mail WHERE seq IN (SELECT seq FROM mail WHERE settled_at IS NOT NULL AND settled_at < $1
            ORDER BY settled_at LIMIT $2)",
        &[&before, &most],
    )?;
    Ok(usize::try_from(done).unwrap_or(usize::MAX))
}
