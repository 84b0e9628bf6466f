//! Showing that an address is one's own: a code goes there by mail, and comes back by hand.
//!
//! An address can be typed by anybody and belongs to nobody until it is verified. Who verifies it has it alone: those who
//! only typed it lose it.

use crate::{
    api::Account,
    domain::{AccountId, AddressCode, MailKind, Timestamp},
    server::{
        App, Refused,
        audit::{self, Event},
        hash, open,
        outbox::{self, A_DAY, Queued},
        seal,
        store::{Dialect, Error, Tx},
    },
};

use super::{
    challenge::{self, Challenge},
    email_taken, hold, read,
};

/// How often a code can be tried.
const TRIES: i64 = 5;
/// Codes that one address gets in a day, whoever says that it is theirs.
const MOST_CODES_TO_ONE: i64 = 20;

/// A code to be mailed, made outside of the transaction that keeps it.
#[derive(Debug, Clone)]
pub(crate) struct NewCode {
    code: AddressCode,
    nonce: [u8; 12],
}

impl NewCode {
    /// A fresh one.
    pub(crate) fn new(app: &App) -> Self {
        Self { code: AddressCode::from_random(app.random()), nonce: app.random() }
    }
}

crate::row! { struct Holder { email: String, email_verified: bool } }

fn holder(tx: &mut Tx<'_>, account: AccountId) -> Result<Holder, Refused> {
    let sql = "SELECT email, email_verified FROM account WHERE id = $1 AND deleted_at IS NULL";
    tx.query_one(sql, &[&account])?.ok_or_else(Refused::account_gone)
}

/// Mails a code to the account's address, as its holder asks: once a minute, ten times a day.
pub(crate) fn ask_verification(
    tx: &mut Tx<'_>,
    app: &App,
    account: AccountId,
    new: &NewCode,
    now: Timestamp,
) -> Result<(), Refused> {
    hold(tx, account)?;
    let holder = holder(tx, account)?;
    if holder.email_verified {
        return Err(verified_already());
    }
    if holder.email.is_empty() {
        return Err(Refused::field(
            "email",
            "is missing: the one you had was somebody else's. Give your account another address first",
        ));
    }
    if let Some(seconds) = challenge::wait(tx, MailKind::Verification, Some(account), now)? {
        return Err(Refused::Limited { seconds });
    }
    if has_enough(tx, &holder.email, now)? {
        return Err(Refused::Limited { seconds: A_DAY.unsigned_abs() });
    }
    send(tx, app, account, &holder.email, new, now)
}

/// Mails a code to an address that the account has just taken on. Where that was done too often the address gets none, and
/// the holder asks for one later. Nothing without a transport.
pub(crate) fn begin_verification(
    tx: &mut Tx<'_>,
    app: &App,
    account: AccountId,
    email: &str,
    new: &NewCode,
    now: Timestamp,
) -> Result<(), Refused> {
    if !app.settings().mail.is_on() {
        return Ok(());
    }
    if challenge::is_enough(tx, MailKind::Verification, account, now)? || has_enough(tx, email, now)? {
        return Ok(());
    }
    send(tx, app, account, email, new, now)
}

/// Whether an address has had as many codes as a day has.
fn has_enough(tx: &mut Tx<'_>, email: &str, now: Timestamp) -> Result<bool, Error> {
    let sent = tx.count(
        "SELECT COUNT(*) AS n FROM (SELECT 1 FROM mail
            WHERE email = $1 AND created_at > $2 AND kind = 'verification' LIMIT $3) AS found",
        &[&email, &now.plus_seconds(-A_DAY), &MOST_CODES_TO_ONE],
    )?;
    Ok(sent >= MOST_CODES_TO_ONE)
}

