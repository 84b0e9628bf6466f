//! A band's invites, a page at a time.

use std::fmt::Write as _;

use crate::{
    api::{InviteSort, Invites},
    domain::{AccountId, BandId, CampaignId, InviteId, Kind, Status, Timestamp, search_pattern, search_terms},
    server::{
        Refused,
        bands::scope,
        page::{At, MOST_COUNTED, Page},
        store::{Dialect, ToValue, Tx, dialect::intern},
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

/// What a filter comes to for a member who asks by it.
struct Search<'a> {
    band: BandId,
    filter: &'a Filter,
    /// Who sees their own alone.
    own: Option<AccountId>,
    words: String,
    pattern: Option<String>,
}

/// The rows that fit, the table they are found in, and how many there are where they had to be counted.
struct Way<'a> {
    rows: Conditions<'a>,
    from: &'static str,
    matched: Option<i64>,
}

impl<'a> Search<'a> {
    fn new(dialect: Dialect, band: BandId, caller: AccountId, access: &Access, filter: &'a Filter) -> Self {
        let own = (!access.sees_all()).then_some(caller);
        let terms = filter.q.as_deref().map(|q| search_terms(&scope(band), q)).unwrap_or_default();
        let words = terms.join(dialect.pick(" AND ", " & "));
        Self { band, filter, own, words, pattern: filter.q.as_deref().and_then(search_pattern) }
    }

    /// Whatever the size of the band, a page is to cost the same, so the way to the rows follows from how many there
    /// are: few that fit the filters are looked through, a word that few rows have leads to them, and what many rows
    /// have is met soon on a walk along the list.
    fn way(&self, tx: &mut Tx<'_>) -> Result<Way<'_>, Refused> {
        let filter = self.filter;
        let mut rows = Conditions { sql: " WHERE i.band = $1".to_owned(), params: vec![&self.band] };
        let conditions: [(&str, Option<&dyn ToValue>); 5] = [
            ("i.status = ?", filter.status.as_ref().map(|value| value as _)),
            ("i.kind = ?", filter.kind.as_ref().map(|value| value as _)),
            ("i.campaign = ?", filter.campaign.as_ref().map(|value| value as _)),
            ("i.created_by = ?", filter.created_by.as_ref().map(|value| value as _)),
            ("i.created_by = ?", self.own.as_ref().map(|value| value as _)),
        ];
        for (text, value) in conditions {
            if let Some(value) = value {
                rows.and(text, value);
            }
        }
        let mut from = "invite i";
        let mut matched = None;
        if let Some(pattern) = &self.pattern {
            let few = rows.params.len() > 1 && rows.count(tx, from)? < MOST_COUNTED;
            rows.and("i.search_text LIKE ? ESCAPE '\\'", pattern);
            let (led_from, led) = tx.dialect().pick(
                ("invite_search s CROSS JOIN invite i ON i.seq = s.rowid", "s.invite_search MATCH ?"),
                (from, "i.search @@ ?::text::tsquery"),
            );
            let mut by_words = rows.clone();
            by_words.and(led, &self.words);
            let count = if few { rows.count(tx, from)? } else { by_words.count(tx, led_from)? };
            matched = Some(count);
            if !few && count < MOST_COUNTED {
                (rows, from) = (by_words, led_from);
            }
        } else if rows.params.len() > 1 {
            matched = Some(rows.count(tx, from)?);
        }
        Ok(Way { rows, from, matched })
    }
}

crate::row! { struct Place { seq: i64, id: InviteId } }

/// What is left of a filter's invites: how many more, counted to [`MOST_COUNTED`], older than the row `before`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Left {
    pub(super) more: u32,
    pub(super) before: i64,
}

/// The newest `most` invites that fit a filter, of those older than the row `than`; and what is left, if there is more.
pub(super) fn newest(
    tx: &mut Tx<'_>,
    (band, caller, access): (BandId, AccountId, &Access),
    filter: &Filter,
    than: Option<i64>,
    most: usize,
) -> Result<(Vec<InviteId>, Option<Left>), Refused> {
    let search = Search::new(tx.dialect(), band, caller, access, filter);
    let Way { rows, from, .. } = search.way(tx)?;
    let mut here = rows.clone();
    if let Some(than) = &than {
        here.and("i.seq < ?", than);
    }
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    here.params.push(&most);
    let sql = intern(format!(
        "SELECT i.seq AS seq, i.id AS id FROM {from}{} ORDER BY i.seq DESC LIMIT ${}",
        here.sql,
        here.params.len()
    ));
    let found: Vec<Place> = tx.query(sql, &here.params)?;
    let Some(before) = found.last().map(|last| last.seq) else { return Ok((Vec::new(), None)) };
    let mut behind = rows.clone();
    behind.and("i.seq < ?", &before);
    let more = u32::try_from(behind.count(tx, from)?).unwrap_or(u32::MAX);
    Ok((found.into_iter().map(|one| one.id).collect(), (more > 0).then_some(Left { more, before })))
}

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
    let search = Search::new(tx.dialect(), band, caller, &access, filter);
    let Way { rows, from, matched } = search.way(tx)?;
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
