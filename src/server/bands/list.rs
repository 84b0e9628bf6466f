//! Lists of bands: one's own, and those that anyone may join or ask to join.

use crate::{
    api::{BandScope, Bands},
    domain::{AccountId, search_pattern},
    server::{
        Refused,
        page::Page,
        store::{ToValue, Tx, dialect::intern},
    },
};

use super::BandRow;

/// A page of bands, newest first: one's own by when one came in, the others by when they were made. `q` is a part of
/// the name, under three letters its beginning.
pub(crate) fn list(
    tx: &mut Tx<'_>,
    account: AccountId,
    scope: BandScope,
    q: Option<&str>,
    page: Page,
) -> Result<Bands, Refused> {
    let (seq, rows) = match scope {
        BandScope::Mine => ("m.seq", "member m JOIN band b ON b.id = m.band WHERE m.account = $1"),
        BandScope::Open => {
            ("b.seq", "band b LEFT JOIN member m ON m.band = b.id AND m.account = $1 WHERE b.join_mode <> 'invite'")
        }
    };
    let (than, order, from) = page.reading(true);
    let (fetch, pattern) = (page.fetch(), q.and_then(search_pattern));
    let mut params: Vec<&dyn ToValue> = vec![&account, &from.seq, &fetch];
    let named = if let Some(pattern) = &pattern {
        params.push(pattern);
        " AND b.search_text LIKE $4 ESCAPE '\\'"
    } else {
        ""
    };
    let sql = intern(format!(
        "SELECT {seq} AS seq, b.id AS id, name, description, contact, join_mode, invite_permission, revision, members,
            invites, pending, created_at, m.role AS role, m.can_invite AS can_invite, policy
         FROM {rows} AND b.deleted_at IS NULL AND {seq} {than} $2{named} ORDER BY {seq} {order} LIMIT $3"
    ));
    let rows: Vec<BandRow> = tx.query(sql, &params)?;
    let (rows, next_cursor, prev_cursor) = page.cut(rows, |row| (0, row.seq));
    Ok(Bands { bands: rows.into_iter().map(|row| row.into_band(None)).collect(), next_cursor, prev_cursor })
}