/// The new code takes the place of an older one, and its mail of one that still waits.
fn send(
    tx: &mut Tx<'_>,
    app: &App,
    account: AccountId,
    email: &str,
    new: &NewCode,
    now: Timestamp,
) -> Result<(), Refused> {
    let kind = MailKind::Verification;
    let sealed = seal(app.key(), new.nonce, account.as_bytes(), new.code.reveal()).ok_or_else(Refused::unsealed)?;
    challenge::drop_all(tx, kind, account)?;
    outbox::withdraw(tx, kind, account, now)?;
    challenge::keep(tx, Challenge { kind, account: Some(account), email, secret: &sealed }, now)?;
    let mail = Queued {
        kind,
        email,
        account: Some(account),
        band: None,
        invite: None,
        actor: Some(account),
        secret: Some(&sealed),
    };
    Ok(outbox::queue(tx, &[mail], now)?)
}

crate::row! { struct Try { secret: Vec<u8>, tries: i64 } }

crate::row! { struct Loser { id: AccountId } }

/// Takes a code that was typed. What is right makes the address this account's alone, and whoever only typed it loses it. What
/// is wrong costs a try: that is kept, so the refusal is not one of the transaction.
pub(crate) fn verify(
    tx: &mut Tx<'_>,
    app: &App,
    account: AccountId,
    typed: &AddressCode,
    now: Timestamp,
) -> Result<Result<Account, Refused>, Refused> {
    let email = holder(tx, account)?.email;
    if email.is_empty() {
        return Err(email_taken());
    }
    // All who typed the address are held, in one order: of two who prove it at once, one is first.
    if tx.dialect() == Dialect::Postgres {
        let _ = tx.exists("SELECT 1 AS n FROM account WHERE email = $1 ORDER BY id FOR UPDATE", &[&email])?;
    }
    let now_is = holder(tx, account)?;
    if now_is.email_verified {
        return Err(verified_already());
    }
    if now_is.email != email {
        return Err(email_taken());
    }
    let tried: Option<Try> = tx.query_one(
        "UPDATE challenge SET tries = tries + 1
         WHERE account = $1 AND kind = 'verification' AND email = $2 AND expires_at > $3 AND tries < $4
         RETURNING secret, tries",
        &[&account, &email, &now, &TRIES],
    )?;
    let Some(tried) = tried else { return Err(Refused::field("code", "is over: ask for a new one by mail")) };
    // Hashes are compared, so the time tells nothing of the code.
    let is_right =
        open(app.key(), account.as_bytes(), &tried.secret).is_some_and(|code| hash(code) == hash(typed.reveal()));
    if !is_right {
        return Ok(Err(Refused::field("code", wrong(TRIES - tried.tries))));
    }
    if tx.exists("SELECT 1 AS n FROM account WHERE email_claim = $1 AND email_verified", &[&email])? {
        return Err(email_taken());
    }
    let losers: Vec<Loser> = tx.query(
        "UPDATE account SET email = '', email_claim = NULL WHERE email = $1 AND id <> $2 AND NOT email_verified
         RETURNING id",
        &[&email, &account],
    )?;
    for loser in losers {
        told(tx, loser.id, "account.email_lost", now)?;
    }
    let _ =
        tx.execute("UPDATE account SET email_verified = $2, email_claim = email WHERE id = $1", &[&account, &true])?;
    challenge::drop_all(tx, MailKind::Verification, account)?;
    told(tx, account, "account.email_verified", now)?;
    Ok(Ok(read(tx, account)?))
}

/// What is said of a wrong code.
fn wrong(left: i64) -> String {
    match left {
        ..=0 => "is not the one of the newest mail, and was tried too often: ask for a new one".to_owned(),
        1 => "is not the one of the newest mail; it can be tried once more".to_owned(),
        _ => format!("is not the one of the newest mail; it can be tried {left} times more"),
    }
}

fn verified_already() -> Refused {
    Refused::field("email", "is verified already: there is nothing to do")
}

fn told(tx: &mut Tx<'_>, account: AccountId, action: &'static str, now: Timestamp) -> Result<(), Error> {
    let account = Some(account);
    audit::record(tx, now, Event { band: None, actor: account, action, invite: None, account, detail: None })
}
