//! Who may not come back, and lifting that.

use crate::{
    api::{Ban, Bans, Person},
    domain::{AccountId, BandId, Timestamp},
    server::{
        Refused,
        audit::{self, Event},
        page::Page,
        store::{Tx, dialect::intern},
    },
};

use super::Access;

crate::row! {
    struct Row {
        seq: i64, at: Timestamp, account: AccountId, username: String, display_name: String, by_id: AccountId,
        by_username: String, by_name: String,
    }
}

/// A page of the band's bans, newest first; for its admins.
pub(crate) fn bans(tx: &mut Tx<'_>, band: BandId, caller: AccountId, page: Page) -> Result<Bans, Refused> {
    Access::of(tx, band, caller)?.require_admin()?;
    let (than, order, from) = page.reading(true);
    let sql = intern(format!(
        "SELECT d.seq AS seq, d.at AS at, a.id AS account, a.username AS username, a.display_name AS display_name,
            b.id AS by_id, b.username AS by_username, b.display_name AS by_name
         FROM departure d JOIN account a ON a.id = d.account JOIN account b ON b.id = d.acted_by
         WHERE d.band = $1 AND d.banned = $2 AND (d.at, d.seq) {than} ($3, $4)
         ORDER BY d.at {order}, d.seq {order} LIMIT $5"
    ));
    let rows: Vec<Row> = tx.query(sql, &[&band, &true, &from.key, &from.seq, &page.fetch()])?;
    let (rows, next_cursor, prev_cursor) = page.cut(rows, |row| (row.at.micros(), row.seq));
    let ban = |row: Row| Ban {
        account: Person { id: row.account, username: row.username, display_name: row.display_name },
        at: row.at,
        by: Person { id: row.by_id, username: row.by_username, display_name: row.by_name },
    };
    Ok(Bans { bans: rows.into_iter().map(ban).collect(), next_cursor, prev_cursor })
}

/// Lifts a ban, for the band's admins: the person can come back by an invite made after the removal, as everyone who
/// was removed.
pub(crate) fn unban(
    tx: &mut Tx<'_>,
    band: BandId,
    caller: AccountId,
    account: AccountId,
    now: Timestamp,
) -> Result<(), Refused> {
    Access::hold(tx, band, caller)?.require_admin()?;
    let lifted = tx.execute(
        "UPDATE departure SET banned = $3 WHERE band = $1 AND account = $2 AND banned = $4",
        &[&band, &account, &false, &true],
    )?;
    if lifted == 0 {
        return Err(Refused::not_found("ban"));
    }
    let event = Event {
        band: Some(band),
        actor: Some(caller),
        action: "member.unbanned",
        invite: None,
        account: Some(account),
        detail: None,
    };
    Ok(audit::record(tx, now, event)?)
}
