//! A band's invites, a page at a time.

use std::fmt::Write as _;

use crate::{
    api::Invites,
    domain::{AccountId, BandId, Kind, Status, Timestamp, search_pattern, search_terms},
    server::{
        Refused,
        page::{At, Page},
        store::{ToValue, Tx, dialect::intern},
    },
};

use super::{Access, COLUMNS, InviteRow, PEOPLE, scope};

/// How far matches are counted.
const MOST_COUNTED: i64 = 1_000;

/// The end of an invite as lists sort by it: one without an end comes last.
const END: &str = "COALESCE(i.expires_at, 9223372036854775807)";

/// The order of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    /// By number, `true` newest first.
    Created(bool),
    /// By end, `true` latest first; an invite without an end comes last of all ends.
    Expires(bool),
}

/// Which invites are asked for.
#[derive(Debug, Clone)]
pub(crate) struct Filter {
    pub(crate) status: Option<Status>,
    pub(crate) kind: Option<Kind>,
    pub(crate) created_by: Option<AccountId>,
    pub(crate) q: Option<String>,
    pub(crate) sort: Sort,
}

crate::row! { struct Count { n: i64 } }

/// A page of a band's invites. Those who may not invite see their own.
pub(crate) fn list(
    tx: &mut Tx<'_>,
    band: BandId,
    caller: AccountId,
    access: Access,
    filter: &Filter,
    page: Page,
    now: Timestamp,
) -> Result<Invites, Refused> {
    let own = (!access.sees_all()).then_some(caller);
    let terms = filter.q.as_deref().map(|q| search_terms(&scope(band), q)).unwrap_or_default();
    let words = terms.join(tx.dialect().pick(" AND ", " & "));
    let pattern = filter.q.as_deref().and_then(search_pattern);
    let mut sql = String::from(" WHERE i.band = $1");
    let mut params: Vec<&dyn ToValue> = vec![&band];
    let mut add = |sql: &mut String, text: &str, value| {
        params.push(value);
        sql.push_str(&text.replace('?', &format!("${}", params.len())));
    };
    if let Some(status) = &filter.status {
        add(&mut sql, " AND i.status = ?", status);
    }
    if let Some(kind) = &filter.kind {
        add(&mut sql, " AND i.kind = ?", kind);
    }
    if let Some(creator) = &filter.created_by {
        add(&mut sql, " AND i.created_by = ?", creator);
    }
    if let Some(own) = &own {
        add(&mut sql, " AND i.created_by = ?", own);
    }
    if let Some(pattern) = &pattern {
        add(&mut sql, " AND i.search_text LIKE ? ESCAPE '\\'", pattern);
    }
    let filtered = params.len() > 1;
    let (walked, before_words) = (sql.clone(), params.len());
    // Led by the index over words: the few rows that have them, whatever the size of the band.
    let mut from = "invite i";
    if pattern.is_some() {
        params.push(&words);
        from = tx.dialect().pick("invite_search s CROSS JOIN invite i ON i.seq = s.rowid", from);
        let led = tx.dialect().pick(" AND s.invite_search MATCH $", " AND i.search @@ $");
        let cast = tx.dialect().pick("", "::text::tsquery");
        let _ = write!(sql, "{led}{}{cast}", params.len());
    }
    let matched = if filtered {
        let counted =
            intern(format!("SELECT COUNT(*) AS n FROM (SELECT i.seq FROM {from}{sql} LIMIT {MOST_COUNTED}) AS found"));
        tx.query_one::<Count>(counted, &params)?.map(|count| count.n)
    } else {
        None
    };
    if pattern.is_some() && matched.is_some_and(|n| n >= MOST_COUNTED) {
        // So common that a walk along the list meets them soon, while the index would gather them all first.
        params.truncate(before_words);
        (sql, from) = (walked, "invite i");
    }
    let (by_end, newest) = match filter.sort {
        Sort::Created(newest) => (false, newest),
        Sort::Expires(latest) => (true, latest),
    };
    let down = newest != page.is_backward();
    let (than, order) = if down { ("<", "DESC") } else { (">", "ASC") };
    let (key, seq);
    if let At::From(cursor) = page.at {
        (key, seq) = (cursor.key, cursor.seq);
        params.push(&seq);
        let n = params.len();
        if by_end {
            params.push(&key);
            let _ = write!(sql, " AND ({END}, i.seq) {than} (${}, ${n})", n + 1);
        } else {
            let _ = write!(sql, " AND i.seq {than} ${n}");
        }
    }
    let fetch = page.fetch();
    params.push(&fetch);
    let first = if by_end { format!("{END} {order}, ") } else { String::new() };
    let all = intern(format!(
        "SELECT {COLUMNS} FROM {from} {PEOPLE}{sql} ORDER BY {first}i.seq {order} LIMIT ${}",
        params.len()
    ));
    let rows: Vec<InviteRow> = tx.query(all, &params)?;
    let place =
        |row: &InviteRow| (if by_end { row.expires_at.map_or(i64::MAX, Timestamp::micros) } else { 0 }, row.seq);
    let (rows, next_cursor, prev_cursor) = page.cut(rows, place);
    Ok(Invites {
        invites: rows.into_iter().map(|row| row.show(now)).collect(),
        total: access.invites.unsigned_abs(),
        pending: access.pending.unsigned_abs(),
        matched: matched.map(i64::unsigned_abs),
        next_cursor,
        prev_cursor,
    })
}
