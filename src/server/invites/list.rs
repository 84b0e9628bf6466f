//! A band's invites, a page at a time.

use crate::{
    api::{InviteSort, Invites},
    domain::{AccountId, BandId, CampaignId, InviteId, Kind, Status, Timestamp, search_pattern, search_terms},
    server::{
        Refused,
        bands::scope,
        filtered::{Condition, Filtered, Lead},
        page::{At, Cursor, Listed, Page},
        store::{Dialect, ToValue, Tx},
    },
};

use super::{Access, COLUMNS, InviteRow, PEOPLE, foretell::foretell};

/// The end of an invite as lists sort by it: one without an end comes last.
const END: &str = "COALESCE(i.expires_at, 9223372036854775807)";

/// Those that were taken back since; there is an index for it.
const REVOKED: &str = "i.cancel_reason = 'revoked' AND i.status_at > ?";

/// Which invites are asked for.
#[derive(Debug, Clone)]
pub(crate) struct Filter {
    pub(crate) status: Option<Status>,
    pub(crate) kind: Option<Kind>,
    pub(crate) campaign: Option<CampaignId>,
    pub(crate) created_by: Option<AccountId>,
    pub(crate) q: Option<String>,
    /// Only those that were taken back after this instant.
    pub(crate) revoked_since: Option<Timestamp>,
    pub(crate) sort: InviteSort,
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

impl<'a> Search<'a> {
    fn new(dialect: Dialect, band: BandId, caller: AccountId, access: &Access, filter: &'a Filter) -> Self {
        let own = (!access.sees_all()).then_some(caller);
        let terms = filter.q.as_deref().map(|q| search_terms(&scope(band), q)).unwrap_or_default();
        let words = terms.join(dialect.pick(" AND ", " & "));
        Self { band, filter, own, words, pattern: filter.q.as_deref().and_then(search_pattern) }
    }

    fn by_end(&self) -> bool {
        matches!(self.filter.sort, InviteSort::Soonest | InviteSort::Latest)
    }

    fn filtered(&self) -> Filtered<'_> {
        let filter = self.filter;
        // By their ends those of a status are in order, too.
        let other = if self.by_end() { Lead::ByIndex } else { Lead::InOrder };
        let conditions: [(&str, Option<&dyn ToValue>, Lead); 8] = [
            (REVOKED, filter.revoked_since.as_ref().map(|value| value as _), Lead::ByIndex),
            ("i.created_by = ?", self.own.as_ref().map(|value| value as _), other),
            ("i.created_by = ?", filter.created_by.as_ref().map(|value| value as _), other),
            ("i.campaign = ?", filter.campaign.as_ref().map(|value| value as _), other),
            ("i.status = ?", filter.status.as_ref().map(|value| value as _), Lead::InOrder),
            ("i.kind = ?", filter.kind.as_ref().map(|value| value as _), other),
            ("", self.pattern.as_ref().map(|_| &self.words as _), Lead::Words),
            ("i.search_text LIKE ? ESCAPE '\\'", self.pattern.as_ref().map(|value| value as _), Lead::None),
        ];
        Filtered {
            table: ("invite", "i"),
            key: self.by_end().then_some(END),
            down: matches!(filter.sort, InviteSort::Newest | InviteSort::Latest),
            band: &self.band,
            conditions: Condition::given(conditions),
        }
    }
}

crate::row! { struct Place { seq: i64, id: InviteId } }

/// What is left of a filter's invites behind the row `before`: how many at least, counted to 1,000.
#[derive(Debug, Clone, Copy)]
pub(super) struct Left {
    pub(super) more: u32,
    pub(super) before: i64,
}

/// The newest `most` invites that fit a filter, of those older than the row `than`; and what is left, if there may be
/// more. There are fewer, or none, where few fit of the many that are looked at.
pub(super) fn newest(
    tx: &mut Tx<'_>,
    (band, caller, access): (BandId, AccountId, &Access),
    filter: &Filter,
    than: Option<i64>,
    most: usize,
) -> Result<(Vec<InviteId>, Option<Left>), Refused> {
    let search = Search::new(tx.dialect(), band, caller, access, filter);
    let filtered = search.filtered();
    let way = filtered.way(tx)?;
    let at = than.map_or(At::First, |seq| At::From(Cursor { back: false, key: 0, seq }));
    let limit = u32::try_from(most).unwrap_or(u32::MAX);
    let page = Page { of: Listed::NewestInvites, limit, at };
    let cut = filtered.page(tx, way, ("i.seq AS seq, i.id AS id", ""), page, |row: &Place| (0, row.seq))?;
    let left = match cut.next {
        None => None,
        Some(next) => {
            let more = u32::try_from(filtered.count(tx, way, Some(&next))?).unwrap_or(u32::MAX);
            Some(Left { more, before: next.seq })
        }
    };
    Ok((cut.rows.into_iter().map(|one| one.id).collect(), left))
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
    let filtered = search.filtered();
    let by_end = search.by_end();
    let place =
        |row: &InviteRow| (if by_end { row.expires_at.map_or(i64::MAX, Timestamp::micros) } else { 0 }, row.seq);
    let way = filtered.way(tx)?;
    let matched = filtered.matched(tx, way)?;
    let mut cut = filtered.page(tx, way, (COLUMNS, PEOPLE), page, place)?;
    foretell(tx, band, &mut cut.rows)?;
    Ok(Invites {
        invites: cut.rows.into_iter().map(|row| row.show(now)).collect(),
        total: access.invites.unsigned_abs(),
        pending: access.pending.unsigned_abs(),
        matched,
        next_cursor: cut.next.map(|cursor| cursor.encode(page.of)),
        prev_cursor: cut.prev.map(|cursor| cursor.encode(page.of)),
    })
}
