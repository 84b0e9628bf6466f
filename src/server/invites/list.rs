//! A band's invites, a page at a time.

use std::fmt::Write as _;

use crate::{
    api::Invites,
    domain::{AccountId, BandId, Kind, Status, Timestamp, search_terms},
    server::{
        Refused,
        page::{At, Page},
        store::{ToValue, Tx, dialect::intern},
    },
};

use super::{Access, InviteRow, SELECT, scope};

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
    if !terms.is_empty() {
        let text = tx.dialect().pick(
            " AND i.seq IN (SELECT rowid FROM invite_search WHERE invite_search MATCH ?)",
            " AND i.search @@ (?::text)::tsquery",
        );
        add(&mut sql, text, &words);
    }
    let filtered = sql.len() > " WHERE i.band = $1".len();
    let matched = if filtered {
        let counted = intern(format!(
            "SELECT COUNT(*) AS n FROM (SELECT i.seq FROM invite i{sql} LIMIT {MOST_COUNTED}) AS found"
        ));
        tx.query_one::<Count>(counted, &params)?.map(|count| count.n.unsigned_abs())
    } else {
        None
    };
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
    let all = intern(format!("{SELECT}{sql} ORDER BY {first}i.seq {order} LIMIT ${}", params.len()));
    let rows: Vec<InviteRow> = tx.query(all, &params)?;
    let place =
        |row: &InviteRow| (if by_end { row.expires_at.map_or(i64::MAX, Timestamp::micros) } else { 0 }, row.seq);
    let (rows, next_cursor, prev_cursor) = page.cut(rows, place);
    Ok(Invites {
        invites: rows.into_iter().map(|row| row.show(now)).collect(),
        total: access.invites.unsigned_abs(),
        pending: access.pending.unsigned_abs(),
        matched,
        next_cursor,
        prev_cursor,
    })
}
