//! One after the other: what is mailed to an address in a day is counted by one transaction at a time.
//!
//! On PostgreSQL two transactions that count at once would both find room for the last mail. So each first takes the locks
//! of its addresses, in one order, and the last of all that it waits for: whoever holds one waits for nobody. Addresses
//! share a few locks, since a database has room for some thousands in all. SQLite has one writer.

use std::collections::BTreeSet;

use crate::{
    domain::{AccountId, BandId, InviteId},
    server::store::{
        Dialect, Error, ToValue, Tx,
        dialect::{filled, intern, numbers},
    },
};

use super::cancel::NAMED_AT_ONCE;

crate::row! { struct Lock { key: i64 } }

/// What is counted.
#[derive(Debug, Clone, Copy)]
enum Of {
    /// Invites and their reminders.
    Invites = 1,
    /// Notices to who invited.
    Notices = 2,
    /// Invites that are made together.
    Bulks = 3,
    /// Decisions about many invites.
    Decisions = 4,
}

/// Waits until nobody else counts what the recipients of these invites were mailed; they then wait for this transaction.
pub(super) fn of_recipients(tx: &mut Tx<'_>, invites: &[InviteId]) -> Result<(), Error> {
    let rows = "invite i LEFT JOIN account t ON t.id = i.account AND t.email_verified WHERE i.id IN";
    take(tx, Of::Invites, "COALESCE(i.email, t.email)", rows, invites)
}

/// As [`of_recipients`], of what those who invited are told.
pub(super) fn of_inviters(tx: &mut Tx<'_>, accounts: &[AccountId]) -> Result<(), Error> {
    take(tx, Of::Notices, "a.email", "account a WHERE a.id IN", accounts)
}

/// Waits until nobody else makes many invites in the band at once: two that are for the same people, in other orders, would
/// wait for each other. Before invites are held.
pub(super) fn of_bulks(tx: &mut Tx<'_>, band: BandId) -> Result<(), Error> {
    of_band(tx, Of::Bulks, band)
}

/// Waits until nobody else takes a decision about the band's invites: their numbers come to be seen in their order, so that
/// an invite that bears one has been through all before it. After invites are held, and before the band is.
pub(crate) fn of_decisions(tx: &mut Tx<'_>, band: BandId) -> Result<(), Error> {
    of_band(tx, Of::Decisions, band)
}

/// Each band has a lock of its own: whoever takes those of several, in the order of their ids, meets nobody in another.
fn of_band(tx: &mut Tx<'_>, of: Of, band: BandId) -> Result<(), Error> {
    if tx.dialect() == Dialect::Sqlite {
        return Ok(());
    }
    let sql = "SELECT CAST(1 AS bigint) AS key
        FROM (SELECT pg_advisory_xact_lock(hashtextextended(CAST($2::uuid AS text), CAST($1 AS bigint)))) AS held";
    let _: Option<Lock> = tx.query_one(sql, &[&(of as i64), &band])?;
    Ok(())
}

fn take<T: ToValue>(tx: &mut Tx<'_>, of: Of, address: &str, rows: &str, ids: &[T]) -> Result<(), Error> {
    if tx.dialect() == Dialect::Sqlite {
        return Ok(());
    }
    let mut keys = BTreeSet::new();
    for some in ids.chunks(NAMED_AT_ONCE) {
        let sql = intern(format!(
            "SELECT CAST(hashtext({address}) & 255 AS bigint) AS key FROM {rows} ({}) AND {address} IS NOT NULL",
            numbers(1, some.len())
        ));
        let params: Vec<&dyn ToValue> = filled(some).map(|id| id as &dyn ToValue).collect();
        keys.extend(tx.query::<Lock>(sql, &params)?.into_iter().map(|lock| lock.key));
    }
    for key in keys {
        let sql = "SELECT CAST(1 AS bigint) AS key FROM (SELECT pg_advisory_xact_lock(CAST($1 AS bigint) * 256 + $2)) AS held";
        let _: Option<Lock> = tx.query_one(sql, &[&(of as i64), &key])?;
    }
    Ok(())
}
