//! Lists of bands: one's own, and those that anyone may join or ask to join.

use crate::{
    api::{BandScope, Bands},
    domain::{AccountId, search_pattern},
    server::{
        Refused,
        filtered::MOST_LOOKED_AT,
        page::Page,
        store::{ToValue, Tx, dialect::intern},
    },
};

use super::BandRow;

crate::row! { struct Edge { seq: i64 } }

/// A page of bands, newest first: one's own by when one came in, the others by when they were made. `q` is a part of
/// the name, under three letters its beginning; for that so many bands are looked at and no more, and a page that is not
/// full by then goes on behind the last of them.
pub(crate) fn list(
    tx: &mut Tx<'_>,
    account: AccountId,
    scope: BandScope,
    q: Option<&str>,
    page: Page,
) -> Result<Bands, Refused> {
    // What the list is walked along, which of its rows, and what is read with each.
    let (r, walked, which, joined) = match scope {
        BandScope::Mine => ("m", "member", "m.account = $2", "JOIN band b ON b.id = m.band"),
        BandScope::Open => (
            "b",
            "band",
            "b.join_mode <> 'invite' AND b.deleted_at IS NULL",
            "LEFT JOIN member m ON m.band = b.id AND m.account = $2",
        ),
    };
    let (than, order, from) = page.reading(true);
    let (fetch, pattern) = (page.fetch(), q.and_then(search_pattern));
    let which = format!("{which} AND {r}.seq {than} $1");
    let in_order = format!("ORDER BY {r}.seq {order}");
    let mut params: Vec<&dyn ToValue> = vec![&from.seq, &account, &fetch];
    let rows = if let Some(pattern) = &pattern {
        params.extend([pattern as &dyn ToValue, &MOST_LOOKED_AT]);
        let found = format!("SELECT * FROM {walked} {r} WHERE {which} {in_order} LIMIT $5");
        format!("({found}) AS {r} {joined} WHERE b.search_text LIKE $4 ESCAPE '\\'")
    } else {
        format!("{walked} {r} {joined} WHERE {which}")
    };
    let sql = intern(format!(
        "SELECT {r}.seq AS seq, b.id AS id, name, description, contact, join_mode, invite_permission, revision, members,
            invites, pending, created_at, m.role AS role, m.can_invite AS can_invite, policy
         FROM {rows} AND b.deleted_at IS NULL {in_order} LIMIT $3"
    ));
    let rows: Vec<BandRow> = tx.query(sql, &params)?;
    let mut edge = None;
    if pattern.is_some() && rows.len() <= page.limit as usize {
        let last = MOST_LOOKED_AT - 1;
        let sql = format!("SELECT {r}.seq AS seq FROM {walked} {r} WHERE {which} {in_order} LIMIT 1 OFFSET {last}");
        let params: &[&dyn ToValue] = match scope {
            BandScope::Mine => &[&from.seq, &account],
            BandScope::Open => &[&from.seq],
        };
        edge = tx.query_one(intern(sql), params)?.map(|Edge { seq }| (0, seq));
    }
    let cut = page.cut_walk(rows, edge, |row| (0, row.seq));
    let [next_cursor, prev_cursor] = [cut.next, cut.prev].map(|place| place.map(|place| place.encode(page.of)));
    Ok(Bands { bands: cut.rows.into_iter().map(|row| row.into_band(None)).collect(), next_cursor, prev_cursor })
}
