//! A band's invites, a page at a time.

use std::fmt::Write as _;

use crate::{
    api::{InviteSort, Invites},
    domain::{AccountId, BandId, CampaignId, Kind, Status, Timestamp, search_pattern, search_terms},
    server::{
        Refused,
        bands::scope,
        page::{At, MOST_COUNTED, Page},
        store::{ToValue, Tx, dialect::intern},
    },
};

use super::{Access, COLUMNS, InviteRow, PEOPLE};

/// The end of an invite as lists sort by it: one without an end comes last.
const END: &str = "COALESCE(i.expires_at, 9223372036854775807)";

/// Which invites are asked for.
#[derive(Debug, Clone)]
pub(crate) struct Filter {
    pub(crate) status: Option<Status>,
    pub(crate) kind: Option<Kind>,
    pub(crate) campaign: Option<CampaignId>,
    pub(crate) created_by: Option<AccountId>,
    pub(crate) q: Option<String>,
    pub(crate) sort: InviteSort,
}

/// What has to hold of the rows, with the values for it.
#[derive(Clone)]
struct Conditions<'a> {
    sql: String,
    params: Vec<&'a dyn ToValue>,
}

impl<'a> Conditions<'a> {
    /// A further condition; `?` stands for the value.
    fn and(&mut self, text: &str, value: &'a dyn ToValue) {
        self.params.push(value);
        let _ = write!(self.sql, " AND {}", text.replace('?', &format!("${}", self.params.len())));
    }

    /// How many rows there are, counted to [`MOST_COUNTED`].
    fn count(&self, tx: &mut Tx<'_>, from: &str) -> Result<i64, Refused> {
        let sql =
            format!("SELECT COUNT(*) AS n FROM (SELECT i.seq FROM {from}{} LIMIT {MOST_COUNTED}) AS found", self.sql);
        Ok(tx.count(intern(sql), &self.params)?)
    }
}

/// A page of a band's invites. Those who may not invite see their own.
///
/// Whatever the size of the band, a page is to cost the same, so the way to the rows follows from how many there are:
/// few that fit the filters are looked through, a word that few rows have leads to them, and what many rows have is
/// met soon on a walk along the list.
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
    let mut rows = Conditions { sql: " WHERE i.band = $1".to_owned(), params: vec![&band] };
    if let Some(status) = &filter.status {
        rows.and("i.status = ?", status);
    }
    if let Some(kind) = &filter.kind {
        rows.and("i.kind = ?", kind);
    }
    if let Some(campaign) = &filter.campaign {
        rows.and("i.campaign = ?", campaign);
    }
    if let Some(creator) = &filter.created_by {
        rows.and("i.created_by = ?", creator);
    }
    if let Some(own) = &own {
        rows.and("i.created_by = ?", own);
    }
    let mut from = "invite i";
    let mut matched = None;
    if let Some(pattern) = &pattern {
        let few = rows.params.len() > 1 && rows.count(tx, from)? < MOST_COUNTED;
        rows.and("i.search_text LIKE ? ESCAPE '\\'", pattern);
        let (led_from, led) = tx.dialect().pick(
            ("invite_search s CROSS JOIN invite i ON i.seq = s.rowid", "s.invite_search MATCH ?"),
            (from, "i.search @@ ?::text::tsquery"),
        );
        let mut by_words = rows.clone();
        by_words.and(led, &words);
        let count = if few { rows.count(tx, from)? } else { by_words.count(tx, led_from)? };
        matched = Some(count);
        if !few && count < MOST_COUNTED {
            (rows, from) = (by_words, led_from);
        }
    } else if rows.params.len() > 1 {
        matched = Some(rows.count(tx, from)?);
    }
    let by_end = matches!(filter.sort, InviteSort::Soonest | InviteSort::Latest);
    // A plus keeps the index over ends out of it: few rows are sorted sooner than met on a walk.
    let end = if matched.is_some_and(|n| n < MOST_COUNTED) { format!("+{END}") } else { END.to_owned() };
    let (than, order, from_row) = page.reading(matches!(filter.sort, InviteSort::Newest | InviteSort::Latest));
    let Conditions { mut sql, mut params } = rows;
    if let At::From(_) = page.at {
        params.push(&from_row.seq);
        let n = params.len();
        if by_end {
            params.push(&from_row.key);
            let _ = write!(sql, " AND ({end}, i.seq) {than} (${}, ${n})", n + 1);
        } else {
            let _ = write!(sql, " AND i.seq {than} ${n}");
        }
    }
    let fetch = page.fetch();
    params.push(&fetch);
    let first = if by_end { format!("{end} {order}, ") } else { String::new() };
    let all = intern(format!(
        "SELECT {COLUMNS} FROM {from} {PEOPLE}{sql} ORDER BY {first}i.seq {order} LIMIT ${}",
        params.len()
    ));
    let found: Vec<InviteRow> = tx.query(all, &params)?;
    let place =
        |row: &InviteRow| (if by_end { row.expires_at.map_or(i64::MAX, Timestamp::micros) } else { 0 }, row.seq);
    let (found, next_cursor, prev_cursor) = page.cut(found, place);
    Ok(Invites {
        invites: found.into_iter().map(|row| row.show(now)).collect(),
        total: access.invites.unsigned_abs(),
        pending: access.pending.unsigned_abs(),
        matched: matched.map(i64::unsigned_abs),
        next_cursor,
        prev_cursor,
    })
}
